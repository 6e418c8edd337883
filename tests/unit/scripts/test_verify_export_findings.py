"""Every finding of the independent verifier: a file that is right but for one thing, and what is said of it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import verify_export
from verify_export import Report, Trust, judge_file

from ledger.artefacts.bundle import make_bundle
from ledger.artefacts.export import write_export
from ledger.artefacts.receipt import make_receipt
from ledger.log.encoding import canonical
from ledger.log.note import SignedNote, format_vkey
from tests.support.artefacts import (
    LEDGER_STREAM,
    OTHER_UNIT,
    UNIT,
    Files,
    HandLog,
    a_key,
    b64,
    files_of,
    json_line,
    public,
    resigned,
    section,
)
from tests.support.scene import a_scene

Said = list[tuple[str, str, int | None]]


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., Report]:
    """Judges bytes as a file."""

    def judged(data: bytes, trust: Trust | None = None) -> Report:
        (tmp_path / "file").write_bytes(data)
        return judge_file(str(tmp_path / "file"), trust or Trust()).report

    return judged


def said(report: Report) -> Said:
    return [(finding.code, finding.grade, finding.index) for finding in report.findings]


def codes(report: Report) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.index) for finding in report.findings]


def trust_in(files: Files, **more: Any) -> Trust:
    return Trust(
        keys=tuple(verify_export.parse_key(vkey) for vkey in files.vkeys),
        witnesses=tuple(verify_export.parse_key(vkey) for vkey in files.witness_vkeys),
        **more,
    )


def a_log(entries: int = 3) -> HandLog:
    """A log of entry 0 and so many more, in two streams."""
    log = HandLog()
    for number in range(entries):
        log.append(stream=f"thing/{number % 2}")
    return log


# What is right.


def test_what_a_real_ledger_holds_is_shown_by_each_kind_of_file(judge: Callable[..., Report], tmp_path: Path) -> None:
    with a_scene(tmp_path / "scene") as scene:
        scene.found()
        files = files_of(scene, {"witness.example/1": a_key("w1"), "witness.example/2": a_key("w2")})
        size = len(files.entries)
        made = {
            "receipt": files.receipt(size - 1),
            "bundle": files.bundle(list(files.disclosures)),
            "export": files.export(),
            "checkpoint": files.checkpoint(),
        }
    assert files.documents
    assert files.disclosures
    for kind, data in made.items():
        report = judge(data, trust_in(files, quorum=2, require_witnessed=True))
        assert (report.kind, report.findings, report.level, report.size) == (kind, [], "witnessed", size)
        assert report.root == files.root(size).hex()
        assert report.origin == files.origin


def test_what_a_ledger_hands_out_is_what_the_formats_say(judge: Callable[..., Report], tmp_path: Path) -> None:
    with a_scene(tmp_path / "scene") as scene:
        scene.found()
        out = BytesIO()
        write_export(scene.ledger, out)
        files = files_of(scene)
        index = max(files.disclosures)
        bundle = make_bundle(scene.ledger, [index], lambda at: files.disclosures[at]).format()
        receipt = make_receipt(scene.store, scene.ledger.publisher, index)
        assert receipt is not None
        made = [out.getvalue(), bundle, receipt.format().encode()]
        assert made == [files.export(), files.bundle([index]), files.receipt(index)]
    for data in made:
        assert said(judge(data, trust_in(files))) == []


def test_what_was_not_checked_is_always_said(judge: Callable[..., Report], tmp_path: Path) -> None:
    log = HandLog()
    log.introduce_actor(a_key("actor"))
    log.act(a_key("actor"), sections=[section("summary", "一"), section("grounds", "二")])
    log.files.disclosures[2] = [section("summary", "一")]
    always = ["that this log leads to any other checkpoint", "whether what was recorded is true"]
    no_key = "that the signing key is the ledger's: no key was given"
    no_witness = "that any witness has seen this checkpoint: no witness key was given"
    alone = "2 of 3 entries are attested by the operator alone: nobody else signed them"

    def unchecked(data: bytes, trust: Trust | None = None) -> list[str]:
        return [english for english, _ in judge(data, trust).not_checked]

    assert unchecked(log.files.export()) == [no_key, no_witness, alone, "sections that were not disclosed: 2", *always]
    assert unchecked(log.files.bundle([2])) == [
        no_key,
        no_witness,
        alone,
        "sections that were not disclosed: 1",
        "later entries about the same records: a bundle shows only what was chosen",
        "that no entry about keys was left out: a bundle cannot show it",
        *always,
    ]
    content = "what the entry says: a receipt holds its hash alone"
    assert unchecked(log.files.receipt(2)) == [no_witness, content, *always]
    log.files.witnesses["witness.example"] = a_key("witness")
    trust = trust_in(log.files, entry=log.files.entries[2])
    assert unchecked(log.files.receipt(2), trust) == always
    assert unchecked(log.files.checkpoint()) == [no_witness, *always]


# The checkpoint.


def test_who_signed_a_checkpoint(judge: Callable[..., Report]) -> None:
    log = a_log()
    checkpoint, origin = log.files.checkpoint(), log.origin
    trust = trust_in(log.files)

    assert said(judge(checkpoint, trust)) == []
    assert said(judge(checkpoint)) == [("no-key", "gap", None)]
    other = resigned(checkpoint, [(origin, a_key("other"))])
    assert said(judge(other, trust)) == [("unsigned", "manipulation", None)]
    assert judge(other, trust).level is None
    under_other_name = resigned(checkpoint, [("other/name", a_key("log"))])
    assert said(judge(under_other_name, trust)) == [("unsigned", "manipulation", None)]
    both = resigned(checkpoint, [(origin, a_key("other")), (origin, a_key("log"))])
    assert said(judge(both, trust)) == []


def test_a_trusted_key_of_another_name_counts_for_nothing(judge: Callable[..., Report]) -> None:
    log = a_log()
    vkey = format_vkey("other/name", public(a_key("log")))
    trust = Trust(keys=(verify_export.parse_key(vkey),))
    signed = resigned(log.files.checkpoint(), [(log.origin, a_key("log")), ("other/name", a_key("log"))])

    assert said(judge(signed, trust)) == [("unsigned", "manipulation", None)]


def test_a_signature_that_does_not_hold_is_named_and_counts_for_nothing(judge: Callable[..., Report]) -> None:
    log = a_log()
    note = log.files.note()
    (line,) = note.signatures
    spoilt = replace(line, signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
    short = replace(line, signature=line.signature[:-1])

    for lines, expected in [
        ((spoilt,), ["bad-signature", "unsigned"]),
        ((short,), ["bad-signature", "unsigned"]),
        ((spoilt, line), ["bad-signature"]),
        ((line, spoilt), ["bad-signature"]),
    ]:
        data = SignedNote(note.text, lines).format().encode()
        assert [code for code, _ in codes(judge(data, trust_in(log.files)))] == expected


def test_witnesses_are_counted_against_the_quorum(judge: Callable[..., Report]) -> None:
    log = a_log()
    log.files.witnesses = {"w.example/1": a_key("w1"), "w.example/2": a_key("w2")}
    checkpoint = log.files.checkpoint()

    for quorum, level, expected in [(1, "witnessed", []), (2, "witnessed", []), (3, "signed", ["not-witnessed"])]:
        report = judge(checkpoint, trust_in(log.files, quorum=quorum, require_witnessed=True))
        assert ([code for code, _ in codes(report)], report.level) == (expected, level)
    assert judge(checkpoint, trust_in(log.files, quorum=3)).findings == []
    assert judge(checkpoint, replace(trust_in(log.files), witnesses=())).level == "signed"
    unwitnessed = judge(checkpoint, replace(trust_in(log.files, require_witnessed=True), witnesses=()))
    assert said(unwitnessed) == [("not-witnessed", "gap", None)]


def test_a_witness_that_did_not_sign_this_does_not_count(judge: Callable[..., Report]) -> None:
    log = a_log()
    log.files.witnesses = {"w.example/1": a_key("w1")}
    trust = trust_in(log.files, require_witnessed=True)
    note, other = log.files.note(), log.files.note(2)
    swapped = SignedNote(note.text, (note.signatures[0], other.signatures[1])).format().encode()
    cosigned_by_one_key_twice = SignedNote(note.text, (*note.signatures, note.signatures[1])).format().encode()

    assert said(judge(swapped, trust)) == [("bad-signature", "manipulation", None), ("not-witnessed", "gap", None)]
    assert said(judge(cosigned_by_one_key_twice, replace(trust, quorum=2))) == [("not-witnessed", "gap", None)]
    line = note.signatures[1]
    late = replace(line, signature=b"\xff" + line.signature[1:])
    data = SignedNote(note.text, (note.signatures[0], late)).format().encode()
    assert [code for code, _ in codes(judge(data, trust))] == ["bad-signature", "not-witnessed"]


CHECKPOINT = "localhost/x\n1\n" + b64(bytes(32)) + "\n"
LINE = "— localhost/x " + b64(bytes(68)) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n",
        CHECKPOINT,
        CHECKPOINT + "\n",
        CHECKPOINT + "\n" + LINE[:-1],
        CHECKPOINT + "\n" + LINE + "\n",
        CHECKPOINT + "\n" + LINE.replace("—", "-"),
        CHECKPOINT + "\n" + LINE.replace(" localhost", "  localhost"),
        CHECKPOINT + "\n" + LINE.replace("/x", "+x"),
        CHECKPOINT + "\n" + LINE.replace("=", ""),
        CHECKPOINT + "\n" + "— localhost/x AAAAAA==\n",
        CHECKPOINT + "\n" + LINE * 101,
        CHECKPOINT.replace("\n1\n", "\n01\n") + "\n" + LINE,
        CHECKPOINT.replace("\n1\n", "\n-1\n") + "\n" + LINE,
        CHECKPOINT.replace("\n1\n", "\n+1\n") + "\n" + LINE,
        CHECKPOINT.replace("\n1\n", "\n１\n") + "\n" + LINE,
        CHECKPOINT.replace("\n1\n", "\n9223372036854775808\n") + "\n" + LINE,
        CHECKPOINT.replace("\n1\n", "\n" + "9" * 5000 + "\n") + "\n" + LINE,
        CHECKPOINT.replace("\n", "\r\n") + "\n" + LINE,
        CHECKPOINT.replace("AAAA=", "AAAB=") + "\n" + LINE,
        CHECKPOINT.replace("localhost/x", "") + "\n" + LINE,
        CHECKPOINT.replace("localhost/x", "local\x01host") + "\n" + LINE,
        "localhost/x\n1\n" + b64(bytes(31)) + "\n\n" + LINE,
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\n" + CHECKPOINT + "\n" + LINE,
        "c2sp.org/tlog-proof@v1\nindex 00\n\n" + CHECKPOINT + "\n" + LINE,
        "c2sp.org/tlog-proof@v1\n\n" + CHECKPOINT + "\n" + LINE,
        "c2sp.org/tlog-proof@v1\nindex 0\nextra " + b64(bytes(32)) + "\n\n" + CHECKPOINT + "\n" + LINE,
        "c2sp.org/tlog-proof@v1\nindex 0\n" + b64(bytes(31)) + "\n\n" + CHECKPOINT + "\n" + LINE,
        "c2sp.org/tlog-proof@v1\nindex 0\n\n\n" + CHECKPOINT + "\n" + LINE,
        "{",
        "{}\n",
        '{"format":"integrity-ledger/export/v1"}\n',
        '{"format":"integrity-ledger/bundle/v1"}\n',
        '{"format":"integrity-ledger/export/v2"}\n',
        '{"format":1}\n',
        '{"format":[]}\n',
    ],
)
def test_what_is_in_no_form_is_malformed_and_nothing_else_is_said(judge: Callable[..., Report], text: str) -> None:
    report = judge(text.encode())

    assert said(report) == [("malformed", "manipulation", None)]
    assert (report.origin, report.size, report.root, report.level) == (None, None, None, None)


@pytest.mark.parametrize("data", [b"\xff", b"{\xff}\n", b"c2sp.org/tlog-proof\xff", b"\x00" * 4096])
def test_bytes_that_are_no_text_are_malformed(judge: Callable[..., Report], data: bytes) -> None:
    assert said(judge(data)) == [("malformed", "manipulation", None)]


# Receipts.


def test_a_receipt_is_for_the_entry_that_is_given(judge: Callable[..., Report]) -> None:
    log = a_log()
    files = log.files
    trust, receipt, bare = trust_in(files), files.receipt(2), files.receipt(2, extra=None)
    entry, other, leaf = files.entries[2], files.entries[1], files.leaf(2)

    assert said(judge(receipt, trust)) == []
    assert said(judge(receipt, replace(trust, entry=entry))) == []
    assert said(judge(receipt, replace(trust, leaf=leaf))) == []
    assert said(judge(receipt, replace(trust, entry=other))) == [
        ("leaf", "manipulation", 2),
        ("not-included", "manipulation", 2),
    ]
    assert said(judge(bare, trust)) == [("no-leaf", "gap", 2)]
    assert said(judge(bare, replace(trust, leaf=leaf))) == []
    assert said(judge(bare, replace(trust, entry=other))) == [("not-included", "manipulation", 2)]
    assert said(judge(files.receipt(2, extra=b"short"), trust)) == [("leaf", "manipulation", 2)]
    assert said(judge(files.receipt(2, extra=b""), trust)) == [("leaf", "manipulation", 2)]
    assert said(judge(files.receipt(2, extra=bytes(32)), trust)) == [("not-included", "manipulation", 2)]


def test_a_receipts_checkpoint_is_judged_first(judge: Callable[..., Report]) -> None:
    files = a_log().files

    assert codes(judge(files.receipt(1, extra=bytes(32)))) == [("no-key", None), ("not-included", 1)]


def test_a_receipt_for_another_place_does_not_lead_there(judge: Callable[..., Report]) -> None:
    files = a_log(6).files
    for wrong in (0, 1, 3, 6, 7, 2**62):
        moved = files.receipt(2).replace(b"\nindex 2\n", f"\nindex {wrong}\n".encode())
        assert codes(judge(moved, trust_in(files))) == [("not-included", wrong)]


# Entries, in an export.


def one_wrong(**changes: Any) -> HandLog:
    """A log whose entry 2 has other members than it should; the others are right."""
    log = a_log(1)
    log.append(stream="thing/9", **changes)
    log.append(stream="thing/8")
    return log


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 1},
        {"v": None},
        {"v": "0"},
        {"v": False},
        {"id": None},
        {"id": 1},
        {"effective_on": None},
        {"effective_on": 20250101},
        {"actor": None},
        {"actor": "somebody"},
        {"actor": {"id": "somebody"}},
        {"actor": {"id": "somebody", "role": "HR", "unit": 1}},
        {"actor": {"id": "somebody", "role": "HR", "name": "x"}},
        {"extra": 1},
        {"basis": "law"},
        {"basis": [1]},
        {"purpose": 1},
        {"correlation": []},
        {"causation": 4},
        {"source": {"system": "x", "other": "y"}},
        {"source": {"system": 1}},
        {"source": []},
        {"after": 1},
        {"after": "0"},
        {"after": False},
        {"subjects": ["b", "a"]},
        {"subjects": ["a", "a"]},
        {"subjects": "a"},
        {"sd": ["1" * 64, "0" * 64]},
        {"sd": ["0" * 64, "0" * 64]},
        {"sd": [0]},
    ],
    ids=str,
)
def test_a_header_has_the_members_it_must_have(judge: Callable[..., Report], changes: dict[str, Any]) -> None:
    assert said(judge(one_wrong(**changes).files.export())) == [("bad-header", "manipulation", 2)]


def test_a_header_may_have_what_the_design_says(judge: Callable[..., Report]) -> None:
    log = one_wrong(
        basis=["R-P2"],
        purpose="RECRUIT",
        correlation="c",
        causation="d",
        source={"system": "s", "record": "r", "recorded_at": "2025-01-01T00:00:00Z"},
        after=0,
        subjects=["a", "b"],
        sd=["0" * 64, "1" * 64],
    )

    assert said(judge(log.files.export())) == []


def test_an_entry_that_is_not_canonical_is_asked_nothing_more_but_its_leaf_counts(judge: Callable[..., Report]) -> None:
    log = a_log(1)
    log.append_bytes(b'{"h":{}, "p":{},"s":[]}')
    log.append(stream="thing/7")

    assert said(judge(log.files.export())) == [("not-canonical", "manipulation", 2)]


def test_another_logs_entry_is_of_wrong_origin(judge: Callable[..., Report]) -> None:
    assert said(judge(one_wrong(origin="localhost/other").files.export())) == [("wrong-origin", "manipulation", 2)]


@pytest.mark.parametrize(
    "change",
    [{"suite": "sm3-sm2"}, {"format": 1}, {"format": False}, {"origin": "localhost/other"}],
)
def test_the_opening_fixes_origin_suite_and_format(judge: Callable[..., Report], change: dict[str, Any]) -> None:
    log = HandLog()
    opened = json.loads(log.files.entries.pop())["h"]["data"]
    log.versions.clear()
    log.append("ledger.opened.v1", {**opened, **change})

    assert said(judge(log.files.export())) == [("opening", "manipulation", 0)]


def test_a_log_opens_once_and_first(judge: Callable[..., Report]) -> None:
    log = a_log(1)
    opened = json.loads(log.files.entries[0])["h"]["data"]
    log.append("ledger.opened.v1", opened)
    assert said(judge(log.files.export())) == [("opening", "manipulation", 2)]

    headless = HandLog()
    headless.files.entries.clear()
    headless.versions.clear()
    headless.append()
    report = judge(headless.files.export(), trust_in(headless.files))
    assert codes(report) == [("opening", 0), ("keys-differ", None)]


def test_versions_of_a_stream_follow_one_another(judge: Callable[..., Report]) -> None:
    log = a_log(1)
    log.append(stream="thing/0", version=3)
    log.append(stream="thing/0", version=4)
    log.append(stream="thing/0", version=4)
    log.append(stream="thing/1", version=2)

    assert said(judge(log.files.export())) == [
        ("stream-version", "manipulation", 2),
        ("stream-version", "manipulation", 4),
        ("stream-version", "manipulation", 5),
    ]
    assert said(judge(log.files.bundle([1, 2, 4, 5]))) == []


def test_recorded_times_never_decrease(judge: Callable[..., Report]) -> None:
    log = HandLog()
    for time in ("2025-01-02", "2025-01-01", "2025-01-01", "2025-01-02"):
        log.append(recorded_at=f"{time}T12:00:00.000000Z")

    expected = [("recorded-at-decreases", "manipulation", 2), ("recorded-at-decreases", "manipulation", 3)]
    assert said(judge(log.files.export())) == expected
    assert said(judge(log.files.bundle([1, 2, 3, 4]))) == expected
    assert said(judge(log.files.bundle([2, 3, 4]))) == []


def test_a_loaded_history_is_told_with_its_boundary(judge: Callable[..., Report]) -> None:
    log = HandLog(clock="history")
    log.append()
    assert said(judge(log.files.export())) == [("history", "notice", None)]
    log.append("history.loaded.v1")
    log.append()
    assert said(judge(log.files.export())) == [("history", "notice", 1)]
    assert judge(log.files.export()).ok
    assert said(judge(log.files.bundle([1, 2]))) == [("history", "notice", None)]
    log.append("history.loaded.v1")
    assert said(judge(log.files.export())) == [("history", "manipulation", 4), ("history", "notice", 1)]


def test_a_history_is_not_closed_where_the_clock_was_real(judge: Callable[..., Report]) -> None:
    log = HandLog()
    log.append("history.loaded.v1")

    assert said(judge(log.files.export())) == [("history", "manipulation", 1)]


def test_findings_of_one_entry_come_in_the_contracts_order(judge: Callable[..., Report]) -> None:
    log = a_log(2)
    log.append(
        "key.retired.v1",
        {"key": "00000000"},
        stream="thing/0",
        version=7,
        recorded_at="2024-01-01T00:00:00.000000Z",
        origin="localhost/other",
        unit=UNIT,
        signers=[("x", a_key("x"))],
    )

    assert [code for code, _ in codes(judge(log.files.export()))] == [
        "wrong-origin",
        "stream-version",
        "recorded-at-decreases",
        "key-event",
        "actor-signature",
    ]


# Keys in the log.


def test_a_log_key_succeeds_another(judge: Callable[..., Report]) -> None:
    log = a_log(1)
    old, new = a_key("log"), a_key("new")
    log.introduce_log(new)
    retired = log.append("key.retired.v1", {"key": log.files.vkeys[0].split("+")[1]})
    files = log.files

    files.signers = [old, new]  # both, just before the old one is retired
    assert said(judge(files.export(retired))) == []
    files.signers = [new]
    assert said(judge(files.export())) == []
    assert said(judge(files.bundle([1]))) == []
    files.signers, files.log_keys = [old], [format_vkey(log.origin, public(new))]
    assert said(judge(files.export())) == [("unsigned", "manipulation", None)]
    assert said(judge(files.bundle([1]))) == [("unsigned", "manipulation", None)]
    assert judge(files.export(), trust_in(files)).findings == []
    files.signers, files.log_keys = [new], [format_vkey(log.origin, public(old))]
    assert said(judge(files.export())) == [("keys-differ", "manipulation", None)]


def test_a_key_not_yet_introduced_has_signed_nothing(judge: Callable[..., Report]) -> None:
    log = a_log(1)
    log.introduce_log(a_key("new"))
    log.files.signers, log.files.log_keys = [a_key("new")], log.files.vkeys

    assert said(judge(log.files.export(2))) == [("unsigned", "manipulation", None)]
    log.files.log_keys += log.files.vkeys
    assert said(judge(log.files.export())) == []


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        ("key.retired.v1", {"key": "00000000"}),
        ("key.retired.v1", {"key": 1}),
        ("key.retired.v1", {}),
        ("key.revoked.v1", {"key": "00000000", "since": 0}),
        ("key.revoked.v1", {"key": "LOG"}),
        ("key.revoked.v1", {"key": "LOG", "since": -1}),
        ("key.revoked.v1", {"key": "LOG", "since": "1"}),
        ("key.introduced.v1", {"purpose": "log-signing", "vkey": "LOG VKEY"}),
        ("key.introduced.v1", {"purpose": "log-signing", "vkey": "nonsense"}),
        ("key.introduced.v1", {"purpose": "log-signing", "vkey": "OTHER NAME"}),
        ("key.introduced.v1", {"purpose": "log-signing", "vkey": "NEW", "unit": UNIT}),
        ("key.introduced.v1", {"purpose": "log-signing", "vkey": "NEW", "required": False}),
        ("key.introduced.v1", {"purpose": "time-stamping", "vkey": "NEW"}),
        ("key.introduced.v1", {"purpose": "log-signing"}),
        ("key.introduced.v1", {"vkey": "NEW"}),
        ("key.introduced.v1", {"purpose": "actor-signing", "vkey": "ACTOR"}),
        ("key.introduced.v1", {"purpose": "actor-signing", "vkey": "ACTOR", "unit": UNIT}),
        ("key.introduced.v1", {"purpose": "actor-signing", "vkey": "ACTOR", "unit": OTHER_UNIT, "required": False}),
        ("key.introduced.v1", {"purpose": "actor-signing", "vkey": "NEW", "unit": UNIT, "required": False}),
        ("key.introduced.v1", {"purpose": "actor-signing", "vkey": "ACTOR", "unit": UNIT, "required": 1}),
        ("key.introduced.v1", {"purpose": "actor-signing", "vkey": "ACTOR", "unit": 1, "required": True}),
        ("key.introduced.v1", {"purpose": "actor-signing", "vkey": "ACTOR", "unit": UNIT, "required": True, "x": 1}),
    ],
    ids=str,
)
def test_a_key_event_that_makes_no_sense_changes_nothing(
    judge: Callable[..., Report], topic: str, data: dict[str, Any]
) -> None:
    log = a_log(1)
    known = {
        "LOG": log.files.vkeys[0].split("+")[1],
        "LOG VKEY": log.files.vkeys[0],
        "NEW": format_vkey(log.origin, public(a_key("new"))),
        "OTHER NAME": format_vkey("localhost/other", public(a_key("new"))),
        "ACTOR": log.actor_vkey(a_key("actor")),
    }
    log.append(topic, {name: known.get(value, value) for name, value in data.items()})

    assert said(judge(log.files.export())) == [("key-event", "manipulation", 2)]
    assert said(judge(log.files.bundle([1]))) == [("key-event", "manipulation", 2)]


def test_a_key_is_retired_once(judge: Callable[..., Report]) -> None:
    log = a_log(1)
    key = a_key("actor")
    log.introduce_actor(key)
    key_id = log.actor_vkey(key).split("+")[1]
    log.append("key.retired.v1", {"key": key_id})
    log.append("key.retired.v1", {"key": key_id})
    log.append("key.revoked.v1", {"key": key_id, "since": 0})
    log.introduce_actor(key)

    assert said(judge(log.files.export())) == [("key-event", "manipulation", index) for index in (4, 5, 6)]


@pytest.mark.parametrize(
    "keys",
    [None, {}, ["x"], [{}], [{"purpose": "actor-signing", "vkey": "x"}], [{"purpose": "log-signing", "vkey": 1}]],
)
def test_the_opening_lists_log_keys(judge: Callable[..., Report], keys: Any) -> None:
    log = HandLog()
    opened = json.loads(log.files.entries.pop())["h"]["data"]
    log.versions.clear()
    log.append("ledger.opened.v1", {**opened, "keys": keys})
    log.files.log_keys = []

    assert said(judge(log.files.export(), trust_in(log.files))) == [("key-event", "manipulation", 0)]


def test_a_unit_signs_with_its_valid_keys_only(judge: Callable[..., Report]) -> None:
    log = HandLog()
    key, later, stranger = a_key("actor"), a_key("later"), a_key("stranger")
    early = log.act(key)
    log.introduce_actor(key)
    log.act(key)
    log.introduce_actor(later)
    log.append(unit=UNIT, signers=[(log.actor_name(), key), (log.actor_name(), later)])
    unknown = log.act(stranger)
    elsewhere = log.append(unit=OTHER_UNIT, signers=[(log.actor_name(), key)])
    nobody = log.append(signers=[(log.actor_name(), key)])
    log_key = log.append(unit=UNIT, signers=[(log.origin, a_key("log"))])
    log.append("key.retired.v1", {"key": log.actor_vkey(key).split("+")[1]})
    late = log.act(key)
    log.act(later)

    wrong = [early, unknown, elsewhere, nobody, log_key, late]
    expected = [("actor-signature", "manipulation", index) for index in wrong]
    assert said(judge(log.files.export())) == expected
    assert said(judge(log.files.bundle(range(log.size)))) == expected


def test_a_signature_over_another_header_does_not_hold(judge: Callable[..., Report]) -> None:
    log = HandLog()
    key = a_key("actor")
    log.introduce_actor(key)
    index = log.act(key, data={"amount": 1})
    changed = log.files.entries[index].replace(b'"amount":1', b'"amount":2')
    log.files.entries[index] = changed

    assert said(judge(log.files.export())) == [("actor-signature", "manipulation", index)]


def test_what_a_unit_must_sign_it_signs_from_a_minute_on(judge: Callable[..., Report]) -> None:
    log = HandLog()
    key, spare = a_key("actor"), a_key("spare")
    log.append(unit=UNIT, recorded_at="2025-01-01T00:30:00.000000Z")
    log.append(
        "key.introduced.v1",
        {"purpose": "actor-signing", "vkey": log.actor_vkey(key), "unit": UNIT, "required": True},
        recorded_at="2025-01-01T01:00:00.000000Z",
    )
    log.append(unit=UNIT, recorded_at="2025-01-01T01:00:59.999999Z")
    missing = log.append(unit=UNIT, recorded_at="2025-01-01T01:01:00.000000Z")
    log.append(unit=OTHER_UNIT, recorded_at="2025-01-01T01:02:00.000000Z")
    log.append(recorded_at="2025-01-01T01:02:00.000000Z")
    log.introduce_actor(spare)
    log.files.entries.pop()
    log.append(
        "key.introduced.v1",
        {"purpose": "actor-signing", "vkey": log.actor_vkey(spare), "unit": UNIT, "required": False},
        recorded_at="2025-01-01T01:03:00.000000Z",
        version=log.versions[LEDGER_STREAM],
    )
    log.act(spare, recorded_at="2025-01-01T01:04:00.000000Z")
    again = log.append(unit=UNIT, recorded_at="2025-01-01T01:05:00.000000Z")
    key_id = log.actor_vkey(key).split("+")[1]
    log.append("key.retired.v1", {"key": key_id}, recorded_at="2025-01-01T01:06:00.000000Z")
    log.append(unit=UNIT, recorded_at="2025-01-01T01:07:00.000000Z")

    expected = [("signature-missing", "manipulation", missing), ("signature-missing", "manipulation", again)]
    assert said(judge(log.files.export())) == expected


def test_a_revocation_is_told_where_it_stands(judge: Callable[..., Report]) -> None:
    log = HandLog()
    key = a_key("actor")
    log.introduce_actor(key)
    signed = log.act(key)
    revoked = log.append("key.revoked.v1", {"key": log.actor_vkey(key).split("+")[1], "since": signed})
    after = log.act(key)

    report = judge(log.files.export())
    assert said(report) == [("key-revoked", "notice", revoked), ("actor-signature", "manipulation", after)]
    log.files.entries.pop()
    assert judge(log.files.export()).ok
    assert said(judge(log.files.bundle([signed]))) == [("key-revoked", "notice", revoked)]


def test_a_revoked_log_key_is_no_actors(judge: Callable[..., Report]) -> None:
    log = a_log(1)
    log.introduce_log(a_key("new"))
    log.append("key.revoked.v1", {"key": log.files.vkeys[0].split("+")[1], "since": 1})
    log.files.signers = [a_key("new")]

    assert said(judge(log.files.export())) == []


# Exports.


def with_documents() -> HandLog:
    log = a_log(1)
    log.files.documents = [b"edition one", b"edition two", b"matrix", b"indicators"]
    digests = [sha256(document).hexdigest() for document in log.files.documents]
    for number in (0, 1, 0):
        data = {"rulebook_id": str(number), "digest": digests[number]}
        log.append("rulebook.activated.v1", data, stream=f"rulebook/{number}")
    data = {"matrix_digest": digests[2], "indicators_digest": digests[3]}
    log.append("assessment-scheme.adopted.v1", data, stream="scheme/1")
    return log


def lines_of(export: bytes) -> list[bytes]:
    return export.splitlines(keepends=True)


def test_missing_entries_are_a_gap_where_they_begin(judge: Callable[..., Report]) -> None:
    files = with_documents().files
    lines = lines_of(files.export())

    assert said(judge(b"".join(lines[:4]))) == [("entry-missing", "gap", 3)]
    report = judge(b"".join(lines[:6] + lines[7:]), trust_in(files))
    assert said(report) == [("entry-missing", "gap", 5)]
    spoilt = b"".join([*lines[:6], *lines[7:], b"more\n"])
    assert [code for code, _ in codes(judge(spoilt, trust_in(files)))] == ["entry-missing", "malformed"]
    assert report.level == "signed"
    cut = b"".join(lines[:4])
    assert judge(cut).root == files.root(3).hex()


def test_an_entry_replaced_gives_another_root(judge: Callable[..., Report]) -> None:
    files = a_log(2).files
    export = files.export().replace(b"2025-01-01T00:01:00.000000Z", b"2025-01-01T00:01:00.000001Z")

    report = judge(export)
    assert said(report) == [("root", "manipulation", None)]
    assert report.root != files.root(3).hex()
    assert report.level == "signed"


def test_documents_are_named_in_order_and_all_there(judge: Callable[..., Report]) -> None:
    log = with_documents()
    lines = lines_of(log.files.export())
    entries, documents = lines[: log.size + 1], lines[log.size + 1 :]
    assert len(documents) == 4
    header = json.loads(entries[0])

    def with_header(number: int, those: list[bytes]) -> Report:
        return judge(b"".join([json_line({**header, "documents": number}), *entries[1:], *those]))

    assert said(with_header(4, documents)) == []
    wrong = [("document", "manipulation", None)]
    assert said(with_header(4, [documents[1], documents[0], *documents[2:]])) == wrong
    assert said(with_header(5, [documents[0], *documents])) == wrong
    stranger = sorted([*documents, json_line({"document": b64(b"stranger")})], key=digest_of)
    assert said(with_header(5, stranger)) == wrong
    named = dict(zip(map(digest_of, unsorted(log)), ([2, 4], [3], [5], [5]), strict=True))
    for left_out in documents:
        rest = [line for line in documents if line is not left_out]
        assert said(with_header(3, rest)) == [
            ("document-missing", "gap", index) for index in named[digest_of(left_out)]
        ]
    assert said(with_header(0, [])) == [("document-missing", "gap", index) for index in (2, 3, 4, 5, 5)]
    for number in (3, 5):
        assert said(with_header(number, documents)) == [("malformed", "manipulation", None)]


def digest_of(line: bytes) -> str:
    return sha256(b64decode(json.loads(line)["document"])).hexdigest()


def unsorted(log: HandLog) -> list[bytes]:
    return [json_line({"document": b64(document)}) for document in log.files.documents]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: data + b"{}\n",
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b'"documents":4', b'"documents":4,"x":1'),
        lambda data: data.replace(b'"documents":4', b'"documents":"4"'),
        lambda data: data.replace(b'"documents":4', b'"documents":-4'),
        lambda data: data.replace(b'"documents":4', b'"documents":true'),
        lambda data: data.replace(b'"keys":[', b'"keys":[1,'),
        lambda data: data.replace(b'{"document":"', b'{"document":"*', 1),
        lambda data: data.replace(b'"}\n', b'","x":1}\n'),
    ],
)
def test_an_export_is_read_strictly(judge: Callable[..., Report], spoil: Callable[[bytes], bytes]) -> None:
    report = judge(spoil(with_documents().files.export()))

    assert ("malformed", "manipulation", None) in said(report)
    assert said(report)[-1][0] == "malformed"


def test_after_a_hundred_findings_one_more_says_so(judge: Callable[..., Report]) -> None:
    for wrong, expected in ((99, 99), (100, 100), (101, 101), (150, 101)):
        log = HandLog()
        for number in range(wrong):
            log.append(stream=f"thing/{number}", v=1)
        report = judge(log.files.export())
        assert len(report.findings) == expected
        assert {code for code, _ in codes(report)[:100]} == {"bad-header"}
        assert (codes(report)[-1] == ("more", None)) == (wrong > 100)


# Bundles.


def a_bundle() -> tuple[HandLog, dict[str, Any]]:
    log = a_log(3)
    log.introduce_actor(a_key("actor"))
    log.append(stream="thing/5", sections=[section("summary", "一"), section("grounds", {"a": ["二"]})])
    return log, log.files.bundle_value([1, 5])


def test_a_bundles_entries_must_be_included(judge: Callable[..., Report]) -> None:
    _, value = a_bundle()
    value["entries"][0]["proof"] = value["entries"][1]["proof"]
    assert said(judge(json_line(value))) == [("not-included", "manipulation", 1)]

    _, value = a_bundle()
    value["keys"][1]["proof"] = value["entries"][1]["proof"]
    assert said(judge(json_line(value))) == [("not-included", "manipulation", 4)]

    _, value = a_bundle()
    value["entries"][1]["index"] = 2**53 - 1
    assert said(judge(json_line(value))) == [("not-included", "manipulation", 2**53 - 1)]


def test_a_bundles_keys_begin_with_the_opening(judge: Callable[..., Report]) -> None:
    log, value = a_bundle()
    del value["keys"][0]
    assert said(judge(json_line(value), trust_in(log.files))) == [("opening", "manipulation", None)]
    assert codes(judge(json_line(value))) == [("opening", None), ("unsigned", None)]
    value["keys"] = []
    assert said(judge(json_line(value), trust_in(log.files))) == [("opening", "manipulation", None)]


def test_a_bundle_lists_key_entries_among_its_keys_only(judge: Callable[..., Report]) -> None:
    log, value = a_bundle()
    value["keys"].append(log.files.proven(5))
    value["entries"] = value["entries"][:1]

    assert said(judge(json_line(value))) == [("key-event", "manipulation", 5)]


def test_an_entry_in_both_lists_is_judged_once_and_a_false_copy_is_seen(judge: Callable[..., Report]) -> None:
    log, value = a_bundle()
    value["entries"].insert(0, log.files.proven(0))
    report = judge(json_line(value))
    assert report.findings == []
    assert "4 of 4 entries" in report.not_checked[2][0]

    value["entries"][0]["entry"] = b64(log.files.entries[1])
    assert said(judge(json_line(value))) == [("not-included", "manipulation", 0)]


def test_sections_are_those_the_entry_commits_to(judge: Callable[..., Report]) -> None:
    _, value = a_bundle()
    disclosed = value["entries"][1]["disclosures"]

    def with_sections(*sections: str | bytes) -> Said:
        given = [one if isinstance(one, str) else b64(one) for one in sections]
        value["entries"][1]["disclosures"] = given
        return said(judge(json_line(value)))

    wrong = [("section-changed", "manipulation", 5)]
    assert with_sections() == with_sections(disclosed[0]) == with_sections(*disclosed) == []
    assert with_sections(*reversed(disclosed)) == wrong
    assert with_sections(disclosed[0], disclosed[0]) == wrong
    assert with_sections(section("summary", "三")) == wrong
    assert with_sections(b"") == wrong
    assert with_sections(b"{}") == wrong


@pytest.mark.parametrize(
    "disclosure",
    [
        b'["' + b"AB" * 32 + b'","summary",1]',
        b'["' + b"ab" * 31 + b'","summary",1]',
        b'["' + b"ab" * 32 + b'","summary"]',
        b'["' + b"ab" * 32 + b'","summary",1,2]',
        b'["' + b"ab" * 32 + b'",1,1]',
        b'["' + b"ab" * 32 + b'","summary", 1]',
        b'["' + b"ab" * 32 + b'","summary",1.5]',
        b'{"a":1}',
        b"[]",
        b"\xff",
    ],
)
def test_a_section_that_was_committed_to_in_another_form_is_changed(
    judge: Callable[..., Report], disclosure: bytes
) -> None:
    log = a_log(1)
    log.append(stream="thing/9", sections=[disclosure])

    assert said(judge(log.files.bundle([2]))) == [("section-changed", "manipulation", 2)]


@pytest.mark.parametrize(
    "spoil",
    [
        {"entries": []},
        {"entries": None},
        {"keys": {}},
        {"checkpoint": 1},
        {"checkpoint": "x"},
        {"extra": 1},
        {"entries": [1]},
        {"entries": [{}]},
        {"keys": [{}]},
    ],
    ids=str,
)
def test_a_bundle_is_read_strictly(judge: Callable[..., Report], spoil: dict[str, Any]) -> None:
    _, value = a_bundle()

    assert said(judge(json_line({**value, **spoil}))) == [("malformed", "manipulation", None)]


@pytest.mark.parametrize(
    "spoil",
    [
        {"index": -1},
        {"index": "1"},
        {"index": True},
        {"proof": ["x"]},
        {"proof": [b64(bytes(31))]},
        {"proof": b64(bytes(32))},
        {"entry": "*"},
        {"entry": None},
        {"disclosures": [1]},
        {"disclosures": "x"},
        {"more": 1},
    ],
    ids=str,
)
def test_what_a_bundle_proves_is_read_strictly(judge: Callable[..., Report], spoil: dict[str, Any]) -> None:
    for which in ("entries", "keys"):
        _, value = a_bundle()
        value[which][0] |= spoil
        assert said(judge(json_line(value))) == [("malformed", "manipulation", None)]


def test_a_bundle_is_one_line_in_order(judge: Callable[..., Report]) -> None:
    _, value = a_bundle()
    bundle = json_line(value)
    for data in (bundle[:-1], bundle + b"\n", bundle + bundle, canonical(value) + b" \n"):
        assert said(judge(data)) == [("malformed", "manipulation", None)]
    for which in ("entries", "keys"):
        _, value = a_bundle()
        value[which].reverse()
        assert said(judge(json_line(value))) == [("malformed", "manipulation", None)]
        _, value = a_bundle()
        value[which].append(value[which][-1])
        assert said(judge(json_line(value))) == [("malformed", "manipulation", None)]
    _, value = a_bundle()
    value["keys"][0]["disclosures"] = [b64(section("summary", 1))]
    assert said(judge(json_line(value))) == [("malformed", "manipulation", None)]


# Two files.


@pytest.fixture
def compared(tmp_path: Path) -> Callable[[bytes, bytes], Said]:
    """What comparing two files finds between them."""

    def between(old: bytes, new: bytes) -> Said:
        (tmp_path / "old").write_bytes(old)
        (tmp_path / "new").write_bytes(new)
        return said(verify_export.compare(str(tmp_path / "old"), str(tmp_path / "new"), Trust()).report)

    return between


def forked() -> tuple[HandLog, HandLog]:
    """Two logs of one origin that part at index 2."""
    logs = a_log(5), a_log(1)
    for number in range(1, 5):
        logs[1].append(stream=f"thing/{number % 2}", data={"other": True})
    return logs


def test_a_newer_export_leads_on_from_whatever_is_older(compared: Callable[[bytes, bytes], Said]) -> None:
    files = a_log(5).files
    for size in range(2, 7):
        for older in (files.export(size), files.checkpoint(size), files.receipt(1, size), files.bundle([1], size)):
            assert compared(older, files.export()) == []


def test_two_histories_of_one_ledger_are_a_fork(compared: Callable[[bytes, bytes], Said]) -> None:
    one, other = (log.files for log in forked())
    for older, index in [
        (one.export(4), 2),
        (one.receipt(3, 4), 3),
        (one.receipt(1, 4), None),
        (one.bundle([1, 4]), 4),
        (one.bundle([1]), None),
        (one.checkpoint(4), None),
        (one.checkpoint(), None),
    ]:
        assert compared(older, other.export()) == [("fork", "manipulation", index)]
    assert compared(one.checkpoint(2), other.export()) == []
    assert compared(one.checkpoint(), other.checkpoint()) == [("fork", "manipulation", None)]
    assert compared(one.receipt(3, 4), other.receipt(3, 5)) == [("fork", "manipulation", 3)]
    assert compared(one.receipt(3), other.bundle([3])) == [("fork", "manipulation", 3)]
    assert compared(one.export(3), other.bundle([2])) == [("fork", "manipulation", 2)]


def test_what_shows_too_little_cannot_be_compared(compared: Callable[[bytes, bytes], Said]) -> None:
    files = a_log(5).files
    gap = [("not-comparable", "gap", None)]
    assert compared(files.checkpoint(3), files.checkpoint(5)) == gap
    assert compared(files.export(3), files.receipt(1)) == gap
    assert compared(files.receipt(1, 3), files.bundle([1])) == gap
    assert compared(files.checkpoint(), files.receipt(1)) == []
    cut = b"".join(lines_of(files.export())[:-1])
    assert compared(files.export(3), cut) == gap


def test_a_smaller_log_is_truncated_and_another_origin_is_another_ledger(
    compared: Callable[[bytes, bytes], Said],
) -> None:
    files = a_log(5).files
    assert compared(files.export(), files.export(3)) == [("truncated", "manipulation", None)]
    other = HandLog("localhost/other").files
    assert compared(other.export(), files.export()) == [("wrong-origin", "manipulation", None)]
    assert compared(b"x", files.export()) == []


def test_only_a_comparison_says_where_a_log_leads(tmp_path: Path) -> None:
    files = a_log(5).files
    (tmp_path / "old").write_bytes(files.checkpoint(3))
    (tmp_path / "new").write_bytes(files.export())
    (tmp_path / "newer").write_bytes(files.checkpoint())
    sentence = "that this log leads to any other checkpoint"
    for new, unchecked in (("new", False), ("old", False), ("newer", True)):
        said_of_both = verify_export.compare(str(tmp_path / "old"), str(tmp_path / new), Trust()).as_json()
        assert said_of_both["not_checked"] == [sentence] * unchecked
        assert sentence not in said_of_both["old"]["not_checked"]
