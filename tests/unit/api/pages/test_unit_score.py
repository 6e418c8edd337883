"""单位评分: the figure, its lines, its way through the year, and what a unit may not be shown."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from api.pages.chart import HEIGHT, NARROW, WIDE, chart_of
from api.pages.trend import MOST_QUESTIONS, Trend, trend_of
from projections.unit_score import unit_score
from tests.support.browser import Pages, pages
from tests.support.city import City
from tests.support.html import Html
from tests.support.scene import U1, Scene, a_scene

LAST = date(2025, 12, 31)


def uid_of(city: City, unit: str) -> str:
    found = city.ledger.uid("subject", unit)
    assert found is not None
    return found


def trend(city: City, unit: str = "U12", viewer: str = "AUDITOR") -> Trend:
    return trend_of(city.ledger, uid_of(city, unit), on=LAST, size=city.ledger.size, viewer=viewer)


@pytest.fixture
def page(house: Pages) -> Html:
    return house.reader("head-U12", "UNIT_HEAD", "U12").read("/unit-score")


def test_the_figure_is_that_of_the_interface(page: Html, read_city: City) -> None:
    answer = unit_score(read_city.ledger, "U12", as_of=LAST, as_known=read_city.ledger.size, viewer="UNIT_HEAD")

    assert page.first("p", class_="fig").text.startswith(answer["value"])
    assert "示范值" in page.first("p", class_="fig").text


def test_the_lines_sum_to_the_figure(page: Html) -> None:
    values = [Decimal(value.text.replace("−", "-")) for value in page.all("span", class_="tree__v")]

    assert sum(values[1:]) == values[0]
    assert "= 75.11" in page.first("p", class_="tree__sum").text


def test_what_officials_contributed_is_one_line_without_entries(page: Html, read_city: City) -> None:
    whole = unit_score(read_city.ledger, "U12", as_of=LAST, as_known=read_city.ledger.size)
    of_officials = {index for line in whole["lines"] if line["clause"] == "R-U5" for index in line["events"]}
    named = {int(row.attributes["id"][1:]) for row in page.all("tr") if row.attributes.get("id", "").startswith("e")}

    assert of_officials
    assert named & of_officials == set()
    assert "不向单位显示" in page.text
    assert "工作人员" not in page.first("section", id="records").text


def test_the_auditor_sees_the_entries_of_officials(house: Pages, read_city: City) -> None:
    page = house.reader("auditor-1", "AUDITOR").read("/unit-score", unit=uid_of(read_city, "U12"))
    whole = unit_score(read_city.ledger, "U12", as_of=LAST, as_known=read_city.ledger.size)
    of_officials = {index for line in whole["lines"] if line["clause"] == "R-U5" for index in line["events"]}

    assert all(f"#{index}" in page.text for index in of_officials)
    assert not page.all("div", class_="task")


def test_the_auditor_chooses_a_unit(house: Pages, read_city: City) -> None:
    page = house.reader("auditor-1", "AUDITOR").read("/unit-score")
    links = [link.attributes["href"] for link in page.all("a") if "unit=" in link.attributes["href"]]

    assert len(links) == 30
    assert f"/unit-score?unit={uid_of(read_city, 'U12')}" in links


@pytest.mark.parametrize("unit", ["U03", "U12", "PERSONNEL", "U20"])
def test_the_trend_finds_every_day_on_which_the_score_changed(read_city: City, unit: str) -> None:
    """Asked for at some days only, it finds what asking for every day would."""
    ledger, size = read_city.ledger, read_city.ledger.size
    uid = uid_of(read_city, unit)
    days = [date(2024, 12, 31) + timedelta(days=number) for number in range(366)]
    values = [unit_score(ledger, uid, as_of=day, as_known=size)["value"] for day in days]
    changed = [
        (day.isoformat(), value)
        for day, value, before in zip(days, values, [None, *values], strict=False)
        if value is not None and value != before
    ]
    found = [
        (point.on.isoformat(), point.value)
        for point in trend(read_city, unit).points
        if point.difference is None or Decimal(point.difference) != 0
    ]

    assert found == changed


def test_a_step_says_which_lines_moved_it_and_they_make_up_the_difference(read_city: City) -> None:
    for point in trend(read_city).points[1:]:
        assert point.difference is not None
        assert sum(Decimal(change.difference) for change in point.changes) == Decimal(point.difference)
        assert point.changes


def test_the_number_of_questions_is_bounded(read_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    from api.pages import trend as module

    asked = 0

    def counting(*args: object, **options: object) -> dict[str, object]:
        nonlocal asked
        asked += 1
        value = f"{asked % 7}.00"  # every answer differs from the one before it
        return {"value": value, "lines": [{"clause": "x", "label": "x", "value": value, "events": []}]}

    monkeypatch.setattr(module, "unit_score", counting)
    trend(read_city)

    assert asked <= MOST_QUESTIONS + 10


def test_before_the_first_assessment_there_is_no_score_and_no_line(house: Pages) -> None:
    page = house.reader("head-U12", "UNIT_HEAD", "U12").read("/unit-score", as_of="2023-01-20")

    assert "还没有已通报的考核" in page.text
    assert not page.all("span", class_="tree__v")
    assert not page.all("svg", class_="chart")


def test_without_an_edition_there_are_states_and_no_figures(house: Pages) -> None:
    page = house.reader("head-U12", "UNIT_HEAD", "U12").read("/unit-score", as_known="25")

    assert "当时还没有启用的规则" in page.text
    assert not page.all("svg", class_="chart")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_chart_is_drawn_within_its_width(read_city: City, width: int) -> None:
    chart = chart_of(trend(read_city), width)
    assert chart is not None
    places = [(float(marker.x), float(marker.y)) for marker in chart.markers]

    assert all(10 <= x <= width - 10 and 0 < y < HEIGHT for x, y in places)
    assert all(float(marker.label_x) <= width for marker in chart.markers)
    for place, (x, y) in enumerate(places):
        for other_x, other_y in places[place + 1 :]:
            assert abs(x - other_x) >= 20 or abs(y - other_y) >= 20
    assert re.fullmatch(r"M[\d. ]+(H[\d.]+V[\d.]+)*H[\d.]+", chart.path)


def test_a_trend_of_one_value_is_a_level_line(read_city: City) -> None:
    only = trend(read_city)
    level = Trend(only.first, only.last, only.points[:1])
    chart = chart_of(level, WIDE)

    assert chart is not None
    assert re.fullmatch(r"M[\d.]+ [\d.]+H[\d.]+", chart.path)
    assert chart_of(Trend(only.first, only.last, ()), WIDE) is None


def test_the_chart_says_in_words_what_it_draws_and_the_table_repeats_it(page: Html, read_city: City) -> None:
    label = page.first("svg", class_="chart").attributes["aria-label"]
    points = trend(read_city, viewer="UNIT_HEAD").points
    rows = [" ".join(row.text.split()) for row in page.all("tr")]

    for point in points:
        assert f"{point.on} {point.value}" in label
        assert any(point.on.isoformat() in row and point.value in row for row in rows)


def test_commitments_that_are_due_come_before_the_closed_ones(page: Html) -> None:
    said = page.first("section", id="commitments").text

    assert said.index("已逾期，未办结") < said.index("已办结的承诺")
    assert "现在办结，按逾期履约" in said


def a_repaired_finding(scene: Scene) -> set[int]:
    """U1 was found in breach on 2025-05-20, its finding repaired on 2025-09-10; the entries of the case."""
    scene.adopt_scheme()
    scene.score()
    scene.publish()
    scene.report("2025-04-22", subject_id="U1", occurred_on="2025-04-20", duty_related=False)
    scene.notify("2025-04-23", reply_due="2025-05-12")
    scene.reply("2025-05-06", by=U1)
    scene.confirm("2025-05-20", publicity=True)
    scene.apply_for_repair("2025-09-01", by=U1, performed_on="2025-06-01")
    scene.accept_repair("2025-09-02")
    scene.approve("2025-09-10")
    scene.on_day("2025-10-01")
    kinds = {f"{kind}/{scene.ledger.uid(kind, ref)}" for kind, ref in (("breach", "B1"), ("repair", "R1"))}
    return {entry.index for entry in scene.ledger.logged() if entry.stream in kinds or "B1" in entry.data.values()}


def test_a_finding_that_was_repaired_is_named_in_no_line_and_on_no_day_of_the_year(tmp_path: Path) -> None:
    """projections/README D24: the values stay what they were, and the lines sum to them."""
    with a_scene(tmp_path) as scene:
        entries = a_repaired_finding(scene)
        unit, size = str(scene.ledger.uid("subject", "U1")), scene.ledger.size
        on = date(2025, 10, 1)
        of_head, of_unit = (
            trend_of(scene.ledger, unit, on=on, size=size, viewer=viewer) for viewer in ("UNIT_HEAD", "SUBJECT")
        )
        with pages(scene.ledger) as house:
            page = house.reader("head-1", "UNIT_HEAD", "U1").read("/unit-score")

    assert [point.value for point in of_head.points] == [point.value for point in of_unit.points]
    moved = [point for point in of_head.points if any(change.clause == "R-U4" for change in point.changes)]
    assert [str(point.on) for point in moved] == ["2025-05-20", "2025-08-20", "2025-09-10"]
    assert [point.withheld for point in moved] == [True, False, True]  # between them it weighed less by its day
    assert entries.isdisjoint(index for point in of_head.points for index in point.entries)
    assert not entries.isdisjoint(index for point in of_unit.points for index in point.entries)
    named = {int(row.attributes["id"][1:]) for row in page.all("tr") if row.attributes.get("id", "").startswith("e")}
    values = [Decimal(value.text.replace("−", "-")) for value in page.all("span", class_="tree__v")]
    assert named.isdisjoint(entries)
    assert "B1" not in page.text
    assert all(values)  # no line at 0.00 says that there is something
    assert sum(values[1:]) == values[0]
