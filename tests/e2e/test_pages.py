"""Every page in both languages on four widths: nothing overflows, nothing bars anybody, nothing is from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from api.pages.addresses import CERTIFICATE
from api.pages.case import CONSIDERATIONS
from ledger.access import Viewer
from ledger.tokens import Tokens
from tests.e2e.reading import LAYOUTS, WIDTHS, Reader
from tests.support.city import City

Open = Callable[[Reader, City], None]


def page(slug: str | None, path: str) -> Open:
    """A page of a role by its address."""

    def opened(reader: Reader, city: City) -> None:
        if slug is not None:
            reader.become(slug)
        reader.go(path)

    return opened


def check(slug: str, **columns: str) -> Open:
    """The report of a check in a state."""

    def opened(reader: Reader, city: City) -> None:
        reader.become(slug)
        reader.go(f"/eligibility/{city.check(**columns)}")

    return opened


def blocked(reader: Reader, city: City) -> None:
    """A check that has only been evaluated: the notice and the decision side by side."""
    reader.become("hr")
    reader.go(f"/eligibility/{city.blocked_check()}")


def with_errors(reader: Reader, city: City) -> None:
    """A decision with things missing, shown again."""
    check("hr", state="RESPONDED")(reader, city)
    reader.page.check("#decision-NOT_ELIGIBLE")
    reader.page.click("#decide button[type=submit]")


def before_submitting(reader: Reader, city: City) -> None:
    """A decision, to be read once more."""
    check("hr", state="RESPONDED")(reader, city)
    reader.page.check("#decision-NOT_ELIGIBLE")
    for name in (*CONSIDERATIONS, "reasons"):
        reader.page.fill(f"#{name}", "核对了履行与修复材料。\n依据第二十六条。")
    reader.page.click("#decide button[type=submit]")


def recorded(reader: Reader, city: City) -> None:
    """What was recorded."""
    blocked(reader, city)
    reader.page.click("#notice button[type=submit]")
    reader.page.click("button[value=submit]")


def of_the_notified(reader: Reader, city: City) -> None:
    """The file of somebody who has a notice to reply to."""
    person, _ = city.person_reading("NOTIFIED")
    secret, _ = Tokens(city.ledger).issue(Viewer(person, "SUBJECT"))
    reader.go("/sign-in")
    reader.page.fill("#token", secret)
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url("**/my-file")


def as_candidate(reader: Reader, city: City) -> str:
    """Signed in as whom a final check is about; the address of its certificate."""
    check, person = city.final_check()
    secret, _ = Tokens(city.ledger).issue(Viewer(person, "SUBJECT"))
    reader.go("/sign-in")
    reader.page.fill("#token", secret)
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url("**/my-file")
    return CERTIFICATE.format(uid=check)


def before_a_certificate(reader: Reader, city: City) -> None:
    """Where a candidate asks for a certificate."""
    reader.go(as_candidate(reader, city))


def with_a_certificate(reader: Reader, city: City) -> None:
    """A certificate with its code, its salt and how it is checked."""
    before_a_certificate(reader, city)
    reader.page.click("main form button[type=submit]")
    reader.page.wait_for_selector(".qr svg")


def a_unit(reader: Reader, city: City) -> None:
    """A unit's score as the auditor reads it."""
    page("auditor", f"/unit-score?unit={city.ledger.uid('subject', 'U12')}")(reader, city)


def a_public_unit(reader: Reader, city: City) -> None:
    """The findings about a unit that anybody may read."""
    page(None, f"/public/units/{city.ledger.uid('subject', 'U09')}")(reader, city)


PAGES: dict[str, Open] = {
    "sign-in": page(None, "/sign-in"),
    "public-units": page(None, "/public/units"),
    "public-unit": a_public_unit,
    "absent": page("hr", "/nothing"),
    "my-file": page("person", "/my-file"),
    "my-file-past": page("person", "/my-file?as_of=2024-04-10"),
    "my-file-wrong": page("person", "/my-file?as_of=yesterday&as_known=soon"),
    "my-file-notified": of_the_notified,
    "data-request": page("person", "/my-file/data-requests"),
    "deadlines-hr": page("hr", "/deadlines"),
    "deadlines-auditor": page("auditor", "/deadlines"),
    "unit-file": page("unit", "/my-file"),
    "unit-score": page("unit-head", "/unit-score"),
    "unit-score-none": page("unit-head", "/unit-score?as_of=2023-01-20"),
    "unit-score-auditor": a_unit,
    "units": page("auditor", "/unit-score"),
    "list": page("hr", "/eligibility"),
    "list-auditor": page("auditor", "/eligibility?state=FINAL"),
    "case-evaluated": blocked,
    "case-responded": check("hr", state="RESPONDED"),
    "case-decided": check("hr", state="DECIDED"),
    "case-disputed": check("auditor", state="DISPUTED"),
    "case-errors": with_errors,
    "case-check": before_submitting,
    "recorded": recorded,
    "certificate": before_a_certificate,
    "certificate-made": with_a_certificate,
}


@pytest.mark.parametrize("reader", ["zh", "en"], indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_its_screen_and_bars_nobody(reader: Reader, city: City, name: str) -> None:
    reader.wide(WIDTHS[0])
    PAGES[name](reader, city)
    for width in WIDTHS:
        reader.wide(width)
        reader.expect_no_sideways_scroll(f"{name} at {width}")
        reader.expect_accessible(f"{name} at {width}", contrast=width in LAYOUTS)
    reader.expect_nothing_amiss()


@pytest.mark.parametrize("reader", ["zh", "en"], indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_used_by_keyboard_and_read_in_its_language(reader: Reader, city: City, name: str) -> None:
    reader.wide(WIDTHS[0])
    PAGES[name](reader, city)
    if reader.run("() => document.documentElement.lang") == "zh-CN":
        reader.expect_chinese_font()
    reader.run("() => document.querySelectorAll('details').forEach(element => { element.open = true; })")
    reader.expect_keyboard_reaches_the_end(name)
    reader.expect_no_sideways_scroll(f"{name} with everything unfolded")
    reader.wide(320)
    reader.expect_no_sideways_scroll(f"{name} with everything unfolded at 320")


@pytest.mark.parametrize("name", ["sign-in", "my-file", "unit-score", "list", "case-responded"])
def test_large_type_fits_too(reader: Reader, city: City, name: str) -> None:
    reader.wide(WIDTHS[0])
    PAGES[name](reader, city)
    before = reader.run("() => parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)")
    reader.page.click("button[name=size]")
    after = reader.run("() => parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)")

    assert after == pytest.approx(before * 1.3)
    for width in WIDTHS:
        reader.wide(width)
        reader.expect_no_sideways_scroll(f"{name} in large type at {width}")
