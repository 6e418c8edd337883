"""The access log's anchor: once a day the ledger's own entries hold how far it has come, and its root (DESIGN §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.clock import day_of, parse_time
from ledger.domain.governance import AccessAnchored
from ledger.mapper import header_of

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.storage.events import Acknowledgement


def anchor_access(ledger: Ledger) -> Acknowledgement | None:
    """Anchor the access log if it has grown since the anchor before, and that one is not of today (+08:00)."""
    newest = ledger.store.newest_of_topic(AccessAnchored.TOPIC)
    size = 1  # its entry 0 is known by the ledger's mark of it
    if newest is not None:
        row = ledger.store.entry(newest)
        if day_of(parse_time(row.recorded_at)) >= day_of(ledger.clock()):
            return None
        size = int(header_of(row.state)["data"]["size"])
    if ledger.access.size <= size:
        return None
    checkpoint = ledger.access.publisher.publish().checkpoint
    return ledger.write_own(AccessAnchored, AccessAnchored.Data(size=checkpoint.size, root=checkpoint.root.hex()))
