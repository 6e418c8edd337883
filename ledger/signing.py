"""Commands that a unit signs: what is random in a header is settled before it is signed (DESIGN §3, §11).

`Ledger.prepare_signing` judges a line without writing and gives its header with the material that made it: entry id,
pseudonyms and salts. The unit's system signs the header's canonical bytes with its key and submits the same line with
the material and the signature; the ledger makes the header again, and the signature holds for that very header or is
refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from time import monotonic
from typing import Any, Final

from ledger.domain.base import Sealed
from ledger.errors import Invalid, Refused, VerificationError
from ledger.ids import new_entry_id, new_pseudonym
from ledger.keyring import Keyring
from ledger.log.encoding import EncodingError, canonical, parse
from ledger.log.entry import Signature
from ledger.storage.keys import KeyStore

KEYRING_SECONDS: Final = 5.0  # how long another process's key event may go unseen by an unsigned command
SALT_DIGITS: Final = 64
MAX_SIGNATURES: Final = 8
_PURPOSE: Final = "signing-material"


@dataclass(frozen=True, slots=True)
class Material:
    """What a header has that its line does not say: the entry's id, the version of its stream that was seen,
    pseudonyms in the order of their use, section → salt.

    `seal` is a keyed digest over all of it and the header: it serves that header alone, and nobody brings pseudonyms or
    salts of their own choice. The version makes it serve once.
    """

    id: str
    after: int
    uids: Sequence[str] = ()
    salts: Mapping[str, str] = field(default_factory=dict)
    seal: bytes = b""

    def sealed(self, keys: KeyStore, header: bytes) -> Material:
        """The material as this ledger gives it out with a header."""
        return replace(self, seal=keys.keyed_digest(_PURPOSE, self._bytes(header)))

    def check(self, keys: KeyStore, header: bytes) -> None:
        """`Invalid` with code `bad-signing-material` unless a preparation of this ledger gave it for this header."""
        try:
            given = keys.is_keyed_digest(_PURPOSE, self._bytes(header), self.seal)
        except EncodingError:
            given = False
        if not given:
            raise Invalid(
                "the material is not what a preparation gave", code="bad-signing-material", field="signed.material"
            )

    def _bytes(self, header: bytes) -> bytes:
        return canonical([self.id, self.after, list(self.uids), dict(self.salts), sha256(header).hexdigest()])


@dataclass(frozen=True, slots=True)
class Signed:
    """A command's material with the signatures over its header; `header` may be sent along, to be told what differs."""

    material: Material
    signatures: Sequence[Signature]
    header: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The header that a line would get, and the material that makes it again."""

    header: bytes
    material: Material

    def as_json(self) -> dict[str, Any]:
        return {
            "header": parse(self.header),
            "material": {
                "id": self.material.id,
                "after": self.material.after,
                "uids": list(self.material.uids),
                "salts": dict(self.material.salts),
                "seal": self.material.seal.hex(),
            },
        }


class Chance:
    """Where one command's random parts come from: drawn and remembered, or given by a preparation and used up."""

    def __init__(self, signed: Signed | None = None) -> None:
        self.signed = signed
        self.header: bytes | None = None
        self._given = None if signed is None else list(signed.material.uids)
        self._id = new_entry_id() if signed is None else signed.material.id
        self._uids: list[str] = []
        self._salts: dict[str, str] = {}
        self._after = 0

    def uid(self) -> str:
        """A pseudonym; behind the command's own entry, and where none is left, a fresh one."""
        uid = self._given.pop(0) if self._given and self.header is None else new_pseudonym()
        if self.header is None:
            self._uids.append(uid)
        return uid

    def entry_id(self) -> str:
        """The id of the command's own entry; of what follows from it, a fresh one."""
        return self._id if self.header is None else new_entry_id()

    def after(self, seen: int) -> int:
        """The version of the stream that the command's actor saw: the one that was signed, else the one there is."""
        self._after = seen if self.signed is None else self.signed.material.after
        return self._after

    def salted(self, sections: tuple[Sealed, ...]) -> tuple[Sealed, ...]:
        """The sections of the command's own entry with their salts."""
        if self.header is not None:
            return sections
        given: Mapping[str, str] = {} if self.signed is None else self.signed.material.salts
        salts = {section.name: given.get(section.name) or secrets.token_hex(SALT_DIGITS // 2) for section in sections}
        self._salts = salts
        return tuple(replace(section, salt=salts[section.name]) for section in sections)

    def prepared(self, keys: KeyStore) -> Prepared:
        """What was drawn, and the header that came of it."""
        assert self.header is not None, "the command has written its entry"
        material = Material(self._id, self._after, tuple(self._uids), dict(self._salts))
        return Prepared(self.header, material.sealed(keys, self.header))


def check_signed(
    signed: Signed, index: int, unit: str | None, header: bytes, keyring: Keyring, now: str, keys: KeyStore
) -> None:
    """`Refused` unless the header is the one that was prepared and signed, by keys of this unit valid at this index."""
    if signed.header is not None and signed.header != (made := parse(header)):
        differs = sorted(name for name in {*signed.header, *made} if signed.header.get(name) != made.get(name))
        raise Refused(
            f"the header is another by now: {', '.join(name for name in differs if name in made) or 'its members'}",
            code="signed-header-differs",
            field="signed.header",
        )
    signed.material.check(keys, header)
    if not signed.signatures:
        raise Invalid("a signed command has a signature", code="too-few", field="signed.signatures")
    try:
        keyring.check(index, unit, header, signed.signatures, now)
    except VerificationError as error:
        raise Refused(error.detail, code=error.code, field="signed.signatures") from None


class Signers:
    """Which units sign whatever they do, as far as is known by now. Safe to use from many threads."""

    def __init__(self, read: Callable[[], Keyring]) -> None:
        self._read = read
        self._known: tuple[float, frozenset[str]] = (float("-inf"), frozenset())

    def must_sign(self, unit: str) -> bool:
        """Whether a unit (pseudonym) has a key without whose signature nothing is its act."""
        since, units = self._known
        if monotonic() - since > KEYRING_SECONDS:
            keys = self._read().all()
            units = frozenset(
                key.unit for key in keys if key.unit is not None and key.binds_from is not None and key.ended is None
            )
            self._known = (monotonic(), units)
        return unit in units

    def forget(self) -> None:
        """A key event was written here: read again."""
        self._known = (float("-inf"), frozenset())
