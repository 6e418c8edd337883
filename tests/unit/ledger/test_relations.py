"""Who stands for whom: as known at a size, inside a transaction, on both databases, and chained."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.application import Ledger
from ledger.line import Line, LineActor
from ledger.reading import Logged
from ledger.relations import Relations, ended, relations_of
from tests.support.scene import DOCUMENT, HR, P1, Scene

DAY = date(2025, 5, 1)


def entry(index: int, type_: str, on: date = DAY, **data: Any) -> Logged:
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    named = {name.rstrip("_"): value for name, value in data.items()}
    return Logged(index, "subject/x", 1, type_, "t", on, moment, {}, (), named)


def merged(index: int, subject: str, into: str) -> Logged:
    return entry(index, "SubjectsMerged", subject_id=subject, into_id=into)


def reorganised(index: int, before: list[str], after: list[str], on: date = DAY) -> Logged:
    return entry(index, "UnitReorganised", on, from_=before, to=after, successor_id=after[0])


def test_where_nobody_was_merged_everybody_stands_for_themselves() -> None:
    nobody = Relations()

    assert not nobody
    assert (nobody.survivor("a"), nobody.group("a"), nobody.successor("a")) == ("a", ("a",), None)
    assert nobody.stands_for("a", None) == {"a"}


def test_a_chain_of_merges_is_one_group_and_undone_in_the_middle_two() -> None:
    entries = [merged(1, "a", "b"), merged(2, "b", "c"), merged(3, "d", "c")]
    one = relations_of(entries)
    two = relations_of([*entries, entry(4, "MergeUndone", subject_id="b")])

    assert {uid: one.group(uid) for uid in "abcd"} == dict.fromkeys("abcd", ("c", "a", "b", "d"))
    assert [two.group(uid) for uid in "abcd"] == [("b", "a"), ("b", "a"), ("c", "d"), ("c", "d")]


def test_open_matters_go_down_the_chain_and_a_unit_on_both_sides_goes_on() -> None:
    known = relations_of([reorganised(1, ["a", "b"], ["c", "b"]), reorganised(2, ["c"], ["d"])])

    assert ended(known.reorganised[0]) == {"a"}
    assert (known.successors("a"), known.successor("a"), known.successor("b")) == (["c", "d"], "d", None)
    assert (known.predecessors("d"), known.predecessors("c")) == (("a", "c"), ())
    assert known.predecessors("c", ever=True) == ("a",)
    assert known.stands_for("d") == {"a", "c", "d"}


def test_forged_entries_that_close_a_circle_hang_nobody() -> None:
    merges = relations_of([merged(1, "a", "b"), merged(2, "b", "c"), merged(3, "c", "a"), merged(4, "d", "d")])
    units = relations_of([reorganised(1, ["a"], ["b"]), reorganised(2, ["b"], ["a"])])

    assert [merges.survivor(uid) for uid in "abcd"] == ["c", "c", "c", "d"]
    assert units.successors("a") == ["b", "a"]


def test_a_unit_has_ended_from_its_day_on() -> None:
    known = relations_of([reorganised(1, ["a"], ["b"])])

    assert [known.has_ended("a", on) for on in (date(2025, 4, 30), DAY, date(2025, 5, 2))] == [False, True, True]
    assert not known.has_ended("b", DAY)


def _line(type_: str, actor: LineActor, **data: Any) -> Line:
    return Line(type_, DAY, actor, data)


def _merge(subject: str, into: str) -> Line:
    approvers = ["hr-2", "legal-1"]
    return _line("SubjectsMerged", HR, subject_id=subject, into_id=into, approvers=approvers, reason="…", doc=DOCUMENT)


def test_what_a_transaction_related_counts_inside_it_and_not_where_it_is_discarded(scene: Scene) -> None:
    scene.report(subject_id="P2")
    scene.notify(reply_due="2025-06-30")
    scene.on_day("2025-05-01")
    reply = _line("BreachReplied", P1, breach_id="B1", statement="…")
    with scene.ledger.transaction(discard=True):
        scene.ledger.submit(_merge("P2", "P1"))
        scene.ledger.submit(reply)
    assert not scene.ledger.relations()
    with scene.refused("not-the-subject"):
        scene.ledger.submit(reply)

    with scene.ledger.transaction():
        scene.ledger.submit(_line("CommitmentMade", HR, commitment_id="C1", promisor_id="P1", kind="PERSONAL", text="…",
                                  due_on="2025-06-30", weight=1, public=False))  # fmt: skip
        scene.ledger.submit(_merge("P2", "P1"))
        scene.ledger.submit(reply)

    assert scene.state("breach", "B1").state == "REPLIED"


@pytest.mark.parametrize("kind", ["people", "units"])
def test_on_both_databases_a_history_is_that_of_all_registrations_as_known(small: Ledger, kind: str) -> None:
    one, other = ("P1", "P2") if kind == "people" else ("U1", "U2")
    uids = [small.uid("subject", name) for name in (one, other)]
    assert None not in uids
    first, second = (str(uid) for uid in uids)
    before, size = small.history(first, small.size), small.size
    today = small.clock().date()

    small.submit(Line("SubjectsMerged", today, LineActor("hr-7", "HR"),
                      {**_merge(other, one).data, "approvers": ["hr-8", "legal-1"]}))  # fmt: skip

    assert small.history(first, size) == before
    assert {entry.stream for entry in small.history(first, small.size)} >= {f"subject/{first}"}
    assert [entry.index for entry in small.history(first, small.size)] == [
        entry.index for entry in small.history(second, small.size)
    ]
    assert small.survivor(second, small.size) == first
    assert small.survivor(second, size) == second


def test_a_unit_that_ended_has_ended_under_each_of_its_registrations() -> None:
    entries = [merged(1, "b", "a"), reorganised(2, ["a"], ["c"]), merged(3, "d", "c"), reorganised(4, ["d"], ["e"])]
    known = relations_of(entries)

    assert {uid: known.ended_on(uid) for uid in "abcde"} == dict.fromkeys("abcd", DAY) | {"e": None}
    assert {uid: known.successors(uid) for uid in "abd"} == {"a": ["c", "e"], "b": ["c", "e"], "d": ["e"]}
