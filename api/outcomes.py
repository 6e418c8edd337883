"""What comes of work given to the interface, for its OpenAPI document: batches, imports, evidence files, entry bytes.

Like `api.answers`, whose plain values it shares; more members than these are welcome anywhere.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

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


class InclusionProof(TypedDict):
    """That the leaf stands at the index in the tree of the size; hashes lowest first."""

    index: Index
    size: Index
    leaf: Hex
    proof: list[Base64]


# One member is a word that no class can have.
ConsistencyProof = TypedDict("ConsistencyProof", {"from": Index, "to": Index, "proof": list[Base64]})
ConsistencyProof.__doc__ = "That the tree of the size `to` begins with that of the size `from`."


class Proven(TypedDict):
    """An entry, its inclusion proof for the bundle's checkpoint, and the sections that are disclosed."""

    disclosures: list[Base64]
    entry: Base64
    index: Index
    proof: list[Base64]


class EvidenceBundle(TypedDict):
    """A file to keep as it is, byte for byte; `ledger/artefacts/README.md` fixes its form."""

    checkpoint: Annotated[str, Field(description="a signed note")]
    entries: list[Proven]
    format: Literal["integrity-ledger/bundle/v1"]
    keys: list[Proven]


class NoReceiptYet(TypedDict):
    """An entry that no checkpoint of the level covers yet: ask again, or with `Prefer: wait=10`."""

    index: Index
    level: Literal["signed", "witnessed"]
    size: Annotated[Index, Field(description="how many entries the ledger has")]
    covered: Annotated[Index, Field(description="how many of them the newest checkpoint covers")]


class Acknowledged(TypedDict):
    """Where an entry stands, after its commit."""

    index: Index
    size: int
    leaf: Hex
    recorded_at: Moment
    version: int
    uid: Uid


class CertificateMade(TypedDict):
    """A certificate as it is carried, and the salt that is for its holder alone."""

    certificate: Annotated[str, Field(description="a compact JWS")]
    salt: Hex
    digest: Hex
    expires_on: Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
    index: Index


class CertificateRevoked(TypedDict):
    """Which certificate holds no more, and where the entry stands that says so."""

    digest: Hex
    index: Index
    size: int
    leaf: Hex
    recorded_at: Moment
    version: int


class Material(TypedDict):
    """What is random in a header: sent back with the signature, so that the same header is made again."""

    id: Uid
    after: int
    uids: list[Uid]
    salts: dict[str, Hex]
    seal: Hex


class Preparation(TypedDict):
    """The header that a command would get, the bytes to sign (Ed25519), and the material to send back."""

    header: dict[str, Any]
    message: Base64
    material: Material


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
