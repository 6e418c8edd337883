"""`import`: history files line by line, tables of a source system through a mapping; every row is accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import problems
from api.cli.door import Door, Given, Report, counted, open_door, write_json
from api.cli.lists import keep_up
from api.cli.options import Actor, AsJson, Db, ExistingPaths, Lang
from api.text.imports import render_import, show_refused
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.application import Ledger

HISTORY = ".jsonl"


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
    answers: list[dict[str, Any]] = []
    from ledger.importing.history import import_history

    with door.ledger() as ledger, door.progress("text.progress_import") as progress:
        for history in histories:
            report = import_history(
                ledger,
                history,
                dry_run=dry_run,
                skip_refused=skip_refused,
                actor=door.actor,
                progress=counted(progress, history.name),
            )
            answers.append(report.as_json())
        if tables and mapping is not None:
            answers.append(_tables(door, ledger, tables, mapping, dry_run, skip_refused, progress))
        keep_up(ledger)
    raise typer.Exit(_answer(door, answers, dry_run=dry_run, skip_refused=skip_refused))


def _tables(
    door: Door,
    ledger: Ledger,
    paths: Sequence[Path],
    name: str,
    dry_run: bool,
    skip: bool,
    progress: Report | None,
) -> dict[str, Any]:
    from ledger.importing.batch import BatchStopped, import_tables
    from ledger.importing.mapping import load_mapping
    from ledger.line import LineActor

    try:
        report = import_tables(
            ledger,
            paths,
            load_mapping(name),
            dry_run=dry_run,
            skip_refused=skip,
            actor=LineActor(door.actor, "CREDIT"),
            progress=progress,
        )
    except BatchStopped as stopped:
        report = stopped.report
    return report.as_json()


def _answer(door: Door, answers: Sequence[dict[str, Any]], *, dry_run: bool, skip_refused: bool) -> int:
    """Print what became of every row, and the exit status: 3 where refused lines stopped it, 7 where they were left
    out."""
    answer = joined(answers)
    refused = answer.get("refused", [])
    door.answer(answer, lambda value, page: render_import(value, page, dry_run=dry_run))
    if not refused:
        return problems.OK
    if skip_refused:
        door.note(door.text("text.left_out", count=len(refused)))
        return problems.INCOMPLETE
    door.note(door.text("text.nothing_written"))
    return problems.REFUSED


def joined(answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One answer for everything that was imported: tables side by side, refused lines one after the other."""
    tables: dict[str, Any] = {}
    refused: list[Any] = []
    whole: dict[str, Any] = {"tables": tables}
    for answer in answers:
        tables |= answer.get("tables") or {}
        listed = answer.get("rejected", answer.get("refused"))  # tables count their refused rows beside the list
        refused += listed or []
        whole |= {name: answer[name] for name in ("batch", "size") if answer.get(name) is not None}
    return {**whole, "refused": refused} if refused else whole


def answer_refusal(door: Door, error: LedgerError, line: int) -> int:
    """A history that one line has stopped: `{"refused": […]}` on stdout, or a page of it; and the exit status."""
    refused = {"line": line, "code": error.code, "detail": error.detail}
    refused |= {"field": error.field} if error.field else {}
    if door.as_json:
        write_json({"refused": [refused]}, indent=2)
    else:
        show_refused(door.page(), [refused])
    door.note(door.text("text.nothing_written"))
    return problems.STATUS[error.group]
