"""Places in status lists: given out by chance, one list after the other.

A list is begun when its predecessor is full, so the certificates of one list stand side by side among those of all
lists in log order: where they begin is found by halving, and only they are read.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from ledger.artefacts.certificate import LIST_BITS
from ledger.domain.certificate import CertificateIssued
from ledger.mapper import logged
from ledger.rulebook.defaults import shipped_defaults

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.reading import Logged


@dataclass(frozen=True, slots=True)
class Places:
    """The newest list and which of its places were given out, as known at a size."""

    number: int
    taken: frozenset[int]
    size: int


_KEPT: Final[WeakKeyDictionary[Ledger, Places]] = WeakKeyDictionary()


def places_at(ledger: Ledger, size: int) -> Places:
    """The places of the newest list. A long list takes a while the first time, so nobody's writing waits for it; from
    then on the last answer is extended by what was recorded since."""
    known = _KEPT.get(ledger)
    if known is not None and known.size <= size:
        found = _extended(ledger, known, size)
    else:
        number = max(1, newest_list(ledger, size))
        found = Places(number, frozenset(map(_place, of_list(ledger, number, size))), size)
    if not ledger.in_transaction and (known is None or known.size < size):  # what it reads may come to nothing
        _KEPT[ledger] = found
    return found


def free_place(ledger: Ledger, known: Places) -> tuple[int, int]:
    """A place that was never given out, by chance, in the newest list that has room; in a transaction, where nobody
    else takes it. `known` may be a little old."""
    now = _extended(ledger, known, ledger.size)
    number, taken = now.number, now.taken
    if len(taken) * 100 >= LIST_BITS * shipped_defaults().certificates.fill_percent:
        number, taken = number + 1, frozenset()
    while (index := secrets.randbelow(LIST_BITS)) in taken:
        pass
    return number, index


def _extended(ledger: Ledger, known: Places, size: int) -> Places:
    """The same as known at a larger size."""
    number, taken = known.number, set(known.taken)
    for row in ledger.store.by_topic(CertificateIssued.TOPIC, size, start=known.size):
        entry = logged(row)
        if entry.data["status_list"] > number:
            number, taken = entry.data["status_list"], set()
        taken.add(_place(entry))
    return Places(number, frozenset(taken), size)


def newest_list(ledger: Ledger, size: int) -> int:
    """The number of the newest list, as known at a size; 0 before the first certificate."""
    index = ledger.store.newest_of_topic(CertificateIssued.TOPIC, size)
    return 0 if index is None else _list_of(ledger, index)


def of_list(ledger: Ledger, number: int, size: int) -> list[Logged]:
    """The entries of the certificates that have a place in a list, as known at a size."""
    if not 1 <= number <= newest_list(ledger, size):
        return []
    start, end = _begins(ledger, number, size), _begins(ledger, number + 1, size)
    return [logged(row) for row in ledger.store.by_topic(CertificateIssued.TOPIC, end, start=start)]


def _begins(ledger: Ledger, number: int, size: int) -> int:
    """The largest size at which a list was not begun: the index of its first certificate, or `size`."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2 + 1
        if newest_list(ledger, middle) < number:
            low = middle
        else:
            high = middle - 1
    return low


def _place(entry: Logged) -> int:
    return int(entry.data["status_index"])


def _list_of(ledger: Ledger, index: int) -> int:
    return int(logged(ledger.store.entry(index)).data["status_list"])
