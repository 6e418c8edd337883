"""How entries move the rows of the lists: one handler per type, in log order.

`fold(rows, event)` is the whole meaning of a view: whatever order batches come in, the rows are those of this fold over
the log. TYPES lists what the lists need; a type that is listed and has no handler is our mistake and an error, one that
is not listed is none of their business. States are those of log order, as commands are judged; what a reader sees on a
day is folded in `ledger.folds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.reading import Logged
from projections.views import Row, blank

LIST_OF_KIND: Final = {
    "subject": "subjects",
    "breach": "breaches",
    "commitment": "commitments",
    "record": "records",
    "check": "checks",
}
OPENING: Final = frozenset(
    {"SubjectRegistered", "BreachReported", "AuthorityRecordImported", "CommitmentMade", "CommitmentImported",
     "RecordImported", "EligibilityCheckRequested"}
)  # fmt: skip
TYPES: Final = OPENING | {
    "SubjectIdentityCorrected",
    "SubjectsMerged",
    "MergeUndone",
    "PostAssigned",
    "ReportDeclined",
    "BreachNotified",
    "BreachReplied",
    "ReplyLapsed",
    "BreachConfirmed",
    "BreachDismissed",
    "BreachAppealed",
    "AppealDecided",
    "AuthorityRecordRemoved",
    "RecordCorrected",
    "RecordVoided",
    "RepairApplied",
    "RepairReturned",
    "RepairAccepted",
    "RepairPublicised",
    "RepairApproved",
    "RepairRejected",
    "RepairRevoked",
    "CommitmentAmended",
    "CommitmentFulfilled",
    "CommitmentWaived",
    "CommitmentAssessed",
    "SourceStateObserved",
    "EligibilityEvaluated",
    "PreDecisionNoticeSent",
    "CandidateResponded",
    "EligibilityDecided",
    "EligibilityNotified",
    "EligibilityDisputed",
    "EligibilityRedetermined",
    "EligibilityFinalised",
    "EligibilityWithdrawn",
}

_BLANK: Final = {name: blank(name) for name in LIST_OF_KIND.values()}

Handler = Callable[[Row, Logged], None]
HANDLERS: Final[dict[str, Handler]] = {}


class Unhandled(Exception):
    """A type is listed in TYPES and no handler takes it: a mistake of ours, never of the log."""


@dataclass
class Rows:
    """The rows a batch touches, by list and pseudonym, and which of them changed."""

    lists: dict[str, dict[str, Row]] = field(default_factory=lambda: {name: {} for name in LIST_OF_KIND.values()})
    changed: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in LIST_OF_KIND.values()})

    def of_changed(self, name: str) -> list[Row]:
        """The changed rows of a list, in a stable order."""
        return [self.lists[name][uid] for uid in sorted(self.changed[name])]


def touched(events: Iterable[Logged]) -> dict[str, set[str]]:
    """The pseudonyms of the rows that these entries may move and earlier ones may have opened, by list.

    A stream that begins among them has no row yet, so none is looked for.
    """
    uids: dict[str, set[str]] = {name: set() for name in LIST_OF_KIND.values()}
    begun: set[str] = set()
    for event in events:
        if event.type in TYPES:
            if event.version == 1:
                begun.add(event.stream)
            elif event.stream not in begun:
                kind, _, uid = event.stream.partition("/")
                uids[LIST_OF_KIND[kind]].add(uid)
    return uids


def fold(rows: Rows, event: Logged) -> None:
    """Move the row of one entry. An entry about a record that was never opened moves nothing."""
    type_ = event.type
    if type_ not in TYPES:
        return
    handler = HANDLERS.get(type_)
    if handler is None:
        raise Unhandled(type_)
    kind, _, uid = event.stream.partition("/")
    name = LIST_OF_KIND[kind]
    listed = rows.lists[name]
    row = listed.get(uid)
    if row is None:
        if type_ not in OPENING:
            return
        row = listed[uid] = {"uid": uid, **_BLANK[name], "first_index": event.index}
    handler(row, event)
    row["last_index"] = event.index
    rows.changed[name].add(uid)


def handles(*types: str) -> Callable[[Handler], Handler]:
    """Register the handler of some types."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(types, handler))
        return handler

    return register


def take(row: Row, data: Any, **columns: str) -> None:
    """Copy members of an entry into columns: `take(row, data, unit="unit_id")`."""
    for column, member in columns.items():
        row[column] = data.get(member)


@handles("SubjectRegistered")
def subject_registered(row: Row, event: Logged) -> None:
    take(row, event.data, kind="kind", region="region", uscc="uscc", parent_unit="parent_unit_id", status="status")
    row["name"] = None if event.data["kind"] == "PERSON" else event.data.get("name")
    row["registered_on"] = event.effective_on.isoformat()


@handles("SubjectIdentityCorrected")
def identity_corrected(row: Row, event: Logged) -> None:
    """A unit's name and code take their new value; a person's are not listed."""
    for member in ("name", "uscc") if row["kind"] != "PERSON" else ():
        row[member] = event.data.get(member) or row[member]


@handles("SubjectsMerged", "MergeUndone")
def subject_merged(row: Row, event: Logged) -> None:
    """The row stays, and says which registration stands for it."""
    row["merged_into"] = event.data.get("into_id")


@handles("PostAssigned")
def post_assigned(row: Row, event: Logged) -> None:
    """The list shows the post with the latest first day; of one day the one recorded last."""
    if row["post_from"] is None or event.data["from"] >= row["post_from"]:
        take(row, event.data, unit="unit_id", level="level", post="post", post_from="from", post_to="to")


@handles("BreachReported")
def breach_reported(row: Row, event: Logged) -> None:
    take(row, event.data, breach_id="breach_id", subject="subject_id", category="category", occurred_on="occurred_on")
    take(row, event.data, unit_at_time="unit_at_time", commitment_id="commitment_id", duty_related="duty_related")
    row.update(state="REPORTED", record_kind="LOCAL", opened_on=event.effective_on.isoformat())


@handles("AuthorityRecordImported")
def authority_record_imported(row: Row, event: Logged) -> None:
    take(row, event.data, breach_id="breach_id", subject="subject_id", record_kind="record_kind", severity="severity")
    take(row, event.data, list_code="list_code", decision_on="decision_on", ends_on="ends_on")
    take(row, event.data, unit_at_time="unit_at_time")
    row["duty_related"] = bool(event.data.get("duty_related", False))
    row.update(state="CONFIRMED", opened_on=event.effective_on.isoformat())


@handles("ReportDeclined")
def report_declined(row: Row, event: Logged) -> None:
    row["state"] = "DECLINED"


@handles("BreachNotified")
def breach_notified(row: Row, event: Logged) -> None:
    row.update(state="NOTIFIED", reply_due=event.data["reply_due"])


@handles("BreachReplied")
def breach_replied(row: Row, event: Logged) -> None:
    row["state"] = "REPLIED"


@handles("ReplyLapsed")
def reply_lapsed(row: Row, event: Logged) -> None:
    row["state"] = "LAPSED"


@handles("BreachConfirmed")
def breach_confirmed(row: Row, event: Logged) -> None:
    row.update(state="CONFIRMED", severity=event.data["severity"], decision_on=event.data["decision_on"])


@handles("BreachDismissed")
def breach_dismissed(row: Row, event: Logged) -> None:
    row["state"] = "DISMISSED"


@handles("BreachAppealed")
def breach_appealed(row: Row, event: Logged) -> None:
    row["state"] = "APPEALED"


@handles("AppealDecided")
def appeal_decided(row: Row, event: Logged) -> None:
    row["state"] = event.data["outcome"]
    row["severity"] = event.data.get("new_severity") or row["severity"]


@handles("AuthorityRecordRemoved")
def authority_record_removed(row: Row, event: Logged) -> None:
    row["state"] = "REMOVED"


@handles("RecordCorrected")
def record_corrected(row: Row, event: Logged) -> None:
    """Corrected fields that the list shows take their new value."""
    if event.data["field"] in row:
        row[event.data["field"]] = event.data.get("corrected_value")


@handles("RecordVoided")
def record_voided(row: Row, event: Logged) -> None:
    row["state"] = "OVERTURNED"


@handles("RepairApplied", "RepairReturned", "RepairAccepted", "RepairPublicised", "RepairRejected")
def repair_moved(row: Row, event: Logged) -> None:
    """The list shows the newest repair, by what happened to it last."""
    row["repair_id"] = event.data["repair_id"]
    row["repair_state"] = event.type.removeprefix("Repair").upper()
    if event.type == "RepairAccepted":
        row["repair_due"] = event.data.get("due_on")


@handles("RepairApproved")
def repair_approved(row: Row, event: Logged) -> None:
    repair_moved(row, event)
    row["state"] = "REPAIRED"


@handles("RepairRevoked")
def repair_revoked(row: Row, event: Logged) -> None:
    repair_moved(row, event)
    row["state"] = "CONFIRMED"


@handles("CommitmentMade")
def commitment_made(row: Row, event: Logged) -> None:
    take(row, event.data, commitment_id="commitment_id", promisor="promisor_id", kind="kind", due="due_on")
    take(row, event.data, weight="weight", public="public")
    row.update(state="OPEN", made_on=event.effective_on.isoformat())


@handles("CommitmentImported")
def commitment_imported(row: Row, event: Logged) -> None:
    take(row, event.data, commitment_id="source_record", promisor="promisor_id", due="due", source="source")
    row.update(state="IMPORTED", made_on=event.data.get("start"))


@handles("CommitmentAmended")
def commitment_amended(row: Row, event: Logged) -> None:
    row["due"] = event.data["new_due_on"]


@handles("CommitmentFulfilled")
def commitment_fulfilled(row: Row, event: Logged) -> None:
    on = event.effective_on.isoformat()
    row.update(state="FULFILLED_ON_TIME" if on <= row["due"] else "FULFILLED_LATE", closed_on=on)


@handles("CommitmentWaived")
def commitment_waived(row: Row, event: Logged) -> None:
    row.update(state="WAIVED", closed_on=event.effective_on.isoformat())


@handles("CommitmentAssessed")
def commitment_assessed(row: Row, event: Logged) -> None:
    row["assessments"] += 1


@handles("RecordImported")
def record_imported(row: Row, event: Logged) -> None:
    take(row, event.data, source="source", source_record="source_record", layer="layer", kind="kind", unit="unit_id")
    take(row, event.data, outcome="outcome", subject="subject_id", case_ref="case_ref", duplicate_of="duplicate_of")
    take(row, event.data, occurred_on="occurred_on", reported_on="reported_on", decided_on="decided_on")


@handles("SourceStateObserved")
def source_state_observed(row: Row, event: Logged) -> None:
    row["observations"] += 1


@handles("EligibilityCheckRequested")
def check_requested(row: Row, event: Logged) -> None:
    take(row, event.data, check_id="check_id", subject="subject_id", purpose="purpose", post_ref="post_ref")
    row["requester"] = event.data.get("requester") or event.actor.get("unit")
    row.update(state="REQUESTED", requested_on=event.effective_on.isoformat())


@handles("EligibilityEvaluated")
def check_evaluated(row: Row, event: Logged) -> None:
    row.update(state="EVALUATED", outcome=event.data["outcome"])


@handles("PreDecisionNoticeSent")
def check_noticed(row: Row, event: Logged) -> None:
    row.update(state="NOTICED", reply_due=event.data["reply_due"])


@handles("EligibilityDecided", "EligibilityRedetermined")
def check_decided(row: Row, event: Logged) -> None:
    redetermined = event.type == "EligibilityRedetermined"
    row.update(state="REDETERMINED" if redetermined else "DECIDED", decision=event.data["decision"])


_CHECK_STATES: Final = {
    "CandidateResponded": "RESPONDED",
    "EligibilityNotified": "NOTIFIED",
    "EligibilityDisputed": "DISPUTED",
    "EligibilityFinalised": "FINAL",
    "EligibilityWithdrawn": "WITHDRAWN",
}


@handles(*_CHECK_STATES)
def check_moved(row: Row, event: Logged) -> None:
    row["state"] = _CHECK_STATES[event.type]
