"""What lies beside the entries and may be erased or large: personal sections, and documents named by digest.

Every digest an entry commits to has its disclosure, which opens with its owner's key for its own place; nothing lies
beside an entry that it did not commit to. A section without order of erasure that is gone, or whose key is gone, is
manipulation, and so is one that was erased and is there (DESIGN §3).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from msgspec import Struct

from ledger.domain.adoption import RulebookActivated
from ledger.domain.assessment import AssessmentSchemeAdopted
from ledger.domain.governance import SourceBatchImported
from ledger.domain.sections import NAMES
from ledger.errors import LedgerError, VerificationError
from ledger.fsck.erasures import Erasures
from ledger.fsck.headers import Stated
from ledger.fsck.report import Findings, Grade
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.log.encoding import EncodingError, parse
from ledger.mapper import disclosure_digest
from ledger.storage.keys import KeyStore, Owner, WrongMasterKey
from ledger.storage.sealed import Place, open_sealed
from ledger.storage.session import Row

SALT_DIGITS: Final = 64
DOCUMENTS: Final = {
    RulebookActivated.__name__: ("digest",),
    AssessmentSchemeAdopted.__name__: ("matrix_digest", "indicators_digest"),
    SourceBatchImported.__name__: ("rejects_digest",),
}

_BESIDE = "SELECT idx, section, subject, retention, sealed FROM disclosures WHERE idx > ? AND idx <= ? ORDER BY idx"
_ORPHANS = """
    SELECT d.idx, d.section FROM disclosures d LEFT JOIN entries e ON e.idx = d.idx WHERE e.idx IS NULL
    ORDER BY d.idx LIMIT 100
"""
_DOCUMENT = "SELECT content FROM documents WHERE digest = ?"
_DIGESTS = "SELECT digest FROM documents WHERE digest > ? ORDER BY digest LIMIT ?"


class Opened(Struct, frozen=True, gc=False):
    """An entry with its sections, opened and compared; `whole` unless one of them could not be."""

    stated: Stated
    sections: dict[str, Any] = {}
    whole: bool = True  # also where all that is missing was erased by order


class Sections:
    """Opens the disclosures of entries, a page at a time, in order."""

    def __init__(self, snapshot: Snapshot, keys: KeyStore, origin: str, findings: Findings, erasures: Erasures) -> None:
        self._snapshot, self._keys, self._origin, self._findings = snapshot, keys, origin, findings
        self._erasures = erasures

    def open(self, entries: Iterable[Stated], after: int, last: int) -> list[Opened]:
        """The entries with their sections; (`after`, `last`] are the indexes whose disclosures are looked at."""
        try:
            rows = self._snapshot.rows(_BESIDE, (after, last))
        except Damaged as error:
            what = f"entries {after + 1}–{last}: their disclosures cannot be read"
            self._findings.place(
                "disclosures", f"{what}: {error.detail}", "section-unreadable", index=max(after + 1, 0)
            )
            return [Opened(stated, whole=not stated.header.sd) for stated in entries]
        keys = self._keys_of({(row[2], row[3]) for row in rows if isinstance(row[2], str) and isinstance(row[3], str)})
        beside: dict[int, list[Row]] = {}
        for row in rows:
            beside.setdefault(row[0], []).append(row)
        return [self._open(stated, beside.get(stated.index, []), keys) for stated in entries]

    def _keys_of(self, owners: set[Owner]) -> dict[Owner, bytes]:
        try:
            return self._keys.get_many(sorted(owners))
        except WrongMasterKey:
            pass  # some of them do not open with the master key; those are as good as missing
        found = {}
        for owner in sorted(owners):
            try:
                key = self._keys.get(*owner)
            except WrongMasterKey:
                continue
            if key is not None:
                found[owner] = key
        return found

    def _open(self, stated: Stated, rows: list[Row], keys: dict[Owner, bytes]) -> Opened:
        committed, sections = set(stated.header.sd), dict[str, Any]()
        ordered = self._erasures.targets(stated)
        erased = {one.section: digest for digest, one in ordered.items()}
        shut, whole = 0, True
        for _, section, subject, retention, sealed in rows:
            name = f"section {section}" if section in NAMES else "a section of no name"
            if section in erased and ordered[erased[section]].erased is not None:
                self._erasures.undone(stated.index, name)
            key = keys.get((subject, retention))
            if key is None and section in erased:
                whole = False  # it was destroyed before the ciphertext, and before what leads to the record
                continue
            if key is None and (digest := self._erasures.ordered_since(stated.index, section)) in committed:
                whole = False
                committed.remove(digest)
                continue
            if key is None:
                self._findings.entry(stated.index, f"the key of {name} is missing without an order", "key-missing")
                shut += 1
                continue
            place = Place(self._origin, stated.header.stream, stated.version, section, subject)
            try:
                disclosure = open_sealed(key, sealed, place)
                digest = disclosure_digest(disclosure)
                if digest not in committed:
                    raise VerificationError("it is not one that the entry commits to")
                sections[section] = _value(disclosure, section)
                committed.discard(digest)
            except (LedgerError, TypeError) as error:
                told = error.detail if isinstance(error, VerificationError) and error.code != "section-not-open" else ""
                what = told or "it does not open here with its owner's key: it was changed, or belongs elsewhere"
                self._findings.entry(stated.index, f"{name}: {what}", "section-changed")
                shut += 1
        explained = committed & ordered.keys()
        self._erasures.erased += len(explained)
        committed -= explained
        gone = len(committed) - shut
        if gone > 0:
            count = "a section is" if gone == 1 else f"{gone} sections are"
            self._findings.entry(stated.index, f"{count} missing without an order of erasure", "section-missing")
        return Opened(stated, sections, whole=whole and not committed)

    def finish(self) -> None:
        """No disclosure lies beside an entry that is not there."""
        try:
            for index, section in self._snapshot.rows(_ORPHANS):
                name = section if section in NAMES else "of no name"
                self._findings.entry(index, f"a section {name} lies beside no entry", "section-extra")
        except Damaged as error:
            self._findings.place("disclosures", error.detail, "section-unreadable")


def _value(disclosure: bytes, section: str) -> Any:
    """The value in `JCS([salt, name, value])`."""
    try:
        salt, name, value = parse(disclosure)
    except (EncodingError, ValueError, TypeError):
        raise VerificationError("its disclosure is not of the form [salt, name, value]") from None
    if name != section or not isinstance(salt, str) or len(salt) != SALT_DIGITS:
        raise VerificationError("its disclosure is not of the form [salt, name, value]")
    return value


class Documents:
    """Documents: those that entries name, and that each is what its digest says."""

    def __init__(self, snapshot: Snapshot, findings: Findings) -> None:
        self._snapshot, self._findings = snapshot, findings
        self._changed: set[bytes] = set()
        self._unnamed: set[bytes] = set()  # of those that are there

    def start(self) -> None:
        """Hash every document; those that are not what their digest says are remembered."""
        try:
            for page in self._snapshot.pages(_DIGESTS, (b"",)):
                for (digest,) in page:
                    self._unnamed.add(digest)
                    content = self._content(digest)
                    if type(digest) is not bytes or content is None or sha256(content).digest() != digest:
                        name = digest.hex() if type(digest) is bytes else "of no digest"
                        self._findings.place(f"document {name}", "its bytes are not those of its digest", "document")
                        self._changed.add(digest)
        except Damaged as error:
            self._findings.place("documents", error.detail, "document")

    def named(self, stated: Stated) -> None:
        """The documents an entry names are there, unchanged."""
        for member in DOCUMENTS.get(stated.type, ()):
            text = stated.header.data.get(member)
            if text is None:
                continue
            try:
                digest = bytes.fromhex(text)
            except (TypeError, ValueError):
                self._findings.entry(stated.index, f"{member} is not a digest", "document")
                continue
            self._unnamed.discard(digest)
            if digest in self._changed:
                self._findings.entry(stated.index, f"the document of {member} was changed", "document")
            elif self._content(digest) is None:
                self._findings.entry(stated.index, f"the document of {member} is missing", "document")

    def finish(self) -> None:
        """A document that no entry names changes nothing, but nobody here put it there."""
        for digest in sorted(self._unnamed - self._changed):
            what = f"document {digest.hex()}: no entry names it"
            self._findings.add(Grade.NOTICE, None, what, "document-extra")

    def _content(self, digest: bytes) -> bytes | None:
        try:
            rows = self._snapshot.rows(_DOCUMENT, (digest,))
        except Damaged:
            return None
        return rows[0][0] if rows and type(rows[0][0]) is bytes else None
