"""A log in memory that is a `Reader`: what projections are tested with, without a store.

`SmallLog.append` places an entry behind the others; `golden_log` gives the golden history with uids for the ids of
subjects and the evaluations that the ledger would have emitted.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger.clock import day_of, parse_time
from ledger.folds.eligibility import evaluate_check
from ledger.reading import Logged
from ledger.relations import Relations, relations_of
from ledger.rulebook.edition import Edition, parse_edition, shipped_edition
from ledger.rulebook.windows import Activation, EditionTimeline
from tests.support.shared import shared_path

DEMO_EDITION = "JMS-DEMO-2025.1"
START = datetime(2025, 1, 1, tzinfo=UTC)
REFERENCES = ("subject_id", "into_id", "unit_id", "promisor_id", "unit_at_time", "recipient", "requester")
PERSONAL = frozenset(
    {"id_number", "summary", "evidence", "facts", "statement", "doc", "factors", "reasons", "grounds", "issuer",
     "doc_no", "proofs", "pledge_digest", "form_digest", "considerations"}
)  # fmt: skip
_STREAMS = {
    "subject": (
        "SubjectRegistered",
        "PostAssigned",
        "SanctionImposed",
        "SanctionLifted",
        "CommendationRecorded",
        "SubjectIdentityCorrected",
        "SubjectsMerged",
        "MergeUndone",
    ),
    "scheme": ("AssessmentSchemeAdopted",),
    "rulebook": ("RulebookActivated",),
    "record": ("RecordImported", "SourceStateObserved"),
}
_KIND_OF = {name: kind for kind, names in _STREAMS.items() for name in names}
_KEYS = {
    "breach": "breach_id",
    "commitment": "commitment_id",
    "consent": "consent_id",
    "check": "check_id",
    "assessment": "assessment_id",
    "record": "source_record",
    "scheme": "scheme_id",
    "rulebook": "rulebook_id",
    "subject": "subject_id",
}


def uid_of(kind: str, caller_id: str) -> str:
    """A stable pseudonym for a test."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{caller_id}"))


@dataclass
class SmallLog:
    """A list of `Logged` with the reads of a `Reader`. `editions_by_id` are the editions an activation may name."""

    entries: list[Logged] = field(default_factory=list)
    editions_by_id: dict[str, Edition] = field(default_factory=dict)
    texts: dict[int, dict[str, Any]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    repairs: dict[str, str] = field(default_factory=dict)

    # What a test writes.

    def append(
        self,
        type: str,  # noqa: A002 - the log's own word
        on: str,
        data: Mapping[str, Any],
        *,
        known: str | None = None,
        actor: Mapping[str, str] | None = None,
        subjects: Iterable[str] | None = None,
        texts: Mapping[str, Any] | None = None,
    ) -> Logged:
        """Append an entry by caller's ids; its stream follows from its data, its subjects from the stream so far."""
        index = len(self.entries)
        stream = self._stream(type, data)
        own = self.stream(stream, index)
        # An entry leaves out what is null (DESIGN §3), as the ledger's mapper does.
        plain = {name: self._uid_in(name, value) for name, value in data.items() if value is not None}
        named = {plain[name] for name in REFERENCES if plain.get(name) is not None}
        listed = named.union(*(entry.subjects for entry in own)) if subjects is None else set(subjects)
        earlier = self.entries[-1].recorded_at if self.entries else START
        claimed = parse_time(known) if known else earlier + timedelta(seconds=1)
        entry = Logged(
            index=index,
            stream=stream,
            version=len(own) + 1,
            type=type,
            topic=f"{type}.v1",
            effective_on=date.fromisoformat(on),
            recorded_at=max(claimed, earlier),
            actor=dict(actor or {"id": "somebody", "role": "CREDIT"}),
            subjects=tuple(sorted(listed)),
            data=plain,
            sections=len(texts or {}),
        )
        self.entries.append(entry)
        if texts:
            self.texts[index] = dict(texts)
        if "repair_id" in data:
            self.repairs[data["repair_id"]] = stream
        return entry

    def activate(self, on: str, edition: Edition) -> Logged:
        """Activate an edition from a day on."""
        self.editions_by_id[edition.id] = edition
        return self.append("RulebookActivated", on, {"rulebook_id": edition.id, "approvers": ["a", "b"]})

    def request_check(self, on: str, data: Mapping[str, Any], *, known: str | None = None) -> Logged:
        """Append a request and, as the ledger does, its evaluation on what was known before it."""
        request = self.append("EligibilityCheckRequested", on, data, known=known)
        verdict = evaluate_check(
            self,
            request.data["subject_id"],
            purpose=data["purpose"],
            requester=request.data.get("requester"),
            consent_id=data.get("consent_id"),
            statutory_basis=data.get("statutory_basis"),
            as_of=request.effective_on,
            size=request.index,
        )
        hits = [{"rule": hit.rule, "clause": hit.clause, "event_ids": list(hit.events)} for hit in verdict.hits]
        return self.append(
            "EligibilityEvaluated",
            on,
            {
                "check_id": data["check_id"],
                "rulebook": verdict.edition,
                "as_of": on,
                "as_known_seq": request.index,
                "outcome": verdict.outcome.value,
                "hits": hits,
                "records": list(verdict.records),
            },
        )

    def _stream(self, type: str, data: Mapping[str, Any]) -> str:  # noqa: A002
        if type in _KIND_OF:
            kind = _KIND_OF[type]
            return f"{kind}/{self._pseudonym(kind, data[_KEYS[kind]])}"
        if "breach_id" not in data and "repair_id" in data:
            return self.repairs[data["repair_id"]]
        for kind in ("breach", "check", "consent", "commitment", "assessment"):
            if _KEYS[kind] in data:
                return f"{kind}/{self._pseudonym(kind, data[_KEYS[kind]])}"
        return f"ledger/{self._pseudonym('ledger', 'ledger')}"

    def _pseudonym(self, kind: str, caller_id: str) -> str:
        uid = caller_id if caller_id in self.ids else uid_of(kind, caller_id)
        self.ids.setdefault(uid, caller_id)
        return uid

    def _uid_in(self, name: str, value: Any) -> Any:
        return self._pseudonym("subject", value) if name in REFERENCES else value

    # What a `Reader` reads.

    @property
    def size(self) -> int:
        return len(self.entries)

    def history(self, subject: str, size: int) -> Sequence[Logged]:
        return [entry for entry in self.entries[:size] if subject in entry.subjects]

    def stream(self, stream: str, size: int) -> Sequence[Logged]:
        return [entry for entry in self.entries[:size] if entry.stream == stream]

    def by_type(self, type: str, size: int) -> Sequence[Logged]:  # noqa: A002
        return [entry for entry in self.entries[:size] if entry.type == type]

    def editions(self, size: int) -> EditionTimeline:
        return EditionTimeline(
            Activation(entry.effective_on, self.editions_by_id[entry.data["rulebook_id"]], entry.index)
            for entry in self.by_type("RulebookActivated", size)
        )

    def uid(self, kind: str, caller_id: str) -> str | None:
        uid = caller_id if caller_id in self.ids else uid_of(kind, caller_id)
        return uid if uid in self.ids else None

    def caller_id(self, uid: str) -> str:
        return self.ids[uid]

    def relations(self, size: int) -> Relations:
        return relations_of(self.entries[:size])

    def survivor(self, uid: str, size: int) -> str:
        return uid

    def registrations(self, uid: str, size: int) -> Sequence[str]:
        return (uid,)

    def identity(self, uid: str, size: int) -> Mapping[str, Any]:
        (first, *_) = self.stream(f"subject/{uid}", size)
        return {**first.data, **self.texts.get(first.index, {}).get("identity", {})}

    def logged(self, start: int, stop: int) -> Iterator[Logged]:
        return iter(self.entries[start:stop])

    def sections(self, entry: Logged, names: Iterable[str] | None = None) -> Mapping[str, Any]:
        held = self.texts.get(entry.index, {})
        return {name: value for name, value in held.items() if names is None or name in set(names)}

    def size_on(self, day: str) -> int:
        """What was known by the end of a day: the size for `as_known=YYYY-MM-DD`."""
        last = date.fromisoformat(day)
        return sum(day_of(entry.recorded_at) <= last for entry in self.entries)


def demo_edition() -> Edition:
    """The edition of the worked example."""
    return parse_edition(shipped_edition(DEMO_EDITION))


def opened_log(*, edition: Edition | None = None) -> SmallLog:
    """A log with its entry 0 and an edition in force from 2025-01-01."""
    log = SmallLog()
    log.append("LedgerOpened", "2025-01-01", {"origin": "test"}, subjects=())
    log.activate("2025-01-01", edition or demo_edition())
    return log


def registered_log() -> SmallLog:
    """An opened log with unit U1 and the official P1 of it."""
    log = opened_log()
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "U1", "kind": "UNIT", "name": "示范单位"})
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "P1", "kind": "PERSON"})
    return log


def golden_log() -> SmallLog:
    """The golden history as the ledger would hold it: line n stands at index n until a check is evaluated."""
    log = SmallLog()
    edition = parse_edition(shared_path("golden", f"{DEMO_EDITION}.toml").read_bytes())
    log.editions_by_id[edition.id] = edition
    log.append("LedgerOpened", "2025-01-01", {"origin": "golden"}, known="2025-01-01T09:01:00+08:00", subjects=())
    for text in shared_path("golden", "history.jsonl").read_text(encoding="utf-8").splitlines():
        _take(log, json.loads(text))
    return log


def _take(log: SmallLog, line: Mapping[str, Any]) -> None:
    kind, on, known = line["type"], line["effective_on"], line["recorded_at"]
    data = {name: value for name, value in line["data"].items() if name not in PERSONAL}
    texts = {name: value for name, value in line["data"].items() if name in PERSONAL}
    if data.get("promisor_id") == "P1" and "text" in data:
        texts["text"] = data.pop("text")
    if kind == "EligibilityCheckRequested":
        log.request_check(on, {**data, "requester": line["actor"]["unit_id"]}, known=known)
    else:
        log.append(kind, on, data, known=known, actor=line["actor"], texts=texts)
