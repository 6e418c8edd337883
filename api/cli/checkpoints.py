"""`checkpoint`: the signed head of the log; `sentinel adopt`: a new sentinel in the place of one that is gone."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from api.cli import problems
from api.cli.door import Given, open_door
from api.cli.options import Actor, AsJson, Db, Lang
from api.text.operations import render_acknowledgement

sentinel_app = typer.Typer(invoke_without_command=True)


def checkpoint(
    context: typer.Context,
    access: Annotated[bool, typer.Option("--access")] = False,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    """The note itself on stdout, to be kept, sent or published; with `--json` also what it says."""
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        publisher = ledger.access.publisher if access else ledger.publisher
        published = publisher.publish()
        keys = [key.text for key in publisher.keyring().log_keys(published.checkpoint.size)]
    said = published.checkpoint
    answer = {"origin": said.origin, "size": said.size, "root": said.root.hex(), "note": published.note, "keys": keys}
    if door.as_json:
        door.answer(answer, lambda value, page: None)
        return
    sys.stdout.write(published.note)
    door.note(door.text("text.checkpoint_key", keys=", ".join(keys)))


@sentinel_app.callback()
def sentinel(context: typer.Context) -> None:
    """What the sentinel of a ledger needs of its operator."""
    problems.help_without_command(context)


@sentinel_app.command("adopt")
def adopt(
    context: typer.Context,
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
    from ledger.fsck.head import verify_head
    from ledger.sentinels import adopt_sentinel

    with door.ledger() as ledger:
        verify_head(ledger.store, ledger.origin)
        acknowledgement = adopt_sentinel(ledger, approvers)
    door.answer({"sentinel": "adopted", **asdict(acknowledgement)}, render_acknowledgement)
