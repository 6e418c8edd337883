"""`outbox`: how the targets of notices stand, trying anew what was given up, and forgetting a target.

All of it goes to the outbox's own file, whether a server runs or not; nothing is sent from here.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.cli import problems
from api.cli.door import Door, Given, open_door
from api.cli.options import Actor, AsJson, Db, Lang
from api.text.outbox import render_forgotten, render_outbox, render_resumed

app = typer.Typer(invoke_without_command=True)


@app.callback()
def outbox(context: typer.Context) -> None:
    """The outbox of notices."""
    problems.help_without_command(context)


@app.command("list")
def list_targets(
    context: typer.Context, db: Db = None, as_json: AsJson = False, lang: Lang = None, actor: Actor = None
) -> None:
    from api.outbox.backlog import standings, undeliverables

    door = open_door(context, Given(db, as_json, lang, actor))
    file = _file(door)
    targets, left = standings(file), undeliverables(file)
    door.answer({"targets": list(map(asdict, targets)), "undeliverable": list(map(asdict, left))}, render_outbox)


@app.command("resume")
def resume(
    context: typer.Context,
    outbox_target: Annotated[str, typer.Argument(metavar="TARGET")],
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    from api.outbox.backlog import resume as try_anew

    door = open_door(context, Given(db, as_json, lang, actor))
    door.answer({"target": outbox_target, "resumed": try_anew(_file(door), outbox_target)}, render_resumed)


@app.command("forget")
def forget(
    context: typer.Context,
    outbox_target: Annotated[str, typer.Argument(metavar="TARGET")],
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    from api.outbox.backlog import forget as forget_it

    door = open_door(context, Given(db, as_json, lang, actor))
    door.answer({"target": outbox_target, "forgotten": forget_it(_file(door), outbox_target)}, render_forgotten)


def _file(door: Door) -> Path:
    from api.outbox.channels import place_of
    from api.settings import Settings

    return place_of(Settings(), door.url)
