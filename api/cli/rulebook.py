"""`rulebook adopt`: an edition comes into force by an entry that carries its digest and names who approved it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.cli.door import Given, open_door
from api.cli.options import Actor, AsJson, Db, ExistingFile, Lang
from api.text.operations import render_acknowledgement

app = typer.Typer(no_args_is_help=True)


@app.callback()
def rulebook() -> None:
    """Editions of the rulebook; a group of its own so that `simulate` can stand beside `adopt`."""


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
    data = file.read_bytes()
    from ledger.rulebook.edition import parse_edition

    edition = parse_edition(data)
    with door.ledger() as ledger:
        acknowledgement = ledger.adopt(data, approvers, actor=door.actor)
    door.answer({"rulebook": edition.id, **asdict(acknowledgement)}, render_acknowledgement)
