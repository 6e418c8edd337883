"""What a bundle of a subject holds and discloses, by who takes it away; the files themselves are made over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest

from ledger.application import Ledger
from projections.evidence import evidence
from projections.integrity_file import integrity_file
from tests.support.http import LINES, opened

ON = date(2026, 6, 30)
CHECK_SECTIONS = {"reasons", "considerations", "statement", "grounds"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = tmp_path_factory.mktemp("evidence")
    with opened(f"sqlite:///{folder / 'ledger.db'}", folder, LINES) as made:
        yield made


def held(ledger: Ledger, viewer: str, subject: str = "P1") -> dict[int, set[str]]:
    """Index → names of the sections that are disclosed."""
    uid = ledger.uid("subject", subject)
    assert uid is not None
    file = integrity_file(ledger, uid, as_of=ON, as_known=ledger.size, viewer=viewer)
    indexes, disclose = evidence(ledger, file)
    return {index: {json.loads(section)[1] for section in disclose(index)} for index in indexes}


def test_a_person_takes_everything_but_who_reported(ledger: Ledger) -> None:
    found = held(ledger, "SUBJECT")

    assert set.union(*found.values()) >= {"identity", "summary", "reasons", "statement", "considerations"}
    for index, names in found.items():
        (entry,) = ledger.logged(index, index + 1)
        allowed = CHECK_SECTIONS if entry.kind == "check" else set(ledger.sections(entry)) - {"reporter"}
        assert names == set(ledger.sections(entry)) & allowed, entry.type


def test_an_auditor_takes_the_same_less_the_identity(ledger: Ledger) -> None:
    own = held(ledger, "SUBJECT")

    assert held(ledger, "AUDITOR") == {index: names - {"identity"} for index, names in own.items()}


@pytest.mark.parametrize("viewer", ["HR", "DECIDER", "CREDIT", "DPO", "UNIT_HEAD", "PUBLIC"])
def test_others_have_no_bundle_of_a_person(ledger: Ledger, viewer: str) -> None:
    assert held(ledger, viewer) == {}


def test_what_was_known_later_is_not_in_an_earlier_file(ledger: Ledger) -> None:
    uid = ledger.uid("subject", "P1")
    assert uid is not None
    file = integrity_file(ledger, uid, as_of=ON, as_known=20, viewer="SUBJECT")
    indexes, _ = evidence(ledger, file)

    assert indexes
    assert max(indexes) < 20
