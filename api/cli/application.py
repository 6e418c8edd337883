"""The command line as a whole: its commands, their help in the reader's language, and how each of them ends.

`Integrity.main` is the only place where an exception becomes an exit status; commands raise and never print errors.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import typer
from typer.core import TyperGroup

from api.cli import (
    artefacts,
    backup,
    certificates,
    checkpoints,
    deadlines,
    decisions,
    demo,
    difference,
    doctor,
    erasure,
    importing,
    keys,
    opening,
    outbox,
    problems,
    ranking,
    reading,
    replay,
    rulebook,
    serving,
    token,
    trace,
    verifying,
    witness,
)
from api.cli.door import Given
from api.cli.options import Actor, AsJson, Db, Lang
from api.text.catalogue import Text
from api.text.language import of_arguments
from api.text.page import ReaderGone
from ledger.errors import LedgerError

DEBUG: Final = "INTEGRITY_DEBUG"
HELP: Final = ("--help", "-h")


class Integrity(TyperGroup):
    """The `integrity` command. Errors become sentences and statuses here."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        arguments = list(sys.argv[1:] if args is None else args)
        text = Text(of_arguments(arguments))
        as_json = "--json" in arguments
        localise(self, text)

        def run() -> Any:
            return super(Integrity, self).main(
                arguments, prog_name or "integrity", complete_var, False, windows_expand_args, **extra
            )

        status = hushed(ending(run, text, as_json=as_json))
        if standalone_mode:
            sys.exit(status)
        return status


def ending(run: Callable[[], Any], text: Text, *, as_json: bool) -> int:
    """Run a command and give its exit status; whatever it raised has been said on stderr."""
    try:
        status = run()
        return status if isinstance(status, int) else problems.OK
    except ReaderGone:
        return problems.READER_GONE
    except LedgerError as error:
        if os.environ.get(DEBUG) == "1":
            problems.tell_traceback()
        return problems.tell_ledger_error(error, text, as_json=as_json)
    except typer.Abort:
        problems.say(text("text.interrupted"))
        return problems.UNEXPECTED
    except Exception as problem:
        if problems.is_usage(problem):
            return problems.tell_usage(problem, text, as_json=as_json)
        return problems.tell_unexpected(problem, text, as_json=as_json, debug=os.environ.get(DEBUG) == "1")


def hushed(status: int) -> int:
    """The status, after what is left of the answer was written; where nobody reads it any more it goes nowhere."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python writes the rest once more when it ends, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return status or problems.READER_GONE
    return status


def localise(command: Any, text: Text, path: str = "integrity") -> None:
    """Put the catalogue's help on a command, its parameters and its subcommands."""
    command.help = text.command(f"help.{path}")
    command.rich_help_panel = text.command("panel.commands")
    for parameter in command.params:
        argument = parameter.param_type_name == "argument"
        parameter.help = text.command(f"{'argument' if argument else 'option'}.{parameter.name}")
        parameter.rich_help_panel = text.command("panel.arguments" if argument else "panel.options")
    asked = command.get_help_option(typer.Context(command, help_option_names=list(HELP)))
    if asked is not None:
        asked.help = text.command("option.help")
        asked.rich_help_panel = text.command("panel.options")
    for name, inner in getattr(command, "commands", {}).items():
        own = f"{path}-{name}"  # `witness-init` is another help than `init`
        localise(inner, text, own if text.has_command(f"help.{own}") else name)


app = typer.Typer(
    cls=Integrity,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": list(HELP)},
)


@app.callback()
def common(
    context: typer.Context, db: Db = None, as_json: AsJson = False, lang: Lang = None, actor: Actor = None
) -> None:
    context.obj = Given(db, as_json, lang, actor)
    problems.help_without_command(context)


app.command("init")(opening.init)
app.command("demo")(demo.demo)
app.command("import")(importing.import_files)
app.command("file")(reading.file)
app.command("score")(reading.score)
app.command("check")(reading.check)
app.command("ranking")(ranking.ranking)
app.command("access-log")(reading.access_log)
app.command("deadlines")(deadlines.deadlines)
app.command("replay")(replay.replay)
app.command("diff")(difference.diff)
app.command("trace")(trace.trace)
app.command("decisions")(decisions.decisions)
app.command("verify")(verifying.verify)
app.command("serve")(serving.serve)
app.command("doctor")(doctor.doctor)
app.command("migrate")(opening.migrate)
app.command("checkpoint")(checkpoints.checkpoint)
app.command("prove")(artefacts.prove)
app.command("export")(artefacts.export)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(rulebook.app, name="rulebook")
app.add_typer(token.app, name="token")
app.add_typer(checkpoints.sentinel_app, name="sentinel")
app.add_typer(keys.app, name="key")
app.add_typer(certificates.app, name="certificate")
app.add_typer(erasure.app, name="erasure")
app.add_typer(witness.app, name="witness")
app.add_typer(outbox.app, name="outbox")
