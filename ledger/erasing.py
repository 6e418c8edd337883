"""Erasing what was ordered: keys, sealed sections, files, and what leads to a person; then the entry that says so.

Every step may be repeated: what is gone is gone. A crash after any of them leaves an order that `resume_erasures` ends
at the next start. After a restore, `replay_erasures` destroys again what an older copy brought back, before anybody
reads. Whatever else lies under a key that goes is sealed anew before, so an order takes nothing that it does not name.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import msgspec
from eventsourcing.persistence import IntegrityError

from ledger.clock import day_of
from ledger.domain.erasure import Erasure, ErasureOrdered, PayloadErased, Target
from ledger.errors import Conflict, LedgerError, VerificationError
from ledger.mapper import disclosure_digest, header_of, logged
from ledger.storage.address import is_sqlite, path_of
from ledger.storage.events import EntryRow
from ledger.storage.sealed import Place, fingerprint, open_sealed, seal
from ledger.storage.session import spread
from ledger.storage.sqlite import truncate_log

if TYPE_CHECKING:
    from ledger.application import Ledger

# The fields that lead to a person; that somebody gave a number back must outlive them: it may be another's by now.
NAMING: Final = ("subject-ref", "id-number", "uscc", "actor", "actor-unit")

_PENDING = """
    SELECT o.idx FROM entries o WHERE o.topic = ? AND NOT EXISTS (
        SELECT 1 FROM entries d WHERE d.stream = o.stream AND d.version > o.version)
    ORDER BY o.idx
"""
_OWNED = "SELECT idx, section, retention, sealed FROM disclosures WHERE subject = ? ORDER BY idx, section"
_MOVE_SECTION = "UPDATE disclosures SET retention = ?, sealed = ? WHERE idx = ? AND section = ?"
_DELETE_SECTION = "DELETE FROM disclosures WHERE idx = ? AND section = ?"
_FILES = "SELECT id, retention, about, content FROM attachments WHERE subject = ?"
_MOVE_FILE = "UPDATE attachments SET retention = ?, about = ?, content = ? WHERE id = ?"
_DELETE_FILE = "DELETE FROM attachments WHERE id = ?"
_DELETE_NAMES = "DELETE FROM blind_index WHERE uid = ? AND field IN (?*)"
_DELETE_TOKENS = "DELETE FROM tokens WHERE subject = ?"


@dataclass(frozen=True, slots=True)
class Item:
    """A section that is there: whose key of which class seals it."""

    index: int
    section: str
    digest: str
    owner: str
    retention: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order as its entry states it; `erased` once the ledger has said that it was carried out."""

    index: int
    uid: str
    scope: str
    subject: str | None
    retention: str | None
    targets: tuple[Target, ...]
    keys: frozenset[str]
    subjects: tuple[str, ...]
    on: date
    erased: bool


def of_class(retention: str, wanted: str) -> bool:
    """Whether a key is of a class: under its plain name, or under one that an earlier erasure moved sections to."""
    return retention.partition(".")[0] == wanted


def orders(ledger: Ledger) -> list[Order]:
    """Every order of the log, oldest first."""
    done = {row.stream for row in ledger.store.by_topic(PayloadErased.TOPIC)}
    return [_order(row, erased=row.stream in done) for row in ledger.store.by_topic(ErasureOrdered.TOPIC)]


def pending_orders(ledger: Ledger) -> list[Order]:
    """The orders that were not carried out, oldest first."""
    rows = ledger.store.recorder.query(_PENDING, (ErasureOrdered.TOPIC,))
    return [_order(ledger.store.entry(index), erased=False) for (index,) in rows]


def _order(row: EntryRow, *, erased: bool) -> Order:
    entry = logged(row)
    data = entry.data
    return Order(
        row.index,
        entry.uid,
        data["scope"],
        data.get("subject_id"),
        data.get("class"),
        tuple(Target.model_validate(target) for target in data["targets"]),
        frozenset(data.get("keys", ())),
        entry.subjects,
        entry.effective_on,
        erased,
    )


# What is there.


def beside(ledger: Ledger, index: int) -> list[Item]:
    """The sections that lie beside an entry and open."""
    rows = [
        (index, one.section, one.subject, one.retention, one.sealed)
        for one in ledger.store.disclosures([index]).values()
    ]
    return _items(ledger, rows)


def sections_of_class(ledger: Ledger, subject: str, retention: str) -> list[Item]:
    """The sections sealed under a subject's keys of a class."""
    rows = ledger.store.recorder.query(_OWNED, (subject,))
    return _items(
        ledger,
        [(index, section, subject, kept, sealed) for index, section, kept, sealed in rows if of_class(kept, retention)],
    )


def _items(ledger: Ledger, rows: Iterable[tuple[int, str, str, str, bytes]]) -> list[Item]:
    items = []
    for index, section, subject, retention, sealed in rows:
        key = ledger.keys.get(subject, retention)
        if key is None:
            continue
        entry = ledger.store.entry(index)
        opened = open_sealed(key, bytes(sealed), Place(ledger.origin, entry.stream, entry.version, section, subject))
        digest = disclosure_digest(opened)
        if digest not in header_of(entry.state).get("sd", ()):
            raise VerificationError("a disclosure is not the one its entry commits to", code="wrong-disclosure")
        items.append(Item(index, section, digest, subject, retention))
    return items


def keys_of_class(ledger: Ledger, subject: str, retention: str) -> dict[str, bytes]:
    """A subject's keys of a class, by the names they are stored under."""
    return {name: key for name, key in ledger.keys.owned(subject).items() if of_class(name, retention)}


# Carrying out.


def carry_out(ledger: Ledger) -> None:
    """Carry out what was just ordered. What cannot be done now stays an order: the next start resumes it."""
    with suppress(LedgerError, sqlite3.Error):
        resume_erasures(ledger)


def resume_erasures(ledger: Ledger) -> list[int]:
    """Carry out every order that was not; the indexes of the orders that are carried out now. Outside transactions."""
    assert not ledger.in_transaction, "a destruction is no part of a transaction"
    ended = []
    for order in pending_orders(ledger):
        destroy(ledger, order)
        if _complete(ledger, order):
            ended.append(order.index)
    return ended


def replay_erasures(ledger: Ledger) -> int:
    """Destroy again whatever an older copy of a store brought back, and end what was only ordered; how many orders."""
    known = orders(ledger)
    for order in known:
        destroy(ledger, order)
        if not order.erased:
            _complete(ledger, order)
    return len(known)


def destroy(ledger: Ledger, order: Order) -> None:
    """Leave nothing of an order's targets. Sections that it does not name are kept, whatever key they are under."""
    with ledger.gate.closed():
        done = False
        while not done:
            _move_others(ledger, order)
            with ledger.store.recorder.transaction():
                done = not _others(ledger, order)  # a transaction may have sealed more until it ended
                if done:
                    _destroy_keys(ledger, order)
                    _delete_rows(ledger, order)
        ledger.forget_erased()
    wash(ledger)


def wash(ledger: Ledger) -> None:
    """Leave no ciphertext in SQLite's write-ahead log: it is written back over zeroed pages, and cut."""
    if is_sqlite(ledger.store.url):
        truncate_log(path_of(ledger.store.url))


def _complete(ledger: Ledger, order: Order) -> bool:
    """Say that an order was carried out; False where another process was first."""
    on = max(day_of(ledger.clock()), order.on)
    data = PayloadErased.Data(targets=list(order.targets), keys=sorted(order.keys) or None)
    try:
        ledger.follow_up(Erasure, order.uid, lambda erasure: erasure.complete(data), on, order.subjects, order.index)
    except (IntegrityError, Conflict):
        return False
    except LedgerError as error:
        if error.code != "wrong-state":
            raise
        return False
    return True


def _old_keys(ledger: Ledger, order: Order) -> dict[str, bytes]:
    """The keys of this order that are there, by the names they are stored under."""
    if order.subject is None or not order.keys:
        return {}
    return {name: key for name, key in ledger.keys.owned(order.subject).items() if fingerprint(key) in order.keys}


def _others(ledger: Ledger, order: Order) -> list[tuple[int, str, str, bytes]]:
    """The sections under this order's keys that it does not name: they came after it."""
    old = _old_keys(ledger, order)
    if not old:
        return []
    named = {(target.index, target.section) for target in order.targets}
    rows = ledger.store.recorder.query(_OWNED, (order.subject,))
    return [row for row in rows if row[2] in old and (row[0], row[1]) not in named]


def _move_others(ledger: Ledger, order: Order) -> None:
    """Seal anew what an order does not name, under a key of another name that is durable first."""
    with ledger.store.recorder.transaction():
        others = _others(ledger, order)
        if not others:
            return
        assert order.subject is not None
        old = _old_keys(ledger, order)
        name = f"{order.retention}.{order.index}"
        new = ledger.keys.get_or_create(order.subject, name)
        execute, cited = ledger.store.recorder.execute, set[str]()
        for index, section, retention, sealed in others:
            entry = ledger.store.entry(index)
            place = Place(ledger.origin, entry.stream, entry.version, section, order.subject)
            opened = open_sealed(old[retention], bytes(sealed), place)
            cited |= _files_cited(section, opened)
            execute(_MOVE_SECTION, (name, seal(new, opened, place), index, section))
        for file, retention, about, content in ledger.store.recorder.query(_FILES, (order.subject,)):
            if file in cited and retention in old:
                moved = [
                    seal(new, open_sealed(old[retention], bytes(part), place), place)
                    for part, place in _parts(ledger, file, order.subject, about, content)
                ]
                execute(_MOVE_FILE, (name, *moved, file))


def _destroy_keys(ledger: Ledger, order: Order) -> None:
    for name in _old_keys(ledger, order):
        assert order.subject is not None
        ledger.keys.destroy(order.subject, name)


def _delete_rows(ledger: Ledger, order: Order) -> None:
    recorder = ledger.store.recorder
    for file in _doomed_files(ledger, order):
        recorder.execute(_DELETE_FILE, (file,))
    for target in order.targets:
        recorder.execute(_DELETE_SECTION, (target.index, target.section))
    if order.retention == "IDENTITY":
        recorder.execute(spread(_DELETE_NAMES, len(NAMING)), (order.subject, *NAMING))
        recorder.execute(_DELETE_TOKENS, (order.subject,))


def _doomed_files(ledger: Ledger, order: Order) -> set[str]:
    """The files that go: those that open no more, or that only the order's own sections cite."""
    if order.subject is not None and order.retention is not None:
        rows = ledger.store.recorder.query(_FILES, (order.subject,))
        return {
            file
            for file, retention, about, content in rows
            if of_class(retention, order.retention)
            and not _opens(ledger, file, order.subject, retention, about, content)
        }
    named = {(target.index, target.section) for target in order.targets}
    owners = {
        one.subject
        for (index, section), one in ledger.store.disclosures({index for index, _ in named}).items()
        if (index, section) in named and section == "evidence"
    }
    doomed, kept = set[str](), set[str]()
    for owner in sorted(owners):
        for index, section, retention, sealed in ledger.store.recorder.query(_OWNED, (owner,)):
            key = ledger.keys.get(owner, retention) if section == "evidence" else None
            if key is None:
                continue
            entry = ledger.store.entry(index)
            place = Place(ledger.origin, entry.stream, entry.version, section, owner)
            cited = _files_cited(section, open_sealed(key, bytes(sealed), place))
            if (index, section) in named:
                doomed |= cited
            else:
                kept |= cited
    return doomed - kept


def _files_cited(section: str, disclosure: bytes) -> set[str]:
    """The ids of kept files that a section `evidence` cites."""
    if section != "evidence":
        return set()
    value: Any = msgspec.json.decode(disclosure)[2]
    members: Iterable[Any] = value.values() if isinstance(value, Mapping) else ()
    items = [item for member in members if isinstance(member, list) for item in member]
    return {str(item["id"]) for item in items if isinstance(item, Mapping) and "id" in item}


def _parts(ledger: Ledger, file: str, subject: str, about: bytes, content: bytes) -> list[tuple[bytes, Place]]:
    stream = f"attachment/{file}"
    return [
        (about, Place(ledger.origin, stream, 1, "about", subject)),
        (content, Place(ledger.origin, stream, 1, "content", subject)),
    ]


def _opens(ledger: Ledger, file: str, subject: str, retention: str, about: bytes, content: bytes) -> bool:
    key = ledger.keys.get(subject, retention)
    if key is None:
        return False
    try:
        (part, place), _ = _parts(ledger, file, subject, about, content)
        open_sealed(key, bytes(part), place)
    except VerificationError:
        return False
    return True
