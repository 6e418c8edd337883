"""A real server: `integrity serve` in a process of its own, its log in a file, ended by its process id."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from api.serving import free_port
from tests.support.golden import Copy

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import sys; from api.cli import main; sys.exit(main())"
START_SECONDS = 60


class Server:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.port, self._log = process, port, log

    def request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own: status, headers (names in small letters), body."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            content = None if body is None else json.dumps(body)
            given = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, content, given | dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def log(self) -> str:
        """What it said so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def lines(self) -> list[dict[str, Any]]:
        """Its JSON lines."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 30) -> int:
        """Ask it to end, and wait; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)


def environment(copy: Copy, **more: str) -> dict[str, str]:
    """What a program needs to find the ledger's keys."""
    with copy.keys_given():
        return {**os.environ, "PYTHONPATH": str(ROOT), "INTEGRITY_RATE_LIMIT": "100000000/minute", **more}


def start(copy: Copy, *options: str, port: int, log: Path, **more: str) -> subprocess.Popen[bytes]:
    """The process of `integrity serve`."""
    command = [sys.executable, "-c", PROGRAM, "serve", "--db", copy.url, "--port", str(port), "--lang", "en", *options]
    with log.open("wb") as output:
        return subprocess.Popen(command, cwd=ROOT, env=environment(copy, **more), stdout=output, stderr=output)


@contextmanager
def served(copy: Copy, *options: str, **more: str) -> Iterator[Server]:
    """The ledger at a copy, served until the block ends; `more` are variables of the server's environment."""
    port, log = free_port("127.0.0.1", 0), copy.folder / "server.log"
    process = start(copy, *options, port=port, log=log, **more)
    server = Server(process, port, log)
    try:
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _wait(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.process.poll() is None, server.log()
        try:
            if server.request("GET", "/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server does not answer: " + server.log())
