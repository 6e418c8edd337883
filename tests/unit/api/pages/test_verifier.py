"""The verifier as a page: the file of `scripts/`, byte for byte, and the one address at which a script may run."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.routing import Route

from api.policy import every_route
from tests.support.browser import Browser, Pages

ROOT = Path(__file__).resolve().parents[4]
FILE = ROOT / "scripts" / "verifier.html"


class Tags(HTMLParser):
    """The tags of a page, each with its attributes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def visitor(house: Pages) -> Browser:
    return house.visitor()


def test_the_page_is_the_file(visitor: Browser) -> None:
    answer = visitor.get("/verifier")

    assert answer.status_code == 200
    assert answer.content == FILE.read_bytes()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_its_policy_lets_its_own_script_run_and_nothing_else(visitor: Browser) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in visitor.get("/verifier").headers["content-security-policy"].split(";")
    )
    own = {
        kind: {f"'sha256-{b64encode(sha256(inner.encode()).digest()).decode()}'" for inner in found}
        for kind in ("script", "style")
        if (found := re.findall(rf"<{kind}>(.*?)</{kind}>", FILE.read_text(encoding="utf-8"), flags=re.DOTALL))
    }

    assert own["script"]
    assert set(policy["script-src"].split()) == own["script"]
    assert set(policy["style-src"].split()) == own["style"]
    assert {name: policy[name] for name in policy if not name.endswith("-src")} == {
        "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in str(policy)


def test_everything_in_it_stands_in_it(visitor: Browser) -> None:
    """No attribute runs anything, nothing is fetched: the policy would refuse it, and the page would not work."""
    page = Tags(visitor.get("/verifier").text)
    assert len(page.tags) > 50
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "style")], (tag, attributes)
        assert tag not in ("link", "iframe", "object", "embed", "base"), (tag, attributes)
        assert not attributes or tag not in ("script", "style"), (tag, attributes)


def test_no_other_address_lets_a_script_run(house: Pages, visitor: Browser) -> None:
    routes = [route for route in every_route(house.app.routes) if isinstance(route, Route)]
    paths = {route.path for route in routes if "{" not in route.path} - {"/verifier"}
    paths |= {"/verifier/", "/verifier/x", "/static/verifier.html", "/my-file"}
    seen = 0
    for path in paths:
        policy = visitor.get(path).headers["content-security-policy"]
        assert "sha256" not in policy, path
        assert "script-src 'none'" in policy or "default-src 'none'" in policy, path
        seen += 1
    assert seen > 40


def test_pages_lead_to_it(house: Pages) -> None:
    page = house.reader("P001", "SUBJECT").read("/my-file")

    assert len([link for link in page.all("a") if link.attributes["href"] == "/verifier"]) >= 2


def test_a_wheel_has_the_same_file(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        assert packed.read("api/static/verifier.html") == FILE.read_bytes()
