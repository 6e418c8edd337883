"""What keeps a server from opening: one sentence that says what to do, and the exit status of the error's group.

And what it does while it runs: it holds a SQLite ledger for itself, ends on a signal after the requests under way, and
its log says nothing of anybody.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner, Result

from api.cli.application import app as command_line
from api.serving import free_port, only_server
from ledger.access import Viewer
from ledger.storage.key_files import create_signing_key
from ledger.tokens import Tokens
from tests.support.golden import Copy
from tests.support.http import registration
from tests.support.server import Server, served, start

OK, REFUSED, NOT_FOUND, CONFLICT, TAMPERED = 0, 3, 4, 5, 6
CANARY = "金丝雀"
Spoil = Callable[[Copy], None]


def serve(copy: Copy, *options: str, lang: str = "en") -> Result:
    """`integrity serve`, which is expected to refuse."""
    port = ["--port", str(free_port("127.0.0.1", 0))] if "--port" not in options else []
    with copy.keys_given():
        return CliRunner().invoke(command_line, ["serve", "--db", copy.url, "--lang", lang, *port, *options])


def assert_refused(copy: Copy, status: int, code: str, says: str, *options: str) -> None:
    """It does not start, says why in either language, and does not say that it serves."""
    english, chinese = serve(copy, *options), serve(copy, *options, lang="zh")

    assert english.exit_code == chinese.exit_code == status, english.output + english.stderr
    assert says in english.stderr
    assert f"({code})" in english.stderr or f"（{code}）" in english.stderr
    assert f"（{code}）" in chinese.stderr
    assert "Serving at" not in english.stderr
    assert "Traceback" not in english.stderr
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese.stderr)


def spoiled_head(copy: Copy) -> None:
    copy.rows("UPDATE head SET root = ?", bytes(32))


def spoiled_entry(copy: Copy) -> None:
    copy.write_entry(40, copy.entry(40) + b" ")


def without(name: str) -> Spoil:
    def remove(copy: Copy) -> None:
        (copy.folder / name).unlink()

    return remove


def of_another_ledger(copy: Copy) -> None:
    (copy.folder / "signing-key").unlink()
    create_signing_key(copy.folder / "signing-key")


def of_an_older_release(copy: Copy) -> None:
    copy.rows("UPDATE alembic_version SET version_num = '0001'")


def without_access_log(copy: Copy) -> None:
    if copy.sqlite:
        for path in copy.folder.glob("ledger.db.access*"):
            path.unlink()
    else:
        copy.rows("DROP SCHEMA access CASCADE")


def with_another_access_log(copy: Copy) -> None:
    copy.access.write_entry(0, copy.access.entry(0) + b" ")


REASONS: dict[str, tuple[Spoil, int, str, str]] = {
    "a root that is not the head's": (spoiled_head, TAMPERED, "head-not-verified", "integrity verify"),
    "an entry that was changed": (spoiled_entry, TAMPERED, "head-not-verified", "integrity verify"),
    "no master key": (without("master-key"), NOT_FOUND, "no-key-file", "put it back"),
    "no signing key": (without("signing-key"), NOT_FOUND, "no-key-file", "INTEGRITY_SIGNING_KEY"),
    "no key store": (without("keys"), CONFLICT, "no-key-store", "put it back"),
    "another ledger's signing key": (of_another_ledger, TAMPERED, "wrong-signing-key", "put that one back"),
    "an older release": (of_an_older_release, REFUSED, "migration-pending", "integrity migrate"),
    "no access log": (without_access_log, TAMPERED, "access-log-missing", "put it back"),
    "another access log": (with_another_access_log, TAMPERED, "access-log-replaced", "put its own back"),
}
FILES_ONLY = ("no key store", "no access log", "another access log")


@pytest.mark.parametrize("name", REASONS)
def test_a_ledger_that_may_not_be_served_is_not(golden_file: Copy, name: str) -> None:
    spoil, status, code, says = REASONS[name]
    spoil(golden_file)

    assert_refused(golden_file, status, code, says)


@pytest.mark.postgres
@pytest.mark.parametrize("name", [name for name in REASONS if name not in FILES_ONLY])
def test_a_ledger_on_postgresql_that_may_not_be_served_is_not(
    golden_postgres: object, tmp_path: Path, name: str
) -> None:
    spoil, status, code, says = REASONS[name]
    with golden_postgres.copy(tmp_path) as copy:  # type: ignore[attr-defined]
        spoil(copy)
        try:
            assert_refused(copy, status, code, says)
        finally:
            copy.rows("UPDATE alembic_version SET version_num = (SELECT max(version_num) FROM access.alembic_version)")


def test_a_ledger_that_is_not_there(tmp_path: Path) -> None:
    nowhere = Copy(f"sqlite:///{tmp_path / 'nothing.db'}", tmp_path)

    assert_refused(nowhere, NOT_FOUND, "no-ledger", "no ledger")
    assert list(tmp_path.iterdir()) == [], "asking leaves nothing behind"
    assert_refused(Copy(f"sqlite:///{tmp_path / 'no' / 'folder.db'}", tmp_path), NOT_FOUND, "no-ledger", "no ledger")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "ledger.example", "::", ""])  # noqa: S104
def test_a_server_listens_on_loopback_only(golden_file: Copy, host: str) -> None:
    assert_refused(golden_file, REFUSED, "loopback-only", "proxy with TLS", "--host", host)


def test_a_file_has_one_server_process(golden_file: Copy) -> None:
    assert_refused(golden_file, REFUSED, "one-server", "PostgreSQL", "--workers", "2")


def test_a_file_has_one_server(golden_file: Copy) -> None:
    with only_server(golden_file.url):
        assert_refused(golden_file, CONFLICT, "already-served", "stop it first")


def test_a_port_that_is_taken(golden_file: Copy) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert_refused(golden_file, CONFLICT, "cannot-listen", "another --port", "--port", str(other.getsockname()[1]))


def test_a_second_server_in_earnest(golden_file: Copy) -> None:
    with served(golden_file) as server:
        second = start(golden_file, port=free_port("127.0.0.1", 0), log=golden_file.folder / "second.log")
        assert second.wait(30) == CONFLICT
        assert server.request("GET", "/readyz")[0] == 200
        assert server.stop() == OK
    with served(golden_file) as third:
        assert third.request("GET", "/livez")[0] == 200, "what the first held is free again"


# While it runs.


def requests_under_way(server: Server, secret: str, count: int) -> tuple[list[Thread], list[int]]:
    """Batches on their way, each a commit of a hundred entries; the statuses of their answers."""
    statuses: list[int] = []

    def send(number: int) -> None:
        commands = [{"type": "SubjectRegistered", "data": registration(number * 100 + which)} for which in range(100)]
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": f"under-way-{number}"}
        statuses.append(server.request("POST", "/v1/batch", {"commands": commands}, headers)[0])

    threads = [Thread(target=send, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads, statuses


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_the_requests_under_way(golden: Copy, number: signal.Signals) -> None:
    with golden.opened() as ledger:
        secret, _ = Tokens(ledger).issue(Viewer("hr-1", "HR", "PERSONNEL"))
        size = ledger.size
    with served(golden) as server:
        threads, statuses = requests_under_way(server, secret, 6)
        while server.request("GET", "/version")[2] and json.loads(server.request("GET", "/version")[2])["size"] == size:
            time.sleep(0.01)
        os.kill(server.process.pid, number)
        for thread in threads:
            thread.join()
        assert server.process.wait(30) == OK, server.log()
        assert "Traceback" not in server.log()

    assert statuses == [200] * 6
    with golden.opened() as ledger:
        assert ledger.size == size + 600
    assert [finding.code for finding in golden.verify().findings] == ["history"]


def test_its_log_says_nothing_of_anybody(golden_file: Copy) -> None:
    with golden_file.opened() as ledger:
        secret, token = Tokens(ledger).issue(Viewer(f"hr-{CANARY}", "HR", "PERSONNEL"))
        subject = ledger.uid("subject", "P1")
    with served(golden_file) as server:
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "x"}
        server.request("GET", f"/v1/subjects/{subject}/integrity-file?purpose=PROMOTE&name=zhangsan", headers=headers)
        server.request("POST", "/v1/subjects", {"data": {"name": CANARY}}, headers)
        server.request("POST", "/v1/subjects/lookup", {"ref": CANARY}, headers)
        with closing(socket.create_connection(("127.0.0.1", server.port))) as connection:
            connection.sendall(b"zhangsan\r\n\r\n")
            connection.recv(1000)
        assert server.stop() == OK
    lines, log = server.lines(), server.log()

    assert {line["status"] for line in lines if line["event"] == "request"} >= {200, 400, 404}
    assert all(line["token"] == token.id for line in lines if line.get("token"))
    for word in (CANARY, json.dumps(CANARY)[1:-1], "zhangsan", "P1", secret, str(subject)):
        assert word not in log, word
    spoken = [line for line in log.splitlines() if not line.startswith("{")]
    assert spoken == [f"Serving at http://127.0.0.1:{server.port} (Ctrl+C stops)"]


def test_it_says_that_it_serves_only_once_it_does(golden_file: Copy) -> None:
    spoiled_head(golden_file)
    command = start(golden_file, port=free_port("127.0.0.1", 0), log=golden_file.folder / "server.log")

    assert command.wait(30) == TAMPERED
    assert "Serving" not in (golden_file.folder / "server.log").read_text(encoding="utf-8")


@pytest.mark.postgres
def test_several_processes_serve_a_ledger_on_postgresql(golden_postgres: object, tmp_path: Path) -> None:
    with golden_postgres.copy(tmp_path) as copy:  # type: ignore[attr-defined]
        with copy.opened() as ledger:
            secret, _ = Tokens(ledger).issue(Viewer("hr-1", "HR", "PERSONNEL"))
            size = ledger.size
        with served(copy, "--workers", "2") as server:
            threads, statuses = requests_under_way(server, secret, 8)
            for thread in threads:
                thread.join()
            again, retried = requests_under_way(server, secret, 8)
            for thread in again:
                thread.join()
            workers = children(server.process.pid)
            assert server.stop() == OK, server.log()
        assert len(workers) >= 2
        assert statuses == retried == [200] * 8
        with copy.opened() as ledger:
            assert ledger.size == size + 800
        assert [finding.code for finding in copy.verify().findings] == ["history"]


def children(pid: int) -> list[str]:
    """The processes that a process started."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
