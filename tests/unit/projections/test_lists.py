"""One handler per type of entry: what each does to its row."""

from __future__ import annotations

import hashlib
import inspect
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from projections import lists, views
from projections.integrity_file import integrity_file
from projections.lists import HANDLERS, OPENING, TYPES, Rows, Unhandled, fold
from projections.runner import catch_up
from projections.unit_score import unit_score
from projections.views import COLUMNS
from tests.support.scene import a_scene
from tests.support.small_log import SmallLog, registered_log, uid_of

OF_KEY = {
    "B1": ("breaches", "breach"),
    "C1": ("commitments", "commitment"),
    "x1": ("records", "record"),
    "K1": ("checks", "check"),
}
# `views.FOLDS` and the digest of the handlers it stands for. Another digest: if a handler means something else now,
# `FOLDS` is raised, so that lists kept by older handlers are made again instead of being taken for edited ones; the
# digest is noted here in any case.
HANDLERS_OF_FOLDS = (1, "944ff426c1f63dfe")
REPORT = {"breach_id": "B1", "subject_id": "P1", "category": "DUTY", "proposed_severity": "GENERAL",
          "occurred_on": "2025-01-05", "duty_related": True, "unit_at_time": "U1"}  # fmt: skip
LISTING = {"breach_id": "B1", "subject_id": "P1", "record_kind": "SEVERE_LIST", "severity": "SERIOUS",
           "decision_on": "2025-01-05"}  # fmt: skip
PROMISE = {"commitment_id": "C1", "promisor_id": "P1", "kind": "SERVICE", "due_on": "2025-06-30", "weight": 2,
           "public": True}  # fmt: skip
RECORD = {"source": "CHI", "source_record": "x1", "kind": "ALLEGATION", "outcome": "CONFIRMED", "layer": "CHI00",
          "subject_id": "P1", "unit_id": "U1", "occurred_on": "1999", "case_ref": "c9"}  # fmt: skip


CHECK = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "post_ref": "岗位一", "requester": "U1"}


def folded(log: SmallLog) -> Rows:
    rows = Rows()
    for entry in log.entries:
        fold(rows, entry)
    return rows


def row_of(log: SmallLog, key: str) -> dict[str, Any]:
    name, kind = OF_KEY[key]
    return folded(log).lists[name][uid_of(kind, key)]


def after(*steps: tuple[str, dict[str, Any]]) -> SmallLog:
    log = registered_log()
    for kind, data in steps:
        log.append(kind, "2025-02-01", data)
    return log


BREACH_STEPS = [
    ("ReportDeclined", {"reason": "NO_BASIS"}, {"state": "DECLINED"}),
    ("BreachNotified", {"reply_due": "2025-02-20"}, {"state": "NOTIFIED", "reply_due": "2025-02-20"}),
    ("BreachReplied", {}, {"state": "REPLIED"}),
    ("ReplyLapsed", {}, {"state": "LAPSED"}),
    ("BreachConfirmed", {"severity": "MINOR", "decision_on": "2025-02-01"},
     {"state": "CONFIRMED", "severity": "MINOR", "decision_on": "2025-02-01"}),
    ("BreachDismissed", {"disposition": "NO_FAULT"}, {"state": "DISMISSED"}),
    ("BreachAppealed", {"route": "APPEAL"}, {"state": "APPEALED"}),
    ("AppealDecided", {"outcome": "VARIED", "new_severity": "MINOR"}, {"state": "VARIED", "severity": "MINOR"}),
    ("AppealDecided", {"outcome": "UPHELD"}, {"state": "UPHELD", "severity": None}),
    ("AuthorityRecordRemoved", {"removed_on": "2025-02-01"}, {"state": "REMOVED"}),
    ("RecordCorrected", {"field": "list_code", "corrected_value": "TAX"}, {"state": "REPORTED", "list_code": "TAX"}),
    ("RecordVoided", {"reason": "DUPLICATE"}, {"state": "OVERTURNED"}),
    ("RepairApplied", {"repair_id": "R1"}, {"repair_id": "R1", "repair_state": "APPLIED", "state": "REPORTED"}),
    ("RepairReturned", {"repair_id": "R1"}, {"repair_state": "RETURNED"}),
    ("RepairAccepted", {"repair_id": "R1", "due_on": "2025-02-15"},
     {"repair_state": "ACCEPTED", "repair_due": "2025-02-15"}),
    ("RepairPublicised", {"repair_id": "R1"}, {"repair_state": "PUBLICISED"}),
    ("RepairApproved", {"repair_id": "R1"}, {"repair_state": "APPROVED", "state": "REPAIRED"}),
    ("RepairRejected", {"repair_id": "R1"}, {"repair_state": "REJECTED", "state": "REPORTED"}),
    ("RepairRevoked", {"repair_id": "R1"}, {"repair_state": "REVOKED", "state": "CONFIRMED"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data", "changes"), BREACH_STEPS, ids=[step[0] for step in BREACH_STEPS])
def test_a_breach_moves(kind: str, data: dict[str, Any], changes: dict[str, Any]) -> None:
    log = after(("BreachReported", REPORT), (kind, {"breach_id": "B1", **data}))
    row = row_of(log, "B1")
    assert {name: row[name] for name in changes} == changes
    assert (row["first_index"], row["last_index"]) == (log.size - 2, log.size - 1)


def test_a_report_opens_a_row() -> None:
    row = row_of(after(("BreachReported", REPORT)), "B1")
    shown = ("state", "record_kind", "category", "duty_related", "opened_on", "unit_at_time")
    assert [row[name] for name in shown] == ["REPORTED", "LOCAL", "DUTY", True, "2025-02-01", uid_of("subject", "U1")]


def test_an_authority_record_opens_a_row_as_confirmed() -> None:
    row = row_of(after(("AuthorityRecordImported", LISTING)), "B1")
    shown = ("state", "record_kind", "severity", "duty_related", "decision_on")
    assert [row[name] for name in shown] == ["CONFIRMED", "SEVERE_LIST", "SERIOUS", False, "2025-01-05"]


def test_a_commitment_moves() -> None:
    log = after(("CommitmentMade", PROMISE))
    assert (row_of(log, "C1")["state"], row_of(log, "C1")["due"]) == ("OPEN", "2025-06-30")
    log.append("CommitmentAmended", "2025-02-02", {"commitment_id": "C1", "new_due_on": "2025-08-31"})
    assert row_of(log, "C1")["due"] == "2025-08-31"
    log.append("CommitmentFulfilled", "2025-09-01", {"commitment_id": "C1", "fulfilled_on": "2025-09-01"})
    assert (row_of(log, "C1")["state"], row_of(log, "C1")["closed_on"]) == ("FULFILLED_LATE", "2025-09-01")


def test_a_commitment_is_kept_on_time_or_waived() -> None:
    kept = after(("CommitmentMade", PROMISE), ("CommitmentFulfilled", {"commitment_id": "C1"}))
    waived = after(("CommitmentMade", PROMISE), ("CommitmentWaived", {"commitment_id": "C1"}))
    assert (row_of(kept, "C1")["state"], row_of(waived, "C1")["state"]) == ("FULFILLED_ON_TIME", "WAIVED")


def test_a_commitment_taken_over_counts_its_assessments() -> None:
    log = registered_log()
    uid = uid_of("commitment", "k1")
    log.ids[uid] = "k1"
    data = {"source": "OGP", "source_record": "k1", "commitment_id": "k1", "promisor_id": "U1", "due": "2024-06"}
    log.append("CommitmentImported", "2025-02-01", data)
    for year in ("2022", "2023"):
        log.append("CommitmentAssessed", "2025-02-01", {"commitment_id": "k1", "observed_on": year})
    row = folded(log).lists["commitments"][uid]
    assert (row["state"], row["due"], row["source"], row["assessments"]) == ("IMPORTED", "2024-06", "OGP", 2)


def test_a_record_taken_over_counts_what_was_observed_of_it() -> None:
    log = after(("RecordImported", RECORD))
    log.append("SourceStateObserved", "2025-02-02", {"source": "CHI", "source_record": "x1", "observed_on": "2023"})
    row = row_of(log, "x1")
    shown = ("source", "layer", "outcome", "occurred_on", "case_ref", "subject", "unit", "observations")
    people = (uid_of("subject", "P1"), uid_of("subject", "U1"))
    assert [row[name] for name in shown] == ["CHI", "CHI00", "CONFIRMED", "1999", "c9", *people, 1]


def test_an_observation_of_a_record_that_was_not_taken_over_moves_nothing() -> None:
    observed = {"source": "CHI", "source_record": "x2", "observed_on": "2023"}
    assert folded(after(("SourceStateObserved", observed))).lists["records"] == {}


def test_a_corrected_name_and_code_of_a_unit_are_listed_and_a_persons_are_not() -> None:
    log = registered_log()
    for ref in ("U1", "P1"):
        data = {"subject_id": ref, "name": "示范中心", "uscc": "91110000600037341L"}
        log.append("SubjectIdentityCorrected", "2025-02-01", data)
    rows = folded(log).lists["subjects"]
    unit_row, person = rows[uid_of("subject", "U1")], rows[uid_of("subject", "P1")]
    assert (unit_row["name"], unit_row["uscc"]) == ("示范中心", "91110000600037341L")
    assert (person["name"], person["uscc"]) == (None, None)


def test_a_merged_registration_says_which_one_stands_for_it_until_that_is_undone() -> None:
    log = registered_log()
    log.append("SubjectsMerged", "2025-02-01", {"subject_id": "P1", "into_id": "P2"})
    row = folded(log).lists["subjects"][uid_of("subject", "P1")]
    assert row["merged_into"] == uid_of("subject", "P2")
    log.append("MergeUndone", "2025-02-02", {"subject_id": "P1"})
    assert folded(log).lists["subjects"][uid_of("subject", "P1")]["merged_into"] is None


def test_a_person_is_listed_without_a_name_and_with_the_post_that_begins_last() -> None:
    log = registered_log()
    for unit, start in (("U1", "2024-01-01"), ("U2", "2023-01-01")):
        data = {"subject_id": "P1", "unit_id": unit, "level": "L3", "post": "C3", "from": start}
        log.append("PostAssigned", "2025-01-02", data)
    rows = folded(log).lists["subjects"]
    person, unit_row = rows[uid_of("subject", "P1")], rows[uid_of("subject", "U1")]
    assert (person["name"], person["unit"], person["post_from"]) == (None, uid_of("subject", "U1"), "2024-01-01")
    assert (unit_row["name"], unit_row["kind"]) == ("示范单位", "UNIT")


CHECK_STEPS = [
    ("EligibilityEvaluated", {"outcome": "REFER"}, {"state": "EVALUATED", "outcome": "REFER"}),
    ("PreDecisionNoticeSent", {"reply_due": "2025-02-20"}, {"state": "NOTICED", "reply_due": "2025-02-20"}),
    ("CandidateResponded", {}, {"state": "RESPONDED", "decision": None}),
    ("EligibilityDecided", {"decision": "NOT_ELIGIBLE"}, {"state": "DECIDED", "decision": "NOT_ELIGIBLE"}),
    ("EligibilityNotified", {}, {"state": "NOTIFIED"}),
    ("EligibilityDisputed", {}, {"state": "DISPUTED"}),
    ("EligibilityRedetermined", {"decision": "ELIGIBLE"}, {"state": "REDETERMINED", "decision": "ELIGIBLE"}),
    ("EligibilityFinalised", {}, {"state": "FINAL"}),
    ("EligibilityWithdrawn", {}, {"state": "WITHDRAWN"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data", "changes"), CHECK_STEPS, ids=[step[0] for step in CHECK_STEPS])
def test_a_check_moves(kind: str, data: dict[str, Any], changes: dict[str, Any]) -> None:
    log = after(("EligibilityCheckRequested", CHECK), (kind, {"check_id": "K1", **data}))
    row = row_of(log, "K1")
    assert {name: row[name] for name in changes} == changes
    assert (row["subject"], row["first_index"], row["last_index"]) == (
        uid_of("subject", "P1"),
        log.size - 2,
        log.size - 1,
    )


def test_a_request_opens_a_row() -> None:
    row = row_of(after(("EligibilityCheckRequested", CHECK)), "K1")
    shown = ("check_id", "state", "purpose", "post_ref", "requested_on", "outcome", "decision", "reply_due")
    assert [row[name] for name in shown] == ["K1", "REQUESTED", "RECRUIT", "岗位一", "2025-02-01", None, None, None]
    assert (row["subject"], row["requester"]) == (uid_of("subject", "P1"), uid_of("subject", "U1"))


def test_who_asks_without_naming_a_requester_asks_for_their_own_unit() -> None:
    log = registered_log()
    data = {name: value for name, value in CHECK.items() if name != "requester"}
    actor = {"id": "hr", "role": "HR", "unit": "unit-of-hr"}
    log.append("EligibilityCheckRequested", "2025-02-01", data, actor=actor)
    assert row_of(log, "K1")["requester"] == "unit-of-hr"


def test_a_decision_stands_through_what_follows() -> None:
    steps = [
        ("EligibilityEvaluated", {"outcome": "BLOCK"}),
        ("EligibilityDecided", {"decision": "NOT_ELIGIBLE"}),
        ("EligibilityNotified", {}),
        ("EligibilityFinalised", {}),
    ]
    row = row_of(
        after(("EligibilityCheckRequested", CHECK), *((kind, {"check_id": "K1", **data}) for kind, data in steps)), "K1"
    )
    assert (row["state"], row["outcome"], row["decision"]) == ("FINAL", "BLOCK", "NOT_ELIGIBLE")


def test_every_listed_type_has_a_handler_and_no_other() -> None:
    assert set(HANDLERS) == TYPES


def test_a_listed_type_without_a_handler_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "TYPES", TYPES | {"RulebookActivated"})
    with pytest.raises(Unhandled, match="RulebookActivated"):
        folded(registered_log())


def test_a_type_that_is_not_listed_moves_nothing() -> None:
    log = after(("BreachReported", REPORT))
    before = folded(log).lists
    log.append("ClearanceNoticePublished", "2025-03-01", {"breach_id": "B1"})
    assert folded(log).lists == before


def test_rows_have_exactly_the_columns_of_their_list() -> None:
    log = after(
        ("BreachReported", REPORT),
        ("CommitmentMade", PROMISE),
        ("RecordImported", RECORD),
        ("EligibilityCheckRequested", CHECK),
    )
    for name, rows in folded(log).lists.items():
        columns = {"uid", "first_index", "last_index", *(column for column, _ in COLUMNS[name])}
        assert all(row.keys() == columns for row in rows.values())
        assert rows


def test_openings_are_listed() -> None:
    assert OPENING <= TYPES


def test_another_fold_has_another_number() -> None:
    source = inspect.getsource(lists)
    handlers = hashlib.sha256(source[source.index("@handles") :].encode()).hexdigest()[:16]
    assert (views.FOLDS, handlers) == HANDLERS_OF_FOLDS, "see HANDLERS_OF_FOLDS"


def test_another_column_or_another_fold_is_another_schema() -> None:
    number, _, columns = views.SCHEMA.partition("-")
    assert number == str(views.FOLDS)
    assert len(columns) == 16
    assert len(views._SHAPE) == sum(len(listed) for listed in COLUMNS.values())
    assert "breaches.state String" in views._SHAPE


@pytest.mark.parametrize("field", ["ends_on", "unit_at_time", "list_code", "category"])
def test_a_member_corrected_to_nothing_leaves_its_column_empty(field: str, tmp_path: Path) -> None:
    """In a real ledger, whose entries leave out what is null."""
    with a_scene(tmp_path / "scene") as scene:
        scene.found()
        scene.take_over("2025-03-20", ends_on="2025-12-31", list_code="TAX")
        breach = "B1" if field in ("unit_at_time", "category") else "B2"
        uid = scene.ledger.uid("breach", breach) or ""
        engine = scene.store.engine
        shown = []
        for step in (lambda: None, lambda: scene.correct("2025-04-01", field, None, breach_id=breach)):
            step()
            catch_up(scene.ledger, engine)
            with views.reading(engine) as connection:
                standing = views.live(connection)
                assert standing is not None
                shown.append(standing[0].read(connection, "breaches", [uid])[uid][field])
        known = scene.ledger.size
        file = integrity_file(scene.ledger, "P1", as_of=date(2025, 5, 1), as_known=known)
        score = unit_score(scene.ledger, "U1", as_of=date(2025, 5, 1), as_known=known)

    assert shown[0] is not None
    assert shown[1] is None
    assert {one["id"] for one in file["breaches"]} == {"B1", "B2"}
    assert score["reason"] == "not-yet-assessed"
