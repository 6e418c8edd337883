"""`trace`: from a figure to its lines, from a line to its clauses and to the entries it rests on.

It names entries of the people a figure rests on, so it is a look: at the file, at the check, or at whoever the entries
of a score concern.
"""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.door import Given, open_door
from api.cli.looks import look_at_check, look_at_entries_of, look_at_file, refusals_kept
from api.cli.options import Actor, AsJson, AsKnown, AsOf, Db, Figure, Lang, size_known
from api.cli.reading import AUDITOR, as_asked, day_or_today
from api.text.trace import render_trace
from ledger.access import Viewer
from ledger.log.chain import leaf_hash

PURPOSE = "AUDIT"


def trace(
    context: typer.Context,
    figure: Figure,
    record: Annotated[str, typer.Argument(metavar="UNIT|SUBJECT|CHECK")],
    line: Annotated[str | None, typer.Argument(metavar="LINE")] = None,
    as_of: AsOf = None,
    as_known: AsKnown = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    """For the auditor: nothing of what a figure rests on is withheld."""
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from projections.trace import Trace

        who = Viewer(door.actor, AUDITOR)
        traced = Trace(ledger, lambda index: leaf_hash(ledger.store.entry(index).state))
        ask = {"score": traced.score, "balance": traced.balance, "check": traced.check}[figure]
        with refusals_kept(ledger, who, ledger.uid("check" if figure == "check" else "subject", record)):
            known = size_known(context, ledger, as_known)
            answer = ask(record, as_of=day_or_today(as_of), as_known=known, only=line)
        if figure == "score":
            rests_on = [entry["index"] for one in answer["lines"] for entry in one["entries"]]
            look_at_entries_of(ledger, who, rests_on, PURPOSE)
        elif figure == "balance":
            look_at_file(ledger, who, {**answer, "purpose": PURPOSE})
        else:
            look_at_check(ledger, who, answer, PURPOSE)
    door.answer(as_asked(answer, as_known), render_trace)
