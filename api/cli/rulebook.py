"""`rulebook adopt`: an edition comes into force by an entry that carries its digest and names who approved it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.cli import problems
from api.cli.door import Given, open_door
from api.cli.lists import keep_up
from api.cli.options import Actor, AsJson, Db, ExistingFile, Lang
from api.text.operations import render_acknowledgement

app = typer.Typer(invoke_without_command=True)


@app.callback()
def rulebook(context: typer.Context) -> None:
    """Editions of the rulebook; a group of its own so that `simulate` can stand beside `adopt`."""
    problems.help_without_command(context)


@app.command("adopt")
def adopt(
    context: typer.Context,
    file: ExistingFile,
    approver: Annotated[list[str] | None, typer.Option("--approver", metavar="A")] = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    approvers = list(dict.fromkeys(approver or []))
    if len(approvers) < 2:
        raise typer.BadParameter("two-approvers")
    door = open_door(context, Given(db, as_json, lang, actor))
    from ledger.errors import Refused
    from ledger.line import Line, LineActor
    from ledger.rulebook.edition import parse_edition

    content = file.read_bytes()
    with door.ledger() as ledger:
        edition = parse_edition(content)
        known = ledger.by_type("RulebookActivated", ledger.size)
        if any(entry.data["rulebook_id"] == edition.id for entry in known):
            raise Refused("this edition was adopted before", code="already-adopted")
        data = {"rulebook_id": edition.id, "approvers": approvers}
        line = Line("RulebookActivated", edition.effective_on, LineActor(door.actor, "CREDIT"), data)
        acknowledgement = ledger.submit(line, documents=[content])
        keep_up(ledger)
    door.answer({"rulebook": edition.id, **asdict(acknowledgement)}, render_acknowledgement)
