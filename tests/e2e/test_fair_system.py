"""The thirteen points of a fair system (DOMAIN §3), each as one test, through the real ledger, its files and its door.

A test is named after its point and told in the checklist's words. P1 is an official of U1 throughout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.artefacts.bundle import parse_bundle
from ledger.errors import Refused
from ledger.rulebook.edition import shipped_edition
from projections.eligibility import check
from projections.integrity_file import integrity_file
from projections.runner import catch_up
from projections.unit_score import unit_score
from tests.support.http import Caller, House, house
from tests.support.scene import (
    ABSENT,
    DECIDER,
    DECIDER_2,
    DOCUMENT,
    EDITION,
    FACTORS,
    P1,
    REPORTER,
    REVIEWER,
    SYSTEM,
    Scene,
    a_scene,
)

OF_RECORDS = ("finding", "linked-finding", "kept-promise")
NOBODY_ELSE = ("HR", "CREDIT", "UNIT_HEAD", "PUBLIC", "REPORTER", "ASSESSOR")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path / "scene") as made:
        yield made


@pytest.fixture
def door(scene: Scene) -> Iterator[House]:
    with house(scene.ledger) as opened:
        yield opened


def file_of(scene: Scene, on: str, subject: str = "P1", viewer: str = "SUBJECT", **more: Any) -> dict[str, Any]:
    known = more.pop("as_known", scene.ledger.size)
    return integrity_file(scene.ledger, subject, as_of=date.fromisoformat(on), as_known=known, viewer=viewer, **more)


def breach(file: dict[str, Any], ref: str = "B1") -> dict[str, Any]:
    return next(one for one in file["breaches"] if one["id"] == ref)


def balance(scene: Scene, on: str, subject: str = "P1") -> str:
    return str(file_of(scene, on, subject)["balance"]["value"])


def score(scene: Scene, on: str, unit: str = "U1") -> dict[str, Any]:
    return unit_score(scene.ledger, unit, as_of=date.fromisoformat(on), as_known=scene.ledger.size)


def assessed(scene: Scene) -> None:
    scene.adopt_scheme()
    scene.score("2025-01-15")
    scene.publish("2025-01-25")


def said(item: dict[str, Any], type_: str) -> dict[str, Any]:
    """The opened texts of the entry of a type."""
    return next(dict(one["sections"]) for one in item["texts"] if one["type"] == type_)


def adopt(scene: Scene, name: str, on: str, *changes: tuple[str, str]) -> None:
    """A new edition, the golden one with these changes, in force from a day on."""
    text = shipped_edition(EDITION).decode()
    for old, new in ((f'id = "{EDITION}"', f'id = "{name}"'), ("2025-01-01", on), *changes):
        assert old in text
        text = text.replace(old, new, 1)
    scene.activate(on, rulebook_id=name, documents=[text.encode()])


def test_1_notice_with_facts_basis_and_evidence(scene: Scene) -> None:
    scene.report(evidence=[{"name": "记录.pdf", "media_type": "application/pdf", "size": 3, "sha256": "ab" * 32}])
    for member, code in (("facts", "missing-field"), ("basis", "missing-field"), ("rights_text", "missing-field")):
        with scene.refused(code, f"data.{member}"):
            scene.notify(**{member: ABSENT})
    with scene.refused("empty", "data.facts"):
        scene.notify(facts=" ")
    with scene.refused("too-few", "data.basis"):
        scene.notify(basis=[])
    assert file_of(scene, "2025-02-24")["breaches"] == []

    scene.notify()

    item = breach(file_of(scene, "2025-02-24"))
    assert (item["notice"]["basis"], item["notice"]["rights_text"]) == (["R-P2"], "可在十个工作日内陈述申辩")
    assert said(item, "BreachNotified")["summary"] == {"facts": "未按承诺时限办结一件"}
    assert said(item, "BreachReported")["evidence"]["evidence"][0]["name"] == "记录.pdf"
    assert [one["route"] for one in item["remedies"]] == ["REPLY"]


def test_2_reply_window_enforced(scene: Scene) -> None:
    scene.report()
    with scene.refused("reply-period-too-short", "data.reply_due"):
        scene.notify(reply_due="2025-03-07")  # nine working days
    scene.notify()  # ten, until 2025-03-10
    with scene.refused("reply-period-open"):
        scene.confirm("2025-03-10")
    with scene.refused("reply-period-over"):
        scene.reply("2025-03-11")

    scene.reply("2025-03-10")

    scene.confirm("2025-03-10")
    assert breach(file_of(scene, "2025-03-10"))["state"] == "CONFIRMED"


def test_3_human_decision_named_reasoned_independent(scene: Scene) -> None:
    scene.report()
    scene.notify()
    scene.reply()
    with scene.refused("human-decision-required"):
        scene.confirm(by=SYSTEM)
    with scene.refused("missing-field", "data.reasons"):
        scene.confirm(reasons=ABSENT)
    with scene.refused("document-required", "data.doc"):
        scene.confirm(doc=ABSENT)
    with scene.refused("reporter-may-not-decide"):
        scene.confirm(by=replace(DECIDER, id=REPORTER.id))
    with scene.refused("own-case"):
        scene.confirm(by=replace(DECIDER, id="P1"))

    scene.step_back("2025-03-19", by=DECIDER_2)
    with scene.refused("conflict-declared"):
        scene.confirm(by=DECIDER_2)

    scene.confirm()
    decided = scene.newest()
    scene.appeal()
    with scene.refused("decider-may-not-review"):
        scene.decide_appeal(by=replace(REVIEWER, id=DECIDER.id))

    assert (decided.actor["role"], decided.actor["id"]) == ("DECIDER", scene.ledger.actor_uid(DECIDER.id)[0])
    assert said(breach(file_of(scene, "2025-04-08")), "BreachConfirmed")["reasons"] == {"reasons": "…"}


def test_4_proportional_severity_with_recorded_factors(scene: Scene) -> None:
    scene.report()
    scene.notify(proposed_finding="GENERAL")
    scene.reply()
    with scene.refused("finding-exceeds-notice", "data.severity"):
        scene.confirm(severity="SERIOUS")
    for factor in FACTORS:
        with scene.refused("missing-field", f"data.factors.{factor}"):
            scene.confirm(factors={name: text for name, text in FACTORS.items() if name != factor})

    scene.confirm(severity="MINOR", factors={**FACTORS, "remedy": "当日补办"})

    item = breach(file_of(scene, "2025-03-20"))
    assert item["severity"] == "MINOR"
    assert said(item, "BreachConfirmed")["factors"]["factors"]["remedy"] == "当日补办"


def test_5_limitation_and_expiry_computed_not_remembered(scene: Scene) -> None:
    adopt(scene, "LIMITED-1", "2025-02-01", ("appeal_days = 30", "appeal_days = 30\nreport_limitation_months = 24"))
    with scene.refused("report-time-barred", "data.occurred_on"):
        scene.report(occurred_on="2023-02-19")
    with scene.refused("report-time-barred", "data.occurred_on"):  # an earlier day on paper does not bring it back
        scene.report("2025-02-18", recorded="2025-02-20", occurred_on="2023-02-19", doc=DOCUMENT)
    scene.report(occurred_on="2023-02-20")  # the last day of two years
    scene.notify()
    scene.reply()
    scene.confirm()
    size = scene.ledger.size

    assert (breach(file_of(scene, "2026-03-19"))["state"], balance(scene, "2026-03-19")) == ("CONFIRMED", "95.00")
    assert (breach(file_of(scene, "2026-03-20"))["state"], balance(scene, "2026-03-20")) == ("EXPIRED", "100.00")
    assert scene.ledger.size == size  # nobody had to write anything


def test_6_discretionary_effects_off_during_an_in_time_dispute(scene: Scene) -> None:
    assessed(scene)
    scene.found()
    scene.take_over("2025-03-20", record_kind="SEVERE_LIST")
    before, of_unit = balance(scene, "2025-03-25"), score(scene, "2025-03-25")["value"]
    scene.appeal("2025-04-08")
    scene.object_to("2025-04-08")
    scene.consent("2025-04-09")
    scene.request_check("2025-04-09")

    file = file_of(scene, "2025-04-09")

    assert (before, file["balance"]["value"]) == ("60.00", "100.00")
    assert Decimal(score(scene, "2025-04-09")["value"]) == Decimal(of_unit) + 2
    assert (breach(file)["effects"], breach(file)["marks"]) == ([], ["DISPUTED"])
    # A statutory effect stands: it is the law's, not ours, and is shown as disputed.
    listed = breach(file, "B2")
    assert ([one["effect"] for one in listed["effects"]], listed["marks"]) == (["listing"], ["DISPUTED"])
    assert check(scene.ledger, "K1", as_of=date(2025, 4, 9), as_known=scene.ledger.size)["outcome"] == "BLOCK"


def test_7_a_correction_propagates_to_every_copy_with_confirmation(scene: Scene, door: House) -> None:
    assessed(scene)
    scene.found("MINOR")
    linked = Decimal(score(scene, "2025-04-01")["value"])
    scene.correct("2025-04-02", "duty_related", False)
    catch_up(scene.ledger, scene.ledger.store.engine)
    auditor = door.caller("auditor-1", "AUDITOR")

    # File, one record, list, and every figure that rests on it say the corrected value from the start.
    assert breach(file_of(scene, "2025-03-25"))["duty_related"] is False
    assert auditor.get(f"/v1/breaches/{door.uid('breach', 'B1')}", as_of="2025-04-02").json()["duty_related"] is False
    (row,) = auditor.get("/v1/breaches").json()["items"]
    assert row["duty_related"] is False
    assert Decimal(score(scene, "2025-04-01")["value"]) > linked
    # What went to another system comes back with its word that it is done, by name and day.
    scene.apply_for_repair("2025-04-03")
    scene.accept_repair("2025-04-04")
    scene.approve("2025-04-07")
    assert file_of(scene, "2025-04-07")["repairs"][0]["confirmations"] == []
    scene.confirm_sync("2025-04-08")
    (confirmed,) = file_of(scene, "2025-04-08")["repairs"][0]["confirmations"]
    assert (confirmed["recipient"], confirmed["confirmed_on"]) == ("信用中国", "2025-04-08")


def test_8_access_to_ones_own_file_look_up_log_and_a_machine_readable_copy(scene: Scene, door: House) -> None:
    scene.found()
    scene.ledger.publish()
    uid, me = door.uid("subject", "P1"), door.caller("P1", "SUBJECT")
    hr = door.caller("hr-1", "HR", "PERSONNEL")
    assert hr.get(f"/v1/subjects/{uid}/integrity-file", purpose="PROMOTE").status_code == 200

    file = me.get(f"/v1/subjects/{uid}/integrity-file", as_of="2025-03-20")
    looks = me.get(f"/v1/subjects/{uid}/access-log").json()["looks"]
    copy = me.get(f"/v1/subjects/{uid}/evidence-bundle")

    assert [one["id"] for one in file.json()["breaches"]] == ["B1"]
    assert ("PERSONNEL", "HR", "PROMOTE") in [(one["unit"], one["role"], one["purpose"]) for one in looks]
    assert copy.status_code == 200
    assert "系统故障导致延误" in disclosed(copy.content)
    assert door.caller("P2", "SUBJECT").get(f"/v1/subjects/{uid}/integrity-file").status_code == 404


def disclosed(copy: bytes) -> str:
    """The personal sections in a bundle."""
    entries = parse_bundle(copy).entries
    return "".join(section.decode() for proven in entries for section in proven.disclosures)


def test_9_no_guilt_by_association(scene: Scene) -> None:
    assessed(scene)
    unit, colleague = score(scene, "2025-04-01")["value"], balance(scene, "2025-04-01", "P2")
    scene.assign("2025-01-25", "P2", "U1", "2025-01-25")
    scene.report(duty_related=False)
    scene.notify()
    scene.reply()
    scene.confirm()
    scene.take_over("2025-03-20", breach_id="B3", subject_id="U1", severity="SERIOUS")
    of_unit = score(scene, "2025-04-01")

    assert balance(scene, "2025-04-01") == "90.00"  # the person's own, and nobody else's
    assert balance(scene, "2025-04-01", "P2") == colleague == "100.00"  # same unit; and nothing flows from the unit
    assert [line for line in of_unit["lines"] if line["label"] == "linked-finding"] == []  # a private matter weighs 0
    assert Decimal(unit) - Decimal(of_unit["value"]) == 10  # what the unit did itself


def test_10_no_hidden_scoring(scene: Scene) -> None:
    assessed(scene)
    scene.found()
    scene.promise("2025-03-21", commitment_id="C2", promisor_id="P1", by=P1)
    scene.fulfil("2025-03-28", commitment_id="C2")

    for figure in (file_of(scene, "2025-04-01")["balance"], score(scene, "2025-04-01")):
        assert sum(Decimal(line["value"]) for line in figure["lines"]) == Decimal(figure["value"])
        assert all(line["clause"] and line["edition"] == EDITION for line in figure["lines"])
        for line in figure["lines"]:
            assert all(0 <= index < scene.ledger.size for index in line["events"])
        about_records = [line for line in figure["lines"] if line["label"] in OF_RECORDS]
        assert about_records
        assert all(line["events"] for line in about_records)


def test_11_look_ups_are_bound_to_a_purpose(scene: Scene, door: House) -> None:
    scene.found()
    uid, hr = door.uid("subject", "P1"), door.caller("hr-1", "HR", "PERSONNEL")
    path, looks = f"/v1/subjects/{uid}/integrity-file", door.looks()

    without_a_purpose = hr.get(path, as_of="2025-09-01")
    unconsented = hr.get(path, as_of="2025-09-01", purpose="RECRUIT")
    assert (without_a_purpose.status_code, unconsented.json()["code"]) == (400, "consent-missing")
    scene.consent("2025-09-01")
    hr = door.caller("hr-1", "HR", "PERSONNEL")  # a token lasts days, not months
    assert hr.get(path, as_of="2025-09-01", purpose="RECRUIT").status_code == 200
    assert door.caller("hr-9", "HR", "U2").get(path, as_of="2025-09-01", purpose="RECRUIT").status_code == 422

    kept = [entry for entry in scene.ledger.access.logged(looks, door.looks()) if entry.type == "RecordAccessed"]
    assert kept
    assert all(entry.purpose for entry in kept)


def test_11_break_glass_is_reviewed(scene: Scene, door: House) -> None:
    scene.found()
    scene.on_day("2025-09-01")
    uid, hr = door.uid("subject", "P1"), door.caller("hr-1", "HR", "PERSONNEL")
    path = f"/v1/subjects/{uid}/integrity-file"
    emergency = {
        "glass_id": "G1", "subject_id": "P1", "ground": "LIFE_OR_SAFETY", "minutes": 60, "second_approver": "hr-2",
        "reasons": "值守失联，须立即核实",
    }  # fmt: skip

    # Two persons open it, for sixty minutes at most, and each read of it is a look that its subject sees at once.
    alone = hr.command("/v1/break-glass", {**emergency, "second_approver": "hr-1"})
    too_long = hr.command("/v1/break-glass", {**emergency, "minutes": 61})
    assert [one.json()["code"] for one in (alone, too_long)] == ["approver-opens", "glass-too-long"]
    glass = hr.command("/v1/break-glass", emergency).json()["uid"]
    opened = scene.newest().recorded_at
    read = hr.get(path, purpose="RECRUIT", break_glass=glass)
    assert (read.status_code, [one["id"] for one in read.json()["breaches"]]) == (200, ["B1"])
    scene.now = opened + timedelta(minutes=60)
    assert hr.get(path, purpose="RECRUIT", break_glass=glass).json()["code"] == "glass-over"
    me = door.caller("P1", "SUBJECT")
    (look,) = me.get(f"/v1/subjects/{uid}/access-log").json()["looks"]
    assert (look["basis"], look["case"], look["unit"]) == ("BREAK_GLASS", glass, "PERSONNEL")

    # The inspectorate has a last day to review it; neither of the two does, and the person reads what was found.
    def waiting(as_of: str) -> list[str]:
        steps = door.caller("auditor-1", "AUDITOR").get("/v1/deadlines", as_of=as_of, limit=100).json()["deadlines"]
        return [one["state"] for one in steps if one["kind"] == "REVIEW_BREAK_GLASS"]

    assert (waiting("2025-09-08"), waiting("2025-09-09")) == (["OPEN"], ["OVERDUE"])
    review = {"outcome": "NOT_JUSTIFIED", "reasons": "当日可以取得授权"}
    for one in ("hr-1", "hr-2"):
        own = door.caller(one, "AUDITOR").command(f"/v1/break-glass/{glass}/review", review)
        assert own.json()["code"] == "opener-may-not-review"
    assert door.caller("auditor-1", "AUDITOR").command(f"/v1/break-glass/{glass}/review", review).status_code == 201
    assert waiting("2025-09-09") == []
    assert [one["state"] for one in me.get(path).json()["break_glass"]] == ["NOT_JUSTIFIED"]


def test_12_dismissed_reports_never_appear_outside_audit(scene: Scene, door: House) -> None:
    scene.report()
    scene.notify()
    scene.dismiss("2025-03-11")
    scene.report("2025-03-12", breach_id="B4")
    scene.decline("2025-03-13", breach_id="B4")
    catch_up(scene.ledger, scene.ledger.store.engine)
    scene.consent("2025-03-14")
    scene.request_check("2025-03-14")

    for viewer in NOBODY_ELSE:
        assert file_of(scene, "2025-03-14", viewer=viewer)["breaches"] == []
    assert file_of(scene, "2025-03-14", viewer="HR", purpose="RECRUIT")["breaches"] == []
    made = check(scene.ledger, "K1", as_of=date(2025, 3, 14), as_known=scene.ledger.size)
    assert (made["outcome"], made["breaches_in_report"]) == ("CLEAR", [])
    assert balance(scene, "2025-03-14") == "100.00"
    credit = door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")
    for ref in ("B1", "B4"):
        assert credit.get(f"/v1/breaches/{door.uid('breach', ref)}", purpose="REPAIR").status_code in (404, 422)
    assert _listed(credit) == set()
    # The person, who was told of B1, and the auditor.
    assert [one["id"] for one in file_of(scene, "2025-03-14")["breaches"]] == ["B1"]
    assert _listed(door.caller("auditor-1", "AUDITOR")) == {"B1", "B4"}


def _listed(viewer: Caller) -> set[str]:
    return {one["breach_id"] for one in viewer.get("/v1/breaches").json()["items"]}


def test_13_a_newer_milder_rule_applies_a_harsher_one_never_backward(scene: Scene) -> None:
    scene.found()
    published = balance(scene, "2025-04-01")
    adopt(scene, "HARSH-1", "2025-05-01", ('GENERAL = "10"', 'GENERAL = "25"'))
    harsher = balance(scene, "2025-05-02")
    adopt(scene, "MILD-1", "2025-05-10", ('GENERAL = "10"', 'GENERAL = "4"'))

    assert (published, harsher, balance(scene, "2025-05-10")) == ("90.00", "90.00", "96.00")
    assert balance(scene, "2025-04-01") == "90.00"  # a result of before stays what it was


def test_a_file_without_a_valid_consent_is_refused_whoever_asks_it_of_the_ledger(scene: Scene) -> None:
    with pytest.raises(Refused, match="no consent"):
        file_of(scene, "2025-09-01", viewer="HR", purpose="RECRUIT")


def test_the_document_behind_a_finding_is_sealed_with_it(scene: Scene) -> None:
    scene.found()

    assert said(breach(file_of(scene, "2025-03-20")), "BreachConfirmed")["document"]["doc"] == DOCUMENT
