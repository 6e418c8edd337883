"""The left menu: which pages a viewer has, one role at a time, the first of them being where they begin.

Only pages that exist stand here; a link inside a page is an entry of its own where the page has several parts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from api.pages.addresses import CHECKS, DEADLINES, MY_FILE, UNIT_SCORE
from ledger.access import Viewer


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the menu; `word` is a key of `web.toml`, `count` how many tasks wait there."""

    path: str
    icon: str
    word: str
    count: int = 0
    current: str = ""  # the value of aria-current: this page, or one below it


@dataclass(frozen=True, slots=True)
class Group:
    word: str
    items: tuple[Item, ...]


_DEADLINES: Final = Item(DEADLINES, "clock", "menu.deadlines")
_PERSON: Final = (
    Group(
        "menu.mine",
        (
            Item(MY_FILE, "file", "menu.my_file"),
            Item(f"{MY_FILE}#records", "stamp", "menu.records"),
            Item(f"{MY_FILE}#commitments", "promise", "menu.commitments"),
            Item(f"{MY_FILE}#course", "hour", "menu.course"),
            _DEADLINES,
        ),
    ),
    Group(
        "menu.my_data",
        (
            Item(f"{MY_FILE}#looks", "eye", "menu.looks"),
            Item(f"{MY_FILE}#consents", "key", "menu.consents"),
            Item(f"{MY_FILE}#checks", "list", "menu.checks"),
        ),
    ),
)
_UNIT: Final = (
    Group(
        "menu.unit",
        (
            Item(UNIT_SCORE, "chart", "menu.unit_score"),
            Item(f"{UNIT_SCORE}#commitments", "promise", "menu.commitments"),
            Item(f"{UNIT_SCORE}#records", "stamp", "menu.records"),
            _DEADLINES,
        ),
    ),
)
_UNIT_FILE: Final = Group(
    "menu.unit_file", (Item(MY_FILE, "file", "menu.unit_record"), Item(f"{MY_FILE}#looks", "eye", "menu.unit_looks"))
)
_HR: Final = (Group("menu.hiring", (Item(CHECKS, "list", "menu.workbench"), _DEADLINES)),)
_AUDITOR: Final = (
    Group(
        "menu.audit",
        (Item(UNIT_SCORE, "chart", "menu.unit_score"), Item(CHECKS, "list", "menu.all_checks"), _DEADLINES),
    ),
)


_WORK: Final = (Group("menu.work", (_DEADLINES,)),)
_AT_WORK: Final = dict.fromkeys(("DECIDER", "REVIEWER", "CREDIT", "ASSESSOR", "DPO"), _WORK)


def menu_of(viewer: Viewer) -> tuple[Group, ...]:
    """The groups of a viewer's menu; none where their role has no pages yet."""
    if viewer.role == "SUBJECT":
        return _PERSON if viewer.unit is None else (*_UNIT, _UNIT_FILE)
    return {**_AT_WORK, "UNIT_HEAD": _UNIT, "HR": _HR, "AUDITOR": _AUDITOR}.get(viewer.role, ())


def first_page(viewer: Viewer) -> str | None:
    """Where a viewer begins."""
    menu = menu_of(viewer)
    if viewer.role == "SUBJECT":
        return MY_FILE if viewer.unit is None else UNIT_SCORE
    return menu[0].items[0].path if menu else None


def marked(menu: tuple[Group, ...], path: str, counts: dict[str, int]) -> tuple[Group, ...]:
    """The menu with the page at hand marked, and what waits at each."""
    return tuple(
        replace(
            group,
            items=tuple(
                replace(item, current=_current(item.path, path), count=counts.get(item.path, 0)) for item in group.items
            ),
        )
        for group in menu
    )


def _current(item: str, path: str) -> str:
    return "page" if item == path else "true" if path.startswith(f"{item}/") else ""
