"""The own file says which unit wrote something down for its reader, and when it was written down too late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.line import LineActor
from tests.support.browser import Pages, pages
from tests.support.html import Html
from tests.support.scene import DOCUMENT, Scene, a_scene

FOR_P1: dict[str, Any] = {"by": LineActor("hr-9", "HR", "U2"), "on_behalf_of": "P1", "doc": DOCUMENT}
BY_UNIT = {
    "zh": "2025-09-01由示范U2（组织人事）代为登记（凭签名原件）",
    "en": "recorded for you by 示范U2 (HR) on 2025-09-01, from the signed paper",
}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path / "scene") as made:
        yield made


@pytest.fixture
def house(scene: Scene) -> Iterator[Pages]:
    with pages(scene.ledger) as opened:
        yield opened


def said(page: Html, section: str) -> str:
    return " ".join(page.first("section", id=section).text.split())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_consent_that_a_clerk_recorded_says_so_wherever_it_stands(scene: Scene, house: Pages, language: str) -> None:
    scene.consent(**FOR_P1)
    page = house.reader("P1", "SUBJECT", language=language).read("/my-file")

    for section in ("notices", "consents", "course"):
        assert BY_UNIT[language] in said(page, section), section


def test_what_was_said_by_the_reader_says_nothing_of_the_kind(scene: Scene, house: Pages) -> None:
    scene.found()
    scene.consent()

    assert "代为登记" not in house.reader("P1", "SUBJECT").read("/my-file").text


def test_a_record_names_each_act_that_was_recorded_for_its_subject(scene: Scene, house: Pages) -> None:
    scene.report()
    scene.notify()
    scene.reply(**FOR_P1)
    scene.confirm()
    scene.apply_for_repair(**FOR_P1)
    scene.ask_desk("2025-07-01", **FOR_P1)
    page = house.reader("P1", "SUBJECT").read("/my-file")

    record, requests = said(page, "records"), said(page, "data_requests")
    assert [record.count(f"{day}由示范U2") for day in ("2025-03-03", "2025-06-20")] == [1, 1]
    assert "2025-07-01由示范U2" in requests


@pytest.mark.parametrize(
    ("language", "late", "later"),
    [
        ("zh", "告知书2025-09-20才记入本账，申辩期已过", "2025-09-03记入账本"),
        ("en", "recorded here on 2025-09-20 only", "recorded 2025-09-03"),
    ],
)
def test_a_check_says_what_was_recorded_when_it_was_too_late(
    scene: Scene, house: Pages, language: str, late: str, later: str
) -> None:
    scene.take_over("2025-04-15")
    scene.consent()
    scene.request_check(recorded="2025-09-03", doc=DOCUMENT)
    scene.notice("2025-09-04", reply_due="2025-09-11", recorded="2025-09-20", doc=DOCUMENT)
    checks = said(house.reader("P1", "SUBJECT", language=language).read("/my-file"), "checks")

    assert late in checks
    assert later in checks


def test_a_check_in_time_says_neither(scene: Scene, house: Pages) -> None:
    scene.blocked_check()
    scene.notice()

    assert "记入" not in said(house.reader("P1", "SUBJECT").read("/my-file"), "checks")
