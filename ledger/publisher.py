"""The publisher: signs a log's head, after its batch is durable, its consistency is verified and the sentinel agreed.

`publish` gives the newest checkpoint: a new one where entries arrived or the old one has grown stale, else the old. It
never signs a head that the sentinel's newest checkpoint does not lead to, so a log that was cut or rewritten gets no
signature, whoever asks (DESIGN §3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import VerificationError
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.merkle import consistency_proof, verify_consistency
from ledger.log.note import VerifierKey, sign_note
from ledger.storage.nodes import StoredNodes
from ledger.storage.sentinel import Sentinel, SentinelMoved
from ledger.storage.store import Store

_ATTEMPTS = 8


class ForkRefused(VerificationError):
    """The log's head does not follow from the checkpoint that was signed last."""

    code = "fork-refused"


@dataclass(frozen=True, slots=True)
class Published:
    """A signed checkpoint, as a note and as what it says."""

    note: str
    checkpoint: Checkpoint


class Publisher:
    """Signs the checkpoints of one log. Several processes may: the sentinel lets one succeed."""

    def __init__(
        self,
        store: Store,
        origin: str,
        sentinel: Sentinel,
        signing_key: Ed25519PrivateKey,
        *,
        keep: Callable[[str], None],
    ) -> None:
        self._store, self._origin, self._sentinel, self._signing = store, origin, sentinel, signing_key
        self._key = VerifierKey(origin, signing_key.public_key().public_bytes_raw())
        self._keep = keep

    def newest(self) -> Published | None:
        """The newest checkpoint the sentinel knows of this log; `VerificationError` unless our key signed it."""
        note = self._sentinel.newest(self._origin)
        return None if note is None else Published(note, open_checkpoint(note, [self._key], origin=self._origin))

    def publish(self) -> Published:
        """The checkpoint of the log as it is now; `ForkRefused` where it does not follow from the newest one."""
        for _ in range(_ATTEMPTS):
            head = self._store.head()
            old = self.newest()
            if old is not None and (old.checkpoint.size, old.checkpoint.root) == (head.size, head.root):
                return old
            # What was read is durable on every replica before it is signed (ASSURANCE A4).
            self._store.recorder.settle()
            self._check(old, head.size, head.root)
            checkpoint = Checkpoint(self._origin, head.size, head.root)
            note = sign_note(checkpoint.format(), self._origin, self._signing).format()
            try:
                self._sentinel.advance(self._origin, None if old is None else old.note, note)
            except SentinelMoved:
                continue
            self._keep(note)
            return Published(note, checkpoint)
        raise SentinelMoved("other processes keep signing; try again")

    def _check(self, old: Published | None, size: int, root: bytes) -> None:
        if old is None:
            return
        if old.checkpoint.size > size:
            raise ForkRefused(f"a checkpoint of {old.checkpoint.size} entries was signed; the log has {size}")
        try:
            proof = consistency_proof(StoredNodes(self._store, size), old.checkpoint.size, size)
            verify_consistency(old.checkpoint.size, size, proof, old.checkpoint.root, root)
        except VerificationError:
            raise ForkRefused(f"the log does not follow from its checkpoint of {old.checkpoint.size} entries") from None
