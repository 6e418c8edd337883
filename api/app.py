"""The HTTP door as a whole: routes, policies, problems, and the ledger behind them.

`create_app` refuses to build an application with a route that declares no policy. It is given an open ledger and closes
nothing but what it started: the threads that keep the lists and sign the checkpoints.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from fastapi import Depends, FastAPI, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from api import openapi, problems
from api.auth import Rates, Wiring, admit
from api.hosts import KnownHosts
from api.observing import Observing, metrics_router
from api.outbox.channels import outbox_of
from api.pages import house as pages
from api.policy import PUBLIC, check_policies, open_to
from api.publishing import Publishing
from api.routes import (
    attachments,
    batch,
    certificates,
    commands,
    deadlines,
    differences,
    entries,
    evidence,
    health,
    imports,
    lists,
    measures,
    proofs,
    public,
    ranking,
    reads,
    receipts,
    signing,
    tiles,
)
from api.settings import THREADS, Settings
from api.timers import Timers
from api.witness.cosigning import cosigning_of, witnessing_of
from ledger.application import Ledger
from ledger.tokens import Tokens
from projections.keeper import Keeper

if TYPE_CHECKING:
    from api.pages.demo_roles import Demo


class Door(FastAPI):
    """The application, observed around everything: errors of our own are answered and logged like all else."""

    def build_middleware_stack(self) -> ASGIApp:
        return Observing(super().build_middleware_stack(), self.state.wiring)


def create_app(
    ledger: Ledger, settings: Settings | None = None, *, demo: Demo | None = None, timers: bool = False
) -> FastAPI:
    """The application over one open ledger; with `demo` also the addresses that sign its roles in, with `timers` also
    the thread that writes down what days that passed brought with them.

    `NoPolicy` where a route declares whom it serves to nobody.
    """
    settings = settings or Settings()
    keeper = Keeper(ledger)
    publishing = Publishing(
        ledger, interval=settings.checkpoint_interval_seconds, idle=settings.checkpoint_idle_seconds
    )

    ledger.witnessing = witnessing_of(ledger, settings)
    outbox = outbox_of(ledger, settings)
    timing = Timers(ledger, interval=settings.timer_interval_seconds) if timers else None
    cosigning = cosigning_of(ledger.witnessing, ledger, publishing, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        await anyio.to_thread.run_sync(keeper.start)
        await anyio.to_thread.run_sync(publishing.start)
        if cosigning is not None:
            cosigning.start()
        for thread in (timing, outbox):
            if thread is not None:
                thread.start()
        try:
            yield
        finally:
            for thread in (timing, outbox):
                if thread is not None:
                    await anyio.to_thread.run_sync(thread.stop)
            if cosigning is not None:
                await anyio.to_thread.run_sync(cosigning.stop)
            await anyio.to_thread.run_sync(publishing.stop)
            await anyio.to_thread.run_sync(keeper.stop)

    app = Door(
        version=health.VERSION,
        lifespan=lifespan,
        dependencies=[Depends(admit)],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.wiring = Wiring(
        ledger, Tokens(ledger), Rates(settings.rate_limit), keeper, publishing, settings, timing, outbox
    )
    problems.install(app)
    of_the_ledger = (entries, proofs, tiles, receipts, evidence, certificates)
    for room in (
        health,
        reads,
        differences,
        deadlines,
        lists,
        public,
        ranking,
        measures,
        commands,
        batch,
        signing,
        attachments,
        imports,
        *of_the_ledger,
    ):
        app.include_router(room.router)
    app.include_router(metrics_router)
    pages.move_in(app, demo)
    _describe(app)
    app.add_middleware(KnownHosts, hosts=settings.allowed_hosts)
    check_policies(app.routes)
    return app


def _describe(app: FastAPI) -> None:
    """The OpenAPI document at /v1/openapi.json, made when first asked for."""

    @app.get("/v1/openapi.json", include_in_schema=False)
    @open_to(PUBLIC)
    def described(request: Request) -> Response:
        return Response(openapi.as_bytes(request.app), media_type="application/json")

    def schema() -> dict[str, Any]:
        return openapi.document(app)

    app.openapi = schema  # type: ignore[method-assign]
