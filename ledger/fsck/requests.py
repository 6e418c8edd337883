"""Request keys: each row is as its request left it, bound to the entry it points to.

A retry is answered from these rows, so one that was written into would acknowledge what another request wrote. A row
that was taken away leaves no trace: its retry would be judged as new.
"""

from __future__ import annotations

from typing import Final

from ledger.fsck.report import Findings
from ledger.fsck.snapshot import Snapshot
from ledger.storage.keys import KeyStore
from ledger.storage.row_seals import RequestSealing

PLACE: Final = "request_keys"
_ROWS: Final = (
    "SELECT principal, request, fingerprint, idx, entries, seal FROM request_keys "
    "WHERE (principal, request) > (?, ?) ORDER BY principal, request LIMIT ?"
)
_LEAVES: Final = "SELECT idx, leaf FROM entries WHERE idx IN (?*)"


def check_requests(snapshot: Snapshot, keys: KeyStore, findings: Findings) -> None:
    """A finding for each row that was written into."""
    sealing = RequestSealing(keys)
    for page in snapshot.pages(_ROWS, ("", "")):
        first = sorted({row[3] for row in page if type(row[3]) is int})
        leaves: dict[object, object] = dict(snapshot.among(_LEAVES, first))
        for principal, key, fingerprint, index, count, seal in page:
            named = type(principal) is type(key) is str
            if not (named and sealing.holds(principal, key, fingerprint, index, count, leaves.get(index), seal)):
                place = f"entry {index}" if type(index) is int else "no entry"
                what = f"the row of the key that points to {place} is not as its request left it"
                findings.place(PLACE, what, "request-key")
