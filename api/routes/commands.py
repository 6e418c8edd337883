"""Every command of the catalogue over HTTP: parse, call, acknowledge.

A command needs an `Idempotency-Key`; one on a record that exists also needs `If-Match`, the version its caller saw (or
`*`). The acknowledgement says where the entry stands and is given only after the commit.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Response

from api.auth import DeskDep
from api.bodies import BodyDep, IfMatchDep, KeyDep, command_body, etag, version_seen
from api.desk import Desk
from api.openapi import EDITION_FILE, acknowledgement_of, command_operation
from api.policy import open_to, roles_of_command
from api.problems import not_found
from api.routes.command_table import COLLECTIONS, COMMANDS, CommandRoute
from api.routes.receipts import receipt_link
from ledger.domain.sections import written_names
from ledger.errors import Conflict, Invalid, LedgerError
from ledger.requests import Request
from ledger.storage.events import Acknowledgement

router = APIRouter(prefix="/v1")
REPAIRS: Final = "repairs"


def named(desk: Desk, route: CommandRoute, uid: str, data: dict[str, Any]) -> dict[str, Any]:
    """The data with the member that the path stands for; a body that names another record is refused."""
    ledger = desk.ledger
    entries = ledger.stream(f"{route.kind}/{uid}", ledger.size)
    if not entries or not desk.may_act_on(entries[0], data):
        raise not_found()
    if route.names is None:
        if ledger.uid("repair", str(data.get("repair_id", ""))) != uid:
            raise not_found()
        return data
    own = uid if route.kind == "subject" else str(entries[0].data[route.names])
    if data.get(route.names, own) not in (own, uid):
        raise Invalid("the path names another record", code="id-mismatch", field=f"data.{route.names}")
    return {**data, route.names: own}


def documents_of(data: dict[str, Any]) -> list[bytes]:
    """Take the file of an edition out of the data of its activation: it comes with the command, not in its entry."""
    offered = data.pop(EDITION_FILE, None)
    if offered is None:
        return []
    if not isinstance(offered, str):
        raise Invalid("expected the edition's TOML text", code="wrong-type", field=f"data.{EDITION_FILE}")
    try:
        return [offered.encode()]
    except UnicodeEncodeError:
        raise Invalid("half a surrogate pair", code="lone-surrogate", field=f"data.{EDITION_FILE}") from None


def _submit(
    desk: Desk, route: CommandRoute, body: dict[str, Any], requests: list[Request], uid: str | None, seen: str | None
) -> Acknowledgement:
    """Submit what was not submitted before under this key."""
    after = None if uid is None else version_seen(seen)
    data = dict(body["data"]) if uid is None else named(desk, route, uid, dict(body["data"]))
    if route.beside and after is not None:
        if after != len(desk.ledger.stream(f"{route.kind}/{uid}", desk.ledger.size)):
            raise Conflict("the record has moved on; read again", code="stale-version", field="If-Match")
        after = None
    documents = documents_of(data) if route.type == "RulebookActivated" else []
    line = desk.line(route.type, {**body, "data": data})
    try:
        return desk.submit(line, requests[0], after=after, documents=documents, target=uid)
    except LedgerError as error:
        if error.field == "after":
            error.field = "If-Match"
        raise


def record(
    desk: Desk,
    route: CommandRoute,
    raw: bytes,
    key: str,
    response: Response,
    *,
    uid: str | None = None,
    seen: str | None = None,
) -> dict[str, Any]:
    """Submit one command and answer with its acknowledgement.

    A retry is known by its key and its body and gets its first answer before anything else is looked at: neither what
    became of the record since, nor the day, nor `If-Match` makes another request of it.
    """
    body = command_body(raw)
    requests = desk.requests(key, [route.type, uid, body])
    acknowledgement = desk.answered(requests) or _submit(desk, route, body, requests, uid, seen)
    # A request for a check is evaluated in the same commit.
    response.headers["ETag"] = etag(acknowledgement.version + (route.type == "EligibilityCheckRequested"))
    response.headers["Link"] = receipt_link(acknowledgement.index)
    if uid is None or route.beside:
        kind, _, uid = desk.ledger.store.entry(acknowledgement.index).stream.partition("/")
        where = route.collection if route.collection == REPAIRS else COLLECTIONS.get(kind)
        if where is not None:
            response.headers["Location"] = f"/v1/{where}/{uid}"
    return {**asdict(acknowledgement), "uid": uid}


def _opening(route: CommandRoute) -> Any:
    @open_to(roles_of_command(route.event))
    def command(desk: DeskDep, raw: BodyDep, key: KeyDep, response: Response) -> dict[str, Any]:
        return record(desk, route, raw, key, response)

    return command


def _changing(route: CommandRoute) -> Any:
    @open_to(roles_of_command(route.event))
    def command(
        uid: UUID, desk: DeskDep, raw: BodyDep, key: KeyDep, response: Response, if_match: IfMatchDep = None
    ) -> dict[str, Any]:
        return record(desk, route, raw, key, response, uid=str(uid), seen=if_match)

    return command


for _route in COMMANDS:
    assert _route.names is None or _route.names in written_names(_route.event.Data).values(), _route
    _endpoint = _opening(_route) if _route.kind is None else _changing(_route)
    _endpoint.__name__ = _endpoint.__qualname__ = _route.type
    router.add_api_route(
        _route.path,
        _endpoint,
        methods=["POST"],
        status_code=201,
        tags=[_route.collection],
        name=_route.type,
        summary=(_route.event.__doc__ or _route.type).strip().splitlines()[0].rstrip("."),
        response_model=None,
        responses={201: acknowledgement_of(changing=_route.kind is not None)},
        openapi_extra=command_operation(_route),
    )
