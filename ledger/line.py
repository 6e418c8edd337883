"""One line of a history file: one command, whatever door it came through (DESIGN §8).

`parse_line` refuses what is not a JSON object of exactly these members: floats, duplicate names, unknown members and
lines over the size limit each have their code. It never echoes what it refuses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ledger.clock import parse_time
from ledger.domain.values import is_code, name_fault
from ledger.errors import Invalid

MAX_LINE_BYTES = 1_048_576
_MEMBERS = {"type", "effective_on", "recorded_at", "actor", "data", "source", "basis", "purpose", "after"}
_ACTOR_MEMBERS = {"id", "role", "unit_id"}
_SOURCE_MEMBERS = {"system", "record", "recorded_at"}


@dataclass(frozen=True, slots=True)
class LineActor:
    """Who acts, by the caller's own ids: `id` may be a login, `unit_id` a unit's caller id."""

    id: str
    role: str
    unit_id: str | None = None

    def __post_init__(self) -> None:
        _require_name(self.id, "actor.id")
        if self.unit_id is not None:
            _require_name(self.unit_id, "actor.unit_id")


@dataclass(frozen=True, slots=True)
class Line:
    """A command: `type` and `data` as in the catalogue (DOMAIN §4.2); `number` counts lines of a file from 1.

    What stands beside `data` enters the entry plain, so none of it has room for words of anybody's: `source` has three
    members, `purpose` is a code, and each clause of `basis`, like every id, is short and has no unseen characters.
    `recorded_at` is the line's own claim: the recorded time in a history load, `source.recorded_at` elsewhere.
    `after` is the stream version the actor saw; the command is refused when the stream has moved on.
    """

    type: str
    effective_on: date
    actor: LineActor
    data: Mapping[str, Any]
    recorded_at: datetime | None = None
    number: int | None = None
    source: Mapping[str, str] | None = None
    basis: tuple[str, ...] = ()
    purpose: str | None = None
    after: int | None = field(default=None)

    def __post_init__(self) -> None:
        for name, value in (self.source or {}).items():
            if name not in _SOURCE_MEMBERS:
                raise Invalid("a source has no such member", code="unknown-field", field=f"source.{_safe(name)}")
            _require_name(value, f"source.{name}")
            if name == "recorded_at":
                _time(value, "source.recorded_at")
        for place, clause in enumerate(self.basis):
            _require_name(clause, f"basis.{place}")
        if self.purpose is not None and not is_code(self.purpose):
            raise Invalid("a purpose is a code", code="bad-code", field="purpose")


def parse_day(text: object, where: str) -> date:
    """An ISO day `YYYY-MM-DD`; `Invalid` with code `bad-date` (not a day) or `impossible-date` (2025-02-30)."""
    if not isinstance(text, str) or len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise Invalid("expected a day YYYY-MM-DD", code="bad-date", field=where)
    if not (text[:4] + text[5:7] + text[8:]).isascii() or not (text[:4] + text[5:7] + text[8:]).isdigit():
        raise Invalid("expected a day YYYY-MM-DD", code="bad-date", field=where)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("no such day in the calendar", code="impossible-date", field=where) from None


def parse_line(data: bytes, number: int | None = None) -> Line:
    """Parse one line of a history file; every refusal is an `Invalid` with `code` and `field`."""
    return line_of(parse_json(data), number)


def parse_json(data: bytes) -> object:
    """JSON as the ledger takes it from outside: UTF-8, no fractions, no duplicate names, at most MAX_LINE_BYTES.

    `Invalid` says what was wrong and where; the value is never repeated.
    """
    if len(data) > MAX_LINE_BYTES:
        raise Invalid(f"a line holds at most {MAX_LINE_BYTES} bytes, this one {len(data)}", code="line-too-long")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("the line is not UTF-8 (GB18030 and other encodings: convert first)", code="not-utf8") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_float=_fraction, parse_constant=_fraction, parse_int=_integer
        )
        _check_numbers(value, "")
    except json.JSONDecodeError as error:
        raise Invalid(f"not JSON at column {error.colno}", code="not-json") from None
    except RecursionError:
        raise Invalid("nested too deeply", code="too-deep") from None
    return value


def line_of(value: object, number: int | None = None) -> Line:
    """A `Line` from a JSON object already parsed."""
    if not isinstance(value, dict):
        raise Invalid("a line is a JSON object", code="not-an-object")
    for name in value:
        if name not in _MEMBERS:
            raise Invalid("a line has no such member", code="unknown-field", field=_safe(name))
    for name in ("type", "effective_on", "actor", "data"):
        if name not in value:
            raise Invalid("this member is required", code="missing-field", field=name)
    kind, body, source = value["type"], value["data"], value.get("source")
    if not isinstance(kind, str):
        raise Invalid("expected a string", code="wrong-type", field="type")
    if not isinstance(body, dict):
        raise Invalid("expected an object", code="wrong-type", field="data")
    if source is not None and not (isinstance(source, dict) and all(isinstance(v, str) for v in source.values())):
        raise Invalid("expected an object of strings", code="wrong-type", field="source")
    recorded = value.get("recorded_at")
    if recorded is not None and not isinstance(recorded, str):
        raise Invalid("expected a time", code="wrong-type", field="recorded_at")
    basis, purpose, after = value.get("basis", []), value.get("purpose"), value.get("after")
    if not (isinstance(basis, list) and all(isinstance(item, str) for item in basis)):
        raise Invalid("expected a list of clause ids", code="wrong-type", field="basis")
    if purpose is not None and not isinstance(purpose, str):
        raise Invalid("expected a string", code="wrong-type", field="purpose")
    if after is not None and (not isinstance(after, int) or isinstance(after, bool) or after < 0):
        raise Invalid("expected a stream version", code="wrong-type", field="after")
    return Line(
        type=kind,
        effective_on=parse_day(value["effective_on"], "effective_on"),
        actor=_actor(value["actor"]),
        data=body,
        recorded_at=None if recorded is None else _time(recorded, "recorded_at"),
        number=number,
        source=source,
        basis=tuple(basis),
        purpose=purpose,
        after=after,
    )


def _time(text: str, where: str) -> datetime:
    try:
        return parse_time(text)
    except Invalid as error:
        raise Invalid(error.detail, code=error.code, field=where) from None


def _require_name(text: str, where: str) -> None:
    fault = name_fault(text)
    if fault is not None:
        raise Invalid("this is no id: one is short, in NFC, and has no unseen characters", code=fault, field=where)


def _actor(value: object) -> LineActor:
    if not isinstance(value, dict):
        raise Invalid("expected an object", code="wrong-type", field="actor")
    for name in value:
        if name not in _ACTOR_MEMBERS:
            raise Invalid("an actor has no such member", code="unknown-field", field=f"actor.{_safe(name)}")
    for name in ("id", "role"):
        if name not in value:
            raise Invalid("this member is required", code="missing-field", field=f"actor.{name}")
    for name, item in value.items():
        if not isinstance(item, str) or not item:
            raise Invalid("expected a non-empty string", code="wrong-type", field=f"actor.{name}")
    return LineActor(value["id"], value["role"], value.get("unit_id"))


def _safe(name: str) -> str:
    """A member's name as it may be shown: anything that does not look like a name is not repeated."""
    plain = len(name) <= 40 and name.isascii() and name.replace("_", "a").isalnum() and not name[:1].isdigit()
    return name if plain else "(unprintable name)"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Invalid("a member stands twice", code="duplicate-name", field=_safe(name))
            seen.add(name)
    return members


@dataclass(frozen=True, slots=True)
class _Unwritable:
    """A number the ledger does not write, until its place in the line is known."""

    code: str
    detail: str


_FRACTION = _Unwritable("float-not-allowed", "no fractions: use an integer or a decimal string")
_TOO_LARGE = _Unwritable("integer-out-of-range", "integers lie within ±(2^53−1)")


def _fraction(_: str) -> _Unwritable:
    return _FRACTION


def _integer(text: str) -> int | _Unwritable:
    if len(text) > 17:
        return _TOO_LARGE
    value = int(text)
    return _TOO_LARGE if abs(value) > 9_007_199_254_740_991 else value


def _check_numbers(value: object, where: str) -> None:
    """Refuse the first number that is not written, by its place."""
    if isinstance(value, dict):
        for name, item in value.items():
            _check_numbers(item, f"{where}.{_safe(name)}" if where else _safe(name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _check_numbers(item, f"{where}.{place}")
    elif isinstance(value, _Unwritable):
        raise Invalid(value.detail, code=value.code, field=where or None)
