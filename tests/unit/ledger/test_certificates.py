"""Certificates of a real check: who may have one, what it says, what it does not say, and when it holds no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any

import pytest

import ledger.status_lists
from ledger import certificate_places
from ledger.access import Viewer
from ledger.application import Ledger
from ledger.artefacts.certificate import LIST_BITS
from ledger.certificates import Issued, issue, read_check, revoke
from ledger.domain.certificate import CertificateIssued
from ledger.domain.eligibility import Check
from ledger.errors import Conflict, LedgerError, NotFound, Refused, Unavailable
from ledger.key_events import end_key, rotate_signing_key
from ledger.mapper import logged
from ledger.reading import Logged
from ledger.requests import Request
from ledger.rulebook.defaults import shipped_defaults
from ledger.rulebook.edition import shipped_edition
from ledger.status_lists import status_list
from ledger.storage.events import EntryRow, RequestKeyReused
from ledger.storage.key_files import locations
from tests.support.certificates import Holds, by_ledger, by_script, same
from tests.support.keys import rotate_index_key
from tests.support.scene import CREDIT, EDITION, ID_NUMBERS, ORIGIN, Scene

FREE = "230803187501010011"
PERSON = Viewer("P1", "SUBJECT")
OFFICE = Viewer("hr-1", "HR", "PERSONNEL")


@pytest.fixture
def served(scene: Scene) -> Scene:
    """A check that found nothing, decided ELIGIBLE and served."""
    scene.consent()
    scene.request_check()
    scene.decide("2025-09-12", "ELIGIBLE")
    scene.notify_result("2025-09-13")
    return scene


def keys_of(scene: Scene) -> tuple[str, ...]:
    ledger = scene.ledger
    return tuple(key.text for key in ledger.publisher.keyring().certificate_keys(ledger.size))


def list_of(scene: Scene, number: int = 1) -> bytes:
    return status_list(scene.ledger, number, scene.ledger.publish().checkpoint) + b"\n"


def judged(scene: Scene, issued: Issued, **changes: Any) -> dict[str, Any]:
    """What both verifiers say of a certificate, with everything that its reader may have."""
    holds = Holds(keys_of(scene), scene.now.date(), list_of(scene), (ID_NUMBERS["P1"], issued.salt), "RECRUIT")
    holds = replace(holds, **changes)
    report = by_ledger(issued.certificate.encode(), holds)
    assert same(report, by_script(issued.certificate.encode(), holds))
    return report


def codes(report: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in report["findings"]]


@pytest.mark.parametrize("viewer", [PERSON, OFFICE], ids=["the person", "the office"])
def test_whoever_it_is_about_or_asked_for_the_check_gets_one_that_holds(served: Scene, viewer: Viewer) -> None:
    issued = issue(served.ledger, "K1", viewer)
    report = judged(served, issued)
    claims = report["claims"]

    assert report["ok"], report
    assert (claims["decision"], claims["outcome"], claims["aud"]) == ("ELIGIBLE", "CLEAR", "RECRUIT")
    assert (claims["iss"], claims["as_of"], claims["rulebook"]["id"]) == (ORIGIN, "2025-09-01", EDITION)
    assert claims["rulebook"]["digest"] == sha256(served.ledger.edition_file(EDITION)[1]).hexdigest()
    published = served.ledger.publisher.covering(claims["size"])
    assert published is not None
    assert (published.checkpoint.size, published.checkpoint.root.hex()) == (claims["size"], claims["root"])
    assert claims["exp"] - claims["iat"] <= 90 * 86_400
    assert issued.expires_on == date(2025, 12, 12)


def test_nothing_of_the_ledgers_own_names_stands_in_it_and_two_are_not_linked_by_more_than_their_purpose(
    served: Scene,
) -> None:
    one, other = (judged(served, issue(served.ledger, "K1", PERSON))["claims"] for _ in range(2))
    said = str(one)

    for hidden in ("K1", "P1", ID_NUMBERS["P1"], served.ledger.uid("check", "K1"), served.ledger.uid("subject", "P1")):
        assert str(hidden) not in said
        assert str(hidden).replace("-", "") not in said
    assert (one["sub"], one["check"]) == (other["sub"], other["check"])  # one purpose, one pseudonym
    for fresh in ("jti", "subject", "status"):
        assert one[fresh] != other[fresh]


def test_for_another_purpose_the_pseudonym_is_another(served: Scene) -> None:
    first = judged(served, issue(served.ledger, "K1", PERSON))["claims"]
    changes = {"check_id": "K2", "purpose": "PROMOTE", "consent_id": None, "statutory_basis": "公务员法 44"}
    served.request_check("2025-09-14", **changes)
    served.decide("2025-09-15", "ELIGIBLE", check_id="K2")
    served.notify_result("2025-09-16", check_id="K2")

    second = judged(served, issue(served.ledger, "K2", PERSON), purpose="PROMOTE")["claims"]

    assert first["sub"] != second["sub"]


def test_the_entry_holds_digest_and_place_and_is_signed_by_nobody_else(served: Scene) -> None:
    issued = issue(served.ledger, "K1", PERSON)
    entry = next(served.ledger.logged(issued.acknowledgement.index))

    assert entry.type == "CertificateIssued"
    assert entry.data["digest"] == sha256(issued.certificate.encode()).hexdigest() == issued.digest
    claims = judged(served, issued)["claims"]
    assert set(entry.data) == {"check_id", "digest", "status_list", "status_index", "issued_at", "size"}
    assert (entry.data["issued_at"], entry.data["size"]) == (claims["iat"], claims["size"])
    assert 0 <= entry.data["status_index"] < LIST_BITS
    assert (entry.stream, entry.sections) == (f"check/{served.ledger.uid('check', 'K1')}", 0)


def test_who_asked_is_a_look(served: Scene) -> None:
    uid = served.ledger.uid("subject", "P1")
    assert uid is not None
    before = len(served.ledger.access.looks_at(uid))

    issue(served.ledger, "K1", OFFICE)

    looks = served.ledger.access.looks_at(uid)
    assert len(looks) == before + 1
    assert looks[-1].actor["role"] == "HR"


@pytest.mark.parametrize(
    "viewer",
    [
        Viewer("P2", "SUBJECT"),
        Viewer("hr-9", "HR", "U1"),
        Viewer("hr-1", "HR"),
        Viewer("P1", "HR", "PERSONNEL"),
        Viewer("auditor", "AUDITOR"),
        Viewer("unit-head-1", "SUBJECT", "PERSONNEL"),
    ],
    ids=lambda viewer: f"{viewer.actor} {viewer.role}",
)
def test_to_everybody_else_there_is_no_such_check(served: Scene, viewer: Viewer) -> None:
    size = served.ledger.size
    for act in (
        lambda: issue(served.ledger, "K1", viewer),
        lambda: revoke(served.ledger, "K1", "0" * 64, "LOST", viewer),
    ):
        with pytest.raises(NotFound) as refused:
            act()
        assert refused.value.code == "unknown-check"
    assert served.ledger.size == size


def test_before_the_result_was_served_there_is_none(scene: Scene) -> None:
    scene.consent()
    scene.request_check()
    scene.decide("2025-09-12", "ELIGIBLE")
    with pytest.raises(Refused) as refused:
        issue(scene.ledger, "K1", PERSON)

    assert refused.value.code == "wrong-state"


def test_without_an_id_number_there_is_none(served: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.ledger, "identity", lambda uid: {})  # what is left after an erasure
    with pytest.raises(Refused) as refused:
        issue(served.ledger, "K1", PERSON)

    assert refused.value.code == "no-id-number"


WAYS: dict[str, Callable[[Scene], object]] = {
    "disputed": lambda scene: scene.dispute("2025-09-15"),
    "withdrawn": lambda scene: scene.withdraw_check("2025-09-15"),
    "consent withdrawn": lambda scene: scene.withdraw_consent("2025-09-15"),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_holds_no_more_once_what_it_rests_on_is_gone(served: Scene, way: str) -> None:
    issued = issue(served.ledger, "K1", PERSON)
    assert judged(served, issued)["ok"]
    WAYS[way](served)

    assert codes(judged(served, issued)) == ["revoked"]
    with pytest.raises(LedgerError):
        issue(served.ledger, "K1", PERSON)


def test_decided_again_it_holds_no_more_and_the_new_one_does(scene: Scene) -> None:
    scene.blocked_check()
    scene.notice()
    scene.decide("2025-09-12", "NOT_ELIGIBLE")
    scene.notify_result("2025-09-13")
    old = issue(scene.ledger, "K1", PERSON)
    assert judged(scene, old)["claims"]["decision"] == "NOT_ELIGIBLE"
    scene.dispute("2025-09-15")
    scene.redetermine("2025-09-18", decision="ELIGIBLE")
    scene.finalise("2025-09-20")
    new = issue(scene.ledger, "K1", PERSON)

    assert codes(judged(scene, old)) == ["revoked"]
    report = judged(scene, new)
    assert (report["ok"], report["claims"]["decision"]) == (True, "ELIGIBLE")


def test_revoked_by_hand_only_that_one_holds_no_more(served: Scene) -> None:
    one, other = issue(served.ledger, "K1", PERSON), issue(served.ledger, "K1", PERSON)
    revoke(served.ledger, "K1", one.digest, "LOST", PERSON)

    assert codes(judged(served, one)) == ["revoked"]
    assert judged(served, other)["ok"]
    for digest, code in ((one.digest, "already-revoked"), ("0" * 64, "unknown-certificate")):
        with pytest.raises(Refused) as refused:
            revoke(served.ledger, "K1", digest, "LOST", OFFICE)
        assert refused.value.code == code


def test_a_reason_is_one_of_the_list(served: Scene) -> None:
    one = issue(served.ledger, "K1", PERSON)
    with pytest.raises(LedgerError) as refused:
        revoke(served.ledger, "K1", one.digest, "因为", OFFICE)

    assert refused.value.code == "bad-value"


def test_a_list_is_of_certificates_and_of_nothing_else(served: Scene) -> None:
    checkpoint = served.ledger.publish().checkpoint
    with pytest.raises(NotFound) as refused:
        status_list(served.ledger, 1, checkpoint)
    assert refused.value.code == "no-status-list"
    issued = issue(served.ledger, "K1", PERSON)

    report = by_ledger(list_of(served), Holds(keys_of(served), served.now.date()))
    assert (report["ok"], report["kind"]) == (True, "status-list")
    assert codes(judged(served, issued, today=date(2025, 9, 15))) == ["stale-status-list"]


def test_where_another_edition_is_in_force_it_holds_no_more(served: Scene) -> None:
    issued = issue(served.ledger, "K1", PERSON)
    content = shipped_edition(EDITION)
    second = content.replace(b'id = "JMS-DEMO-2025.1"', b'id = "JMS-DEMO-2025.2"', 1)
    second = second.replace(b"effective_on = 2025-01-01", b"effective_on = 2025-10-01", 1)
    data: dict[str, Any] = {"rulebook_id": "JMS-DEMO-2025.2", "effective_on": "2025-10-01", "approvers": ["a", "b"]}
    data["digest"] = sha256(second).hexdigest()
    served.act("RulebookActivated", "2025-10-01", CREDIT, data, recorded="2025-09-20", documents=[second])
    assert judged(served, issued)["ok"]
    served.on_day("2025-10-01")

    assert codes(judged(served, issued)) == ["revoked"]


def test_where_another_edition_is_in_force_none_is_issued(served: Scene) -> None:
    content = shipped_edition(EDITION).replace(b'id = "JMS-DEMO-2025.1"', b'id = "JMS-DEMO-2025.2"', 1)
    served.ledger.offer_edition(content.replace(b"effective_on = 2025-01-01", b"effective_on = 2025-09-16", 1))
    served.activate("2025-09-16", rulebook_id="JMS-DEMO-2025.2")
    size = served.ledger.size
    with pytest.raises(Refused) as refused:
        issue(served.ledger, "K1", PERSON)

    assert refused.value.code == "edition-succeeded"
    assert not list(served.ledger.by_type("CertificateIssued", size + 9))


def test_a_list_judges_each_check_once_however_many_certificates_it_has(
    served: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = [issue(served.ledger, "K1", PERSON) for _ in range(4)]
    revoke(served.ledger, "K1", issued[1].digest, "LOST", PERSON)
    read: list[str] = []

    def counted(given: Ledger, uid: str, *moment: Any) -> Any:
        read.append(uid)
        return read_check(given, uid, *moment)

    monkeypatch.setattr(ledger.status_lists, "read_check", counted)
    held = list_of(served)

    assert read == [served.ledger.uid("check", "K1")]
    assert [codes(judged(served, one, status_list=held)) for one in issued] == [[], ["revoked"], [], []]


def test_only_so_many_certificates_of_a_check_hold_at_the_same_time(served: Scene) -> None:
    most = shipped_defaults().certificates.live_per_check
    issued = [issue(served.ledger, "K1", PERSON) for _ in range(most)]
    with pytest.raises(Refused) as refused:
        issue(served.ledger, "K1", OFFICE)
    assert refused.value.code == "too-many-certificates"
    revoke(served.ledger, "K1", issued[0].digest, "LOST", PERSON)
    issue(served.ledger, "K1", OFFICE)
    served.on_day("2025-12-12")  # the day on which they end

    assert issue(served.ledger, "K1", PERSON).expires_on > date(2026, 1, 1)


def test_without_its_key_on_the_machine_there_is_no_list(served: Scene) -> None:
    issue(served.ledger, "K1", PERSON)
    path = locations(served.store.url).certificate_key
    assert path is not None
    path.unlink()
    with pytest.raises(Unavailable) as refused:
        list_of(served)

    assert refused.value.code == "no-certificate-key"


# Asked again.


def asked(scene: Scene, key: str = "retry-1", said: str = "K1", who: str = "P1") -> list[Request]:
    """A request of a person under a key, as the door names it: the newest name first."""
    names = scene.ledger.keys.keyed_digests("requester", who.encode())
    return [Request(name.hex(), key, said.encode()) for name in names]


def counted(scene: Scene) -> int:
    return len(scene.ledger.by_type("CertificateIssued", scene.ledger.size))


def test_the_same_request_gets_the_same_bytes_and_writes_nothing(served: Scene) -> None:
    first = issue(served.ledger, "K1", PERSON, asked(served))
    size = served.ledger.size
    again = issue(served.ledger, "K1", PERSON, asked(served))

    assert again == first
    assert (served.ledger.size, counted(served)) == (size, 1)
    assert judged(served, again)["ok"]


def test_under_another_key_it_is_another_one(served: Scene) -> None:
    one, other = (issue(served.ledger, "K1", PERSON, asked(served, key)) for key in ("a", "b"))

    assert (one.certificate == other.certificate, one.salt == other.salt) == (False, False)
    assert counted(served) == 2


def test_two_people_may_use_one_key(served: Scene) -> None:
    mine = issue(served.ledger, "K1", PERSON, asked(served))
    theirs = issue(served.ledger, "K1", OFFICE, asked(served, who="hr-1"))

    assert mine.salt != theirs.salt
    assert counted(served) == 2


def test_the_key_with_another_body_is_refused(served: Scene) -> None:
    issue(served.ledger, "K1", PERSON, asked(served))
    with pytest.raises(RequestKeyReused):
        issue(served.ledger, "K1", PERSON, asked(served, said="something else"))

    assert counted(served) == 1


def test_a_key_of_another_command_is_refused(served: Scene) -> None:
    (request,) = asked(served)
    issued = issue(served.ledger, "K1", PERSON)
    revoke(served.ledger, "K1", issued.digest, "LOST", PERSON, [request])
    with pytest.raises(RequestKeyReused):
        issue(served.ledger, "K1", PERSON, asked(served, said="a certificate"))

    assert counted(served) == 1


def test_what_is_kept_of_a_request_opens_no_salt(served: Scene) -> None:
    (request,) = asked(served, key="0123456789abcdef-secret")
    issued = issue(served.ledger, "K1", PERSON, [request])
    rows = served.store.recorder.query("SELECT principal, request FROM request_keys")

    assert (request.principal, sha256(request.key.encode()).hexdigest()) in [tuple(row) for row in rows]
    held = str([tuple(row) for row in rows]) + "".join(str(entry.data) for entry in served.ledger.logged(0))
    assert request.key not in held
    assert issued.salt.hex() not in held


@pytest.mark.parametrize("way", WAYS)
def test_it_is_made_again_whatever_became_of_the_check(served: Scene, way: str) -> None:
    first = issue(served.ledger, "K1", PERSON, asked(served))
    WAYS[way](served)
    again = issue(served.ledger, "K1", PERSON, asked(served))

    assert again == first
    assert codes(judged(served, again)) == ["revoked"]


def test_it_is_made_again_on_another_day_and_behind_other_checkpoints(served: Scene) -> None:
    first = issue(served.ledger, "K1", PERSON, asked(served))
    served.on_day("2025-10-20")
    issue(served.ledger, "K1", PERSON)
    served.ledger.publish()

    assert issue(served.ledger, "K1", PERSON, asked(served)) == first


def test_it_is_made_again_after_the_index_key_was_rotated(served: Scene) -> None:
    first = issue(served.ledger, "K1", PERSON, asked(served))
    rotate_index_key(served.ledger.keys)

    assert issue(served.ledger, "K1", PERSON, asked(served)) == first
    assert counted(served) == 1


def test_it_is_made_again_with_the_key_it_was_signed_with(served: Scene) -> None:
    first = issue(served.ledger, "K1", PERSON, asked(served))
    (old,) = keys_of(served)
    end_key(served.ledger, old.split("+")[1])

    assert issue(served.ledger, "K1", PERSON, asked(served)) == first


def test_for_another_number_it_cannot_be_made_again_and_that_is_said(served: Scene) -> None:
    issue(served.ledger, "K1", PERSON, asked(served))
    served.correct_identity("2025-09-20", "P1", id_number=FREE)
    size = served.ledger.size
    with pytest.raises(Conflict) as refused:
        issue(served.ledger, "K1", PERSON, asked(served))

    assert refused.value.code == "certificate-not-repeatable"
    assert served.ledger.size == size


def test_a_revocation_that_is_sent_again_is_answered_again(served: Scene) -> None:
    issued = issue(served.ledger, "K1", PERSON)
    first = revoke(served.ledger, "K1", issued.digest, "LOST", PERSON, asked(served))
    size = served.ledger.size

    assert revoke(served.ledger, "K1", issued.digest, "LOST", PERSON, asked(served)) == first
    assert served.ledger.size == size


# Places.


def test_the_places_of_a_list_are_those_of_its_own_certificates(served: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of four places, full at two: every third certificate begins a list."""
    monkeypatch.setattr(certificate_places, "LIST_BITS", 4)
    issued = [issue(served.ledger, "K1", PERSON) for _ in range(9)]
    entries = served.ledger.by_type("CertificateIssued", served.ledger.size)
    lists = [entry.data["status_list"] for entry in entries]

    assert len(issued) == len(lists)
    assert lists == sorted(lists)
    assert lists[-1] > 1
    for size in range(served.ledger.size + 1):
        known = [entry for entry in entries if entry.index < size]
        assert certificate_places.newest_list(served.ledger, size) == max([0, *(e.data["status_list"] for e in known)])
        for number in range(lists[-1] + 3):
            mine = [entry.index for entry in known if entry.data["status_list"] == number]
            assert [entry.index for entry in certificate_places.of_list(served.ledger, number, size)] == mine
    for number in set(lists):
        places = [entry.data["status_index"] for entry in entries if entry.data["status_list"] == number]
        assert len(places) == len(set(places))


def test_a_place_that_was_taken_meanwhile_is_not_given_out_again(
    served: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's certificates came between the look at the list and the transaction, and filled it."""
    monkeypatch.setattr(certificate_places, "LIST_BITS", 8)
    before = certificate_places.places_at(served.ledger, served.ledger.size)
    for _ in range(3):
        issue(served.ledger, "K1", PERSON)
    taken = {entry.data["status_index"] for entry in served.ledger.by_type("CertificateIssued", served.ledger.size)}
    drawn = {certificate_places.free_place(served.ledger, before) for _ in range(200)}
    issue(served.ledger, "K1", PERSON)

    assert drawn == {(1, index) for index in range(8)} - {(1, index) for index in taken}
    assert {number for number, _ in (certificate_places.free_place(served.ledger, before) for _ in range(9))} == {2}


def test_what_was_known_of_the_places_is_extended_and_not_read_again(
    served: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists of eight places, full at four: each issue reads the certificates that came since the last one."""
    monkeypatch.setattr(certificate_places, "LIST_BITS", 8)
    ledger, read = served.ledger, list[int]()

    def spied(row: EntryRow) -> Logged:
        read.append(row.index)
        return logged(row)

    monkeypatch.setattr(certificate_places, "logged", spied)
    for _ in range(9):
        issue(ledger, "K1", PERSON)
        read.clear()
        known, newest = certificate_places.places_at(ledger, ledger.size), ledger.size - 1
        assert read == [newest]
        assert certificate_places.places_at(ledger, ledger.size) == known
        assert read == [newest]
        certificate_places._KEPT.clear()
        assert certificate_places.places_at(ledger, ledger.size) == known
    assert known.number > 1

    before = certificate_places.places_at(ledger, newest)  # as known before, whatever is known now
    assert before.size == newest
    assert len(before.taken) != len(known.taken)
    assert certificate_places.places_at(ledger, ledger.size) == known


def test_of_places_that_a_transaction_gave_back_nothing_is_kept(served: Scene) -> None:
    ledger, issued = served.ledger, issue(served.ledger, "K1", PERSON)
    (entry,) = ledger.by_type("CertificateIssued", ledger.size)
    known = certificate_places.places_at(ledger, ledger.size)
    given = certificate_places.free_place(ledger, known)
    data = CertificateIssued.Data(
        check_id="K1", digest="0" * 64, status_list=given[0], status_index=given[1],
        issued_at=entry.data["issued_at"], size=entry.data["size"],
    )  # fmt: skip
    with ledger.transaction(discard=True):
        happen = partial(Check.issue_certificate, data=data, consent_withdrawn=False)
        ledger.follow_up(Check, entry.uid, happen, served.now.date(), entry.subjects, entry.index)
        assert certificate_places.places_at(ledger, ledger.size).taken == known.taken | {given[1]}

    assert ledger.size == issued.acknowledgement.index + 1
    issue(ledger, "K1", PERSON)
    extended = certificate_places.places_at(ledger, ledger.size)
    certificate_places._KEPT.clear()
    assert certificate_places.places_at(ledger, ledger.size) == extended


def test_a_list_that_was_never_begun_is_not_looked_for_among_the_entries(
    served: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may ask for any of a thousand million lists."""
    issue(served.ledger, "K1", PERSON)
    checkpoint = served.ledger.publish().checkpoint
    read: list[str] = []
    query = served.store.recorder.query

    def noted(said: str, *given: Any, **named: Any) -> Any:
        read.append(said)
        return query(said, *given, **named)

    monkeypatch.setattr(served.store.recorder, "query", noted)
    with pytest.raises(NotFound) as refused:
        status_list(served.ledger, 2, checkpoint)

    assert refused.value.code == "no-status-list"
    assert len(read) <= 2
    assert not any("topic = ?" in said and ">=" in said for said in read)


# Whom it was made for.


def test_an_identity_that_was_corrected_since_ends_it(served: Scene) -> None:
    """The old number may be somebody else's by now."""
    issued = issue(served.ledger, "K1", PERSON)
    served.correct_identity("2025-09-20", "P1", id_number=FREE)

    assert codes(judged(served, issued)) == ["revoked"]
    again = issue(served.ledger, "K1", PERSON)
    assert codes(judged(served, again, subject=(FREE, again.salt))) == []


def test_a_merge_that_was_undone_ends_what_was_issued_with_the_other_number(served: Scene) -> None:
    served.register_person("2025-09-14", "P3")
    before = issue(served.ledger, "K1", PERSON)
    served.merge("2025-09-15", "P1", "P3")
    assert codes(judged(served, before)) == ["revoked"], "its number is no longer the one that stands for the person"
    merged = issue(served.ledger, "K1", PERSON)
    number = (ID_NUMBERS["P3"], merged.salt)
    assert codes(judged(served, merged, subject=number)) == []
    served.undo_merge("2025-09-16", "P1")

    assert codes(judged(served, merged, subject=number)) == ["revoked"]


# Keys.


def test_the_key_is_one_of_its_own_and_no_log_key(served: Scene) -> None:
    issue(served.ledger, "K1", PERSON)
    keyring = served.ledger.publisher.keyring()
    (known,) = keyring.certificate_keys(served.ledger.size)

    assert known.vkey.name == f"{ORIGIN}/certificate"
    assert known.vkey.public_key not in {key.vkey.public_key for key in keyring.log_keys(served.ledger.size)}
    assert known not in keyring.log_keys(served.ledger.size)


def test_another_signing_key_changes_nothing_for_certificates(served: Scene) -> None:
    before = issue(served.ledger, "K1", PERSON)
    rotate_signing_key(served.ledger)
    after = issue(served.ledger, "K1", PERSON)

    assert judged(served, before)["ok"]
    assert judged(served, after)["ok"]
    assert len(keys_of(served)) == 1


def test_a_key_that_was_retired_is_succeeded_by_the_next_certificate_and_what_it_signed_holds(served: Scene) -> None:
    before = issue(served.ledger, "K1", PERSON)
    (old,) = keys_of(served)
    end_key(served.ledger, old.split("+")[1])
    (new,) = keys_of(served)  # at once: the lists of what was issued go on
    listed = list_of(served)
    after = issue(served.ledger, "K1", PERSON)
    assert (new,) == keys_of(served)
    assert codes(judged(served, before, keys=(old, new), status_list=listed)) == []

    assert old != new
    assert codes(judged(served, after)) == []
    assert codes(judged(served, before, keys=(old, new))) == []
    assert codes(judged(served, after, keys=(old,), status_list=None)) == ["unsigned"]


def test_a_key_that_a_crash_left_without_its_entry_is_introduced(
    served: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_own = served.ledger.write_own
    monkeypatch.setattr(served.ledger, "write_own", lambda *given: (_ for _ in ()).throw(OSError("the power went")))
    with pytest.raises(OSError, match="power"):
        issue(served.ledger, "K1", PERSON)
    monkeypatch.setattr(served.ledger, "write_own", write_own)

    assert judged(served, issue(served.ledger, "K1", PERSON))["ok"]
    assert len(keys_of(served)) == 1
