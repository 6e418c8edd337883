"""失信信息公开: what anybody reads of a unit on a page, in both languages, and what leaves no trace."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from projections.public_breaches import public_breaches
from tests.support.browser import Pages, pages
from tests.support.city import City
from tests.support.scene import U1, a_scene

LAST = date(2025, 12, 31)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", ("已认定", "严重", "最迟2028-10-01自动失效", "自2026-10-01起可以申请信用修复", "认为有误怎么办")),
        ("en", ("confirmed", "serious", "on 2028-10-01 at the latest", "apply for repair from 2026-10-01", "object")),
    ],
)  # fmt: skip
def test_a_record_says_what_it_is_when_it_ends_and_how_it_is_mended(
    house: Pages, read_city: City, language: str, said: tuple[str, ...]
) -> None:
    unit = read_city.ledger.uid("subject", "U09")
    page = house.visitor(language=language).read(f"/public/units/{unit}")
    answer = public_breaches(read_city.ledger, str(unit), as_of=LAST, as_known=read_city.ledger.size)

    records = page.all("article", class_="rec")
    assert [record.attributes["id"] for record in records] == [f"r-{one['uid']}" for one in answer["breaches"]]
    assert len(records) == 2
    text = page.text.replace(" ", "")
    for words in said:
        assert words.replace(" ", "") in text, words
    assert all(one["decision_on"] in page.text for one in answer["breaches"])


def test_every_unit_is_reached_from_the_sign_in(house: Pages, read_city: City) -> None:
    visitor = house.visitor()
    links = [link.attributes["href"] for link in visitor.read("/sign-in").all("a")]
    units = [link.attributes["href"] for link in visitor.read("/public/units").all("a")]

    assert "/public/units" in links
    registered = read_city.ledger.by_type("SubjectRegistered", read_city.ledger.size)
    expected = {f"/public/units/{entry.uid}" for entry in registered if entry.data["kind"] == "UNIT"}
    assert {link for link in units if link.startswith("/public/units/")} == expected


def test_a_page_of_nobody_and_of_a_person_is_absent(house: Pages, read_city: City) -> None:
    person = read_city.rows("subjects", kind="PERSON")[0]["uid"]
    for path in (person, "00000000-0000-4000-8000-000000000000", "U09"):
        house.visitor().read(f"/public/units/{path}", status=404)


def test_once_repaired_the_page_says_nothing_of_it(tmp_path: Path) -> None:
    with a_scene(tmp_path) as scene:
        scene.report(subject_id="U1", duty_related=False)
        scene.notify()
        scene.reply(by=U1)
        scene.confirm(publicity=True)
        scene.apply_for_repair(by=U1)
        scene.accept_repair()
        unit = scene.ledger.uid("subject", "U1")
        with pages(scene.ledger) as house:
            before = house.visitor().read(f"/public/units/{unit}")
            scene.approve()
            after = house.visitor().read(f"/public/units/{unit}")
            none = house.visitor().read(f"/public/units/{scene.ledger.uid('subject', 'U2')}")

    assert "2025-03-20" in before.text
    assert "2025-03-20" not in after.text
    assert ["".join(page.first("section", id="records").text.split()) for page in (after, none)] == [
        "现在公开的认定现在没有公开的认定已修复、期满、撤销的和正在复核、申诉的不公开。"
    ] * 2
