"""Who may knock at which door: a table role × route, and nothing is open that does not stand in it.

`open_to` is the only way to declare a route's policy; `check_policies` stops the start-up of an application that has a
route without one (ASSURANCE §6, 12). A route says which kinds of viewers it serves; which records of that kind they may
see is decided by the desk and by `projections.visibility`. Who may not see something gets the answer of who asks for
something absent (404).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

from starlette.routing import BaseRoute, Mount, Route

from ledger.domain.base import LedgerEvent
from ledger.domain.values import Role

ROLES: Final = frozenset(role.value for role in Role if role is not Role.SYSTEM) | {"UNIT_HEAD"}
PUBLIC: Final = frozenset({"PUBLIC"})  # no sign-in
EVERYONE: Final = ROLES  # whoever is signed in
SUBJECTS: Final = frozenset({"SUBJECT"})
CASEWORK: Final = frozenset({"DECIDER", "REVIEWER"})
FILES: Final = frozenset({"SUBJECT", "HR", "CREDIT", "DECIDER", "REVIEWER", "AUDITOR", "DPO", "UNIT_HEAD"})
LOOKUPS: Final = FILES | {"REPORTER", "ASSESSOR"}
CHECKS: Final = frozenset({"HR", "SUBJECT", "AUDITOR"})
LISTS: Final = frozenset({"HR", "CREDIT", "DECIDER", "REVIEWER", "ASSESSOR", "AUDITOR", "DPO"})
ACCESS_LOG: Final = frozenset({"SUBJECT", "AUDITOR", "DPO"})
BUNDLES: Final = frozenset({"SUBJECT", "AUDITOR"})
AUDIT: Final = frozenset({"AUDITOR"})
CREDIT_OFFICE: Final = frozenset({"CREDIT"})
EVIDENCE: Final = frozenset({"SUBJECT", "REPORTER", "DECIDER", "REVIEWER", "HR", "CREDIT", "AUDITOR"})
STAND_INS: Final = frozenset({"HR", "CREDIT"})  # who may record an act of a SUBJECT (DOMAIN §4.1)

_MARK: Final = "__open_to__"
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class NoPolicy(Exception):
    """A route has no declared policy: a mistake of ours, found before anybody is served."""


def open_to(roles: Iterable[str]) -> Callable[[Endpoint], Endpoint]:
    """Declare whom an endpoint serves: PUBLIC, or roles of `ROLES`."""
    named = frozenset(roles)
    unknown = named - ROLES - PUBLIC
    if unknown or not named:
        raise NoPolicy(f"no such roles: {sorted(unknown)}")

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MARK, named)
        return endpoint

    return mark


def roles_of(endpoint: Any) -> frozenset[str]:
    """Whom an endpoint serves; `NoPolicy` where nobody said."""
    declared: frozenset[str] | None = getattr(endpoint, _MARK, None)
    if declared is None:
        raise NoPolicy(getattr(endpoint, "__qualname__", repr(endpoint)))
    return declared


def roles_of_command(event: type[LedgerEvent]) -> frozenset[str]:
    """Who may give a command: the roles of the catalogue, and HR and CREDIT for a subject that has no account."""
    named = {role.value for role in event.ROLES} - {Role.SYSTEM.value}
    return frozenset(named | STAND_INS if Role.SUBJECT in event.ROLES else named)


def every_route(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """The routes themselves, those of included routers too."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from every_route(included.routes)


def check_policies(routes: Iterable[BaseRoute]) -> None:
    """`NoPolicy` names the first route that declares nothing. Mounted static files are public by their kind."""
    for route in every_route(routes):
        if isinstance(route, Route):
            try:
                roles_of(route.endpoint)
            except NoPolicy as missing:
                raise NoPolicy(f"{route.path} declares no policy ({missing})") from None
        elif not isinstance(route, Mount):
            raise NoPolicy(f"a route of a kind without policy: {type(route).__name__}")
