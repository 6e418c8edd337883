"""Certificates that applicants carry: issued and revoked by those they concern, and the status lists, for anybody.

A certificate and its salt stand in one answer: the ledger keeps neither, and makes both again for the same request.
Everything is checked without this server (`ledger/artefacts/README.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import signed
from api.auth import DeskDep, wiring_of
from api.bodies import BodyDep, KeyDep, parse_object
from api.desk import Desk
from api.openapi import certificate_operation, problem_response, revocation_operation
from api.outcomes import CertificateMade, CertificateRevoked
from api.policy import PUBLIC, open_to
from api.problems import not_found
from api.signed import no_checkpoint
from api.status_lists import kept_list
from ledger.certificates import Issued, issue, revoke
from ledger.errors import Invalid, LedgerError, NotFound
from ledger.requests import Request as Asked

router = APIRouter(prefix="/v1")
HOLDERS: Final = frozenset({"SUBJECT", "HR"})
STATUS_LIST_TYPE: Final = "application/statuslist+jwt"
KEPT_SECONDS: Final = 60  # how long a reader or a cache may take a list for the newest one
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
def issue_certificate(
    uid: UUID, desk: DeskDep, raw: BodyDep, key: KeyDep
) -> Annotated[dict[str, Any], CertificateMade]:
    """A certificate of a decision that was served, at its holder's wish: `{"holder_asked": true}`. A look.

    Asked again under the same key, the same certificate and salt are made again from it, so the key is chosen at
    random and kept as secret as the salt; asked under another key, another certificate is issued.
    """
    body = parse_object(raw, frozenset({"holder_asked"}), frozenset({"holder_asked"}))
    if body["holder_asked"] is not True:
        raise Invalid("a certificate is issued at its holder's wish", code="wrong-type", field="holder_asked")
    made = issued(desk, str(uid), asked_for(desk, key, str(uid)))
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
def revoke_certificate(
    uid: UUID, desk: DeskDep, raw: BodyDep, key: KeyDep
) -> Annotated[dict[str, Any], CertificateRevoked]:
    """Revoke a certificate by its digest: `{"digest", "reason"}`. It holds no more in the next status list."""
    members = frozenset({"digest", "reason"})
    body = parse_object(raw, members, members)
    for name in sorted(members):
        if not isinstance(body[name], str):
            raise Invalid("expected a string", code="wrong-type", field=name)
    digest, reason = body["digest"], body["reason"]
    asked = desk.requests(key, ["CertificateRevoked", str(uid), body])
    act = done(
        desk, "CertificateRevoked", str(uid), lambda: revoke(desk.ledger, str(uid), digest, reason, desk.viewer, asked)
    )
    return {"digest": digest, **asdict(act)}


@router.get(
    "/status-lists/{index}", tags=["ledger"], response_class=StatusListToken, responses={404: problem_response(404)}
)
@open_to(PUBLIC)
def read_status_list(request: Request, index: Annotated[int, Path(ge=1, le=LAST_LIST)]) -> Response:
    """Which certificates hold no more, signed (draft-ietf-oauth-status-list): as of the newest checkpoint, or of one
    shortly before where a long list has just been made; `size` and `iat` say which."""
    wiring = wiring_of(request)
    newest = signed.newest(wiring)
    if newest is None:
        raise no_checkpoint()
    content = kept_list(wiring.ledger, index, newest.checkpoint)
    return StatusListToken(content, headers={"Cache-Control": f"public, max-age={KEPT_SECONDS}"})


def asked_for(desk: Desk, key: str, uid: str) -> list[Asked]:
    """The request for a certificate under a key, at this door and at the page's; there is one way to say it."""
    return desk.requests(key, ["CertificateIssued", uid, {"holder_asked": True}])


def issued(desk: Desk, uid: str, asked: Sequence[Asked]) -> Issued:
    """A certificate for a viewer by their request."""
    return done(desk, "CertificateIssued", uid, lambda: issue(desk.ledger, uid, desk.viewer, asked))


def done(desk: Desk, what: str, target: str, act: Callable[[], Done]) -> Done:
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
