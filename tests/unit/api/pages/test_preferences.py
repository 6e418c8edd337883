"""Language and letter size: remembered in cookies, without a sign-in, and back to the page they were chosen on."""

from __future__ import annotations

import pytest

from tests.support.browser import Pages


def test_the_language_is_chosen_on_a_page_and_kept(house: Pages) -> None:
    browser = house.visitor()
    page = browser.read("/sign-in")
    form = next(form for form in page.forms if ("language", "en") in form.buttons)
    answer = browser.send(form, "en")

    assert page.first("html").attributes["lang"] == "zh-CN"
    assert answer.headers["location"] == "/sign-in"
    assert browser.read("/sign-in").first("html").attributes["lang"] == "en"


def test_large_type_is_chosen_without_a_sign_in_and_given_up_again(house: Pages) -> None:
    browser = house.visitor()
    form = next(form for form in browser.read("/sign-in").forms if ("size", "large") in form.buttons)
    browser.send(form, "large")
    large = browser.read("/sign-in")
    browser.send(next(form for form in large.forms if ("size", "standard") in form.buttons), "standard")

    assert large.first("html").attributes["data-size"] == "large"
    assert "data-size" not in browser.read("/sign-in").first("html").attributes


def test_a_choice_comes_back_to_the_day_that_was_looked_at(house: Pages) -> None:
    browser = house.reader("head-U12", "UNIT_HEAD", "U12")
    form = next(form for form in browser.read("/unit-score", as_of="2025-06-30").forms if form.action == "/preferences")

    assert browser.send(form, "large").headers["location"] == "/unit-score?as_of=2025-06-30"


@pytest.mark.parametrize(
    "fields", [{"next": "/"}, {"language": "fr"}, {"size": "huge"}, {"language": "en", "size": "huge"}]
)
def test_no_other_choice_is_taken(house: Pages, fields: dict[str, str]) -> None:
    answer = house.visitor().post("/preferences", fields)

    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


def test_nobody_is_sent_elsewhere_with_a_choice(house: Pages) -> None:
    answer = house.visitor().post("/preferences", {"language": "en", "next": "https://elsewhere.example/"})

    assert answer.headers["location"] == "/"


def test_the_browser_s_language_is_taken_until_one_is_chosen(house: Pages) -> None:
    browser = house.visitor(language="en-GB,en;q=0.8")

    assert browser.read("/sign-in").first("html").attributes["lang"] == "en"
