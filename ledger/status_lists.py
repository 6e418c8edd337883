"""Status lists: which certificates hold no more, by what the log says (draft-ietf-oauth-status-list).

A bit is set where the certificate was revoked; where its check was disputed, decided again or withdrawn since; where
the consent was withdrawn; where the identity it was made for was corrected, or the registration it was taken from is
another one's now; and where another edition of the rulebook is in force than the one it was decided under.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ledger.artefacts.certificate import LIST_BYTES, STATUS_LIST, StatusList
from ledger.artefacts.jws import sign_jws
from ledger.certificate_keys import signing_key_at
from ledger.certificate_places import of_list
from ledger.certificates import DECIDED_AGAIN, HOLDS_IN, consent_withdrawn, midnight, read_check, same_edition
from ledger.clock import day_of
from ledger.errors import NotFound, Unavailable
from ledger.keyring import certificate_key_name
from ledger.rulebook.defaults import shipped_defaults

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.log.checkpoint import Checkpoint
    from ledger.reading import Logged


def status_list(ledger: Ledger, list_id: int, checkpoint: Checkpoint) -> bytes:
    """The signed list, made of what a checkpoint covers; a line without its line feed.

    `NotFound` with code `no-status-list` where no certificate has a place in it; `Unavailable` with code
    `no-certificate-key` where the key is not on this machine.
    """
    bits, size, now = bytearray(LIST_BYTES), checkpoint.size, ledger.clock()
    issued: dict[str, list[Logged]] = {}
    for entry in of_list(ledger, list_id, size):
        issued.setdefault(entry.stream, []).append(entry)
    if not issued:
        raise NotFound("no certificate has a place in such a list", code="no-status-list")
    for of_check in issued.values():
        for index in why_not(ledger, of_check, size, day_of(now)):
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


def why_not(ledger: Ledger, issued: Sequence[Logged], size: int, today: date) -> dict[int, str]:
    """Why certificates of one check hold no more: codes by their places in the list, as known at a size."""
    entries = ledger.stream(issued[0].stream, size)
    revoked = {entry.data["digest"] for entry in entries if entry.type == "CertificateRevoked"}
    decided = max((entry.index for entry in entries if entry.type in DECIDED_AGAIN), default=-1)
    check = read_check(ledger, issued[0].uid, size, date.max)
    reason: str | None = None  # which holds for all of them
    if check.state not in HOLDS_IN:
        reason = "decision-changed"
    elif consent_withdrawn(ledger, check, size):
        reason = "consent-withdrawn"
    elif not same_edition(ledger, check, size, today):
        reason = "edition-succeeded"
    corrected = max(
        (entry.index for entry in ledger.history(check.subject, size) if entry.type == "SubjectIdentityCorrected"),
        default=-1,
    )
    survivor = ledger.relations(size).survivor(check.subject)
    found: dict[int, str] = {}
    for entry in issued:
        if entry.data["digest"] in revoked:
            own: str | None = "revoked"
        elif decided > entry.index:
            own = "decision-changed"
        elif corrected > entry.index or ledger.relations(entry.index).survivor(check.subject) != survivor:
            own = "identity-changed"
        else:
            own = reason
        if own is not None:
            found[entry.data["status_index"]] = own
    return found
