"""The page of deadlines, and the notices on one's own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.browser import Pages, pages
from tests.support.city import City
from tests.support.scene import a_scene


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


@pytest.mark.parametrize(("language", "named"), [("zh", "核查结果的回应和异议"), ("en", "response to and dispute of")])
def test_a_clause_that_no_published_text_has_is_named(tmp_path: Path, language: str, named: str) -> None:
    with a_scene(tmp_path) as scene:
        scene.blocked_check()
        scene.notice()
        scene.respond()
        scene.decide()
        scene.notify_result("2025-09-15")
        scene.on_day("2025-09-16")
        with pages(scene.ledger) as house:
            page = house.reader("P1", "SUBJECT", language=language).read("/deadlines")

    assert "eligibility-dispute" not in page.text
    assert named in page.text


@pytest.mark.parametrize(("language", "said"), [("zh", "最迟2025-07-07"), ("en", "latest 2025-07-07")])
def test_a_period_that_may_be_extended_says_until_when(tmp_path: Path, language: str, said: str) -> None:
    with a_scene(tmp_path) as scene:
        scene.found()
        scene.appeal("2025-04-08", route="APPEAL")
        with pages(scene.ledger) as house:
            page = house.reader("reviewer-1", "REVIEWER", "U2", language=language).read("/deadlines")

    assert said in " ".join(page.text.split())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("期限", "今天到期", "2025-06-20起", "本单位", "本人")),
        ("en", ("When", "due today", "from 2025-06-20", "the unit itself", "the person")),
    ],
)
def test_each_row_says_whose_turn_it_is_and_what_its_day_is(
    tmp_path: Path, language: str, words: tuple[str, str, str, str, str]
) -> None:
    heading, today, begins, unit, person = words
    with a_scene(tmp_path) as scene:
        scene.promise("2025-02-01", due_on="2025-04-19")
        scene.found()
        scene.on_day("2025-04-19")
        with pages(scene.ledger) as house:
            of_unit = house.reader("head-1", "SUBJECT", "U1", language=language).read("/deadlines")
            of_person = house.reader("P1", "SUBJECT", language=language).read("/deadlines")

    assert [cell.text for cell in of_person.all("th")][1] == heading
    assert today in of_unit.text
    assert unit in of_unit.text
    assert "就是今天" not in of_unit.text
    assert begins in " ".join(of_person.text.split())
    assert unit not in of_person.text
    assert any(person in row.text for row in of_person.all("tr")[1:])
