"""Where the access log lies beside its ledger, and the mark in the ledger by which one knows that it was made.

The access log is a store like the ledger's: on SQLite the file `NAME.db.access`, on PostgreSQL the schema `access` of
the same database. The mark is the hash of its entry 0 with a keyed digest over it, so nobody without the key store can
put another log in its place; and a key of its own says, away from the database, that there must be a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import Conflict, NotFound, Unavailable
from ledger.log.encoding import canonical
from ledger.storage import tables
from ledger.storage.address import is_sqlite, path_of
from ledger.storage.keys import KeyStore, WrongMasterKey
from ledger.storage.store import Store, create_store, discard_store, engine_of, open_store

SCHEMA: Final = "access"
SUFFIX: Final = ".access"
RETENTION: Final = "ACCESS"  # the class of the keys of those who look, and of the access log's own
MARK: Final = "SELECT leaf, seal FROM access_log"
_PURPOSE: Final = "access-log"


def access_url(url: str) -> str:
    """The address of the access log of the ledger at `url`."""
    if is_sqlite(url):
        return url + SUFFIX
    address, _, query = url.partition("?")
    settings = dict(parse_qsl(query, keep_blank_values=True))
    settings["options"] = f"{settings.get('options', '')} -csearch_path={SCHEMA}".lstrip()
    return f"{address}?{urlencode(settings, quote_via=quote)}"


def access_origin(origin: str) -> str:
    """The access log's origin."""
    return f"{origin}/access"


def create_access_store(url: str, origin: str, **options: Any) -> Store:
    """A new store for the access log of the ledger at `url`; `Conflict` if there is one already."""
    create_access_schema(url)
    return create_store(access_url(url), access_origin(origin), **options)


def create_access_schema(url: str) -> None:
    """Have the schema of the access log where the database has schemas."""
    if is_sqlite(url):
        return
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            if not sa.inspect(connection).has_schema(SCHEMA):  # a role that may not make one may use one
                connection.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))
    except SQLAlchemyError as error:
        raise Unavailable(f"the database cannot be used: {type(error).__name__}", code="store-unavailable") from error
    finally:
        engine.dispose()


def discard_unused(url: str) -> None:
    """Remove what an interrupted opening left of an access log; `Conflict` where one holds looks: it stays."""
    beside = access_url(url)
    if is_sqlite(beside) and not path_of(beside).is_file():
        return
    try:
        store = open_store(beside, allow_pending=True)
    except NotFound:
        return
    if store.head().size > 1:
        store.close()
        raise Conflict("an access log with looks in it lies here already; move it away", code="access-log-exists")
    discard_store(store)


# The mark.


@dataclass(frozen=True, slots=True)
class Mark:
    """Which access log belongs to a ledger: the hash of its entry 0, and a keyed digest over it."""

    leaf: bytes
    seal: bytes

    @classmethod
    def over(cls, leaf: bytes, keys: KeyStore, origin: str) -> Mark:
        """The mark of an access log whose entry 0 has this hash."""
        return cls(leaf, keys.keyed_digest(_PURPOSE, _marked(leaf, origin)))

    def holds(self, keys: KeyStore, origin: str) -> bool:
        """Whether whoever wrote this mark had the keys."""
        return any(compare_digest(self.seal, seal) for seal in keys.keyed_digests(_PURPOSE, _marked(self.leaf, origin)))


def _marked(leaf: bytes, origin: str) -> bytes:
    return canonical([access_origin(origin), leaf.hex()])


def read_mark(store: Store) -> Mark | None:
    """The mark in a ledger's store; None where no access log was made."""
    for leaf, seal in store.recorder.query(MARK):
        return Mark(bytes(leaf), bytes(seal))
    return None


@contextmanager
def marking(store: Store) -> Iterator[Callable[[Mark], None]]:
    """While nobody else may make an access log for this store: gives what leaves the mark, kept if the block ends well.

    `Conflict` where there is a mark already.
    """
    with store.engine.begin() as connection:
        if not is_sqlite(store.url):  # on SQLite whoever begins is alone
            connection.execute(sa.text("LOCK TABLE access_log IN EXCLUSIVE MODE"))
        if connection.execute(sa.select(tables.access_log.c.one)).first() is not None:
            raise Conflict("there is an access log already", code="access-log-exists")

        def leave(mark: Mark) -> None:
            connection.execute(tables.access_log.insert().values(one=1, leaf=mark.leaf, seal=mark.seal))

        yield leave


def has_key(keys: KeyStore, uid: str) -> bool:
    """Whether the key store holds a key of this class for a pseudonym, also one that does not open."""
    try:
        return keys.get(uid, RETENTION) is not None
    except WrongMasterKey:
        return True


def was_made(keys: KeyStore, book: str) -> bool:
    """Whether the key store knows of an access log of the ledger with this stream."""
    return has_key(keys, book)


def remember_made(keys: KeyStore, book: str) -> None:
    """Let the key store know of it; repeated without harm."""
    keys.get_or_create(book, RETENTION)
