"""Assessments of units: schemes, scores, publication, restatement."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ledger.commands.command import Change, Command, document_of, handles
from ledger.domain.assessment import Assessment, Scheme
from ledger.domain.base import require
from ledger.log.encoding import canonical

if TYPE_CHECKING:
    from ledger.application import Ledger


@handles("AssessmentSchemeAdopted")
def adopt(ledger: Ledger, command: Command) -> Change:
    data, scheme = command.data, ledger.new(Scheme)
    row = ledger.claim("scheme", data.scheme_id, scheme.uid, command.source)
    documents: dict[bytes, bytes] = {}
    update: dict[str, Any] = {"matrix": None, "indicators": None}
    for name in ("matrix", "indicators"):
        value, stated, where = getattr(data, name), getattr(data, f"{name}_digest"), f"data.{name}_digest"
        if value is None:
            documents |= document_of(command, stated, where)
            continue
        content = canonical(value)
        digest = hashlib.sha256(content)
        require(stated in (None, digest.hexdigest()), "computed-by-ledger", "the digest is another document's", where)
        documents[digest.digest()] = content
        update[f"{name}_digest"] = digest.hexdigest()
    if data.feedback_wd is None:
        update["feedback_wd"] = ledger.policy.feedback_days(command.act.on)
    scheme.adopt(data.model_copy(update=update))
    return Change(scheme, (), scheme.uid, (row,), documents)


@handles("AssessmentScored")
def score(ledger: Ledger, command: Command) -> Change:
    data = command.data
    require(data.scheme_uid is None, "computed-by-ledger", "the ledger finds the scheme's stream", "data.scheme_uid")
    scheme = ledger.load(Scheme, data.scheme_id, command.source)
    uid = ledger.uid("assessment", data.assessment_id, command.source)
    assessment = ledger.new(Assessment) if uid is None else ledger.aggregate(Assessment, uid)
    rows = () if uid is not None else (ledger.claim("assessment", data.assessment_id, assessment.uid, command.source),)
    assessment.score(data, scheme)
    return Change(assessment, (assessment.unit,), assessment.unit, rows)


def _load(ledger: Ledger, command: Command) -> Assessment:
    return ledger.load(Assessment, command.data.assessment_id, command.source)


def _scheme_of(ledger: Ledger, command: Command, assessment: Assessment) -> Scheme:
    """The scheme under which it was scored, whatever else its id names by now."""
    if assessment.scheme_uid is not None:
        return ledger.aggregate(Scheme, assessment.scheme_uid)
    return ledger.load(Scheme, assessment.scheme_id, command.source)


@handles("AssessmentReviewed")
def review(ledger: Ledger, command: Command) -> Change:
    assessment = _load(ledger, command)
    assessment.review(command.data)
    return Change(assessment, (assessment.unit,), assessment.unit)


@handles("AssessmentPublished")
def publish(ledger: Ledger, command: Command) -> Change:
    assessment = _load(ledger, command)
    feedback_until = None
    if assessment.state == "SCORED":
        scheme = _scheme_of(ledger, command, assessment)
        feedback_until = ledger.policy.working_days_after(assessment.scored_on, scheme.feedback_wd)
    assessment.publish(command.data, command.act, feedback_until)
    return Change(assessment, (assessment.unit,), assessment.unit)


@handles("AssessmentRestated")
def restate(ledger: Ledger, command: Command) -> Change:
    assessment = _load(ledger, command)
    scheme = _scheme_of(ledger, command, assessment)
    assessment.restate(command.data, scheme)
    return Change(assessment, (assessment.unit,), assessment.unit)
