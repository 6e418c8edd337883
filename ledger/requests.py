"""Request keys: the same principal, key and body get the same acknowledgement, another body under the key is refused.

A body is kept as a keyed digest; its first byte names the version of the index key, so what was asked before a rotation
is still recognised after it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from ledger.errors import Invalid
from ledger.line import Line
from ledger.log.encoding import canonical
from ledger.mapper import plain
from ledger.storage.events import Acknowledgement, RequestKey, RequestKeyReused
from ledger.storage.keys import KeyStore
from ledger.storage.recorder import ChainedRecorder
from ledger.storage.row_seals import RequestSealing

_PURPOSE = "request"


@dataclass(frozen=True, slots=True)
class Request:
    """One request at a door, by its caller's own name for it; `body` is everything the caller said."""

    principal: str
    key: str
    body: bytes

    @classmethod
    def of(cls, line: Line, name: tuple[str, str], documents: Collection[bytes]) -> Self:
        """The request of a line and the digests of the documents that came with it."""
        body = {
            "type": line.type,
            "effective_on": line.effective_on.isoformat(),
            "actor": {"id": line.actor.id, "role": line.actor.role, "unit_id": line.actor.unit_id},
            "basis": list(line.basis),
            "purpose": line.purpose,
            "after": line.after,
        }
        if documents:
            body["documents"] = sorted(digest.hex() for digest in documents)
        try:
            return cls(*name, canonical({**body, "data": plain(dict(line.data))}))
        except RecursionError:
            raise Invalid("nested too deeply", code="too-deep", field="data") from None

    def row(self, keys: KeyStore) -> RequestKey:
        """What is stored of it."""
        return RequestKey(self.principal, self.key, keys.keyed_digest(_PURPOSE, self.body), RequestSealing(keys))

    def answer(self, recorder: ChainedRecorder, keys: KeyStore) -> Acknowledgement | None:
        """What this request got before, None where it is new; refused where its key was used with another body."""
        sealing = RequestSealing(keys)
        known = recorder.find_request(self.principal, self.key, sealing)
        if known is None:
            return None
        fingerprint, _ = known
        if fingerprint not in keys.keyed_digests(_PURPOSE, self.body):
            raise RequestKeyReused("this key was used with another body")
        confirmed = recorder.confirm_request(self.principal, self.key, sealing)
        return None if confirmed is None else confirmed[1]
