"""The sentinel of a ledger: made with it, made up for by an upgrade, adopted anew by two people where it is gone.

That one was made is remembered in the key store, so whoever takes it away cannot have a fresh one made as if there had
never been another. A sentinel that knows this origin from before is never given to a new ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.domain.governance import SentinelAdopted
from ledger.errors import Conflict, Invalid, Refused
from ledger.storage.access_store import access_origin
from ledger.storage.events import Acknowledgement
from ledger.storage.key_files import locations
from ledger.storage.keys import KeyStore, WrongMasterKey
from ledger.storage.sentinel import Sentinel, open_sentinel

if TYPE_CHECKING:
    from ledger.application import Ledger

SENTINEL: Final = "sentinel"  # the step of an upgrade that makes it
_CLASS: Final = "SENTINEL"  # of the key by which the key store remembers that one was made


def place_of_sentinel(url: str) -> Path:
    """Where the sentinel of the ledger at `url` lies; `Invalid` where nobody said (PostgreSQL)."""
    place = locations(url).sentinel
    if place is None:
        raise Invalid(
            "a ledger on PostgreSQL says where its sentinel is", code="keys-not-given", field="INTEGRITY_SENTINEL"
        )
    return place


def make_sentinel(place: Path, origin: str) -> bool:
    """Have a sentinel that knows nothing of this origin; whether it had to be made. `Conflict` where it knows it."""
    if not place.exists():
        Sentinel.create(place)
        return True
    sentinel = open_sentinel(place)
    if any(sentinel.newest(name) is not None for name in (origin, access_origin(origin))):
        raise Conflict(
            "the sentinel knows a ledger of this name: it stood here before; move its sentinel away, or give another "
            "name",
            code="sentinel-exists",
        )
    return False


def begin_sentinel(ledger: Ledger) -> None:
    """Make up for the sentinel of a ledger that never had one, or whose making was interrupted."""
    place = place_of_sentinel(ledger.store.url)
    begun = place.exists() and open_sentinel(place).newest(ledger.origin) is not None
    if begun:
        ledger.publisher.check()
    else:
        make_sentinel(place, ledger.origin)
    ledger.publish(begin=True)
    remember_sentinel(ledger.keys, ledger.book.uid)


def sentinel_was_made(keys: KeyStore, book: str) -> bool:
    """Whether the key store knows of a sentinel of the ledger with this stream."""
    try:
        return keys.get(book, _CLASS) is not None
    except WrongMasterKey:
        return True


def remember_sentinel(keys: KeyStore, book: str) -> None:
    """Let the key store know of it; repeated without harm."""
    keys.get_or_create(book, _CLASS)


def adopt_sentinel(ledger: Ledger, approvers: Sequence[str]) -> Acknowledgement:
    """Make a sentinel in the place of one that is gone, begun at the log as it stands; two approvers answer for it.

    `Conflict` where one is in its place; `VerificationError` where the log does not follow from its own checkpoints.
    What a sentinel that is gone knew beyond those, nobody can tell any more: that is what the two answer for.
    """
    names = list(dict.fromkeys(approvers))
    if len(names) < 2:
        raise Refused("a sentinel needs two different approvers", code="two-approvers-required", field="approvers")
    place = place_of_sentinel(ledger.store.url)
    if place.exists():
        raise Conflict("there is a sentinel in its place", code="sentinel-exists")
    found = [human for human in map(ledger.approver_uid, names) if human is not None]
    if len(found) < len(names) or len({uid for uid, _ in found}) < 2:
        raise Refused("a sentinel needs two different approvers", code="two-approvers-required", field="approvers")
    sentinel = Sentinel.create(place)
    try:
        for publisher in (ledger.publisher, ledger.access.publisher):
            publisher.take_over()
        head = ledger.store.head()
        data = SentinelAdopted.Data(size=head.size, root=head.root.hex(), approvers=[uid for uid, _ in found])
        acknowledgement = ledger.write_own(SentinelAdopted, data, rows=tuple(row for _, rows in found for row in rows))
    except BaseException:
        sentinel.discard()
        raise
    remember_sentinel(ledger.keys, ledger.book.uid)
    ledger.publish(begin=True)
    return acknowledgement
