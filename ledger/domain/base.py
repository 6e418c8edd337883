"""What every event and every aggregate of the ledger has in common.

An aggregate decides; its events only remember: `apply` never refuses. Time, identity and policy come in as an `Act`
and as plain arguments, so a replay today equals the day itself. Versions are gapless from 1 in a stream, and a stream
is named `<kind>/<uuid>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from eventsourcing.domain import BaseAggregate, CanMutateAggregate, MetaDomainEvent

from ledger.domain.values import Payload, Role
from ledger.errors import Refused

# The framework wants a time on each event; the ledger's only time is `recorded_at`, which no aggregate sees.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `id` and `unit` are pseudonyms (the unit's may be an unregistered one).

    `also` are further pseudonyms of the same person or unit (subjects merged), and of units that ended whose open
    matters are this unit's by now (`ledger.relations`). `hands` are those at the other end of a delegation in force:
    they may do nothing for each other, but none of them is another hand.
    """

    id: str
    role: Role
    unit: str | None = None
    also: frozenset[str] = frozenset()
    hands: frozenset[str] = frozenset()

    def stands_for(self, uid: str | None) -> bool:
        """Whether a pseudonym is this person's, their unit's, or one that either stands for."""
        return uid is not None and (uid in (self.id, self.unit) or uid in self.also)

    def is_hand_of(self, uid: str | None) -> bool:
        """Whether an act of that pseudonym is this person's as well, wherever another hand is asked for."""
        return uid in self.hands or self.stands_for(uid)


@dataclass(frozen=True, slots=True)
class Act:
    """The circumstances of a command: who, for which day (`on`), taken in on which day (`today`, +08:00).

    `documented` is true when the line carries a document; `for_subject` is the subject on whose behalf HR or CREDIT
    records a SUBJECT's act.
    """

    actor: Actor
    on: date
    today: date
    documented: bool = False
    for_subject: str | None = None

    @property
    def days(self) -> tuple[date, date]:
        """Date rules must hold on both of these days (DOMAIN §4.1)."""
        return (self.on, self.today)


@dataclass(frozen=True, slots=True)
class Context:
    """The header of an entry less what its type says: all of it known before the commit (DESIGN §3)."""

    id: str
    effective_on: str
    actor: Mapping[str, str]
    subjects: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    purpose: str | None = None
    correlation: str | None = None
    causation: str | None = None
    source: Mapping[str, str] | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """One personal section on its way into the store: who owns it and under which retention class.

    A `salt` is given where the header was signed before; otherwise a fresh one is drawn.
    """

    name: str
    value: Any
    owner: str
    retention: str
    salt: str | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the application adds to an aggregate's decision: the context and the personal sections.

    `published` names members that are plain although a person's would be personal: a unit's own texts.
    """

    context: Context
    sections: tuple[Sealed, ...] = field(default=())
    published: frozenset[str] = frozenset()


class LedgerEvent(CanMutateAggregate[str], metaclass=MetaDomainEvent):
    """Base of the catalogue's events. `data` holds the plain members, `envelope` the rest of the header."""

    originator_id: str
    originator_version: int
    timestamp: datetime
    data: Any
    envelope: Envelope

    TOPIC: ClassVar[str] = ""
    ROLES: ClassVar[tuple[Role, ...]] = ()
    DECISION: ClassVar[bool] = False  # a human must take it (DOMAIN §1.4)
    MAY_LIE_AHEAD: ClassVar[bool] = False  # posts, editions and schemes may take effect later
    LATE_WITHOUT_DOCUMENT: ClassVar[bool] = False  # the exceptions of DOMAIN §4.1
    SAME_DAY: ClassVar[str | None] = None  # the member of `data` that repeats `effective_on`
    ANSWERS: ClassVar[tuple[str, ...]] = ()  # the types of its record that it answers: it never lies before them
    RETENTION: ClassVar[str] = "CASE"

    class Data(Payload):
        pass

    @staticmethod
    def create_timestamp() -> datetime:
        return _NO_TIME

    def mutate(self, aggregate: Any) -> Any:
        if aggregate is None:
            aggregate = LedgerAggregate.blank(self.originator_id)
        aggregate = super().mutate(aggregate)
        aggregate.remember(self)
        return aggregate


class LedgerAggregate(BaseAggregate[str]):
    """Base of the aggregates. Subclasses name their stream `KIND` and set their first state in `start`."""

    KIND: ClassVar[str] = ""
    act: Act
    happened_on: dict[str, date]  # the latest day of each type of its entries
    _kinds: ClassVar[dict[str, type[LedgerAggregate]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.KIND:
            LedgerAggregate._kinds[cls.KIND] = cls

    @staticmethod
    def blank(stream: str) -> LedgerAggregate:
        """An aggregate of the stream's kind to which nothing has happened (version 0)."""
        cls = LedgerAggregate._kinds[stream.partition("/")[0]]
        aggregate = cls.__new__(cls)
        aggregate.__base_init__(stream, 0, _NO_TIME)
        aggregate.happened_on = {}
        aggregate.start()
        return aggregate

    def start(self) -> None:
        """Set the attributes of a stream to which nothing has happened."""

    @property
    def uid(self) -> str:
        return self.id.partition("/")[2]

    def remember(self, event: LedgerEvent) -> None:
        """Keep the day of an event that has happened."""
        name, on = type(event).__name__, day(event.envelope.context.effective_on)
        self.happened_on[name] = max(on, self.happened_on.get(name, on))

    def require_not_before(self, cause: date | None) -> None:
        """No step lies before the step it answers: read by its day it would change nothing, and never be repeated."""
        in_order = cause is None or self.act.on >= cause
        require(in_order, "before-its-cause", "the day lies before that of the step it answers", "effective_on")

    def require_other(self, concerned: str) -> None:
        """Nobody acts in their own case (ASSURANCE §6, 16): not the person, and nobody for the unit it is about."""
        own = self.act.actor.is_hand_of(concerned)
        require(not own, "own-case", "nobody acts in their own case")

    def happen(self, event: type[LedgerEvent], data: Payload) -> None:
        """Let an event happen, by the act this aggregate was loaded for; never before what it answers.

        The application completes the envelope before the event is stored.
        """
        act = self.act
        for answered in event.ANSWERS:
            self.require_not_before(self.happened_on.get(answered))
        actor = {"id": act.actor.id, "role": act.actor.role.value}
        if act.actor.unit is not None:
            actor["unit"] = act.actor.unit
        context = Context(id="", effective_on=act.on.isoformat(), actor=actor)
        self.trigger_event(event, data=data, envelope=Envelope(context))

    def put_into(self, envelope: Envelope) -> None:
        """Give the events that are about to be stored their envelope."""
        self._pending_events[:] = [replace(event, envelope=envelope) for event in self._pending_events]  # type: ignore[type-var]


def require(allowed: bool, code: str, detail: str, field: str | None = None) -> None:
    """Refuse unless allowed; preconditions of the catalogue read as one line each."""
    if not allowed:
        raise Refused(detail, code=code, field=field)


def day(text: str) -> date:
    """A day of an event's data, which was checked when it came in."""
    return date.fromisoformat(text)
