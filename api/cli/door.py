"""The operator's door: which ledger, which language, who acts, and where answers go.

Data goes to stdout, as JSON or as a page; everything else goes to stderr. Progress is shown on a terminal only. A
command opens the door once and leaves through it.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import typer

from api.cli import problems
from api.text.catalogue import Text
from api.text.language import Language, of_locale
from api.text.page import Page, ReaderGone
from ledger.errors import Invalid, LedgerError
from ledger.storage.address import SQLITE, is_address

if TYPE_CHECKING:
    from ledger.application import Ledger

DATABASE: Final = "INTEGRITY_DB"
UNWITNESSED: Final = "INTEGRITY_MAX_UNWITNESSED_AGE"
DEFAULT_DATABASE: Final = f"{SQLITE}integrity.db"

Render = Callable[[Mapping[str, Any], Page], None]


class Report(Protocol):
    """How far something is: what it is at, how much of it is done, of how much (0 while that is not known)."""

    def __call__(self, what: str, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Given:
    """The common options of one level of the command line; the inner level wins."""

    db: str | None = None
    as_json: bool = False
    lang: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """One command's view of the outside."""

    url: str
    text: Text
    as_json: bool
    actor: str

    @property
    def database_file(self) -> Path | None:
        """The file of an embedded ledger."""
        return Path(self.url.removeprefix(SQLITE)) if self.url.startswith(SQLITE) else None

    @property
    def shown_database(self) -> str:
        """The database as it may be shown: a file's path, or the address without its password."""
        if self.database_file is not None:
            return str(self.database_file)
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger, open for as long as the block runs; what it wrote has a checkpoint when it ends."""
        from ledger.application import Ledger

        ledger = Ledger.open(self.url)
        try:
            _heed_witnesses(ledger)
            yield ledger
            self._publish(ledger)
        finally:
            ledger.close()

    def _publish(self, ledger: Ledger) -> None:
        """Sign what the command wrote. Where that cannot be, its answer stands, and the operator is told."""
        try:
            ledger.publish()
        except LedgerError as error:
            self.note(self.text("text.not_published", code=error.code))

    def answer(self, value: Mapping[str, Any], render: Render) -> None:
        """The command's answer on stdout."""
        if self.as_json:
            write_json(value, indent=2)
        else:
            render(value, self.page())

    def page(self) -> Page:
        return Page(self.text, sys.stdout)

    def note(self, sentence: str) -> None:
        """A word to the operator, on stderr."""
        problems.say(sentence)

    @contextmanager
    def progress(self, key: str) -> Iterator[Report | None]:
        """A progress bar on stderr while the block runs; None where stderr is not a terminal."""
        if not sys.stderr.isatty():
            yield None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(self.text(key), total=None)

            def report(what: str, done: int, total: int) -> None:
                bar.update(task, description=f"{self.text(key)} {what}".rstrip(), completed=done, total=total or None)

            yield report


def open_door(context: typer.Context, inner: Given) -> Door:
    """The door for a command: its own options, else those given before the command, else the environment."""
    outer = context.find_root().obj
    outer = outer if isinstance(outer, Given) else Given()
    language = inner.lang or outer.lang
    url = inner.db or outer.db or os.environ.get(DATABASE) or DEFAULT_DATABASE
    if not is_address(url):
        raise Invalid("the database is sqlite:///PATH or postgresql://…", code="bad-database-url", field=DATABASE)
    return Door(
        url=url,
        text=Text(Language(language) if language else of_locale()),
        as_json=inner.as_json or outer.as_json,
        actor=inner.actor or outer.actor or _user(),
    )


def _heed_witnesses(ledger: Ledger) -> None:
    """Where the operator asked for it, nothing is written while no quorum of witnesses has seen the ledger lately."""
    if os.environ.get(UNWITNESSED):
        from api.settings import Settings
        from api.witness.cosigning import witnessing_of

        ledger.witnessing = witnessing_of(ledger, Settings())


def counted(report: Report | None, what: str) -> Callable[[int], None] | None:
    """A report for work that says only how many are done."""
    return None if report is None else lambda done: report(what, done, 0)


def write_json(value: Any, *, indent: int | None = None) -> None:
    """JSON on stdout, in UTF-8 whatever the locale, members in the order they were built."""
    line = json.dumps(value, ensure_ascii=False, indent=indent) + "\n"
    buffer = getattr(sys.stdout, "buffer", None)
    try:
        if buffer is None:
            sys.stdout.write(line)
            return
        sys.stdout.flush()
        buffer.write(line.encode("utf-8"))
        buffer.flush()
    except BrokenPipeError:
        raise ReaderGone from None


def _user() -> str:
    """The operating system's user, or `operator` where it has no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"
