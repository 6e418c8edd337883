"""The demonstration's server: where it listens, and one address for each role that signs its visitor in."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from rich.cells import cell_len

from api.cli.serving import HOST, PORT

if TYPE_CHECKING:
    from api.pages.demo_roles import Demo
    from api.text.page import Page


@dataclass(frozen=True, slots=True)
class Host:
    """A demonstration about to be served."""

    demo: Demo
    port: int

    @classmethod
    def of_demo(cls, port: int) -> Self:
        """With a key of its own, at this port; for 0 at the usual one, or at a free one where that is taken."""
        from api import serving
        from api.pages.demo_roles import Demo, city_roles

        return cls(Demo(city_roles()), port or serving.free_port(HOST, PORT))

    @property
    def base(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def addresses(self) -> dict[str, str]:
        return self.demo.addresses(self.base)

    def show(self, page: Page) -> None:
        """The addresses, a line each, and where a program begins."""
        text = page.text
        page.emit()
        page.say(text("text.demo_addresses"), "info")
        words = {slug: getattr(role, text.language.value) for slug, role in self.demo.roles.items()}
        widest = max(map(cell_len, words.values()))
        for slug, address in self.addresses.items():
            page.emit(f"  {words[slug]}{' ' * (widest - cell_len(words[slug]))}  {address}", whole=True)
        page.say(text("text.demo_api", address=f"{self.base}/v1/openapi.json"), indent=2)
        page.say(text("text.demo_stop"), indent=2)
        sys.stdout.flush()

    def run(self, url: str) -> None:
        """Serve until a signal."""
        from api import serving

        serving.serve(url, host=HOST, port=self.port, demo=self.demo)
