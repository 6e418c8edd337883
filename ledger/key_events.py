"""The keys of a ledger: its signing key succeeded, retired or revoked; a unit's introduced by proof of possession.

Each is an entry of the ledger's own stream; a signing key's also of the access log's, under that log's name. The file
of signing keys is written before the entry that introduces a key, so no checkpoint ever lacks a signer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.certificate_keys import certificate_key
from ledger.domain.keys import KeyIntroduced, KeyRetired, KeyRevoked
from ledger.domain.values import SubjectKind
from ledger.errors import Invalid, NotFound, Refused, VerificationError
from ledger.keyring import ACTOR_SIGNING, CERTIFICATE_SIGNING, LOG_SIGNING, Keyring, KnownKey, actor_key_name
from ledger.log.note import KeyType, format_vkey, parse_vkey, verify_ed25519
from ledger.requests import Request
from ledger.storage.events import Acknowledgement
from ledger.storage.key_files import load_signing_keys, locations, replace_signing_keys

if TYPE_CHECKING:
    from ledger.access import AccessLog
    from ledger.application import Ledger

_POSSESSION: Final = "key/v1"


def rotate_signing_key(ledger: Ledger) -> KnownKey:
    """Introduce a new signing key; the one before it signs beside it until it is retired."""
    path = locations(ledger.store.url).signing_key
    key = Ed25519PrivateKey.generate()
    replace_signing_keys(path, [*load_signing_keys(path), key])
    public = key.public_key().public_bytes_raw()
    for log in (ledger.access, ledger):
        data = KeyIntroduced.Data(purpose=LOG_SIGNING, vkey=format_vkey(log.origin, public))
        log.write_own(KeyIntroduced, data)
    ledger.publish()
    return _known(ledger.publisher.keyring(), parse_vkey(format_vkey(ledger.origin, public)).id)


def end_key(ledger: Ledger, key: str, *, revoked_since: int | None = None) -> Acknowledgement:
    """Retire a key, or revoke it: what it signed from that size on counts no more. `key` is its id.

    A key for certificates gets its successor at once. `NotFound` with code `no-key`; `Refused` with code `key-ended`,
    or `last-key` where no signing key would be left.
    """
    known = _known(ledger.publisher.keyring(), key)
    if known.purpose == LOG_SIGNING:
        return _end_signing_key(ledger, known, revoked_since)
    with ledger.transaction():
        acknowledgement = _end(ledger, _known(ledger.publisher.keyring(), key), revoked_since)
    ledger.signers.forget()
    if known.purpose == CERTIFICATE_SIGNING:
        certificate_key(ledger)  # its successor, without which no status list could be signed
        ledger.publish()
    return acknowledgement


def _end_signing_key(ledger: Ledger, known: KnownKey, revoked_since: int | None) -> Acknowledgement:
    path = locations(ledger.store.url).signing_key
    at_hand = load_signing_keys(path)
    left = [one for one in at_hand if one.public_key().public_bytes_raw() != known.vkey.public_key]
    valid = {one.vkey.public_key for one in ledger.publisher.keyring().log_keys(ledger.size)}
    if not any(one.public_key().public_bytes_raw() in valid for one in left):
        raise Refused("no signing key would be left: introduce another one first", code="last-key", field="key")
    ledger.publish()  # what stands so far is signed by the key while it may
    for beside in ledger.access.publisher.keyring().all():
        if beside.vkey.public_key == known.vkey.public_key and beside.ended is None:
            _end(ledger.access, beside, None if revoked_since is None else 0)
    if known.ended is not None and len(left) < len(at_hand):
        replace_signing_keys(path, left)  # a crash left it behind
    acknowledgement = _end(ledger, known, revoked_since)
    replace_signing_keys(path, left)
    ledger.publish()
    return acknowledgement


def introduce_actor_key(
    ledger: Ledger, unit: str, vkey: str, proof: bytes, *, required: bool, asked: Request | None = None
) -> Acknowledgement:
    """Introduce the key of a registered unit (its caller's id). `proof` is the key's signature over `possession`.

    With `required` nothing unsigned is the unit's act any more, from a minute after this on. With `asked` a retry gets
    the first answer.
    """
    uid = ledger.require_uid(unit, (SubjectKind.UNIT,), "unit")
    key = parse_vkey(vkey)
    if key.name != actor_key_name(ledger.origin, uid) or key.kind is not KeyType.ED25519:
        raise Invalid(
            f"a key of this unit is an Ed25519 key named {actor_key_name(ledger.origin, uid)}",
            code="bad-verifier-key",
            field="vkey",
        )
    try:
        verify_ed25519(key.public_key, proof, possession(ledger.origin, vkey))
    except VerificationError:
        raise Refused(
            "the signature does not show that the unit has the key", code="no-possession", field="proof"
        ) from None
    with ledger.transaction():
        answered = ledger.answered(asked)
        if answered is not None:
            return answered
        if ledger.publisher.keyring().known(key.id) is not None:
            raise Refused("another key of the ledger has this id", code="key-id-taken", field="vkey")
        data = KeyIntroduced.Data(purpose=ACTOR_SIGNING, vkey=vkey, unit=uid, required=required)
        acknowledgement = ledger.write_own(KeyIntroduced, data, asked=asked)
    ledger.signers.forget()
    return acknowledgement


def possession(origin: str, vkey: str) -> bytes:
    """What a unit signs to show that it has the key: the origin, the purpose, the verifier key."""
    return f"{origin}/{_POSSESSION}\n{vkey}\n".encode()


def _known(keyring: Keyring, key: str) -> KnownKey:
    known = keyring.known(key)
    if known is None:
        raise NotFound("the ledger knows no key of this id", code="no-key", field="key")
    return known


def _end(log: Ledger | AccessLog, known: KnownKey, since: int | None) -> Acknowledgement:
    if known.ended is not None:
        raise Refused("the key has ended already", code="key-ended", field="key")
    if since is None:
        return log.write_own(KeyRetired, KeyRetired.Data(key=known.vkey.id))
    if since > log.size:
        raise Invalid("it counts from a size that was not reached", code="out-of-range", field="since")
    return log.write_own(KeyRevoked, KeyRevoked.Data(key=known.vkey.id, since=since))
