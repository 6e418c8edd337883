"""Eligibility checks. A request is evaluated at once, in the same transaction, on the size just before it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ledger.clock import day_of
from ledger.commands.command import Change, Command, approvers_of, handles, require_subject
from ledger.domain.consent import Consent
from ledger.domain.eligibility import Check
from ledger.domain.eligibility_events import EligibilityEvaluated, RuleHit
from ledger.folds.check import check_on
from ledger.folds.consent import fold_consent
from ledger.folds.eligibility import evaluate_check
from ledger.folds.facts import consent_for

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.rulebook.eligibility import Verdict


def _load(ledger: Ledger, command: Command) -> Check:
    return ledger.load(Check, command.data.check_id, command.source)


def _change(check: Check) -> Change:
    return Change(check, check.case, check.subject)


def _consent_withdrawn(ledger: Ledger, check: Check) -> bool:
    """Whether the withdrawal of its consent, or the undoing of a merge after which that is another person's, has
    withdrawn the check, as whoever reads it sees it. What was decided before goes on to its end."""
    read = check_on(ledger, ledger.stream(check.id, ledger.size), ledger.size, date.max)
    by_itself = check.state == "WITHDRAWN"  # an entry of its own says so
    return not by_itself and read is not None and read.state == "WITHDRAWN"


def _consent_id(ledger: Ledger, command: Command) -> str | None:
    """The id under which the consent was given: a pseudonym names it as well, and readers compare what is written."""
    named: str | None = command.data.consent_id
    uid = None if named is None else ledger.uid("consent", named)
    return named if uid is None else ledger.aggregate(Consent, uid).ref


@handles("EligibilityCheckRequested")
def request(ledger: Ledger, command: Command) -> Change:
    ledger.policy.require_edition()
    requester = command.data.requester or command.act.actor.unit
    data = command.data.model_copy(update={"requester": requester, "consent_id": _consent_id(ledger, command)})
    check = ledger.new(Check)
    row = ledger.claim("check", data.check_id, check.uid, command.source)
    check.request(data)
    return Change(check, check.case, check.subject, (row,))


def _verdict(ledger: Ledger, check: Check, on: date, size: int) -> Verdict:
    return evaluate_check(
        ledger,
        check.subject,
        purpose=check.purpose,
        requester=None if check.requester is None else ledger.survivor(check.requester, size),
        consent_id=check.consent_id,
        statutory_basis=check.statutory_basis,
        as_of=on,
        size=size,
    )


def evaluation(ledger: Ledger, check: Check, check_id: str, on: date, size: int) -> Change:
    """The evaluation that a request triggers; `size` is the size just before the request's own entry."""
    verdict = _verdict(ledger, check, on, size)
    check.evaluated(
        EligibilityEvaluated.Data(
            check_id=check_id,
            rulebook=verdict.edition,
            as_of=on.isoformat(),
            as_known_seq=size,
            outcome=verdict.outcome.value,
            hits=[RuleHit(rule=hit.rule, clause=hit.clause, event_ids=list(hit.events)) for hit in verdict.hits],
            records=list(verdict.records),
        )
    )
    return _change(check)


@handles("PreDecisionNoticeSent")
def notice(ledger: Ledger, command: Command) -> Change:
    check = _load(ledger, command)
    check.notice(
        command.data,
        ledger.policy.pre_decision_reply_due(command.act.on),
        consent_withdrawn=_consent_withdrawn(ledger, check),
    )
    return _change(check)


@handles("CreditReportAttached")
def attach_report(ledger: Ledger, command: Command) -> Change:
    check, data = _load(ledger, command), command.data
    uid = ledger.uid("consent", data.consent_id)
    entries = () if uid is None else ledger.stream(f"{Consent.KIND}/{uid}", ledger.size)
    held = []
    for moment in command.act.days:
        consent = fold_consent(entries, moment)
        own = [consent] if consent is not None and ledger.relations().same(consent.subject, check.subject) else []
        held.append(consent_for(own, moment, purpose=check.purpose, recipient=check.requester) is not None)
    data = data.model_copy(update={"consent_id": _consent_id(ledger, command)})
    check.attach_report(data, consent_withdrawn=_consent_withdrawn(ledger, check), consent_holds=all(held))
    return _change(check)


@handles("CandidateResponded")
def respond(ledger: Ledger, command: Command) -> Change:
    check = _load(ledger, command)
    require_subject(ledger, command, check.subject)
    check.respond(command.data, command.act, consent_withdrawn=_consent_withdrawn(ledger, check))
    return _change(check)


def _outcome_when_recorded(ledger: Ledger, check: Check) -> str | None:
    """The outcome by the rules on the day the request was recorded, where that came later than the day it is about."""
    request = ledger.stream(check.id, ledger.size)[0]
    recorded_on = day_of(request.recorded_at)
    if recorded_on == request.effective_on:
        return None
    return _verdict(ledger, check, recorded_on, request.index).outcome.value


@handles("EligibilityDecided")
def decide(ledger: Ledger, command: Command) -> Change:
    check, data = _load(ledger, command), command.data
    named = [] if data.second_approver is None else [data.second_approver]
    approvers, rows = approvers_of(
        ledger, command, named, code="second-approver-required", where="data.second_approver"
    )
    if approvers:
        data = data.model_copy(update={"second_approver": approvers[0]})
    check.decide(
        data,
        command.act,
        consent_withdrawn=_consent_withdrawn(ledger, check),
        seconded_by=[one for approver in approvers for one in ledger.relations().group(approver)],
        when_recorded=_outcome_when_recorded(ledger, check) if data.decision == "ELIGIBLE" else None,
    )
    return Change(check, check.case, check.subject, rows)


@handles("EligibilityNotified")
def notify(ledger: Ledger, command: Command) -> Change:
    check = _load(ledger, command)
    check.notify(command.data, consent_withdrawn=_consent_withdrawn(ledger, check))
    return _change(check)


@handles("EligibilityDisputed")
def dispute(ledger: Ledger, command: Command) -> Change:
    check = _load(ledger, command)
    require_subject(ledger, command, check.subject)
    check.dispute(command.data, command.act, consent_withdrawn=_consent_withdrawn(ledger, check))
    return _change(check)


@handles("EligibilityRedetermined")
def redetermine(ledger: Ledger, command: Command) -> Change:
    check = _load(ledger, command)
    check.redetermine(command.data, command.act, consent_withdrawn=_consent_withdrawn(ledger, check))
    return _change(check)


@handles("EligibilityFinalised")
def finalise(ledger: Ledger, command: Command) -> Change:
    check = _load(ledger, command)
    served = [entry for entry in ledger.stream(check.id, ledger.size) if entry.type == "EligibilityNotified"]
    # Nobody disputes here what is not recorded here.
    days = [max(entry.effective_on, day_of(entry.recorded_at)) for entry in served]
    dispute_until = ledger.policy.dispute_until(days[-1]) if days else None
    check.finalise(command.data, command.act, dispute_until, consent_withdrawn=_consent_withdrawn(ledger, check))
    return _change(check)


@handles("EligibilityWithdrawn")
def withdraw(ledger: Ledger, command: Command) -> Change:
    check = _load(ledger, command)
    require_subject(ledger, command, check.subject)
    check.withdraw(command.data, consent_withdrawn=_consent_withdrawn(ledger, check))
    return _change(check)
