"""Erasing changes no answer but its words: states, lines, figures and outcomes stay, and so do all earlier hashes.

A fictional city, with a random choice of people erased class by class, and of single sections. What is compared is
everything that the files, scores and checks say less the personal texts and names. The control changes one figure's
input by a voiding and must be seen.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import Refused
from ledger.fsck import verify
from ledger.reading import Logged
from projections.eligibility import check as eligibility_check
from projections.integrity_file import integrity_file
from projections.rebuild import compare
from projections.runner import catch_up
from projections.unit_score import unit_score
from tests.support.city import CREDIT, City, a_city
from tests.support.erasure import CLASSES, order_class, order_sections

PEOPLE = 12
SEED = int(os.environ.get("INTEGRITY_TEST_SEED", "20261129"))
# What is personal in an answer, or says where the log ends: words, names, and the ids that lead to a person.
PERSONAL = frozenset({
    "texts", "text", "name", "subject", "erased", "size", "as_known", "timeline", "reasons", "considerations",
    "sections", "destroyed", "statement", "summary",
})  # fmt: skip


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with a_city(tmp_path) as made:
        yield made


def plain(answer: Any) -> Any:
    """An answer less what is personal."""
    if isinstance(answer, dict):
        return {name: plain(value) for name, value in answer.items() if name not in PERSONAL}
    return [plain(value) for value in answer] if isinstance(answer, list) else answer


def answers(city: City, subjects: list[Logged], checks: list[Logged], size: int, on: date) -> dict[str, Any]:
    """Every figure and state of these subjects and checks, as known at a size."""
    ledger = city.ledger
    found: dict[str, Any] = {}
    for one in subjects:
        found[one.uid] = plain(integrity_file(ledger, one.uid, as_of=on, as_known=size, viewer="AUDITOR"))
        if one.data["kind"] == "UNIT":
            found[f"score {one.uid}"] = plain(unit_score(ledger, one.uid, as_of=on, as_known=size))
    for check in checks:
        found[check.uid] = plain(eligibility_check(ledger, check.uid, as_of=on, as_known=size))
    return found


def test_erasing_changes_no_answer_but_its_words(city: City) -> None:
    ledger, chance = city.ledger, random.Random(SEED)
    size, on = ledger.size, city.now.date()
    registered = ledger.by_type("SubjectRegistered", size)
    people = [one for one in registered if one.data["kind"] == "PERSON"]
    checks = ledger.by_type("EligibilityCheckRequested", size)
    chosen = chance.sample(people, PEOPLE)
    units = [one for one in registered if one.data["kind"] == "UNIT"]
    compared = [*chosen, *units, *chance.sample(people, PEOPLE)]
    before = answers(city, compared, checks, size, on)
    chained, root = list(ledger.store.chained(0, size)), ledger.store.head().root

    erased = 0
    for one in chosen:
        for retention in chance.sample(CLASSES, len(CLASSES)):
            with suppress(Refused):  # an open case, or nothing of the class
                order_class(ledger, retention, one.uid)
                erased += 1
    others = [one for one in ledger.by_type("BreachConfirmed", size) if not set(one.subjects) & {p.uid for p in chosen}]
    for one in chance.sample(others, min(5, len(others))):
        with suppress(Refused):
            order_sections(ledger, {"index": one.index, "section": "reasons"})
            erased += 1
    print(f"seed {SEED}: {erased} erasures")
    assert erased > PEOPLE

    assert answers(city, compared, checks, size, on) == before  # as known then
    assert answers(city, compared, checks, ledger.size, on) == before  # and as known now
    assert list(ledger.store.chained(0, size)) == chained
    assert ledger.store.head().root != root
    catch_up(ledger, ledger.store.engine)
    assert compare(ledger, ledger.store.engine) == []
    report = verify(ledger)
    assert {finding.code for finding in report.findings if finding.index is not None} <= {"history"}


def test_a_figure_that_changes_is_seen(city: City) -> None:
    """The control: what is compared does tell of a finding that no longer weighs."""
    ledger, size, on = city.ledger, city.ledger.size, city.now.date()
    row = city.rows("breaches", state="CONFIRMED")[0]
    subject = next(one for one in ledger.by_type("SubjectRegistered", size) if one.uid == row["subject"])
    before = answers(city, [subject], [], size, on)
    breach = ledger.stream(f"breach/{row['uid']}", size)[0].data["breach_id"]
    city.act("RecordVoided", CREDIT, breach_id=breach, reason="DUPLICATE")

    assert answers(city, [subject], [], ledger.size, city.now.date()) != before
