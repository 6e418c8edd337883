"""核查证书 on the candidate's own page: issued once for each form, carried away as text, file and QR code."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
import segno
from markupsafe import Markup

from api.pages.qr import qr_code, qr_image
from ledger.errors import Unavailable
from tests.support.browser import Browser, Pages
from tests.support.certificates import Holds, by_ledger, by_script, same
from tests.support.city import City
from tests.support.html import Html
from tests.support.qr import cells_of, read_qr


def of_candidate(city: City, state: str) -> tuple[str, str]:
    """A check in a state, and the caller's id of whom it is about."""
    check = city.check(state=state)
    first = city.ledger.stream(f"check/{check}", city.ledger.size)[0].data
    return check, city.ledger.caller_id(first["subject_id"])


@pytest.fixture
def served(city: City) -> tuple[str, str]:
    return city.final_check()


@pytest.fixture
def candidate(own_house: Pages, served: tuple[str, str]) -> Browser:
    return own_house.reader(served[1], "SUBJECT")


def address(check: str) -> str:
    return f"/my-file/checks/{check}/certificate"


def issued_of(city: City) -> int:
    return len(city.ledger.by_type("CertificateIssued", city.ledger.size))


def made(page: Html) -> tuple[str, str]:
    """The certificate and the salt that a page shows."""
    return page.first("p", id="certificate").text.strip(), page.first("p", id="salt").text.strip()


def drawn(page: Html) -> list[list[bool]]:
    """The dark modules of the code on a page."""
    (svg,) = re.findall(r"<svg viewBox.*?</svg>", page.source, re.DOTALL)
    return cells_of(svg)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_from_the_file_to_a_certificate_that_holds(
    own_house: Pages, city: City, served: tuple[str, str], language: str
) -> None:
    check, person = served
    browser = own_house.reader(person, "SUBJECT", language=language)
    assert address(check) in {link.attributes["href"] for link in browser.read("/my-file").all("a")}
    size = city.ledger.size
    form = browser.read(address(check)).form(address(check))
    assert city.ledger.size == size  # to read is a look, not an entry
    answer = browser.send(form)
    assert answer.status_code == 200, Html(answer.text).text[-800:]
    assert answer.headers["cache-control"] == "no-store"
    page = Html(answer.text)
    text, salt = made(page)

    ledger = city.ledger
    subject = ledger.stream(f"check/{check}", ledger.size)[0].data["subject_id"]
    number = str(ledger.identity(ledger.relations().survivor(subject))["id_number"])
    keys = tuple(key.text for key in ledger.publisher.keyring().certificate_keys(ledger.size))
    holds = Holds(keys, None, None, (number, bytes.fromhex(salt)), None)
    holds = replace(holds, today=city.now.date())
    report = by_ledger(text.encode(), holds)
    assert report["findings"] == []
    assert same(report, by_script(text.encode(), holds))
    assert all(key in page.text for key in keys)
    for way in ("integrity verify", "verify_export.py", "/verifier", "/v1/status-lists/1"):
        assert way in page.source
    assert ("二维码" in page.text) is (language == "zh")
    assert ("QR code" in page.text) is (language == "en")


def test_the_code_on_the_page_holds_the_certificate_letter_for_letter(
    candidate: Browser, served: tuple[str, str]
) -> None:
    page = Html(candidate.send(candidate.read(address(served[0])).form(address(served[0]))).text)
    text, salt = made(page)
    modules = drawn(page)

    assert read_qr(modules) == text
    own = segno.make_qr(text.encode(), error="m", mode="byte")
    assert modules == [[bool(module) for module in row] for row in own.matrix_iter(border=4)]
    image = page.first("div", class_="qr")
    assert image.attributes["role"] == "img"
    assert "证书全文" in image.attributes["aria-label"]
    assert salt not in page.first("div", class_="qr").text


def test_the_same_form_is_one_certificate_and_the_file_is_its_bytes(
    candidate: Browser, city: City, served: tuple[str, str]
) -> None:
    form = candidate.read(address(served[0])).form(address(served[0]))
    first = Html(candidate.send(form).text)
    size = city.ledger.size
    again = Html(candidate.send(form).text)
    file = candidate.send(first.form(address(served[0])), "file")

    assert made(again) == made(first)
    assert (file.status_code, file.text) == (200, made(first)[0] + "\n")
    assert file.headers["content-type"] == "application/jose"
    assert re.fullmatch(r'attachment; filename="[0-9a-f]{8}\.certificate\.jws"', file.headers["content-disposition"])
    assert file.headers["cache-control"] == "no-store"
    assert (city.ledger.size, issued_of(city)) == (size, 1)


def test_each_of_them_is_one_look(candidate: Browser, city: City, served: tuple[str, str]) -> None:
    subject = city.ledger.stream(f"check/{served[0]}", city.ledger.size)[0].data["subject_id"]
    counts = [len(city.ledger.access.looks_at(subject))]
    form = candidate.read(address(served[0])).form(address(served[0]))
    counts.append(len(city.ledger.access.looks_at(subject)))
    for step in ("", "", "file"):
        candidate.post(form.action, form.fields | {"step": step})
        counts.append(len(city.ledger.access.looks_at(subject)))

    assert [later - earlier for earlier, later in pairwise(counts)] == [1] * 4


def test_another_form_is_another_certificate(candidate: Browser, city: City, served: tuple[str, str]) -> None:
    pages = [Html(candidate.send(candidate.read(address(served[0])).form(address(served[0]))).text) for _ in range(2)]

    assert made(pages[0]) != made(pages[1])
    assert issued_of(city) == 2


@pytest.mark.parametrize("state", ["EVALUATED", "NOTICED", "DECIDED", "DISPUTED", "WITHDRAWN"])
def test_before_the_result_was_served_there_is_no_form(own_house: Pages, city: City, state: str) -> None:
    check, person = of_candidate(city, state)
    browser = own_house.reader(person, "SUBJECT")
    page = browser.read(address(check))

    assert "不能签发" in page.text
    assert not [form for form in page.forms if form.action == address(check)]
    assert address(check) not in {link.attributes["href"] for link in browser.read("/my-file").all("a")}


def test_of_an_edition_that_is_in_force_no_more_there_is_no_form(own_house: Pages, city: City) -> None:
    check, person = city.final_check(of_now=False)
    browser = own_house.reader(person, "SUBJECT")
    page = browser.read(address(check))

    assert "现行的规则版本" in page.text
    assert not [form for form in page.forms if form.action == address(check)]
    assert address(check) not in {link.attributes["href"] for link in browser.read("/my-file").all("a")}


def test_a_refusal_is_said_and_leaves_its_trace(own_house: Pages, city: City, served: tuple[str, str]) -> None:
    check, person = of_candidate(city, "DISPUTED")
    browser = own_house.reader(person, "SUBJECT")
    form = own_house.reader(served[1], "SUBJECT").read(address(served[0])).form(address(served[0]))
    before = len(city.ledger.access.refusals())
    token = browser.read(address(check)).form("/sign-out").fields["csrf"]
    answer = browser.post(address(check), {"csrf": token, "key": form.fields["key"]})

    assert answer.status_code == 422
    page = Html(answer.text)
    assert page.first("title").text.startswith("有误：")
    assert page.first("div", class_="errors").attributes["role"] == "alert"
    assert city.ledger.access.refusals()[before].data["code"] == "wrong-state"
    assert issued_of(city) == 0


@pytest.mark.parametrize("spoilt", ["csrf", "key", "origin"])
def test_a_form_that_is_not_the_sessions_own_issues_nothing(
    candidate: Browser, city: City, served: tuple[str, str], spoilt: str
) -> None:
    form = candidate.read(address(served[0])).form(address(served[0]))
    if spoilt == "origin":
        answer = candidate.post(form.action, dict(form.fields), {"Origin": "https://elsewhere", "Sec-Fetch-Site": "x"})
    else:
        answer = candidate.send(form, **{spoilt: "0"})

    assert answer.status_code == (400 if spoilt == "key" else 403)
    assert issued_of(city) == 0


def test_for_everybody_else_the_page_is_not_there(own_house: Pages, city: City, served: tuple[str, str]) -> None:
    check, person = served
    other = next(
        name
        for name in (of_candidate(city, state)[1] for state in ("EVALUATED", "NOTICED", "DECIDED"))
        if name != person
    )
    for reader in (("hr-1", "HR", "PERSONNEL"), (other, "SUBJECT", None), ("auditor-1", "AUDITOR", None)):
        browser = own_house.reader(*reader)
        assert browser.get(address(check)).status_code == 404, reader
        token = browser.read("/deadlines").form("/sign-out").fields["csrf"]
        answer = browser.post(address(check), {"csrf": token, "key": "0" * 32})
        assert answer.status_code == 404, reader
    assert issued_of(city) == 0
    assert own_house.visitor().get(address(check)).status_code in (303, 401)


def test_while_the_store_is_away_nothing_is_said_to_be_issued(
    candidate: Browser, city: City, served: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    form = candidate.read(address(served[0])).form(address(served[0]))

    def away(*_: object) -> None:
        raise Unavailable("away", code="store-unavailable")

    monkeypatch.setattr(city.ledger, "follow_up", away)
    assert candidate.send(form).status_code == 503
    monkeypatch.undo()

    assert candidate.send(form).status_code == 200  # the same form, once it is back
    assert issued_of(city) == 1


# The code itself.


@pytest.mark.parametrize("length", [1, 100, 1021, 2331, 2332, 2953])
def test_a_code_holds_what_it_was_given(length: int) -> None:
    text = ("eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoi-_." * 100)[:length]
    code = qr_code(text)
    assert code is not None

    assert read_qr([[bool(module) for module in row] for row in code.matrix_iter(border=4)]) == text


def test_what_no_code_can_hold_has_none() -> None:
    assert qr_code("x" * 2954) is None
    assert qr_image("x" * 2954, Markup("too long")) is None
