"""The evidence bundle over HTTP: what the viewer's own file holds, proven, disclosed as far as they may read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import verify_export
from httpx2 import Response

from ledger.artefacts.bundle import Bundle, parse_bundle
from ledger.artefacts.check import check_bytes
from ledger.artefacts.trust import Trust
from ledger.log.entry import parse_entry
from tests.support.http import NOBODY, Caller, House, golden_house
from tests.unit.api.http.test_statuses import assert_problem


@pytest.fixture(scope="module")
def p1(door: House) -> Caller:
    return door.caller("P1", "SUBJECT")


@pytest.fixture(scope="module")
def auditor(door: House) -> Caller:
    return door.caller("auditor-1", "AUDITOR")


def asked(caller: Caller, uid: str) -> Response:
    return caller.get(f"/v1/subjects/{uid}/evidence-bundle")


def bundle_of(caller: Caller, uid: str) -> Bundle:
    answer = asked(caller, uid)
    assert answer.status_code == 200, answer.text
    return parse_bundle(answer.content)


def disclosed(bundle: Bundle) -> dict[int, dict[str, Any]]:
    """The sections of each entry, by name."""
    return {
        proven.index: {name: value for _, name, value in map(json.loads, proven.disclosures)}
        for proven in bundle.entries
    }


def names_in(bundle: Bundle) -> set[str]:
    return {name for sections in disclosed(bundle).values() for name in sections}


def trusted(door: House) -> Trust:
    return Trust(keys=tuple(key.vkey for key in door.ledger.publisher.keyring().all()))


def test_a_bundle_is_a_file_that_is_not_kept_on_the_way(door: House, p1: Caller) -> None:
    answer = asked(p1, door.uid("subject", "P1"))

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="evidence.bundle.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.endswith(b"\n")


def test_a_bundle_is_found_whole_by_two_verifiers(
    door: House, p1: Caller, auditor: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = door.ledger.opened().data["keys"][0]["vkey"]
    for number, (caller, kind) in enumerate([(p1, "P1"), (auditor, "P1"), (auditor, "P2"), (auditor, "U1")]):
        content = asked(caller, door.uid("subject", kind)).content
        report = check_bytes(content, trusted(door))
        assert report.ok, report.as_json()
        assert {finding.code for finding in report.findings} == {"history"}
        file = tmp_path / f"{number}.bundle.json"
        file.write_bytes(content)
        assert verify_export.main([str(file), "--key", key]) == 0, capsys.readouterr().out


def test_it_holds_the_entries_of_the_file_and_the_keys(door: House, p1: Caller) -> None:
    uid = door.uid("subject", "P1")
    bundle = bundle_of(p1, uid)
    file = p1.get(f"/v1/subjects/{uid}/integrity-file").json()

    assert [proven.index for proven in bundle.entries] == [item["index"] for item in file["timeline"]]
    for proven in bundle.entries:
        assert proven.entry == door.ledger.store.entry(proven.index).state
        assert uid in parse_entry(proven.entry).header["subjects"]
    assert [proven.index for proven in bundle.keys] == [0]


def test_the_person_is_shown_what_their_file_shows_and_who_they_are(door: House, p1: Caller) -> None:
    uid = door.uid("subject", "P1")
    bundle = bundle_of(p1, uid)
    shown = disclosed(bundle)
    file = p1.get(f"/v1/subjects/{uid}/integrity-file").json()

    assert "P1" in shown[bundle.entries[0].index]["identity"].values()
    for breach in file["breaches"]:
        for text in breach["texts"]:
            sections = {name: value for name, value in shown[text["event"]].items() if name != "reporter"}
            assert set(sections) == set(text["sections"])
    assert {"summary", "reasons", "statement"} <= names_in(bundle)


def test_who_reported_is_in_nobodys_bundle(door: House, p1: Caller, auditor: Caller) -> None:
    """Not even the auditor's, who may read it here: a bundle leaves the house."""
    uid, other = door.uid("subject", "P1"), door.uid("subject", "P2")
    reported = [entry for entry in door.ledger.history(uid, door.ledger.size) if entry.type == "BreachReported"]
    assert any("reporter" in door.ledger.sections(entry) for entry in reported), "there is something to hide"

    for bundle in (bundle_of(p1, uid), bundle_of(auditor, uid), bundle_of(auditor, other)):
        assert "reporter" not in names_in(bundle)


def test_the_auditor_takes_nobodys_identity_away(door: House, auditor: Caller) -> None:
    bundle = bundle_of(auditor, door.uid("subject", "P1"))

    assert "identity" not in names_in(bundle)
    assert {"summary", "reasons"} <= names_in(bundle)


def test_an_open_report_is_absent_from_the_bundle_of_whom_it_is_about(door: House, auditor: Caller) -> None:
    uid, breach = door.uid("subject", "P2"), door.uid("breach", "B9")
    (report,) = door.ledger.stream(f"breach/{breach}", door.ledger.size)
    own = bundle_of(door.caller("P2", "SUBJECT"), uid)

    assert report.index not in [proven.index for proven in own.entries]
    assert report.index in [proven.index for proven in bundle_of(auditor, uid).entries], "the control"


def test_a_unit_has_a_bundle_of_its_own_records(door: House) -> None:
    unit = door.caller("unit-head-1", "SUBJECT", "U1")
    uid = door.uid("subject", "U1")
    bundle = bundle_of(unit, uid)

    assert bundle.entries
    people = {door.uid("subject", "P1"), door.uid("subject", "P2")}
    for proven in bundle.entries:
        assert not people & set(parse_entry(proven.entry).header["subjects"])


def test_a_bundle_is_a_look(own_door: House) -> None:
    uid, before = own_door.uid("subject", "P1"), own_door.looks()
    bundle_of(own_door.caller("auditor-1", "AUDITOR"), uid)

    (look,) = list(own_door.ledger.access.logged(before))
    assert (look.data["scope"], look.subjects, look.purpose) == (["EVIDENCE_BUNDLE"], (uid,), "AUDIT")


def test_what_somebody_may_not_see_is_absent(door: House, p1: Caller, auditor: Caller) -> None:
    other = door.uid("subject", "P2")
    for caller, uid in ((p1, other), (p1, NOBODY), (auditor, NOBODY), (door.caller("P2", "AUDITOR"), other)):
        before = door.looks()
        assert_problem(asked(caller, uid), 404, "not-found")
        assert door.looks() == before


def test_a_bundle_covers_what_was_just_written(tmp_path: Path) -> None:
    """The background thread is waited for; where it does not come, the bundle has its checkpoint signed."""
    with golden_house(tmp_path, checkpoint_interval_seconds=60) as door:
        hr, uid = door.caller("hr-1", "HR", "PERSONNEL"), door.uid("subject", "P1")
        promise = {
            "commitment_id": "C77", "promisor_id": "P1", "kind": "PERSONAL", "text": "按时答复", "weight": 1,
            "due_on": "2099-12-31", "public": False,
        }  # fmt: skip
        index = hr.command("/v1/commitments", promise).json()["index"]
        content = asked(door.caller("P1", "SUBJECT"), uid).content

        assert parse_bundle(content).entries[-1].index == index
        assert disclosed(parse_bundle(content))[index]["text"] == {"text": "按时答复"}
        assert check_bytes(content, trusted(door)).ok
