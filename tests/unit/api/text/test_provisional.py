"""A last day that rests on a year without a published arrangement says so on the page, in both languages."""

from __future__ import annotations

import io
from datetime import date

import pytest

from api.text.catalogue import Text
from api.text.deadlines import last_day, render_deadlines
from api.text.language import Language
from api.text.page import Page
from projections.deadlines import Asked, deadlines
from tests.unit.projections.test_deadlines import notify, on_chinese_calendar, report


@pytest.mark.parametrize(("language", "word"), [(Language.ZH, "暂定"), (Language.EN, "provisional")])
def test_the_list_marks_it_and_says_why(language: Language, word: str) -> None:
    log = on_chinese_calendar()
    report(log, "2026-12-20")
    notify(log, "2026-12-25", "2027-01-11")
    out = io.StringIO()
    answer = deadlines(log, as_of=date(2026, 12, 28), as_known=log.size, asked=Asked())
    render_deadlines(answer, Page(Text(language), out, width=110))

    assert f"2027-01-11 {word}" in out.getvalue()
    assert Text(language)("text.provisional_note")[:12] in out.getvalue()


def test_a_record_s_day_is_marked_only_where_it_is() -> None:
    text = Text(Language.EN)

    assert last_day(text, {"reply_due": "2027-01-11", "provisional": True}, "reply_due") == "2027-01-11 (provisional)"
    assert last_day(text, {"reply_due": "2026-01-11"}, "reply_due") == "2026-01-11"
    assert last_day(text, {"reply_due": None, "provisional": True}, "reply_due") is None
