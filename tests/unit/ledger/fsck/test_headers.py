"""The fast reading of entries accepts less than the long one, and answers the same."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import UNSET

from ledger.errors import VerificationError
from ledger.fsck.headers import Header, read_entry
from ledger.log.encoding import canonical
from ledger.log.entry import Signature, format_entry, parse_entry

AT = "2025-01-02T03:04:05.000006Z"
HEADER = {
    "v": 0,
    "origin": "localhost/x",
    "id": "1",
    "type": "a.made.v1",
    "stream": "a/1",
    "effective_on": "2025-01-02",
    "actor": {"id": "1", "role": "DECIDER"},
    "data": {"name": "单位", "count": 3, "list": ["a"], "deep": [{"b": {"c": None}}], "yes": True},
    "after": 1,
    "source": {"system": "S"},
    "subjects": ["a", "b"],
    "sd": ["00"],
}
WRITTEN = format_entry(canonical(HEADER, nfc=True), recorded_at=AT, version=2)


def at_length(state: bytes) -> tuple[Header, str, int] | None:
    """What the long way reads."""
    try:
        entry = parse_entry(state)
        return msgspec.convert(entry.header, Header), entry.recorded_at, entry.version
    except (VerificationError, msgspec.ValidationError):
        return None


def written(**changes: object) -> bytes:
    header = {name: value for name, value in (HEADER | changes).items() if value is not UNSET}
    return format_entry(canonical(header), recorded_at=AT, version=2)


def test_an_entry_is_read_as_the_long_way_reads_it() -> None:
    assert read_entry(WRITTEN) == at_length(WRITTEN) is not None


@pytest.mark.parametrize("name", ["after", "source", "subjects", "sd"])
def test_members_may_be_absent(name: str) -> None:
    state = written(**{name: UNSET})

    assert read_entry(state) == at_length(state) is not None


@pytest.mark.parametrize(
    "state",
    [
        WRITTEN.replace(b'"count":3', b'"count":3.0'),
        WRITTEN.replace(b'"count":3', b'"count":3e0'),
        WRITTEN.replace(b'"count":3', b'"count":1.5'),
        WRITTEN.replace(b'"count":3', b'"count":-0'),
        WRITTEN.replace(b'"count":3', b'"count":9007199254740992'),
        WRITTEN.replace(b'"count":3', b'"count":3,"count":3'),
        WRITTEN.replace(b'"c":null', b'"C":null'),
        WRITTEN.replace(b'"c":null', b'"c":0.5'),
        WRITTEN.replace(b'"after":1', b'"after":9007199254740992'),
        WRITTEN.replace(b'"v":0', b'"v":9007199254740992'),
        WRITTEN.replace(b'"v":0', b'"v":0.0'),
        WRITTEN.replace(b'"v":0', b'"more":0,"v":0'),
        WRITTEN.replace(b'"role":', b'"Role":'),
        WRITTEN.replace(b'"system":', b'"sys-tem":'),
        WRITTEN.replace(b'"version":2', b'"version":0'),
        WRITTEN.replace(b'"version":2', b'"version":9007199254740992'),
        WRITTEN.replace(b"2025-01-02T03", b"2025-02-30T03"),
        WRITTEN.replace(b"2025-01-02T03", b"2025-01-02 03"),
        WRITTEN.replace("单位".encode(), "e\u0301".encode()),
        WRITTEN.replace("单位".encode(), b"\\u5355\\u4f4d"),
        WRITTEN.replace("单位".encode(), b"\\ud800"),
        WRITTEN.replace("单位".encode(), b"\xff"),
        WRITTEN.replace(b'"yes":true', b'"yes":' + b"[" * 40 + b"]" * 40),
        WRITTEN.replace(b'"yes":true', b'"yes":"' + b"x" * 70_000 + b'"'),
        WRITTEN.replace(b'"actor":{', b'"actor": {'),
        WRITTEN.replace(b'"s":[]', b'"s":[{}]'),
        WRITTEN + b" ",
        b"",
        b"[" * 60_000,
    ],
)
def test_what_is_no_canonical_entry_is_left_to_the_long_way(state: bytes) -> None:
    assert state != WRITTEN
    assert at_length(state) is None
    assert read_entry(state) is None


def test_a_signed_entry_is_left_to_the_long_way() -> None:
    state = format_entry(canonical(HEADER), recorded_at=AT, version=2, signatures=[Signature("0" * 8, b"\0" * 64)])

    assert at_length(state) is not None
    assert read_entry(state) is None


def test_an_empty_list_that_is_written_is_left_to_the_long_way() -> None:
    state = written(subjects=[])

    assert read_entry(state) is None
    assert at_length(state) is not None


def test_the_deepest_data_are_read_alike() -> None:
    for depth in range(26, 34):
        state = b'{"h":' + WRITTEN[5:].replace(b'"yes":true', b'"yes":' + canonical_deep(depth))
        assert read_entry(state) == at_length(state), depth


def canonical_deep(depth: int) -> bytes:
    return b"[" * depth + b"1" + b"]" * depth
