"""What running a ledger says to people: opening it, upgrading it, adopting an edition, and the doctor's list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.text.page import Page, moment


def render_opened(answer: Mapping[str, Any], page: Page) -> None:
    """Write what `init` made."""
    text = page.text
    page.title(text("page.init"))
    page.facts(
        [
            (text("folio.origin"), answer["origin"]),
            (text("folio.database"), answer["database"]),
            (text("folio.size"), text("text.first_entries", size=answer["size"])),
            (text("folio.root"), answer["root"]),
        ]
    )
    boundary = answer.get("asserted_until")
    if boundary is not None:
        page.emit()
        page.say(text("text.history_boundary", size=boundary), "info")


def render_acknowledgement(answer: Mapping[str, Any], page: Page) -> None:
    """Write where an adopted edition stands in the log."""
    text = page.text
    page.title(text("page.adopt"), answer.get("rulebook"))
    page.facts(
        [
            (text("folio.entry"), str(answer["index"])),
            (text("folio.recorded_at"), moment(answer["recorded_at"])),
            (text("folio.leaf"), answer["leaf"]),
            (text("folio.size"), text("text.first_entries", size=answer["size"])),
        ]
    )


def render_migrations(answer: Mapping[str, Any], page: Page) -> None:
    """Write what an upgrade did."""
    text = page.text
    steps = answer["applied"]
    page.title(text("page.migrate"))
    page.say(text("text.migrated", steps=", ".join(steps)) if steps else text("text.no_pending"), "kept")


def render_doctor(answer: Mapping[str, Any], page: Page) -> None:
    """Write the doctor's list, each problem with what mends it, and what it did not look at."""
    text = page.text
    page.title(text("page.doctor"))
    page.emit()
    page.table(
        [(text("column.item_name"), False), (text("column.state"), False), (text("column.what"), False)],
        [
            [
                text(f"doctor.{check['check']}"),
                text.state("health", str(check["status"])),
                _what(page, check),
            ]
            for check in answer["checks"]
        ],
    )
    for check in answer["checks"]:
        remedy = check.get("remedy")
        if remedy:
            page.say(
                text.labelled("text.mend", f"{text('doctor.' + check['check'])}  {text('mend.' + remedy)}"),
                "wait",
                indent=2,
            )
    page.section(text("section.not_checked"))
    for item in answer["not_checked"]:
        page.say(f"– {text('unchecked.' + item)}", "closed", indent=2)
    problems = sum(check["status"] == "problem" for check in answer["checks"])
    page.emit()
    page.say(text("text.doctor_problems", count=problems) if problems else text("text.doctor_fine"))


def _what(page: Page, check: Mapping[str, Any]) -> str:
    """The value found, or a sentence of the catalogue about it."""
    value = str(check["value"])
    key = f"found.{value}"
    return page.text(key) if page.text.has(key) else value
