"""Who is told of what, and what of it is new to them."""

from __future__ import annotations

from pathlib import Path

from api.desk import Desk
from api.pages.notices import seen
from ledger.access import Viewer
from ledger.application import Ledger
from ledger.catalogue import TYPES
from ledger.reading import Logged
from projections.notices import TOLD, notice_of, notices_of, seen_by
from tests.support.scene import a_scene
from tests.support.small_log import SmallLog, golden_log, registered_log, uid_of
from tests.unit.projections.test_deadlines import notify, report

P1, U1 = uid_of("subject", "P1"), uid_of("subject", "U1")


def told(log: SmallLog, subject: str = P1) -> list[str]:
    return [notice.type for notice in notices_of(log, subject, log.size)]


def test_only_types_of_the_catalogue_are_notices() -> None:
    assert set(TYPES) >= TOLD
    assert not TOLD & {"BreachReported", "ReportDeclined", "BreachReplied"}


def test_the_person_of_the_worked_example_is_told_of_each_decision() -> None:
    log = golden_log()

    assert told(log)[-1] == "BreachNotified"
    assert {"AppealDecided", "AuthorityRecordImported", "RepairApproved", "PreDecisionNoticeSent"} <= set(told(log))


def test_a_unit_is_told_of_its_own_matters_and_not_of_its_officials() -> None:
    assert set(told(golden_log(), U1)) == {"AssessmentScored", "AssessmentPublished"}


def test_nobody_is_told_of_a_report_before_the_notice() -> None:
    log = registered_log()
    report(log)
    corrected = {"breach_id": "B1", "target_event": "BreachReported", "field": "category", "corrected_value": "X"}
    log.append("RecordCorrected", "2025-02-21", corrected)
    assert told(log) == []
    notify(log, "2025-02-24", "2025-03-10")
    assert told(log) == ["BreachNotified"]
    assert notice_of(log, log.entries[-2]) is None


def test_one_entry_and_the_list_agree() -> None:
    log = golden_log()
    for subject in (P1, U1):
        one_by_one = [notice_of(log, entry) for entry in log.entries]
        assert notices_of(log, subject, log.size)[::-1] == [one for one in one_by_one if one and one.subject == subject]


def look(index: int, actor: str, known: int, scope: str = "INTEGRITY_FILE", purpose: str = "OWN") -> Logged:
    entry = golden_log().entries[0]
    actors = {"id": actor, "role": "SUBJECT", "unit": U1}
    data = {"scope": [scope], "as_known": known}
    return Logged(
        index, "request/x", 1, "RecordAccessed", "record.accessed.v1", entry.effective_on, entry.recorded_at, actors,
        (P1,), data, purpose=purpose,
    )  # fmt: skip


def test_seen_is_what_the_subject_itself_had_before_it() -> None:
    looks = [look(1, P1, 12), look(2, P1, 9), look(3, "hr", 30), look(4, P1, 31, scope="ACCESS_LOG")]

    assert seen_by(looks, [P1]) == 12
    assert seen_by([look(1, "clerk", 7)], [U1]) == 7  # who acts for the unit
    assert seen_by([look(1, P1, 20, purpose="AUDIT")], [P1]) == seen_by([], [P1]) == 0


def test_under_whichever_registration_the_same_notices_are_read_and_seen(tmp_path: Path) -> None:
    with a_scene(tmp_path / "scene") as scene:
        scene.register_person("2025-01-02", "P3")
        scene.found()
        scene.merge("2025-04-01", "P3", "P1")
        _same_to_both(scene.ledger, "P3", "P1")


def _same_to_both(ledger: Ledger, looking: str, other: str) -> None:
    found = []
    for name in (looking, other):
        uid = ledger.uid("subject", name)
        assert uid is not None
        desk = Desk(ledger, Viewer(name, "SUBJECT"))
        found.append([notice.type for notice in notices_of(ledger, uid, ledger.size)])
        if name == looking:
            assert desk.own_uid() is not None
            desk.file(uid, desk.moment(None, None))
        assert seen(desk, uid) == ledger.size

    assert found == [["BreachConfirmed", "BreachNotified"]] * 2
