"""Evidence files: kept sealed under the key of whom they are about, named by a random id, checked when they are read.

The entry that cites a file holds its name, kind, size and SHA-256 in the section `evidence`; the bytes lie here, under
the same subject's key and class, so erasing the key erases both. What a file is, is decided by its contents.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import msgspec
import sqlalchemy as sa

from ledger.domain.values import is_name
from ledger.errors import Invalid, NotFound, VerificationError
from ledger.log.encoding import canonical
from ledger.storage import tables
from ledger.storage.sealed import Place, open_sealed, seal

if TYPE_CHECKING:
    from ledger.application import Ledger

MAX_BYTES: Final = 20 * 1024 * 1024
RETENTION: Final = "CASE"
_ABOUT, _CONTENT = "about", "content"
_ZIP: Final = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_SIGNATURES: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A kept file, as an item of `evidence` cites it."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Attachments:
    """The evidence files of an open ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def keep(self, subject: str, name: str, content: bytes, *, by: str) -> Attachment:
        """Seal a file about a subject (its pseudonym), brought by an actor (its pseudonym).

        `Invalid` with codes `empty`, `too-large`, `bad-name`, `unknown-file-type`.
        """
        if not content:
            raise Invalid("the file is empty", code="empty", field="file")
        if len(content) > MAX_BYTES:
            raise Invalid(f"a file holds at most {MAX_BYTES} bytes", code="too-large", field="file")
        if not (0 < len(name) <= 200 and is_name(name)) or "/" in name or "\\" in name:
            raise Invalid("a file's name is a short text without control characters", code="bad-name", field="file")
        digest = hashlib.sha256(content).hexdigest()
        kept = Attachment(str(uuid4()), name, media_type_of(name, content), len(content), digest)
        with self._ledger.gate.sealing():
            self._ledger.heed_erasures()
            key = self._ledger.keys.get_or_create(subject, RETENTION)
            row = {
                "id": kept.id,
                "subject": subject,
                "retention": RETENTION,
                "about": seal(key, canonical({**kept.as_json(), "by": by}), self._place(kept.id, _ABOUT, subject)),
                "content": seal(key, content, self._place(kept.id, _CONTENT, subject)),
            }
            with self._ledger.store.engine.begin() as connection:
                connection.execute(tables.attachments.insert().values(**row))
        return kept

    def subject_of(self, attachment: str) -> str:
        """Whom a file is about; `NotFound` with code `unknown-attachment`."""
        return str(self._row(attachment).subject)

    def read(self, attachment: str) -> tuple[Attachment, bytes, str]:
        """A file, its bytes, and the pseudonym of who brought it; `NotFound` once its key was destroyed."""
        row = self._row(attachment)
        key = self._ledger.keys.get(row.subject, row.retention)
        if key is None:
            raise NotFound("the file was erased", code="unknown-attachment")
        about = open_sealed(key, bytes(row.about), self._place(attachment, _ABOUT, row.subject))
        content = open_sealed(key, bytes(row.content), self._place(attachment, _CONTENT, row.subject))
        members = msgspec.json.decode(about)
        by = str(members.pop("by"))
        kept = Attachment(**members)
        if hashlib.sha256(content).hexdigest() != kept.sha256:
            raise VerificationError("a file is not the one that was kept", code="attachment-changed")
        return kept, content, by

    def _row(self, attachment: str) -> Any:
        engine = self._ledger.store.engine.execution_options(reading=True)
        with engine.connect() as connection:
            row = connection.execute(sa.select(tables.attachments).where(tables.attachments.c.id == attachment)).first()
        if row is None:
            raise NotFound("there is no such file", code="unknown-attachment")
        return row

    def _place(self, attachment: str, section: str, subject: str) -> Place:
        return Place(self._ledger.origin, f"attachment/{attachment}", 1, section, subject)


def media_type_of(name: str, content: bytes) -> str:
    """What a file is, by its contents; `Invalid` with code `unknown-file-type` for what is none of the kinds taken."""
    for signature, media_type in _SIGNATURES:
        if content.startswith(signature):
            return media_type
    ending = name[name.rfind(".") :].lower()
    if content.startswith(b"PK\x03\x04") and ending in _ZIP:
        return _ZIP[ending]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or text.lstrip("\ufeff \t\r\n").startswith("<"):  # a page is no evidence, and may be a program
        raise Invalid("PDF, PNG, JPEG, DOCX, XLSX or plain text is expected", code="unknown-file-type", field="file")
    return "text/plain"
