"""The keys that sign certificates: of their own, made and introduced when the first certificate is issued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.domain.keys import KeyIntroduced
from ledger.errors import Invalid
from ledger.keyring import CERTIFICATE_SIGNING, certificate_key_name
from ledger.log.note import VerifierKey, format_vkey
from ledger.storage.key_files import create_signing_key, load_signing_keys, locations, replace_signing_keys

if TYPE_CHECKING:
    from ledger.application import Ledger


def certificate_key(ledger: Ledger) -> Ed25519PrivateKey:
    """The key that signs certificates now; the first one, and the successor of one that has ended, is made here."""
    path = locations(ledger.store.url).certificate_key
    if path is None:
        raise Invalid(
            "a ledger on PostgreSQL says where its keys are", code="keys-not-given", field="INTEGRITY_CERTIFICATE_KEY"
        )
    with ledger.transaction():
        keys = load_signing_keys(path) if path.exists() else [create_signing_key(path)]
        key = _valid(ledger, keys)
        if key is None:
            key = _unknown(ledger, keys)
            if key is None:
                key = Ed25519PrivateKey.generate()
                replace_signing_keys(path, [*keys, key])
            vkey = format_vkey(certificate_key_name(ledger.origin), key.public_key().public_bytes_raw())
            ledger.write_own(KeyIntroduced, KeyIntroduced.Data(purpose=CERTIFICATE_SIGNING, vkey=vkey))
    return key


def signing_key_at(ledger: Ledger) -> Ed25519PrivateKey | None:
    """The key for certificates, where one is valid and at hand; nothing is made."""
    return _valid(ledger, keys_at(ledger))


def keys_at(ledger: Ledger) -> list[Ed25519PrivateKey]:
    """Every key for certificates that is on this machine, whether it is valid or was; nothing is made."""
    path = locations(ledger.store.url).certificate_key
    return [] if path is None or not path.exists() else load_signing_keys(path)


def _valid(ledger: Ledger, keys: list[Ed25519PrivateKey]) -> Ed25519PrivateKey | None:
    valid = {key.vkey.public_key for key in ledger.publisher.keyring().certificate_keys(ledger.size)}
    return next((key for key in reversed(keys) if key.public_key().public_bytes_raw() in valid), None)


def _unknown(ledger: Ledger, keys: list[Ed25519PrivateKey]) -> Ed25519PrivateKey | None:
    """A key in the file that no entry speaks of yet: what a crash left."""
    keyring, name = ledger.publisher.keyring(), certificate_key_name(ledger.origin)
    return next(
        (key for key in keys if keyring.known(VerifierKey(name, key.public_key().public_bytes_raw()).id) is None), None
    )
