"""Opening a ledger: entry 0 with origin, suite and keys, or a whole history loaded with its own recorded times.

`create` makes the files and writes entry 0. `create_from_history` is all or nothing: entry 0, every line with its own
time, and the closing entry are one transaction; a refused line leaves no ledger behind (DESIGN §8). Either makes the
access log then, and signs the first checkpoints of both logs last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from ledger.application import Ledger
from ledger.clock import Clock, utc_now
from ledger.domain.governance import HistoryLoaded, Key, LedgerOpened
from ledger.erasing import resume_erasures
from ledger.errors import Invalid, LedgerError, NotFound, Refused, VerificationError
from ledger.line import Line
from ledger.log.note import format_vkey
from ledger.mapper import FORMAT_VERSION
from ledger.sentinels import (
    SENTINEL,
    begin_sentinel,
    make_sentinel,
    place_of_sentinel,
    remember_sentinel,
    sentinel_was_made,
)
from ledger.storage.access_store import access_url, discard_unused, read_mark, was_made
from ledger.storage.address import is_sqlite, path_of
from ledger.storage.key_files import (
    create_master_key,
    create_signing_key,
    load_master_key,
    load_signing_keys,
    locations,
)
from ledger.storage.keys import KeyStore
from ledger.storage.row_seals import seal_rows
from ledger.storage.store import Store, create_store, discard_store, open_store

SUITE: Literal["sha256-ed25519"] = "sha256-ed25519"
ACCESS_LOG: Final = "access-log"  # the step of an upgrade that makes it
Progress = Callable[[int], None]


class LineRefused(LedgerError):
    """A line of a history was refused: `number` says which, `cause` why."""

    def __init__(self, number: int, cause: LedgerError) -> None:
        super().__init__(cause.detail, code=cause.code, field=cause.field)
        self.group = cause.group  # type: ignore[misc]
        self.number = number


def default_origin(url: str) -> str:
    """`localhost/<file name>`, or the database's name on PostgreSQL (DESIGN §8)."""
    return f"localhost/{path_of(url).name if is_sqlite(url) else url.rpartition('/')[2].partition('?')[0]}"


def create(url: str, *, origin: str | None = None, clock: Clock = utc_now) -> Ledger:
    """A new ledger whose clock is the real one. `Conflict` where there is one already."""
    return _opened(url, origin or default_origin(url), clock, "real", lambda ledger: None)


def create_from_history(
    url: str,
    lines: Iterable[Line],
    *,
    digest_of: bytes | Iterable[bytes],
    editions: Sequence[bytes] = (),
    origin: str | None = None,
    clock: Clock = utc_now,
    progress: Progress | None = None,
) -> Ledger:
    """A new ledger that holds a history with its own recorded times; `LineRefused` names the line that was refused.

    `digest_of` is the file's content, whole or in pieces; only its keyed digest is kept.
    """
    rows = iter(lines)
    first = next(rows, None)
    if first is None:
        raise Invalid("there is no line in the file", code="empty-history")
    if first.recorded_at is None:
        raise Invalid("a history begins with a line that says when it was recorded", code="recorded-at-missing")
    opening_time = first.recorded_at
    if opening_time > clock():
        raise LineRefused(first.number or 1, Refused("the line lies in the future", code="history-in-the-future"))

    def load(ledger: Ledger) -> None:
        for content in editions:
            ledger.offer_edition(content)
        ledger.loading_history = True
        count = 0
        moment = opening_time
        for line in _chain(first, rows):
            count += 1
            moment = _next_moment(line, moment, clock(), count)
            ledger.clock = _fixed(moment)
            try:
                ledger.submit(line, as_system=True)
            except LedgerError as error:
                raise LineRefused(line.number or count, error) from error
            if progress is not None:
                progress(count)
        ledger.clock = clock
        ledger.loading_history = False
        ledger.write_own(HistoryLoaded, HistoryLoaded.Data(lines=count, digest=ledger.keyed_digest(digest_of)))

    return _opened(url, origin or default_origin(url), _fixed(opening_time), "history", load, real=clock)


def _chain(first: Line, rest: Iterable[Line]) -> Iterable[Line]:
    yield first
    yield from rest


def _next_moment(line: Line, before: datetime, now: datetime, count: int) -> datetime:
    number, moment = line.number or count, line.recorded_at
    if moment is None:
        unsaid = Invalid("every line of a history says when it was recorded", code="recorded-at-missing")
        raise LineRefused(number, unsaid)
    if moment < before:
        raise LineRefused(number, Refused("recorded times never decrease", code="recorded-at-decreases"))
    if moment > now:
        raise LineRefused(number, Refused("the line lies in the future", code="history-in-the-future"))
    return moment


def _fixed(moment: datetime) -> Clock:
    return lambda: moment


def upgrade(url: str, *, clock: Clock = utc_now) -> list[str]:
    """Bring a ledger and its access log up to this release, and make the access log and the sentinel where none was.

    What was done; nothing is where nothing was to do. `VerificationError` where an access log was made and is gone.
    """
    with open_store(url, allow_pending=True) as store:
        done = _migrated(store)
        marked = read_mark(store) is not None
    if marked:
        try:
            with open_store(access_url(url), allow_pending=True) as store:
                done += [f"{ACCESS_LOG} {step}" for step in _migrated(store)]
        except NotFound:
            raise VerificationError("an access log was made and is gone", code="access-log-missing") from None
    ledger = Ledger.open(url, clock=clock)
    try:
        if not marked:
            if not was_made(ledger.keys, ledger.book.uid):
                seal_rows(ledger.store, ledger.keys)  # an earlier release sealed none
            ledger.make_access()
            done.append(ACCESS_LOG)
        if locations(url).sentinel is not None and not sentinel_was_made(ledger.keys, ledger.book.uid):
            begin_sentinel(ledger)
            done.append(SENTINEL)
        elif not marked:
            ledger.access.publisher.publish(begin=True)
        resume_erasures(ledger)
    finally:
        ledger.close()
    return done


def _migrated(store: Store) -> list[str]:
    steps = store.pending_migrations()
    if steps:
        store.migrate()
    return steps


def _opened(
    url: str, origin: str, clock: Clock, kind: str, load: Callable[[Ledger], None], *, real: Clock | None = None
) -> Ledger:
    made: list[Path] = []
    store: Store | None = None
    keys: KeyStore | None = None
    try:
        _discard_unopened(url)
        sentinel = place_of_sentinel(url)
        store = create_store(url, origin)
        discard_unused(url)  # no ledger was here; one that stands keeps its access log
        if make_sentinel(sentinel, origin):
            made.extend(Path(f"{sentinel}{suffix}") for suffix in ("", "-wal", "-shm"))
        keys, vkey = _keys(url, origin, made)
        ledger = Ledger(store, keys, clock=clock)
        ledger.origin = origin
        ledger.mapper.origin = origin  # type: ignore[attr-defined]
        ledger.book = ledger.new_book()
        with ledger.transaction():
            ledger.write_own(
                LedgerOpened,
                LedgerOpened.Data(
                    origin=origin,
                    suite=SUITE,
                    format=FORMAT_VERSION,
                    clock=kind,  # type: ignore[arg-type]
                    keys=[Key(purpose="log-signing", vkey=vkey)],
                ),
            )
            load(ledger)
        ledger.clock = real or clock
        ledger.make_access()
        ledger.publish(begin=True)
        remember_sentinel(keys, ledger.book.uid)
        return ledger
    except BaseException:
        if keys is not None:
            keys.close()
        if store is not None:
            discard_store(store)
        for path in made:
            with suppress(FileNotFoundError):
                path.unlink()
        raise


def _discard_unopened(url: str) -> None:
    """What a crash left of an opening that never committed: a store without entry 0 is not a ledger."""
    try:
        store = open_store(url)
    except LedgerError:
        return
    with store:
        if store.head().size == 0:
            discard_store(store)


def _keys(url: str, origin: str, made: list[Path]) -> tuple[KeyStore, str]:
    """The key files of a new ledger; those that were there before are used and, on failure, left alone."""
    places = locations(url)
    if places.master_key.exists():
        master = load_master_key(places.master_key)
    else:
        master = create_master_key(places.master_key)
        made.append(places.master_key)
    if places.signing_key.exists():
        signing = load_signing_keys(places.signing_key)[-1]
    else:
        signing = create_signing_key(places.signing_key)
        made.append(places.signing_key)
    if is_sqlite(places.keys) and not path_of(places.keys).exists():
        made.extend(Path(f"{path_of(places.keys)}{suffix}") for suffix in ("", "-wal", "-shm"))
    keys = KeyStore.create(places.keys, master)
    return keys, format_vkey(origin, signing.public_key().public_bytes_raw())
