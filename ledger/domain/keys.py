"""The keys of a log as its own entries name them: introduced, retired, revoked. Only the ledger writes these.

Which key is valid where follows from the place of these entries in the log (`ledger.keyring`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ledger.domain.base import LedgerEvent
from ledger.domain.governance import Book
from ledger.domain.values import Payload, Role, UnitRef


class KeyIntroduced(LedgerEvent):
    """密钥登记: a key that signs checkpoints or certificates, or one by which a unit signs its acts.

    `unit` is the unit's pseudonym.
    """

    TOPIC = "key.introduced.v1"
    ROLES = (Role.SYSTEM,)

    class Data(Payload):
        purpose: Literal["log-signing", "certificate-signing", "actor-signing"]
        vkey: str
        unit: UnitRef | None = None
        required: bool | None = None

    def apply(self, book: Book) -> None:
        """Keys are read from the log."""


class KeyRetired(LedgerEvent):
    """密钥停用: from here on it signs nothing; what it signed before stays signed. `key` is its key id."""

    TOPIC = "key.retired.v1"
    ROLES = (Role.SYSTEM,)

    class Data(Payload):
        key: str

    def apply(self, book: Book) -> None:
        """Keys are read from the log."""


class KeyRevoked(LedgerEvent):
    """密钥吊销: somebody else may have had it; what it signed from the size `since` on counts no more."""

    TOPIC = "key.revoked.v1"
    ROLES = (Role.SYSTEM,)

    class Data(Payload):
        key: str
        since: int = Field(ge=0)

    def apply(self, book: Book) -> None:
        """Keys are read from the log."""
