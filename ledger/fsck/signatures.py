"""What units signed, against the keys that the log speaks of: each signature holds, none is missing, none stands twice.

A signature is over a header, and a header has an id of its own: a signed entry whose id stands before was put there
again by somebody who need not have the key. Unsigned entries are read only where a unit signs whatever it does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from ledger.errors import VerificationError
from ledger.fsck.headers import read_entry
from ledger.fsck.report import Findings
from ledger.fsck.snapshot import Snapshot
from ledger.keyring import Keyring
from ledger.log.encoding import canonical
from ledger.log.entry import Signature, parse_entry

_UNSIGNED: Final = b',"s":[]}'
_SIGNED: Final = """
    SELECT idx, state FROM entries WHERE idx > ? AND idx < ? AND substr(state, length(state) - 7) <> ?
    ORDER BY idx LIMIT ?
"""
_ALL: Final = "SELECT idx, state FROM entries WHERE idx > ? ORDER BY idx LIMIT ?"
_PAGE: Final = 1_000
_NO_END: Final = 1 << 62


def check_signatures(snapshot: Snapshot, keyring: Keyring, findings: Findings, *, first: int = 0) -> None:
    """Every signed entry from index `first` on, and every entry from where a unit must sign."""
    binding = [key.introduced for key in keyring.all() if key.binds_from is not None]
    seen = set[str]()
    for index, state in _entries(snapshot, first, min(binding) if binding else None):
        read = read_entry(state) if type(state) is bytes and state.endswith(_UNSIGNED) else None
        if read is not None:
            header, recorded_at, _ = read
            _check(index, header.actor.get("unit"), b"", (), recorded_at, keyring, findings)
            continue
        try:
            entry = parse_entry(state)
        except (VerificationError, TypeError):
            continue  # what is no entry is found where entries are read
        actor = entry.header.get("actor")
        unit = actor.get("unit") if isinstance(actor, dict) else None
        _check(index, unit, canonical(entry.header), entry.signatures, entry.recorded_at, keyring, findings)
        if entry.signatures:
            name = str(entry.header.get("id"))
            if name in seen:
                findings.entry(index, "it was signed once and stands here again", "replayed")
            seen.add(name)


def _check(
    index: int,
    unit: str | None,
    header: bytes,
    signatures: Collection[Signature],
    recorded_at: str,
    keyring: Keyring,
    findings: Findings,
) -> None:
    try:
        keyring.check(index, unit, header, signatures, recorded_at)
    except VerificationError as error:
        findings.entry(index, error.detail, error.code)


def _entries(snapshot: Snapshot, first: int, whole_from: int | None) -> Iterator[tuple[int, bytes]]:
    """The signed entries, and behind `whole_from` all of them."""
    last, stop = first - 1, _NO_END if whole_from is None else whole_from + 1
    while page := snapshot.rows(_SIGNED, (last, stop, _UNSIGNED, _PAGE)):
        yield from ((row[0], row[1]) for row in page)
        last = page[-1][0]
    last = max(first, stop) - 1
    while stop < _NO_END and (page := snapshot.rows(_ALL, (last, _PAGE))):
        yield from ((row[0], row[1]) for row in page)
        last = page[-1][0]
