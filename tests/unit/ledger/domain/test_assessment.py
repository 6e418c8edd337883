"""Assessments: weights sum to 100, every dimension is scored, the unit is heard first (DOMAIN §4.2, §4.3)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest

from ledger.folds.facts import assessment_of, records_on
from ledger.rulebook.defaults import shipped_defaults
from ledger.rulebook.edition import shipped_edition
from tests.support.scene import CREDIT, DIMENSIONS, DOCUMENT, EDITION, SCORES, Scene


@pytest.fixture
def scored(scene: Scene) -> Scene:
    """A1 of U1, scored on Thursday 2025-04-10; five working days end on 2025-04-17."""
    scene.adopt_scheme()
    scene.score()
    return scene


@pytest.mark.parametrize("weights", [(60, 39), (60, 41), (100, 100)])
def test_the_weights_of_a_scheme_sum_to_a_hundred(scene: Scene, weights: tuple[int, int]) -> None:
    dimensions = [{"id": "daily", "weight": weights[0]}, {"id": "onsite", "weight": weights[1]}]

    with scene.refused("weights-not-100", "data.dimensions"):
        scene.adopt_scheme(dimensions=dimensions)


def test_a_dimension_stands_once_in_a_scheme(scene: Scene) -> None:
    with scene.refused("dimension-twice", "data.dimensions"):
        scene.adopt_scheme(dimensions=[{"id": "daily", "weight": 60}, {"id": "daily", "weight": 40}])


def test_a_scheme_has_a_dimension(scene: Scene) -> None:
    with scene.refused("too-few", "data.dimensions"):
        scene.adopt_scheme(dimensions=[])


def test_a_matrix_is_a_document_of_which_the_entry_holds_the_digest(scene: Scene) -> None:
    scene.adopt_scheme(matrix={"l3": {"c3": {"common": 40}}})

    data = scene.newest().data
    assert "matrix" not in data
    assert scene.store.document(bytes.fromhex(data["matrix_digest"])) == b'{"l3":{"c3":{"common":40}}}'


@pytest.mark.parametrize("member", ["matrix_digest", "indicators_digest"])
def test_a_digest_without_its_document_is_the_ledger_s_to_compute(scene: Scene, member: str) -> None:
    with scene.refused("computed-by-ledger", f"data.{member}"):
        scene.adopt_scheme(**{member: "00" * 32})
    with scene.refused("bad-digest", f"data.{member}"):
        scene.adopt_scheme(**{member: "zz"})
    both: dict[str, Any] = {member.removesuffix("_digest"): {"a": 1}, member: "00" * 32}
    with scene.refused("computed-by-ledger", f"data.{member}"):
        scene.adopt_scheme(**both)


def test_a_document_that_comes_with_its_digest_is_kept(scene: Scene) -> None:
    content = b'{"l3":{"c3":{"common":40}}}'
    digest = sha256(content).hexdigest()
    with scene.refused("document-not-named"):
        scene.adopt_scheme(documents=[content])

    scene.adopt_scheme(matrix_digest=digest, documents=[content])

    assert scene.newest().data["matrix_digest"] == digest
    assert scene.store.document(bytes.fromhex(digest)) == content


def test_a_scheme_that_says_nothing_of_feedback_has_the_rulebook_s_period(scene: Scene) -> None:
    scene.adopt_scheme()
    assert scene.newest().data["feedback_wd"] == shipped_defaults().feedback_wd == 5
    scene.adopt_scheme(scheme_id="S2", feedback_wd=7)
    assert scene.newest().data["feedback_wd"] == 7
    content = shipped_edition(EDITION).replace(EDITION.encode(), b"WITH-FEEDBACK", 1) + b"feedback_wd = 9\n"
    content = content.replace(b"effective_on = 2025-01-01", b"effective_on = 2025-01-05", 1)
    scene.activate("2025-01-05", rulebook_id="WITH-FEEDBACK", documents=[content])

    scene.adopt_scheme("2025-01-06", scheme_id="S3")

    assert scene.newest().data["feedback_wd"] == 9


def test_an_id_stands_for_one_scheme(scene: Scene) -> None:
    scene.adopt_scheme()

    with scene.refused("scheme-exists"):
        scene.adopt_scheme()


@pytest.mark.parametrize(
    "scores", [{"daily": "90"}, {**SCORES, "extra": "1"}, {"daily": "90", "other": "80"}, {}],
    ids=["one-missing", "one-too-many", "another", "none"],
)  # fmt: skip
def test_every_dimension_is_scored_and_no_other(scene: Scene, scores: dict[str, str]) -> None:
    scene.adopt_scheme()

    with scene.refused("scores-do-not-match-scheme", "data.scores"):
        scene.score(scores=scores)


@pytest.mark.parametrize("score", ["-0.01", "100.01"])
def test_a_score_lies_within_0_and_100(scene: Scene, score: str) -> None:
    scene.adopt_scheme()

    with scene.refused("score-out-of-range", "data.scores"):
        scene.score(scores={**SCORES, "daily": score})


@pytest.mark.parametrize(
    ("score", "code"),
    [("9e1", "bad-decimal"), ("", "bad-decimal"), ("NaN", "bad-decimal"), (90, "wrong-type"),
     (90.5, "float-not-allowed")],
)  # fmt: skip
def test_a_score_is_a_decimal_string(scene: Scene, score: Any, code: str) -> None:
    scene.adopt_scheme()

    with scene.refused(code, "data.scores.daily"):
        scene.score(scores={**SCORES, "daily": score})


def test_an_unknown_scheme_or_unit_is_refused(scene: Scene) -> None:
    with scene.refused("unknown-scheme"):
        scene.score()
    scene.adopt_scheme()
    with scene.refused("unknown-unit", "data.unit_id"):
        scene.score(unit_id="P1")


def test_a_new_scoring_starts_the_feedback_again(scored: Scene) -> None:
    scored.score("2025-04-15")

    with scored.refused("feedback-open"):
        scored.publish("2025-04-22")
    scored.publish("2025-04-23")


def test_an_assessment_keeps_its_unit_and_scheme(scored: Scene) -> None:
    with scored.refused("assessment-exists", "data.assessment_id"):
        scored.score("2025-04-11", unit_id="U2")


def test_a_score_is_published_on_the_day_after_the_feedback_period(scored: Scene) -> None:
    with scored.refused("feedback-open"):
        scored.publish("2025-04-17")
    with scored.refused("feedback-open"):
        scored.publish("2025-04-17", recorded="2025-04-18", doc=DOCUMENT)

    scored.publish("2025-04-18")

    assert scored.state("assessment", "A1").state == "PUBLISHED"


def test_a_scheme_may_give_a_longer_period(scene: Scene) -> None:
    scene.adopt_scheme(feedback_wd=10)
    scene.score()

    with scene.refused("feedback-open"):
        scene.publish("2025-04-24")
    scene.publish("2025-04-25")


def test_a_review_is_optional_and_changes_nothing(scored: Scene) -> None:
    scored.review("2025-04-14")

    scored.publish("2025-04-18")

    with scored.refused("wrong-state"):
        scored.review("2025-04-19")


def test_what_was_not_scored_is_not_published_or_restated(scene: Scene) -> None:
    scene.adopt_scheme()

    for step in (scene.publish, scene.restate, scene.review):
        with scene.refused("unknown-assessment"):
            step("2025-05-01")


def test_a_publication_is_made_once_and_not_scored_again(scored: Scene) -> None:
    with scored.refused("wrong-state"):
        scored.restate("2025-04-11")
    scored.publish()

    with scored.refused("wrong-state"):
        scored.publish("2025-04-19")
    with scored.refused("wrong-state"):
        scored.score("2025-04-19")


def test_a_publication_is_restated_with_every_dimension(scored: Scene) -> None:
    scored.publish()
    with scored.refused("scores-do-not-match-scheme"):
        scored.restate("2025-05-01", scores={"daily": "1"})
    scored.restate("2025-05-01")
    scored.restate("2025-05-02")

    assert scored.state("assessment", "A1").state == "RESTATED"


def test_only_the_assessor_scores_and_publishes(scored: Scene) -> None:
    for step in (scored.publish, scored.score):
        with scored.refused("role-not-allowed"):
            step(by=CREDIT)


def test_the_scheme_of_the_scene_is_lawful() -> None:
    assert sum(int(str(one["weight"])) for one in DIMENSIONS) == 100


# Whose scheme it is.

OTHERS = [{"id": "daily", "weight": 10}, {"id": "onsite", "weight": 90}]


def weights(scene: Scene) -> dict[str, Fraction]:
    """The weights of U1's newest assessment, as the rulebook is told them."""
    unit, size, on = scene.ledger.uid("subject", "U1") or "", scene.ledger.size, date(2025, 5, 1)
    told = assessment_of(scene.ledger, records_on(scene.ledger, unit, on, size, scene.ledger.editions(size)), size)
    assert told is not None
    return dict(told.weights)


def test_a_scheme_of_the_same_id_in_another_name_space_weighs_nothing_here(scored: Scene) -> None:
    scored.publish()
    before = weights(scored)
    scored.adopt_scheme("2025-05-02", dimensions=OTHERS, source={"system": "OTHER", "record": "1"})
    scored.adopt_scheme(
        "2025-05-02", dimensions=[{"id": "x", "weight": 100}], source={"system": "THIRD", "record": "1"}
    )

    assert weights(scored) == before == {"daily": Fraction(60), "onsite": Fraction(40)}


def test_scores_of_a_source_are_weighed_by_its_own_scheme_whoever_publishes_them(scene: Scene) -> None:
    source = {"system": "OTHER", "record": "1"}
    scene.adopt_scheme(feedback_wd=30)
    scene.adopt_scheme(dimensions=OTHERS, source=source)
    scene.score(source={**source, "record": "2"})
    scene.act(
        "SourceBatchImported", "2025-04-11", CREDIT, {"source": "OTHER", "digest": "1", "accepted": 2, "rejected": 0}
    )

    scene.publish()  # after the five days of its own scheme, not the thirty of ours

    assert weights(scene) == {"daily": Fraction(10), "onsite": Fraction(90)}


def test_the_scheme_of_an_assessment_is_not_the_caller_s_to_name(scene: Scene) -> None:
    scene.adopt_scheme()

    with scene.refused("computed-by-ledger", "data.scheme_uid"):
        scene.score(scheme_uid=scene.ledger.uid("scheme", "S1"))
    scene.score()
    assert scene.newest().data["scheme_uid"] == scene.ledger.uid("scheme", "S1")
