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
class Defaults:
    """`feedback_wd`: the working days of a unit's feedback on its score."""

    authority: Authority
    feedback_wd: int


def parse_defaults(data: bytes) -> Defaults:
    """The defaults from the bytes of their file; `Invalid` with code `bad-defaults` and the field otherwise."""
    root = Table.parse(data, code=CODE)
    notice = root.table("notice")
    authority = Authority(notice.text("clause"), notice.optional_text("basis"), notice.word("source", Source))
    defaults = Defaults(authority, notice.integer("feedback_wd", least=0))
    notice.close()
    root.close()
    return defaults


@cache
def shipped_defaults() -> Defaults:
    """The defaults that come with the ledger."""
    return parse_defaults((resources.files("ledger.rulebook") / "defaults.toml").read_bytes())
