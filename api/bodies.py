"""Request bodies: read whole up to a limit, parsed as the ledger parses lines, closed to unknown members.

The same parser stands behind history files, so a float, a duplicate name or an impossible number has the same code at
every door. Nothing of a body is repeated in an error.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request

from api.problems import Problem
from ledger.errors import Invalid
from ledger.line import parse_json

MAX_BODY_BYTES: Final = 1_048_576
_JSON: Final = re.compile(r"""application/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?""", re.IGNORECASE)
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
_ETAG: Final = re.compile(r'"([1-9][0-9]{0,14})"')
_TYPES: Final = {"data": dict, "effective_on": str, "basis": list, "purpose": str}
COMMAND_MEMBERS: Final = frozenset(_TYPES)


async def read_body(request: Request) -> bytes:
    """The body, at most MAX_BODY_BYTES; `Problem` 413 as soon as it is larger, 415 for what is not JSON."""
    if not _JSON.fullmatch(request.headers.get("content-type", "application/json")):
        raise Problem(415, "unsupported-media-type", "send application/json in UTF-8")
    return b"".join([chunk async for chunk in limited(request, MAX_BODY_BYTES)])


async def limited(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """The body piece by piece; `Problem` 413 as soon as it is, or is announced to be, larger than `most` bytes."""
    announced, size = request.headers.get("content-length", "0"), 0
    too_large = Problem(413, "body-too-large", f"a body holds at most {most} bytes")
    if not announced.isdecimal() or len(announced) > len(str(most)) or int(announced) > most:
        raise too_large
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise too_large
        yield chunk


async def request_key(
    idempotency_key: Annotated[
        str | None, Header(alias="Idempotency-Key", description="1 to 200 printable ASCII characters")
    ] = None,
) -> str:
    """The caller's own name for the request: every command has one, so a retry gets the first answer again."""
    if idempotency_key is None:
        raise Problem(400, "idempotency-key-required", "every command needs a key", field="Idempotency-Key")
    if not _KEY.fullmatch(idempotency_key):
        raise Problem(400, "bad-idempotency-key", "1 to 200 printable ASCII characters", field="Idempotency-Key")
    return idempotency_key


def version_seen(if_match: str | None) -> int | None:
    """What `If-Match` says: the version of the record that the caller saw; None for `*`, whatever version it has."""
    if if_match is None:
        raise Problem(428, "precondition-required", "say which version you saw, or *", field="If-Match")
    if if_match == "*":
        return None
    match = _ETAG.fullmatch(if_match)
    if match is None:
        raise Problem(400, "bad-if-match", 'an ETag of the record, as "7", or *', field="If-Match")
    return int(match[1])


def etag(version: int) -> str:
    """The entity tag of a record at a stream version."""
    return f'"{version}"'


def parse_object(raw: bytes, members: frozenset[str], required: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A JSON object of exactly these members."""
    value = parse_json(raw)
    if not isinstance(value, dict):
        raise Invalid("the body is a JSON object", code="not-an-object")
    for name in value:
        if name not in members:
            raise Invalid("the body has no such member", code="unknown-field", field=_shown(name))
    for name in sorted(required):
        if name not in value:
            raise Invalid("this member is required", code="missing-field", field=name)
    return value


def check_command(body: dict[str, Any]) -> dict[str, Any]:
    """The members of a command, with their types; `data` is judged by its own type later."""
    for name, expected in _TYPES.items():
        if name in body and not isinstance(body[name], expected):
            raise Invalid("the value has another type", code="wrong-type", field=name)
    if not all(isinstance(item, str) for item in body.get("basis", ())):
        raise Invalid("expected a list of clause ids", code="wrong-type", field="basis")
    return body


def command_body(raw: bytes) -> dict[str, Any]:
    """The body of one command: `{"data": {…}, "effective_on"?, "basis"?, "purpose"?}`."""
    return check_command(parse_object(raw, COMMAND_MEMBERS, frozenset({"data"})))


def _shown(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,39}", name) else "(name)"


BodyDep = Annotated[bytes, Depends(read_body)]
KeyDep = Annotated[str, Depends(request_key)]
IfMatchDep = Annotated[str | None, Header(alias="If-Match", description="the ETag of the version seen, or `*`")]
