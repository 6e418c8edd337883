"""Errors as pages: the same code as the interface's, in the reader's language, with a way on."""

from __future__ import annotations

import pytest

from api.pages import my_file
from api.problems import CODE_OF_STATUS
from ledger.errors import LedgerError, NotFound, Refused, Unavailable, VerificationError
from tests.support.browser import Pages, pages
from tests.support.html import Html

PERSON = ("P001", "SUBJECT")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("x", code="unknown-subject"), 404),
        (Refused("x", code="no-access-log"), 422),
        (Unavailable("x", code="store-busy"), 503),
        (VerificationError("x", code="store-damaged"), 500),
        (ValueError("x"), 500),
    ],
)
def test_whatever_ends_a_page_badly_is_a_page(
    house: Pages, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, language: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    browser = house.reader(*PERSON, language=language)
    monkeypatch.setattr(my_file, "_shown", fail)
    page = browser.read("/my-file", status=status)
    code = error.code if isinstance(error, LedgerError) else "unexpected"

    assert code in page.text
    assert page.first("html").attributes["lang"] == ("zh-CN" if language == "zh" else "en")
    assert page.all("a", class_="btn")
    assert ("追踪号" if language == "zh" else "Trace") in page.text


def test_a_page_that_is_unavailable_says_when_to_come_back(house: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("x", code="queue-full")

    browser = house.reader(*PERSON)
    monkeypatch.setattr(my_file, "_shown", fail)

    assert browser.get("/my-file").headers["retry-after"]


def test_whoever_asks_for_no_page_gets_the_problem_document(house: Pages) -> None:
    visitor = house.visitor()
    for path, headers in (("/nothing", {"Accept": "application/json"}), ("/v1/nothing", {"Accept": "text/html"})):
        answer = visitor.client.get(path, headers=headers)

        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "not-found"


def test_a_page_and_the_interface_name_one_code(house: Pages) -> None:
    visitor = house.visitor()
    of_page = Html(visitor.get("/nothing").text).text
    of_interface = visitor.client.get("/nothing", headers={"Accept": "application/json"}).json()

    assert of_interface["code"] in of_page


def test_a_method_that_an_address_does_not_take_is_a_page(house: Pages) -> None:
    page = house.visitor().read("/sign-out", status=405)

    assert CODE_OF_STATUS[405] in page.text


def test_a_page_too_many_is_said_in_words(house: Pages) -> None:
    with pages(house.ledger, rate_limit="2/minute") as strict:
        visitor = strict.visitor()
        answers = [visitor.get("/sign-in") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "请稍等" in Html(answers[-1].text).first("h1").text


def test_what_was_asked_is_not_repeated(house: Pages) -> None:
    answer = house.visitor().get("/nothing/P001-11010519491231002X", name="某人")

    assert answer.status_code == 404
    assert "11010519491231002X" not in answer.text
    assert "某人" not in answer.text


def test_who_is_signed_in_keeps_their_menu_on_an_address_that_is_not_there(house: Pages) -> None:
    page = house.reader(*PERSON).read("/nothing", status=404)

    assert page.all("nav", class_="menu")
    assert page.form("/sign-out").fields["csrf"]
