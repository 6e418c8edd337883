"""The verifier page in a browser, opened as a file: what it computes and what it shows."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser

from tests.e2e.reading import Reader

PAGE: Final = Path(__file__).resolve().parents[2] / "scripts" / "verifier.html"
Given = Mapping[str, bytes]

_BYTES: Final = "const bytes = text => Uint8Array.from(atob(text), character => character.charCodeAt(0));"
_CHECK: Final = f"([file, options]) => {{ {_BYTES} return verifier.check(bytes(file), revive(options)); }}"
_COMPARE: Final = (
    f"([old, fresh, options]) => {{ {_BYTES} return verifier.compare(bytes(old), bytes(fresh), options); }}"
)
_JUDGE: Final = """([name, all]) => all.map(given => {
    try { return [true, verifier.parts[name](...given.map(revive))]; } catch (error) {
        if (!(error instanceof verifier.parts.Refused)) throw error;
        return [false, null];
    }
})"""
_REVIVE: Final = """
window.revive = value => {
    if (Array.isArray(value)) return value.map(revive);
    if (value === null || typeof value !== 'object') return value;
    if ('$bytes' in value) return Uint8Array.from(atob(value.$bytes), character => character.charCodeAt(0));
    if ('$big' in value) return BigInt(value.$big);
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, revive(member)]));
};
window.plain = value => {
    if (value instanceof Uint8Array) return verifier.parts.hex(value);
    if (Array.isArray(value)) return value.map(plain);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
};
"""


def packed(value: Any) -> Any:
    """A value as the page is told it: bytes and integers of any size survive the way."""
    if isinstance(value, bytes):
        return {"$bytes": b64encode(value).decode()}
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return {"$big": str(value)}
    if isinstance(value, Mapping):
        return {name: packed(member) for name, member in value.items()}
    return [packed(member) for member in value]


class VerifierPage(Reader):
    """A reader at the page, who may also ask its verifier directly."""

    asked: list[str]

    def check(self, data: bytes, **options: Any) -> dict[str, Any]:
        """The report of one file. Options are the page's own, except that bytes are given as bytes."""
        given = {name: packed(value) if isinstance(value, bytes) else value for name, value in options.items()}
        report: dict[str, Any] = self.page.evaluate(_CHECK, [b64encode(data).decode(), given])
        return report

    def compare(self, old: bytes, new: bytes, **options: Any) -> dict[str, Any]:
        """The report of a comparison."""
        given = [b64encode(old).decode(), b64encode(new).decode(), options]
        report: dict[str, Any] = self.page.evaluate(_COMPARE, given)
        return report

    def judge(self, name: str, calls: Sequence[Sequence[Any]]) -> list[tuple[bool, Any]]:
        """For each call of a part: whether it took what it was given, and what it answered (bytes as hexadecimal)."""
        script = f"given => plain(({_JUDGE})(given))"
        return [(took, answer) for took, answer in self.page.evaluate(script, [name, packed(calls)])]

    def give(self, field: str, **files: bytes) -> None:
        """Choose files in a field; a double underscore in a name stands for a dot."""
        named = [
            {"name": name.replace("__", "."), "mimeType": "application/octet-stream", "buffer": data}
            for name, data in files.items()
        ]
        self.page.set_input_files(f"#{field}", named)  # type: ignore[arg-type]

    def results(self, count: int = 1) -> list[str]:
        """The texts of the results, once there are so many."""
        self.page.wait_for_function("count => document.querySelectorAll('.result').length === count", arg=count)
        return self.page.locator(".result").all_inner_texts()


@contextmanager
def verifier_page(chromium: Browser, language: str = "zh-CN") -> Iterator[VerifierPage]:
    """The page, open. On leaving: nothing went wrong, and nothing but the page itself was ever asked for."""
    with chromium.new_context(locale=language) as context:
        page = context.new_page()
        at = VerifierPage(page, PAGE.parent.as_uri(), "")
        at.asked = []
        page.on("request", lambda request: at.asked.append(request.url))
        at.go(f"/{PAGE.name}")
        page.evaluate(_REVIVE)
        yield at
        at.expect_nothing_amiss()
        assert set(at.asked) == {PAGE.as_uri()}
