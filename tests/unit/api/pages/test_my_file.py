"""我的诚信档案: tasks first, a state before the score, and every record with its effect, its end and its remedy."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from ledger.access import Viewer
from ledger.line import Line, LineActor
from tests.support.browser import Pages
from tests.support.city import City
from tests.support.html import Html


def record(page: Html, uid: object) -> str:
    """What an article says about one record."""
    return " ".join(page.first("article", id=f"r-{uid}").text.split())


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("NOTIFIED", "待申辩"),
        ("REPLIED", "已申辩"),
        ("CONFIRMED", "已认定"),
        ("APPEALED", "异议中"),
        ("UPHELD", "维持认定"),
        ("VARIED", "变更认定"),
        ("OVERTURNED", "已撤销"),
        ("DISMISSED", "不予认定"),
        ("REPAIRED", "已修复"),
        ("REMOVED", "已移出"),
    ],
)
def test_a_record_shows_its_state_in_words(house: Pages, read_city: City, state: str, word: str) -> None:
    person, breach = read_city.person_reading(state)
    page = house.reader(person, "SUBJECT").read("/my-file")

    assert word in record(page, breach["uid"])


@pytest.mark.parametrize("state", ["CONFIRMED", "UPHELD", "VARIED", "APPEALED", "NOTIFIED"])
def test_what_stands_says_its_effect_its_end_and_its_remedy(house: Pages, read_city: City, state: str) -> None:
    person, breach = read_city.person_reading(state)
    said = record(house.reader(person, "SUBJECT").read("/my-file"), breach["uid"])

    assert "现在的效力" in said
    assert "如何救济" in said
    assert ("何时结束" in said) == (state != "NOTIFIED")


def test_a_report_that_nobody_was_notified_of_leaves_no_trace(house: Pages, read_city: City) -> None:
    for state in ("REPORTED", "DECLINED"):
        row = read_city.rows("breaches", state=state)[0]
        person = read_city.ledger.caller_id(str(row["subject"]))
        page = house.reader(person, "SUBJECT").read("/my-file")
        report = next(read_city.ledger.logged(int(row["first_index"]), int(row["first_index"]) + 1))

        assert str(row["uid"]) not in page.source
        assert f"#{row['first_index']}" not in page.text
        assert report.effective_on.isoformat() not in record_days(page)


def record_days(page: Html) -> set[str]:
    """The days in the margin of the course."""
    return {day.attributes["datetime"] for day in page.all("time")} - {""}


def test_who_reported_never_stands_in_a_file(house: Pages, read_city: City) -> None:
    person, _ = read_city.person_reading("CONFIRMED", record_kind="LOCAL")

    assert "reporter-" not in house.reader(person, "SUBJECT").read("/my-file").source


def test_tasks_come_first_the_most_urgent_before_the_others(house: Pages, read_city: City) -> None:
    person, _ = read_city.person_reading("NOTIFIED")
    page = house.reader(person, "SUBJECT").read("/my-file")
    headings = [heading.text for heading in page.all("h2") if heading.attributes.get("id", "").endswith("-h")]

    assert headings[0] == "现在可以办的事"
    assert "可以陈述申辩" in page.all("h3")[0].text
    assert re.search(r"还有\d+个工作日", page.first("section", id="tasks").text)


@pytest.mark.parametrize(
    ("repair_state", "said", "unsaid"),
    [
        ("ACCEPTED", "", "可以申请信用修复"),
        ("RETURNED", "需要补正", "可以申请信用修复"),
        ("REJECTED", "", "可以申请信用修复"),  # the bar on a new application still runs
    ],
)
def test_a_repair_that_is_possible_is_a_task_and_one_under_way_is_not(
    house: Pages, read_city: City, repair_state: str, said: str, unsaid: str
) -> None:
    person, breach = read_city.person_reading("CONFIRMED", repair_state=repair_state)
    page = house.reader(person, "SUBJECT").read("/my-file")
    tasks = [task.text for task in page.all("div", class_="task") if breach["uid"] in page.source]

    assert any(said in task for task in tasks) or not said
    assert not any(unsaid in task for task in tasks)


def test_a_record_that_can_be_repaired_now_is_a_task(house: Pages, read_city: City) -> None:
    person, breach = read_city.person_reading("UPHELD")
    tasks = house.reader(person, "SUBJECT").read("/my-file").first("section", id="tasks").text

    assert breach["repair_from"] <= "2025-12-31"
    assert "可以申请信用修复" in tasks


def test_an_appeal_that_is_still_in_time_is_a_task_with_its_last_day(house: Pages, read_city: City) -> None:
    person, breach = read_city.person_reading("CONFIRMED", record_kind="LOCAL")
    page = house.reader(person, "SUBJECT").read("/my-file", as_of=str(breach["decision_on"]))

    assert "可以申请复核或提出申诉" in page.first("section", id="tasks").text
    assert "还有30天" in page.text


def test_the_balance_stands_with_its_lines_and_they_sum_to_it(house: Pages, read_city: City) -> None:
    page = house.reader("P001", "SUBJECT").read("/my-file")
    balance = page.first("section", id="balance")
    values = [value.text.replace("−", "-") for value in page.all("span", class_="tree__v")]

    assert values[0] == "72.00"
    assert sum(map(Decimal, values[1:])) == Decimal(values[0])
    assert "100.00 + 0.00 − 30.00 + 2.00 = 72.00" in balance.text
    assert "示范值" in balance.text
    assert page.text.index("已认定") < page.text.index("72.00")


def listing(city: City) -> int:
    """The index of the entry by which P001 was put on a list."""
    ledger = city.ledger
    entries = ledger.history(ledger.uid("subject", "P001") or "", ledger.size)
    return next(entry.index for entry in entries if entry.type == "AuthorityRecordImported")


def test_every_line_opens_to_its_clause_and_its_entries(house: Pages, read_city: City) -> None:
    page = house.reader("P001", "SUBJECT").read("/my-file")
    balance = page.first("section", id="balance").text

    assert all(clause in balance for clause in ("R-P1", "R-P2", "R-P3"))
    assert f"#{listing(read_city)}" in balance
    assert "申请修复获准、认定被撤销或到期后，这一项归零" in balance


def test_who_looked_is_said_with_unit_time_role_and_purpose(own_house: Pages, city: City) -> None:
    person = own_house.reader("P001", "SUBJECT")
    before = person.read("/my-file").first("section", id="looks").text
    check = next(row for row in city.rows("checks") if city.ledger.caller_id(str(row["subject"])) == "P001")
    own_house.reader("hr-1", "HR", "PERSONNEL").read(f"/eligibility/{check['uid']}")
    after = person.read("/my-file").first("section", id="looks").text

    assert "没有其他人查过" in before
    assert "示范市人力资源社会保障局" in after
    assert "组织人事" in after
    assert "2025-12-31 18:0" in after
    assert "hr-1" not in after


@pytest.mark.parametrize(("role", "unit"), [("HR", "PERSONNEL"), ("UNIT_HEAD", "U12")])
def test_nobody_hides_a_look_behind_a_purpose(own_house: Pages, city: City, role: str, unit: str) -> None:
    """A head's own purpose is theirs, and anybody may state one: whose look it was, the role says."""
    uid = city.ledger.uid("subject", "P001")
    assert uid is not None
    city.ledger.access.look(Viewer("somebody", role, unit), [uid], scope=["INTEGRITY_FILE"], purpose="OWN")

    looks = own_house.reader("P001", "SUBJECT").read("/my-file").first("section", id="looks").text

    assert "没有其他人查过" not in looks
    assert {"HR": "组织人事", "UNIT_HEAD": "单位负责人"}[role] in looks


def test_a_unit_s_file_has_no_points_and_leads_to_its_score(house: Pages) -> None:
    page = house.reader("head-U12", "SUBJECT", "U12").read("/my-file")

    assert not page.all("section", id="balance")
    assert "/unit-score" in [link.attributes["href"] for link in page.all("a", class_="btn--2")]
    assert "单位诚信档案" in page.first("h1").text


def test_the_page_stands_on_the_day_and_the_size_that_were_asked_for(house: Pages) -> None:
    page = house.reader("P001", "SUBJECT").read("/my-file", as_of="2024-04-10", as_known="2000")

    assert page.first("input", id="as_of").attributes["value"] == "2024-04-10"
    assert page.first("input", id="as_known").attributes["value"] == "2000"
    assert "前2000条" in page.first("footer").text
    assert "您在看过去的时点" in page.text
    assert "回到今天" in page.text


def test_what_was_not_known_then_is_not_there(house: Pages, read_city: City) -> None:
    known = str(listing(read_city))
    page = house.reader("P001", "SUBJECT").read("/my-file", as_of="2025-12-31", as_known=known)

    assert "严重失信" not in page.text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("as_of", "2025-02-30", "日历上没有这一天"),
        ("as_of", "yesterday", "日期写作2025-06-30"),
        ("as_known", "999999", "账本没有这么多条"),
        ("as_known", "soon", "写日期"),
    ],
)
def test_a_date_that_cannot_be_read_is_said_at_its_field_and_shows_nothing_else(
    house: Pages, field: str, value: str, sentence: str
) -> None:
    page = house.reader("P001", "SUBJECT").read("/my-file", status=400, **{field: value})

    assert page.first("title").text.startswith("有误：")
    assert sentence in page.first("p", id=f"{field}-e").text
    assert page.first("input", id=field).attributes["value"] == value
    assert not page.all("section", id="records")


def test_texts_of_the_records_cannot_break_out(own_house: Pages, city: City) -> None:
    person, breach = city.person_reading("NOTIFIED")
    hostile = '"><script>alert(1)</script>&amp;{{ 7*7 }} 龘𡃁·示例'
    city.act("BreachReplied", LineActor(person, "SUBJECT"), breach_id=breach["id"], statement=hostile)
    page = own_house.reader(person, "SUBJECT").read("/my-file")

    assert "<script" not in page.source
    assert hostile in page.text


def test_a_sanction_that_serves_what_remained_of_an_earlier_one_says_so(city: City, own_house: Pages) -> None:
    person, _ = city.person_reading("CONFIRMED")
    ref = city.ledger.caller_id(person)
    hr = LineActor("hr-1", "HR", "PERSONNEL")
    for kind, start in (("WARNING", "2025-12-01"), ("MAJOR_DEMERIT", "2025-12-31")):
        data = {"subject_id": ref, "kind": kind, "from": start, "doc": "示人〔2025〕9号"}
        city.ledger.submit(Line("SanctionImposed", date.fromisoformat(start), hr, data))

    page = own_house.reader(person, "SUBJECT").read("/my-file")

    assert re.search(r"2027-12-01\s*（含前一处分未执行的期限）", " ".join(page.text.split()))
    assert "记大过" in page.text
