"""`demo`: a ledger of a fictional city, what one reads from it, a tampered copy that `verify` catches, and its server.

The city is the same each time. The copy differs from the ledger in one byte of one entry, changed behind its back; the
demonstration ends with an error where the verification does not find it. Then the city is served on loopback, with one
address for each role, until a signal; `--no-serve` ends before.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli import problems
from api.cli.demo_host import Host
from api.cli.door import Door, Given, counted, open_door, write_json
from api.cli.lists import keep_up
from api.cli.looks import look_at_check, look_at_file
from api.cli.options import Actor, AsJson, Lang
from api.cli.reading import read_check
from api.cli.verifying import status_of, verify_ledger
from api.text.check import render_check
from api.text.integrity_file import render_file
from api.text.page import Page
from api.text.unit_score import render_score
from api.text.verification import render_verification
from ledger.access import Viewer

FOLDER: Final = Path("demo")
LEDGER: Final = "city.db"
COPY: Final = "tampered.db"
BESIDE: Final = ("", ".keys", ".access")
KEY_FILES: Final = (".master-key", ".signing-key")
RECEIPT: Final = "finding.tlog-proof"
BUNDLE: Final = "finding.bundle.json"
PUBLIC_KEY: Final = "city.vkey"
MEMBER: Final = b'"decision_on":"'


def demo(
    context: typer.Context,
    directory: Annotated[Path, typer.Option("--dir", metavar="DIR")] = FOLDER,
    serve: Annotated[bool, typer.Option("--serve/--no-serve")] = True,
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 0,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(None, as_json, lang, actor))
    directory.mkdir(parents=True, exist_ok=True)
    door = replace(door, url=f"sqlite:///{directory / LEDGER}")
    built = build(door)
    shown = _read(door)
    index, caught = tamper(door, directory)
    handed = hand_out(door, directory)
    found = status_of(caught) == problems.TAMPERED
    host = Host.of_demo(port) if serve and found else None
    if door.as_json:
        served = {} if host is None else {"addresses": host.addresses}
        tampered = {"index": index, "report": caught}
        write_json({"built": built, **shown, "tampered": tampered, "handed_out": handed, **served}, indent=2)
    else:
        _show(door, built, shown, index, caught)
        _suggest(door, handed)
        if host is not None:
            host.show(door.page())
    if host is not None:
        host.run(door.url)
    raise typer.Exit(problems.OK if found else problems.UNEXPECTED)


def build(door: Door) -> dict[str, Any]:
    """Make the city's ledger, unless it is there already, and count what is in it."""
    from api.demo import EDITIONS, city_lines
    from ledger.line import line_of
    from ledger.opening import create_from_history
    from ledger.rulebook.edition import shipped_edition

    database = door.database_file
    assert database is not None
    found = database.exists()
    if not found:
        rows = list(city_lines())
        content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
        with door.progress("text.progress_demo") as report:
            create_from_history(
                door.url,
                (line_of(row, number) for number, row in enumerate(rows, start=1)),
                digest_of=content,
                editions=[shipped_edition(edition) for edition in EDITIONS],
                progress=counted(report, ""),
            ).close()
    with door.ledger() as ledger:
        keep_up(ledger)
        kinds = [entry.data["kind"] for entry in ledger.by_type("SubjectRegistered", ledger.size)]
        people, units = kinds.count("PERSON"), kinds.count("UNIT")
        return {"path": str(database), "found": found, "people": people, "units": units, "entries": ledger.size}


def _read(door: Door) -> dict[str, Any]:
    """A file, a score, a check and a verification, on the city's last day."""
    from api.demo import SHOWN_CHECK, SHOWN_PERSON, SHOWN_UNIT
    from api.demo.city import LAST_DAY
    from projections.integrity_file import integrity_file
    from projections.unit_score import unit_score

    with door.ledger() as ledger:
        size = ledger.size
        file = integrity_file(ledger, SHOWN_PERSON, as_of=LAST_DAY, as_known=size, viewer="SUBJECT")
        look_at_file(ledger, Viewer(door.actor, "SUBJECT"), file)
        score = unit_score(ledger, SHOWN_UNIT, as_of=LAST_DAY, as_known=size)
        auditor = Viewer(door.actor, "AUDITOR")
        check = read_check(ledger, SHOWN_CHECK, LAST_DAY.isoformat(), None, auditor)
        look_at_check(ledger, auditor, check)
    return {"file": file, "score": score, "check": check, "verify": verify_ledger(door, quick=False)}


def hand_out(door: Door, directory: Path) -> dict[str, str]:
    """What somebody holds of this ledger: a receipt for the newest finding, a bundle with it, the public key."""
    from ledger.artefacts.bundle import make_bundle
    from ledger.artefacts.receipt import make_receipt

    with door.ledger() as ledger:
        checkpoint = ledger.publish().checkpoint
        index = ledger.by_type("BreachConfirmed", ledger.size)[-1].index
        receipt = make_receipt(ledger.store, ledger.publisher, index)
        assert receipt is not None, "a checkpoint of now covers every entry"
        keys = "".join(f"{key.text}\n" for key in ledger.publisher.keyring().log_keys(checkpoint.size))
        files = {
            RECEIPT: receipt.format().encode(),
            BUNDLE: make_bundle(ledger, [index]).format(),
            PUBLIC_KEY: keys.encode(),
        }
    for name, content in files.items():
        (directory / name).write_bytes(content)
    return {name: str(directory / name) for name in files}


def tamper(door: Door, directory: Path) -> tuple[int, dict[str, Any]]:
    """Copy the ledger, change one byte of an entry of the copy behind its back, and verify the copy."""
    original, copy = directory / LEDGER, directory / COPY
    for ending in BESIDE:
        _copy_database(_beside(original, ending), _beside(copy, ending))
    for ending in KEY_FILES:
        _beside(copy, ending).unlink(missing_ok=True)
        _beside(copy, ending).touch(mode=0o600)
        _beside(copy, ending).write_bytes(_beside(original, ending).read_bytes())
    with closing(sqlite3.connect(copy)) as connection, connection:
        index = _change_one_byte(connection)
    return index, verify_ledger(replace(door, url=f"sqlite:///{copy}"), quick=False)


def _beside(database: Path, ending: str) -> Path:
    return database.with_name(database.name + ending)


def _copy_database(original: Path, copy: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        _beside(copy, ending).unlink(missing_ok=True)
    with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.chmod(0o600)


def _change_one_byte(connection: sqlite3.Connection) -> int:
    """The newest finding is dated another day: the last digit of its `decision_on` changes, nothing else."""
    statement = "SELECT idx, state FROM entries WHERE topic = 'breach.confirmed.v1' ORDER BY idx DESC LIMIT 1"
    index, state = connection.execute(statement).fetchone()
    data = bytearray(state)
    day = data.index(MEMBER) + len(MEMBER)
    last_digit = day + len("2025-12-3")
    data[last_digit] = ord("1") if data[last_digit] != ord("1") else ord("2")
    connection.execute("UPDATE entries SET state = ? WHERE idx = ?", (bytes(data), index))
    return int(index)


def _show(
    door: Door, built: Mapping[str, Any], shown: Mapping[str, Any], index: int, caught: Mapping[str, Any]
) -> None:
    page, text = door.page(), door.text
    steps = _steps(page)
    next(steps)
    page.say(text("text.demo_built", **{name: built[name] for name in ("people", "units", "entries")}), indent=2)
    if built["found"]:
        page.say(text("text.demo_exists", path=built["path"]), "closed", indent=2)
    for name, render in (("file", render_file), ("score", render_score), ("check", render_check)):
        next(steps)
        render(shown[name], page)
    next(steps)
    render_verification(shown["verify"], page)
    next(steps)
    render_verification(caught, page)
    page.emit()
    found = status_of(caught) == problems.TAMPERED
    page.say(
        text("text.demo_caught", index=index) if found else text("text.demo_missed"), "proof" if found else "alarm"
    )


def _steps(page: Page) -> Iterator[None]:
    for number, name in enumerate(("build", "file", "score", "check", "verify", "tamper"), start=1):
        page.step(number, page.text(f"text.demo_{name}"))
        yield


def _suggest(door: Door, handed: Mapping[str, str]) -> None:
    """Commands to go on with, and one that needs no ledger."""
    from api.demo import SHOWN_PERSON, SHOWN_UNIT

    page = door.page()
    page.emit()
    page.say(page.text("text.demo_try"))
    for command in (
        f"file {SHOWN_PERSON} --viewer SUBJECT",
        f"score {SHOWN_UNIT} --as-of 2025-06-30",
        "replay --to 40",
    ):
        page.say(f"integrity {command} --db {door.url}", indent=2)
    page.emit()
    page.say(page.text("text.demo_handed_out"))
    for name in (RECEIPT, BUNDLE):
        page.say(f"python3 scripts/verify_export.py {handed[name]} --key {handed[PUBLIC_KEY]}", indent=2)
    page.say(page.text("text.demo_verifier"))
