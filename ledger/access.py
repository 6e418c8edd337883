"""The access log: who looked at whose record and why, and which authenticated commands a rule refused.

A second log of the same code and format, with origin + `/access` and tables of its own (DESIGN §3). `look` returns
after its entry is committed, so whoever answers a read afterwards has left a durable trace; if it raises, there is no
answer to give. Nothing personal enters it: who looked is a pseudonym, whose record it was are pseudonyms.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from ledger.callers import Callers
from ledger.catalogue import ACCESS_TOPICS
from ledger.clock import Clock, day_of
from ledger.commands.command import check_data
from ledger.domain.access import VIEWER_ROLES, CommandRefused, RecordAccessed, Request
from ledger.domain.base import Context, Envelope, LedgerAggregate, LedgerEvent
from ledger.domain.governance import Book, Key, LedgerOpened
from ledger.domain.values import Payload, Role, is_code
from ledger.errors import Invalid, NotFound, Refused, VerificationError
from ledger.ids import is_uuid, new_entry_id
from ledger.log.chain import leaf_hash
from ledger.log.note import format_vkey, parse_vkey
from ledger.mapper import FORMAT_VERSION, LedgerMapper, logged, seal_entry
from ledger.publisher import Publisher
from ledger.reading import Logged
from ledger.storage.access_store import (
    Mark,
    access_origin,
    access_url,
    create_access_store,
    discard_unused,
    marking,
    read_mark,
    remember_made,
    was_made,
)
from ledger.storage.events import Acknowledgement, LedgerStoredEvent
from ledger.storage.key_files import load_signing_keys, locations
from ledger.storage.store import Store, discard_store, open_store

if TYPE_CHECKING:
    from ledger.application import Ledger

MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks or commands: `actor` is the caller's own id (a login or a person's id), `unit` a unit's."""

    actor: str
    role: str
    unit: str | None = None


class AccessLog:
    """The access log of an open ledger. Safe to use from many threads; `Ledger.close` closes it."""

    def __init__(self, ledger: Ledger, store: Store) -> None:
        self.store = store
        self.origin = access_origin(ledger.origin)
        self._ledger = ledger
        self._callers = Callers(ledger)
        self._mapper = LedgerMapper(self.origin, _nothing_to_seal)

    @classmethod
    def create(cls, ledger: Ledger) -> Self:
        """Make the access log of a ledger that has none: entry 0 like the main log's, then the ledger's mark of it.

        `Conflict` where there is one; `VerificationError` where there was one and its traces were removed.
        """
        store: Store | None = None
        try:
            with marking(ledger.store) as leave:
                if was_made(ledger.keys, ledger.book.uid):
                    raise _gone()
                discard_unused(ledger.store.url)
                store = create_access_store(ledger.store.url, ledger.origin, seal=seal_entry, clock=_clock_of(ledger))
                log = cls(ledger, store)
                leave(Mark.over(bytes.fromhex(log._open().leaf), ledger.keys, ledger.origin))
        except BaseException:
            if store is not None:
                discard_store(store)
            raise
        remember_made(ledger.keys, ledger.book.uid)
        return log

    @classmethod
    def open(cls, ledger: Ledger) -> Self:
        """The access log of a ledger; `Refused` with code `no-access-log` where none was made.

        `VerificationError` where one was made and is gone, or another log lies in its place.
        """
        mark = read_mark(ledger.store)
        if mark is None:
            if was_made(ledger.keys, ledger.book.uid):
                raise _gone()
            raise Refused("no access log was made yet: run `integrity migrate`", code="no-access-log")
        if not mark.holds(ledger.keys, ledger.origin):
            raise _replaced()
        try:
            store = open_store(access_url(ledger.store.url), seal=seal_entry, clock=_clock_of(ledger))
        except NotFound:
            raise _gone() from None
        try:
            first = next(store.entries(0, 1), None)
            if first is None or leaf_hash(first.state) != mark.leaf:
                raise _replaced()
            remember_made(ledger.keys, ledger.book.uid)
        except BaseException:
            store.close()
            raise
        return cls(ledger, store)

    def _open(self) -> Acknowledgement:
        """Write entry 0: origin, suite, format and the ledger's signing key under the access log's name."""
        opening = self._ledger.opened().data
        keys = [
            Key(purpose=key["purpose"], vkey=format_vkey(self.origin, parse_vkey(key["vkey"]).public_key))
            for key in opening["keys"]
        ]
        data = LedgerOpened.Data(
            origin=self.origin, suite=opening["suite"], format=FORMAT_VERSION, clock="real", keys=keys
        )
        return self.write_own(LedgerOpened, data)

    @cached_property
    def publisher(self) -> Publisher:
        """Signs this log's checkpoints, with the ledger's keys under this log's name, into the same sentinel."""
        places = locations(self._ledger.store.url)
        signing = partial(load_signing_keys, places.signing_key)
        return Publisher(self.store, self.origin, places.sentinel, signing, ACCESS_TOPICS)

    # Writing.

    def write_own(self, event: type[LedgerEvent], data: Payload) -> Acknowledgement:
        """An entry of this log's own stream, by the system itself."""
        book = LedgerAggregate.blank(f"{Book.KIND}/{self._ledger.book.uid}")
        for stored in self.store.recorder.select_events(book.id):
            self._mapper.to_domain_event(stored).mutate(book)
        context = self._context({"id": self._ledger.system_uid(), "role": Role.SYSTEM.value}, (), None)
        book.trigger_event(event, data=data, envelope=Envelope(context))
        return self._append(book)

    def look(
        self,
        viewer: Viewer,
        subjects: Collection[str],
        *,
        scope: Sequence[str],
        purpose: str | None = None,
        basis: str | None = None,
        consent: str | None = None,
        case: str | None = None,
        as_of: date | None = None,
        as_known: int | None = None,
        defer_until: date | None = None,
    ) -> Acknowledgement:
        """Record that a viewer looks at these subjects' records (pseudonyms); durable when this returns.

        Whoever looks at one registration of a subject sees all of them, so the look lists each. Without subjects the
        log as a whole was read. `consent` and `case` are pseudonyms, `scope` and `purpose` codes.
        """
        body = {
            "scope": list(scope),
            "basis": basis,
            "consent": consent,
            "case": case,
            "as_of": None if as_of is None else as_of.isoformat(),
            "as_known": as_known,
            "defer_until": None if defer_until is None else defer_until.isoformat(),
        }
        relations = self._ledger.relations()
        seen = {uid for subject in subjects for uid in relations.group(subject)}
        return self._write(viewer, RecordAccessed, body, self._pseudonyms(seen), purpose)

    def refusal(self, viewer: Viewer, *, type: str, code: str, target: str | None = None) -> Acknowledgement:  # noqa: A002
        """Record that a rule refused a viewer's command: its type, the rule's code, the record aimed at."""
        return self._write(viewer, CommandRefused, {"type": type, "code": code, "target": target}, (), None)

    def _pseudonyms(self, subjects: Collection[str]) -> tuple[str, ...]:
        whom = tuple(sorted(set(subjects))) or (self.whole,)
        if not all(map(is_uuid, whom)):
            raise Invalid("a look names its subjects by pseudonym", code="bad-value", field="subjects")
        return whom

    def _write(
        self,
        viewer: Viewer,
        event: type[LedgerEvent],
        body: dict[str, Any],
        subjects: tuple[str, ...],
        purpose: str | None,
    ) -> Acknowledgement:
        assert not self._ledger.in_transaction, "a look stands by itself: its transaction cannot be discarded"
        data: Payload = check_data(event, {name: value for name, value in body.items() if value is not None})
        if purpose is not None and not is_code(purpose):
            raise Invalid("a purpose is a code", code="bad-code", field="purpose")
        request = LedgerAggregate.blank(f"{Request.KIND}/{uuid4()}")
        assert isinstance(request, Request)
        context = self._context(self._actor(viewer), subjects, purpose)
        request.leave(event, data, Envelope(context))
        return self._append(request)

    def actor_uid(self, viewer: Viewer) -> str:
        """The pseudonym under which a viewer acts and looks."""
        return self._actor(viewer)["id"]

    def _actor(self, viewer: Viewer) -> dict[str, str]:
        if viewer.role not in VIEWER_ROLES:
            raise Invalid("no such role", code="unknown-role", field="viewer.role")
        for name, value in (("actor", viewer.actor), ("unit", viewer.unit)):
            if value is not None and not 0 < len(value) <= MAX_NAME:
                raise Invalid("an id is neither empty nor long", code="bad-value", field=f"viewer.{name}")
        uid = self._callers.person(viewer.actor, subject=viewer.role == Role.SUBJECT)
        actor = {"id": uid, "role": str(viewer.role)}
        if viewer.unit is not None:
            actor["unit"] = self._callers.unit(viewer.unit)
        return actor

    def _context(self, actor: dict[str, str], subjects: tuple[str, ...], purpose: str | None) -> Context:
        today = day_of(self._ledger.clock()).isoformat()
        return Context(id=new_entry_id(), effective_on=today, actor=actor, subjects=subjects, purpose=purpose)

    def _append(self, aggregate: LedgerAggregate) -> Acknowledgement:
        stored: list[LedgerStoredEvent] = [self._mapper.to_stored_event(event) for event in aggregate.collect_events()]
        (acknowledgement,) = self.store.recorder.append(stored)
        return acknowledgement

    # Reading.

    @property
    def whole(self) -> str:
        """The pseudonym that stands among the subjects of a look at the log as a whole: the ledger's own."""
        return self._ledger.book.uid

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.store.head().size

    def looks_at(self, subject: str, size: int | None = None) -> list[Logged]:
        """The looks at a subject's record (a pseudonym, or `whole`), among the first `size` entries."""
        found = (logged(row, ACCESS_TOPICS) for row in self.store.entries_of(subject, size))
        return [entry for entry in found if entry.topic == RecordAccessed.TOPIC]

    def refusals(self, size: int | None = None) -> list[Logged]:
        """The commands that a rule refused, among the first `size` entries."""
        return [logged(row, ACCESS_TOPICS) for row in self.store.by_topic(CommandRefused.TOPIC, size)]

    def logged(self, start: int = 0, stop: int | None = None) -> Iterator[Logged]:
        """The entries of [start, stop), streamed."""
        return (logged(row, ACCESS_TOPICS) for row in self.store.entries(start, stop))

    def close(self) -> None:
        """Finish the write under way and close every connection."""
        self.store.close()


def _clock_of(ledger: Ledger) -> Clock:
    """The ledger's clock, whichever it has at the moment."""
    return lambda: ledger.clock()


def _nothing_to_seal(*place: object) -> bytes:
    raise AssertionError("nothing in the access log is personal")


def _gone() -> VerificationError:
    return VerificationError("an access log was made and is gone", code="access-log-missing")


def _replaced() -> VerificationError:
    return VerificationError("the access log is not the one this ledger made", code="access-log-replaced")
