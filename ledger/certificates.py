"""Certificates: handed out for a decision that was served, to the person or the HR organ of that check alone.

The key for certificates is one of its own, made and introduced when the first certificate is issued. The salt goes to
whoever asked and is kept nowhere; the entry that a certificate was issued holds its digest and its place in a status
list. Whether it still holds follows from the log (`status_lists`).
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.artefacts.certificate import (
    CERTIFICATE,
    LIST_BITS,
    MAX_DAYS,
    SALT_BYTES,
    Certificate,
    subject_digest,
)
from ledger.artefacts.jws import sign_jws
from ledger.clock import CST, day_of
from ledger.domain.access import Scope
from ledger.domain.certificate import CertificateIssued, CertificateRevoked
from ledger.domain.eligibility import Check
from ledger.domain.keys import KeyIntroduced
from ledger.errors import Invalid, NotFound, Refused
from ledger.folds.check import Check as Folded
from ledger.folds.check import check_entries, fold_check
from ledger.keyring import CERTIFICATE_SIGNING, certificate_key_name
from ledger.log.note import VerifierKey, format_vkey
from ledger.rulebook.defaults import shipped_defaults
from ledger.storage.events import Acknowledgement
from ledger.storage.key_files import create_signing_key, load_signing_keys, locations, replace_signing_keys

if TYPE_CHECKING:
    from ledger.access import Viewer
    from ledger.application import Ledger

_PSEUDONYM: Final = "certificate"  # what the digests under the index key are for
_PSEUDONYM_BYTES: Final = 16
_HOLDS_IN: Final = ("NOTIFIED", "FINAL")
DECIDED_AGAIN: Final = ("EligibilityDisputed", "EligibilityRedetermined", "EligibilityWithdrawn")


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as it is handed out: the compact JWS, the salt of its subject, the day on which it ends."""

    certificate: str
    salt: bytes
    digest: str
    expires_on: date
    acknowledgement: Acknowledgement


def issue(ledger: Ledger, check_id: str, viewer: Viewer) -> Issued:
    """Issue a certificate of a check's decision to a viewer who may have it; a look.

    `NotFound` with code `unknown-check`, also for whom it is not; `Refused` with code `wrong-state` before the decision
    was served and after it was disputed, `check-withdrawn`, `edition-succeeded` where another edition is in force by
    now, `too-many-certificates` where as many hold as may, or `no-id-number` where nobody could be matched with it.
    """
    uid = _looked_at(ledger, check_id, viewer)
    key = certificate_key(ledger)
    salt, jti, days = os.urandom(SALT_BYTES), secrets.token_hex(16), shipped_defaults().certificates.valid_days
    published = ledger.publish().checkpoint
    with ledger.transaction():  # nobody else takes the same place
        now = ledger.clock()
        today = day_of(now)
        check = read_check(ledger, uid, ledger.size, today)
        if check.state not in _HOLDS_IN or check.decision is None or check.outcome is None:
            raise Refused("a certificate is of a decision that was served and stands", code="wrong-state")
        if check.events[-1] >= published.size:
            raise Refused("the check has just moved on; ask again", code="wrong-state")
        if not same_edition(ledger, check, ledger.size, today):
            raise Refused("it was decided under an edition that is in force no more", code="edition-succeeded")
        if _live(ledger, uid, today) >= shipped_defaults().certificates.live_per_check:
            raise Refused("revoke one that is not needed, or wait until one ends", code="too-many-certificates")
        list_id, list_index = _free_place(ledger)
        exp = midnight(today + timedelta(days=min(days, MAX_DAYS)))
        said = Certificate(
            iss=ledger.origin,
            aud=check.purpose,
            check=_pseudonym(ledger, check.purpose, check.uid),
            sub=_pseudonym(ledger, check.purpose, check.subject),
            subject=subject_digest(ledger.origin, _id_number(ledger, check.subject), salt),
            decision=check.decision,
            outcome=check.outcome,
            as_of=str(check.evaluated_on),
            rulebook=str(check.rulebook),
            rulebook_digest=sha256(ledger.edition_file(str(check.rulebook))[1]).hexdigest(),
            size=published.size,
            root=published.root.hex(),
            iat=int(now.timestamp()),
            exp=exp,
            jti=jti,
            list_id=list_id,
            list_index=list_index,
        )
        jws = sign_jws(CERTIFICATE, said.payload(), certificate_key_name(ledger.origin), key).format()
        data = CertificateIssued.Data(
            check_id=check.id, digest=sha256(jws).hexdigest(), status_list=list_id, status_index=list_index
        )

        def happen(aggregate: Check) -> None:
            aggregate.issue_certificate(data, consent_withdrawn=consent_withdrawn(ledger, check, ledger.size))

        subjects = (check.subject,) if check.requester is None else (check.subject, check.requester)
        acknowledgement = ledger.follow_up(Check, uid, happen, today, subjects, check.events[-1])
    expires_on = today + timedelta(days=min(days, MAX_DAYS))
    return Issued(jws.decode(), salt, data.digest, expires_on, acknowledgement)


def revoke(ledger: Ledger, check_id: str, digest: str, reason: str, viewer: Viewer) -> Acknowledgement:
    """Revoke a certificate of a check by its digest; a look. It holds no more in the next status list.

    `Refused` with code `unknown-certificate` or `already-revoked`.
    """
    uid = _looked_at(ledger, check_id, viewer)
    try:
        data = CertificateRevoked.Data.model_validate({"check_id": check_id, "digest": digest, "reason": reason})
    except ValueError:
        raise Invalid("a digest and a reason of the list", code="bad-value", field="reason") from None
    with ledger.transaction():
        check = read_check(ledger, uid, ledger.size, day_of(ledger.clock()))
        data = data.model_copy(update={"check_id": check.id})
        issued = next(
            (
                entry.index
                for entry in ledger.stream(f"{Check.KIND}/{uid}", ledger.size)
                if entry.data.get("digest") == digest
            ),
            check.events[-1],
        )
        subjects = (check.subject,) if check.requester is None else (check.subject, check.requester)
        today = day_of(ledger.clock())
        return ledger.follow_up(Check, uid, lambda one: one.revoke_certificate(data), today, subjects, issued)


def certificate_key(ledger: Ledger) -> Ed25519PrivateKey:
    """The key that signs certificates now; the first one, and the successor of one that has ended, is made here."""
    path = locations(ledger.store.url).certificate_key
    if path is None:
        raise Invalid(
            "a ledger on PostgreSQL says where its keys are", code="keys-not-given", field="INTEGRITY_CERTIFICATE_KEY"
        )
    with ledger.transaction():
        keys = load_signing_keys(path) if path.exists() else [create_signing_key(path)]
        key = _valid(ledger, keys)
        if key is None:
            key = _unknown(ledger, keys)
            if key is None:
                key = Ed25519PrivateKey.generate()
                replace_signing_keys(path, [*keys, key])
            vkey = format_vkey(certificate_key_name(ledger.origin), key.public_key().public_bytes_raw())
            ledger.write_own(KeyIntroduced, KeyIntroduced.Data(purpose=CERTIFICATE_SIGNING, vkey=vkey))
    return key


def signing_key_at(ledger: Ledger) -> Ed25519PrivateKey | None:
    """The key for certificates, where one is valid and at hand; nothing is made."""
    path: Path | None = locations(ledger.store.url).certificate_key
    return None if path is None or not path.exists() else _valid(ledger, load_signing_keys(path))


def _valid(ledger: Ledger, keys: list[Ed25519PrivateKey]) -> Ed25519PrivateKey | None:
    valid = {key.vkey.public_key for key in ledger.publisher.keyring().certificate_keys(ledger.size)}
    return next((key for key in reversed(keys) if key.public_key().public_bytes_raw() in valid), None)


def _unknown(ledger: Ledger, keys: list[Ed25519PrivateKey]) -> Ed25519PrivateKey | None:
    """A key in the file that no entry speaks of yet: what a crash left."""
    keyring, name = ledger.publisher.keyring(), certificate_key_name(ledger.origin)
    return next(
        (key for key in keys if keyring.known(VerifierKey(name, key.public_key().public_bytes_raw()).id) is None), None
    )


def read_check(ledger: Ledger, uid: str, size: int, on: date) -> Folded:
    """The check on a day, as known at a size, whoever asks."""
    entries = ledger.stream(f"{Check.KIND}/{uid}", size)
    folded = (
        fold_check(check_entries(entries, ledger.history(entries[0].data["subject_id"], size)), on) if entries else None
    )
    if folded is None:
        raise NotFound("no such check was requested then", code="unknown-check")
    return folded


def consent_withdrawn(ledger: Ledger, check: Folded, size: int) -> bool:
    """Whether the consent that a check rests on was withdrawn, also after the decision."""
    return check.consent_id is not None and any(
        entry.type == "ConsentWithdrawn" and entry.data["consent_id"] == check.consent_id
        for entry in ledger.history(check.subject, size)
    )


def same_edition(ledger: Ledger, check: Folded, size: int, today: date) -> bool:
    """Whether a check was decided under the edition that is in force on a day, as known at a size."""
    return ledger.editions(size).on(today).id == check.rulebook


def _live(ledger: Ledger, uid: str, today: date) -> int:
    """How many certificates of a check's decision as it stands were neither revoked nor have ended."""
    entries = ledger.stream(f"{Check.KIND}/{uid}", ledger.size)
    revoked = {entry.data["digest"] for entry in entries if entry.type == CertificateRevoked.__name__}
    decided = max((entry.index for entry in entries if entry.type in DECIDED_AGAIN), default=-1)
    days = timedelta(days=min(shipped_defaults().certificates.valid_days, MAX_DAYS))
    return sum(
        entry.type == CertificateIssued.__name__
        and entry.index > decided
        and entry.data["digest"] not in revoked
        and today < day_of(entry.recorded_at) + days
        for entry in entries
    )


def midnight(day: date) -> int:
    """The beginning of a day in +08:00, in seconds since 1970."""
    return int(datetime.combine(day, time(), CST).timestamp())


def _looked_at(ledger: Ledger, check_id: str, viewer: Viewer) -> str:
    """The pseudonym of a check that this viewer may have certificates of, with a look at it."""
    uid = ledger.uid("check", check_id)
    check = None if uid is None else read_check(ledger, uid, ledger.size, date.max)
    if uid is None or check is None or not _may_have(ledger, check, viewer):
        raise NotFound("no such check was requested", code="unknown-check")
    ledger.access.look(viewer, [check.subject], scope=[Scope.CHECK], purpose=check.purpose, case=uid)
    return uid


def _may_have(ledger: Ledger, check: Folded, viewer: Viewer) -> bool:
    """Whether a viewer is, or stands for, whom the check is about or who asked for it; HR never in their own case."""
    relations, person = ledger.relations(), ledger.uid("subject", viewer.actor)
    own = check.subject in relations.stands_for(person)
    if viewer.role == "SUBJECT":
        return viewer.unit is None and own
    if viewer.role != "HR" or viewer.unit is None or own or check.requester is None:
        return False
    return check.requester in relations.stands_for(ledger.actor_unit(viewer.unit)[0])


def _id_number(ledger: Ledger, subject: str) -> str:
    number = ledger.identity(ledger.relations().survivor(subject)).get("id_number")
    if not isinstance(number, str):
        raise Refused("without an ID number nobody can be matched with a certificate", code="no-id-number")
    return number


def _pseudonym(ledger: Ledger, purpose: str, uid: str) -> str:
    digest = ledger.keys.keyed_digest(_PSEUDONYM, f"{purpose}\x00{uid}".encode())
    return digest[1 : 1 + _PSEUDONYM_BYTES].hex()  # its first byte is the version of the index key


def _free_place(ledger: Ledger) -> tuple[int, int]:
    """A place that was never given out, by chance, in the newest list that has room."""
    taken: dict[int, set[int]] = {}
    for entry in ledger.by_type("CertificateIssued", ledger.size):
        taken.setdefault(entry.data["status_list"], set()).add(entry.data["status_index"])
    newest = max(taken, default=1)
    if len(taken.get(newest, ())) * 100 >= LIST_BITS * shipped_defaults().certificates.fill_percent:
        newest += 1
    while (index := secrets.randbelow(LIST_BITS)) in taken.get(newest, ()):
        pass
    return newest, index
