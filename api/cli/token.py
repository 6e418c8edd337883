"""`token`: secrets that stand for a viewer. A new one is printed once; what lies in the ledger cannot give it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import problems
from api.cli.door import Given, open_door
from api.cli.options import Actor, AsJson, Db, Lang, TokenDays, TokenHolder, TokenRole, TokenUnit
from api.text.tokens import render_revoked, render_token, render_tokens
from ledger.access import Viewer
from ledger.clock import format_time

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.tokens import Token

DAYS = 90

app = typer.Typer(invoke_without_command=True)


@app.callback()
def token(context: typer.Context) -> None:
    """Tokens, issued and revoked by the operator."""
    problems.help_without_command(context)


@app.command("issue")
def issue(
    context: typer.Context,
    holder: TokenHolder,
    role: TokenRole,
    holder_unit: TokenUnit = None,
    days: TokenDays = DAYS,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang))
    with door.ledger() as ledger:
        from ledger.tokens import Tokens

        secret, made = Tokens(ledger).issue(Viewer(holder, role, holder_unit), days=days)
        now = ledger.clock()
    door.answer({"secret": secret, "token": token_as_json(made, now)}, render_token)


@app.command("list")
def list_tokens(
    context: typer.Context, db: Db = None, as_json: AsJson = False, lang: Lang = None, actor: Actor = None
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from ledger.tokens import Tokens

        tokens, now = Tokens(ledger).list(), ledger.clock()
    door.answer({"tokens": [token_as_json(one, now) for one in tokens]}, render_tokens)


@app.command("revoke")
def revoke(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(metavar="ID")],
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from ledger.tokens import Tokens

        Tokens(ledger).revoke(token_id)
    door.answer({"revoked": token_id}, render_revoked)


def token_as_json(token: Token, now: datetime) -> dict[str, Any]:
    """A token for whoever runs the ledger; of its secret nothing is known."""
    state = "REVOKED" if token.revoked_at is not None else "EXPIRED" if now >= token.expires_at else "VALID"
    return {
        "id": token.id,
        "actor": token.viewer.actor,
        "role": token.viewer.role,
        "unit": token.viewer.unit,
        "issued_at": format_time(token.issued_at),
        "expires_at": format_time(token.expires_at),
        "revoked_at": None if token.revoked_at is None else format_time(token.revoked_at),
        "state": state,
    }
