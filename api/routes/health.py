"""Whether the process lives, whether it may serve, and where its ledger stands. No personal data, no sign-in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from api.answers import Health, Readiness, Version
from api.auth import wiring_of
from api.policy import PUBLIC, open_to
from api.problems import RETRY_AFTER_SECONDS
from ledger.errors import LedgerError
from ledger.storage.access_store import RETENTION

router = APIRouter()
VERSION: Final = version("integrity-ledger")
OK: Final = "ok"
FAILING: Final = "failing"
Answer = TypeVar("Answer")


@router.get("/livez", tags=["health"])
@open_to(PUBLIC)
def live() -> Annotated[dict[str, Any], Health]:
    """The process answers."""
    return {"status": OK}


@router.get(
    "/readyz",
    tags=["health"],
    responses={503: {"description": "a check fails; `checks` says which", "content": {"application/json": {}}}},
)
@open_to(PUBLIC)
def ready(request: Request, response: Response) -> Annotated[dict[str, Any], Readiness]:
    """Database, migrations, keys, access log, lists, the sentinel (whether the last checkpoint could be signed), and
    where they run, timers and outbox: whether their last round reached its end."""
    wiring, checks = wiring_of(request), dict[str, str | int]()
    ledger, keeper = wiring.ledger, wiring.keeper
    size = _asked(checks, "database", lambda: ledger.size)
    _asked(checks, "migrations", ledger.store.is_current)
    _asked(checks, "keys", lambda: ledger.keys.get(ledger.book.uid, RETENTION))
    _asked(checks, "access_log", lambda: ledger.access.size)
    lag = max(0, (size or 0) - keeper.position)
    _asked(checks, "lists", lambda: keeper.healthy and lag <= wiring.settings.max_projection_lag)
    _asked(checks, "sentinel", lambda: wiring.publishing.healthy)
    for name, thread in (("timers", wiring.timers), ("outbox", wiring.outbox)):
        if thread is not None:
            _asked(checks, name, partial(getattr, thread, "healthy"))
    checks |= {"projection_lag": lag}
    ready = all(state == OK for state in checks.values() if isinstance(state, str))
    if not ready:
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return {"status": OK if ready else FAILING, "checks": checks}


def _asked(checks: dict[str, str | int], name: str, ask: Callable[[], Answer]) -> Answer | None:
    """Ask one part; how it is goes into the checks, and nothing that it raises goes further."""
    try:
        answer = ask()
        checks[name] = OK if answer else FAILING
    except (LedgerError, SQLAlchemyError):
        checks[name] = FAILING
        return None
    return answer


@router.get("/version", tags=["health"])
@open_to(PUBLIC)
def ledger_version(request: Request) -> Annotated[dict[str, Any], Version]:
    """The release, and the chain's head: size, root and chain in hexadecimal. Not signed: a checkpoint is."""
    ledger = wiring_of(request).ledger
    head = ledger.store.head()
    return {
        "version": VERSION,
        "origin": ledger.origin,
        "size": head.size,
        "root": head.root.hex(),
        "chain": head.chain.hex(),
        "recorded_at": head.recorded_at,
    }
