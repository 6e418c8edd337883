"""One case over HTTP, told as it happens: from report to repair, and from consent to final decision.

Nine people play it, each with a token of their own: who reported, two who decide, who reviews, the credit office, two
of HR, the official, and the auditor. After every step the story says who may see what, and who may not (DOMAIN §8).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.http import Caller, House, house
from tests.support.scene import CONSIDERATIONS, DOCUMENT, FACTORS, Scene, a_scene

REPORTER = ("reporter-1", "REPORTER", "U1")
DECIDER = ("decider-1", "DECIDER", "CREDIT-OFFICE")
OTHER_DECIDER = ("decider-2", "DECIDER", "CREDIT-OFFICE")
REVIEWER = ("reviewer-1", "REVIEWER", "PERSONNEL")
CREDIT = ("credit-1", "CREDIT", "CREDIT-OFFICE")
HR = ("hr-1", "HR", "PERSONNEL")
OTHER_HR = ("hr-2", "HR", "PERSONNEL")
OFFICIAL = ("P1", "SUBJECT", None)
COLLEAGUE = ("P2", "SUBJECT", None)
HEAD = ("unit-head-1", "UNIT_HEAD", "U1")
AUDITOR = ("auditor-1", "AUDITOR", None)
Who = tuple[str, str, str | None]


class Story:
    """The door on a day. Whoever knocks has a token issued that day."""

    def __init__(self, scene: Scene, door: House) -> None:
        self.scene, self.door, self.day = scene, door, ""

    def on(self, day: str) -> None:
        self.scene.on_day(day)
        self.day = day

    def caller(self, who: Who) -> Caller:
        return self.door.caller(*who)

    def uid(self, kind: str, ref: str) -> str:
        return self.door.uid(kind, ref)

    def does(self, who: Who, path: str, **data: Any) -> None:
        """A command that is accepted."""
        answer = self.caller(who).command(path, _written(data), effective_on=self.day)
        assert answer.status_code == 201, answer.text

    def may_not(self, who: Who, path: str, code: str, **data: Any) -> None:
        """A command that is refused with this code, or whose sender learns that there is nothing."""
        answer = self.caller(who).command(path, _written(data), effective_on=self.day)
        assert answer.status_code in (404, 422), answer.text
        assert answer.json()["code"] == code

    def file(self, who: Who, **query: str) -> dict[str, Any]:
        path = f"/v1/subjects/{self.uid('subject', 'P1')}/integrity-file"
        answer = self.caller(who).get(path, as_of=self.day, **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def states(self, who: Who, **query: str) -> dict[str, str]:
        return {one["id"]: one["state"] for one in self.file(who, **query)["breaches"]}

    def refused(self, who: Who, **query: str) -> str:
        """Why somebody gets no file."""
        path = f"/v1/subjects/{self.uid('subject', 'P1')}/integrity-file"
        answer = self.caller(who).get(path, as_of=self.day, **query)
        assert answer.status_code in (404, 422), answer.text
        return str(answer.json()["code"])

    def check(self, who: Who) -> dict[str, Any]:
        answer = self.caller(who).get(f"/v1/eligibility-checks/{self.uid('check', 'K1')}", as_of=self.day)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def _written(data: dict[str, Any]) -> dict[str, Any]:
    return {name.removesuffix("_"): value for name, value in data.items()}


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with a_scene(tmp_path / "scene") as scene, house(scene.ledger) as door:
        yield Story(scene, door)


OWN_HR = {"purpose": "PROMOTE"}
RECRUITING = {"purpose": "RECRUIT"}


def test_from_report_to_repair_and_from_consent_to_final_decision(story: Story) -> None:
    # Somebody reports. Nobody but the auditor and those who decide learns of it.
    story.on("2025-02-20")
    story.does(
        REPORTER, "/v1/breaches", breach_id="B1", subject_id="P1", category="DUTY", proposed_severity="GENERAL",
        occurred_on="2025-02-10", duty_related=True, summary="承诺事项逾期",
    )  # fmt: skip
    case = f"/v1/breaches/{story.uid('breach', 'B1')}"
    assert story.states(OFFICIAL) == story.states(HR, **OWN_HR) == {}
    assert story.states(AUDITOR) == {"B1": "REPORTED"}
    assert story.refused(COLLEAGUE) == "not-found"

    # The official is told, with facts, basis and rights, and has ten working days.
    story.on("2025-02-24")
    notice = {"served_on": story.day, "proposed_finding": "GENERAL", "basis": ["R-P2"], "rights_text": "可陈述申辩"}
    story.may_not(
        DECIDER, f"{case}/notice", "reply-period-too-short", **notice, facts="逾期一件", reply_due="2025-02-28"
    )
    story.does(DECIDER, f"{case}/notice", **notice, facts="逾期一件", reply_due="2025-03-10")
    assert story.states(OFFICIAL) == {"B1": "NOTIFIED"}
    assert story.states(HR, **OWN_HR) == {}
    assert "reporter-1" not in str(story.file(OFFICIAL))
    assert "reporter-1" in str(story.file(AUDITOR))

    # The official replies. Nobody else can.
    story.on("2025-03-03")
    story.may_not(COLLEAGUE, f"{case}/reply", "not-found", statement="…")
    story.does(OFFICIAL, f"{case}/reply", statement="系统故障导致延误")
    assert "系统故障导致延误" in str(story.file(DECIDER, purpose="CASE"))

    # Who knows the official steps back; somebody else decides, on a document, by six factors, for reasons.
    story.on("2025-03-20")
    finding = {
        "severity": "GENERAL",
        "decision_on": story.day,
        "doc": DOCUMENT,
        "factors": FACTORS,
        "reasons": "逾期属实",
    }
    story.does(DECIDER, "/v1/conflicts", breach_id="B1", grounds=["KINSHIP"])
    story.may_not(DECIDER, f"{case}/confirmation", "conflict-declared", **finding)
    assert story.file(OFFICIAL)["breaches"][0]["recusals"][0]["grounds"] == ["KINSHIP"]
    story.may_not(HR, f"{case}/confirmation", "not-found", **finding)
    story.does(OTHER_DECIDER, f"{case}/confirmation", **finding)
    assert story.states(OFFICIAL) == story.states(HR, **OWN_HR) == {"B1": "CONFIRMED"}
    assert story.file(OFFICIAL)["balance"]["value"] == "90.00"
    assert "balance" not in story.file(HR, **OWN_HR)
    assert story.refused(HR, **RECRUITING) == "consent-missing"
    assert (story.states(HEAD), story.file(HEAD)["name"]) == ({}, None)

    # The official appeals: the points are off while it is open, and own HR sees that it is disputed.
    story.on("2025-04-08")
    story.may_not(OFFICIAL, f"{case}/appeal", "wrong-route", route="OBJECTION", filed_on=story.day, grounds="…")
    story.does(OFFICIAL, f"{case}/appeal", route="REVIEW", filed_on=story.day, grounds="情有可原")
    (seen,) = story.file(HR, **OWN_HR)["breaches"]
    assert (seen["state"], seen["marks"], "texts" in seen) == ("APPEALED", ["DISPUTED"], False)
    assert story.file(OFFICIAL)["balance"]["value"] == "100.00"

    # Another hand reviews.
    story.on("2025-05-20")
    story.may_not(
        ("decider-2", "REVIEWER", "PERSONNEL"), f"{case}/appeal-decision", "decider-may-not-review",
        outcome="UPHELD", reasons="维持",
    )  # fmt: skip
    story.does(REVIEWER, f"{case}/appeal-decision", outcome="UPHELD", reasons="维持")
    assert story.states(OFFICIAL) == {"B1": "UPHELD"}
    assert "维持" in str(story.file(OFFICIAL))

    # From the first allowed day the official may apply for repair; the organ that decided grants it.
    story.on("2025-06-19")
    repair = {"repair_id": "R1", "breach_id": "B1", "performed_on": "2025-03-25", "proofs": ["回执"]}
    story.may_not(OFFICIAL, "/v1/repairs", "repair-window-closed", **repair)
    story.on("2025-06-20")
    story.does(OFFICIAL, "/v1/repairs", **repair)
    repairs = f"/v1/repairs/{story.uid('breach', 'B1')}"
    story.on("2025-06-23")
    story.does(CREDIT, f"{repairs}/acceptance", repair_id="R1", accepted_on=story.day)
    story.on("2025-07-01")
    elsewhere = ("decider-9", "DECIDER", "U2")
    story.may_not(elsewhere, f"{repairs}/approval", "not-the-deciding-organ", repair_id="R1", decision_on=story.day)
    story.does(OTHER_DECIDER, f"{repairs}/approval", repair_id="R1", decision_on=story.day)
    story.does(CREDIT, f"{repairs}/sync-confirmation", repair_id="R1", recipient="信用中国", confirmed_on=story.day)
    assert story.states(HR, **OWN_HR) == {}
    assert story.states(OFFICIAL) == story.states(AUDITOR) == {"B1": "REPAIRED"}
    assert story.file(OFFICIAL)["repairs"][0]["confirmations"][0]["recipient"] == "信用中国"

    # The tax office lists the official; that is taken over as what it is.
    story.on("2025-08-15")
    story.does(
        CREDIT, "/v1/breaches/authority-records", breach_id="B2", subject_id="P1", record_kind="SEVERE_LIST",
        issuer="示范市税务局", doc_no="示税〔2025〕8号", decision_on=story.day, severity="SERIOUS",
    )  # fmt: skip
    listing = f"/v1/breaches/{story.uid('breach', 'B2')}"

    # The official applies elsewhere and consents. Without that HR sees nothing, with it what bears on recruitment.
    story.on("2025-09-01")
    assert story.refused(HR, **RECRUITING) == "consent-missing"
    asked = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "consent_id": "N1", "post_ref": "岗位一"}
    story.does(
        OFFICIAL, "/v1/consents", consent_id="N1", subject_id="P1", purpose="RECRUIT", scope=["BREACHES"],
        recipient="PERSONNEL", expires_on="2025-11-30",
    )  # fmt: skip
    assert story.states(HR, **RECRUITING) == {"B2": "CONFIRMED"}
    assert story.refused(("hr-9", "HR", "U2"), **RECRUITING) == "consent-missing"
    story.does(HR, "/v1/eligibility-checks", **asked)
    check = f"/v1/eligibility-checks/{story.uid('check', 'K1')}"
    made = story.check(OFFICIAL)
    assert (made["outcome"], made["breaches_in_report"], made["state"]) == ("BLOCK", ["B2"], "EVALUATED")
    assert made["hits"][0]["clause"] == "公务员法 26(4)"

    # The candidate is told first, answers, and only then a named human decides, with seven considerations.
    decision = {"reasons": "目前在列入期", "considerations": CONSIDERATIONS}
    story.may_not(HR, f"{check}/decision", "notice-period-open", decision="NOT_ELIGIBLE", **decision)
    story.on("2025-09-02")
    story.does(HR, f"{check}/notice", reply_due="2025-09-09")
    story.on("2025-09-05")
    story.does(OFFICIAL, f"{check}/response", statement="正在办理移出")
    assert story.check(HR)["statement"] == "正在办理移出"
    story.on("2025-09-12")
    story.may_not(HR, f"{check}/decision", "second-approver-required", decision="ELIGIBLE", **decision)
    story.does(HR, f"{check}/decision", decision="NOT_ELIGIBLE", **decision)
    story.does(HR, f"{check}/notification")
    assert story.check(OFFICIAL)["reasons"] == "目前在列入期"

    # The candidate disputes; the source removes its record; another hand looks again, and it is final.
    story.on("2025-09-16")
    story.does(OFFICIAL, f"{check}/dispute", grounds="已移出")
    story.may_not(HR, f"{check}/finalisation", "wrong-state")
    story.on("2025-09-18")
    story.does(CREDIT, f"{listing}/removal", removed_on=story.day, doc=DOCUMENT)
    assert story.states(HR, **RECRUITING) == {}
    story.on("2025-09-19")
    story.may_not(HR, f"{check}/redetermination", "decider-may-not-review", decision="ELIGIBLE", reasons="已移出")
    story.does(OTHER_HR, f"{check}/redetermination", decision="ELIGIBLE", reasons="已移出")
    story.on("2025-09-22")
    story.does(OTHER_HR, f"{check}/finalisation")
    final = story.check(OFFICIAL)
    assert (final["state"], final["decision"], final["outcome"]) == ("FINAL", "ELIGIBLE", "BLOCK")

    # What the official keeps: all of it, and who looked and why. HR keeps nothing of it.
    assert story.states(OFFICIAL) == {"B1": "REPAIRED", "B2": "REMOVED"}
    assert story.states(HR, **OWN_HR) == {}
    looks = story.caller(OFFICIAL).get(f"/v1/subjects/{story.uid('subject', 'P1')}/access-log").json()["looks"]
    seen_by = {(one["role"], one["unit"], one["purpose"]) for one in looks}
    assert {("HR", "PERSONNEL", "PROMOTE"), ("HR", "PERSONNEL", "RECRUIT")} <= seen_by
    assert all("actor" not in one for one in looks)
