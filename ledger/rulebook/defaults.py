"""Parameters that an edition may leave out: data with their source, never a number in code.

An edition that states one (`[notice] feedback_wd`) is followed; `defaults.toml` speaks for those that do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from ledger.rulebook.parameters import Authority, Source
from ledger.rulebook.toml_table import Table

CODE = "bad-defaults"


@dataclass(frozen=True, slots=True)
class Certificates:
    """How long a certificate and a status list hold, in days, how full a list becomes, in percent, and how many
    certificates of one check may hold at the same time."""

    authority: Authority
    valid_days: int
    status_list_days: int
    fill_percent: int
    live_per_check: int


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """How many minutes an emergency look-up holds at most, and the working days until it is to be reviewed."""

    authority: Authority
    max_minutes: int
    review_wd: int


@dataclass(frozen=True, slots=True)
class Defaults:
    """`feedback_wd`: the working days of a unit's feedback on its score."""

    authority: Authority
    feedback_wd: int
    certificates: Certificates
    break_glass: BreakGlass


def parse_defaults(data: bytes) -> Defaults:
    """The defaults from the bytes of their file; `Invalid` with code `bad-defaults` and the field otherwise."""
    root = Table.parse(data, code=CODE)
    notice = root.table("notice")
    authority, feedback_wd = _authority(notice), notice.integer("feedback_wd", least=0)
    notice.close()
    table = root.table("certificates")
    names = ("valid_days", "status_list_days", "fill_percent", "live_per_check")
    numbers = (table.integer(name, least=1) for name in names)
    certificates = Certificates(_authority(table), *numbers)
    table.close()
    table = root.table("break_glass")
    glass = BreakGlass(_authority(table), table.integer("max_minutes", least=1), table.integer("review_wd", least=1))
    table.close()
    root.close()
    return Defaults(authority, feedback_wd, certificates, glass)


def _authority(table: Table) -> Authority:
    return Authority(table.text("clause"), table.optional_text("basis"), table.word("source", Source))


@cache
def shipped_defaults() -> Defaults:
    """The defaults that come with the ledger."""
    return parse_defaults((resources.files("ledger.rulebook") / "defaults.toml").read_bytes())
