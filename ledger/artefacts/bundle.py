"""Evidence bundles: chosen entries with chosen sections, each proven under one checkpoint, and the keys of the log.

`parse_bundle` accepts exactly what `format` writes. `make_bundle` takes the newest checkpoint that has been signed, or
signs one that covers what is asked for.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from ledger.errors import Invalid, NotFound, VerificationError
from ledger.keyring import KEY_TOPICS
from ledger.log.chain import HASH_BYTES
from ledger.log.encoding import EncodingError, canonical, parse
from ledger.log.merkle import inclusion_proof
from ledger.log.note import SignedNote, parse_note
from ledger.log.proof import MAX_HASHES
from ledger.storage.nodes import StoredNodes

if TYPE_CHECKING:
    from ledger.application import Ledger

FORMAT: Final = "integrity-ledger/bundle/v1"
ENDING: Final = ".bundle.json"
_MEMBERS: Final = {"disclosures", "entry", "index", "proof"}


class BadArtefact(VerificationError):
    """Bytes that are not of the strict form of the file they claim to be."""

    code = "malformed"


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry's bytes, its inclusion proof for the bundle's checkpoint, and the sections that are disclosed."""

    index: int
    entry: bytes
    proof: tuple[bytes, ...]
    disclosures: tuple[bytes, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "disclosures": [_b64(disclosure) for disclosure in self.disclosures],
            "entry": _b64(self.entry),
            "index": self.index,
            "proof": [_b64(value) for value in self.proof],
        }


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle's file holds."""

    checkpoint: SignedNote
    entries: tuple[Proven, ...]
    keys: tuple[Proven, ...]

    def format(self) -> bytes:
        """The file's bytes: one line of canonical JSON."""
        value = {
            "checkpoint": self.checkpoint.format(),
            "entries": [proven.as_json() for proven in self.entries],
            "format": FORMAT,
            "keys": [proven.as_json() for proven in self.keys],
        }
        return canonical(value) + b"\n"


def parse_bundle(data: bytes) -> Bundle:
    """The bundle written by these bytes; `BadArtefact` unless `format` would write exactly them."""
    if not data.endswith(b"\n"):
        raise BadArtefact("a bundle is one line that ends in a line feed")
    try:
        value = parse(data[:-1])
        if not isinstance(value, dict) or value.keys() != {"checkpoint", "entries", "format", "keys"}:
            raise BadArtefact("a bundle has a checkpoint, entries, a format and keys")
        if value["format"] != FORMAT:
            raise BadArtefact(f"a bundle's format is {FORMAT}")
        bundle = Bundle(parse_note(value["checkpoint"]), _parse_list(value["entries"]), _parse_list(value["keys"]))
    except (EncodingError, VerificationError, AttributeError, TypeError, ValueError) as error:
        raise BadArtefact(f"not a bundle: {error}") from None
    if not bundle.entries or any(proven.disclosures for proven in bundle.keys) or bundle.format() != data:
        raise BadArtefact("the bundle is not written as bundles are")
    return bundle


def _parse_list(value: object) -> tuple[Proven, ...]:
    if not isinstance(value, list):
        raise BadArtefact("entries and keys are lists")
    found = tuple(map(_parse_proven, value))
    if any(one.index >= other.index for one, other in pairwise(found)):
        raise BadArtefact("entries ascend by index, each once")
    return found


def _parse_proven(value: Any) -> Proven:
    if not isinstance(value, dict) or value.keys() != _MEMBERS or type(value["index"]) is not int or value["index"] < 0:
        raise BadArtefact("an entry of a bundle has an index, its bytes, a proof and disclosures")
    proof = tuple(map(_decoded, value["proof"]))
    if len(proof) > MAX_HASHES or any(len(one) != HASH_BYTES for one in proof):
        raise BadArtefact(f"a proof has at most {MAX_HASHES} hashes of {HASH_BYTES} bytes")
    return Proven(value["index"], _decoded(value["entry"]), proof, tuple(map(_decoded, value["disclosures"])))


def _b64(data: bytes) -> str:
    return b64encode(data).decode()


def _decoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise BadArtefact("bytes are written in base64")
    data = b64decode(text, validate=True)
    if _b64(data) != text:
        raise BadArtefact("base64 is written in one way")
    return data


# Making one.

Disclose = Callable[[int], Iterable[bytes]]
"""The sections of an entry (by index) that its bundle's reader may see, as disclosed bytes."""


def nothing(index: int) -> Sequence[bytes]:
    """Disclose no section."""
    return ()


def make_bundle(ledger: Ledger, indexes: Collection[int], disclose: Disclose = nothing) -> Bundle:
    """The bundle of these entries; `NotFound` with code `no-entry` where one of them is not there."""
    wanted = sorted(set(indexes))
    if not wanted:
        raise Invalid("a bundle holds at least one entry", code="too-few", field="entries")
    if wanted[0] < 0 or wanted[-1] >= ledger.size:
        raise NotFound("there is no such entry", code="no-entry")
    published = ledger.publisher.newest_kept()
    if published is None or published.checkpoint.size <= wanted[-1]:
        signed = ledger.publisher.publish()
        published = ledger.publisher.newest_kept() or signed
    note, size = parse_note(published.note), published.checkpoint.size
    nodes = StoredNodes(ledger.store, size)

    def proven(index: int, disclosures: Iterable[bytes]) -> Proven:
        chosen = tuple(sorted(disclosures, key=lambda disclosure: sha256(disclosure).digest()))
        return Proven(index, ledger.store.entry(index).state, tuple(inclusion_proof(nodes, index, size)), chosen)

    events = sorted(row.index for topic in KEY_TOPICS for row in ledger.store.by_topic(topic, size))
    return Bundle(
        note,
        tuple(proven(index, disclose(index)) for index in wanted),
        tuple(proven(index, ()) for index in events),
    )
