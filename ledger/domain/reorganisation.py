"""Units reorganised (机构变更): which units end, which there are from then on, and whose their open commitments are.

What was recorded about a unit that ended stays under it: its findings, its kept promises, its score of earlier days. A
unit named on both sides goes on. Commitments that are open on the day belong to the successor from that day on, since
no change of structure is a ground for default (优化营商环境条例 31), and the successor acts for what has ended.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from pydantic import Field

from ledger.domain.base import LedgerAggregate, LedgerEvent, require
from ledger.domain.values import Payload, Ref, Role, UnitRef

_Units = Annotated[list[Ref], Field(min_length=1, max_length=50)]


class UnitReorganised(LedgerEvent):
    """机构变更 by the superior organ, on its document."""

    TOPIC = "unit.reorganised.v1"
    ROLES = (Role.HR, Role.CREDIT)
    DECISION = True

    class Data(Payload):
        from_: _Units = Field(alias="from")
        to: _Units
        successor_id: UnitRef

    def apply(self, reorganisation: Reorganisation) -> None:
        reorganisation.done = True


class Reorganisation(LedgerAggregate):
    """One reorganisation; it is said once."""

    KIND = "reorganisation"

    done: bool

    def start(self) -> None:
        self.done = False

    def reorganise(self, data: UnitReorganised.Data, *, over: Collection[str]) -> None:
        """`over` are those of the named units that ended before or were merged into another."""
        before, after = set(data.from_), set(data.to)
        require(len(before) == len(data.from_), "named-twice", "a unit is named once on each side", "from")
        require(len(after) == len(data.to), "named-twice", "a unit is named once on each side", "to")
        require(bool(before - after), "nothing-reorganised", "none of these units ends", "to")
        require(data.successor_id in after, "successor-not-among", "the successor is one of `to`", "successor_id")
        require(not before & set(over), "unit-ended", "a unit that ended is not reorganised again", "from")
        require(not after & set(over), "unit-ended", "a unit that ended does not come after", "to")
        require(data.doc is not None, "document-required", "a reorganisation rests on a document", "doc")
        self.happen(UnitReorganised, data)
