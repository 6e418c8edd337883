"""The pages, compared letter by letter with `pages/NAME.LANGUAGE.txt`: what people read is part of the interface.

After a change that is meant, write them anew: `python -m tests.unit.api.text.test_pages`, then read the difference.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from api.text.access_log import render_access_log
from api.text.catalogue import Text
from api.text.check import render_check
from api.text.entries import show_entry
from api.text.file_records import remedy
from api.text.imports import render_import
from api.text.integrity_file import render_file
from api.text.language import Language
from api.text.operations import render_acknowledgement, render_doctor, render_migrations, render_opened
from api.text.page import PLAIN_WIDTH, Page
from api.text.tokens import render_revoked, render_token, render_tokens
from api.text.unit_score import render_score
from api.text.verification import render_verification
from tests.unit.api.text import answers

Render = Callable[[Mapping[str, Any], Page], None]
PAGES = Path(__file__).with_name("pages")


def _entry(answer: Mapping[str, Any], page: Page) -> None:
    show_entry(page, answer)


WRITTEN: dict[str, tuple[Render, dict[str, Any]]] = {
    "file": (render_file, answers.FILE),
    "file-of-a-unit": (render_file, answers.UNIT_FILE),
    "file-with-records-taken-over": (render_file, answers.TAKEN_OVER),
    "file-at-80-columns": (render_file, answers.OF_A_BULLETIN),
    "file-with-much-taken-over-at-80-columns": (render_file, answers.TAKEN_OVER),
    "file-with-cases-and-repairs-under-way": (render_file, answers.UNDER_WAY),
    "file-with-promises-taken-over": (render_file, answers.PROMISES),
    "file-of-a-person-before-a-unit-head": (render_file, answers.OF_A_STRANGER),
    "empty-file": (render_file, answers.EMPTY_FILE),
    "score": (render_score, answers.SCORE),
    "no-score": (render_score, answers.NO_SCORE),
    "check-blocked": (render_check, answers.BLOCKED),
    "check-clear": (render_check, answers.CLEAR),
    "check-for-a-transfer": (render_check, answers.TRANSFER),
    "verified": (render_verification, answers.VERIFIED),
    "verified-quickly": (partial(render_verification, quick=True), answers.VERIFIED),
    "tampered": (render_verification, answers.TAMPERED),
    "gap": (render_verification, answers.GAP),
    "imported": (render_import, answers.IMPORTED),
    "dry-run": (partial(render_import, dry_run=True), answers.DRY_RUN),
    "entry": (_entry, answers.ENTRY),
    "opened": (render_opened, answers.OPENED),
    "adopted": (render_acknowledgement, answers.ADOPTED),
    "migrated": (render_migrations, answers.MIGRATED),
    "doctor": (render_doctor, answers.DOCTOR),
    "access-log": (render_access_log, answers.ACCESS_LOG),
    "access-log-with-actors": (render_access_log, answers.ACCESS_LOG_WITH_ACTORS),
    "access-log-tampered": (render_verification, answers.ACCESS_TAMPERED),
    "token": (render_token, answers.ISSUED),
    "tokens": (render_tokens, answers.TOKENS),
    "revoked": (render_revoked, {"revoked": answers.TOKEN["id"]}),
}


def page_of(name: str, language: Language, *, terminal: bool = False) -> str:
    render, answer = WRITTEN[name]
    out = io.StringIO()
    width = 80 if name.endswith("80-columns") else PLAIN_WIDTH
    render(answer, Page(Text(language), out, width=width, terminal=terminal))
    return out.getvalue()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", WRITTEN)
def test_the_page_reads_as_written(name: str, language: Language) -> None:
    assert page_of(name, language) == (PAGES / f"{name}.{language}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", WRITTEN)
def test_without_a_terminal_there_is_no_colour_and_no_blank_at_the_end_of_a_line(name: str, language: Language) -> None:
    written = page_of(name, language)

    assert "\x1b" not in written
    assert [line for line in written.splitlines() if line != line.rstrip()] == []


def test_a_terminal_gets_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)

    assert "\x1b[" in page_of("file", Language.ZH, terminal=True)


def test_a_terminal_without_colour_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[3" not in page_of("file", Language.ZH, terminal=True)


def test_the_figures_of_a_table_end_in_one_column_whatever_the_script() -> None:
    from rich.cells import cell_len

    lines = [line for line in page_of("score", Language.ZH).splitlines() if "R-U" in line and "如何救济" not in line]
    ends = {cell_len(line[: line.index("  R-U")]) for line in lines}

    assert len(lines) == 4
    assert len(ends) == 1


def test_every_standing_finding_says_its_end_and_its_remedy() -> None:
    page = Page(Text(Language.EN), io.StringIO())

    for kind in ("LOCAL", "SEVERE_LIST", "COURT_LIST", "DISCIPLINE", "PENALTY"):
        for state in ("CONFIRMED", "UPHELD", "VARIED", "APPEALED"):
            assert remedy(page, {"state": state, "record_kind": kind}, "2025-06-01"), (kind, state)


@pytest.mark.parametrize("state", ["REPAIRED", "EXPIRED", "REMOVED", "OVERTURNED", "DISMISSED", "DECLINED"])
def test_what_is_over_needs_no_remedy(state: str) -> None:
    assert (
        remedy(Page(Text(Language.EN), io.StringIO()), {"state": state, "record_kind": "LOCAL"}, "2025-06-01") is None
    )


def test_the_repair_of_a_window_that_has_opened_is_offered_now() -> None:
    page = Page(Text(Language.ZH), io.StringIO())
    breach = {"state": "CONFIRMED", "record_kind": "LOCAL", "repair_from": "2025-06-20"}

    assert "自2025-06-20起" in str(remedy(page, breach, "2025-06-19"))
    assert "现在可申请" in str(remedy(page, breach, "2025-06-20"))


def test_what_the_viewer_may_not_see_leaves_no_trace() -> None:
    written = page_of("empty-file", Language.ZH)

    for heading in ("积分", "信用修复", "处分", "迁入", "任职"):
        assert heading not in written


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for written_page in WRITTEN:
        for one in Language:
            (PAGES / f"{written_page}.{one}.txt").write_text(page_of(written_page, one), encoding="utf-8")
