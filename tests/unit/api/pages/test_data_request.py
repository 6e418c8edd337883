"""个人信息请求 on the person's own page: what is asked, what it is about, what is missing, and that it lands once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser, Pages, pages
from tests.support.html import Form
from tests.support.scene import Scene, a_scene

ADDRESS = "/my-file/data-requests"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A finding about P1, an open report about them, and a finding about nobody else."""
    with a_scene(tmp_path / "scene") as made:
        made.found()
        made.report("2025-04-01", breach_id="B3", occurred_on="2025-03-25")
        yield made


@pytest.fixture
def house(scene: Scene) -> Iterator[Pages]:
    with pages(scene.ledger) as opened:
        yield opened


@pytest.fixture
def person(house: Pages) -> Browser:
    return house.reader("P1", "SUBJECT")


def form_of(browser: Browser) -> Form:
    (form,) = [one for one in browser.read(ADDRESS).forms if one.action == ADDRESS]
    return form


def asked(scene: Scene) -> int:
    return len(scene.ledger.by_type("PersonalDataRequested", scene.ledger.size))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_from_the_file_to_a_request_that_stands_in_it(scene: Scene, house: Pages, language: str) -> None:
    person = house.reader("P1", "SUBJECT", language=language)
    assert f'href="{ADDRESS}"' in person.read("/my-file").source
    breach = scene.ledger.uid("breach", "B1") or ""

    answer = person.send(form_of(person), right="CORRECTION", record=breach, grounds=" 行为日期有误 ")

    assert (answer.status_code, answer.headers["location"]) == (303, "/my-file#data_requests")
    assert scene.newest().data | {"request_id": ""} == {
        "request_id": "", "subject_id": scene.ledger.uid("subject", "P1"), "right": "CORRECTION", "breach_id": "B1",
    }  # fmt: skip
    assert scene.ledger.sections(scene.newest()) == {"grounds": {"grounds": "行为日期有误"}}
    shown = person.read("/my-file").first("section", id="data_requests").text
    assert "行为日期有误" in shown


def test_it_is_about_all_records_unless_one_is_chosen(scene: Scene, person: Browser) -> None:
    person.send(form_of(person), right="ACCESS")

    assert set(scene.newest().data) == {"request_id", "subject_id", "right"}


def test_sent_twice_it_is_one_request(scene: Scene, person: Browser) -> None:
    form = form_of(person)

    answers = [person.send(form, right="ACCESS").status_code for _ in range(2)]

    assert (answers, asked(scene)) == ([303, 303], 1)


@pytest.mark.parametrize(
    ("filled", "field", "said"),
    [
        ({}, "right", "选择请求什么"),
        ({"right": "SILENCE"}, "right", "选择请求什么"),
        ({"right": "DELETION"}, "grounds", "写明具体内容和理由"),
        ({"right": "DELETION", "grounds": "  "}, "grounds", "写明具体内容和理由"),
    ],
    ids=["nothing-chosen", "no-such-right", "no-grounds", "blank-grounds"],
)
def test_what_is_missing_is_said_at_its_field(
    scene: Scene, person: Browser, filled: dict[str, str], field: str, said: str
) -> None:
    form = form_of(person)
    answer = person.send(form, **filled)

    assert (answer.status_code, asked(scene)) == (422, 0)
    assert f'id="{field}-e"' in answer.text
    assert said in answer.text
    assert f'value="{form.fields["key"]}"' in answer.text


def test_it_offers_the_records_of_the_own_file_and_no_report_that_is_kept_back(scene: Scene, person: Browser) -> None:
    page = person.read(ADDRESS).source

    assert (scene.ledger.uid("breach", "B1") or "") in page
    assert (scene.ledger.uid("breach", "B3") or "") not in page


def test_a_record_that_is_not_offered_is_not_named(scene: Scene, person: Browser) -> None:
    person.send(form_of(person), right="ACCESS", record=scene.ledger.uid("breach", "B3") or "")

    assert "breach_id" not in scene.newest().data


@pytest.mark.parametrize(
    ("actor", "role", "unit"), [("unit-head-1", "SUBJECT", "U1"), ("hr-1", "HR", "PERSONNEL"), ("dpo-1", "DPO", None)]
)
def test_nobody_else_has_the_page(house: Pages, actor: str, role: str, unit: str | None) -> None:
    assert house.reader(actor, role, unit).get(ADDRESS).status_code == 404
