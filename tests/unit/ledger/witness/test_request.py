"""`add-checkpoint` bodies: read back as written, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Invalid
from ledger.witness.request import MAX_BODY_BYTES, BadWitnessRequest, parse_add_checkpoint
from tests.support.witnesses import SignedLog

LOG = SignedLog(40)
BODY = LOG.request(5, 13).format().encode()


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_body_is_read_back_as_written(one: int, other: int) -> None:
    request = LOG.request(min(one, other), max(one, other))

    assert parse_add_checkpoint(request.format().encode()) == request


def test_every_changed_byte_is_refused_or_read_back_as_written() -> None:
    for place in range(len(BODY)):
        for change in (BODY[place] ^ 0x01, BODY[place] ^ 0x20, 0x0A, 0xFF):
            changed = BODY[:place] + bytes([change]) + BODY[place + 1 :]
            try:
                request = parse_add_checkpoint(changed)
            except BadWitnessRequest:
                continue
            assert request.format().encode() == changed


@pytest.mark.parametrize("length", range(0, len(BODY), 7))
def test_a_part_of_a_body_is_none(length: int) -> None:
    with pytest.raises(BadWitnessRequest):
        parse_add_checkpoint(BODY[:length])


@pytest.mark.parametrize("old", ["05", "+5", "-5", "5 ", " 5", "", "five", "5.0", "\u0665", "1" * 20, "1_0"])
def test_an_old_size_is_a_plain_decimal(old: str) -> None:
    with pytest.raises(BadWitnessRequest):
        parse_add_checkpoint(BODY.replace(b"old 5", f"old {old}".encode(), 1))


@pytest.mark.parametrize("old", [0, 10, 2**63 - 1])
def test_an_old_size_is_anything_below_2_63(old: int) -> None:
    body = BODY.replace(b"old 5", b"old %d" % old, 1)

    assert parse_add_checkpoint(body).old == old


@pytest.mark.parametrize(("hashes", "accepted"), [(0, True), (63, True), (64, False)])
def test_a_proof_has_at_most_63_lines(hashes: int, accepted: bool) -> None:
    body = LOG.request(0, 13).format().replace("old 0\n", "old 0\n" + ("A" * 43 + "=\n") * hashes).encode()
    if accepted:
        assert len(parse_add_checkpoint(body).proof) == hashes
    else:
        with pytest.raises(BadWitnessRequest):
            parse_add_checkpoint(body)


@pytest.mark.parametrize("line", ["A" * 42 + "==", "A" * 44, "A" * 42 + "B=", "*" * 44, " " + "A" * 43 + "="])
def test_a_line_of_a_proof_is_base64_of_a_hash(line: str) -> None:
    with pytest.raises(BadWitnessRequest):
        parse_add_checkpoint(LOG.request(0, 13).format().replace("old 0\n", f"old 0\n{line}\n").encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 5",
        b"old 5\n\n",
        b"new 5" + BODY[5:],
        BODY.replace(b"\n", b"\r\n"),
        BODY + b"\n",
        BODY + b"more",
        BODY.replace(b"\xe2\x80\x94", b"-"),
        BODY.replace(b"localhost", b"local\xff"),
        b"old 5\n\nsome note\n\n" + BODY.split(b"\n\n")[2],
        BODY + b"x" * MAX_BODY_BYTES,
    ],
)
def test_what_is_no_body_is_refused_as_malformed(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        parse_add_checkpoint(body)

    assert refused.value.code == "bad-witness-request"


def test_a_body_of_arbitrary_bytes_raises_nothing_else() -> None:
    @given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"old 1\n{text}".encode()))
    def try_it(body: bytes) -> None:
        with pytest.raises(BadWitnessRequest):
            parse_add_checkpoint(body)

    try_it()
