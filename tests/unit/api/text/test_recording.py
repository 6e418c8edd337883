"""A file and a check on a terminal say who wrote an act down for its subject, and what was written down too late."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.text.catalogue import Text
from api.text.check import render_check
from api.text.integrity_file import render_file
from api.text.language import Language
from api.text.page import Page
from ledger.line import LineActor
from projections.eligibility import check
from projections.integrity_file import integrity_file
from tests.support.scene import DOCUMENT, Scene, a_scene

FOR_P1: dict[str, Any] = {"by": LineActor("hr-9", "HR", "U2"), "on_behalf_of": "P1", "doc": DOCUMENT}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path / "scene") as made:
        yield made


def shown(render: Callable[[Mapping[str, Any], Page], None], answer: Mapping[str, Any], language: Language) -> str:
    out = io.StringIO()
    render(answer, Page(Text(language), out, width=400))
    return out.getvalue()


def file_of(scene: Scene, viewer: str = "SUBJECT") -> dict[str, Any]:
    known = scene.ledger.size
    return integrity_file(scene.ledger, "P1", as_of=date(2025, 11, 20), as_known=known, viewer=viewer)


@pytest.mark.parametrize(
    ("language", "by"),
    [
        (Language.ZH, "{}由U2（组织人事）代为登记（凭签名原件）"),
        (Language.EN, "recorded on their behalf by U2 (HR) on {}, from the signed paper"),
    ],
)
def test_every_section_names_the_unit_that_wrote_it_down(scene: Scene, language: Language, by: str) -> None:
    scene.promise("2025-02-01", promisor_id="P1", **FOR_P1)
    scene.found()
    scene.appeal(**FOR_P1)
    scene.ask_desk("2025-07-01", **FOR_P1)
    scene.consent(**FOR_P1)
    said = shown(render_file, file_of(scene), language)

    for day in ("2025-02-01", "2025-04-08", "2025-07-01", "2025-09-01"):
        assert said.count(by.format(day)) == 1, day
    of_hr = shown(render_file, file_of(scene, "HR"), language)
    assert not [day for day in ("2025-02-01", "2025-04-08") if by.format(day) in of_hr]


@pytest.mark.parametrize(
    ("language", "late", "later"),
    [
        (Language.ZH, "2025-09-20才记入本账，申辩期已过", "2025-09-01（2025-09-03记入账本）"),
        (Language.EN, "recorded here on 2025-09-20 only", "2025-09-01 (recorded 2025-09-03)"),
    ],
)
def test_a_check_says_what_was_recorded_when_it_was_too_late(
    scene: Scene, language: Language, late: str, later: str
) -> None:
    scene.take_over("2025-04-15")
    scene.consent()
    scene.request_check(recorded="2025-09-03", doc=DOCUMENT)
    scene.notice("2025-09-04", reply_due="2025-09-11", recorded="2025-09-20", doc=DOCUMENT)
    answer = check(scene.ledger, "K1", as_of=date(2025, 11, 20), as_known=scene.ledger.size, viewer="SUBJECT")

    for said in (shown(render_check, answer, language), shown(render_file, file_of(scene), language)):
        assert late in said
        assert later in said
