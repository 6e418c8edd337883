"""Nothing that a page is given is ever cut off, however narrow the terminal: not in a table, nor anywhere else."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from api.text.catalogue import Text
from api.text.folding import fold
from api.text.language import Language
from api.text.page import Page, styled

LATIN = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)
CHINESE = st.text(
    "认定与记录在组织开展创建国家卫生城市工作中下达不切实际的任务，加重基层负担问题；（公开通报）、“”〔〕", max_size=40
)
DAYS = st.sampled_from(["2020-12-14", "2024-01", "2024", ""])
ENTRIES = st.lists(st.integers(0, 99_999).map(str), max_size=8).map(", ".join)
SENTENCES = st.lists(LATIN | CHINESE, max_size=12).map(" ".join)
CELLS = DAYS | ENTRIES | LATIN | CHINESE | SENTENCES | st.text(max_size=30)
STYLES = re.compile("\x1b\\[[0-9;]*m")
WIDTHS = st.integers(60, 120)


def written(width: int, write: Callable[[Page], None], *, terminal: bool) -> str:
    out = io.StringIO()
    write(Page(Text(Language.ZH), out, width=width, terminal=terminal))
    return STYLES.sub("", out.getvalue())


def everything(cells: Sequence[str]) -> Counter[str]:
    return Counter(character for cell in cells for character in styled(cell).plain if not character.isspace())


def assert_whole(page: str, cells: Sequence[str], width: int) -> None:
    assert everything(cells) - Counter(page) == Counter()
    assert max((cell_len(line) for line in page.split("\n")), default=0) <= width


@settings(max_examples=200, deadline=None)
@given(rows=st.integers(1, 9).flatmap(lambda n: st.lists(st.tuples(*[CELLS] * n), max_size=6)), width=WIDTHS)
@pytest.mark.parametrize("terminal", [False, True])
def test_every_cell_of_a_table_is_there_and_no_line_is_wider_than_the_terminal(
    rows: list[tuple[str, ...]], width: int, terminal: bool
) -> None:
    columns = [(f"名称{place}", place % 3 == 2) for place in range(len(rows[0]) if rows else 1)]
    page = written(width, lambda page: page.table(columns, rows, total=rows[0] if rows else None), terminal=terminal)

    assert_whole(page, [cell for row in rows for cell in row], width)


@settings(max_examples=200, deadline=None)
@given(cells=st.lists(st.tuples(LATIN | CHINESE, CELLS), min_size=1, max_size=6), width=WIDTHS)
def test_so_are_facts_the_folio_the_title_and_sentences(cells: list[tuple[str, str]], width: int) -> None:
    def write(page: Page) -> None:
        page.title(cells[0][0], *(value for _, value in cells))
        page.folio(cells)
        page.facts(cells)
        for _, value in cells:
            page.say(value, indent=4)

    assert_whole(written(width, write, terminal=False), [value for _, value in cells] * 4, width)


@settings(max_examples=300, deadline=None)
@given(text=CELLS, width=st.integers(2, 60))
def test_folding_keeps_every_character_in_its_order(text: str, width: int) -> None:
    lines = fold(styled(text), width)

    assert "".join("".join(line.plain.split()) for line in lines) == "".join(styled(text).plain.split())
    assert all(line.cell_len <= width for line in lines)


@settings(max_examples=200, deadline=None)
@given(days=st.lists(st.sampled_from(["2020-12-14", "o115e1b57960ec1", "1133"]), min_size=1, max_size=3),
       words=st.lists(CHINESE, min_size=1, max_size=4), width=WIDTHS)  # fmt: skip
def test_days_ids_and_entries_stay_whole_beside_chinese(days: list[str], words: list[str], width: int) -> None:
    row = [*days, *words]
    page = written(width, lambda page: page.table([("列", False)] * len(row), [row]), terminal=False)

    assert all(day in page for day in days)


def test_closing_punctuation_never_begins_a_line_and_opening_never_ends_one() -> None:
    lines = [
        line.plain for line in fold(styled("在城市工作中下达任务，加重负担问题；党内严重警告（公开通报）。" * 3), 20)
    ]

    assert len(lines) > 4
    assert not any(line[0] in "，；。）" or line[-1] in "（" for line in lines)
