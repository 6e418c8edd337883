"""The access log is anchored in the ledger once a day, and a look taken away afterwards is found by it."""

from __future__ import annotations

from datetime import timedelta

from ledger import fsck
from ledger.access import Viewer
from ledger.anchoring import anchor_access
from ledger.application import Ledger
from tests.support.golden import Copy
from tests.support.ledgers import uid_of
from tests.support.storage import SteppingClock


def look(ledger: Ledger) -> None:
    ledger.access.look(Viewer("hr-1", "HR", "U1"), [uid_of(ledger, "P1")], scope=["INTEGRITY_FILE"], purpose="RECRUIT")


def test_it_is_anchored_once_a_day_and_only_when_somebody_looked(small: Ledger, clock: SteppingClock) -> None:
    assert anchor_access(small) is None
    look(small)
    first = anchor_access(small)
    assert first is not None
    (entry,) = small.by_type("AccessAnchored", small.size)
    assert (entry.data["size"], entry.data["root"]) == (2, small.access.store.head().root.hex())
    look(small)
    assert anchor_access(small) is None  # the same day
    clock.now += timedelta(days=1)
    assert anchor_access(small) is not None
    clock.now += timedelta(days=1)
    assert anchor_access(small) is None  # nobody looked since
    assert fsck.verify(small).findings == ()


def test_a_look_that_was_taken_away_contradicts_the_anchor(small: Ledger, reopened: Copy) -> None:
    for _ in range(3):
        look(small)
    anchor_access(small)
    reopened.access.rows("DELETE FROM entries WHERE idx = ?", small.access.size - 1)
    reopened.access.rows("DELETE FROM checkpoints WHERE size > ?", 1)
    reopened.access.rehash(head=True)
    codes = {finding.code for finding in reopened.verify().findings}
    assert {"anchor", "sentinel-ahead"} <= codes
