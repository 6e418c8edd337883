"""No step lies before the step it answers: read by its day it would change nothing, and could never be repeated.

Commands are judged in log order, records are folded by `effective_on` (DESIGN §6); what the one accepts the other must
count. Two things on one day are fine.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.catalogue import TYPES
from ledger.errors import LedgerError
from ledger.folds.breach import fold_breach
from ledger.folds.check import check_on
from ledger.folds.facts import over_by
from ledger.reading import Logged
from tests.support.scene import CREDIT, DECIDER, DOCUMENT, REVIEWER, REVIEWER_2, U1, Scene, a_scene

# What opens a record answers nothing.
OPENING = {
    "LedgerOpened", "SubjectRegistered", "CommitmentMade", "CommitmentImported", "BreachReported", "RecordImported",
    "AuthorityRecordImported", "ConsentGiven", "EligibilityCheckRequested", "AssessmentSchemeAdopted",
    "ErasureOrdered", "UnitReorganised", "DelegationGranted", "MeasureAdopted", "BreakGlassOpened",
    "PersonalDataRequested",
}  # fmt: skip
# Everything else answers a step, but for these.
ANY_DAY = {
    "SubjectIdentityCorrected": "holds from the start",
    "SubjectsMerged": "has no day of its own",
    "MergeUndone": "has no day of its own",
    "PostAssigned": "a post has a day of its own (DOMAIN §4.1)",
    "SanctionImposed": "answers nothing of the ledger",
    "MeasureApplied": "answers the entry that is its cause, in another record, which the aggregate is told of",
    "SanctionLifted": "answers the imposition of one bar, which the aggregate knows",
    "RepairSyncConfirmed": "answers the approval of one repair, which the aggregate knows",
    "RecordCorrected": "holds from the start (DOMAIN §4.2)",
    "RecordVoided": "has no day of its own (folds D2)",
    "RulebookPublished": "an edition's days are those of its file",
    "RulebookActivated": "an edition's days are those of its file",
    "RulebookRetired": "forbids a new activation, nothing else",
    "SourceStateObserved": "a source says it, whenever",
    "CommitmentAssessed": "a source says it, whenever",
    "CommendationRecorded": "a source says it, whenever",
    "RankRecorded": "a source says it, whenever",
    "SourceBatchImported": "the ledger's own",
    "HistoryLoaded": "the ledger's own",
    "AccessAnchored": "the ledger's own",
    "SentinelAdopted": "the ledger's own",
    "KeyIntroduced": "the ledger's own: the keyring judges key events by their place in the log",
    "KeyRetired": "the ledger's own",
    "KeyRevoked": "the ledger's own",
}


def test_every_type_opens_a_record_or_says_what_it_answers() -> None:
    answering = {name for name, event in TYPES.items() if event.ANSWERS}

    assert answering | OPENING | set(ANY_DAY) == set(TYPES)
    assert not answering & (OPENING | set(ANY_DAY))
    assert {one for event in TYPES.values() for one in event.ANSWERS} <= set(TYPES)


Prepare = Callable[[Scene], Any]
Step = Callable[..., Any]


def minor(scene: Scene) -> None:
    """A MINOR finding of 2025-03-20: it may be repaired at once."""
    scene.found("MINOR")


def of_a_unit(scene: Scene) -> None:
    scene.take_over("2025-03-20", subject_id="U1", severity="MINOR")
    scene.apply_for_repair("2025-04-01", breach_id="B2", by=U1)


def checked(scene: Scene) -> None:
    scene.consent()
    scene.request_check()


def decided(scene: Scene) -> None:
    checked(scene)
    scene.decide("2025-09-10", "ELIGIBLE")


def steps(*prepare: Prepare) -> Prepare:
    def run(scene: Scene) -> None:
        for step in prepare:
            step(scene)

    return run


# Name: what happened, the day of the last of it, and the step that answers it.
CASES: dict[str, tuple[Prepare, str, Step]] = {
    "decline": (Scene.report, "2025-02-20", Scene.decline),
    "notify": (Scene.report, "2025-02-20", lambda s, on, **m: s.notify(on, reply_due="2025-04-01", **m)),
    "notify-again": (
        steps(Scene.report, Scene.notify, Scene.reply), "2025-03-03",
        lambda s, on, **m: s.notify(on, reply_due="2025-04-01", **m),
    ),
    "reply": (steps(Scene.report, Scene.notify), "2025-02-24", Scene.reply),
    "clear": (
        steps(Scene.report, Scene.notify, lambda s: s.dismiss("2025-03-11")), "2025-03-11", Scene.clear,
    ),
    "remove": (Scene.take_over, "2025-03-20", Scene.remove),
    "appeal-after-a-review": (
        steps(Scene.found, lambda s: s.appeal("2025-03-21"), lambda s: s.decide_appeal("2025-03-24")), "2025-03-24",
        lambda s, on, **m: s.appeal(on, route="APPEAL", **m),
    ),
    "appeal-beside-a-repair": (
        steps(minor, lambda s: s.apply_for_repair("2025-04-01")), "2025-04-01", Scene.appeal,
    ),
    "decide-appeal": (steps(Scene.found, Scene.appeal), "2025-04-08", Scene.decide_appeal),
    "apply-after-an-appeal": (
        steps(minor, lambda s: s.appeal("2025-03-25"), lambda s: s.decide_appeal("2025-04-10")), "2025-04-10",
        Scene.apply_for_repair,
    ),
    "apply-again": (
        steps(Scene.found, Scene.apply_for_repair, lambda s: s.return_repair("2025-06-24")), "2025-06-24",
        Scene.apply_for_repair,
    ),
    "return": (steps(Scene.found, lambda s: s.apply_for_repair("2025-06-25")), "2025-06-25", Scene.return_repair),
    "accept": (steps(Scene.found, lambda s: s.apply_for_repair("2025-06-25")), "2025-06-25", Scene.accept_repair),
    "publicise": (steps(of_a_unit, lambda s: s.accept_repair("2025-04-02")), "2025-04-02", Scene.publicise),
    "approve": (steps(Scene.found, Scene.apply_for_repair, Scene.accept_repair), "2025-06-23", Scene.approve),
    "approve-publicised": (
        steps(of_a_unit, lambda s: s.accept_repair("2025-04-02"), lambda s: s.publicise("2025-04-04")), "2025-04-04",
        lambda s, on, **m: s.approve(on, by=CREDIT, **m),
    ),
    "approve-after-an-appeal": (
        steps(
            minor, lambda s: s.apply_for_repair("2025-04-01"), lambda s: s.accept_repair("2025-04-02"),
            lambda s: s.appeal("2025-04-03"), lambda s: s.decide_appeal("2025-04-10"),
        ), "2025-04-10", Scene.approve,
    ),
    "reject": (steps(Scene.found, Scene.apply_for_repair, Scene.accept_repair), "2025-06-23", Scene.reject),
    "revoke": (
        steps(Scene.found, Scene.apply_for_repair, Scene.accept_repair, Scene.approve), "2025-07-01", Scene.revoke,
    ),
    "sync": (
        steps(Scene.found, Scene.apply_for_repair, Scene.accept_repair, Scene.approve), "2025-07-01",
        Scene.confirm_sync,
    ),
    "amend": (lambda s: s.promise("2025-01-10"), "2025-01-10", Scene.amend),
    "fulfil": (lambda s: s.promise("2025-01-10"), "2025-01-10", Scene.fulfil),
    "waive": (lambda s: s.promise("2025-01-10"), "2025-01-10", Scene.waive),
    "withdraw-consent": (Scene.consent, "2025-09-01", Scene.withdraw_consent),
    "notice": (checked, "2025-09-01", lambda s, on, **m: s.notice(on, reply_due="2025-09-30", **m)),
    "respond": (steps(checked, Scene.notice), "2025-09-02", Scene.respond),
    "decide": (checked, "2025-09-01", lambda s, on, **m: s.decide(on, "ELIGIBLE", **m)),
    "decide-noticed": (steps(checked, Scene.notice), "2025-09-02", lambda s, on, **m: s.decide(on, "ELIGIBLE", **m)),
    "notify-result": (decided, "2025-09-10", Scene.notify_result),
    "dispute": (steps(decided, lambda s: s.notify_result("2025-09-11")), "2025-09-11", Scene.dispute),
    "redetermine": (
        steps(decided, lambda s: s.notify_result("2025-09-11"), lambda s: s.dispute("2025-09-12")), "2025-09-12",
        Scene.redetermine,
    ),
    "finalise": (steps(decided, lambda s: s.notify_result("2025-09-11")), "2025-09-11", Scene.finalise),
    "withdraw-what-was-decided": (decided, "2025-09-10", Scene.withdraw_check),
    "score-again": (steps(Scene.adopt_scheme, Scene.score), "2025-04-10", Scene.score),
    "review": (steps(Scene.adopt_scheme, Scene.score), "2025-04-10", Scene.review),
    "restate": (steps(Scene.adopt_scheme, Scene.score, Scene.publish), "2025-04-18", Scene.restate),
    "end-a-delegation": (
        lambda s: s.delegate("2025-02-20"), "2025-02-20",
        lambda s, on, **m: s.act("DelegationEnded", on, DECIDER, {"delegation_id": "D1", "doc": m["doc"]},
                                 recorded=m.get("recorded")),
    ),
    "answer-a-request": (Scene.ask_desk, "2025-04-01", Scene.answer_request),
    "step-back": (Scene.report, "2025-02-20", Scene.step_back),
    "step-back-from-a-check": (checked, "2025-09-01", Scene.step_back_from_check),
    "attach-report": (
        steps(lambda s: s.consent("2025-08-30"), Scene.request_check), "2025-09-01", Scene.attach_report,
    ),
    "lift": (lambda s: s.impose("2025-02-01"), "2025-02-01", Scene.lift),
    "retire-a-measure": (Scene.adopt_measure, "2025-01-05", Scene.retire_measure),
    "apply-a-measure": (steps(Scene.adopt_measure, Scene.take_over), "2025-03-20", Scene.apply_measure),
    "lift-a-measure": (
        steps(Scene.adopt_measure, Scene.take_over, lambda s: s.apply_measure("2025-03-25")), "2025-03-25",
        Scene.lift_measure,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("prepare", "cause", "step"), CASES.values(), ids=CASES)
def test_no_step_lies_before_the_step_it_answers(scene: Scene, prepare: Prepare, cause: str, step: Step) -> None:
    prepare(scene)
    before = (date.fromisoformat(cause) - timedelta(days=1)).isoformat()

    with scene.refused("before-its-cause", "effective_on"):
        step(scene, before, recorded=cause, doc=DOCUMENT)
    step(scene, cause, doc=DOCUMENT)


# What may reach back, and does.


@pytest.mark.parametrize("on", ["2025-02-01", "2025-03-20", "2025-04-01"])
def test_a_voiding_and_a_correction_have_no_day_of_their_own(scene: Scene, on: str) -> None:
    scene.found()

    scene.correct(on, "duty_related", False, recorded="2025-04-01", doc=DOCUMENT)
    scene.void(on, recorded="2025-04-01", doc=DOCUMENT)

    assert scene.state("breach", "B1").state == "VOIDED"


def test_a_consent_withdrawn_before_the_request_but_heard_of_after_it_withdraws_the_check(scene: Scene) -> None:
    scene.consent("2025-08-20")
    scene.request_check("2025-09-01")
    scene.withdraw_consent("2025-08-31", recorded="2025-09-02", doc=DOCUMENT)

    with scene.refused("check-withdrawn"):
        scene.decide("2025-09-02", "ELIGIBLE")


def test_a_source_removes_a_record_from_before_the_objection_to_it(scene: Scene) -> None:
    scene.take_over("2025-03-20")
    scene.object_to("2025-05-10")

    scene.remove("2025-05-05", recorded="2025-05-11")

    assert counted(scene, scene.newest())


def test_a_lifting_never_lifts_another_bar_than_the_one_it_was_judged_by(scene: Scene) -> None:
    """By its day it would have met the older bar only."""
    scene.impose("2025-02-01")
    scene.impose("2025-03-01")

    with scene.refused("before-its-cause"):
        scene.lift("2025-02-20", recorded="2025-03-02")


def test_a_confirmation_of_a_sync_answers_the_approval_of_its_own_repair(scene: Scene) -> None:
    minor(scene)
    for repair, month in (("R1", "04"), ("R2", "06")):
        scene.apply_for_repair(f"2025-{month}-02", repair_id=repair)
        scene.accept_repair(f"2025-{month}-03", repair_id=repair)
        scene.approve(f"2025-{month}-04", repair_id=repair)
        if repair == "R1":
            scene.revoke("2025-05-01", repair_id=repair)

    scene.confirm_sync("2025-04-10", repair_id="R1", recorded="2025-06-05", doc=DOCUMENT)
    with scene.refused("before-its-cause"):
        scene.confirm_sync("2025-04-10", repair_id="R2", recorded="2025-06-05", doc=DOCUMENT)


@pytest.mark.parametrize("ended", ["OVERTURNED", "VOIDED", "REMOVED"])
@pytest.mark.parametrize("step", ["return_repair", "accept_repair"])
def test_where_the_finding_fell_away_its_repair_goes_no_further(scene: Scene, ended: str, step: str) -> None:
    scene.take_over("2025-03-20", severity="MINOR")
    scene.apply_for_repair("2025-04-01", breach_id="B2")
    if ended == "OVERTURNED":
        scene.object_to("2025-04-02")
        scene.decide_appeal("2025-04-03", breach_id="B2", outcome=ended)
    elif ended == "VOIDED":
        scene.void("2025-04-03", breach_id="B2")
    else:
        scene.remove("2025-04-03")

    with scene.refused("finding-not-standing"):
        getattr(scene, step)("2025-04-04")


# Whatever is accepted counts.


def counted(scene: Scene, entry: Logged) -> bool:
    """Whether the fold of its record counts an entry, once all that is known is read by its day."""
    ledger, far = scene.ledger, date(2040, 1, 1)
    entries = ledger.stream(entry.stream, ledger.size)
    if entry.kind == "breach":
        breach = fold_breach(entries, far, over=over_by(ledger.editions(ledger.size)))
        return breach is not None and entry.index in breach.events
    if entry.kind == "check":
        check = check_on(ledger, entries, ledger.size, far)
        return check is not None and entry.index in check.events
    return True


def tracks(chance: random.Random) -> list[list[Callable[[Scene, str, dict[str, Any]], Any]]]:
    """Steps of a record of ours, of an authority's, and of a check: any of them on any day."""
    severity = chance.choice(["MINOR", "MINOR", "GENERAL"])
    repair = chance.choice(["R1", "R1", "R2"])
    by = chance.choice([REVIEWER, REVIEWER_2])
    outcome = chance.choice(["UPHELD", "UPHELD", "VARIED", "OVERTURNED"])
    route = chance.choice(["REVIEW", "APPEAL"])
    decision = chance.choice(["ELIGIBLE", "NOT_ELIGIBLE"])

    def due(on: str, days: int) -> str:
        return (date.fromisoformat(on) + timedelta(days=days)).isoformat()

    def repairs(breach: str) -> list[Callable[[Scene, str, dict[str, Any]], Any]]:
        organ = {} if breach == "B1" else {"by": CREDIT}
        return [
            lambda s, on, m: s.decide_appeal(on, breach_id=breach, outcome=outcome, by=by, **m),
            lambda s, on, m: s.apply_for_repair(on, breach_id=breach, repair_id=repair, performed_on="2025-01-01", **m),
            lambda s, on, m: s.return_repair(on, repair_id=repair, **m),
            lambda s, on, m: s.accept_repair(on, repair_id=repair, **m),
            lambda s, on, m: s.approve(on, repair_id=repair, **organ, **m),
            lambda s, on, m: s.reject(on, repair_id=repair, **organ, **m),
            lambda s, on, m: s.revoke(on, repair_id=repair, **organ, **m),
            lambda s, on, m: s.confirm_sync(on, repair_id=repair, **m),
        ]

    return [
        [
            lambda s, on, m: s.report(on, **m),
            lambda s, on, m: s.notify(on, reply_due=due(on, 16), **m),
            lambda s, on, m: s.reply(on, **m),
            lambda s, on, m: s.confirm(on, severity=severity, **m),
            lambda s, on, m: s.appeal(on, route=route, **m),
            lambda s, on, m: s.step_back(on, official_id="decider-8", **m),
            *repairs("B1"),
        ],
        [
            lambda s, on, m: s.take_over(on, severity=severity, record_kind="PENALTY", **m),
            lambda s, on, m: s.object_to(on, **m),
            *repairs("B2"),
        ],
        [
            lambda s, on, m: s.consent(on, expires_on=due(on, 900), **m),
            lambda s, on, m: s.request_check(on, **m),
            lambda s, on, m: s.notice(on, reply_due=due(on, 10), **m),
            lambda s, on, m: s.respond(on, **m),
            lambda s, on, m: s.attach_report(on, **m),
            lambda s, on, m: s.step_back_from_check(on, official_id="hr-8", **m),
            lambda s, on, m: s.decide(on, decision, second_approver="hr-9", **m),
            lambda s, on, m: s.notify_result(on, **m),
            lambda s, on, m: s.dispute(on, **m),
            lambda s, on, m: s.redetermine(on, **m),
            lambda s, on, m: s.finalise(on, **m),
            lambda s, on, m: s.withdraw_check(on, **m) if chance.random() < 0.05 else None,
            lambda s, on, m: s.withdraw_consent(on, **m) if chance.random() < 0.05 else None,
        ],
    ]


@pytest.mark.parametrize("track", [0, 1, 2], ids=["ours", "an-authority-s", "a-check"])
@pytest.mark.parametrize("attempts", [200, pytest.param(20_000, marks=pytest.mark.nightly)])
def test_whatever_is_accepted_counts(tmp_path: Path, track: int, attempts: int) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for life in range(-(-attempts // 400)):
        with a_scene(tmp_path / f"{life}", spoilt=True) as scene:
            today, accepted = date(2025, 2, 1), 0
            for _ in range(min(attempts, 400)):
                today += timedelta(days=chance.choice([0, 0, 0, 0, 1, 1, 2]))
                on = today - timedelta(days=chance.choice([0, 0, 0, 1, 3, 7, 20]))
                size = scene.ledger.size
                step = chance.choice(tracks(chance)[track])
                try:
                    step(scene, on.isoformat(), {"recorded": today.isoformat(), "doc": DOCUMENT})
                except LedgerError:
                    continue
                for entry in scene.ledger.logged(size, scene.ledger.size):
                    accepted += 1
                    assert counted(scene, entry), f"{entry.type} of {entry.effective_on} changes nothing"
            assert accepted
