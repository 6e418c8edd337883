"""Between domain events and entries: the header on the way in, the event (or a `Logged`) on the way out.

On the way in the header is complete and canonical before anything is queued; the recorder's `seal` adds the place
(`recorded_at`, `version`) inside the commit and cannot fail. On the way out nothing but topics of the catalogue is
decoded, and personal members are absent: they lie in the disclosures beside the entry.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import msgspec
from eventsourcing.persistence import Mapper, StoredEvent
from msgspec import Struct
from pydantic import BaseModel

from ledger.catalogue import TOPICS, TYPES, type_of
from ledger.clock import format_time
from ledger.domain.base import Context, Envelope, LedgerEvent, Sealed
from ledger.domain.sections import sections_of, written_names
from ledger.domain.values import Payload
from ledger.errors import Refused
from ledger.log.encoding import canonical
from ledger.log.entry import MAX_ENTRY_BYTES, Signature, format_entry
from ledger.reading import Logged
from ledger.storage.events import Disclosure, EntryRow, LedgerStoredEvent

FORMAT_VERSION = 0
_PLACE_BYTES = 160  # the place and empty signatures never take more
_SIGNATURE_BYTES = 128  # nor does a signature
_ATTRIBUTES: dict[type[Payload], dict[str, str]] = {}

SealSection = Callable[[str, int, str, str, str, bytes], bytes]


def seal_entry(stored: StoredEvent, recorded_at: datetime) -> bytes:
    """The recorder's `seal`: the entry of a header that was checked before it was queued."""
    signatures = stored.signatures if isinstance(stored, LedgerStoredEvent) else ()
    return format_entry(
        stored.state, recorded_at=format_time(recorded_at), version=stored.originator_version, signatures=signatures
    )


def plain_data(data: Payload, published: frozenset[str]) -> dict[str, Any]:
    """The members that enter the entry: present, and not personal unless a unit publishes them."""
    personal = sections_of(type(data))
    values: dict[str, Any] = {}
    for name, label in written_names(type(data)).items():
        value = getattr(data, name)
        if value is not None and (name not in personal or name in published):
            values[label] = plain(value)
    return values


def plain(value: Any) -> Any:
    """A checked value as JSON knows it: models become objects, enumerations their text."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    return str(value) if isinstance(value, str) else value


def split_off(event: Any, owner: str, published: frozenset[str]) -> list[Sealed]:
    """The personal members of an event as sections, each an object of its members under their written names."""
    members = sections_of(type(event).Data)
    names = written_names(type(event).Data)
    values: dict[str, dict[str, Any]] = {}
    for name, section in members.items():
        value = getattr(event.data, name)
        if value is None or name in published or (value == [] and name not in event.data.model_fields_set):
            continue
        label = "ref" if section == "identity" and name == "ref" else names[name]
        values.setdefault(section, {})[label] = plain(value)
    return [Sealed(section, value, owner, event.RETENTION) for section, value in values.items()]


def disclose(name: str, value: Any, salt: str | None = None) -> bytes:
    """`JCS([salt, name, value])` with a fresh 256-bit salt, or the one given (the idea of RFC 9901)."""
    return canonical([salt or secrets.token_hex(32), name, value])


def disclosure_digest(disclosure: bytes) -> str:
    """What the header's `sd` holds of a section: SHA-256 of the disclosure, hex."""
    return hashlib.sha256(disclosure).hexdigest()


def with_signatures(stored: LedgerStoredEvent, signatures: Sequence[Signature]) -> LedgerStoredEvent:
    """The event with the signatures over its header, sorted by key id; `Refused` where it grows too large."""
    if len(stored.state) > MAX_ENTRY_BYTES - _PLACE_BYTES - _SIGNATURE_BYTES * len(signatures):
        raise too_large()
    return replace(stored, signatures=tuple(sorted(signatures, key=lambda signature: signature.key)))


def too_large() -> Refused:
    """The refusal of an entry beyond `MAX_ENTRY_BYTES`."""
    return Refused("the entry would be too large", code="entry-too-large")


class LedgerMapper(Mapper[str]):
    """Maps through the catalogue; `seal_section` encrypts one disclosure for its place and owner."""

    def __init__(self, origin: str, seal_section: SealSection) -> None:
        self.origin = origin
        self.seal_section = seal_section

    def to_stored_event(self, domain_event: Any) -> LedgerStoredEvent:
        event: LedgerEvent = domain_event
        envelope = event.envelope
        assert envelope is not None, "an event is put into its envelope before it is stored"
        stream, version, context = event.originator_id, event.originator_version, envelope.context
        digests, disclosures = [], []
        for section in envelope.sections:
            disclosure = disclose(section.name, section.value, section.salt)
            digests.append(disclosure_digest(disclosure))
            sealed = self.seal_section(stream, version, section.name, section.owner, section.retention, disclosure)
            disclosures.append(Disclosure(section.name, section.owner, section.retention, sealed))
        header = self._header(event, context, sorted(digests), envelope.published)
        state = canonical(header, nfc=True)
        if len(state) > MAX_ENTRY_BYTES - _PLACE_BYTES:
            raise too_large()
        return LedgerStoredEvent(
            originator_id=stream,
            originator_version=version,
            topic=event.TOPIC,
            state=state,
            subjects=context.subjects,
            disclosures=tuple(disclosures),
        )

    def _header(
        self, event: LedgerEvent, context: Context, digests: list[str], published: frozenset[str]
    ) -> dict[str, Any]:
        header: dict[str, Any] = {
            "v": FORMAT_VERSION,
            "origin": self.origin,
            "id": context.id,
            "type": event.TOPIC,
            "stream": event.originator_id,
            "effective_on": context.effective_on,
            "actor": dict(context.actor),
            "data": plain_data(event.data, published),
        }
        for name in ("purpose", "correlation", "causation", "after"):
            value = getattr(context, name)
            if value is not None:
                header[name] = value
        if context.basis:
            header["basis"] = list(context.basis)
        if context.source:
            header["source"] = dict(context.source)
        if context.subjects:
            header["subjects"] = list(context.subjects)
        if digests:
            header["sd"] = digests
        return header

    def to_domain_event(self, stored_event: StoredEvent) -> LedgerEvent:
        header = header_of(bytes(stored_event.state))
        event = TYPES[type_of(header["type"])]
        context = Context(
            id=header["id"],
            effective_on=header["effective_on"],
            actor=header["actor"],
            subjects=tuple(header.get("subjects", ())),
        )
        domain_event = object.__new__(event)
        domain_event.__dict__.update(
            originator_id=stored_event.originator_id,
            originator_version=stored_event.originator_version,
            timestamp=LedgerEvent.create_timestamp(),
            data=_data(event.Data, header["data"]),
            envelope=Envelope(context),
        )
        return domain_event


def _data(cls: type[Payload], written: Mapping[str, Any]) -> Payload:
    """The stored members as the type's data; nothing is judged again, what is absent reads as its default."""
    names = _ATTRIBUTES.get(cls)
    if names is None:
        names = _ATTRIBUTES[cls] = {label: name for name, label in written_names(cls).items()}
    data = cls.model_construct(**{names[label]: value for label, value in written.items() if label in names})
    for name in cls.model_fields:
        if name not in data.__dict__:
            data.__dict__[name] = None
    return data


def header_of(entry: bytes) -> dict[str, Any]:
    """The header of an entry as stored. Its canonical form is `verify`'s business, not every reader's."""
    decoded: dict[str, Any] = msgspec.json.decode(entry)
    header: dict[str, Any] = decoded["h"]
    return header


class _Header(Struct):
    """The members that readers see; decoding by type makes them in one step and passes over the others."""

    type: str
    effective_on: date
    actor: dict[str, str]
    data: dict[str, Any]
    subjects: tuple[str, ...] = ()
    source: dict[str, str] | None = None
    sd: list[str] = []
    purpose: str | None = None


class _Place(Struct):
    recorded_at: datetime


class _Entry(Struct):
    h: _Header
    p: _Place


_decode = msgspec.json.Decoder(_Entry).decode


def logged(row: EntryRow, topics: Mapping[str, str] = TOPICS) -> Logged:
    """The entry of a row as readers see it; `topics` is the table of its log."""
    entry = _decode(row.state)
    header = entry.h
    topic = header.type
    return Logged(
        row.index,
        row.stream,
        row.version,
        topics.get(topic, topic),
        topic,
        header.effective_on,
        entry.p.recorded_at,
        header.actor,
        header.subjects,
        header.data,
        header.source,
        len(header.sd),
        header.purpose,
    )
