"""Rulebook editions: the files of those adopted, and which of them is known at a size of the log.

A file comes with the command that adopts it, and is then a document whose digest the entry holds. `offer_edition`
makes one known beforehand to the thread that offers it and to nobody else: a history names its editions and does not
hold them. A timeline is remembered by its newest activation, so commits of other types leave it standing.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final

from ledger.domain.adoption import RulebookActivated
from ledger.entries import Entries
from ledger.errors import NotFound, VerificationError
from ledger.memory import Memory
from ledger.rulebook.edition import Edition, parse_edition
from ledger.rulebook.windows import Activation, EditionTimeline

_TIMELINES: Final = 64
_NO_ACTIVATION: Final = -1


@lru_cache(maxsize=64)
def _edition(content: bytes) -> Edition:
    return parse_edition(content)


class Editions(Entries):
    """Finds editions by id, and the editions in force by day."""

    def prepare_editions(self) -> None:
        self.timelines_known: Memory[int, EditionTimeline] = Memory(_TIMELINES)

    def offer_edition(self, content: bytes) -> Edition:
        """Make an edition's file known to this thread, for an activation to come."""
        edition = parse_edition(content)
        self._offered[edition.id] = (edition, content)
        return edition

    @property
    def _offered(self) -> dict[str, tuple[Edition, bytes]]:
        offered: dict[str, tuple[Edition, bytes]] | None = getattr(self._own, "offered", None)
        if offered is None:
            offered = self._own.offered = {}
        return offered

    def edition_file(self, rulebook_id: str) -> tuple[Edition, bytes]:
        """The file of an edition: offered, or adopted before; `NotFound` with code `unknown-edition`."""
        offered = self._offered.get(rulebook_id)
        if offered is not None:
            return offered
        for entry in reversed(self.by_type("RulebookActivated", self.size)):
            if entry.data["rulebook_id"] == rulebook_id:
                content = self._document(entry.data["digest"])
                return _edition(content), content
        raise NotFound("the edition's file was not given", code="unknown-edition", field="data.rulebook_id")

    def _document(self, digest: str) -> bytes:
        content = self.store.document(bytes.fromhex(digest))
        if content is None:
            raise VerificationError("a document that an entry names is missing", code="document-missing")
        return content

    def editions(self, size: int) -> EditionTimeline:
        """The activations known at a size."""
        return self._timeline(size)

    def editions_now(self) -> EditionTimeline:
        """The activations known now, to this thread."""
        return self._timeline(None)

    def _timeline(self, size: int | None) -> EditionTimeline:
        newest = self.store.newest_of_topic(RulebookActivated.TOPIC, size)
        known = self.timelines_known.get(_NO_ACTIVATION if newest is None else newest)
        if known is not None:
            return known
        entries = [] if newest is None else self.by_type("RulebookActivated", newest + 1)
        timeline = EditionTimeline(
            Activation(
                date.fromisoformat(entry.data["effective_on"]),
                _edition(self._document(entry.data["digest"])),
                entry.index,
            )
            for entry in entries
        )
        self.timelines_known.put(_NO_ACTIVATION if newest is None else newest, timeline)
        return timeline
