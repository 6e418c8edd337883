"""One viewer at the ledger: what they may read, each read of a person's record a look, each command in their name.

Routes and pages stand on this file, so that both show the same and log the same. What a viewer may not see is answered
like what is absent. A read is answered only after its look is durable (DESIGN §3); a command that a rule refused leaves
its trace in the access log, without its body.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from api.acting import (
    as_told,
    is_refused_as_absent,
    is_requested_by,
    may_act,
    speaks_for_subject,
    units_of,
    units_read_for,
)
from api.problems import NOTHING_KNOWN, Problem, not_found
from ledger.access import Viewer
from ledger.application import Ledger
from ledger.artefacts.bundle import make_bundle
from ledger.clock import day_of
from ledger.domain.access import RecordAccessed, Scope
from ledger.errors import Group, Invalid, LedgerError, NotFound, Refused
from ledger.line import Line, LineActor, parse_day
from ledger.reading import Logged
from ledger.requests import Request
from ledger.signing import Prepared, Signed
from ledger.storage.events import Acknowledgement, RequestKeyReused
from ledger.told import is_told_of
from projections import eligibility
from projections.access_log import access_log
from projections.evidence import evidence
from projections.integrity_file import integrity_file
from projections.reader import registered
from projections.unit_score import unit_score

OWN_PURPOSES: Final = {"SUBJECT": "OWN", "UNIT_HEAD": "OWN", "AUDITOR": "AUDIT", "DPO": "DATA_PROTECTION"}
CASE_PURPOSE: Final = "CASE"
REQUESTS: Final = "requester"  # what the digests of those who make requests are for


@dataclass(frozen=True, slots=True)
class Moment:
    """The two dates an answer stands on: the day it is about, and the size that was known."""

    as_of: date
    as_known: int
    asked: str | None = None  # as_known in the caller's own words

    def as_asked(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer with `as_known` as it was asked for; `size` says what it came to."""
        return answer if self.asked is None else {**answer, "as_known": self.asked}


@dataclass(frozen=True, slots=True)
class Desk:
    """A viewer's own view of the ledger."""

    ledger: Ledger
    viewer: Viewer

    def today(self) -> date:
        return day_of(self.ledger.clock())

    def moment(self, as_of: str | None, as_known: str | None) -> Moment:
        """The moment of `as_of` and `as_known` as callers write them (DESIGN §6)."""
        on = self.today() if as_of is None else parse_day(as_of, "as_of")
        return Moment(on, self.ledger.resolve_as_known(as_known), as_known)

    # Who the viewer is to a record.

    def own_uid(self) -> str | None:
        """The pseudonym of the subject this viewer acts for: the person, or the unit of a SUBJECT or UNIT_HEAD."""
        role, unit = self.viewer.role, self.viewer.unit
        if role == "UNIT_HEAD" or (role == "SUBJECT" and unit is not None):
            return None if unit is None else self.ledger.uid("subject", unit)
        return self.ledger.uid("subject", self.viewer.actor) if role == "SUBJECT" else None

    def is_own(self, subject: str) -> bool:
        """Whether a record is that subject's, under any of its registrations, or that of a unit which ended and whose
        open matters it answers for. A head reads the unit's own alone: a reorganisation opens no old file to them."""
        own, relations = self.own_uid(), self.ledger.relations()
        if self.viewer.role == "UNIT_HEAD":
            return relations.same(subject, own)
        return subject in relations.stands_for(own)

    def is_about_viewer(self, subject: str) -> bool:
        """Whether a record is about whoever looks: nobody reads their own case beyond a subject's rights."""
        actor = self.ledger.uid("subject", self.viewer.actor)
        return self.viewer.role != "SUBJECT" and self.ledger.relations().same(actor, subject)

    def _may_read_file(self, registration: Logged) -> bool:
        """A subject reads its own file, a unit head that of the unit and of whoever has a post there today."""
        role, uid = self.viewer.role, registration.uid
        if self.is_about_viewer(uid):
            return False
        if role == "SUBJECT":
            return self.is_own(uid)
        if role != "UNIT_HEAD" or registration.data["kind"] != "PERSON":
            return role != "UNIT_HEAD" or self.is_own(uid)
        return self.ledger.relations().same(self.ledger.unit_on(uid, self.today()), self.own_uid())

    def purpose(self, purpose: str | None) -> str:
        """Why the viewer looks: theirs by role, or stated; HR and the credit office always state it.

        Asked before anything is looked for: who does not say it learns nothing of what is there.
        """
        if purpose is not None:
            return purpose
        if self.viewer.role in ("HR", "CREDIT"):
            raise Problem(400, "purpose-required", "say for which purpose you look", field="purpose")
        return OWN_PURPOSES.get(self.viewer.role, CASE_PURPOSE)

    def _registered(self, subject: str, size: int) -> Logged:
        try:
            return registered(self.ledger, subject, size)
        except NotFound:
            raise not_found() from None

    # Reads.

    def subject(self, uid: str) -> list[Logged]:
        """The entries of a subject that this viewer may read about; a person's are a look."""
        registration = self._registered(uid, self.ledger.size)
        if not self._may_read_file(registration):
            raise not_found()
        if registration.data["kind"] == "PERSON":
            self.look_at(uid, Scope.SUBJECT)
        return self.ledger.stream(f"subject/{uid}", self.ledger.size)

    def file(self, subject: str, moment: Moment, purpose: str | None = None, scope: str = Scope.FILE) -> dict[str, Any]:
        """The integrity file of a subject by pseudonym, for this viewer."""
        stated = self.purpose(purpose)
        registration = self._registered(subject, moment.as_known)
        if not self._may_read_file(registration):
            raise not_found()
        try:
            answer = integrity_file(
                self.ledger,
                registration.uid,
                as_of=moment.as_of,
                as_known=moment.as_known,
                viewer=self.viewer.role,
                unit=self.viewer.unit,
                purpose=purpose,
            )
        except Refused as refused:
            # Nothing was seen, so it is no look; that somebody tried is recorded (DOMAIN §8).
            self.leave_trace(RecordAccessed.__name__, refused, registration.uid)
            raise
        consent = self.ledger.uid("consent", answer["consent"]["id"]) if "consent" in answer else None
        self._look(
            [registration.uid],
            scope,
            purpose=stated,
            consent=consent,
            as_of=moment.as_of,
            as_known=moment.as_known,
        )
        return moment.as_asked(answer)

    def evidence(self, subject: str) -> bytes:
        """The evidence bundle of a subject's own records, with the sections that this viewer may read of them."""
        file = self.file(subject, self.moment(None, None), scope=Scope.EVIDENCE)
        return make_bundle(self.ledger, *evidence(self.ledger, file)).format()

    def score(self, unit: str, moment: Moment) -> dict[str, Any]:
        """A unit's score with its lines, for this viewer."""
        allowed = self.viewer.role not in ("SUBJECT", "UNIT_HEAD") or self.is_own(unit)
        if not allowed or self._registered(unit, moment.as_known).data["kind"] != "UNIT":
            raise not_found()
        answer = unit_score(self.ledger, unit, as_of=moment.as_of, as_known=moment.as_known, viewer=self.viewer.role)
        return moment.as_asked(answer)

    def check(self, check: str, moment: Moment) -> dict[str, Any]:
        """An eligibility check, to the requester's own HR, the candidate and the auditor."""
        try:
            answer = eligibility.check(
                self.ledger,
                check,
                as_of=moment.as_of,
                as_known=moment.as_known,
                viewer=self.viewer.role,
            )
        except NotFound:
            raise not_found() from None
        if not self._may_read_check(answer):
            raise not_found()
        self._look(
            [answer["subject_uid"]],
            Scope.CHECK,
            purpose=answer["purpose"],
            case=answer["uid"],
            as_of=moment.as_of,
            as_known=moment.as_known,
        )
        return moment.as_asked(eligibility.with_rules(self.ledger, answer))

    def _may_read_check(self, answer: Mapping[str, Any]) -> bool:
        if self.viewer.role == "SUBJECT":
            return self.is_own(str(answer["subject_uid"]))
        if self.is_about_viewer(str(answer["subject_uid"])):
            return False
        if self.viewer.role != "HR":
            return True
        return is_requested_by(self.ledger, answer, units_read_for(self.ledger, self.viewer, self.today()))

    def units(self) -> frozenset[str]:
        """The viewer's unit and all it stands for, by pseudonym; empty without one."""
        return units_of(self.ledger, self.viewer)

    def access_log(self, subject: str) -> dict[str, Any]:
        """Which unit looked at a subject's record, in which role, when and why."""
        registration = self._registered(subject, self.ledger.size)
        if self.viewer.role == "SUBJECT" and not self.is_own(registration.uid):
            raise not_found()
        if self.viewer.role != "SUBJECT":
            self._look([registration.uid], Scope.ACCESS_LOG, purpose=self.purpose(None))
        return access_log(self.ledger, registration.uid, viewer_role=self.viewer.role, today=self.today())

    def lookup(self, *, ref: str | None = None, name: str | None = None, id_number: str | None = None) -> str:
        """The pseudonym of a subject by the caller's id, or by exact name and ID number; a person found is a look."""
        if ref is not None:
            uid = self.ledger.uid("subject", ref)
        else:
            uid = self.ledger.holder("id-number", id_number or "")
            if uid is not None and not self._has_name(uid, name or ""):
                uid = None
        if uid is None or not self._may_read_file(self._registered(uid, self.ledger.size)):
            raise not_found()
        if self.ledger.kind_of(uid).value == "PERSON" and not self.is_own(uid):
            self._look([uid], Scope.LOOKUP, purpose=OWN_PURPOSES.get(self.viewer.role, CASE_PURPOSE))
        return uid

    def _has_name(self, uid: str, name: str) -> bool:
        known = str(self.ledger.identity(uid).get("name") or "")
        return bool(known) and unicodedata.normalize("NFC", known) == unicodedata.normalize("NFC", name)

    def look_at_entries(self, entries: Iterable[Logged]) -> None:
        """An auditor reads entries: one look at whoever they concern. Some concern nobody."""
        self.look_at_list(sorted({subject for entry in entries for subject in entry.subjects}), Scope.ENTRIES)

    def cites(self, subject: str, attachment: str) -> bool:
        """Whether the viewer's own file, as the viewer sees it, cites an attachment. Nothing is shown: no look."""
        if self.viewer.role != "SUBJECT" or not self.is_own(subject):
            return False
        moment = self.moment(None, None)
        answer = integrity_file(
            self.ledger, subject, as_of=moment.as_of, as_known=moment.as_known, viewer="SUBJECT", unit=self.viewer.unit
        )
        return attachment in json.dumps(answer)

    def viewer_uid(self) -> str:
        """The pseudonym under which this viewer acts and looks."""
        return self.ledger.access.actor_uid(self.viewer)

    def look_at(self, subject: str, scope: str) -> None:
        """Something of one subject's record is handed out."""
        self._look([subject], scope, purpose=OWN_PURPOSES.get(self.viewer.role, CASE_PURPOSE))

    def look_at_list(self, subjects: list[str], scope: str, purpose: str | None = None) -> None:
        """A page of a list was read: one look at the people on it."""
        if subjects:
            self._look(subjects, scope, purpose=purpose or OWN_PURPOSES.get(self.viewer.role, CASE_PURPOSE))

    def _look(
        self,
        subjects: list[str],
        scope: str,
        *,
        purpose: str,
        consent: str | None = None,
        case: str | None = None,
        as_of: date | None = None,
        as_known: int | None = None,
    ) -> None:
        self.ledger.access.look(
            self.viewer,
            subjects,
            scope=[scope],
            purpose=purpose,
            consent=consent,
            case=case,
            as_of=as_of,
            as_known=as_known,
        )

    # Commands.

    def may_act_on(self, opening: Logged, said: Mapping[str, Any]) -> bool:
        """Whether a record is one this viewer may act on at all by these data: a subject's own, and for a subject, a
        case it was told of. The rest is for the rules."""
        kind, _, uid = opening.stream.partition("/")
        if speaks_for_subject(self.viewer, said) and kind == "breach" and not is_told_of(self.ledger, uid):
            return False
        if self.viewer.role != "SUBJECT":
            return True
        data = opening.data
        owner = data.get("subject_id") or data.get("promisor_id") or data.get("unit_id")
        return self.is_own(str(owner or opening.stream.partition("/")[2]))

    def line(self, type_: str, body: Mapping[str, Any]) -> Line:
        """A command of this viewer from a request's body: `effective_on` is today unless it says otherwise."""
        on = body.get("effective_on")
        return Line(
            type=type_,
            effective_on=self.today() if on is None else parse_day(on, "effective_on"),
            actor=LineActor(self.viewer.actor, self.viewer.role, self.viewer.unit),
            data=body["data"],
            basis=tuple(body.get("basis", ())),
            purpose=body.get("purpose"),
        )

    def requests(self, key: str, said: object) -> list[Request]:
        """The request that this viewer makes under a key by what was said, as it came, before anything is filled in.

        Its newest name is the first; the others are those it had under older versions of the index key.
        """
        principal = f"{self.viewer.role}\x00{self.viewer.unit or ''}\x00{self.viewer.actor}"
        try:
            body = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        except RecursionError:
            raise Invalid("nested too deeply", code="too-deep", field="data") from None
        names = self.ledger.keys.keyed_digests(REQUESTS, principal.encode())
        return [Request(name.hex(), key, body) for name in names]

    def answered(self, requests: Sequence[Request]) -> Acknowledgement | None:
        """What a request got before, whichever name it had then; `RequestKeyReused` for another body."""
        return next(filter(None, map(self.ledger.answered, requests)), None)

    def submit(
        self,
        line: Line,
        request: Request | str,
        *,
        after: int | None = None,
        documents: Collection[bytes] = (),
        target: str | None = None,
        signed: Signed | None = None,
    ) -> Acknowledgement:
        """Submit a command as a request, or under a key; a rule's refusal leaves its trace (DOMAIN §4.3).

        Within a transaction the caller leaves the traces when it has ended: they must outlive it. What this viewer may
        not act on is absent to them: `NotFound`, with the rule's refusal as its cause.
        """
        if isinstance(request, str):
            request = self.requests(request, [line.type, dict(line.data), target])[0]
        if not may_act(self.ledger, self.viewer, line, self.today()):
            raise NotFound(NOTHING_KNOWN)
        line = as_told(self.ledger, self.viewer, line)
        try:
            return self.ledger.submit(replace(line, after=after), request=request, documents=documents, signed=signed)
        except LedgerError as error:
            if not self.ledger.in_transaction:
                self.leave_trace(line.type, error, target)
            if is_refused_as_absent(self.viewer, line, error.code):
                raise NotFound(NOTHING_KNOWN) from error
            raise

    def prepare(self, line: Line, documents: Collection[bytes] = ()) -> Prepared:
        """What this viewer's system signs of a command, judged as `submit` would judge it; nothing is written."""
        if not may_act(self.ledger, self.viewer, line, self.today()):
            raise NotFound(NOTHING_KNOWN)
        line = as_told(self.ledger, self.viewer, line)
        try:
            return self.ledger.prepare_signing(line, documents=documents)
        except LedgerError as error:
            self.leave_trace(line.type, error)
            if is_refused_as_absent(self.viewer, line, error.code):
                raise NotFound(NOTHING_KNOWN) from error
            raise

    def leave_trace(self, type_: str, error: LedgerError, target: str | None = None) -> None:
        """A rule refused a command of this viewer: its type and the rule's code stand in the access log."""
        refusal = error.__cause__ if isinstance(error.__cause__, Refused) else error
        if refusal.group is Group.REFUSED and not isinstance(refusal, RequestKeyReused):
            self.ledger.access.refusal(self.viewer, type=type_, code=refusal.code, target=target)
