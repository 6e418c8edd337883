"""Pages after an erasure: the record stands, its words are gone, and the person has a pseudonym for a name."""

from __future__ import annotations

from contextlib import suppress

import pytest

from api.pages.addresses import CHECKS
from ledger.errors import Refused
from tests.support.browser import Pages
from tests.support.city import City
from tests.support.erasure import order_class


@pytest.mark.parametrize("retention", ["CASE", "IDENTITY"])
def test_my_file_stands_without_what_was_erased(own_house: Pages, city: City, retention: str) -> None:
    person, breach = city.person_reading("REPAIRED")
    uid = city.ledger.uid("subject", person)
    assert uid is not None
    name = city.file(person)["name"]
    before = own_house.reader(person, "SUBJECT").read("/my-file")
    assert name in before.text
    order_class(city.ledger, retention, person)

    page = own_house.reader(person if retention == "CASE" else uid, "SUBJECT").read("/my-file")
    assert page.first("article", id=f"r-{breach['uid']}").text
    if retention == "CASE":
        assert "已依法清除" in page.text
        assert name in page.text
    else:
        assert "身份信息已清除" in page.text
        assert name not in page.source
        assert person not in page.text


def test_checks_and_their_list_stand_without_what_was_erased(own_house: Pages, city: City) -> None:
    ledger, personnel = city.ledger, city.ledger.uid("subject", "PERSONNEL") or ""
    hr = own_house.reader("hr-1", "HR", "PERSONNEL")
    for row in city.rows("checks", requester=personnel, state="FINAL"):
        uid = str(row["subject"])
        person = ledger.caller_id(uid)
        name = city.file(person)["name"]
        with suppress(Refused):  # another case of this person is open
            order_class(ledger, "CHECK", person)
            order_class(ledger, "IDENTITY", person)
            break
    else:
        raise AssertionError("everybody has an open case")
    city.rows("checks")

    for path in (f"{CHECKS}/{row['uid']}", CHECKS):
        page = hr.read(path)
        assert name not in page.source
        assert person not in page.text
    assert "已依法清除" in hr.read(f"{CHECKS}/{row['uid']}").text
