"""Eligibility: predicates in order, the first match gives the outcome, all hits are listed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ledger.rulebook.eligibility import Hit, Verdict, eligibility
from ledger.rulebook.facts import Bar, ConsentFact, Finding
from ledger.rulebook.windows import EditionTimeline
from tests.unit.ledger.rulebook.by_hand import DEMO, DEMO_ALONE, day, finding, successor, timeline

ON = "2025-09-01"
CONSENT = ConsentFact(valid=True, entries=(25,))


def check(
    findings: Sequence[Finding] = (),
    bars: Sequence[Bar] = (),
    consent: ConsentFact = CONSENT,
    *,
    on: str = ON,
    known: EditionTimeline = DEMO_ALONE,
) -> Verdict:
    return eligibility(known, findings, bars, consent, day(on))


def rules(verdict: Verdict) -> list[str]:
    return [hit.rule for hit in verdict.hits]


def test_otherwise_is_an_outcome_and_not_a_hit() -> None:
    verdict = check()

    assert (verdict.outcome, verdict.hits, verdict.records) == ("CLEAR", (), ())
    assert (verdict.edition, verdict.demonstration) == (DEMO.id, True)


def test_without_consent_or_basis_nothing_else_is_asked() -> None:
    listed = finding("2025-04-15", "SERIOUS", record_kind="SEVERE_LIST")
    verdict = check([listed], [Bar((3,), day("2025-01-01"), None)], ConsentFact(valid=False, entries=(30, 25)))

    assert verdict.outcome == "INCOMPLETE"
    assert verdict.hits == (Hit("E0", "个人信息保护法 13", (25, 30)),)
    assert verdict.records == ()


@pytest.mark.parametrize("kind", ["SEVERE_LIST", "COURT_LIST"])
@pytest.mark.parametrize("state", ["CONFIRMED", "UPHELD", "VARIED", "APPEALED"])
def test_an_active_listing_bars_whatever_its_severity_also_in_appeal(kind: str, state: str) -> None:
    verdict = check([finding("2025-08-15", "MINOR", state, record="B2", record_kind=kind, entries=(18,))])

    assert verdict.outcome == "BLOCK"
    assert verdict.hits == (Hit("E1", "公务员法 26(4)", (18,)),)
    assert verdict.records == ("B2",)


@pytest.mark.parametrize("state", ["REPAIRED", "REMOVED", "OVERTURNED"])
def test_a_listing_that_ended_bars_nobody(state: str) -> None:
    assert check([finding("2025-04-15", "SERIOUS", state, record_kind="SEVERE_LIST")]).outcome == "CLEAR"


def test_a_listing_bars_until_max_and_not_longer() -> None:
    listed = finding("2025-04-15", "SERIOUS", record_kind="COURT_LIST")

    assert check([listed], on="2028-04-14").outcome == "BLOCK"
    assert check([listed], on="2028-04-15").outcome == "CLEAR"


@pytest.mark.parametrize("kind", ["PENALTY", "DISCIPLINE", "LOCAL", None])
def test_a_serious_finding_on_no_list_is_no_listing(kind: str | None) -> None:
    assert check([finding("2025-04-15", "SERIOUS", record_kind=kind)]).outcome == "CLEAR"


@pytest.mark.parametrize("code", ["CRIMINAL_PUNISHMENT", "EXPELLED_FROM_PARTY", "EXPELLED_FROM_OFFICE"])
def test_a_standing_discipline_record_of_the_three_codes_bars_for_ever(code: str) -> None:
    record = finding("1999-04-15", record_kind="DISCIPLINE", list_code=code, entries=(40,))

    assert check([record]).hits == (Hit("E2", "公务员法 26(1)-(3)", (40,)),)
    assert check([record]).outcome == "BLOCK"


@pytest.mark.parametrize(
    ("kind", "code", "state"),
    [
        ("PENALTY", "CRIMINAL_PUNISHMENT", "CONFIRMED"),
        ("DISCIPLINE", "DEMERIT", "CONFIRMED"),
        ("DISCIPLINE", None, "CONFIRMED"),
        ("DISCIPLINE", "EXPELLED_FROM_PARTY", "OVERTURNED"),
        ("DISCIPLINE", "EXPELLED_FROM_PARTY", "REMOVED"),
    ],
)
def test_other_records_fall_under_no_e2(kind: str, code: str | None, state: str) -> None:
    assert check([finding("2025-04-15", state=state, record_kind=kind, list_code=code)]).outcome == "CLEAR"


@pytest.mark.parametrize(
    ("from_", "until", "outcome"),
    [
        ("2025-09-01", "2025-09-01", "BLOCK"),
        ("2020-09-01", None, "BLOCK"),
        ("2025-09-02", None, "CLEAR"),
        ("2020-09-01", "2025-08-31", "CLEAR"),
    ],
)
def test_a_bar_holds_from_its_first_to_its_last_day(from_: str, until: str | None, outcome: str) -> None:
    verdict = check(bars=[Bar((50, 52), day(from_), day(until) if until else None)])

    assert verdict.outcome == outcome
    assert [hit.events for hit in verdict.hits] == ([(50, 52)] if outcome == "BLOCK" else [])
    assert verdict.records == ()


@pytest.mark.parametrize(
    ("one", "hit"),
    [
        (finding("2025-03-20", duty_related=True), True),
        (finding("2025-03-20", "SERIOUS", duty_related=True), True),
        (finding("2025-03-20", duty_related=True, record_kind="PENALTY"), True),
        (finding("2025-08-20", "MINOR", duty_related=True), False),
        (finding("2025-03-20"), False),
        (finding("2025-03-20", state="APPEALED", duty_related=True), False),
        (finding("2025-03-20", state="REPAIRED", duty_related=True), False),
        (finding("2024-09-01", "SERIOUS", duty_related=True), False),
        (finding("2024-09-02", "SERIOUS", duty_related=True), True),
        (finding("2024-09-01", duty_related=True), False),
    ],
    ids=[
        "general",
        "serious",
        "imported",
        "minor",
        "private",
        "in-appeal",
        "repaired",
        "twelve-months-over",
        "last-day",
        "expired",
    ],
)
def test_a_duty_related_finding_refers(one: Finding, hit: bool) -> None:
    assert (check([one]).outcome, rules(check([one]))) == (("REFER", ["E4"]) if hit else ("CLEAR", []))


def test_every_hit_is_listed_once_per_rule_in_the_order_of_the_edition() -> None:
    duty = finding("2025-03-20", "SERIOUS", record="B3", duty_related=True, entries=(10, 60))
    court = finding("2025-04-15", record="B2", record_kind="COURT_LIST", entries=(40,))
    both = finding("2025-05-15", record="B1", record_kind="SEVERE_LIST", duty_related=True, entries=(30, 70))
    verdict = check([duty, court, both], [Bar((5,), day("2025-01-01"), None)])

    assert verdict.outcome == "BLOCK"
    assert [(hit.rule, hit.events) for hit in verdict.hits] == [
        ("E1", (30, 40, 70)),
        ("E3", (5,)),
        ("E4", (10, 30, 60, 70)),
    ]
    assert verdict.records == ("B3", "B1", "B2")


def test_a_rule_made_discretionary_is_off_during_an_appeal() -> None:
    e1 = 'clause = "公务员法 26(4)"\neffect = "statutory"'
    known = timeline(successor(2, "2025-01-01", (e1, e1.replace("statutory", "discretionary"))))
    listed = finding("2025-04-15", "SERIOUS", "APPEALED", record_kind="COURT_LIST")

    assert check([listed], known=known).outcome == "CLEAR"
    assert check([finding("2025-04-15", record_kind="COURT_LIST")], known=known).outcome == "BLOCK"


def test_a_duty_related_finding_needs_a_factor_above_zero_even_under_a_statutory_rule() -> None:
    e4 = 'clause = "R-E4"\neffect = "discretionary"'
    known = timeline(successor(2, "2025-01-01", (e4, e4.replace("discretionary", "statutory"))))

    assert check([finding("2025-03-20", state="APPEALED", duty_related=True)], known=known).outcome == "CLEAR"
    assert check([finding("2025-03-20", duty_related=True)], known=known).outcome == "REFER"


def test_the_rules_are_those_in_force_on_the_day() -> None:
    second = successor(2, "2025-08-01", ("months = 12\nthen", "months = 3\nthen"))
    one = finding("2025-03-20", duty_related=True)

    assert check([one], known=timeline(DEMO, second), on="2025-07-31").outcome == "REFER"
    assert check([one], known=timeline(DEMO, second), on="2025-08-01").outcome == "CLEAR"
