"""`init` opens a ledger, empty or from a history; `migrate` brings an existing one's tables up to date."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.door import Door, Given, open_door
from api.cli.options import Actor, AsJson, Db, Lang, OptionalFile, OptionalFiles
from api.text.operations import render_migrations, render_opened

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
    answer = open_ledger(door, origin, from_history, rulebook or [])
    door.answer(answer, render_opened)
    _banner(door)


def open_ledger(door: Door, origin: str | None, history: Path | None, editions: list[Path]) -> dict[str, Any]:
    """Open the ledger and say what stands in it; with a history, all of it or no ledger at all."""
    from ledger.application import Ledger

    if history is None:
        ledger = Ledger.create(door.url, origin=origin)
        asserted: int | None = None
    else:
        from ledger.importing.history import load_history

        with door.progress("text.progress_import") as progress:
            ledger = load_history(
                door.url, history, [path.read_bytes() for path in editions], origin=origin, progress=progress
            )
        asserted = ledger.size
    try:
        return _opened(door, ledger, asserted)
    finally:
        ledger.close()


def _opened(door: Door, ledger: Ledger, asserted: int | None) -> dict[str, Any]:
    head = ledger.head()
    answer: dict[str, Any] = {
        "origin": ledger.origin,
        "database": door.shown_database,
        "size": head.size,
        "root": head.root.hex(),
        "chain": head.chain.hex(),
    }
    return answer if asserted is None else {**answer, "asserted_until": asserted}


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
    """Run what is pending and say what it was."""
    from ledger.storage.store import open_store

    with open_store(url, allow_pending=True) as store:
        steps = store.pending_migrations()
        if steps:
            store.migrate()
        return {"applied": steps, "pending": store.pending_migrations()}
