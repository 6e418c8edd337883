"""One room per subject of the catalogue: how a line becomes a change of one aggregate.

A handler finds the aggregate, works out what the rulebook says for it, and calls its command; the aggregate decides.
`HANDLERS` is filled as the rooms are imported.
"""

from ledger.commands import (
    breaches,
    break_glass,
    checks,
    commitments,
    consents,
    data_requests,
    delegations,
    duties,
    editions,
    erasures,
    identities,
    measures,
    reorganisations,
    repairs,
    sources,
    subjects,
    units,
)
from ledger.commands.command import HANDLERS, Change, Command

__all__ = [
    "HANDLERS",
    "Change",
    "Command",
    "breaches",
    "break_glass",
    "checks",
    "commitments",
    "consents",
    "data_requests",
    "delegations",
    "duties",
    "editions",
    "erasures",
    "identities",
    "measures",
    "reorganisations",
    "repairs",
    "sources",
    "subjects",
    "units",
]
