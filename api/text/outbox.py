"""What the outbox says to its operator: how each target stands, and which notices nobody took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.text.page import Page


def render_outbox(answer: Mapping[str, Any], page: Page) -> None:
    """Write the targets, and the notices that are undeliverable."""
    text, targets, left = page.text, answer["targets"], answer["undeliverable"]
    page.title(text("page.outbox"))
    page.emit()
    if not targets:
        page.say(text("empty.outbox"), "closed", indent=2)
        return
    names = ("target", "state", "waiting", "undeliverable", "last_failure")
    page.table(
        [(text(f"column.{name}"), name in ("waiting", "undeliverable")) for name in names],
        [
            [
                one["target"],
                text.state("target", _state(one)),
                str(one["waiting"]),
                str(one["undeliverable"]),
                one["error"] or "",
            ]
            for one in targets
        ],
    )
    if left:
        page.section(text("section.undeliverable"))
        page.table(
            [
                (text("column.target"), False),
                (text("column.entry"), True),
                (text("column.tries"), True),
                (text("column.last_failure"), False),
            ],
            [[one["target"], str(one["index"]), str(one["attempts"]), one["error"]] for one in left],
        )


def render_resumed(answer: Mapping[str, Any], page: Page) -> None:
    """Write how many notices are tried anew."""
    page.title(page.text("page.outbox"), answer["target"])
    page.say(page.text("text.notices_resumed", count=answer["resumed"]), "kept")


def render_forgotten(answer: Mapping[str, Any], page: Page) -> None:
    """Write how many notices will not be sent."""
    page.title(page.text("page.outbox"), answer["target"])
    page.say(page.text("text.notices_forgotten", count=answer["forgotten"]), "closed")


def _state(one: Mapping[str, Any]) -> str:
    return "GONE" if one["gone"] else "UNREACHABLE" if one["failures"] else "SERVED"
