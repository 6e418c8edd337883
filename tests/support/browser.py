"""Somebody at the pages, without a browser: signs in, reads, fills in forms and follows where they lead.

A client keeps its cookies as a browser does and says with each form where it comes from. For what only a browser can
show (layout, fonts, the content policy at work) there are the tests in `tests/e2e`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app
from api.pages.demo_roles import Demo
from api.pages.session import COOKIE
from api.settings import Settings
from ledger.access import Viewer
from ledger.application import Ledger
from ledger.tokens import Tokens
from tests.support.html import Form, Html

ADDRESS = "https://localhost"
UNLIMITED = "1000000/minute"
ON_THIS_MACHINE = ("127.0.0.1", 50_000)
OWN_SITE = {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"}


class Browser:
    """One reader's browser."""

    def __init__(self, app: FastAPI, *, language: str = "zh", client: tuple[str, int] = ON_THIS_MACHINE) -> None:
        headers = {"Accept": "text/html", "Accept-Language": language}
        self.client = TestClient(
            app, base_url=ADDRESS, headers=headers, client=client, raise_server_exceptions=False, follow_redirects=False
        )

    @property
    def session(self) -> str | None:
        """The session's cookie."""
        return self.client.cookies.get(COOKIE)

    def take(self, cookie: str) -> Browser:
        """This browser with a session's cookie that somebody else had, and no other."""
        self.client.cookies.clear()
        self.client.headers["Cookie"] = f"{COOKIE}={cookie}"
        return self

    def get(self, path: str, **query: str) -> Response:
        return self.client.get(path, params=query or None)

    def read(self, path: str, /, status: int = 200, **query: Any) -> Html:
        """A page that answers with this status."""
        answer = self.get(path, **query)
        assert answer.status_code == status, (path, answer.status_code, answer.text[-400:])
        return Html(answer.text)

    def post(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Response:
        return self.client.post(path, data=fields, headers=OWN_SITE if headers is None else headers)

    def send(self, form: Form, button: str = "", **filled: str) -> Response:
        """Send a form as its page has it, with these fields filled in and by this button."""
        fields = form.fields | filled
        name, value = next(((name, value) for name, value in form.buttons if value == button), ("", ""))
        return self.post(form.action, fields | ({name: value} if name else {}))

    def sign_in(self, secret: str, **fields: str) -> Response:
        return self.post("/sign-in", {"token": secret, "next": "", **fields})


class Pages:
    """An application with pages over one ledger."""

    def __init__(self, ledger: Ledger, app: FastAPI) -> None:
        self.ledger, self.app, self.tokens = ledger, app, Tokens(ledger)

    def visitor(self, **options: Any) -> Browser:
        """Somebody who is not signed in."""
        return Browser(self.app, **options)

    def reader(self, actor: str, role: str, unit: str | None = None, **options: Any) -> Browser:
        """Somebody who signed in with a token."""
        browser = self.visitor(**options)
        secret, _ = self.tokens.issue(Viewer(actor, role, unit))
        assert browser.sign_in(secret).status_code == 303
        return browser


@contextmanager
def pages(ledger: Ledger, *, demo: Demo | None = None, **settings: Any) -> Iterator[Pages]:
    """The pages of an open ledger, with the thread that keeps its lists."""
    app = create_app(ledger, Settings(**{"rate_limit": UNLIMITED} | settings), demo=demo)
    with TestClient(app, base_url=ADDRESS):
        yield Pages(ledger, app)
