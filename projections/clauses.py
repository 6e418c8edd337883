"""What a clause of an edition says: its parameters as they stand there, with basis, source and the edition's digest.

An edition is found again by the id a line names, among those known at a size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Any, Final

from ledger.errors import NotFound
from ledger.rulebook.edition import Edition
from ledger.rulebook.figure import plain
from ledger.rulebook.parameters import Authority
from ledger.rulebook.windows import EditionTimeline

_AUTHORITY: Final = "authority"


def edition_of(timeline: EditionTimeline, rulebook_id: str) -> Edition:
    """The edition of an id among those in force on any day; `NotFound` with code `unknown-edition`."""
    for edition in timeline.between(date.min, date.max):
        if edition.id == rulebook_id:
            return edition
    raise NotFound("no edition of this id was in force", code="unknown-edition")


def edition_item(edition: Edition) -> dict[str, Any]:
    """An edition as an answer names it: its id and the SHA-256 of its file."""
    return {"id": edition.id, "digest": edition.digest}


def clause_item(edition: Edition, clause: str) -> dict[str, Any]:
    """A clause: its edition, its basis and source, and every parameter that cites it, by its place in the edition."""
    found = [(name, one) for name, one in _parameters(edition) if one.authority.clause == clause]
    authority: Authority | None = found[0][1].authority if found else None
    return {
        "clause": clause,
        "edition": edition_item(edition),
        "basis": None if authority is None else authority.basis,
        "source": None if authority is None else authority.source.value,
        "terms": [{"name": name, "values": _values(one)} for name, one in found],
    }


def _parameters(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Whatever in an edition rests on a clause of its own, with its dotted name."""
    if is_dataclass(value) and not isinstance(value, type):
        members = {field.name: getattr(value, field.name) for field in fields(value)}
        if isinstance(members.get(_AUTHORITY), Authority):
            yield name, value
            return
    elif isinstance(value, Mapping):
        members = {_plain(key): one for key, one in value.items()}
    elif isinstance(value, tuple):
        members = {str(getattr(one, "id", number)): one for number, one in enumerate(value)}
    else:
        return
    for member, one in members.items():
        yield from _parameters(one, name if member == "of" else f"{name}.{member}".removeprefix("."))


def _values(parameter: Any) -> dict[str, str]:
    """The plain values of a parameter; numbers are exact, as text."""
    values: dict[str, str] = {}
    for field in fields(parameter):
        value = getattr(parameter, field.name)
        if field.name == _AUTHORITY or value is None:
            continue
        if is_dataclass(value):
            values |= _values(value)
        elif isinstance(value, Mapping):
            values |= {_plain(key): _plain(one) for key, one in value.items()}
        else:
            values[field.name] = _plain(value)
    return values


def _plain(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Fraction | int):
        return plain(Fraction(value))
    return str(value)
