"""What every answer stands on (ui/UI.md §1.2): day, known-up-to, size of the ledger, edition and who looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.text.page import TONES, Cell, Page, short, styled


def folio_of(page: Page, answer: Mapping[str, Any], *extra: tuple[str, Cell | None]) -> None:
    """The line under the title. Values that an answer does not carry are left out."""
    text = page.text
    viewer, purpose = answer.get("viewer"), answer.get("purpose")
    page.folio(
        [
            (text("folio.uid"), short(answer.get("uid"))),
            (text("folio.as_of"), answer.get("as_of")),
            (text("folio.as_known"), known_up_to(page, answer)),
            (text("folio.rulebook"), edition_name(page, answer)),
            (text("folio.viewer"), text.word("role", viewer) if viewer else None),
            (text("folio.purpose"), text.word("purpose", purpose) if purpose else None),
            *extra,
        ]
    )


def known_up_to(page: Page, answer: Mapping[str, Any]) -> str | None:
    """`2025-07-05 (first 26 entries)`; a size asked for, or none at all, is just the size."""
    size, known = answer.get("size"), answer.get("as_known")
    first = None if size is None else page.text("text.first_entries", size=size)
    if known is None or isinstance(known, int) or str(known).isdigit():
        return first
    moment = str(known)
    return moment if first is None else page.text("text.bracketed", outer=moment, inner=first)


def edition_id(answer: Mapping[str, Any]) -> str | None:
    """The edition's id, whether the answer names it by its id or as an object."""
    rulebook = answer.get("rulebook")
    if isinstance(rulebook, Mapping):
        return str(rulebook.get("id"))
    return None if rulebook is None else str(rulebook)


def is_demonstration(answer: Mapping[str, Any]) -> bool:
    """Whether any figure of the answer rests on a demonstration value."""
    rulebook = answer.get("rulebook")
    sources = {answer.get("source"), answer.get("rulebook_source")}
    if isinstance(rulebook, Mapping):
        sources.add(rulebook.get("source"))
    return bool(answer.get("demonstration")) or "demonstration" in sources


def edition_name(page: Page, answer: Mapping[str, Any]) -> Cell | None:
    name = edition_id(answer)
    if name is None:
        return None
    line = styled(name)
    if is_demonstration(answer):
        line.append(" ")
        line.append(page.text("text.demonstration"), style=TONES["demonstration"])
    return line
