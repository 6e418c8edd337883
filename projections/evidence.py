"""What an evidence bundle of a subject holds: the entries of its own records, and which sections of them are disclosed.

A bundle leaves the house, so it discloses what its reader reads in the file and nothing more: never who reported, and
nobody's identity but to themselves. Everything else stays a digest, which the bundle proves as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from ledger.reading import Logged
from projections.file_view import REPORTER
from projections.visibility import SEES_GLASS_REASONS, SEES_TEXTS, Column, column_of

IDENTITY: Final = "identity"
GLASS: Final = "glass"
# What the file says of a check (`eligibility.why`).
_OF_CHECKS: Final = frozenset({"reasons", "considerations", "statement", "grounds"})


class Opener(Protocol):
    """Where entries and their sections are read."""

    def logged(self, start: int = 0, stop: int | None = None) -> Iterable[Logged]: ...

    def disclosed(self, entry: Logged, names: Iterable[str] | None = None) -> Mapping[str, bytes]: ...


def evidence(opener: Opener, file: Mapping[str, Any]) -> tuple[list[int], Callable[[int], list[bytes]]]:
    """The entries of a file as its viewer was answered, and what of each is disclosed to that viewer."""
    column = column_of(str(file["viewer"]), file.get("purpose"))
    registrations = frozenset(file.get("registrations") or [str(file["uid"])])

    def disclose(index: int) -> list[bytes]:
        (entry,) = opener.logged(index, index + 1)
        if column not in SEES_TEXTS or registrations.isdisjoint(entry.subjects):
            return []
        opened = opener.disclosed(entry)
        return [section for name, section in opened.items() if _is_open(column, entry, name)]

    return [int(item["index"]) for item in file.get("timeline", ())], disclose


def _is_open(column: Column, entry: Logged, section: str) -> bool:
    if section == REPORTER:
        return False
    if entry.kind == GLASS:
        return column in SEES_GLASS_REASONS
    if section == IDENTITY:
        return column is Column.PERSON
    return entry.kind != "check" or section in _OF_CHECKS
