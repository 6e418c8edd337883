"""The interface against its own document, with data that fit it and data that do not (schemathesis).

Every operation is asked on a real socket, in turn by each role it serves, about records that exist and about none: no
server error, no status, content type or shape that the document does not name, nothing wrong accepted, and nothing of
what was sent repeated in an error. What was accepted meanwhile leaves a ledger that verifies.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import hypothesis
import jsonschema_rs
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import Case, GenerationMode, Response
from schemathesis.specs.openapi import checks

from api.app import create_app
from api.problems import MEDIA_TYPE
from api.settings import Settings
from ledger import fsck
from ledger.tokens import Tokens
from projections.runner import catch_up
from tests.support.http import LINES, MORE, UNLIMITED, House, golden_house, in_thread, opened
from tests.unit.api.http.test_policy import OPEN, TABLE, WHO

EXAMPLES, NIGHTLY = 10, 250
# Notes, proofs and tiles are of other specifications.
NOT_JSON = {
    "GET /v1/status-lists/{index}",
    "GET /v1/ledger/checkpoint", "GET /v1/ledger/access/checkpoint", "GET /v1/ledger/receipts/{index}",
    "GET /v1/ledger/tile/{level}/{place}", "GET /v1/ledger/tile/entries/{place}",
}  # fmt: skip
OPERATIONS = [name for name in TABLE if name not in ("GET /metrics", "GET /v1/openapi.json")]
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
RECRUITING = {"purpose": "RECRUIT", "as_of": "2025-09-01"}
# Whom and what an operation may be about: members of bodies, and the records behind a path.
KNOWN: Mapping[str, list[str]] = {
    "subject_id": ["P1", "P2", "U1"],
    "promisor_id": ["P1", "U1"],
    "unit_id": ["U1", "U2"],
    "recipient": ["U2"],
    "on_behalf_of": ["P2"],
    "breach_id": ["B1", "B9"],
    "commitment_id": ["C1", "C9"],
    "consent_id": ["CONSENT-1", "CONSENT-9"],
    "check_id": ["K1", "K9"],
    "assessment_id": ["A1"],
    "repair_id": ["R1"],
    "scheme_id": ["FIVE-GRIP-2025"],
    "rulebook_id": ["JMS-DEMO-2025.1"],
    "erasure_id": ["E9"],
    "effective_on": ["2026-06-05", "2026-06-30"],
}
RECORDS: Mapping[str, tuple[str, list[str]]] = {
    "subjects": ("subject", ["P1", "P2", "U1"]),
    "units": ("subject", ["U1", "U2"]),
    "public": ("subject", ["U1", "U2"]),
    "breaches": ("breach", ["B1", "B2", "B9"]),
    "repairs": ("breach", ["B1", "B2"]),
    "commitments": ("commitment", ["C1", "C3", "C9"]),
    "consents": ("consent", ["CONSENT-1", "CONSENT-9"]),
    "eligibility-checks": ("check", ["K1", "K9"]),
    "assessments": ("assessment", ["A1", "A2"]),
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """The served application, its document, and a token of each role."""

    address: str
    schema: schemathesis.BaseSchema
    secrets: Mapping[str, str]
    records: Mapping[str, list[str]]
    session: requests.Session

    def operation(self, name: str) -> schemathesis.APIOperation[Any, Any, Any, Any]:
        method, path = name.split(" ")
        found: schemathesis.APIOperation[Any, Any, Any, Any] = self.schema[path][method]
        return found


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder = tmp_path_factory.mktemp("exchange")
    with opened(f"sqlite:///{folder / 'ledger.db'}", folder, LINES + MORE) as ledger:
        app, tokens = create_app(ledger, Settings(rate_limit=UNLIMITED)), Tokens(ledger)
        records = {
            name: [uid for ref in refs if (uid := ledger.uid(kind, ref))] for name, (kind, refs) in RECORDS.items()
        }
        with in_thread(app) as at, requests.Session() as session:
            address = f"http://127.0.0.1:{at.port}"
            schema = schemathesis.openapi.from_dict(unguarded(session.get(f"{address}/v1/openapi.json").json()))
            secrets = {role: tokens.issue(viewer)[0] for role, viewer in WHO.items()}
            yield Exchange(address, schema, secrets, records, session)
        assert [finding.code for finding in fsck.verify(ledger).findings] == ["history"]


def unguarded(document: dict[str, Any]) -> dict[str, Any]:
    """The document without its sign-in, which these tests see to themselves."""
    del document["components"]["securitySchemes"]
    for operation in dict(operations(document)).values():
        del operation["security"]
    return document


def is_uuid(text: object) -> bool:
    try:
        return bool(UUID(str(text)))
    except ValueError:
        return False


def strings(value: Any) -> Iterator[str]:
    """Every text in a value; names of members are none, an error says where it was."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def familiar(value: Any, chance: random.Random) -> Any:
    """A body in which references mostly lead to records that exist."""
    if isinstance(value, dict):
        return {
            name: chance.choice(KNOWN[name]) if name in KNOWN and chance.random() < 0.7 else familiar(item, chance)
            for name, item in value.items()
        }
    return value


def ask(exchange: Exchange, case: Case[Any], role: str | None, chance: random.Random, *, fitting: bool) -> Response:
    """Send a case in a role, half of the time about records that exist."""
    collection = case.path.split("/")[2] if case.path.count("/") > 1 else ""
    parameters = case.path_parameters or {}
    if is_uuid(parameters.get("uid")) and collection in exchange.records and chance.random() < 0.8:
        parameters["uid"] = chance.choice(exchange.records[collection])
    if fitting and isinstance(case.body, dict):
        case.body = familiar(case.body, chance)
    headers = {} if role is None else {"Authorization": f"Bearer {exchange.secrets[role]}"}
    return case.call(base_url=exchange.address, session=exchange.session, headers=headers)


def assert_conforms(case: Case[Any], response: Response, *, fitting: bool) -> None:
    """What the document promises holds, and an error repeats nothing."""
    judged_whole = case.path != "/v1/batch"  # of a batch each command is refused by itself, in a 200
    rejected = [checks.negative_data_rejection] if judged_whole and not fitting else []
    case.validate_response(response, checks=[*CHECKS, *rejected])
    if response.status_code < 400 or case.path == "/readyz":
        return
    assert response.headers["content-type"] == [MEDIA_TYPE]
    problem = response.json()
    said = json.dumps({**problem, "trace_id": "", "type": ""}, ensure_ascii=False)  # the type is the code once more
    sent = {text for part in (case.body, case.query, case.headers) for text in strings(part) if len(text) >= 8}
    # The tool learns from errors what might be sent next: what it learned there is no echo.
    learned = {problem.get("field"), problem["code"], problem["detail"], problem["title"]}
    assert not [text for text in sent - learned if text in said], said


def try_out(exchange: Exchange, name: str, mode: GenerationMode, count: int) -> None:
    """Ask an operation with generated data, by every role it serves in turn."""
    operation, fitting = exchange.operation(name), mode is GenerationMode.POSITIVE
    roles: list[str | None] = [None] if TABLE[name] == OPEN else list(TABLE[name].split())
    chance = random.Random(name)
    asked = 0

    @settings(
        max_examples=count, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode))
    def one(case: Case[Any]) -> None:
        nonlocal asked
        assume(all(str(value).isprintable() for value in (case.headers or {}).values()))  # else it is no HTTP
        role, asked = roles[asked % len(roles)], asked + 1
        assert_conforms(case, ask(exchange, case, role, chance, fitting=fitting), fitting=fitting)

    try:
        one()
    except hypothesis.errors.Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "there is nothing about it that could be wrong"


@pytest.mark.parametrize("name", OPERATIONS)
def test_data_that_fit(exchange: Exchange, name: str) -> None:
    try_out(exchange, name, GenerationMode.POSITIVE, EXAMPLES)


@pytest.mark.parametrize("name", OPERATIONS)
def test_data_that_do_not_fit(exchange: Exchange, name: str) -> None:
    try_out(exchange, name, GenerationMode.NEGATIVE, EXAMPLES)


@pytest.mark.nightly
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_many_data(exchange: Exchange, name: str, mode: GenerationMode) -> None:
    try_out(exchange, name, mode, NIGHTLY)


# The document itself.


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with golden_house(tmp_path_factory.mktemp("document")) as made:
        yield made


@pytest.fixture(scope="module")
def document(door: House) -> dict[str, Any]:
    made: dict[str, Any] = door.stranger().get("/v1/openapi.json").json()
    return made


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_document_is_of_openapi_3_1_and_its_schemas_are_schemas(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    references = set(re.findall(r'"\$ref": ?"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])


def test_every_operation_is_in_the_document_and_has_its_roles(document: dict[str, Any]) -> None:
    found = dict(operations(document))

    assert set(found) == set(OPERATIONS)
    for name, operation in found.items():
        expected = ["PUBLIC"] if TABLE[name] == OPEN else sorted(TABLE[name].split())
        assert operation["x-roles"] == expected, name
        assert operation["security"] == ([] if TABLE[name] == OPEN else [{"bearer": []}]), name


def test_every_answer_has_a_shape_and_every_error_is_a_problem(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            for kind, content in response["content"].items():
                if int(status) >= 400 and (name, status) != ("GET /readyz", "503"):
                    assert (kind, content["schema"]) == (MEDIA_TYPE, {"$ref": "#/components/schemas/Problem"}), name
                elif kind == "application/json":
                    assert content["schema"].get("$ref", "").startswith("#/components/schemas/"), (name, status)


def test_every_body_is_closed_and_every_days_format_is_said(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith(("Body", "Data")):
            assert schema["additionalProperties"] is False, name
    assert schemas["BreachConfirmedData"]["properties"]["decision_on"]["format"] == "date"
    assert schemas["BreachConfirmedBody"]["properties"]["effective_on"]["format"] == "date"
    score = next(operation for name, operation in operations(document) if name == "GET /v1/units/{uid}/score")
    (as_of,) = (parameter for parameter in score["parameters"] if parameter["name"] == "as_of")
    assert "date" in json.dumps(as_of["schema"])


def test_every_command_says_its_headers(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        headers = {p["name"]: p["required"] for p in operation.get("parameters", ()) if p["in"] == "header"}
        if "Acknowledgement" in json.dumps(operation["responses"]):
            expected = {"Idempotency-Key": True} | ({"If-Match": True} if "{uid}" in name else {})
            assert headers == expected, name
            examples = operation["requestBody"]["content"]["application/json"]["examples"]
            assert set(examples) == {"zh", "en"}, name


def test_no_path_and_no_query_names_anybody(document: dict[str, Any]) -> None:
    """Paths take pseudonyms only; personal data and callers' ids never stand in a URL (DESIGN §7)."""
    for name, operation in operations(document):
        assert set(re.findall(r"{(\w+)}", name)) <= {"uid", "level", "place", "index"}, name
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path" and parameter["name"] == "uid":
                assert parameter["schema"]["format"] == "uuid", name
            if parameter["in"] == "query":
                assert parameter["name"] in {
                    "as_of", "as_known", "purpose", "cursor", "limit", "start", "kind", "state", "dry_run",
                    "skip_refused", "size", "index", "from", "to", "level", "from_as_of", "from_as_known", "to_as_of",
                    "to_as_known", "break_glass",
                }, name  # fmt: skip


def test_real_answers_have_the_shapes_of_the_document(door: House, document: dict[str, Any]) -> None:
    catch_up(door.ledger, door.ledger.store.engine)
    seen = 0
    for name, operation in operations(document):
        if not name.startswith("GET ") or "attachments" in name:
            continue
        path, collection = name.removeprefix("GET "), name.split("/")[2] if name.count("/") > 1 else ""
        kind, refs = RECORDS.get(collection, ("", [""]))
        content = operation["responses"]["200"]["content"]
        if "application/json" not in content:
            assert name in NOT_JSON, name
            continue
        schema = content["application/json"]["schema"]
        validator = jsonschema_rs.validator_for({**schema, "components": document["components"]}, validate_formats=True)
        for role in TABLE[name].split() if TABLE[name] != OPEN else ["AUDITOR"]:
            caller = door.caller(WHO[role].actor, role, WHO[role].unit)
            for ref in refs if "{uid}" in path else [""]:
                for query in ({"index": "3", "from": "3"}, {"as_of": "2025-03-25"}, RECRUITING):
                    answer = caller.get(path.replace("{uid}", door.ledger.uid(kind, ref) or ""), **query)
                    if answer.status_code == 200:
                        validator.validate(answer.json())
                        seen += 1
    assert seen > 150
