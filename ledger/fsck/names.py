"""The blind index: every name given to a record leads to it, and nothing else is there.

Entries and their sections say which values were indexed; their keyed digests are made again and looked up. Actors'
logins are written nowhere, so of their rows it is known only that each actor of an entry has one, and that each
pseudonym stands in an entry or was given by the ledger to somebody who only looked: then the key store has a key for
it. That a row leads where it was made to lead, its seal shows. Counts by field show rows that no entry accounts for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec import UNSET

from ledger.domain.breach_events import BreachConfirmed, BreachDismissed, RecordVoided
from ledger.fsck.columns import Stated, header_if_any
from ledger.fsck.report import Findings
from ledger.fsck.sections import Opened
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.storage.access_store import RETENTION, has_key
from ledger.storage.keys import KeyStore, WrongMasterKey
from ledger.storage.row_seals import INDEX_ROW, index_value
from ledger.storage.session import Row

ACTORS: Final = ("actor", "actor-unit")
PLACE: Final = "blind index"
TAKEN_OVER: Final = "taken-over"
# The kind of record a type's caller gives an id to, and the member that holds it.
REFS: Final = {
    "SubjectRegistered": ("subject", "ref"),
    "CommitmentMade": ("commitment", "commitment_id"),
    "CommitmentImported": ("commitment", "source_record"),
    "BreachReported": ("breach", "breach_id"),
    "AuthorityRecordImported": ("breach", "breach_id"),
    "ConsentGiven": ("consent", "consent_id"),
    "EligibilityCheckRequested": ("check", "check_id"),
    "AssessmentSchemeAdopted": ("scheme", "scheme_id"),
    "AssessmentScored": ("assessment", "assessment_id"),
    "RulebookPublished": ("rulebook", "rulebook_id"),
    "RulebookActivated": ("rulebook", "rulebook_id"),
    "RecordImported": ("record", "source_record"),
    "SourceStateObserved": ("record", "source_record"),
    "RepairApplied": ("repair", "repair_id"),
}
# Values other than ids: the type, the member, the field of the index.
VALUES: Final = {
    "SubjectRegistered": (("id_number", "id-number"), ("uscc", "uscc")),
    "SourceBatchImported": (("digest", "batch"),),
    "HistoryLoaded": (("digest", "batch"),),
}
# Which stream a row leads to, where it is not the field's own kind.
KINDS: Final = {"repair": "breach", "id-number": "subject", "uscc": "subject", "conduct": "breach", "batch": "ledger"}
CONDUCT: Final = "conduct"
_DECISIONS: Final = ("BreachConfirmed", "BreachDismissed")
_DECIDED: Final = frozenset({BreachConfirmed.TOPIC, BreachDismissed.TOPIC})
_BY_SOURCE: Final = ("CommendationRecorded", "RankRecorded")
_WITH_FIRST: Final = ("AssessmentScored", "RulebookPublished", "RulebookActivated", "SourceStateObserved")
_OF_SOURCE: Final = ("CommitmentImported", "RecordImported", "SourceStateObserved")
_ALL_KINDS: Final = (
    "record",
    "commitment",
    "subject",
    "breach",
    "assessment",
    "scheme",
    "consent",
    "check",
    "rulebook",
)

_ROWS = "SELECT field, digest, uid, seal FROM blind_index WHERE (field, digest) > (?, ?) ORDER BY field, digest LIMIT ?"
_FIND = "SELECT digest, uid FROM blind_index WHERE field = ? AND digest IN (?*)"
_STREAMS = "SELECT stream FROM entries WHERE version = 1 AND stream IN (?*)"
_EARLIER = "SELECT state FROM entries WHERE stream = ? AND idx < ? ORDER BY idx"
_ACTORS = "SELECT uid FROM blind_index WHERE field IN ('actor', 'actor-unit')"
_COUNTS = "SELECT field, count(*) FROM blind_index GROUP BY field ORDER BY field"


@dataclass(frozen=True, slots=True)
class Name:
    """A value that an entry gives to a record: where it is indexed, and where it leads."""

    index: int
    field: str
    value: str
    uid: str


class Names:
    """Looks names up as the entries come; `finish` asks what else the index holds."""

    def __init__(self, snapshot: Snapshot, keys: KeyStore, findings: Findings) -> None:
        self._snapshot, self._keys, self._findings = snapshot, keys, findings
        self._accounted: Counter[str] = Counter()
        self._whole = True  # every name could be made again and was found
        self._actors: set[str] = set()
        self._silent: set[str] = set()  # actors' pseudonyms that no entry has named so far

    def start(self) -> None:
        """Read the actors' rows; there are as many as people ever acted, not as many as entries."""
        try:
            self._actors = {uid for (uid,) in self._snapshot.rows(_ACTORS)}
        except Damaged as error:
            self._unreadable(error)
        self._silent = set(self._actors)

    def take(self, entries: list[Opened], *, whole: bool) -> None:
        """The names in these entries; not `whole` if there were entries between them that could not be read."""
        self._whole = self._whole and whole and all(one.whole for one in entries)
        try:
            self._look_up([name for one in entries for name in self._names(one)])
            self._look_up_actors(entries)
        except Damaged as error:
            self._unreadable(error)

    def _unreadable(self, error: Damaged) -> None:
        self._whole = False
        self._findings.place(PLACE, error.detail, "index-row")

    def _names(self, one: Opened) -> Iterator[Name]:
        stated, type_ = one.stated, one.stated.type
        index, (_, _, uid) = stated.index, stated.header.stream.partition("/")
        data = dict(stated.header.data)
        for section in one.sections.values():
            data |= section if isinstance(section, dict) else {}
        if type_ == "SubjectRegistered":
            data.setdefault("ref", data.get("subject_id"))
        if type_ in REFS and not (type_ in _WITH_FIRST and stated.version > 1):
            kind, member = REFS[type_]
            ref = data.get(member)
            if isinstance(ref, str) and not (type_ == "RepairApplied" and self._applied_before(stated, ref)):
                yield Name(index, f"{kind}-ref", f"{_space(stated, data)}\x00{ref}", uid)
        for member, field in VALUES.get(type_, ()):
            if isinstance(data.get(member), str):
                yield Name(index, field, data[member], uid)
        if type_ in _DECISIONS:
            value = self._conduct_value(stated, uid)
            if value is not None:
                yield Name(index, CONDUCT, value, uid)
        if _is_taken_over(stated):
            self._accounted[TAKEN_OVER] += 1  # its value holds the person's id as the source wrote it

    def _earlier(self, stream: str, index: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Topic and data of the entries of a stream before an index; unreadable ones are named elsewhere."""
        for (state,) in self._snapshot.rows(_EARLIER, (stream, index)):
            header = header_if_any(state)
            if isinstance(header.get("type"), str) and isinstance(header.get("data"), dict):
                yield header["type"], header["data"]

    def _applied_before(self, stated: Stated, repair: str) -> bool:
        topic = stated.header.type
        earlier = self._earlier(stated.header.stream, stated.index)
        return any(type_ == topic and data.get("repair_id") == repair for type_, data in earlier)

    def _conduct_value(self, stated: Stated, uid: str) -> str | None:
        """Under which value this decision took its conduct; None where it took none.

        A conduct is decided once, and a voided record decided nothing: the next decision takes it behind the voided
        one (`ledger.commands.breaches`). A second case may be dismissed while the first one's decision stands.
        """
        conduct = _reported(self._earlier(stated.header.stream, stated.index))
        if conduct is None:
            return None
        value, passed = conduct, set[str]()
        while (holder := self._holder(value)) is not None and holder != uid and holder not in passed:
            passed.add(holder)
            before = list(self._earlier(f"breach/{holder}", stated.index))
            topics = {topic for topic, _ in before}
            if _reported(before) != conduct or not topics & _DECIDED:
                break  # whoever holds it did not decide it before this
            if RecordVoided.TOPIC not in topics:
                return None if stated.type == "BreachDismissed" else value
            value = f"{conduct}\x00{holder}"
        return value

    def _holder(self, value: str) -> str | None:
        digests = self._keys.keyed_digests(CONDUCT, value.encode())
        return next((uid for _, uid in self._snapshot.among(_FIND, digests, CONDUCT)), None)

    def _look_up(self, names: list[Name]) -> None:
        for field in sorted({name.field for name in names}):
            wanted = {
                digest: name
                for name in names
                if name.field == field
                for digest in self._keys.keyed_digests(field, name.value.encode())
            }
            rows = list(self._snapshot.among(_FIND, list(wanted), field))
            found = {wanted[digest]: uid for digest, uid in rows if digest in wanted}  # a damaged tree answers anything
            self._accounted[field] += len(rows)
            for name in dict.fromkeys(wanted.values()):
                if found.get(name) == name.uid:
                    continue
                self._whole = False
                what = "leads elsewhere" if name in found else "is missing"
                self._findings.entry(name.index, f"its row {field} of the blind index {what}", "index-row")

    def _look_up_actors(self, entries: list[Opened]) -> None:
        others: dict[str, int] = {}
        for one in entries:
            for uid in actors_of(one.stated):
                self._silent.discard(uid)
                if uid not in self._actors:
                    others.setdefault(uid, one.stated.index)
        nobody_missing(self._snapshot, others, self._findings)

    def finish(self) -> None:
        """Every row leads to something that is there, and the entries account for each."""
        try:
            for page in self._snapshot.pages(_ROWS, ("", b"")):
                self._sealed(page)
                self._lead_somewhere([(str(field), str(uid)) for field, _, uid, _ in page])
            counts = self._snapshot.rows(_COUNTS)
        except Damaged as error:
            self._unreadable(error)
            return
        planted = self._silent - self._given(self._silent)
        if planted:
            what = f"{len(planted)} rows of actors lead to pseudonyms that no entry names"
            self._findings.place(PLACE, what, "index-row")
        if self._whole:
            stored = {str(field): count for field, count in counts if field not in ACTORS}
            for field in sorted({*stored, *self._accounted}):
                more = stored.get(field, 0) - self._accounted[field]
                if more > 0:
                    what = f"{more} rows of {field} that no entry accounts for"
                    self._findings.place(PLACE, what, "index-row")
                elif more < 0:
                    self._findings.place(PLACE, f"{-more} rows of {field} are missing", "index-row")

    def _sealed(self, rows: list[Row]) -> None:
        """Whoever wrote these rows had the keys: no entry says which login an actor's row is of."""
        changed = Counter(
            str(field)
            for field, digest, uid, seal in rows
            if not (type(field) is type(uid) is str and type(digest) is bytes)
            or not self._keys.is_keyed_digest(INDEX_ROW, index_value(field, digest, uid), seal)
        )
        for field, count in sorted(changed.items()):
            what = f"{count} rows of {field} are not as the ledger wrote them"
            self._findings.place(PLACE, what, "index-row")

    def _given(self, uids: set[str]) -> set[str]:
        """Those of these pseudonyms that the ledger gave to somebody who has not acted yet."""
        try:
            return {uid for uid, _ in self._keys.get_many([(uid, RETENTION) for uid in sorted(uids)])}
        except WrongMasterKey:  # one of them does not open; that it is there is what counts
            return {uid for uid in uids if has_key(self._keys, uid)}

    def _lead_somewhere(self, rows: list[tuple[str, str]]) -> None:
        nowhere = [(field, uid) for field, uid in rows if field not in ACTORS]
        for attempt in range(len(_ALL_KINDS)):
            streams = {(field, uid): f"{_kind(field, attempt)}/{uid}" for field, uid in nowhere}
            there = {stream for (stream,) in self._snapshot.among(_STREAMS, sorted(set(streams.values())))}
            nowhere = [row for row in nowhere if streams[row] not in there]
            if not any(field == TAKEN_OVER for field, _ in nowhere):
                break
        for field, count in sorted(Counter(field for field, _ in nowhere).items()):
            self._findings.place(PLACE, f"{count} rows of {field} lead to no record", "index-row")


def _reported(entries: Iterable[tuple[str, dict[str, Any]]]) -> str | None:
    """The conduct that a case was reported for."""
    conducts = (data.get("conduct_id") for _, data in entries)
    return next((conduct for conduct in conducts if isinstance(conduct, str)), None)


def _space(stated: Stated, data: dict[str, Any]) -> str:
    """The name space of an id: the source it came from, or the ledger's own."""
    kind, _ = REFS[stated.type]
    if kind == "rulebook":
        return ""
    source = str(data.get("source") or "")
    return source if stated.type in _OF_SOURCE else stated.system or source


def _is_taken_over(stated: Stated) -> bool:
    header = stated.header
    source: dict[str, Any] = {} if header.source is UNSET else dict(header.source)
    if stated.type in _BY_SOURCE:
        source = {"system": header.data.get("source"), "record": header.data.get("source_record")} | source
    return bool(source.get("system")) and bool(source.get("record"))


def nobody_missing(snapshot: Snapshot, actors: Mapping[str, int], findings: Findings) -> None:
    """Each of these pseudonyms without a row of its own is a person's or the ledger's; the entry is named if not."""
    streams = [f"{kind}/{uid}" for uid in actors for kind in ("subject", "ledger")]
    known = {stream.partition("/")[2] for (stream,) in snapshot.among(_STREAMS, streams)}
    for uid, index in actors.items():
        if uid not in known:
            findings.entry(index, "an actor's row of the blind index is missing", "index-row")


def actors_of(stated: Stated) -> Iterator[str]:
    """The pseudonyms of those who acted; a reporter's is fresh in each case and has no row."""
    actor, data = stated.header.actor, stated.header.data
    if actor.get("role") != "REPORTER":
        yield from (actor[name] for name in ("id", "unit") if name in actor)
    approvers = data.get("approvers")
    yield from (uid for uid in (approvers if isinstance(approvers, list) else ()) if isinstance(uid, str))
    if isinstance(data.get("second_approver"), str):
        yield data["second_approver"]


def _kind(field: str, attempt: int) -> str:
    """The kind of record a field leads to; one that was taken over may be of any."""
    if field == TAKEN_OVER:
        return _ALL_KINDS[attempt]
    name = field.removesuffix("-ref")
    return KINDS.get(name, name)
