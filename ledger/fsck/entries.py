"""The entries for whoever builds something from them during a verification: without keys, and with someone to blame.

`Entries` reads what is plain. When a reader stumbles over them, `first_misfit` says which entry is at fault: one that
is not of the contract's form, or whose data are not of its type. None means that every entry is what it should be, so
the mistake is the reader's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

from ledger.catalogue import TOPICS, TYPES
from ledger.domain.sections import sections_of, written_names
from ledger.fsck.columns import Columns
from ledger.fsck.headers import Stated
from ledger.fsck.pages import FULL
from ledger.fsck.report import Finding, Findings
from ledger.fsck.snapshot import BELOW_ALL, Damaged, Snapshot
from ledger.mapper import logged
from ledger.reading import Logged
from ledger.storage.store import Store

_MOST_MISSING: Final = 1_000_000
# Errors of form. What a rule of today would say to a value is no fault of an older entry.
_OF_FORM: Final = ("missing", "extra_forbidden", "_type", "enum", "literal_error")


class Entries:
    """A store's log, in order."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def size(self) -> int:
        """The head's size, as far as there can be entries: a head row may promise anything."""
        ((count,),) = self._store.recorder.query("SELECT count(*) FROM entries")
        return min(self._store.head().size, int(count) + _MOST_MISSING)

    def logged(self, start: int, stop: int) -> Iterator[Logged]:
        return map(logged, self._store.entries(start, stop))


def first_misfit(store: Store) -> Finding | None:
    """The first entry that no reader could be expected to read."""
    findings = Findings()
    columns = Columns(None, findings, TOPICS)
    with Snapshot(store) as snapshot:
        try:
            for page in snapshot.pages(FULL, (BELOW_ALL,)):
                for row in page:
                    stated = columns.state(row)
                    if stated is not None and not has_form_of_type(stated):
                        findings.entry(stated.index, "its data are not those of its type", "bad-data")
                    if not findings.ok:
                        return findings.listed()[0]
        except Damaged as error:
            findings.place("entries", error.detail, "store-damaged")
            return findings.listed()[0]
    return None


def has_form_of_type(stated: Stated) -> bool:
    """Whether an entry's plain data have the members of its type, each of its kind."""
    data = TYPES[stated.type].Data
    names = written_names(data)
    personal = {label for member in sections_of(data) for label in (member, names[member])}
    try:
        data.model_validate(stated.header.data)
    except ValidationError as error:
        return not any(
            fault["type"].endswith(_OF_FORM) and not (fault["type"] == "missing" and fault["loc"][0] in personal)
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        )
    return True
