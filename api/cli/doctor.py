"""`doctor`: what a ledger runs on, looked at without changing anything, and what this look cannot tell.

Exit status 4 without a ledger, 5 with a clock behind the newest entry, 7 with anything else to mend.
"""

from __future__ import annotations

import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from api.cli import problems
from api.cli.door import Door, Given, open_door
from api.cli.options import Actor, AsJson, Db, Lang
from api.text.operations import render_doctor
from ledger.clock import parse_time, utc_now
from ledger.errors import Invalid, LedgerError
from ledger.storage.address import is_sqlite, path_of
from ledger.storage.recorder import MAX_CLOCK_SKEW_SECONDS

if TYPE_CHECKING:
    from ledger.storage.store import Store

OLDEST_SQLITE: Final = (3, 35, 0)
OLDEST_PYTHON: Final = (3, 11)
SPARE_BYTES: Final = 200 * 1024 * 1024
OUTBOX_REMEDIES: Final = {"outbox-busy": "outbox-wait", "outbox-unreadable": "outbox-copy"}
SYNCHRONOUS: Final = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `remedy` names what mends a problem."""

    check: str
    status: str
    value: str
    remedy: str | None = None


def doctor(
    context: typer.Context, db: Db = None, as_json: AsJson = False, lang: Lang = None, actor: Actor = None
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    findings = list(examine(door))
    answer: dict[str, Any] = {
        "ok": not any(finding.status == "problem" for finding in findings),
        "checks": [asdict(finding) for finding in findings],
        "not_checked": _not_checked(door),
    }
    door.answer(answer, render_doctor)
    raise typer.Exit(_status(findings))


def examine(door: Door) -> Iterator[Finding]:
    """Every check in turn; those of the store only where there is one."""
    fine = sys.version_info[:2] >= OLDEST_PYTHON
    yield _finding("python", fine, platform.python_version(), "python")
    fine = sqlite3.sqlite_version_info >= OLDEST_SQLITE
    yield _finding("sqlite", fine, sqlite3.sqlite_version, "sqlite")
    from ledger.storage.store import open_store

    absent = False
    try:
        store = open_store(door.url, allow_pending=True)
    except LedgerError as error:
        absent = error.code == "no-ledger"
        yield Finding("database", "problem", error.code if absent else "unreachable", "init" if absent else "reach")
    else:
        with store:
            yield Finding("database", "ok", door.shown_database)
            yield from _of_store(door, store)
    yield from _keys(door, before_init=absent)
    yield _disk(door)
    wrong = _wrong_setting()
    yield from _outbox(door) if wrong is None else [wrong]


def _of_store(door: Door, store: Store) -> Iterator[Finding]:
    steps = store.pending_migrations()
    yield _finding("migrations", not steps, ", ".join(steps) or "up-to-date", "migrate")
    if steps:
        return
    head = store.head()
    yield Finding("head", "ok", str(head.size))
    yield _durability(door)
    behind = (parse_time(head.recorded_at) - utc_now()).total_seconds() if head.size else 0.0
    fine = behind <= MAX_CLOCK_SKEW_SECONDS
    yield _finding("clock", fine, "with-head" if fine else f"−{behind:.0f} s", "clock")
    yield _access_log(door, store)


def _access_log(door: Door, store: Store) -> Finding:
    """Whether the access log was made and is where it must be."""
    from ledger.storage.access_store import access_url, read_mark
    from ledger.storage.store import open_store

    if read_mark(store) is None:
        return Finding("access-log", "problem", "absent", "migrate")
    try:
        with open_store(access_url(door.url)) as beside:
            return Finding("access-log", "ok", str(beside.head().size))
    except LedgerError as error:
        if error.code == "migration-pending":
            return Finding("access-log", "problem", error.code, "migrate")
        return Finding("access-log", "problem", "gone" if error.code == "no-ledger" else "unreachable", "verify")


def _durability(door: Door) -> Finding:
    """What a connection of the ledger is set to; the store refuses to open with less."""
    if door.database_file is None:
        return Finding("durability", "notice", "server")
    from ledger.storage.sqlite import connect

    connection = connect(door.database_file)
    try:
        ((mode,),) = connection.execute("PRAGMA journal_mode")
        ((synchronous,),) = connection.execute("PRAGMA synchronous")
    finally:
        connection.close()
    return Finding("durability", "ok", f"{str(mode).upper()}, synchronous {SYNCHRONOUS.get(synchronous, synchronous)}")


def _keys(door: Door, *, before_init: bool) -> Iterator[Finding]:
    """The key files; before there is a ledger there are none to miss: `init` makes them."""
    from ledger.storage.key_files import locations

    try:
        places = locations(door.url)
    except LedgerError:
        yield Finding("master-key", "problem", "absent", "restore-key")
        return
    store = path_of(places.keys) if is_sqlite(places.keys) else None
    certificates = places.certificate_key
    made = certificates is not None and certificates.exists()  # with the first certificate
    files = (
        ("keys", store),
        ("master-key", places.master_key),
        ("signing-key", places.signing_key),
        ("sentinel", places.sentinel),
        *((("certificate-key", certificates),) if made else ()),
    )
    for name, path in files:
        if path is None:
            yield Finding(name, "notice", "server")
        elif not path.exists():
            missed = Finding(name, "problem", "absent", "adopt" if name == "sentinel" else "restore-key")
            yield Finding(name, "notice", "by-init") if before_init else missed
        else:
            mode = stat.S_IMODE(path.stat().st_mode)
            yield _finding(name, not mode & 0o077, f"{path.name}  {mode:04o}", "chmod")


def _disk(door: Door) -> Finding:
    database = door.database_file
    folder = Path.cwd() if database is None else database.absolute().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return _finding("disk", free >= SPARE_BYTES, f"{free / 1024**3:.1f} GiB", "disk")


def _outbox(door: Door) -> Iterator[Finding]:
    """Where notices are to be sent: what waits, whom nothing reaches, and what nobody took."""
    from api.outbox.backlog import standings
    from api.outbox.backlog_file import check_place
    from api.outbox.channels import is_set, place_of
    from api.settings import Settings

    settings = Settings()
    if not is_set(settings):
        return
    try:
        place = place_of(settings, door.url)
        check_place(place)
        targets = standings(place)
    except LedgerError as error:
        yield Finding("outbox", "problem", error.code, OUTBOX_REMEDIES.get(error.code, "outbox-file"))
        return
    if not targets:
        yield Finding("outbox", "notice", "not-begun")
        return
    yield Finding("outbox", "ok", ", ".join(f"{one.target} {one.waiting}" for one in targets))
    for one in targets:
        if one.gone:
            yield Finding("target-gone", "problem", one.target, "outbox-resume")
        elif one.failures:
            yield Finding("target-unreachable", "notice", f"{one.target} {one.error}")
        if one.undeliverable:
            yield Finding("undeliverable", "problem", f"{one.target} {one.undeliverable}", "outbox-resume")


def _finding(check: str, fine: bool, value: str, remedy: str) -> Finding:
    return Finding(check, "ok", value) if fine else Finding(check, "problem", value, remedy)


def _not_checked(door: Door) -> list[str]:
    """What this look cannot tell, named by the catalogue's keys."""
    return ["contents", "backups", "fsync", *_same_disk(door), *_no_witness(), "time"]  # fmt: skip


def _wrong_setting() -> Finding | None:
    """The variable that is not written as it must be, of which nothing else of the settings can be read."""
    from api.settings import Settings

    try:
        Settings()
    except Invalid as error:
        return Finding("settings", "problem", f"{error.field}  {error.code}  {error.detail}", "setting")
    return None


def _no_witness() -> list[str]:
    from api.settings import Settings

    with suppress(Invalid):
        return ["witness"] if Settings().witness_policy is None else []
    return ["witness"]


def _same_disk(door: Door) -> list[str]:
    """What lies on the database's own disk, wherever in it, and what that keeps from being seen or kept."""
    from ledger.storage.key_files import locations

    database = door.database_file
    if database is None or not database.exists():
        return []
    places = locations(door.url)
    disk = database.stat().st_dev
    keys = [places.master_key, *([path_of(places.keys)] if is_sqlite(places.keys) else [])]
    found = ["same-disk"] if any(path.exists() and path.stat().st_dev == disk for path in keys) else []
    sentinel = places.sentinel
    if sentinel is not None and sentinel.exists() and sentinel.stat().st_dev == disk:
        found.append("sentinel-same-disk")
    return found


def _status(findings: list[Finding]) -> int:
    bad = {finding.check: finding.value for finding in findings if finding.status == "problem"}
    if bad.get("database") == "no-ledger":
        return problems.NOT_FOUND
    if "clock" in bad or "database" in bad:
        return problems.CONFLICT
    return problems.INCOMPLETE if bad else problems.OK
