"""Checking a file that left the ledger: what it is, whether it holds, and what that does not show (see README).

Nothing is asked of a server or a database. A file that does not hold is a report with findings, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Final

from ledger.artefacts.bundle import BadArtefact, Bundle, Proven, parse_bundle
from ledger.artefacts.certificate_check import Beside, check_jws
from ledger.artefacts.entries import EntryJudge
from ledger.artefacts.export import ExportHeader, named_documents, parse_document, parse_export_header
from ledger.artefacts.jws import BEGINNING
from ledger.artefacts.report import TRUE, Enough, Found, Report
from ledger.artefacts.trust import NO_KEY_GIVEN, NO_WITNESS_KEY, Trust, judge_signatures
from ledger.errors import VerificationError
from ledger.log.chain import HASH_BYTES, leaf_hash
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.merkle import Frontier, verify_inclusion
from ledger.log.note import SignedNote, parse_note
from ledger.log.proof import parse_proof

MAX_LINE: Final = 64 * 1024 * 1024
_RECEIPT: Final = b"c2sp.org/tlog-proof"
_DOCUMENT: Final = b'{"document":'
_NOTHING: Final = Beside()
NOT_COMPARED: Final = "that this log leads to any other checkpoint"
NO_ENTRY: Final = "what the entry says: a receipt holds its hash alone"
ONLY_CHOSEN: Final = "later entries about the same records: a bundle shows only what was chosen"
KEYS_AS_GIVEN: Final = "that no entry about keys was left out: a bundle cannot show it"


def check_file(
    path: Path, trust: Trust, *, leaf: bytes | None = None, to_compare: bool = False, beside: Beside = _NOTHING
) -> Report:
    """Check a file; OSError where it cannot be read."""
    with path.open("rb") as file:
        return check_stream(file, trust, leaf=leaf, to_compare=to_compare, beside=beside)


def check_bytes(
    data: bytes, trust: Trust, *, leaf: bytes | None = None, to_compare: bool = False, beside: Beside = _NOTHING
) -> Report:
    """Check a file's bytes."""
    return check_stream(BytesIO(data), trust, leaf=leaf, to_compare=to_compare, beside=beside)


def check_stream(
    file: BinaryIO, trust: Trust, *, leaf: bytes | None = None, to_compare: bool = False, beside: Beside = _NOTHING
) -> Report:
    """Check a file from its beginning; `leaf` is that of an entry held beside a receipt, `beside` is for certificates.

    `to_compare` keeps every leaf of an export, 32 bytes and more an entry; otherwise memory stays flat.
    """
    found, report = Found(), Report(to_compare=to_compare)
    report.findings = found.findings
    try:
        first = file.readline(MAX_LINE)
        if first.startswith(_RECEIPT):
            report.kind = "receipt"
            _check_receipt(first + file.read(MAX_LINE), trust, leaf, found, report)
        elif first.startswith(b"{"):
            _check_json(first, file, trust, found, report)
        elif first.startswith(BEGINNING):
            check_jws(first + file.read(MAX_LINE), trust, beside, found, report)
        else:
            report.kind = "checkpoint"
            note = _note(first + file.read(MAX_LINE))
            report.level = _signatures(note, trust, None, found, report)
    except BadArtefact as error:
        with suppress(Enough):
            found.manipulation("malformed", error.detail)
    except Enough:
        pass
    report.not_checked = _left_out(report, trust, leaf, beside)
    return report


def _left_out(report: Report, trust: Trust, leaf: bytes | None, beside: Beside) -> list[str]:
    """What was not checked, as far as the file was read, in the order of the README."""
    judge = report.judge
    return [
        *([NO_KEY_GIVEN] if report.kind in ("bundle", "export") and not trust.keys else ()),
        *([] if trust.witnesses else [NO_WITNESS_KEY]),
        *([] if judge is None else judge.left_out()),
        *([ONLY_CHOSEN, KEYS_AS_GIVEN] if report.kind == "bundle" else ()),
        *([NO_ENTRY] if report.kind == "receipt" and leaf is None else ()),
        *([] if report.claims is None else beside.left_out()),
        *([] if report.to_compare else [NOT_COMPARED]),
        TRUE,
    ]


def _note(data: bytes) -> SignedNote:
    with _strictly():
        note = parse_note(data.decode())
        _said(note)
    return note


def _said(note: SignedNote) -> Checkpoint:
    """What a checkpoint says; ours have three lines and no extensions."""
    said = parse_checkpoint(note.text)
    if said.extensions:
        raise BadArtefact("a checkpoint of this ledger has three lines")
    return said


@contextmanager
def _strictly() -> Iterator[None]:
    """What a parser refuses is a malformed file."""
    try:
        yield
    except (VerificationError, UnicodeDecodeError) as error:
        raise BadArtefact(error.detail if isinstance(error, VerificationError) else "it is not UTF-8") from None


def _signatures(note: SignedNote, trust: Trust, own: EntryJudge | None, found: Found, report: Report) -> str | None:
    said = parse_checkpoint(note.text)
    report.origin, report.size, report.signed_root = said.origin, said.size, said.root
    report.root = report.root or said.root.hex()
    keys = None if own is None else [key.vkey for key in own.keyring.log_keys(said.size)]
    return judge_signatures(note, said, trust, keys, found)


def _check_receipt(data: bytes, trust: Trust, leaf: bytes | None, found: Found, report: Report) -> None:
    with _strictly():
        proof = parse_proof(data.decode())
        said = _said(proof.checkpoint)
    report.level = _signatures(proof.checkpoint, trust, None, found, report)
    if proof.extra is not None and (len(proof.extra) != HASH_BYTES or leaf not in (None, proof.extra)):
        found.manipulation("leaf", "the entry is not the one of this receipt", proof.index)
    known = leaf if leaf is not None else proof.extra
    if known is None:
        found.gap("no-leaf", "which entry it is about is not said: its bytes or its leaf are needed", proof.index)
    elif len(known) == HASH_BYTES:
        try:
            verify_inclusion(known, proof.index, said.size, proof.hashes, said.root)
            report.leaves[proof.index] = known
        except VerificationError as error:
            found.manipulation("not-included", f"entry {proof.index}: {error.detail}", proof.index)


def _check_json(first: bytes, file: BinaryIO, trust: Trust, found: Found, report: Report) -> None:
    if b'"format":"integrity-ledger/export/v1"' in first:
        report.kind = "export"
        if not first.endswith(b"\n"):
            raise BadArtefact("a line ends in a line feed")
        header = parse_export_header(first[:-1])
        _said(header.checkpoint)
        _check_export(header, file, trust, found, report)
        return
    report.kind = "bundle" if b'"format":"integrity-ledger/bundle/v1"' in first else None
    _check_bundle(parse_bundle(first + file.read(1)), trust, found, report)


# Bundles.


def _check_bundle(bundle: Bundle, trust: Trust, found: Found, report: Report) -> None:
    with _strictly():
        said = _said(bundle.checkpoint)
    report.origin, report.size, report.root = said.origin, said.size, said.root.hex()
    judge = report.judge = EntryJudge(said.origin, found, versions=False)
    if not bundle.keys or bundle.keys[0].index != 0:
        found.manipulation("opening", "its keys do not begin with entry 0")
    listed = {proven.index: proven for proven in bundle.keys}
    disclosed = {proven.index: proven.disclosures for proven in bundle.entries}
    # An entry that stands in both lists is judged once; a copy that differs is no copy, and is judged as well.
    others = [one for one in bundle.entries if not _is_copy(one, listed.get(one.index))]
    for proven in sorted((*bundle.keys, *others), key=lambda one: one.index):
        if not _included(proven, said.size, said.root, found):
            continue
        report.leaves.setdefault(proven.index, leaf_hash(proven.entry))
        listed_as_key = proven is listed.get(proven.index)
        judge.take(proven.index, proven.entry, disclosed.get(proven.index, ()), listed_as_key=listed_as_key)
    judge.finish()
    report.level = _signatures(bundle.checkpoint, trust, judge, found, report)


def _is_copy(one: Proven, other: Proven | None) -> bool:
    return other is not None and (one.entry, one.proof) == (other.entry, other.proof)


def _included(proven: Proven, size: int, root: bytes, found: Found) -> bool:
    try:
        verify_inclusion(leaf_hash(proven.entry), proven.index, size, proven.proof, root)
    except VerificationError as error:
        found.manipulation("not-included", f"entry {proven.index}: {error.detail}", proven.index)
        return False
    return True


# Exports.


def _check_export(header: ExportHeader, file: BinaryIO, trust: Trust, found: Found, report: Report) -> None:
    said = header.said
    judge = report.judge = EntryJudge(said.origin, found, versions=True)
    frontier, named = Frontier(), dict[str, list[int]]()
    report.origin, report.size, report.signed_root = said.origin, said.size, said.root
    try:
        document = _check_entries(file, said.size, judge, frontier, named, report)
    finally:
        report.root = frontier.root().hex()
    report.complete = frontier.size == said.size
    if report.complete:
        if frontier.root() != said.root:
            found.manipulation("root", "the entries do not give the root of the checkpoint")
        if header.keys != tuple(key.text for key in judge.keyring.log_keys(frontier.size)):
            found.manipulation("keys-differ", "its keys are not those that the entries say are valid")
    else:
        what = f"entries {frontier.size}–{said.size - 1}: they are not there"
        found.gap("entry-missing", what, frontier.size)
    digests = _documents(file, header.documents, document)
    if report.complete:
        _check_documents(digests, header.documents, named, found)
    judge.finish()
    report.level = _signatures(header.checkpoint, trust, judge, found, report)


def _check_entries(
    file: BinaryIO, size: int, judge: EntryJudge, frontier: Frontier, named: dict[str, list[int]], report: Report
) -> bytes:
    """Judge the entries, at most `size`; the line of a document that stands where one of them should, or nothing."""
    for index in range(size):
        line = file.readline(MAX_LINE)
        if not line or line.startswith(_DOCUMENT):
            return line
        if not line.endswith(b"\n"):
            raise BadArtefact("a line ends in a line feed")
        leaf = leaf_hash(line[:-1])
        frontier.append(leaf)
        if report.to_compare:
            report.leaves[index] = leaf
        entry = judge.take(index, line[:-1])
        if entry is not None:
            for digest in dict.fromkeys(named_documents(entry.type, entry.data)):
                named.setdefault(digest, []).append(index)
    return b""


def _documents(file: BinaryIO, count: int, first: bytes) -> list[str]:
    """The digests of at most `count` documents, behind which there is nothing more."""
    digests: list[str] = []
    while len(digests) < count and (line := first or file.readline(MAX_LINE)):
        first = b""
        if not line.endswith(b"\n"):
            raise BadArtefact("a line ends in a line feed")
        digests.append(sha256(parse_document(line[:-1])).hexdigest())
    if first or file.read(1):
        raise BadArtefact("there is more behind the last document")
    return digests


def _check_documents(digests: list[str], count: int, named: dict[str, list[int]], found: Found) -> None:
    if len(digests) < count:
        raise BadArtefact("there are fewer documents than the first line says")
    if any(one >= other for one, other in pairwise(digests)):
        found.manipulation("document", "its documents are out of order, or one stands twice")
    for digest in digests:
        if digest not in named:
            found.manipulation("document", f"document {digest}: no entry names it")
    there = set(digests)
    for index, digest in sorted((index, digest) for digest, places in named.items() for index in places):
        if digest not in there:
            found.gap("document-missing", f"entry {index}: document {digest} is not there", index)
