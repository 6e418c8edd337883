"""The newest checkpoint of a ledger as its reader sees it: signed with the keys they pinned, cosigned by witnesses."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from api.text.verification import GAP
from ledger.errors import LedgerError, NotFound, VerificationError
from ledger.log.note import parse_note
from ledger.storage.checkpoints import Checkpoints
from ledger.storage.store import open_anyhow

if TYPE_CHECKING:
    from ledger.artefacts.trust import Trust

NO_WITNESS: Final = "no witness configured"
PLACE: Final = "newest checkpoint: "


def pinned(url: str, trust: Trust | None) -> list[dict[str, Any]]:
    """What a reader with keys of their own finds of the newest checkpoint; nothing where they gave none."""
    from ledger.artefacts.check import check_bytes

    if trust is None:
        return []
    with suppress(LedgerError), open_anyhow(url) as store:
        note = Checkpoints(store.recorder).newest()
        if note is not None:
            found = check_bytes(note.encode(), trust).as_json()["findings"]
            # Who pinned only witnesses has asked nothing of the ledger's own key.
            asked = [one for one in found if trust.keys or one["code"] != "no-key"]
            return [{**one, "what": PLACE + one["what"]} for one in asked]
    return [{"grade": GAP, "index": None, "what": f"{PLACE}there is none to check", "code": "no-checkpoint"}]


def witnessed(url: str, not_checked: list[str]) -> list[dict[str, Any]]:
    """Whether a quorum of the witnesses that the operator named has cosigned one of the newest checkpoints."""
    from api.settings import Settings
    from api.witness.cosigning import LOOKED_THROUGH
    from ledger.witnessing import read_policy

    settings = Settings()
    if settings.witness_policy is None:
        return []
    policy = read_policy(settings.witness_policy)
    not_checked[:] = [item for item in not_checked if item != NO_WITNESS]
    with suppress(LedgerError), open_anyhow(url) as store:
        for note in Checkpoints(store.recorder).recent(0, LOOKED_THROUGH):
            with suppress(VerificationError):
                policy.verify(parse_note(note))
                return []
    what = "witnesses: no quorum of those named has cosigned any of the newest checkpoints"
    return [{"grade": GAP, "index": None, "what": what, "code": "not-witnessed"}]


def require_checkpoint(url: str, size: int) -> None:
    """`NotFound` with code `no-checkpoint` where the ledger keeps none of this size."""
    with open_anyhow(url) as store:
        if (note := Checkpoints(store.recorder).covering(size)) is None or note.split("\n")[1] != str(size):
            raise NotFound("the ledger keeps no checkpoint of this size", code="no-checkpoint", field="since")
