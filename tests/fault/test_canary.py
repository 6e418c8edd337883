"""Canaries: nothing personal stands in the open, in any byte of a ledger's files or of what a failing command says.

The golden history is loaded with a mark in every personal text and with telling ids, and again as it is; so are the
samples of public records. Marks in plain fields, and one in a command's answer, show that the search can find.
"""

from __future__ import annotations

import csv
import json
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ledger.access import Viewer
from ledger.application import Ledger
from ledger.catalogue import TYPES
from ledger.domain.sections import sections_of, written_names
from ledger.errors import LedgerError
from ledger.line import parse_line
from ledger.opening import create
from ledger.tokens import PREFIX, Tokens
from projections.runner import catch_up
from tests.support.golden import EDITION, Copy, load_golden
from tests.support.postgres import Cluster, NoPostgres, cluster
from tests.support.shared import shared_path

ROOT = Path(__file__).resolve().parents[2]
MARK = "金丝雀"
NUMBER = "11010519491231002X"
WRONG_NUMBER = "110105194912310021"
LOGINS = ("P1", "hr-1", "reporter-1", "decider-1", "decider-2", "reviewer-1", "credit-1", "credit-2", "unit-head-1")
KEPT = {"id_number", "kind"}  # members whose value must stay what it is
# Commands of the command line, one after another, with everything logged that can be; their exit statuses on stderr.
CLI = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG)
from api.cli import main
for arguments in json.loads(sys.argv[1]):
    sys.argv[1:] = arguments
    try:
        main()
        status = 0
    except SystemExit as end:
        status = end.code or 0
    sys.stdout.flush()
    print("exit status", status, file=sys.stderr, flush=True)
"""


# Marking.


def marked(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line with a mark in each personal text, and with logins and persons' ids that tell who they are."""
    event = TYPES[line["type"]]
    labels = written_names(event.Data)
    personal = {labels[name] for name in sections_of(event.Data)} - {"subject_id"}
    if line["type"] in ("SubjectRegistered", "CommitmentMade") and "P1" not in line["data"].values():
        personal = set()  # a unit's own texts are published
    values = {name: _renamed(value) for name, value in line["data"].items()}
    values |= {name: _marked(value, name) for name, value in line["data"].items() if name in personal}
    return {**line, "actor": {**line["actor"], "id": _renamed(line["actor"]["id"])}, "data": values}


def _marked(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {member: _marked(one, member) for member, one in value.items()}
    if isinstance(value, list):
        return [_marked(one, name) for one in value]
    return f"{value} {MARK}" if isinstance(value, str) and name not in KEPT else value


def _renamed(value: Any) -> Any:
    if isinstance(value, list):
        return [_renamed(one) for one in value]
    return f"{value}-{MARK}" if isinstance(value, str) and value in LOGINS else value


def golden_lines() -> list[dict[str, Any]]:
    text = shared_path("golden", "history.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def write_history(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


# Searching.


def spellings(text: str) -> Iterator[bytes]:
    """A text as it could stand in a file or a message."""
    yield text.encode()
    yield text.encode("utf-16-le")
    yield json.dumps(text)[1:-1].encode()
    yield ascii(text)[1:-1].encode()


def in_the_open(needles: set[str], data: bytes) -> set[str]:
    return {needle for needle in needles if any(spelling in data for spelling in spellings(needle))}


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a ledger: database, log, keys."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith("ledger.db")}


def assert_silent(folder: Path, needles: set[str]) -> None:
    files = bytes_of(folder)
    assert {"ledger.db", "ledger.db.keys"} <= set(files)
    assert {name: in_the_open(needles, data) for name, data in files.items() if in_the_open(needles, data)} == {}


# The golden history.


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Ledger]:
    """The marked golden history in a ledger that is open, its write-ahead log not yet written back."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    load_golden(url, write_history(tmp_path / "history.jsonl", [marked(line) for line in golden_lines()]))
    ledger = Ledger.open(url)
    ledger.submit(parse_line(json.dumps({
        "type": "RecordImported", "effective_on": "2026-06-03", "actor": {"id": f"hr-1-{MARK}", "role": "CREDIT"},
        "data": {"source": "S", "source_record": "1", "kind": "PENALTY", "outcome": "CONFIRMED",
                 "subject_id": f"P1-{MARK}", "summary": {"facts": MARK}},
    }).encode(), 1))  # fmt: skip
    yield ledger
    ledger.close()


def test_no_personal_text_of_the_golden_history_stands_in_any_file(loaded: Ledger, tmp_path: Path) -> None:
    assert (tmp_path / "ledger.db-wal").stat().st_size > 0
    assert_silent(tmp_path, {MARK, NUMBER})

    loaded.close()
    assert_silent(tmp_path, {MARK, NUMBER})


def test_nothing_personal_of_the_history_as_it_is_stands_in_any_file(tmp_path: Path) -> None:
    load_golden(f"sqlite:///{tmp_path / 'ledger.db'}")
    statements = {
        "示例",
        "年内完成业务培训",
        "未按承诺时限办结",
        "系统故障导致延误",
        "示信〔2025〕1号",
        "reporter-1",
        "hr-1",
    }

    assert_silent(tmp_path, {NUMBER, *statements})


def test_marks_were_set_and_can_be_read_by_those_who_may(loaded: Ledger) -> None:
    """The search would be worth nothing if there were nothing to be found."""
    opened = [loaded.sections(entry) for entry in loaded.logged(0, loaded.size)]
    names = {name for sections in opened for name in sections}

    assert {"identity", "statement", "summary", "grounds", "reasons", "factors", "considerations"} <= names
    assert {"document", "evidence", "text", "reporter"} <= names
    for sections in opened:
        for name, value in sections.items():
            assert MARK in json.dumps(value, ensure_ascii=False) or not any(value.values()), name


def test_a_mark_in_a_plain_field_is_found(tmp_path: Path) -> None:
    """The control: a unit publishes its commitments, so their text is plain."""
    lines = golden_lines()
    for line in lines:
        if line["type"] == "CommitmentMade" and line["data"]["promisor_id"] == "U1":
            line["data"]["text"] += MARK
    load_golden(f"sqlite:///{tmp_path / 'ledger.db'}", write_history(tmp_path / "history.jsonl", lines))

    assert in_the_open({MARK}, bytes_of(tmp_path)["ledger.db"]) == {MARK}


def test_a_mark_given_back_to_whoever_may_see_it_is_found(loaded: Ledger, tmp_path: Path) -> None:
    """The control for what commands say."""
    statuses, said = run(["file", f"P1-{MARK}", "--db", loaded.store.url, "--viewer", "SUBJECT", "--json"])

    assert statuses == [0], said
    assert in_the_open({MARK}, said) == {MARK}


@pytest.mark.postgres
def test_no_personal_text_stands_in_a_row_on_postgresql(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Copy(postgres_url, tmp_path)
    history = write_history(tmp_path / "history.jsonl", [marked(line) for line in golden_lines()])
    with copy.keys_given():
        load_golden(postgres_url, history)
    names = copy.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    rows = [row for (name,) in names for row in copy.rows(f"SELECT * FROM {name}")]  # noqa: S608

    written = b"".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)
    assert len(rows) > 100
    assert in_the_open({MARK, NUMBER}, written) == set()


# Who looks, and who holds a token.


def look_and_sign_in(ledger: Ledger) -> str:
    """Looks and a refusal by logins that tell who they are, and a token of one; its secret."""
    viewer = Viewer(f"hr-1-{MARK}", "HR", "PERSONNEL")
    uid = ledger.uid("subject", f"P1-{MARK}")
    assert uid is not None
    for who in (viewer, Viewer(f"{MARK}-auditor", "AUDITOR"), Viewer(f"P1-{MARK}", "SUBJECT")):
        ledger.access.look(who, [uid], scope=["INTEGRITY_FILE"], purpose="RECRUIT")
    ledger.access.refusal(Viewer(MARK, "HR", MARK), type="BreachConfirmed", code="own-case", target=uid)
    tokens = Tokens(ledger)
    secret, token = tokens.issue(viewer)
    tokens.revoke(tokens.issue(Viewer(f"P1-{MARK}", "SUBJECT"))[1].id)
    assert tokens.find(secret) == token
    return secret


def test_no_login_and_no_secret_stands_in_any_file(loaded: Ledger, tmp_path: Path) -> None:
    secret = look_and_sign_in(loaded)
    needles = {MARK, NUMBER, secret, secret.removeprefix(PREFIX)}

    assert (tmp_path / "ledger.db.access-wal").stat().st_size > 0
    assert_silent(tmp_path, needles)
    loaded.close()
    assert {"ledger.db.access", "ledger.db.keys"} <= set(bytes_of(tmp_path))
    assert_silent(tmp_path, needles)


@pytest.mark.postgres
def test_no_login_and_no_secret_stands_in_a_row_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    copy = Copy(postgres_url, tmp_path)
    history = write_history(tmp_path / "history.jsonl", [marked(line) for line in golden_lines()])
    with copy.keys_given():
        load_golden(postgres_url, history)
    with copy.opened() as ledger:
        secret = look_and_sign_in(ledger)
    names = copy.rows(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_schema IN ('public', 'access')"
    )
    rows = [row for (name,) in names for row in copy.rows(f"SELECT * FROM {name}")]  # noqa: S608

    written = b"".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)
    assert {"access.entries", "public.tokens"} <= {name for (name,) in names}
    assert len(copy.rows("SELECT * FROM access.entries")) == 5
    assert in_the_open({MARK, NUMBER, secret, secret.removeprefix(PREFIX)}, written) == set()


@pytest.fixture
def throw_away(tmp_path: Path) -> Iterator[tuple[Cluster, Copy]]:
    """A cluster of its own, and an address of a ledger to be in it."""
    try:
        running = cluster()
        server = running.__enter__()
    except NoPostgres as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    try:
        with server.database() as url, Copy(url, tmp_path).keys_given():
            yield server, Copy(url, tmp_path)
    finally:
        running.__exit__(None, None, None)


def files_of(server: Cluster) -> dict[str, bytes]:
    """Every file of a cluster after a checkpoint: tables and indexes, write-ahead log, and what the server says."""
    import psycopg

    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    paths = [path for path in server.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {str(path.relative_to(server.folder)): path.read_bytes() for path in paths}


def kinds_of(names: Iterable[str]) -> set[str]:
    """Which parts of a cluster files belong to: `data/base`, `data/pg_wal`, …"""
    return {"/".join(name.split("/")[:2]) for name in names}


@pytest.mark.postgres
def test_no_personal_text_stands_in_any_file_of_a_postgresql_cluster(
    throw_away: tuple[Cluster, Copy], tmp_path: Path
) -> None:
    """Rows are not all: what a row said stands in indexes, in the write-ahead log and in pages that were left."""
    server, copy = throw_away
    load_golden(copy.url, write_history(tmp_path / "history.jsonl", [marked(line) for line in golden_lines()]))
    statuses, said = run(
        ["file", f"P1-{MARK}", "--db", copy.url, "--actor", f"auditor-{MARK}", "--json"],
        ["file", f"P9-{MARK}", "--db", copy.url, "--actor", f"auditor-{MARK}", "--json"],
    )
    with copy.opened() as ledger:
        secret = look_and_sign_in(ledger)
        catch_up(ledger, ledger.store.engine)
    needles = {MARK, NUMBER, secret.removeprefix(PREFIX)}
    files = files_of(server)

    assert statuses == [0, 4], said
    compressed = copy.rows("SELECT count(*) FROM entries WHERE pg_column_compression(state) IS NOT NULL")
    assert compressed == [(0,)], "a search sees nothing in what is compressed"
    assert {"data/base", "data/pg_wal"} <= kinds_of(files)
    found = {name: in_the_open(needles, data) for name, data in files.items()}
    assert {name: told for name, told in found.items() if told} == {}


@pytest.mark.postgres
def test_a_mark_in_a_plain_field_is_found_in_heap_and_write_ahead_log(
    throw_away: tuple[Cluster, Copy], tmp_path: Path
) -> None:
    """The control: a unit's published text; and an index, of the one column of a caller's that is kept as it is."""
    server, copy = throw_away
    lines = golden_lines()
    for line in lines:
        if line["type"] == "CommitmentMade" and line["data"]["promisor_id"] == "U1":
            line["data"]["text"] += MARK
    load_golden(copy.url, write_history(tmp_path / "history.jsonl", lines))
    copy.rows("INSERT INTO request_keys VALUES (?, 'k', ?, 1, 1)", f"principal-{MARK}", b"fingerprint")
    files = files_of(server)

    hits = {name for name, data in files.items() if in_the_open({MARK}, data)}
    assert kinds_of(hits) >= {"data/base", "data/pg_wal"}
    tables = copy.rows("SELECT pg_relation_filepath(c) FROM unnest(ARRAY['entries', 'request_keys_pkey']) c")
    assert {f"data/{path}" for (path,) in tables} <= hits


# What failing commands say.


def run(*commands: Sequence[str]) -> tuple[list[int], bytes]:
    """The exit statuses of these commands, and all they said."""
    done = subprocess.run(
        [sys.executable, "-c", CLI, json.dumps(commands)], cwd=ROOT, capture_output=True, check=False
    )  # fmt: skip
    statuses = [int(line.split()[2]) for line in done.stderr.splitlines() if line.startswith(b"exit status ")]
    assert len(statuses) == len(commands), done.stderr
    return statuses, done.stdout + done.stderr


def refusals() -> list[tuple[str, int, dict[str, Any]]]:
    """The refused lines of the golden example, marked, each with the number of lines before it."""
    lines_of_rows = json.loads(shared_path("golden", "expected.json").read_text(encoding="utf-8"))
    rows = lines_of_rows["row_of_worked_table_to_line_of_history"]
    cases = json.loads(shared_path("golden", "refusals.json").read_text(encoding="utf-8"))
    return [(case["name"], rows[str(case["after"])], marked(case["line"])) for case in cases]


def faulty() -> Iterator[tuple[str, dict[str, Any]]]:
    """Lines that cannot be understood, each with a mark where it is wrong."""
    registered = next(line for line in golden_lines() if line["data"].get("id_number"))
    changes: dict[str, dict[str, Any]] = {
        "wrong check digit": {"id_number": WRONG_NUMBER},
        "unknown field": {MARK: MARK},
        "wrong type": {"name": [MARK]},
        "number taken": {"subject_id": f"P9-{MARK}"},
        "forbidden character": {"name": f"{MARK}\u202e"},
        "impossible region": {"region": MARK},
        "float": {"name": 1.5},
    }
    for name, change in changes.items():
        yield name, {**registered, "recorded_at": None, "data": {**registered["data"], **change}}
    yield "unknown type", {**registered, "type": MARK}
    yield "unknown subject", {
        "type": "PostAssigned", "effective_on": "2025-01-01", "actor": {"id": f"hr-1-{MARK}", "role": "HR"},
        "data": {"subject_id": MARK, "unit_id": MARK, "post": "C3", "level": "L3", "from": "2023-01-01"},
    }  # fmt: skip
    yield "unknown role", {**registered, "actor": {"id": MARK, "role": MARK}}


def test_refused_histories_say_nothing_personal(tmp_path: Path) -> None:
    lines = [marked(line) for line in golden_lines()]
    edition = str(shared_path("golden", f"{EDITION}.toml"))
    commands = []
    for number, (_, after, line) in enumerate(refusals()):
        history = str(write_history(tmp_path / f"{number}.jsonl", [*lines[:after], line]))
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        commands.append(["init", "--db", url, "--from-history", history, "--rulebook", edition, "--json"])
    statuses, said = run(*commands)

    assert set(statuses) == {3}, said
    assert in_the_open({MARK, NUMBER}, said) == set()
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".jsonl"]


def test_refused_imports_and_questions_say_nothing_personal(loaded: Ledger, tmp_path: Path) -> None:
    bad = [{key: value for key, value in line.items() if value is not None} for _, line in faulty()]
    imports = []
    for number, options in enumerate([[], ["--json"], ["--dry-run"], ["--skip-refused"], ["--skip-refused", "--json"]]):
        # Another order each time: a file that was imported is not imported again.
        history = write_history(tmp_path / f"bad-{number}.jsonl", [*bad[number:], *bad[:number]])
        imports.append(["import", str(history), "--db", loaded.store.url, *options])
    questions = [["file", f"P8-{MARK}"], ["score", MARK], ["check", MARK], ["file", f"P1-{MARK}", "--as-of", MARK]]
    statuses, said = run(*imports, *([*question, "--db", loaded.store.url] for question in questions))

    assert set(statuses[: len(imports)]) <= {3, 7}, said
    assert 0 not in statuses
    assert b"Traceback" not in said
    assert in_the_open({MARK, NUMBER, WRONG_NUMBER}, said) == set()


@pytest.mark.parametrize(("name", "line"), list(faulty()), ids=lambda value: value if isinstance(value, str) else "")
def test_errors_say_nothing_personal(
    loaded: Ledger, caplog: pytest.LogCaptureFixture, name: str, line: dict[str, Any]
) -> None:
    body = {key: value for key, value in line.items() if value is not None}
    with caplog.at_level(logging.DEBUG), pytest.raises(LedgerError) as refused:
        loaded.submit(parse_line(json.dumps(body).encode(), 1))

    told = "".join(traceback.format_exception(refused.value)) + repr(refused.value) + caplog.text
    assert in_the_open({MARK, NUMBER, WRONG_NUMBER}, told.encode()) == set(), name


# The samples of public records.


def persons_of(folder: Path) -> set[str]:
    """The ids under which the sample knows its officials: they have no names there."""
    with (folder / "officials.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["official_id"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("sample", ["scripts/sample", "real"])
def test_no_person_of_a_sample_stands_in_any_file(tmp_path: Path, sample: str) -> None:
    folder = shared_path("data", "real-sample") if sample == "real" else ROOT / sample
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    create(url).close()
    (status,), said = run(["import", "--db", url, "--mapping", "public-records", "--json", str(folder)])
    persons = persons_of(folder)

    assert status in (0, 7), said[-2000:]
    assert len(persons) >= 5
    assert in_the_open(persons, said) == set()
    assert_silent(tmp_path, persons)
