"""Records taken over: as they were at their source, without invented steps, each once (DOMAIN §1.9, §4.2)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from tests.support.scene import CREDIT, HR, Scene

ON = "2025-02-01"
RECORD = {"source": "OLD", "source_record": "r-1", "kind": "ALLEGATION", "outcome": "CONFIRMED"}


def take_over(scene: Scene, **changes: Any) -> None:
    scene.act("RecordImported", ON, CREDIT, {**RECORD, **changes}, recorded="2025-03-01")


@pytest.mark.parametrize("outcome", ["CONFIRMED", "DISMISSED", "CLOSED", "PENDING", "EXPUNGED", "UNKNOWN"])
def test_a_record_is_taken_over_with_its_outcome_and_no_lifecycle(scene: Scene, outcome: str) -> None:
    take_over(scene, outcome=outcome, subject_id="P1", unit_id="U1", decided_on="2019-05")

    entry = scene.newest()
    assert entry.data["outcome"] == outcome
    assert set(entry.subjects) == {scene.ledger.uid("subject", "P1"), scene.ledger.uid("subject", "U1")}


def test_a_record_without_an_identified_person_goes_to_its_unit_alone(scene: Scene) -> None:
    take_over(scene, unit_id="U1", case_ref="case-7")

    assert scene.newest().subjects == (scene.ledger.uid("subject", "U1"),)


def test_a_record_of_a_source_is_taken_over_once(scene: Scene) -> None:
    take_over(scene)
    with scene.refused("record-exists"):
        take_over(scene)

    take_over(scene, source="OTHER")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"outcome": "GUILTY"}, "not-in-list", "data.outcome"),
        ({"decided_on": "2019-13"}, "impossible-date", "data.decided_on"),
        ({"decided_on": "May 2019"}, "bad-date", "data.decided_on"),
        ({"subject_id": "NOBODY"}, "unknown-subject", "data.subject_id"),
        ({"unit_id": "P1"}, "unknown-unit", "data.unit_id"),
    ],
)
def test_what_does_not_fit_is_refused(scene: Scene, changes: dict[str, str], code: str, field: str) -> None:
    with scene.refused(code, field):
        take_over(scene, **changes)


def test_a_summary_is_personal(scene: Scene) -> None:
    take_over(scene, subject_id="P1", summary={"text": "…"})

    assert "summary" not in scene.newest().data
    assert scene.ledger.sections(scene.newest())["summary"] == {"summary": {"text": "…"}}


def test_the_source_s_own_word_for_the_outcome_is_personal(scene: Scene) -> None:
    word = "通报批评：某人当众道歉"
    take_over(scene, subject_id="P1", outcome_raw=word, summary={"text": "…"})

    assert "outcome_raw" not in scene.newest().data
    assert word.encode() not in scene.store.entry(scene.newest().index).state
    assert scene.ledger.sections(scene.newest())["summary"] == {"outcome_raw": word, "summary": {"text": "…"}}


@pytest.mark.parametrize("field", ["某人的处分", "the penalty of somebody", "", "a" * 101, "status\n", "1st"])
def test_an_observation_names_a_column_and_tells_no_story(scene: Scene, field: str) -> None:
    seen = {"source": "OLD", "source_record": "r-1", "observed_on": "2025-02", "field": field, "new": "CLOSED"}

    with scene.refused("bad-name", "data.field"):
        scene.act("SourceStateObserved", ON, CREDIT, seen)


@pytest.mark.parametrize("field", ["finding", "_row", "apu_trial_commissioner_recommended_penalty", "Case.Status"])
def test_what_a_source_calls_its_columns_stands_plain(scene: Scene, field: str) -> None:
    seen = {"source": "OLD", "source_record": "r-1", "observed_on": "2025-02", "field": field, "new": "CLOSED"}
    scene.act("SourceStateObserved", ON, CREDIT, {**seen, "old": "OPEN", "subject_id": "P1"})

    assert scene.newest().data["field"] == field
    assert not {"old", "new"} & set(scene.newest().data)


def test_what_the_source_says_later_stands_beside_the_record(scene: Scene) -> None:
    take_over(scene, subject_id="P1")
    first = scene.newest()
    seen = {"source": "OLD", "source_record": "r-1", "observed_on": "2025-02", "field": "finding", "new": "CLOSED"}
    scene.act("SourceStateObserved", ON, CREDIT, seen, recorded="2025-03-02")

    entry = scene.newest()
    assert (entry.stream, entry.version, entry.subjects) == (first.stream, 2, first.subjects)


def test_a_promise_of_a_source_is_closed_to_our_commands(scene: Scene) -> None:
    data = {"source": "OLD", "source_record": "c-1", "promisor_id": "U1", "text": "…", "due": "2019"}
    scene.act("CommitmentImported", ON, CREDIT, data)
    scene.act("CommitmentAssessed", ON, CREDIT, {"source": "OLD", "source_record": "c-1", "level": "GOOD"})

    with scene.refused("commitment-closed"):
        scene.fulfil("2025-03-01", commitment_id="c-1", source={"system": "OLD"})


def test_a_promise_nobody_took_over_is_not_assessed(scene: Scene) -> None:
    with scene.refused("unknown-commitment"):
        scene.act("CommitmentAssessed", ON, CREDIT, {"source": "OLD", "source_record": "c-9"})


def test_commendations_and_ranks_are_taken_over_once(scene: Scene) -> None:
    said = {"source": "OLD", "source_record": "k-1", "subject_id": "P1"}
    lines: list[tuple[str, dict[str, str]]] = [
        ("CommendationRecorded", {**said, "status": "GIVEN", "given_on": "2019"}),
        ("RankRecorded", {**said, "rank": "一级科员", "from": "2019-05"}),
    ]
    for kind, data in lines:
        scene.act(kind, ON, CREDIT, data)
        with scene.refused("already-imported"):
            scene.act(kind, ON, CREDIT, data)


def test_a_batch_is_imported_once(scene: Scene) -> None:
    batch = {"source": "OLD", "digest": "ab" * 32, "accepted": 1, "rejected": 0}
    scene.act("SourceBatchImported", ON, CREDIT, batch)

    with scene.refused("already-imported"):
        scene.act("SourceBatchImported", ON, CREDIT, batch)


def test_the_digest_of_the_rejects_comes_with_the_rejects_or_not_at_all(scene: Scene) -> None:
    content = b"[]"
    digest = sha256(content).hexdigest()
    batch = {"source": "OLD", "digest": "ab" * 32, "accepted": 1, "rejected": 1}
    with scene.refused("computed-by-ledger", "data.rejects_digest"):
        scene.act("SourceBatchImported", ON, CREDIT, {**batch, "rejects_digest": digest})
    with scene.refused("computed-by-ledger", "data.rejects_digest"):
        scene.act("SourceBatchImported", ON, CREDIT, {**batch, "rejects_digest": digest}, documents=[b"{}"])

    scene.act("SourceBatchImported", ON, CREDIT, {**batch, "rejects_digest": digest}, documents=[content])

    assert scene.store.document(bytes.fromhex(digest)) == content


def test_a_batch_counts_from_zero(scene: Scene) -> None:
    batch = {"source": "OLD", "digest": "ab" * 32, "accepted": 0, "rejected": -1}

    with scene.refused("out-of-range", "data.rejected"):
        scene.act("SourceBatchImported", ON, CREDIT, batch)


def test_only_the_credit_office_takes_over(scene: Scene) -> None:
    with scene.refused("role-not-allowed"):
        scene.act("RecordImported", ON, HR, RECORD)


@pytest.mark.parametrize("kind", ["LedgerOpened", "HistoryLoaded", "EligibilityEvaluated"])
def test_the_ledger_s_own_types_are_no_commands(scene: Scene, kind: str) -> None:
    with scene.refused("not-a-command", "type"):
        scene.act(kind, ON, CREDIT, {})
