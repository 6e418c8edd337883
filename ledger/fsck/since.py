"""Verification from a trusted checkpoint on: what stood before it is measured by its root, what came after in full.

The leaves stored below the checkpoint are hashed into its root and their tiles compared; contents, columns and whatever
else lies beside those entries is not looked at, and the report says so. The trust is in who kept the note: it must have
come from outside this machine. Where the note does not hold, that is a finding and everything is verified in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.errors import VerificationError
from ledger.fsck.checkpoints import keyring_of
from ledger.fsck.report import Findings
from ledger.fsck.snapshot import Snapshot
from ledger.fsck.spine import StoredHead, Taken, link_before
from ledger.fsck.tables import Tiles
from ledger.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.log.merkle import Frontier
from ledger.log.note import parse_note

BELOW: Final = "entries below the given checkpoint: only their leaves and tiles, against its root"
PLACE: Final = "given checkpoint"
CODE: Final = "checkpoint-given"
_PAGE: Final = 4_096
_LEAVES: Final = "SELECT leaf FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx"
_STORED: Final = "SELECT note FROM checkpoints WHERE size = ?"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a walk begins: behind entries whose leaves have the checkpoint's root, tiles compared up to there."""

    size: int
    chain: bytes
    frontier: Frontier
    tiles: Tiles


def start_behind(
    snapshot: Snapshot, since: str | int | None, head: StoredHead | None, origin: str | None, findings: Findings
) -> Start | None:
    """The start behind a signed note, or behind the store's own checkpoint of a size; None: begin with entry 0."""
    if since is None:
        return None
    of_tiles = Findings()
    try:
        said = _opened(snapshot, since, origin)
        start = _start(snapshot, said, 0 if head is None else head.size, Tiles(snapshot, of_tiles))
    except VerificationError as error:
        findings.place(PLACE, error.detail, CODE)
        return None
    start.tiles.tell(findings)
    findings.insert(findings.count, of_tiles)
    return start


def _opened(snapshot: Snapshot, since: str | int, origin: str | None) -> Checkpoint:
    if isinstance(since, int):
        rows = snapshot.rows(_STORED, (since,))
        if len(rows) != 1 or not isinstance(rows[0][0], str):
            raise VerificationError(f"the store has no checkpoint of size {since}")
        since = rows[0][0]
    signed = parse_note(since)
    keys = keyring_of(snapshot, origin, Findings()).log_keys(parse_checkpoint(signed.text).size)
    return open_checkpoint(signed, [key.vkey for key in keys], origin=origin)


def _start(snapshot: Snapshot, said: Checkpoint, size: int, tiles: Tiles) -> Start:
    if said.size > size:
        raise VerificationError(f"it was signed for {said.size} entries; the log has {size}")
    frontier = Frontier()
    while frontier.size < said.size:
        stop = min(frontier.size + _PAGE, said.size)
        leaves = [row[0] for row in snapshot.rows(_LEAVES, (frontier.size, stop))]
        if len(leaves) < stop - frontier.size or set(map(type, leaves)) != {bytes}:
            raise VerificationError(f"leaves between {frontier.size} and {stop} are missing")
        tiles.take(Taken(set(), leaves, frontier.extend(leaves)))
    if frontier.root() != said.root:
        raise VerificationError(f"the entries do not give the root of the checkpoint of size {said.size}")
    chain = link_before(snapshot, said.size)
    if chain is None:
        raise VerificationError(f"the entry before size {said.size} has no link")
    return Start(said.size, chain, frontier, tiles)
