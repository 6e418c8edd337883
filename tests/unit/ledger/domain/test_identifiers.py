"""Check digits and regions against the examples of the standards (DOMAIN §3.7)."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.domain.identifiers import check_id_number, check_region, check_uscc, organisation_check_digit
from ledger.errors import Invalid

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def test_the_standard_s_own_identity_number_is_right() -> None:
    check_id_number("11010519491231002X")


@pytest.mark.parametrize("place", range(18))
def test_one_wrong_character_in_an_identity_number_is_seen(place: int) -> None:
    number = "11010519491231002X"
    for other in "0123456789":
        if other != number[place]:
            with pytest.raises(Invalid) as wrong:
                check_id_number(number[:place] + other + number[place + 1 :])
            assert wrong.value.code == "bad-id-number"


@pytest.mark.parametrize(
    "number",
    ["", "11010519491231002x", "110105194912310021", "1101051949123100", "１1010519491231002X", "11010519491231002X "],
    ids=["empty", "small-x", "wrong-check", "sixteen", "full-width", "trailing-blank"],
)
def test_what_is_no_identity_number_is_refused(number: str) -> None:
    with pytest.raises(Invalid) as wrong:
        check_id_number(number)

    assert (wrong.value.code, wrong.value.field) == ("bad-id-number", "id_number")


def test_a_day_of_birth_exists() -> None:
    digits = "11010519490231002"
    check = "10X98765432"[sum(int(d) * w for d, w in zip(digits, ID_WEIGHTS, strict=True)) % 11]

    with pytest.raises(Invalid, match="birth"):
        check_id_number(digits + check)


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000600037341L", "11230800000000019U"])
def test_published_credit_codes_are_right(code: str) -> None:
    check_uscc(code)


@pytest.mark.parametrize("code", ["91110000600037342L", "91110000600037341l", "9111000060003734IL", "11230800000", ""])
def test_what_is_no_credit_code_is_refused(code: str) -> None:
    with pytest.raises(Invalid) as wrong:
        check_uscc(code)

    assert (wrong.value.code, wrong.value.field) == ("bad-uscc", "uscc")


def test_a_credit_code_whose_organisation_code_is_wrong_is_refused() -> None:
    """The outer check character fits, the one inside (GB 11714) does not."""
    body = "11230800" + "00000001" + "8"
    outer = USCC_ALPHABET[(31 - _weighted(body) % 31) % 31]

    with pytest.raises(Invalid, match="organisation") as wrong:
        check_uscc(body + outer)

    assert wrong.value.code == "bad-uscc"


def test_a_sum_divisible_by_31_has_the_check_character_zero() -> None:
    organisations = (f"{number:08d}" for number in range(1000))
    bodies = (f"11230800{code}{organisation_check_digit(code)}" for code in organisations)
    zero = next(body for body in bodies if _weighted(body) % 31 == 0)

    check_uscc(zero + "0")


def _weighted(body: str) -> int:
    return sum(USCC_ALPHABET.index(c) * weight for c, weight in zip(body, USCC_WEIGHTS, strict=True))


@pytest.mark.parametrize(("body", "digit"), [("00000001", "9"), ("60003734", "1"), ("M000100Y", "4")])
def test_the_organisation_code_has_its_own_check_digit(body: str, digit: str) -> None:
    assert organisation_check_digit(body) == digit


@pytest.mark.parametrize("code", ["230800", "230803", "230804", "230805", "230811", "230822", "230826", "230828",
                                  "230881", "230882", "230883"])  # fmt: skip
def test_the_city_s_regions_are_valid_today(code: str) -> None:
    check_region(code, date(2025, 1, 1))


def test_fuyuan_became_a_city_in_2016() -> None:
    with pytest.raises(Invalid) as wrong:
        check_region("230883", date(2015, 1, 1))

    assert wrong.value.code == "region-not-valid"


def test_a_region_elsewhere_is_not_ours_to_judge() -> None:
    check_region("110105", date(2025, 1, 1))
