"""The log as tiles (c2sp.org/tlog-tiles): hashes for anybody, entry bundles for auditors.

What is served speaks for the newest checkpoint and no further, so whatever was served once is served the same for ever.
An address that the specification does not write this way does not exist.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import signed
from api.auth import DeskDep, wiring_of
from api.openapi import problem_response
from api.pages.assets import FOREVER
from api.policy import AUDIT, PUBLIC, open_to
from api.problems import not_found
from ledger.errors import Invalid
from ledger.log.merkle import TILE_HEIGHT
from ledger.log.tiles import TILE_WIDTH, parse_tile_path
from ledger.mapper import logged
from ledger.storage.nodes import StoredNodes

router = APIRouter(prefix="/v1/ledger", tags=["ledger"])
LENGTH_BYTES: Final = 2
PRIVATE: Final = "private, no-store"
ABSENT: Final[dict[int | str, dict[str, Any]]] = {404: problem_response(404)}
Place = Annotated[str, Path(max_length=40, description="`N` or `N.p/W` in the groups of tlog-tiles, as `x001/234.p/5`")]


class Octets(Response):
    """Bytes as they are."""

    media_type = "application/octet-stream"


@router.get("/tile/entries/{place:path}", response_class=Octets, responses=ABSENT)
@open_to(AUDIT)
def read_bundle(request: Request, desk: DeskDep, place: Place) -> Response:
    """Up to 256 entries, each with its length before it in two bytes, big-endian. A look at whoever they concern."""
    _, index, width = _tile(request)
    start = index * TILE_WIDTH
    rows = list(desk.ledger.store.entries(start, start + width))
    desk.look_at_entries(map(logged, rows))
    bundle = b"".join(len(row.state).to_bytes(LENGTH_BYTES, "big") + row.state for row in rows)
    return Octets(bundle, headers={"Cache-Control": PRIVATE})


@router.get("/tile/{level}/{place:path}", response_class=Octets, responses=ABSENT)
@open_to(PUBLIC)
def read_tile(
    request: Request, level: Annotated[str, Path(max_length=2, description="0 to 63")], place: Place
) -> Response:
    """Up to 256 hashes of a level of the tree, 32 bytes each."""
    at, index, width = _tile(request)
    nodes = StoredNodes(wiring_of(request).ledger.store, (index * TILE_WIDTH + width) << (TILE_HEIGHT * at))
    return Octets(nodes.tile(at, index), headers={"Cache-Control": FOREVER})


def _tile(request: Request) -> tuple[int, int, int]:
    """Level (0 for entries), index and width of a tile that the newest checkpoint speaks for; 404 for any other."""
    try:
        # The path as it was sent: a route's own pattern lets a line feed at its end pass.
        named, index, width = parse_tile_path(request.scope["path"].removeprefix(f"{router.prefix}/"))
    except Invalid:
        raise not_found() from None
    newest = signed.newest(wiring_of(request))
    level = 0 if named == "entries" else named
    size = 0 if newest is None else newest.checkpoint.size
    if index * TILE_WIDTH + width > size >> (TILE_HEIGHT * level):
        raise not_found()
    return level, index, width
