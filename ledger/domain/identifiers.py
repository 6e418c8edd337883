"""Check digits of the identifiers that officials and bodies carry, and the region table with its dates.

Sources: GB 11643-1999 (citizen identity number, ISO 7064 MOD 11-2), GB 32100-2015 (unified social credit code),
GB 11714-1997 (organisation code inside it), GB/T 2260 (regions). Every refusal is an `Invalid` with a code.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files

from ledger.errors import Invalid

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def check_id_number(text: str) -> None:
    """GB 11643: 17 digits and a check character, with a day of birth that exists."""
    if len(text) != 18 or not (text[:17].isascii() and text[:17].isdigit()) or text[17] not in _ID_CHECKS:
        raise Invalid("an identity number has 17 digits and a check character", code="bad-id-number", field="id_number")
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise Invalid("the day of birth does not exist", code="bad-id-number", field="id_number") from None
    if _ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(text, _ID_WEIGHTS, strict=False)) % 11] != text[17]:
        raise Invalid("the check character does not fit", code="bad-id-number", field="id_number")


def check_uscc(text: str) -> None:
    """GB 32100: 18 characters, check character (31 − Σ mod 31) mod 31, and the organisation code's own check digit."""
    if len(text) != 18 or any(character not in _USCC_ALPHABET for character in text):
        raise Invalid("a credit code has 18 characters of its alphabet", code="bad-uscc", field="uscc")
    total = sum(_USCC_ALPHABET.index(c) * weight for c, weight in zip(text, _USCC_WEIGHTS, strict=False))
    if _USCC_ALPHABET[(31 - total % 31) % 31] != text[17]:
        raise Invalid("the check character does not fit", code="bad-uscc", field="uscc")
    if organisation_check_digit(text[8:16]) != text[16]:
        raise Invalid("the organisation code's own check digit does not fit", code="bad-uscc", field="uscc")


def organisation_check_digit(code: str) -> str:
    """The check digit of GB 11714 for the first eight characters of an organisation code: 0–9 or X."""
    total = sum(_ORGANISATION_ALPHABET.index(c) * w for c, w in zip(code[:8], _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


@cache
def _regions() -> dict[str, tuple[tuple[date, date | None], ...]]:
    table = tomllib.loads(files("ledger.domain").joinpath("regions.toml").read_text(encoding="utf-8"))
    validity: dict[str, tuple[tuple[date, date | None], ...]] = {}
    for row in table["region"]:
        span = (row["from"], row.get("to"))
        validity[row["code"]] = (*validity.get(row["code"], ()), span)
    return validity


def check_region(code: str, on: date) -> None:
    """A region code of the city's table must be valid on the day; codes of other prefectures are only checked in form.

    The table (GB/T 2260 with changes) covers prefecture 2308; what lies outside is not ours to know.
    """
    if not code.startswith("2308"):
        return
    spans = _regions().get(code)
    if spans is None:
        raise Invalid("no such region in the table", code="unknown-region", field="region")
    if not any(start <= on and (end is None or on <= end) for start, end in spans):
        raise Invalid("the region code is not valid on that day", code="region-not-valid", field="region")
