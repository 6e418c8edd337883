"""One story for every lifecycle state of DOMAIN §4.3, arranged so that the state still stands on the last day.

Chance fills the city; what a visitor must be able to find is written down here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from api.demo import measures
from api.demo.cases import Case, CaseDesk
from api.demo.checks import CheckDesk
from api.demo.diary import HR_2, Actor, Diary
from api.demo.routines import PromiseDesk

UnitOf = Callable[[str, date], str]


def shown_person(person: str, unit: str, cases: CaseDesk, checks: CheckDesk, promises: PromiseDesk) -> None:
    """The person whose file the demonstration prints: a repaired finding, a listing, promises, a blocked transfer."""
    first = cases.report(person, date(2024, 3, 4), "GENERAL", unit=unit)
    cases.notify(first)
    cases.reply(first)
    cases.confirm(first)
    cases.appeal(first, "APPEAL")
    cases.decide_appeal(first, "UPHELD")
    cases.repair(first)
    listing = cases.take_over(
        person, "SEVERE_LIST", date(2025, 3, 10), "SERIOUS", list_code="SOCIAL_INSURANCE", days_late=3
    )
    measures.apply(cases.diary, measures.RESTRICTION, person, listing.id, date(2025, 3, 24))
    kept = promises.make(person, date(2025, 1, 13), date(2025, 11, 28), of_unit=False)
    promises.fulfil(kept, person, date(2025, 11, 20))
    promises.make(person, date(2025, 10, 13), date(2026, 6, 30), of_unit=False)
    check = checks.request(person, date(2025, 9, 1), "TRANSFER")
    checks.negative_way(check)
    _data_requests(person, checks.diary)


def _data_requests(person: str, diary: Diary) -> None:
    """Rights to one's own data: an access that was granted, and a correction that the desk still has to answer."""
    own, officer = Actor(person, "SUBJECT"), Actor("dpo-1", "DPO")
    first = {"request_id": "Q001", "subject_id": person, "right": "COPY"}
    diary.write("PersonalDataRequested", date(2025, 10, 13), own, first)
    granted = {"request_id": "Q001", "outcome": "GRANTED", "reasons": "已向本人提供全部记录的副本"}
    diary.write("PersonalDataRequestAnswered", date(2025, 10, 20), officer, granted)
    second = {"request_id": "Q002", "subject_id": person, "right": "CORRECTION", "grounds": "任职起始日记载有误"}
    diary.write("PersonalDataRequested", date(2025, 12, 22), own, second)


def shown_unit(unit: str, official: str, cases: CaseDesk, promises: PromiseDesk) -> None:
    """The unit whose score the demonstration prints: an own breach, an official's finding, a broken promise."""
    broken = promises.make(unit, date(2025, 2, 10), date(2025, 8, 29), of_unit=True)
    own = cases.report(unit, date(2025, 9, 8), "GENERAL", of_unit=True, commitment=broken, occurred_on=date(2025, 9, 1))
    cases.hear(own)
    cases.confirm(own)
    linked = cases.report(official, date(2025, 9, 22), "GENERAL", unit=unit, occurred_on=date(2025, 9, 15))
    cases.hear(linked)
    cases.confirm(linked)


def breaches(people: list[str], bodies: list[str], unit_of: UnitOf, desk: CaseDesk) -> None:
    """Breaches in every state, and repairs in every state; each person and unit is used once."""
    persons, units = iter(people), iter(bodies)

    def person_case(on: date, severity: str, occurred_days: int = 10) -> Case:
        person, occurred_on = next(persons), on - timedelta(days=occurred_days)
        return desk.report(person, on, severity, unit=unit_of(person, occurred_on), occurred_on=occurred_on)

    def unit_case(on: date, severity: str) -> Case:
        return desk.report(next(units), on, severity, of_unit=True, occurred_on=on - timedelta(days=7))

    person_case(date(2025, 12, 22), "GENERAL")  # REPORTED
    for month, reason in enumerate(("OUT_OF_SCOPE", "DUPLICATE", "TIME_BARRED", "NO_BASIS"), start=3):
        desk.decline(person_case(date(2025, month, 10), "MINOR"), reason)  # DECLINED
    desk.notify(person_case(date(2025, 12, 17), "GENERAL"))  # NOTIFIED: the period ends in January
    replied = person_case(date(2025, 12, 1), "GENERAL")  # REPLIED
    desk.notify(replied)
    desk.reply(replied)
    desk.notify(person_case(date(2025, 12, 1), "MINOR"))  # LAPSED: nobody answered by 2025-12-22
    confirmed = person_case(date(2025, 10, 9), "GENERAL")  # CONFIRMED
    desk.hear(confirmed)
    desk.confirm(confirmed)
    for clear in (False, True):  # DISMISSED, once with a clearance
        dismissed = person_case(date(2025, 5, 12), "GENERAL")
        desk.hear(dismissed)
        desk.dismiss(dismissed, clear=clear)
    appealed = person_case(date(2025, 10, 20), "GENERAL")  # APPEALED
    desk.hear(appealed)
    desk.confirm(appealed)
    desk.appeal(appealed, "APPEAL", 8, 12)
    appealed.now = date(2025, 12, 31)
    for outcome, severity in (("UPHELD", None), ("VARIED", "GENERAL"), ("OVERTURNED", None)):
        reviewed = person_case(date(2025, 4, 7), "SERIOUS" if severity else "GENERAL")
        desk.hear(reviewed)
        desk.confirm(reviewed)
        desk.appeal(reviewed, "APPEAL")
        desk.decide_appeal(reviewed, outcome, severity)
    twice = person_case(date(2025, 2, 17), "SERIOUS")  # a review upheld, then an appeal upheld by another hand
    desk.hear(twice)
    desk.confirm(twice)
    desk.appeal(twice, "REVIEW")
    desk.decide_appeal(twice, "UPHELD")
    desk.appeal(twice, "APPEAL", 2, 8)
    desk.decide_appeal(twice, "UPHELD")
    expired = person_case(date(2024, 5, 13), "GENERAL")  # EXPIRED, twelve months after its decision
    desk.hear(expired)
    desk.confirm(expired)
    voided = person_case(date(2025, 3, 17), "GENERAL")  # void from the start
    desk.hear(voided)
    desk.confirm(voided)
    desk.void(voided, "MISATTRIBUTED")

    repaired = person_case(date(2025, 4, 14), "GENERAL")  # REPAIRED
    desk.hear(repaired)
    desk.confirm(repaired)
    desk.repair(repaired)
    revoked = person_case(date(2023, 10, 16), "SERIOUS")  # a repair revoked: CONFIRMED again
    desk.hear(revoked)
    desk.confirm(revoked)
    desk.repair(revoked)
    desk.revoke_repair(revoked)
    for steps in ("APPLIED", "RETURNED", "ACCEPTED", "REJECTED"):
        case = person_case(date(2025, 7, 14), "GENERAL")
        desk.hear(case)
        desk.confirm(case)
        desk.apply_for_repair(case, wait_days=5)
        if steps == "RETURNED":
            desk.return_repair(case, again=False)
        elif steps in ("ACCEPTED", "REJECTED"):
            desk.accept_repair(case)
            if steps == "REJECTED":
                desk.reject_repair(case)
    publicised = unit_case(date(2025, 8, 11), "GENERAL")
    desk.hear(publicised)
    desk.confirm(publicised)
    desk.apply_for_repair(publicised)
    desk.accept_repair(publicised)
    desk.publicise_repair(publicised)
    unit_repaired = unit_case(date(2024, 9, 9), "MINOR")
    desk.hear(unit_repaired)
    desk.confirm(unit_repaired)
    desk.repair(unit_repaired)


def authority_records(people: list[str], enterprises: list[str], unit_of: UnitOf, desk: CaseDesk) -> None:
    """Records of other authorities: every kind, standing, objected to, repaired, removed, ended and never ending."""
    persons = iter(people)
    desk.take_over(next(persons), "COURT_LIST", date(2024, 8, 19), "SERIOUS", days_late=2)
    removed = desk.take_over(next(persons), "COURT_LIST", date(2024, 4, 8), "SERIOUS")
    desk.remove(removed, 200)
    delisted = desk.take_over(next(persons), "SEVERE_LIST", date(2025, 2, 10), "SERIOUS", list_code="TAX_ARREARS")
    measures.apply(desk.diary, measures.RESTRICTION, delisted.subject, delisted.id, date(2025, 2, 24))
    desk.remove(delisted, 120)
    objected = desk.take_over(next(persons), "SEVERE_LIST", date(2025, 9, 15), "SERIOUS", list_code="WAGE_ARREARS")
    desk.appeal(objected, "OBJECTION", 30, 40)
    objected.now = date(2025, 12, 31)
    overturned = desk.take_over(next(persons), "SEVERE_LIST", date(2025, 3, 3), "SERIOUS", list_code="TAX_ARREARS")
    desk.appeal(overturned, "OBJECTION", 10, 20)
    desk.decide_appeal(overturned, "OVERTURNED")
    repaired = desk.take_over(next(persons), "SEVERE_LIST", date(2024, 3, 11), "SERIOUS", list_code="SOCIAL_INSURANCE")
    desk.repair(repaired, wait_days=20)
    warned = next(persons)
    unit = unit_of(warned, date(2025, 1, 6))
    ends = date(2025, 7, 6)
    desk.take_over(warned, "DISCIPLINE", date(2025, 1, 6), "GENERAL", list_code="WARNING", unit=unit, ends_on=ends)
    desk.take_over(next(persons), "DISCIPLINE", date(2023, 6, 5), "SERIOUS", list_code="EXPELLED_FROM_PUBLIC_OFFICE")
    desk.take_over(next(persons), "PENALTY", date(2025, 10, 13), "MINOR", days_late=4)
    for number, enterprise in enumerate(enterprises):
        on = date(2024, 2, 5) + timedelta(days=90 * number)
        case = desk.take_over(
            enterprise, "PENALTY", on, ("MINOR", "GENERAL", "SERIOUS")[number % 3], days_late=number % 3
        )
        if number % 3 == 2:
            desk.remove(case, 100)


def commitments(bodies: list[str], desk: PromiseDesk, cases: CaseDesk) -> None:
    """Commitments in every state: open, amended, kept in time and late, waived, overdue and broken."""
    units = iter(bodies)
    desk.make(next(units), date(2025, 11, 3), date(2026, 3, 31), of_unit=True)  # OPEN
    unit = next(units)
    amended = desk.make(unit, date(2025, 6, 2), date(2025, 11, 28), of_unit=True)
    desk.amend(amended, date(2025, 11, 10), date(2026, 2, 27))
    unit = next(units)
    kept = desk.make(unit, date(2025, 7, 1), date(2025, 9, 30), of_unit=True)
    desk.fulfil(kept, unit, date(2025, 9, 24))
    measures.apply(desk.diary, measures.REWARD, unit, kept, date(2025, 9, 29))
    unit = next(units)
    desk.fulfil(desk.make(unit, date(2025, 7, 1), date(2025, 9, 30), of_unit=True), unit, date(2025, 10, 15))
    unit = next(units)
    desk.waive(desk.make(unit, date(2025, 7, 1), date(2025, 12, 15), of_unit=True), date(2025, 10, 20), "LAW_CHANGE")
    desk.make(next(units), date(2025, 8, 4), date(2025, 12, 12), of_unit=True)  # OVERDUE
    unit = next(units)
    broken = desk.make(unit, date(2025, 3, 3), date(2025, 8, 15), of_unit=True)
    case = cases.report(
        unit, date(2025, 9, 1), "SERIOUS", of_unit=True, commitment=broken, occurred_on=date(2025, 8, 18)
    )
    cases.hear(case)
    cases.confirm(case)


def checks(clean: list[str], applicants: list[str], unit_of: UnitOf, desk: CheckDesk, cases: CaseDesk) -> None:
    """Checks in every state and with every outcome, consents given, worn out and withdrawn, recruitment bars."""
    persons, candidates = iter(clean), iter(applicants)
    late = date(2025, 12, 30)
    desk.request(next(persons), late, "PROMOTE")  # EVALUATED, CLEAR
    desk.decide(desk.request(next(persons), date(2025, 12, 22), "AWARD"), "ELIGIBLE")  # DECIDED
    notified = desk.request(next(persons), date(2025, 12, 15), "PROMOTE")  # NOTIFIED
    desk.decide(notified, "ELIGIBLE")
    desk.notify(notified)
    desk.clear_way(desk.request(next(persons), date(2025, 6, 9), "PROMOTE"))  # FINAL
    desk.withdraw(desk.request(next(persons), date(2025, 10, 13), "TRANSFER"))  # WITHDRAWN by the candidate
    desk.withdraw_consent(desk.request(next(persons), date(2025, 10, 14), "TRANSFER"))  # WITHDRAWN with the consent
    worn_out = desk.consent(persons_first := next(persons), date(2025, 2, 3), "TRANSFER")
    desk.request(persons_first, date(2025, 9, 8), "TRANSFER", consent=worn_out)  # INCOMPLETE
    other_purpose = desk.consent(persons_first := next(persons), date(2025, 9, 1), "AWARD")
    desk.request(persons_first, date(2025, 9, 9), "PROMOTE", consent=other_purpose)  # INCOMPLETE
    basis = "公务员录用规定 资格审查"
    desk.clear_way(desk.request(next(candidates), date(2024, 4, 15), "RECRUIT", basis=basis))

    def listed(on: date) -> str:
        person = next(candidates)
        cases.take_over(person, "SEVERE_LIST", on - timedelta(days=60), "SERIOUS", list_code="TAX_ARREARS")
        return person

    noticed = desk.request(listed(date(2025, 12, 24)), date(2025, 12, 24), "RECRUIT")  # NOTICED
    desk.notice(noticed)
    responded = desk.request(listed(date(2025, 12, 15)), date(2025, 12, 15), "RECRUIT")  # RESPONDED
    desk.notice(responded)
    desk.respond(responded)
    desk.notice(desk.request(listed(date(2025, 12, 8)), date(2025, 12, 8), "RECRUIT"))  # LAPSED
    for finished in (False, True):  # DISPUTED; REDETERMINED and FINAL
        disputed = desk.request(listed(date(2025, 9, 1 + finished)), date(2025, 9, 1 + finished), "RECRUIT")
        desk.negative_way(disputed)
        desk.dispute(disputed)
        if finished:
            desk.redetermine(disputed, "NOT_ELIGIBLE")
            desk.finalise(disputed)
    redetermined = desk.request(listed(date(2025, 10, 20)), date(2025, 10, 20), "RECRUIT")  # REDETERMINED
    desk.negative_way(redetermined)
    desk.dispute(redetermined)
    desk.redetermine(redetermined, "NOT_ELIGIBLE")
    departed = desk.request(
        listed(date(2025, 8, 4)), date(2025, 8, 4), "RECRUIT"
    )  # against the rule, with a second hand
    desk.notice(departed)
    desk.respond(departed)
    desk.decide(departed, "ELIGIBLE", second_approver=HR_2.id)

    referred = next(persons)  # REFER: a duty-related finding of the last twelve months
    occurred_on = date(2025, 5, 6)
    case = cases.report(
        referred, date(2025, 5, 12), "GENERAL", unit=unit_of(referred, occurred_on), occurred_on=occurred_on
    )
    cases.hear(case)
    cases.confirm(case)
    desk.decide(desk.request(referred, date(2025, 7, 21), "PROMOTE"), "ELIGIBLE")

    barred = next(candidates)  # BLOCK by a bar of five years
    desk.bar(barred, date(2024, 6, 3), date(2029, 6, 2))
    desk.negative_way(desk.request(barred, date(2025, 4, 21), "RECRUIT"))
    desk.bar(next(candidates), date(2024, 6, 3), None)  # for life
    desk.bar(next(candidates), date(2023, 3, 6), date(2028, 3, 5), lift_after_days=500)
