"""Where two acts meet: two deciders at once, a consent withdrawn in between, the first and the last day of a period."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

from ledger.errors import LedgerError
from ledger.line import Line, LineActor
from projections.eligibility import check
from projections.integrity_file import integrity_file
from tests.support.scene import DECIDER, DECIDER_2, DOCUMENT, FACTORS, HR, HR_2, Scene


def confirmation(breach: str, by: LineActor, severity: str) -> Line:
    data: dict[str, Any] = {"breach_id": breach, "severity": severity, "decision_on": "2025-03-20", "doc": DOCUMENT}
    return Line("BreachConfirmed", date(2025, 3, 20), by, {**data, "factors": FACTORS, "reasons": "…"})


def both(scene: Scene, *lines: Line) -> list[str]:
    """What two people who submit at the same moment are told: `accepted`, or a code."""
    at_once = Barrier(len(lines))

    def submit(line: Line) -> str:
        at_once.wait()
        try:
            scene.ledger.submit(line)
        except LedgerError as error:
            return error.code
        return "accepted"

    scene.on_day("2025-03-20")
    with ThreadPoolExecutor(len(lines)) as pool:
        return sorted(pool.map(submit, lines))


def types(scene: Scene) -> list[str]:
    return [entry.type for entry in scene.ledger.logged(0, scene.ledger.size)]


def test_two_deciders_racing_for_one_case_make_one_finding(scene: Scene) -> None:
    scene.report()
    scene.notify()
    scene.reply()

    answers = both(scene, confirmation("B1", DECIDER, "GENERAL"), confirmation("B1", DECIDER_2, "MINOR"))

    assert answers == ["accepted", "wrong-state"]
    assert types(scene).count("BreachConfirmed") == 1


def test_two_deciders_racing_for_one_conduct_reported_twice_make_one_finding(scene: Scene) -> None:
    cases = ("B1", "B2")
    for breach in cases:
        scene.report(breach_id=breach, conduct_id="CONDUCT-1")
    for breach in cases:
        scene.notify(breach_id=breach)
    for breach in cases:
        scene.reply(breach_id=breach)

    answers = both(scene, confirmation("B1", DECIDER, "GENERAL"), confirmation("B2", DECIDER_2, "GENERAL"))

    assert answers == ["accepted", "conduct-decided"]
    assert types(scene).count("BreachConfirmed") == 1


def test_who_decides_on_what_they_saw_loses_to_who_was_first(scene: Scene) -> None:
    scene.report()
    scene.notify()
    scene.reply()  # version 3
    scene.confirm(by=DECIDER)

    with scene.refused("wrong-state"):
        scene.dismiss("2025-03-20", by=DECIDER_2, after=3)
    scene.appeal(after=4)
    with scene.refused("stale-version", "after"):
        scene.decide_appeal(after=4)


def test_two_hands_racing_over_a_check_decide_it_once(scene: Scene) -> None:
    scene.consent("2025-03-19", expires_on="2025-12-31")
    scene.request_check("2025-03-19")
    considered = {"check_id": "K1", "decision": "ELIGIBLE", "reasons": "…"}
    scene.on_day("2025-03-20")
    considerations = dict.fromkeys(
        (
            "nature_of_position", "nature_and_seriousness", "circumstances", "recency", "age_at_the_time",
            "contributing_conditions", "rehabilitation",
        ),
        "…",
    )  # fmt: skip
    lines = [
        Line("EligibilityDecided", date(2025, 3, 20), by, {**considered, "considerations": considerations})
        for by in (HR, HR_2)
    ]

    assert both(scene, *lines) == ["accepted", "wrong-state"]


def test_a_consent_withdrawn_between_evaluation_and_decision_ends_the_check(scene: Scene) -> None:
    scene.consent()
    scene.request_check("2025-09-01")
    scene.withdraw_consent("2025-09-04")

    with scene.refused("check-withdrawn"):
        scene.decide("2025-09-05", "ELIGIBLE")
    with scene.refused("check-withdrawn"):
        scene.notice("2025-09-05", reply_due="2025-09-15")
    before, after = (
        check(scene.ledger, "K1", as_of=date.fromisoformat(on), as_known=scene.ledger.size)
        for on in ("2025-09-03", "2025-09-04")
    )
    assert (before["state"], after["state"], after["decision"]) == ("EVALUATED", "WITHDRAWN", None)
    assert (before["outcome"], before["hits"]) == (after["outcome"], after["hits"])  # what was said stays as made


def test_a_consent_withdrawn_after_the_decision_undoes_nothing(scene: Scene) -> None:
    scene.consent()
    scene.request_check("2025-09-01")
    scene.decide("2025-09-05", "ELIGIBLE")
    scene.withdraw_consent("2025-09-06")

    scene.notify_result("2025-09-07")

    assert check(scene.ledger, "K1", as_of=date(2025, 9, 7), as_known=scene.ledger.size)["state"] == "NOTIFIED"


def test_a_reply_on_the_last_day_and_a_decision_on_the_first_after_it(scene: Scene) -> None:
    scene.report()
    scene.notify()  # until 2025-03-10
    with scene.refused("reply-period-open"):
        scene.confirm("2025-03-10")

    scene.confirm("2025-03-11")


def test_a_repair_applied_for_on_the_first_allowed_day(scene: Scene) -> None:
    scene.found()  # GENERAL, decided on 2025-03-20: three months
    with scene.refused("repair-window-closed"):
        scene.apply_for_repair("2025-06-19")

    file = integrity_file(scene.ledger, "P1", as_of=date(2025, 6, 19), as_known=scene.ledger.size, viewer="SUBJECT")
    assert file["breaches"][0]["repair_from"] == "2025-06-20"
    scene.apply_for_repair("2025-06-20")


def test_a_paper_of_the_day_before_is_too_early_however_late_it_is_recorded(scene: Scene) -> None:
    scene.found()

    with scene.refused("repair-window-closed"):
        scene.apply_for_repair("2025-06-19", recorded="2025-06-23", doc=DOCUMENT)


def test_a_minor_finding_is_repaired_on_the_day_it_is_made(scene: Scene) -> None:
    scene.found("MINOR")

    scene.apply_for_repair("2025-03-20", performed_on="2025-03-20")


def test_the_first_day_clamped_to_the_month_s_end(scene: Scene) -> None:
    scene.take_over("2025-11-30", severity="GENERAL", record_kind="PENALTY")
    with scene.refused("repair-window-closed"):
        scene.apply_for_repair("2026-02-27", breach_id="B2")

    scene.apply_for_repair("2026-02-28", breach_id="B2")


def test_a_repair_is_approved_on_the_last_day_before_max_and_not_on_it(scene: Scene) -> None:
    scene.found("MINOR")  # max 2025-06-20
    scene.apply_for_repair("2025-06-10")
    scene.accept_repair("2025-06-11")
    with scene.refused("finding-over"):
        scene.approve("2025-06-20")
