"""A ranking whose units come from the list of subjects is the one that is folded from the log alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ledger import entries
from ledger.application import Ledger
from ledger.mapper import logged
from ledger.reading import Logged
from ledger.storage.events import EntryRow
from projections import ranked_units, views
from projections.ranked_units import moved_by, units_by
from projections.ranking import ranking
from projections.runner import advance, catch_up
from tests.support.city import City, a_city
from tests.support.http import BOTH, LINES, MORE, database, opened
from tests.support.scene import Scene, a_scene


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with a_city(tmp_path_factory.mktemp("city")) as made:
        yield made


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """U1 is published, U2 scored and no more."""
    with a_scene(tmp_path / "scene") as made:
        made.adopt_scheme()
        made.score()
        made.score(assessment_id="A2", unit_id="U2")
        made.publish()
        yield made


def of_list(ledger: Ledger, on: date, size: int) -> dict[str, Any]:
    return ranking(ledger, as_of=on, as_known=size, units=units_by(ledger, on, size))


def same(ledger: Ledger, days: list[date], sizes: list[int]) -> int:
    """Compare both ways on these days, as known at these sizes; how many rows there were."""
    rows = 0
    for size in sizes:
        for on in days:
            folded = ranking(ledger, as_of=on, as_known=size)
            assert of_list(ledger, on, size) == folded
            rows += len(folded["ranking"]) + len(folded["not_assessed"])
    return rows


def list_read_to(ledger: Ledger, size: int | None) -> None:
    """Lists that have read so far; None for no lists at all."""
    catch_up(ledger, ledger.store.engine)
    with ledger.store.engine.begin() as connection:
        found = views.live(connection)
        assert found is not None
        version, _ = found
        if size is None:
            connection.execute(sa.delete(views.positions))
        else:
            connection.execute(sa.update(views.positions).values(position=0))
        version.create(connection)
    if size is not None:
        assert advance(ledger, ledger.store.engine, version, size) == size


def test_over_the_city_both_ways_give_the_same_ranking_however_far_the_list_has_read(city: City) -> None:
    ledger = city.ledger
    published = ledger.by_type("AssessmentPublished", ledger.size)
    units = [one for one in ledger.by_type("SubjectRegistered", ledger.size) if one.data["kind"] == "UNIT"]
    middle = units[len(units) // 2]
    days = [middle.effective_on, published[0].effective_on - timedelta(days=1), published[-1].effective_on, date.max]
    sizes = [0, middle.index, middle.index + 1, published[len(published) // 2].index, ledger.size]

    for read_to in (None, 0, middle.index, middle.index + 1, ledger.size):
        list_read_to(ledger, read_to)
        assert same(ledger, days, sizes) > len(units)


@pytest.mark.parametrize("kind", BOTH)
def test_on_both_databases_a_list_leads_to_the_same_ranking(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    with database(request, tmp_path, kind) as url, opened(url, tmp_path, LINES + MORE) as ledger:
        half, sizes = ledger.size // 2, [ledger.size // 2, ledger.size]
        for read_to in (None, half, ledger.size):
            list_read_to(ledger, read_to)
            assert same(ledger, [date(2025, 6, 30), date.max], sizes) > 0
        assert moved_by(ledger, half) != moved_by(ledger, ledger.size)


def test_merged_units_have_one_place_by_both_ways(scene: Scene) -> None:
    before = scene.ledger.size
    catch_up(scene.ledger, scene.ledger.store.engine)
    scene.register_unit("2025-04-20", "U3")
    scene.merge("2025-05-08", "U2", "U1")
    days = [date(2025, 4, 19), date(2025, 4, 20), date(2025, 5, 8)]

    assert same(scene.ledger, days, [before, before + 1, scene.ledger.size]) > 0
    names = [one["subject"] for one in of_list(scene.ledger, days[-1], scene.ledger.size)["not_assessed"]]
    assert "U3" in names
    assert "U2" not in names


def test_no_registration_of_a_person_is_decoded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, decoded = scene.ledger, []
    catch_up(ledger, ledger.store.engine)
    scene.register_person("2025-05-01", "P3")  # which the list has not read
    scene.register_unit("2025-05-01", "U3")

    def spied(row: EntryRow) -> Logged:
        entry = logged(row)
        decoded.append((entry.type, entry.data.get("kind")))
        return entry

    for module in (entries, ranked_units):
        monkeypatch.setattr(module, "logged", spied)
    answer = of_list(ledger, date(2025, 6, 1), ledger.size)

    assert "U3" in {one["subject"] for one in answer["not_assessed"]}
    assert ("SubjectRegistered", "UNIT") in decoded
    assert ("SubjectRegistered", "PERSON") not in decoded


def test_it_is_moved_by_what_it_rests_on_and_by_no_person(scene: Scene) -> None:
    ledger, on = scene.ledger, "2025-06-02"

    def moved() -> bool:
        """Whether the last entry moved it, however far the list has read."""
        now = moved_by(ledger, ledger.size)
        before = moved_by(ledger, ledger.size - 1)
        catch_up(ledger, ledger.store.engine)
        assert moved_by(ledger, ledger.size) == now
        assert moved_by(ledger, ledger.size - 1) == before
        return now != before

    scene.register_person(on, "P3")
    assert not moved()
    scene.promise(on, commitment_id="C9")
    assert not moved()
    scene.register_unit(on, "U3")
    assert moved()
    scene.publish(on, assessment_id="A2")
    assert moved()
    scene.restate(on, assessment_id="A2")
    assert moved()
    scene.correct_identity(on, "U3", name="更名")
    assert moved()
    scene.merge(on, "U3", "U2")
    assert moved()
    scene.undo_merge(on, "U3")
    assert moved()


def test_an_id_that_was_corrected_since_moves_also_what_was_known_before(scene: Scene) -> None:
    size = scene.ledger.size
    before = moved_by(scene.ledger, size)
    scene.correct_identity("2025-06-02", "U1", name="更名")

    assert moved_by(scene.ledger, size) != before
