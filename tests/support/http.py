"""The HTTP door of a ledger, in process: one client for each viewer, over the real application.

The ledger is the golden history's, with some lines of our own behind it: a second person, a second HR organ, a case
that nobody has decided. `in_thread` serves it on a real socket as well.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app
from api.settings import Settings
from ledger.access import Viewer
from ledger.application import Ledger
from ledger.clock import Clock, utc_now
from ledger.line import parse_line
from ledger.opening import create_from_history
from ledger.rulebook.edition import shipped_edition
from ledger.tokens import Tokens
from tests.support.golden import EDITION, KEY_FILES
from tests.support.postgres import Cluster
from tests.support.shared import shared_path

UNLIMITED = "1000000/minute"
ADDRESS = "http://127.0.0.1"
NOBODY = "00000000-0000-4000-8000-000000000000"
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
LINES = shared_path("golden", "history.jsonl").read_text(encoding="utf-8").splitlines()


def _line(type_: str, actor: Mapping[str, str], **data: Any) -> str:
    recorded = "2026-06-05T09:00:00.000000+08:00"
    line = {"type": type_, "effective_on": "2026-06-05", "recorded_at": recorded, "actor": actor, "data": data}
    return json.dumps(line, ensure_ascii=False)


_CREDIT = {"id": "credit-1", "role": "CREDIT", "unit_id": "CREDIT-OFFICE"}
_HR = {"id": "hr-1", "role": "HR", "unit_id": "PERSONNEL"}
_HR_ELSEWHERE = {"id": "hr-9", "role": "HR", "unit_id": "U2"}
_P2 = {"id": "P2", "role": "SUBJECT"}
MORE = [
    _line(
        "SubjectRegistered", _CREDIT, subject_id="U2", kind="UNIT", name="示范市交通局", region="230800",
        uscc="91350100M000100Y43",
    ),
    _line(
        "SubjectRegistered", _HR, subject_id="P2", kind="PERSON", name="测试者", region="230800",
        id_number="23080318800101001X",
    ),
    _line("PostAssigned", _HR, subject_id="P2", unit_id="U2", level="L3", post="C3", **{"from": "2026-01-01"}),
    _line(
        "CommitmentMade", _P2, commitment_id="C9", promisor_id="P2", kind="PERSONAL", text="年内完成轮岗", weight=1,
        due_on="2027-12-31", public=False,
    ),
    _line(
        "BreachReported", {"id": "reporter-9", "role": "REPORTER", "unit_id": "U2"}, breach_id="B9", subject_id="P2",
        category="DUTY_PROMISE", proposed_severity="GENERAL", occurred_on="2026-06-01", duty_related=True,
        summary="线索",
    ),
    _line(
        "ConsentGiven", _P2, consent_id="CONSENT-9", subject_id="P2", purpose="RECRUIT", scope=["BREACH"],
        recipient="U2", expires_on="2099-12-31",
    ),
    _line(
        "EligibilityCheckRequested", _HR_ELSEWHERE, check_id="K9", subject_id="P2", purpose="RECRUIT", post_ref="9",
        consent_id="CONSENT-9",
    ),
]  # fmt: skip


@contextmanager
def opened(url: str, folder: Path, lines: Sequence[str], clock: Clock = utc_now) -> Iterator[Ledger]:
    """A ledger opened with these lines; the key files stay where this says while it is open."""
    with pytest.MonkeyPatch.context() as patch:
        for name, file in KEY_FILES.items():
            patch.setenv(name, str(folder / file))
        parsed = (parse_line(line.encode(), number) for number, line in enumerate(lines, start=1))
        digest_of, editions = "\n".join(lines).encode(), [shipped_edition(EDITION)]
        ledger = create_from_history(url, parsed, digest_of=digest_of, editions=editions, clock=clock)
        try:
            yield ledger
        finally:
            ledger.close()


@contextmanager
def database(request: pytest.FixtureRequest, folder: Path, kind: str) -> Iterator[str]:
    """The URL of a fresh database of a kind."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'ledger.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    with cluster.database() as url:
        yield url


class Caller:
    """One viewer at the door."""

    def __init__(self, client: TestClient, secret: str | None) -> None:
        self._client = client
        self.headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, **query: Any) -> Response:
        params = {name: str(value) for name, value in query.items() if value is not None}
        return self._client.get(path, params=params or None, headers=self.headers)

    def send(self, method: str, path: str, **options: Any) -> Response:
        """Any request; `headers` come beside the token."""
        return self._client.request(method, path, headers=self.headers | options.pop("headers", {}), **options)

    def post(self, path: str, body: Any = None, *, content: bytes | None = None, **headers: str) -> Response:
        """A POST with exactly these headers beside the token; underscores in names stand for hyphens."""
        given = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        if content is not None:
            return self._client.post(path, content=content, headers={"Content-Type": "application/json"} | given)
        return self._client.post(path, json=body, headers=given)

    def command(
        self, path: str, data: Mapping[str, Any], *, key: str | None = None, seen: str | None = "*", **body: Any
    ) -> Response:
        """A command under a key of its own, on whatever version the record has."""
        headers = {"Idempotency_Key": key or str(uuid4())} | ({} if seen is None else {"If_Match": seen})
        return self.post(path, {"data": dict(data), **body}, content=None, **headers)

    def batch(self, commands: Any, *, key: str | None = None) -> Response:
        return self.post("/v1/batch", {"commands": commands}, Idempotency_Key=key or str(uuid4()))

    def uid(self, ref: str) -> str:
        """The pseudonym of a caller's id."""
        answer = self.post("/v1/subjects/lookup", {"ref": ref})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["uid"])


class House:
    """An application over one ledger."""

    def __init__(self, ledger: Ledger, client: TestClient, app: FastAPI) -> None:
        self.ledger, self.app = ledger, app
        self._client = client
        self.tokens = Tokens(ledger)

    def caller(self, actor: str, role: str, unit: str | None = None) -> Caller:
        secret, _ = self.tokens.issue(Viewer(actor, role, unit))
        return Caller(self._client, secret)

    def stranger(self, secret: str | None = None) -> Caller:
        """Somebody without a token, or with one that is none."""
        return Caller(self._client, secret)

    def uid(self, kind: str, ref: str) -> str:
        """The pseudonym of a record, known without asking the door."""
        uid = self.ledger.uid(kind, ref)
        assert uid is not None, f"no {kind} {ref}"
        return uid

    def looks(self) -> int:
        """How many looks and refusals stand in the access log."""
        return self.ledger.access.size


@contextmanager
def house(ledger: Ledger, **settings: Any) -> Iterator[House]:
    """The door of an open ledger, open while the block runs."""
    app = create_app(ledger, Settings(**{"rate_limit": UNLIMITED} | settings))
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        yield House(ledger, client, app)


@contextmanager
def golden_house(folder: Path, **settings: Any) -> Iterator[House]:
    """The door of the golden ledger with its further lines, on SQLite."""
    with opened(f"sqlite:///{folder / 'ledger.db'}", folder, LINES + MORE) as ledger, house(ledger, **settings) as door:
        yield door


def registration(number: int) -> dict[str, Any]:
    """The data of a person to be registered, another one for each number."""
    rest, of_the_day = divmod(number, 1000)
    rest, day = divmod(rest, 28)
    years, month = divmod(rest, 12)
    seventeen = f"230803{1950 + years}{month + 1:02}{day + 1:02}{of_the_day:03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(seventeen, weights, strict=True)) % 11]
    name = f"测试者{number}"
    return {
        "subject_id": f"N{number}", "kind": "PERSON", "name": name, "region": "230800", "id_number": seventeen + check,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Socket:
    """A served application: where it listens."""

    port: int

    def raw(self, request: bytes) -> socket.socket:
        """A connection on which these bytes were sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(request)
        return connection

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and the whole answer to a request that ends its connection."""
        with closing(self.raw(request)) as connection:
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        return int(answer.split(b" ", 2)[1]), answer


@contextmanager
def in_thread(app: FastAPI) -> Iterator[Socket]:
    """The application on a real socket, served by a thread of this process."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    with closing(socket.socket()) as at:
        at.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[at])), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        try:
            yield Socket(at.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def request_bytes(
    method: str, path: str, secret: str, body: Any = None, *, key: str | None = None, seen: str | None = None
) -> bytes:
    """A request as it goes over the wire; its connection ends with the answer."""
    content = b"" if body is None else json.dumps(body).encode()
    headers = {
        "Host": "127.0.0.1", "Authorization": f"Bearer {secret}", "Content-Type": "application/json",
        "Content-Length": str(len(content)), "Connection": "close",
    }  # fmt: skip
    headers |= {} if key is None else {"Idempotency-Key": key}
    headers |= {} if seen is None else {"If-Match": seen}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content
