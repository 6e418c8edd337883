"""What was recorded, and what was known when: the reads that folds, lists and doors stand on.

Every list is in log order and cut at a size, so every `as_known` is a prefix of the log. A moment is a size: digits
are one, a day means its end in +08:00, a time has its offset (DESIGN §6).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ledger.catalogue import TYPES
from ledger.clock import end_of_day, format_time, parse_time
from ledger.domain.governance import HistoryLoaded
from ledger.errors import Invalid
from ledger.line import parse_day
from ledger.mapper import logged
from ledger.reading import Logged
from ledger.storage.keys import KeyStore
from ledger.storage.store import Store

_MAX_DIGITS: Final = 18  # no log is larger, and nobody shall make us count longer numbers


class Entries:
    """Reads of the log. A thread inside a transaction also reads what it has written there."""

    store: Store
    keys: KeyStore
    _own: Any  # what belongs to one thread

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is inside `transaction()`: nobody else writes then."""
        return getattr(self._own, "live", None) is not None

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.store.head().size

    def opened(self) -> Logged:
        """Entry 0."""
        return logged(self.store.entry(0))

    def logged(self, start: int = 0, stop: int | None = None) -> Iterator[Logged]:
        """The entries of [start, stop), streamed."""
        return map(logged, self.store.entries(start, stop))

    def history(self, subject: str, size: int) -> list[Logged]:
        """The entries that may move this subject's file or figures, among the first `size`."""
        return [logged(row) for row in self.store.entries_of(subject, size)]

    def stream(self, stream: str, size: int) -> list[Logged]:
        """The entries of one stream, among the first `size`."""
        return [logged(row) for row in self.store.stream_entries(stream, size)]

    def by_type(self, type: str, size: int) -> list[Logged]:  # noqa: A002 - the catalogue's own word
        """The entries of one type, among the first `size`."""
        return [logged(row) for row in self.store.by_topic(TYPES[type].TOPIC, size)]

    def history_end(self) -> int | None:
        """The index of the entry that closed a history load; None where the real clock always decided."""
        closing = self.store.by_topic(HistoryLoaded.TOPIC)
        return closing[0].index if closing else None

    def resolve_as_known(self, text: str | None) -> int:
        """The size that a moment stands for; `Invalid` with the field `as_known` where it is none."""
        if text is None:
            return self.size
        if text.isascii() and text.isdigit():
            known = self.size
            if len(text) > _MAX_DIGITS or int(text) > known:
                raise Invalid("the ledger is not that large", code="size-out-of-range", field="as_known")
            return int(text)
        if len(text) == 10:
            return self.store.size_at(format_time(end_of_day(parse_day(text, "as_known"))))
        try:
            return self.store.size_at(format_time(parse_time(text)))
        except Invalid as error:
            raise Invalid(error.detail, code=error.code, field="as_known") from None
