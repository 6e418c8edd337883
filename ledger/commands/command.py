"""A command as handlers see it, and what a handler gives back.

`understand` turns a line into a `Command`: the data is checked, the role allowed, the dates agree, and whom it names is
known. Everything here holds for every type alike (DOMAIN §4.1); what a single type demands is its aggregate's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ledger.catalogue import ACCESS_TYPES, event_of
from ledger.clock import day_of
from ledger.commands.delegated import delegated, hands_of, with_hands
from ledger.domain.base import Act, Actor, LedgerAggregate, LedgerEvent, Sealed, require
from ledger.domain.sections import references_of, written_names
from ledger.domain.values import Role
from ledger.errors import Invalid, LedgerError, Refused
from ledger.line import Line
from ledger.storage.events import IndexRow

if TYPE_CHECKING:
    from ledger.application import Ledger

_CODES = {
    "extra_forbidden": "unknown-field",
    "missing": "missing-field",
    "float_type": "float-not-allowed",
    "int_from_float": "float-not-allowed",
    "string_too_long": "too-long",
    "string_too_short": "empty",
    "literal_error": "not-in-list",
    "enum": "not-in-list",
    "greater_than_equal": "out-of-range",
    "less_than_equal": "out-of-range",
    "too_short": "too-few",
    "string_pattern_mismatch": "bad-format",
    "string_unicode": "lone-surrogate",
}
# What a value's own check may say; anything else a validator raises is `bad-value`.
_VALUE_CODES = frozenset({
    "bad-date", "impossible-date", "not-nfc", "forbidden-character", "lone-surrogate", "bad-code", "bad-decimal",
    "bad-digest", "too-deep", "float-not-allowed", "bad-name", "empty",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """A line that was understood: `data` holds pseudonyms where the line held the caller's ids.

    `documents` are those that came with it, by SHA-256; a handler takes the ones its entry names.
    """

    event: type[LedgerEvent]
    data: Any
    act: Act
    line: Line
    documents: Mapping[bytes, bytes] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The name space of the caller's ids: the source system, or ours."""
        system = (self.line.source or {}).get("system", "")
        return system or getattr(self.data, "source", None) or ""


@dataclass(frozen=True, slots=True)
class Change:
    """What one command changes: an aggregate with its pending event, and what is stored with it.

    `owner` is whose key seals the personal sections; `published` are members a unit publishes; `sections` are further
    ones with owners of their own; `actor_id` stands in the header instead of the actor's own pseudonym; `relates` says
    that it changes who stands for whom.
    """

    aggregate: LedgerAggregate
    subjects: tuple[str, ...]
    owner: str
    index: tuple[IndexRow, ...] = ()
    documents: Mapping[bytes, bytes] = field(default_factory=dict)
    published: frozenset[str] = frozenset()
    sections: tuple[Sealed, ...] = ()
    actor_id: str | None = None
    relates: bool = False


Handler = Callable[["Ledger", Command], Change]
HANDLERS: dict[str, Handler] = {}


def handles(name: str) -> Callable[[Handler], Handler]:
    """Register a handler for a type of the catalogue."""

    def register(handler: Handler) -> Handler:
        def judge(ledger: Ledger, command: Command) -> Change:
            try:
                return handler(ledger, command)
            except LedgerError as error:
                # An aggregate names a member of its data; a caller knows it as a member of the line.
                if error.field != "effective_on" and error.field in written_names(command.event.Data).values():
                    error.field = f"data.{error.field}"
                raise

        HANDLERS[name] = judge
        return handler

    return register


def check_data(event: type[LedgerEvent], body: Mapping[str, Any]) -> Any:
    """The line's data as the type's `Data`; the first thing wrong is an `Invalid` with code and field."""
    try:
        return event.Data.model_validate(dict(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        code = _CODES.get(first["type"], "wrong-type")
        if first["type"] == "value_error":
            said = str(first.get("ctx", {}).get("error", ""))
            code = said if said in _VALUE_CODES else "bad-value"
        elif first["type"].endswith("_type") and _is_float(body, first["loc"]):
            code = "float-not-allowed"
        raise Invalid(_DETAILS.get(code, "the value does not fit"), code=code, field=_where(first["loc"])) from None


_DETAILS = {
    "unknown-field": "this type has no such member",
    "missing-field": "this member is required",
    "float-not-allowed": "no fractions: use an integer or a decimal string",
    "wrong-type": "the value has another type",
    "bad-date": "expected a day YYYY-MM-DD",
    "impossible-date": "no such day in the calendar",
    "not-in-list": "the value is not one of those allowed",
}


def _is_float(body: Any, loc: tuple[int | str, ...]) -> bool:
    for step in loc:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(body, float)


def _where(loc: tuple[int | str, ...]) -> str:
    """The place of an error; member names that callers made up are not repeated."""
    steps = [str(step) for step in loc if not (isinstance(step, str) and ("[" in step or "(" in step or step == "str"))]
    shown = [step if step.isascii() and len(step) <= 40 and step.isprintable() else "(name)" for step in steps]
    return ".".join(["data", *shown])


def check_role(event: type[LedgerEvent], role_name: str, on_behalf: bool, *, as_system: bool = False) -> Role:
    """The role of the line, if the type may be said in it. SYSTEM is the ledger itself; callers may not say it unless
    they load what a ledger wrote (`as_system`)."""
    try:
        role = Role(role_name)
    except ValueError:
        raise Invalid("no such role", code="unknown-role", field="actor.role") from None
    if event.DECISION and role is Role.SYSTEM and Role.SYSTEM not in event.ROLES:
        raise Refused("a named human decides", code="human-decision-required", field="actor.role")
    own = role is not Role.SYSTEM or as_system
    require(own, "role-not-allowed", "only the ledger itself says this", "actor.role")
    stands_in = on_behalf and Role.SUBJECT in event.ROLES and role in (Role.HR, Role.CREDIT)
    require(role in event.ROLES or stands_in, "role-not-allowed", "another role says this", "actor.role")
    by_proxy = not on_behalf or stands_in
    require(by_proxy, "role-not-allowed", "HR or CREDIT records an act of a subject", "data.on_behalf_of")
    return role


def check_dates(event: type[LedgerEvent], data: Any, on: date, today: date) -> None:
    """The rules on days that hold for every type (DOMAIN §4.1)."""
    ahead = on > today and not event.MAY_LIE_AHEAD
    require(not ahead, "effective-in-future", "the day lies after the recorded day", "effective_on")
    if event.SAME_DAY is not None:
        same = getattr(data, event.SAME_DAY) == on.isoformat()
        require(same, "dates-disagree", "the day of the act and `effective_on` differ", f"data.{event.SAME_DAY}")
    late = on < today and not event.LATE_WITHOUT_DOCUMENT
    require(not late or data.doc is not None, "late-without-document", "an earlier day needs a document", "data.doc")


def require_subject(ledger: Ledger, command: Command, subject: str) -> None:
    """The act is the subject's own, or recorded for it by HR or CREDIT with the signed paper (DOMAIN §4.1).

    A subject acts under any of its registrations, and a unit for those that ended and left it their open matters.
    """
    act = command.act
    if act.actor.role is Role.SUBJECT:
        require(act.actor.stands_for(subject), "not-the-subject", "only the subject itself says this", "actor.id")
    elif act.for_subject is not None:
        for_it = act.for_subject == subject or subject in ledger.relations().stands_for(act.for_subject)
        require(for_it, "not-the-subject", "recorded on another's behalf", "data.on_behalf_of")
        require(act.documented, "document-required", "an act recorded for somebody needs the signed paper", "data.doc")


def approver_of(
    ledger: Ledger, command: Command, name: str, *, code: str, where: str
) -> tuple[str, tuple[IndexRow, ...]]:
    """The pseudonym of an approver, and its rows if new; refused with this code for what is no human. Whoever acts is
    known under any of their names."""
    if name in (command.line.actor.id, command.act.actor.id):
        return command.act.actor.id, ()
    found = ledger.approver_uid(name)
    if found is None:
        raise Refused("an approver is a human: not a unit, not the ledger itself", code=code, field=where)
    return found


def approvers_of(
    ledger: Ledger,
    command: Command,
    names: list[str],
    *,
    code: str = "two-approvers-required",
    where: str = "data.approvers",
) -> tuple[list[str], tuple[IndexRow, ...]]:
    """The pseudonyms of approvers, each person once under whichever registration, and the rows of new ones.

    Two between whom a delegation is in force are one hand and count once, named or not.
    """
    found: list[str] = []
    new: list[IndexRow] = []
    hands: set[str] = set()
    for name in dict.fromkeys(names):
        uid, rows = approver_of(ledger, command, name, code=code, where=where)
        if uid not in hands:
            found.append(uid)
            new += rows
            hands |= hands_of(ledger, uid, command.act.days)
    return found, tuple(new)


def document_of(command: Command, digest: str | None, where: str) -> dict[bytes, bytes]:
    """The document that a digest of the data names, which came with the command; none where nothing is named.

    A digest without its document is the ledger's to work out: a caller's word for it could never be verified.
    """
    if digest is None:
        return {}
    named = bytes.fromhex(digest)
    content = command.documents.get(named)
    if content is None:
        raise Refused("the ledger works this digest out itself", code="computed-by-ledger", field=where)
    return {named: content}


def event_of_command(line: Line) -> type[LedgerEvent]:
    """The event class of a line, of a type that callers may give."""
    event = ACCESS_TYPES.get(line.type) or event_of(line.type)
    if line.type not in HANDLERS:
        raise Invalid("the ledger writes this type itself", code="not-a-command", field="type")
    return event


def understand(
    ledger: Ledger,
    event: type[LedgerEvent],
    line: Line,
    documents: Mapping[bytes, bytes],
    *,
    as_system: bool = False,
) -> tuple[Command, tuple[IndexRow, ...]]:
    """The command of a line, with the rows that name whoever acts for the first time."""
    data = check_data(event, line.data)
    role = check_role(event, line.actor.role, data.on_behalf_of is not None, as_system=as_system)
    today = day_of(ledger.clock())
    check_dates(event, data, line.effective_on, today)
    source = (line.source or {}).get("system", "")
    resolved: dict[str, Any] = {}
    for name, reference in references_of(event.Data).items():
        value = getattr(data, name)
        if value is not None:
            label = f"data.{written_names(event.Data)[name]}"
            resolved[name] = ledger.require_uid(value, reference.kinds, label, source)
    for_subject = resolved.get("on_behalf_of")
    if resolved:
        data = data.model_copy(update=resolved)
    if role is Role.REPORTER:
        # Who reported is a section; the header gets a fresh pseudonym without unit (DESIGN §3).
        free = data.by_delegation is None and data.delegated_by is None
        require(free, "delegation-scope", "nobody reports under a delegation", "data.by_delegation")
        act = Act(Actor("", role), line.effective_on, today, data.doc is not None)
        return Command(event, data, act, line, documents), ()
    actor_id, rows = ledger.actor_uid(line.actor.id, subject=role is Role.SUBJECT)
    unit, unit_rows = ledger.actor_unit(line.actor.unit_id)
    also = ledger.relations().stands_for(actor_id, unit) - {actor_id, unit}
    act = Act(Actor(actor_id, role, unit, also), line.effective_on, today, data.doc is not None, for_subject)
    data, act = delegated(ledger, line.type, data, act)
    if event.DECISION or role in (Role.DECIDER, Role.REVIEWER):
        act = with_hands(ledger, act)
    return Command(event, data, act, line, documents), (*rows, *unit_rows)
