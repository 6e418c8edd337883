"""`file`, `score` and `check`: one answer each, on a day, as known at a moment."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from api.cli.door import Door, Given, open_door
from api.cli.options import Actor, AsJson, AsKnown, AsOf, Db, Lang, Purpose, Unit, Viewer, day_of_option
from api.text.check import render_check
from api.text.integrity_file import render_file
from api.text.unit_score import render_score
from ledger.clock import day_of, utc_now

AUDITOR = "AUDITOR"


def file(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT")],
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
        from projections.integrity_file import integrity_file

        answer = integrity_file(
            ledger,
            subject,
            as_of=day_or_today(as_of),
            as_known=ledger.resolve_as_known(as_known),
            viewer=viewer,
            unit=unit,
            purpose=purpose,
        )
    door.answer(as_asked(answer, as_known), render_file)


def score(
    context: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="UNIT")],
    as_of: AsOf = None,
    as_known: AsKnown = None,
    viewer: Viewer = AUDITOR,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from projections.unit_score import unit_score

        known = ledger.resolve_as_known(as_known)
        answer = unit_score(ledger, unit, as_of=day_or_today(as_of), as_known=known, viewer=viewer)
    door.answer(as_asked(answer, as_known), render_score)


def check(
    context: typer.Context,
    check: Annotated[str, typer.Argument(metavar="CHECK")],
    as_of: AsOf = None,
    as_known: AsKnown = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    answer = read_check(door, check, as_of, as_known)
    door.answer(as_asked(answer, as_known), render_check)


def read_check(door: Door, check_id: str, as_of: str | None, as_known: str | None) -> dict[str, Any]:
    """The check, each hit with the predicate of its rule, so that a page can put it into words."""
    with door.ledger() as ledger:
        from projections.eligibility import check as read

        known = ledger.resolve_as_known(as_known)
        answer = read(ledger, check_id, as_of=day_or_today(as_of), as_known=known)
        if answer["evaluated_size"] is None:
            return answer
        edition = ledger.editions(answer["evaluated_size"]).on(date.fromisoformat(answer["evaluated_on"]))
        rules = {rule.id: rule.when.value for rule in edition.eligibility}
        return {
            **answer,
            "hits": [{**hit, "when": rules.get(hit["rule"])} for hit in answer["hits"]],
            "demonstration": any(rule.authority.demonstration for rule in edition.eligibility),
        }


def day_or_today(value: str | None) -> date:
    """The day of `--as-of`, today in +08:00 without it."""
    return day_of_option(value) or day_of(utc_now())


def as_asked(answer: dict[str, Any], as_known: str | None) -> dict[str, Any]:
    """The answer with `as_known` as it was asked for; `size` says what it came to."""
    return answer if as_known is None else {**answer, "as_known": as_known}
