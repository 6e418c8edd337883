"""A line is one JSON object of exactly these members; whatever else it is has a code and a field, and is not echoed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.errors import Group, Invalid
from ledger.line import MAX_LINE_BYTES, Line, LineActor, parse_day, parse_line

ACTOR = {"id": "credit-1", "role": "CREDIT", "unit_id": "CREDIT-OFFICE"}
LINE: dict[str, Any] = {
    "type": "RecordVoided",
    "effective_on": "2025-02-01",
    "actor": ACTOR,
    "data": {"breach_id": "B1"},
}
SECRET = "绝密姓名"


def written(**changes: Any) -> bytes:
    return json.dumps({**LINE, **changes}, ensure_ascii=False).encode()


def refusal_of(data: bytes) -> tuple[str, str | None]:
    with pytest.raises(Invalid) as wrong:
        parse_line(data, 7)
    assert wrong.value.group is Group.INVALID
    assert SECRET not in str(wrong.value)
    return wrong.value.code, wrong.value.field


def test_a_line_is_what_it_says() -> None:
    line = parse_line(written(recorded_at="2025-02-01T09:00:00+08:00", basis=["R-1"], purpose="X", after=3), 7)

    assert (line.type, line.effective_on, line.number) == ("RecordVoided", date(2025, 2, 1), 7)
    assert line.actor == LineActor("credit-1", "CREDIT", "CREDIT-OFFICE")
    assert line.recorded_at == datetime(2025, 2, 1, 1, tzinfo=UTC)
    assert (line.basis, line.purpose, line.after, line.data) == (("R-1",), "X", 3, {"breach_id": "B1"})


@pytest.mark.parametrize("member", ["type", "effective_on", "actor", "data"])
def test_a_required_member_is_named(member: str) -> None:
    line = {name: value for name, value in LINE.items() if name != member}

    assert refusal_of(json.dumps(line).encode()) == ("missing-field", member)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"note": "x"}, "unknown-field", "note"),
        ({SECRET: "x"}, "unknown-field", "(unprintable name)"),
        ({"type": 7}, "wrong-type", "type"),
        ({"data": []}, "wrong-type", "data"),
        ({"actor": "P1"}, "wrong-type", "actor"),
        ({"actor": {"id": "P1"}}, "missing-field", "actor.role"),
        ({"actor": {**ACTOR, "mood": "x"}}, "unknown-field", "actor.mood"),
        ({"actor": {**ACTOR, "id": ""}}, "wrong-type", "actor.id"),
        ({"actor": {**ACTOR, "unit_id": None}}, "wrong-type", "actor.unit_id"),
        ({"effective_on": "2025-02-30"}, "impossible-date", "effective_on"),
        ({"effective_on": "01.02.2025"}, "bad-date", "effective_on"),
        ({"effective_on": 20250201}, "bad-date", "effective_on"),
        ({"recorded_at": "2025-02-01"}, "bad-time", "recorded_at"),
        ({"recorded_at": "2025-02-01T09:00:00"}, "bad-time", "recorded_at"),
        ({"recorded_at": 7}, "wrong-type", "recorded_at"),
        ({"source": "OLD"}, "wrong-type", "source"),
        ({"source": {"record": 7}}, "wrong-type", "source"),
        ({"basis": "R-1"}, "wrong-type", "basis"),
        ({"purpose": 7}, "wrong-type", "purpose"),
        ({"after": -1}, "wrong-type", "after"),
        ({"after": True}, "wrong-type", "after"),
    ],
    ids=lambda value: str(value).replace(SECRET, "name")[:40],
)
def test_a_member_has_its_type(changes: dict[str, Any], code: str, field: str) -> None:
    assert refusal_of(written(**changes)) == (code, field)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"source": {"system": "OLD", "note": SECRET}}, "unknown-field", "source.note"),
        ({"source": {SECRET: "x"}}, "unknown-field", "source.(unprintable name)"),
        ({"source": {"system": "O" * 201}}, "too-long", "source.system"),
        ({"source": {"system": "OLD", "record": ""}}, "empty", "source.record"),
        ({"source": {"system": "\ud800"}}, "lone-surrogate", "source.system"),
        ({"source": {"system": "OLD", "recorded_at": "yesterday"}}, "bad-time", "source.recorded_at"),
        ({"actor": {**ACTOR, "id": "x" * 201}}, "too-long", "actor.id"),
        ({"actor": {**ACTOR, "id": "\ud800"}}, "lone-surrogate", "actor.id"),
        ({"actor": {**ACTOR, "id": "a\u202eb"}}, "forbidden-character", "actor.id"),
        ({"actor": {**ACTOR, "id": "e\u0301"}}, "not-nfc", "actor.id"),
        ({"actor": {**ACTOR, "id": "a\nb"}}, "forbidden-character", "actor.id"),
        ({"actor": {**ACTOR, "unit_id": "\ud800"}}, "lone-surrogate", "actor.unit_id"),
        ({"actor": {**ACTOR, "unit_id": "U\u200b1"}}, "forbidden-character", "actor.unit_id"),
        ({"purpose": f"{SECRET}的档案"}, "bad-code", "purpose"),
        ({"purpose": "\ud800"}, "bad-code", "purpose"),
        ({"purpose": "RECRUIT\n"}, "bad-code", "purpose"),
        ({"purpose": "R" * 65}, "bad-code", "purpose"),
        ({"basis": ["R-1", "R" * 201]}, "too-long", "basis.1"),
        ({"basis": [""]}, "empty", "basis.0"),
        ({"basis": ["R\u202e1"]}, "forbidden-character", "basis.0"),
        ({"recorded_at": "0001-01-01T00:00:00+08:00"}, "bad-time", "recorded_at"),
        ({"recorded_at": "2025-W01-1T00:00:00+00:00"}, "bad-time", "recorded_at"),
    ],
    ids=lambda value: ascii(value).replace(ascii(SECRET)[1:-1], "name")[:60],
)
def test_what_enters_the_entry_plain_has_no_room_for_words(changes: dict[str, Any], code: str, field: str) -> None:
    assert refusal_of(json.dumps({**LINE, **changes}).encode()) == (code, field)


def test_a_line_made_by_a_door_obeys_the_same_rules() -> None:
    with pytest.raises(Invalid) as wrong:
        LineActor("a\u202eb", "HR")
    assert (wrong.value.code, wrong.value.field) == ("forbidden-character", "actor.id")
    with pytest.raises(Invalid) as wrong:
        Line("RecordVoided", date(2025, 2, 1), LineActor("a", "HR"), {}, source={"note": "x"})
    assert (wrong.value.code, wrong.value.field) == ("unknown-field", "source.note")


def test_a_source_names_its_system_its_record_and_its_time() -> None:
    source = {"system": "OLD", "record": "张-7", "recorded_at": "2020-01-01T00:00:00+08:00"}

    assert parse_line(written(source=source)).source == source


def test_clauses_are_in_the_words_of_the_law() -> None:
    assert parse_line(written(basis=["公务员法 26(4)"])).basis == ("公务员法 26(4)",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"[]", "not-an-object"),
        (b'"x"', "not-an-object"),
        (b'{"a": 1.5}', "float-not-allowed"),
        (b'{"a": 1e2}', "float-not-allowed"),
        (b'{"a": NaN}', "float-not-allowed"),
        (b'{"a": Infinity}', "float-not-allowed"),
        (b'{"a": 9007199254740992}', "integer-out-of-range"),
        (b'{"a": 123456789012345678901234567890}', "integer-out-of-range"),
        (b"[" * 100_000, "too-deep"),
        (b'{"a": "\xff"}', "not-utf8"),
    ],
    ids=["empty", "half", "list", "string", "fraction", "exponent", "nan", "infinity", "2^53", "huge", "deep", "bytes"],
)
def test_what_is_no_object_of_plain_json_is_refused(text: bytes, code: str) -> None:
    assert refusal_of(text)[0] == code


@pytest.mark.parametrize(
    ("value", "code"),
    [("1.0", "float-not-allowed"), ("1e2", "float-not-allowed"), ("-9007199254740992", "integer-out-of-range")],
)
def test_a_number_that_is_not_written_is_named_by_its_place(value: str, code: str) -> None:
    text = written(data={"dimensions": [{"id": "a", "weight": 60}, {"id": "b", "weight": 40}]}).decode()

    assert refusal_of(text.replace("40", value).encode()) == (code, "data.dimensions.1.weight")


@pytest.mark.parametrize("inside", ["", "data"], ids=["top", "nested"])
def test_a_name_that_stands_twice_is_named(inside: str) -> None:
    text = '{"x": 1, "x": 1}' if not inside else '{"data": {"x": 1, "x": 2}}'

    assert refusal_of(text.encode()) == ("duplicate-name", "x")


def test_a_line_in_gb18030_is_refused() -> None:
    assert refusal_of(json.dumps({**LINE, "purpose": SECRET}, ensure_ascii=False).encode("gb18030"))[0] == "not-utf8"


def test_a_line_holds_a_mebibyte_and_not_a_byte_more() -> None:
    frame = len(written(data={"text": ""}))
    longest = written(data={"text": "x" * (MAX_LINE_BYTES - frame)})
    assert len(longest) == MAX_LINE_BYTES
    parse_line(longest)

    assert refusal_of(longest + b" ") == ("line-too-long", None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2025-2-1", "bad-date"),
        ("2025/02/01", "bad-date"),
        ("2025-02-3０", "bad-date"),
        ("2023-02-29", "impossible-date"),
        ("2025-00-10", "impossible-date"),
        ("0000-01-01", "impossible-date"),
        (None, "bad-date"),
        ("", "bad-date"),
    ],
)
def test_a_day_is_a_day_of_the_calendar(text: object, code: str) -> None:
    with pytest.raises(Invalid) as wrong:
        parse_day(text, "here")

    assert (wrong.value.code, wrong.value.field) == (code, "here")


def test_a_leap_day_is_a_day() -> None:
    assert parse_day("2024-02-29", "here") == date(2024, 2, 29)
