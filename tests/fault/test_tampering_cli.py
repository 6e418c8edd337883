"""What an operator gets to see of tampering: `integrity verify` ends with 6, on SQLite and on PostgreSQL (DESIGN §8).

A handful of the attacks of `test_tampering.py`, and a list that was edited, which only the door can find.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.application import app
from projections.runner import catch_up
from tests.fault.test_tampering import BESIDE, LAST, flip, soften
from tests.support.golden import CONFIRMED, Copy

Attack = Callable[[Copy], object]


@pytest.fixture
def listed(golden: Copy) -> Iterator[Copy]:
    """The golden ledger with its lists, and the environment of its keys."""
    with golden.opened() as ledger:
        catch_up(ledger, ledger.store.engine)
    with golden.keys_given():
        yield golden


def verify(golden: Copy, *options: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["verify", "--db", golden.url, "--json", *options])
    return result.exit_code, json.loads(result.stdout)


def edit_lists(statement: str) -> Attack:
    return lambda golden: golden.rows(statement)


def soften_and_rehash(golden: Copy) -> None:
    soften(golden)
    golden.rehash(head=False)


ATTACKS: dict[str, tuple[Attack, str]] = {
    "changed byte of an entry": (
        lambda golden: flip(golden, "entries", "state", f"idx = {CONFIRMED}"), f"entry {CONFIRMED}:",
    ),
    "cut tail": (lambda golden: golden.rows("DELETE FROM entries WHERE idx >= ?", LAST), f"entry {LAST}: missing"),
    "softened finding, hashes renewed but for the head": (
        soften_and_rehash, "head: ",
    ),
    "edited column": (
        lambda golden: golden.rows("UPDATE entries SET topic = 'breach.dismissed.v1' WHERE idx = ?", CONFIRMED),
        f"entry {CONFIRMED}: the column topic",
    ),
    "removed disclosure": (BESIDE["removed disclosure"][0], f"entry {CONFIRMED}: a section is missing"),
    "removed document": (BESIDE["removed document"][0], "entry 7: the document of digest is missing"),
    "index row that leads elsewhere": (BESIDE["index row that leads elsewhere"][0], "entry 11: "),
    "edited list": (
        edit_lists("UPDATE view_breaches_1 SET state = 'DISMISSED' WHERE breach_id = 'B1'"), "view_breaches_1, row ",
    ),
    "row taken out of a list": (edit_lists("DELETE FROM view_commitments_1"), "view_commitments_1, row "),
    "row put into a list": (
        edit_lists(
            "INSERT INTO view_checks_1 (uid, check_id, first_index, last_index) VALUES ('x', 'K9', 1, 1)"
        ),
        "view_checks_1, row x: no entry of the log makes this row",
    ),
    "no position": (edit_lists("DROP TABLE view_position"), "view_position: it is missing, though lists stand"),
    "no list that is live": (
        edit_lists("UPDATE view_position SET live = (1 = 0)"), "view_position: it says of no version",
    ),
    "two lists that are live": (
        edit_lists("INSERT INTO view_position SELECT 9, position, live, schema FROM view_position"),
        "view_position: it says of more than one version",
    ),
    "no head": (
        lambda golden: golden.run([("UPDATE entries SET topic = 'x' WHERE idx = 3", ()), ("DELETE FROM head", ())]),
        "entry 3: the column topic",
    ),
    "removed list": (edit_lists("DROP TABLE view_subjects_1"), "view_*_1: a table is missing"),
}  # fmt: skip


def test_an_untouched_ledger_ends_with_0(listed: Copy) -> None:
    status, report = verify(listed)

    assert (status, report["ok"]) == (0, True)
    assert not {"no-lists", "views"} & set(report["not_checked"]), "the lists were compared"


@pytest.mark.parametrize("attack", ATTACKS)
def test_tampering_ends_with_6_and_its_place(listed: Copy, attack: str) -> None:
    tamper, place = ATTACKS[attack]
    tamper(listed)

    status, report = verify(listed)

    told = [finding["what"] for finding in report["findings"] if finding["grade"] == "manipulation"]
    assert (status, report["ok"]) == (6, False)
    assert any(what.startswith(place) for what in told), told


def test_a_quick_look_ends_with_6_too(listed: Copy) -> None:
    tamper, _ = ATTACKS["changed byte of an entry"]
    tamper(listed)

    assert verify(listed, "--quick")[0] == 6


def test_a_row_that_stands_twice_in_a_list_is_found(listed: Copy) -> None:
    """Its key was dropped before, which no constraint of a list then refuses."""
    if listed.sqlite:
        listed.run(
            [
                ("CREATE TABLE kept AS SELECT * FROM view_breaches_1", ()),
                ("DROP TABLE view_breaches_1", ()),
                ("ALTER TABLE kept RENAME TO view_breaches_1", ()),
            ]
        )
    else:
        listed.rows("ALTER TABLE view_breaches_1 DROP CONSTRAINT view_breaches_1_pkey")
    listed.rows("INSERT INTO view_breaches_1 SELECT * FROM view_breaches_1 WHERE breach_id = 'B1'")

    status, report = verify(listed)

    assert status == 6
    assert "view_breaches_1: a row stands in it twice" in [finding["what"] for finding in report["findings"]]
