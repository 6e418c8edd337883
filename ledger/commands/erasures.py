"""Erasure orders: what they name is completed from the entries themselves, and what forbids them is looked up.

A caller names sections of entries, or a subject and a retention class; digests and keys are the ledger's to work out.
Nobody's identity goes by single sections: with it goes what leads to the person, so it is one with its subject's key.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from ledger.commands.command import Change, Command, approvers_of, handles
from ledger.domain.base import require
from ledger.domain.breach import Breach
from ledger.domain.break_glass import OPENED, Glass
from ledger.domain.data_request import REQUESTED, DataRequest
from ledger.domain.eligibility import Check
from ledger.domain.erasure import Erasure, Target
from ledger.domain.repairs import OPEN
from ledger.domain.values import SubjectKind
from ledger.erasing import Item, beside, keys_of_class, pending_orders, sections_of_class
from ledger.folds.check import check_on
from ledger.mapper import header_of
from ledger.storage.sealed import fingerprint

if TYPE_CHECKING:
    from ledger.application import Ledger

_CASES: Final[dict[str, type[Breach] | type[Check] | type[Glass] | type[DataRequest]]] = {
    Breach.KIND: Breach,
    Check.KIND: Check,
    Glass.KIND: Glass,
    DataRequest.KIND: DataRequest,
}
_UNDECIDED = frozenset({"REPORTED", "NOTIFIED", "REPLIED", "LAPSED", "APPEALED"})


@handles("ErasureOrdered")
def order(ledger: Ledger, command: Command) -> Change:
    data = command.data
    another = command.line.actor.id not in data.approvers  # somebody who acts for the first time has no pseudonym yet
    require(another, "approver-orders", "whoever orders an erasure does not approve it", "data.approvers")
    items = _sections(ledger, data) if data.scope == "SECTION" else _subject(ledger, data)
    concerned = sorted({item.owner for item in items if ledger.store.has_stream(f"subject/{item.owner}")})
    if data.ground == "RETENTION":
        for item in items:
            _require_over(ledger, command, item)
    open_case = any(_open(ledger, stream) for stream in _cases(ledger, concerned, items))
    keys = keys_of_class(ledger, data.subject_id, data.class_) if data.scope == "SUBJECT" else {}
    approvers, rows = approvers_of(ledger, command, data.approvers)
    erasure = ledger.new(Erasure)
    erasure.order(
        data.model_copy(
            update={
                "targets": [Target(index=item.index, digest=item.digest, section=item.section) for item in items],  # type: ignore[arg-type]
                "keys": sorted(map(fingerprint, keys.values())) or None,
                "approvers": approvers,
            }
        ),
        concerned=sorted({one for uid in concerned for one in ledger.relations().group(uid)}),
        open_case=open_case,
    )
    claim = ledger.claim("erasure", data.erasure_id, erasure.uid, command.source)
    return Change(erasure, tuple(concerned), erasure.uid, (claim, *rows))


def _subject(ledger: Ledger, data: Any) -> list[Item]:
    """Everything of a class that is left of a subject."""
    require(data.subject_id is not None, "missing-field", "say whose payload goes", "data.subject_id")
    require(data.class_ is not None, "missing-field", "say of which retention class", "data.class")
    require(not data.targets and not data.keys, "computed-by-ledger", "the ledger names the sections", "data.targets")
    person = data.class_ != "IDENTITY" or ledger.kind_of(data.subject_id) is SubjectKind.PERSON
    require(person, "identity-of-a-unit", "only a person's identity is erased", "data.class")
    items = sections_of_class(ledger, data.subject_id, data.class_)
    under_way = _under_way(ledger)
    fresh = not any((item.index, item.section) in under_way for item in items)
    require(fresh, "already-erased", "another order names them", "data.class")
    return items


def _under_way(ledger: Ledger) -> set[tuple[int, str | None]]:
    """The sections of orders that were not carried out yet."""
    return {(target.index, target.section) for known in pending_orders(ledger) for target in known.targets}


def _sections(ledger: Ledger, data: Any) -> list[Item]:
    """The sections that a caller named, each once, completed with their digests."""
    require(data.subject_id is None, "not-of-this-scope", "sections are named by their entries", "data.subject_id")
    require(data.class_ is None, "not-of-this-scope", "sections are named by their entries", "data.class")
    require(not data.keys, "computed-by-ledger", "the ledger names the keys", "data.keys")
    require(bool(data.targets), "missing-field", "say which sections go", "data.targets")
    under_way = _under_way(ledger)
    found: dict[tuple[int, str], Item] = {}
    for place, target in enumerate(data.targets):
        where = f"data.targets.{place}"
        for item in _named(ledger, target, where):
            whole, name = item.section != "identity", (item.index, item.section)
            require(whole, "identity-by-subject", "an identity goes with its subject", where)
            require(name not in under_way, "already-erased", "another order names it", where)
            found[name] = item
    return [found[name] for name in sorted(found)]


def _named(ledger: Ledger, target: Target, where: str) -> list[Item]:
    known = target.index < ledger.size
    committed = set(header_of(ledger.store.entry(target.index).state).get("sd", ())) if known else set()
    there = bool(committed) and (target.digest is None or target.digest in committed)
    require(there, "unknown-section", "no entry commits to such a section", where)
    left = beside(ledger, target.index)
    items = [item for item in left if target.section in (None, item.section) and target.digest in (None, item.digest)]
    require(bool(items) or len(left) == len(committed), "already-erased", "nothing of it is left", where)
    require(bool(items), "unknown-section", "no section of that name and digest lies beside the entry", where)
    return items


def _require_over(ledger: Ledger, command: Command, item: Item) -> None:
    """Its retention period has ended since anything last happened to its record, on both days of the order.

    Whose record it is, is kept as long as there is anything about them.
    """
    size, retention = ledger.size, item.retention.partition(".")[0]
    stream = ledger.store.entry(item.index).stream
    entries = ledger.history(item.owner, size) if retention == "IDENTITY" else ledger.stream(stream, size)
    last = max(entry.effective_on for entry in entries)
    over = ledger.policy.retention_over(retention, last, command.act)
    require(over, "retention-not-over", "the retention period of this class has not ended", "data.ground")


def _cases(ledger: Ledger, concerned: list[str], items: list[Item]) -> Iterator[str]:
    """The streams of cases about these subjects, and those that the sections themselves stand in."""
    streams = {ledger.store.entry(item.index).stream for item in items}
    for uid in concerned:
        known = {entry.stream for entry in ledger.history(uid, ledger.size)}
        streams |= {stream for stream in known if _is_about(ledger, stream, uid)}
    return iter(sorted(streams))


def _is_about(ledger: Ledger, stream: str, uid: str) -> bool:
    kind, _, record = stream.partition("/")
    cls = _CASES.get(kind)
    return cls is not None and ledger.relations().same(ledger.aggregate(cls, record).subject, uid)


def _open(ledger: Ledger, stream: str) -> bool:
    """Whether a case still waits for somebody: a report undecided, an appeal, a repair, a check before its end, an
    emergency look-up that nobody reviewed, a request about personal data that nobody answered."""
    kind, _, uid = stream.partition("/")
    if kind == DataRequest.KIND:
        return ledger.aggregate(DataRequest, uid).state == REQUESTED
    if kind == Glass.KIND:
        return ledger.aggregate(Glass, uid).state == OPENED
    if kind == Breach.KIND:
        breach = ledger.aggregate(Breach, uid)
        return breach.state in _UNDECIDED or any(state in OPEN for state in breach.repairs.values())
    if kind != Check.KIND:
        return False
    check = ledger.aggregate(Check, uid)
    if check.outcome == "INCOMPLETE":  # it is never decided
        return False
    read = check_on(ledger, ledger.stream(stream, ledger.size), ledger.size, date.max)
    return read is not None and read.state not in ("FINAL", "WITHDRAWN")
