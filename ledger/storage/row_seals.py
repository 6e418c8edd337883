"""Seals of rows beside the log: a keyed digest over a row of the blind index or of a request, under the index key.

No entry says where a login leads or which request wrote it, so without a seal whoever writes the database could let one
login lead to another's pseudonym, or one request be answered with another's entry. A row whose seal does not hold is
refused. That a row was taken away no seal can show.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from ledger.log.encoding import canonical
from ledger.storage.keys import KeyStore
from ledger.storage.store import Store

INDEX_ROW: Final = "index-row"
REQUEST_ROW: Final = "request-row"

_UNSEALED_INDEX = "SELECT field, digest, uid FROM blind_index WHERE seal IS NULL"
_SEAL_INDEX = "UPDATE blind_index SET seal = :seal WHERE field = :field AND digest = :digest"
_UNSEALED_REQUESTS = (
    "SELECT r.principal, r.request, r.fingerprint, r.idx, r.entries, e.leaf "
    "FROM request_keys r JOIN entries e ON e.idx = r.idx WHERE r.seal IS NULL"
)
_SEAL_REQUEST = "UPDATE request_keys SET seal = :seal WHERE principal = :principal AND request = :key"


def index_value(field: str, digest: bytes, uid: str) -> bytes:
    """What the seal of a row of the blind index is over. A field holds no NUL, and a digest has one length."""
    return field.encode() + b"\x00" + digest + uid.encode()


def request_value(principal: str, key: str, fingerprint: bytes, first: int, count: int, leaf: bytes) -> bytes:
    """What the seal of a request's row is over; `leaf` is of its first entry."""
    return canonical([principal, key, fingerprint.hex(), first, count, leaf.hex()])


class RequestSealing:
    """Seals rows of requests with a key store."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    def seal(self, principal: str, key: str, fingerprint: bytes, first: int, count: int, leaf: bytes) -> bytes:
        """The seal for a request whose entries were just placed."""
        value = request_value(principal, key, fingerprint, first, count, leaf)
        return self._keys.keyed_digest(REQUEST_ROW, value)

    def holds(
        self, principal: str, key: str, fingerprint: object, first: object, count: object, leaf: object, seal: object
    ) -> bool:
        """Whether a stored row is one that was sealed like this."""
        if not (isinstance(fingerprint, bytes) and isinstance(leaf, bytes) and type(first) is type(count) is int):
            return False
        value = request_value(principal, key, fingerprint, first, count, leaf)
        return self._keys.is_keyed_digest(REQUEST_ROW, value, seal)


def seal_rows(store: Store, keys: KeyStore) -> None:
    """Seal the rows of an earlier release, which sealed none. Repeated without harm."""
    sealing = RequestSealing(keys)
    with store.engine.begin() as connection:
        for field, digest, uid in connection.execute(sa.text(_UNSEALED_INDEX)).all():
            seal = keys.keyed_digest(INDEX_ROW, index_value(field, bytes(digest), uid))
            connection.execute(sa.text(_SEAL_INDEX), {"seal": seal, "field": field, "digest": digest})
        for principal, key, fingerprint, first, count, leaf in connection.execute(sa.text(_UNSEALED_REQUESTS)).all():
            seal = sealing.seal(principal, key, bytes(fingerprint), first, count, bytes(leaf))
            connection.execute(sa.text(_SEAL_REQUEST), {"seal": seal, "principal": principal, "key": key})
