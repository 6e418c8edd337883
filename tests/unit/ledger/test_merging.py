"""Two registrations of one person: merged, read as one, and apart again, with cases open all the while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from ledger.certificates import read_check
from ledger.errors import LedgerError
from ledger.line import Line, LineActor
from projections.deadlines import Asked, deadlines
from projections.eligibility import check
from projections.evidence import evidence
from projections.integrity_file import integrity_file
from projections.unit_score import unit_score
from tests.support.scene import ABSENT, CREDIT, DECIDER, DOCUMENT, HR, P1, P2, SYSTEM, Scene, a_scene

P3 = LineActor("P3", "SUBJECT")
LATER = date(2025, 12, 31)


@pytest.fixture
def twice(tmp_path: Path) -> Iterator[Scene]:
    """P3 is registered as well, and has no post: the same person as P1, as will turn out."""
    with a_scene(tmp_path) as scene:
        scene.register_person("2025-01-02", "P3")
        yield scene


def file(scene: Scene, subject: str, on: date = LATER, size: int | None = None) -> dict[str, Any]:
    known = scene.ledger.size if size is None else size
    return integrity_file(scene.ledger, subject, as_of=on, as_known=known)


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer says, whatever it was asked for and when."""
    return {name: value for name, value in answer.items() if name not in ("as_known", "size", "timeline")}


def balance(scene: Scene, subject: str, on: date = LATER, size: int | None = None) -> str:
    return str(file(scene, subject, on, size)["balance"]["value"])


def names(answer: dict[str, Any], section: str) -> list[str]:
    return sorted(one["id"] for one in answer[section])


def test_both_ids_lead_to_one_file_with_the_records_of_both(twice: Scene) -> None:
    twice.found()
    twice.take_over("2025-04-15", subject_id="P3", severity="GENERAL")
    twice.merge("2025-05-01", "P3", "P1")

    assert file(twice, "P3") == file(twice, "P1")
    assert file(twice, "P1")["subject"] == "P1"
    assert names(file(twice, "P1"), "breaches") == ["B1", "B2"]


def test_the_balance_weighs_what_stands_under_either(twice: Scene) -> None:
    twice.found()
    twice.take_over("2025-04-15", subject_id="P3", severity="SERIOUS")
    on = date(2025, 5, 2)
    assert (balance(twice, "P1", on), balance(twice, "P3", on)) == ("90.00", "70.00")

    twice.merge("2025-05-01", "P3", "P1")

    assert balance(twice, "P1", on) == balance(twice, "P3", on) == "60.00"


def test_as_known_before_the_merge_every_answer_is_as_it_was(twice: Scene) -> None:
    twice.found()
    twice.take_over("2025-04-15", subject_id="P3")
    size = twice.ledger.size
    before = {name: file(twice, name, size=size) for name in ("P1", "P3")}

    twice.merge("2025-05-01", "P3", "P1")

    assert {name: file(twice, name, size=size) for name in ("P1", "P3")} == before


def test_as_known_after_it_a_merge_holds_on_every_day(twice: Scene) -> None:
    twice.take_over("2025-04-15", subject_id="P3")
    twice.merge("2025-05-01", "P3", "P1")

    assert names(file(twice, "P1", date(2025, 4, 20)), "breaches") == ["B2"]


def test_undoing_restores_both_and_what_was_written_between_stays_with_whom_it_was_written_for(twice: Scene) -> None:
    twice.found()
    twice.take_over("2025-04-15", subject_id="P3")
    before = {name: told(file(twice, name)) for name in ("P1", "P3")}
    twice.merge("2025-05-01", "P3", "P1")
    twice.take_over("2025-05-02", subject_id="P3", breach_id="B3", severity="GENERAL")
    assert names(file(twice, "P1"), "breaches") == ["B1", "B2", "B3"]

    twice.undo_merge("2025-05-10", "P3")

    assert told(file(twice, "P1")) == before["P1"]
    assert names(file(twice, "P3"), "breaches") == ["B2", "B3"]


def test_a_merge_while_a_case_is_open(twice: Scene) -> None:
    """Reported under one id, answered under the other, found, appealed and repaired: one case, one person."""
    twice.report(subject_id="P3", duty_related=False)
    twice.notify()
    twice.merge("2025-02-26", "P3", "P1")
    twice.reply()  # by P1
    with twice.refused("own-case"):
        twice.confirm("2025-03-20", by=LineActor("P1", "DECIDER", "CREDIT-OFFICE"))
    twice.confirm()
    twice.appeal()  # by P1
    with twice.refused("own-case"):
        twice.decide_appeal("2025-04-09", by=LineActor("P1", "REVIEWER", "PERSONNEL"))
    twice.decide_appeal("2025-05-20")
    twice.apply_for_repair("2025-06-20", by=P3)
    twice.accept_repair()
    twice.approve()

    for subject in ("P1", "P3"):
        (breach,) = file(twice, subject)["breaches"]
        assert (breach["id"], breach["state"]) == ("B1", "REPAIRED")


def test_a_merge_while_a_check_is_open(twice: Scene) -> None:
    """The evaluation stays as it was made; the candidate answers under either id; the next one sees both."""
    twice.take_over("2025-04-15", subject_id="P3")
    twice.consent()
    twice.request_check()
    twice.merge("2025-09-01", "P3", "P1")
    made = check(twice.ledger, "K1", as_of=LATER, as_known=twice.ledger.size)
    assert (made["outcome"], made["subject"]) == ("CLEAR", "P1")
    twice.notice()
    twice.respond(by=P3)
    twice.decide("2025-09-12", "ELIGIBLE")

    twice.request_check("2025-09-15", check_id="K2")

    again = check(twice.ledger, "K2", as_of=LATER, as_known=twice.ledger.size)
    assert (again["outcome"], again["breaches_in_report"]) == ("BLOCK", ["B2"])


def test_a_consent_given_under_one_id_holds_for_a_check_under_the_other(twice: Scene) -> None:
    twice.merge("2025-05-01", "P3", "P1")
    twice.consent()
    twice.request_check(subject_id="P3")

    assert check(twice.ledger, "K1", as_of=LATER, as_known=twice.ledger.size)["outcome"] == "CLEAR"


def on_the_other_s_consent(scene: Scene) -> None:
    """K1 about P1 rests on a consent of P3, who then turns out to be somebody else."""
    scene.merge("2025-08-01", "P3", "P1")
    scene.consent(by=P3, subject_id="P3")
    scene.request_check()


def test_once_apart_nothing_is_decided_on_the_other_s_consent(twice: Scene) -> None:
    on_the_other_s_consent(twice)
    twice.undo_merge("2025-09-02", "P3")
    for step in (twice.decide, twice.notice):
        with twice.refused("check-withdrawn"):
            step("2025-09-12", **({"decision": "ELIGIBLE"} if step == twice.decide else {}))

    with twice.refused("check-withdrawn"):
        twice.withdraw_check("2025-09-13")


def test_once_apart_the_check_reads_withdrawn_as_the_command_says(twice: Scene) -> None:
    """From the undoing on, in every answer, before anybody withdraws the consent; as known before it, it stands."""
    on_the_other_s_consent(twice)
    before = twice.ledger.size
    twice.undo_merge("2025-09-02", "P3")
    with twice.refused("check-withdrawn"):
        twice.decide("2025-09-12", "ELIGIBLE")
    size = twice.ledger.size

    def state(on: date, known: int) -> str:
        return str(check(twice.ledger, "K1", as_of=on, as_known=known)["state"])

    assert [state(date(2025, 9, 1), size), state(date(2025, 9, 2), size)] == ["EVALUATED", "WITHDRAWN"]
    assert state(LATER, before) == "EVALUATED"
    assert [one["state"] for one in file(twice, "P1")["checks"]] == ["WITHDRAWN"]
    uid = str(twice.ledger.uid("check", "K1"))
    assert read_check(twice.ledger, uid, size, LATER).state == "WITHDRAWN"
    waited = deadlines(twice.ledger, as_of=LATER, as_known=size, asked=Asked())["deadlines"]
    assert [row["kind"] for row in waited if row["record_kind"] == "check"] == []

    twice.merge("2025-09-13", "P3", "P1")  # they were one after all
    assert state(LATER, twice.ledger.size) == "EVALUATED"
    twice.decide("2025-09-14", "ELIGIBLE")


OLD = {"system": "OLD", "record": "r1"}  # ids are unique in one source system only


@pytest.mark.parametrize("another", [False, True], ids=["alone", "another-system-s-N1-of-P2"])
def test_once_apart_the_check_is_withdrawn_whosever_consent_another_system_calls_the_same(
    twice: Scene, another: bool
) -> None:
    if another:
        twice.consent("2025-07-01", subject_id="P2", by=P2, source=OLD)
    on_the_other_s_consent(twice)
    twice.undo_merge("2025-09-02", "P3")

    assert check(twice.ledger, "K1", as_of=LATER, as_known=twice.ledger.size)["state"] == "WITHDRAWN"
    assert [one["state"] for one in file(twice, "P1")["checks"]] == ["WITHDRAWN"]
    with twice.refused("check-withdrawn"):
        twice.decide("2025-09-12", "ELIGIBLE")


@pytest.mark.parametrize("ours_first", [True, False])
def test_a_withdrawal_of_what_another_system_calls_the_same_takes_no_consent_away(
    twice: Scene, ours_first: bool
) -> None:
    if ours_first:
        twice.consent()
    twice.consent(subject_id="P2", by=P2, source=OLD)
    if not ours_first:
        twice.consent()
    twice.request_check()
    twice.withdraw_consent("2025-09-02", subject_id="P2", by=P2, source=OLD)

    ledger = twice.ledger
    assert check(ledger, "K1", as_of=LATER, as_known=ledger.size)["state"] == "EVALUATED"
    assert [one["state"] for one in file(twice, "P1")["checks"]] == ["EVALUATED"]
    assert read_check(ledger, str(ledger.uid("check", "K1")), ledger.size, LATER).state == "EVALUATED"
    asked = deadlines(ledger, as_of=date(2025, 9, 3), as_known=ledger.size, asked=Asked())["deadlines"]
    assert any(row["record_kind"] == "check" for row in asked)
    twice.decide("2025-09-12", "ELIGIBLE")


@pytest.mark.parametrize(("withdrawn", "state"), [({}, "WITHDRAWN"), ({"source": OLD}, "EVALUATED")])
def test_of_two_consents_of_one_person_under_one_id_the_check_rests_on_the_one_that_held(
    twice: Scene, withdrawn: dict[str, Any], state: str
) -> None:
    """The other system's is for promotions, so the evaluation took ours."""
    twice.consent("2025-07-01", purpose="PROMOTE", source=OLD)
    twice.consent()
    twice.request_check()
    twice.withdraw_consent("2025-09-02", **withdrawn)

    assert check(twice.ledger, "K1", as_of=LATER, as_known=twice.ledger.size)["state"] == state
    assert [one["state"] for one in file(twice, "P1")["checks"]] == [state]


def test_a_check_reads_no_consent_but_its_own_once_others_came_apart(
    twice: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many consents there are, a check costs its own person's entries."""
    twice.consent("2025-07-01", subject_id="P2", by=P2, source=OLD)
    twice.merge("2025-08-01", "P3", "P1")
    twice.consent()
    twice.request_check()
    twice.undo_merge("2025-09-02", "P3")
    ledger, read = twice.ledger, list[str]()

    def noted(whole: Callable[[str, int], Any]) -> Callable[[str, int], Any]:
        def reading(name: str, size: int) -> Any:
            read.append(name)
            return whole(name, size)

        return reading

    for method in ("by_type", "stream"):
        monkeypatch.setattr(ledger, method, noted(getattr(ledger, method)))

    assert check(ledger, "K1", as_of=LATER, as_known=ledger.size)["state"] == "EVALUATED"

    assert [name for name in read if name.startswith("consent/")] == [f"consent/{ledger.uid('consent', 'N1')}"]
    assert not {"ConsentGiven", "ConsentWithdrawn"} & set(read)


def test_an_undoing_that_parts_others_takes_no_consent_away(twice: Scene) -> None:
    twice.merge("2025-01-03", "P2", "P1")
    on_the_other_s_consent(twice)
    twice.undo_merge("2025-09-02", "P2")

    twice.decide("2025-09-12", "ELIGIBLE")


def test_what_was_asked_on_a_statutory_basis_needs_no_consent_once_apart(twice: Scene) -> None:
    twice.merge("2025-08-01", "P3", "P1")
    twice.consent(by=P3, subject_id="P3")
    twice.request_check(statutory_basis="公务员法 26")
    twice.undo_merge("2025-09-02", "P3")

    twice.decide("2025-09-12", "ELIGIBLE")


def test_what_was_decided_before_they_came_apart_goes_on_to_its_end(twice: Scene) -> None:
    on_the_other_s_consent(twice)
    twice.decide("2025-09-02", "ELIGIBLE")
    twice.undo_merge("2025-09-03", "P3")

    twice.notify_result("2025-09-04")
    twice.dispute("2025-09-05")


def test_once_apart_the_other_s_withdrawal_withdraws_the_check_for_readers_too(twice: Scene) -> None:
    on_the_other_s_consent(twice)
    twice.undo_merge("2025-09-02", "P3")
    before = twice.ledger.size
    twice.withdraw_consent("2025-09-03", by=P3, subject_id="P3")

    with twice.refused("check-withdrawn"):
        twice.decide("2025-09-12", "ELIGIBLE")
    read = [check(twice.ledger, "K1", as_of=LATER, as_known=size)["state"] for size in (before, twice.ledger.size)]
    assert read == ["WITHDRAWN", "WITHDRAWN"]
    assert [one["state"] for one in file(twice, "P1")["checks"]] == ["WITHDRAWN"]


def test_conduct_is_decided_once_across_both(twice: Scene) -> None:
    twice.report(conduct_id="X")
    twice.notify()
    twice.reply()
    twice.report("2025-03-19", breach_id="B2", subject_id="P3", conduct_id="X")
    twice.confirm()
    twice.merge("2025-05-01", "P3", "P1")
    twice.notify("2025-05-02", breach_id="B2", reply_due="2025-05-19")
    twice.reply("2025-05-05", breach_id="B2", by=P1)

    with twice.refused("conduct-decided"):
        twice.confirm("2025-05-20", breach_id="B2")


def test_the_posts_of_both_say_which_unit_it_was(twice: Scene) -> None:
    twice.merge("2025-02-01", "P3", "P1")

    twice.report(subject_id="P3")

    assert twice.newest().data["unit_at_time"] == twice.ledger.uid("subject", "U1")


def test_a_finding_links_to_a_merged_unit_and_back(twice: Scene) -> None:
    twice.register_unit("2025-01-02", "U3")
    twice.adopt_scheme()
    twice.found()
    twice.score()
    twice.publish()
    size = twice.ledger.size
    twice.merge("2025-05-01", "U1", "U3", by=CREDIT)

    merged = unit_score(twice.ledger, "U3", as_of=date(2025, 5, 2), as_known=twice.ledger.size)
    alone = unit_score(twice.ledger, "U1", as_of=date(2025, 5, 2), as_known=size)

    assert merged["value"] == alone["value"]
    assert [line["value"] for line in merged["lines"]] == [line["value"] for line in alone["lines"]]
    assert names(file(twice, "P1"), "breaches") == ["B1"]


def test_a_bar_imposed_under_one_id_is_lifted_under_the_other(twice: Scene) -> None:
    twice.impose("2025-03-01", subject_id="P3")
    twice.merge("2025-05-01", "P3", "P1")

    twice.lift("2025-06-01", subject_id="P1")

    (bar,) = file(twice, "P1")["sanctions"]
    assert bar["state"] == "LIFTED"


def test_registrations_merged_one_after_the_other_are_one(twice: Scene) -> None:
    twice.take_over("2025-04-15", subject_id="P3")
    twice.merge("2025-05-01", "P3", "P2")
    twice.merge("2025-05-02", "P2", "P1")
    assert names(file(twice, "P1"), "breaches") == ["B2"]

    twice.undo_merge("2025-05-03", "P2")

    assert (names(file(twice, "P1"), "breaches"), names(file(twice, "P3"), "breaches")) == ([], ["B2"])


def test_who_reported_under_one_id_does_not_decide_under_the_other(twice: Scene) -> None:
    twice.report(subject_id="P2", by=LineActor("P3", "REPORTER"))
    twice.merge("2025-02-21", "P3", "P1")

    with twice.refused("reporter-may-not-decide"):
        twice.decline("2025-02-22", by=LineActor("P1", "DECIDER", "CREDIT-OFFICE"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"approvers": ["hr-2"]}, "two-approvers-required"),
        ({"approvers": ["hr-2", "hr-2"]}, "two-approvers-required"),
        ({"approvers": ["hr-2", "P1"]}, "own-case"),
        ({"approvers": ["hr-2", "P3"]}, "own-case"),
        ({"by": LineActor("P1", "HR", "PERSONNEL")}, "own-case"),
        ({"doc": None}, "document-required"),
        ({"into": "P3"}, "merge-with-itself"),
        ({"into": "U1"}, "kinds-differ"),
        ({"by": DECIDER}, "role-not-allowed"),
    ],
)
def test_a_merge_needs_two_approvers_and_a_paper_and_nobody_concerned(
    twice: Scene, changes: dict[str, Any], code: str
) -> None:
    given = dict(changes)
    with twice.refused(code):
        twice.merge("2025-05-01", "P3", given.pop("into", "P1"), **given)


def test_what_is_merged_is_merged_once_and_no_circle_closes(twice: Scene) -> None:
    with twice.refused("not-merged"):
        twice.undo_merge("2025-05-01", "P3")
    twice.merge("2025-05-01", "P3", "P1")
    for subject, into in (("P3", "P2"), ("P1", "P3"), ("P2", "P3")):
        with twice.refused("already-merged"):
            twice.merge("2025-05-02", subject, into)


def test_two_approvers_are_two_people_not_two_registrations(twice: Scene) -> None:
    twice.register_person("2025-01-02", "P4", id_number="230803187501010011")
    twice.register_unit("2025-01-02", "U3")
    twice.merge("2025-05-01", "P3", "P4")
    with twice.refused("two-approvers-required"):
        twice.merge("2025-05-02", "U3", "U2", approvers=["P3", "P4"])


def test_an_act_recorded_for_one_id_answers_the_case_of_the_other(twice: Scene) -> None:
    twice.report(subject_id="P3")
    twice.notify()
    twice.merge("2025-02-26", "P3", "P1")
    with twice.refused("not-the-subject"):
        twice.reply(by=HR, on_behalf_of="P2", doc=DOCUMENT)

    twice.reply(by=HR, on_behalf_of="P1", doc=DOCUMENT)


def test_nobody_seconds_a_departure_in_the_case_of_their_other_registration(twice: Scene) -> None:
    twice.blocked_check()
    twice.merge("2025-09-01", "P3", "P1")

    with twice.refused("second-approver-required"):
        twice.decide("2025-09-12", "ELIGIBLE", second_approver="P3")
    twice.decide("2025-09-12", "ELIGIBLE", second_approver="hr-2")


def test_a_circle_does_not_close_when_two_merge_at_once(twice: Scene) -> None:
    """Each merge rests on the other registration's stream: whoever comes second is judged by what the first wrote."""
    twice.on_day("2025-05-01")
    lines = [_merge_line("P3", "P1"), _merge_line("P1", "P3")]
    start, codes = Barrier(2), []

    def submit(line: Line) -> None:
        start.wait()
        try:
            twice.ledger.submit(line)
        except LedgerError as error:
            codes.append(error.code)

    threads = [Thread(target=submit, args=(line,)) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert codes == ["already-merged"]
    assert len(twice.ledger.relations().into) == 1


def _merge_line(subject: str, into: str) -> Line:
    data = {"subject_id": subject, "into_id": into, "approvers": ["hr-2", "legal-1"], "reason": "…", "doc": DOCUMENT}
    return Line("SubjectsMerged", date(2025, 5, 1), HR, data)


def test_the_persons_evidence_bundle_holds_the_entries_of_both(twice: Scene) -> None:
    twice.found()
    twice.take_over("2025-04-15", subject_id="P3")
    twice.merge("2025-05-01", "P3", "P1")
    seen = integrity_file(twice.ledger, "P1", as_of=LATER, as_known=twice.ledger.size, viewer="SUBJECT")

    indexes, disclosed = evidence(twice.ledger, seen)

    other = twice.ledger.uid("breach", "B2")
    (taken_over,) = twice.ledger.stream(f"breach/{other}", twice.ledger.size)
    assert taken_over.index in indexes
    assert disclosed(taken_over.index)


def test_an_identity_is_not_erased_while_a_case_of_the_other_registration_is_open(twice: Scene) -> None:
    twice.report(subject_id="P3")
    twice.merge("2025-03-01", "P3", "P1")
    data = {"erasure_id": "E1", "scope": "SUBJECT", "subject_id": "P1", "class": "IDENTITY", "ground": "RULING"}
    data |= {"legal_basis": ["个人信息保护法 47"], "approvers": ["dpo-2", "legal-1"], "doc": DOCUMENT}  # type: ignore[dict-item]

    with twice.refused("open-case"):
        twice.act("ErasureOrdered", "2025-03-02", LineActor("dpo-1", "DPO"), data)


def test_the_ledger_lifts_no_sanction_that_runs_on_for_one_under_another_registration(twice: Scene) -> None:
    twice.impose("2025-02-01", kind="WARNING", until=ABSENT)  # to 2025-08-01
    twice.impose("2025-06-01", subject_id="P3", kind="DEMERIT", until=ABSENT)  # alone to 2026-06-01
    twice.merge("2025-06-10", "P3", "P1")

    with twice.refused("human-decision-required"):
        twice.lift("2026-06-10", kind="DEMERIT", doc=ABSENT, by=SYSTEM)
    twice.lift("2026-08-02", kind="DEMERIT", doc=ABSENT, by=SYSTEM)

    assert twice.newest().uid == twice.ledger.uid("subject", "P3")


def test_a_lifting_without_a_first_day_lifts_the_newest_of_all_registrations(twice: Scene) -> None:
    twice.impose("2025-02-01", kind="WARNING", until=ABSENT)
    twice.impose("2025-03-01", subject_id="P3", kind="WARNING", until=ABSENT)
    twice.merge("2025-03-10", "P3", "P1")
    twice.lift("2025-04-01", kind="WARNING")
    file = integrity_file(twice.ledger, "P1", as_of=date(2025, 4, 2), as_known=twice.ledger.size)

    assert twice.newest().uid == twice.ledger.uid("subject", "P3")
    assert [one["from"] for one in file["sanctions"] if one["state"] == "LIFTED"] == ["2025-03-01"]
