"""The verification as a whole: the ledger's own log, its tokens, and its access log behind it.

Quick is leaf, chain and root; full is everything that stands in the store (DESIGN §8). Nothing is raised for what was
tampered with: a damaged row or file becomes a finding that says where. Memory does not grow with the log.
"""

from __future__ import annotations

import sqlite3
from contextlib import nullcontext
from dataclasses import replace
from typing import Final

from ledger.catalogue import TOPICS
from ledger.directory import Directory
from ledger.domain.governance import HistoryLoaded
from ledger.errors import LedgerError
from ledger.fsck.access import verify_access
from ledger.fsck.columns import note_history
from ledger.fsck.damage import is_damage
from ledger.fsck.names import Names
from ledger.fsck.report import Findings, Grade, Report
from ledger.fsck.requests import check_requests
from ledger.fsck.schema import check_version
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.fsck.spine import Spine, read_head
from ledger.fsck.tokens import check_tokens
from ledger.fsck.walk import QUICK, Progress, Walk, origin_of, pages, teller
from ledger.storage.key_files import load_master_key, locations
from ledger.storage.keys import KeyStore
from ledger.storage.store import Store, open_anyhow

ENTRIES: Final = "entries"

_OF_TOPIC = "SELECT idx FROM entries WHERE topic = ? ORDER BY idx LIMIT 1"

_NEVER: Final = (
    "no sentinel configured",
    "no checkpoint",
    "no witness configured",
    "no signatures: the operator alone attests the entries",
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
    "tokens",
    "views",
)
_NO_ANCHOR: Final = "no anchor of the access log: that none of its newest looks was taken away"
_OWN_INDEXES: Final = "the database's own indexes"
_ALL_ELSE: Final = "everything else"
LEFT_OUT: Final = frozenset({*_NEVER, *_NOT_QUICK, _NO_ANCHOR, _OWN_INDEXES, _ALL_ELSE})


def verify(ledger: Directory, *, quick: bool = False, progress: Progress | None = None) -> Report:
    """Verify an open ledger; whatever is wrong is in the report. `progress` is told what, how far, of how much."""
    return _verify_both(ledger.store, ledger.keys, None, quick, progress)


def verify_at(url: str, *, quick: bool = False, progress: Progress | None = None) -> Report:
    """Verify the ledger at a URL, also one whose entry 0 or file is too damaged to be opened for use.

    Raises like `Ledger.open` where there is no ledger; without its keys, sections and index are a gap.
    """
    try:
        with open_anyhow(url) as store:
            return _verify_opened(store, quick, progress)
    except (LedgerError, sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if not is_damage(error):
            raise
    findings = Findings()
    findings.place("database file", "it is damaged beyond reading", "store-damaged")
    return _report(findings, None, None, not_checked=(_ALL_ELSE,))


def _verify_opened(store: Store, quick: bool, progress: Progress | None) -> Report:
    keys, no_keys = None, None
    try:
        places = locations(store.url)
        keys = KeyStore.open(places.keys, load_master_key(places.master_key))
    except LedgerError as error:
        no_keys = error
    with keys or nullcontext():
        return _verify_both(store, keys, no_keys, quick, progress)


def _verify_both(
    store: Store, keys: KeyStore | None, no_keys: LedgerError | None, quick: bool, progress: Progress | None
) -> Report:
    """The ledger's log after the access log: whoever is named there was given a row here before."""
    access = verify_access(store, keys, quick=quick, tell=progress)
    report = verify_store(store, keys, quick=quick, progress=progress, no_keys=no_keys)
    return replace(
        report,
        ok=report.ok and access.ok,
        findings=(*report.findings, *access.findings),
        not_checked=(*report.not_checked, _NO_ANCHOR),
        access=access.log,
    )


def verify_store(
    store: Store,
    keys: KeyStore | None,
    *,
    quick: bool = False,
    progress: Progress | None = None,
    no_keys: LedgerError | None = None,
) -> Report:
    """The ledger's own log in an open store; `no_keys` says why there are no keys."""
    findings = Findings()
    with Snapshot(store) as snapshot:
        head, origin = read_head(snapshot, findings), origin_of(snapshot)
        spine = Spine(origin, head, findings)
        tell = teller(progress, ENTRIES, head)
        if quick:
            with findings.going_on("alembic_version"):
                check_version(snapshot, findings)
            with findings.going_on("entries"):
                for page in pages(snapshot, QUICK, head, spine, findings):
                    spine.take(page)
                    tell(spine.size)
                spine.finish()
            history_end = _history_end(snapshot)
        else:
            if keys is None:
                reason = "" if no_keys is None else f" ({no_keys.code})"
                what = f"key store: it cannot be opened{reason}, so sections and blind index were not checked"
                findings.add(Grade.GAP, None, what, "no-keys")
            names = None if keys is None else Names(snapshot, keys, findings)
            walk = Walk(snapshot, origin, head, spine, findings, topics=TOPICS, keys=keys, names=names)
            history_end = walk.run(tell)
            if keys is not None:
                with findings.going_on("request_keys"):
                    check_requests(snapshot, keys, findings)
                with findings.going_on("tokens"):
                    check_tokens(snapshot, keys, origin or "", findings)
        note_history(history_end, findings)
        left_out = (*_NEVER, *(_NOT_QUICK if quick else ()))
        if not quick and not snapshot.sqlite:
            left_out += (_OWN_INDEXES,)
    return _report(findings, spine, history_end, not_checked=left_out)


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
