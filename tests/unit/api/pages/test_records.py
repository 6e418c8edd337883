"""What a page says of a record: the same rule as the command line, factors by their names, remedies by their routes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from api.pages.records import FACTORS
from api.text.catalogue import Text
from api.text.integrity_file import render_file
from api.text.language import Language
from api.text.page import Page
from projections.integrity_file import integrity_file
from tests.support.browser import Pages, pages
from tests.support.html import Html
from tests.support.scene import Scene, a_scene

DAY = "2025-09-01"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path) as found:
        yield found


@pytest.fixture
def own(scene: Scene) -> Iterator[Pages]:
    with pages(scene.ledger) as house:
        yield house


def by_page(house: Pages, language: str = "zh") -> Html:
    return house.reader("P1", "SUBJECT", language=language).read("/my-file", as_of=DAY)


def by_command_line(scene: Scene, language: str = "zh", subject: str = "P1") -> str:
    on, out = date.fromisoformat(DAY), io.StringIO()
    answer = integrity_file(scene.ledger, subject, as_of=on, as_known=scene.ledger.size, viewer="SUBJECT")
    render_file(answer, Page(Text(Language(language)), out))
    return "".join(out.getvalue().split())


def said(page: Html) -> str:
    return " ".join(page.text.split())


def test_both_say_that_no_repair_is_taken_before_it_expires(scene: Scene, own: Pages) -> None:
    scene.found()
    scene.apply_for_repair()
    scene.accept_repair()
    scene.approve()
    assert "失效前不能再申请修复" not in said(by_page(own))
    scene.revoke("2025-07-10", no_reapply_until="2040-01-01")

    assert "失效前不能再申请修复" in said(by_page(own))
    assert "可以申请信用修复" not in said(by_page(own))
    assert "no repair can be applied for before it expires" in said(by_page(own, "en"))
    assert "失效前不能再申请修复" in by_command_line(scene)


def test_the_six_factors_stand_under_their_names_in_their_order(scene: Scene, own: Pages) -> None:
    scene.report()
    scene.notify()
    scene.reply()
    scene.confirm(factors={name: f"about {name}" for name in sorted(FACTORS)})
    page = said(by_page(own))

    places = [
        page.index(f"{label}：about {name}")
        for label, name in zip(
            ("性质", "情节轻重", "主观过错", "时间远近", "补救情况", "与岗位的关系"), FACTORS, strict=True
        )
    ]
    assert places == sorted(places)
    assert "Bearing on the post: about position_relevance" in said(by_page(own, "en"))


@pytest.mark.parametrize(
    ("route", "filed", "decided"), [("REVIEW", "申请复核", "复核决定"), ("APPEAL", "提出申诉", "申诉决定")]
)
def test_a_remedy_is_called_by_its_route(scene: Scene, own: Pages, route: str, filed: str, decided: str) -> None:
    scene.found()
    scene.appeal(route=route, grounds="理由不足")
    scene.decide_appeal(reasons="查明属实")
    page, line = said(by_page(own)), by_command_line(scene)
    for word in ("复核", "申诉", "异议"):
        assert (f"2025-05-20{word}决定：" in page) is (word == decided[:2])
    papers = page[page.index("告知、申辩与决定的原文") : page.index("给您的通知")]  # and the course below them
    for told in (papers, line):
        assert filed in told
        assert decided in told
        assert "申诉或异议" not in told
        assert "复核申诉决定" not in told


def test_the_file_of_a_unit_that_ended_says_so_and_whose_its_matters_are(scene: Scene, own: Pages) -> None:
    before = integrity_file(scene.ledger, "U1", as_of=date(2025, 5, 1), as_known=scene.ledger.size)
    scene.reorganise("2025-05-01", ["U1"], ["U2"])
    size = scene.ledger.size

    def read(day: date, known: int = size) -> dict[str, object]:
        answer = integrity_file(scene.ledger, "U1", as_of=day, as_known=known)
        return {name: answer[name] for name in ("ended_on", "successor", "successor_uid") if name in answer}

    assert read(date(2025, 4, 30)) == {}
    assert read(date(2025, 5, 1)) == {
        "ended_on": "2025-05-01",
        "successor": "U2",
        "successor_uid": scene.ledger.uid("subject", "U2"),
    }
    assert "ended_on" not in before
    assert "ended_on" not in integrity_file(scene.ledger, "U2", as_of=date(2025, 5, 1), as_known=size)
    assert "自2025-05-01起不再存续，未了事项由U2承继" in by_command_line(scene, subject="U1")
    page = own.reader("head-1", "SUBJECT", "U1").read("/my-file", as_of=DAY)
    assert "2025-05-01起不再存续，未了事项由" in said(page)
