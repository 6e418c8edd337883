"""Checkpoints and proofs, for anybody: what the ledger has signed, and that an entry stands in it or one size follows
from another. A proof says nothing of what an entry holds.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import PlainTextResponse, Response

from api import signed
from api.auth import Wiring, wiring_of
from api.openapi import problem_response
from api.outcomes import ConsistencyProof, InclusionProof
from api.policy import PUBLIC, open_to
from api.signed import LARGEST, no_checkpoint
from ledger.errors import Invalid
from ledger.log.merkle import consistency_proof, inclusion_proof
from ledger.storage.nodes import StoredNodes

router = APIRouter(prefix="/v1/ledger", tags=["ledger"])
ABSENT: Final[dict[int | str, dict[str, Any]]] = {404: problem_response(404)}
TEXT: Final = ABSENT | {304: {"description": "the reader has it already", "content": {}}}
WantedSize = Annotated[int | None, Query(ge=0, le=LARGEST, description="a size; the newest checkpoint's")]


@router.get("/checkpoint", response_class=PlainTextResponse, responses=TEXT)
@open_to(PUBLIC)
def read_checkpoint(
    request: Request,
    size: Annotated[
        int | None, Query(ge=0, le=LARGEST, description="the first one that covers so many entries")
    ] = None,
) -> Response:
    """The newest checkpoint, a signed note (c2sp.org/tlog-checkpoint) with the cosignatures it has."""
    wiring = wiring_of(request)
    found = signed.newest(wiring) if size is None else signed.covering(wiring, size)
    if found is None:
        raise no_checkpoint()
    return signed.as_text(request, found.note.format())


@router.get("/access/checkpoint", response_class=PlainTextResponse, responses=TEXT)
@open_to(PUBLIC)
def read_access_checkpoint(request: Request) -> Response:
    """The newest checkpoint of the access log: how many looks and refusals it holds, and their root."""
    wiring = wiring_of(request)
    found = signed.newest(wiring, wiring.ledger.access.publisher)
    if found is None:
        raise no_checkpoint()
    return signed.as_text(request, found.note.format())


@router.get("/proofs/inclusion", responses=ABSENT)
@open_to(PUBLIC)
def prove_inclusion(
    request: Request,
    index: Annotated[int, Query(ge=0, le=LARGEST, description="the entry's index")],
    size: WantedSize = None,
) -> Annotated[dict[str, Any], InclusionProof]:
    """The proof that an entry's leaf stands in the tree of a size (RFC 9162 §2.1.3), lowest hash first."""
    wiring = wiring_of(request)
    at = _size(wiring, size, "size")
    if index >= at:
        raise Invalid(f"the tree of {at} has no such entry", code="out-of-range", field="index")
    nodes = StoredNodes(wiring.ledger.store, at)
    proof = inclusion_proof(nodes, index, at)
    return {"index": index, "size": at, "leaf": nodes(0, index).hex(), "proof": _written(proof)}


@router.get("/proofs/consistency", responses=ABSENT)
@open_to(PUBLIC)
def prove_consistency(
    request: Request,
    old: Annotated[int, Query(alias="from", ge=1, le=LARGEST, description="the older size")],
    new: Annotated[int | None, Query(alias="to", ge=1, le=LARGEST, description="the newest checkpoint's")] = None,
) -> Annotated[dict[str, Any], ConsistencyProof]:
    """The proof that the tree of one size begins with that of another (RFC 9162 §2.1.4)."""
    wiring = wiring_of(request)
    to = _size(wiring, new, "to")
    if old > to:
        raise Invalid(f"an older size lies in [1, {to}]", code="out-of-range", field="from")
    proof = consistency_proof(StoredNodes(wiring.ledger.store, to), old, to)
    return {"from": old, "to": to, "proof": _written(proof)}


def _size(wiring: Wiring, size: int | None, field: str) -> int:
    """The size that was asked for, which the log has; else the newest checkpoint's."""
    if size is None:
        found = signed.newest(wiring)
        if found is None:
            raise no_checkpoint()
        return found.checkpoint.size
    if size > wiring.ledger.size:
        raise Invalid("the ledger is not that large", code="size-out-of-range", field=field)
    return size


def _written(proof: list[bytes]) -> list[str]:
    return [b64encode(value).decode() for value in proof]
