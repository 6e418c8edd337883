"""A page of text: title, folio, sections, tables and a total under a rule, aligned for East Asian width.

Colour speaks of procedure (ui/UI.md §1.3) and only on a terminal; without one the page is plain text of a fixed width
and no line ends in blanks, so it can be kept, compared and mailed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text as Styled

from api.text.catalogue import Tag, Text
from ledger.clock import CST, parse_time

PLAIN_WIDTH: Final = 100
WIDEST: Final = 120
NARROW: Final = 30  # a column that is nowhere wider than this is never wrapped

# Mid tones that read on white and on black (contrast ≥ 3 on both); rich brings them down to what a terminal can show.
TONES: Final[Mapping[str, str]] = {
    "info": "#3f7fae",
    "wait": "#b8741a",
    "record": "#b0611e",
    "dispute": "#7a5ab0",
    "kept": "#2f7d57",
    "closed": "#76838e",
    "void": "#76838e",
    "proof": "#0f8080",
    "alarm": "bold #d0392f",
    "demonstration": "#8a6f00",
}

_GAP: Final = "   "
_BLANKS_AT_END = re.compile(r"[ \t]+(?=\n|$)")
Cell = str | Tag | Styled


class Page:
    """Writes one answer. `emit` is the only way out, so plain pages are plain throughout."""

    def __init__(self, text: Text, file: TextIO, *, width: int | None = None, terminal: bool | None = None) -> None:
        self.text = text
        self.terminal = file.isatty() if terminal is None else terminal
        self.console = Console(
            file=file,
            width=width or (None if self.terminal else PLAIN_WIDTH),
            force_terminal=self.terminal,
            color_system="auto" if self.terminal else None,
            highlight=False,
            markup=False,
            emoji=False,
        )
        if self.console.width > WIDEST:
            self.console.width = WIDEST

    def emit(self, renderable: RenderableType = "", *, whole: bool = False) -> None:
        """Write something; `whole` keeps a line in one piece however long it is."""
        if self.terminal:
            self.console.print(renderable, soft_wrap=whole)
            return
        with self.console.capture() as capture:
            self.console.print(renderable, soft_wrap=whole)
        self.console.file.write(_BLANKS_AT_END.sub("", capture.get()))

    def title(self, heading: str, *names: str | None) -> None:
        """The first line: what this is, and of whom or what."""
        line = Styled(heading, style="bold")
        for name in names:
            if name:
                line.append(f"  {name}", style="bold")
        self.emit(line)

    def folio(self, items: Iterable[tuple[str, Cell | None]]) -> None:
        """What the page stands on: label and value, label and value, and a rule."""
        line = Styled()
        for label, value in items:
            if value is None or value == "":
                continue
            item = Styled(f"{label} ", style=TONES["closed"]).append_text(styled(value))
            if line and line.cell_len + len(_GAP) + item.cell_len > self.console.width:
                self.emit(line)
                line = Styled()
            line = line + _GAP + item if line else item
        if line:
            self.emit(line)
        self.emit(Rule(style=TONES["closed"], characters="─"))

    def step(self, number: int, heading: str) -> None:
        """The heading of one step of several, under a rule."""
        if number > 1:
            self.emit()
        self.emit(
            Rule(Styled(f" {number}. {heading} ", style="bold"), style=TONES["info"], characters="═", align="left")
        )

    def section(self, heading: str, note: str | None = None) -> None:
        line = Styled(heading, style="bold")
        if note:
            line.append(f"  {note}", style=TONES["closed"])
        self.emit()
        self.emit(line)

    def say(self, sentence: str, tone: str | None = None, *, indent: int = 0) -> None:
        self.emit(Padding(Styled(sentence, style=TONES[tone] if tone else ""), (0, 0, 0, indent), expand=False))

    def demonstration(self, edition: str) -> None:
        """The banner that UI §1.6 asks for once per page."""
        self.emit()
        self.say(self.text("text.demonstration_note", edition=edition), "demonstration")

    def table(
        self,
        columns: Sequence[tuple[str, bool]],
        rows: Iterable[Sequence[Cell]],
        *,
        total: Sequence[Cell] | None = None,
        header: bool = True,
    ) -> None:
        """Columns are (heading, is a figure): figures are right-aligned. A total stands under a rule."""
        grid = Table(box=None, show_header=header, pad_edge=False, padding=(0, 2, 0, 0), header_style=TONES["closed"])
        body = [[styled(cell) for cell in row] for row in rows]
        foot = [styled(cell) for cell in total] if total is not None else None
        crowded = self._natural_width(columns, body) > self.console.width - 2
        for position, (heading, figure) in enumerate(columns):
            narrow = figure or all(row[position].cell_len <= NARROW for row in body)
            # Where the page is too narrow, words fold and ids, dates and figures stay whole; nothing is ever cut off.
            whole = all(" " not in row[position].plain for row in body) if crowded else narrow
            grid.add_column(heading, justify="right" if figure else "left", no_wrap=whole, overflow="fold")
        for row in body:
            grid.add_row(*row)
        if foot is not None:
            grid.add_row(*self._rules(columns, body, foot))
            grid.add_row(*foot)
        self.emit(Padding(grid, (0, 0, 0, 2), expand=False))

    @staticmethod
    def _natural_width(columns: Sequence[tuple[str, bool]], rows: Sequence[Sequence[Styled]]) -> int:
        """How wide a table is before anything folds."""
        return sum(
            max([Styled(heading).cell_len, *(row[position].cell_len for row in rows)]) + 2
            for position, (heading, _) in enumerate(columns)
        )

    @staticmethod
    def _rules(
        columns: Sequence[tuple[str, bool]], rows: Sequence[Sequence[Styled]], foot: Sequence[Styled]
    ) -> list[Styled]:
        """The rule over a total: as wide as each column that has something below it."""
        rules = []
        for position, (heading, _) in enumerate(columns):
            widest = max([Styled(heading).cell_len, *(row[position].cell_len for row in rows), foot[position].cell_len])
            rule = "─" * widest if foot[position].plain else ""
            rules.append(Styled(rule, style=TONES["closed"], no_wrap=True, overflow="crop"))
        return rules

    def facts(self, items: Iterable[tuple[str, Cell | None]], *, indent: int = 2) -> None:
        """Label and value below each other, the values aligned."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style=TONES["closed"], no_wrap=True)
        grid.add_column(overflow="fold")
        count = 0
        for label, value in items:
            if value is None or value == "":
                continue
            grid.add_row(label, styled(value))
            count += 1
        if count:
            self.emit(Padding(grid, (0, 0, 0, indent), expand=False))


def styled(cell: Cell) -> Styled:
    """A cell with its tone."""
    if isinstance(cell, Styled):
        return cell
    if isinstance(cell, Tag):
        return Styled(cell.word, style=TONES.get(cell.tone, ""))
    return Styled(cell)


def figure(value: Any) -> str:
    """A figure for people: as delivered, with a typographic minus."""
    return str(value).replace("-", "−")


def entries(text: Text, indexes: Sequence[int] | None, *, withheld: int = 0, limit: int = 8) -> str:
    """The entries a line rests on, as people say them on the phone: `8, 10, 13`."""
    shown = ", ".join(str(index) for index in list(indexes or [])[:limit])
    if indexes and len(indexes) > limit:
        shown += f" …+{len(indexes) - limit}"
    if withheld:
        note = text("text.withheld", count=withheld)
        shown = f"{shown} ({note})" if shown else note
    return shown


def short(uid: Any) -> str | None:
    """A pseudonym shortened for people: its first eight characters and its last four."""
    if not uid:
        return None
    plain = str(uid)
    return plain if len(plain) <= 13 else f"{plain[:8]}…{plain[-4:]}"


def moment(text: str) -> str:
    """A recorded time for people: day, hour and minute in +08:00."""
    return f"{parse_time(text).astimezone(CST):%Y-%m-%d %H:%M} (+08:00)"
