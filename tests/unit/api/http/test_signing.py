"""A unit's own system over HTTP: it introduces its key, prepares, signs, submits; anything else is refused."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import fsck
from ledger.key_events import introduce_actor_key, possession
from ledger.keyring import actor_key_name
from ledger.log.encoding import canonical
from ledger.log.entry import parse_entry
from ledger.log.note import format_vkey, parse_vkey
from tests.support.http import Caller, House, golden_house

KEY = Ed25519PrivateKey.generate()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[House]:
    with golden_house(tmp_path) as made:
        yield made
        assert [finding.code for finding in fsck.verify(made.ledger).findings] == ["history"]


@pytest.fixture
def system(own_house: House) -> Caller:
    return own_house.caller("u1-system", "SUBJECT", "U1")


def vkey(house: House) -> str:
    uid = house.uid("subject", "U1")
    return format_vkey(actor_key_name(house.ledger.origin, uid), KEY.public_key().public_bytes_raw())


def introduce(house: House, system: Caller, *, key: Ed25519PrivateKey = KEY, request: str | None = None) -> Any:
    text = vkey(house)
    body = {"vkey": text, "proof": b64(key.sign(possession(house.ledger.origin, text)))}
    return system.post("/v1/signing/keys", body, Idempotency_Key=request or str(uuid4()))


def promise(name: str = "C77", **data: Any) -> dict[str, Any]:
    body = {
        "commitment_id": name, "promisor_id": "U1", "kind": "SERVICE", "text": "三日内答复", "due_on": "2099-12-31",
        "weight": 1, "public": True,
    }  # fmt: skip
    return {"type": "CommitmentMade", "data": body | data}


def signed(prepared: dict[str, Any], house: House, key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    signature = {"key": parse_vkey(vkey(house)).id, "sig": b64(key.sign(base64.b64decode(prepared["message"])))}
    return {"material": prepared["material"], "signatures": [signature], "header": prepared["header"]}


def submit(system: Caller, command: dict[str, Any], told: Any, key: str | None = None) -> Any:
    return system.post("/v1/signing/commands", {**command, "signed": told}, Idempotency_Key=key or str(uuid4()))


def test_a_unit_signs_what_it_does(own_house: House, system: Caller) -> None:
    text = vkey(own_house)
    proof = KEY.sign(possession(own_house.ledger.origin, text))
    introduce_actor_key(own_house.ledger, "U1", text, proof, required=True)  # the operator's to record
    refused = system.command("/v1/commitments", promise()["data"], seen=None)
    assert (refused.status_code, refused.json()["code"]) == (422, "signature-missing")

    prepared = system.post("/v1/signing/preparations", promise())
    assert prepared.status_code == 200
    answer = submit(system, promise(), signed(prepared.json(), own_house))
    assert answer.status_code == 201
    assert answer.headers["Link"].startswith(f"</v1/ledger/receipts/{answer.json()['index']}>")
    entry = parse_entry(own_house.ledger.store.entry(answer.json()["index"]).state)
    assert canonical(entry.header) == canonical(prepared.json()["header"])
    assert [signature.key for signature in entry.signatures] == [parse_vkey(vkey(own_house)).id]


def test_the_same_request_gets_the_same_answer(own_house: House, system: Caller) -> None:
    introduce(own_house, system)
    told = signed(system.post("/v1/signing/preparations", promise()).json(), own_house)
    first = submit(system, promise(), told, "once")
    size = own_house.ledger.size
    assert submit(system, promise(), told, "once").json() == first.json()
    assert own_house.ledger.size == size


def test_what_was_not_signed_is_not_written(own_house: House, system: Caller) -> None:
    introduce(own_house, system)
    told = signed(system.post("/v1/signing/preparations", promise()).json(), own_house)
    size = own_house.ledger.size
    stranger = signed(
        system.post("/v1/signing/preparations", promise()).json(), own_house, Ed25519PrivateKey.generate()
    )
    bare = {name: value for name, value in told.items() if name != "header"}
    for command, shown, status, code in (
        (promise(text="七日内答复"), told, 422, "signed-header-differs"),
        (promise(text="七日内答复"), bare, 400, "bad-signing-material"),
        (promise(), stranger, 422, "actor-signature"),
    ):
        answer = submit(system, command, shown)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert own_house.ledger.size == size


def test_nobody_brings_pseudonyms_of_their_own(own_house: House, system: Caller) -> None:
    introduce(own_house, system)
    told = signed(system.post("/v1/signing/preparations", promise()).json(), own_house)
    person = own_house.uid("subject", "P1")
    told.pop("header")
    answer = submit(system, promise(), {**told, "material": {**told["material"], "uids": [person]}})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-signing-material")


def test_a_preparation_is_judged_as_the_command_would_be(own_house: House, system: Caller) -> None:
    size, looks = own_house.ledger.size, own_house.looks()
    answer = system.post("/v1/signing/preparations", promise(promisor_id="U2"))
    assert answer.status_code in (404, 422)
    assert own_house.looks() == looks + 1  # a refused preparation leaves its trace as a refused command does
    answer = system.post("/v1/signing/preparations", {"type": "NoSuchThing", "data": {}})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-type")
    assert own_house.ledger.size == size


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (None, "signed"),
        ([], "signed"),
        ({}, "signed.material"),
        ({"material": {}, "signatures": []}, "signed.material.after"),
        (
            {"material": {"id": "x", "uids": [], "after": 0, "salts": {}, "seal": "00"}, "signatures": []},
            "signed.signatures",
        ),
        (
            {
                "material": {"id": "x", "uids": [], "after": 0, "salts": {}, "seal": "00"},
                "signatures": [{"key": "0" * 8, "sig": "!"}],
            },
            None,
        ),
        (
            {"material": {"id": "x", "uids": [], "after": 0, "salts": {}, "seal": "00", "more": 1}, "signatures": [{}]},
            "signed.material",
        ),
    ],
)
def test_another_form_is_refused_with_its_place(own_house: House, system: Caller, told: Any, field: str | None) -> None:
    answer = submit(system, promise(), told)
    assert answer.status_code == 400
    if field is not None:
        assert str(answer.json()["field"]).startswith(field)


def test_a_key_is_introduced_by_who_has_it_and_for_their_own_unit(own_house: House, system: Caller) -> None:
    refused = introduce(own_house, system, key=Ed25519PrivateKey.generate())
    assert (refused.status_code, refused.json()["code"]) == (422, "no-possession")
    other = introduce(own_house, own_house.caller("u2-system", "SUBJECT", "U2"))
    assert (other.status_code, other.json()["code"]) == (400, "bad-verifier-key")
    assert introduce(own_house, own_house.caller("P1", "SUBJECT")).status_code == 404
    assert introduce(own_house, own_house.caller("auditor-1", "AUDITOR", "U1")).status_code == 404
    first = introduce(own_house, system, request="once")
    assert first.status_code == 201
    assert introduce(own_house, system, request="once").json() == first.json()
    again = introduce(own_house, own_house.caller("another-clerk", "HR", "U1"))
    assert (again.status_code, again.json()["code"]) == (422, "unit-has-key")
