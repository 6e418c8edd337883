"""Tokens: a secret that stands for a viewer until it expires or is revoked.

The secret is shown once and kept nowhere; its row is found by a keyed digest. Who it stands for, and until when, lie
sealed under the key of the actor's pseudonym, bound to the token's id and digest: whoever may write the database can
neither raise a role, prolong a token, read a login nor give one token's row to another secret. A revocation is sealed
in as well and holds from the next request on; only putting the whole older row back undoes it, which nothing here sees.
Sessions of pages are tokens that live some hours, and end with the token that signed in.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from ledger.access import MAX_NAME, Viewer
from ledger.callers import Callers
from ledger.clock import format_time, parse_time
from ledger.domain.access import UNIT_HEAD
from ledger.domain.values import Role, SubjectKind, is_name
from ledger.errors import Invalid, LedgerError, NotFound, Refused, VerificationError
from ledger.log.encoding import canonical
from ledger.storage import tables
from ledger.storage.access_store import RETENTION
from ledger.storage.keys import KEY_BYTES, KeyStore
from ledger.storage.sealed import Place, open_sealed, seal
from ledger.storage.session import Row, spread

if TYPE_CHECKING:
    from ledger.application import Ledger

PREFIX: Final = "ilt_"
SESSION_PREFIX: Final = "ils_"  # a page's session, which is no token for programs
SECRET_BYTES: Final = 32
MAX_SECRET: Final = 200
MAX_DAYS: Final = 366
MAX_SESSION_HOURS: Final = 24
ROLES: Final = frozenset({*(role.value for role in Role), UNIT_HEAD} - {Role.SYSTEM.value})
OF_A_UNIT: Final = frozenset({UNIT_HEAD, Role.HR, Role.DECIDER, Role.REVIEWER, Role.CREDIT, Role.ASSESSOR})

_PURPOSE: Final = "token"
_COLUMNS: Final = "SELECT digest, id, subject, sealed, revoked_at FROM tokens"
_FIND: Final = _COLUMNS + " WHERE digest IN (?*)"
_BY_ID: Final = _COLUMNS + " WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Token:
    """What a secret stands for; `id` names it, and says nothing."""

    id: str
    viewer: Viewer
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    parent: str | None = None  # of a session: the token that signed in, whose end is the session's too


class _Sealed(Struct, forbid_unknown_fields=True):
    """What lies sealed in a row."""

    actor: str
    role: str
    issued_at: str
    expires_at: str
    unit: str | None = None
    revoked_at: str | None = None
    parent: str | None = None


class Tokens:
    """The tokens of an open ledger. Safe to use from many threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._callers = Callers(ledger)
        key, token = os.urandom(KEY_BYTES), str(uuid4())
        place = place_of(ledger.origin, b"", token, token)
        self._decoy = key, seal(key, b"\x00" * 200, place), place  # opened where nothing was found

    def issue(
        self, viewer: Viewer, *, days: int = 90, session_hours: int | None = None, parent: str | None = None
    ) -> tuple[str, Token]:
        """A new secret and its token, good for `days`, or as a session for some hours. The secret is not kept.

        A session ends with its `parent`, the token (by id) that signed in.
        """
        life = _life(days, session_hours)
        self._check(viewer)
        secret = (PREFIX if session_hours is None else SESSION_PREFIX) + secrets.token_urlsafe(SECRET_BYTES)
        now = self._ledger.clock()
        token = Token(str(uuid4()), viewer, now, now + life, parent=parent)
        digest = self._ledger.keys.keyed_digest(_PURPOSE, secret.encode())
        subject = self._callers.person(viewer.actor, subject=viewer.role == Role.SUBJECT)
        row = {"digest": digest, "id": token.id, "subject": subject, "sealed": self._sealed(token, digest, subject)}
        with self._ledger.store.engine.begin() as connection:
            connection.execute(tables.tokens.insert().values(**row))
        return secret, token

    def find(self, secret: str, *, session: bool = False) -> Token | None:
        """What a secret stands for now; None, whatever the reason, where it stands for nobody.

        A session's secret is found only where a session is asked for, so it neither serves programs nor signs in again.
        """
        given = secret[:MAX_SECRET].encode("utf-8", "replace")
        digests = self._ledger.keys.keyed_digests(_PURPOSE, given)
        rows = self._ledger.store.recorder.query(spread(_FIND, len(digests)), digests)
        try:
            if not rows or secret.startswith(SESSION_PREFIX) is not session:
                key, sealed, place = self._decoy
                open_sealed(key, sealed, place)
                return None
            token = opened(self._ledger.keys, self._ledger.origin, rows[0])
        except VerificationError:
            return None  # somebody wrote into the row; `verify` tells of it
        return token if self._lives(token) else None

    def _lives(self, token: Token) -> bool:
        if token.revoked_at is not None or self._ledger.clock() >= token.expires_at:
            return False
        if token.parent is None:
            return True
        rows = self._ledger.store.recorder.query(_BY_ID, (token.parent,))
        try:
            return bool(rows) and self._lives(opened(self._ledger.keys, self._ledger.origin, rows[0]))
        except VerificationError:
            return False

    def revoke(self, token_id: str) -> None:
        """Let a token stand for nobody from the next request on; `NotFound` with code `unknown-token`."""
        rows = self._ledger.store.recorder.query(_BY_ID, (token_id,))
        if not rows:
            raise NotFound("there is no such token", code="unknown-token")
        now = format_time(self._ledger.clock())
        changes: dict[str, Any] = {"revoked_at": now}
        digest, _, subject, _, before = rows[0]
        if before is not None:
            return
        try:
            token = opened(self._ledger.keys, self._ledger.origin, rows[0])
            changes["sealed"] = self._sealed(token, bytes(digest), subject, revoked_at=now)
        except VerificationError:
            pass  # it stands for nobody already; the column says since when it is meant to
        with self._ledger.store.engine.begin() as connection:
            of_it = sa.and_(tables.tokens.c.id == token_id, tables.tokens.c.revoked_at.is_(None))
            connection.execute(tables.tokens.update().where(of_it).values(**changes))

    def list(self) -> list[Token]:
        """Every token, oldest first; `VerificationError` with code `token-changed` if one was written into."""
        rows = self._ledger.store.recorder.query(_COLUMNS)
        tokens = [opened(self._ledger.keys, self._ledger.origin, row) for row in rows]
        return sorted(tokens, key=lambda token: (token.issued_at, token.id))

    def _sealed(self, token: Token, digest: bytes, subject: str, *, revoked_at: str | None = None) -> bytes:
        viewer, times = token.viewer, {"issued_at": token.issued_at, "expires_at": token.expires_at}
        body = {"actor": viewer.actor, "role": str(viewer.role), "unit": viewer.unit, "revoked_at": revoked_at}
        body["parent"] = token.parent
        body |= {name: format_time(moment) for name, moment in times.items()}
        plaintext = canonical({name: value for name, value in body.items() if value is not None})
        key = self._ledger.keys.get_or_create(subject, RETENTION)
        return seal(key, plaintext, place_of(self._ledger.origin, digest, token.id, subject))

    def _check(self, viewer: Viewer) -> None:
        if viewer.role not in ROLES:
            raise Invalid("no such role", code="unknown-role", field="role")
        for name, value in (("actor", viewer.actor), ("unit", viewer.unit)):
            if value is not None and not (0 < len(value) <= MAX_NAME and is_name(value)):
                raise Invalid("an id is a short text without control characters", code="bad-value", field=name)
        if viewer.role in OF_A_UNIT and viewer.unit is None:
            raise Refused("whoever acts in this role acts for a unit", code="unit-required", field="unit")
        unit = self._is(viewer.unit, SubjectKind.UNIT)
        if viewer.role == Role.SUBJECT and not (unit or self._is(viewer.actor, SubjectKind.PERSON)):
            raise Refused("no such person or unit is registered", code="unknown-subject", field="actor")
        if viewer.unit is not None and not unit:
            raise Refused("no such unit is registered", code="unknown-unit", field="unit")

    def _is(self, ref: str | None, kind: SubjectKind) -> bool:
        uid = None if ref is None else self._ledger.uid("subject", ref)
        return uid is not None and self._ledger.kind_of(uid) is kind


def place_of(origin: str, digest: bytes, token: str, subject: str) -> Place:
    """What a token's row is sealed for: its id, its digest, the pseudonym whose key it is."""
    return Place(origin, f"token/{token}", 1, digest.hex(), subject)


def opened(keys: KeyStore, origin: str, row: Row) -> Token:
    """The token of a row (digest, id, subject, sealed, revoked_at); `VerificationError` if it was written into."""
    digest, token, subject, sealed, revoked = row
    try:
        key = keys.get(subject, RETENTION)
        if key is None:
            raise _changed()
        plaintext = open_sealed(key, bytes(sealed), place_of(origin, bytes(digest), token, subject))
        held = msgspec.json.decode(plaintext, type=_Sealed)
        said = held.revoked_at or revoked
        return Token(
            id=token,
            viewer=Viewer(held.actor, held.role, held.unit),
            issued_at=parse_time(held.issued_at),
            expires_at=parse_time(held.expires_at),
            revoked_at=None if said is None else parse_time(said),
            parent=held.parent,
        )
    except (LedgerError, msgspec.MsgspecError, TypeError) as error:
        if isinstance(error, LedgerError) and not isinstance(error, (Invalid, VerificationError)):
            raise  # the key store is away: nobody is let in, and nobody is accused
        raise _changed() from None


def _changed() -> VerificationError:
    return VerificationError("a token is not as it was issued", code="token-changed")


def _life(days: int, session_hours: int | None) -> timedelta:
    if session_hours is not None:
        if not 1 <= session_hours <= MAX_SESSION_HOURS:
            raise Invalid(f"a session lives 1 to {MAX_SESSION_HOURS} hours", code="out-of-range", field="session_hours")
        return timedelta(hours=session_hours)
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"a token lives 1 to {MAX_DAYS} days", code="out-of-range", field="days")
    return timedelta(days=days)
