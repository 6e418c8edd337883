"""Certificates of eligibility checks: one was handed out, one holds no more. Only the ledger writes these.

The entry holds the digest of the certificate, whose subject and number are salted and random, its place in a status
list, its second and the size of its checkpoint; nothing that leads from the one to the other. Who asked for it is a
look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ledger.domain.base import LedgerEvent
from ledger.domain.values import Digest, Payload, Ref, Role

if TYPE_CHECKING:
    from ledger.domain.eligibility import Check


class CertificateIssued(LedgerEvent):
    """证书签发, of a decision that was served; `digest` is that of the compact JWS.

    `issued_at` is its `iat`, in seconds since 1970, and `size` its checkpoint's.
    """

    TOPIC = "certificate.issued.v1"
    ROLES = (Role.SYSTEM,)
    ANSWERS = ("EligibilityNotified",)
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref
        digest: Digest
        status_list: int = Field(ge=1)
        status_index: int = Field(ge=0)
        issued_at: int | None = Field(default=None, ge=0)
        size: int | None = Field(default=None, ge=1)

    def apply(self, check: Check) -> None:
        check.certificates = {**check.certificates, self.data.digest: True}


class CertificateRevoked(LedgerEvent):
    """证书撤销: from here on it holds no more, whatever becomes of the check."""

    TOPIC = "certificate.revoked.v1"
    ROLES = (Role.SYSTEM,)
    ANSWERS = ("CertificateIssued",)
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref
        digest: Digest
        reason: Literal["HOLDER_ASKED", "ISSUED_IN_ERROR", "LOST"]

    def apply(self, check: Check) -> None:
        check.certificates = {**check.certificates, self.data.digest: False}
