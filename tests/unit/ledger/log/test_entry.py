"""The entry: formatting and parsing undo each other, and nothing but what formatting writes is an entry."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import VerificationError
from ledger.log.encoding import EncodingError, canonical
from ledger.log.entry import MAX_ENTRY_BYTES, Entry, Signature, format_entry, is_moment, parse_entry, signed_message

STAMP = "2025-01-01T01:01:00.000000Z"
HEADER: dict[str, Any] = {"v": 0, "type": "breach.confirmed.v1", "data": {"severity": "GENERAL", "basis": "第十二条"}}
A, B = Signature("0000000a", b"\x01" * 64), Signature("f000000b", b"\x02" * 64)


def entry_of(header: dict[str, Any] = HEADER, *, signatures: tuple[Signature, ...] = ()) -> bytes:
    return format_entry(canonical(header, nfc=True), recorded_at=STAMP, version=3, signatures=signatures)


def refused(data: bytes) -> str:
    with pytest.raises(VerificationError) as caught:
        parse_entry(data)
    return caught.value.detail


def test_an_entry_is_the_canonical_form_of_header_place_and_signatures() -> None:
    assert entry_of(signatures=(A,)) == rfc8785.dumps(
        {
            "h": HEADER,
            "p": {"recorded_at": STAMP, "version": 3},
            "s": [{"key": "0000000a", "sig": b64encode(A.sig).decode()}],
        }
    )


@pytest.mark.parametrize("signatures", [(), (A,), (A, B)])
def test_parsing_an_entry_undoes_formatting_it(signatures: tuple[Signature, ...]) -> None:
    assert parse_entry(entry_of(signatures=signatures)) == Entry(HEADER, STAMP, 3, signatures)


def test_every_changed_byte_is_refused_or_another_entry() -> None:
    good = entry_of(signatures=(A,))

    for at in range(len(good)):
        for flip in (0x01, 0x20, 0x80):
            changed = good[:at] + bytes([good[at] ^ flip]) + good[at + 1 :]
            try:
                entry = parse_entry(changed)
            except VerificationError:
                continue
            assert entry != parse_entry(good)


def test_every_cut_and_every_addition_is_refused() -> None:
    good = entry_of()

    for at in range(len(good)):
        refused(good[:at])
    for rest in (b" ", b"\n", b"\x00", b"}", good):
        refused(good + rest)
        refused(rest + good)


@pytest.mark.parametrize(
    "data",
    [
        b'{"h":{"v":0},"p":{"recorded_at":"%s","version":3}}',
        b'{"h":{"v":0},"p":{"recorded_at":"%s"},"s":[]}',
        b'{"h":{"v":0},"p":{"recorded_at":"%s","version":3},"s":[],"t":1}',
        b'{"h":{"v":0},"p":{"recorded_at":"%s","version":3,"x":1},"s":[]}',
        b'{"h":{"v":0},"p":{"recorded_at":"%s","version":"3"},"s":[]}',
        b'{"h":{"v":0},"p":{"recorded_at":"%s","version":true},"s":[]}',
        b'{"h":[],"p":{"recorded_at":"%s","version":3},"s":[]}',
        b'{"h":{"v":0},"p":{"recorded_at":"%s","version":3},"s":{}}',
        b'{"h":{"v":0},"p":{"recorded_at":"%s","version":3},"s":[{"key":"0000000a"}]}',
        b'[{"v":0},{"recorded_at":"%s","version":3},[]]',
    ],
)
def test_an_entry_has_exactly_its_members(data: bytes) -> None:
    assert "form" in refused(data.replace(b"%s", STAMP.encode()))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"v":0', b'"v":0,"v":0'),
        (b'"v":0', b'"v":0.0'),
        (b'"v":0', b'"v":1e2'),
        (b'"v":0', b'"v": 0'),
        (b'"v":0', b'"v":-0'),
        (b'"v":0', b'"V":0'),
        (b'"v":0', b'"v":9007199254740992'),
        (b'"version":3', b'"version":3.0'),
        (b'"version":3', b'"version":3,"version":3'),
        (b'"s":[]', b'"s":[],"s":[]'),
        (b"GENERAL", b"GENER\\u0041L"),
        (b"GENERAL", b"GENER\\ud800L"),
        (b"GENERAL", b"GENER\xffL"),
        (b"GENERAL", "GENERe\u0301L".encode()),
    ],
)
def test_an_entry_that_is_not_canonical_is_refused(before: bytes, after: bytes) -> None:
    good = entry_of()
    assert before in good

    refused(good.replace(before, after))


@pytest.mark.parametrize("version", [0, -1, 2**53, True])
def test_versions_count_from_one(version: int) -> None:
    with pytest.raises(EncodingError) as caught:
        format_entry(canonical(HEADER), recorded_at=STAMP, version=version)

    assert (caught.value.code, caught.value.field) == ("bad-version", "p.version")


@pytest.mark.parametrize(
    "stamp",
    [
        "2025-01-01T01:01:00Z",
        "2025-01-01T01:01:00.000Z",
        "2025-01-01 01:01:00.000000Z",
        "2025-01-01T01:01:00.000000+00:00",
        "2025-01-01T01:01:00.000000+08:00",
        "2025-01-01T01:01:00.000000",
        "2025-01-01T01:01:00.000000z",
        "2025-02-29T01:01:00.000000Z",
        "2025-01-01T24:00:00.000000Z",
        "2025-01-01T23:59:60.000000Z",
        "2025-W01-1T01:01:00.000000Z",
        "٢025-01-01T01:01:00.000000Z",
        "",
        "Z",
    ],
)
def test_a_stamp_has_one_form(stamp: str) -> None:
    with pytest.raises(EncodingError) as caught:
        format_entry(canonical(HEADER), recorded_at=stamp, version=1)
    assert (caught.value.code, caught.value.field) == ("bad-recorded-at", "p.recorded_at")
    assert is_moment(stamp) is False

    refused(entry_of().replace(STAMP.encode(), stamp.encode()))


def test_a_header_is_an_object() -> None:
    with pytest.raises(EncodingError) as caught:
        format_entry(canonical([1]), recorded_at=STAMP, version=1)

    assert (caught.value.code, caught.value.field) == ("bad-header", "h")


def test_an_entry_that_nests_too_deep_is_refused() -> None:
    refused(b'{"h":{"a":' + b"[" * 60_000)


def test_an_entry_may_be_as_large_as_the_bound_and_no_larger() -> None:
    room = MAX_ENTRY_BYTES - len(entry_of({"text": ""}))
    largest = entry_of({"text": "x" * room})
    assert len(largest) == MAX_ENTRY_BYTES == 65_535
    assert parse_entry(largest).version == 3

    with pytest.raises(EncodingError) as caught:
        entry_of({"text": "x" * (room + 1)})
    assert caught.value.code == "entry-too-large"
    assert "65536" in refused(largest.replace(b"xx", b"xxx", 1))


@pytest.mark.parametrize(
    ("signatures", "field"),
    [
        ((B, A), "s"),
        ((A, A), "s"),
        ((Signature("0000000A", A.sig),), "s[0].key"),
        ((Signature("0000000X", A.sig),), "s[0].key"),
        ((Signature("a", A.sig),), "s[0].key"),
        ((A, Signature("f000000b", b"\x01" * 63)), "s[1].sig"),
    ],
)
def test_signatures_are_whole_and_sorted_one_for_each_key(signatures: tuple[Signature, ...], field: str) -> None:
    with pytest.raises(EncodingError) as caught:
        entry_of(signatures=signatures)

    assert (caught.value.code, caught.value.field) == ("bad-signature", field)


def test_swapped_signatures_are_refused() -> None:
    good = entry_of(signatures=(A, B))
    head, _, list_of = good.partition(b'"s":[')
    first, second = list_of.removesuffix(b"]}").split(b"},")

    refused(head + b'"s":[' + second + b"," + first + b"}]}")


def test_base64_with_loose_trailing_bits_is_refused() -> None:
    good = entry_of(signatures=(A,))
    assert good.endswith(b'AQ=="}]}')

    refused(good.replace(b'AQ=="', b'AR=="'))


def test_a_signature_covers_origin_and_header_but_not_the_place() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    header = canonical(HEADER, nfc=True)
    signature = Signature("0000000a", key.sign(signed_message("localhost/a", header)))

    entry = parse_entry(format_entry(header, recorded_at=STAMP, version=9, signatures=[signature]))

    message = signed_message("localhost/a", canonical(entry.header))
    key.public_key().verify(entry.signatures[0].sig, message)
    assert message == b"localhost/a/event/v1\n" + header
