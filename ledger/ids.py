"""Identifiers the ledger gives out: UUIDv7 for entries (RFC 9562 §5.7), random UUIDs for pseudonyms."""

from __future__ import annotations

import os
import time
import uuid


def new_entry_id() -> str:
    """A UUIDv7: 48 bits of Unix milliseconds, the rest random."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def new_pseudonym() -> str:
    """A random UUID: it says nothing about whom it stands for."""
    return str(uuid.uuid4())


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in its canonical form."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
