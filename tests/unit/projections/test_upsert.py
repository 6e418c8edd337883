"""Writing rows of a list, on both databases: inserted, replaced, with the types a list may hold."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from projections import views
from projections.upsert import upsert
from projections.views import Row, blank


def row(uid: str, **columns: Any) -> Row:
    return {"uid": uid, **blank("breaches"), "first_index": 1, "last_index": 2, **columns}


def written(engine: sa.Engine, *batches: list[Row]) -> dict[str, Row]:
    version = views.version(1)
    with engine.begin() as connection:
        version.create(connection)
        for rows in batches:
            upsert(connection, version.tables["breaches"], rows)
        return version.read(connection, "breaches", [one["uid"] for rows in batches for one in rows])


def test_rows_are_inserted_as_they_are(fresh_engine: sa.Engine) -> None:
    rows = [row(f"b{number}", state="REPORTED", category="违纪", duty_related=number == 1) for number in range(5)]

    assert written(fresh_engine, rows) == {one["uid"]: one for one in rows}


def test_a_row_replaces_the_one_with_its_uid(fresh_engine: sa.Engine) -> None:
    before, after = row("b1", state="REPORTED", category="DUTY"), row("b1", state="CONFIRMED", last_index=1 << 40)

    assert written(fresh_engine, [before], [after, row("b2")]) == {"b1": after, "b2": row("b2")}


def test_a_value_that_is_no_text_becomes_the_same_text_on_both_databases(fresh_engine: sa.Engine) -> None:
    found = written(fresh_engine, [row("b1", category=7), row("b2", category=True), row("b3", category="x")])

    assert [found[uid]["category"] for uid in ("b1", "b2", "b3")] == ["7", "1", "x"]
