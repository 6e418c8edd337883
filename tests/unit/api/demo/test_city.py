"""The fictional city is the same every time, as large as promised, and nobody's in life."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import date, datetime

import pytest

from api.demo import EDITIONS, SHOWN_CHECK, SHOWN_PERSON, SHOWN_UNIT, city_lines
from ledger.clock import CST
from ledger.domain.identifiers import check_id_number, check_uscc
from ledger.line import Line, parse_line
from ledger.rulebook.edition import parse_edition, shipped_edition


def written(seed: int) -> list[bytes]:
    return [json.dumps(line, ensure_ascii=False).encode() for line in city_lines(seed)]


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return [parse_line(line, number) for number, line in enumerate(written(1), start=1)]


def test_the_same_seed_gives_the_same_lines_and_another_seed_others() -> None:
    digests = [hashlib.sha256(b"\n".join(written(seed))).hexdigest() for seed in (1, 1, 2)]

    assert digests[0] == digests[1] != digests[2]


def test_it_has_the_promised_size(lines: list[Line]) -> None:
    kinds = Counter(line.data["kind"] for line in lines if line.type == "SubjectRegistered")

    assert kinds["PERSON"] == 200
    assert kinds["UNIT"] == 30
    assert 2_900 <= len(lines) <= 3_100


def test_it_lies_within_three_years_and_recorded_times_never_decrease(lines: list[Line]) -> None:
    recorded = [line.recorded_at for line in lines if line.recorded_at is not None]

    assert len(recorded) == len(lines)
    assert recorded == sorted(recorded)
    assert datetime(2023, 1, 1, tzinfo=CST) <= recorded[0] < datetime(2023, 1, 31, tzinfo=CST)
    assert datetime(2025, 12, 1, tzinfo=CST) <= recorded[-1] < datetime(2026, 1, 1, tzinfo=CST)


def test_its_people_are_right_in_form_and_born_before_1900(lines: list[Line]) -> None:
    people = [line.data for line in lines if line.type == "SubjectRegistered" and line.data["kind"] == "PERSON"]
    for person in people:
        check_id_number(person["id_number"])
        assert "1850" <= person["id_number"][6:10] <= "1899"

    assert len({person["id_number"] for person in people}) == len(people)
    assert len({person["name"] for person in people}) == len(people)


def test_its_credit_codes_have_both_check_characters(lines: list[Line]) -> None:
    bodies = [line.data for line in lines if line.type == "SubjectRegistered" and line.data["kind"] != "PERSON"]
    for body in bodies:
        check_uscc(body["uscc"])
        assert body["uscc"][2:8] == body["region"]

    assert len({body["uscc"] for body in bodies}) == len(bodies)


def test_its_editions_ship_and_take_effect_on_the_days_of_their_files(lines: list[Line]) -> None:
    activated = {line.data["rulebook_id"]: line.effective_on for line in lines if line.type == "RulebookActivated"}

    assert tuple(activated) == EDITIONS
    assert activated == {name: parse_edition(shipped_edition(name)).effective_on for name in EDITIONS}


def test_nothing_is_recorded_late_without_its_document(lines: list[Line]) -> None:
    late = [line for line in lines if line.recorded_at and line.effective_on < line.recorded_at.astimezone(CST).date()]

    assert {line.type for line in late} >= {"CommitmentFulfilled", "AuthorityRecordImported"}
    assert all("doc" in line.data for line in late if line.type == "CommitmentFulfilled")


def test_what_the_demonstration_shows_is_there(lines: list[Line]) -> None:
    checks = [
        line for line in lines if line.type == "EligibilityCheckRequested" and line.data["check_id"] == SHOWN_CHECK
    ]
    own = [line for line in lines if line.type == "BreachReported" and line.data["subject_id"] == SHOWN_UNIT]

    assert [line.data["subject_id"] for line in checks] == [SHOWN_PERSON]
    assert own
    assert max(line.effective_on for line in lines) <= date(2025, 12, 31)
