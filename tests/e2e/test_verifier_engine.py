"""What the verifier page computes, in the browser: hashes, signatures, strict parsing, and verdicts on files."""

from __future__ import annotations

import json
import random
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from playwright.sync_api import Browser

from ledger.errors import VerificationError
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.encoding import EncodingError, canonical, parse
from ledger.log.entry import parse_entry
from ledger.log.merkle import Tree
from ledger.log.note import format_vkey, parse_note, sign_note
from ledger.log.proof import parse_proof
from tests.support.artefacts import (
    LEDGER_STREAM,
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
from tests.support.shared import shared_path
from tests.support.verifier_page import VerifierPage, verifier_page

RFC6962 = shared_path("vectors", "rfc6962", "inclusion")
NOTES: dict[str, Any] = json.loads(shared_path("vectors", "signed-note", "vectors.json").read_bytes())
ENTRIES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "conformance" / "vectors-v0.json").read_bytes())
OTHER_CHECKPOINT = "that this log leads to any other checkpoint"
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493

# RFC 8032 §7.1: secret key, message, signature.
RFC8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[VerifierPage]:
    with verifier_page(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A real ledger's files, with two witnesses."""
    with a_scene(tmp_path_factory.mktemp("verifier") / "scene") as scene:
        scene.found()
        made = files_of(scene, {"witness.example/1": a_key("w1"), "witness.example/2": a_key("w2")})
    made.nodes = None  # the store is closed: proofs are made of the entries
    return made


def codes(report: dict[str, Any]) -> list[tuple[str, int | None]]:
    return [(finding["code"], finding["index"]) for finding in report["findings"]]


def status(report: dict[str, Any]) -> int:
    grades = {finding["grade"] for finding in report["findings"]}
    return 6 if "manipulation" in grades else 7 if "gap" in grades else 0


# Hashes and signatures.


def test_sha_2_is_that_of_the_standard(page: VerifierPage) -> None:
    chance = random.Random(180)
    lengths = [*range(130), 1_000, 65_535, 65_536, 300_000]
    texts = [chance.randbytes(length) for length in lengths]

    assert page.judge("sha256", [[text] for text in texts]) == [(True, sha256(text).hexdigest()) for text in texts]
    assert page.judge("sha512", [[text] for text in texts]) == [(True, sha512(text).hexdigest()) for text in texts]


def test_the_signatures_of_rfc_8032_hold(page: VerifierPage) -> None:
    calls = []
    for secret, message, signature in RFC8032:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
        calls.append([public(key), bytes.fromhex(signature), bytes.fromhex(message)])

    assert page.judge("verifyEd25519", calls) == [(True, True)] * len(RFC8032)


def openssl(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def test_every_signature_is_judged_as_openssl_judges_it(page: VerifierPage) -> None:
    """Random ones, each damaged in several ways; points of small order, points written in two ways, S from L on."""
    chance = random.Random(8032)
    calls: list[list[bytes]] = []
    for _ in range(40):
        key, message = (
            Ed25519PrivateKey.from_private_bytes(chance.randbytes(32)),
            chance.randbytes(chance.randrange(300)),
        )
        signature, name = key.sign(message), public(key)
        larger = (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")
        calls += [
            [name, signature, message],
            [name, signature[:32] + larger, message],
            [name, signature, message + b"x"],
        ]
        calls += [[name, flipped(signature, chance), message], [flipped(name, chance), signature, message]]
        calls += [[name, signature[:-1], message], [name[:-1], signature, message]]
    eighth = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
    ordinates = [0, 1, P - 1, P, P + 1, 2**255 - 1, 2, eighth]
    points = [(y | sign << 255).to_bytes(32, "little") for y in ordinates for sign in (0, 1)]
    for key_point in points:
        for point in points:
            calls += [[key_point, point + s.to_bytes(32, "little"), chance.randbytes(4)] for s in (0, 0, 1, L - 1, L)]
    expected = [openssl(*call) for call in calls]

    assert [answer for _, answer in page.judge("verifyEd25519", calls)] == expected
    assert sum(expected) > 60  # the strange ones include some that hold


def flipped(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


# The tree.


def test_the_published_inclusion_proofs_are_judged_as_published(page: VerifierPage) -> None:
    paths = sorted(RFC6962.rglob("*.json"))
    vectors = [json.loads(path.read_bytes()) for path in paths]
    calls = [
        [
            b64decode(one["leafHash"]),
            one["leafIdx"],
            one["treeSize"],
            [b64decode(step) for step in one["proof"] or []],
            b64decode(one["root"]),
        ]
        for one in vectors
    ]

    judged = [holds for _, holds in page.judge("isIncluded", calls)]
    assert dict(zip(paths, judged, strict=True)) == {
        path: not vector["wantErr"] for path, vector in zip(paths, vectors, strict=True)
    }
    assert set(judged) == {True, False}


def test_the_root_of_every_size_is_the_trees(page: VerifierPage) -> None:
    leaves = [sha256(bytes([number])).digest() for number in range(70)]
    script = """leaves => {
        const frontier = new verifier.parts.Frontier(), roots = [verifier.parts.hex(frontier.root())];
        for (const leaf of leaves) { frontier.append(revive(leaf)); roots.push(verifier.parts.hex(frontier.root())); }
        return roots;
    }"""
    tree = Tree(leaves)

    found = page.page.evaluate(script, [{"$bytes": b64encode(leaf).decode()} for leaf in leaves])
    assert found == [tree.root(size).hex() for size in range(71)]


# Parsing.

WRITTEN = [
    b"{}", b"[]", b'""', b"0", b"-1", b"9007199254740991", b"-9007199254740991", b"9007199254740992", b"1.0",
    b"1e2", b"-0", b"01", b"true", b"false", b"null", b" {}", b"{} ", b"{}\n", b'{"a":1,"b":2}',
    b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"a":1,}', b'{"A":1}', b'{"a_0":1}', b'{"_a":1}', b'{"":1}',
    b'{"a" :1}', b"[1,2]", b"[1, 2]", b"[1,]", b"[,1]", b"[", b"]", b"", b"nul", b"tru", b'"', b'"\\', b'"\\u',
    b'"\\n"', b'"\\u000a"', b'"\\u000b"', b'"\\u000B"', b'"\\u001f"', b'"\\u0020"', b'"\\/"', b'"/"',
    b'"\\u0041"', b'"\x7f"', b'"\n"', b'"\\b\\t\\f\\r\\"\\\\"', b'"\\ud83d\\ude00"', "\"😀\"".encode(),
    '"\ufeff"'.encode(), b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\xff"', b"\xef\xbb\xbf{}", b"NaN", b"+1",
    b"[" * 32 + b"]" * 32, b"[" * 33 + b"]" * 33, '"e\u0301"'.encode(), b'{"a":{"b":[{"c":""}]}}',
    b'{"constructor":1}',
]  # fmt: skip


def test_json_is_read_as_strictly_as_the_ledger_reads_it(page: VerifierPage) -> None:
    chance = random.Random(8785)
    texts = [*WRITTEN, *(flipped(text, chance) for text in WRITTEN if text for _ in range(20))]

    def own(text: bytes) -> tuple[bool, Any]:
        try:
            return True, parse(text)
        except EncodingError:
            return False, None

    assert page.judge("parseJson", [[text] for text in texts]) == [own(text) for text in texts]


def test_entries_are_read_as_strictly_as_the_ledger_reads_them(page: VerifierPage, files: Files) -> None:
    chance = random.Random(0)
    whole = [bytes.fromhex(one["entry"]) for one in ENTRIES["entries"]] + files.entries[:4]
    signed = [entry for entry in whole if b'"sig"' in entry]
    assert signed
    texts = [*whole, *(flipped(entry, chance) for entry in (*whole, *signed * 5) for _ in range(40))]
    texts += [entry.replace(b"T00:", b"T24:") for entry in whole]
    texts += [entry.replace(b'"s":[', b'"s":[,') for entry in whole]
    texts += [entry[:-2] + b",]}" for entry in whole]
    texts += [entry.replace(b'"role":"', '"role":"e\u0301'.encode()) for entry in whole]
    texts += [entry[:length] for entry in whole[:2] for length in range(0, len(entry), 7)]

    def own(text: bytes) -> bool:
        try:
            parse_entry(text)
        except VerificationError:
            return False
        return True

    expected = [own(text) for text in texts]
    assert [took for took, _ in page.judge("parseEntry", [[text] for text in texts])] == expected
    assert sum(expected) >= len(whole)


def test_keys_and_notes_are_judged_as_published(page: VerifierPage) -> None:
    good = [one["vkey"] for one in NOTES["vkey_valid"] + NOTES["open"]]
    bad = [one["vkey"] for one in NOTES["vkey_invalid"]] + [good[0][:length] for length in range(len(good[0]))]
    bad += [good[0] + "\n", " " + good[0], good[0].replace("+", "++", 1)]

    assert [took for took, _ in page.judge("parseVkey", [[key] for key in good])] == [True] * len(good)
    assert [took for took, _ in page.judge("parseVkey", [[key] for key in bad])] == [False] * len(bad)
    for one in NOTES["open"]:
        ((took, note),) = page.judge("parseNote", [[one["note"]]])
        assert took
        assert note["text"] == one["text"]


def test_notes_checkpoints_and_proofs_are_read_as_strictly_as_the_ledger_reads_them(
    page: VerifierPage, files: Files
) -> None:
    chance = random.Random(4)
    readers: dict[str, tuple[Any, str]] = {
        "parseCheckpoint": (lambda text: parse_checkpoint(parse_note(text).text), files.checkpoint().decode()),
        "parseProof": (lambda text: parse_checkpoint(parse_proof(text).checkpoint.text), files.receipt(3).decode()),
    }
    for name, (read, text) in readers.items():
        texts = [text]
        for _ in range(600):
            place = chance.randrange(len(text))
            character = chance.choice(" \n+=/0A—\x00\x1f\u2028\u00a0文")
            texts.append(text[:place] + character + text[place + chance.randrange(2) :])
            texts.append(text[:place] + text[place + chance.randrange(1, 4) :])

        def own(one: str, read: Any = read) -> bool:
            try:
                return not read(one).extensions  # a file of this ledger has none
            except VerificationError:
                return False

        expected = [own(one) for one in texts]
        assert [took for took, _ in page.judge(name, [[one] for one in texts])] == expected
        assert True in expected[1:]  # a key's name or a hash may be another and still be written right
        assert False in expected


# Files.


def test_what_a_real_ledger_hands_out_holds(page: VerifierPage, files: Files) -> None:
    size = len(files.entries)
    made = {
        "receipt": files.receipt(size - 1),
        "bundle": files.bundle(list(files.disclosures)),
        "export": files.export(),
        "checkpoint": files.checkpoint(),
    }
    assert files.documents

    for kind, data in made.items():
        report = page.check(data, keys=files.vkeys, witnesses=files.witness_vkeys, quorum=2, requireWitnessed=True)
        assert report["findings"] == []
        assert (report["ok"], report["kind"], report["level"], report["size"]) == (True, kind, "witnessed", size)
        assert (report["origin"], report["root"]) == (files.origin, files.root(size).hex())
        assert report["not_checked"][-2:] == [OTHER_CHECKPOINT, "whether what was recorded is true"]


def test_without_a_key_a_receipt_is_a_gap_and_an_export_speaks_for_its_own(page: VerifierPage, files: Files) -> None:
    unknown = "that the signing key is the ledger's: no key was given"

    assert codes(page.check(files.receipt(1))) == [("no-key", None)]
    assert codes(page.check(files.checkpoint())) == [("no-key", None)]
    for data in (files.export(), files.bundle([1])):
        report = page.check(data)
        assert (codes(report), report["level"], report["not_checked"][0]) == ([], "signed", unknown)


def test_one_changed_byte_anywhere_is_never_taken_for_the_file(page: VerifierPage) -> None:
    """Every byte of four files that have no witness; only `ok` without it would be wrong."""
    log = HandLog()
    log.append(sections=[section("summary", "一")])
    log.append()
    made = [log.files.receipt(1), log.files.bundle([1]), log.files.export(), log.files.checkpoint()]
    script = """async ([file, options, bit]) => {
        const good = revive(file), taken = [];
        for (let i = 0; i < good.length; i++) {
            const bad = good.slice();
            bad[i] ^= bit;
            const {findings} = await verifier.check(bad, options);
            if (!findings.some(({grade}) => grade === 'manipulation')) taken.push(i);
        }
        return taken;
    }"""

    for data in made:
        assert page.check(data, keys=log.files.vkeys)["ok"]
        for bit in (1, 0x10):
            assert page.page.evaluate(script, [packed_file(data), {"keys": log.files.vkeys}, bit]) == []


def packed_file(data: bytes) -> dict[str, str]:
    return {"$bytes": b64encode(data).decode()}


def test_a_receipt_is_for_one_entry(page: VerifierPage, files: Files) -> None:
    keys, entry = files.vkeys, files.entries[2]
    without = files.receipt(2, extra=None)

    assert codes(page.check(without, keys=keys)) == [("no-leaf", 2)]
    for receipt in (files.receipt(2), without):
        held = page.check(receipt, keys=keys, entry=entry)
        assert codes(held) == []
        assert not any("what the entry says" in sentence for sentence in held["not_checked"])
        assert codes(page.check(receipt, keys=keys, leaf=files.leaf(2).hex())) == []
    assert codes(page.check(without, keys=keys, entry=files.entries[3])) == [("not-included", 2)]
    assert ("leaf", 2) in codes(page.check(files.receipt(2), keys=keys, entry=files.entries[3]))
    assert codes(page.check(files.receipt(2, extra=b"x"), keys=keys)) == [("leaf", 2)]
    assert codes(page.check(files.receipt(2, extra=bytes(32)), keys=keys)) == [("not-included", 2)]


def test_whose_signatures_count(page: VerifierPage, files: Files) -> None:
    note, other = files.checkpoint(), HandLog(files.origin, keys=("another",)).files.vkeys
    elsewhere = resigned(note, [("localhost/elsewhere", a_key("x"))])
    assert codes(page.check(elsewhere, keys=[format_vkey("localhost/elsewhere", public(a_key("x")))])) == [
        ("unsigned", None)
    ]
    one_witness = {"keys": files.vkeys, "witnesses": files.witness_vkeys[:1], "requireWitnessed": True}

    assert codes(page.check(note, keys=other)) == [("unsigned", None)]
    assert codes(page.check(note, keys=[*other, *files.vkeys])) == []
    assert page.check(note, **one_witness)["level"] == "witnessed"
    short = page.check(note, **one_witness, quorum=2)
    assert (codes(short), short["level"], status(short)) == ([("not-witnessed", None)], "signed", 7)
    forged = resigned(note, [(files.origin, a_key("forger"))])
    line = forged.decode().rpartition("\u2014 ")[2].split(" ")
    blob = bytes.fromhex(files.vkeys[0].split("+")[1]) + b64decode(line[1])[4:]
    under_the_key = forged.decode().rpartition("\u2014 ")[0] + f"\u2014 {line[0]} {b64(blob)}\n"
    assert codes(page.check(under_the_key.encode(), keys=files.vkeys)) == [("bad-signature", None), ("unsigned", None)]


def test_a_checkpoint_of_this_ledger_has_three_lines(page: VerifierPage) -> None:
    log = HandLog()
    text = parse_note(log.files.checkpoint().decode()).text
    extended = sign_note(text + "more\n", log.origin, a_key("log")).format().encode()

    assert codes(page.check(extended, keys=log.files.vkeys)) == [("malformed", None)]


def test_what_is_missing_from_an_export_is_a_gap(page: VerifierPage, files: Files) -> None:
    lines = files.export().splitlines(keepends=True)
    size = len(files.entries)
    half = b"".join(lines[: 1 + size // 2])

    report = page.check(half, keys=files.vkeys)
    assert codes(report)[0] == ("entry-missing", size // 2)
    assert status(report) == 7
    assert report["root"] == files.root(size // 2).hex()
    without = replace(files, documents=[])
    report = page.check(without.export(), keys=files.vkeys)
    assert {code for code, _ in codes(report)} == {"document-missing"}
    assert status(report) == 7


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "root"),
        (lambda lines: [*lines, b'{"document":""}\n'], "malformed"),
        (lambda lines: [*lines[:-1], lines[-1][:-1]], "malformed"),
        (lambda lines: lines[:-1], "malformed"),
        (lambda lines: [lines[0].replace(b'"keys":["', b'"keys":["x","'), *lines[1:]], "keys-differ"),
        (lambda lines: [*lines[:-1], json_line({"document": b64(b"another")})], "document"),
        (lambda lines: [*lines[:4], b"{}\n", *lines[5:]], "not-canonical"),
    ],
    ids=["swapped", "one more line", "no last line feed", "no last line", "keys", "document", "no entry"],
)
def test_a_spoilt_export_does_not_hold(page: VerifierPage, files: Files, spoil: Any, code: str) -> None:
    report = page.check(b"".join(spoil(files.export().splitlines(keepends=True))), keys=files.vkeys)

    assert code in [found for found, _ in codes(report)]
    assert status(report) == 6


def test_entries_that_no_ledger_would_write(page: VerifierPage) -> None:
    """Each signed for and in the tree, so that only its own fault is found."""

    def found(log: HandLog) -> list[tuple[str, int | None]]:
        return codes(page.check(log.files.export(), keys=log.files.vkeys))

    faults: dict[str, Any] = {
        "bad-header": {"v": 1},
        "wrong-origin": {"origin": "localhost/elsewhere"},
        "stream-version": {"version": 7},
        "recorded-at-decreases": {"recorded_at": "2024-01-01T00:00:00.000000Z"},
    }
    for code, fault in faults.items():
        log = HandLog()
        log.append(**fault)
        assert found(log) == [(code, 1)]
    for member in (
        {"id": None},
        {"extra": 1},
        {"subjects": ["b", "a"]},
        {"after": 7},
        {"basis": "x"},
        {"source": {"a": "b"}},
    ):
        log = HandLog()
        log.append(**member)
        assert found(log) == [("bad-header", 1)], member
    log = HandLog()
    log.append("ledger.opened.v1", {})
    log.append("history.loaded.v1", {})
    log.append("key.retired.v1", {"key": "00000000"})
    assert found(log) == [("opening", 1), ("history", 2), ("key-event", 3)]


def test_a_loaded_history_is_marked_up_to_its_end(page: VerifierPage) -> None:
    log = HandLog(clock="history")
    log.append()
    log.append("history.loaded.v1", {})
    log.append()

    for data, index in ((log.files.export(), 1), (log.files.export(2), None), (log.files.bundle([1]), None)):
        report = page.check(data, keys=log.files.vkeys)
        assert status(report) == 0
        notices = [(one["code"], one["index"]) for one in report["findings"] if one["grade"] == "notice"]
        assert notices == [("history", index)]


def test_what_a_unit_signs_nobody_signs_for_it(page: VerifierPage) -> None:
    def found(log: HandLog) -> list[tuple[str, int | None]]:
        return codes(page.check(log.files.export(), keys=log.files.vkeys))

    log = HandLog()
    log.introduce_actor(a_key("unit"), required=True)
    log.act(a_key("unit"))
    log.act(a_key("other"))
    log.act()
    log.act(recorded_at="2025-01-01T00:01:59.999999Z")
    assert found(log)[:3] == [("actor-signature", 3), ("signature-missing", 4), ("recorded-at-decreases", 5)]
    early = HandLog()
    early.introduce_actor(a_key("unit"), required=True)
    early.act(recorded_at="2025-01-01T00:01:59.999999Z")  # the key was introduced at 00:01
    assert found(early) == []
    early.act(recorded_at="2025-01-01T00:02:00.000000Z")
    assert found(early) == [("signature-missing", 3)]

    revoked = HandLog()
    revoked.introduce_actor(a_key("unit"))
    revoked.act(a_key("unit"))
    key = revoked.actor_vkey(a_key("unit")).split("+")[1]
    revoked.append("key.revoked.v1", {"key": key, "since": 2}, stream=LEDGER_STREAM)
    revoked.act(a_key("unit"))
    assert found(revoked) == [("key-revoked", 3), ("actor-signature", 4)]
    assert UNIT in revoked.actor_name()


def test_a_section_is_shown_only_as_it_was_recorded(page: VerifierPage) -> None:
    log, sections = HandLog(), [section("summary", "一"), section("grounds", {"grounds": "二"})]
    log.append(sections=sections)
    good = log.files.bundle_value([1])

    assert codes(page.check(json_line(good), keys=log.files.vkeys)) == []
    for spoilt in (
        [section("summary", "三")],
        sorted(sections, key=lambda one: sha256(one).digest(), reverse=True),
        [sections[0], sections[0]],
        [b"[]"],
    ):
        value = json.loads(json.dumps(good))
        value["entries"][0]["disclosures"] = [b64(one) for one in spoilt]
        assert ("section-changed", 1) in codes(page.check(canonical(value) + b"\n", keys=log.files.vkeys))
    for strange in (
        section("Summary", "一"),
        section("summary", "一", salt="AB" * 32),
        canonical(["ab" * 32, "summary"]),
    ):
        log = HandLog()
        log.append(sections=[strange])
        assert codes(page.check(log.files.bundle([1]), keys=log.files.vkeys)) == [("section-changed", 1)]


def test_a_copy_in_a_bundle_is_the_entry_or_is_not_included(page: VerifierPage) -> None:
    """An entry that stands in both lists cannot be two."""
    log = HandLog()
    log.append()
    value = log.files.bundle_value([0])
    value["entries"][0]["entry"] = b64(log.files.entries[1])

    assert codes(page.check(json_line(value), keys=log.files.vkeys)) == [("not-included", 0)]


def test_two_files_of_one_log_are_compared(page: VerifierPage) -> None:
    log, fork = HandLog(), HandLog()
    for number in range(6):
        log.append(data={"n": number})
        fork.append(data={"n": 0 if number == 3 else number})
    keys = log.files.vkeys

    def between(old: bytes, new: bytes) -> list[tuple[str, int | None]]:
        return codes(page.compare(old, new, keys=keys))

    held = page.compare(log.files.checkpoint(3), log.files.export(), keys=keys)
    assert (held["ok"], held["findings"], held["old"]["size"], held["new"]["size"]) == (True, [], 3, 7)
    assert held["not_checked"] == []
    assert all(OTHER_CHECKPOINT not in held[which]["not_checked"] for which in ("old", "new"))
    unknown = page.compare(log.files.checkpoint(3), log.files.receipt(5), keys=keys)
    assert (unknown["ok"], unknown["not_checked"]) == (False, [OTHER_CHECKPOINT])
    assert between(log.files.checkpoint(5), fork.files.export()) == [("fork", None)]
    assert between(log.files.receipt(4), fork.files.export()) == [("fork", 4)]
    assert between(log.files.checkpoint(), fork.files.checkpoint()) == [("fork", None)]
    assert between(log.files.export(), log.files.export(4)) == [("truncated", None)]
    assert between(log.files.checkpoint(3), log.files.receipt(5)) == [("not-comparable", None)]
    assert between(log.files.checkpoint(), HandLog("localhost/other").files.checkpoint()) == [("wrong-origin", None)]
    assert between(log.files.checkpoint(3)[:-1], log.files.export()) == []


def test_more_than_a_hundred_findings_end_the_reading(page: VerifierPage) -> None:
    log = HandLog()
    for _ in range(120):
        log.append(v=1)

    report = page.check(log.files.export(), keys=log.files.vkeys)
    assert len(report["findings"]) == 101
    assert report["findings"][-1] == {
        "grade": "manipulation",
        "index": None,
        "code": "more",
        "what": "there are more than 100 findings",
    }
