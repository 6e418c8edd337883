"""The blind index: every name given to a record leads to it, and nothing else is there.

Entries and their sections say which values were indexed; their keyed digests are made again and looked up. Actors'
logins are written nowhere, so of their rows it is known only that each pseudonym stands in an entry and each actor of
an entry has one. Counts by field show rows that no entry accounts for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from msgspec import UNSET

from ledger.fsck.columns import Stated, header_if_any
from ledger.fsck.report import Findings
from ledger.fsck.sections import Opened
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.storage.keys import KeyStore

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
_DECISIONS: Final = ("BreachConfirmed", "BreachDismissed")
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

_ROWS = "SELECT field, digest, uid FROM blind_index WHERE (field, digest) > (?, ?) ORDER BY field, digest LIMIT ?"
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
            conduct = self._conduct(stated)
            if conduct is not None:
                yield Name(index, "conduct", conduct, uid)
        if _is_taken_over(stated):
            self._accounted[TAKEN_OVER] += 1  # its value holds the person's id as the source wrote it

    def _earlier(self, stated: Stated) -> Iterator[tuple[str, dict[str, Any]]]:
        """Topic and data of the entries before this one in its stream; unreadable ones are named elsewhere."""
        for (state,) in self._snapshot.rows(_EARLIER, (stated.header.stream, stated.index)):
            header = header_if_any(state)
            if isinstance(header.get("type"), str) and isinstance(header.get("data"), dict):
                yield header["type"], header["data"]

    def _applied_before(self, stated: Stated, repair: str) -> bool:
        topic = stated.header.type
        return any(type_ == topic and data.get("repair_id") == repair for type_, data in self._earlier(stated))

    def _conduct(self, stated: Stated) -> str | None:
        reported = (data.get("conduct_id") for _, data in self._earlier(stated))
        return next((conduct for conduct in reported if isinstance(conduct, str)), None)

    def _look_up(self, names: list[Name]) -> None:
        for field in sorted({name.field for name in names}):
            wanted = {
                digest: name
                for name in names
                if name.field == field
                for digest in self._keys.keyed_digests(field, name.value.encode())
            }
            rows = list(self._snapshot.among(_FIND, list(wanted), field))
            found = {wanted[digest]: uid for digest, uid in rows}
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
            for uid in _actors(one.stated):
                self._silent.discard(uid)
                if uid not in self._actors:
                    others.setdefault(uid, one.stated.index)
        streams = [f"{kind}/{uid}" for uid in others for kind in ("subject", "ledger")]
        known = {stream.partition("/")[2] for (stream,) in self._snapshot.among(_STREAMS, streams)}
        for uid, index in others.items():
            if uid not in known:
                self._findings.entry(index, "an actor's row of the blind index is missing", "index-row")

    def finish(self) -> None:
        """Every row leads to something that is there, and the entries account for each."""
        try:
            for page in self._snapshot.pages(_ROWS, ("", b"")):
                self._lead_somewhere([(field, uid) for field, _, uid in page])
            counts = self._snapshot.rows(_COUNTS)
        except Damaged as error:
            self._unreadable(error)
            return
        if self._silent:
            what = f"{len(self._silent)} rows of actors lead to pseudonyms that no entry names"
            self._findings.place(PLACE, what, "index-row")
        if self._whole:
            stored = {field: count for field, count in counts if field not in ACTORS}
            for field in sorted({*stored, *self._accounted}):
                more = stored.get(field, 0) - self._accounted[field]
                if more > 0:
                    what = f"{more} rows of {field} that no entry accounts for"
                    self._findings.place(PLACE, what, "index-row")
                elif more < 0:
                    self._findings.place(PLACE, f"{-more} rows of {field} are missing", "index-row")

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


def _actors(stated: Stated) -> Iterator[str]:
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
