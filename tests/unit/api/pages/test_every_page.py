"""What holds for every page: its policy, its language, its frame, and that nothing personal stands in an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import pytest
from starlette.routing import Route

from api.pages.addresses import known_address
from api.pages.assets import ASSETS
from api.pages.demo_roles import city_roles
from api.policy import roles_of
from tests.support.browser import Browser, Pages
from tests.support.city import City
from tests.support.html import Html

ELSEWHERE = ("", "/sign-out", "/preferences", "/verifier", "/my-file/evidence-bundle")
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Reader:
    """A role of the demonstration and the pages it has."""

    slug: str
    paths: tuple[str, ...]


READERS = (
    Reader(
        "person",
        ("/deadlines", "/my-file", "/my-file/data-requests", "/my-file?as_of=2024-04-10", "/my-file?as_known=1000"),
    ),
    Reader("unit", ("/my-file", "/unit-score", "/deadlines")),
    Reader("unit-head", ("/unit-score", "/unit-score?as_of=2023-02-01")),
    Reader("hr", ("/deadlines", "/eligibility", "/eligibility?state=FINAL", "CHECKS")),
    Reader("auditor", ("/deadlines", "/eligibility", "/unit-score", "UNIT", "CHECKS")),
)
STATES = ("EVALUATED", "NOTICED", "RESPONDED", "DECIDED", "NOTIFIED", "DISPUTED", "REDETERMINED", "FINAL", "WITHDRAWN")


@pytest.fixture(scope="module")
def readers(house: Pages) -> dict[tuple[str, str], Browser]:
    """Every role signed in, in both languages."""
    signed_in = {}
    for reader in READERS:
        for language in LANGUAGES:
            role = city_roles()[reader.slug].viewer
            signed_in[reader.slug, language] = house.reader(role.actor, role.role, role.unit, language=language)
    return signed_in


def addresses(city: City, reader: Reader) -> Iterator[str]:
    for path in reader.paths:
        if path == "CHECKS":
            yield from (f"/eligibility/{city.check(state=state)}" for state in STATES)
        elif path == "UNIT":
            yield f"/unit-score?unit={city.ledger.uid('subject', 'U12')}"
        else:
            yield path


@pytest.fixture(scope="module")
def every_page(house: Pages, read_city: City, readers: dict[tuple[str, str], Browser]) -> dict[str, Html]:
    """Every page of every role, in both languages, by language, role and address; and those without a sign-in."""
    shown = {}
    for language in LANGUAGES:
        visitor = house.visitor(language=language)
        shown[f"{language} nobody /sign-in"] = visitor.read("/sign-in")
        for unit in ("", *(f"/{read_city.ledger.uid('subject', ref)}" for ref in ("U09", "U02"))):
            shown[f"{language} nobody /public/units{unit}"] = visitor.read(f"/public/units{unit}")
        shown[f"{language} nobody /nothing"] = visitor.read("/nothing", status=404)
        for reader in READERS:
            browser = readers[reader.slug, language]
            for address in addresses(read_city, reader):
                shown[f"{language} {reader.slug} {address}"] = browser.read(address)
    return shown


def test_every_address_of_the_pages_declares_whom_it_serves(house: Pages) -> None:
    paths = [route for route in house.app.routes if isinstance(route, Route)]

    assert len([route for route in paths if roles_of(route.endpoint)]) == len(paths)


def test_every_page_speaks_the_reader_s_language(every_page: dict[str, Html]) -> None:
    for name, page in every_page.items():
        assert page.first("html").attributes["lang"] == ("zh-CN" if name.startswith("zh") else "en"), name


def test_a_page_in_english_marks_what_is_chinese(every_page: dict[str, Html]) -> None:
    """Names, terms and texts of the records stay as they are and say which language they are in."""
    for name, page in every_page.items():
        if name.startswith("en"):
            body = re.sub(r"<title>.*?</title>", "", page.source, flags=re.S)
            body = re.sub(r'<(\w+)[^>]* lang="zh-CN"[^>]*>.*?</\1>', "", body, flags=re.S)
            assert re.findall(r"[\u4e00-\u9fff]+", body) == [], name


def test_a_page_in_chinese_has_no_bare_codes(every_page: dict[str, Html]) -> None:
    for name, page in every_page.items():
        if name.startswith("zh"):
            words = set(re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b", page.text))
            assert words == set(), name


def test_every_page_has_one_heading_a_title_and_a_way_to_its_content(every_page: dict[str, Html]) -> None:
    for name, page in every_page.items():
        assert len(page.all("h1")) == 1, name
        assert page.first("title").text.strip(), name
        assert page.first("a", class_="skip").attributes["href"] == "#main", name
        assert page.all("main", id="main"), name


def test_every_link_within_a_page_leads_somewhere(every_page: dict[str, Html]) -> None:
    for name, page in every_page.items():
        ids = {element.attributes["id"] for element in page.elements if "id" in element.attributes}
        wanted = {link.attributes["href"][1:] for link in page.all("a") if link.attributes["href"].startswith("#")}
        assert wanted - ids == set(), name


def test_no_id_stands_twice(every_page: dict[str, Html]) -> None:
    for name, page in every_page.items():
        ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
        assert len(ids) == len(set(ids)), name


def test_every_link_is_one_of_ours_and_names_nobody(every_page: dict[str, Html], read_city: City) -> None:
    for name, page in every_page.items():
        links = [link.attributes["href"] for link in page.all("a")] + [
            form.action for form in page.forms if form.action
        ]
        for link in links:
            path = link.partition("#")[0]
            known = path in ELSEWHERE or known_address(path) == path or re.fullmatch(r"/v1/ledger/receipts/\d+", path)
            acts = re.fullmatch(r"/eligibility/[0-9a-f-]{36}/(notice|decision|notification)", path)
            assert known or acts, (name, link)
            assert not re.search(r"P\d{3}|K\d{3}|B\d{3}|U\d\d\b|hr-1|%[0-9A-F]{2}", link), (name, link)


def test_every_parameter_of_a_link_is_one_a_reader_may_come_back_to(every_page: dict[str, Html]) -> None:
    for name, page in every_page.items():
        for form in page.forms:
            if form.action == "/preferences":
                back = form.fields["next"]
                assert known_address(back) == back, name


def test_nothing_in_a_page_is_script_or_style(every_page: dict[str, Html]) -> None:
    for name, page in every_page.items():
        assert [element.tag for element in page.elements if element.tag in ("script", "style")] == [], name
        for element in page.elements:
            written = [one for one in element.attributes if one == "style" or one.startswith("on")]
            assert written == [], (name, element.tag)
            assert not any("data:" in value or "javascript:" in value for value in element.attributes.values()), name


def test_every_answer_carries_its_policy_and_is_not_kept(house: Pages) -> None:
    answer = house.visitor().get("/sign-in")

    assert answer.headers["content-security-policy"].startswith("default-src 'self'; script-src 'none'")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_every_page_says_where_the_ledger_stands(every_page: dict[str, Html], read_city: City) -> None:
    head = read_city.ledger.store.head()
    for name, page in every_page.items():
        foot = page.first("footer").text
        assert str(head.size) in foot, name
        assert head.root.hex()[:16] in foot, name
        covered = (
            f"最新检查点至前{head.size}条：已签名，未见证"
            if name.startswith("zh")
            else (f"Its newest checkpoint covers the first {head.size}: signed, not witnessed")
        )
        assert covered in foot, name
        assert ("本页不是证明" if name.startswith("zh") else "This page is no proof") in foot, name


def test_a_page_has_one_banner_where_it_shows_demonstration_values(every_page: dict[str, Html]) -> None:
    for name, page in every_page.items():
        chips = [chip for chip in page.all("span", class_="demo-mark") if chip.text in ("示范值", "demo value")]
        banners = page.all("div", class_="notice--demo")
        assert len(banners) == (1 if chips else len(banners)), name
        assert len(banners) <= 1, name


def test_the_menu_has_pages_of_the_role_only_and_marks_where_one_is(
    house: Pages, readers: dict[tuple[str, str], Browser], read_city: City
) -> None:
    for reader in READERS:
        browser = readers[reader.slug, "zh"]
        for address in addresses(read_city, reader):
            page = browser.read(address)
            menu = [link for link in page.all("a") if "aria-current" in link.attributes]
            assert {link.attributes["aria-current"] for link in menu} <= {"page", "true"}
            assert menu, (reader.slug, address)
        for link in {link.attributes["href"].partition("#")[0] for link in page.all("a")} - {"", "/"}:
            assert browser.get(link).status_code == 200, (reader.slug, link)


def test_reading_changes_nothing(house: Pages, read_city: City, readers: dict[tuple[str, str], Browser]) -> None:
    before = read_city.ledger.store.head()
    for reader in READERS:
        for address in addresses(read_city, reader):
            readers[reader.slug, "zh"].read(address)

    assert read_city.ledger.store.head() == before


def test_what_is_another_role_s_is_absent(readers: dict[tuple[str, str], Browser], read_city: City) -> None:
    check, unit = read_city.check(state="NOTICED"), read_city.ledger.uid("subject", "U13")
    closed = {
        "person": ["/unit-score", "/eligibility", f"/eligibility/{check}"],
        "unit": ["/eligibility", f"/unit-score?unit={unit}"],
        "unit-head": ["/my-file", "/eligibility", f"/unit-score?unit={unit}"],
        "hr": ["/my-file", "/unit-score", f"/unit-score?unit={unit}"],
        "auditor": ["/my-file", "/eligibility/00000000-0000-4000-8000-000000000000", "/eligibility/x"],
    }
    for slug, addresses_ in closed.items():
        for address in addresses_:
            page = readers[slug, "zh"].read(address, status=404)
            assert "not-found" in page.text, (slug, address)


def test_another_unit_s_check_is_absent(house: Pages, read_city: City) -> None:
    elsewhere = house.reader("hr-9", "HR", "U12")
    check = read_city.check(state="NOTICED")

    assert elsewhere.get(f"/eligibility/{check}").status_code == 404
    assert elsewhere.read("/eligibility").all("tbody") == []


@pytest.mark.parametrize("name", ["tokens.css", "frame.css", "parts.css", "narrow.css", "icons.svg", "mark.svg"])
def test_a_static_file_is_kept_for_ever_under_the_name_of_its_digest(house: Pages, name: str) -> None:
    answer = house.visitor().get(ASSETS.url(name))

    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"] in ("text/css; charset=utf-8", "image/svg+xml")
    assert re.fullmatch(r"/static/[a-z]+\.[0-9a-f]{16}\.(css|svg)", ASSETS.url(name))


@pytest.mark.parametrize("path", ["/static/tokens.css", "/static/", "/static/../app.py", "/static/%2e%2e/app.py"])
def test_no_other_file_is_served(house: Pages, path: str) -> None:
    assert house.visitor().get(path).status_code == 404


def test_style_sheets_fetch_nothing() -> None:
    for file in files("api").joinpath("static").iterdir():
        text = file.read_text(encoding="utf-8")
        assert re.findall(r"url\(|@import|https?://(?!www\.w3\.org)", text) == [], file.name


def test_every_icon_that_is_drawn_is_in_the_sprite(every_page: dict[str, Html]) -> None:
    sprite = files("api").joinpath("static", "icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r"#i-([a-z]+)", " ".join(page.source for page in every_page.values())))

    assert drawn - set(re.findall(r'id="i-([a-z]+)"', sprite)) == set()
