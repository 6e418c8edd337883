"""A served city and a browser to read it with: Debian's Chromium, driven by Playwright, without a download.

Where there is no Chromium the tests skip with the reason, except with CI=true, where its absence is a failure.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright

from api.app import create_app
from api.pages.demo_roles import Demo, city_roles
from api.settings import Settings
from tests.e2e.reading import Reader
from tests.support.city import City, a_city

CHROMIUM = Path("/usr/bin/chromium")
KEY = "the-key-of-this-start"
ARGUMENTS = ["--no-sandbox", "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
STARTUP_SECONDS = 30


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the session; each test has a context of its own."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is not there: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The application on a free port of this machine; its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        for _ in range(STARTUP_SECONDS * 20):
            if server.started:
                break
            thread.join(0.05)
        assert server.started, "the server did not start"
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STARTUP_SECONDS)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with a_city(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture(scope="session")
def address(city: City) -> Iterator[str]:
    """Where the city is served, as a demonstration."""
    settings = Settings(rate_limit="1000000/minute")
    with serving(create_app(city.ledger, settings, demo=Demo(city_roles(), key=KEY))) as base:
        yield base


@pytest.fixture
def reader(chromium: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """Somebody at a screen; `@pytest.mark.parametrize("reader", ["en"], indirect=True)` for another language."""
    language = getattr(request, "param", "zh")
    with chromium.new_context(locale={"zh": "zh-CN", "en": "en-GB"}[language]) as context:
        at = Reader(context.new_page(), address, KEY)
        yield at
        at.expect_nothing_amiss()
