"""`ranking`: the published ranking of units on a day, as known at a moment. It names no person, so it is no look."""

from __future__ import annotations

import typer

from api.cli.door import Given, open_door
from api.cli.options import Actor, AsJson, AsKnown, AsOf, Db, Lang, Purpose, Unit, Viewer, size_known
from api.cli.reading import AUDITOR, as_asked, day_or_today
from api.text.ranking import render_ranking


def ranking(
    context: typer.Context,
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
    """`--viewer`, `--unit` and `--purpose` are taken as everywhere; a ranking is the same to everybody."""
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from projections.ranking import ranking as read

        known = size_known(context, ledger, as_known)
        answer = read(ledger, as_of=day_or_today(as_of), as_known=known)
    door.answer({**as_asked(answer, as_known), "viewer": viewer, "purpose": purpose}, render_ranking)
