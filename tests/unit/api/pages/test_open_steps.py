"""The page of deadlines, and the notices on one's own file."""

from __future__ import annotations

from tests.support.browser import Pages
from tests.support.city import City


def test_each_role_that_somebody_waits_for_has_the_page(house: Pages) -> None:
    roles = [
        ("decider-1", "DECIDER"),
        ("reviewer-1", "REVIEWER"),
        ("credit-1", "CREDIT"),
        ("hr-1", "HR"),
        ("dpo-1", "DPO"),
    ]
    for actor, role in roles:
        page = house.reader(actor, role, "CREDIT-OFFICE").read("/deadlines")
        assert page.first("h1").text == "期限", role
        assert any(link.attributes["href"] == "/deadlines" for link in page.all("a")), role


def test_the_page_lists_what_the_interface_does(house: Pages, read_city: City) -> None:
    decider = house.reader("decider-1", "DECIDER", "CREDIT-OFFICE")
    said = decider.get("/v1/deadlines").status_code  # a session is no token
    page = decider.read("/deadlines")
    rows = page.all("tr")

    assert said in (401, 404)
    assert len(rows) > 1
    assert "认定或不予认定" in page.text or "告知或不予受理" in page.text


def test_a_notice_is_new_until_its_reader_has_seen_the_file(city: City, own_house: Pages) -> None:
    breach = city.rows("breaches", state="NOTIFIED")[0]
    person = city.ledger.caller_id(str(breach["subject"]))
    reader = own_house.reader(person, "SUBJECT", language="en")
    first, second = reader.read("/my-file"), reader.read("/my-file")

    assert "unread" in first.text
    assert "unread" not in second.text
    assert "Notices to you" in second.text
