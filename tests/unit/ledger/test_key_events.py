"""Keys of a ledger: succession with an overlap, retirement, revocation; units' keys by proof of possession."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import fsck
from ledger.application import Ledger
from ledger.errors import LedgerError, NotFound, Refused
from ledger.key_events import end_key, introduce_actor_key, possession, rotate_signing_key
from ledger.keyring import actor_key_name
from ledger.log.checkpoint import open_checkpoint
from ledger.log.note import format_vkey, parse_note, parse_vkey
from ledger.storage.key_files import load_signing_keys
from tests.support.golden import Copy
from tests.support.ledgers import uid_of, unit_registered


def signers(ledger: Ledger) -> list[str]:
    return [signature.key_id for signature in parse_note(ledger.publish().note).signatures]


def first_key(ledger: Ledger) -> str:
    return parse_vkey(ledger.opened().data["keys"][0]["vkey"]).id


def test_two_keys_sign_until_the_older_is_retired(small: Ledger) -> None:
    old = first_key(small)
    held_before = small.publish()
    new = rotate_signing_key(small)
    assert signers(small) == [old, new.vkey.id]
    assert len(load_signing_keys(Path(os.environ["INTEGRITY_SIGNING_KEY"]))) == 2

    end_key(small, old)
    small.submit(unit_registered("U3"))
    assert signers(small) == [new.vkey.id]
    assert len(load_signing_keys(Path(os.environ["INTEGRITY_SIGNING_KEY"]))) == 1
    assert fsck.verify(small).findings == ()
    # Old keys verify for ever what they signed (ASSURANCE §6, 42).
    assert open_checkpoint(held_before.note, [parse_vkey(small.opened().data["keys"][0]["vkey"])]).size > 0
    covering = small.publisher.covering(1)
    assert covering is not None


def test_the_access_log_follows(small: Ledger) -> None:
    rotate_signing_key(small)
    end_key(small, first_key(small))
    newest = small.access.publisher.newest()
    assert newest is not None
    names = [signature.name for signature in parse_note(newest.note).signatures]
    assert names == [small.access.origin]
    assert fsck.verify(small).findings == ()


def test_the_last_key_stays(small: Ledger) -> None:
    for since in (None, 1):
        with pytest.raises(Refused) as refused:
            end_key(small, first_key(small), revoked_since=since)
        assert refused.value.code == "last-key"
    assert signers(small) == [first_key(small)]


def test_a_revoked_key_counts_no_more_from_a_size_on(small: Ledger) -> None:
    """Receipts under checkpoints that count no more are given anew under one that does."""
    small.publish()
    since = small.size
    small.submit(unit_registered("U3"))
    rotate_signing_key(small)
    end_key(small, first_key(small), revoked_since=since)
    covering = small.publisher.covering(since + 1)
    assert covering is not None
    keyring = small.publisher.keyring()
    keys = [key.vkey for key in keyring.log_keys(covering.checkpoint.size)]
    assert open_checkpoint(covering.note, keys) == covering.checkpoint
    assert fsck.verify(small).findings == ()


def test_an_end_that_was_interrupted_is_finished(small: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the access log's entry and the ledger's, and between that and the file."""
    old = first_key(small)
    rotate_signing_key(small)
    write = Ledger.write_own
    with monkeypatch.context() as crash:
        crash.setattr(Ledger, "write_own", lambda *_, **__: (_ for _ in ()).throw(OSError("crash")))
        with pytest.raises(OSError, match="crash"):
            end_key(small, old)
    assert write is Ledger.write_own
    with monkeypatch.context() as crash:
        crash.setattr("ledger.key_events.replace_signing_keys", lambda *_: (_ for _ in ()).throw(OSError("crash")))
        with pytest.raises(OSError, match="crash"):
            end_key(small, old)
    assert len(load_signing_keys(Path(os.environ["INTEGRITY_SIGNING_KEY"]))) == 2
    with pytest.raises(Refused) as refused:
        end_key(small, old)
    assert refused.value.code == "key-ended"
    assert len(load_signing_keys(Path(os.environ["INTEGRITY_SIGNING_KEY"]))) == 1
    assert fsck.verify(small).findings == ()


def test_another_process_signs_with_the_new_key_at_once(small: Ledger, reopened: Copy) -> None:
    with reopened.opened() as server:
        server.publish()
        new = rotate_signing_key(small)
        end_key(small, first_key(small))
        server.submit(unit_registered("U3"))
        assert signers(server) == [new.vkey.id]


def test_an_unknown_or_ended_key_does_not_end(small: Ledger) -> None:
    with pytest.raises(NotFound) as absent:
        end_key(small, "00000000")
    assert absent.value.code == "no-key"
    rotate_signing_key(small)
    end_key(small, first_key(small))
    rotate_signing_key(small)
    with pytest.raises(LedgerError) as refused:
        end_key(small, first_key(small))
    assert refused.value.code == "key-ended"


# Units' keys.

KEY = Ed25519PrivateKey.generate()


def vkey(ledger: Ledger, unit: str = "U1") -> str:
    return format_vkey(actor_key_name(ledger.origin, uid_of(ledger, unit)), KEY.public_key().public_bytes_raw())


def test_a_units_key_is_introduced_by_who_has_it(small: Ledger) -> None:
    text = vkey(small)
    introduce_actor_key(small, "U1", text, KEY.sign(possession(small.origin, text)), required=True)
    known = small.publisher.keyring().known(parse_vkey(text).id)
    assert known is not None
    assert (known.unit, known.purpose, known.introduced) == (uid_of(small, "U1"), "actor-signing", small.size - 1)
    assert fsck.verify(small).findings == ()


def test_a_key_somebody_else_has_another_units_name_and_one_known_are_refused(small: Ledger) -> None:
    text = vkey(small)
    proof = KEY.sign(possession(small.origin, text))
    other = Ed25519PrivateKey.generate()
    for unit, given, shown, code in (
        ("U1", text, other.sign(possession(small.origin, text)), "no-possession"),
        ("U1", text, KEY.sign(possession("localhost/other", text)), "no-possession"),
        ("U2", text, proof, "bad-verifier-key"),
        ("P1", text, proof, "unknown-unit"),
        ("U9", text, proof, "unknown-unit"),
        ("U1", "no key", proof, "bad-verifier-key"),
    ):
        with pytest.raises(LedgerError) as refused:
            introduce_actor_key(small, unit, given, shown, required=False)
        assert refused.value.code == code
    introduce_actor_key(small, "U1", text, proof, required=False)
    with pytest.raises(Refused) as refused:
        introduce_actor_key(small, "U1", text, proof, required=False)
    assert refused.value.code == "key-id-taken"


def test_nobody_but_the_ledger_says_these(small: Ledger) -> None:
    from ledger.line import Line, LineActor
    from tests.support.scene import OPENED

    for kind in ("KeyIntroduced", "KeyRetired", "KeyRevoked", "AccessAnchored", "SentinelAdopted"):
        with pytest.raises(LedgerError) as refused:
            small.submit(Line(kind, OPENED, LineActor("x", "SYSTEM"), {}), as_system=True)
        assert refused.value.code == "not-a-command"
