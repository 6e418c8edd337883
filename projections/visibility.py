"""Who sees what of a file: the table of DOMAIN §8 as data, a row per kind of state, a column per kind of viewer.

A cell says how much: nothing, the record with its dispute mark, or all of it. The table speaks of the
breaches; the other sections follow the columns named below it. A role without a column of its own sees what the public
sees, except those who work on cases and the data-protection desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Final

from ledger.errors import Invalid
from ledger.folds.breach import HEARING, STANDING, UNHEARD


class Column(Enum):
    """The kinds of viewers."""

    PERSON = "person"
    OWN_HR = "own HR"
    RECRUITING_HR = "recruiting HR"
    UNIT_HEAD = "unit head"
    PUBLIC = "public"
    AUDITOR = "auditor"
    CASEWORK = "casework"  # who decides and reviews cases
    DESK = "data-protection desk"


class Sight(StrEnum):
    """How much of a record a viewer sees."""

    NOTHING = "○"
    MARKED = "◐ marked"
    WHOLE = "●"


class Row(Enum):
    """The kinds of states; MINOR to UNIT are standing findings."""

    UNHEARD = "REPORTED, DECLINED"
    HEARING = "NOTIFIED, REPLIED, LAPSED"
    MINOR = "CONFIRMED MINOR of a person"
    GENERAL = "CONFIRMED GENERAL of a person"
    SERIOUS = "CONFIRMED SERIOUS of a person"
    UNIT = "standing finding about a unit"
    APPEALED = "APPEALED, of a person"
    UNIT_APPEALED = "APPEALED, about a unit"
    UNDONE = "DISMISSED, OVERTURNED, REMOVED"
    ENDED = "REPAIRED, EXPIRED"


_ROLES: Final[Mapping[str, Column]] = {
    "SUBJECT": Column.PERSON,
    "HR": Column.OWN_HR,
    "CREDIT": Column.OWN_HR,
    "UNIT_HEAD": Column.UNIT_HEAD,
    "PUBLIC": Column.PUBLIC,
    "AUDITOR": Column.AUDITOR,
    "DECIDER": Column.CASEWORK,
    "REVIEWER": Column.CASEWORK,
    "DPO": Column.DESK,
    "REPORTER": Column.PUBLIC,
    "ASSESSOR": Column.PUBLIC,
    "EXPERT": Column.PUBLIC,
    "THIRD_PARTY": Column.PUBLIC,
    "SYSTEM": Column.PUBLIC,
}

_EVERYTHING: Final = frozenset({Column.AUDITOR, Column.CASEWORK, Column.DESK})
_MARK, _ALL = Sight.MARKED, Sight.WHOLE

# Own HR sees a MINOR finding for its three months: from max on it reads EXPIRED, which is another row. Recruiting HR
# sees what a check would report and nothing by this table. What counts for a unit head names nobody, so it stands in
# the unit's own file and score; a person's file shows a unit head nothing. A unit's finding is public where it was
# decided to be.
TABLE: Final[Mapping[Row, Mapping[Column, Sight]]] = {
    Row.UNHEARD: {},
    Row.HEARING: {Column.PERSON: _ALL},
    Row.MINOR: {Column.PERSON: _ALL, Column.OWN_HR: _ALL},
    Row.GENERAL: {Column.PERSON: _ALL, Column.OWN_HR: _ALL},
    Row.SERIOUS: {Column.PERSON: _ALL, Column.OWN_HR: _ALL},
    Row.UNIT: {Column.PERSON: _ALL, Column.OWN_HR: _ALL, Column.UNIT_HEAD: _ALL, Column.PUBLIC: _MARK},
    Row.APPEALED: {Column.PERSON: _ALL, Column.OWN_HR: _MARK},
    Row.UNIT_APPEALED: {Column.PERSON: _ALL, Column.OWN_HR: _MARK, Column.UNIT_HEAD: _MARK},
    Row.UNDONE: {Column.PERSON: _ALL},
    Row.ENDED: {Column.PERSON: _ALL},
}

SEES_BALANCE: Final = frozenset({Column.PERSON, Column.AUDITOR})
COUNTS_OFFICIALS: Final = frozenset({Column.PERSON, Column.UNIT_HEAD})  # how many findings of its officials a unit has
SEES_OWN_HISTORY: Final = frozenset({Column.PERSON, Column.AUDITOR})  # checks, consents, records taken over, timeline
SEES_CAREER: Final = _EVERYTHING | {Column.PERSON, Column.OWN_HR}  # posts, ranks, commendations, sanctions, promises
SEES_CHECKS: Final = _EVERYTHING | {Column.PERSON, Column.OWN_HR, Column.RECRUITING_HR}  # what counted against whom
SEES_TEXTS: Final = frozenset({Column.PERSON, Column.AUDITOR, Column.CASEWORK})
SEES_DATA_REQUESTS: Final = frozenset({Column.PERSON, Column.DESK, Column.AUDITOR})  # with what they say
SEES_PROMISES: Final = SEES_TEXTS | {Column.OWN_HR, Column.RECRUITING_HR}  # names and promises' words
SEES_GLASS: Final = frozenset({Column.PERSON, Column.AUDITOR, Column.DESK})  # who opened it in an emergency
SEES_GLASS_REASONS: Final = frozenset({Column.AUDITOR, Column.DESK})  # its words may be about others
BREAK_GLASS: Final = "BREAK_GLASS"  # on what a look in an emergency rests
SEES_REPORTER: Final = frozenset({Column.AUDITOR, Column.CASEWORK})
_SEES_OFFICIALS: Final = frozenset({"DECIDER", "AUDITOR"})


def column_of(viewer: str, purpose: str | None = None) -> Column:
    """The column of a role, for HR by purpose; `Invalid` with code `unknown-viewer` otherwise."""
    column = _ROLES.get(viewer)
    if column is None:
        raise Invalid("no such viewer", code="unknown-viewer", field="viewer")
    if viewer == "HR" and purpose == "RECRUIT":
        return Column.RECRUITING_HR
    return column


def column_behind_glass(viewer: str) -> Column:
    """The column of whoever opened a file in an emergency: what own HR sees, whatever for and without a consent.

    So never an open report, a case that is being heard or was undone, a repaired or expired record, texts of cases, who
    reported, the points, or what belongs to the person's own history. Nobody else's column changes.
    """
    return Column.OWN_HR if viewer in ("HR", "CREDIT") else column_of(viewer)


def sees_officials(viewer: str) -> bool:
    """Whether the entries of individual officials may stand in a unit's lines (DESIGN §6)."""
    column_of(viewer)
    return viewer in _SEES_OFFICIALS


def row_of(state: str, severity: str | None, *, of_unit: bool) -> Row:
    """The row of a record's state as it reads on the day."""
    if state in UNHEARD:
        return Row.UNHEARD
    if state in HEARING:
        return Row.HEARING
    if state == "APPEALED":
        return Row.UNIT_APPEALED if of_unit else Row.APPEALED
    if state in STANDING:
        return Row.UNIT if of_unit else Row[severity or "SERIOUS"]
    return Row.ENDED if state in ("REPAIRED", "EXPIRED") else Row.UNDONE


def sight(column: Column, row: Row) -> Sight:
    """How much a viewer sees of a record in a row."""
    if column in _EVERYTHING:
        return Sight.WHOLE
    return TABLE[row].get(column, Sight.NOTHING)
