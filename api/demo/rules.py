"""The city's own rulebook: its editions with their days, and the periods that its officers keep to, read from them."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Final

from api.demo.diary import FIRST_DAY
from ledger.rulebook import deadlines
from ledger.rulebook.edition import Edition, parse_edition, shipped_edition
from ledger.rulebook.parameters import Severity
from ledger.rulebook.windows import Activation, EditionTimeline, add_months

EDITIONS: Final = ("DEMO-CITY-2023.1", "JMS-DEMO-2025.1")
"""The shipped editions that the city's RulebookActivated lines name, in the order of their activation."""

EDITION_DAYS: Final = {EDITIONS[0]: (date(2023, 1, 1), FIRST_DAY), EDITIONS[1]: (date(2025, 1, 1), date(2024, 12, 16))}
"""From which day each is in force, and the day on which it was adopted."""


@cache
def _timeline() -> EditionTimeline:
    return EditionTimeline(
        Activation(effective_on, parse_edition(shipped_edition(name)), place)
        for place, (name, (effective_on, _)) in enumerate(EDITION_DAYS.items())
    )


def edition_on(day: date) -> Edition:
    """The edition in force on a day."""
    return _timeline().on(day)


def reply_due(served_on: date) -> date:
    """The last day to reply to a notice of breach."""
    return deadlines.earliest_reply_due(edition_on(served_on), served_on)


def response_due(sent_on: date) -> date:
    """The last day for a candidate to respond to a pre-decision notice."""
    return deadlines.earliest_response_due(edition_on(sent_on), sent_on)


def repair_due(accepted_on: date) -> date:
    """The day by which an accepted repair is decided."""
    return deadlines.repair_decision_due(edition_on(accepted_on), accepted_on)


def repair_from(severity: str, decided_on: date) -> date:
    """The first day to apply for the repair of a finding."""
    return add_months(decided_on, edition_on(decided_on).windows.of[Severity(severity)].min_months)
