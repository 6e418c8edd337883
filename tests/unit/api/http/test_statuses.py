"""Statuses and headers: every error is a problem document with its code; every answer carries what a browser heeds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from httpx2 import Response

from api.bodies import MAX_BODY_BYTES
from api.observing import HEADERS
from api.text.catalogue import ERRORS, table
from ledger.errors import Unavailable, VerificationError
from tests.support.http import NOBODY, Caller, House, golden_house, registration

MEMBERS = {"type", "title", "status", "code", "detail", "trace_id"}


@pytest.fixture(scope="module")
def auditor(door: House) -> Caller:
    return door.caller("auditor-1", "AUDITOR")


@pytest.fixture(scope="module")
def hr(door: House) -> Caller:
    return door.caller("hr-1", "HR", "PERSONNEL")


def assert_problem(answer: Response, status: int, code: str) -> dict[str, Any]:
    """An answer is the problem document of a code, whatever else is in it."""
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), body
    assert set(body) >= MEMBERS
    assert body["type"] == f"urn:integrity-ledger:problem:{code}"
    assert body["trace_id"] == answer.headers["x-request-id"]
    assert body["title"] != code, "every code has its sentence"
    return body


def broken(door: House, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """From now on the ledger's head raises this."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(door.ledger.store.recorder, "head", fail)


# One of each status.

Ask = Callable[[Caller, House], Response]
EACH: dict[str, tuple[int, str, Ask]] = {
    "malformed": (400, "malformed", lambda caller, door: caller.get("/v1/subjects", limit=0)),
    "no token": (401, "sign-in-required", lambda caller, door: door.stranger().get("/v1/subjects")),
    "bad token": (401, "sign-in-required", lambda caller, door: door.stranger("x").get("/v1/subjects")),
    "absent": (404, "not-found", lambda caller, door: caller.get(f"/v1/breaches/{NOBODY}")),
    "no route": (404, "not-found", lambda caller, door: caller.get("/v1/nothing/here")),
    "a slash too many": (404, "not-found", lambda caller, door: caller.get("/v1/subjects/")),
    "no id": (404, "not-found", lambda caller, door: caller.get("/v1/breaches/B1")),
    "method": (405, "method-not-allowed", lambda caller, door: caller.send("DELETE", "/v1/subjects")),
    "large": (
        413,
        "body-too-large",
        lambda caller, door: caller.post("/v1/subjects/lookup", content=b" " * (MAX_BODY_BYTES + 1)),
    ),
    "form": (
        415,
        "unsupported-media-type",
        lambda caller, door: caller.send("POST", "/v1/subjects/lookup", data={"ref": "P1"}),
    ),
    "host": (400, "unknown-host", lambda caller, door: caller.send("GET", "/livez", headers={"Host": "evil.example"})),
}


@pytest.mark.parametrize("name", EACH)
def test_every_error_is_a_problem(door: House, auditor: Caller, name: str) -> None:
    status, code, ask = EACH[name]

    assert_problem(ask(auditor, door), status, code)


def asked(own_door: House) -> Response:
    """What an auditor gets who asks for a file."""
    path = f"/v1/subjects/{NOBODY}/integrity-file"
    return own_door.caller("auditor-1", "AUDITOR").get(path)


def test_an_outage_is_503_and_says_when_to_come_back(own_door: House, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(own_door, monkeypatch, Unavailable("the database cannot be reached", code="store-unavailable"))
    answer = asked(own_door)

    assert_problem(answer, 503, "store-unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_an_outage_of_the_lists_is_503_and_says_nothing_of_the_driver(
    door: House, auditor: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise sa.exc.OperationalError("SELECT secret", {"name": "金丝雀"}, Exception("postgresql://user:secret@host"))

    monkeypatch.setattr("api.routes.lists.page", fail)
    answer = auditor.get("/v1/subjects")

    assert_problem(answer, 503, "store-unavailable")
    assert "retry-after" in answer.headers
    assert "secret" not in answer.text


def test_our_own_mistake_is_a_problem_with_every_header(
    own_door: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    broken(own_door, monkeypatch, ZeroDivisionError("金丝雀"))
    answer = asked(own_door)
    body = assert_problem(answer, 500, "unexpected")

    assert "金丝雀" not in answer.text
    assert_headers(answer)
    lines = [record for record in caplog.records if record.name == "integrity.http"]
    assert {getattr(line, "trace_id", None) for line in lines} >= {body["trace_id"]}
    assert any(getattr(line, "status", None) == 500 for line in lines), "the request is logged with its status"
    assert "金丝雀" not in "".join(line.getMessage() for line in lines)


def test_damage_is_500_and_its_code(own_door: House, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(own_door, monkeypatch, VerificationError("entry 3: contents do not match its hash"))

    assert_problem(asked(own_door), 500, "verification-failed")


def test_readiness_says_which_part_fails(own_door: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = own_door.stranger().get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert ready.json()["checks"]["sentinel"] == "ok"

    def fail(*_: Any) -> None:
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(own_door.ledger.store, "is_current", fail)
    failing = own_door.stranger().get("/readyz")
    assert (failing.status_code, failing.json()["status"]) == (503, "failing")
    assert failing.json()["checks"]["migrations"] == "failing"
    assert failing.json()["checks"]["database"] == "ok"
    assert int(failing.headers["retry-after"]) > 0

    broken(own_door, monkeypatch, Unavailable("gone"))
    assert own_door.stranger().get("/readyz").json()["checks"]["database"] == "failing"
    assert own_door.stranger().get("/livez").status_code == 200, "the process lives all the same"


# Languages.


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("zh-CN", "zh"),
        ("en", "en"),
        ("EN-gb,zh;q=0.5", "en"),
        ("fr, en;q=0.7", "en"),
        ("fr, de", "zh"),
        ("*", "zh"),
        ("金丝雀", "zh"),
        (",;q=,", "zh"),
    ],
)
def test_a_title_is_in_the_readers_language(door: House, header: str | None, language: str) -> None:
    headers = {} if header is None else {"Accept-Language": header.encode()}
    answer = door.stranger().send("GET", "/v1/subjects", headers=headers)

    assert answer.json()["title"] == table(ERRORS)["error"]["sign-in-required"][language]
    assert answer.json()["detail"].isascii(), "the detail is for programmers"


# Rates.


def test_every_answer_says_what_is_left_and_429_when_to_come_back(tmp_path: Path) -> None:
    with golden_house(tmp_path, rate_limit="5/minute") as door:
        caller, other = door.caller("auditor-1", "AUDITOR"), door.caller("auditor-2", "AUDITOR")
        for left in (4, 3, 2, 1, 0):
            answer = caller.get("/v1/subjects")
            assert answer.status_code == 200
            assert answer.headers["ratelimit"].startswith(f'"default";r={left};t=')
            assert answer.headers["ratelimit-policy"] == '"default";q=5;w=60'
        for _ in range(2):
            refused = caller.get("/v1/subjects")
            assert_problem(refused, 429, "too-many-requests")
            assert 1 <= int(refused.headers["retry-after"]) <= 60
            assert refused.headers["ratelimit"].startswith('"default";r=0;t=')
            assert_headers(refused)
        assert other.get("/v1/subjects").status_code == 200, "every credential has a rate of its own"


def test_whoever_guesses_tokens_is_slowed_down(tmp_path: Path) -> None:
    with golden_house(tmp_path, rate_limit="5/minute") as door:
        statuses = [door.stranger(f"guess-{number}").get("/v1/subjects").status_code for number in range(8)]

        assert statuses == [401] * 5 + [429] * 3
        assert door.stranger().get("/livez").status_code == 429
        assert door.caller("auditor-1", "AUDITOR").get("/v1/subjects").status_code == 200


def test_a_count_costs_the_same_whatever_the_rate() -> None:
    """A window that holds every request would be walked through at each: a thousand times slower after a million."""
    from api.auth import Rates

    rates = Rates("100000000/minute")
    for _ in range(20_000):
        rates.count("somebody")

    stored = rates._limiter.storage.__dict__
    assert sum(len(events) for events in stored["events"].values()) == 0
    assert len(stored["storage"]) <= 2


# Headers.


def assert_headers(answer: Response) -> None:
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, name
    for name in ("ratelimit", "ratelimit-policy", "x-request-id"):
        assert name in answer.headers, name
    assert "server" not in answer.headers


def test_the_headers_are_those_of_the_standard() -> None:
    """ASSURANCE §6, 34; the CSP of an interface allows nothing at all."""
    assert HEADERS["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert HEADERS["Strict-Transport-Security"].startswith("max-age=31536000")
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
    assert HEADERS["Referrer-Policy"] == "no-referrer"
    assert HEADERS["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", EACH)
def test_every_error_carries_every_header(door: House, auditor: Caller, name: str) -> None:
    assert_headers(EACH[name][2](auditor, door))


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/version", "/metrics", "/v1/openapi.json", "/v1/subjects"])
def test_every_answer_carries_every_header(auditor: Caller, path: str) -> None:
    answer = auditor.get(path)

    assert answer.status_code == 200
    assert_headers(answer)


def test_an_acknowledgement_carries_every_header(hr: Caller) -> None:
    assert_headers(hr.command("/v1/subjects", registration(1)))


def test_nobody_is_allowed_from_another_origin(auditor: Caller) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET"):
        answer = auditor.send(method, "/v1/subjects", headers=asked)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert auditor.send("OPTIONS", "/v1/subjects", headers=asked).status_code == 405


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/subjects", "GET, POST"),
        ("PUT", "/v1/subjects", "GET, POST"),
        ("PATCH", f"/v1/breaches/{NOBODY}", "GET"),
        ("GET", f"/v1/breaches/{NOBODY}/reply", "POST"),
        ("TRACE", "/livez", "GET"),
        ("HEAD", "/v1/subjects", "GET, POST"),
        ("PROPFIND", "/v1/batch", "POST"),
    ],
)
def test_a_method_that_is_not_taken_names_those_that_are(auditor: Caller, method: str, path: str, allowed: str) -> None:
    answer = auditor.send(method, path)

    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8000", True),
        ("localhost:1", True),
        ("LOCALHOST", True),
        ("[::1]", True),
        ("[::1]:8000", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost:evil", False),
        ("127.0.0.1@evil.example", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_only_our_own_names_are_answered_to(door: House, host: str, served: bool) -> None:
    answer = door.stranger().send("GET", "/livez", headers={"Host": host})

    assert answer.status_code == (200 if served else 400)
    if not served:
        assert_problem(answer, 400, "unknown-host")


def test_the_names_are_the_operators_to_set(tmp_path: Path) -> None:
    with golden_house(tmp_path, allowed_hosts=("ledger.example",)) as door:
        assert door.stranger().send("GET", "/livez", headers={"Host": "ledger.example:443"}).status_code == 200
        assert door.stranger().send("GET", "/livez").status_code == 400


# Bodies.


def test_a_body_of_exactly_the_limit_is_read(hr: Caller) -> None:
    room = MAX_BODY_BYTES - len(b'{"ref": ""}')
    answer = hr.post("/v1/subjects/lookup", content=b'{"ref": "' + b"x" * room + b'"}')

    assert answer.status_code == 404


def test_a_body_without_a_length_is_read_up_to_the_limit(hr: Caller) -> None:
    def chunks() -> Any:
        for _ in range(64):
            yield b" " * 65_536

    headers = {"Content-Type": "application/json"}
    answer = hr.send("POST", "/v1/subjects/lookup", content=chunks(), headers=headers)

    assert_problem(answer, 413, "body-too-large")


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("application/json", True),
        ("APPLICATION/JSON", True),
        ("application/json; charset=utf-8", True),
        ('application/json;charset="UTF-8"', True),
        ("application/json; charset=gb18030", False),
        ("application/json; charset=utf-16", False),
        ("application/ld+json", False),
        ("text/json", False),
        ("text/plain", False),
        ("multipart/form-data; boundary=x", False),
        ("金丝雀", False),
    ],
)
def test_a_body_is_json_in_utf_8(hr: Caller, kind: str, taken: bool) -> None:
    answer = hr.send("POST", "/v1/subjects/lookup", content=b'{"ref": "U1"}', headers={"Content-Type": kind.encode()})

    assert answer.status_code == (200 if taken else 415)


DEEP = "[" * 100_000
REFUSED_JSON: list[tuple[str, bytes, str, str | None]] = [
    ("nothing", b"", "not-json", None),
    ("half", b'{"data": ', "not-json", None),
    ("a list", b"[]", "not-an-object", None),
    ("null", b"null", "not-an-object", None),
    ("a fraction", b'{"data": {"weight": 1.5}}', "float-not-allowed", "data.weight"),
    ("an exponent", b'{"data": {"weight": 1e2}}', "float-not-allowed", "data.weight"),
    ("NaN", b'{"data": {"weight": NaN}}', "float-not-allowed", "data.weight"),
    ("infinity", b'{"data": {"weight": -Infinity}}', "float-not-allowed", "data.weight"),
    ("too large", b'{"data": {"weight": 9007199254740992}}', "integer-out-of-range", "data.weight"),
    ("far too large", b'{"data": {"weight": 1' + b"0" * 5000 + b"}}", "integer-out-of-range", "data.weight"),
    ("twice", b'{"data": {"name": "a", "name": "b"}}', "duplicate-name", "name"),
    ("twice outside", b'{"data": {}, "data": {}}', "duplicate-name", "data"),
    ("deep", b'{"data": {"name": ' + DEEP.encode(), "too-deep", None),
    ("GB18030", '{"data": {"name": "中文"}}'.encode("gb18030"), "not-utf8", None),
    ("UTF-16", '{"data": {}}'.encode("utf-16"), "not-utf8", None),
    ("overlong", b'{"data": {"name": "\xc0\xaf"}}', "not-utf8", None),
    ("a raw surrogate", b'{"data": {"name": "\xed\xa0\x80"}}', "not-utf8", None),
    ("a name nobody writes", b'{"\xe9\x87\x91\xe4\xb8\x9d\xe9\x9b\x80": 1}', "unknown-field", "(name)"),
    ("no data", b'{"purpose": "AUDIT"}', "missing-field", "data"),
    ("single quotes", b"{'data': {}}", "not-json", None),
    ("a comment", b'{"data": {} /* x */}', "not-json", None),
    ("two values", b"{} {}", "not-json", None),
    ("a byte order mark", b'\xef\xbb\xbf{"data": {}}', "not-json", None),
]


@pytest.mark.parametrize(
    ("content", "code", "field"), [case[1:] for case in REFUSED_JSON], ids=[case[0] for case in REFUSED_JSON]
)
def test_what_is_no_json_of_ours_is_refused_with_its_code_and_place(
    door: House, hr: Caller, content: bytes, code: str, field: str | None
) -> None:
    size, looks = door.ledger.size, door.looks()
    answer = hr.post("/v1/subjects", content=content, Idempotency_Key=str(uuid4()))

    body = assert_problem(answer, 400, code)
    assert body.get("field") == field
    assert "金丝雀" not in answer.text
    assert (door.ledger.size, door.looks()) == (size, looks)


@pytest.mark.parametrize("name", ["subject_id", "name", "region", "id_number"])
def test_a_lone_surrogate_is_refused_where_it_stands(hr: Caller, name: str) -> None:
    data = {**registration(2), name: "\ud800"}
    answer = hr.post("/v1/subjects", content=json.dumps({"data": data}).encode(), Idempotency_Key=str(uuid4()))

    body = assert_problem(answer, 400, answer.json()["code"])
    assert body["code"] in ("lone-surrogate", "bad-format", "bad-id-number")
    assert body["field"] == f"data.{name}"


@pytest.mark.parametrize("member", ["basis", "purpose", "effective_on"])
def test_a_lone_surrogate_is_refused_beside_the_data_too(hr: Caller, member: str) -> None:
    value: Any = ["\ud800"] if member == "basis" else "\ud800"
    body = json.dumps({"data": registration(3), member: value}).encode()
    answer = hr.post("/v1/subjects", content=body, Idempotency_Key=str(uuid4()))

    assert answer.status_code == 400
    assert answer.json()["field"].startswith(member)


@pytest.mark.parametrize("value", ["张三的事", "e\u0301", "x" * 201, "a\u202eb", "a\nb", ""])
def test_nothing_personal_gets_into_a_header_by_purpose_or_basis(door: House, hr: Caller, value: str) -> None:
    size = door.ledger.size
    for body in ({"purpose": value}, {"basis": [value]}):
        answer = hr.command("/v1/subjects", registration(4), **body)
        if body.get("basis") == ["张三的事"]:
            continue  # a clause may have a Chinese name
        assert answer.status_code == 400, (body, answer.text)
    assert door.ledger.size <= size + 1


@pytest.mark.parametrize("depth", [17, 100, 400, 900])
def test_deep_data_is_refused_by_its_code(door: House, hr: Caller, depth: int) -> None:
    credit = door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")
    summary = '{"a":' * depth + "1" + "}" * depth
    data = '{"source":"S","source_record":"1","kind":"PENALTY","outcome":"CONFIRMED","summary":' + summary + "}"
    answer = credit.post("/v1/records", content=f'{{"data":{data}}}'.encode(), Idempotency_Key=str(uuid4()))

    assert_problem(answer, 400, "too-deep")


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "1900-02-28"])
def test_days_at_the_ends_of_the_calendar_are_days(door: House, auditor: Caller, text: str) -> None:
    for path in (
        f"/v1/subjects/{door.uid('subject', 'P1')}/integrity-file",
        f"/v1/subjects/{door.uid('subject', 'U1')}/integrity-file",
        f"/v1/units/{door.uid('subject', 'U1')}/score",
        f"/v1/breaches/{door.uid('breach', 'B1')}",
        f"/v1/commitments/{door.uid('commitment', 'C1')}",
        f"/v1/eligibility-checks/{door.uid('check', 'K1')}",
    ):
        for query in ({"as_of": text}, {"as_known": text}, {"as_of": text, "as_known": text}):
            assert auditor.get(path, **query).status_code in (200, 404), (path, query)
    recruiting = door.caller("hr-1", "HR", "PERSONNEL")
    path = f"/v1/subjects/{door.uid('subject', 'P1')}/integrity-file"
    assert recruiting.get(path, as_of=text, purpose="RECRUIT").status_code in (404, 422)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"as_of": "2026-02-30"}, "impossible-date"),
        ({"as_of": "2026-1-1"}, "malformed bad-date"),
        ({"as_of": "today"}, "bad-date"),
        ({"as_of": "２０２６-01-01"}, "bad-date"),
        ({"as_of": "2026-01-01T00:00:00Z"}, "malformed"),
        ({"as_known": "99"}, "size-out-of-range"),
        ({"as_known": "9" * 40}, "size-out-of-range"),
        ({"as_known": "-1"}, "bad-time"),
        ({"as_known": "²"}, "bad-time"),
        ({"as_known": "2026-02-30"}, "impossible-date"),
        ({"as_known": "2026-01-01T00:00:00"}, "bad-time"),
        ({"as_known": "9999-12-31T23:59:59-23:59"}, "bad-time"),
        ({"as_known": "9" * 41}, "malformed"),
        ({"purpose": "because"}, "malformed"),
    ],
)
def test_a_moment_that_is_none_is_refused_where_it_stands(
    door: House, auditor: Caller, query: dict[str, str], code: str
) -> None:
    answer = auditor.get(f"/v1/subjects/{door.uid('subject', 'P1')}/integrity-file", **query)

    assert answer.status_code == 400
    assert answer.json()["code"] in code.split()
    assert answer.json()["field"] == next(iter(query))
