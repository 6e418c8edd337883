"""Requests about personal data: who asks and answers, about what; a refusal says why (个人信息保护法 44-50)."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.line import LineActor
from tests.support.scene import ABSENT, CREDIT, DECIDER, DOCUMENT, DPO, HR, P2, SYSTEM, U1, Scene

DPO_2 = LineActor("dpo-2", "DPO")
RIGHTS = ["ACCESS", "COPY", "CORRECTION", "DELETION", "RESTRICTION", "OBJECTION", "EXPLANATION"]
ASKING_FOR_AN_ACT = ["CORRECTION", "DELETION", "RESTRICTION", "OBJECTION"]
REFUSAL: dict[str, Any] = {"outcome": "REFUSED", "legal_basis": ["个人信息保护法 45"], "reasons": "涉及应当保密的情形"}


def with_grounds(right: str) -> dict[str, Any]:
    return {"right": right, **({"grounds": "……"} if right in ASKING_FOR_AN_ACT else {})}


# Asking.


@pytest.mark.parametrize("right", RIGHTS)
def test_a_person_uses_each_of_the_rights(scene: Scene, right: str) -> None:
    scene.ask_desk(**with_grounds(right))

    request = scene.state("data-request", "Q1")
    assert (request.state, request.right) == ("REQUESTED", right)
    assert request.subject == scene.ledger.uid("subject", "P1")
    assert scene.newest().subjects == (request.subject,)


def test_a_right_that_nobody_gave_is_none(scene: Scene) -> None:
    with scene.refused("not-in-list", "data.right"):
        scene.ask_desk(right="SILENCE")


@pytest.mark.parametrize("right", ASKING_FOR_AN_ACT)
def test_whoever_wants_something_done_says_what_and_why(scene: Scene, right: str) -> None:
    with scene.refused("missing-field", "data.grounds"):
        scene.ask_desk(right=right)


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_grounds_are_none(scene: Scene, blank: str) -> None:
    with scene.refused("empty", "data.grounds"):
        scene.ask_desk(right="CORRECTION", grounds=blank)


def test_what_is_asked_for_is_personal_and_stays_out_of_the_entry(scene: Scene) -> None:
    scene.ask_desk(right="CORRECTION", grounds="行为日期有误")

    entry = scene.newest()
    assert "grounds" not in entry.data
    assert scene.ledger.sections(entry) == {"grounds": {"grounds": "行为日期有误"}}


@pytest.mark.parametrize("by", [P2, U1], ids=["somebody-else", "the-unit"])
def test_nobody_asks_about_another(scene: Scene, by: LineActor) -> None:
    with scene.refused("not-the-subject", "actor.id"):
        scene.ask_desk(by=by)


def test_a_unit_has_no_personal_data(scene: Scene) -> None:
    with scene.refused("unknown-subject", "data.subject_id"):
        scene.ask_desk(subject_id="U1", by=U1)


@pytest.mark.parametrize("by", [DECIDER, DPO, LineActor("auditor-1", "AUDITOR")], ids=lambda actor: actor.role)
def test_no_other_role_asks(scene: Scene, by: LineActor) -> None:
    with scene.refused("role-not-allowed", "actor.role"):
        scene.ask_desk(by=by)


@pytest.mark.parametrize("clerk", [HR, CREDIT], ids=["hr", "credit"])
def test_a_clerk_records_a_request_from_the_signed_paper(scene: Scene, clerk: LineActor) -> None:
    with scene.refused("document-required", "data.doc"):
        scene.ask_desk(by=clerk, on_behalf_of="P1")
    with scene.refused("not-the-subject", "data.on_behalf_of"):
        scene.ask_desk(by=clerk, on_behalf_of="P2", doc=DOCUMENT)

    scene.ask_desk(by=clerk, on_behalf_of="P1", doc=DOCUMENT)

    assert scene.state("data-request", "Q1").state == "REQUESTED"


def test_an_id_is_given_once_and_whoever_asks_again_makes_a_new_request(scene: Scene) -> None:
    scene.ask_desk()
    with scene.refused("data-request-exists"):
        scene.ask_desk("2025-04-02")

    scene.ask_desk("2025-04-02", request_id="Q2")

    assert scene.state("data-request", "Q2").state == "REQUESTED"


# The record that it concerns.


def test_it_concerns_a_record_by_its_id_or_its_pseudonym_and_writes_the_id(scene: Scene) -> None:
    scene.found()
    for request, named in (("Q1", "B1"), ("Q2", scene.ledger.uid("breach", "B1"))):
        scene.ask_desk(request_id=request, breach_id=named)
        assert scene.newest().data["breach_id"] == "B1"


def test_it_concerns_a_check(scene: Scene) -> None:
    scene.blocked_check()

    scene.ask_desk("2025-09-02", right="EXPLANATION", check_id="K1")

    assert scene.newest().data["check_id"] == "K1"


def test_it_concerns_one_record_or_all(scene: Scene) -> None:
    scene.found()
    scene.blocked_check()
    with scene.refused("one-case", "data.check_id"):
        scene.ask_desk("2025-09-02", breach_id="B1", check_id="K1")


@pytest.mark.parametrize("named", [{"breach_id": "B7"}, {"check_id": "K7"}], ids=["breach", "check"])
def test_a_record_that_is_not_there_is_unknown(scene: Scene, named: dict[str, str]) -> None:
    (member,) = named
    with scene.refused(f"unknown-{member.removesuffix('_id')}", f"data.{member}"):
        scene.ask_desk(**named)


def test_another_s_record_is_as_unknown_as_one_that_is_not_there(scene: Scene) -> None:
    scene.found()
    scene.blocked_check()
    for named, code in (({"breach_id": "B1"}, "unknown-breach"), ({"check_id": "K1"}, "unknown-check")):
        with scene.refused(code):
            scene.ask_desk("2025-09-02", by=P2, subject_id="P2", **named)


def test_a_report_the_person_was_not_told_of_is_as_unknown_as_one_that_is_not_there(scene: Scene) -> None:
    scene.report()
    with scene.refused("unknown-breach", "data.breach_id"):
        scene.ask_desk(breach_id="B1")
    scene.decline("2025-04-02")
    with scene.refused("unknown-breach", "data.breach_id"):
        scene.ask_desk("2025-04-03", breach_id="B1")


def test_from_the_notice_on_it_is_theirs_to_name(scene: Scene) -> None:
    scene.report()
    scene.notify()

    scene.ask_desk("2025-02-25", breach_id="B1")

    assert scene.newest().data["breach_id"] == "B1"


# Answering.


@pytest.mark.parametrize("outcome", ["GRANTED", "PARTLY_GRANTED", "REFUSED"])
def test_the_desk_answers(scene: Scene, outcome: str) -> None:
    scene.ask_desk()

    scene.answer_request(**{**REFUSAL, "outcome": outcome})

    assert scene.state("data-request", "Q1").state == "ANSWERED"
    assert scene.newest().data["legal_basis"] == ["个人信息保护法 45"]
    assert scene.ledger.sections(scene.newest()) == {"reasons": {"reasons": "涉及应当保密的情形"}}


def test_what_is_granted_needs_no_reasons(scene: Scene) -> None:
    scene.ask_desk()

    scene.answer_request()

    assert scene.newest().sections == 0


@pytest.mark.parametrize("outcome", ["PARTLY_GRANTED", "REFUSED"])
@pytest.mark.parametrize("member", ["legal_basis", "reasons"])
def test_a_refusal_names_its_clauses_and_gives_its_reasons(scene: Scene, outcome: str, member: str) -> None:
    scene.ask_desk()
    with scene.refused("missing-field", f"data.{member}"):
        scene.answer_request(**{**REFUSAL, "outcome": outcome, member: ABSENT})
    with scene.refused({"legal_basis": "too-few", "reasons": "empty"}[member], f"data.{member}"):
        scene.answer_request(**{**REFUSAL, "outcome": outcome, member: {"legal_basis": [], "reasons": " "}[member]})


def test_a_restriction_that_nothing_would_carry_out_is_not_promised(scene: Scene) -> None:
    scene.ask_desk(right="RESTRICTION", grounds="……")
    with scene.refused("nothing-restricts", "data.outcome"):
        scene.answer_request()

    scene.answer_request(**{**REFUSAL, "outcome": "PARTLY_GRANTED"})

    assert scene.state("data-request", "Q1").state == "ANSWERED"


def test_a_request_is_answered_once(scene: Scene) -> None:
    scene.ask_desk()
    scene.answer_request(**REFUSAL)
    with scene.refused("wrong-state"):
        scene.answer_request("2025-04-11", by=DPO_2)


def test_what_was_never_asked_is_not_answered(scene: Scene) -> None:
    with scene.refused("unknown-data-request"):
        scene.answer_request()


@pytest.mark.parametrize("by", [HR, CREDIT, DECIDER, LineActor("P1", "SUBJECT")], ids=lambda actor: actor.role)
def test_nobody_but_the_desk_answers(scene: Scene, by: LineActor) -> None:
    scene.ask_desk()
    with scene.refused("role-not-allowed", "actor.role"):
        scene.answer_request(by=by)


def test_a_named_human_answers(scene: Scene) -> None:
    scene.ask_desk()
    with scene.refused("human-decision-required", "actor.role"):
        scene.answer_request(by=SYSTEM)


def test_the_officer_does_not_answer_their_own_request(scene: Scene) -> None:
    scene.ask_desk()
    with scene.refused("own-case"):
        scene.answer_request(by=LineActor("P1", "DPO"))


def test_not_under_another_registration_of_theirs_either(scene: Scene) -> None:
    scene.ask_desk()
    scene.merge("2025-04-05", "P2", "P1")
    with scene.refused("own-case"):
        scene.answer_request(by=LineActor("P2", "DPO"))


def test_the_hand_that_wrote_a_request_down_does_not_answer_it(scene: Scene) -> None:
    scene.ask_desk(by=HR, on_behalf_of="P1", doc=DOCUMENT)
    with scene.refused("acted-for-the-subject"):
        scene.answer_request(by=LineActor(HR.id, "DPO"))

    scene.answer_request()

    assert scene.state("data-request", "Q1").state == "ANSWERED"


def test_an_answer_recorded_late_needs_a_document(scene: Scene) -> None:
    scene.ask_desk()
    with scene.refused("late-without-document", "data.doc"):
        scene.answer_request("2025-04-09", recorded="2025-04-10")

    scene.answer_request("2025-04-09", recorded="2025-04-10", doc=DOCUMENT)


# Declined reports, which the desk alone may show (DOMAIN §8).


def declined(scene: Scene) -> None:
    scene.report()
    scene.decline()


@pytest.mark.parametrize("right", ["ACCESS", "COPY"])
def test_with_an_access_or_a_copy_the_desk_shows_a_declined_report(scene: Scene, right: str) -> None:
    declined(scene)
    scene.ask_desk(right=right)

    uid = scene.ledger.uid("breach", "B1")

    scene.answer_request(discloses=["B1", uid])

    assert scene.newest().data["discloses"] == [uid]


@pytest.mark.parametrize("right", ["CORRECTION", "DELETION", "RESTRICTION", "OBJECTION", "EXPLANATION"])
def test_no_other_right_shows_anything(scene: Scene, right: str) -> None:
    declined(scene)
    scene.ask_desk(**with_grounds(right))
    with scene.refused("nothing-to-disclose", "data.discloses"):
        scene.answer_request(**{**REFUSAL, "outcome": "PARTLY_GRANTED"}, discloses=["B1"])


def test_a_refusal_shows_nothing(scene: Scene) -> None:
    declined(scene)
    scene.ask_desk()
    with scene.refused("nothing-to-disclose", "data.discloses"):
        scene.answer_request(**REFUSAL, discloses=["B1"])


@pytest.mark.parametrize("right", ["CORRECTION", "DELETION"])
def test_what_the_desk_showed_may_be_named_afterwards(scene: Scene, right: str) -> None:
    declined(scene)
    scene.report("2025-02-22", breach_id="B6")
    scene.decline("2025-02-23", breach_id="B6")
    scene.ask_desk()
    later = {"request_id": "Q2", **with_grounds(right)}
    with scene.refused("unknown-breach", "data.breach_id"):
        scene.ask_desk("2025-04-02", **{**later, "breach_id": "B1"})
    scene.answer_request("2025-04-03", discloses=["B1"])
    with scene.refused("unknown-breach", "data.breach_id"):
        scene.ask_desk("2025-04-04", **{**later, "breach_id": "B6"})
    with scene.refused("unknown-breach", "data.breach_id"):
        scene.ask_desk("2025-04-04", **{**later, "breach_id": "B1", "subject_id": "P2", "by": P2})

    scene.ask_desk("2025-04-04", **{**later, "breach_id": "B1"})

    assert scene.newest().data["breach_id"] == "B1"


def test_an_open_report_is_not_the_desk_s_to_show(scene: Scene) -> None:
    scene.report()
    scene.ask_desk()
    with scene.refused("not-declined", "data.discloses"):
        scene.answer_request(discloses=["B1"])


def test_nor_is_another_s_or_one_that_is_not_there(scene: Scene) -> None:
    declined(scene)
    scene.ask_desk(by=P2, subject_id="P2")
    for named in ("B1", "B7"):
        with scene.refused("not-declined", "data.discloses"):
            scene.answer_request(discloses=[named])


def test_while_nobody_answered_it_its_words_are_not_erased(scene: Scene) -> None:
    scene.ask_desk("2025-04-01", **with_grounds("DELETION"))
    order = {
        "erasure_id": "E1", "scope": "SUBJECT", "subject_id": "P1", "class": "CASE", "ground": "RULING",
        "legal_basis": ["个人信息保护法 47"], "approvers": ["dpo-2", "legal-1"], "doc": DOCUMENT,
    }  # fmt: skip
    with scene.refused("open-case"):
        scene.act("ErasureOrdered", "2025-04-02", DPO, order)

    scene.answer_request("2025-04-02")
    scene.act("ErasureOrdered", "2025-04-02", DPO, order)
