"""No byte of an artefact can be changed unseen: each one is, twice, and the verifier says tampering.

The one exception is known and asserted: a cosignature line whose name or key id is changed is the line of a witness
nobody knows, so the witness has not signed, which is a gap (7).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
import verify_export
from verify_export import EXIT_GAP, EXIT_MANIPULATION, EXIT_OK, Judged, Trust, exit_status, judge_open_file

from ledger.log.encoding import canonical
from tests.support.artefacts import EXPORT, UNIT, Files, HandLog, a_key, json_line, section

WITNESSES = ("w.example/1",)


ENTRIES = 4


def small_log() -> Files:
    """A log with a document, a required unit key, an act that it signed, and two sections."""
    log = HandLog()
    log.files.witnesses = {name: a_key(name) for name in WITNESSES}
    log.files.documents = [b"edition"]
    log.introduce_actor(a_key("actor"), required=True)
    log.append("rulebook.activated.v1", {"digest": sha256(b"edition").hexdigest()}, stream="rulebook/1")
    log.act(a_key("actor"), sections=[section("summary", "承诺"), section("grounds", 1)])
    return log.files


def mutations(data: bytes) -> list[tuple[int, bytes]]:
    """(position, bytes with one byte changed), two for each byte."""
    return [(at, data[:at] + bytes([data[at] ^ xor]) + data[at + 1 :]) for at in range(len(data)) for xor in (1, 0xFF)]


def names_a_witness(data: bytes) -> set[int]:
    """The positions of the names and key ids in the cosignature lines."""
    found: set[int] = set()
    for name in WITNESSES:
        at = data.index(f"— {name} ".encode()) + len("— ".encode())
        # Six base64 digits hold four bytes: the key id, and with the last the first bits of the time.
        found |= set(range(at, at + len(name))) | set(range(at + len(name) + 1, at + len(name) + 7))
    return found


def status(data: bytes, trust: Trust) -> int:
    """The exit status that these bytes earn."""
    return exit_status([judge_open_file(BytesIO(data), Judged("in memory"), trust).report])


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """One artefact of each kind."""
    log = small_log()
    return {
        "receipt": log.receipt(3),
        "checkpoint": log.checkpoint(),
        "bundle": log.bundle([3]),
        "export": log.export(),
    }


@pytest.mark.parametrize("kind", ["receipt", "checkpoint", "bundle", "export"])
def test_no_byte_can_be_changed_unseen(kind: str, files: dict[str, bytes]) -> None:
    log = small_log()
    trust = Trust(
        keys=tuple(verify_export.parse_key(vkey) for vkey in log.vkeys),
        witnesses=tuple(verify_export.parse_key(vkey) for vkey in log.witness_vkeys),
        quorum=len(WITNESSES),
        require_witnessed=True,
    )
    assert status(files[kind], trust) == EXIT_OK
    exempt = names_a_witness(files[kind])
    wrong = [
        at
        for at, data in mutations(files[kind])
        if status(data, trust) not in ({EXIT_MANIPULATION, EXIT_GAP} if at in exempt else {EXIT_MANIPULATION})
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", ["receipt", "checkpoint", "bundle", "export"])
def test_no_file_can_be_cut_unseen(kind: str, files: dict[str, bytes]) -> None:
    """Cut anywhere, a file is malformed; cut between two lines, an export lacks entries, and a note lacks only
    cosignatures, which nobody here requires."""
    trust = Trust(keys=tuple(verify_export.parse_key(vkey) for vkey in small_log().vkeys))
    data = files[kind]
    note = data.rindex("\n\n— ".encode()) if kind in ("receipt", "checkpoint") else len(data)
    for length in range(len(data)):
        behind_a_line = data[:length].endswith(b"\n")
        if length > note + 2 and behind_a_line:
            expected = EXIT_OK
        elif kind == "export" and behind_a_line and data[:length].count(b"\n") < ENTRIES + 1:
            expected = EXIT_GAP
        else:
            expected = EXIT_MANIPULATION
        assert status(data[:length], trust) == expected, length


OTHER_VALUES: list[Any] = [None, True, 0, -1, 2**53 - 1, "", "x", [], [[]], {}, {"a": []}]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value within a value."""
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in members:
        yield from places(member, (*path, step))


def put(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The value with another one at a path."""
    if not path:
        return other
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = put(value[path[0]], path[1:], other)
    return changed


def test_a_value_of_any_other_type_anywhere_is_a_finding_and_never_an_error() -> None:
    """Well-formed lines with one value replaced: what gets past the parsers must not get past the checks."""
    log = small_log()
    key_id = log.vkeys[0].split("+")[1]
    hand = HandLog()
    hand.append("key.revoked.v1", {"key": key_id, "since": 1})
    entries = [*log.entries, hand.files.entries[-1]]
    bundle = log.bundle_value([3])
    trust = Trust()
    for index, entry in enumerate(entries):
        value = json.loads(entry)
        for path in places(value):
            for other in OTHER_VALUES:
                log.entries = [*entries[:index], canonical(put(value, path, other)), *entries[index + 1 :]]
                judge_open_file(BytesIO(export_of(log)), Judged("in memory"), trust)
    for path in places(bundle):
        for other in OTHER_VALUES:
            changed = put(bundle, path, other)
            chosen_otherwise = path[-1:] == ("disclosures",) and other == []  # no section is disclosed
            if changed != bundle and not chosen_otherwise:
                assert status(json_line(changed), trust) == EXIT_MANIPULATION, path


def export_of(log: Files) -> bytes:
    """An export whose header is right in form only, for entries that may be anything."""
    note = log.note(len(log.entries), root=bytes(32)).format()
    header = {"checkpoint": note, "documents": 0, "format": EXPORT, "keys": log.vkeys}
    return b"\n".join([canonical(header), *log.entries, b""])


def test_the_small_log_has_what_can_be_tampered_with(files: dict[str, bytes]) -> None:
    assert files["export"].count(b"\n") == 1 + ENTRIES + 1
    assert UNIT.encode() in files["export"]
    assert b'"sig":"' in files["export"]
    assert b'{"document":"' in files["export"]
    assert files["bundle"].count(b'"disclosures":["') == 1
