"""A ledger takes the whole city in, and on the last day every lifecycle state of DOMAIN §4.3 is to be found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import pytest

from api.demo import EDITIONS, SHOWN_CHECK, SHOWN_PERSON, SHOWN_UNIT, city_lines
from ledger.application import Ledger
from ledger.line import Line, line_of
from ledger.opening import create_from_history
from ledger.rulebook.edition import shipped_edition
from projections.integrity_file import integrity_file
from projections.unit_score import unit_score

LAST_DAY = date(2025, 12, 31)

BREACH_STATES = {
    "REPORTED", "DECLINED", "NOTIFIED", "REPLIED", "LAPSED", "CONFIRMED", "DISMISSED", "APPEALED", "UPHELD", "VARIED",
    "OVERTURNED", "REPAIRED", "EXPIRED", "REMOVED",
}  # fmt: skip
REPAIR_STATES = {"APPLIED", "RETURNED", "ACCEPTED", "PUBLICISED", "APPROVED", "REJECTED", "REVOKED"}
COMMITMENT_STATES = {"OPEN", "FULFILLED_ON_TIME", "FULFILLED_LATE", "WAIVED", "OVERDUE", "BROKEN"}
CHECK_STATES = {
    "EVALUATED", "NOTICED", "RESPONDED", "LAPSED", "DECIDED", "NOTIFIED", "DISPUTED", "REDETERMINED", "FINAL",
    "WITHDRAWN",
}  # fmt: skip


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return [line_of(line, number) for number, line in enumerate(city_lines(), start=1)]


@pytest.fixture(scope="module")
def city(lines: list[Line], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path_factory.mktemp('city') / 'city.db'}"
    editions = [shipped_edition(name) for name in EDITIONS]
    ledger = create_from_history(url, lines, digest_of=b"the fictional city", editions=editions)
    yield ledger
    ledger.close()


@pytest.fixture(scope="module")
def states(city: Ledger, lines: list[Line]) -> dict[str, set[str]]:
    """The states of the last day, by list of the file, over the files of all subjects."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.type == "SubjectRegistered":
            file = integrity_file(city, line.data["subject_id"], as_of=LAST_DAY, as_known=city.size)
            for part in ("breaches", "repairs", "commitments", "checks", "consents"):
                found[part] |= {item["state"] for item in file.get(part, [])}
            found["record kinds"] |= {item["record_kind"] for item in file["breaches"]}
            found["outcomes"] |= {item["outcome"] for item in file.get("checks", [])}
            found["amended"] |= {item["state"] for item in file["commitments"] if item["amendments"]}
    return found


def test_nothing_is_refused_and_only_the_ledgers_own_entries_are_added(city: Ledger, lines: list[Line]) -> None:
    requests = sum(line.type == "EligibilityCheckRequested" for line in lines)

    assert city.size == len(lines) + requests + 2  # evaluations, and the entries that open and close a history


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("breaches", BREACH_STATES),
        ("repairs", REPAIR_STATES),
        ("commitments", COMMITMENT_STATES),
        ("checks", CHECK_STATES),
        ("consents", {"VALID", "WITHDRAWN", "EXPIRED"}),
        ("outcomes", {"CLEAR", "REFER", "BLOCK", "INCOMPLETE"}),
    ],
)
def test_every_state_is_present(states: dict[str, set[str]], part: str, expected: set[str]) -> None:
    assert states[part] == expected


def test_every_kind_of_authority_record_is_present(states: dict[str, set[str]]) -> None:
    assert states["record kinds"] >= {"COURT_LIST", "SEVERE_LIST", "DISCIPLINE", "PENALTY"}


def test_an_amended_commitment_is_open(states: dict[str, set[str]]) -> None:
    assert "OPEN" in states["amended"]


def test_assessments_stand_scored_published_and_restated(city: Ledger) -> None:
    of_type = {name: city.by_type(name, city.size) for name in ("AssessmentScored", "AssessmentPublished")}
    published = {entry.data["assessment_id"] for entry in of_type["AssessmentPublished"]}

    assert {entry.data["assessment_id"] for entry in of_type["AssessmentScored"]} - published
    assert city.by_type("AssessmentRestated", city.size)


def test_the_shown_file_score_and_check_have_something_to_show(city: Ledger) -> None:
    file = integrity_file(city, SHOWN_PERSON, as_of=LAST_DAY, as_known=city.size)
    score = unit_score(city, SHOWN_UNIT, as_of=LAST_DAY, as_known=city.size)

    assert {item["state"] for item in file["breaches"]} == {"REPAIRED", "CONFIRMED"}
    assert [item["outcome"] for item in file["checks"] if item["id"] == SHOWN_CHECK] == ["BLOCK"]
    assert {line["clause"] for line in score["lines"]} >= {"R-U1", "R-U2", "R-U3", "R-U4", "R-U5"}
    assert city.uid("check", SHOWN_CHECK) is not None
