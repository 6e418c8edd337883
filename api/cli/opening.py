"""`init` opens a ledger, empty or from a history; `migrate` brings an existing one up to this release."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.door import Door, Given, counted, open_door
from api.cli.importing import answer_refusal
from api.cli.lists import keep_up
from api.cli.options import Actor, AsJson, Db, Lang, OptionalFile, OptionalFiles
from api.text.operations import render_migrations, render_opened
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.application import Ledger


def init(
    context: typer.Context,
    origin: Annotated[str | None, typer.Option("--origin", metavar="NAME")] = None,
    from_history: OptionalFile = None,
    rulebook: OptionalFiles = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    if rulebook and from_history is None:
        raise typer.BadParameter("rulebook-alone")
    door = open_door(context, Given(db, as_json, lang, actor))
    try:
        answer = open_ledger(door, origin, from_history, rulebook or [])
    except LedgerError as error:
        number = getattr(error, "number", None)
        if number is None:
            raise
        raise typer.Exit(answer_refusal(door, error, number)) from error
    door.answer(answer, render_opened)
    _banner(door)


def open_ledger(door: Door, origin: str | None, history: Path | None, editions: list[Path]) -> dict[str, Any]:
    """Open the ledger and say what stands in it; with a history, all of it or no ledger at all."""
    if history is None:
        from ledger.opening import create

        ledger = create(door.url, origin=origin)
    else:
        ledger = _load(door, origin, history, editions)
    try:
        keep_up(ledger)
        return _opened(door, ledger)
    finally:
        ledger.close()


def _load(door: Door, origin: str | None, history: Path, editions: list[Path]) -> Ledger:
    from ledger.importing.history import pieces_of, read_lines
    from ledger.opening import create_from_history

    with door.progress("text.progress_import") as report:
        return create_from_history(
            door.url,
            read_lines(history),
            digest_of=pieces_of(history),
            editions=[path.read_bytes() for path in editions],
            origin=origin,
            progress=counted(report, history.name),
        )


def _opened(door: Door, ledger: Ledger) -> dict[str, Any]:
    head = ledger.store.head()
    answer: dict[str, Any] = {
        "origin": ledger.origin,
        "database": door.shown_database,
        "size": head.size,
        "root": head.root.hex(),
        "chain": head.chain.hex(),
    }
    boundary = ledger.history_end()
    return answer if boundary is None else {**answer, "asserted_until": boundary}


def _banner(door: Door) -> None:
    """The loud word about the key files that lie beside an embedded ledger (DESIGN §4)."""
    database = door.database_file
    if database is None:
        return
    beside = [f"{database.name}.{ending}" for ending in ("keys", "master-key", "signing-key")]
    files = [name for name in beside if database.with_name(name).exists()]
    if files:
        door.note(door.text("text.keys_banner", files=", ".join(files)))


def migrate(
    context: typer.Context, db: Db = None, as_json: AsJson = False, lang: Lang = None, actor: Actor = None
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    door.answer(run_migrations(door.url), render_migrations)


def run_migrations(url: str) -> Mapping[str, Any]:
    """Run what is pending, make the access log of a ledger that has none, and say what was done."""
    from ledger.opening import upgrade
    from ledger.storage.store import open_store

    applied = upgrade(url)
    with open_store(url, allow_pending=True) as store:
        return {"applied": applied, "pending": store.pending_migrations()}
