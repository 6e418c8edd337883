"""The golden ledger: the worked example loaded once into a real store, and copied for every test that spoils it.

A `Copy` is a ledger with its key files; its hand writes to the database behind the ledger's back, as a DBA could.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger import fsck
from ledger.application import Ledger
from ledger.importing.history import read_lines
from ledger.log.chain import genesis, leaf_hash, link
from ledger.log.merkle import Frontier
from ledger.mapper import header_of
from ledger.opening import create_from_history
from ledger.storage import tables
from ledger.storage.access_store import access_url
from tests.support.shared import shared_path

GOLDEN_SIZE = 41
CONFIRMED = 14  # BreachConfirmed: three sections, a case of two
SCHEMAS = ("public", "access")  # the ledger's own tables, and its access log's
EDITION = "JMS-DEMO-2025.1"
KEY_FILES = {
    "INTEGRITY_KEYS": "keys",
    "INTEGRITY_SIGNING_KEY": "signing-key",
    "INTEGRITY_CERTIFICATE_KEY": "certificate-key",
    "INTEGRITY_MASTER_KEY": "master-key",
    "INTEGRITY_SENTINEL": "sentinel",
}


@dataclass(frozen=True)
class Copy:
    """A ledger of one's own: its address and the folder with its key files."""

    url: str
    folder: Path

    @property
    def sqlite(self) -> bool:
        return self.url.startswith("sqlite:")

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    def verify(self, *, quick: bool = False) -> fsck.Report:
        with self.keys_given():
            return fsck.verify_at(self.url, quick=quick)

    @contextmanager
    def opened(self) -> Iterator[Ledger]:
        with self.keys_given():
            ledger = Ledger.open(self.url)
        try:
            yield ledger
        finally:
            ledger.close()

    @contextmanager
    def keys_given(self) -> Iterator[None]:
        """The environment that says where the key files are."""
        before = {name: os.environ.get(name) for name in KEY_FILES}
        os.environ.update({name: str(self.folder / file) for name, file in KEY_FILES.items()})
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    # The hand of somebody who may write everything.

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement; `?` marks a value."""
        return self.run([(statement, parameters)])

    def run(self, statements: Sequence[tuple[str, Sequence[object]]]) -> list[tuple[Any, ...]]:
        """Run statements in one transaction; the rows of the last."""
        if self.sqlite:
            with closing(sqlite3.connect(self.file)) as connection, connection:
                for statement, parameters in statements:
                    found = connection.execute(statement, parameters).fetchall()
                return found
        import psycopg

        with psycopg.connect(self.url) as database, database.cursor(binary=True) as cursor:
            for statement, parameters in statements:
                cursor.execute(statement.replace("?", "%s").encode(), parameters or None)
                found = cursor.fetchall() if cursor.description else []
            return found

    @property
    def access(self) -> Copy:
        """The access log beside it, for the hand of the same somebody."""
        return Copy(access_url(self.url), self.folder)

    def entry(self, index: int) -> bytes:
        ((state,),) = self.rows("SELECT state FROM entries WHERE idx = ?", index)
        return bytes(state)

    def write_entry(self, index: int, state: bytes) -> None:
        self.rows("UPDATE entries SET state = ? WHERE idx = ?", state, index)

    def moved(self, index: int, to: int) -> tuple[str, tuple[int, int]]:
        """The statement that gives a row another index."""
        return ("UPDATE entries SET idx = ? WHERE idx = ?", (to, index))

    def rehash(self, *, head: bool) -> None:
        """Make leaves and chain agree with the contents again; with `head` also the head row."""
        rows = self.rows("SELECT idx, state FROM entries ORDER BY idx")
        chain, frontier = genesis(origin_of(bytes(rows[0][1]))), Frontier()
        statements: list[tuple[str, Sequence[object]]] = []
        for index, state in rows:
            leaf = leaf_hash(bytes(state))
            chain = link(chain, leaf)
            frontier.append(leaf)
            statements.append(("UPDATE entries SET leaf = ?, chain = ? WHERE idx = ?", (leaf, chain, index)))
        if head:
            values = (len(rows), frontier.root(), chain, frontier.format())
            statements.append(("UPDATE head SET size = ?, root = ?, chain = ?, frontier = ?", values))
        self.run(statements)


def origin_of(state: bytes) -> str:
    """The origin an entry names."""
    return str(header_of(state)["origin"])


def load_golden(url: str, history: Path | None = None) -> None:
    """Open a ledger at a URL by loading the golden history, or another of its kind."""
    source = history or shared_path("golden", "history.jsonl")
    edition = shared_path("golden", f"{EDITION}.toml").read_bytes()
    create_from_history(url, read_lines(source), digest_of=source.read_bytes(), editions=[edition]).close()


class SQLiteOriginal:
    """The golden ledger in a file, to be copied."""

    def __init__(self, folder: Path, load: Callable[[str], None] = load_golden) -> None:
        self._whole = Copy(f"sqlite:///{folder / 'ledger.db'}", folder)
        with self._whole.keys_given():
            load(self._whole.url)

    @contextmanager
    def copy(self, folder: Path) -> Iterator[Copy]:
        shutil.copytree(self._whole.folder, folder, dirs_exist_ok=True)
        yield Copy(f"sqlite:///{folder / 'ledger.db'}", folder)


class PostgresOriginal:
    """The golden ledger in a database with a second copy of its rows, from which each test's ledger is made anew."""

    def __init__(self, url: str, folder: Path, load: Callable[[str], None] = load_golden) -> None:
        self._whole = Copy(url, folder)
        with self._whole.keys_given():
            load(url)
        names = [f"{schema}.{table.name}" for schema in SCHEMAS for table in tables.metadata.sorted_tables]
        kept = {name: f"golden_{name}" for name in names}
        self._whole.run([(f"CREATE SCHEMA golden_{schema}", ()) for schema in SCHEMAS])
        self._whole.run([(f"CREATE TABLE {kept[name]} AS TABLE {name}", ()) for name in names])
        self._fresh = [(f"DELETE FROM {name}", ()) for name in names]  # noqa: S608
        self._fresh += [(f"INSERT INTO {name} SELECT * FROM {kept[name]}", ()) for name in names]  # noqa: S608
        self._fresh.append(("DROP TABLE IF EXISTS view_position", ()))  # lists that a test has made

    @contextmanager
    def copy(self, folder: Path) -> Iterator[Copy]:
        """The one database, whole again; a test has it for itself."""
        shutil.copytree(self._whole.folder, folder, dirs_exist_ok=True)
        self._whole.run(self._fresh)
        yield Copy(self._whole.url, folder)
