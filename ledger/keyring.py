"""The keys that a log's own entries speak of: who may sign checkpoints, who signs in whose name, from when to when.

`take` is given the key events in the order of the log; whatever makes no sense raises `VerificationError` with code
`key-event`. The rules stand in `artefacts/README.md` ("Keys in the log"). Every verifier and the door use this one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ledger.clock import format_time
from ledger.errors import LedgerError, VerificationError
from ledger.log.entry import Signature, signed_message
from ledger.log.note import KeyType, VerifierKey, parse_vkey, verify_ed25519

LOG_SIGNING: Final = "log-signing"
CERTIFICATE_SIGNING: Final = "certificate-signing"
ACTOR_SIGNING: Final = "actor-signing"
OPENED: Final = "ledger.opened.v1"
INTRODUCED: Final = "key.introduced.v1"
RETIRED: Final = "key.retired.v1"
REVOKED: Final = "key.revoked.v1"
KEY_TOPICS: Final = frozenset({OPENED, INTRODUCED, RETIRED, REVOKED})
REQUIRED_AFTER: Final = timedelta(seconds=60)  # what was under way when a key was introduced may still come in
_MEMBERS: Final = {RETIRED: {"key"}, REVOKED: {"key", "since"}}


def actor_key_name(origin: str, unit: str) -> str:
    """The name of the key of a unit (its pseudonym)."""
    return f"{origin}/unit/{unit}"


def certificate_key_name(origin: str) -> str:
    """The name of a key for certificates."""
    return f"{origin}/certificate"


@dataclass(slots=True)
class KnownKey:
    """A key and its span: introduced by the entry `introduced`, ended by the entry `ended`.

    `since` is set by a revocation: a size from which on what it signed counts no more.
    """

    vkey: VerifierKey
    text: str
    purpose: str
    introduced: int
    unit: str | None = None
    binds_from: str | None = None  # the recorded time from which on its unit signs whatever it does
    ended: int | None = None
    since: int | None = None

    def signs_entry(self, index: int) -> bool:
        """Whether it was valid for the entry of this index."""
        return self.introduced < index and (self.ended is None or index < self.ended)

    def signs_size(self, size: int) -> bool:
        """Whether it is valid for the checkpoint of this size."""
        return self.signed_size(size) and (self.since is None or size <= self.since)

    def signed_size(self, size: int) -> bool:
        """Whether it was when that checkpoint was signed, whatever a revocation says of it later."""
        return self.introduced < size and (self.ended is None or size <= self.ended)


class Keyring:
    """All keys of one log, by key id."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._keys: dict[str, KnownKey] = {}
        self._of_unit: dict[str, list[KnownKey]] = {}

    def take(self, index: int, topic: str, data: Mapping[str, Any], recorded_at: str) -> None:
        """A key event, or entry 0; an entry of another topic says nothing here."""
        if topic == OPENED:
            if index == 0:
                self._open(data.get("keys"), recorded_at)
        elif topic == INTRODUCED:
            named = {"purpose", "vkey"}
            known = self._known_key(
                index, data, named | ({"unit", "required"} if "unit" in data else set()), recorded_at
            )
            self._introduce([known])
        elif topic in _MEMBERS:
            self._end(index, topic, data)

    def _open(self, keys: object, recorded_at: str) -> None:
        if not isinstance(keys, list):
            raise _no_sense("an opening lists the first keys")
        self._introduce([self._known_key(0, key, {"purpose", "vkey"}, recorded_at) for key in keys])

    def _introduce(self, keys: Sequence[KnownKey]) -> None:
        ids = [key.vkey.id for key in keys]
        if len(set(ids)) < len(ids) or not self._keys.keys().isdisjoint(ids):
            raise _no_sense("another key has its id")
        self._keys.update(zip(ids, keys, strict=True))
        for key in keys:
            if key.unit is not None:
                self._of_unit.setdefault(key.unit, []).append(key)

    def _known_key(self, index: int, data: object, members: set[str], recorded_at: str) -> KnownKey:
        if not isinstance(data, Mapping) or data.keys() != members:
            raise _no_sense("its members are not those of a key")
        purpose, unit, required = data["purpose"], data.get("unit"), data.get("required", False)
        if (
            purpose not in (LOG_SIGNING, CERTIFICATE_SIGNING, ACTOR_SIGNING)
            or (unit is not None) != (purpose == ACTOR_SIGNING)
            or not (unit is None or isinstance(unit, str))
            or type(required) is not bool
        ):
            raise _no_sense("its purpose, unit and requirement do not go together")
        try:
            vkey = parse_vkey(data["vkey"])
        except (LedgerError, AttributeError):
            raise _no_sense("its verifier key is not written as one") from None
        if vkey.name != self._name(purpose, unit) or vkey.kind is not KeyType.ED25519:
            raise _no_sense("its verifier key has another name")
        binds_from = _later(recorded_at) if required else None
        return KnownKey(vkey, data["vkey"], purpose, index, unit, binds_from)

    def _name(self, purpose: str, unit: str | None) -> str:
        if unit is not None:
            return actor_key_name(self.origin, unit)
        return self.origin if purpose == LOG_SIGNING else certificate_key_name(self.origin)

    def _end(self, index: int, topic: str, data: Mapping[str, Any]) -> None:
        if data.keys() != _MEMBERS[topic]:
            raise _no_sense("its members are not those of the end of a key")
        key, since = self._keys.get(data["key"]) if isinstance(data["key"], str) else None, data.get("since")
        if key is None or key.ended is not None:
            raise _no_sense("it ends a key that is not there, or has ended")
        if topic == REVOKED:
            if type(since) is not int or since < 0:
                raise _no_sense("since is not a size")
            key.since = since
        key.ended = index

    def known(self, key: str) -> KnownKey | None:
        """The key of an id."""
        return self._keys.get(key)

    def all(self) -> Collection[KnownKey]:
        """Every key, in the order of introduction."""
        return self._keys.values()

    def log_keys(self, size: int) -> list[KnownKey]:
        """The keys valid for the checkpoint of this size, in the order of introduction."""
        return self._valid(LOG_SIGNING, size)

    def certificate_keys(self, size: int) -> list[KnownKey]:
        """The keys valid for certificates of this size, in the order of introduction."""
        return self._valid(CERTIFICATE_SIGNING, size)

    def _valid(self, purpose: str, size: int) -> list[KnownKey]:
        return [key for key in self._keys.values() if key.purpose == purpose and key.signs_size(size)]

    def keys_of(self, unit: str, index: int) -> list[KnownKey]:
        """The keys of a unit valid for the entry of this index."""
        return [key for key in self._of_unit.get(unit, ()) if key.signs_entry(index)]

    def check(
        self,
        index: int,
        unit: str | None,
        header: bytes,
        signatures: Collection[Signature],
        recorded_at: str,
        *,
        origin: str | None = None,
    ) -> None:
        """`VerificationError` unless the signatures of an entry hold, each of a key of `unit` valid at its index.

        `header` is canonical; `origin` is its own, where that may be another log's. Without a signature
        `signature-missing` where the unit always signs by then.
        """
        for signature in signatures:
            key = self._keys.get(signature.key)
            if key is None or key.unit is None or key.unit != unit or not key.signs_entry(index):
                raise VerificationError(
                    "it is signed by a key that is not its actor's, or not valid there", code="actor-signature"
                )
            try:
                verify_ed25519(key.vkey.public_key, signature.sig, signed_message(origin or self.origin, header))
            except VerificationError:
                raise VerificationError("a signature of its actor does not hold", code="actor-signature") from None
        if not signatures and unit is not None and self.must_sign(unit, index, recorded_at):
            raise VerificationError("its unit signs what it does, and this is not signed", code="signature-missing")

    def must_sign(self, unit: str, index: int, recorded_at: str) -> bool:
        """Whether a unit signs whatever it does, at this index and recorded time."""
        return any(key.binds_from is not None and recorded_at >= key.binds_from for key in self.keys_of(unit, index))


def _later(recorded_at: str) -> str | None:
    """The recorded time from which a requirement binds; None at the end of time, where it never does."""
    try:
        return format_time(datetime.fromisoformat(recorded_at) + REQUIRED_AFTER)
    except OverflowError:
        return None


def _no_sense(why: str) -> VerificationError:
    return VerificationError(f"a key event that makes no sense: {why}", code="key-event")
