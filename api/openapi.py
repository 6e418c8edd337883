"""The OpenAPI 3.1 document: what FastAPI reads off the routes, completed by what it cannot know.

Bodies of commands are the catalogue's own types, problems stand at every operation with the statuses it may answer,
and every command has an example in Chinese and one in English (`api/text/data/examples.toml`).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from api.answers import PageOf
from api.policy import PUBLIC, every_route, roles_of
from ledger.domain.base import LedgerEvent

if TYPE_CHECKING:
    from api.routes.command_table import CommandRoute

PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
JSON: Final = "application/json"
FORM: Final = "multipart/form-data"
SUMMARIES: Final = {"zh": "中文示例", "en": "English example"}
IN_BATCH: Final = ("SubjectRegistered", "CommitmentMade")  # what the example of a batch holds
PROBLEM_JSON: Final = "application/problem+json"
DESCRIPTIONS: Final = {
    400: "malformed, or without request key",
    401: "no sign-in",
    403: "a fresh sign-in or the page's own form is needed",
    404: "absent, or not allowed",
    409: "another writer was first",
    412: "the record has moved on since the version in If-Match",
    413: "larger than is taken",
    415: "a kind of content that is not taken",
    422: "refused by a rule, or the key was used with another body",
    428: "If-Match is missing",
    429: "too many requests",
    500: "our own mistake, or damage found",
    503: "unknown outcome, queue full, or the clock: retry with the same key",
}
EDITION_FILE: Final = "file"  # an activation brings the edition's bytes with it


@cache
def examples() -> Mapping[str, Mapping[str, Any]]:
    """Type → {"data", "zh", "en"}: what both languages say, and the texts of each."""
    source = files("api.text").joinpath("data", "examples.toml").read_text(encoding="utf-8")
    return tomllib.loads(source)


def _schema_of(event: type[LedgerEvent], components: dict[str, Any]) -> dict[str, Any]:
    name = event.__name__
    schema = event.Data.model_json_schema(by_alias=True, ref_template=f"#/components/schemas/{name}.{{model}}")
    for inner, definition in schema.pop("$defs", {}).items():
        components[f"{name}.{inner}"] = definition
    schema["description"] = (event.__doc__ or name).strip()
    return schema


def command_operation(route: CommandRoute) -> dict[str, Any]:
    """The request body of one command's operation."""
    shown = examples().get(route.type, {})
    bodies = {
        language: {"summary": summary, "value": {"data": shown["data"] | shown[language]}}
        for language, summary in SUMMARIES.items()
        if shown
    }
    reference = {"$ref": f"#/components/schemas/{body_name(route)}"}
    return {"requestBody": {"required": True, "content": {JSON: {"schema": reference, "examples": bodies}}}}


def body_name(route: CommandRoute) -> str:
    return f"{route.type}Body"


def body_schema(route: CommandRoute, components: dict[str, Any]) -> dict[str, Any]:
    """`{"data": …, "effective_on"?, "basis"?, "purpose"?}` with the type's own data, less what the path names."""
    data = _schema_of(route.event, components)
    if route.kind is not None and route.names is not None:
        data["required"] = [name for name in data.get("required", []) if name != route.names]
    if route.type == "RulebookActivated":
        data["properties"][EDITION_FILE] = {"type": "string", "description": "the edition's TOML, to be kept with it"}
    components[f"{route.type}Data"] = data
    return _object({**_COMMAND, "data": {"$ref": f"#/components/schemas/{route.type}Data"}}, ["data"])


def acknowledgement_of(*, changing: bool) -> dict[str, Any]:
    """The 201 of a command."""
    headers: dict[str, Any] = {
        "ETag": {"schema": {"type": "string"}, "description": "the record's version then"},
        "Link": {"schema": {"type": "string"}, "description": "where the entry's receipt will be"},
    }
    if not changing:
        headers["Location"] = {"schema": {"type": "string"}, "description": "where the new record is read, if it is"}
    schema = {"$ref": "#/components/schemas/Acknowledgement"}
    return {"description": "written and durable", "headers": headers, "content": {JSON: {"schema": schema}}}


def problem_response(status: int) -> dict[str, Any]:
    """A response that is a problem document."""
    return {"description": DESCRIPTIONS[status], "content": {PROBLEM_JSON: {"schema": PROBLEM}}}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _body(schema: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema, "examples": _shown(values)}}}}


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same body with the words of each language."""
    return {language: {"summary": SUMMARIES[language], "value": value} for language, value in values.items()}


def import_operation() -> dict[str, Any]:
    """What an import looks like, beside the form that its parameters make."""
    values = {
        "zh": {"files": ["单位表（units.csv的内容）"], "mapping": "public-records"},
        "en": {"files": ["the contents of units.csv"], "mapping": "public-records"},
    }
    return {"requestBody": {"content": {FORM: {"examples": _shown(values)}}}}


def batch_operation(most: int) -> dict[str, Any]:
    """The request body of a batch: any commands, each with its type."""
    member = {"type": {"type": "string"}, "data": {"type": "object"}, "after": {"type": "integer", "minimum": 0}}
    commands = {"type": "array", "minItems": 1, "maxItems": most, "items": _object(_COMMAND | member, ["type", "data"])}
    values = {}
    for language in SUMMARIES:
        shown = [{"type": type_, "data": examples()[type_]["data"] | examples()[type_][language]} for type_ in IN_BATCH]
        values[language] = {"commands": shown}
    return _body(_object({"commands": commands}, ["commands"]), values)


def lookup_operation() -> dict[str, Any]:
    """The request body of a look-up, by one of two ways."""
    text = {"type": "string", "minLength": 1}
    by_name = _object({"name": text, "id_number": text}, ["name", "id_number"])
    values = {
        "zh": {"name": "张三", "id_number": "23080318800101001X"},
        "en": {"ref": "P1"},
    }
    return _body({"oneOf": [_object({"ref": text}, ["ref"]), by_name]}, values)


def certificate_operation() -> dict[str, Any]:
    """The request body that asks for a certificate."""
    value = {"holder_asked": True}
    return _body(_object({"holder_asked": {"const": True}}, ["holder_asked"]), {"zh": value, "en": value})


def revocation_operation() -> dict[str, Any]:
    """The request body that revokes a certificate."""
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    reason = {"enum": ["HOLDER_ASKED", "ISSUED_IN_ERROR", "LOST"]}
    value = {"digest": "0" * 64, "reason": "LOST"}
    return _body(_object({"digest": digest, "reason": reason}, ["digest", "reason"]), {"zh": value, "en": value})


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document, made once."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    from api.routes.command_table import COMMANDS

    made = get_openapi(
        title="Integrity ledger",
        version=app.version,
        openapi_version="3.1.0",
        description="诚信账本接口。Commitments, breaches and credit repair, appended once; every figure explained.",
        routes=app.routes,
    )
    schemas: dict[str, Any] = made.setdefault("components", {}).setdefault("schemas", {})
    for route in COMMANDS:
        schemas[body_name(route)] = body_schema(route, schemas)
    schemas |= _SHARED
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    made["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    _complete(app, made)
    app.openapi_schema = made
    return made


def _complete(app: FastAPI, made: dict[str, Any]) -> None:
    """Answers, problems and sign-in at every operation."""
    endpoints = {
        (route.path_format, method.lower()): route.endpoint  # type: ignore[attr-defined]
        for route in every_route(app.routes)
        for method in getattr(route, "methods", None) or ()
    }
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            endpoint = endpoints[path, method]
            roles = roles_of(endpoint)
            operation["security"] = [] if roles == PUBLIC else [{"bearer": []}]
            operation["x-roles"] = sorted(roles)
            responses = operation["responses"]
            if JSON in responses.get("422", {}).get("content", {}):
                del responses["422"]  # FastAPI's own shape; ours is a problem document
            _answered(endpoint, responses, made["components"]["schemas"])
            names = _required_headers(operation)
            for status in _statuses(method, names, public=roles == PUBLIC):
                responses.setdefault(str(status), problem_response(status))


def _required_headers(operation: dict[str, Any]) -> set[str]:
    """The names of an operation's headers; the door asks for each of them in words of its own, so all are required."""
    headers = [parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "header"]
    for header in headers:
        header |= {"required": True, "schema": {"type": "string"}}
    return {header["name"] for header in headers}


def _statuses(method: str, headers: set[str], *, public: bool) -> Iterator[int]:
    """The statuses of problems that an operation may answer with."""
    yield from (400, 429, 500, 503)
    if not public:
        yield from (401, 404, 422)
    if method != "get":
        yield from (409, 413, 415)
    if "If-Match" in headers:
        yield from (412, 428)


def _answered(endpoint: Any, responses: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Let the operation's answer be of the shape that its endpoint names."""
    hints = get_type_hints(endpoint, include_extras=True)
    (shape, *_) = getattr(hints.get("return"), "__metadata__", (None,))
    if shape is None:
        return
    name = shape.name if isinstance(shape, PageOf) else shape.__name__
    if name not in schemas:
        schemas[name] = shape.schema() if isinstance(shape, PageOf) else _schema_of_shape(shape, schemas)
    for status in ("200", "201", "503"):
        if JSON in responses.get(status, {}).get("content", {}):
            responses[status]["content"][JSON]["schema"] = {"$ref": f"#/components/schemas/{name}"}


def _schema_of_shape(shape: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = TypeAdapter(shape).json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schema.pop("$defs", {})
    return schema


_COMMAND: Final[dict[str, Any]] = {
    "effective_on": {"type": "string", "format": "date", "description": "the day it counts from; today if absent"},
    "basis": {"type": "array", "items": {"type": "string"}, "description": "clause ids"},
    "purpose": {"type": "string", "description": "a code"},
}
_SHARED: Final[dict[str, Any]] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457; `code` is stable, the input is never repeated",
        "required": ["type", "title", "status", "code", "detail", "trace_id"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "trace_id": {"type": "string"},
            "field": {"type": "string"},
        },
    },
    "Acknowledgement": {
        "type": "object",
        "description": "where the entry stands; given only after the commit. Only a receipt protects its holder.",
        "required": ["index", "size", "leaf", "recorded_at", "version", "uid"],
        "properties": {
            "index": {"type": "integer", "minimum": 0},
            "size": {"type": "integer", "minimum": 1},
            "leaf": {"type": "string", "description": "SHA-256 of the entry as an RFC 6962 leaf, hexadecimal"},
            "recorded_at": {"type": "string", "format": "date-time"},
            "version": {"type": "integer", "minimum": 1},
            "uid": {"type": "string", "format": "uuid", "description": "the record's pseudonym"},
        },
    },
}


def as_bytes(app: FastAPI) -> bytes:
    """The document as it is served, written once."""
    written: bytes | None = getattr(app.state, "openapi", None)
    if written is None:
        written = app.state.openapi = json.dumps(document(app), ensure_ascii=False, separators=(",", ":")).encode()
    return written
