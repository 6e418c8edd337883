"""What a fold reads: entries by subject, by stream and by type, and the editions, each cut at a size.

`size` is always how much of the log was known (`as_known`); `None` means all of it. The `Ledger` is a `Source`; so is
any small list of `Logged` with the same reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ledger.reading import Logged
from ledger.rulebook.windows import EditionTimeline


class Source(Protocol):
    """The reads that folds and figures stand on; every list is in log order."""

    def history(self, subject: str, size: int) -> Sequence[Logged]:
        """The entries that list this pseudonym in their `subjects`."""

    def stream(self, stream: str, size: int) -> Sequence[Logged]:
        """The entries of one stream."""

    def by_type(self, type: str, size: int) -> Sequence[Logged]:  # noqa: A002 - the ledger's own name for it
        """The entries of one type of the catalogue."""

    def editions(self, size: int) -> EditionTimeline:
        """The activations known at that size."""

    def survivor(self, uid: str, size: int) -> str:
        """The registration that stands for this one, as known at a size."""
