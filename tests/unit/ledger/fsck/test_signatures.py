"""What units signed, in the stored entries: each signature holds, none is missing, none stands twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import fsck
from ledger.application import Ledger
from ledger.fsck.report import Grade
from ledger.key_events import end_key, introduce_actor_key, possession
from ledger.keyring import actor_key_name
from ledger.line import Line, LineActor
from ledger.log.encoding import canonical
from ledger.log.entry import Signature, signed_message
from ledger.log.note import format_vkey, parse_vkey
from ledger.signing import Signed
from tests.support.golden import Copy
from tests.support.ledgers import uid_of
from tests.support.scene import CREDIT, OPENED
from tests.support.storage import SteppingClock

KEY = Ed25519PrivateKey.generate()
CODES = {"actor-signature", "signature-missing", "replayed"}


@pytest.fixture
def key_id(small: Ledger, clock: SteppingClock) -> str:
    """The key of U1, which signs whatever it does from a minute on."""
    text = format_vkey(actor_key_name(small.origin, uid_of(small, "U1")), KEY.public_key().public_bytes_raw())
    introduce_actor_key(small, "U1", text, KEY.sign(possession(small.origin, text)), required=True)
    clock.now += timedelta(minutes=2)
    return parse_vkey(text).id


def act(ledger: Ledger, key_id: str, name: str) -> int:
    """A signed promise of U1; its index."""
    data: dict[str, Any] = {"commitment_id": name, "promisor_id": "U1", "kind": "SERVICE", "text": "三日内答复"}
    data |= {"weight": 1, "due_on": "2025-12-31", "public": True}
    line = Line("CommitmentMade", OPENED, LineActor("clerk", "SUBJECT", "U1"), data)
    prepared = ledger.prepare_signing(line)
    signature = Signature(key_id, KEY.sign(signed_message(ledger.origin, prepared.header)))
    return ledger.submit(line, signed=Signed(prepared.material, [signature])).index


def found(ledger: Ledger, *, quick: bool = False) -> set[tuple[str, int | None]]:
    report = fsck.verify(ledger, quick=quick)
    return {(one.code, one.index) for one in report.findings if one.grade is Grade.MANIPULATION and one.code in CODES}


def change(copy: Copy, index: int, how: Callable[[dict[str, Any]], object]) -> None:
    entry = json.loads(copy.entry(index))
    how(entry)
    copy.write_entry(index, canonical(entry))


def test_what_a_unit_signed_holds(small: Ledger, key_id: str) -> None:
    for name in ("C1", "C2"):
        act(small, key_id, name)
    small.submit(
        Line(
            "CommitmentFulfilled",
            OPENED,
            CREDIT,
            {"commitment_id": "C1", "fulfilled_on": "2025-01-01", "evidence": ["e"]},
        )
    )
    end_key(small, key_id)

    assert fsck.verify(small).findings == ()


def test_a_changed_header_has_no_signature(small: Ledger, reopened: Copy, key_id: str) -> None:
    index = act(small, key_id, "C1")
    change(reopened, index, lambda entry: entry["h"]["data"].update(weight=2))

    assert found(small) == {("actor-signature", index)}
    assert found(small, quick=True) == set(), "a quick look reads hashes alone"


def test_a_signature_taken_away_is_missed(small: Ledger, reopened: Copy, key_id: str) -> None:
    index = act(small, key_id, "C1")
    change(reopened, index, lambda entry: entry.update(s=[]))

    assert found(small) == {("signature-missing", index)}


def test_a_signature_of_nobody_is_found_in_a_ledger_whose_units_do_not_sign(small: Ledger, reopened: Copy) -> None:
    change(reopened, 2, lambda entry: entry.update(s=[{"key": "00000000", "sig": "A" * 86 + "=="}]))

    assert found(small) == {("actor-signature", 2)}


def test_an_act_put_in_the_place_of_another_stands_twice(small: Ledger, reopened: Copy, key_id: str) -> None:
    first, second = act(small, key_id, "C1"), act(small, key_id, "C2")
    reopened.write_entry(second, reopened.entry(first))

    assert found(small) == {("replayed", second)}


def test_bytes_that_are_no_entry_are_left_to_whoever_reads_entries(small: Ledger, reopened: Copy, key_id: str) -> None:
    index = act(small, key_id, "C1")
    for spoilt in (b"", b"{}", b"\xff" * 40, b'{"h":{"actor":1},"p":{},"s":[]}'):
        reopened.write_entry(index, spoilt)
        assert found(small) == set()
        assert not fsck.verify(small).ok
