"""A unit signs what it does: prepared without a trace, signed as prepared, refused if anything else was meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import fsck
from ledger.application import Ledger
from ledger.errors import Invalid, LedgerError, Refused
from ledger.ids import new_entry_id, new_pseudonym
from ledger.key_events import end_key, introduce_actor_key, possession
from ledger.keyring import actor_key_name
from ledger.line import Line, LineActor
from ledger.log.encoding import canonical
from ledger.log.entry import Signature, parse_entry, signed_message
from ledger.log.note import format_vkey, parse_vkey
from ledger.signing import Material, Prepared, Signed
from tests.support.ledgers import uid_of
from tests.support.scene import OPENED
from tests.support.storage import SteppingClock

KEY = Ed25519PrivateKey.generate()


def vkey(ledger: Ledger, unit: str = "U1") -> str:
    return format_vkey(actor_key_name(ledger.origin, uid_of(ledger, unit)), KEY.public_key().public_bytes_raw())


def introduce(ledger: Ledger, *, required: bool = False) -> str:
    text = vkey(ledger)
    introduce_actor_key(ledger, "U1", text, KEY.sign(possession(ledger.origin, text)), required=required)
    return parse_vkey(text).id


def promise(name: str = "C1", actor: str = "U1", text: str = "三日内答复", **data: Any) -> Line:
    body = {"commitment_id": name, "promisor_id": "U1", "kind": "SERVICE", "text": text, "due_on": "2025-12-31"}
    return Line(
        "CommitmentMade", OPENED, LineActor("clerk", "SUBJECT", actor), {**body, "weight": 1, "public": True} | data
    )


def signed(ledger: Ledger, prepared: Prepared, key_id: str, key: Ed25519PrivateKey = KEY) -> Signed:
    signature = Signature(key_id, key.sign(signed_message(ledger.origin, prepared.header)))
    return Signed(prepared.material, [signature], prepared.as_json()["header"])


@pytest.fixture
def key_id(small: Ledger) -> Iterator[str]:
    yield introduce(small)
    assert fsck.verify(small).findings == ()


def test_what_was_prepared_is_what_is_stored(small: Ledger, key_id: str) -> None:
    prepared = small.prepare_signing(promise())
    acknowledgement = small.submit(promise(), signed=signed(small, prepared, key_id))

    entry = parse_entry(small.store.entry(acknowledgement.index).state)
    assert canonical(entry.header) == prepared.header
    assert [signature.key for signature in entry.signatures] == [key_id]


def test_a_preparation_leaves_no_trace_of_the_command(small: Ledger, key_id: str) -> None:
    before = small.store.head()
    small.prepare_signing(promise())
    assert small.store.head() == before
    assert small.uid("commitment", "C1") is None


def test_sections_are_disclosed_under_the_salts_that_were_signed(small: Ledger, key_id: str) -> None:
    line = Line(
        "CommitmentMade",
        OPENED,
        LineActor("hr-1", "HR", "U1"),
        {
            "commitment_id": "C2", "promisor_id": "P1", "kind": "PERSONAL", "text": "个人承诺", "due_on": "2025-12-31",
            "weight": 1, "public": False, "on_behalf_of": "P1", "doc": "签字原件",
        },
    )  # fmt: skip
    prepared = small.prepare_signing(line)
    assert set(prepared.material.salts) == {"text", "document"}
    acknowledgement = small.submit(line, signed=signed(small, prepared, key_id))
    entry = next(small.logged(acknowledgement.index, acknowledgement.index + 1))
    assert small.sections(entry, ("text",)) == {"text": {"text": "个人承诺"}}


def test_a_signature_over_anything_else_is_refused(small: Ledger, key_id: str) -> None:
    prepared = small.prepare_signing(promise())
    before = small.store.head()
    told = signed(small, prepared, key_id)
    for line, code in (
        (promise(text="七日内答复"), "signed-header-differs"),
        (replace(promise(), purpose="AWARD"), "signed-header-differs"),
        (promise(weight=2), "signed-header-differs"),
    ):
        with pytest.raises(Refused) as refused:
            small.submit(line, signed=told)
        assert refused.value.code == code
        with pytest.raises(Invalid) as invalid:
            small.submit(line, signed=replace(told, header=None))
        assert invalid.value.code == "bad-signing-material"
    assert small.store.head() == before


def test_another_key_a_broken_signature_and_none_are_refused(small: Ledger, key_id: str) -> None:
    prepared = small.prepare_signing(promise())
    good = signed(small, prepared, key_id)
    broken = Signature(key_id, bytes(64))
    for signatures, code in (
        (signed(small, prepared, key_id, Ed25519PrivateKey.generate()).signatures, "actor-signature"),
        ([Signature("00000000", good.signatures[0].sig)], "actor-signature"),
        ([broken], "actor-signature"),
        ([], "too-few"),
    ):
        with pytest.raises(LedgerError) as refused:
            small.submit(promise(), signed=replace(good, signatures=signatures))
        assert refused.value.code == code


@pytest.mark.parametrize(
    "changes",
    [
        {"id": new_entry_id()},
        {"uids": [new_pseudonym()]},
        {"uids": [1.5]},
        {"salts": {"text": "0" * 64}},
        {"seal": b""},
    ],
)
def test_material_that_no_preparation_gave_is_refused(small: Ledger, key_id: str, changes: dict[str, Any]) -> None:
    told = signed(small, small.prepare_signing(promise()), key_id)
    with pytest.raises(Invalid) as refused:
        small.submit(promise(), signed=replace(told, header=None, material=replace(told.material, **changes)))
    assert refused.value.code == "bad-signing-material"


def test_a_signed_command_is_written_once(small: Ledger, key_id: str) -> None:
    """Replayed as it is, it is the same record; under another request it is refused by the record's own id."""
    told = signed(small, small.prepare_signing(promise()), key_id)
    first = small.submit(promise(), request=("unit-system", "k1"), signed=told)
    assert small.submit(promise(), request=("unit-system", "k1"), signed=told) == first
    size = small.size
    for request in (None, ("unit-system", "k2")):
        with pytest.raises(LedgerError):
            small.submit(promise(), request=request, signed=told)
    assert small.size == size


def test_what_was_signed_serves_once_also_on_a_record_that_exists(small: Ledger, key_id: str) -> None:
    """A replay under another request would stand in the log twice, and every verifier would call it manipulation."""
    data = {"subject_id": "P1", "unit_id": "U1", "level": "L3", "post": "C3", "from": "2025-01-01"}
    line = Line("PostAssigned", OPENED, LineActor("hr-1", "HR", "U1"), data)
    told = signed(small, small.prepare_signing(line), key_id)
    small.submit(line, request=("unit-system", "k1"), signed=told)
    size = small.size
    for request in (None, ("unit-system", "k2")):
        with pytest.raises(LedgerError) as refused:
            small.submit(line, request=request, signed=told)
        assert refused.value.code in ("stale-version", "signed-header-differs")
    other = replace(line, actor=LineActor("hr-2", "HR", "U2"))
    with pytest.raises(LedgerError):
        small.submit(other, signed=replace(told, header=None))
    assert small.size == size


def test_who_must_sign_is_refused_unsigned_until_the_key_ends(small: Ledger, clock: SteppingClock) -> None:
    key_id = introduce(small, required=True)
    with pytest.raises(Refused) as refused:
        small.submit(promise())
    assert refused.value.code == "signature-missing"
    clock.now += timedelta(minutes=2)
    small.submit(promise(), signed=signed(small, small.prepare_signing(promise()), key_id))
    end_key(small, key_id)
    small.submit(promise("C3"))
    with pytest.raises(Refused) as refused:
        small.submit(promise("C4"), signed=signed(small, small.prepare_signing(promise("C4")), key_id))
    assert refused.value.code == "actor-signature"
    assert fsck.verify(small).findings == ()


def test_other_units_are_not_held_to_it(small: Ledger) -> None:
    introduce(small, required=True)
    small.submit(promise("C5", actor="U2", promisor_id="U2"))
    assert fsck.verify(small).findings == ()


def test_a_signed_command_can_be_part_of_a_transaction(small: Ledger, key_id: str) -> None:
    told = signed(small, small.prepare_signing(promise()), key_id)
    with small.transaction():
        small.submit(promise("C6"))
        small.submit(promise(), signed=told)
    assert small.uid("commitment", "C1") == told.material.uids[0]


def test_material_of_a_preparation_round_trips_through_json(small: Ledger, key_id: str) -> None:
    prepared = small.prepare_signing(promise())
    shown = prepared.as_json()
    told = shown["material"]
    again = Material(told["id"], told["after"], told["uids"], told["salts"], bytes.fromhex(told["seal"]))
    assert canonical(shown["header"]) == prepared.header
    small.submit(promise(), signed=replace(signed(small, prepared, key_id), material=again))


def test_whoever_is_named_for_the_first_time_gets_the_pseudonym_that_was_signed(small: Ledger, key_id: str) -> None:
    scope = ["BreachConfirmed"]
    data = {"delegation_id": "D1", "delegate_id": "never-acted", "scope": scope, "expires_on": "2025-12-31"}
    line = Line("DelegationGranted", OPENED, LineActor("decider", "DECIDER", "U1"), data)

    prepared = small.prepare_signing(line)
    small.submit(line, signed=signed(small, prepared, key_id))

    entry = next(small.logged(small.size - 1, small.size))
    assert small.actor_uid("never-acted") == (entry.data["delegate_id"], ())
