"""`diff`: what was known of a subject or a check at one moment, against another; a look at both answers.

`--on DAY` asks what was known at the end of a day about that day, against what is known about it now. A person is
compared by the file, a unit by its score, a check by itself; `--view` says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from api.cli.door import Given, open_door
from api.cli.looks import look_at_check, look_at_entries_of, look_at_file, refusals_kept
from api.cli.options import (
    Actor,
    AsJson,
    Db,
    FromAsKnown,
    FromAsOf,
    Lang,
    OnDay,
    Purpose,
    ToAsKnown,
    ToAsOf,
    Unit,
    View,
    Viewer,
    size_known,
)
from api.cli.reading import AUDITOR, day_or_today, units_named
from api.text.difference import render_difference
from ledger.access import Viewer as Looking
from ledger.errors import NotFound

if TYPE_CHECKING:
    from ledger.application import Ledger
    from projections.difference import At

FILE, SCORE, CHECK = "file", "score", "check"
_HEADING: Final = ("check", "subject", "subject_uid", "uid", "name", "kind", "viewer", "purpose")


def diff(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="SUBJECT|UNIT|CHECK")],
    on: OnDay = None,
    from_as_of: FromAsOf = None,
    from_as_known: FromAsKnown = None,
    to_as_of: ToAsOf = None,
    to_as_known: ToAsKnown = None,
    view: View = None,
    viewer: Viewer = AUDITOR,
    unit: Unit = None,
    purpose: Purpose = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    """Without an option of its own the second moment is now, and the first knows everything."""
    if on is None and from_as_of is None and from_as_known is None:
        raise typer.BadParameter("first-moment")
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from projections.difference import At

        first_known = from_as_known or on
        first = At(day_or_today(from_as_of or on), size_known(context, ledger, first_known, "from_as_known"))
        second = At(day_or_today(to_as_of or on), size_known(context, ledger, to_as_known, "to_as_known"))
        who = Looking(door.actor, viewer, unit)
        compared = Compared(ledger, record, view or _view_of(ledger, record), who, purpose)
        with refusals_kept(ledger, who, compared.uid):
            answer = compared.between(first, second)
        compared.look(first, second, answer)
    for moment, said in (("from", first_known), ("to", to_as_known)):
        answer[moment] |= {} if said is None else {"as_known": said}
    door.answer(answer, render_difference)


def _view_of(ledger: Ledger, record: str) -> str:
    """By what a record is compared: a subject before a check of the same id."""
    uid = ledger.uid("subject", record)
    if uid is not None:
        return SCORE if ledger.kind_of(uid).value == "UNIT" else FILE
    return CHECK


class Compared:
    """One record, read in one way at any moment; the answers of both moments are kept for the access log."""

    def __init__(self, ledger: Ledger, record: str, view: str, who: Looking, purpose: str | None) -> None:
        self._ledger, self._record, self._view, self._who, self._purpose = ledger, record, view, who, purpose
        self._seen: dict[tuple[date, int], dict[str, Any]] = {}
        self.uid = ledger.uid(CHECK if view == CHECK else "subject", record)

    def _ask(self, on: date, size: int) -> dict[str, Any]:
        from projections.eligibility import check
        from projections.integrity_file import integrity_file
        from projections.unit_score import unit_score

        role, unit, units = self._who.role, self._who.unit, units_named(self._ledger, self._who)
        read: dict[str, Callable[[], dict[str, Any]]] = {
            FILE: lambda: integrity_file(
                self._ledger, self._record, as_of=on, as_known=size, viewer=role, unit=unit, purpose=self._purpose
            ),
            SCORE: lambda: unit_score(self._ledger, self._record, as_of=on, as_known=size, viewer=role),
            CHECK: lambda: check(self._ledger, self._record, as_of=on, as_known=size, viewer=role, units=units),
        }
        answer = read[self._view]()
        self._seen[on, size] = answer
        return answer

    def between(self, first: At, second: At) -> dict[str, Any]:
        """The difference, with what it is about."""
        from projections.difference import difference
        from projections.visibility import sees_officials

        if self.uid is None:
            raise NotFound("no such subject and no such check", code="unknown-subject")
        everything = sees_officials(self._who.role) if self._view == SCORE else self._who.role == AUDITOR
        found = difference(self._ledger, self._ask, self._about(), first, second, all_entries=everything)
        heading = {name: value for name, value in self._seen[second.as_of, second.as_known].items() if name in _HEADING}
        return {"view": self._view, **heading, **found}

    def _about(self) -> str:
        """The subject whose entries move the answer."""
        if self._view != CHECK:
            return str(self.uid)
        entries = self._ledger.stream(f"{CHECK}/{self.uid}", self._ledger.size)
        return str(entries[0].data["subject_id"])

    def look(self, first: At, second: At, answer: dict[str, Any]) -> None:
        """Record what was read: both answers, or for a score those whose entries are named."""
        if self._view == SCORE:
            look_at_entries_of(self._ledger, self._who, [entry["index"] for entry in answer["entries"]])
            return
        for at in dict.fromkeys((first, second)):
            seen = self._seen.get((at.as_of, at.as_known))
            if seen is not None and self._view == FILE:
                look_at_file(self._ledger, self._who, seen)
            elif seen is not None:
                look_at_check(self._ledger, self._who, seen, self._purpose)
