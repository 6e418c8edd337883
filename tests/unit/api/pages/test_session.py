"""The session of a page: what its cookie is, how long it lives, and that its end is an end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.pages import session
from ledger.access import Viewer
from ledger.application import Ledger
from tests.support.browser import Browser, Pages, pages
from tests.support.city import City
from tests.support.html import Html

READER = ("auditor-1", "AUDITOR")


def is_in(browser: Browser) -> bool:
    """Whether a page is answered; a reader without a session is sent to sign in."""
    answer = browser.get("/unit-score")
    assert answer.status_code in (200, 303)
    return answer.status_code == 200


def signed_in(house: Pages) -> Browser:
    return house.reader(*READER)


def test_the_cookie_is_bound_to_this_host_and_out_of_reach_of_scripts(house: Pages) -> None:
    secret, _ = house.tokens.issue(Viewer(*READER))
    answer = house.visitor().sign_in(secret)
    name, *attributes = [part.strip() for part in answer.headers["set-cookie"].split(";")]

    assert name.startswith("__Host-session=")
    assert {part.lower() for part in attributes} == {"secure", "httponly", "samesite=strict", "path=/"}
    assert answer.headers["location"] == "/unit-score"


def test_a_session_is_another_credential_than_the_token_and_ends_with_it(house: Pages) -> None:
    secret, token = house.tokens.issue(Viewer(*READER))
    browser = house.visitor()
    browser.sign_in(secret)

    assert secret not in (browser.session or "")
    assert is_in(browser)
    house.tokens.revoke(token.id)
    assert not is_in(browser)


def test_a_session_signs_nobody_in_again(house: Pages) -> None:
    secret, _ = house.tokens.issue(Viewer(*READER), session_hours=1)
    browser = house.visitor()

    assert browser.sign_in(secret).status_code == 422
    assert not is_in(browser)


def test_sign_out_ends_the_session_for_whoever_kept_the_cookie(house: Pages) -> None:
    browser = signed_in(house)
    thief = house.visitor().take(browser.session or "")
    assert is_in(thief)
    answer = browser.send(browser.read("/unit-score").form("/sign-out"))

    assert answer.headers["location"] == "/sign-in"
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert not is_in(browser)
    assert not is_in(thief)


def test_a_session_that_stands_still_ends(own_house: Pages, city: City) -> None:
    browser = signed_in(own_house)
    city.pass_time(minutes=29)
    assert is_in(browser)
    city.pass_time(minutes=31)

    assert not is_in(browser)


def test_a_session_in_use_lasts_its_hours_and_no_longer(own_house: Pages, city: City) -> None:
    browser = signed_in(own_house)
    for _ in range(35):
        city.pass_time(minutes=20)
        assert is_in(browser)
    city.pass_time(minutes=25)

    assert not is_in(browser)


def test_an_old_cookie_is_not_made_young_by_a_younger_one(own_house: Pages, city: City) -> None:
    browser = signed_in(own_house)
    old = browser.session or ""
    city.pass_time(minutes=20)
    assert is_in(browser)
    assert browser.session != old
    city.pass_time(minutes=20)

    assert is_in(own_house.visitor().take(browser.session or ""))
    assert not is_in(own_house.visitor().take(old))


def test_the_cookie_is_written_anew_only_after_a_while(own_house: Pages, city: City) -> None:
    browser = signed_in(own_house)
    before = browser.session
    assert is_in(browser)
    assert browser.session == before
    city.pass_time(seconds=session.RENEW_SECONDS + 1)
    assert is_in(browser)

    assert browser.session != before


def test_every_process_knows_how_long_a_session_stood_still(own_house: Pages, city: City) -> None:
    browser = signed_in(own_house)
    other = Ledger.open(city.ledger.store.url, clock=city.clock)
    try:
        with pages(other) as another_process:
            elsewhere = another_process.visitor().take(browser.session or "")
            assert is_in(elsewhere)
            city.pass_time(minutes=31)
            assert not is_in(elsewhere)
    finally:
        other.close()


@pytest.mark.parametrize("forge", ["later", "earlier", "seal", "secret", "nothing", "not ascii", "two dots"])
def test_a_cookie_that_was_written_elsewhere_opens_nothing(house: Pages, forge: str) -> None:
    browser = signed_in(house)
    secret, seen, seal = (browser.session or "").split(".")
    forged = {
        "later": f"{secret}.{int(seen) + 60}.{seal}",
        "earlier": f"{secret}.{int(seen) - 60}.{seal}",
        "seal": f"{secret}.{seen}.{'0' * len(seal)}",
        "secret": f"ilt_x.{seen}.{seal}",
        "nothing": "",
        "not ascii": f"{secret}.\u0661.{seal}".encode().decode("latin-1"),
        "two dots": "..",
    }[forge]
    answer = house.visitor().client.get(
        "/unit-score", headers={b"cookie": f"{session.COOKIE}={forged}".encode("latin-1")}
    )

    assert answer.status_code == 303


def test_a_session_is_for_pages_only(house: Pages) -> None:
    browser = signed_in(house)

    assert browser.client.get("/v1/subjects").status_code == 401


def test_a_wrong_token_is_said_at_its_field_and_not_repeated(house: Pages) -> None:
    browser = house.visitor()
    answer = browser.sign_in("ilt_whatever-this-is")
    page = Html(answer.text)

    assert answer.status_code == 422
    assert page.first("title").text.startswith("有误：")
    assert page.first("input", name="token").attributes["aria-invalid"] == "true"
    assert "#token" in [link.attributes["href"] for link in page.all("a")]
    assert "whatever" not in answer.text
    assert browser.session is None


def test_an_expired_token_opens_no_session(own_house: Pages, city: City) -> None:
    secret, _ = own_house.tokens.issue(Viewer(*READER), days=1)
    city.now += timedelta(days=2)

    assert own_house.visitor().sign_in(secret).status_code == 422


@pytest.mark.parametrize(
    ("asked", "sent_to"),
    [
        ("/unit-score?as_of=2025-06-30", "/unit-score?as_of=2025-06-30"),
        ("/unit-score?as_of=2025-06-30&name=x", "/unit-score?as_of=2025-06-30"),
        ("https://elsewhere.example/", "/unit-score"),
        ("//elsewhere.example/my-file", "/unit-score"),
        ("/\\elsewhere.example", "/unit-score"),
        ("/v1/subjects", "/unit-score"),
        ("javascript:alert(1)", "/unit-score"),
        ("/my-file\r\nSet-Cookie: a=b", "/unit-score"),
        ("", "/unit-score"),
    ],
)
def test_a_sign_in_leads_to_a_page_of_ours_and_nowhere_else(house: Pages, asked: str, sent_to: str) -> None:
    secret, _ = house.tokens.issue(Viewer(*READER))

    assert house.visitor().sign_in(secret, next=asked).headers["location"] == sent_to


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(house: Pages) -> None:
    browser = house.visitor()
    answer = browser.get("/unit-score", as_of="2025-06-30")
    form = browser.read(answer.headers["location"]).form("/sign-in")
    secret, _ = house.tokens.issue(Viewer(*READER))

    assert browser.send(form, token=secret).headers["location"] == "/unit-score?as_of=2025-06-30"


def test_a_role_without_pages_is_told_so(house: Pages) -> None:
    browser = house.reader("expert-1", "EXPERT")

    assert "专家" in browser.read("/").text
    assert browser.get("/my-file").status_code == 404
