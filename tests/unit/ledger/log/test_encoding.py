"""The canonical encoding: what it writes is RFC 8785, what it cannot promise it refuses, and parsing is strict."""

from __future__ import annotations

import json
from datetime import date
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Group
from ledger.log import encoding
from ledger.log.encoding import MAX_DEPTH, MAX_INTEGER, EncodingError, canonical, check_nfc, check_plain, parse

NAMES = st.from_regex(r"[a-z][a-z0-9_]*", fullmatch=True)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=30
)


def refused(value: Any, *, nfc: bool = False) -> EncodingError:
    with pytest.raises(EncodingError) as caught:
        canonical(value, nfc=nfc)
    assert caught.value.group is Group.INVALID
    return caught.value


def unparsable(data: bytes) -> str:
    with pytest.raises(EncodingError) as caught:
        parse(data)
    return caught.value.code


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def nested_objects(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


@settings(deadline=None)
@given(VALUES)
def test_every_value_is_written_as_rfc_8785_writes_it(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@settings(deadline=None)
@given(VALUES)
def test_parsing_undoes_writing(value: Any) -> None:
    assert parse(canonical(value)) == value


@settings(deadline=None)
@given(VALUES, st.data())
def test_changed_bytes_are_refused_or_say_something_else(value: Any, data: st.DataObject) -> None:
    good = canonical(value)
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]

    try:
        other = parse(changed)
    except EncodingError:
        return
    assert canonical(other) == changed
    assert json.loads(changed) != json.loads(good)


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_canonical_or_refused_in_one_way(data: bytes) -> None:
    try:
        value = parse(data)
    except EncodingError:
        return
    assert canonical(value) == data


def test_members_are_sorted_and_nothing_is_spaced() -> None:
    assert canonical({"b": [1, True, None], "a_": "x", "a": {}}) == b'{"a":{},"a_":"x","b":[1,true,null]}'


def test_a_tuple_is_written_as_an_array() -> None:
    assert canonical({"subjects": ("a", "b")}) == b'{"subjects":["a","b"]}'


@pytest.mark.parametrize("number", [1.5, 1.0, -0.0, float("nan"), float("inf")])
def test_floats_are_refused_even_where_they_are_whole(number: float) -> None:
    assert refused({"data": {"points": number}}).code == "float-not-allowed"


@pytest.mark.parametrize("number", [MAX_INTEGER, -MAX_INTEGER, 0])
def test_integers_up_to_the_bound_are_kept(number: int) -> None:
    assert parse(canonical([number])) == [number]


@pytest.mark.parametrize("number", [MAX_INTEGER + 1, -MAX_INTEGER - 1, 2**64, 10**400])
def test_integers_beyond_the_bound_are_refused(number: int) -> None:
    assert refused({"count": number}).code == "integer-out-of-range"
    assert refused([number]).code == "integer-out-of-range"
    assert refused(number).code == "integer-out-of-range"


@pytest.mark.parametrize("name", ["", "A", "aB", "1a", "_a", "a-b", "a b", "é", "a\n", "名", 1, None])
def test_member_names_are_plain(name: Any) -> None:
    assert refused({"a": 1, name: 2}).code == "bad-name"


def test_a_bad_name_is_not_repeated_but_its_place_is() -> None:
    error = refused({"data": [{"kept": {"张三": 1}}]})

    assert (error.code, error.field) == ("bad-name", "data[0].kept")
    assert "张三" not in str(error)


def test_a_refusal_says_where_but_never_what() -> None:
    error = refused({"data": {"lines": [{"value": 1}, {"value": 81.32}]}})

    assert error.field == "data.lines[1].value"
    assert "81" not in str(error)


def test_half_a_surrogate_pair_is_refused() -> None:
    error = refused({"data": {"names": ["张", "x\ud800"]}})

    assert (error.code, error.field) == ("lone-surrogate", "data.names[1]")
    for half in ("\ud800", "\udfff"):
        assert (refused(half).code, refused(half).field) == ("lone-surrogate", None)


def test_nesting_is_bounded() -> None:
    assert parse(canonical(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    assert refused(nested(MAX_DEPTH + 1)).code == "too-deep"
    assert refused({"a": nested(MAX_DEPTH)}).code == "too-deep"
    innermost = refused(nested_objects(MAX_DEPTH + 1))
    assert innermost.code == "too-deep"
    assert innermost.field == ".".join(["a"] * MAX_DEPTH)
    assert parse(canonical(nested_objects(MAX_DEPTH))) == nested_objects(MAX_DEPTH)


def test_a_part_of_a_value_is_checked_at_its_level() -> None:
    check_plain(nested(MAX_DEPTH))
    check_plain(nested(MAX_DEPTH - 1), 2)

    for value, depth, code in ((nested(MAX_DEPTH), 2, "too-deep"), ({"a": 1.5}, 1, "float-not-allowed")):
        with pytest.raises(EncodingError) as caught:
            check_plain(value, depth)
        assert caught.value.code == code


def test_a_value_that_holds_itself_is_too_deep() -> None:
    value: dict[str, Any] = {}
    value["self"] = value

    assert refused(value).code == "too-deep"


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize("value", [b"bytes", date(2025, 1, 1), {1, 2}, Colour.RED, 1 + 2j, object()])
def test_only_plain_values_have_a_canonical_form(value: Any) -> None:
    assert refused([value]).code == "unsupported-type"


def test_a_decomposed_string_is_kept_as_given_in_a_section() -> None:
    assert parse(canonical(["e\u0301"])) == ["e\u0301"]


def test_a_decomposed_string_is_refused_in_a_header() -> None:
    error = refused({"data": {"given": ["é", "e\u0301"]}}, nfc=True)

    assert (error.code, error.field) == ("not-nfc", "data.given[1]")
    assert refused("e\u0301", nfc=True).field is None


def test_composed_strings_pass_the_check_of_a_header() -> None:
    value = {"basis": "〈办法〉第十二条 é"}

    check_nfc(value)
    assert canonical(value, nfc=True) == canonical(value)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"[1,]", "not-json"),
        (b"NaN", "not-json"),
        (b"1 2", "not-json"),
        (b"\xef\xbb\xbf1", "not-json"),
        (b' {"a":1}', "not-canonical"),
        (b'{"a": 1}', "not-canonical"),
        (b'{"a":1}\n', "not-canonical"),
        (b'{"b":1,"a":2}', "not-canonical"),
        (b'"\\u0041"', "not-canonical"),
        (b'"\\/"', "not-canonical"),
        (b'"\\u001F"', "not-canonical"),
        (b"-0", "not-canonical"),
        (b"1e2", "float-not-allowed"),
        (b"1.0", "float-not-allowed"),
        (b"[1E400]", "float-not-allowed"),
        (b'{"a":1,"a":1}', "duplicate-name"),
        (b'{"x":{"a":1,"b":2,"a":3}}', "duplicate-name"),
        (b'{"A":1}', "bad-name"),
        (b"[9007199254740991 ]", "not-canonical"),
        (b"[-9007199254740991 ]", "not-canonical"),
        (b"9007199254740992", "integer-out-of-range"),
        (b"9" * 10_000, "integer-out-of-range"),
        (b'"\\ud800"', "lone-surrogate"),
        (b'{"a":"\\ud800"}', "lone-surrogate"),
        (b'["\\udc00\\ud800 and more text"]', "lone-surrogate"),
        (b'"\xed\xa0\x80"', "not-utf-8"),
        ("張三".encode("gb18030"), "not-utf-8"),
        (b"[" * 100_000, "too-deep"),
        (b"[" * 33 + b"]" * 33, "too-deep"),
    ],
)
def test_bytes_that_are_not_canonical_are_refused_by_name(data: bytes, code: str) -> None:
    assert unparsable(data) == code


def test_names_stay_checked_after_the_store_of_known_names_is_full() -> None:
    short, long = "a" * 64, "a" * 65
    encoding._known_names.clear()
    canonical({short: 1, long: 1})
    assert encoding._known_names == {short}
    for number in range(5000):
        canonical({f"name_{number}": 1})

    assert len(encoding._known_names) == encoding._KNOWN_NAMES_LIMIT
    assert canonical({"one_more": 1}) == b'{"one_more":1}'
    assert refused({"One_more": 1}).code == "bad-name"
