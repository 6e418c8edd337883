"""The small parts of ui/UI.md §3 as markup: tags, days left, entry references, clauses, the demonstration chip.

Views and templates both use them, so a state, a deadline or an entry looks the same wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from api.pages.assets import ASSETS
from api.pages.deadlines import Due
from api.pages.marks import day
from api.pages.words import Tag, Words


@dataclass(frozen=True, slots=True)
class Ref:
    """An entry as people name it: its index, and the hash of its leaf beside it."""

    index: int
    leaf: str

    @property
    def short(self) -> str:
        return f"{self.leaf[:4]}…{self.leaf[-4:]}"


def icon(name: str) -> Markup:
    """A symbol of the sprite; a word always stands beside it."""
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#i-{}"/></svg>').format(
        ASSETS.url("icons.svg"), name
    )


class Chips:
    """The parts, in the words of one page."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def icon(self, name: str) -> Markup:
        return icon(name)

    def step(self, check: Mapping[str, Any]) -> Markup:
        """The tag of the step a check is at; one whose papers are incomplete waits for no decision."""
        if (check["state"], check.get("outcome")) == ("EVALUATED", "INCOMPLETE"):
            return self.tag("evaluation", "INCOMPLETE")
        return self.tag("check", str(check["state"]))

    def tag(self, lifecycle: str, code: str) -> Markup:
        """A state's tag."""
        return self.drawn(self._words.state(lifecycle, code))

    def drawn(self, tag: Tag) -> Markup:
        term = Markup("") if tag.term is None else Markup('<i class="term" lang="zh-CN">{}</i> ').format(tag.term)
        return Markup('<span class="tag tag--{}">{}<span>{}{}</span></span>').format(
            tag.tone, icon(tag.icon), term, tag.word
        )

    def demo(self) -> Markup:
        """The chip that stands beside a demonstration value."""
        return Markup('<span class="demo-mark">{}</span>').format(self._words("demo.chip"))

    def due(self, due: Due) -> Markup:
        """A last day, with what is left until then."""
        unit = "working_days" if due.working else "days"
        when = "over" if due.over else "left" if due.left else "today"
        number = abs(due.left)
        left = self._words("due.today") if when == "today" else self._words.counted(f"due.{when}_{unit}", number)
        marks = [self.demo()] if due.demonstration else []
        if due.provisional:
            marks.append(Markup('<span class="demo-mark">{}</span>').format(self._words("due.provisional")))
        return Markup('<span class="due{}"><b>{}</b><span>{}</span></span>{}').format(
            " due--soon" if due.soon else "",
            day(due.on),
            left,
            Markup("").join(Markup(" ") + mark for mark in marks),
        )

    def clause(self, clause: str) -> Markup:
        lang = Markup(' lang="zh-CN"') if self._words.html_lang == "en" and not clause.isascii() else ""
        return Markup('<span class="clause"{}>{}</span>').format(lang, clause)

    def ref(self, ref: Ref) -> Markup:
        """An entry, leading to where the page says what it is."""
        return Markup('<a class="ref" href="#e{0}"><b>#{0}</b>{1}</a>').format(ref.index, ref.short)

    def refs(self, refs: Iterable[Ref]) -> Markup:
        shown = [self.ref(ref) for ref in refs]
        return Markup('<span class="refs">{}</span>').format(Markup(" ").join(shown)) if shown else Markup("")

    def root(self, root: str) -> Markup:
        """A tree's root, as much of it as people compare."""
        return Markup(' <span class="mono">{}</span>').format(root[:16])
