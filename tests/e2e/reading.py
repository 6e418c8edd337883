"""A reader at a real browser, who notices what goes wrong: errors, refused content, requests to elsewhere, overflow.

`expect_…` methods fail with what they saw. What a page may show of a refused request (its own status in the console) is
no error of the page.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import ConsoleMessage, Page, Request

WIDTHS: Final = (1440, 860, 390, 320)
LAYOUTS: Final = (1440, 390)  # one width of each layout
HEIGHT: Final = 900
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_VIOLATIONS: Final = """
window.refused = [];
document.addEventListener('securitypolicyviolation', event => window.refused.push(
    `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
_FOCUSABLE: Final = """
() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')].filter(element =>
    !element.disabled && element.type !== 'hidden' && element.checkVisibility({visibilityProperty: true}))
"""
_OWN_STATUS: Final = "the server responded with a status of"


class Reader:
    """One page of one browser, at one address."""

    def __init__(self, page: Page, base: str, key: str) -> None:
        self.page, self.base, self.key = page, base, key
        self.amiss: list[str] = []
        page.add_init_script(_VIOLATIONS)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.amiss.append(f"script error: {error}"))
        page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and _OWN_STATUS not in message.text:
            self.amiss.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.base).netloc:
            self.amiss.append(f"asked elsewhere: {request.url}")

    # Going about.

    def go(self, path: str) -> None:
        """Open a page."""
        self.page.goto(self.base + path, wait_until="load")

    def become(self, slug: str) -> None:
        """Take up a role of the demonstration by its printed address."""
        self.go(f"/demo/{slug}/{self.key}")

    def wide(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def run(self, script: str) -> Any:
        return self.page.evaluate(script)

    # Noticing.

    def expect_nothing_amiss(self) -> None:
        """No error in the console, nothing refused by the content policy, nothing asked of another host."""
        refused = [] if self.page.url == "about:blank" else self.run("() => window.refused")
        assert self.amiss + refused == []

    def expect_no_sideways_scroll(self, where: str) -> None:
        """Nothing is wider than the screen; a region that scrolls by itself is its own matter."""
        seen = self.run(
            """() => ({
                wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
                who: [...document.querySelectorAll('body *')].filter(element => !element.closest('.scroll, .vh') &&
                    element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1
                    ).slice(0, 5).map(element => element.outerHTML.slice(0, 120)),
            })"""
        )
        assert seen["wide"] <= 0, (where, seen)

    def expect_accessible(self, where: str, *, contrast: bool = True) -> None:
        """Axe finds nothing; `contrast` is its slow part, and the same on screens of one layout."""
        options = {"runOnly": RULES, "resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}}}
        found = Axe().run(self.page, options=options).response["violations"]
        said = [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found]
        assert said == [], where

    def expect_chinese_font(self) -> None:
        """The heading is set in a font that has the characters, not in boxes."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("DOM.enable")
        session.send("CSS.enable")
        root = session.send("DOM.getDocument")["root"]["nodeId"]
        node = session.send("DOM.querySelector", {"nodeId": root, "selector": "h1"})["nodeId"]
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        session.detach()
        used = {font["familyName"]: font["glyphCount"] for font in fonts}
        assert any("CJK SC" in name or "Noto Sans SC" in name for name in used), used

    def expect_keyboard_reaches_the_end(self, where: str) -> None:
        """From the top, by the Tab key alone, focus comes to every action in turn, the last one included."""
        count = self.run(f"() => ({_FOCUSABLE})().length")
        self.run("() => { document.activeElement.blur(); window.scrollTo(0, 0); }")
        self.page.mouse.click(1, 1)
        self.run("() => { window.reached = new Set(); }")
        for _ in range(count + 8):
            self.page.keyboard.press("Tab")
            self.run("() => { window.reached.add(document.activeElement); }")
        missed = self.run(
            f"() => ({_FOCUSABLE})().filter(element => !window.reached.has(element) && "
            "!(element.type === 'radio' && document.querySelector(`input[name=${element.name}]`) && "
            "[...window.reached].some(other => other.name === element.name)))"
            ".map(element => element.outerHTML.slice(0, 120))"
        )
        assert missed == [], where
