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

    assert len(rows) == 14
    assert any("还有2个工作日" in row and "待陈述" in row for row in rows)
    assert any("逾期未陈述" in row and "2025-12-16届满" in row for row in rows)
    assert not any("已撤回" in row for row in rows)  # the consent was withdrawn: the list itself does not know


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"state": "NOTICED"}, 2),
        ({"outcome": "INCOMPLETE"}, 2),
        ({"state": "nonsense", "outcome": "x"}, 14),
        ({"state": "WITHDRAWN"}, 2),
    ],
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


def test_the_list_is_of_the_day_of_its_folio(house: Pages, read_city: City) -> None:
    """A check that was decided since, and a consent that was withdrawn since, are as they were."""
    browser, today = house.reader(*OFFICER), "2025-12-31"
    same = browser.read("/eligibility", as_of=today)
    before = browser.read("/eligibility", as_of="2025-06-20")
    links = [link.attributes["href"] for link in before.all("a")]
    rows = [link for link in links if link.startswith("/eligibility/")]

    assert same.first("input", id="as_of").attributes["value"] == today
    assert len(same.all("tr")) - 1 == 14
    assert "您在看过去的时点" not in same.text
    assert before.first("input", id="as_of").attributes["value"] == "2025-06-20"
    assert "您在看过去的时点" in before.text
    assert len(rows) == len(before.all("tr")) - 1 > 0
    listed = {row["uid"]: row for row in read_city.rows("checks")}
    shown = [listed[link.removeprefix("/eligibility/").removesuffix("?as_of=2025-06-20")] for link in rows]
    assert all(row["requested_on"] <= "2025-06-20" for row in shown)
    assert any(row["state"] == "FINAL" for row in shown)


def test_the_filter_of_a_past_list_asks_for_what_was_so_then(house: Pages) -> None:
    browser = house.reader(*OFFICER)
    page = browser.read("/eligibility", as_of="2025-12-20", state="NOTICED")
    kept = next(form for form in page.forms if "outcome" in form.fields)

    assert all("陈述" in row.text for row in page.all("tr")[1:])
    folio = next(form for form in page.forms if "as_known" in form.fields)
    assert kept.fields["as_of"] == "2025-12-20"
    assert folio.fields["state"] == "NOTICED"


def test_a_day_that_is_none_is_said_at_its_field(house: Pages) -> None:
    page = house.reader(*OFFICER).read("/eligibility", status=400, as_of="2025-02-30")

    assert "日历上没有这一天" in page.first("p", id="as_of-e").text


def test_an_incomplete_check_does_not_wait_for_a_decision(house: Pages, read_city: City) -> None:
    browser = house.reader(*OFFICER)
    page = browser.read("/eligibility?outcome=INCOMPLETE")

    assert len(page.all("tr")) - 1 == 2
    for row in page.all("tr")[1:]:
        assert "待决定" not in row.text
        assert row.text.count("材料不全") == 2
        assert "凭有效授权重新发起" in row.text
    assert "待决定" not in report(browser, read_city.check(outcome="INCOMPLETE")).text
    assert "仍在有效期内的本人书面授权" in report(browser, read_city.check(outcome="INCOMPLETE")).text


def test_who_decided_is_named_by_unit_and_role(house: Pages, read_city: City) -> None:
    check = read_city.check(state="DECIDED")
    for reader in (OFFICER, ("auditor-1", "AUDITOR")):
        text = report(house.reader(*reader), check).text

        assert "组织人事" in text
        assert "姓名载于决定书" in text
    assert "decision document" in report(house.reader(*OFFICER, language="en"), check).text


def test_reading_the_list_is_a_look_at_everybody_on_it(own_house: Pages, city: City) -> None:
    size = city.ledger.access.size
    own_house.reader(*OFFICER).read("/eligibility")
    (look,) = list(city.ledger.access.logged(size, None))

    assert len(look.subjects) == 14
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
