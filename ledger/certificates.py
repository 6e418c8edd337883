"""Certificates: handed out for a decision that was served, to the person or the HR organ of that check alone.

The key for certificates is one of its own (`certificate_keys`). The salt goes to whoever asked and is kept nowhere; the
entry that a certificate was issued holds its digest and its place in a status list (`certificate_places`). Whether it
still holds follows from the log (`status_lists`).

What is random in a certificate is drawn from the caller's request key, of which only a digest is kept: whoever asks
again under the key gets the same bytes, nobody else can make them, and the digest in the entry says that they are.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.artefacts.certificate import CERTIFICATE, MAX_DAYS, SALT_BYTES, Certificate, subject_digest
from ledger.artefacts.jws import sign_jws
from ledger.certificate_keys import certificate_key, keys_at
from ledger.certificate_places import free_place, places_at
from ledger.clock import CST, day_of
from ledger.domain.access import Scope
from ledger.domain.certificate import CertificateIssued, CertificateRevoked
from ledger.domain.eligibility import Check
from ledger.errors import Conflict, Invalid, NotFound, Refused
from ledger.folds.check import WITHDRAWAL, check_on, consent_of
from ledger.folds.check import Check as Folded
from ledger.keyring import certificate_key_name
from ledger.requests import Request
from ledger.rulebook.defaults import shipped_defaults
from ledger.storage.events import Acknowledgement

if TYPE_CHECKING:
    from ledger.access import Viewer
    from ledger.application import Ledger

_PSEUDONYM: Final = "certificate"  # what the digests under the index key are for
_SALT: Final = "certificate-salt"
_NUMBER: Final = "certificate-number"
_PSEUDONYM_BYTES: Final = 16
HOLDS_IN: Final = ("NOTIFIED", "FINAL")
DECIDED_AGAIN: Final = ("EligibilityDisputed", "EligibilityRedetermined", "EligibilityWithdrawn")


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate as it is handed out: the compact JWS, the salt of its subject, the day on which it ends."""

    certificate: str
    salt: bytes
    digest: str
    expires_on: date
    acknowledgement: Acknowledgement


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What is random in a certificate, and the version of the index key that its pseudonyms are under."""

    salt: bytes
    jti: str
    version: int


@dataclass(frozen=True, slots=True)
class _Moment:
    """When a certificate is issued, and the checkpoint that covers its decision."""

    at: int
    size: int
    root: bytes

    @property
    def day(self) -> date:
        return day_of(datetime.fromtimestamp(self.at, UTC))

    @property
    def ends_on(self) -> date:
        return self.day + timedelta(days=min(shipped_defaults().certificates.valid_days, MAX_DAYS))


def issue(ledger: Ledger, check_id: str, viewer: Viewer, asked: Sequence[Request] = ()) -> Issued:
    """Issue a certificate of a check's decision to a viewer who may have it; a look.

    `asked` is the request under all the names it may have had, the newest first: what was issued under it before is
    made again, byte for byte, whatever became of the check since. Without one, another certificate is issued each time.

    `NotFound` with code `unknown-check`, also for whom it is not; `Refused` with code `wrong-state` before the decision
    was served and after it was disputed, `check-withdrawn`, `edition-succeeded` where another edition is in force by
    now, `too-many-certificates` where as many hold as may, or `no-id-number` where nobody could be matched with it;
    `Conflict` with code `certificate-not-repeatable` where the key or the person's number has changed since.
    """
    uid = _looked_at(ledger, check_id, viewer)
    again = _issued_before(ledger, uid, asked)
    if again is not None:
        return again
    key = certificate_key(ledger)
    drawn = _drawn(ledger, asked[0] if asked else None, uid)
    published = ledger.publish().checkpoint
    places = places_at(ledger, ledger.size)
    with ledger.transaction():  # nobody else takes the same place
        again = _issued_before(ledger, uid, asked)  # sent twice at once
        if again is not None:
            return again
        now = ledger.clock()
        today = day_of(now)
        check = read_check(ledger, uid, ledger.size, today)
        if check.state not in HOLDS_IN or check.decision is None or check.outcome is None:
            raise Refused("a certificate is of a decision that was served and stands", code="wrong-state")
        if check.events[-1] >= published.size:
            raise Refused("the check has just moved on; ask again", code="wrong-state")
        if not same_edition(ledger, check, ledger.size, today):
            raise Refused("it was decided under an edition that is in force no more", code="edition-succeeded")
        if _live(ledger, uid, today) >= shipped_defaults().certificates.live_per_check:
            raise Refused("revoke one that is not needed, or wait until one ends", code="too-many-certificates")
        moment, place = _Moment(int(now.timestamp()), published.size, published.root), free_place(ledger, places)
        said = _said(ledger, check, drawn, moment, place)
        jws = sign_jws(CERTIFICATE, said.payload(), certificate_key_name(ledger.origin), key).format()
        data = CertificateIssued.Data(
            check_id=check.id,
            digest=sha256(jws).hexdigest(),
            status_list=place[0],
            status_index=place[1],
            issued_at=moment.at,
            size=moment.size,
        )

        def happen(aggregate: Check) -> None:
            aggregate.issue_certificate(data, consent_withdrawn=consent_withdrawn(ledger, check, ledger.size))

        subjects = (check.subject,) if check.requester is None else (check.subject, check.requester)
        request = _stored(asked[0]) if asked else None
        acknowledgement = ledger.follow_up(Check, uid, happen, today, subjects, check.events[-1], request)
    return Issued(jws.decode(), drawn.salt, data.digest, moment.ends_on, acknowledgement)


def _said(ledger: Ledger, check: Folded, drawn: _Drawn, moment: _Moment, place: tuple[int, int]) -> Certificate:
    """What a certificate says of a check that was decided."""
    edition = str(check.rulebook)
    return Certificate(
        iss=ledger.origin,
        aud=check.purpose,
        check=_pseudonym(ledger, check.purpose, check.uid, drawn.version),
        sub=_pseudonym(ledger, check.purpose, check.subject, drawn.version),
        subject=subject_digest(ledger.origin, _id_number(ledger, check.subject), drawn.salt),
        decision=str(check.decision),
        outcome=str(check.outcome),
        as_of=str(check.evaluated_on),
        rulebook=edition,
        rulebook_digest=sha256(ledger.edition_file(edition)[1]).hexdigest(),
        size=moment.size,
        root=moment.root.hex(),
        iat=moment.at,
        exp=midnight(moment.ends_on),
        jti=drawn.jti,
        list_id=place[0],
        list_index=place[1],
    )


# The same request once more.


def _issued_before(ledger: Ledger, uid: str, asked: Sequence[Request]) -> Issued | None:
    """What was issued under a request; None where it is new, `RequestKeyReused` for another body under its key."""
    for request in asked:
        ledger.answered(request)  # the key as such may have been another command's
        acknowledgement = ledger.answered(_stored(request))
        if acknowledgement is not None:
            return _made_again(ledger, uid, request, acknowledgement)
    return None


def _made_again(ledger: Ledger, uid: str, request: Request, acknowledgement: Acknowledgement) -> Issued:
    """A certificate out of its entry and the key of the request that it was issued for."""
    data = next(ledger.logged(acknowledgement.index)).data
    size, digest = int(data["size"]), str(data["digest"])
    published, drawn = ledger.publisher.covering(size), _drawn(ledger, request, uid)
    if published is not None:
        moment = _Moment(int(data["issued_at"]), size, published.checkpoint.root)
        check = read_check(ledger, uid, acknowledgement.index, moment.day)
        said = _said(ledger, check, drawn, moment, (int(data["status_list"]), int(data["status_index"])))
        for key in keys_at(ledger):
            jws = sign_jws(CERTIFICATE, said.payload(), certificate_key_name(ledger.origin), key).format()
            if sha256(jws).hexdigest() == digest:
                return Issued(jws.decode(), drawn.salt, digest, moment.ends_on, acknowledgement)
    raise Conflict("it was issued and cannot be made again; ask under another key", code="certificate-not-repeatable")


def _drawn(ledger: Ledger, request: Request | None, uid: str) -> _Drawn:
    """What is random in a certificate: by chance, or by the key that its caller chose."""
    if request is None:
        return _Drawn(os.urandom(SALT_BYTES), secrets.token_hex(16), ledger.keys.index_key_version)
    version = bytes.fromhex(request.principal)[0]  # of the index key that this name of its caller is under
    said = f"{request.principal}\x00{request.key}\x00{uid}".encode()
    salt, number = (ledger.keys.keyed_digest(purpose, said, version)[1:] for purpose in (_SALT, _NUMBER))
    return _Drawn(salt, number[:16].hex(), version)


def _stored(request: Request) -> Request:
    """A request as it is kept: its key opens a salt, so no row holds it."""
    return replace(request, key=sha256(request.key.encode()).hexdigest())


# What becomes of them.


def revoke(
    ledger: Ledger, check_id: str, digest: str, reason: str, viewer: Viewer, asked: Sequence[Request] = ()
) -> Acknowledgement:
    """Revoke a certificate of a check by its digest; a look. It holds no more in the next status list.

    Asked again by the same request (`asked`, as for `issue`), the first acknowledgement is given again.

    `Refused` with code `unknown-certificate` or `already-revoked`.
    """
    uid = _looked_at(ledger, check_id, viewer)
    try:
        data = CertificateRevoked.Data.model_validate({"check_id": check_id, "digest": digest, "reason": reason})
    except ValueError:
        raise Invalid("a digest and a reason of the list", code="bad-value", field="reason") from None
    with ledger.transaction():
        answered = next(filter(None, map(ledger.answered, asked)), None)
        if answered is not None:
            return answered
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
        request = asked[0] if asked else None
        return ledger.follow_up(Check, uid, lambda one: one.revoke_certificate(data), today, subjects, issued, request)


def read_check(ledger: Ledger, uid: str, size: int, on: date) -> Folded:
    """The check on a day, as known at a size, whoever asks."""
    entries = ledger.stream(f"{Check.KIND}/{uid}", size)
    folded = check_on(ledger, entries, size, on) if entries else None
    if folded is None:
        raise NotFound("no such check was requested then", code="unknown-check")
    return folded


def consent_withdrawn(ledger: Ledger, check: Folded, size: int) -> bool:
    """Whether the consent that a check rests on was withdrawn, also after the decision."""
    request = ledger.stream(f"{Check.KIND}/{check.uid}", size)[0]
    return any(entry.type == WITHDRAWAL for entry in consent_of(ledger, request, size))


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


def _pseudonym(ledger: Ledger, purpose: str, uid: str, version: int) -> str:
    digest = ledger.keys.keyed_digest(_PSEUDONYM, f"{purpose}\x00{uid}".encode(), version)
    return digest[1 : 1 + _PSEUDONYM_BYTES].hex()  # its first byte is the version of the index key
