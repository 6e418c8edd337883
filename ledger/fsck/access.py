"""The access log, verified in the same way; every finding's `what` begins with `access log: `.

That there must be one is known from the ledger's mark, and that there must be a mark from the key store, so neither a
dropped file nor a dropped mark goes unnoticed. Who looked must have a row of the ledger's blind index. The tables that
an access log never writes must be empty.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ledger.catalogue import ACCESS_TOPICS
from ledger.errors import LedgerError, NotFound, Refused
from ledger.fsck.checkpoints import Checkpoints, Claim, anchors_of, keyring_of, watch
from ledger.fsck.columns import header_if_any
from ledger.fsck.damage import is_damage
from ledger.fsck.names import actors_of, nobody_missing
from ledger.fsck.report import Finding, Findings, Grade, Log
from ledger.fsck.sections import Opened
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.fsck.spine import Spine, read_head
from ledger.fsck.walk import Progress, Walk, origin_of, teller, walk_quickly
from ledger.log.chain import HASH_BYTES, leaf_hash
from ledger.storage import tables
from ledger.storage.access_store import MARK, Mark, access_origin, access_url, was_made
from ledger.storage.key_files import locations
from ledger.storage.keys import KeyStore
from ledger.storage.store import Store, open_anyhow

PLACE: Final = "access log"
_WRITTEN: Final = {"entries", "head", "entry_subjects", "tiles", "checkpoints"}
NEVER_WRITTEN: Final = sorted({*tables.metadata.tables} - _WRITTEN)

_FIRST: Final = "SELECT state FROM entries WHERE idx = 0"
_ACTORS: Final = "SELECT uid FROM blind_index WHERE field IN ('actor', 'actor-unit') AND uid IN (?*)"


@dataclass(frozen=True, slots=True)
class AccessReport:
    """What was found of the access log; `log` is what it comes to, where it could be walked."""

    ok: bool
    findings: tuple[Finding, ...]
    log: Log | None = None
    left_out: tuple[str, ...] = ()


def verify_access(store: Store, keys: KeyStore | None, *, quick: bool, tell: Progress | None) -> AccessReport:
    """Verify the access log of the ledger in this store."""
    findings, mark, log = Findings(), None, None
    anchors, left_out = list[Claim](), list[str]()
    with findings.going_on("its mark"), Snapshot(store) as ledger:
        origin = origin_of(ledger)
        mark = _mark(ledger, keys, origin, findings)
        anchors = anchors_of(ledger)
    if mark is not None:
        with findings.going_on("its entries"):
            log = _verify_marked(store, mark, keys, origin, findings, quick, tell, anchors, left_out)
    return AccessReport(findings.ok, tuple(map(_of_access, findings.listed())), log, tuple(left_out))


def of_access(left_out: str) -> str:
    """What was not checked, as said of the access log."""
    return f"{PLACE}: {left_out}"


def _of_access(finding: Finding) -> Finding:
    """The finding with its place in front; an index counts the ledger's entries only."""
    return replace(finding, index=None, what=f"{PLACE}: {finding.what}")


def _mark(ledger: Snapshot, keys: KeyStore | None, origin: str | None, findings: Findings) -> Mark | None:
    try:
        rows = ledger.rows(MARK)
    except Damaged as error:
        findings.place("its mark", error.detail, "access-log-unmarked")
        return None
    if not rows:
        _unmarked(ledger, keys, findings)
        return None
    mark = Mark(*rows[0])
    whole = type(mark.leaf) is bytes and len(mark.leaf) == HASH_BYTES and type(mark.seal) is bytes
    if not whole or (keys is not None and origin is not None and not mark.holds(keys, origin)):
        findings.place("its mark", "it is not one that this ledger made", "access-log-unmarked")
    return mark


def _unmarked(ledger: Snapshot, keys: KeyStore | None, findings: Findings) -> None:
    """There is no mark: nobody made an access log yet, or somebody removed what says so."""
    if keys is None:
        what = "whether one was made cannot be told without the key store"
        findings.add(Grade.GAP, None, what, "access-log-unmade")
        return
    rows = _rows(ledger, _FIRST)
    stream = header_if_any(rows[0][0]).get("stream") if rows else None
    if isinstance(stream, str) and was_made(keys, stream.partition("/")[2]):
        findings.add(Grade.MANIPULATION, None, "one was made, and its mark is gone", "access-log-unmarked")
    else:
        findings.add(Grade.GAP, None, "none was made; run `integrity migrate`", "access-log-unmade")


def _verify_marked(
    ledger: Store,
    mark: Mark,
    keys: KeyStore | None,
    origin: str | None,
    findings: Findings,
    quick: bool,
    tell: Progress | None,
    anchors: list[Claim],
    left_out: list[str],
) -> Log | None:
    watched = watch(locations(ledger.url).sentinel)
    try:
        with open_anyhow(access_url(ledger.url)) as store, Snapshot(store) as snapshot:
            lookers = Lookers(findings)
            spine = _walk(snapshot, mark, keys, origin, findings, None if quick else lookers, tell)
            with findings.going_on("checkpoints"):
                own = None if origin is None else access_origin(origin)
                checkpoints = Checkpoints(store, snapshot, watched, own, keyring_of(snapshot, own, findings), findings)
                checkpoints.run(spine, quick=quick, anchors=anchors)
                left_out += checkpoints.left_out
            lookers.compare(ledger)
            return Log(spine.size, spine.root.hex(), spine.chain.hex())
    except Refused:
        findings.add(Grade.GAP, None, "its tables are of another release; run `integrity migrate`", "schema")
    except NotFound:
        findings.add(Grade.MANIPULATION, None, "one was made, and it is gone", "access-log-missing")
    except (LedgerError, sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if not is_damage(error):
            raise
        findings.place("database file", "it is damaged beyond reading", "store-damaged")
    return None


def _walk(
    snapshot: Snapshot,
    mark: Mark,
    keys: KeyStore | None,
    ledger_origin: str | None,
    findings: Findings,
    lookers: Lookers | None,
    tell: Progress | None,
) -> Spine:
    head, origin = read_head(snapshot, findings), origin_of(snapshot)
    spine = Spine(origin, head, findings)
    _first(snapshot, mark, origin, ledger_origin, findings)
    told = teller(tell, PLACE, head)
    if lookers is None:
        walk_quickly(snapshot, head, spine, findings, None, told)
        return spine
    Walk(snapshot, origin, head, spine, findings, topics=ACCESS_TOPICS, keys=keys, names=lookers).run(told)
    _empty(snapshot, findings)
    return spine


def _first(snapshot: Snapshot, mark: Mark, origin: str | None, ledger_origin: str | None, findings: Findings) -> None:
    """Entry 0 is the one that the ledger marked, under the ledger's own name."""
    rows = _rows(snapshot, _FIRST)
    state = rows[0][0] if rows else None
    if type(state) is not bytes or leaf_hash(state) != mark.leaf:
        findings.entry(
            0, "it is not the one that this ledger marked when it made its access log", "access-log-replaced"
        )
    if origin is not None and ledger_origin is not None and origin != access_origin(ledger_origin):
        findings.entry(0, "it was written for another ledger's access log", "wrong-origin")


def _rows(snapshot: Snapshot, statement: str) -> list[tuple[object, ...]]:
    try:
        return snapshot.rows(statement)
    except Damaged:
        return []


def _empty(snapshot: Snapshot, findings: Findings) -> None:
    for table in NEVER_WRITTEN:
        try:
            ((count,),) = snapshot.rows(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of our own
        except Damaged as error:
            findings.place(table, error.detail, "store-damaged")
        else:
            if count:
                findings.place(table, f"{count} rows, where an access log has none", "access-log-extra")


class Lookers:
    """Who looked: gathered from the entries, then compared with the ledger's blind index."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._first: dict[str, int] = {}

    def start(self) -> None:
        """Nothing to read before."""

    def take(self, entries: list[Opened], *, whole: bool) -> None:
        """Note who looked in a page of entries."""
        for one in entries:
            for uid in actors_of(one.stated):
                self._first.setdefault(uid, one.stated.index)

    def tell(self) -> tuple[dict[str, int], set[str]]:
        """Nothing: the access log is walked by one process."""
        return {}, set()

    def take_over(self, accounted: Mapping[str, int], actors: set[str]) -> None:
        """Nothing is looked at elsewhere."""

    def rows_known(self) -> None:
        """There are none here."""

    def finish(self) -> None:
        """The rows are in the ledger's own store: `compare` asks there."""

    def compare(self, ledger: Store) -> None:
        """Everybody has a row in the ledger's blind index, or is a person or the ledger itself."""
        with Snapshot(ledger) as snapshot:
            try:
                named = {uid for (uid,) in snapshot.among(_ACTORS, sorted(self._first))}
                others = {uid: index for uid, index in self._first.items() if uid not in named}
                nobody_missing(snapshot, others, self._findings)
            except Damaged as error:
                self._findings.place("who looked", error.detail, "index-row")
