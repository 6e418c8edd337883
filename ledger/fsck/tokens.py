"""Tokens: each row opens with its actor's key, for its own id and digest. Whom it stands for is told to nobody."""

from __future__ import annotations

from typing import Final

from ledger.errors import LedgerError, Unavailable
from ledger.fsck.report import Findings
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.ids import is_uuid
from ledger.storage.keys import KeyStore
from ledger.tokens import opened

_ROWS: Final = "SELECT digest, id, subject, sealed, revoked_at FROM tokens WHERE digest > ? ORDER BY digest LIMIT ?"


def check_tokens(snapshot: Snapshot, keys: KeyStore, origin: str, findings: Findings) -> None:
    """A finding for each token that was written into, or whose key is gone."""
    try:
        for page in snapshot.pages(_ROWS, (b"",)):
            for row in page:
                try:
                    opened(keys, origin, row)
                except Unavailable:
                    raise  # the key store went away: that accuses nobody
                except (LedgerError, TypeError, ValueError):
                    name = f"token {row[1]}" if isinstance(row[1], str) and is_uuid(row[1]) else "a token"
                    findings.place(name, "it is not as it was issued: nobody is let in by it", "token-changed")
    except Damaged as error:
        findings.place("tokens", error.detail, "store-damaged")
