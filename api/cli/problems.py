"""How a command ends that does not succeed: its exit status and its sentence, without repeating what was given.

The ledger knows codes and groups, the command line knows statuses (DESIGN §8). People get one sentence in their
language on stderr, programs get `{"error": {…}}` there; stdout stays for data.
"""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any, Final

import typer

from api.text.catalogue import Text
from ledger.errors import Group, LedgerError

OK: Final = 0
UNEXPECTED: Final = 1
USAGE: Final = 2
REFUSED: Final = 3
NOT_FOUND: Final = 4
CONFLICT: Final = 5
TAMPERED: Final = 6
INCOMPLETE: Final = 7
READER_GONE: Final = 141  # as a shell says it of a program whose reader went away (128 + SIGPIPE)

STATUS: Final[Mapping[Group, int]] = {
    Group.INVALID: REFUSED,
    Group.REFUSED: REFUSED,
    Group.NOT_FOUND: NOT_FOUND,
    Group.CONFLICT: CONFLICT,
    Group.UNAVAILABLE: CONFLICT,
    Group.TAMPERED: TAMPERED,
}
HOUSE: Final = ("api", "projections", "ledger")
_OPTION = re.compile(r"--?[a-z][a-z-]{0,30}")


def tell_ledger_error(error: LedgerError, text: Text, *, as_json: bool) -> int:
    """Say what the ledger refused, and give its exit status."""
    place = {"line": getattr(error, "line", None), "field": error.field, "table": getattr(error, "table", None)}
    if as_json:
        body: dict[str, Any] = {"code": error.code, "detail": error.detail or text.error(error.code) or error.code}
        body |= {name: value for name, value in place.items() if value is not None}
        tell_json(body)
        return STATUS[error.group]
    sentence = text.error(error.code)
    detail = error.detail if error.detail and error.detail != sentence else ""
    if sentence is None or text.language == "en":
        sentence, detail = error.detail or sentence or error.code, ""
    where = [str(place["table"])] if place["table"] is not None else []
    where += [text("text.line_number", line=place["line"])] if place["line"] is not None else []
    where += [text("text.field_name", field=error.field)] if error.field else []
    say(text.labelled(f"group.{error.group.value}", text("text.bracketed", outer=sentence, inner=error.code)))
    if where:
        say("  " + "  ".join(where))
    if detail:
        say(f"  {detail}")
    return STATUS[error.group]


def tell_unexpected(problem: BaseException, text: Text, *, as_json: bool, debug: bool) -> int:
    """Our own mistake: one sentence, what it is and where; never its message, which may repeat what was given."""
    error, place = type(problem).__name__, place_of(problem)
    sentence = text("text.unexpected")
    if as_json:
        tell_json({"code": "unexpected", "detail": sentence, "error": error, "place": place})
    else:
        say(text("text.bracketed", outer=sentence, inner=text("text.place", error=error, place=place)))
    if debug:
        tell_traceback()
    return UNEXPECTED


def place_of(problem: BaseException) -> str:
    """Where an exception came out of the house: the module and line of the innermost frame that is ours."""
    place = "?"
    for frame, line in traceback.walk_tb(problem.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in HOUSE:
            place = f"{module}:{line}"
    return place


def tell_traceback() -> None:
    """The traceback of the exception at hand, for those who asked for it (INTEGRITY_DEBUG=1)."""
    traceback.print_exc(file=sys.stderr)


def tell_usage(problem: Exception, text: Text, *, as_json: bool) -> int:
    """Say what was wrong with the command line."""
    sentence = _usage_sentence(problem, text)
    if as_json:
        tell_json({"code": "usage", "detail": sentence})
        return USAGE
    context = getattr(problem, "ctx", None)
    command = getattr(context, "command_path", "integrity") if context is not None else "integrity"
    say(text("text.labelled", label=text.command("usage.heading"), value=sentence))
    say(f"  {text.command('usage.help', command=command)}")
    return USAGE


def help_without_command(context: typer.Context) -> None:
    """A group that was given no command shows its help, on stderr: it is no data."""
    if context.invoked_subcommand is not None:
        return
    with redirect_stdout(sys.stderr):
        said = context.get_help()
    if said:
        say(said)
    raise typer.Exit(USAGE)


def _usage_sentence(problem: Exception, text: Text) -> str:
    """The parser's own errors by their kind; those of our options carry a key of the catalogue."""
    kind, given = type(problem).__name__, str(getattr(problem, "message", ""))
    option = str(getattr(problem, "option_name", ""))
    option = option if _OPTION.fullmatch(option) else ""
    name = _parameter(problem)
    if kind == "NoSuchOption":
        return text.command("usage.no-such-option", option=option)
    if kind == "BadOptionUsage":
        return text.command("usage.needs-value", option=option)
    if kind == "MissingParameter":
        return text.command("usage.missing", name=name)
    key, _, choices = given.partition("|")
    if text.has_command(f"usage.{key}"):
        reason = text.command(f"usage.{key}", choices=choices)
        return text.command("usage.not-accepted-because", name=name, reason=reason) if name else reason
    if kind == "BadParameter":
        return text.command("usage.not-accepted", name=name)
    if given.startswith("No such command"):
        commands = getattr(getattr(getattr(problem, "ctx", None), "command", None), "commands", {})
        return text.command("usage.no-such-command", commands=", ".join(commands))
    if "extra argument" in given:
        return text.command("usage.too-many")
    return text.command("usage.other")


def _parameter(problem: Exception) -> str:
    parameter = getattr(problem, "param", None)
    if parameter is None:
        return ""
    if getattr(parameter, "param_type_name", "") == "argument":
        return str(getattr(parameter, "metavar", None) or parameter.name).upper()
    return next((opt for opt in parameter.opts if opt.startswith("--")), str(parameter.name))


def is_usage(problem: Exception) -> bool:
    """Whether an exception is the argument parser's; its classes moved between versions, its status did not."""
    return getattr(problem, "exit_code", None) == USAGE and hasattr(problem, "format_message")


def tell_json(body: Mapping[str, Any]) -> None:
    say(json.dumps({"error": body}, ensure_ascii=False))


def say(sentence: str) -> None:
    """One line on stderr."""
    print(sentence, file=sys.stderr)
