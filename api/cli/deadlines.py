"""`deadlines`: what is waited for on a day, of a subject, of a unit, of a role or in the whole ledger.

It names people's records, so it is a look at everybody on the list.
"""

from __future__ import annotations

import typer

from api.cli.door import Given, open_door
from api.cli.looks import look_at_people
from api.cli.options import (
    Actor,
    AsJson,
    AsKnown,
    AsOf,
    Db,
    Lang,
    OfSubject,
    OfUnit,
    RoleSteps,
    Viewer,
    ViewersUnit,
    size_known,
)
from api.cli.reading import AUDITOR, as_asked, day_or_today
from api.text.deadlines import render_deadlines
from ledger.access import Viewer as Looking
from ledger.domain.access import Scope

PURPOSE = {AUDITOR: "AUDIT"}


def deadlines(
    context: typer.Context,
    of_subject: OfSubject = None,
    of_unit: OfUnit = None,
    role_steps: RoleSteps = None,
    as_of: AsOf = None,
    as_known: AsKnown = None,
    viewer: Viewer = AUDITOR,
    viewers_unit: ViewersUnit = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    """Without a subject or unit the whole ledger's; `--role` leaves those of one role. HR sees the checks that its
    unit requested, the sanctions that it imposed and those of its people."""
    if of_subject is not None and of_unit is not None:
        raise typer.BadParameter("one-of-them")
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from api.acting import units_of
        from projections.deadlines import HIDDEN_LOOKS, Asked, people_of
        from projections.deadlines import deadlines as read

        whose = of_subject or of_unit
        uid = None if whose is None or viewer not in HIDDEN_LOOKS else ledger.uid("subject", whose)
        looks = () if uid is None else ledger.access.looks_at(uid)
        who = Looking(door.actor, viewer, viewers_unit)
        asked = Asked(viewer=viewer, subject=whose, role=role_steps, looks=looks, unit=units_of(ledger, who))
        known = size_known(context, ledger, as_known)
        answer = read(ledger, as_of=day_or_today(as_of), as_known=known, asked=asked)
        people = people_of(ledger, answer)
        look_at_people(ledger, who, people, Scope.DEADLINES, PURPOSE.get(viewer))
    door.answer(as_asked(answer, as_known), render_deadlines)
