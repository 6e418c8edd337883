"""What this host can do at all: a flush to disk, a raw insert, a hash, a signature. Ratios stand on these."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path

from tests.bench.context import Context
from tests.bench.databases import STATE
from tests.bench.figures import Figure, rates
from tests.bench.turns import Act, Lane, in_turns

LINK = b"integrity-ledger/chain/v1\x00"
MANY = 1000


def two_hashes() -> int:
    """The work that `verify` cannot do without, on entries of 500 bytes and without reading any."""
    chain = bytes(32)
    for _ in range(MANY):
        chain = sha256(LINK + chain + sha256(b"\x00" + STATE).digest()).digest()
    return MANY


@contextmanager
def flush(folder: Path) -> Iterator[Act]:
    """Write 4 KiB and wait until it is on the disk."""
    descriptor = os.open(folder / "flushed", os.O_CREAT | os.O_RDWR)
    os.write(descriptor, bytes(65_536))

    def act() -> int:
        os.pwrite(descriptor, bytes(4096), 0)
        os.fdatasync(descriptor)
        return 1

    yield act
    os.close(descriptor)


def verify_signature() -> Act:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    signature, public = key.sign(STATE), key.public_key()

    def act() -> int:
        public.verify(signature, STATE)
        return 1

    return act


def open_section() -> Act:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, nonce = AESGCM(bytes(32)), bytes(12)
    sealed = cipher.encrypt(nonce, STATE, b"place")

    def act() -> int:
        cipher.decrypt(nonce, sealed, b"place")
        return 1

    return act


def bench(context: Context) -> Iterator[Figure]:
    """The disk first; on the slower disk only the disk, to show that it is slower."""
    rounds: list[dict[str, float]] = []
    names = {"flush": "flush of 4 KiB (fdatasync)"}
    for number in range(context.rounds):
        context.tell(f"limits: round {number + 1} of {context.rounds}")
        with ExitStack() as stack:
            lanes = {"flush": Lane(stack.enter_context(flush(context.folder)))}
            if not context.disk:
                lanes["hashes"] = Lane(two_hashes)
                lanes["signature"], lanes["section"] = Lane(verify_signature()), Lane(open_section())
                names["hashes"] = "two SHA-256 per 500-byte entry, in a loop"
                names["signature"] = "Ed25519 verification"
                names["section"] = "AES-256-GCM opening of 500 bytes"
                for side in context.sides():
                    for amount in (1, MANY):
                        name = f"{side.name} {amount}"
                        lanes[name] = Lane(stack.enter_context(side.raw(amount)))
                        names[name] = f"raw insert, {amount:,} per transaction, {side.name}"
            rounds.append(in_turns(lanes, context.seconds))
    for name, what in names.items():
        yield rates(rounds, name, f"limit: {what}", context.disk)
