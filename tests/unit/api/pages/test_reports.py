"""录用资格审查: the list of a unit's candidates, and the report of one check."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from ledger.line import LineActor
from tests.support.browser import Browser, Pages
from tests.support.city import City
from tests.support.html import Html

OFFICER = ("hr-1", "HR", "PERSONNEL")


@pytest.fixture
def officer(own_house: Pages) -> Browser:
    return own_house.reader(*OFFICER)


def report(browser: Browser, check: str) -> Html:
    return browser.read(f"/eligibility/{check}")


def entries(city: City, check: str) -> list[Any]:
    return city.ledger.stream(f"check/{check}", city.ledger.size)


def test_the_list_shows_the_unit_s_candidates_by_the_nearest_day(house: Pages) -> None:
    page = house.reader(*OFFICER).read("/eligibility")
    rows = [" ".join(row.text.split()) for row in page.all("tr")[1:]]

    assert len(rows) == 15
    assert any("还有2个工作日" in row and "待陈述" in row for row in rows)
    assert any("逾期未陈述" in row and "2025-12-16届满" in row for row in rows)
    assert any("已撤回" in row for row in rows)  # the consent was withdrawn: the list itself does not know


@pytest.mark.parametrize(
    ("query", "count"),
    [({"state": "NOTICED"}, 2), ({"outcome": "INCOMPLETE"}, 2), ({"state": "nonsense", "outcome": "x"}, 15)],
)
def test_the_list_is_filtered_by_its_address(house: Pages, query: dict[str, str], count: int) -> None:
    page = house.reader(*OFFICER).read(f"/eligibility?{urlencode(query)}")

    assert len(page.all("tr")) - 1 == count


def test_what_is_over_comes_page_by_page(house: Pages, read_city: City) -> None:
    browser, seen, address = house.reader(*OFFICER), 0, "/eligibility?state=FINAL"
    for _ in range(10):
        page = browser.read(address)
        seen += len(page.all("tr")) - 1
        links = [link.attributes["href"] for link in page.all("a") if "after=" in link.attributes["href"]]
        if not links:
            break
        address = links[0]

    assert seen == len(read_city.rows("checks", state="FINAL"))


def test_reading_the_list_is_a_look_at_everybody_on_it(own_house: Pages, city: City) -> None:
    size = city.ledger.access.size
    own_house.reader(*OFFICER).read("/eligibility")
    (look,) = list(city.ledger.access.logged(size, None))

    assert len(look.subjects) == 15
    assert look.data["scope"] == ["CHECKS"]


def test_the_report_keeps_rule_and_decision_apart_and_shows_no_points(house: Pages, read_city: City) -> None:
    page = report(house.reader(*OFFICER), read_city.check(state="RESPONDED"))
    headings = [heading.text for heading in page.all("h2")]

    assert "规则评估" in headings
    assert "作出决定" in headings
    assert "不作为依据，此处不显示" in page.text
    assert "情况属实，附履行材料，请予考虑。" in page.text
    assert "公务员法 26(4)" in page.text


def test_a_record_in_the_report_says_its_effect_its_end_and_its_remedy(house: Pages, read_city: City) -> None:
    page = report(house.reader(*OFFICER), read_city.check(state="RESPONDED"))
    article = " ".join(page.first("article", class_="rec").text.split())

    for part in ("现在的效力", "在列期间", "何时结束", "如何救济", "可以申请信用修复", "示范值"):
        assert part in article


def test_a_record_that_no_longer_stands_says_so(own_house: Pages, city: City) -> None:
    check = city.check(state="RESPONDED")
    record = report(own_house.reader(*OFFICER), check)
    breach = next(
        row
        for row in city.rows("breaches", state="CONFIRMED")
        if row["subject"] == entries(city, check)[0].data["subject_id"]
    )
    document = {"doc_no": "示税〔2025〕9号", "issuer": "示范市税务局", "kind": "REMOVAL", "digest": "0" * 64}
    credit = LineActor("credit-1", "CREDIT", "CREDIT-OFFICE")
    city.act("AuthorityRecordRemoved", credit, breach_id=breach["breach_id"], removed_on="2025-12-31", doc=document)
    after = report(own_house.reader(*OFFICER), check)

    assert "现在不再构成限制" not in record.text
    assert "现在不再构成限制" in after.text


def test_reading_a_report_is_a_look_at_the_candidate(own_house: Pages, city: City) -> None:
    check = city.check(state="RESPONDED")
    size = city.ledger.access.size
    report(own_house.reader(*OFFICER), check)
    looks = list(city.ledger.access.logged(size, None))

    assert [look.subjects for look in looks] == [(entries(city, check)[0].data["subject_id"],)]


def test_the_auditor_reads_and_decides_nothing(own_house: Pages, city: City) -> None:
    auditor, check = own_house.reader("auditor-1", "AUDITOR"), city.check(state="RESPONDED")
    page = report(auditor, check)
    sign_out = page.form("/sign-out")
    answer = auditor.post(
        f"/eligibility/{check}/decision", sign_out.fields | {"step": "submit", "decision": "ELIGIBLE"}
    )

    assert [form.action for form in page.forms if "/eligibility/" in form.action] == []
    assert answer.status_code == 404


def test_a_past_moment_is_only_read(officer: Browser, city: City) -> None:
    check = city.check(state="RESPONDED")
    page = officer.read(f"/eligibility/{check}", as_of="2025-12-20")

    assert "过去的时点只能查看" in page.text
    assert [form.action for form in page.forms if "/eligibility/" in form.action] == []


@pytest.mark.parametrize("outcome", ["INCOMPLETE"])
def test_an_incomplete_check_is_never_decided(officer: Browser, city: City, outcome: str) -> None:
    page = report(officer, city.check(outcome=outcome))

    assert "材料不全，不能作出决定" in page.text
    assert [form.action for form in page.forms if "/eligibility/" in form.action] == []
