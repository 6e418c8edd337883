"""Many commands in one request: one commit, and each command its own answer.

The commands are one transaction in their order; one that is refused leaves nothing and does not doom the rest. Command
n has the request key `KEY/n`, so the same batch again gets the same acknowledgements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any, Final

from fastapi import APIRouter

from api import problems
from api.auth import DeskDep
from api.bodies import COMMAND_MEMBERS, BodyDep, KeyDep, check_command, parse_object
from api.desk import Desk
from api.openapi import batch_operation
from api.outcomes import BatchAnswers
from api.policy import EVERYONE, open_to, roles_of_command
from api.routes.commands import documents_of
from ledger.application import Ledger
from ledger.catalogue import TYPES
from ledger.errors import Invalid, LedgerError, NotFound
from ledger.line import Line
from ledger.storage.events import Acknowledgement

router = APIRouter(prefix="/v1")
MAX_COMMANDS: Final = 1_000
_MEMBERS: Final = COMMAND_MEMBERS | {"type", "after"}
OUR_FAULT: Final = 500


@router.post(
    "/batch",
    tags=["batch"],
    responses={200: {"description": "one answer for each command, in their order"}},
    openapi_extra=batch_operation(MAX_COMMANDS),
)
@open_to(EVERYONE)
def submit_batch(desk: DeskDep, raw: BodyDep, key: KeyDep) -> Annotated[dict[str, Any], BatchAnswers]:
    """1 to 1,000 commands `{"type", "data", "effective_on"?, "after"?, "basis"?, "purpose"?}` in the caller's name."""
    body = parse_object(raw, frozenset({"commands"}), frozenset({"commands"}))
    commands = body["commands"]
    if not isinstance(commands, list) or not 1 <= len(commands) <= MAX_COMMANDS:
        raise Invalid(f"send 1 to {MAX_COMMANDS} commands", code="out-of-range", field="commands")
    outcomes: list[Acknowledgement | LedgerError] = []
    with desk.ledger.transaction():
        for number, command in enumerate(commands):
            try:
                outcomes.append(_one(desk, command, f"{key}/{number}"))
            except LedgerError as error:
                if problems.status_of(error) >= OUR_FAULT:
                    raise  # the whole batch failed, not this command
                outcomes.append(error)
    for command, outcome in zip(commands, outcomes, strict=True):
        if isinstance(outcome, LedgerError) and isinstance(command, dict) and command.get("type") in TYPES:
            desk.leave_trace(command["type"], outcome)
    streams = _streams(desk.ledger, [outcome.index for outcome in outcomes if isinstance(outcome, Acknowledgement)])
    return {"answers": [_answer(outcome, streams) for outcome in outcomes]}


def _one(desk: Desk, command: Any, key: str) -> Acknowledgement:
    line, documents = understood(desk, command)
    requests = desk.requests(key, command)
    return desk.answered(requests) or desk.submit(line, requests[0], after=line.after, documents=documents)


def understood(desk: Desk, command: Any, members: frozenset[str] = _MEMBERS) -> tuple[Line, list[bytes]]:
    """The line that a command of a body stands for, and the documents that came in its data."""
    if not isinstance(command, dict):
        raise Invalid("a command is a JSON object", code="not-an-object")
    for name in command:
        if name not in members:
            raise Invalid("a command has no such member", code="unknown-field")
    for name in ("type", "data"):
        if name not in command:
            raise Invalid("this member is required", code="missing-field", field=name)
    type_, after = command["type"], command.get("after")
    if not isinstance(type_, str):
        raise Invalid("expected a string", code="wrong-type", field="type")
    if "after" in command and (not isinstance(after, int) or isinstance(after, bool) or after < 0):
        raise Invalid("expected a stream version", code="wrong-type", field="after")
    check_command(command)
    if type_ in TYPES and desk.viewer.role not in roles_of_command(TYPES[type_]):
        raise NotFound(problems.NOTHING_KNOWN)  # as its own route would answer
    data = dict(command["data"])
    documents = documents_of(data) if type_ == "RulebookActivated" else []
    return replace(desk.line(type_, {**command, "data": data}), after=after), documents


def _streams(ledger: Ledger, indexes: Sequence[int]) -> dict[int, str]:
    """The streams of entries by index: those of one batch mostly lie together."""
    if not indexes:
        return {}
    first, stop = min(indexes), max(indexes) + 1
    if stop - first <= 2 * MAX_COMMANDS:
        return {row.index: row.stream for row in ledger.store.entries(first, stop)}
    return {index: ledger.store.entry(index).stream for index in indexes}


def _answer(outcome: Acknowledgement | LedgerError, streams: Mapping[int, str]) -> dict[str, Any]:
    if isinstance(outcome, LedgerError):
        return problems.item(outcome)
    return {"status": 201, **asdict(outcome), "uid": streams[outcome.index].partition("/")[2]}
