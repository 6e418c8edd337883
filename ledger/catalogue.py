"""The catalogue: every type the ledger writes, by the name people use and by the topic that is stored.

Only topics of this table are decoded; the framework would resolve any dotted path (DESIGN §4).
"""

from __future__ import annotations

from types import ModuleType

from ledger.domain import (
    adoption,
    assessment,
    breach_events,
    commitment,
    consent,
    eligibility,
    governance,
    repair_events,
    sources,
    subject,
)
from ledger.domain.base import LedgerEvent
from ledger.errors import Invalid, VerificationError

_MODULES: tuple[ModuleType, ...] = (
    governance,
    adoption,
    subject,
    commitment,
    breach_events,
    repair_events,
    sources,
    consent,
    eligibility,
    assessment,
)


def _events() -> dict[str, type[LedgerEvent]]:
    return {
        name: value
        for module in _MODULES
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, LedgerEvent) and value.TOPIC
    }


TYPES: dict[str, type[LedgerEvent]] = _events()
TOPICS: dict[str, str] = {event.TOPIC: name for name, event in TYPES.items()}


def event_of(name: str) -> type[LedgerEvent]:
    """The event class of a catalogue's type; `Invalid` with code `unknown-type`."""
    event = TYPES.get(name)
    if event is None:
        raise Invalid("the catalogue has no such type", code="unknown-type", field="type")
    return event


def type_of(topic: str) -> str:
    """The catalogue's name of a stored topic; `VerificationError` with code `unknown-topic`."""
    name = TOPICS.get(topic)
    if name is None:
        raise VerificationError("a stored topic is not of the catalogue", code="unknown-topic")
    return name
