"""What people do at the pages, in a real browser: sign in and out, decide a candidate's case, change how pages look."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from api.pages.case import CONSIDERATIONS
from api.pages.session import COOKIE
from ledger.access import Viewer
from ledger.line import LineActor
from ledger.tokens import Tokens
from tests.e2e.reading import Reader
from tests.support.city import City


def test_sign_in_and_out(reader: Reader, city: City) -> None:
    secret, _ = Tokens(city.ledger).issue(Viewer("head-U12", "UNIT_HEAD", "U12"))
    reader.go("/unit-score?as_of=2025-06-30")
    expect(reader.page).to_have_url(re.compile("/sign-in\\?next="))
    reader.page.fill("#token", secret)
    reader.page.get_by_role("button", name="登录").click()
    expect(reader.page).to_have_url(re.compile("/unit-score\\?as_of=2025-06-30$"))
    (cookie,) = [one for one in reader.page.context.cookies() if one["name"] == COOKIE]

    assert COOKIE == "__Host-session"
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, True, "Strict", "/")
    assert cookie["domain"] == "127.0.0.1"
    assert reader.run("() => document.cookie") == ""

    reader.page.get_by_role("button", name="退出").click()
    expect(reader.page).to_have_url(re.compile("/sign-in$"))
    reader.go("/unit-score")
    expect(reader.page).to_have_url(re.compile("/sign-in\\?next="))


def test_a_wrong_token_is_said_and_focus_is_where_it_is_said(reader: Reader) -> None:
    reader.go("/sign-in")
    reader.page.fill("#token", "ilt_wrong")
    reader.page.keyboard.press("Enter")

    expect(reader.page).to_have_title(re.compile("^有误："))
    expect(reader.page.locator("#errors")).to_be_focused()
    reader.page.get_by_role("link", name="这个令牌不能用").click()
    expect(reader.page.locator("#token")).to_be_focused()


@pytest.mark.parametrize("slug", ["person", "unit", "unit-head", "hr", "auditor"])
def test_a_role_of_the_demonstration_is_one_click_away(reader: Reader, slug: str) -> None:
    reader.go("/sign-in")
    reader.page.click(f"button[name=role][value={slug}]")

    expect(reader.page.locator(".menu__role").first).to_be_visible()


def test_from_notice_to_decision(reader: Reader, city: City) -> None:
    check = city.blocked_check()
    request = city.ledger.stream(f"check/{check}", city.ledger.size)[0].data
    reader.become("hr")
    reader.go(f"/eligibility/{check}")

    reader.page.fill("#reply_due", "2026-01-02")
    reader.page.click("#notice button[type=submit]")
    expect(reader.page.locator("#reply_due-e")).to_have_text("陈述期限早于规则允许的最早一天")
    expect(reader.page.locator("#reply_due")).to_have_value("2026-01-02")
    reader.page.fill("#reply_due", "2026-01-07")
    reader.page.click("#notice button[type=submit]")
    reader.page.get_by_role("button", name="发出告知").click()
    expect(reader.page.locator("h1")).to_have_text("拟不通过告知已发出")
    expect(reader.page.locator(".confirm .ref").first).to_have_text(re.compile("#\\d+"))

    person = LineActor(city.ledger.caller_id(request["subject_id"]), "SUBJECT")
    city.act("CandidateResponded", person, check_id=request["check_id"], statement="已在办理移出。")
    reader.page.get_by_role("link", name="回到报告").click()
    expect(reader.page.get_by_text("已在办理移出。")).to_be_visible()

    reader.page.get_by_text("不合格", exact=True).click()
    for name in CONSIDERATIONS[1:]:
        reader.page.fill(f"#{name}", f"已考虑 {name}")
    reader.page.fill("#reasons", "目前在列入期，本次不合格。")
    reader.page.click("#decide button[type=submit]")
    expect(reader.page.locator("#errors")).to_be_focused()
    expect(reader.page.locator("#rehabilitation")).to_have_value("已考虑 rehabilitation")
    expect(reader.page.locator("#decision-NOT_ELIGIBLE")).to_be_checked()
    reader.page.locator("#errors a").click()
    expect(reader.page.locator(f"#{CONSIDERATIONS[0]}")).to_be_focused()
    reader.page.keyboard.type("综合窗口岗")
    reader.page.click("#decide button[type=submit]")
    expect(reader.page.locator("h1")).to_have_text("核对：审查决定")

    size = city.ledger.size
    reader.page.get_by_role("button", name="提交决定").dblclick()
    expect(reader.page.locator("h1")).to_have_text("审查决定已记入")
    reader.page.reload()
    expect(reader.page.locator("h1")).to_have_text("审查决定已记入")
    assert city.ledger.size == size + 1

    reader.page.get_by_role("link", name="回到报告").click()
    expect(reader.page.get_by_text("目前在列入期，本次不合格。")).to_be_visible()
    reader.page.click("#serve button[type=submit]")
    reader.page.get_by_role("button", name="登记送达").click()
    expect(reader.page.locator("h1")).to_have_text("结果送达已登记")
    assert city.ledger.size == size + 2


def test_the_language_and_the_size_are_kept_from_page_to_page(reader: Reader) -> None:
    reader.become("person")
    reader.page.get_by_role("button", name="English").click()
    expect(reader.page.locator("h1")).to_have_text("My integrity file")
    reader.page.get_by_role("button", name="Large type").click()
    reader.go("/my-file?as_of=2025-06-30")

    expect(reader.page.locator("html")).to_have_attribute("lang", "en")
    expect(reader.page.locator("html")).to_have_attribute("data-size", "large")
    expect(reader.page.get_by_text("You are looking at another moment")).to_be_visible()


def test_the_folio_is_a_form_of_the_address(reader: Reader) -> None:
    reader.become("person")
    reader.page.fill("#as_of", "2025-06-30")
    reader.page.fill("#as_known", "2025-06-30")
    reader.page.keyboard.press("Enter")

    expect(reader.page).to_have_url(re.compile("/my-file\\?as_of=2025-06-30&as_known=2025-06-30$"))
    expect(reader.page.locator("#as_known")).to_have_value("2025-06-30")


def test_the_phone_s_menu_unfolds_without_a_script(reader: Reader) -> None:
    reader.wide(390)
    reader.become("person")
    menu = reader.page.locator(".menu-fold .menu")
    expect(menu).to_be_hidden()
    reader.page.locator(".menu-fold > summary").click()

    expect(menu.get_by_role("link", name="谁查过我的档案")).to_be_visible()


def test_a_figure_opens_to_its_clause_and_its_entries(reader: Reader) -> None:
    reader.become("unit-head")
    line = reader.page.locator(".tree li details").nth(3)
    line.locator("summary").click()

    expect(line.get_by_text("R-U4", exact=True)).to_be_visible()
    expect(line.locator(".ref").first).to_be_visible()


def test_a_form_from_another_port_of_this_host_is_refused_although_the_cookie_comes_with_it(reader: Reader) -> None:
    """Cookies do not know ports: what tells our forms from another server's is where they come from."""
    hostile = f'<form method="post" action="{reader.base}/sign-out"><button>x</button></form>'
    reader.become("hr")
    reader.page.route("**/elsewhere", lambda route: route.fulfill(content_type="text/html", body=hostile))
    reader.page.goto("http://127.0.0.1:9/elsewhere")
    reader.amiss.clear()
    with reader.page.expect_navigation():
        reader.page.click("button")

    expect(reader.page.locator("main code").first).to_have_text("forbidden")
    reader.go("/eligibility")
    expect(reader.page.locator("h1")).to_have_text("录用资格审查台")


def test_a_form_from_another_site_comes_without_the_session(reader: Reader) -> None:
    hostile = f'<form method="post" action="{reader.base}/sign-out"><button>x</button></form>'
    reader.become("hr")
    reader.page.route("**/elsewhere", lambda route: route.fulfill(content_type="text/html", body=hostile))
    reader.page.goto("http://localhost:9/elsewhere")
    reader.amiss.clear()
    with reader.page.expect_navigation():
        reader.page.click("button")

    expect(reader.page.locator("h1")).to_have_text("登录")
    reader.go("/eligibility")
    expect(reader.page.locator("h1")).to_have_text("录用资格审查台")
