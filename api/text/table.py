"""Rows in columns where the page is wide enough to read them so, else one record below the other.

A column is as wide as its widest cell, or narrower where its words may fold; ids, dates and figures never do. Where
that leaves no room, or a cell would take more than a few lines, every record becomes a block of its own: what it is
called and what it says, side by side, as many as a line holds. Nothing is ever cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from rich.text import Text as Styled

from api.text.folding import fold, widest_word, width_of

GAP: Final = 2
WITHIN: Final = 3  # blanks between two facts of a block
LEAST: Final = 18  # a column of sentences is at least nine Chinese characters wide
HEADING: Final = 12  # a heading no wider than this stays whole
LONGEST_WORD: Final = 40  # a word beyond this (a hash, an address) may be folded rather than leave no room
LINES: Final = 3  # a cell of more lines is not read as a cell any more

Row = Sequence[Styled]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and whether what stands below it is a figure."""

    heading: Styled
    figure: bool = False


def lay_out(columns: Sequence[Column], rows: Sequence[Row], foot: Row | None, width: int) -> list[Styled]:
    """The lines of a table, none wider than `width`; `foot` stands under a rule."""
    widths = _widths(columns, [*rows, *([foot] if foot else ())], width)
    if widths is None:
        return list(_blocks(columns, rows, foot, width))
    table = [*_in_columns(columns, [column.heading for column in columns], widths)]
    for row in rows:
        table += _in_columns(columns, row, widths)
    if foot is not None:
        style = columns[0].heading.style
        rules = [Styled("─" * size if cell.plain else "", style=style) for cell, size in zip(foot, widths, strict=True)]
        table += [*_in_columns(columns, rules, widths), *_in_columns(columns, foot, widths)]
    return table


def _widths(columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[int] | None:
    """How wide each column is; None where the page is too narrow for them."""
    cells = [[column.heading, *(row[place] for row in rows)] for place, column in enumerate(columns)]
    natural = [max(map(width_of, column)) for column in cells]
    room = width - GAP * (len(columns) - 1)
    if sum(natural) <= room:
        return natural
    widths = [_least(column, size) for column, size in zip(cells, natural, strict=True)]
    room -= sum(widths)
    if room < 0:
        return None
    waiting = sorted(range(len(columns)), key=lambda place: natural[place] - widths[place])
    for count, place in zip(range(len(waiting), 0, -1), waiting, strict=True):
        more = min(room // count, natural[place] - widths[place])
        widths[place] += more
        room -= more
    tallest = max(len(fold(cell, size)) for column, size in zip(cells, widths, strict=True) for cell in column)
    return widths if tallest <= LINES else None


def _least(cells: Sequence[Styled], natural: int) -> int:
    """The narrowest that a column reads well in: its words whole, and some of them on a line."""
    word = max(min(max(map(widest_word, cells)), LONGEST_WORD), min(width_of(cells[0]), HEADING))
    folds = any(widest_word(cell) < width_of(cell) for cell in cells[1:])
    return max(word, min(natural, LEAST)) if folds else word


def _in_columns(columns: Sequence[Column], row: Row, widths: Sequence[int]) -> Iterator[Styled]:
    """One row, as many lines high as its tallest cell."""
    folded = [fold(cell, size) if cell.plain else [] for cell, size in zip(row, widths, strict=True)]
    for parts in zip_longest(*folded):
        line = Styled()
        for place, part in enumerate(parts):
            if part is None or not part.plain:
                continue
            start = sum(widths[:place]) + GAP * place
            start += widths[place] - part.cell_len if columns[place].figure else 0
            line.append(" " * (start - line.cell_len))
            line.append_text(part)
        yield line


def _blocks(columns: Sequence[Column], rows: Sequence[Row], foot: Row | None, width: int) -> Iterator[Styled]:
    for row in rows:
        yield from block(zip((column.heading for column in columns), row, strict=True), width)
    if foot is not None:
        yield Styled("─" * min(width, LEAST), style=columns[0].heading.style)
        yield from flow([cell for cell in foot if cell.plain], width)


def block(facts: Iterator[tuple[Styled, Styled]], width: int) -> list[Styled]:
    """One record: each fact behind its name, the lines after the first set in."""
    return flow([Styled.assemble(name, " ", value) if name.plain else value for name, value in facts if value.plain],
                width)  # fmt: skip


def flow(items: Sequence[Styled], width: int, *, set_in: int = 2) -> list[Styled]:
    """Items behind each other, as many as a line holds; one that is longer than a line has lines of its own."""
    lines: list[Styled] = []
    full = True
    for item in items:
        if not full and "\n" not in item.plain and lines[-1].cell_len + WITHIN + item.cell_len <= width:
            lines[-1].append(" " * WITHIN).append_text(item)
            continue
        parts = fold(item, width - set_in)
        full = len(parts) > 1
        for part in parts:
            lines.append(Styled(" " * set_in if lines else "").append_text(part))
    return lines
