"""Who looked at a record, as the record's subject reads it, and as auditor and data-protection desk do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.access import Viewer
from ledger.application import Ledger
from ledger.errors import Invalid, LedgerError, NotFound
from projections.access_log import access_log
from tests.support.ledgers import a_ledger, person_registered, uid_of
from tests.support.storage import SteppingClock

TODAY = date(2025, 3, 1)
HR = Viewer("hr-1", "HR", "U1")
AUDITOR = Viewer("auditor-1", "AUDITOR")


@pytest.fixture
def ledger(database_url: str, tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(database_url, tmp_path, SteppingClock()) as made:
        yield made


def look(ledger: Ledger, viewer: Viewer, subject: str = "P1", *, defer_until: date | None = None) -> int:
    uid = uid_of(ledger, subject)
    made = ledger.access.look(viewer, [uid], scope=["INTEGRITY_FILE"], purpose="RECRUIT", defer_until=defer_until)
    return made.index


def indexes(ledger: Ledger, role: str, *, today: date = TODAY, subject: str = "P1") -> list[int]:
    return [item["index"] for item in access_log(ledger, subject, viewer_role=role, today=today)["looks"]]


def test_a_subject_reads_which_unit_looked_when_and_why(ledger: Ledger) -> None:
    made = ledger.access.look(
        HR, [uid_of(ledger, "P1")], scope=["INTEGRITY_FILE", "COMMITMENT"], purpose="RECRUIT",
        as_of=date(2025, 2, 1), as_known=4,
    )  # fmt: skip

    answer = access_log(ledger, "P1", viewer_role="SUBJECT", today=TODAY)

    assert answer == {
        "subject": "P1",
        "uid": uid_of(ledger, "P1"),
        "size": 2,
        "looks": [
            {
                "index": 1,
                "at": made.recorded_at,
                "unit": "U1",
                "unit_name": "示范U1",
                "role": "HR",
                "purpose": "RECRUIT",
                "scope": ["INTEGRITY_FILE", "COMMITMENT"],
                "as_of": "2025-02-01",
                "as_known": 4,
            }
        ],
    }
    assert access_log(ledger, uid_of(ledger, "P1"), viewer_role="SUBJECT", today=TODAY) == answer


def test_the_newest_look_comes_first_and_others_records_are_not_shown(ledger: Ledger) -> None:
    looks = [look(ledger, HR), look(ledger, AUDITOR, "P2"), look(ledger, AUDITOR), look(ledger, HR)]

    assert indexes(ledger, "SUBJECT") == [looks[3], looks[2], looks[0]]
    assert indexes(ledger, "SUBJECT", subject="P2") == [looks[1]]
    assert indexes(ledger, "SUBJECT", subject="U1") == []


def test_a_refused_command_is_no_look(ledger: Ledger) -> None:
    ledger.access.refusal(HR, type="RecordAccessed", code="consent-missing", target=uid_of(ledger, "P1"))

    assert indexes(ledger, "AUDITOR") == []


@pytest.mark.parametrize("role", ["AUDITOR", "DPO"])
def test_auditor_and_desk_also_read_the_officers_pseudonym(ledger: Ledger, role: str) -> None:
    look(ledger, HR)

    [item] = access_log(ledger, "P1", viewer_role=role, today=TODAY)["looks"]

    assert item["actor"] == ledger.find("actor", "hr-1")


@pytest.mark.parametrize("role", ["SUBJECT", "HR", "DECIDER", "UNIT_HEAD"])
def test_nobody_else_reads_more_of_the_officer_than_unit_and_role(ledger: Ledger, role: str) -> None:
    look(ledger, HR)

    answer = access_log(ledger, "P1", viewer_role=role, today=TODAY)

    assert "actor" not in answer["looks"][0]
    assert "hr-1" not in str(answer)
    assert str(ledger.find("actor", "hr-1")) not in str(answer)


def test_a_deferred_look_is_hidden_from_the_subject_until_its_day(ledger: Ledger) -> None:
    deferred = look(ledger, HR, defer_until=date(2025, 3, 1))
    shown = look(ledger, HR)

    for role in ("SUBJECT", "HR"):
        assert indexes(ledger, role, today=date(2025, 2, 28)) == [shown]
        assert indexes(ledger, role, today=date(2025, 3, 1)) == [shown, deferred]
    for role in ("AUDITOR", "DPO"):
        assert indexes(ledger, role, today=date(2025, 2, 28)) == [shown, deferred]


def test_whoever_read_the_log_as_a_whole_looked_at_everybody_in_it(ledger: Ledger) -> None:
    before = ledger.access.look(AUDITOR, [], scope=["ENTRIES"], as_known=ledger.size).index
    ledger.submit(person_registered("P3"))
    after = ledger.access.look(AUDITOR, [], scope=["ENTRIES"], as_known=ledger.size).index
    without_a_size = ledger.access.look(AUDITOR, [], scope=["ENTRIES"]).index

    assert indexes(ledger, "SUBJECT") == [without_a_size, after, before]
    assert indexes(ledger, "SUBJECT", subject="P3") == [without_a_size, after]


def test_a_unit_that_is_not_registered_has_a_pseudonym_and_no_name(ledger: Ledger) -> None:
    look(ledger, Viewer("hr-1", "HR", "NOWHERE"))

    [item] = access_log(ledger, "P1", viewer_role="SUBJECT", today=TODAY)["looks"]

    assert item["unit"] == ledger.find("actor-unit", "NOWHERE")
    assert item["unit_name"] is None


def test_a_look_without_unit_says_so(ledger: Ledger) -> None:
    look(ledger, AUDITOR)

    [item] = access_log(ledger, "P1", viewer_role="SUBJECT", today=TODAY)["looks"]

    assert (item["unit"], item["unit_name"]) == (None, None)


@pytest.mark.parametrize(
    ("subject", "role", "kind", "code"),
    [("NOBODY", "SUBJECT", NotFound, "unknown-subject"), ("P1", "EMPEROR", Invalid, "unknown-viewer")],
)
def test_what_cannot_be_answered_has_its_code(
    ledger: Ledger, subject: str, role: str, kind: type[LedgerError], code: str
) -> None:
    with pytest.raises(kind) as refused:
        access_log(ledger, subject, viewer_role=role, today=TODAY)
    assert refused.value.code == code
