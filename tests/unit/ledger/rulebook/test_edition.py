"""What an edition's file says, and what `parse_edition` refuses."""

from __future__ import annotations

import hashlib
from datetime import date
from fractions import Fraction

import pytest

from ledger.errors import Invalid, NotFound
from ledger.rulebook.edition import parse_edition, shipped_edition
from ledger.rulebook.parameters import Authority, CheckOutcome, FindingState, Predicate, Severity, Source
from tests.support.shared import shared_path
from tests.unit.ledger.rulebook.by_hand import DEMO, DEMO_BYTES, altered

NOTICE = "[notice]\n"


def refused(data: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        parse_edition(data)
    assert caught.value.code == "bad-edition"
    return caught.value


def test_every_number_of_the_demonstration_edition_is_exact() -> None:
    assert (DEMO.id, DEMO.effective_on, DEMO.calendar) == ("JMS-DEMO-2025.1", date(2025, 1, 1), "MON-FRI")
    assert (DEMO.title.zh, DEMO.title.en) == ("示范规则 2025.1", "Demonstration rulebook 2025.1")
    windows = {severity: (window.min_months, window.max_months) for severity, window in DEMO.windows.of.items()}
    assert windows == {Severity.MINOR: (0, 3), Severity.GENERAL: (3, 12), Severity.SERIOUS: (12, 36)}
    time = DEMO.time_factor
    assert [time.before_step, time.before_max, time.after_max] == [1, Fraction(1, 2), 0]
    assert {state for state, factor in DEMO.status_factor.of.items() if factor == 1} == {
        FindingState.CONFIRMED,
        FindingState.UPHELD,
        FindingState.VARIED,
    }
    assert [amount.value for amount in (DEMO.person.base, DEMO.person.floor, DEMO.person.cap)] == [100, 0, 120]
    assert list(DEMO.person.deduct.of.values()) == [3, 10, 30]
    kept = DEMO.person.commitment_on_time
    assert [kept.points, kept.valid_months, kept.active_cap] == [2, 12, 10]
    assert DEMO.unit.assessment.value == Fraction(3, 5)
    promises = DEMO.unit.commitments
    assert [promises.points, promises.window_months, promises.on_time, promises.late] == [30, 12, 1, Fraction(1, 2)]
    assert [promises.open, promises.broken, promises.none] == [0, 0, 1]
    assert DEMO.unit.conduct.value == 10
    assert list(DEMO.unit.own_breach.of.values()) == [1, 3, 10]
    assert [DEMO.unit.link.share, DEMO.unit.link.cap] == [Fraction(1, 5), 4]
    notice = DEMO.notice
    assert (notice.breach_reply_wd, notice.pre_decision_wd, notice.appeal_days) == (10, 5, 30)
    assert notice.repair_decide_wd == 10


def test_the_rules_keep_their_order_and_clauses() -> None:
    assert [(rule.id, rule.when, rule.then) for rule in DEMO.eligibility] == [
        ("E0", Predicate.NO_CONSENT_OR_BASIS, CheckOutcome.INCOMPLETE),
        ("E1", Predicate.ACTIVE_LISTING, CheckOutcome.BLOCK),
        ("E2", Predicate.CRIMINAL_OR_EXPELLED, CheckOutcome.BLOCK),
        ("E3", Predicate.RECRUITMENT_BAR, CheckOutcome.BLOCK),
        ("E4", Predicate.DUTY_RELATED_FINDING, CheckOutcome.REFER),
        ("E5", Predicate.OTHERWISE, CheckOutcome.CLEAR),
    ]
    duty = DEMO.eligibility[4].duty
    assert duty is not None
    assert (duty.severity_at_least, duty.months) == (Severity.GENERAL, 12)
    assert DEMO.eligibility[1].authority.clause == "公务员法 26(4)"


def test_the_digest_is_that_of_the_bytes() -> None:
    assert DEMO.digest == hashlib.sha256(DEMO_BYTES).hexdigest()
    assert parse_edition(DEMO_BYTES + b"\n").digest != DEMO.digest


def test_the_shipped_edition_is_the_golden_one_byte_for_byte() -> None:
    assert shared_path("golden", "JMS-DEMO-2025.1.toml").read_bytes() == DEMO_BYTES


@pytest.mark.parametrize("rulebook_id", ["JMS-DEMO-1999.1", "../parameters", ""])
def test_an_edition_that_does_not_ship_is_not_found(rulebook_id: str) -> None:
    with pytest.raises(NotFound) as caught:
        shipped_edition(rulebook_id)
    assert caught.value.code == "no-edition"


def test_a_table_without_its_own_source_inherits_the_editions() -> None:
    published = altered(
        ('source = "demonstration"                  #', 'basis = "a text"\nsource = "published"                  #')
    )
    edition = parse_edition(published)

    assert edition.source is Source.PUBLISHED
    assert edition.person.deduct.authority == Authority("R-P2", "a text", Source.PUBLISHED)
    assert edition.windows.of[Severity.MINOR].authority == Authority(
        "R-W1", "anticipates NDRC Order 36", Source.DEMONSTRATION
    )


def test_a_table_inside_another_inherits_from_it() -> None:
    data = altered(("[person] ", '[person]\nbasis = "公务员法 13"\nsource = "published"\n'))

    assert parse_edition(data).person.deduct.authority == Authority("R-P2", "公务员法 13", Source.PUBLISHED)
    assert parse_edition(data).unit.conduct.authority.source is Source.DEMONSTRATION


def test_a_published_parameter_names_its_basis() -> None:
    error = refused(altered(('clause = "R-N1"', 'clause = "R-N1"\nsource = "published"')))

    assert error.field == "notice.basis"


@pytest.mark.parametrize(
    ("old", "new", "cited"),
    [
        ('clause = "R-N1"\n', "", "notice"),
        ('clause = "R-W1"\n', "", "windows.MINOR"),
        ('SERIOUS = "30", clause = "R-P2"', 'SERIOUS = "30"', "person.deduct"),
        ('clause = "公务员法 26(4)"\n', "", "E1"),
    ],
)
def test_a_table_without_clause_is_cited_by_its_name(old: str, new: str, cited: str) -> None:
    edition = parse_edition(altered((old, new)))
    clauses = {
        edition.notice.authority.clause,
        edition.windows.of[Severity.MINOR].authority.clause,
        edition.person.deduct.authority.clause,
        edition.eligibility[1].authority.clause,
    }

    assert cited in clauses


def test_without_a_limitation_reports_may_be_of_any_age() -> None:
    limited = altered(("appeal_days = 30", "appeal_days = 30\nreport_limitation_months = 24"))

    assert DEMO.notice.report_limitation_months is None
    assert parse_edition(limited).notice.report_limitation_months == 24


def test_retention_names_months_for_the_classes_it_knows() -> None:
    data = altered((NOTICE, '[retention]\nclause = "R-K1"\ncase_months = 60\nidentity_months = 120\n\n[notice]\n'))
    retention = parse_edition(data).retention

    assert DEMO.retention is None
    assert retention is not None
    assert (retention.authority.clause, dict(retention.months)) == ("R-K1", {"CASE": 60, "IDENTITY": 120})


def test_legacy_names_the_sources_whose_records_count() -> None:
    data = altered((NOTICE, '[legacy]\nclause = "R-L1"\nsources = ["old-system"]\n\n[notice]\n'))
    legacy = parse_edition(data).legacy

    assert DEMO.legacy is None
    assert legacy is not None
    assert (legacy.authority.clause, legacy.sources) == ("R-L1", ("old-system",))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('calendar = "MON-FRI"', 'calender = "MON-FRI"', "calendar"),
        ('calendar = "MON-FRI"', 'calendar = "MOON"', "calendar"),
        ('calendar = "MON-FRI"', 'calendar = "MON-FRI"\nextra = 1', "extra"),
        ('id = "JMS-DEMO-2025.1"', "id = 2025", "id"),
        ('id = "JMS-DEMO-2025.1"', 'id = "../x"', "id"),
        ('en = "Demonstration rulebook 2025.1" }', 'de = "Regelwerk" }', "title.en"),
        ("effective_on = 2025-01-01", 'effective_on = "2025-01-01"', "effective_on"),
        ("effective_on = 2025-01-01", "effective_on = 2025-01-01T00:00:00", "effective_on"),
        ('source = "demonstration"                  #', 'source = "rumour"  #', "source"),
        ('clock_from = "decision_on"', 'clock_from = "publicity_on"', "windows.clock_from"),
        ("min_months = 0,  max_months = 3 ", "min_months = 0", "windows.MINOR.max_months"),
        ("min_months = 0,  max_months = 3 ", "min_months = 4,  max_months = 3 ", "windows.MINOR.max_months"),
        ("min_months = 0,  max_months = 3 ", "min_months = -1,  max_months = 3 ", "windows.MINOR.min_months"),
        ("min_months = 0,  max_months = 3 ", "min_months = true,  max_months = 3 ", "windows.MINOR.min_months"),
        ("GENERAL = { min_months = 3,  max_months = 12 }\n", "", "windows.GENERAL"),
        ('before_max = "0.5"', "before_max = 0.5", "time_factor.before_max"),
        ('before_max = "0.5"', 'before_max = "1.5"', "time_factor.before_max"),
        ('before_max = "0.5"', 'before_max = "½"', "time_factor.before_max"),
        ('before_max = "0.5"', 'before_max = "1e-1"', "time_factor.before_max"),
        ('UPHELD = "1"\n', "", "status_factor.UPHELD"),
        ('EXPIRED = "0"\n', 'EXPIRED = "0"\nFORGOTTEN = "0"\n', "status_factor.FORGOTTEN"),
        ('deduct = { MINOR = "3"', 'deduct = { MINOR = "-3"', "person.deduct.MINOR"),
        ('value = "120"', 'value = "-1"', "person.cap"),
        ("valid_months = 12", 'valid_months = "12"', "person.commitment_on_time.valid_months"),
        ('link        = { share = "0.2"', 'link        = { share = "1.2"', "unit.link.share"),
        ('when = "otherwise"', 'when = "bad-luck"', "eligibility[5].when"),
        ('when = "recruitment-bar-not-over"', 'when = "otherwise"', "eligibility[3].when"),
        (
            'when = "recruitment-bar-not-over"',
            'when = "no-valid-consent-or-basis"',
            "eligibility[3].when",
        ),
        ('id = "E3"', 'id = "E1"', "eligibility[3].id"),
        ('id = "E3"', 'id = "E3"\nmonths = 12', "eligibility[3].months"),
        ("months = 12\n", "", "eligibility[4].months"),
        ('then = "CLEAR"', 'then = "PERHAPS"', "eligibility[5].then"),
        ("appeal_days = 30", "appeal_days = 0", "notice.appeal_days"),
        ("appeal_days = 30", "appeal_days = 30\nlimit = 1", "notice.limit"),
        (NOTICE, "[legacy]\nsources = []\n\n[notice]\n", "legacy.sources"),
        (NOTICE, "[retention]\ncase_months = 0\n\n[notice]\n", "retention.case_months"),
        (NOTICE, "[retention]\nother_months = 1\n\n[notice]\n", "retention.other_months"),
    ],
)
def test_what_an_edition_may_not_say(old: str, new: str, field: str) -> None:
    assert refused(altered((old, new))).field == field


def test_the_last_rule_says_what_holds_otherwise() -> None:
    text = DEMO_BYTES.decode()
    start = text.index('[[eligibility]]\nid = "E5"')
    end = text.index("[notice]")

    assert refused((text[:start] + text[end:]).encode()).field == "eligibility"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"id = ",
        b"\xff\xfe",
        "id = '示范'".encode("gb18030"),
        DEMO_BYTES + b'\nid = "twice"\n',
        b"id = " + b"9" * 5000,
        b"id = " + b"[" * 5000,
        b"# " + b"x" * (1 << 20),
    ],
    ids=["empty", "cut-off", "utf-16", "gb18030", "twice", "long-number", "deep", "large"],
)
def test_what_is_no_edition_at_all_is_refused(data: bytes) -> None:
    refused(data)
