"""Forms: from our own pages, in the session they were made for, whole and of a bounded size."""

from __future__ import annotations

import pytest

from api.pages.forms import MAX_BYTES, parse_form
from api.problems import Problem
from tests.support.browser import ADDRESS, OWN_SITE, Pages
from tests.support.html import Html

READER = ("auditor-1", "AUDITOR")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": ADDRESS, "Sec-Fetch-Site": "cross-site"},
        {"Origin": ADDRESS, "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://localhost:8443", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_a_form_from_elsewhere_is_refused(house: Pages, headers: dict[str, str]) -> None:
    browser = house.reader(*READER)
    form = browser.read("/unit-score").form("/sign-out")
    answer = browser.post("/sign-out", form.fields, headers)

    assert answer.status_code == 403
    assert "forbidden" in Html(answer.text).text
    assert browser.get("/unit-score").status_code == 200


@pytest.mark.parametrize("headers", [{"Origin": ADDRESS}, {"Sec-Fetch-Site": "same-origin"}, OWN_SITE])
def test_a_form_of_ours_is_taken(house: Pages, headers: dict[str, str]) -> None:
    browser = house.reader(*READER)
    form = browser.read("/unit-score").form("/sign-out")

    assert browser.post("/sign-out", form.fields, headers).status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 66, "\u00e9"])
def test_a_form_without_the_token_of_its_session_is_refused(house: Pages, token: str) -> None:
    browser = house.reader(*READER)

    assert browser.post("/sign-out", {"csrf": token}).status_code == 403


def test_a_form_of_another_session_is_refused(house: Pages) -> None:
    mine, other = house.reader(*READER), house.reader(*READER)
    form = other.read("/unit-score").form("/sign-out")

    assert mine.post("/sign-out", form.fields).status_code == 403


def test_a_form_that_is_too_large_is_refused(house: Pages) -> None:
    answer = house.visitor().post("/sign-in", {"token": "x" * MAX_BYTES})

    assert answer.status_code == 413


def test_another_kind_of_content_is_refused(house: Pages) -> None:
    browser = house.visitor()
    answer = browser.client.post("/sign-in", json={"token": "x"}, headers=OWN_SITE)

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "raw", [b"a=1&a=2", b"a=%FF", b"\xe4\xb8\xad=1", b"&".join(b"f%d=1" % number for number in range(70))]
)
def test_what_no_form_of_ours_sends_is_malformed(raw: bytes) -> None:
    with pytest.raises(Problem) as caught:
        parse_form(raw)

    assert (caught.value.status, caught.value.code) == (400, "malformed")


def test_line_ends_and_other_scripts_come_through() -> None:
    form = parse_form(b"a=%E4%B8%80%0D%0A%E4%BA%8C&b=+x+&c=")

    assert form.fields == {"a": "一\n二", "b": " x ", "c": ""}
    assert form("absent") == ""


@pytest.mark.parametrize(("name", "value"), [("key", ""), ("key", "not-a-key"), ("version", ""), ("version", "0")])
def test_a_form_that_lost_its_key_or_version_is_not_whole(name: str, value: str) -> None:
    form = parse_form(f"{name}={value}".encode())

    with pytest.raises(Problem):
        getattr(form, name)
