"""The log for people, one entry after the other: where it stands, what happened, to whom, and what it changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.text import Text as Styled

from api.text.page import TONES, Page, styled

_LIFECYCLES: Final = {"application": "measure", "data-request": "data_request"}  # kinds of records → whose states


def show_entry(page: Page, entry: Mapping[str, Any]) -> None:
    """Two lines for an entry: `#12  2025-02-24  告知书送达 …` and, below, `待申辩` behind what it was before."""
    text = page.text
    line = Styled(f"#{entry['index']}".rjust(6), style="bold")
    line.append(f"  {entry['effective_on']}  ")
    line.append(text.event(str(entry["type"])), style="bold")
    about = entry.get("about") or []
    if about:
        line.append(f"  {', '.join(str(name) for name in about)}")
    actor = entry.get("actor") or {}
    if actor.get("role"):
        line.append(f"  {text.word('role', str(actor['role']))}", style=TONES["closed"])
    if entry.get("recorded_on") and entry["recorded_on"] != entry["effective_on"]:
        line.append(f"  {text('folio.recorded_at')} {entry['recorded_on']}", style=TONES["closed"])
    page.emit(line, whole=True)
    for change in entry.get("changed") or []:
        page.emit(_change(page, change), whole=True)


def _change(page: Page, change: Mapping[str, Any]) -> Styled:
    text, kind = page.text, str(change["kind"])
    lifecycle = _LIFECYCLES.get(kind, kind)
    line = Styled(" " * 8)
    line.append(f"{change['id']}  ")
    if change.get("before"):
        line.append_text(styled(text.state(lifecycle, str(change["before"]))))
        line.append(" ")
    line.append("→ ")
    if change.get("after"):
        line.append_text(styled(text.state(lifecycle, str(change["after"]))))
    return line


def show_boundary(page: Page) -> None:
    """Where the times asserted by whoever loaded a history end (DESIGN §8)."""
    page.say(f"── {page.text('text.asserted_times')} ──", "closed", indent=8)
