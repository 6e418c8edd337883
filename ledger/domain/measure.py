"""Measures 奖惩措施: what a department adopted, retired, applied to a subject because of a record, and lifted.

A measure and each of its applications are streams of their own, so that a subject's history holds its applications
alone and no popular measure grows. What an application does on a day is folded from dates (`ledger.folds.measure`): it
ends with its cause, and nobody has to remember that. What a measure may rest on, and whether a record meets its
trigger, is the rulebook's and comes in as plain values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field

from ledger.domain.base import Act, LedgerAggregate, LedgerEvent, day, require
from ledger.domain.values import AnySubject, Code, Day, Payload, Ref, Role, SubjectKind, UnitRef

STATUTORY = "STATUTORY"


class MeasureAdopted(LedgerEvent):
    """奖惩措施. `department_id` and `force` are the ledger's: the unit that has the code, and what the clauses give."""

    TOPIC = "measure.adopted.v1"
    ROLES = (Role.CREDIT,)
    DECISION = True

    class Data(Payload):
        measure_id: Ref
        domain: Ref
        department_uscc: Code
        kind: Literal["REWARD", "RESTRICT"]
        trigger: Code
        effect: Code
        subject_kinds: list[Literal["PERSON", "UNIT", "ENTERPRISE"]] = Field(min_length=1, max_length=3)
        legal_basis: list[Ref] = Field(min_length=1, max_length=20)
        from_: Day = Field(alias="from")
        to: Day | None = None
        department_id: UnitRef | None = None
        force: Literal["STATUTORY", "DISCRETIONARY"] | None = None

    def apply(self, measure: Measure) -> None:
        data = self.data
        measure.ref, measure.kind, measure.trigger, measure.force = data.measure_id, data.kind, data.trigger, data.force
        measure.department, measure.subject_kinds = data.department_id, tuple(data.subject_kinds)
        measure.starts_on, measure.ends_on = day(data.from_), None if data.to is None else day(data.to)
        measure.adopted_on = day(self.envelope.context.effective_on)


class MeasureRetired(LedgerEvent):
    """措施废止: from its day on nothing that was applied under it has an effect, and nothing more is applied."""

    TOPIC = "measure.retired.v1"
    ROLES = (Role.CREDIT,)
    ANSWERS = ("MeasureAdopted",)

    class Data(Payload):
        measure_id: Ref

    def apply(self, measure: Measure) -> None:
        measure.retired_on = day(self.envelope.context.effective_on)


class MeasureApplied(LedgerEvent):
    """措施启用, because of a record.

    `cause_event` is the index of the entry that is the cause, or the id of its record, from which the ledger finds that
    entry; `measure_uid` and `cause_uid` are the streams of both, by the ledger.
    """

    TOPIC = "measure.applied.v1"
    ROLES = (Role.CREDIT,)
    DECISION = True

    class Data(Payload):
        measure_id: Ref
        subject_id: AnySubject
        cause_event: Ref
        measure_uid: Ref | None = None
        cause_uid: Ref | None = None

    def apply(self, application: Application) -> None:
        application.subject = self.data.subject_id


class MeasureLifted(LedgerEvent):
    """措施解除 before its cause ends it: what was demanded was done, it was misapplied, or it is no longer needed."""

    TOPIC = "measure.lifted.v1"
    ROLES = (Role.CREDIT,)
    ANSWERS = ("MeasureApplied",)

    class Data(Payload):
        measure_id: Ref
        subject_id: AnySubject
        cause_event: Ref
        reason: Literal["PERFORMED", "CAUSE_ENDED", "MISAPPLIED", "NO_LONGER_NEEDED"]

    def apply(self, application: Application) -> None:
        application.lifted = True


def application_key(data: Mapping[str, Any]) -> str:
    """Under which value of the blind index an application stands: a measure answers one cause once. The cause is of one
    subject, so the subject need not be named."""
    return f"{data['measure_uid']}\x00{data['cause_event']}"


@dataclass(frozen=True, slots=True)
class Cause:
    """What a measure answers, on the days of the act: the entry and its record, whose it is, since when it counts.

    `named` says that it is whom the line names; `decided_on` is the day of its decision where that is another;
    `standing` also holds while an appeal against it is open (`disputed`); `meets` says that it sets the measure off.
    """

    index: int
    uid: str
    subject: str
    named: bool
    kind: SubjectKind
    since: date
    decided_on: date
    standing: bool
    disputed: bool
    meets: bool


class Measure(LedgerAggregate):
    """One measure; `holds` reads it on a day."""

    KIND = "measure"

    ref: str
    kind: str
    trigger: str
    force: str
    department: str
    subject_kinds: tuple[str, ...]
    adopted_on: date
    starts_on: date
    ends_on: date | None
    retired_on: date | None

    def start(self) -> None:
        self.ends_on = self.retired_on = None
        self.subject_kinds = ()

    def holds(self, on: date) -> bool:
        """From its first day to its last, both included; one that was retired no longer on the day of that."""
        begun = self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)
        return begun and (self.retired_on is None or on < self.retired_on)

    def adopt(
        self, data: MeasureAdopted.Data, act: Act, *, department: str | None, force: str | None, triggers: bool
    ) -> None:
        """`department` has the code, `force` is what the clauses give (None: nothing), `triggers` says that such a
        trigger belongs to a measure of this kind."""
        stated = data.department_id in (None, department) and data.force in (None, force)
        require(department is not None, "unknown-unit", "no unit with this code is registered", "department_uscc")
        require(act.actor.stands_for(department), "not-the-department", "a department adopts its own measures")
        require(triggers, "unknown-trigger", "no such trigger for a measure of this kind", "trigger")
        based = force is not None
        require(based, "no-legal-basis", "no clause of a statute or of the national list allows it", "legal_basis")
        require(stated, "computed-by-ledger", "the ledger works out department and force")
        ordered = data.to is None or data.to >= data.from_
        require(ordered, "measure-ends-before-it-begins", "`to` lies before `from`", "to")
        distinct = len(set(data.subject_kinds)) == len(data.subject_kinds)
        require(distinct, "not-distinct", "each kind of subject once", "subject_kinds")
        self.happen(MeasureAdopted, data.model_copy(update={"department_id": department, "force": force}))

    def retire(self, data: MeasureRetired.Data, act: Act) -> None:
        self.require_department(act)
        require(self.retired_on is None, "wrong-state", "the measure was retired before")
        self.happen(MeasureRetired, data)

    def require_department(self, act: Act) -> None:
        theirs = act.actor.stands_for(self.department)
        require(theirs, "not-the-department", "a measure is its department's, and nobody else's")


class Application(LedgerAggregate):
    """One measure applied to one subject because of one record."""

    KIND = "application"

    subject: str
    lifted: bool

    def start(self) -> None:
        self.lifted = False

    def put_into_force(
        self, data: MeasureApplied.Data, act: Act, measure: Measure, cause: Cause, *, recorded_on: date
    ) -> None:
        """`data` names measure and cause as the ledger found them; `recorded_on` is when the adoption was recorded,
        which a paper may not antedate for a restriction."""
        measure.require_department(act)
        require(cause.named, "cause-of-another", "the record is about somebody else", "cause_event")
        self.require_other(cause.subject)
        held = all(map(measure.holds, act.days))
        require(held, "measure-not-in-force", "the measure is not in force on that day", "measure_id")
        covered = cause.kind.value in measure.subject_kinds
        require(covered, "subject-kind-not-covered", "the measure is not for subjects of this kind", "subject_id")
        require(cause.meets, "trigger-not-met", "the record is none that sets this measure off", "cause_event")
        open_ = cause.disputed and measure.force != STATUTORY
        require(not open_, "appeal-open", "while an appeal is open a discretionary measure is off", "cause_event")
        require(cause.standing, "cause-not-standing", "the record does not stand on that day", "cause_event")
        known_on = max(measure.adopted_on, measure.starts_on, recorded_on)
        later = measure.kind == "REWARD" or known_on <= cause.decided_on
        require(later, "measure-after-cause", "a restriction never reaches back to what was decided before it")
        self.require_not_before(max(cause.since, measure.adopted_on))
        self.happen(MeasureApplied, data)

    def lift(self, data: MeasureLifted.Data, act: Act, measure: Measure) -> None:
        measure.require_department(act)
        self.require_other(self.subject)
        require(not self.lifted, "wrong-state", "the measure was lifted before")
        self.happen(MeasureLifted, data)
