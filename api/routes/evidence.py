"""The evidence bundle of a subject, a file to take away: it is checked with the ledger's key, without this server."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.auth import DeskDep, wiring_of
from api.desk import Desk
from api.outcomes import EvidenceBundle
from api.policy import BUNDLES, open_to
from ledger.artefacts.bundle import ENDING

router = APIRouter(prefix="/v1")
COVERED_SECONDS: Final = 2.0  # how long a bundle waits for the checkpoint that is signed in the background anyway


@router.get("/subjects/{uid}/evidence-bundle", tags=["subjects"], response_model=None)
@open_to(BUNDLES)
def read_evidence(uid: UUID, request: Request, desk: DeskDep) -> Annotated[Response, EvidenceBundle]:
    """The proof of a subject's own records: entries, proofs, and the sections that the viewer may read. A look."""
    return evidence_file(request, desk, str(uid))


def evidence_file(request: Request, desk: Desk, subject: str) -> Response:
    """The bundle as a download."""
    wiring_of(request).publishing.wait_for(desk.ledger.size, COVERED_SECONDS)
    name = {"Content-Disposition": f'attachment; filename="evidence{ENDING}"'}
    return Response(desk.evidence(subject), media_type="application/json", headers=name)
