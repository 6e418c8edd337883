"""A date keeps the precision it was written in; what is no date has a code."""

from __future__ import annotations

import pytest

from ledger.errors import Invalid
from ledger.importing.dates import ISO, date_reader
from ledger.importing.errors import CellError


@pytest.mark.parametrize("text", ["2023-02-28", "2024-02-29", "2014-03", "1981"])
def test_an_iso_date_stays_as_it_is(text: str) -> None:
    assert date_reader(ISO)(text) == text


@pytest.mark.parametrize(
    ("form", "text", "iso"),
    [
        ("M/D/YYYY", "3/29/2024", "2024-03-29"),
        ("DD.MM.YYYY", "01.04.2020", "2020-04-01"),
        ("YYYY年M月D日", "2022年9月5日", "2022-09-05"),
        ("YYYY年M月", "2022年9月", "2022-09"),
    ],
)
def test_a_format_is_read_into_the_same_precision(form: str, text: str, iso: str) -> None:
    assert date_reader((form,))(text) == iso


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2023-02-30", "impossible-date"),
        ("2023-13", "impossible-date"),
        ("2023-00-10", "impossible-date"),
        ("1023", "impossible-date"),
        ("2023-2-3", "bad-date"),
        ("Underway", "bad-date"),
        ("2023-02-03 ", "bad-date"),
        ("２０２３", "bad-date"),
        ("2023-02-03\n", "bad-date"),
    ],
)
def test_what_is_no_date_is_refused_without_being_repeated(text: str, code: str) -> None:
    with pytest.raises(CellError) as refusal:
        date_reader(ISO)(text)

    assert refusal.value.code == code
    assert text.strip() not in str(refusal.value)


@pytest.mark.parametrize("form", ["MM-DD", "YYYY-YYYY", "D YYYY", "today"])
def test_a_format_without_a_year_or_with_a_day_but_no_month_is_none(form: str) -> None:
    with pytest.raises(Invalid) as refusal:
        date_reader((form,))

    assert refusal.value.code == "bad-mapping"
