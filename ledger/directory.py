"""Who is who, what was recorded, what was known when: the look-ups under every command and every read.

The caller's ids lead to pseudonyms through the blind index, editions to the days they are in force, moments to sizes;
sections are sealed and opened here. Every list is in log order and cut at a size, so every `as_known` is a prefix.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from ledger.catalogue import TYPES
from ledger.clock import end_of_day, format_time, parse_time
from ledger.domain.base import LedgerAggregate
from ledger.domain.breach import Breach
from ledger.domain.governance import HistoryLoaded
from ledger.domain.subject import Subject
from ledger.domain.values import SubjectKind
from ledger.errors import Invalid, NotFound, Refused, VerificationError
from ledger.ids import is_uuid, new_pseudonym
from ledger.line import Line, LineActor, parse_day
from ledger.mapper import disclosure_digest, header_of, logged
from ledger.reading import Logged
from ledger.rulebook.edition import Edition, parse_edition
from ledger.rulebook.windows import Activation, EditionTimeline
from ledger.storage.events import IndexRow, IndexTaken
from ledger.storage.keys import KeyStore, Place, open_sealed, seal
from ledger.storage.store import Store

_KINDS_OF_STREAM = ("subject", "commitment", "breach", "consent", "check", "record", "assessment", "scheme", "rulebook")
_CACHE_LIMIT = 200_000
_TAKEN = {
    "id-number": "id-number-taken",
    "uscc": "uscc-taken",
    "taken-over": "already-imported",
    "batch": "already-imported",
    "conduct": "conduct-decided",
}

AnyAggregate = TypeVar("AnyAggregate", bound=LedgerAggregate)


@lru_cache(maxsize=64)
def _edition(content: bytes) -> Edition:
    return parse_edition(content)


def taken(error: IndexTaken) -> Refused | None:
    """What a taken value means to the caller; None where another writer was merely first to name an actor."""
    field = error.field or ""
    if field in ("actor", "actor-unit"):
        return None
    code = _TAKEN.get(field) or f"{field.removesuffix('-ref')}-exists"
    return Refused("another record holds this id or value", code=code)


def _taken_over(event: str, system: str, subject: str, record: str) -> str:
    return "\x00".join((event, system, subject, record))


class Directory:
    """Reads shared by commands, folds and doors."""

    store: Store
    keys: KeyStore
    origin: str
    book: LedgerAggregate
    _own: Any

    def prepare(self, store: Store, keys: KeyStore) -> None:
        self.store, self.keys, self.origin = store, keys, ""
        self.loading_history = False
        self._uids: dict[tuple[str, str, str], str] = {}
        self._subject_kinds: dict[str, SubjectKind] = {}
        self._offered: dict[str, tuple[Edition, bytes]] = {}
        self._timeline: tuple[int, EditionTimeline] | None = None

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is inside `transaction()`: nobody else writes then."""
        return getattr(self._own, "live", None) is not None

    # What a transaction may have to forget.

    def forget(self) -> None:
        """A discarded transaction gave out pseudonyms that nobody holds."""
        self._uids.clear()
        self._subject_kinds.clear()
        self._timeline = None

    def learned(self, rows: Iterable[IndexRow], aggregate: LedgerAggregate) -> None:
        if len(self._uids) > _CACHE_LIMIT:
            self._uids.clear()
        if len(self._subject_kinds) > _CACHE_LIMIT:
            self._subject_kinds.clear()
        if aggregate.KIND == "rulebook":
            self._timeline = None
        elif aggregate.KIND == "subject" and aggregate.version == 1:
            # Whoever acted under this id before is the registered person from now on.
            for name in [name for name in self._uids if name[0] == "actor"]:
                del self._uids[name]

    # Names.

    def fresh_uid(self) -> str:
        return new_pseudonym()

    def _digest(self, field: str, value: str) -> bytes:
        return self.keys.keyed_digest(field, value.encode())

    def index_row(self, field: str, value: str, uid: str) -> IndexRow:
        return IndexRow(field, self._digest(field, value), uid)

    def find(self, field: str, value: str) -> str | None:
        """Where a value of the blind index leads."""
        return self.store.find(field, self._digest(field, value))

    def claim(self, kind: str, ref: str, uid: str, source: str = "") -> IndexRow:
        """The row that gives a caller's id to a new record; the store refuses a second one (see `taken`)."""
        return self.index_row(f"{kind}-ref", f"{source}\x00{ref}", uid)

    def uid(self, kind: str, ref: str, source: str | None = None) -> str | None:
        """The pseudonym of a caller's id of this kind; a pseudonym leads to itself. None where nothing is known.

        Without a `source` the ledger's own name space is asked first, then those of the sources imported from.
        """
        for space in self._spaces(source):
            known = self._uids.get((kind, space, ref))
            if known is None:
                known = self.find(f"{kind}-ref", f"{space}\x00{ref}")
                if known is not None:
                    self._uids[kind, space, ref] = known
            if known is not None:
                return known
        if is_uuid(ref) and kind in _KINDS_OF_STREAM and self.store.stream_entries(f"{kind}/{ref}", 1 << 62):
            return ref
        return None

    def uids(self, kind: str, refs: Sequence[str], source: str = "") -> dict[str, str]:
        """Many of one name space at once: caller's id → pseudonym, unknown ones left out."""
        digests = {self._digest(f"{kind}-ref", f"{source}\x00{ref}"): ref for ref in refs}
        found = self.store.find_many(f"{kind}-ref", list(digests))
        return {digests[digest]: uid for digest, uid in found.items()}

    def _spaces(self, source: str | None) -> tuple[str, ...]:
        if source:
            return (source, "")
        return ("", *self.sources()) if source is None else ("",)

    def sources(self) -> tuple[str, ...]:
        """The source systems of which a batch was imported."""
        batches = self.by_type("SourceBatchImported", self.size)
        return tuple(dict.fromkeys(str(entry.data["source"]) for entry in batches))

    def require_uid(self, ref: str, kinds: tuple[SubjectKind, ...], field: str, source: str = "") -> str:
        """The pseudonym of a registered subject of one of these kinds; `Refused` otherwise, with its code."""
        uid = self.uid("subject", ref, source)
        unit_only = SubjectKind.PERSON not in kinds
        if uid is None or self.kind_of(uid) not in kinds:
            what = "unit" if unit_only else "subject"
            raise Refused(f"no such {what} is registered", code=f"unknown-{what}", field=field)
        return uid

    def kind_of(self, uid: str) -> SubjectKind:
        """What kind of subject a pseudonym stands for."""
        kind = self._subject_kinds.get(uid)
        if kind is None:
            (registered,) = self._own_reads(f"subject/{uid}", 1)
            kind = self._subject_kinds[uid] = SubjectKind(registered["data"]["kind"])
        return kind

    def _own_reads(self, stream: str, count: int) -> list[dict[str, Any]]:
        events = self.store.recorder.select_events(stream, limit=count)
        return [header_of(bytes(event.state)) for event in events]

    def actor_uid(self, login: str, *, subject: bool = False) -> tuple[str, tuple[IndexRow, ...]]:
        """The pseudonym of whoever acts: the person's own where the login is a person's id, else one of its own."""
        if self.in_transaction and ("actor", "", login) in self._uids:
            return self._uids["actor", "", login], ()
        uid = self.uid("subject", login, "" if not subject else None)
        if uid is not None and self.kind_of(uid) is SubjectKind.PERSON:
            return uid, ()
        return self._pseudonym("actor", login)

    def actor_unit(self, unit_id: str | None) -> tuple[str | None, tuple[IndexRow, ...]]:
        """The pseudonym of an actor's unit, which need not be registered (DOMAIN §4.1)."""
        if unit_id is None:
            return None, ()
        uid = self.uid("subject", unit_id)
        return (uid, ()) if uid is not None else self._pseudonym("actor-unit", unit_id)

    def _pseudonym(self, field: str, value: str) -> tuple[str, tuple[IndexRow, ...]]:
        known = self._uids.get((field, "", value)) or self.find(field, value)
        if known is not None:
            self._uids[field, "", value] = known
            return known, ()
        uid = new_pseudonym()
        return uid, (self.index_row(field, value, uid),)

    def system_uid(self) -> str:
        """The ledger itself as an actor."""
        return self.book.uid

    # Aggregates by the caller's id.

    def aggregate(self, cls: type[AnyAggregate], uid: str) -> AnyAggregate:
        """The aggregate of a stream that exists."""
        raise NotImplementedError

    def load(self, cls: type[AnyAggregate], ref: str, source: str | None = None) -> AnyAggregate:
        """The aggregate of a caller's id; refused with `unknown-<kind>`."""
        uid = self.uid(cls.KIND, ref, source or None)
        if uid is None:
            raise Refused(f"no such {cls.KIND}", code=f"unknown-{cls.KIND}")
        return self.aggregate(cls, uid)

    def subject(self, uid: str) -> Subject:
        return self.aggregate(Subject, uid)

    def is_reporter(self, breach: Breach, actor: LineActor) -> bool:
        """Whether this actor reported the case; refused while the section cannot be read (DESIGN §3)."""
        if breach.record_kind is not None:
            return False
        (first, *_) = self.store.stream_entries(breach.id, None)
        entry = logged(first)
        reporter = self.sections(entry, ("reporter",)).get("reporter")
        if reporter is None:
            raise Refused("who reported the case cannot be read", code="reporter-unreadable")
        return bool(reporter["id"] == actor.id)

    # What was recorded.

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.store.head().size

    def opened(self) -> Logged:
        """Entry 0."""
        return logged(self.store.entry(0))

    def logged(self, start: int = 0, stop: int | None = None) -> Iterator[Logged]:
        """The entries of [start, stop), streamed."""
        return map(logged, self.store.entries(start, stop))

    def history(self, subject: str, size: int) -> list[Logged]:
        """The entries that may move this subject's file or figures, among the first `size`."""
        return [logged(row) for row in self.store.entries_of(subject, size)]

    def stream(self, stream: str, size: int) -> list[Logged]:
        """The entries of one stream, among the first `size`."""
        return [logged(row) for row in self.store.stream_entries(stream, size)]

    def by_type(self, type: str, size: int) -> list[Logged]:  # noqa: A002 - the catalogue's own word
        """The entries of one type, among the first `size`."""
        return [logged(row) for row in self.store.by_topic(TYPES[type].TOPIC, size)]

    def history_end(self) -> int | None:
        """The index of the entry that closed a history load; None where the real clock always decided."""
        closing = self.store.by_topic(HistoryLoaded.TOPIC)
        return closing[0].index if closing else None

    def caller_id(self, uid: str) -> str:
        """The id under which a caller knows a subject; the pseudonym itself once that is erased."""
        entries = self.store.stream_entries(f"subject/{uid}", None)
        if not entries:
            return uid
        first = logged(entries[0])
        identity = self.sections(first, ("identity",)).get("identity") or first.data
        return str(identity.get("subject_id") or identity.get("ref") or uid)

    def sections(self, entry: Logged, names: Iterable[str] | None = None) -> dict[str, Any]:
        """The personal sections of an entry, opened and checked against its digests; erased ones are absent."""
        wanted = None if names is None else set(names)
        if not entry.sections:
            return {}
        committed = set(header_of(self.store.entry(entry.index).state)["sd"])
        found = {}
        for (_, name), disclosure in self.store.disclosures([entry.index]).items():
            if wanted is not None and name not in wanted:
                continue
            key = self.keys.get(disclosure.subject, disclosure.retention)
            if key is None:
                continue
            place = Place(self.origin, entry.stream, entry.version, name, disclosure.subject)
            opened = open_sealed(key, disclosure.sealed, place)
            if disclosure_digest(opened) not in committed:
                raise VerificationError("a disclosure is not the one its entry commits to", code="wrong-disclosure")
            found[name] = msgspec.json.decode(opened)[2]
        return found

    def seal_section(
        self, stream: str, version: int, section: str, owner: str, retention: str, disclosure: bytes
    ) -> bytes:
        """A disclosure under its owner's key; the key is durable before the transaction that uses it (DESIGN §3)."""
        place = Place(self.origin, stream, version, section, owner)
        return seal(self.keys.get_or_create(owner, retention), disclosure, place)

    def keyed_digest(self, data: bytes) -> str:
        """A digest of what may hold personal text: HMAC under the index key, hex."""
        return self.keys.keyed_digest("batch-bytes", data).hex()

    def own_rows(self, data: Any) -> tuple[IndexRow, ...]:
        """A loaded history counts as a batch, so the same file is not imported again."""
        if isinstance(data, HistoryLoaded.Data):
            return (self.index_row("batch", data.digest, self.book.uid),)
        return ()

    def is_imported(self, digest: str) -> bool:
        """Whether a batch of this keyed digest was imported."""
        return self.find("batch", digest) is not None

    def source_rows(self, line: Line, uid: str) -> tuple[IndexRow, ...]:
        """What marks a source's record as taken over: its type, system, subject and own id."""
        source = dict(line.source or {})
        if line.type in ("CommendationRecorded", "RankRecorded"):
            source = {"system": line.data["source"], "record": line.data["source_record"]} | source
        if not source.get("system") or not source.get("record"):
            return ()
        value = _taken_over(line.type, source["system"], str(line.data.get("subject_id", "")), source["record"])
        return (self.index_row("taken-over", value, uid),)

    def known_records(self, event: str, records: Collection[tuple[str, str]], *, source: str) -> set[tuple[str, str]]:
        """Which of these (subject's id or "", record) pairs of a source were taken over as events of that type."""
        digests = {self._digest("taken-over", _taken_over(event, source, *pair)): pair for pair in records}
        return {digests[digest] for digest in self.store.find_many("taken-over", list(digests))}

    # Editions.

    def offer_edition(self, content: bytes) -> Edition:
        """Make an edition's file known, for an activation to come."""
        edition = parse_edition(content)
        self._offered[edition.id] = (edition, content)
        return edition

    def offered_edition(self, rulebook_id: str) -> tuple[Edition, bytes]:
        """The file of an edition: offered, or adopted before; `NotFound` with code `unknown-edition`."""
        offered = self._offered.get(rulebook_id)
        if offered is not None:
            return offered
        for entry in reversed(self.by_type("RulebookActivated", self.size)):
            if entry.data["rulebook_id"] == rulebook_id:
                content = self._document(entry.data["digest"])
                return _edition(content), content
        raise NotFound("the edition's file was not given", code="unknown-edition", field="data.rulebook_id")

    def _document(self, digest: str) -> bytes:
        content = self.store.document(bytes.fromhex(digest))
        if content is None:
            raise VerificationError("a document that an entry names is missing", code="document-missing")
        return content

    def editions(self, size: int) -> EditionTimeline:
        """The activations known at a size."""
        known = self._timeline
        if known is not None and known[0] == size:
            return known[1]
        timeline = EditionTimeline(
            Activation(
                date.fromisoformat(entry.data["effective_on"]),
                _edition(self._document(entry.data["digest"])),
                entry.index,
            )
            for entry in self.by_type("RulebookActivated", size)
        )
        self._timeline = (size, timeline)
        return timeline

    # Moments.

    def resolve_as_known(self, text: str | None) -> int:
        """A size: digits are one, a day means its end in +08:00, a time needs its offset (DESIGN §6)."""
        if text is None:
            return self.size
        if text.isascii() and text.isdigit():
            size = int(text)
            if not 0 <= size <= self.size:
                raise Invalid("the ledger is not that large", code="size-out-of-range", field="as_known")
            return size
        if len(text) == 10:
            return self.store.size_at(format_time(end_of_day(parse_day(text, "as_known"))))
        try:
            return self.store.size_at(format_time(parse_time(text)))
        except Invalid as error:
            raise Invalid(error.detail, code=error.code, field="as_known") from None
