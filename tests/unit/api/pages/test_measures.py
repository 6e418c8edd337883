"""奖惩措施 in one's own file: what it does, by which clause, since when, and how it ends."""

from __future__ import annotations

import pytest

from api.demo import SHOWN_PERSON
from tests.support.browser import Pages
from tests.support.city import City


def panel(house: Pages, person: str) -> str:
    return " ".join(house.reader(person, "SUBJECT").read("/my-file").first("section", id="measures").text.split())


def test_a_restriction_in_force_says_its_clause_and_its_remedy(house: Pages) -> None:
    said = panel(house, SHOWN_PERSON)

    for words in ("限制任职", "公务员法 26(4)", "惩戒", "执行中", "如何救济", "措施当日终止"):
        assert words in said


def test_one_that_ended_with_its_record_says_so_and_offers_no_remedy(house: Pages, read_city: City) -> None:
    ledger = read_city.ledger
    applied = ledger.by_type("MeasureApplied", ledger.size)
    removed = {entry.stream for entry in ledger.by_type("AuthorityRecordRemoved", ledger.size)}
    (ended,) = [entry for entry in applied if f"breach/{entry.data['cause_uid']}" in removed]

    said = panel(house, ledger.caller_id(str(ended.data["subject_id"])))

    assert "随依据记录失效" in said
    assert "措施当日终止" not in said


@pytest.mark.parametrize("person", ["P002"])
def test_without_a_measure_there_is_no_such_part(house: Pages, person: str) -> None:
    assert not house.reader(person, "SUBJECT").read("/my-file").all("section", id="measures")
