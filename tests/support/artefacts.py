"""Artefacts for tests: receipts, bundles, exports and checkpoints of a log, valid unless a test spoils one.

`Files` makes them of entry bytes and keys, wherever these come from: `files_of(scene)` takes them from a real ledger,
`HandLog` writes entries that no ledger would write. The formats are those of `ledger/artefacts/README.md`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.chain import leaf_hash
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import cosign
from ledger.log.encoding import canonical
from ledger.log.entry import Signature, format_entry, signed_message
from ledger.log.merkle import NodeReader, Tree, inclusion_proof
from ledger.log.note import KeyType, SignedNote, VerifierKey, format_vkey, parse_note, sign_note
from ledger.log.proof import LogProof
from ledger.storage.key_files import load_signing_keys, locations
from ledger.storage.nodes import StoredNodes
from ledger.storage.sealed import Place, open_sealed
from tests.support.scene import Scene

KEY_TOPICS = ("ledger.opened.v1", "key.introduced.v1", "key.retired.v1", "key.revoked.v1")
DIGEST_MEMBERS = ("digest", "matrix_digest", "indicators_digest")
EXPORT = "integrity-ledger/export/v1"
BUNDLE = "integrity-ledger/bundle/v1"
FIRST_COSIGNED = 1_764_460_800  # 2025-11-30


def a_key(name: str) -> Ed25519PrivateKey:
    """A private key that is the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


def public(key: Ed25519PrivateKey) -> bytes:
    """The public key's 32 bytes."""
    return key.public_key().public_bytes_raw()


def json_line(value: Any) -> bytes:
    """A value as artefacts hold it: canonical, on one line."""
    return canonical(value) + b"\n"


def b64(data: bytes) -> str:
    """Base64 with padding."""
    return b64encode(data).decode()


@dataclass
class Files:
    """A log, and the files that are handed out of it. All of them speak for its whole size unless told otherwise."""

    origin: str
    entries: list[bytes]
    signers: list[Ed25519PrivateKey]
    witnesses: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    documents: list[bytes] = field(default_factory=list)
    disclosures: dict[int, list[bytes]] = field(default_factory=dict)
    nodes: Callable[[int], NodeReader] | None = None
    log_keys: list[str] | None = None  # the valid keys, where the signers are not exactly these

    @property
    def vkeys(self) -> list[str]:
        """The verifier keys of those who sign."""
        return [format_vkey(self.origin, public(key)) for key in self.signers]

    @property
    def witness_vkeys(self) -> list[str]:
        """The verifier keys of the witnesses."""
        return [format_vkey(name, public(key), KeyType.COSIGNATURE) for name, key in self.witnesses.items()]

    def leaf(self, index: int) -> bytes:
        """The leaf of an entry."""
        return leaf_hash(self.entries[index])

    def root(self, size: int) -> bytes:
        """The root over the first entries."""
        return Tree(leaf_hash(entry) for entry in self.entries[:size]).root()

    def note(self, size: int | None = None, *, root: bytes | None = None) -> SignedNote:
        """The signed and cosigned checkpoint."""
        at = len(self.entries) if size is None else size
        text = Checkpoint(self.origin, at, self.root(at) if root is None else root).format()
        signed = [line for key in self.signers for line in sign_note(text, self.origin, key).signatures]
        times = enumerate(self.witnesses.items(), start=FIRST_COSIGNED)
        signed += [cosign(text, name, key, time) for time, (name, key) in times]
        return SignedNote(text, tuple(signed))

    def checkpoint(self, size: int | None = None) -> bytes:
        """A checkpoint's file."""
        return self.note(size).format().encode()

    def proof(self, index: int, size: int | None = None) -> list[bytes]:
        """The inclusion proof of an entry."""
        at = len(self.entries) if size is None else size
        if self.nodes is None:
            return inclusion_proof(Tree(leaf_hash(entry) for entry in self.entries[:at]).node, index, at)
        return inclusion_proof(self.nodes(at), index, at)

    def receipt(self, index: int, size: int | None = None, *, extra: bytes | None = b"leaf") -> bytes:
        """A receipt; its `extra` is the leaf, another value, or absent."""
        said = self.leaf(index) if extra == b"leaf" else extra
        return LogProof(index, tuple(self.proof(index, size)), self.note(size), said).format().encode()

    def proven(self, index: int, size: int | None = None, disclosures: Iterable[bytes] = ()) -> dict[str, Any]:
        """An entry as a bundle holds it."""
        return {
            "disclosures": [b64(one) for one in sorted(disclosures, key=lambda one: sha256(one).digest())],
            "entry": b64(self.entries[index]),
            "index": index,
            "proof": [b64(node) for node in self.proof(index, size)],
        }

    def bundle_value(self, indexes: Collection[int], size: int | None = None) -> dict[str, Any]:
        """A bundle of these entries with all their sections, before it is written."""
        at = len(self.entries) if size is None else size
        return {
            "checkpoint": self.note(size).format(),
            "entries": [self.proven(index, size, self.disclosures.get(index, ())) for index in sorted(indexes)],
            "format": BUNDLE,
            "keys": [self.proven(index, size) for index in range(at) if self._type(index) in KEY_TOPICS],
        }

    def bundle(self, indexes: Collection[int], size: int | None = None) -> bytes:
        """A bundle of these entries with all their sections."""
        return json_line(self.bundle_value(indexes, size))

    def export(self, size: int | None = None) -> bytes:
        """An export of the whole log, or of its beginning."""
        at = len(self.entries) if size is None else size
        named = {digest for entry in self.entries[:at] for digest in _named(entry)}
        documents = sorted(
            (d for d in self.documents if sha256(d).hexdigest() in named), key=lambda d: sha256(d).digest()
        )
        header = {
            "checkpoint": self.note(size).format(),
            "documents": len(documents),
            "format": EXPORT,
            "keys": self.vkeys if self.log_keys is None else self.log_keys,
        }
        lines = [json_line(header), *(entry + b"\n" for entry in self.entries[:at])]
        return b"".join([*lines, *(json_line({"document": b64(document)}) for document in documents)])

    def _type(self, index: int) -> str:
        topic: str = json.loads(self.entries[index])["h"].get("type", "")
        return topic


def _named(entry: bytes) -> list[str]:
    header = json.loads(entry).get("h", {})
    if header.get("type") not in ("rulebook.activated.v1", "assessment-scheme.adopted.v1"):
        return []
    return [header["data"][name] for name in DIGEST_MEMBERS if name in header["data"]]


def files_of(scene: Scene, witnesses: Mapping[str, Ed25519PrivateKey] | None = None) -> Files:
    """A scene's ledger as files: stored bytes, proofs from stored tiles, the ledger's key, all sections opened."""
    ledger, store = scene.ledger, scene.store
    rows = list(store.entries())
    assert ledger.origin is not None
    files = Files(
        ledger.origin,
        [row.state for row in rows],
        load_signing_keys(locations(store.url).signing_key),
        dict(witnesses or {}),
        nodes=lambda size: StoredNodes(store, size),
    )
    for (index, name), sealed in store.disclosures(range(len(rows))).items():
        key = ledger.keys.get(sealed.subject, sealed.retention)
        assert key is not None
        place = Place(ledger.origin, rows[index].stream, rows[index].version, name, sealed.subject)
        files.disclosures.setdefault(index, []).append(open_sealed(key, sealed.sealed, place))
    for digest in {digest for entry in files.entries for digest in _named(entry)}:
        document = store.document(bytes.fromhex(digest))
        assert document is not None
        files.documents.append(document)
    return files


LEDGER_STREAM = f"ledger/{uuid5(NAMESPACE_URL, 'ledger')}"
UNIT, OTHER_UNIT = str(uuid5(NAMESPACE_URL, "unit")), str(uuid5(NAMESPACE_URL, "other-unit"))
SYSTEM = {"id": "system", "role": "SYSTEM"}


class HandLog:
    """A log written by hand, entry by entry, by rules or against them; entry 0 is there from the beginning."""

    def __init__(
        self, origin: str = "localhost/by-hand", *, clock: str = "real", keys: Sequence[str] = ("log",)
    ) -> None:
        self.origin = origin
        self.files = Files(origin, [], [a_key(name) for name in keys])
        listed = [{"purpose": "log-signing", "vkey": vkey} for vkey in self.files.vkeys]
        opened = {"origin": origin, "suite": "sha256-ed25519", "format": 0, "clock": clock, "keys": listed}
        self.versions: dict[str, int] = {}
        self.append("ledger.opened.v1", opened)

    @property
    def size(self) -> int:
        return len(self.files.entries)

    def append(
        self,
        topic: str = "thing.done.v1",
        data: Mapping[str, Any] | None = None,
        *,
        stream: str = LEDGER_STREAM,
        unit: str | None = None,
        signers: Sequence[tuple[str, Ed25519PrivateKey]] = (),
        sections: Sequence[bytes] = (),
        version: int | None = None,
        recorded_at: str | None = None,
        **header: Any,
    ) -> int:
        """Append an entry and return its index. `signers` are names and their keys; `header` adds or replaces
        members, and leaves out those given as None."""
        index = self.size
        self.versions[stream] = self.versions.get(stream, 0) + 1 if version is None else version
        said: dict[str, Any] = {
            "v": 0,
            "origin": self.origin,
            "id": str(uuid5(NAMESPACE_URL, str(index))),
            "type": topic,
            "stream": stream,
            "effective_on": "2025-01-01",
            "actor": SYSTEM if unit is None else {"id": "somebody", "role": "CREDIT", "unit": unit},
            "data": dict(data or {}),
        }
        if sections:
            said["sd"] = sorted(sha256(section).hexdigest() for section in sections)
            self.files.disclosures[index] = list(sections)
        said = {name: value for name, value in {**said, **header}.items() if value is not None}
        asserted = canonical(said, nfc=True)
        signed = [
            Signature(VerifierKey(name, public(key)).id, key.sign(signed_message(said["origin"], asserted)))
            for name, key in signers
        ]
        entry = format_entry(
            asserted,
            recorded_at=recorded_at or f"2025-01-01T{index // 60:02}:{index % 60:02}:00.000000Z",
            version=self.versions[stream],
            signatures=sorted(signed, key=lambda signature: signature.key),
        )
        return self.append_bytes(entry)

    def append_bytes(self, entry: bytes) -> int:
        """Append what need not be an entry."""
        self.files.entries.append(entry)
        return self.size - 1

    def actor_name(self, unit: str = UNIT) -> str:
        """The name of a unit's keys."""
        return f"{self.origin}/unit/{unit}"

    def actor_vkey(self, key: Ed25519PrivateKey, unit: str = UNIT) -> str:
        """The verifier key of a unit's key."""
        return format_vkey(self.actor_name(unit), public(key))

    def introduce_actor(self, key: Ed25519PrivateKey, unit: str = UNIT, *, required: bool = False) -> int:
        """A key for a unit's acts."""
        data = {"purpose": "actor-signing", "vkey": self.actor_vkey(key, unit), "unit": unit, "required": required}
        return self.append("key.introduced.v1", data)

    def introduce_log(self, key: Ed25519PrivateKey) -> int:
        """A further key for signing checkpoints."""
        data = {"purpose": "log-signing", "vkey": format_vkey(self.origin, public(key))}
        return self.append("key.introduced.v1", data)

    def act(self, *keys: Ed25519PrivateKey, unit: str = UNIT, **more: Any) -> int:
        """An entry in a unit's name, signed by these keys of the unit."""
        return self.append(unit=unit, signers=[(self.actor_name(unit), key) for key in keys], **more)


def section(name: str, value: Any, salt: str = "ab" * 32) -> bytes:
    """A disclosure of a section."""
    return canonical([salt, name, value])


def resigned(note: bytes, signers: Sequence[tuple[str, Ed25519PrivateKey]]) -> bytes:
    """A checkpoint's text under other signatures."""
    text = parse_note(note.decode()).text
    lines = [line for name, key in signers for line in sign_note(text, name, key).signatures]
    return SignedNote(text, tuple(lines)).format().encode()
