"""The person sees 100 % of the entries about them (DOMAIN §2, row 6): every one is reached from the file.

Over the worked example, the fictional city and the real sample. What DOMAIN §8 hides from a person (reports that were
not yet put to them) is hidden whole; from the auditor nothing is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.demo import EDITIONS, city_lines
from ledger.application import Ledger
from ledger.folds.breach import UNHEARD, fold_breach
from ledger.importing.batch import import_tables
from ledger.importing.history import read_lines
from ledger.importing.mapping import load_mapping
from ledger.line import line_of, parse_line
from ledger.opening import create, create_from_history
from ledger.reading import Logged
from ledger.rulebook.edition import shipped_edition
from projections.integrity_file import integrity_file
from tests.support.shared import shared_path

POINTS_TO_ENTRIES = ("events", "event", "index")


def golden(url: str) -> Ledger:
    history = shared_path("golden", "history.jsonl")
    edition = shared_path("golden", "JMS-DEMO-2025.1.toml").read_bytes()
    return create_from_history(url, read_lines(history), digest_of=b"golden", editions=[edition])


def emergency(url: str) -> Ledger:
    """The worked example, and its official's file opened in an emergency once, which was reviewed, and once more."""
    history = shared_path("golden", "history.jsonl")
    edition = shared_path("golden", "JMS-DEMO-2025.1.toml").read_bytes()
    hr, auditor = {"id": "hr-1", "role": "HR", "unit_id": "PERSONNEL"}, {"id": "auditor-1", "role": "AUDITOR"}
    opening = {"subject_id": "P1", "ground": "SYSTEM_FAILURE", "minutes": 60, "second_approver": "hr-2", "reasons": "…"}
    acts: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
        ("BreakGlassOpened", "2026-06-08", hr, {"glass_id": "G1", **opening}),
        ("BreakGlassReviewed", "2026-06-09", auditor, {"glass_id": "G1", "outcome": "JUSTIFIED", "reasons": "…"}),
        ("BreakGlassOpened", "2026-06-10", hr, {"glass_id": "G2", **opening}),
    ]
    more = [
        json.dumps({"type": type_, "effective_on": on, "recorded_at": f"{on}T09:00:00Z", "actor": actor, "data": data})
        for type_, on, actor, data in acts
    ]
    lines = [*read_lines(history), *(parse_line(line.encode(), number) for number, line in enumerate(more, start=1))]
    return create_from_history(url, lines, digest_of=b"emergency", editions=[edition])


def city(url: str) -> Ledger:
    lines = [line_of(line, number) for number, line in enumerate(city_lines(), start=1)]
    return create_from_history(url, lines, digest_of=b"city", editions=[shipped_edition(name) for name in EDITIONS])


def real_sample(url: str) -> Ledger:
    ledger = create(url)
    import_tables(ledger, [shared_path("data", "real-sample")], load_mapping("public-records"))
    return ledger


@pytest.fixture(scope="module", params=[golden, emergency, city, real_sample], ids=lambda made: str(made.__name__))
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder: Path = tmp_path_factory.mktemp(request.param.__name__)
    made: Ledger = request.param(f"sqlite:///{folder / 'ledger.db'}")
    yield made
    made.close()


def entries_in(answer: Any, member: str | None = None) -> Iterator[int]:
    """The indexes that stand anywhere in an answer."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            yield from entries_in(value, name)
    elif isinstance(answer, list):
        for value in answer:
            yield from entries_in(value, member)
    elif member in POINTS_TO_ENTRIES and isinstance(answer, int):
        yield answer


def own(ledger: Ledger, subject: str, on: date) -> list[Logged]:
    """The entries that are about the subject itself and count by the day."""
    history = [entry for entry in ledger.history(subject, ledger.size) if entry.effective_on <= on]
    if ledger.stream(f"subject/{subject}", 1_000_000)[0].data["kind"] == "PERSON":
        return history
    return [entry for entry in history if entry.stream == f"subject/{subject}" or _of_a_unit(ledger, entry, subject)]


def _of_a_unit(ledger: Ledger, entry: Logged, unit: str) -> bool:
    """Whether a unit's entry is its own and not one of its officials'."""
    named = {name: data for one in ledger.stream(entry.stream, ledger.size) for name, data in one.data.items()}
    about = named.get("subject_id") or named.get("promisor_id") or named.get("unit_id")
    return about == unit and entry.kind != "consent"


def hidden_from_the_person(ledger: Ledger, entry: Logged, on: date) -> bool:
    """A report that was not put to the person, or not taken up (DOMAIN §8, first row)."""
    breach = fold_breach(ledger.stream(entry.stream, ledger.size), on) if entry.kind == "breach" else None
    return breach is not None and breach.state in UNHEARD


@pytest.mark.parametrize("viewer", ["SUBJECT", "AUDITOR"])
def test_every_entry_about_a_subject_is_reached_from_its_file(ledger: Ledger, viewer: str) -> None:
    subjects = ledger.by_type("SubjectRegistered", ledger.size)
    last = max(entry.effective_on for entry in ledger.logged())
    days = sorted({date(2025, 6, 30), last})
    missing = []
    for registration in subjects:
        for on in days:
            file = integrity_file(ledger, registration.uid, as_of=on, as_known=ledger.size, viewer=viewer)
            reached = set(entries_in(file))
            missing += [
                (entry.type, entry.index, on)
                for entry in own(ledger, registration.uid, on)
                if entry.index not in reached
                and not (viewer == "SUBJECT" and hidden_from_the_person(ledger, entry, on))
            ]

    assert missing == []
    assert len(subjects) > 3


def test_what_is_hidden_from_the_person_is_hidden_whole(ledger: Ledger) -> None:
    on = max(entry.effective_on for entry in ledger.logged())
    for registration in ledger.by_type("SubjectRegistered", ledger.size):
        file = integrity_file(ledger, registration.uid, as_of=on, as_known=ledger.size, viewer="SUBJECT")
        reached = set(entries_in(file))
        for entry in ledger.history(registration.uid, ledger.size):
            if hidden_from_the_person(ledger, entry, on):
                assert entry.index not in reached
