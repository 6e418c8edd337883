"""Logs to measure reading on: whole lives of breaches side by side, and tables taken over by the importer.

`breach_lives` writes entries as commands would have left them (canonical headers, subjects, digests of sections), past
the commands, so that a log of any size stands in seconds. `imported` goes the importer's own way: every row of every
table stands, sections and blind index too, so a full verification of it finds nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from ledger.application import Ledger
from ledger.catalogue import TYPES
from ledger.log.encoding import canonical
from ledger.opening import create
from ledger.storage.events import LedgerStoredEvent
from tests.bench.databases import Side

ABREAST: Final = 300  # lives that go on at the same time, so entries of one breach lie that far apart
ACTOR: Final = {"id": str(UUID(int=1)), "role": "DECIDER", "unit": str(UUID(int=2))}
# What happens to a breach, in order, with plain data beside its own id: ten entries, one row of a list.
LIFE: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("BreachReported", {"category": "attendance", "proposed_severity": "GENERAL", "occurred_on": "2025-01-02",
                        "duty_related": True}),
    ("BreachNotified", {"served_on": "2025-02-03", "reply_due": "2025-02-13", "proposed_finding": "GENERAL",
                        "basis": ["CSL-59"], "rights_text": "陈述申辩 within ten days, in person or in writing"}),
    ("BreachReplied", {}),
    ("BreachConfirmed", {"severity": "GENERAL", "decision_on": "2025-03-01", "publicity": False}),
    ("BreachAppealed", {"route": "REVIEW", "filed_on": "2025-03-05"}),
    ("AppealDecided", {"outcome": "UPHELD"}),
    ("RepairApplied", {"performed_on": "2025-06-01"}),
    ("RepairAccepted", {"accepted_on": "2025-06-02", "due_on": "2025-07-01"}),
    ("RepairPublicised", {"from": "2025-06-03", "to": "2025-06-10"}),
    ("RepairApproved", {"decision_on": "2025-06-20", "effects": []}),
)  # fmt: skip
_OF_REPAIRS: Final = "Repair"


def life(origin: str) -> Iterator[LedgerStoredEvent]:
    """The entries of one breach."""
    uid, person, unit = str(uuid4()), str(uuid4()), str(uuid4())
    subjects = tuple(sorted((person, unit)))
    for version, (type_, data) in enumerate(LIFE, 1):
        own: dict[str, Any] = {"repair_id": f"R-{uid[:8]}"} if type_.startswith(_OF_REPAIRS) else {}
        if version == 1:
            own = {"subject_id": person, "unit_at_time": unit}
        header = {
            "v": 0,
            "origin": origin,
            "id": str(uuid4()),
            "type": TYPES[type_].TOPIC,
            "stream": f"breach/{uid}",
            "effective_on": f"2025-{version:02}-01",
            "actor": ACTOR,
            "data": {"breach_id": f"B-{uid[:8]}", **own, **data},
            "subjects": list(subjects),
            "sd": [sha256(f"{uid}/{version}".encode()).hexdigest()],
        }
        yield LedgerStoredEvent(
            f"breach/{uid}", version, TYPES[type_].TOPIC, canonical(header, nfc=True), subjects=subjects
        )


def lives(origin: str, entries: int) -> Iterator[list[LedgerStoredEvent]]:
    """About that many entries of lives that go on side by side, as many at a time as one call writes."""
    for _ in range(0, entries, ABREAST * len(LIFE)):
        yield [event for step in zip(*(life(origin) for _ in range(ABREAST)), strict=True) for event in step]


@contextmanager
def breach_lives(side: Side, entries: int) -> Iterator[Ledger]:
    """A ledger that holds lives of breaches."""
    with side.ledger_url() as url:
        ledger = create(url)
        try:
            for group in lives(ledger.origin, entries):
                ledger.store.recorder.append(group)
            yield ledger
        finally:
            ledger.close()


@contextmanager
def imported(side: Side, rows: int) -> Iterator[Ledger]:
    """A ledger into which so many made-up rows were imported."""
    from ledger.importing.batch import import_tables
    from ledger.importing.mapping import load_mapping

    with side.ledger_url() as url:
        ledger = create(url)
        try:
            folder = side.folder / f"rows{rows}"
            if not folder.exists():
                made_rows(folder, rows)
            import_tables(ledger, [folder], load_mapping("public-records"), skip_refused=True)
            yield ledger
        finally:
            ledger.close()


def made_rows(folder: Path, rows: int) -> None:
    """The tables that `scripts/make_rows.py` makes."""
    scripts = str(Path(__file__).resolve().parents[2] / "scripts")
    if scripts not in sys.path:
        sys.path.insert(0, scripts)
    from make_rows import make_rows

    make_rows(folder, rows, seed=1)
