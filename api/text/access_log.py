"""Who looked at a record, for people: when, which unit in which role, what for, and at which part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.text.page import Page, moment, short
from projections.visibility import BREAK_GLASS


def render_access_log(answer: Mapping[str, Any], page: Page) -> None:
    """Write the looks, newest first."""
    text = page.text
    looks: Sequence[Mapping[str, Any]] = answer["looks"]
    page.title(text("page.access_log"), answer["subject"])
    page.folio([(text("folio.uid"), short(answer["uid"])), (text("folio.access_log"), _size(page, answer["size"]))])
    if not looks:
        page.say(text("empty.looks"), "closed", indent=2)
        return
    names = ["at", "unit", "role", "purpose", "scope", *(["actor"] if "actor" in looks[0] else [])]
    page.table([(text(f"column.{name}"), False) for name in names], [_row(page, look) for look in looks])


def _size(page: Page, size: int) -> str:
    return page.text("text.first_entries", size=size)


def _purpose(page: Page, code: str) -> str:
    """The purpose of a check, or one that goes with a role."""
    word = page.text.word("purpose", code)
    return page.text.word("look_purpose", code) if word == code else word


def _why(page: Page, look: Mapping[str, Any]) -> str:
    """What a look was for; one in an emergency says so."""
    said = _purpose(page, str(look["purpose"]))
    return page.text("text.break_glass", purpose=said) if look.get("basis") == BREAK_GLASS else said


def _row(page: Page, look: Mapping[str, Any]) -> list[str]:
    text, purpose = page.text, look["purpose"]
    row = [
        moment(look["at"]),
        str(look["unit_name"] or look["unit"] or text("text.no_unit")),
        text.word("role", str(look["role"])),
        text("text.no_purpose") if purpose is None else _why(page, look),
        ", ".join(text.word("scope", str(scope)) for scope in look["scope"]),
    ]
    return [*row, str(short(look["actor"]))] if "actor" in look else row
