"""The options that every command takes, and those of the commands that read, each checked as it comes in.

A value that cannot be used is a usage error that names the option and what is expected, never the value.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from api.text.catalogue import VOCABULARY, table
from ledger.clock import parse_time
from ledger.errors import Invalid
from ledger.storage.address import POSTGRES, SQLITE, is_address

if TYPE_CHECKING:
    from ledger.application import Ledger

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LANGUAGES = ("zh", "en")


def _day(value: str | None) -> str | None:
    if value is not None and not _is_day(value):
        raise typer.BadParameter("day")
    return value


def _is_day(value: str) -> bool:
    if not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _moment(value: str | None) -> str | None:
    """A size, a day, or a time with offset (DESIGN §6). Whether the ledger is that long is for the ledger to say."""
    if value is None or (value.isascii() and value.isdigit()) or _is_day(value):
        return value
    try:
        parse_time(value)
    except Invalid:
        raise typer.BadParameter("moment") from None
    return value


def _size(value: str | None) -> str | None:
    if value is not None and not (value.isascii() and value.isdigit()):
        raise typer.BadParameter("size")
    return value


def _one_of(group: str, key: str, value: str | None) -> str | None:
    choices = table(VOCABULARY)[group]
    if value is not None and value.upper() not in choices:
        raise typer.BadParameter(f"{key}|{', '.join(choices)}")
    return None if value is None else value.upper()


def _role(value: str | None) -> str | None:
    return _one_of("role", "role", value)


def _token_role(value: str | None) -> str | None:
    """The roles that a token may have: nobody signs in as the system, and the public needs no token."""
    choices = [role for role in table(VOCABULARY)["role"] if role not in ("SYSTEM", "PUBLIC")]
    if value is not None and value.upper() not in choices:
        raise typer.BadParameter(f"role|{', '.join(choices)}")
    return None if value is None else value.upper()


def _purpose(value: str | None) -> str | None:
    return _one_of("purpose", "purpose", value)


def _language(value: str | None) -> str | None:
    if value is not None and value.lower() not in _LANGUAGES:
        raise typer.BadParameter("language")
    return None if value is None else value.lower()


def _database(value: str | None) -> str | None:
    if value is not None and (not is_address(value) or value in (SQLITE, *POSTGRES)):
        raise typer.BadParameter("database")
    return value


def _existing(value: Path | None) -> Path | None:
    if value is not None and not value.exists():
        raise typer.BadParameter("no-file")
    return value


def _all_existing(values: list[Path] | None) -> list[Path] | None:
    for value in values or []:
        _existing(value)
    return values


Db = Annotated[str | None, typer.Option("--db", metavar="URL", callback=_database)]
AsJson = Annotated[bool, typer.Option("--json")]
Lang = Annotated[str | None, typer.Option("--lang", metavar="zh|en", callback=_language)]
Actor = Annotated[str | None, typer.Option("--actor", metavar="ID")]

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", callback=_day)]
AsKnown = Annotated[str | None, typer.Option("--as-known", metavar="DATE|TIME|SIZE", callback=_moment)]
Viewer = Annotated[str, typer.Option("--viewer", metavar="ROLE", callback=_role)]
Unit = Annotated[str | None, typer.Option("--unit", metavar="U")]
Purpose = Annotated[str | None, typer.Option("--purpose", metavar="P", callback=_purpose)]

TokenHolder = Annotated[str, typer.Option("--actor", metavar="ID")]
TokenRole = Annotated[str, typer.Option("--role", metavar="ROLE", callback=_token_role)]
TokenUnit = Annotated[str | None, typer.Option("--unit", metavar="U")]
TokenDays = Annotated[int, typer.Option("--days", metavar="N")]

Size = Annotated[str | None, typer.Option("--to", metavar="SIZE", callback=_size)]
ExistingFile = Annotated[Path, typer.Argument(metavar="FILE", callback=_existing)]
ExistingPaths = Annotated[list[Path], typer.Argument(metavar="FILE|DIR", callback=_all_existing)]
OptionalFile = Annotated[Path | None, typer.Option("--from-history", metavar="FILE", callback=_existing)]
OptionalFiles = Annotated[list[Path] | None, typer.Option("--rulebook", metavar="FILE", callback=_all_existing)]


def size_known(context: typer.Context, ledger: Ledger, value: str | None, name: str = "as_known") -> int:
    """The size an option stands for; one that the ledger has not is a usage error of that option, as any other."""
    try:
        return ledger.resolve_as_known(value)
    except Invalid as error:
        option = next(parameter for parameter in context.command.params if parameter.name == name)
        key = "beyond" if error.code == "size-out-of-range" else "moment"
        raise typer.BadParameter(key, ctx=context, param=cast("Any", option)) from error


def day_of_option(value: str | None) -> date | None:
    """The day of an option that `_day` has let through."""
    return None if value is None else date.fromisoformat(value)
