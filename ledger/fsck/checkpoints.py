"""What was signed about a log, against the log: its checkpoints, those of the sentinel, and anchors in another log.

Each of them says that the first n entries have this root. A full verification measures all of them in one pass over the
leaves, a quick one the newest of each kind, by a consistency proof. What the sentinel knows the store must hold too,
and nothing else: a checkpoint that the sentinel never saw was signed behind its back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import Any, Final

from ledger.domain.governance import AccessAnchored, SentinelAdopted
from ledger.errors import LedgerError, VerificationError
from ledger.fsck.columns import header_if_any
from ledger.fsck.report import Findings, Grade
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.fsck.spine import Spine
from ledger.keyring import KEY_TOPICS, Keyring
from ledger.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.log.entry import parse_entry
from ledger.log.merkle import Frontier, consistency_proof, verify_consistency
from ledger.log.note import SignedNote, parse_note
from ledger.storage.key_files import load_signing_keys
from ledger.storage.nodes import StoredNodes
from ledger.storage.sentinel import Sentinel, open_sentinel
from ledger.storage.store import Store

NO_SENTINEL: Final = "the sentinel: none is in its place"
NO_CHECKPOINT: Final = "no checkpoint"
NO_SIGNING_KEY: Final = "the signing key: it is not on this machine"
UNCOVERED: Final = "entries that no checkpoint covers yet"
ONLY_NEWEST: Final = "checkpoints before the newest"

CHECKPOINT: Final = "checkpoint"
SENTINEL: Final = "sentinel"
ANCHOR: Final = "anchor"

_DIGEST: Final = re.compile("[0-9a-f]{64}")
_PAGE: Final = 5_000
_LEAVES: Final = "SELECT leaf FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx"
_STORED: Final = "SELECT size, note FROM checkpoints WHERE size > ? ORDER BY size LIMIT ?"
_NEWEST: Final = "SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1"
_OF_TOPICS: Final = "SELECT idx, state FROM entries WHERE topic IN (?*) ORDER BY idx"


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """Somebody's word that the first `size` entries have this root; `index` is that of the entry that says so."""

    size: int
    kind: str
    root: bytes
    index: int | None = None


def keyring_of(snapshot: Snapshot, origin: str | None, findings: Findings) -> Keyring:
    """The keys that the entries speak of; a key event that makes no sense is a finding."""
    keyring = Keyring(origin or "")
    for index, state in snapshot.among(_OF_TOPICS, sorted(KEY_TOPICS)):
        try:
            entry = parse_entry(state)
            keyring.take(index, str(entry.header.get("type")), _data(entry.header), entry.recorded_at)
        except VerificationError as error:
            if error.code == "key-event":
                findings.entry(index, error.detail, "key-event")
        except (LedgerError, TypeError, AttributeError):
            continue  # bytes that are no entry are found where entries are read
    return keyring


def _data(header: Mapping[str, Any]) -> Mapping[str, Any]:
    data = header.get("data")
    return data if isinstance(data, dict) else {}


def check_signing_key(
    path: Path, snapshot: Snapshot, keyring: Keyring, size: int, findings: Findings
) -> tuple[str, ...]:
    """A key on this machine is one that the log names and signed its newest checkpoint: the pin that a log rewritten
    with keys of somebody else's, beside ours or instead of them, has not."""
    try:
        at_hand = {key.public_key().public_bytes_raw() for key in load_signing_keys(path)}
    except LedgerError:
        return (NO_SIGNING_KEY,)
    if not any(key.vkey.public_key in at_hand for key in keyring.log_keys(size)):
        what = "the log's own entries do not name the signing key of this machine"
        findings.place("signing key", what, "signing-key")
        return ()
    for _, note in snapshot.rows(_NEWEST):
        try:
            ours = [key.vkey for key in keyring.all() if key.vkey.public_key in at_hand]
            open_checkpoint(note if isinstance(note, str) else "", ours, origin=keyring.origin)
        except VerificationError:
            what = "none of the keys of this machine signed the newest checkpoint"
            findings.place("signing key", what, "signing-key")
    return ()


@dataclass(frozen=True, slots=True)
class Watched:
    """The sentinel as it was before the log was looked at; what others sign meanwhile comes behind `mark`."""

    sentinel: Sentinel | None
    mark: int = 0
    broken: bool = False


def watch(place: Path | None) -> Watched:
    """Note how far the sentinel has come; to be called before the log's snapshot is taken."""
    try:
        sentinel = open_sentinel(place)
        return Watched(sentinel, sentinel.mark())
    except LedgerError as error:
        return Watched(None, broken=error.code != "no-sentinel")


class Checkpoints:
    """The checkpoints of one log; `left_out` is what could not be checked."""

    def __init__(
        self,
        store: Store,
        snapshot: Snapshot,
        watched: Watched,
        origin: str | None,
        keyring: Keyring,
        findings: Findings,
    ) -> None:
        self.left_out: list[str] = []
        self._store, self._snapshot, self._findings = store, snapshot, findings
        self._watched, self._origin, self._keyring = watched, origin or "", keyring
        if watched.broken:
            findings.add(Grade.GAP, None, "sentinel: it cannot be read", "sentinel-unavailable")
        if watched.sentinel is None:
            self.left_out.append(NO_SENTINEL)

    def run(self, spine: Spine, *, quick: bool, anchors: Iterable[Claim] = ()) -> None:
        """Everything, or what is quick, against the log as it was just walked."""
        if quick:
            self.check_newest(spine.size, spine.root, anchors)
        else:
            self.check(spine.size, anchors)

    def check(self, size: int, anchors: Iterable[Claim] = ()) -> None:
        """All that was signed, in one pass over the leaves; `size` is that of the log as it was read."""
        later: list[int] = []
        if self._watched.sentinel is not None and not self._watched.sentinel.whole():
            self._findings.place(
                "sentinel", "its file is damaged, or what keeps it append-only was removed", "sentinel"
            )
        claims = merge(self._joined(self._of_store(), self._of_sentinel(), later), anchors)
        newest = self._measure(claims, size)
        if not self._is_foreign():
            self._compare_later(later)
        self._covered(newest, size)

    def check_newest(self, size: int, root: bytes, anchors: Iterable[Claim] = ()) -> None:
        """The newest of the store, of the sentinel and of the anchors, by a proof from there to the root that was just
        computed."""
        newest = 0
        self._is_foreign()
        sentinel = self._watched.sentinel
        note = None if sentinel is None else sentinel.newest(self._origin, upto=self._watched.mark)
        seen = None if note is None else self._claim(note, SENTINEL, None)
        stored = self._newest_of_store()
        if seen is not None and stored and stored[0].size > seen.size:
            self._compare_later([stored[0].size])
        for claim in (*stored, *(() if seen is None else (seen,)), *sorted(anchors)[-1:]):
            newest = max(newest, claim.size)
            if claim.size > size:
                self._beyond(claim, size)
                continue
            try:
                proof = consistency_proof(StoredNodes(self._store, size), claim.size, size) if claim.size else []
                verify_consistency(claim.size, size, proof, claim.root, root)
            except VerificationError:
                self._differs(claim)
        self.left_out.append(ONLY_NEWEST)
        self._covered(newest, size)

    def _is_foreign(self) -> bool:
        """Whether the sentinel in its place has nothing of this log, which is then a finding."""
        sentinel = self._watched.sentinel
        if sentinel is None or sentinel.newest(self._origin, upto=self._watched.mark) is not None:
            return False
        what = "it knows nothing of this log: it is another's, or was begun anew behind everybody's back"
        self._findings.place("sentinel", what, "sentinel-foreign")
        return True

    # Who says what.

    def _of_sentinel(self) -> Iterator[Claim]:
        if self._watched.sentinel is not None:
            for note in self._watched.sentinel.all(self._origin, upto=self._watched.mark):
                claim = self._claim(note, SENTINEL, None)
                if claim is not None:
                    yield claim

    def _of_store(self) -> Iterator[Claim]:
        try:
            for page in self._snapshot.pages(_STORED, (-1,)):
                for size, note in page:
                    claim = self._claim(note, CHECKPOINT, size)
                    if claim is not None:
                        yield claim
        except Damaged as error:
            self._findings.place("checkpoints", error.detail, "store-damaged")

    def _newest_of_store(self) -> list[Claim]:
        claims = (self._claim(note, CHECKPOINT, size) for size, note in self._snapshot.rows(_NEWEST))
        return [claim for claim in claims if claim is not None]

    def _claim(self, note: object, kind: str, size: object) -> Claim | None:
        """What a note claims, if a key of the log signed it; otherwise a finding."""
        try:
            signed = parse_note(note if isinstance(note, str) else "")
            said = parse_checkpoint(signed.text)
            if size is not None and said.size != size:
                raise VerificationError("it stands under another size")
            self._verify(signed, said, kind)
        except VerificationError as error:
            place = "sentinel" if kind == SENTINEL else "checkpoints"
            shown = f" of size {size}" if type(size) is int else ""
            self._findings.place(place, f"a checkpoint{shown} does not hold: {error.detail}", kind)
            return None
        return Claim(said.size, kind, said.root)

    def _verify(self, signed: SignedNote, said: Checkpoint, kind: str) -> None:
        keys = [key for key in self._keyring.all() if kind == SENTINEL or key.signed_size(said.size)]
        open_checkpoint(signed, [key.vkey for key in keys], origin=self._origin)

    # Against each other and the log.

    def _joined(self, stored: Iterator[Claim], seen: Iterator[Claim], later: list[int]) -> Iterator[Claim]:
        """Both in order of size. The sentinel's newest may not have reached the store; the store's newest, of sizes
        given back in `later`, may have been signed behind the mark."""
        one, other = next(stored, None), next(seen, None)
        first = None if other is None else other.size
        while one is not None or other is not None:
            if other is not None and (one is None or other.size < one.size):
                yield other
                before, other = other, next(seen, None)
                if other is not None or one is not None:
                    self._missing(before.size)
            elif one is not None and (other is None or one.size < other.size):
                yield one
                if other is not None and one.size > (first or 0):
                    self._unknown(one.size)
                elif other is None and self._watched.sentinel is not None:
                    later.append(one.size)
                one = next(stored, None)
            else:
                assert one is not None
                assert other is not None
                yield from (one, other)
                one, other = next(stored, None), next(seen, None)

    def _compare_later(self, later: list[int]) -> None:
        """What was signed behind the mark is in the sentinel by now."""
        sentinel, mark = self._watched.sentinel, self._watched.mark
        if not later or sentinel is None:
            return
        known = {parse_checkpoint(parse_note(note).text).size for note in sentinel.all(self._origin, after=mark)}
        for size in later:
            if size not in known:
                self._unknown(size)

    def _unknown(self, size: int) -> None:
        what = f"a checkpoint of size {size} that the sentinel never saw"
        self._findings.place("checkpoints", what, "checkpoint-unknown")

    def _missing(self, size: int) -> None:
        what = f"the checkpoint of size {size}, which the sentinel saw, is missing"
        self._findings.place("checkpoints", what, "checkpoint-missing")

    def _measure(self, claims: Iterator[Claim], size: int) -> int:
        """Compare every claim, in order of size, with the root over that many leaves; the largest size claimed."""
        frontier, newest = Frontier(), 0
        for claim in claims:
            newest = max(newest, claim.size)
            if claim.size > size:
                self._beyond(claim, size)
                continue
            while frontier.size < claim.size:
                stop = min(frontier.size + _PAGE, claim.size)
                rows = self._snapshot.rows(_LEAVES, (frontier.size, stop))
                if len(rows) < stop - frontier.size or not all(type(row[0]) is bytes for row in rows):
                    return self._nothing_known(claim, claims, newest, size)
                frontier.extend([row[0] for row in rows])
            if frontier.root() != claim.root:
                self._differs(claim)
        return newest

    def _nothing_known(self, claim: Claim, behind: Iterator[Claim], newest: int, size: int) -> int:
        """Leaves are missing, so no root from here on can be computed: said once of each kind of claim."""
        said = set[str]()
        for one in chain((claim,), behind):
            newest = max(newest, one.size)
            if one.kind not in said:
                said.add(one.kind)
                (self._beyond(one, size) if one.size > size else self._differs(one))
        return newest

    def _differs(self, claim: Claim) -> None:
        if claim.kind == SENTINEL:
            what = f"the entries do not give the root of the checkpoint of size {claim.size} that it saw"
            self._findings.place("sentinel", what, "sentinel-differs", index=claim.index)
        elif claim.kind == ANCHOR:
            what = f"the entries do not give the root that the ledger's entry {claim.index} holds for size {claim.size}"
            self._findings.place("anchor", what, "anchor")
        else:
            what = f"the entries do not give the root of the checkpoint of size {claim.size}"
            self._findings.place("checkpoints", what, "checkpoint")

    def _beyond(self, claim: Claim, size: int) -> None:
        if claim.kind == SENTINEL:
            what = f"it knows {claim.size} entries; the log has {size}"
            self._findings.place("sentinel", what, "sentinel-ahead")
        elif claim.kind == ANCHOR:
            what = f"the ledger's entry {claim.index} holds one of {claim.size} entries; the log has {size}"
            self._findings.place("anchor", what, "anchor")
        else:
            what = f"one was signed for {claim.size} entries; the log has {size}"
            self._findings.place("checkpoints", what, "checkpoint")

    def _covered(self, newest: int, size: int) -> None:
        if newest == 0:
            self.left_out.append(NO_CHECKPOINT)
        elif newest < size:
            self.left_out.append(UNCOVERED)


def note_adopted(ledger: Snapshot, findings: Findings) -> None:
    """A sentinel that was adopted knows nothing from before: two people answered for that, and it is said."""
    for index, state in ledger.among(_OF_TOPICS, [SentinelAdopted.TOPIC]):
        size = _data(header_if_any(state)).get("size")
        what = f"entry {index}: the sentinel was begun anew at {size} entries, on the word of two approvers"
        findings.add(Grade.NOTICE, index, what, "sentinel-adopted")


def anchors_of(ledger: Snapshot) -> list[Claim]:
    """What the ledger's own entries say of its access log, a claim a day."""
    claims = []
    for index, state in ledger.among(_OF_TOPICS, [AccessAnchored.TOPIC]):
        data = _data(header_if_any(state))
        size, root = data.get("size"), data.get("root")
        if type(size) is int and isinstance(root, str) and _DIGEST.fullmatch(root):
            claims.append(Claim(size, ANCHOR, bytes.fromhex(root), index))
    return sorted(claims)
