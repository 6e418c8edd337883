"""What comes of work given to the interface, for its OpenAPI document: batches, imports, evidence files, entry bytes.

Like `api.answers`, whose plain values it shares; more members than these are welcome anywhere.
"""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from api.answers import Hex, Index, Moment, Uid

Base64 = Annotated[str, WithJsonSchema({"type": "string", "contentEncoding": "base64"})]


class Entry(TypedDict):
    index: Index
    leaf: Hex
    chain: Hex
    entry: Annotated[Base64, Field(description="the bytes that are hashed")]


class Entries(TypedDict):
    size: Index
    entries: list[Entry]


class BatchAnswer(TypedDict):
    """What became of one command: an acknowledgement with status 201, or status, code and detail of its refusal."""

    status: int
    index: NotRequired[Index]
    size: NotRequired[int]
    leaf: NotRequired[Hex]
    recorded_at: NotRequired[Moment]
    version: NotRequired[int]
    uid: NotRequired[Uid]
    code: NotRequired[str]
    detail: NotRequired[str]
    field: NotRequired[str]


class BatchAnswers(TypedDict):
    answers: list[BatchAnswer]


class Tally(TypedDict):
    rows: Index
    imported: Index
    skipped: Index
    reasons: dict[str, int]


class RefusedRow(TypedDict):
    line: int
    code: str
    detail: str
    table: NotRequired[str]
    field: NotRequired[str | None]


class ImportReport(TypedDict):
    """What became of every row."""

    tables: dict[str, Tally]
    batch: str
    size: Index
    refused: NotRequired[list[RefusedRow]]


class Attachment(TypedDict):
    """A file that was kept, as an item of `evidence` cites it."""

    id: Uid
    name: str
    media_type: str
    size: int
    sha256: Hex
