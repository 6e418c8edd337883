"""`witness`: made, asked once, served, and what it found out, from the command line."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from api.serving import free_port
from ledger.log.cosignature import verify_cosignatures
from ledger.log.note import KeyType, VerifierKey, parse_note, parse_signature_lines, parse_vkey
from ledger.witness.state import Evidence, State
from tests.support.witnesses import SignedLog, a_server, answering
from tests.unit.api.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[4]
LOG = SignedLog(30)
FORK = SignedLog(30, story="'", fork_at=6)
FILES = ("--state", "w.state", "--key", "w.key")


@pytest.fixture
def key(run: Run) -> VerifierKey:
    """The verifier key of a witness just made."""
    result = run("witness", "init", "--name", "witness.example/w1", *FILES)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("\n")
    return parse_vkey(result.stdout.strip())


def put(text: str) -> str:
    Path("checkpoint").write_text(text, encoding="utf-8")
    return "checkpoint"


def test_a_witness_is_made_once(run: Run, key: VerifierKey) -> None:
    assert (key.name, key.kind) == ("witness.example/w1", KeyType.COSIGNATURE)
    assert State.open(Path("w.state")).key == key
    assert Path("w.key").stat().st_mode & 0o077 == 0

    again = run("witness", "init", "--name", "w2", *FILES, "--json")
    assert again.exit_code == 5
    assert json.loads(again.stderr)["error"]["code"] == "witness-state-exists"
    other = run("witness", "init", "--name", "w2", "--state", "other.state", "--key", "w.key", "--json")
    assert json.loads(other.stderr)["error"]["code"] == "key-file-exists"
    assert not Path("other.state").exists()


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb"])
def test_a_name_is_one_that_a_note_can_bear(run: Run, name: str) -> None:
    assert run("witness", "init", "--name", name, *FILES).exit_code == 2
    assert not Path("w.key").exists()


def test_once_prints_the_cosigned_checkpoint(run: Run, key: VerifierKey) -> None:
    result = run("witness", "once", *FILES, "--log", LOG.vkey, "--checkpoint", put(LOG.note(9).format()))
    note = parse_note(result.stdout)

    assert result.exit_code == 0
    assert note.text == LOG.note(9).text
    assert list(verify_cosignatures(note, [key])) == [key.name]
    again = run("witness", "once", *FILES, "--log", LOG.vkey, "--checkpoint", "checkpoint", "--json")
    answer = json.loads(again.stdout)
    assert (answer["origin"], answer["size"]) == (LOG.origin, 9)
    assert verify_cosignatures(parse_note(answer["note"]), [key])


def test_once_takes_checkpoint_and_proof_from_a_ledger_s_door(run: Run, key: VerifierKey) -> None:
    sizes = [3, 9, 30]

    def door(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        parts = urlsplit(handler.path)
        query = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
        if parts.path == "/v1/ledger/checkpoint":
            body = LOG.note(sizes[0]).format().encode()
        else:
            assert parts.path == "/v1/ledger/proofs/consistency"
            proof = [b64encode(value).decode() for value in LOG.consistency(query["from"], query["to"])]
            body = json.dumps({**query, "proof": proof}).encode()
        answering(200, body)(handler, b"")

    with a_server(door) as url:
        place = f"{url}/v1/ledger/checkpoint"
        while sizes:
            result = run("witness", "once", *FILES, "--log", LOG.vkey, "--checkpoint", place, "--ledger", url)
            assert result.exit_code == 0, result.stderr
            assert verify_cosignatures(parse_note(result.stdout), [key])
            del sizes[0]

    history = State.open(Path("w.state")).history(LOG.origin)
    assert [kept.checkpoint.size for kept in history] == [3, 9, 30]


@pytest.mark.parametrize(
    ("checkpoint", "status", "code"),
    [
        (LOG.note(12).format(), 3, "no-proof-source"),
        (LOG.note(8).format(), 6, "checkpoint-behind"),
        (FORK.note(9).format(), 6, "equivocation"),
        (SignedLog(9, seed=8).note(9).format(), 6, "not-signed-by-log"),
        (SignedLog(9, origin="localhost/other").note(9).format(), 4, "unknown-log"),
        ("nonsense", 6, "bad-note"),
    ],
)
def test_once_ends_with_a_status_that_says_why(
    run: Run, key: VerifierKey, checkpoint: str, status: int, code: str
) -> None:
    run("witness", "once", *FILES, "--log", LOG.vkey, "--checkpoint", put(LOG.note(9).format()))
    result = run("witness", "once", *FILES, "--log", LOG.vkey, "--checkpoint", put(checkpoint), "--json")

    assert result.exit_code == status
    assert result.stdout == ""
    assert json.loads(result.stderr)["error"]["code"] == code


def test_what_is_not_there_is_told(run: Run, key: VerifierKey) -> None:
    given = ("--log", LOG.vkey, "--checkpoint")
    for arguments, code in (
        ((*FILES, *given, "none"), "no-checkpoint-file"),
        (("--state", "none", "--key", "w.key", *given, "none"), "no-witness-state"),
        (("--state", "w.state", "--key", "none", *given, "none"), "no-key-file"),
        ((*FILES, *given, "http://ledger.example/checkpoint"), "bad-witness-url"),
    ):
        result = run("witness", "once", *arguments, "--json")
        assert json.loads(result.stderr)["error"]["code"] == code
        assert result.exit_code in (3, 4)


@pytest.mark.parametrize("log", ["nonsense", LOG.vkey[:-4]])
def test_a_log_is_named_by_its_verifier_key(run: Run, key: VerifierKey, log: str) -> None:
    assert run("witness", "once", *FILES, "--log", log, "--checkpoint", put(LOG.note(9).format())).exit_code == 2


def test_evidence_is_printed_so_that_it_proves(run: Run, key: VerifierKey) -> None:
    assert run("witness", "evidence", "--state", "w.state").stdout == ""
    for log in (LOG, FORK):
        run("witness", "once", *FILES, "--log", LOG.vkey, "--checkpoint", put(log.note(9).format()))
    (row,) = json.loads(run("witness", "evidence", "--state", "w.state", "--json").stdout)["evidence"]

    assert (row["origin"], row["size"]) == (LOG.origin, 9)
    Evidence(parse_note(row["first"]), parse_note(row["second"])).verify([LOG.key])
    shown = run("witness", "evidence", "--state", "w.state").stdout
    assert shown == f"{row['first']}\n{row['second']}\n"


def test_a_witness_is_served_until_a_signal(run: Run, key: VerifierKey) -> None:
    port = free_port("127.0.0.1", 0)
    options = [*FILES, "--log", LOG.vkey, "--port", str(port)]
    command = [sys.executable, "-c", "from api.cli import main; main()", "witness", "serve", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        status, body = ask_until_up(port, LOG.request(0, 9).format().encode())
        assert status == 200
        assert verify_cosignatures(LOG.note(9).with_signatures(parse_signature_lines(body.decode())), [key])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        _, told = process.communicate()
    assert f"http://127.0.0.1:{port}" in told
    assert '"event": "cosigned"' in told


def ask_until_up(port: int, body: bytes) -> tuple[int, bytes]:
    until = time.monotonic() + 60
    while True:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            try:
                connection.request("POST", "/add-checkpoint", body)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except ConnectionRefusedError:
                assert time.monotonic() < until
                time.sleep(0.1)
