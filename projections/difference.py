"""What an answer said at one moment and says at another, and which entries made it say so.

Two answers of one projection are compared record by record, field by field. The way from the first to the second is
walked: first to the other day with what was known, then entry by entry that was learned since. A difference names the
entries at which it changed on that way, and says where the day alone changed it. Nothing of a view is repeated here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ledger.clock import format_time
from ledger.errors import Invalid, NotFound, Refused
from ledger.reading import Logged
from projections.reader import Reader

Ask = Callable[[date, int], Mapping[str, Any]]
"""One projection, asked for a day and a size."""

Key = tuple[str, str]
"""A section of an answer, and which of its records."""

Items = dict[Key, dict[str, Any]]

WHOLE: Final = "answer"  # the section of what an answer says beside its lists
LINES: Final = "lines"
VALUE: Final = "value"

# What an answer stands on is no part of what it says; a timeline lists entries, which the difference names itself.
_STANDS_ON: Final = frozenset({"as_of", "as_known", "size", "viewer", "timeline"})
# Entries of no subject that move what is read of many: what the rules are, what an assessment weighs, which measure is
# no more.
_OF_EVERYBODY: Final = ("RulebookActivated", "AssessmentSchemeAdopted", "MeasureRetired")
_POINTS_TO_ENTRIES: Final = frozenset({"events", "event", "index"})
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class At:
    """A moment: the day asked about, and how much of the log was known."""

    as_of: date
    as_known: int


def difference(
    reader: Reader, ask: Ask, about: str, first: At, second: At, *, all_entries: bool = True
) -> dict[str, Any]:
    """The differences between two answers of `ask` about a subject (a pseudonym).

    Where there was nothing yet at the first moment, everything is added; the second moment's `NotFound` and both
    moments' `Refused` are the caller's. `Invalid` with code `moments-reversed` where the second knows less than the
    first. Without `all_entries` only those are named that stand in the records shown, and the others are counted.
    """
    if second.as_known < first.as_known:
        raise Invalid("the second moment knows less than the first", code="moments-reversed")
    after = ask(second.as_of, second.as_known)
    before = _if_any(ask, first)
    by_day, made = _walk(reader, ask, about, first, second, before)
    old, new = items_of(before or {}), items_of(after)
    changes = [
        _change(key, old.get(key), new.get(key), key in by_day, made.get(key, []), all_entries=all_entries)
        for key in changed(old, new)
    ]
    answer: dict[str, Any] = {"from": _moment(first, before), "to": _moment(second, after)}
    figure = _figure(old, new, changes)
    if figure is not None:
        answer["figure"] = figure
    named = {entry["index"]: entry for change in changes for entry in change["entries"]}
    return {**answer, "changes": changes, "entries": [named[index] for index in sorted(named)]}


def _if_any(ask: Ask, at: At) -> Mapping[str, Any] | None:
    try:
        return ask(at.as_of, at.as_known)
    except NotFound:
        return None


def _moment(at: At, answer: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "as_of": at.as_of.isoformat(),
        "as_known": str(at.as_known),
        "size": at.as_known,
        "rulebook": None if answer is None else answer.get("rulebook"),
        "absent": answer is None,
    }


def _walk(
    reader: Reader, ask: Ask, about: str, first: At, second: At, before: Mapping[str, Any] | None
) -> tuple[set[Key], dict[Key, list[Logged]]]:
    """Which records the day changed, and at which entries each of them changed afterwards. One answer per entry."""

    def known(size: int) -> Items:
        try:
            return items_of(ask(second.as_of, size))
        except (NotFound, Refused):  # on the way only: nothing was to be read then
            return {}

    items = known(first.as_known)
    by_day = set(changed(items_of(before or {}), items)) if second.as_of != first.as_of else set()
    made: dict[Key, list[Logged]] = {}
    for entry in learned(reader, about, first.as_known, second.as_known):
        following = known(entry.index + 1)
        for key in changed(items, following):
            made.setdefault(key, []).append(entry)
        items = following
    return by_day, made


def learned(reader: Reader, about: str, start: int, stop: int) -> list[Logged]:
    """The entries of [start, stop) that may move an answer about a subject, in log order."""
    found = {entry.index: entry for entry in reader.history(about, stop) if entry.index >= start}
    for type_ in _OF_EVERYBODY:
        found |= {entry.index: entry for entry in reader.by_type(type_, stop) if entry.index >= start}
    return [found[index] for index in sorted(found)]


# An answer as records with names.


def items_of(answer: Mapping[str, Any]) -> Items:
    """The records of an answer by section and key; what stands beside its lists is one record, a figure is another."""
    items: Items = {}
    whole: dict[str, Any] = {}
    for name, value in answer.items():
        if name in _STANDS_ON:
            continue
        if isinstance(value, dict) and LINES in value:
            items[name, ""] = {member: said for member, said in value.items() if member != LINES}
            items |= _rows(f"{name}.{LINES}", value[LINES])
        elif isinstance(value, list) and all(isinstance(row, dict) for row in value):
            items |= _rows(name, value)
        else:
            whole[name] = value
    return {(WHOLE, ""): whole, **items} if whole else items


def _rows(section: str, rows: Iterable[dict[str, Any]]) -> Items:
    times: Counter[str] = Counter()
    items: Items = {}
    for row in rows:
        key = _key_of(row)
        times[key] += 1
        items[section, key if times[key] == 1 else f"{key} #{times[key]}"] = row
    return items


def _key_of(row: Mapping[str, Any]) -> str:
    """What a record is known by in every answer that shows it."""
    if "clause" in row and "label" in row:
        return " ".join(str(part) for part in (row["clause"], row["label"], row.get("record")) if part)
    if "breach" in row and "id" in row:  # the same repair is applied for again under its id
        return f"{row['breach']} {row['id']}"
    named = next((row[name] for name in ("uid", "rule", "id", "index") if row.get(name) is not None), None)
    return str(next(iter(row.get("events") or ()), "") if named is None else named)


def changed(before: Items, after: Items) -> Iterator[Key]:
    """The records that differ, in the order of the later answer, those that are gone behind them."""
    for key, item in after.items():
        if before.get(key) != item:
            yield key
    yield from (key for key in before if key not in after)


# One difference.


def _change(
    key: Key,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    by_day: bool,
    made: Iterable[Logged],
    *,
    all_entries: bool,
) -> dict[str, Any]:
    section, record = key
    shown = after or before or {}
    change: dict[str, Any] = {
        "section": section,
        "key": record,
        "id": _name_of(shown, record),
        "change": "added" if before is None else "removed" if after is None else "changed",
    }
    if section.endswith(LINES):
        change |= {"clause": shown.get("clause"), "label": shown.get("label"), "record": shown.get("record")}
        change["difference"] = str(_amount(after) - _amount(before))
    change |= {"fields": list(_fields(before or {}, after or {})), "by_day": by_day}
    entries = list(made)
    named = entries if all_entries else [entry for entry in entries if _may_be_named(entry, before, after)]
    change["entries"] = [named_entry(entry) for entry in named]
    if len(named) < len(entries):
        change["entries_withheld"] = len(entries) - len(named)
    return change


def _name_of(row: Mapping[str, Any], record: str) -> str:
    return str(row.get("id") or row.get("record") or row.get("clause") or row.get("rule") or record)


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The members that differ; one that is not there on a side has no value on that side."""
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name, _ABSENT), after.get(name, _ABSENT)
        if old != new:
            sides = (("before", old), ("after", new))
            yield {"field": name, **{side: value for side, value in sides if value is not _ABSENT}}


def named_entry(entry: Logged) -> dict[str, Any]:
    """An entry as a difference names it."""
    return {
        "index": entry.index,
        "type": entry.type,
        "effective_on": entry.effective_on.isoformat(),
        "recorded_at": format_time(entry.recorded_at),
    }


def _may_be_named(entry: Logged, *records: Mapping[str, Any] | None) -> bool:
    """Whether a viewer who does not see every entry reads of this one in what is shown, or it is everybody's."""
    return entry.type in _OF_EVERYBODY or any(entry.index in _entries_in(record) for record in records if record)


def _entries_in(value: Any, member: str | None = None) -> Iterator[int]:
    if isinstance(value, Mapping):
        for name, said in value.items():
            yield from _entries_in(said, name)
    elif isinstance(value, list):
        for said in value:
            yield from _entries_in(said, member)
    elif member in _POINTS_TO_ENTRIES and isinstance(value, int):
        yield value


# The figure.


def _figure(old: Items, new: Items, changes: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The figure of both answers and what it moved by; the differences of its lines sum to the same."""
    place = next((key for items in (new, old) for key, item in items.items() if _is_figure(items, key, item)), None)
    if place is None:
        return None
    before, after = (items.get(place, {}).get(VALUE) for items in (old, new))
    moved = None if before is None or after is None else str(Decimal(after) - Decimal(before))
    lines = sum((Decimal(change["difference"]) for change in changes if "difference" in change), Decimal("0.00"))
    return {"before": before, "after": after, "difference": moved, "lines": str(lines)}


def _is_figure(items: Items, key: Key, item: Mapping[str, Any]) -> bool:
    section = LINES if key[0] == WHOLE else f"{key[0]}.{LINES}"
    return VALUE in item and any(other == section for other, _ in items)


def _amount(line: Mapping[str, Any] | None) -> Decimal:
    return Decimal("0.00") if line is None else Decimal(line[VALUE])
