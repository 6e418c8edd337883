"""A page of text: title, folio, sections, tables and a total under a rule, aligned for East Asian width.

Colour speaks of procedure (ui/UI.md §1.3) and only on a terminal; without one the page is plain text of a fixed width
and no line ends in blanks, so it can be kept, compared and mailed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TextIO

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.text import Text as Styled

from api.text.catalogue import Tag, Text
from api.text.folding import fold, width_of
from api.text.table import Column, flow, lay_out
from ledger.clock import CST, parse_time

PLAIN_WIDTH: Final = 100
WIDEST: Final = 120
VALUE: Final = 24  # what stands behind a name has at least this much room, else it stands below it

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

_BLANKS_AT_END = re.compile(r"[ \t]+(?=\n|$)")
_SHOWN: Final = {  # signs that would steer a terminal, as they are shown instead
    **{code: chr(0x2400 + code) for code in range(0x20)},
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
    0x7F: "␡",
    ord("\t"): " ",
    ord("\n"): "\n",
}
Cell = str | Tag | Styled


class ReaderGone(Exception):
    """Whoever read the answer has stopped reading (`… | head`): nothing went wrong, and nothing more is to be said."""


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
        try:
            self.console.file.write(_BLANKS_AT_END.sub("", capture.get()))
        except BrokenPipeError:
            raise ReaderGone from None

    def _lines(self, lines: Iterable[Styled], indent: int = 0) -> None:
        """Lines that are folded already."""
        for line in lines:
            self.emit(Styled(" " * indent).append_text(line) if indent else line, whole=True)

    def title(self, heading: str, *names: str | None) -> None:
        """The first line: what this is, and of whom or what."""
        line = Styled(heading, style="bold")
        for name in names:
            if name:
                line.append("  ").append_text(Styled(styled(name).plain, style="bold"))
        self._lines(fold(line, self.console.width))

    def folio(self, items: Iterable[tuple[str, Cell | None]]) -> None:
        """What the page stands on: label and value, label and value, and a rule."""
        named = [
            Styled(f"{label} ", style=TONES["closed"]).append_text(styled(value)) for label, value in items if value
        ]
        self._lines(flow(named, self.console.width, set_in=0))
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
        self._lines(fold(line, self.console.width))

    def say(self, sentence: Cell, tone: str | None = None, *, indent: int = 0) -> None:
        """A sentence; what does not fit on a line goes on in the next."""
        line = styled(sentence).copy()
        if tone:
            line.stylize(TONES[tone])
        self._lines(fold(line, self.console.width - indent), indent)

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
    ) -> None:
        """Columns are (heading, is a figure): figures are right-aligned. A total stands under a rule.

        Where the page is too narrow for the columns, each row is a block of its own (`api.text.table`).
        """
        heads = [Column(Styled(heading, style=TONES["closed"]), figure) for heading, figure in columns]
        body = [[styled(cell) for cell in row] for row in rows]
        foot = None if total is None else [styled(cell) for cell in total]
        self._lines(lay_out(heads, body, foot, self.console.width - 2), 2)

    def facts(self, items: Iterable[tuple[str, Cell | None]], *, indent: int = 2) -> None:
        """Label and value below each other, the values aligned."""
        named = [(Styled(label, style=TONES["closed"]), styled(value)) for label, value in items if value]
        aligned = max((width_of(label) for label, _ in named), default=0) + 2
        width = self.console.width - indent
        if width - aligned < VALUE:
            for label, value in named:
                self._lines(flow([label.append(" ").append_text(value)], width), indent)
            return
        for label, value in named:
            first, *rest = fold(value, width - aligned)
            label.append(" " * (aligned - label.cell_len)).append_text(first)
            self._lines([label, *(Styled(" " * aligned).append_text(line) for line in rest)], indent)


def styled(cell: Cell) -> Styled:
    """A cell with its tone. Signs that would steer a terminal are shown, not obeyed."""
    if isinstance(cell, Styled):
        return cell
    if isinstance(cell, Tag):
        return Styled(cell.word, style=TONES.get(cell.tone, ""))
    return Styled(cell.translate(_SHOWN))


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
