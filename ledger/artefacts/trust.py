"""Whom a reader trusts, and what a checkpoint's signatures amount to for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.artefacts.report import Found
from ledger.errors import VerificationError
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import verify_cosignatures
from ledger.log.note import SignedNote, VerifierKey, verify_note

NO_KEY_GIVEN = "that the signing key is the ledger's: no key was given"
NO_WITNESS_KEY = "that any witness has seen this checkpoint: no witness key was given"


@dataclass(frozen=True, slots=True)
class Trust:
    """The verifier keys of the ledger and of witnesses; `quorum` of these make a checkpoint `witnessed`."""

    keys: Sequence[VerifierKey] = ()
    witnesses: Sequence[VerifierKey] = ()
    quorum: int = 1
    require_witnessed: bool = False


def judge_signatures(
    note: SignedNote, checkpoint: Checkpoint, trust: Trust, own: Iterable[VerifierKey] | None, found: Found
) -> str | None:
    """The level that was shown, `signed` or `witnessed`; None with a finding.

    Each line is judged by itself: one that holds is enough. `own` are the keys that the file's own entries name, which
    serve where the reader trusts none; None where it has none.
    """
    keys = trust.keys or own
    named = {(key.name, key.id): key for key in keys or () if key.name == checkpoint.origin}
    witnesses = {(key.name, key.id): key for key in trust.witnesses}
    signed, seen = False, set[str]()
    for line in note.signatures:
        key, witness = named.get((line.name, line.key_id)), witnesses.get((line.name, line.key_id))
        try:
            if key is not None:
                verify_note(SignedNote(note.text, (line,)), [key])
                signed = True
            if witness is not None and verify_cosignatures(SignedNote(note.text, (line,)), [witness]):
                seen.add(line.name)
        except VerificationError as error:
            found.manipulation("bad-signature", f"{line.name}: {error.detail}")
    if not signed and keys is None:
        found.gap("no-key", "no verifier key was given: the signature could not be checked")
    elif not signed:
        found.manipulation("unsigned", "no key that is trusted, or valid for this size, signed the checkpoint")
    witnessed = bool(trust.witnesses) and len(seen) >= trust.quorum
    if trust.require_witnessed and not witnessed:
        found.gap("not-witnessed", f"{len(seen)} witnesses have cosigned; {trust.quorum} were asked for")
    if not signed:
        return None
    return "witnessed" if witnessed else "signed"
