"""The catalogue: every type the ledger writes, by the name people use and by the topic that is stored.

Each log has its own table, and only topics of a log's table are decoded in it; the framework would resolve any dotted
path (DESIGN §4). Looks and refused commands belong to the access log alone.
"""

from __future__ import annotations

from types import ModuleType

from ledger.domain import (
    access,
    adoption,
    assessment,
    breach_events,
    break_glass,
    certificate,
    commitment,
    consent,
    data_request,
    delegation,
    duties,
    eligibility_events,
    erasure,
    governance,
    keys,
    measure,
    merging,
    reorganisation,
    repair_events,
    sanctions,
    sources,
    subject,
)
from ledger.domain.base import LedgerEvent
from ledger.errors import Invalid, VerificationError

_MODULES: tuple[ModuleType, ...] = (
    governance,
    keys,
    adoption,
    erasure,
    subject,
    sanctions,
    merging,
    reorganisation,
    commitment,
    breach_events,
    duties,
    delegation,
    break_glass,
    repair_events,
    sources,
    consent,
    data_request,
    eligibility_events,
    certificate,
    measure,
    assessment,
)


def _events(modules: tuple[ModuleType, ...]) -> dict[str, type[LedgerEvent]]:
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, LedgerEvent) and value.TOPIC
    }


TYPES: dict[str, type[LedgerEvent]] = _events(_MODULES)
TOPICS: dict[str, str] = {event.TOPIC: name for name, event in TYPES.items()}
ACCESS_TYPES: dict[str, type[LedgerEvent]] = {
    "LedgerOpened": governance.LedgerOpened,
    **_events((keys,)),
    **_events((access,)),
}
ACCESS_TOPICS: dict[str, str] = {event.TOPIC: name for name, event in ACCESS_TYPES.items()}


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
