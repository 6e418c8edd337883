"""What is read about one subject, unit, check or record. Each answer is the command line's own JSON."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Response

from api.answers import (
    AccessLog,
    Assessment,
    Found,
    IntegrityFile,
    OneBreach,
    OneCommitment,
    OneConsent,
    Repairs,
    Score,
    Subject,
)
from api.auth import DeskDep
from api.bodies import BodyDep, etag, parse_object
from api.break_glass import file_in_emergency
from api.checks import Check
from api.data_requests import OneDataRequest
from api.desk import Desk, Moment
from api.openapi import lookup_operation
from api.policy import ACCESS_LOG, CASEWORK, CHECKS, EVERYONE, FILES, LISTS, LOOKUPS, open_to
from api.problems import not_found
from api.routes.parameters import GlassDep, MomentDep, PurposeDep
from ledger.errors import Invalid
from ledger.reading import Logged

router = APIRouter(prefix="/v1")
_RECORDS: Final = {
    "breaches": "breach",
    "repairs": "breach",
    "commitments": "commitment",
    "consents": "consent",
    "data_requests": "data-request",
}


@router.post("/subjects/lookup", tags=["subjects"], openapi_extra=lookup_operation())
@open_to(LOOKUPS)
def look_up(desk: DeskDep, raw: BodyDep) -> Annotated[dict[str, Any], Found]:
    """Find a subject by `{"ref"}` or by `{"name", "id_number"}`, both exact; `{"uid"}`."""
    body = parse_object(raw, frozenset({"ref", "name", "id_number"}))
    given = {name for name, value in body.items() if isinstance(value, str) and value}
    if given not in ({"ref"}, {"name", "id_number"}):
        raise Invalid("send ref, or name and id_number", code="bad-lookup")
    return {"uid": desk.lookup(**body)}


@router.get("/subjects/{uid}", tags=["subjects"])
@open_to(LISTS | FILES)
def read_subject(uid: UUID, desk: DeskDep, response: Response) -> Annotated[dict[str, Any], Subject]:
    """What a subject is: its kind, and a unit's name and code. Names of persons stand in their files only."""
    entries = desk.subject(str(uid))
    data = entries[0].data
    response.headers["ETag"] = etag(len(entries))
    return {"uid": str(uid), "kind": data["kind"], "version": len(entries)} | {
        name: data[name] for name in ("subject_id", "name", "region", "uscc") if data.get(name) is not None
    }


@router.get("/subjects/{uid}/integrity-file", tags=["subjects"])
@open_to(FILES)
def read_file(
    uid: UUID, desk: DeskDep, moment: MomentDep, purpose: PurposeDep = None, break_glass: GlassDep = None
) -> Annotated[dict[str, Any], IntegrityFile]:
    """The integrity file of a person or a unit, shaped by who asks and for which purpose. A look."""
    if break_glass is not None:
        return file_in_emergency(desk, str(uid), moment, str(break_glass), purpose)
    return desk.file(str(uid), moment, purpose)


@router.get("/subjects/{uid}/access-log", tags=["subjects"])
@open_to(ACCESS_LOG)
def read_access_log(uid: UUID, desk: DeskDep) -> Annotated[dict[str, Any], AccessLog]:
    """Which unit looked at this subject's record, in which role, when and why."""
    return desk.access_log(str(uid))


@router.get("/units/{uid}/score", tags=["units"])
@open_to(EVERYONE)
def read_score(uid: UUID, desk: DeskDep, moment: MomentDep) -> Annotated[dict[str, Any], Score]:
    """A unit's score with its lines; they sum to it."""
    return desk.score(str(uid), moment)


@router.get("/eligibility-checks/{uid}", tags=["eligibility-checks"])
@open_to(CHECKS)
def read_check(uid: UUID, desk: DeskDep, moment: MomentDep, response: Response) -> Annotated[dict[str, Any], Check]:
    """A check as it was evaluated, with what became of it. A look."""
    answer = desk.check(str(uid), moment)
    response.headers["ETag"] = etag(len(_entries(desk, "check", uid, moment)))
    return answer


@router.get("/breaches/{uid}", tags=["breaches"])
@open_to(FILES)
def read_breach(
    uid: UUID, desk: DeskDep, moment: MomentDep, response: Response, purpose: PurposeDep = None
) -> Annotated[dict[str, Any], OneBreach]:
    """One breach as it stands in its subject's file, for this viewer. A look."""
    return _of_file(desk, "breaches", uid, moment, purpose, response)


@router.get("/commitments/{uid}", tags=["commitments"])
@open_to(FILES)
def read_commitment(
    uid: UUID, desk: DeskDep, moment: MomentDep, response: Response, purpose: PurposeDep = None
) -> Annotated[dict[str, Any], OneCommitment]:
    """One commitment as it stands in its promisor's file, for this viewer. A look."""
    return _of_file(desk, "commitments", uid, moment, purpose, response)


@router.get("/repairs/{uid}", tags=["repairs"])
@open_to(FILES)
def read_repairs(
    uid: UUID, desk: DeskDep, moment: MomentDep, response: Response, purpose: PurposeDep = None
) -> Annotated[dict[str, Any], Repairs]:
    """The repairs of one breach, newest last; a repair stands in the stream of its breach. A look."""
    desk.purpose(purpose)
    entries = _entries(desk, "breach", uid, moment)
    file = desk.file(str(entries[0].data["subject_id"]), moment, purpose)
    breach = next((one for one in file["breaches"] if one["uid"] == str(uid)), None)
    if breach is None:
        raise not_found()
    response.headers["ETag"] = etag(len(entries))
    return {"uid": str(uid), "repairs": [one for one in file["repairs"] if one["breach"] == breach["id"]]}


@router.get("/consents/{uid}", tags=["consents"])
@open_to(frozenset({"SUBJECT", "AUDITOR"}))
def read_consent(
    uid: UUID, desk: DeskDep, moment: MomentDep, response: Response
) -> Annotated[dict[str, Any], OneConsent]:
    """One consent as it stands in its subject's file. A look."""
    return _of_file(desk, "consents", uid, moment, None, response)


@router.get("/data-requests/{uid}", tags=["data-requests"])
@open_to(frozenset({"SUBJECT", "AUDITOR", "DPO"}))
def read_data_request(
    uid: UUID, desk: DeskDep, moment: MomentDep, response: Response
) -> Annotated[dict[str, Any], OneDataRequest]:
    """One request about personal data as it stands in its person's file, with the answer. A look."""
    return _of_file(desk, "data_requests", uid, moment, None, response)


@router.get("/assessments/{uid}", tags=["assessments"])
@open_to(frozenset({"ASSESSOR", "AUDITOR", "UNIT_HEAD", "SUBJECT"}) | CASEWORK)
def read_assessment(uid: UUID, desk: DeskDep, response: Response) -> Annotated[dict[str, Any], Assessment]:
    """One assessment: its scheme, unit, period, state and newest scores."""
    entries = _entries(desk, "assessment", uid)
    first = entries[0].data
    if desk.viewer.role in ("UNIT_HEAD", "SUBJECT") and desk.own_uid() != first["unit_id"]:
        raise not_found()
    response.headers["ETag"] = etag(len(entries))
    scored = [entry for entry in entries if "scores" in entry.data]
    return {
        "uid": str(uid),
        "id": first["assessment_id"],
        "scheme": first["scheme_id"],
        "unit": desk.ledger.caller_id(first["unit_id"]),
        "period": first["period"],
        "scores": scored[-1].data["scores"],
        "events": [
            {"index": entry.index, "type": entry.type, "on": entry.effective_on.isoformat()} for entry in entries
        ],
    }


def _entries(desk: Desk, kind: str, uid: UUID, moment: Moment | None = None) -> list[Logged]:
    """The entries of a record as known at a moment: their number is the version that is shown."""
    entries = desk.ledger.stream(f"{kind}/{uid}", desk.ledger.size if moment is None else moment.as_known)
    if not entries:
        raise not_found()
    return entries


def _of_file(
    desk: Desk, section: str, uid: UUID, moment: MomentDep, purpose: str | None, response: Response
) -> dict[str, Any]:
    """A record as it stands in the file it belongs to; absent where this viewer's file does not show it."""
    desk.purpose(purpose)
    entries = _entries(desk, _RECORDS[section], uid, moment)
    data = entries[0].data
    owner = data.get("subject_id") or data.get("promisor_id")
    file = desk.file(str(owner), moment, purpose)
    for one in file.get(section, ()):
        if one["uid"] == str(uid):
            response.headers["ETag"] = etag(len(entries))
            return {
                **one,
                "subject": file["subject"],
                "as_of": file["as_of"],
                "as_known": file["as_known"],
                "size": file["size"],
            }
    raise not_found()
