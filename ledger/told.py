"""What whoever a case is about was told of it: an open report and a declined one are absent to them (DOMAIN §8).

They are told by the notice of the case, or by the data-protection desk that shows them a declined report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.domain.breach import Breach

if TYPE_CHECKING:
    from ledger.application import Ledger

_REPORTED, _NOTIFIED, _ANSWERED = "BreachReported", "BreachNotified", "PersonalDataRequestAnswered"


def is_told_of(ledger: Ledger, breach: str) -> bool:
    """Whether whom a case is about was told of it; `breach` is its pseudonym."""
    entries = ledger.stream(f"{Breach.KIND}/{breach}", ledger.size)
    types = [entry.type for entry in entries]
    if types[:1] != [_REPORTED] or _NOTIFIED in types:
        return True
    return any(
        entry.type == _ANSWERED and breach in (entry.data.get("discloses") or ())
        for one in ledger.relations().group(entries[0].data["subject_id"])
        for entry in ledger.history(one, ledger.size)
    )
