"""What an operator sees of the requests: one JSON line each, counters, and the headers every answer carries.

Neither a line nor a label holds personal data: routes appear as their templates, callers as the ids of their tokens.
Metrics need the extra `metrics`; without it `/metrics` says so.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import Wiring, address_of, wiring_of
from api.policy import PUBLIC, open_to
from api.problems import Problem, trace_id
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from api.outbox.backlog import Standing

prometheus: Any
try:
    import prometheus_client as prometheus
except ImportError:  # the extra is not installed
    prometheus = None

log = logging.getLogger("integrity.http")
metrics_router = APIRouter()
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",  # heeded behind the proxy that speaks TLS
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FIELDS: Final = (
    "trace_id", "code", "error", "method", "route", "status", "milliseconds", "token", "target", "index",
)  # fmt: skip


OUTBOX_GAUGES: Final = (
    ("waiting", "Notices that wait for a target"),
    ("undeliverable", "Notices that a target did not take at the last try"),
    ("failures", "Tries in a row at which a target took nothing"),
    ("gone", "Whether a target wants no more (1)"),
)
_PLACES: Final = re.compile(r" ?[\[(]?%[a-z][\])]?")  # where a value would stand in a message


class JsonLines(logging.Formatter):
    """One JSON object a line; only fields known to hold nothing personal, and never a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": moment, "level": record.levelname.lower(), "logger": record.name}
        # Only what stands in a program is said, never what was put into it.
        known = record.name.startswith(("integrity.", "uvicorn."))
        line["event"] = _PLACES.sub("", str(record.msg)).strip() if known else "unnamed"
        line |= {name: getattr(record, name) for name in _FIELDS if getattr(record, name, None) is not None}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=True)


def log_to_stderr(level: int = logging.INFO) -> None:
    """Every logger's lines from a level on, as JSON on stderr; the server's own access lines are left out."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("uvicorn.access").disabled = True


class _Counters:
    """Requests by method, route and status, and how long they took."""

    def __init__(self) -> None:
        self.registry = prometheus.CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = prometheus.Counter("integrity_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = prometheus.Histogram(
            "integrity_request_seconds", "Time to answer", ("route",), registry=self.registry
        )
        self.size = prometheus.Gauge("integrity_entries", "Entries of the ledger", registry=self.registry)
        self.lag = prometheus.Gauge("integrity_lists_lag", "Entries the lists are behind", registry=self.registry)


COUNTERS: Final = None if prometheus is None else _Counters()


class Observing:
    """Around everything: the time, the trace id, the headers, the log line.

    What no route counted (no such route, no such host) counts for its address.
    """

    def __init__(self, app: ASGIApp, wiring: Wiring) -> None:
        self._app = app
        self._rates = wiring.rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        started = time.perf_counter()
        trace = trace_id(request)
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                if "ratelimit" not in headers:
                    headers.update(getattr(request.state, "rate", None) or self._rates.count(address_of(request))[1])
                for name, value in (HEADERS | {"X-Request-Id": trace}).items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            _observed(request, status or 499, time.perf_counter() - started, trace)


def _observed(request: Request, status: int, seconds: float, trace: str) -> None:
    route = getattr(request.scope.get("route"), "path", "none")
    method = request.method if request.method in METHODS else "other"  # else callers could make up labels
    token = getattr(request.state, "token", None)
    log.info(
        "request",
        extra={
            "trace_id": trace,
            "method": method,
            "route": route,
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "token": None if token is None else token.id,
        },
    )
    if COUNTERS is not None:
        COUNTERS.requests.labels(method, route, str(status)).inc()
        COUNTERS.seconds.labels(route).observe(seconds)


@metrics_router.get("/metrics", include_in_schema=False)
@open_to(PUBLIC)
def metrics(request: Request) -> Response:
    """Counters in the Prometheus text format."""
    if COUNTERS is None:
        raise Problem(404, "not-found", "metrics need the extra `metrics`")
    wiring = wiring_of(request)
    size = wiring.ledger.size
    COUNTERS.size.set(size)
    COUNTERS.lag.set(max(0, size - wiring.keeper.position))
    said = prometheus.generate_latest(COUNTERS.registry)
    if wiring.outbox is not None:
        with suppress(LedgerError):  # a file that cannot be read is for `/readyz` and `doctor`
            said += _of_targets(wiring.outbox.standings())
    return Response(said, media_type=prometheus.CONTENT_TYPE_LATEST)


def _of_targets(standings: Iterable[Standing]) -> bytes:
    """How each target stands, in gauges made for this answer: none outlives its target."""
    registry, targets = prometheus.CollectorRegistry(), tuple(standings)
    for name, said in OUTBOX_GAUGES:
        gauge = prometheus.Gauge(f"integrity_outbox_{name}", said, ("target",), registry=registry)
        for standing in targets:
            gauge.labels(standing.target).set(int(getattr(standing, name)))
    answer: bytes = prometheus.generate_latest(registry)
    return answer
