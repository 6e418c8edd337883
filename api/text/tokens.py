"""Tokens for the operator: a new secret, shown this once, and the list of those there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.text.page import Page, moment
from ledger.clock import day_of, parse_time


def render_token(answer: Mapping[str, Any], page: Page) -> None:
    """Write a new token with its secret."""
    text, token = page.text, answer["token"]
    page.title(text("page.token"))
    page.facts(
        [
            (text("folio.secret"), answer["secret"]),
            (text("column.id"), token["id"]),
            (text("column.holder"), token["actor"]),
            (text("column.role"), text.word("role", str(token["role"]))),
            (text("column.unit"), token["unit"]),
            (text("column.expires_on"), moment(token["expires_at"])),
        ]
    )
    page.emit()
    page.say(text("text.secret_once"), "wait")


def render_tokens(answer: Mapping[str, Any], page: Page) -> None:
    """Write the list of tokens, oldest first."""
    text, tokens = page.text, answer["tokens"]
    page.title(text("page.tokens"))
    page.emit()
    if not tokens:
        page.say(text("empty.tokens"), "closed", indent=2)
        return
    names = ("id", "holder", "role", "unit", "expires_on", "state")
    page.table(
        [(text(f"column.{name}"), False) for name in names],
        [
            [
                token["id"],
                token["actor"],
                text.word("role", str(token["role"])),
                token["unit"] or "",
                _day(str(token["expires_at"])),
                text.state("token", str(token["state"])),
            ]
            for token in tokens
        ],
    )


def _day(moment: str) -> str:
    return day_of(parse_time(moment)).isoformat()


def render_revoked(answer: Mapping[str, Any], page: Page) -> None:
    """Write that a token stands for nobody any more."""
    text = page.text
    page.title(text("page.token"), answer["revoked"])
    page.say(text("text.token_revoked"), "kept")
