"""Folding: a text becomes lines of a width, and nothing of it is ever lost.

Words of letters stay whole and fold at blanks. Chinese folds between any two characters, except that closing
punctuation stays with what it closes and opening punctuation with what it opens. Only a word wider than the line folds
inside itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.text import Text as Styled

_NEVER_BEGINS_A_LINE: Final = frozenset("、，。．：；？！）］｝〕〉》」』】〗·…—～％’”" + ",.:;?!)]}%'\"")
_NEVER_ENDS_A_LINE: Final = frozenset("（［｛〔〈《「『【〖‘“" + "([{")
_JOINER: Final = "\u200d"
_VARIATIONS: Final = frozenset("\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part that does not fold, from `start` to `end`, and where the next one begins behind its blanks."""

    start: int
    end: int
    next: int
    width: int


def fold(text: Styled, width: int) -> list[Styled]:
    """The lines of a text, none wider than `width` (2 at least, since a Chinese character takes two cells)."""
    lines: list[Styled] = []
    for paragraph in text.split("\n", allow_blank=True):
        lines += _folded(paragraph, max(width, 2))
    return lines


def widest_word(text: Styled) -> int:
    """The width of the widest part that does not fold unless it must."""
    pieces = (piece.width for paragraph in text.plain.split("\n") for piece in _pieces(paragraph))
    return max(pieces, default=0)


def width_of(text: Styled) -> int:
    """How wide a text is before it folds: its widest paragraph."""
    return max(cell_len(paragraph) for paragraph in text.plain.split("\n"))


def _folded(text: Styled, width: int) -> list[Styled]:
    if cell_len(text.plain) <= width:
        return [text]
    lines: list[Styled] = []
    start = end = 0
    for piece in _pieces(text.plain):
        if cell_len(text.plain[start : piece.end]) <= width:
            end = piece.end
            continue
        if end > start:
            lines.append(text[start:end])
        start, end = piece.start, piece.end
        while cell_len(text.plain[start:end]) > width:
            cut = _as_much_as_fits(text.plain, start, end, width)
            lines.append(text[start:cut])
            start = cut
    return [*lines, text[start:end]] if end > start else lines


def _as_much_as_fits(plain: str, start: int, end: int, width: int) -> int:
    """Where a word wider than the line is cut: behind the last character that fits, at least one."""
    cut = start
    for _, stop in _clusters(plain, start, end):
        if cut > start and cell_len(plain[start:stop]) > width:
            break
        cut = stop
    return cut


def _pieces(plain: str) -> Iterator[_Piece]:
    """The parts of one paragraph that stay whole."""
    start = end = 0
    before = ""
    for begin, stop in _clusters(plain, 0, len(plain)):
        here = plain[begin:stop]
        if here.isspace():
            before = here
            continue
        if begin > start and _may_fold(before, here):
            yield _Piece(start, end, begin, cell_len(plain[start:end]))
            start = begin
        before, end = here, stop
    if end > start:
        yield _Piece(start, end, len(plain), cell_len(plain[start:end]))


def _may_fold(before: str, here: str) -> bool:
    if before.isspace():
        return True
    if here[0] in _NEVER_BEGINS_A_LINE or before[0] in _NEVER_ENDS_A_LINE:
        return False
    return cell_len(before) == 2 or cell_len(here) == 2


def _clusters(plain: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What stands in one place: a character with the marks above it, or several joined into one sign."""
    begin = start
    for place in range(start + 1, end):
        character = plain[place]
        belongs = character == _JOINER or character in _VARIATIONS or unicodedata.combining(character)
        if not belongs and plain[place - 1] != _JOINER:
            yield begin, place
            begin = place
    if end > begin:
        yield begin, end
