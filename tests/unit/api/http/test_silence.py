"""Canaries: what comes in with a request stands in no log line, no error, no header and no label of a metric.

The mark is put everywhere a request can hold text, at every route and in roles it serves and does not serve. A control
shows that the search can find it.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from httpx2 import Response

from api.observing import JsonLines
from tests.support.http import Caller, House
from tests.unit.api.http.test_policy import PLACES, TABLE, WHO

CANARY = "金丝雀-zhangsan"
CLIENT = ("httpx", "httpcore", "asyncio")  # what the test client says of itself


def spellings(text: str = CANARY) -> Iterator[str]:
    """The mark as it could stand in a line."""
    yield text
    yield quote(text)
    yield json.dumps(text)[1:-1]
    yield ascii(text)[1:-1]
    yield text.encode().decode("latin-1")
    yield "zhangsan"


def marked(text: str) -> bool:
    return any(spelling in text for spelling in spellings())


def everywhere(caller: Caller, method: str, path: str) -> Iterator[Response]:
    """Requests with the mark in whatever a request has."""
    latin = CANARY.encode()
    headers = dict.fromkeys(
        ("User-Agent", "Referer", "Cookie", "If-Match", "Idempotency-Key", "Origin", "Prefer"), latin
    )
    query = dict.fromkeys(
        ("as_of", "as_known", "purpose", "cursor", "kind", "state", "name", "start", "size", "index", "from", "level"),
        CANARY,
    )
    record = path.format(uid="00000000-0000-4000-8000-000000000000", **PLACES)
    body: Any = {"data": {"name": CANARY, "subject_id": CANARY, "id_number": CANARY}, "purpose": CANARY}
    yield caller.send(method, re.sub(r"{\w+}", quote(CANARY), path))
    yield caller.send(method, record, params=query, headers=headers)
    yield caller.send(method, f"{record}/{quote(CANARY)}")
    if method == "POST":
        key = {"Idempotency-Key": "silence"}
        yield caller.send(method, record, json=body, headers=key | {"If-Match": "*"})
        yield caller.send(method, record, json={"ref": CANARY})
        yield caller.send(method, record, json={"name": CANARY, "id_number": CANARY})
        yield caller.send(method, record, json={"commands": [{"type": CANARY, "data": {"doc": CANARY}}]}, headers=key)
        yield caller.send(method, record, content=f'{{"data": {{"x": "{CANARY}"'.encode(), headers=key)
        yield caller.send(method, record, content=CANARY.encode("gb18030"), headers=key)
        file = {"files": (f"{CANARY}.csv", latin), "file": (f"{CANARY}.pdf", latin)}
        yield caller.send(method, record, files=file, data={"mapping": CANARY, "subject": CANARY}, headers=key)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def written(caplog: pytest.LogCaptureFixture) -> str:
    """Every line, as the server would write it and as any other handler would."""
    formatter = JsonLines()
    own = [record for record in caplog.records if not record.name.startswith(CLIENT)]
    plain = [f"{record.getMessage()} {record.exc_text or ''} {record.__dict__}" for record in own]
    return "\n".join([*map(formatter.format, own), *plain])


@pytest.mark.parametrize("route", TABLE)
def test_what_comes_in_is_said_nowhere(door: House, lines: pytest.LogCaptureFixture, route: str) -> None:
    method, path = route.split(" ")
    served = next((role for role in WHO if role in TABLE[route].split()), None)
    for role in (served, "EXPERT", None):
        who = WHO.get(role or "")
        caller = door.stranger(quote(CANARY)) if who is None else door.caller(who.actor, who.role, who.unit)
        for answer in everywhere(caller, method, path):
            assert not marked(str(dict(answer.headers))), (role, answer.request.url)
            assert not marked(answer.text), (role, answer.request.url, answer.text)
            assert answer.status_code < 500
    said = written(lines)
    assert '"event": "request"' in said
    assert not marked(said)


def test_what_a_person_reads_of_themselves_is_not_logged(own_door: House, lines: pytest.LogCaptureFixture) -> None:
    """The control: the mark is in the answer to whoever may see it, and still in no line."""
    hr = own_door.caller("hr-1", "HR", "PERSONNEL")
    data = {
        "subject_id": CANARY, "kind": "PERSON", "name": CANARY, "region": "230800", "id_number": "110105194912310038",
    }  # fmt: skip
    assert hr.command("/v1/subjects", data).status_code == 201
    person = own_door.caller(CANARY, "SUBJECT")
    answer = person.get(f"/v1/subjects/{own_door.uid('subject', CANARY)}/integrity-file")

    assert answer.status_code == 200
    assert marked(answer.text)
    assert not marked(written(lines))


def test_a_line_names_a_route_a_status_and_a_token_and_no_more(door: House, lines: pytest.LogCaptureFixture) -> None:
    auditor = door.caller("auditor-1", "AUDITOR")
    uid = door.uid("subject", "P1")
    answer = auditor.get(f"/v1/subjects/{uid}/integrity-file", as_of="2026-06-01")
    (record,) = [record for record in lines.records if record.name == "integrity.http"]
    line = json.loads(JsonLines().format(record))

    assert set(line) == {
        "at", "level", "logger", "event", "trace_id", "method", "route", "status", "milliseconds", "token",
    }  # fmt: skip
    assert line["route"] == "/v1/subjects/{uid}/integrity-file"
    assert (line["status"], line["trace_id"]) == (200, answer.headers["x-request-id"])
    assert uid not in json.dumps(line)
    assert "auditor-1" not in json.dumps(line)


def test_metrics_count_by_route_and_hold_nothing_else(door: House) -> None:
    door.caller("auditor-1", "AUDITOR").get(f"/v1/breaches/{quote(CANARY)}", name=CANARY)
    door.stranger().get(f"/{quote(CANARY)}")
    text = door.stranger().get("/metrics").text

    assert 'integrity_requests_total{method="GET",route="/v1/breaches/{uid}",status="404"}' in text
    assert 'route="none"' in text
    assert not marked(text)


def test_a_method_of_the_callers_own_is_no_label(door: House) -> None:
    """Else anybody could make as many series as they like."""
    for number in range(3):
        door.stranger().send(f"ZHANGSAN{number}", "/livez")

    assert "ZHANGSAN" not in door.stranger().get("/metrics").text


def test_an_exceptions_own_words_are_not_written() -> None:
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        record = logging.LogRecord(
            "integrity.http", logging.ERROR, "", 1, "unexpected", None, (type(error), error, None)
        )
    foreign = logging.LogRecord("sqlalchemy.engine", logging.ERROR, "", 1, f"SELECT {CANARY}", None, None)
    server = logging.LogRecord("uvicorn.error", logging.WARNING, "", 1, "Started %s", (CANARY,), None)

    line = json.loads(JsonLines().format(record))
    assert line["error"] == "ValueError"
    for one in (record, foreign, server):
        assert not marked(JsonLines().format(one))
        assert "\n" not in JsonLines().format(one)


def test_no_line_can_be_made_to_look_like_two() -> None:
    record = logging.LogRecord("integrity.http", logging.INFO, "", 1, "request", None, None)
    record.route = 'x\r\n{"event": "forged"}'

    assert re.fullmatch(r"[^\r\n]+", JsonLines().format(record))
