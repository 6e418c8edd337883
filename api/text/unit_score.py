"""A unit's score for people: the figure with every line it is made of, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.text.folio import edition_id, folio_of, is_demonstration
from api.text.lines import show_lines
from api.text.page import Page, figure


def render_score(answer: Mapping[str, Any], page: Page) -> None:
    """Write the score of DESIGN §8."""
    text = page.text
    page.title(text("page.score"), str(answer["subject"]), answer.get("name"))
    folio_of(page, answer)
    value = answer.get("value")
    if value is None:
        page.emit()
        page.say(text("text.no_score"), "wait")
        reason = answer.get("reason")
        if reason:
            page.say(text.reason(str(reason)), indent=2)
    else:
        page.section(f"{figure(value)}", text("section.lines"))
        show_lines(page, answer["lines"], str(value), edition=edition_id(answer))
    edition = edition_id(answer)
    if edition and is_demonstration(answer):
        page.demonstration(edition)
