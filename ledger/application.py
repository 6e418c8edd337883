"""The ledger: every command a caller may give, and every read that folds, lists and doors stand on.

`submit` takes one line, judges it and answers after the commit. A refused command writes nothing. The same principal
and request key with the same body get the same acknowledgement; with another body they are refused. Within
`transaction()` a thread's commands are committed together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import local
from typing import Any, Self

from eventsourcing.application import Application
from eventsourcing.persistence import (
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    Mapper,
    TrackingRecorder,
    Transcoder,
)
from eventsourcing.utils import Environment

from ledger.clock import Clock, day_of, utc_now
from ledger.commands import HANDLERS, Change, Command
from ledger.commands.checks import evaluation
from ledger.commands.command import check_data, check_dates, check_role, understand
from ledger.directory import AnyAggregate, Directory, taken
from ledger.domain.base import Act, Actor, Context, Envelope, LedgerAggregate, LedgerEvent, Sealed
from ledger.domain.eligibility import Check
from ledger.domain.governance import Book
from ledger.domain.sections import references_of, sections_of, written_names
from ledger.domain.values import Role
from ledger.errors import Conflict, LedgerError, NotFound, Refused
from ledger.ids import new_entry_id
from ledger.line import Line
from ledger.log.encoding import canonical
from ledger.mapper import LedgerMapper, plain, seal_entry
from ledger.policy import Policy
from ledger.storage.events import (
    Acknowledgement,
    IndexRow,
    IndexTaken,
    RequestKey,
    RequestKeyReused,
)
from ledger.storage.key_files import load_master_key, locations
from ledger.storage.keys import KeyStore
from ledger.storage.store import Store, open_store

_ATTEMPTS = 8


class _Factory(InfrastructureFactory[TrackingRecorder]):
    """The framework asks a factory for its parts; ours are made before the application."""

    def __init__(self, env: Environment, recorder: ApplicationRecorder) -> None:
        super().__init__(env)
        self._recorder = recorder

    def application_recorder(self) -> ApplicationRecorder:
        return self._recorder

    def aggregate_recorder(self, purpose: str = "events") -> ApplicationRecorder:
        raise NotImplementedError(f"the ledger keeps no {purpose} beside its entries")

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> TrackingRecorder:
        raise NotImplementedError("views keep their own positions")

    def process_recorder(self) -> Any:
        raise NotImplementedError("views are not processes of the framework")


class Ledger(Directory, Application[str]):
    """One ledger, open. Use `ledger.opening` to make or open one."""

    name = "ledger"

    def __init__(self, store: Store, keys: KeyStore, *, clock: Clock = utc_now) -> None:
        self._own = local()
        self.prepare(store, keys)
        self.clock = clock
        store.recorder.seal = seal_entry
        self.policy = Policy(lambda: self.editions(self.size))
        super().__init__()
        self.book: LedgerAggregate = LedgerAggregate.blank("ledger/none")

    @classmethod
    def open(cls, url: str, *, clock: Clock = utc_now) -> Self:
        """The ledger at a URL; `NotFound` where there is none, `Refused` while a migration is pending."""
        store = open_store(url)
        try:
            places = locations(url)
            keys = KeyStore.open(places.keys, load_master_key(places.master_key))
        except BaseException:
            store.close()
            raise
        ledger = cls(store, keys, clock=clock)
        ledger.read_opening()
        return ledger

    def close(self) -> None:
        """Finish the write under way and close every connection."""
        self.store.close()
        self.keys.close()

    def read_opening(self) -> None:
        """Take origin and stream of the ledger from entry 0."""
        first = self.opened()
        self.origin = str(first.data["origin"])
        self.book = LedgerAggregate.blank(first.stream)
        mapper = self.mapper
        assert isinstance(mapper, LedgerMapper)
        mapper.origin = self.origin

    # The framework's parts.

    def construct_env(self, name: str, env: Any = None) -> Environment:
        """Nothing of the process's environment configures a ledger behind our back."""
        return Environment(name, {})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        return _Factory(env, self.store.recorder)

    def construct_mapper(self) -> Mapper[str]:
        return LedgerMapper(self.origin, self.seal_section)

    def construct_transcoder(self) -> Transcoder:
        raise NotImplementedError("the mapper encodes")

    @property
    def clock(self) -> Clock:
        return self.store.recorder.clock

    @clock.setter
    def clock(self, clock: Clock) -> None:
        self.store.recorder.clock = clock

    # Transactions.

    @contextmanager
    def transaction(self, *, discard: bool = False) -> Iterator[None]:
        """All this thread submits inside is one transaction; `discard` makes it a dry run."""
        outer = getattr(self._own, "live", None)
        self._own.live = {} if outer is None else dict(outer)
        kept = False
        try:
            with self.store.recorder.transaction(discard=discard), self.keys.batch(discard=discard):
                yield
            kept = not discard
        finally:
            if outer is None:
                self._own.live = None
            elif not kept:
                self._own.live = {}
            if not kept:
                self.forget()

    # Aggregates, loaded for the act under way.

    def new(self, cls: type[AnyAggregate]) -> AnyAggregate:
        """An aggregate of a new stream."""
        aggregate = LedgerAggregate.blank(f"{cls.KIND}/{self.fresh_uid()}")
        assert isinstance(aggregate, cls)
        return self._for_act(aggregate)

    def aggregate(self, cls: type[AnyAggregate], uid: str) -> AnyAggregate:
        """The aggregate of a stream that exists."""
        stream = f"{cls.KIND}/{uid}"
        live = getattr(self._own, "live", None)
        if live is not None and stream in live:
            found: AnyAggregate = live[stream]
        else:
            # Not by the framework's repository: it asks each event for a protocol, which costs more than the event.
            blank = LedgerAggregate.blank(stream)
            for event in self.events.get(stream):
                event.mutate(blank)  # type: ignore[attr-defined]
            if not blank.version:
                raise NotFound("there is no such stream", code="unknown-stream")
            assert isinstance(blank, cls)
            found = blank
        return self._for_act(found)

    def _for_act(self, aggregate: AnyAggregate) -> AnyAggregate:
        aggregate.act = self._own.act
        return aggregate

    # Commands.

    def submit(
        self,
        line: Line,
        *,
        request: tuple[str, str] | None = None,
        documents: Mapping[bytes, bytes] | None = None,
    ) -> Acknowledgement:
        """Judge a line and write what it says; the acknowledgement comes after the commit.

        `request` is (principal, key); `documents` are stored with the entry that names their digests. Raises a
        `LedgerError`; nothing is written then.
        """
        event = understand(line)
        key = self._request_key(line, request)
        answered = self._answered(key)
        if answered is not None:
            return answered
        for attempt in range(_ATTEMPTS):
            try:
                return self._attempt(event, line, key, documents or {})
            except (IntegrityError, IndexTaken) as error:
                refused = taken(error) if isinstance(error, IndexTaken) else None
                if refused is not None:
                    raise refused from None
                live = getattr(self._own, "live", None)
                if line.after is not None or attempt == _ATTEMPTS - 1 or live is not None:
                    raise Conflict("another writer was first; read again and retry", code="conflict") from error
            except LedgerError:
                # It may be this very request, sent twice at once, that made the second one's step illegal.
                answered = self._answered(key)
                if answered is None:
                    raise
                return answered
        raise AssertionError("unreachable")

    def _answered(self, key: RequestKey | None) -> Acknowledgement | None:
        """What this request got before; refused where its key was used with another body."""
        known = None if key is None else self.store.recorder.find_request(key.principal, key.key)
        if key is None or known is None:
            return None
        if known[0] != key.fingerprint:
            raise RequestKeyReused("this key was used with another body")
        confirmed = self.store.recorder.confirm_request(key.principal, key.key)
        return None if confirmed is None else confirmed[1]

    def _request_key(self, line: Line, request: tuple[str, str] | None) -> RequestKey | None:
        if request is None:
            return None
        body = {
            "type": line.type,
            "effective_on": line.effective_on.isoformat(),
            "actor": {"id": line.actor.id, "role": line.actor.role, "unit_id": line.actor.unit_id},
            "data": plain(dict(line.data)),
            "basis": list(line.basis),
            "purpose": line.purpose,
            "after": line.after,
        }
        return RequestKey(request[0], request[1], self.keys.keyed_digest("request", canonical(body)))

    def _attempt(
        self, event: type[LedgerEvent], line: Line, key: RequestKey | None, documents: Mapping[bytes, bytes]
    ) -> Acknowledgement:
        if line.type == "EligibilityCheckRequested":
            # The evaluation stands on the size just before the request's own entry, so nobody may write between.
            with self.transaction():
                return self._answered(key) or self._write(event, line, key, documents)
        return self._write(event, line, key, documents)

    def _write(
        self, event: type[LedgerEvent], line: Line, key: RequestKey | None, documents: Mapping[bytes, bytes]
    ) -> Acknowledgement:
        command, actor_rows = self._command(event, line)
        self._own.act = command.act
        change = HANDLERS[line.type](self, command)
        if line.after is not None and change.aggregate.version - 1 != line.after:
            raise Conflict("the record has moved on; read again", code="stale-version", field="after")
        if documents:
            change = replace(change, documents={**change.documents, **documents})
        rows = (*actor_rows, *self.source_rows(line, change.aggregate.uid))
        acknowledgement = self._store(change, command.act, line, key, rows)
        if line.type == "EligibilityCheckRequested":
            self._evaluate(change, command, acknowledgement)
        return acknowledgement

    def _evaluate(self, change: Change, command: Command, request: Acknowledgement) -> None:
        act = Act(Actor(self.system_uid(), Role.SYSTEM), command.act.on, command.act.today)
        self._own.act = act
        check = change.aggregate
        assert isinstance(check, Check)
        self._for_act(check)
        follow_up = evaluation(self, check, command.data.check_id, command.act.on, request.index)
        self._store(follow_up, act, None, None, (), causation=str(request.index))

    def _command(self, event: type[LedgerEvent], line: Line) -> tuple[Command, tuple[IndexRow, ...]]:
        data = check_data(event, line.data)
        role = check_role(event, line.actor.role, data.on_behalf_of is not None)
        today = day_of(self.clock())
        check_dates(event, data, line.effective_on, today)
        references = references_of(event.Data)
        source = (line.source or {}).get("system", "")
        resolved: dict[str, Any] = {}
        for name, reference in references.items():
            value = getattr(data, name)
            if value is not None:
                label = f"data.{written_names(event.Data)[name]}"
                resolved[name] = self.require_uid(value, reference.kinds, label, source)
        for_subject = resolved.get("on_behalf_of")
        if resolved:
            data = data.model_copy(update=resolved)
        if role is Role.REPORTER:
            # Who reported is a section; the header gets a fresh pseudonym without unit (DESIGN §3).
            act = Act(Actor("", role), line.effective_on, today, data.doc is not None)
            return Command(event, data, act, line), ()
        actor_id, rows = self.actor_uid(line.actor.id, subject=role is Role.SUBJECT)
        unit, unit_rows = self.actor_unit(line.actor.unit_id)
        act = Act(Actor(actor_id, role, unit), line.effective_on, today, data.doc is not None, for_subject)
        return Command(event, data, act, line), (*rows, *unit_rows)

    def _store(
        self,
        change: Change,
        act: Act,
        line: Line | None,
        key: RequestKey | None,
        rows: tuple[IndexRow, ...],
        causation: str | None = None,
    ) -> Acknowledgement:
        aggregate = change.aggregate
        actor = {"id": change.actor_id or act.actor.id, "role": act.actor.role.value}
        if act.actor.unit is not None:
            actor["unit"] = act.actor.unit
        event = aggregate.pending_events[-1]
        context = Context(
            id=new_entry_id(),
            effective_on=act.on.isoformat(),
            actor=actor,
            subjects=tuple(sorted(set(change.subjects))),
            basis=() if line is None else line.basis,
            purpose=None if line is None else line.purpose,
            causation=causation,
            source=self._source_of(line),
            after=None if line is None else line.after,
        )
        sections = (*_sections(event, change.owner, change.published), *change.sections)
        aggregate.put_into(Envelope(context, sections, change.published))
        index_rows = (*change.index, *rows)
        live = getattr(self._own, "live", None)
        try:
            stored = [self.mapper.to_stored_event(item) for item in aggregate.collect_events()]
            (acknowledgement, *_) = self.store.recorder.append(
                stored, request=key, index_rows=_distinct(index_rows), documents=dict(change.documents)
            )
        except BaseException:
            if live is not None:
                live.pop(aggregate.id, None)  # it went ahead of what is stored
            raise
        if live is not None:
            live[aggregate.id] = aggregate
        self.learned(index_rows, aggregate)
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

    def new_book(self) -> LedgerAggregate:
        """The stream of a ledger that is being opened."""
        return LedgerAggregate.blank(f"{Book.KIND}/{self.fresh_uid()}")

    def write_own(self, event: type[LedgerEvent], data: Any) -> Acknowledgement:
        """An entry of the ledger's own stream, by the system itself."""
        act = Act(Actor(self.system_uid(), Role.SYSTEM), day_of(self.clock()), day_of(self.clock()))
        self._own.act = act
        book = self.aggregate(Book, self.book.uid) if self.size else self._for_act(self.book)
        book.happen(event, data)
        rows = self.own_rows(data)
        return self._store(Change(book, (), book.uid, rows), act, None, None, ())


def _sections(event: Any, owner: str, published: frozenset[str]) -> list[Sealed]:
    """The personal members of an event as sections, each an object of its members under their written names."""
    members = sections_of(type(event).Data)
    names = written_names(type(event).Data)
    values: dict[str, dict[str, Any]] = {}
    for name, section in members.items():
        value = getattr(event.data, name)
        if value is None or name in published or (value == [] and name not in event.data.model_fields_set):
            continue
        label = "ref" if section == "identity" and name == "ref" else names[name]
        values.setdefault(section, {})[label] = plain(value)
    return [Sealed(section, value, owner, event.RETENTION) for section, value in values.items()]


def _distinct(rows: tuple[IndexRow, ...]) -> list[IndexRow]:
    seen: dict[tuple[str, bytes], IndexRow] = {}
    for row in rows:
        known = seen.setdefault((row.field, row.digest), row)
        if known.uid != row.uid:
            raise Refused("the line names one value twice", code="index-taken", field=row.field)
    return list(seen.values())
