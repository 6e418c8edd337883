"""The independent verifier's own parts against published vectors, against `cryptography`, and against our parsers."""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
from base64 import b64decode
from hashlib import sha512
from pathlib import Path
from typing import Any

import pytest
import verify_export
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from verify_export import L, Malformed, P, Wrong, ed25519_holds

from ledger.errors import LedgerError
from ledger.log.encoding import canonical, parse
from ledger.log.entry import parse_entry
from ledger.log.merkle import root_of
from tests.support.artefacts import HandLog, a_key, public
from tests.support.shared import shared_path

SCRIPT = Path(verify_export.__file__)
SEED = 20250704


# The file itself.


def test_nothing_but_the_standard_library_is_imported() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}

    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)
    assert not called & {"__import__", "eval", "exec", "compile"}


def test_it_runs_alone_in_an_empty_folder(tmp_path: Path) -> None:
    log = HandLog()
    (tmp_path / "verify_export.py").write_bytes(SCRIPT.read_bytes())
    (tmp_path / "log.jsonl").write_bytes(log.files.export())

    command = [sys.executable, "-I", "-S", "verify_export.py", "log.jsonl", "--key", log.files.vkeys[0]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8")

    assert (done.returncode, done.stderr) == (0, "")
    assert "未见异常" in done.stdout
    assert "nothing is wrong" in done.stdout


# Ed25519.

RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]

# y of the points of order 1, 2, 4 and 8 (twice), in all the ways 32 bytes can give them modulo p.
ORDER_8 = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
SMALL_ORDER_Y = [1, P - 1, 0, ORDER_8, P - ORDER_8]


def openssl_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def small_order_encodings() -> list[bytes]:
    numbers = {number for y in SMALL_ORDER_Y for number in (y, y + P) if number < 2**255}
    return [(number | sign << 255).to_bytes(32, "little") for number in sorted(numbers) for sign in (0, 1)]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032_hold(key: str, message: str, signature: str) -> None:
    assert ed25519_holds(bytes.fromhex(key), bytes.fromhex(signature), bytes.fromhex(message))
    assert not ed25519_holds(bytes.fromhex(key), bytes.fromhex(signature), bytes.fromhex(message) + b"\0")


def test_random_signatures_hold_and_flipped_bits_do_not() -> None:
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    for number in range(20):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        message = chance.randbytes(number * 7)
        key, signature = public(private), private.sign(message)
        assert ed25519_holds(key, signature, message)
        for _ in range(8):
            bit = chance.randrange(512)
            spoilt = bytearray(signature)
            spoilt[bit // 8] ^= 1 << bit % 8
            assert not openssl_holds(key, bytes(spoilt), message)
            assert not ed25519_holds(key, bytes(spoilt), message)
        bit = chance.randrange(256)
        other = (int.from_bytes(key, "little") ^ 1 << bit).to_bytes(32, "little")
        assert ed25519_holds(other, signature, message) == openssl_holds(other, signature, message) is False


def test_every_flipped_bit_of_one_signature_is_seen() -> None:
    private = a_key("every bit")
    signature = private.sign(b"message")

    held = [
        bit
        for bit in range(512)
        if ed25519_holds(public(private), (int.from_bytes(signature) ^ 1 << bit).to_bytes(64), b"message")
    ]

    assert held == []


@pytest.mark.parametrize("multiple", [1, 2, 7, 14, 15])
def test_an_s_beyond_the_order_is_refused(multiple: int) -> None:
    private = a_key("malleable")
    signature = private.sign(b"message")
    s = int.from_bytes(signature[32:], "little") + multiple * L
    spoilt = signature[:32] + s.to_bytes(32, "little")

    assert not openssl_holds(public(private), spoilt, b"message")
    assert not ed25519_holds(public(private), spoilt, b"message")


@pytest.mark.parametrize("s", [0, 1, L - 1, L, L + 1, 2**252, 2**255 - 1, 2**256 - 1])
def test_small_order_points_and_their_other_encodings_are_judged_as_openssl_judges_them(s: int) -> None:
    points = small_order_encodings()
    verdicts = set()
    for key in points:
        for r in points:
            for message in (b"", b"a", b"b", b"c"):
                signature = r + s.to_bytes(32, "little")
                verdict = ed25519_holds(key, signature, message)
                assert verdict == openssl_holds(key, signature, message), (key.hex(), r.hex(), s)
                verdicts.add(verdict)

    assert True in verdicts if s == 0 else verdicts == {False}


def test_keys_that_are_no_points_or_not_in_canonical_form_are_judged_as_openssl_judges_them() -> None:
    chance = random.Random(SEED)
    private = a_key("encodings")
    signature = private.sign(b"message")
    keys = [chance.randbytes(32) for _ in range(40)]
    keys += [(P + y | sign << 255).to_bytes(32, "little") for y in range(19) for sign in (0, 1)]
    for key in keys:
        # S = 0 and R = the neutral point: holds just where the key, many times, is the neutral point.
        for tried in (signature, (1).to_bytes(32, "little") + bytes(32)):
            assert ed25519_holds(key, tried, b"message") == openssl_holds(key, tried, b"message"), key.hex()


def test_a_mixed_order_key_is_judged_as_openssl_judges_it() -> None:
    """R = S·B − k·A with A = a·B + T, T of order 8: holds or not by k modulo 8, without the cofactor."""
    torsion = verify_export.decode_point(ORDER_8.to_bytes(32, "little"))
    assert torsion is not None
    secret = 123456789
    base = verify_export.multiples_of_base()
    key = verify_export.encode_point(verify_export.add(verify_export.times(secret, base), torsion))
    verdicts = []
    for nonce in range(1, 33):
        r = verify_export.encode_point(verify_export.times(nonce, base))
        k = int.from_bytes(sha512(r + key + b"m").digest(), "little") % L
        signature = r + ((nonce + k * secret) % L).to_bytes(32, "little")
        verdict = ed25519_holds(key, signature, b"m")
        assert verdict == openssl_holds(key, signature, b"m")
        verdicts.append(verdict)

    assert set(verdicts) == {True, False}


@pytest.mark.parametrize("length", [0, 1, 31, 33, 63, 65, 128])
def test_keys_and_signatures_of_other_lengths_are_refused(length: int) -> None:
    assert not ed25519_holds(public(a_key("x")), bytes(length), b"")
    assert not ed25519_holds(bytes(length), a_key("x").sign(b""), b"")


# The tree.


def inclusion_vectors() -> list[Any]:
    folder = shared_path("vectors", "rfc6962", "inclusion")
    return [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in sorted(folder.rglob("*.json"))]


@pytest.mark.parametrize("path", inclusion_vectors())
def test_the_inclusion_proofs_of_others_are_judged_as_they_say(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    proof = [b64decode(node) for node in case["proof"] or ()]
    head = verify_export.Checkpoint("origin", case["treeSize"], b64decode(case["root"]))
    if case["wantErr"]:
        with pytest.raises(Wrong) as caught:
            verify_export.check_inclusion(b64decode(case["leafHash"]), case["leafIdx"], head, proof)
        assert caught.value.code == "not-included"
    else:
        verify_export.check_inclusion(b64decode(case["leafHash"]), case["leafIdx"], head, proof)


def test_the_root_over_the_first_leaves_is_ours() -> None:
    tree = verify_export.Tree()
    leaves: list[bytes] = []
    for number in range(70):
        assert tree.root() == root_of(leaves)
        leaves.append(verify_export.leaf_hash(str(number).encode()))
        tree.append(leaves[-1])


# Signed notes and checkpoints of others.

NOTES = json.loads(shared_path("vectors", "signed-note", "vectors.json").read_text(encoding="utf-8"))


def signs(note: str, vkey: str) -> bool:
    """Whether a key signed a note; not where there is no note or key."""
    try:
        key, parsed = verify_export.parse_key(vkey), verify_export.parse_note(note)
    except Malformed:
        return False
    lines = [line for line in parsed.signatures if (line.name, line.key_id) == (key.name, key.id)]
    return any(ed25519_holds(key.public_key, line.signature, parsed.text.encode()) for line in lines)


@pytest.mark.parametrize("case", NOTES["open"], ids=lambda case: case["name"])
def test_published_notes_hold_and_no_changed_one_does(case: dict[str, str]) -> None:
    note, vkey = case["note"], case["vkey"]
    assert signs(note, vkey)
    assert verify_export.parse_note(note).text == case["text"]

    for at, character in enumerate(note):
        assert not signs(note[:at] + chr(ord(character) ^ 1) + note[at + 1 :], vkey), at


@pytest.mark.parametrize("case", NOTES["vkey_valid"], ids=lambda case: case["name"])
def test_published_verifier_keys_are_read_and_none_of_their_parts_is(case: dict[str, str]) -> None:
    vkey = case["vkey"]
    assert verify_export.parse_key(vkey).vkey == vkey

    for start in range(len(vkey)):
        for stop in range(start, len(vkey) + (start > 0)):
            with pytest.raises(Malformed):
                verify_export.parse_key(vkey[start:stop])


@pytest.mark.parametrize("case", NOTES["vkey_invalid"], ids=lambda case: case["name"])
def test_published_bad_verifier_keys_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        verify_export.parse_key(case["vkey"])


@pytest.mark.parametrize("size", range(16))
def test_the_checkpoints_of_another_log_are_judged_as_checkpoints(size: int, tmp_path: Path) -> None:
    vkey = shared_path("vectors", "tlog-tiles", "tessera-log.vkey").read_text(encoding="utf-8").strip()
    path = shared_path("vectors", "tlog-tiles", "tessera-log", f"checkpoint.{size}")
    trust = verify_export.Trust(keys=(verify_export.parse_key(vkey),))

    report = verify_export.judge_file(str(path), trust).report
    assert (report.kind, report.size, report.level, report.findings) == ("checkpoint", size, "signed", [])

    spoilt = tmp_path / "checkpoint"
    spoilt.write_text(path.read_text(encoding="utf-8").replace(f"\n{size}\n", f"\n{size + 1}\n", 1), encoding="utf-8")
    codes = [finding.code for finding in verify_export.judge_file(str(spoilt), trust).report.findings]
    assert codes == ["bad-signature", "unsigned"]


def test_the_entries_of_another_log_give_the_roots_it_signed() -> None:
    folder = shared_path("vectors", "tlog-tiles", "tessera-log")
    leaves = (folder / "tile" / "0" / "000.p" / "15").read_bytes()
    tree = verify_export.Tree()
    for size in range(16):
        note = verify_export.parse_note((folder / f"checkpoint.{size}").read_text(encoding="utf-8"))
        assert verify_export.parse_checkpoint(note.text) == verify_export.Checkpoint(
            "example.com/log/testdata", size, tree.root()
        )
        if size < 15:
            tree.append(leaves[32 * size : 32 * size + 32])


# Canonical JSON and entries, beside our own readers.


def reads(data: bytes) -> bool:
    try:
        verify_export.parse_canonical(data)
    except Malformed:
        return False
    return True


def ours_reads(data: bytes) -> bool:
    try:
        return isinstance(parse(data), dict)
    except LedgerError:
        return False


NOT_CANONICAL = [
    b"",
    b" {}",
    b"{} ",
    b"{}\n",
    b"\xef\xbb\xbf{}",
    b'{"a":1.0}',
    b'{"a":1e2}',
    b'{"a":-0}',
    b'{"a":01}',
    b'{"a":9007199254740992}',
    b'{"a":-9007199254740992}',
    b'{"a":' + b"9" * 5000 + b"}",
    b'{"a":NaN}',
    b'{"a":Infinity}',
    b'{"a":1,"a":1}',
    b'{"b":1,"a":1}',
    b'{"A":1}',
    b'{"":1}',
    b'{"1":1}',
    b'{"\xc3\xa9":1}',
    b'{"a":"\\u0061"}',
    b'{"a":"\\/"}',
    b'{"a":"\\u000A"}',
    b'{"a":"\\u001F"}',
    b'{"a":"\\ud800"}',
    b'{"a":"\\ud83d\\ude00"}',
    b'{"a":"\x01"}',
    b'{"a":"\xff"}',
    b'{"a":"\xed\xa0\x80"}',
    b'{"a":tru}',
    b"{'a':1}",
    b'{"a":1,}',
    b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b"[" * 100_000,
]
CANONICAL = [
    b"{}",
    b'{"a":9007199254740991,"b":-9007199254740991,"c":[true,false,null,{}]}',
    '{"a":"承诺 é \\u001f\\b\\t\\n\\f\\r\\"\\\\/\x7f\u2028😀"}'.encode(),
    b'{"a":' + b"[" * 31 + b"]" * 31 + b"}",
    b'{"a":"e\xcc\x81"}',  # not NFC, which is asked of headers only
]


@pytest.mark.parametrize("data", NOT_CANONICAL, ids=lambda data: repr(data[:24]))
def test_what_is_not_canonical_is_refused(data: bytes) -> None:
    assert not reads(data)
    assert not ours_reads(data)


@pytest.mark.parametrize("data", CANONICAL, ids=lambda data: repr(data[:24]))
def test_what_is_canonical_is_read(data: bytes) -> None:
    assert reads(data)
    assert ours_reads(data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.from_regex("[a-z][a-z0-9_]{0,5}", fullmatch=True), inner),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.from_regex("[a-z][a-z0-9_]{0,5}", fullmatch=True), VALUES), st.data())
def test_both_readers_accept_the_same_bytes(value: dict[str, Any], chance: st.DataObject) -> None:
    try:
        data = canonical(value)
    except LedgerError:  # a lone surrogate
        return
    assert reads(data)
    assert verify_export.encode_canonical(value) == data
    at, xor = chance.draw(st.integers(0, len(data) - 1)), chance.draw(st.integers(1, 255))
    spoilt = data[:at] + bytes([data[at] ^ xor]) + data[at + 1 :]
    assert reads(spoilt) == ours_reads(spoilt)


def entry_verdicts(data: bytes) -> tuple[bool, bool]:
    """Whether the script, and whether our own parser, reads an entry."""
    verdicts = []
    for parser, refusal in ((verify_export.parse_entry, Malformed), (parse_entry, LedgerError)):
        try:
            parser(data)
            verdicts.append(True)
        except refusal:
            verdicts.append(False)
    return verdicts[0], verdicts[1]


def test_both_parsers_judge_each_changed_byte_of_an_entry_alike() -> None:
    log = HandLog()
    log.introduce_actor(a_key("actor"))
    entry = log.files.entries[log.act(a_key("actor"), data={"text": "承诺"})]
    assert entry_verdicts(entry) == (True, True)
    for at, byte in enumerate(entry):
        for xor in (0x01, 0x20, 0x80, 0xFF):
            script, ours = entry_verdicts(entry[:at] + bytes([byte ^ xor]) + entry[at + 1 :])
            assert script == ours, (at, xor)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"version":1', b'"version":0'),
        (b'"version":1', b'"version":true'),
        (b'"version":1', b'"version":9007199254740992'),
        (b"T00:00:00.000000Z", b"T24:00:00.000000Z"),
        (b"T00:00:00.000000Z", b"T00:00:60.000000Z"),
        (b"T00:00:00.000000Z", b"T00:00:00.00000Z"),
        (b"T00:00:00.000000Z", b"T00:00:00.000000z"),
        (b"2025-01-01T", b"2025-02-29T"),
        (b"2025-01-01T", b"0000-01-01T"),
        (b'"s":[]', b'"s":{}'),
        (b'"s":[]', b'"s":[],"t":1'),
        (b'"s":[]', b'"s":[{"key":"0000000g","sig":""}]'),
        (b'"id":"', b'"id":"e\xcc\x81'),
        (b'"data":{', b'"data":{"a":' + b"[" * 31 + b"]" * 31 + b","),
    ],
    ids=lambda part: repr(part[:40]),
)
def test_both_parsers_refuse_what_is_no_entry(old: bytes, new: bytes) -> None:
    entry = HandLog().files.entries[0]
    assert old in entry

    assert entry_verdicts(entry.replace(old, new, 1)) == (False, False)


def test_a_header_has_as_many_levels_as_any_canonical_value_and_an_entry_65535_bytes() -> None:
    entry = HandLog().files.entries[0]
    deep = entry.replace(b'"data":{', b'"data":{"a":' + b"[" * 30 + b"]" * 30 + b",", 1)
    assert entry_verdicts(deep) == (True, True)

    room = 65_535 - len(entry)
    assert entry_verdicts(entry.replace(b'"id":"', b'"id":"' + b"x" * room, 1)) == (True, True)
    assert entry_verdicts(entry.replace(b'"id":"', b'"id":"' + b"x" * (room + 1), 1)) == (False, False)


# The command line.


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-I", "-S", str(SCRIPT), *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a log's export, receipt, checkpoint and key."""
    log = HandLog()
    log.files.witnesses["witness.example"] = a_key("witness")
    log.append()
    (tmp_path / "export").write_bytes(log.files.export())
    (tmp_path / "older").write_bytes(log.files.export(1))
    (tmp_path / "receipt").write_bytes(log.files.receipt(1))
    (tmp_path / "bare").write_bytes(log.files.receipt(1, extra=None))
    (tmp_path / "checkpoint").write_bytes(log.files.checkpoint())
    (tmp_path / "entry").write_bytes(log.files.entries[1] + b"\n")
    (tmp_path / "key").write_text("\n" + log.files.vkeys[0] + "\n", encoding="utf-8")
    (tmp_path / "witness").write_text(log.files.witness_vkeys[0] + "\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status", "codes"),
    [
        ("receipt --key key", 0, []),
        ("receipt", 7, ["no-key"]),
        ("checkpoint --key key", 0, []),
        ("checkpoint", 7, ["no-key"]),
        ("export", 0, []),
        ("export --key key --witness witness --require witnessed", 0, []),
        ("export --key key --require witnessed", 7, ["not-witnessed"]),
        ("export --key key --witness witness --quorum 2 --require witnessed", 7, ["not-witnessed"]),
        ("bare --key key", 7, ["no-leaf"]),
        ("bare --key key --entry entry", 0, []),
        ("receipt --key key --entry entry", 0, []),
        ("receipt --key key --entry key", 6, ["leaf", "not-included"]),
        ("receipt --key key --leaf " + "0" * 64, 6, ["leaf", "not-included"]),
        ("bare --key key --leaf " + "0" * 64, 6, ["not-included"]),
        ("key --key key", 6, ["malformed"]),
    ],
)
def test_the_command_line_gives_the_contracts_exit_status(
    folder: Path, arguments: str, status: int, codes: list[str]
) -> None:
    done = run(*arguments.split(), "--json", cwd=folder)

    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert [finding["code"] for finding in report["findings"]] == codes
    assert (done.returncode, report["ok"]) == (status, status == 0)
    assert list(report) == ["ok", "kind", "origin", "size", "root", "level", "findings", "not_checked"]


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "absent",
        ".",
        "export --key absent",
        "export --key witness",
        "export --witness key",
        "export --key entry",
        "export --quorum 0",
        "export --quorum many",
        "receipt --leaf 00",
        "receipt --entry absent",
        "receipt --entry entry --leaf " + "0" * 64,
        "export --compare",
        "export export export --compare",
        "export --require seen",
    ],
)
def test_wrong_calls_and_unreadable_files_are_two(folder: Path, arguments: str) -> None:
    done = run(*arguments.split(), cwd=folder)

    assert done.returncode == 2
    assert done.stderr != ""
    assert "Traceback" not in done.stderr


def test_several_files_are_a_list_of_reports(folder: Path) -> None:
    done = run("export", "receipt", "key", "--json", cwd=folder)

    assert [report["kind"] for report in json.loads(done.stdout)] == ["export", "receipt", "checkpoint"]
    assert done.returncode == 6


def test_a_comparison_is_two_reports_and_its_own_findings(folder: Path) -> None:
    done = run("older", "export", "--compare", "--json", cwd=folder)
    said = json.loads(done.stdout)

    assert done.returncode == 0
    assert list(said) == ["ok", "old", "new", "findings", "not_checked"]
    assert (said["old"]["size"], said["new"]["size"], said["findings"]) == (1, 2, [])
    assert run("export", "older", "--compare", cwd=folder).returncode == 6


def test_a_person_reads_chinese_english_or_both(folder: Path) -> None:
    both = run("receipt", cwd=folder).stdout
    chinese, english = (
        run("receipt", "--lang", "zh", cwd=folder).stdout,
        run("receipt", "--lang", "en", cwd=folder).stdout,
    )

    assert "未核验的事项" in both
    assert "NOT checked" in both
    assert "NOT checked" not in chinese
    assert "未核验" not in english
    assert "[no-key]" in chinese
    assert "whether what was recorded is true" in english


def test_what_a_file_says_cannot_play_with_the_terminal(tmp_path: Path) -> None:
    log = HandLog(origin="evil\u202e")
    (tmp_path / "export").write_bytes(log.files.export())

    out = run("export", cwd=tmp_path).stdout

    assert "\u202e" not in out
    assert "evil\\u202e" in out


def test_every_code_and_sentence_has_both_languages() -> None:
    for english, chinese in [*verify_export.FINDINGS.values(), *verify_export.NOT_CHECKED.values()]:
        assert english.isascii()
        assert any("\u4e00" <= character <= "\u9fff" for character in chinese)


def test_the_codes_and_sentences_are_those_of_the_contract() -> None:
    contract = (SCRIPT.parents[1] / "ledger" / "artefacts" / "README.md").read_text(encoding="utf-8")
    table = contract.split("| code | grade | when |")[1].split("For one entry")[0]
    codes = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert set(verify_export.FINDINGS) - {"history-twice"} == codes

    sentences = contract.split("| sentence | when |")[1]
    said = {english.format("N", "M") for english, _ in verify_export.NOT_CHECKED.values()}
    assert said == {line.split("`")[1] for line in sentences.splitlines() if line.startswith("| `")}
