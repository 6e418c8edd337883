"""`witness`: remember a log's checkpoints outside its operator's reach, and cosign what follows from them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import problems
from api.cli.door import Given, open_door, write_json
from api.cli.options import AsJson, Lang
from api.text.page import ReaderGone
from ledger.errors import Conflict, Invalid, NotFound
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.note import (
    BadNote,
    BadVerifierKey,
    KeyType,
    SignedNote,
    VerifierKey,
    format_vkey,
    key_id,
    parse_note,
    parse_vkey,
)
from ledger.storage.key_files import create_signing_key, load_signing_keys
from ledger.witness.pull import fetch, fetch_consistency, pull
from ledger.witness.request import MAX_BODY_BYTES
from ledger.witness.state import State
from ledger.witness.witness import Witness

HOST = "127.0.0.1"
PORT = 8100

app = typer.Typer(invoke_without_command=True)


def _vkeys(values: list[str] | None) -> list[str] | None:
    found = []
    for value in values or []:
        try:
            lines = [value] if "+" in value else Path(value).read_text(encoding="utf-8").split()
            known = all(parse_vkey(line).kind is KeyType.ED25519 for line in lines)
        except (BadVerifierKey, OSError, UnicodeDecodeError):
            known = False
        if not known:
            raise typer.BadParameter("vkey")
        found += lines
    return found if values else values


def _key_name(value: str) -> str:
    try:
        key_id(value, bytes(32))
    except BadVerifierKey:
        raise typer.BadParameter("key-name") from None
    return value


StateFile = Annotated[Path, typer.Option("--state", metavar="FILE")]
KeyFile = Annotated[Path, typer.Option("--key", metavar="FILE")]
Logs = Annotated[list[str], typer.Option("--log", metavar="VKEY|FILE", callback=_vkeys)]


@app.callback()
def witness(context: typer.Context) -> None:
    """A witness, run by somebody who does not run the ledger."""
    problems.help_without_command(context)


@app.command("init")
def init(
    context: typer.Context,
    name: Annotated[str, typer.Option("--name", metavar="NAME", callback=_key_name)],
    state_file: StateFile,
    key_file: KeyFile,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    door = open_door(context, Given(None, as_json, lang))
    if state_file.exists():
        raise Conflict("there is a witness's state already", code="witness-state-exists")
    public = create_signing_key(key_file).public_key().public_bytes_raw()
    State.create(state_file, VerifierKey(name, public, KeyType.COSIGNATURE))
    vkey = format_vkey(name, public, KeyType.COSIGNATURE)
    _tell(door.as_json, {"vkey": vkey}, f"{vkey}\n")


@app.command("serve")
def serve(
    context: typer.Context,
    state_file: StateFile,
    key_file: KeyFile,
    logs: Logs,
    witness_port: Annotated[int, typer.Option("--port", min=1, max=65535)] = PORT,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    door = open_door(context, Given(None, as_json, lang))
    from api import serving
    from api.observing import log_to_stderr
    from api.witness.app import create_app

    application = create_app(_open(state_file, key_file, logs))
    with closing(serving.listening(HOST, witness_port)) as socket:
        door.note(door.text("text.serving", address=f"http://{HOST}:{witness_port}"))
        log_to_stderr()
        serving.run_on(application, socket)


@app.command("once")
def once(
    context: typer.Context,
    state_file: StateFile,
    key_file: KeyFile,
    logs: Logs,
    checkpoint: Annotated[str, typer.Option("--checkpoint", metavar="FILE|URL")],
    ledger_url: Annotated[str | None, typer.Option("--ledger", metavar="URL")] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    door = open_door(context, Given(None, as_json, lang))
    consistency = _no_source if ledger_url is None else partial(fetch_consistency, ledger_url)
    note = pull(_open(state_file, key_file, logs), _note(checkpoint), consistency)
    said, text = parse_checkpoint(note.text), note.format()
    _tell(door.as_json, {"origin": said.origin, "size": said.size, "note": text}, text)


@app.command("evidence")
def evidence(context: typer.Context, state_file: StateFile, as_json: AsJson = False, lang: Lang = None) -> None:
    door = open_door(context, Given(None, as_json, lang))
    rows = []
    for pair in State.open(state_file).evidence():
        said = parse_checkpoint(pair.first.text)
        texts = {"first": pair.first.format(), "second": pair.second.format()}
        rows.append({"origin": said.origin, "size": said.size, **texts})
    _tell(door.as_json, {"evidence": rows}, "".join(f"{row['first']}\n{row['second']}\n" for row in rows))


def _open(state_file: Path, key_file: Path, logs: list[str]) -> Witness:
    state = State.open(state_file)
    key, *_ = load_signing_keys(key_file)
    return Witness(state, key, [parse_vkey(vkey) for vkey in logs])


def _note(place: str) -> SignedNote:
    """The checkpoint at an address or in a file."""
    if "://" in place:
        content = fetch(place)
    else:
        try:
            with Path(place).open("rb") as file:
                content = file.read(MAX_BODY_BYTES + 1)
        except OSError:
            raise NotFound("there is no checkpoint file", code="no-checkpoint-file", field="checkpoint") from None
    try:
        return parse_note(content.decode())
    except UnicodeDecodeError:
        raise BadNote("a note is UTF-8") from None


def _no_source(_old: int, _new: int) -> list[bytes]:
    raise Invalid("say where the proof is to be had", code="no-proof-source", field="ledger")


def _tell(as_json: bool, value: Mapping[str, Any], text: str) -> None:
    """An artefact on stdout as it is, byte for byte; or the JSON around it."""
    if as_json:
        write_json(value, indent=2)
        return
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise ReaderGone from None
