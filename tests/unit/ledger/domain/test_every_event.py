"""What holds for every type alike: days, documents, roles, acts recorded for somebody (DOMAIN §4.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel

from ledger.catalogue import ACCESS_TYPES, TYPES
from ledger.commands import HANDLERS
from ledger.domain import access, values
from ledger.domain.base import LedgerEvent
from ledger.domain.sections import NAMES, Retention, references_of, sections_of
from ledger.domain.values import Role
from ledger.importing.history import import_history
from ledger.line import Line, LineActor
from tests.support.scene import (
    ABSENT,
    CREDIT,
    CREDIT_CODES,
    DECIDER,
    DOCUMENT,
    HR,
    ID_NUMBERS,
    P1,
    P2,
    SYSTEM,
    U1,
    U2,
    Scene,
)  # fmt: skip

LATE_WITHOUT_DOCUMENT = {
    "SubjectRegistered", "PostAssigned", "AssessmentSchemeAdopted", "RulebookActivated", "AuthorityRecordImported",
    "AuthorityRecordRemoved", "RecordImported", "SourceStateObserved", "CommitmentImported", "CommitmentAssessed",
    "CommendationRecorded", "RankRecorded", "SourceBatchImported",
}  # fmt: skip
MAY_LIE_AHEAD = {
    "PostAssigned", "AssessmentSchemeAdopted", "RulebookPublished", "RulebookActivated", "RulebookRetired",
}  # fmt: skip
SAME_DAY = {
    "BreachConfirmed": "decision_on", "RepairApproved": "decision_on", "BreachAppealed": "filed_on",
    "BreachNotified": "served_on", "RepairAccepted": "accepted_on", "AuthorityRecordRemoved": "removed_on",
    "CommitmentFulfilled": "fulfilled_on", "RepairSyncConfirmed": "confirmed_on",
}  # fmt: skip
DECISIONS = {
    "BreachConfirmed", "BreachDismissed", "ReportDeclined", "AppealDecided", "RecordCorrected", "RecordVoided",
    "RepairApproved", "RepairRejected", "RepairRevoked", "EligibilityDecided", "EligibilityRedetermined",
    "SanctionImposed", "ErasureOrdered", "SubjectIdentityCorrected", "SubjectsMerged", "MergeUndone", "UnitReorganised",
    "ConflictDeclared", "DelegationGranted", "MeasureAdopted", "MeasureApplied",
    "BreakGlassOpened", "BreakGlassReviewed", "PersonalDataRequestAnswered",
}  # fmt: skip


EVERY_TYPE = {**TYPES, **ACCESS_TYPES}


def types_where(test: Any) -> set[str]:
    return {name for name, event in TYPES.items() if test(event)}


def test_only_the_types_named_in_the_rule_may_come_late_without_a_document() -> None:
    assert types_where(lambda event: event.LATE_WITHOUT_DOCUMENT) == LATE_WITHOUT_DOCUMENT


def test_only_posts_editions_and_schemes_may_lie_ahead() -> None:
    assert types_where(lambda event: event.MAY_LIE_AHEAD) == MAY_LIE_AHEAD


def test_every_member_that_repeats_the_day_of_the_act_is_compared() -> None:
    assert {name: event.SAME_DAY for name, event in TYPES.items() if event.SAME_DAY} == SAME_DAY


def test_every_decision_is_marked_as_one_a_human_takes() -> None:
    assert types_where(lambda event: event.DECISION) == DECISIONS
    assert all(Role.SYSTEM not in TYPES[name].ROLES for name in DECISIONS)


@pytest.mark.parametrize("event", EVERY_TYPE.values(), ids=EVERY_TYPE)
def test_every_topic_is_written_by_hand_from_the_words_of_its_type(event: type[LedgerEvent]) -> None:
    words = "".join("-" + letter.lower() if letter.isupper() else letter for letter in event.__name__).strip("-")
    subject, _, participle = words.rpartition("-")

    assert f"{subject}.{participle}.v1" == event.TOPIC


@pytest.mark.parametrize("event", EVERY_TYPE.values(), ids=EVERY_TYPE)
def test_every_personal_member_has_a_section_of_the_table(event: type[LedgerEvent]) -> None:
    assert set(sections_of(event.Data).values()) <= set(NAMES)
    assert event.RETENTION in set(Retention)
    assert sections_of(event.Data)["doc"] == "document"


# The free texts that stand in the entry, by type and member, each with its reason. Everything else that could hold
# anybody's words lies in a section, or is a code, a day, a number, an id or a word of a list.
PLAIN = {
    "LedgerOpened.origin": "the operator's name for the ledger",
    "LedgerOpened.keys.vkey": "a public key",
    "KeyIntroduced.vkey": "a public key",
    "KeyRetired.key": "a key id, eight hexadecimal digits",
    "KeyRevoked.key": "a key id, eight hexadecimal digits",
    "HistoryLoaded.digest": "the ledger's own keyed digest",
    "SubjectRegistered.uscc": "checked by its check digits; a person has none",
    "SubjectIdentityCorrected.uscc": "checked by its check digits; a person has none",
    "BreachNotified.rights_text": "plain by DESIGN §3: the same for everybody",
    "RecordCorrected.corrected_value": "checked as the member it corrects (Policy.check_correction)",
    "EligibilityEvaluated.hits.rule": "the edition's",
    "EligibilityEvaluated.hits.clause": "the edition's",
    "AssessmentSchemeAdopted.title": "a scheme's, about no subject",
    "AssessmentSchemeAdopted.dimensions.name": "a scheme's, about no subject",
    "AssessmentSchemeAdopted.matrix": "a document; the entry holds its digest",
    "AssessmentSchemeAdopted.indicators": "a document; the entry holds its digest",
    "AssessmentScored.scores": "its names are the scheme's dimensions",
    "AssessmentRestated.scores": "its names are the scheme's dimensions",
    "AssessmentRestated.reason": "a unit's published text",
}
# The checks that leave no room for words in a value.
BOUND = (
    values._name, values._code, values._day, values._partial_day, values._decimal, values._sha256, values._clause,
    values._column, access._uid,
)  # fmt: skip


def free_texts(annotation: Any, path: str, marks: tuple[Any, ...] = ()) -> Iterator[str]:
    """The places inside an annotation where any text may stand, and no section takes it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from free_texts(arguments[0], path, (*marks, *arguments[1:]))
    elif any(isinstance(mark, values.InSection) for mark in marks):
        return
    elif origin in (Union, UnionType, list, dict, tuple):
        for argument in arguments:
            yield from free_texts(argument, path, marks)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name in annotation.model_fields:
            yield from free_texts(get_type_hints(annotation, include_extras=True)[name], f"{path}.{name}")
    elif annotation in (str, Any) and not any(_binds(mark) for mark in marks):
        yield path


def _binds(mark: Any) -> bool:
    return getattr(mark, "func", None) in BOUND or getattr(mark, "pattern", None) is not None


def test_every_text_has_a_place_and_those_that_are_plain_are_known_by_name() -> None:
    found = {path for name, event in EVERY_TYPE.items() for path in free_texts(event.Data, name)}

    assert found == set(PLAIN)


class Words(BaseModel):
    words: values.Text
    code: values.Code


class Careless(values.Payload):
    """A type whose author did not think of sections."""

    note: values.Text | None = None
    notes: list[values.Text]
    by_name: dict[str, values.DecimalText]
    anything: values.Json = None
    nested: list[Words]
    kept: values.Reasons | None = None
    number: int = 0


def test_a_text_without_a_place_would_be_seen() -> None:
    assert sorted(free_texts(Careless, "T")) == ["T.anything", "T.by_name", "T.nested.words", "T.note", "T.notes"]


@pytest.mark.parametrize("event", EVERY_TYPE.values(), ids=EVERY_TYPE)
def test_a_member_that_names_a_subject_is_never_personal_text(event: type[LedgerEvent]) -> None:
    assert not set(references_of(event.Data)) & set(sections_of(event.Data))


def test_what_the_access_log_holds_is_no_type_of_the_ledger_and_nobody_submits_it(scene: Scene) -> None:
    keys = {"KeyIntroduced", "KeyRetired", "KeyRevoked"}
    assert set(ACCESS_TYPES) & set(TYPES) == {"LedgerOpened", *keys}
    assert not set(ACCESS_TYPES) & set(HANDLERS)
    for name in ACCESS_TYPES:
        with scene.refused("not-a-command", "type"):
            scene.act(name, "2025-02-20", SYSTEM, {})


# Days.


def test_an_act_of_tomorrow_is_refused(scene: Scene) -> None:
    with scene.refused("effective-in-future", "effective_on"):
        scene.report("2025-02-21", recorded="2025-02-20")


def test_the_recorded_day_is_the_day_in_china(scene: Scene) -> None:
    scene.on_day("2025-02-20")
    scene.now = scene.now.replace(hour=23, minute=59, second=59)  # 15:59:59 UTC of the 20th
    with scene.refused("effective-in-future"):
        scene.ledger.submit(_report_line("2025-02-21"))
    scene.now = scene.now.replace(day=21, hour=0, minute=0)  # still the 20th in UTC

    scene.ledger.submit(_report_line("2025-02-21"))

    assert scene.state("breach", "B1").state == "REPORTED"


def _report_line(on: str) -> Line:
    data = {"breach_id": "B1", "subject_id": "P1", "category": "DUTY", "proposed_severity": "MINOR"}
    more = {"occurred_on": "2025-02-10", "duty_related": True, "summary": "…"}
    return Line("BreachReported", date.fromisoformat(on), LineActor("reporter-1", "REPORTER"), {**data, **more})


def test_a_post_may_begin_next_month(scene: Scene) -> None:
    scene.assign("2025-03-01", "P1", "U2", "2025-03-01", recorded="2025-02-01")

    assert len(scene.state("subject", "P1").posts) == 2


def test_an_act_recorded_late_needs_a_document(scene: Scene) -> None:
    with scene.refused("late-without-document", "data.doc"):
        scene.report("2025-02-20", recorded="2025-02-21")

    scene.report("2025-02-20", recorded="2025-02-21", doc=DOCUMENT)


@pytest.mark.parametrize("nothing", ["", "  ", {}])
def test_an_empty_document_is_none(scene: Scene, nothing: Any) -> None:
    with scene.refused("empty", "data.doc"):
        scene.report("2025-02-20", recorded="2025-02-21", doc=nothing)


def test_registrations_posts_schemes_and_records_of_authorities_may_come_late_without_one(scene: Scene) -> None:
    scene.register_person("2025-01-05", "P3", recorded="2025-02-01")
    scene.assign("2025-01-05", "P3", "U1", "2025-01-05", recorded="2025-02-01")
    scene.adopt_scheme("2025-01-05", recorded="2025-02-01")
    scene.take_over("2025-03-01", recorded="2025-03-05")

    assert scene.state("breach", "B2").state == "CONFIRMED"


def test_an_edition_published_late_needs_a_document(scene: Scene) -> None:
    with scene.refused("late-without-document"):
        scene.publish_edition("2025-02-01", recorded="2025-02-02")


@pytest.mark.parametrize(
    ("act", "member"),
    [
        (lambda scene, **other: scene.notify("2025-02-24", **other), "served_on"),
        (lambda scene, **other: scene.confirm("2025-03-20", **other), "decision_on"),
        (lambda scene, **other: scene.appeal("2025-04-08", **other), "filed_on"),
        (lambda scene, **other: scene.accept_repair("2025-06-23", **other), "accepted_on"),
        (lambda scene, **other: scene.approve("2025-07-01", **other), "decision_on"),
        (lambda scene, **other: scene.remove("2025-07-01", **other), "removed_on"),
        (lambda scene, **other: scene.fulfil("2025-03-28", **other), "fulfilled_on"),
        (lambda scene, **other: scene.confirm_sync("2025-07-05", **other), "confirmed_on"),
    ],
    ids=["notify", "confirm", "appeal", "accept", "approve", "remove", "fulfil", "sync"],
)
def test_the_day_in_the_data_is_the_day_of_the_act(scene: Scene, act: Any, member: str) -> None:
    with scene.refused("dates-disagree", f"data.{member}"):
        act(scene, **{member: "2025-02-01"})


# Roles.


def test_another_role_is_refused(scene: Scene) -> None:
    with scene.refused("role-not-allowed", "actor.role"):
        scene.report(by=HR)


def test_a_role_nobody_has_is_refused(scene: Scene) -> None:
    with scene.refused("unknown-role", "actor.role"):
        scene.report(by=LineActor("x", "EMPEROR"))


@pytest.mark.parametrize("decide", ["confirm", "dismiss", "decline", "decide_appeal", "approve", "reject", "impose"])
def test_the_system_never_decides(scene: Scene, decide: str) -> None:
    with scene.refused("human-decision-required", "actor.role"):
        getattr(scene, decide)("2025-03-20", by=SYSTEM)


def timers(scene: Scene) -> list[Line]:
    """What a running ledger writes by itself, as a caller would have to say it."""
    scene.report()
    scene.notify()
    scene.promise("2025-03-01")
    scene.impose("2025-03-02", until="2025-07-01")
    on, actor = date(2025, 7, 2), LineActor("anyone", "SYSTEM")
    return [
        Line("ReplyLapsed", on, actor, {"breach_id": "B1"}),
        Line("CommitmentOverdueFlagged", on, actor, {"commitment_id": "C1", "days": 2}),
        Line("SanctionLifted", on, actor, {"subject_id": "P1", "kind": "RECRUITMENT_BAR"}),
    ]


def test_nobody_but_the_ledger_itself_speaks_as_the_system(scene: Scene) -> None:
    lines = timers(scene)
    scene.on_day("2025-07-02")
    for line in lines:
        with scene.refused("role-not-allowed", "actor.role"):
            scene.ledger.submit(line)


def test_a_history_holds_what_a_ledger_said_and_only_the_operator_brings_it(scene: Scene, tmp_path: Path) -> None:
    actor = {"id": "anyone", "role": "SYSTEM"}
    lines = [
        {"type": line.type, "effective_on": line.effective_on.isoformat(), "actor": actor, "data": dict(line.data)}
        for line in timers(scene)
    ]
    file = tmp_path / "timers.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    scene.on_day("2025-07-02")

    through_a_door = import_history(scene.ledger, file)
    by_the_operator = import_history(scene.ledger, file, by_operator=True)

    assert [refused["code"] for refused in through_a_door.refused] == ["role-not-allowed"] * 3
    assert (by_the_operator.imported, by_the_operator.refused) == (3, [])
    assert scene.state("breach", "B1").state == "LAPSED"


def test_an_unregistered_actor_of_an_unregistered_unit_may_act(scene: Scene) -> None:
    scene.report(by=LineActor("somebody", "REPORTER", "NOWHERE"))
    scene.notify(by=LineActor("somebody-else", "DECIDER", "NOWHERE"))

    assert scene.state("breach", "B1").state == "NOTIFIED"


def test_a_unit_named_in_the_data_must_be_registered(scene: Scene) -> None:
    with scene.refused("unknown-unit", "data.unit_id"):
        scene.assign("2025-02-01", "P1", "NOWHERE", "2025-02-01")


def test_a_person_is_no_unit(scene: Scene) -> None:
    with scene.refused("unknown-unit", "data.unit_id"):
        scene.assign("2025-02-01", "P1", "P2", "2025-02-01")


def test_only_the_subject_itself_speaks_as_the_subject(scene: Scene) -> None:
    scene.report()
    scene.notify()

    with scene.refused("not-the-subject", "actor.id"):
        scene.reply(by=P2)
    with scene.refused("not-the-subject", "actor.id"):
        scene.reply(by=U1)  # the head of the unit does not answer for its official


def test_whoever_acts_for_the_unit_speaks_for_it(scene: Scene) -> None:
    with scene.refused("not-the-subject"):
        scene.promise("2025-01-10", by=U2)

    scene.promise("2025-01-10", by=U1)


# Acts recorded for somebody.


@pytest.mark.parametrize("clerk", [HR, CREDIT], ids=["hr", "credit"])
def test_hr_or_credit_records_an_act_with_the_signed_paper(scene: Scene, clerk: LineActor) -> None:
    scene.report()
    scene.notify()

    scene.reply(by=clerk, on_behalf_of="P1", doc=DOCUMENT)

    assert scene.state("breach", "B1").state == "REPLIED"
    assert scene.newest().data["on_behalf_of"] == scene.ledger.uid("subject", "P1")


def test_an_act_recorded_for_somebody_needs_the_paper(scene: Scene) -> None:
    scene.report()
    scene.notify()

    with scene.refused("document-required", "data.doc"):
        scene.reply(by=HR, on_behalf_of="P1")


def test_an_act_is_recorded_for_its_own_subject_only(scene: Scene) -> None:
    scene.report()
    scene.notify()

    with scene.refused("not-the-subject", "data.on_behalf_of"):
        scene.reply(by=HR, on_behalf_of="P2", doc=DOCUMENT)


def test_hr_does_not_act_for_the_subject_without_saying_so(scene: Scene) -> None:
    with scene.refused("role-not-allowed", "actor.role"):
        scene.consent(by=HR)


@pytest.mark.parametrize("actor", [DECIDER, P1], ids=["decider", "subject"])
def test_nobody_else_records_for_somebody(scene: Scene, actor: LineActor) -> None:
    with scene.refused("role-not-allowed"):
        scene.reply(by=actor, on_behalf_of="P1", doc=DOCUMENT)


def test_what_is_no_act_of_a_subject_is_not_recorded_for_one(scene: Scene) -> None:
    with scene.refused("role-not-allowed", "data.on_behalf_of"):
        scene.take_over(on_behalf_of="P1", doc=DOCUMENT)


def test_who_decided_before_being_registered_is_still_the_same_person(scene: Scene) -> None:
    scene.found()
    scene.appeal()
    scene.register_person("2025-04-09", "decider-1", id_number=ID_NUMBERS["P3"])

    with scene.refused("decider-may-not-review"):
        scene.decide_appeal(by=LineActor("decider-1", "REVIEWER", "PERSONNEL"))


def test_a_unit_that_decided_before_being_registered_is_still_the_deciding_organ(scene: Scene) -> None:
    organ = LineActor("decider-7", "DECIDER", "LATE-OFFICE")
    scene.report(proposed_severity="MINOR")
    scene.notify(proposed_finding="MINOR")
    scene.reply()
    scene.confirm(severity="MINOR", by=organ)
    scene.register_unit("2025-03-21", "LATE-OFFICE", uscc=CREDIT_CODES["U3"])
    scene.apply_for_repair("2025-04-01")
    scene.accept_repair("2025-04-02")

    scene.approve("2025-04-03", by=organ)

    assert scene.state("breach", "B1").state == "REPAIRED"


def test_a_missing_member_is_named(scene: Scene) -> None:
    with scene.refused("missing-field", "data.summary"):
        scene.report(summary=ABSENT)
