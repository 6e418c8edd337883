"""`import`: history files line by line, tables of a source system through a mapping; every row is accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from api.cli import problems
from api.cli.door import Door, Given, Report, counted, open_door, write_json
from api.cli.lists import keep_up
from api.cli.options import Actor, AsJson, Db, ExistingPaths, Lang
from api.text.imports import render_import, show_refused
from ledger.errors import Group, LedgerError

if TYPE_CHECKING:
    from ledger.application import Ledger

HISTORY: Final = ".jsonl"
OF_A_LINE: Final = frozenset({Group.INVALID, Group.REFUSED, Group.NOT_FOUND})
STOPPED: Final = "stopped"  # a rule refused a row that had looked right, after rows before it were written

Answer = dict[str, Any]
Job = Callable[["Ledger", Report | None], Answer]


def import_files(
    context: typer.Context,
    paths: ExistingPaths,
    mapping: Annotated[str | None, typer.Option("--mapping", metavar="NAME|FILE")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    skip_refused: Annotated[bool, typer.Option("--skip-refused")] = False,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    histories = [path for path in paths if path.suffix.lower() == HISTORY]
    tables = [path for path in paths if path not in histories]
    if tables and mapping is None:
        raise typer.BadParameter("needs-mapping")
    door = open_door(context, Given(db, as_json, lang, actor))
    jobs: list[Job] = [partial(_history, door, history, dry_run, skip_refused) for history in histories]
    if tables and mapping is not None:
        jobs.append(partial(_tables, door, tables, mapping, dry_run, skip_refused))
    with door.ledger() as ledger, door.progress("text.progress_import") as progress:
        answers = list(_until_refused(jobs, ledger, progress, skip_refused=skip_refused or dry_run))
        if not dry_run:
            keep_up(ledger)
    raise typer.Exit(_answer(door, answers, dry_run=dry_run, skip_refused=skip_refused))


def _until_refused(
    jobs: Sequence[Job], ledger: Ledger, progress: Report | None, *, skip_refused: bool
) -> Iterator[Answer]:
    """The answers of one file after the other; a file with a refused line stops those behind it."""
    for job in jobs:
        answer = job(ledger, progress)
        yield answer
        if answer.get("refused") and not skip_refused:
            return


def _history(
    door: Door, path: Path, dry_run: bool, skip_refused: bool, ledger: Ledger, progress: Report | None
) -> Answer:
    from ledger.importing.history import import_history

    return import_history(
        ledger,
        path,
        dry_run=dry_run,
        skip_refused=skip_refused,
        actor=door.actor,
        by_operator=True,
        progress=counted(progress, path.name),
    ).as_json()


def _tables(
    door: Door,
    paths: Sequence[Path],
    name: str,
    dry_run: bool,
    skip_refused: bool,
    ledger: Ledger,
    progress: Report | None,
) -> Answer:
    from ledger.importing.batch import BatchStopped, import_tables
    from ledger.importing.errors import Rejection, RowRefused
    from ledger.importing.mapping import load_mapping
    from ledger.line import LineActor

    try:
        report = import_tables(
            ledger,
            paths,
            load_mapping(name),
            dry_run=dry_run,
            skip_refused=skip_refused,
            actor=LineActor(door.actor, "CREDIT"),
            progress=progress,
        )
    except BatchStopped as stopped:
        report = stopped.report
    except RowRefused as refusal:
        return {"refused": [Rejection.of(refusal).as_json()], "size": ledger.size, STOPPED: True}
    answer = report.as_json()
    return {**answer, "refused": answer.pop("rejected")}


def _answer(door: Door, answers: Sequence[Answer], *, dry_run: bool, skip_refused: bool) -> int:
    """Print what became of every row; the status is 3 where refused lines stopped it, 7 where they were left out."""
    answer = joined(answers)
    refused = answer.get("refused", [])
    door.answer(answer, partial(render_import, dry_run=dry_run))
    if not refused:
        return problems.OK
    if skip_refused:
        door.note(door.text("text.left_out", count=len(refused)))
        return problems.INCOMPLETE
    stopped = any(STOPPED in one for one in answers)
    door.note(door.text("text.stopped_at_row" if stopped else "text.nothing_written"))
    return problems.REFUSED


def joined(answers: Sequence[Answer]) -> Answer:
    """One answer for everything that was imported: tables side by side, lines one after the other.

    `refused` are the lines that stop an import or are left out by `--skip-refused`; `left_out` are rows that the
    mapping itself lets be skipped.
    """
    tables: dict[str, Any] = {}
    lines: dict[str, list[Any]] = {"refused": [], "left_out": []}
    whole: dict[str, Any] = {"tables": tables}
    for answer in answers:
        tables |= answer.get("tables") or {}
        for name, listed in lines.items():
            listed += answer.get(name) or []
        whole |= {name: answer[name] for name in ("batch", "size") if answer.get(name) is not None}
    return whole | {name: listed for name, listed in lines.items() if listed}


def answer_refusal(door: Door, error: LedgerError, line: int) -> int:
    """A history that one line has stopped: `{"refused": […]}` on stdout, or a page of it; and the exit status.

    Whatever a rule found wrong with the line, it is a refused line; only faults of the store and the clock are not.
    """
    refused = {"line": line, "code": error.code, "detail": error.detail}
    refused |= {"field": error.field} if error.field else {}
    if door.as_json:
        write_json({"refused": [refused]}, indent=2)
    else:
        show_refused(door.page(), [refused])
    door.note(door.text("text.nothing_opened"))
    return problems.REFUSED if error.group in OF_A_LINE else problems.STATUS[error.group]
