"""The ledger: every command a caller may give, and every read that folds, lists and doors stand on.

`submit` takes one line, judges it and answers after the commit. A refused command writes nothing. The same principal
and request key with the same body get the same acknowledgement; with another body they are refused. Within
`transaction()` a thread's commands are committed together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property, partial
from hashlib import sha256
from threading import Lock, local
from typing import Any, Self

from eventsourcing.persistence import IntegrityError

from ledger.access import AccessLog
from ledger.clock import Clock, day_of, parse_time, utc_now
from ledger.commands import HANDLERS, Change, Command
from ledger.commands.checks import evaluation
from ledger.commands.command import check_data, event_of_command, understand
from ledger.directory import AnyAggregate, taken
from ledger.domain.base import Act, Actor, Context, Envelope, LedgerAggregate, LedgerEvent
from ledger.domain.eligibility import Check
from ledger.domain.governance import Book
from ledger.domain.values import Role
from ledger.erasing import carry_out
from ledger.errors import Conflict, Invalid, LedgerError, Refused
from ledger.ids import new_entry_id
from ledger.line import Line
from ledger.log.encoding import EncodingError
from ledger.mapper import LedgerMapper, seal_entry, split_off
from ledger.policy import Policy
from ledger.publisher import Published, Publisher, read_keyring
from ledger.relations import MERGED, REORGANISED, UNDONE
from ledger.requests import Request
from ledger.signed_commands import SignedCommands, Understood
from ledger.signing import Chance, Signed, Signers
from ledger.storage.events import Acknowledgement, IndexRow, IndexTaken
from ledger.storage.key_files import load_master_key, load_signing_keys, locations
from ledger.storage.keys import KeyStore
from ledger.storage.store import Store, open_store
from ledger.witnessing import Witnessing

_ATTEMPTS = 8
_ALONE = frozenset({"EligibilityCheckRequested", MERGED, UNDONE, REORGANISED})  # nobody writes between


class Ledger(SignedCommands):
    """One ledger, open. Use `ledger.opening` to make or open one."""

    def __init__(self, store: Store, keys: KeyStore, *, clock: Clock = utc_now) -> None:
        self._own = local()
        self._access: AccessLog | None = None
        self._access_lock = Lock()
        self.loading_history = False
        self.witnessing: Witnessing | None = None
        self.prepare(store, keys)
        self.clock = clock
        store.recorder.seal = seal_entry
        self.policy = Policy(self.editions_now)
        self.signers = Signers(lambda: read_keyring(self.store, self.origin))
        super().__init__()
        self.book: LedgerAggregate = LedgerAggregate.blank("ledger/none")

    @classmethod
    def open(cls, url: str, *, clock: Clock = utc_now) -> Self:
        """The ledger at a URL; `NotFound` where there is none, `Refused` while a migration is pending."""
        with ExitStack() as opened:
            store = opened.enter_context(open_store(url))
            places = locations(url)
            keys = opened.enter_context(KeyStore.open(places.keys, load_master_key(places.master_key)))
            ledger = cls(store, keys, clock=clock)
            ledger.read_opening()
            opened.pop_all()  # whatever failed before this is closed again
        return ledger

    def close(self) -> None:
        """Finish the write under way and close every connection."""
        with self._access_lock:
            if self._access is not None:
                self._access.close()
        self.store.close()
        self.keys.close()

    @property
    def access(self) -> AccessLog:
        """The access log, opened when first asked for; `Refused` with code `no-access-log` where there is none."""
        if self._access is None:
            with self._access_lock:
                if self._access is None:
                    self._access = AccessLog.open(self)
        return self._access

    def make_access(self) -> None:
        """Make the access log of a ledger that has none (see `AccessLog.create`)."""
        with self._access_lock:
            self._access = AccessLog.create(self)

    @cached_property
    def publisher(self) -> Publisher:
        """Signs this ledger's checkpoints, into its sentinel."""
        places = locations(self.store.url)
        signing = partial(load_signing_keys, places.signing_key)
        return Publisher(self.store, self.origin, places.sentinel, signing)

    def publish(self, *, begin: bool = False) -> Published:
        """The checkpoints of both logs as they are now, signed where they have grown; the ledger's own is given.

        `begin` is for a sentinel that was just made.
        """
        self.access.publisher.publish(begin=begin)
        return self.publisher.publish(begin=begin)

    def read_opening(self) -> None:
        """Take origin and stream of the ledger from entry 0."""
        first = self.opened()
        self.origin = str(first.data["origin"])
        self.book = LedgerAggregate.blank(first.stream)
        mapper = self.mapper
        assert isinstance(mapper, LedgerMapper)
        mapper.origin = self.origin

    @property
    def clock(self) -> Clock:
        return self.store.recorder.clock

    @clock.setter
    def clock(self, clock: Clock) -> None:
        self.store.recorder.clock = clock

    def now(self) -> datetime:
        """When an entry would be recorded: by the clock, and never before the newest one (DESIGN §4)."""
        return max(self.clock(), parse_time(self.store.head().recorded_at))

    # Commands.

    def submit(
        self,
        line: Line,
        *,
        request: Request | tuple[str, str] | None = None,
        documents: Collection[bytes] = (),
        as_system: bool = False,
        signed: Signed | None = None,
    ) -> Acknowledgement:
        """Judge a line and write what it says; the acknowledgement comes after the commit.

        `request` is (principal, key), or a `Request` of a door that completes what its callers say: their own words,
        not the completed line, decide whether a retry is the same. `documents` come with this command and serve no
        other: an edition's file, or what an entry names by its digest. `as_system` allows the role SYSTEM, which only
        the ledger itself has and a history of its acts; a door with a viewer never gives it. `signed` is what a unit's
        system signed of what `prepare_signing` gave it. Raises a `LedgerError`; nothing is written then.
        """
        event = event_of_command(line)
        given = {sha256(content).digest(): content for content in documents}
        try:
            asked = Request.of(line, request, given) if isinstance(request, tuple) else request
        except EncodingError:
            check_data(event, line.data)  # which says what is wrong with which member
            raise
        answered = self.answered(asked)
        if answered is not None:
            return answered
        if self.witnessing is not None:
            self.witnessing.check()
        understood = partial(understand, self, event, line, given, as_system=as_system)
        for attempt in range(_ATTEMPTS):
            try:
                with self._taking(None if signed is None else Chance(signed)):
                    return self._attempt(understood, line, asked)
            except (IntegrityError, IndexTaken) as error:
                refused = taken(error) if isinstance(error, IndexTaken) else None
                if refused is not None:
                    raise refused from None
                if line.after is not None or attempt == _ATTEMPTS - 1 or self.in_transaction:
                    raise Conflict("another writer was first; read again and retry", code="conflict") from error
            except LedgerError:
                # It may be this very request, sent twice at once, that made the second one's step illegal.
                answered = self.answered(asked)
                if answered is None:
                    raise
                return answered
        raise AssertionError("unreachable")

    def answered(self, asked: Request | None) -> Acknowledgement | None:
        """What a request got before; None where it is new, `RequestKeyReused` where its key came with another body."""
        return None if asked is None else asked.answer(self.store.recorder, self.keys)

    def _attempt(self, understood: Understood, line: Line, asked: Request | None) -> Acknowledgement:
        if line.type in _ALONE or (self._chance is not None and not self.in_transaction):
            # The evaluation stands on the size just before the request's own entry, so nobody may write between; nor
            # while a signature is judged, since whether its key is valid depends on the entry's index, or while it is
            # judged who is the same as whom, which rests on other streams than the one that is written.
            with self.transaction():
                return self.answered(asked) or self._write(understood, line, asked)
        acknowledgement = self._write(understood, line, asked)
        if line.type == "ErasureOrdered":
            self._own.ordered = True
            self.committed()
        return acknowledgement

    def committed(self) -> None:
        """Carry out what was ordered to be erased, once the order is committed."""
        if getattr(self._own, "ordered", False) and not self.in_transaction:
            self._own.ordered = False
            carry_out(self)
        if not self.in_transaction:
            self._own.relating = False

    def _write(self, understood: Understood, line: Line, asked: Request | None) -> Acknowledgement:
        command, actor_rows = understood()
        self._own.act = command.act
        change = HANDLERS[line.type](self, command)
        if self._chance is not None:
            line = replace(line, after=self._chance.after(change.aggregate.version - 1))
        if line.after is not None and change.aggregate.version - 1 != line.after:
            raise Conflict("the record has moved on; read again", code="stale-version", field="after")
        if command.documents.keys() - change.documents.keys():
            raise Invalid("a document came with the command that its entry does not name", code="document-not-named")
        rows = (*actor_rows, *self.source_rows(line, change.aggregate.uid))
        acknowledgement = self._store(change, command.act, line, asked, rows)
        if line.type == "EligibilityCheckRequested":
            self._evaluate(change, command, acknowledgement)
        return acknowledgement

    def _evaluate(self, change: Change, command: Command, request: Acknowledgement) -> None:
        act = Act(Actor(self.system_uid(), Role.SYSTEM), command.act.on, command.act.today)
        self._own.act = act
        check = change.aggregate
        assert isinstance(check, Check)
        self.for_act(check)
        follow_up = evaluation(self, check, command.data.check_id, command.act.on, request.index)
        self._store(follow_up, act, None, None, (), causation=str(request.index))

    def _store(
        self,
        change: Change,
        act: Act,
        line: Line | None,
        asked: Request | None,
        rows: tuple[IndexRow, ...],
        causation: str | None = None,
    ) -> Acknowledgement:
        aggregate = change.aggregate
        actor = {"id": change.actor_id or act.actor.id, "role": act.actor.role.value}
        if act.actor.unit is not None:
            actor["unit"] = act.actor.unit
        event, chance = aggregate.pending_events[-1], self._chance
        if line is not None and chance is None:
            self._require_unsigned_allowed(act.actor.unit)
        context = Context(
            id=new_entry_id() if chance is None else chance.entry_id(),
            effective_on=act.on.isoformat(),
            actor=actor,
            subjects=tuple(sorted(set(change.subjects))),
            basis=() if line is None else line.basis,
            purpose=None if line is None else line.purpose,
            causation=causation,
            source=self._source_of(line),
            after=None if line is None else line.after,
        )
        sections = (*split_off(event, change.owner, change.published), *change.sections)
        if chance is not None:
            sections = chance.salted(sections)
        aggregate.put_into(Envelope(context, sections, change.published))
        try:
            with self.sealing(sections):
                stored = [self.mapper.to_stored_event(item) for item in aggregate.collect_events()]
                if chance is not None and chance.header is None:
                    stored[0] = self._signed(stored[0], chance, act.actor.unit)
                (acknowledgement, *_) = self.store.recorder.append(
                    stored,
                    request=None if asked is None else asked.row(self.keys),
                    index_rows=_distinct((*change.index, *rows)),
                    documents=dict(change.documents),
                )
        except BaseException:
            self.forget_live(aggregate)
            raise
        self.keep_live(aggregate)
        if change.relates:
            self._own.relating = True
            self.forget_relations()
        if line is not None and line.type == "SubjectRegistered":
            self.registered(str(line.data["subject_id"]))
        elif line is not None and line.type == "SubjectIdentityCorrected":
            self.registered(str(line.data.get("ref") or ""))
        return acknowledgement

    def _source_of(self, line: Line | None) -> Mapping[str, str] | None:
        """Where a line was taken over from; `recorded_at` of a file is the source's claim, never ours (DESIGN §8)."""
        if line is None or (line.source is None and line.recorded_at is None) or self.loading_history:
            return None if line is None else line.source
        source = dict(line.source or {})
        if line.recorded_at is not None:
            source.setdefault("recorded_at", line.recorded_at.isoformat())
        return source

    # The ledger's own entries.

    def follow_up(
        self,
        cls: type[AnyAggregate],
        uid: str,
        happen: Callable[[AnyAggregate], None],
        on: date,
        subjects: tuple[str, ...],
        causation: int,
        asked: Request | None = None,
    ) -> Acknowledgement:
        """What follows from an entry of a record, said by the ledger itself; what was asked is stored with it."""
        act = Act(Actor(self.system_uid(), Role.SYSTEM), on, day_of(self.clock()))
        self._own.act = act
        aggregate = self.aggregate(cls, uid)
        happen(aggregate)
        return self._store(Change(aggregate, subjects, uid), act, None, asked, (), causation=str(causation))

    def new_book(self) -> LedgerAggregate:
        """The stream of a ledger that is being opened."""
        return LedgerAggregate.blank(f"{Book.KIND}/{self.fresh_uid()}")

    def write_own(
        self,
        event: type[LedgerEvent],
        data: Any,
        rows: tuple[IndexRow, ...] = (),
        asked: Request | None = None,
    ) -> Acknowledgement:
        """An entry of the ledger's own stream, by the system itself; `rows` and what was asked are stored with it."""
        act = Act(Actor(self.system_uid(), Role.SYSTEM), day_of(self.clock()), day_of(self.clock()))
        for attempt in range(_ATTEMPTS):
            self._own.act = act
            book = self.aggregate(Book, self.book.uid) if self.size else self.for_act(self.book)
            book.happen(event, data)
            try:
                return self._store(Change(book, (), book.uid, (*self.own_rows(data), *rows)), act, None, asked, ())
            except IntegrityError:  # the ledger spoke elsewhere at the same time
                if attempt == _ATTEMPTS - 1 or self.in_transaction:
                    raise
        raise AssertionError("unreachable")


def _distinct(rows: tuple[IndexRow, ...]) -> list[IndexRow]:
    seen: dict[tuple[str, bytes], IndexRow] = {}
    for row in rows:
        known = seen.setdefault((row.field, row.digest), row)
        if known.uid != row.uid:
            raise Refused("the line names one value twice", code="index-taken", field=row.field)
    return list(seen.values())
