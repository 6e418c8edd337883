"""Status lists: which certificates hold no more, by what the log says (draft-ietf-oauth-status-list).

A bit is set where the certificate was revoked; where its check was disputed, decided again or withdrawn since; where
the consent was withdrawn; and where another edition of the rulebook is in force than the one it was decided under.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from ledger.artefacts.certificate import LIST_BYTES, STATUS_LIST, StatusList
from ledger.artefacts.jws import sign_jws
from ledger.certificates import consent_withdrawn, midnight, read_check, signing_key_at
from ledger.clock import day_of
from ledger.errors import NotFound, Unavailable
from ledger.folds.check import Check
from ledger.keyring import certificate_key_name
from ledger.rulebook.defaults import shipped_defaults

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.log.checkpoint import Checkpoint
    from ledger.reading import Logged

_HOLDS_IN: Final = ("NOTIFIED", "FINAL")
_DECIDED_AGAIN: Final = ("EligibilityDisputed", "EligibilityRedetermined", "EligibilityWithdrawn")


def status_list(ledger: Ledger, list_id: int, checkpoint: Checkpoint) -> bytes:
    """The signed list, made of what a checkpoint covers; a line without its line feed.

    `NotFound` with code `no-status-list` where no certificate has a place in it; `Unavailable` with code
    `no-certificate-key` where the key is not on this machine.
    """
    bits, size, now = bytearray(LIST_BYTES), checkpoint.size, ledger.clock()
    issued = [entry for entry in ledger.by_type("CertificateIssued", size) if entry.data["status_list"] == list_id]
    if not issued:
        raise NotFound("no certificate has a place in such a list", code="no-status-list")
    for entry in issued:
        if why_not(ledger, entry, size, day_of(now)) is not None:
            index = entry.data["status_index"]
            bits[index >> 3] |= 1 << (index & 7)
    key = signing_key_at(ledger)
    if key is None:
        raise Unavailable("no key for certificates is valid and on this machine", code="no-certificate-key")
    days = shipped_defaults().certificates.status_list_days
    said = StatusList(
        iss=ledger.origin,
        list_id=list_id,
        size=size,
        root=checkpoint.root.hex(),
        iat=int(now.timestamp()),
        exp=midnight(day_of(now) + timedelta(days=days)),
        bits=bytes(bits),
    )
    return sign_jws(STATUS_LIST, said.payload(), certificate_key_name(ledger.origin), key).format()


def why_not(ledger: Ledger, issued: Logged, size: int, today: date) -> str | None:
    """Why a certificate holds no more, as a code, as known at a size; None while it does."""
    entries = ledger.stream(issued.stream, size)
    digest = issued.data["digest"]
    if any(entry.type == "CertificateRevoked" and entry.data["digest"] == digest for entry in entries):
        return "revoked"
    check = read_check(ledger, issued.uid, size, date.max)
    later = [entry for entry in entries if entry.index > issued.index and entry.type in _DECIDED_AGAIN]
    if later or check.state not in _HOLDS_IN:
        return "decision-changed"
    if consent_withdrawn(ledger, check, size):
        return "consent-withdrawn"
    return None if _same_edition(ledger, check, size, today) else "edition-succeeded"


def _same_edition(ledger: Ledger, check: Check, size: int, today: date) -> bool:
    return ledger.editions(size).on(today).id == check.rulebook
