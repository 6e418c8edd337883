"""Commands that a unit's own system signs: its key introduced, a command prepared, signed, submitted (DESIGN §3).

What is signed is `<origin>/event/v1` and the header's canonical bytes; the preparation gives both as `message`. A key
is introduced by whoever holds a token of that unit and proves to have the key.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Response

from api.auth import DeskDep
from api.bodies import BodyDep, KeyDep, parse_object
from api.outcomes import Acknowledged, Preparation
from api.policy import EVERYONE, open_to
from api.problems import not_found
from api.routes.batch import understood
from api.routes.receipts import receipt_link
from ledger.errors import Invalid, Refused
from ledger.key_events import introduce_actor_key
from ledger.log.entry import Signature, signed_message
from ledger.signing import MAX_SIGNATURES, Material, Signed

router = APIRouter(prefix="/v1/signing", tags=["signing"])
UNITS_OWN: Final = frozenset({"SUBJECT", "HR"})  # the roles in which somebody acts for a unit itself
_COMMAND: Final = frozenset({"type", "data", "effective_on", "after", "basis", "purpose"})


@router.post("/keys", status_code=201)
@open_to(UNITS_OWN)
def introduce_key(
    desk: DeskDep, raw: BodyDep, key: KeyDep, response: Response
) -> Annotated[dict[str, Any], Acknowledged]:
    """Introduce the first key of the caller's own unit: `{"vkey", "proof"}`.

    Further ones, and that a unit signs whatever it does, are the operator's to record (`integrity key introduce`): no
    single clerk binds or locks out a unit.
    """
    members = frozenset({"vkey", "proof"})
    body = parse_object(raw, members, members)
    if desk.viewer.unit is None:
        raise not_found()
    vkey, proof = _text(body["vkey"], "vkey"), _bytes(body["proof"], "proof")
    requests = desk.requests(key, ["signing-key", body])
    acknowledgement = desk.answered(requests)
    if acknowledgement is None:
        unit = desk.ledger.uid("subject", desk.viewer.unit)
        if any(known.unit == unit and known.ended is None for known in desk.ledger.publisher.keyring().all()):
            raise Refused("the unit has a key: the operator records another", code="unit-has-key", field="vkey")
        acknowledgement = introduce_actor_key(
            desk.ledger, desk.viewer.unit, vkey, proof, required=False, asked=requests[0]
        )
    response.headers["Link"] = receipt_link(acknowledgement.index)
    return {**asdict(acknowledgement), "uid": desk.ledger.book.uid}


@router.post("/preparations")
@open_to(EVERYONE)
def prepare(desk: DeskDep, raw: BodyDep) -> Annotated[dict[str, Any], Preparation]:
    """The header that a command of the caller would get, what to sign of it, and the material that makes it again."""
    line, documents = understood(desk, parse_object(raw, _COMMAND), _COMMAND)
    prepared = desk.prepare(line, documents)
    message = signed_message(desk.ledger.origin, prepared.header)
    return {**prepared.as_json(), "message": base64.b64encode(message).decode()}


@router.post("/commands", status_code=201)
@open_to(EVERYONE)
def submit_signed(
    desk: DeskDep, raw: BodyDep, key: KeyDep, response: Response
) -> Annotated[dict[str, Any], Acknowledged]:
    """Submit a command that was prepared and signed: the command's members, and `signed`."""
    body = parse_object(raw, _COMMAND | {"signed"}, frozenset({"signed"}))
    line, documents = understood(desk, body, _COMMAND | {"signed"})
    signed = signed_of(body["signed"])
    requests = desk.requests(key, body)
    acknowledgement = desk.answered(requests) or desk.submit(
        line, requests[0], after=line.after, documents=documents, signed=signed
    )
    response.headers["Link"] = receipt_link(acknowledgement.index)
    stream = desk.ledger.store.entry(acknowledgement.index).stream
    return {**asdict(acknowledgement), "uid": stream.partition("/")[2]}


def signed_of(value: object) -> Signed:
    """The member `signed`: `{"material", "signatures": [{"key", "sig"}…], "header"?}`."""
    signed = _object(value, "signed", {"material", "signatures"}, {"header"})
    material = _object(signed["material"], "signed.material", {"id", "after", "uids", "salts", "seal"}, set())
    salts = _object(material["salts"], "signed.material.salts", set(), None)
    lines = signed["signatures"]
    if not isinstance(lines, list) or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise Invalid(f"1 to {MAX_SIGNATURES} signatures", code="out-of-range", field="signed.signatures")
    header = signed.get("header")
    return Signed(
        Material(
            _text(material["id"], "signed.material.id"),
            _version(material["after"], "signed.material.after"),
            [_text(uid, "signed.material.uids") for uid in _list(material["uids"], "signed.material.uids")],
            {name: _text(salt, "signed.material.salts") for name, salt in salts.items()},
            _hex(material["seal"], "signed.material.seal"),
        ),
        [_signature(line) for line in lines],
        None if header is None else _object(header, "signed.header", set(), None),
    )


def _signature(value: object) -> Signature:
    line = _object(value, "signed.signatures", {"key", "sig"}, set())
    signature = _bytes(line["sig"], "signed.signatures.sig")
    key = _text(line["key"], "signed.signatures.key")
    if len(signature) != 64 or len(key) != 8:
        raise Invalid("a signature has a key id and 64 bytes", code="bad-signature", field="signed.signatures")
    return Signature(key, signature)


def _object(value: object, field: str, required: set[str], more: set[str] | None) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("expected an object", code="wrong-type", field=field)
    if missing := sorted(required - value.keys()):
        raise Invalid("this member is required", code="missing-field", field=f"{field}.{missing[0]}")
    if more is not None and value.keys() - required - more:
        raise Invalid("there is no such member", code="unknown-field", field=field)
    return value


def _list(value: object, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise Invalid("expected a list", code="wrong-type", field=field)
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise Invalid("expected a string", code="wrong-type", field=field)
    return value


def _version(value: object, field: str) -> int:
    if type(value) is not int or value < 0:
        raise Invalid("expected a stream version", code="wrong-type", field=field)
    return value


def _hex(value: object, field: str) -> bytes:
    try:
        return bytes.fromhex(_text(value, field))
    except ValueError:
        raise Invalid("expected hexadecimal", code="bad-format", field=field) from None


def _bytes(value: object, field: str) -> bytes:
    try:
        return base64.b64decode(_text(value, field), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("expected base64", code="bad-format", field=field) from None
