"""Pseudonyms of those who look or hold a token: one for each login, the same with which they act in the ledger.

A login that is a registered person's id leads to that person; any other gets a row of the blind index when it is first
met, committed before the pseudonym is used. Before that row the key store has a key for the pseudonym, which shows a
verification that the ledger gave it, though its holder may never have acted.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from ledger.domain.values import SubjectKind
from ledger.ids import new_pseudonym
from ledger.storage.access_store import RETENTION
from ledger.storage.events import IndexTaken

if TYPE_CHECKING:
    from ledger.directory import Directory

CACHE_SECONDS: Final = 60.0  # how long another process's registration of a caller may go unseen
CACHE_LIMIT: Final = 50_000
ACTOR: Final = "actor"
UNIT: Final = "actor-unit"


class Callers:
    """Finds pseudonyms, and remembers them for a while. Safe to use from many threads, outside of transactions."""

    def __init__(self, ledger: Directory) -> None:
        self._ledger = ledger
        self._known: dict[tuple[str, str], tuple[object, float, str]] = {}

    def person(self, login: str, *, subject: bool = False) -> str:
        """The pseudonym of a login; for a `subject` a person's id of any source is that person."""
        return self._remembered("subject" if subject else ACTOR, login)

    def unit(self, ref: str) -> str:
        """The pseudonym of a unit, which need not be registered (DOMAIN §4.1)."""
        return self._remembered(UNIT, ref)

    def _remembered(self, what: str, value: str) -> str:
        mark, now = self._ledger.names_mark, monotonic()
        known = self._known.get((what, value))
        if known is not None and known[0] is mark and known[1] > now:
            return known[2]
        uid = self._found(what, value)
        if len(self._known) >= CACHE_LIMIT:
            self._known.clear()
        # Under the mark from before it was looked up: what changed meanwhile makes it be looked up again.
        self._known[what, value] = (mark, now + CACHE_SECONDS, uid)
        return uid

    def _found(self, what: str, value: str) -> str:
        """As `Directory.actor_uid` and `actor_unit` find them, only that a new row is written at once."""
        if what == UNIT:
            return self._ledger.uid("subject", value) or self._named(UNIT, value)
        person = self._ledger.uid("subject", value, "" if what == ACTOR else None)
        if person is not None and self._ledger.kind_of(person) is SubjectKind.PERSON:
            return person
        return self._named(ACTOR, value)

    def _named(self, field: str, value: str) -> str:
        ledger = self._ledger
        uid = ledger.find(field, value)
        if uid is not None:
            return uid
        uid = new_pseudonym()
        ledger.keys.get_or_create(uid, RETENTION)
        try:
            ledger.store.recorder.append([], index_rows=[ledger.index_row(field, value, uid)])
        except IndexTaken:
            first = ledger.find(field, value)
            assert first is not None, "who was first has committed"
            return first
        return uid
