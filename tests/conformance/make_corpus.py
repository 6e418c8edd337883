"""Makes our own corpus of vectors: files as they leave a ledger, and files that are wrong in one thing each.

    python -m tests.conformance.make_corpus

Keys, times and ids are fixed, so the same bytes come out every time; `test_corpus.py` makes them again and compares.
Each file is named after what it is or what was done to it, and `corpus/expected.json` says what every verifier must
say of it: exit status, and grade, code and index of each finding, in the order of `ledger/artefacts/README.md`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from ledger.log.encoding import canonical
from ledger.log.note import KeyType, NoteSignature, SignedNote, VerifierKey, format_vkey, sign_note
from tests.support.artefacts import OTHER_UNIT, UNIT, Files, HandLog, a_key, b64, json_line, public, resigned, section

CORPUS = Path(__file__).parent / "corpus"
EXPECTED = "expected.json"
ORIGIN = "ledger.example/corpus"
LOG, SECOND, STRANGER = a_key("log"), a_key("corpus second log key"), a_key("corpus stranger")
UNIT_KEY, OTHER_KEY = a_key("corpus unit"), a_key("corpus other unit")
WITNESSES = {"witness.example/1": a_key("corpus w1"), "witness.example/2": a_key("corpus w2")}
IDENTITY, REASONS = section("identity", {"name": "示例一"}), section("reasons", {"reasons": "系统故障"}, "cd" * 32)
EDITION, SCHEME = b'id = "EXAMPLE-1"\n', b"[matrix]\nrows = []\n"
MANIPULATION, GAP, NOTICE = "manipulation", "gap", "notice"
ENDINGS = {"receipt": ".tlog-proof", "bundle": ".bundle.json", "export": ".jsonl", "checkpoint": ".checkpoint"}


@dataclass
class Vector:
    """A file, what its reader brings along, and what is to be said of it."""

    data: bytes
    findings: list[tuple[str, str, int | None]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    witnesses: list[str] = field(default_factory=list)
    quorum: int = 1
    require_witnessed: bool = False
    leaf: str | None = None
    older: str | None = None  # the file it is compared with

    def as_json(self) -> dict[str, Any]:
        grades = {grade for grade, _, _ in self.findings}
        said: dict[str, Any] = {
            "exit": 6 if MANIPULATION in grades else 7 if GAP in grades else 0,
            "findings": [{"grade": grade, "code": code, "index": index} for grade, code, index in self.findings],
        }
        if self.older is not None:
            said["older"] = self.older
        given = {"keys": self.keys, "witnesses": self.witnesses, "quorum": self.quorum, "leaf": self.leaf}
        given["require_witnessed"] = self.require_witnessed
        blank = Vector(b"")
        said["given"] = {name: value for name, value in given.items() if value != getattr(blank, name)}
        return said


def vkey(key: Any, name: str = ORIGIN, kind: KeyType = KeyType.ED25519) -> str:
    return format_vkey(name, public(key), kind)


def key_id(key: Any, name: str = ORIGIN) -> str:
    return VerifierKey(name, public(key)).id


def build(changes: Mapping[int, Mapping[str, Any]] | None = None, *, size: int = 13) -> Files:
    """The log all vectors are of, by rules but for what `changes` says of an entry."""
    log = HandLog(ORIGIN)
    unit, other = log.actor_name(), log.actor_name(OTHER_UNIT)

    def put(topic: str = "thing.done.v1", data: Any = None, **more: Any) -> None:
        given = {"topic": topic, "data": data, **more, **(changes or {}).get(log.size, {})}
        log.append(given.pop("topic"), given.pop("data"), **given)

    if changes and 0 in changes:
        data = json.loads(log.files.entries.pop())["h"]["data"]
        log.versions.clear()
        log.append("ledger.opened.v1", {**data, **changes[0]})
    put(stream="thing/a", sections=[IDENTITY, REASONS])
    put("rulebook.activated.v1", {"digest": sha256(EDITION).hexdigest()}, stream="rulebook/x")
    put("key.introduced.v1", actor_key(UNIT_KEY, UNIT, required=True))
    put(stream="thing/b", unit=UNIT, signers=[(unit, UNIT_KEY)])
    put(stream="thing/a")
    put("key.introduced.v1", {"purpose": "log-signing", "vkey": vkey(SECOND)})
    put("key.retired.v1", {"key": key_id(LOG)})
    put("assessment-scheme.adopted.v1", {"matrix_digest": sha256(SCHEME).hexdigest()}, stream="scheme/x")
    put("key.introduced.v1", actor_key(OTHER_KEY, OTHER_UNIT))
    put(stream="thing/c", unit=OTHER_UNIT, signers=[(other, OTHER_KEY)])
    put("key.revoked.v1", {"key": key_id(OTHER_KEY, other), "since": 10})
    put(stream="thing/a")
    files = log.files
    files.entries = files.entries[:size]
    files.documents = [EDITION, SCHEME]
    files.signers = [SECOND] if size > 7 else [LOG, SECOND] if size == 7 else [LOG]
    return files


def actor_key(key: Any, unit: str, *, required: bool = False) -> dict[str, Any]:
    """The data of the introduction of a unit's key."""
    name = f"{ORIGIN}/unit/{unit}"
    return {"purpose": "actor-signing", "vkey": vkey(key, name), "unit": unit, "required": required}


def witnessed(files: Files) -> Files:
    """The same log with two witnesses."""
    files.witnesses = WITNESSES
    return files


REVOKED = (NOTICE, "key-revoked", 11)
KEYS = [vkey(SECOND)]
WITNESS_KEYS = [vkey(key, name, KeyType.COSIGNATURE) for name, key in WITNESSES.items()]
CHOSEN = (1, 4, 5, 10)
NINE = "export-of-9-entries.jsonl"


def bad(code: str, index: int | None = None) -> tuple[str, str, int | None]:
    return (MANIPULATION, code, index)


def gap(code: str, index: int | None = None) -> tuple[str, str, int | None]:
    return (GAP, code, index)


def valid() -> Iterator[tuple[str, Vector]]:
    """Files that hold."""
    files, cosigned = build(), witnessed(build())
    yield "receipt.tlog-proof", Vector(files.receipt(1), keys=KEYS)
    yield "receipt-beside-its-leaf.tlog-proof", Vector(files.receipt(1), keys=KEYS, leaf=files.leaf(1).hex())
    yield (
        "receipt-cosigned.tlog-proof",
        Vector(cosigned.receipt(1), keys=KEYS, witnesses=WITNESS_KEYS, quorum=2, require_witnessed=True),
    )
    yield "checkpoint.checkpoint", Vector(files.checkpoint(), keys=KEYS)
    yield (
        "checkpoint-cosigned.checkpoint",
        Vector(cosigned.checkpoint(), keys=KEYS, witnesses=WITNESS_KEYS, quorum=2, require_witnessed=True),
    )
    yield "bundle.bundle.json", Vector(files.bundle(CHOSEN), [REVOKED], keys=KEYS)
    yield "bundle-without-a-trusted-key.bundle.json", Vector(files.bundle(CHOSEN), [REVOKED])
    yield "export.jsonl", Vector(files.export(), [REVOKED], keys=KEYS)
    yield "export-without-a-trusted-key.jsonl", Vector(files.export(), [REVOKED])
    yield "export-while-one-key-succeeds-another.jsonl", Vector(both_keys(), keys=[vkey(LOG), vkey(SECOND)])
    yield "export-of-a-loaded-history.jsonl", Vector(loaded(), [(NOTICE, "history", 1)])
    yield (
        "export-after-an-older-one.jsonl",
        Vector(files.export(), [REVOKED], KEYS, older=NINE),
    )
    yield NINE, Vector(files.export(9), keys=KEYS)
    yield "export-after-a-receipt.jsonl", Vector(files.export(), [REVOKED], keys=KEYS, older="receipt.tlog-proof")


def both_keys() -> bytes:
    files = build(size=7)
    return files.export()


def loaded() -> bytes:
    log = HandLog(ORIGIN, clock="history")
    log.append(stream="thing/a")
    log.append("history.loaded.v1", {"lines": 1})
    log.append(stream="thing/a")
    return log.files.export()


def flipped(data: bytes, at: int) -> bytes:
    """One bit of one byte the other way."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def spoilt_note(note: SignedNote, number: int) -> SignedNote:
    """A note of which one signature does not hold."""
    lines = list(note.signatures)
    one = lines[number]
    lines[number] = NoteSignature(one.name, one.key_id, flipped(one.signature, 40))
    return SignedNote(note.text, tuple(lines))


def receipts() -> Iterator[tuple[str, Vector]]:
    files = build()
    whole = files.receipt(1)
    yield "no-key", Vector(whole, [gap("no-key")])
    yield "header-of-another-version", Vector(whole.replace(b"@v1", b"@v2"), [bad("malformed")], KEYS)
    yield "index-with-a-leading-zero", Vector(whole.replace(b"index 1\n", b"index 01\n"), [bad("malformed")], KEYS)
    yield "index-of-another-entry", Vector(whole.replace(b"index 1\n", b"index 2\n"), [bad("not-included", 2)], KEYS)
    yield "index-beyond-the-size", Vector(whole.replace(b"index 1\n", b"index 13\n"), [bad("not-included", 13)], KEYS)
    yield "hash-of-the-proof-changed", Vector(changed_hash(whole), [bad("not-included", 1)], KEYS)
    yield "hash-of-the-proof-missing", Vector(without_line(whole, 3), [bad("not-included", 1)], KEYS)
    yield "extra-absent", Vector(files.receipt(1, extra=None), [gap("no-leaf", 1)], KEYS)
    yield "extra-of-another-entry", Vector(files.receipt(1, extra=files.leaf(2)), [bad("not-included", 1)], KEYS)
    yield "extra-too-short", Vector(files.receipt(1, extra=b"short"), [bad("leaf", 1)], KEYS)
    yield "beside-another-leaf", Vector(whole, [bad("leaf", 1), bad("not-included", 1)], KEYS, leaf=files.leaf(2).hex())
    yield (
        "signature-changed",
        Vector(
            whole.replace(files.checkpoint(), spoilt_note(files.note(), 0).format().encode()),
            [bad("bad-signature"), bad("unsigned")],
            KEYS,
        ),
    )
    yield "trailing-line", Vector(whole + b"\n", [bad("malformed")], KEYS)


def changed_hash(receipt: bytes) -> bytes:
    lines = receipt.split(b"\n")
    lines[3] = b64(bytes(32)).encode()
    return b"\n".join(lines)


def without_line(data: bytes, number: int) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join(lines[:number] + lines[number + 1 :])


def checkpoints() -> Iterator[tuple[str, Vector]]:
    files, cosigned = build(), witnessed(build())
    note, whole, seen = files.note(), files.checkpoint(), cosigned.note()
    trusted: dict[str, Any] = {"keys": KEYS, "witnesses": WITNESS_KEYS}
    yield "no-key", Vector(whole, [gap("no-key")])
    yield "signed-by-a-stranger", Vector(resigned(whole, [(ORIGIN, STRANGER)]), [bad("unsigned")], KEYS)
    yield "signed-under-another-name", Vector(resigned(whole, [("elsewhere.example", SECOND)]), [bad("unsigned")], KEYS)
    yield (
        "signature-changed",
        Vector(spoilt_note(note, 0).format().encode(), [bad("bad-signature"), bad("unsigned")], KEYS),
    )
    yield "size-changed", Vector(whole.replace(b"\n13\n", b"\n14\n"), [bad("bad-signature"), bad("unsigned")], KEYS)
    yield (
        "one-of-two-signatures-changed",
        Vector(spoilt_note(two_signatures(note), 1).format().encode(), [bad("bad-signature")], [*KEYS, vkey(STRANGER)]),
    )
    yield "cosignature-changed", Vector(spoilt_note(seen, 1).format().encode(), [bad("bad-signature")], **trusted)
    yield "cosignature-at-another-time", Vector(other_time(seen).format().encode(), [bad("bad-signature")], **trusted)
    one = SignedNote(seen.text, seen.signatures[:2])
    yield (
        "one-witness-of-two",
        Vector(one.format().encode(), [gap("not-witnessed")], **trusted, quorum=2, require_witnessed=True),
    )
    yield "no-witness", Vector(whole, [gap("not-witnessed")], **trusted, require_witnessed=True)
    yield "trailing-garbage", Vector(whole + b"x", [bad("malformed")], KEYS)
    yield "size-with-a-leading-zero", Vector(whole.replace(b"\n13\n", b"\n013\n"), [bad("malformed")], KEYS)
    yield "without-signatures", Vector(note.text.encode() + b"\n", [bad("malformed")], KEYS)
    yield "empty", Vector(b"", [bad("malformed")], KEYS)


def two_signatures(note: SignedNote) -> SignedNote:
    return note.with_signatures(sign_note(note.text, ORIGIN, STRANGER).signatures)


def other_time(note: SignedNote) -> SignedNote:
    lines = list(note.signatures)
    one = lines[1]
    lines[1] = NoteSignature(one.name, one.key_id, flipped(one.signature, 7))
    return SignedNote(note.text, tuple(lines))


def bundles() -> Iterator[tuple[str, Vector]]:
    files = build()

    def spoilt(change: Callable[[dict[str, Any]], object]) -> bytes:
        value = files.bundle_value(CHOSEN)
        change(value)
        return json_line(value)

    def of_first(**members: Any) -> Callable[[dict[str, Any]], object]:
        return lambda value: value["entries"][0].update(members)

    def said(*findings: tuple[str, str, int | None]) -> list[tuple[str, str, int | None]]:
        return [*findings, REVOKED]

    held = files.disclosures[1]
    other = section("identity", {"name": "别人"})
    yield "unknown-member", Vector(spoilt(lambda value: value.update(more=1)), [bad("malformed")], KEYS)
    yield "without-entries", Vector(spoilt(lambda value: value.update(entries=[])), [bad("malformed")], KEYS)
    yield "entries-out-of-order", Vector(spoilt(lambda value: value["entries"].reverse()), [bad("malformed")], KEYS)
    yield "second-line", Vector(files.bundle(CHOSEN) + b"{}\n", [bad("malformed")], KEYS)
    yield "last-line-feed-missing", Vector(files.bundle(CHOSEN)[:-1], [bad("malformed")], KEYS)
    yield (
        "written-with-a-space",
        Vector(files.bundle(CHOSEN).replace(b'"entries":', b'"entries": '), [bad("malformed")], KEYS),
    )
    yield (
        "format-of-another-version",
        Vector(spoilt(lambda value: value.update(format="integrity-ledger/bundle/v2")), [bad("malformed")], KEYS),
    )
    yield (
        "key-entry-with-a-disclosure",
        Vector(spoilt(lambda value: value["keys"][0].update(disclosures=[b64(IDENTITY)])), [bad("malformed")], KEYS),
    )
    yield (
        "proof-of-another-entry",
        Vector(spoilt(of_first(proof=[b64(one) for one in files.proof(5)])), said(bad("not-included", 1)), KEYS),
    )
    yield "entry-replaced", Vector(spoilt(of_first(entry=b64(files.entries[5]))), said(bad("not-included", 1)), KEYS)
    yield (
        "section-changed",
        Vector(spoilt(of_first(disclosures=ordered(other, held[1]))), said(bad("section-changed", 1)), KEYS),
    )
    yield (
        "section-twice",
        Vector(spoilt(of_first(disclosures=[b64(held[0])] * 2)), said(bad("section-changed", 1)), KEYS),
    )
    yield (
        "sections-out-of-order",
        Vector(spoilt(of_first(disclosures=ordered(*held)[::-1])), said(bad("section-changed", 1)), KEYS),
    )
    yield "one-section-left-out", Vector(spoilt(of_first(disclosures=[b64(held[0])])), said(), KEYS)
    yield (
        "keys-without-entry-0",
        Vector(spoilt(lambda value: value["keys"].pop(0)), [bad("opening"), bad("key-event", 7), REVOKED], KEYS),
    )
    yield (
        "keys-without-a-units-key",
        Vector(spoilt(lambda value: value["keys"].pop(1)), said(bad("actor-signature", 4)), KEYS),
    )
    yield (
        "keys-with-another-entry",
        Vector(spoilt(lambda value: value["keys"].insert(1, files.proven(2))), [bad("key-event", 2), REVOKED], KEYS),
    )
    yield (
        "signed-by-a-stranger",
        Vector(
            spoilt(lambda value: value.update(checkpoint=resigned(files.checkpoint(), [(ORIGIN, STRANGER)]).decode())),
            [REVOKED, bad("unsigned")],
            KEYS,
        ),
    )


def ordered(*disclosures: bytes) -> list[str]:
    return [b64(one) for one in sorted(disclosures, key=lambda one: sha256(one).digest())]


def entries() -> Iterator[tuple[str, Vector]]:
    """Exports that are consistent in themselves, of a log of which one entry is wrong."""
    unit = f"{ORIGIN}/unit/{UNIT}"

    def of(
        changes: Mapping[int, Mapping[str, Any]], *found: tuple[str, str, int | None], revoked: bool = True
    ) -> Vector:
        said = [*found, *([REVOKED] if revoked else [])]
        return Vector(build(changes).export(), sorted(said, key=lambda one: one[2] or 0), KEYS)

    def raw(index: int, change: Callable[[bytes], bytes], *found: tuple[str, str, int | None]) -> Vector:
        files = build()
        files.entries[index] = change(files.entries[index])
        return Vector(files.export(), sorted([*found, REVOKED], key=lambda one: one[2] or 0), KEYS)

    yield "entry-0-another-suite", of({0: {"suite": "md5"}}, bad("opening", 0))
    yield "entry-0-another-format", of({0: {"format": 1}}, bad("opening", 0))
    yield (
        "entry-0-history-that-never-ended",
        Vector(build({0: {"clock": "history"}}).export(), [REVOKED, (NOTICE, "history", None)], KEYS),
    )
    yield (
        "entry-5-not-canonical",
        raw(5, lambda entry: entry.replace(b'"h":', b'"h": '), bad("not-canonical", 5), bad("stream-version", 12)),
    )
    yield "entry-5-not-an-entry", raw(5, lambda _: b"{}", bad("not-canonical", 5), bad("stream-version", 12))
    yield "entry-5-header-with-an-unknown-member", of({5: {"more": 1}}, bad("bad-header", 5), bad("stream-version", 12))
    yield "entry-5-header-without-an-id", of({5: {"id": None}}, bad("bad-header", 5), bad("stream-version", 12))
    yield "entry-5-header-of-version-1", of({5: {"v": 1}}, bad("bad-header", 5), bad("stream-version", 12))
    yield (
        "entry-5-subjects-out-of-order",
        of({5: {"subjects": ["b", "a"]}}, bad("bad-header", 5), bad("stream-version", 12)),
    )
    yield "entry-5-after-another-version", of({5: {"after": 3}}, bad("bad-header", 5), bad("stream-version", 12))
    yield "entry-5-origin-of-another-log", of({5: {"origin": "elsewhere.example"}}, bad("wrong-origin", 5))
    yield "entry-5-opens-the-log-again", of({5: {"topic": "ledger.opened.v1", "data": {"keys": []}}}, bad("opening", 5))
    yield "entry-5-closes-a-history", of({5: {"topic": "history.loaded.v1"}}, bad("history", 5))
    yield "entry-5-version-skips-one", of({5: {"version": 3}}, bad("stream-version", 5))
    yield (
        "entry-5-recorded-at-decreases",
        of({5: {"recorded_at": "2025-01-01T00:03:59.999999Z"}}, bad("recorded-at-decreases", 5)),
    )
    yield (
        "entry-7-retires-an-unknown-key",
        Vector(with_keys(build({7: {"data": {"key": "00000000"}}}), LOG, SECOND), [bad("key-event", 7), REVOKED], KEYS),
    )
    yield "entry-9-introduces-a-known-key", of(
        {9: {"data": {"purpose": "log-signing", "vkey": vkey(SECOND)}}},
        bad("key-event", 9), bad("actor-signature", 10), bad("key-event", 11), revoked=False,
    )  # fmt: skip
    yield "entry-4-signed-for-another-log", of({4: {"origin": "elsewhere.example"}}, bad("wrong-origin", 4))
    yield "entry-4-unsigned", of({4: {"signers": []}}, bad("signature-missing", 4))
    yield "entry-4-signed-by-a-stranger", of({4: {"signers": [(unit, STRANGER)]}}, bad("actor-signature", 4))
    yield "entry-4-signed-for-another-unit", of({4: {"unit": OTHER_UNIT}}, bad("actor-signature", 4))
    yield (
        "entry-4-header-changed-behind-its-signature",
        raw(4, lambda entry: entry.replace(b'"role":"CREDIT"', b'"role":"HR"'), bad("actor-signature", 4)),
    )
    yield (
        "entry-12-signed-with-a-revoked-key",
        of(
            {12: {"unit": OTHER_UNIT, "signers": [(f"{ORIGIN}/unit/{OTHER_UNIT}", OTHER_KEY)]}},
            bad("actor-signature", 12),
        ),
    )
    yield "entry-12-is-entry-4-again", again()


def again() -> Vector:
    """A signed entry that somebody put there a second time, with the next version of its stream."""
    files = build()
    entry = json.loads(files.entries[4])
    entry["p"] |= {"version": 2, "recorded_at": json.loads(files.entries[12])["p"]["recorded_at"]}
    files.entries[12] = canonical(entry)
    return Vector(files.export(), [REVOKED, bad("replayed", 12)], KEYS)


def with_keys(files: Files, *keys: Any) -> bytes:
    files.log_keys = [vkey(key) for key in keys]
    return files.export()


def exports() -> Iterator[tuple[str, Vector]]:
    """Exports that are wrong as files."""
    files = build()
    whole = files.export()
    lines = whole.split(b"\n")[:-1]  # a header, 13 entries, two documents

    def of(*kept: bytes) -> bytes:
        return b"".join(line + b"\n" for line in kept)

    yield "last-entry-missing", Vector(of(*lines[:13], *lines[14:]), [REVOKED, gap("entry-missing", 12)], KEYS)
    yield "cut-behind-entry-8", Vector(of(*lines[:10]), [gap("entry-missing", 9)], KEYS)
    yield (
        "entry-12-replaced",
        Vector(whole.replace(b"2025-01-01T00:12:00", b"2025-01-01T00:12:01"), [REVOKED, bad("root")], KEYS),
    )
    yield "keys-of-a-retired-key", Vector(with_keys(build(), LOG), [REVOKED, bad("keys-differ")], KEYS)
    yield "signed-by-a-retired-key-and-none-trusted", Vector(retired(), [REVOKED, bad("unsigned")])
    yield (
        "document-changed",
        Vector(
            of(*lines[:14], json_line({"document": b64(b"changed")})[:-1], lines[15]),
            [REVOKED, *documents_said(lines[14])],
            KEYS,
        ),
    )
    yield (
        "document-missing",
        Vector(
            of(lines[0].replace(b'"documents":2', b'"documents":1'), *lines[1:15]),
            [REVOKED, gap("document-missing", 2 if sha256(EDITION).digest() > sha256(SCHEME).digest() else 8)],
            KEYS,
        ),
    )
    yield "documents-out-of-order", Vector(of(*lines[:14], lines[15], lines[14]), [REVOKED, bad("document")], KEYS)
    yield (
        "document-beyond-the-number",
        Vector(of(lines[0].replace(b'"documents":2', b'"documents":1'), *lines[1:]), [REVOKED, bad("malformed")], KEYS),
    )
    yield "last-line-feed-missing", Vector(whole[:-1], [REVOKED, bad("malformed")], KEYS)
    yield (
        "header-with-an-unknown-member",
        Vector(
            whole.replace(b'"format":"integrity-ledger/export/v1"', b'"format":"integrity-ledger/export/v1","more":1'),
            [bad("malformed")],
            KEYS,
        ),
    )
    yield "header-of-another-version", Vector(whole.replace(b"export/v1", b"export/v2"), [bad("malformed")], KEYS)
    yield "a-hundred-and-one-entries-wrong", a_hundred()


def documents_said(line: bytes) -> list[tuple[str, str, int | None]]:
    """What is said where the document of this line was changed into one of digest 0xd67e…."""
    lost, place = (EDITION, 2) if json.loads(line)["document"] == b64(EDITION) else (SCHEME, 8)
    kept = SCHEME if lost is EDITION else EDITION
    order = [bad("document")] if sha256(b"changed").digest() > sha256(kept).digest() else []
    return [*order, bad("document"), gap("document-missing", place)]


def retired() -> bytes:
    files = build()
    files.signers, files.log_keys = [LOG], [vkey(SECOND)]
    return files.export()


def a_hundred() -> Vector:
    log = HandLog(ORIGIN)
    for _ in range(105):
        log.append_bytes(b"{}")
    found = [bad("not-canonical", index) for index in range(1, 101)]
    return Vector(log.files.export(), [*found, bad("more")], log.files.vkeys)


def compared() -> Iterator[tuple[str, Vector]]:
    """A newer file beside an older one that holds."""
    fork = build({5: {"data": {"other": True}}})
    elsewhere = HandLog("elsewhere.example")
    for _ in range(12):
        elsewhere.append()
    files = build()
    yield (
        "export-forks-at-entry-5.jsonl",
        Vector(fork.export(), [REVOKED, bad("fork", 5)], KEYS, older=NINE),
    )
    yield (
        "export-forks-from-a-receipt.jsonl",
        Vector(fork.export(), [REVOKED, bad("fork")], KEYS, older="receipt.tlog-proof"),
    )
    yield (
        "checkpoint-forks-at-one-size.checkpoint",
        Vector(fork.checkpoint(), [bad("fork")], KEYS, older="checkpoint.checkpoint"),
    )
    yield "export-is-truncated.jsonl", Vector(files.export(9), [REVOKED, bad("truncated")], KEYS, older="export.jsonl")
    yield (
        "checkpoint-cannot-be-compared.checkpoint",
        Vector(files.checkpoint(), [gap("not-comparable")], KEYS, older=NINE),
    )
    yield (
        "export-of-another-log.jsonl",
        Vector(
            elsewhere.files.export(),
            [bad("wrong-origin")],
            [*KEYS, *elsewhere.files.vkeys],
            older="checkpoint.checkpoint",
        ),
    )


GROUPS = [
    ("receipt", receipts), ("checkpoint", checkpoints), ("bundle", bundles), ("export", entries), ("export", exports),
]  # fmt: skip


def vectors() -> dict[str, Vector]:
    """Every file of the corpus by its name."""
    found = dict(valid())
    groups = [
        ("receipt", receipts),
        ("checkpoint", checkpoints),
        ("bundle", bundles),
        ("export", entries),
        ("export", exports),
    ]
    for kind, group in groups:
        found |= {f"{kind}-{name}{ENDINGS[kind]}": vector for name, vector in group()}
    return found | dict(compared())


def expected(made: Mapping[str, Vector]) -> bytes:
    """The file of what is to be said."""
    said = {name: vector.as_json() for name, vector in sorted(made.items())}
    return json.dumps(said, indent=1, ensure_ascii=False).encode() + b"\n"


def main() -> None:
    """Write the corpus anew."""
    CORPUS.mkdir(exist_ok=True)
    made = vectors()
    for file in CORPUS.iterdir():
        file.unlink()
    for name, vector in made.items():
        (CORPUS / name).write_bytes(vector.data)
    (CORPUS / EXPECTED).write_bytes(expected(made))


if __name__ == "__main__":
    main()
