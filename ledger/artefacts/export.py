"""Exports: all entries up to a checkpoint, as they are stored, with its keys and the documents that entries name.

JSON Lines, written and read as a stream: memory does not grow with the log. Personal sections are not in an export.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from ledger.artefacts.bundle import BadArtefact
from ledger.errors import VerificationError
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.encoding import EncodingError, canonical, parse
from ledger.log.note import SignedNote, parse_note
from ledger.mapper import header_of

if TYPE_CHECKING:
    from ledger.application import Ledger

FORMAT: Final = "integrity-ledger/export/v1"
ENDING: Final = ".jsonl"
# The documents that go with their entries: the members of each topic that name one by its SHA-256.
DOCUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "rulebook.activated.v1": ("digest",),
    "assessment-scheme.adopted.v1": ("matrix_digest", "indicators_digest"),
}


@dataclass(frozen=True, slots=True)
class ExportHeader:
    """The first line of an export."""

    checkpoint: SignedNote
    documents: int
    keys: tuple[str, ...]

    @property
    def said(self) -> Checkpoint:
        """What the checkpoint says."""
        return parse_checkpoint(self.checkpoint.text)

    def format(self) -> bytes:
        """The line, without its line feed."""
        value = {
            "checkpoint": self.checkpoint.format(),
            "documents": self.documents,
            "format": FORMAT,
            "keys": list(self.keys),
        }
        return canonical(value)


def parse_export_header(line: bytes) -> ExportHeader:
    """The header written by a line; `BadArtefact` unless `format` would write exactly it."""
    try:
        value = parse(line)
        if not isinstance(value, dict) or value.keys() != {"checkpoint", "documents", "format", "keys"}:
            raise BadArtefact("an export begins with a checkpoint, a number of documents, a format and keys")
        keys, documents = value["keys"], value["documents"]
        if value["format"] != FORMAT or type(documents) is not int or documents < 0:
            raise BadArtefact("the header of an export is not written as one")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise BadArtefact("the keys of an export are verifier keys")
        header = ExportHeader(parse_note(value["checkpoint"]), documents, tuple(keys))
        _ = header.said
    except (EncodingError, VerificationError, AttributeError, TypeError) as error:
        raise BadArtefact(f"not an export: {error}") from None
    if header.format() != line:
        raise BadArtefact("the header of an export is not written as one")
    return header


def format_document(content: bytes) -> bytes:
    """The line of a document, without its line feed."""
    return canonical({"document": b64encode(content).decode()})


def parse_document(line: bytes) -> bytes:
    """The document written by a line; `BadArtefact` unless `format_document` would write exactly it."""
    try:
        value = parse(line)
        if not isinstance(value, dict) or value.keys() != {"document"}:
            raise BadArtefact("a line behind the entries is a document")
        content = b64decode(value["document"], validate=True)
    except (EncodingError, TypeError, ValueError):
        raise BadArtefact("a line behind the entries is a document in base64") from None
    if format_document(content) != line:
        raise BadArtefact("a document is not written as one")
    return content


def named_documents(topic: str, data: Mapping[str, Any]) -> Iterator[str]:
    """The digests of the documents that an entry names, in hexadecimal."""
    for member in DOCUMENTS.get(topic, ()):
        digest = data.get(member)
        if isinstance(digest, str):
            yield digest


def write_export(ledger: Ledger, out: BinaryIO) -> ExportHeader:
    """Write the export of everything up to a checkpoint of now; what its first line says."""
    signed = ledger.publisher.publish()
    published = ledger.publisher.newest_kept() or signed
    note, size = parse_note(published.note), published.checkpoint.size
    named = {
        digest
        for topic in DOCUMENTS
        for row in ledger.store.by_topic(topic, size)
        for digest in named_documents(topic, header_of(row.state)["data"])
    }
    held = (ledger.store.document(bytes.fromhex(digest)) for digest in sorted(named))
    documents = [content for content in held if content is not None]
    keys = tuple(key.text for key in ledger.publisher.keyring().log_keys(size))
    header = ExportHeader(note, len(documents), keys)
    out.write(header.format() + b"\n")
    for row in ledger.store.entries(0, size):
        out.write(row.state + b"\n")
    for content in documents:
        out.write(format_document(content) + b"\n")
    return header
