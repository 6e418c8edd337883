"""Where the pages move in: their routers, the static files, errors as pages, and the roles of a demonstration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from api.pages import (
    certificate,
    data_request,
    eligibility_case,
    eligibility_list,
    errors,
    my_file,
    open_steps,
    preferences,
    public_units,
    sign_in,
    unit_score,
    verifier,
)
from api.pages.assets import ASSETS, PREFIX

if TYPE_CHECKING:
    from api.pages.demo_roles import Demo


def move_in(app: FastAPI, demo: Demo | None = None) -> None:
    """Give an application its pages; after `problems.install`. Without `demo` its addresses do not exist."""
    for room in (
        sign_in,
        public_units,
        preferences,
        my_file,
        data_request,
        certificate,
        open_steps,
        unit_score,
        eligibility_list,
        eligibility_case,
        verifier,
    ):
        app.include_router(room.router)
    app.state.demo = demo
    if demo is not None:
        app.include_router(sign_in.demo_router)
    app.mount(PREFIX, ASSETS, name="static")
    errors.install(app)
