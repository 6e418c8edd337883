"""Certificates that applicants carry: issued and revoked by those they concern, and the status lists, for anybody.

A certificate and its salt stand in one answer, once: the ledger keeps neither. Everything is checked without this
server (`ledger/artefacts/README.md`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import signed
from api.auth import DeskDep, wiring_of
from api.bodies import BodyDep, parse_object
from api.desk import Desk
from api.openapi import certificate_operation, problem_response, revocation_operation
from api.outcomes import CertificateMade, CertificateRevoked
from api.policy import PUBLIC, open_to
from api.problems import not_found
from api.signed import no_checkpoint
from ledger.application import Ledger
from ledger.certificates import issue, revoke
from ledger.clock import day_of
from ledger.errors import Invalid, LedgerError, NotFound
from ledger.log.checkpoint import Checkpoint
from ledger.status_lists import status_list

router = APIRouter(prefix="/v1")
HOLDERS: Final = frozenset({"SUBJECT", "HR"})
STATUS_LIST_TYPE: Final = "application/statuslist+jwt"
KEPT_SECONDS: Final = 60  # how long a reader or a cache may take a list for the newest one
KEPT: Final = 64
_LISTING: Final = Lock()  # a list is made once, however many ask for it at the same time
LAST_LIST: Final = 999_999_999
Done = TypeVar("Done")


class StatusListToken(Response):
    """A signed status list, as its draft names it."""

    media_type = STATUS_LIST_TYPE


@router.post(
    "/eligibility-checks/{uid}/certificates",
    status_code=201,
    tags=["eligibility-checks"],
    openapi_extra=certificate_operation(),
)
@open_to(HOLDERS)
def issue_certificate(uid: UUID, desk: DeskDep, raw: BodyDep) -> Annotated[dict[str, Any], CertificateMade]:
    """A certificate of a decision that was served, at its holder's wish: `{"holder_asked": true}`. A look.

    Asked again, another one is issued; the salt is in no other answer.
    """
    body = parse_object(raw, frozenset({"holder_asked"}), frozenset({"holder_asked"}))
    if body["holder_asked"] is not True:
        raise Invalid("a certificate is issued at its holder's wish", code="wrong-type", field="holder_asked")
    made = _done(desk, "CertificateIssued", str(uid), lambda: issue(desk.ledger, str(uid), desk.viewer))
    return {
        "certificate": made.certificate,
        "salt": made.salt.hex(),
        "digest": made.digest,
        "expires_on": made.expires_on.isoformat(),
        "index": made.acknowledgement.index,
    }


@router.post(
    "/eligibility-checks/{uid}/certificates/revocation",
    status_code=201,
    tags=["eligibility-checks"],
    openapi_extra=revocation_operation(),
)
@open_to(HOLDERS)
def revoke_certificate(uid: UUID, desk: DeskDep, raw: BodyDep) -> Annotated[dict[str, Any], CertificateRevoked]:
    """Revoke a certificate by its digest: `{"digest", "reason"}`. It holds no more in the next status list."""
    members = frozenset({"digest", "reason"})
    body = parse_object(raw, members, members)
    for name in sorted(members):
        if not isinstance(body[name], str):
            raise Invalid("expected a string", code="wrong-type", field=name)
    digest, reason = body["digest"], body["reason"]
    act = _done(
        desk, "CertificateRevoked", str(uid), lambda: revoke(desk.ledger, str(uid), digest, reason, desk.viewer)
    )
    return {"digest": digest, **asdict(act)}


@router.get(
    "/status-lists/{index}", tags=["ledger"], response_class=StatusListToken, responses={404: problem_response(404)}
)
@open_to(PUBLIC)
def read_status_list(request: Request, index: Annotated[int, Path(ge=1, le=LAST_LIST)]) -> Response:
    """Which certificates hold no more, as of the newest checkpoint: signed (draft-ietf-oauth-status-list)."""
    wiring = wiring_of(request)
    newest = signed.newest(wiring)
    if newest is None:
        raise no_checkpoint()
    today = day_of(wiring.ledger.clock())
    with _LISTING:
        content = _list(wiring.ledger, index, newest.checkpoint, today)
    return StatusListToken(content, headers={"Cache-Control": f"public, max-age={KEPT_SECONDS}"})


@lru_cache(maxsize=KEPT)
def _list(ledger: Ledger, number: int, checkpoint: Checkpoint, today: date) -> bytes:
    """One list is signed once for a checkpoint and a day, however many ask."""
    return status_list(ledger, number, checkpoint)


def _done(desk: Desk, what: str, target: str, act: Callable[[], Done]) -> Done:
    """What was asked for; a rule's refusal leaves its trace, and what is not theirs is absent."""
    try:
        return act()
    except NotFound as error:
        if error.code == "unknown-check":
            raise not_found() from None
        raise
    except LedgerError as error:
        desk.leave_trace(what, error, target)
        raise
