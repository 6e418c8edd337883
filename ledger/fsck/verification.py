"""The verification as a whole: the ledger's own log, its tokens, and its access log behind it.

Quick is leaf, chain and root; full is everything that stands in the store (DESIGN §8). Nothing is raised for what was
tampered with: a damaged row or file becomes a finding that says where. Memory does not grow with the log.
"""

from __future__ import annotations

import sqlite3
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Final

from ledger.catalogue import TOPICS
from ledger.directory import Directory
from ledger.domain.governance import HistoryLoaded
from ledger.errors import LedgerError
from ledger.fsck.access import of_access, verify_access
from ledger.fsck.checkpoints import (
    NO_CHECKPOINT,
    NO_SENTINEL,
    NO_SIGNING_KEY,
    ONLY_NEWEST,
    UNCOVERED,
    Checkpoints,
    check_signing_key,
    keyring_of,
    note_adopted,
    watch,
)
from ledger.fsck.columns import note_history
from ledger.fsck.crew import crew_for
from ledger.fsck.damage import is_damage
from ledger.fsck.names import Names
from ledger.fsck.report import Findings, Grade, Report
from ledger.fsck.requests import check_requests
from ledger.fsck.schema import check_version
from ledger.fsck.signatures import check_signatures
from ledger.fsck.since import BELOW, start_behind
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.fsck.spine import Spine, read_head
from ledger.fsck.tokens import check_tokens
from ledger.fsck.walk import REQUEST_ROWS, Progress, Walk, origin_of, teller, walk_quickly
from ledger.storage.key_files import load_master_key, locations
from ledger.storage.keys import KeyStore
from ledger.storage.store import Store, open_anyhow

ENTRIES: Final = "entries"

_OF_TOPIC = "SELECT idx FROM entries WHERE topic = ? ORDER BY idx LIMIT 1"

_NEVER: Final = (
    "no witness configured",
    "unsigned entries: the operator alone attests them",
    "that no request key was taken away: a row that is gone leaves no trace",
    "the counter of commits and the readers' positions: nothing is decided by them",
    "the lists' own indexes and constraints: their rows are compared",
    "whether what was recorded is true",
)
_NOT_QUICK: Final = (
    "canonical bytes",
    "columns",
    "disclosures",
    "documents",
    "blind index",
    "tiles",
    "request keys",
    "signatures of units",
    "tokens",
    "views",
)
_OWN_INDEXES: Final = "the database's own indexes"
_ALL_ELSE: Final = "everything else"
_OF_CHECKPOINTS: Final = (NO_SENTINEL, NO_CHECKPOINT, NO_SIGNING_KEY, ONLY_NEWEST, UNCOVERED)
# What may be said, also of the access log, with `access log: ` before it.
LEFT_OUT: Final = frozenset({*_NEVER, *_NOT_QUICK, BELOW, *_OF_CHECKPOINTS, _OWN_INDEXES, _ALL_ELSE})


@dataclass(frozen=True, slots=True)
class Asked:
    """How a ledger is to be verified: see `verify`."""

    quick: bool
    progress: Progress | None
    jobs: int | None
    since: str | int | None


def verify(
    ledger: Directory,
    *,
    quick: bool = False,
    progress: Progress | None = None,
    jobs: int | None = 1,
    since: str | int | None = None,
) -> Report:
    """Verify an open ledger; whatever is wrong is in the report. `progress` is told what, how far, of how much.

    `jobs` is how many processes take part; None leaves it to the size of the log and the machine. `since` is the
    signed note of a checkpoint, or the size of one that the store has: only what came after is verified in full.
    """
    return _verify_both(ledger.store, ledger.keys, None, Asked(quick, progress, jobs, since))


def verify_at(
    url: str,
    *,
    quick: bool = False,
    progress: Progress | None = None,
    jobs: int | None = 1,
    since: str | int | None = None,
) -> Report:
    """Verify the ledger at a URL, also one whose entry 0 or file is too damaged to be opened for use.

    Raises like `Ledger.open` where there is no ledger; without its keys, sections and index are a gap.
    """
    try:
        with open_anyhow(url) as store:
            return _verify_opened(store, Asked(quick, progress, jobs, since))
    except (LedgerError, sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if not is_damage(error):
            raise
    findings = Findings()
    findings.place("database file", "it is damaged beyond reading", "store-damaged")
    return _report(findings, None, None, not_checked=(_ALL_ELSE,))


def _verify_opened(store: Store, asked: Asked) -> Report:
    keys, no_keys = None, None
    try:
        places = locations(store.url)
        keys = KeyStore.open(places.keys, load_master_key(places.master_key))
    except LedgerError as error:
        no_keys = error
    with keys or nullcontext():
        return _verify_both(store, keys, no_keys, asked)


def _verify_both(store: Store, keys: KeyStore | None, no_keys: LedgerError | None, asked: Asked) -> Report:
    """The ledger's log after the access log: whoever is named there was given a row here before."""
    access = verify_access(store, keys, quick=asked.quick, tell=asked.progress)
    report = _verify_store(store, keys, no_keys, asked)
    return replace(
        report,
        ok=report.ok and access.ok,
        findings=(*report.findings, *access.findings),
        not_checked=(*report.not_checked, *map(of_access, access.left_out)),
        access=access.log,
    )


def _verify_store(store: Store, keys: KeyStore | None, no_keys: LedgerError | None, asked: Asked) -> Report:
    """The ledger's own log in an open store; `no_keys` says why there are no keys."""
    quick, findings, erased = asked.quick, Findings(), 0
    watched = watch(locations(store.url).sentinel)
    with Snapshot(store) as snapshot:
        head, origin = read_head(snapshot, findings), origin_of(snapshot)
        spine = Spine(origin, head, findings)
        tell = teller(asked.progress, ENTRIES, head)
        if quick:
            with findings.going_on("alembic_version"):
                check_version(snapshot, findings)
        elif keys is None:
            reason = "" if no_keys is None else f" ({no_keys.code})"
            what = f"key store: it cannot be opened{reason}, so sections and blind index were not checked"
            findings.add(Grade.GAP, None, what, "no-keys")
        start = start_behind(snapshot, asked.since, head, origin, findings)
        if start is not None:
            spine.go_on(start.size, start.chain, start.frontier)
        jobs = asked.jobs if start is None else 1
        with crew_for(store, snapshot, head, origin, jobs, quick=quick, keys=keys is not None) as crew:
            if quick:
                with findings.going_on("entries"):
                    walk_quickly(snapshot, head, spine, findings, crew, tell)
                history_end = _history_end(snapshot)
            else:
                names = None if keys is None else Names(snapshot, keys, findings, partial=start is not None)
                walk = Walk(
                    snapshot, origin, head, spine, findings,
                    topics=TOPICS, keys=keys, names=names, helpers=crew, start=start,
                )  # fmt: skip
                history_end, erased = walk.run(tell), walk.erased
                if start is not None:
                    history_end = _history_end(snapshot)
                if keys is not None:
                    if crew is None or not crew.is_clean(REQUEST_ROWS):
                        with findings.going_on("request_keys"):
                            check_requests(snapshot, keys, findings)
                    with findings.going_on("tokens"):
                        check_tokens(snapshot, keys, origin or "", findings)
                    with findings.going_on("key store"):
                        if broken := keys.broken():
                            what = f"{broken} keys do not open under the names they stand under"
                            findings.place("key store", what, "key-damaged")
            if crew is not None:
                crew.note_lost(findings)
        note_history(history_end, findings)
        left_out = (*_NEVER, *(_NOT_QUICK if quick else ()), *(() if start is None else (BELOW,)))
        with findings.going_on("checkpoints"):
            keyring = keyring_of(snapshot, origin, findings)
            left_out += check_signing_key(locations(store.url).signing_key, snapshot, keyring, spine.size, findings)
            checkpoints = Checkpoints(store, snapshot, watched, origin, keyring, findings)
            checkpoints.run(spine, quick=quick)
            note_adopted(snapshot, findings)
            left_out += tuple(checkpoints.left_out)
        if not quick:
            with findings.going_on("signatures"):
                check_signatures(snapshot, keyring, findings, first=0 if start is None else start.size)
        if not quick and not snapshot.sqlite:
            left_out += (_OWN_INDEXES,)
    return replace(_report(findings, spine, history_end, not_checked=left_out), erased=erased)


def _history_end(snapshot: Snapshot) -> int | None:
    try:
        rows = snapshot.rows(_OF_TOPIC, (HistoryLoaded.TOPIC,))
    except Damaged:
        return None
    return rows[0][0] if rows else None


def _report(
    findings: Findings, spine: Spine | None, history_end: int | None, *, not_checked: tuple[str, ...]
) -> Report:
    size, root, chain = (0, "", "") if spine is None else (spine.size, spine.root.hex(), spine.chain.hex())
    return Report(findings.ok, size, root, chain, findings.listed(), not_checked, history_end)
