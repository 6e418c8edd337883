"""The publisher: signs a log's head, after its batch is durable, its consistency is verified and the sentinel agreed.

`publish` gives the newest checkpoint: a new one where the log has grown, else the old one. It never signs a head that
the sentinel's newest checkpoint does not lead to, so a log that was cut or rewritten gets no signature, whoever asks
(DESIGN §3). `check` says the same of a log before it is opened, and signs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.catalogue import TOPICS
from ledger.errors import VerificationError
from ledger.keyring import KEY_TOPICS, Keyring
from ledger.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.log.merkle import consistency_proof, verify_consistency
from ledger.log.note import NoteSignature, SignedNote, VerifierKey, parse_note
from ledger.mapper import logged
from ledger.storage.checkpoints import Checkpoints
from ledger.storage.nodes import StoredNodes
from ledger.storage.sentinel import Sentinel, SentinelMoved, open_sentinel
from ledger.storage.store import Store

_ATTEMPTS: Final = 8
Signing = Callable[[], Sequence[Ed25519PrivateKey]]


class SentinelAhead(VerificationError):
    """The sentinel knows more entries than the log has: it was cut, or an older state was put in its place."""

    code = "sentinel-ahead"


class SentinelDiffers(VerificationError):
    """The log does not follow from the checkpoint that was signed last: its entries were changed."""

    code = "sentinel-differs"


class SentinelForeign(VerificationError):
    """The sentinel in its place knows nothing of this log: it is another one's, or was begun anew."""

    code = "sentinel-foreign"


@dataclass(frozen=True, slots=True)
class Published:
    """A signed checkpoint, as a note and as what it says."""

    note: str
    checkpoint: Checkpoint


def read_keyring(store: Store, origin: str, topics: Mapping[str, str] = TOPICS) -> Keyring:
    """The keys that a log's own entries speak of, up to now."""
    keyring = Keyring(origin)
    rows = [row for topic in sorted(KEY_TOPICS) for row in store.by_topic(topic)]
    for row in sorted(rows, key=lambda row: row.index):
        entry = logged(row, topics)
        keyring.take(entry.index, entry.topic, entry.data, row.recorded_at)
    return keyring


class Publisher:
    """Signs the checkpoints of one log. Several processes may: the sentinel lets one succeed.

    `signing` gives the private keys at hand; those sign that the log's own entries say are valid at the size.
    """

    def __init__(
        self, store: Store, origin: str, place: Path | None, signing: Signing, topics: Mapping[str, str] = TOPICS
    ) -> None:
        self.checkpoints = Checkpoints(store.recorder)
        self._place = place
        self._store, self._origin, self._signing, self._topics = store, origin, signing, topics

    @cached_property
    def sentinel(self) -> Sentinel:
        """The sentinel; `Refused` with code `no-sentinel` where it is not in its place."""
        return open_sentinel(self._place)

    def newest(self) -> Published | None:
        """The newest checkpoint the sentinel knows of this log; `SentinelDiffers` unless a key of the log signed it,
        `SentinelForeign` where it has not seen the newest one of the store itself."""
        stored = self.checkpoints.newest()  # read first: a checkpoint is in the sentinel before it is in the store
        note = self.sentinel.newest(self._origin)
        if stored is not None and note is not None and _size(stored) > _size(note):
            raise SentinelForeign("the store holds a checkpoint that the sentinel in its place never saw")
        return None if note is None else self._remembered(note)

    def check(self) -> None:
        """`SentinelAhead` or `SentinelDiffers` where the log does not follow from the newest checkpoint,
        `SentinelForeign` where the sentinel has none of it; `VerificationError` with code `wrong-signing-key` where no
        key at hand may sign the next."""
        newest = self.newest()  # read before the head: others may be signing
        if newest is None:
            raise _foreign()
        head = self._store.head()
        self._follows(newest, head.size, head.root)
        at_hand = [vkey for vkey, _ in self._signers(head.size)]
        try:
            open_checkpoint(newest.note, at_hand, origin=self._origin)
        except VerificationError:
            raise VerificationError(
                "the newest checkpoint is signed by none of the keys of this machine", code="wrong-signing-key"
            ) from None

    def publish(self, *, begin: bool = False) -> Published:
        """The checkpoint of the log as it is now; refused like `check`.

        `begin` allows a sentinel that has none of this log: for who has just made it.
        """
        for _ in range(_ATTEMPTS):
            old = self.newest()
            if old is None and not begin:
                raise _foreign()
            head = self._store.head()
            self._follows(old, head.size, head.root)
            if old is not None:
                # What a lost connection or a crash kept from the store is put there before another takes its place: one
                # that is missing behind the newest reads as taken away.
                self.checkpoints.keep(old.note)
                if old.checkpoint.size == head.size:
                    return old
            # What was read is durable on every replica before it is signed (ASSURANCE A4).
            self._store.recorder.settle()
            checkpoint = Checkpoint(self._origin, head.size, head.root)
            new = self._signed(checkpoint)
            try:
                self.sentinel.advance(self._origin, None if old is None else old.note, new)
            except SentinelMoved:
                continue
            self.checkpoints.keep(new)
            return Published(new, checkpoint)
        raise SentinelMoved("other processes keep signing; try again")

    def take_over(self) -> None:
        """Begin an empty sentinel with the newest checkpoint of the store itself, if the log follows from it."""
        note = self.checkpoints.newest()
        if note is None:
            return
        head = self._store.head()
        self._follows(self._opened(note), head.size, head.root)
        self.sentinel.advance(self._origin, None, note)

    def require_follows(self, note: str) -> None:
        """Refused like `check` unless the log follows from a checkpoint of its own that somebody holds.

        One of a larger size may be signed by a key of which this state of the log has not heard yet.
        """
        head, said = self._store.head(), parse_checkpoint(parse_note(note).text)
        if said.origin == self._origin and said.size > head.size:
            raise SentinelAhead(f"a checkpoint of {said.size} entries was signed; the log has {head.size}")
        self._follows(self._opened(note), head.size, head.root)

    def covering(self, size: int) -> Published | None:
        """The first checkpoint that speaks for the first `size` entries, with all signatures it has; None yet.

        Where its key was revoked since, the newest checkpoint.
        """
        note = self.checkpoints.covering(size)
        if note is None:
            return None
        try:
            keys = [key.vkey for key in self.keyring().log_keys(parse_checkpoint(parse_note(note).text).size)]
            return Published(note, open_checkpoint(note, keys, origin=self._origin))
        except VerificationError:
            return self._opened(self.checkpoints.newest() or note)

    def newest_kept(self) -> Published | None:
        """The newest checkpoint of the store itself, with its cosignatures; `VerificationError` if not signed."""
        note = self.checkpoints.newest()
        return None if note is None else self._opened(note)

    def key_events(self) -> tuple[int | None, ...]:
        """Which key events there are, told by the newest of each kind: with them changes what holds."""
        return tuple(self._store.newest_of_topic(topic) for topic in sorted(KEY_TOPICS))

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The consistency proof between two sizes of this log (RFC 6962 §2.1.2)."""
        return consistency_proof(StoredNodes(self._store, new), old, new)

    def keyring(self) -> Keyring:
        """The keys that the log's entries speak of, now."""
        return read_keyring(self._store, self._origin, self._topics)

    def _opened(self, note: str) -> Published:
        keys = [key.vkey for key in self.keyring().all()]
        return Published(note, open_checkpoint(note, keys, origin=self._origin))

    def _remembered(self, note: str) -> Published:
        try:
            return self._opened(note)
        except VerificationError:
            raise SentinelDiffers("the newest checkpoint of the sentinel is signed by no key of this log") from None

    def _signed(self, checkpoint: Checkpoint) -> str:
        text = checkpoint.format()
        lines = (
            NoteSignature(vkey.name, vkey.id, key.sign(text.encode())) for vkey, key in self._signers(checkpoint.size)
        )
        return SignedNote(text, tuple(lines)).format()

    def _signers(self, size: int) -> list[tuple[VerifierKey, Ed25519PrivateKey]]:
        at_hand = {key.public_key().public_bytes_raw(): key for key in self._signing()}
        keys = [key.vkey for key in self.keyring().log_keys(size)]
        signers = [(vkey, at_hand[vkey.public_key]) for vkey in keys if vkey.public_key in at_hand]
        if not signers:
            raise VerificationError(
                "the signing key is none that this ledger's entries name as its own", code="wrong-signing-key"
            )
        return signers

    def _follows(self, old: Published | None, size: int, root: bytes) -> None:
        if old is None:
            return
        said = old.checkpoint
        if said.size > size:
            raise SentinelAhead(f"a checkpoint of {said.size} entries was signed; the log has {size}")
        try:
            proof = self.consistency(said.size, size) if said.size else []
            verify_consistency(said.size, size, proof, said.root, root)
        except VerificationError:
            raise SentinelDiffers(f"the log does not follow from its checkpoint of {said.size} entries") from None


def _foreign() -> SentinelForeign:
    return SentinelForeign("the sentinel in its place knows nothing of this log")


def _size(note: str) -> int:
    return parse_checkpoint(parse_note(note).text).size
