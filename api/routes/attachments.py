"""Evidence files over HTTP: brought as multipart, kept sealed, handed out as a download that can run nothing."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, File, Form, UploadFile
from starlette.responses import Response

from api.auth import DeskDep
from api.bodies import KeyDep
from api.outcomes import Attachment
from api.policy import EVIDENCE, open_to
from api.problems import Problem, not_found
from api.uploads import uploads
from ledger.attachments import MAX_BYTES, Attachments
from ledger.domain.access import Scope
from ledger.errors import NotFound

router = APIRouter(prefix="/v1", route_class=uploads(MAX_BYTES))
READERS: Final = frozenset({"DECIDER", "REVIEWER", "AUDITOR"})


@router.post(
    "/attachments", status_code=201, tags=["attachments"], responses={201: {"description": "an item for `evidence`"}}
)
@open_to(EVIDENCE - {"AUDITOR"})
def keep_attachment(
    desk: DeskDep,
    key: KeyDep,
    subject: Annotated[UUID, Form(description="the pseudonym of whom the file is about")],
    file: Annotated[UploadFile, File(description="PDF, PNG, JPEG, DOCX, XLSX or plain text; at most 20 MiB")],
) -> Annotated[dict[str, Any], Attachment]:
    """Keep a file; the answer is the item that a command's `evidence` cites. Uncited, it counts for nothing."""
    if file.size is not None and file.size > MAX_BYTES:
        raise Problem(413, "body-too-large", f"a file holds at most {MAX_BYTES} bytes", field="file")
    about = str(subject)
    if not desk.ledger.stream(f"subject/{about}", desk.ledger.size):
        raise not_found()
    if desk.viewer.role == "SUBJECT" and desk.own_uid() != about:
        raise not_found()
    content = file.file.read()
    kept = Attachments(desk.ledger).keep(about, file.filename or "", content, by=desk.viewer_uid())
    return kept.as_json()


@router.get(
    "/attachments/{uid}",
    tags=["attachments"],
    response_class=Response,
    responses={200: {"description": "the file", "content": {"application/octet-stream": {}}}},
)
@open_to(EVIDENCE)
def read_attachment(uid: UUID, desk: DeskDep) -> Response:
    """A file, to whoever brought it, who decides the case, and the person whose file cites it. A look."""
    attachments = Attachments(desk.ledger)
    try:
        kept, content, by = attachments.read(str(uid))
        subject = attachments.subject_of(str(uid))
    except NotFound:
        raise not_found() from None
    if desk.viewer.role not in READERS and by != desk.viewer_uid() and not desk.cites(subject, str(uid)):
        raise not_found()
    desk.look_at(subject, Scope.ATTACHMENT)
    return Response(
        content,
        media_type=kept.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
