"""录用资格审查: the way from notice to decision and service, with everything that can go wrong on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from httpx2 import Response

from api.pages.case import CONSIDERATIONS
from ledger.errors import Unavailable
from ledger.line import LineActor
from tests.support.browser import Browser, Pages
from tests.support.city import HR, City
from tests.support.html import Html

OFFICER = ("hr-1", "HR", "PERSONNEL")
WEIGHED = {name: f"已考虑：{name}" for name in CONSIDERATIONS}
REASONS = "您目前在列入期，依据公务员法第二十六条，本次不合格。"
REFUSAL = {"decision": "NOT_ELIGIBLE", "reasons": REASONS, **WEIGHED}


@pytest.fixture
def officer(own_house: Pages) -> Browser:
    return own_house.reader(*OFFICER)


def report(browser: Browser, check: str) -> Html:
    return browser.read(f"/eligibility/{check}")


def last_step(answer: Response) -> Html:
    """The page before submitting."""
    assert answer.status_code == 200, Html(answer.text).text[:400]
    page = Html(answer.text)
    assert any(("step", "submit") in form.buttons for form in page.forms)
    return page


def decide(browser: Browser, check: str, fields: Mapping[str, str]) -> Response:
    """Fill in the decision and ask for it to be checked."""
    return browser.send(report(browser, check).form("/decision"), **fields)


def submit(browser: Browser, answer: Response, path: str) -> Response:
    return browser.send(last_step(answer).form(path), "submit")


def respond(city: City, check: str) -> None:
    """The candidate answers the notice."""
    first = city.ledger.stream(f"check/{check}", city.ledger.size)[0].data
    person = city.ledger.caller_id(first["subject_id"])
    city.act("CandidateResponded", LineActor(person, "SUBJECT"), check_id=first["check_id"], statement="情况属实。")


def entries(city: City, check: str) -> list[Any]:
    return city.ledger.stream(f"check/{check}", city.ledger.size)


def errors(answer: Response) -> dict[str, str]:
    """The summary above a form: the field each sentence leads to, and the sentence."""
    page = Html(answer.text)
    assert page.first("title").text.startswith("有误：")
    summary = page.first("div", class_="errors")
    assert summary.attributes["role"] == "alert"
    fields = [link for link in page.all("a") if link.attributes["href"].startswith("#") and link.text]
    return {link.attributes["href"]: link.text for link in fields if link.text in summary.text}


def test_from_notice_to_service(officer: Browser, city: City) -> None:
    check = city.blocked_check()
    first = report(officer, check)
    assert "还不能作出" in first.text

    noticed = submit(officer, officer.send(first.form("/notice")), "/notice")
    confirmation = officer.read(noticed.headers["location"])
    index = city.ledger.size - 1
    assert f"#{index}" in confirmation.text
    assert "已记入账本" in confirmation.text
    assert "候选人的陈述期限" in confirmation.text
    leaf = city.ledger.store.entry(index).leaf.hex()
    assert f"{leaf[:4]}…{leaf[-4:]}" in confirmation.text

    respond(city, check)
    checked = decide(officer, check, REFUSAL)
    summary = last_step(checked).text
    assert all(value in summary for value in (*WEIGHED.values(), REASONS, "不合格", "谁会看到"))
    decided = submit(officer, checked, "/decision")
    assert "审查决定已记入" in officer.read(decided.headers["location"]).text
    assert REASONS in report(officer, check).text

    served = submit(officer, officer.send(report(officer, check).form("/notification")), "/notification")
    assert "候选人可以提出异议" in officer.read(served.headers["location"]).text
    assert [entry.type for entry in entries(city, check)] == [
        "EligibilityCheckRequested",
        "EligibilityEvaluated",
        "PreDecisionNoticeSent",
        "CandidateResponded",
        "EligibilityDecided",
        "EligibilityNotified",
    ]


def test_a_double_click_is_one_entry(officer: Browser, city: City) -> None:
    check = city.check(state="RESPONDED")
    page = last_step(decide(officer, check, REFUSAL))
    one = officer.send(page.form("/decision"), "submit")
    size = city.ledger.size
    other = officer.send(page.form("/decision"), "submit")

    assert one.status_code == other.status_code == 303
    assert one.headers["location"] == other.headers["location"]
    assert city.ledger.size == size


def test_the_form_sent_again_with_other_words_is_refused(officer: Browser, city: City) -> None:
    check = city.check(state="RESPONDED")
    page = last_step(decide(officer, check, REFUSAL))
    officer.send(page.form("/decision"), "submit")
    size = city.ledger.size
    answer = officer.send(page.form("/decision"), "submit", reasons="另一个理由")

    assert answer.status_code == 422
    assert city.ledger.size == size


def test_checking_writes_nothing(officer: Browser, city: City) -> None:
    before, refusals = city.ledger.store.head(), len(city.ledger.access.refusals())
    check = city.check(state="RESPONDED")
    last_step(decide(officer, check, REFUSAL))
    decide(officer, check, REFUSAL | {"recency": ""})
    decide(officer, city.check(state="NOTICED", reply_due="2026-01-02"), REFUSAL | {"decision": "ELIGIBLE"})

    assert city.ledger.store.head() == before
    assert len(city.ledger.access.refusals()) == refusals


def test_what_is_missing_is_said_at_its_field_and_what_was_typed_is_kept(officer: Browser, city: City) -> None:
    typed = REFUSAL | {"recency": "", "reasons": " \n", "nature_of_position": "<b>综合窗口岗</b>\n第二行"}
    answer = decide(officer, city.check(state="RESPONDED"), typed)
    page = Html(answer.text)

    assert answer.status_code == 422
    assert set(errors(answer)) == {"#recency", "#reasons"}
    assert "写明“距今时间”" in page.first("p", id="recency-e").text
    assert page.first("textarea", id="recency").attributes["aria-invalid"] == "true"
    kept = page.form("/decision").fields
    assert kept["nature_of_position"].strip("\n") == "<b>综合窗口岗</b>\n第二行"
    assert kept["decision"] == "NOT_ELIGIBLE"
    assert kept["circumstances"] == WEIGHED["circumstances"]


def test_no_choice_is_said_above_the_choices(officer: Browser, city: City) -> None:
    answer = decide(officer, city.check(state="RESPONDED"), REFUSAL | {"decision": ""})

    assert errors(answer) == {"#decision-ELIGIBLE": "选择合格或不合格"}


@pytest.mark.parametrize("state", ["EVALUATED", "NOTICED"])
def test_nobody_is_refused_unheard(officer: Browser, city: City, state: str) -> None:
    check = city.blocked_check() if state == "EVALUATED" else city.check(state="NOTICED", reply_due="2026-01-02")
    answer = decide(officer, check, REFUSAL)

    assert answer.status_code == 422
    assert "先告知" in errors(answer)["#decision-ELIGIBLE"]


def test_a_departure_from_the_rule_needs_a_second_hand(officer: Browser, city: City) -> None:
    check, favour = city.check(state="RESPONDED"), REFUSAL | {"decision": "ELIGIBLE"}
    alone = decide(officer, check, favour)
    oneself = decide(officer, check, favour | {"second_approver": "hr-1"})
    seconded = submit(officer, decide(officer, check, favour | {"second_approver": "hr-2"}), "/decision")
    decided = entries(city, check)[-1].data

    assert "#second_approver" in errors(alone)
    assert "#second_approver" in errors(oneself)
    assert seconded.status_code == 303
    assert (decided["decision"], decided["departs_from_rule"]) == ("ELIGIBLE", True)
    assert "已由第二人批准" in report(officer, check).text


def test_a_period_that_is_too_short_is_said_at_its_field(officer: Browser, city: City) -> None:
    form = report(officer, city.blocked_check()).form("/notice")
    short = officer.send(form, reply_due="2026-01-02")
    unreadable = officer.send(form, reply_due="明年")
    absent = officer.send(form, reply_due=" ")

    assert form.fields["reply_due"] == "2026-01-07"
    assert errors(short) == {"#reply_due": "陈述期限早于规则允许的最早一天：最早2026-01-07"}
    assert errors(unreadable) == {"#reply_due": "日期写作2025-06-30：最早2026-01-07"}
    assert errors(absent) == {"#reply_due": "写明陈述期限的最后一天：最早2026-01-07"}
    assert Html(short.text).first("p", id="reply_due-e").text == "陈述期限早于规则允许的最早一天"
    assert Html(short.text).first("p", id="reply_due-d").text == "最早2026-01-07"
    described = Html(short.text).first("input", id="reply_due").attributes["aria-describedby"]
    assert described == "reply_due-e reply_due-d reply_due-h"
    assert Html(unreadable.text).form("/notice").fields["reply_due"] == "明年"


def test_a_notice_where_no_rule_matched_says_that_it_departs(officer: Browser, city: City) -> None:
    unit = city.ledger.uid("subject", "PERSONNEL") or ""
    check = str(city.rows("checks", requester=unit, state="EVALUATED", outcome="CLEAR")[-1]["uid"])
    page, size = report(officer, check), city.ledger.size
    form = page.form("/notice")
    unticked = officer.send(form)
    unsent = officer.send(form, "submit", step="submit")
    ticked = officer.send(form, proposes_departure="yes")

    assert "没有触及任何规则。告知就是拟作出不合格的决定" in page.text
    assert list(errors(unticked)) == ["#proposes_departure"]
    assert (unticked.status_code, unsent.status_code) == (422, 422)
    assert Html(unticked.text).first("input", id="proposes_departure").attributes["aria-invalid"] == "true"
    assert city.ledger.size == size
    assert "我拟作出与规则评估不一致的决定" in last_step(ticked).text
    assert submit(officer, ticked, "/notice").status_code == 303
    assert entries(city, check)[-1].type == "PreDecisionNoticeSent"


def test_a_notice_where_a_rule_matched_asks_for_no_departure(officer: Browser, city: City) -> None:
    form = report(officer, city.blocked_check())

    assert "proposes_departure" not in form.form("/notice").fields
    assert "没有触及任何规则。" not in form.text


def test_changing_goes_back_to_the_form_with_everything_in_it(officer: Browser, city: City) -> None:
    check = city.check(state="RESPONDED")
    page = last_step(decide(officer, check, REFUSAL))
    back = Html(officer.send(page.form("/decision"), "edit").text).form("/decision")

    assert {name: back.fields[name].strip("\n") for name in REFUSAL} == REFUSAL
    assert back.fields["key"] == page.form("/decision").fields["key"]


def test_a_check_that_moved_on_meanwhile_is_shown_anew(officer: Browser, city: City) -> None:
    check = city.check(state="NOTICED", reply_due="2026-01-02")
    page = report(officer, check)
    respond(city, check)
    answer = officer.send(page.form("/decision"), **REFUSAL)
    shown = Html(answer.text)

    assert answer.status_code == 412
    assert "有了新的变化" in shown.first("div", class_="errors").text
    assert "情况属实。" in shown.text
    assert shown.form("/decision").fields["reasons"].strip("\n") == REASONS
    last_step(officer.send(shown.form("/decision")))


def test_a_consent_withdrawn_meanwhile_ends_the_check(officer: Browser, city: City) -> None:
    check = city.check(state="RESPONDED")
    page = last_step(decide(officer, check, REFUSAL))
    request = entries(city, check)[0].data
    person = LineActor(city.ledger.caller_id(request["subject_id"]), "SUBJECT")
    city.act("ConsentWithdrawn", person, consent_id=request["consent_id"], subject_id=person.id)
    answer = officer.send(page.form("/decision"), "submit")

    assert answer.status_code == 422
    assert "已撤回" in Html(answer.text).first("div", class_="errors").text


def test_a_refusal_on_submitting_leaves_its_trace(officer: Browser, city: City) -> None:
    check = city.check(state="RESPONDED")
    page = last_step(decide(officer, check, REFUSAL | {"decision": "ELIGIBLE", "second_approver": "hr-2"}))
    before = len(city.ledger.access.refusals())
    officer.send(page.form("/decision"), "submit", second_approver="hr-1")
    (refusal,) = city.ledger.access.refusals()[before:]

    assert refusal.data == {"type": "EligibilityDecided", "code": "second-approver-required", "target": check}


def test_an_unknown_outcome_offers_the_same_form_again(
    officer: Browser, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = city.check(state="RESPONDED")
    page = last_step(decide(officer, check, REFUSAL))
    with monkeypatch.context() as patch:

        def gone(*_: object, **__: object) -> None:
            raise Unavailable("nobody knows", code="outcome-unknown")

        patch.setattr(type(city.ledger), "submit", gone)
        answer = officer.send(page.form("/decision"), "submit")
    shown = Html(answer.text)

    assert answer.status_code == 503
    assert "同一份表单只会记一条" in shown.text
    assert shown.form("/decision").fields["key"] == page.form("/decision").fields["key"]
    assert officer.send(shown.form("/decision"), "submit").status_code == 303


@pytest.mark.parametrize("broken", [{"key": ""}, {"version": "x"}])
def test_a_form_that_is_not_whole_is_refused(officer: Browser, city: City, broken: dict[str, str]) -> None:
    form = report(officer, city.check(state="RESPONDED")).form("/decision")

    assert officer.send(form, **REFUSAL | broken).status_code == 400


def test_a_step_has_no_address_of_its_own(officer: Browser, city: City) -> None:
    check = city.check(state="RESPONDED")

    assert officer.get(f"/eligibility/{check}/decision").headers["location"] == f"/eligibility/{check}"
    assert officer.get(f"/eligibility/{check}/redetermination").status_code == 404


@pytest.mark.parametrize("index", ["0", "99999999", "2147", "-1", "x"])
def test_a_confirmation_is_of_an_entry_of_this_check_only(officer: Browser, city: City, index: str) -> None:
    assert officer.get(f"/eligibility/{city.check(state='RESPONDED')}/entries/{index}").status_code == 404


def test_nobody_decides_in_their_own_case(own_house: Pages, city: City) -> None:
    check = city.check(state="RESPONDED")
    person = city.ledger.caller_id(entries(city, check)[0].data["subject_id"])
    page = own_house.reader(person, "HR", "PERSONNEL").read(f"/eligibility/{check}", status=404)

    assert [form.action for form in page.forms if "/eligibility/" in form.action] == []


def test_the_day_of_an_act_is_today(officer: Browser, city: City) -> None:
    check = city.blocked_check()
    submit(officer, officer.send(report(officer, check).form("/notice")), "/notice")

    assert entries(city, check)[-1].effective_on == date(2025, 12, 31)
    assert entries(city, check)[-1].actor["role"] == HR.role
