"""What a part of a log comes to, as another process found it: all that the walk over the whole has to know of it.

A portion is of entries of which there is nothing to report. Where there is anything, nobody makes one, and whoever
walks over the whole looks at those entries again, in their order.
"""

from __future__ import annotations

from msgspec import Struct

from ledger.fsck.headers import Stated


class Portion(Struct, frozen=True):
    """Entries [first, stop): gapless, each hashed, linked to the one before, and what they say compared."""

    first: int
    stop: int
    before: bytes  # the stored link before the first, on which the links of these were computed
    chain: bytes  # the last link
    nodes: list[bytes]  # roots of complete tiles of leaves where `tiles`, otherwise the leaves
    tiles: bool
    recorded: tuple[str, str] = ("", "")  # the first and the last recorded time, which never decrease between
    subjects: int = 0  # rows that lead from subjects to these entries
    accounted: dict[str, int] = {}  # rows of the blind index that these entries account for, by field
    actors: set[str] = set()  # pseudonyms with a row of their own who acted
    naming: list[Stated] = []  # the entries that name documents
    erased: int = 0  # sections that are gone as ordered
