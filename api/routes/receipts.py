"""Receipts (c2sp.org/tlog-proof): what protects whoever holds it, once a checkpoint covers the entry; 202 until then.

`Prefer: wait=N` (RFC 7240) waits for it, WAIT_SECONDS at most, and only so many callers at a time: whoever finds no
room is answered at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from threading import BoundedSemaphore
from time import monotonic, sleep
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from api import signed
from api.auth import Wiring, wiring_of
from api.openapi import problem_response
from api.outcomes import NoReceiptYet
from api.policy import PUBLIC, open_to
from api.settings import THREADS
from api.signed import LARGEST, Signed
from ledger.artefacts.receipt import receipt_under
from ledger.errors import NotFound
from ledger.log.proof import ENDING
from ledger.publisher import read_keyring
from ledger.witness.policy import Level

router = APIRouter(prefix="/v1/ledger", tags=["ledger"])
WAIT_SECONDS: Final = 10
LOOK_AGAIN_SECONDS: Final = 0.2  # cosignatures come without a signal
WAITING: Final = BoundedSemaphore(THREADS // 4)  # a thread each; the others go on answering
_WAIT: Final = re.compile(r'\s*wait\s*=\s*(?:"([0-9]{1,9})"|([0-9]{1,9}))\s*(?:;.*)?', re.IGNORECASE)


def receipt_link(index: int) -> str:
    """Where an entry's receipt will be (RFC 8288)."""
    return f'<{router.prefix}/receipts/{index}>; rel="receipt"'


@router.get(
    "/receipts/{index}",
    response_class=PlainTextResponse,
    responses={
        202: {"description": "no such checkpoint covers the entry yet", "model": NoReceiptYet},
        304: {"description": "the reader has it already", "content": {}},
        404: problem_response(404),
    },
)
@open_to(PUBLIC)
def read_receipt(
    request: Request,
    index: Annotated[int, Path(ge=0, le=LARGEST)],
    level: Annotated[
        Literal["signed", "witnessed"], Query(description="how far the checkpoint is protected")
    ] = "signed",
) -> Response:
    """The receipt of an entry, under the first checkpoint that covers it, or one that witnesses have cosigned.

    Until there is one the answer is 202; `Prefer: wait=10` waits up to ten seconds for it.
    """
    wiring, wanted = wiring_of(request), Level(level)
    if index >= wiring.ledger.size:
        raise NotFound("there is no such entry", code="no-entry")
    if wanted is Level.WITNESSED and wiring.settings.witness_policy is None:
        raise NotFound("no witnesses are asked here", code="not-witnessing", field="level")
    found = signed.covering(wiring, index + 1, wanted)
    seconds, applied = wait_of(request.headers.getlist("prefer")), dict[str, str]()
    if seconds is not None and (found is not None or WAITING.acquire(blocking=False)):
        applied["Preference-Applied"] = f"wait={seconds}"
        if found is None:
            try:
                found = _awaited(wiring, index + 1, wanted, seconds)
            finally:
                WAITING.release()
    if found is None:
        return _not_yet(wiring, index, level, applied)
    name = {"Content-Disposition": f'attachment; filename="{index}{ENDING}"'}
    return signed.as_text(request, _receipt(wiring, index, found), **applied, **name)


def wait_of(prefer: Iterable[str]) -> int | None:
    """The seconds of the first `wait` among preferences, WAIT_SECONDS at most; None where none can be understood."""
    for preference in ",".join(prefer).split(","):
        name = preference.partition("=")[0].strip().lower()
        if name == "wait":
            match = _WAIT.fullmatch(preference)
            return None if match is None else min(int(match[1] or match[2]), WAIT_SECONDS)
    return None


def _awaited(wiring: Wiring, size: int, level: Level, seconds: float) -> Signed | None:
    """The checkpoint, as soon as it is there."""
    until = monotonic() + seconds
    wiring.publishing.wait_for(size, seconds)
    while True:
        found = signed.covering(wiring, size, level)
        left = until - monotonic()
        if found is not None or left <= 0:
            return found
        sleep(min(LOOK_AGAIN_SECONDS, left))


def _receipt(wiring: Wiring, index: int, under: Signed) -> str:
    """The receipt, which holds: nobody is handed one that their verifier will refuse."""
    ledger = wiring.ledger
    receipt = receipt_under(ledger.store, index, under.note)
    assert receipt.extra is not None
    keys = read_keyring(ledger.store, ledger.origin).log_keys(under.checkpoint.size)
    receipt.verify(receipt.extra, [key.vkey for key in keys], origin=ledger.origin)
    return receipt.format()


def _not_yet(wiring: Wiring, index: int, level: str, applied: dict[str, str]) -> Response:
    newest = signed.newest(wiring)
    body: dict[str, Any] = {
        "index": index,
        "level": level,
        "size": wiring.ledger.size,
        "covered": 0 if newest is None else newest.checkpoint.size,
    }
    return JSONResponse(body, 202, headers={"Retry-After": "1", **applied})
