"""`replay`: the log entry by entry, with what each of them changed. Streams: memory does not grow with the log.

`--to` cuts it off at a size, or at what was known at the end of a day or at a time (DESIGN §6). It reads everybody's
record, so it is a look at the log as a whole, recorded before the first entry is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from api.cli.changes import Changes
from api.cli.door import Door, Given, open_door, write_json
from api.cli.looks import look_at_entries
from api.cli.options import Actor, AsJson, CutOff, Db, Lang, Purpose, Unit, Viewer, size_known
from api.text.entries import show_boundary, show_entry
from ledger.access import Viewer as Looking
from ledger.clock import day_of, format_time

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.reading import Logged

AUDITOR = "AUDITOR"
BOUNDARY = "HistoryLoaded"


def replay(
    context: typer.Context,
    to: CutOff = None,
    viewer: Viewer = AUDITOR,
    unit: Unit = None,
    purpose: Purpose = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        size = size_known(context, ledger, to, "to")
        look_at_entries(ledger, Looking(door.actor, viewer, unit), size, purpose)
        if door.as_json:
            for entry in entries(ledger, size):
                write_json(entry)
        else:
            _show(door, ledger, size)


def _show(door: Door, ledger: Ledger, size: int) -> None:
    page = door.page()
    page.title(door.text("page.replay"), door.text("text.first_entries", size=size))
    page.folio([])
    for entry in entries(ledger, size):
        if entry["type"] == BOUNDARY:
            show_boundary(page)
        show_entry(page, entry)


def entries(ledger: Ledger, size: int) -> Iterator[dict[str, Any]]:
    """Every entry of the first `size`, as data, with its changes."""
    changes = Changes(ledger)
    for logged in ledger.logged(0, size):
        yield _as_json(logged, changes)


def _as_json(logged: Logged, changes: Changes) -> dict[str, Any]:
    about = [changes.name(subject) for subject in logged.subjects]
    record = changes.record(logged)
    return {
        "index": logged.index,
        "type": logged.type,
        "effective_on": logged.effective_on.isoformat(),
        "recorded_at": format_time(logged.recorded_at),
        "recorded_on": day_of(logged.recorded_at).isoformat(),
        "stream": logged.stream,
        "version": logged.version,
        "actor": dict(logged.actor),
        "about": [record, *about] if record and record not in about else about,
        "subjects": list(logged.subjects),
        "data": dict(logged.data),
        "changed": changes.of(logged),
    }
