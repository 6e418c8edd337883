"""The roles of a demonstration: one address each that signs its holder in, on this machine only.

The key is random at every start and the addresses are printed by whoever starts the demonstration; without it they do
not exist, and without a `Demo` neither does the route.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from api.demo import SHOWN_PERSON, SHOWN_UNIT
from api.demo.city import LAST_DAY
from api.pages.addresses import CHECKS, MY_FILE, UNIT_SCORE
from ledger.access import Viewer


@dataclass(frozen=True, slots=True)
class DemoRole:
    """Who a visitor can be: the viewer, what they are called in each language, and where they begin."""

    viewer: Viewer
    zh: str
    en: str
    first_page: str


@dataclass(frozen=True, slots=True)
class Demo:
    """The roles by slug, and the key of this start."""

    roles: Mapping[str, DemoRole]
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def path(self, slug: str) -> str:
        """Where a role is taken up: `/demo/hr/<key>`."""
        return f"/demo/{slug}/{self.key}"

    def addresses(self, base: str) -> dict[str, str]:
        """Slug → address below `base`, for printing."""
        return {slug: base.rstrip("/") + self.path(slug) for slug in self.roles}


def city_roles() -> Mapping[str, DemoRole]:
    """The roles of the fictional city (`api.demo`)."""
    head = f"head-{SHOWN_UNIT}"
    # The city's last evening: a file of a city that has stood still since then would be a file of expired records.
    evening = f"?as_of={LAST_DAY.isoformat()}"
    file, score, checks = MY_FILE + evening, UNIT_SCORE + evening, CHECKS + evening
    return {
        "person": DemoRole(Viewer(SHOWN_PERSON, "SUBJECT"), "本人", "Official, own file", file),
        "unit": DemoRole(Viewer(head, "SUBJECT", SHOWN_UNIT), "本单位", "Unit, acting for itself", score),
        "unit-head": DemoRole(Viewer(head, "UNIT_HEAD", SHOWN_UNIT), "单位负责人", "Unit head", score),
        "hr": DemoRole(Viewer("hr-1", "HR", "PERSONNEL"), "组织人事", "HR officer", checks),
        "auditor": DemoRole(Viewer("auditor-1", "AUDITOR"), "审计", "Auditor", checks),
    }
