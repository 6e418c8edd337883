"""A unit's score on a day, as known at a size, with its lines shaped by the viewer.

Who decides cases and who audits them see every entry. To everybody else (the unit and its head, the public) what
individual officials contributed is one line with value and clause and the number of entries withheld (DESIGN §6). A
finding about the unit of which a viewer sees nothing (DOMAIN §8) is a line that says no more than its value and clause.
What is withheld and weighs nothing has no line: it would only say that there is something.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ledger.errors import NotFound
from ledger.folds.facts import Records, assessment_of, findings_for_unit, promises_of, reads, records_on
from ledger.rulebook.unit_score import unit_score as score_of
from ledger.rulebook.windows import EditionTimeline
from projections.figures import figure
from projections.file_breaches import sight_of
from projections.reader import Reader, registered
from projections.visibility import Column, Sight, column_of, row_of, sees_officials

_OF_OFFICIALS = ("linked-finding", "link-cap")
WITHHELD = "linked-findings"  # the label of the one line that stands for them


def unit_score(reader: Reader, unit: str, *, as_of: date, as_known: int, viewer: str = "AUDITOR") -> dict[str, Any]:
    """The answer `score → …` of DESIGN §8; `NotFound` `unknown-subject`, `unknown-unit` or `no-edition`."""
    open_lines = sees_officials(viewer)
    registration = registered(reader, unit, as_known)
    if registration.data["kind"] != "UNIT":
        raise NotFound("the subject is not a unit", code="unknown-unit")
    uid = registration.uid
    timeline = reader.editions(as_known)
    records = records_on(reader, uid, as_of, as_known, timeline)
    findings = findings_for_unit(records)
    outcome = score_of(
        timeline,
        assessment_of(reader, records, as_known),
        promises_of(records, timeline, as_of),
        [finding for finding in findings if finding.own],
        [finding for finding in findings if not finding.own],
        as_of,
    )
    shown = figure(outcome)
    if not open_lines:
        unseen = _unseen(records, timeline, as_of, column_of(viewer))
        shown["lines"] = _withholding(_unnamed(_weighing(shown["lines"], unseen), unseen))
    return {
        "subject": reader.caller_id(uid),
        "uid": uid,
        "name": reader.identity(uid, as_known).get("name"),
        "as_of": as_of.isoformat(),
        "as_known": str(as_known),
        "size": as_known,
        "viewer": viewer,
        "rulebook": outcome.edition,
        **shown,
    }


def _unseen(records: Records, timeline: EditionTimeline, on: date, column: Column) -> frozenset[str]:
    """The findings about the unit of which a viewer sees nothing on the day."""
    return frozenset(
        breach.id
        for breach in records.breaches
        if breach.subject == records.subject
        and sight_of(column, breach, row_of(reads(breach, timeline, on), breach.severity, of_unit=True))
        is Sight.NOTHING
    )


def unseen_entries(reader: Reader, unit: str, *, as_of: date, as_known: int, viewer: str) -> frozenset[int]:
    """The entries of findings about a unit, or about its officials, of which this viewer sees nothing on the day."""
    timeline = reader.editions(as_known)
    records = records_on(reader, registered(reader, unit, as_known).uid, as_of, as_known, timeline)
    own, officials = _unseen(records, timeline, as_of, column_of(viewer)), not sees_officials(viewer)
    return frozenset(
        index
        for breach in records.breaches
        if (breach.id in own if breach.subject == records.subject else officials)
        for index in (*breach.events, *breach.weight_events)
    )


def _weighing(lines: list[dict[str, Any]], unseen: frozenset[str]) -> list[dict[str, Any]]:
    """The lines without those of unseen findings and of officials at 0.00, and none resting on the entries of these."""
    still = [
        line
        for line in lines
        if (line["record"] in unseen or line["label"] in _OF_OFFICIALS) and not Decimal(line["value"])
    ]
    entries = {index for line in still for index in line["events"]}
    return [
        {**line, "events": [index for index in line["events"] if index not in entries]}
        for line in lines
        if line not in still
    ]


def _unnamed(lines: list[dict[str, Any]], unseen: frozenset[str]) -> list[dict[str, Any]]:
    """The lines with those of unseen findings as value and clause, and none resting openly on their entries."""
    entries = {index for line in lines if line["record"] in unseen for index in line["events"]}
    return [
        {**_without(line, entries), "params": {}, "record": None}
        if line["record"] in unseen
        else _without(line, entries)
        for line in lines
    ]


def _withholding(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with those of officials as one, and no line resting openly on an entry about an official."""
    of_officials = [line for line in lines if line["label"] in _OF_OFFICIALS]
    if not of_officials:
        return lines
    nothing = not sum(Decimal(line["value"]) for line in of_officials)
    entries = {index for line in of_officials for index in line["events"]}
    shown: list[dict[str, Any]] = []
    for line in lines:
        if line["label"] not in _OF_OFFICIALS:
            shown.append(_without(line, entries))
        elif line is of_officials[0] and not nothing:
            shown.append(_as_one(of_officials, len(entries)))
    return shown


def _as_one(lines: list[dict[str, Any]], entries: int) -> dict[str, Any]:
    return {
        **lines[0],
        "label": WITHHELD,
        "params": {},
        "value": str(sum((Decimal(line["value"]) for line in lines), Decimal("0.00"))),
        "events": [],
        "events_withheld": entries,
        "record": None,
        "demonstration": any(line["demonstration"] for line in lines),
    }


def _without(line: dict[str, Any], entries: set[int]) -> dict[str, Any]:
    """A limit rests on the entries of the lines it limits; those withheld are counted, not named."""
    withheld = [index for index in line["events"] if index in entries]
    if not withheld:
        return line
    open_events = [index for index in line["events"] if index not in entries]
    return {**line, "events": open_events, "events_withheld": line.get("events_withheld", 0) + len(withheld)}
