"""Editions and facts fed by hand: what the tests of this room share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from ledger.rulebook.edition import Edition, parse_edition, shipped_edition
from ledger.rulebook.facts import Assessment, Finding, Promise, RecordKind, SubjectKind
from ledger.rulebook.figure import FigureLine
from ledger.rulebook.parameters import FindingState, Severity
from ledger.rulebook.windows import Activation, EditionTimeline

DEMO_BYTES = shipped_edition("JMS-DEMO-2025.1")
DEMO = parse_edition(DEMO_BYTES)


def day(text: str) -> date:
    return date.fromisoformat(text)


def altered(*changes: tuple[str, str]) -> bytes:
    """The demonstration edition with some of its text replaced; every old text must be there exactly once."""
    text = DEMO_BYTES.decode()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text.encode()


def successor(number: int, effective_on: str, *changes: tuple[str, str]) -> Edition:
    """A later edition: the demonstration one with another id and day, and these changes."""
    header = (
        ('id = "JMS-DEMO-2025.1"', f'id = "JMS-DEMO-2025.{number}"'),
        ("effective_on = 2025-01-01", f"effective_on = {effective_on}"),
    )
    return parse_edition(altered(*header, *changes))


def timeline(*editions: Edition) -> EditionTimeline:
    """These editions activated one after another, each from its own day."""
    return EditionTimeline([Activation(edition.effective_on, edition, 7 + n) for n, edition in enumerate(editions)])


DEMO_ALONE = timeline(DEMO)


def finding(
    decision_on: str,
    severity: str = "GENERAL",
    state: str = "CONFIRMED",
    *,
    record: str = "F1",
    entries: tuple[int, ...] = (10,),
    ends_on: str | None = None,
    duty_related: bool = False,
    record_kind: str | None = None,
    list_code: str | None = None,
    own: bool = False,
) -> Finding:
    return Finding(
        record=record,
        subject_kind=SubjectKind.UNIT if own else SubjectKind.PERSON,
        severity=Severity(severity),
        state=FindingState(state),
        decision_on=day(decision_on),
        entries=entries,
        first_entry=entries[0],
        ends_on=day(ends_on) if ends_on else None,
        duty_related=duty_related,
        record_kind=RecordKind(record_kind) if record_kind else None,
        list_code=list_code,
        own=own,
    )


def promise(
    due_on: str,
    fulfilled_on: str | None = None,
    *,
    weight: int = 1,
    commitment: str = "C1",
    entries: tuple[int, ...] = (100,),
    waived: bool = False,
    broken: bool = False,
) -> Promise:
    fulfilled = day(fulfilled_on) if fulfilled_on else None
    return Promise(commitment, day(due_on), weight, entries, fulfilled, waived, broken)


def assessment(composite: str = "87.2", entries: tuple[int, ...] = (1,)) -> Assessment:
    """An assessment of one dimension that weighs everything."""
    return Assessment("A1", {"all": Fraction(100)}, {"all": Fraction(composite)}, entries)


def values(lines: Sequence[FigureLine]) -> list[tuple[str, str]]:
    return [(line.clause, line.value) for line in lines]
