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
_SALT = re.compile("[0-9A-Fa-f]{64}")
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


def _view(value: str | None) -> str | None:
    if value is not None and value not in ("file", "score", "check"):
        raise typer.BadParameter("view")
    return value


def _figure(value: str) -> str:
    if value not in ("score", "balance", "check"):
        raise typer.BadParameter("figure")
    return value


def _level(value: str | None) -> str | None:
    if value is not None and value != "witnessed":
        raise typer.BadParameter("level")
    return value


def _salt(value: str | None) -> str | None:
    if value is not None and not _SALT.fullmatch(value):
        raise typer.BadParameter("salt")
    return value


def _new_file(value: Path | None) -> Path | None:
    """A file to write: what is there already is never written over."""
    if value is not None and (value.exists() or not value.parent.is_dir()):
        raise typer.BadParameter("new-file")
    return value


Db = Annotated[str | None, typer.Option("--db", metavar="URL", callback=_database)]
AsJson = Annotated[bool, typer.Option("--json")]
Lang = Annotated[str | None, typer.Option("--lang", metavar="zh|en", callback=_language)]
Actor = Annotated[str | None, typer.Option("--actor", metavar="ID")]

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", callback=_day)]
AsKnown = Annotated[str | None, typer.Option("--as-known", metavar="DATE|TIME|SIZE", callback=_moment)]
Viewer = Annotated[str, typer.Option("--viewer", metavar="ROLE", callback=_role)]
Unit = Annotated[str | None, typer.Option("--unit", metavar="U")]
BreakGlass = Annotated[str | None, typer.Option("--break-glass", metavar="ID")]
Purpose = Annotated[str | None, typer.Option("--purpose", metavar="P", callback=_purpose)]

TokenHolder = Annotated[str, typer.Option("--actor", metavar="ID")]
TokenRole = Annotated[str, typer.Option("--role", metavar="ROLE", callback=_token_role)]
TokenUnit = Annotated[str | None, typer.Option("--unit", metavar="U")]
TokenDays = Annotated[int, typer.Option("--days", metavar="N")]

OfSubject = Annotated[str | None, typer.Option("--subject", metavar="SUBJECT")]
OfUnit = Annotated[str | None, typer.Option("--unit", metavar="UNIT")]
ViewersUnit = Annotated[str | None, typer.Option("--viewer-unit", metavar="UNIT")]
RoleSteps = Annotated[str | None, typer.Option("--role", metavar="ROLE", callback=_role)]

CutOff = Annotated[str | None, typer.Option("--to", metavar="DATE|TIME|SIZE", callback=_moment)]
OnDay = Annotated[str | None, typer.Option("--on", metavar="DATE", callback=_day)]
FromDay = Annotated[str | None, typer.Option("--from", metavar="DATE", callback=_day)]
ToDay = Annotated[str | None, typer.Option("--to", metavar="DATE", callback=_day)]
FromAsOf = Annotated[str | None, typer.Option("--from-as-of", metavar="DATE", callback=_day)]
FromAsKnown = Annotated[str | None, typer.Option("--from-as-known", metavar="DATE|TIME|SIZE", callback=_moment)]
ToAsOf = Annotated[str | None, typer.Option("--to-as-of", metavar="DATE", callback=_day)]
ToAsKnown = Annotated[str | None, typer.Option("--to-as-known", metavar="DATE|TIME|SIZE", callback=_moment)]
View = Annotated[str | None, typer.Option("--view", metavar="file|score|check", callback=_view)]
Figure = Annotated[str, typer.Argument(metavar="score|balance|check", callback=_figure)]
NewFile = Annotated[Path | None, typer.Option("--out", metavar="FILE", callback=_new_file)]
ExistingFile = Annotated[Path, typer.Argument(metavar="FILE", callback=_existing)]
ExistingFiles = Annotated[list[Path] | None, typer.Argument(metavar="FILE", callback=_all_existing)]
ExistingPaths = Annotated[list[Path], typer.Argument(metavar="FILE|DIR", callback=_all_existing)]
OptionalFile = Annotated[Path | None, typer.Option("--from-history", metavar="FILE", callback=_existing)]
EntryFile = Annotated[Path | None, typer.Option("--entry", metavar="FILE", callback=_existing)]
StatusListFile = Annotated[Path | None, typer.Option("--status-list", metavar="FILE", callback=_existing)]
VerifyDay = Annotated[str | None, typer.Option("--now", metavar="DATE", callback=_day)]
SubjectId = Annotated[str | None, typer.Option("--subject-id", metavar="ID")]
Salt = Annotated[str | None, typer.Option("--salt", metavar="HEX", callback=_salt)]
HeldCheckpoints = Annotated[list[Path] | None, typer.Option("--checkpoint", metavar="FILE", callback=_all_existing)]
TrustedKeys = Annotated[list[str] | None, typer.Option("--key", metavar="VKEY|FILE")]
WitnessKeys = Annotated[list[str] | None, typer.Option("--witness", metavar="VKEY|FILE")]
Quorum = Annotated[int, typer.Option("--quorum", metavar="N", min=1)]
Required = Annotated[str | None, typer.Option("--require", metavar="witnessed", callback=_level)]
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
