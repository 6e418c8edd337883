"""A rulebook edition: every number and rule of one TOML file, exact, each with its clause, basis and source.

`parse_edition` accepts nothing it does not understand: an unknown or missing key, a wrong type, a float or a number out
of range is `Invalid` with code `bad-edition` and the path of the field. A table without its own clause, basis or source
takes those of the table around it and at last the edition's source; a table that finds no clause on the way is cited by
its dotted name (DESIGN §5). An adopted edition is never edited, only succeeded: `digest` is the SHA-256 of its bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from importlib import resources
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from ledger.errors import NotFound
from ledger.rulebook.calendar import known_calendars
from ledger.rulebook.parameters import (
    RETENTION_CLASSES,
    Amount,
    Authority,
    CheckOutcome,
    ClockFrom,
    DutyTest,
    EffectClass,
    EligibilityRule,
    FindingState,
    KeptPromise,
    Legacy,
    Link,
    Notice,
    Person,
    Points,
    Predicate,
    Retention,
    Severity,
    Source,
    StatusFactor,
    TimeFactor,
    Title,
    Unit,
    UnitCommitments,
    Window,
    Windows,
)
from ledger.rulebook.toml_table import Table, Word

CODE = "bad-edition"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Edition:
    id: str
    digest: str
    title: Title
    effective_on: date
    calendar: str
    source: Source
    windows: Windows
    time_factor: TimeFactor
    status_factor: StatusFactor
    person: Person
    unit: Unit
    eligibility: tuple[EligibilityRule, ...]
    notice: Notice
    legacy: Legacy | None
    retention: Retention | None = None


def shipped_edition(rulebook_id: str) -> bytes:
    """The bytes of an edition that ships with the ledger; `NotFound` with code `no-edition` otherwise."""
    file = resources.files("ledger.rulebook") / "editions" / f"{rulebook_id}.toml"
    if not _ID.fullmatch(rulebook_id) or not file.is_file():
        raise NotFound("no edition of this id ships with the ledger", code="no-edition")
    return file.read_bytes()


class _Above(NamedTuple):
    """What a table inherits where it says nothing itself."""

    clause: str | None
    basis: str | None
    source: Source


def parse_edition(data: bytes) -> Edition:
    """One edition from the bytes of its file; `Invalid` with code `bad-edition` and the field otherwise."""
    root = Table.parse(data, code=CODE)
    above = _Above(None, root.optional_text("basis"), root.word("source", Source))
    rulebook_id = root.text("id")
    if not _ID.fullmatch(rulebook_id):
        raise root.refuse("id", "expected letters, digits, dots, hyphens and underscores, at most 64")
    title = root.table("title")
    calendar = root.text("calendar")
    if calendar not in known_calendars():
        raise root.refuse("calendar", f"expected one of {', '.join(known_calendars())}")
    legacy = root.optional_table("legacy")
    retention = root.optional_table("retention")
    edition = Edition(
        id=rulebook_id,
        digest=hashlib.sha256(data).hexdigest(),
        title=_closed(title, Title(zh=title.text("zh"), en=title.text("en"))),
        effective_on=root.day("effective_on"),
        calendar=calendar,
        source=above.source,
        windows=_windows(root.table("windows"), above),
        time_factor=_time_factor(root.table("time_factor"), above),
        status_factor=_status_factor(root.table("status_factor"), above),
        person=_person(root.table("person"), above),
        unit=_unit(root.table("unit"), above),
        eligibility=_eligibility(root, above),
        notice=_notice(root.table("notice"), above),
        legacy=_legacy(legacy, above) if legacy is not None else None,
        retention=_retention(retention, above) if retention is not None else None,
    )
    return _closed(root, edition)


def _closed(table: Table, value: Value) -> Value:
    """`value`, once nothing is left unread in the table it came from."""
    table.close()
    return value


def _within(table: Table, above: _Above) -> _Above:
    """What the tables inside this one inherit."""
    source = table.word("source", Source) if table.has("source") else above.source
    return _Above(table.optional_text("clause") or above.clause, table.optional_text("basis") or above.basis, source)


def _authority(table: Table, above: _Above, *, name: str | None = None) -> Authority:
    clause, basis, source = _within(table, above)
    if source is Source.PUBLISHED and basis is None:
        raise table.refuse("basis", "a published parameter names its basis")
    return Authority(clause or name or table.path, basis, source)


def _windows(table: Table, above: _Above) -> Windows:
    within = _within(table, above)
    clock_from = table.word("clock_from", ClockFrom)
    of = {severity: _window(table.table(severity), within) for severity in Severity}
    return _closed(table, Windows(clock_from, MappingProxyType(of)))


def _window(table: Table, above: _Above) -> Window:
    window = Window(
        _authority(table, above), table.integer("min_months", least=0), table.integer("max_months", least=1)
    )
    if window.min_months > window.max_months:
        raise table.refuse("max_months", "the window closes before it opens")
    return _closed(table, window)


def _time_factor(table: Table, above: _Above) -> TimeFactor:
    authority = _authority(table, above)
    factors = [table.decimal(key, most=1) for key in ("before_step", "before_max", "after_max")]
    return _closed(table, TimeFactor(authority, *factors))


def _status_factor(table: Table, above: _Above) -> StatusFactor:
    authority = _authority(table, above)
    return _closed(table, StatusFactor(authority, _decimals(table, FindingState, most=1)))


def _decimals(table: Table, words: type[Word], *, most: int | None = None) -> Mapping[Word, Fraction]:
    return MappingProxyType({word: table.decimal(word, most=most) for word in words})


def _points(table: Table, above: _Above) -> Points:
    authority = _authority(table, above)
    return _closed(table, Points(authority, _decimals(table, Severity)))


def _amount(table: Table, above: _Above, key: str, *, least: int | None = 0, most: int | None = None) -> Amount:
    authority = _authority(table, above)
    return _closed(table, Amount(authority, table.decimal(key, least=least, most=most)))


def _person(table: Table, above: _Above) -> Person:
    within = _within(table, above)
    base, floor, cap = (_amount(table.table(key), within, "value", least=None) for key in ("base", "floor", "cap"))
    if floor.value > cap.value:
        raise table.refuse("cap", "the cap lies below the floor")
    deduct = _points(table.table("deduct"), within)
    kept = table.table("commitment_on_time")
    person = Person(
        base,
        floor,
        cap,
        deduct,
        KeptPromise(
            authority=_authority(kept, within),
            points=kept.decimal("points"),
            valid_months=kept.integer("valid_months", least=0),
            active_cap=kept.decimal("active_cap"),
        ),
    )
    kept.close()
    return _closed(table, person)


def _unit(table: Table, above: _Above) -> Unit:
    within = _within(table, above)
    promises = table.table("commitments")
    link = table.table("link")
    unit = Unit(
        assessment=_amount(table.table("assessment"), within, "share", most=1),
        commitments=UnitCommitments(
            authority=_authority(promises, within),
            points=promises.decimal("points"),
            window_months=promises.integer("window_months", least=1),
            on_time=promises.decimal("on_time", most=1),
            late=promises.decimal("late", most=1),
            open=promises.decimal("open", most=1),
            broken=promises.decimal("broken", most=1),
            none=promises.decimal("none", most=1),
        ),
        conduct=_amount(table.table("conduct"), within, "points"),
        own_breach=_points(table.table("own_breach"), within),
        link=Link(_authority(link, within), link.decimal("share", most=1), link.decimal("cap")),
    )
    promises.close()
    link.close()
    return _closed(table, unit)


def _eligibility(root: Table, above: _Above) -> tuple[EligibilityRule, ...]:
    """The rules in order: where consent is asked for it comes first, `otherwise` comes last; ids are unique."""
    tables = root.tables("eligibility")
    rules = tuple(_rule(table, above) for table in tables)
    if not rules or rules[-1].when is not Predicate.OTHERWISE:
        raise root.refuse("eligibility", "the last rule says what holds otherwise")
    for number, (table, rule) in enumerate(zip(tables, rules, strict=True)):
        if rule.when is Predicate.OTHERWISE and number < len(rules) - 1:
            raise table.refuse("when", "only the last rule says otherwise")
        if rule.when is Predicate.NO_CONSENT_OR_BASIS and number > 0:
            raise table.refuse("when", "consent is asked for first")
        if rule.id in {earlier.id for earlier in rules[:number]}:
            raise table.refuse("id", "an earlier rule has this id")
    return rules


def _rule(table: Table, above: _Above) -> EligibilityRule:
    rule_id = table.text("id")
    when = table.word("when", Predicate)
    duty = _duty_test(table) if when is Predicate.DUTY_RELATED_FINDING else None
    rule = EligibilityRule(
        authority=_authority(table, above, name=rule_id),
        id=rule_id,
        when=when,
        then=table.word("then", CheckOutcome),
        effect=table.word("effect", EffectClass),
        duty=duty,
    )
    return _closed(table, rule)


def _duty_test(table: Table) -> DutyTest:
    return DutyTest(table.word("severity_at_least", Severity), table.integer("months", least=1))


def _notice(table: Table, above: _Above) -> Notice:
    notice = Notice(
        authority=_authority(table, above),
        breach_reply_wd=table.integer("breach_reply_wd", least=1),
        pre_decision_wd=table.integer("pre_decision_wd", least=1),
        appeal_days=table.integer("appeal_days", least=1),
        repair_decide_wd=table.integer("repair_decide_wd", least=1),
        report_limitation_months=table.optional_integer("report_limitation_months", least=1),
        feedback_wd=table.optional_integer("feedback_wd", least=0),
    )
    return _closed(table, notice)


def _legacy(table: Table, above: _Above) -> Legacy:
    return _closed(table, Legacy(_authority(table, above), table.texts("sources")))


def _retention(table: Table, above: _Above) -> Retention:
    months = {name: table.optional_integer(f"{name.lower()}_months", least=1) for name in RETENTION_CLASSES}
    stated = {name: count for name, count in months.items() if count is not None}
    return _closed(table, Retention(_authority(table, above), MappingProxyType(stated)))
