"""The key store: one key per subject and retention class, wrapped by the master key, away from the ledger's database.

`get_or_create` returns a key only when it is durable here, so no section is ever sealed with a key that a crash could
take away; `batch()` makes many durable at once.
The index key makes keyed digests (blind index, request fingerprints); a digest begins with its key's version.
Destroying a key is all it takes to erase what it sealed.
"""

from __future__ import annotations

import hmac
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, RLock, local
from time import monotonic
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import Invalid, LedgerError, Unavailable
from ledger.log.encoding import canonical
from ledger.storage import sqlite
from ledger.storage.address import is_sqlite, path_of
from ledger.storage.sealed import NONCE_BYTES
from ledger.storage.store import engine_of

KEY_BYTES = 32
CACHE_SECONDS = 300.0
CACHE_KEYS = 10_000
CHUNK = 400
_VERSIONS = [bytes([version]) for version in range(256)]  # a digest's first byte

Owner = tuple[str, str]  # subject, retention class

_metadata = sa.MetaData()
_subject_keys = sa.Table(
    "subject_keys",
    _metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("retention", sa.Text, primary_key=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)
_index_keys = sa.Table(
    "index_keys",
    _metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)
_INSERT = sa.text(
    "INSERT INTO subject_keys (subject, retention, wrapped) VALUES (:subject, :retention, :wrapped) "
    "ON CONFLICT (subject, retention) DO NOTHING"
)


class WrongMasterKey(LedgerError):
    """The master key does not open this key store."""

    code = "wrong-master-key"


class _Batch:
    """Keys made in one open transaction of the key store."""

    connection: sa.Connection

    def __init__(self) -> None:
        self.made: dict[Owner, bytes] = {}  # the newest of them, for this thread only

    def keep(self, keys: dict[Owner, bytes]) -> None:
        """Have keys at hand; what there is no room for is read again from the transaction."""
        if len(self.made) + len(keys) > CACHE_KEYS:
            self.made.clear()
        self.made |= keys


class KeyStore:
    """An open key store. Safe to use from many threads."""

    def __init__(self, url: str, master_key: bytes) -> None:
        self._url = url
        self._master = AESGCM(master_key)
        self._engine = engine_of(url)
        self._making = RLock()  # held while keys are made, and through a batch
        self._cache: dict[Owner, tuple[float, bytes]] = {}
        self._cache_lock = Lock()
        self._forgotten = 0  # how often keys were forgotten: what was read before is not remembered after
        self._own = local()  # the batch of this thread; nobody else may use a key that is not durable yet
        self._index_keys: dict[int, bytes] = {}
        self._begun: dict[tuple[str, int], HMAC] = {}

    @classmethod
    def create(cls, url: str, master_key: bytes) -> Self:
        """A new key store with its first index key; one that is there already is opened."""
        if is_sqlite(url):
            sqlite.create_file(path_of(url))
        store = cls(url, master_key)
        try:
            with store._engine.begin() as connection:
                _metadata.create_all(connection)
                if connection.scalar(sa.select(sa.func.count()).select_from(_index_keys)) == 0:
                    wrapped = store._wrap(os.urandom(KEY_BYTES), "index", 1)
                    connection.execute(_index_keys.insert().values(version=1, wrapped=wrapped))
            store._load_index_keys()
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def open(cls, url: str, master_key: bytes) -> Self:
        """An existing key store; `Unavailable` if there is none, `WrongMasterKey` if the master key is not its own."""
        if is_sqlite(url) and not path_of(url).is_file():
            raise Unavailable("there is no key store where one is expected", code="no-key-store")
        store = cls(url, master_key)
        try:
            store._load_index_keys()
        except BaseException:
            store.close()
            raise
        return store

    # Subject keys.

    def get_or_create(self, subject: str, retention: str) -> bytes:
        """The key of a subject for a retention class, made if needed; durable when this returns (see `batch`)."""
        return self.get_or_create_many([(subject, retention)])[(subject, retention)]

    def get_or_create_many(self, owners: Iterable[Owner]) -> dict[Owner, bytes]:
        """The same for many at once, in one transaction."""
        wanted = list(dict.fromkeys(owners))
        found = self._cached(wanted)
        missing = [owner for owner in wanted if owner not in found]
        if missing:
            with self._making:
                found |= self._create(missing)
        return found

    def get(self, subject: str, retention: str) -> bytes | None:
        """The key, or None if it was destroyed or never made."""
        return self.get_many([(subject, retention)]).get((subject, retention))

    def get_many(self, owners: Iterable[Owner]) -> dict[Owner, bytes]:
        """The keys that are there."""
        wanted = list(dict.fromkeys(owners))
        since, found = self._forgotten, self._cached(wanted)
        missing = [owner for owner in wanted if owner not in found]
        batch = self._batch
        if missing and batch is not None:
            stored = self._stored(batch.connection, missing)  # made in the batch, or before it
            batch.keep(stored)
            found |= stored
        elif missing:
            with self._guarded(reading=True) as connection:
                stored = self._stored(connection, missing)
            self._remember(stored, since)
            found |= stored
        return found

    def owned(self, subject: str) -> dict[str, bytes]:
        """A subject's keys as they are stored now, by retention class."""
        with self._guarded(reading=True) as connection:
            chosen = sa.select(_subject_keys).where(_subject_keys.c.subject == subject)
            return {
                retention: self._unwrap(wrapped, owner, retention)
                for owner, retention, wrapped in connection.execute(chosen)
            }

    def broken(self) -> int:
        """How many of the stored keys do not open under the names they stand under."""
        with self._guarded(reading=True) as connection:
            return sum(not self._opens(*row) for row in connection.execute(sa.select(_subject_keys)))

    def forget(self) -> None:
        """Read every key again from now on: another process destroyed some."""
        with self._cache_lock:
            self._forgotten += 1
            self._cache.clear()

    def destroy(self, subject: str, retention: str | None = None) -> int:
        """Erase a subject's keys, all or of one class; how many there were. What they sealed stays shut for ever."""
        condition = _subject_keys.c.subject == subject
        if retention is not None:
            condition &= _subject_keys.c.retention == retention
        with self._making:
            with self._guarded() as connection:
                gone = connection.execute(_subject_keys.delete().where(condition)).rowcount
            with self._cache_lock:
                self._forgotten += 1
                for owner in [o for o in self._cache if o[0] == subject and retention in (None, o[1])]:
                    del self._cache[owner]
            if is_sqlite(self._url):
                # Deleted pages are zeroed (secure_delete); the log they still stand in is written back and cut.
                sqlite.truncate_log(path_of(self._url))
        return gone

    @contextmanager
    def batch(self, *, discard: bool = False) -> Iterator[None]:
        """Keys made inside by this thread are durable at its end, not before; `discard` or an exception leaves none.

        Open it inside `recorder.transaction()`: it then ends first, and the keys are durable before the entries.
        """
        if self._batch is not None:
            yield
            return
        with self._making:
            since = self._forgotten
            batch = self._own.batch = _Batch()
            try:
                with self._guarded() as batch.connection:
                    yield
                    if discard:
                        batch.connection.rollback()
                        batch.made.clear()
            finally:
                self._own.batch = None
            self._remember(batch.made, since)

    @property
    def _batch(self) -> _Batch | None:
        return getattr(self._own, "batch", None)

    def _create(self, owners: Sequence[Owner]) -> dict[Owner, bytes]:
        keys = {owner: os.urandom(KEY_BYTES) for owner in owners}
        batch = self._batch
        if batch is not None:
            made = self._insert(batch.connection, keys)
            batch.keep(made)
            return made
        since = self._forgotten
        with self._guarded() as connection:
            made = self._insert(connection, keys)
        self._remember(made, since)
        return made

    def _insert(self, connection: sa.Connection, keys: dict[Owner, bytes]) -> dict[Owner, bytes]:
        rows = [
            {"subject": owner[0], "retention": owner[1], "wrapped": self._wrap(key, *owner)}
            for owner, key in keys.items()
        ]
        if connection.execute(_INSERT, rows).rowcount == len(rows):
            return keys
        return self._stored(connection, list(keys))  # another process was first

    def _stored(self, connection: sa.Connection, owners: Sequence[Owner]) -> dict[Owner, bytes]:
        found = {}
        columns = _subject_keys.c
        for start in range(0, len(owners), CHUNK):
            chunk = owners[start : start + CHUNK]
            chosen = sa.tuple_(columns.subject, columns.retention).in_(chunk)
            for subject, retention, wrapped in connection.execute(sa.select(_subject_keys).where(chosen)):
                found[(subject, retention)] = self._unwrap(wrapped, subject, retention)
        return found

    def _cached(self, owners: Sequence[Owner]) -> dict[Owner, bytes]:
        made = self._batch.made if self._batch is not None else {}
        oldest = monotonic() - CACHE_SECONDS
        with self._cache_lock:
            kept = {owner: self._cache[owner] for owner in owners if owner in self._cache}
        found = {owner: key for owner, (since, key) in kept.items() if since > oldest}
        return found | {owner: made[owner] for owner in owners if owner in made}

    def _remember(self, keys: dict[Owner, bytes], since: int) -> None:
        """Have keys at hand that were read after the `since`-th time that keys were forgotten."""
        now = monotonic()
        with self._cache_lock:
            if since != self._forgotten:
                return
            if len(self._cache) + len(keys) > CACHE_KEYS:
                self._cache.clear()
            self._cache.update({owner: (now, key) for owner, key in keys.items()})

    # Keyed digests.

    @property
    def index_key_version(self) -> int:
        """The version of the index key that new digests are made with."""
        return max(self._index_keys)

    def keyed_digest(self, purpose: str, value: bytes, version: int | None = None) -> bytes:
        """HMAC-SHA-256 under the index key, apart for each purpose; its first byte is the key's version."""
        version = self.index_key_version if version is None else version
        begun = self._begun.get((purpose, version)) or self._begin(purpose, version)
        digest = begun.copy()
        digest.update(value)
        return _VERSIONS[version] + digest.finalize()

    def _begin(self, purpose: str, version: int) -> HMAC:
        """The digest of a purpose up to where the value comes; there are as many as purposes."""
        begun = HMAC(self._index_keys[version], SHA256())
        begun.update(purpose.encode() + b"\x00")
        self._begun[(purpose, version)] = begun
        return begun

    def keyed_digest_of(self, purpose: str, pieces: Iterable[bytes]) -> bytes:
        """`keyed_digest` of a value that comes in pieces."""
        return self._digests_of(purpose, pieces, [self.index_key_version])[0]

    def keyed_digests_of(self, purpose: str, pieces: Iterable[bytes]) -> list[bytes]:
        """`keyed_digests` of a value that comes in pieces."""
        return self._digests_of(purpose, pieces, sorted(self._index_keys, reverse=True))

    def _digests_of(self, purpose: str, pieces: Iterable[bytes], versions: Sequence[int]) -> list[bytes]:
        made = [hmac.new(self._index_keys[version], purpose.encode() + b"\x00", "sha256") for version in versions]
        for piece in pieces:
            for one in made:
                one.update(piece)
        return [bytes([version]) + one.digest() for version, one in zip(versions, made, strict=True)]

    def keyed_digests(self, purpose: str, value: bytes) -> list[bytes]:
        """The digest under every version of the index key, newest first: what a look-up asks for."""
        return [self.keyed_digest(purpose, value, version) for version in sorted(self._index_keys, reverse=True)]

    def is_keyed_digest(self, purpose: str, value: bytes, digest: object) -> bool:
        """Whether this is the digest of the value, under the version of the index key that it names."""
        if not isinstance(digest, bytes) or not digest or digest[0] not in self._index_keys:
            return False
        return hmac.compare_digest(self.keyed_digest(purpose, value, digest[0]), digest)

    def _load_index_keys(self) -> None:
        with self._guarded(reading=True) as connection:
            rows = connection.execute(sa.select(_index_keys)).all()
        if not all(type(version) is int and 0 < version < 256 for version, _ in rows):  # a digest's first byte
            raise Invalid("the key store holds an index key of no version", code="bad-key-store")
        self._index_keys = {version: self._unwrap(wrapped, "index", version) for version, wrapped in rows}
        self._begun.clear()
        if not self._index_keys:
            raise Invalid("the key store holds no index key", code="bad-key-store")

    # Wrapping.

    def _wrap(self, key: bytes, *name: str | int) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, key, canonical(list(name)))

    def _unwrap(self, wrapped: object, *name: str | int) -> bytes:
        try:
            if not isinstance(wrapped, bytes | memoryview):  # SQLite keeps whatever was written there
                raise ValueError
            sealed = bytes(wrapped)
            return self._master.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], canonical(list(name)))
        except (InvalidTag, ValueError):
            raise WrongMasterKey("a stored key does not open with this master key") from None

    def _opens(self, subject: str, retention: str, wrapped: object) -> bool:
        try:
            return bool(self._unwrap(wrapped, subject, retention))
        except (LedgerError, TypeError):
            return False

    @contextmanager
    def _guarded(self, *, reading: bool = False) -> Iterator[sa.Connection]:
        engine = self._engine.execution_options(reading=True) if reading else self._engine
        try:
            with engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error, UnicodeDecodeError) as error:
            raise Unavailable(f"the key store cannot be used: {type(error).__name__}", code="no-key-store") from error

    def close(self) -> None:
        """Forget the keys and close the connections."""
        self._cache.clear()
        self._begun.clear()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
