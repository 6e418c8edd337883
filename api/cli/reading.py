"""`file`, `score`, `check` and `access-log`: one answer each, on a day, as known at a moment.

What is a person's record is printed after the look at it is recorded; a unit's score is none.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.door import Given, open_door
from api.cli.looks import look_at_access_log, look_at_check, look_at_file, refusals_kept
from api.cli.options import (
    Actor,
    AsJson,
    AsKnown,
    AsOf,
    BreakGlass,
    Db,
    Lang,
    Purpose,
    Unit,
    Viewer,
    day_of_option,
    size_known,
)
from api.text.access_log import render_access_log
from api.text.check import render_check
from api.text.integrity_file import render_file
from api.text.unit_score import render_score
from ledger.access import Viewer as Looking
from ledger.clock import day_of, utc_now

if TYPE_CHECKING:
    from ledger.application import Ledger

AUDITOR = "AUDITOR"


def file(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT")],
    as_of: AsOf = None,
    as_known: AsKnown = None,
    viewer: Viewer = AUDITOR,
    unit: Unit = None,
    purpose: Purpose = None,
    break_glass: BreakGlass = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from projections.break_glass import glass_of, require_now
        from projections.integrity_file import integrity_file

        who = Looking(door.actor, viewer, unit)
        uid = ledger.uid("subject", subject)
        with refusals_kept(ledger, who, uid):
            on, known = day_or_today(as_of), size_known(context, ledger, as_known)
            glass = None if break_glass is None else glass_of(ledger, who, uid or "", break_glass, ledger.now())
            if glass is not None:
                known = ledger.size if as_known is None else known
                require_now(ledger, on, known)
            answer = integrity_file(
                ledger,
                subject,
                as_of=on,
                as_known=known,
                viewer=viewer,
                unit=unit,
                purpose=glass.ground if glass is not None and purpose is None else purpose,
                glass=glass,
            )
        look_at_file(ledger, who, answer)
    door.answer(as_asked(answer, as_known), render_file)


def score(
    context: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="UNIT")],
    as_of: AsOf = None,
    as_known: AsKnown = None,
    viewer: Viewer = AUDITOR,
    viewers_unit: Unit = None,
    purpose: Purpose = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    """`--unit` and `--purpose` are taken as everywhere; a score is the same to every unit and for every purpose."""
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from projections.unit_score import unit_score

        known = size_known(context, ledger, as_known)
        answer = unit_score(ledger, unit, as_of=day_or_today(as_of), as_known=known, viewer=viewer)
    door.answer({**as_asked(answer, as_known), "purpose": purpose}, render_score)


def check(
    context: typer.Context,
    check: Annotated[str, typer.Argument(metavar="CHECK")],
    as_of: AsOf = None,
    as_known: AsKnown = None,
    viewer: Viewer = AUDITOR,
    unit: Unit = None,
    purpose: Purpose = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        who = Looking(door.actor, viewer, unit)
        with refusals_kept(ledger, who, ledger.uid("check", check)):
            known = str(size_known(context, ledger, as_known))
            answer = read_check(ledger, check, as_of, known, who)
        look_at_check(ledger, who, answer, purpose)
    door.answer(as_asked(answer, as_known), render_check)


def access_log(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT")],
    viewer: Viewer = AUDITOR,
    unit: Unit = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from projections.access_log import access_log as read

        answer = read(ledger, subject, viewer_role=viewer, today=day_of(utc_now()))
        look_at_access_log(ledger, Looking(door.actor, viewer, unit), answer["uid"])
    door.answer(answer, render_access_log)


def read_check(
    ledger: Ledger,
    check_id: str,
    as_of: str | None,
    as_known: str | None,
    who: Looking,
) -> dict[str, Any]:
    """The check, each hit with the predicate of its rule, so that a page can put it into words."""
    from projections import eligibility

    on, known, units = day_or_today(as_of), ledger.resolve_as_known(as_known), units_named(ledger, who)
    answer = eligibility.check(ledger, check_id, as_of=on, as_known=known, viewer=who.role, units=units)
    return eligibility.with_rules(ledger, answer)


def units_named(ledger: Ledger, who: Looking) -> frozenset[str] | None:
    """The unit of `--unit` and all it stands for; None without it, when any is the viewer's."""
    from api.acting import units_of

    return None if who.unit is None else units_of(ledger, who)


def day_or_today(value: str | None) -> date:
    """The day of `--as-of`, today in +08:00 without it."""
    return day_of_option(value) or day_of(utc_now())


def as_asked(answer: dict[str, Any], as_known: str | None) -> dict[str, Any]:
    """The answer with `as_known` as it was asked for; `size` says what it came to."""
    return answer if as_known is None else {**answer, "as_known": as_known}
