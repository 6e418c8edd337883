"""The HTTP door of a witness (c2sp.org/tlog-witness v1.0.0): `POST /add-checkpoint`, and nothing else.

The judgement is `ledger.witness`; here an error becomes the status that the specification asks for. Answers are plain
text: cosignature lines, the size for whoever was wrong about it, or a code and what was wrong.
"""

from __future__ import annotations

import logging
from typing import Annotated, Final

from fastapi import Depends, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from api.bodies import limited
from ledger.errors import ClockBehind, Group, LedgerError
from ledger.witness.client import ADD_CHECKPOINT, SIZE_TYPE
from ledger.witness.request import MAX_BODY_BYTES, parse_add_checkpoint
from ledger.witness.witness import Equivocation, NotConsistent, NotSignedByLog, OldSizeMismatch, UnknownLog, Witness

log = logging.getLogger("integrity.witness")
STATUS: Final[dict[type[LedgerError], int]] = {
    UnknownLog: 404,
    NotSignedByLog: 403,
    OldSizeMismatch: 409,
    Equivocation: 409,
    NotConsistent: 422,
    ClockBehind: 503,
}


async def _body(request: Request) -> bytes:
    return b"".join([chunk async for chunk in limited(request, MAX_BODY_BYTES)])


def create_app(witness: Witness) -> FastAPI:
    """The application of one witness."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)

    @app.post(ADD_CHECKPOINT)
    def add_checkpoint(body: Annotated[bytes, Depends(_body)]) -> Response:
        cosignature = witness.add(parse_add_checkpoint(body))
        log.info("cosigned")
        return PlainTextResponse(cosignature.format())

    @app.exception_handler(LedgerError)
    def refused(_: Request, error: LedgerError) -> Response:
        serious = isinstance(error, Equivocation | NotConsistent) or getattr(error, "contradicted", False)
        log.log(logging.ERROR if serious else logging.INFO, "refused", extra={"code": error.code})
        if isinstance(error, OldSizeMismatch):
            return Response(f"{error.size}\n", 409, {"Content-Type": SIZE_TYPE})
        return PlainTextResponse(f"{error.code}: {error.detail}\n", status_of(error))

    @app.exception_handler(HTTPException)
    def no_such_thing(_: Request, error: HTTPException) -> Response:
        return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)

    return app


def status_of(error: LedgerError) -> int:
    """The status of a refusal: the specification's own, 400 for what is malformed, 503 for what may hold later."""
    named = STATUS.get(type(error))
    if named is not None:
        return named
    return {Group.INVALID: 400, Group.UNAVAILABLE: 503}.get(error.group, 500)
