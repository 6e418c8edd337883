"""The blind index: every name given to a record leads to it, and nothing else is there.

Entries and their sections say which values were indexed; their keyed digests are made again and looked up. Actors'
logins are written nowhere, so of their rows it is known only that each actor of an entry has one, and that each
pseudonym stands in an entry or was given by the ledger to somebody who only looked: then the key store has a key for
it. That a row leads where it was made to lead, its seal shows. Counts by field show rows that no entry accounts for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import UNSET, Struct

from ledger.domain.breach_events import BreachConfirmed, BreachDismissed, RecordVoided
from ledger.domain.measure import Application, application_key
from ledger.fsck.columns import header_if_any
from ledger.fsck.headers import Stated
from ledger.fsck.report import Findings
from ledger.fsck.sections import Opened
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.names import takings
from ledger.records import conduct_value
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
    "SubjectIdentityCorrected": ("subject", "ref"),
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
    "ErasureOrdered": ("erasure", "erasure_id"),
    "DelegationGranted": ("delegation", "delegation_id"),
    "MeasureAdopted": ("measure", "measure_id"),
    "BreakGlassOpened": ("glass", "glass_id"),
    "PersonalDataRequested": ("data-request", "request_id"),
}
# Values other than ids: the type, the member, the field of the index.
VALUES: Final = {
    "SubjectRegistered": (("id_number", "id-number"), ("uscc", "uscc")),
    "SubjectIdentityCorrected": (("id_number", "id-number"), ("uscc", "uscc")),
    "SourceBatchImported": (("digest", "batch"),),
    "HistoryLoaded": (("digest", "batch"),),
}
# Which stream a row leads to, where it is not the field's own kind.
KINDS: Final = {
    "repair": "breach", "id-number": "subject", "uscc": "subject", "conduct": "breach", "batch": "ledger",
    "id-number-released": "subject", "uscc-released": "subject",
}  # fmt: skip
GIVEN_BACK: Final = {"ID_NUMBER": "id-number-released", "USCC": "uscc-released"}
RETAKEN: Final = frozenset({"id-number", "uscc"})  # values that are taken again once they were given back
CONDUCT: Final = "conduct"
_DECISIONS: Final = ("BreachConfirmed", "BreachDismissed")
_APPLIED: Final = "MeasureApplied"
_NAMING: Final = frozenset({*REFS, *VALUES, *_DECISIONS, _APPLIED})
_DECIDED: Final = frozenset({BreachConfirmed.TOPIC, BreachDismissed.TOPIC})
_BY_SOURCE: Final = ("CommendationRecorded", "RankRecorded")
_OFFICIALS: Final = ("second_approver", "official_id", "delegate_id", "delegated_by")
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
    "erasure",
    "reorganisation",
    "delegation",
    "measure",
    "application",
    "glass",
    "data-request",
)

_ROWS = "SELECT field, digest, uid, seal FROM blind_index WHERE (field, digest) > (?, ?) ORDER BY field, digest LIMIT ?"
_FIND = "SELECT digest, uid FROM blind_index WHERE field = ? AND digest IN (?*)"
_STREAMS = "SELECT stream FROM entries WHERE version = 1 AND stream IN (?*)"
_EARLIER = "SELECT state FROM entries WHERE stream = ? AND idx < ? ORDER BY idx"
_ACTORS = "SELECT uid FROM blind_index WHERE field IN ('actor', 'actor-unit')"
_NOWHERE = "SELECT count(*) FROM blind_index b WHERE b.field = ?"
_OF_KIND = " AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.version = 1 AND e.stream = '{kind}/' || b.uid)"
_OF_ANY = (
    " AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.version = 1 AND split_part(e.stream, '/', 2) = b.uid "
    "AND split_part(e.stream, '/', 1) IN ({kinds}))"
)
_COUNTS = "SELECT field, count(*) FROM blind_index GROUP BY field ORDER BY field"


class Name(Struct, frozen=True, gc=False):
    """A value that an entry gives to a record: where it is indexed, and where it leads."""

    index: int
    field: str
    value: str
    uid: str


class Names:
    """Looks names up as the entries come; `finish` asks what else the index holds."""

    def __init__(self, snapshot: Snapshot, keys: KeyStore, findings: Findings, *, partial: bool = False) -> None:
        self._snapshot, self._keys, self._findings = snapshot, keys, findings
        self._accounted: Counter[str] = Counter()
        self._partial = partial  # earlier entries are not looked at, so what names nobody and no entry cannot be told
        self._whole = not partial  # every name could be made again and was found
        self._actors: set[str] = set()
        self._silent: set[str] = set()  # actors' pseudonyms that no entry has named so far
        self._rows_known = False  # that every row is as it was written, and leads somewhere

    def start(self) -> None:
        """Read the actors' rows; there are as many as people ever acted, not as many as entries."""
        try:
            self._actors = {uid for (uid,) in self._snapshot.rows(_ACTORS)}
        except Damaged as error:
            self._unreadable(error)
        self._silent = set() if self._partial else set(self._actors)

    def start_again(self, findings: Findings) -> None:
        """Begin with another part of the log, and have the actors' rows at hand."""
        self._findings, self._accounted, self._whole, self._silent = findings, Counter(), True, set(self._actors)

    def tell(self) -> tuple[dict[str, int], set[str]]:
        """What a part of the log came to: rows accounted for, and actors named."""
        return dict(self._accounted), self._actors - self._silent

    def take_over(self, accounted: Mapping[str, int], actors: set[str]) -> None:
        """The names in a part of the log, looked up elsewhere."""
        self._accounted.update(accounted)
        self._silent -= actors

    def take(self, entries: list[Opened], *, whole: bool) -> None:
        """The names in these entries; not `whole` if there were entries between them that could not be read."""
        self._whole = self._whole and whole and all(one.whole for one in entries)
        try:
            self._look_up([name for one in entries if one.stated.type in _NAMING for name in self._names(one)])
            # The value of such a row holds the person's id as the source wrote it, so it is only counted.
            self._accounted[TAKEN_OVER] += sum(_is_taken_over(one.stated) for one in entries)
            # Nor is it known any more which value was given back, only that one was.
            given_back = (code for one in entries for code in one.stated.header.data.get("released") or ())
            self._accounted.update(GIVEN_BACK[code] for code in given_back if code in GIVEN_BACK)
            self._look_up_actors(entries)
        except Damaged as error:
            self._unreadable(error)

    def _unreadable(self, error: Damaged) -> None:
        self._whole = False
        self._findings.place(PLACE, error.detail, "index-row")

    def _names(self, one: Opened) -> Iterator[Name]:
        stated, type_ = one.stated, one.stated.type
        if type_ in _WITH_FIRST and stated.version > 1 and type_ not in VALUES:
            return
        index, (_, _, uid) = stated.index, stated.header.stream.partition("/")
        data = dict(stated.header.data)
        for section in one.sections.values():
            data |= section if isinstance(section, dict) else {}
        if type_ == "SubjectRegistered":
            data.setdefault("ref", data.get("subject_id"))
        elif type_ == "SubjectIdentityCorrected" and not data.get("new_id"):
            data.pop("ref", None)  # it led here already
        if type_ in REFS and not (type_ in _WITH_FIRST and stated.version > 1):
            kind, member = REFS[type_]
            ref = data.get(member)
            if isinstance(ref, str) and not (type_ == "RepairApplied" and self._applied_before(stated, ref)):
                yield Name(index, f"{kind}-ref", f"{_space(stated, data)}\x00{ref}", uid)
        for member, field in VALUES.get(type_, ()):
            if isinstance(data.get(member), str):
                yield Name(index, field, data[member], uid)
        if type_ == _APPLIED and {"measure_uid", "cause_event"} <= data.keys():
            yield Name(index, Application.KIND, application_key(data), uid)
        if type_ in _DECISIONS:
            value = self._conduct_value(stated, uid)
            if value is not None:
                yield Name(index, CONDUCT, value, uid)

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
        by_field: dict[str, list[tuple[Name, list[bytes]]]] = {}
        for name in names:
            digests = self._keys.keyed_digests(name.field, name.value.encode())
            by_field.setdefault(name.field, []).append((name, digests))
        for field, wanted in sorted(by_field.items()):
            digests = list(dict.fromkeys(digest for _, made in wanted for digest in made))
            there: dict[bytes, Any] = dict(self._snapshot.among(_FIND, digests, field))
            if field not in RETAKEN:
                self._accounted[field] += sum(digest in there for digest in digests)  # a damaged tree answers anything
            for name, made in wanted:
                led_to = {there[digest] for digest in made if digest in there}
                if led_to == {name.uid} or (field in RETAKEN and self._retaken(name)):
                    self._accounted[field] += field in RETAKEN
                    continue
                self._whole = False
                what = "leads elsewhere" if led_to else "is missing"
                self._findings.entry(name.index, f"its row {field} of the blind index {what}", "index-row")

    def _retaken(self, name: Name) -> bool:
        """Whether a number or code that was another's before, and given back, leads to whom it was given again."""
        digests = [one for form in takings(name.value) for one in self._keys.keyed_digests(name.field, form.encode())]
        return name.uid in {uid for _, uid in self._snapshot.among(_FIND, digests, name.field)}

    def _look_up_actors(self, entries: list[Opened]) -> None:
        others: dict[str, int] = {}
        for one in entries:
            for uid in actors_of(one.stated):
                if uid in self._actors:
                    self._silent.discard(uid)
                else:
                    others.setdefault(uid, one.stated.index)
        if others:
            nobody_missing(self._snapshot, others, self._findings)

    def rows_known(self) -> None:
        """`check_rows` was asked elsewhere, and there was nothing to report."""
        self._rows_known = True

    def check_rows(self) -> None:
        """Every row is as it was written, and leads to something that is there. `Damaged` where it cannot be read."""
        for page in self._snapshot.pages(_ROWS, ("", b"")):
            self._sealed(page)
        self._lead_somewhere([field for field, _ in self._snapshot.rows(_COUNTS) if field not in ACTORS])

    def finish(self) -> None:
        """Every row leads to something that is there, and the entries account for each."""
        try:
            if not self._rows_known:
                self.check_rows()
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
        sealed = self._keys.is_keyed_digest
        changed = Counter(
            str(field)
            for field, digest, uid, seal in rows
            if not (type(field) is type(uid) is str and type(digest) is bytes)
            or not sealed(INDEX_ROW, index_value(field, digest, uid), seal)
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

    def _lead_somewhere(self, fields: list[Any]) -> None:
        for field in fields:
            ((count,),) = self._snapshot.rows(self._nowhere(str(field)), (field,))
            if count:
                self._findings.place(PLACE, f"{count} rows of {field} lead to no record", "index-row")

    def _nowhere(self, field: str) -> str:
        """The SELECT that counts the rows of a field that lead to no record of a kind that the field may lead to."""
        if field != TAKEN_OVER:
            kind = KINDS.get(field.removesuffix("-ref"), field.removesuffix("-ref"))
            return _NOWHERE + (_OF_KIND.format(kind=kind) if kind.replace("-", "").isalpha() else "")
        if self._snapshot.sqlite:  # one after the other, the usual ones first
            return _NOWHERE + "".join(_OF_KIND.format(kind=kind) for kind in _ALL_KINDS)
        return _NOWHERE + _OF_ANY.format(kinds=", ".join(f"'{kind}'" for kind in _ALL_KINDS))


def _reported(entries: Iterable[tuple[str, dict[str, Any]]]) -> str | None:
    """The conduct that a case was reported for, as the blind index holds it."""
    for _, data in entries:
        conduct, subject = data.get("conduct_id"), data.get("subject_id")
        if isinstance(conduct, str) and isinstance(subject, str):
            return conduct_value(conduct, subject)
    return None


def _space(stated: Stated, data: dict[str, Any]) -> str:
    """The name space of an id: the source it came from, or the ledger's own."""
    kind, _ = REFS[stated.type]
    if kind == "rulebook":
        return ""
    source = str(data.get("source") or "")
    return source if stated.type in _OF_SOURCE else stated.system or source


def _is_taken_over(stated: Stated) -> bool:
    header = stated.header
    source: Mapping[str, Any] = {} if header.source is UNSET else header.source
    if source.get("system") and source.get("record"):
        return True
    if stated.type not in _BY_SOURCE:
        return False
    named = {"system": header.data.get("source"), "record": header.data.get("source_record")} | dict(source)
    return bool(named["system"]) and bool(named["record"])


def nobody_missing(snapshot: Snapshot, actors: Mapping[str, int], findings: Findings) -> None:
    """Each of these pseudonyms without a row of its own is a person's or the ledger's; the entry is named if not."""
    streams = [f"{kind}/{uid}" for uid in actors for kind in ("subject", "ledger")]
    known = {stream.partition("/")[2] for (stream,) in snapshot.among(_STREAMS, streams)}
    for uid, index in actors.items():
        if uid not in known:
            findings.entry(index, "an actor's row of the blind index is missing", "index-row")


def actors_of(stated: Stated) -> list[str]:
    """The pseudonyms of those who acted; a reporter's is fresh in each case and has no row."""
    actor, data = stated.header.actor, stated.header.data
    found = [] if actor.get("role") == "REPORTER" else [actor[name] for name in ("id", "unit") if name in actor]
    if "approvers" in data and isinstance(data["approvers"], list):
        found += [uid for uid in data["approvers"] if isinstance(uid, str)]
    found += [data[name] for name in _OFFICIALS if isinstance(data.get(name), str)]
    return found
