"""`key …`: the ledger's signing keys and the keys of units: listed, introduced, succeeded, retired, revoked."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import problems
from api.cli.door import Door, Given, open_door
from api.cli.options import Actor, AsJson, Db, Lang
from api.text.operations import render_acknowledgement, render_keys

if TYPE_CHECKING:
    from ledger.keyring import KnownKey

app = typer.Typer(invoke_without_command=True)


@app.callback()
def key(context: typer.Context) -> None:
    """Keys that the ledger's own entries speak of."""
    problems.help_without_command(context)


@app.command("list")
def list_keys(
    context: typer.Context, db: Db = None, as_json: AsJson = False, lang: Lang = None, actor: Actor = None
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        found = [_shown(known) for known in ledger.publisher.keyring().all()]
    door.answer({"keys": found}, render_keys)


@app.command("rotate")
def rotate(
    context: typer.Context, db: Db = None, as_json: AsJson = False, lang: Lang = None, actor: Actor = None
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    from ledger.key_events import rotate_signing_key

    with door.ledger() as ledger:
        known = rotate_signing_key(ledger)
    door.answer({"keys": [_shown(known)]}, render_keys)


@app.command("retire")
def retire(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="KEY")],
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    _end(open_door(context, Given(db, as_json, lang, actor)), key_id, None)


@app.command("revoke")
def revoke(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="KEY")],
    key_since: Annotated[int, typer.Option("--since", metavar="SIZE", min=0)],
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    _end(open_door(context, Given(db, as_json, lang, actor)), key_id, key_since)


def _end(door: Door, key_id: str, since: int | None) -> None:
    from ledger.key_events import end_key

    with door.ledger() as ledger:
        acknowledgement = end_key(ledger, key_id, revoked_since=since)
    door.answer({"key": key_id, **asdict(acknowledgement)}, render_acknowledgement)


@app.command("introduce")
def introduce(
    context: typer.Context,
    key_unit: Annotated[str, typer.Option("--unit", metavar="U")],
    vkey: Annotated[str, typer.Option("--vkey", metavar="VKEY")],
    proof: Annotated[str, typer.Option("--proof", metavar="BASE64")],
    required: Annotated[bool, typer.Option("--required")] = False,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    from ledger.key_events import introduce_actor_key

    try:
        shown = base64.b64decode(proof, validate=True)
    except ValueError:
        raise typer.BadParameter("base64") from None
    with door.ledger() as ledger:
        acknowledgement = introduce_actor_key(ledger, key_unit, vkey, shown, required=required)
    door.answer({"unit": key_unit, **asdict(acknowledgement)}, render_acknowledgement)


def _shown(known: KnownKey) -> dict[str, Any]:
    return {
        "key": known.vkey.id,
        "purpose": known.purpose,
        "vkey": known.text,
        "unit": known.unit,
        "required": known.binds_from is not None,
        "introduced": known.introduced,
        "ended": known.ended,
        "since": known.since,
    }
