"""The records a check may rest on, for who reads the report: what each is, what it does, its end, how to put it right.

Which records these are was settled by the evaluation; how they stand is folded for the day in view. A record that no
longer stands then says only that: the way on is a new check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from api.pages.chips import Ref
from api.pages.marks import day
from api.pages.reading import Reading
from api.pages.records import effect_of, title_of, ways_of
from ledger.folds.breach import IN_FORCE, Breach
from ledger.folds.facts import reads, records_on
from projections.file_breaches import breach_item
from projections.file_view import FileView
from projections.visibility import Column


@dataclass(frozen=True, slots=True)
class Usable:
    """One record of the report."""

    title: Markup
    state: Markup
    facts: list[tuple[Markup, Markup]]
    ways: list[Markup]
    refs: list[Ref]


def usable_records(reading: Reading, check: Mapping[str, Any]) -> list[Usable]:
    """The records of the report, in its order."""
    wanted = list(check.get("breaches_in_report") or [])
    if not wanted:
        return []
    ledger, size = reading.ledger, reading.moment.as_known
    timeline = ledger.editions(size)
    records = records_on(ledger, str(check["subject_uid"]), reading.on, size, timeline)
    view = FileView(
        reader=ledger, records=records, timeline=timeline, on=reading.on, column=Column.RECRUITING_HR, of_unit=False
    )
    found = {breach.id: breach for breach in records.breaches}
    return [_usable(reading, view, found[record]) for record in wanted if record in found]


def _usable(reading: Reading, view: FileView, breach: Breach) -> Usable:
    words = reading.words
    state = reads(breach, view.timeline, view.on)
    item = breach_item(view, breach, state, whole=True)
    refs = reading.refs(breach.weight_events, 4)
    title = title_of(reading, item)
    if state not in IN_FORCE:
        gone = [(words("record.effect"), words("usable.gone"))]
        return Usable(title, reading.chips.tag("breach", state), gone, [words("usable.check_again")], refs)
    facts = [(words("record.decided"), words("record.decided_on", day=day(breach.decision_on)))]
    facts.append((words("record.effect"), effect_of(reading, item, {})))
    if "expires_on" in item:
        ends = item["expires_on"]
        chip = Markup(" ") + reading.chips.demo() if reading.windows_demonstrate(breach.severity) else Markup("")
        said = words("record.ends_at_source") if ends is None else words("record.ends_on_listing", day=day(ends)) + chip
        facts.append((words("record.ends"), said))
    if state == "APPEALED":
        facts.append((words("usable.dispute"), words("usable.disputed")))
    return Usable(title, reading.chips.tag("breach", state), facts, ways_of(reading, item), refs)
