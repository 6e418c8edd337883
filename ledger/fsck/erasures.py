"""What was ordered to be erased, and whether it was: the one reason for which payload may be missing (DESIGN §3).

Orders come later in the log than what they name, and there are few: they are read first. Each target must be a section
that its entry commits to, and an execution repeats its order. Ordered and not done is a notice; done and there again is
manipulation: somebody put an older copy back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from ledger.domain.erasure import ErasureOrdered, PayloadErased
from ledger.domain.values import Role
from ledger.erasing import NAMING
from ledger.errors import Unavailable
from ledger.fsck.columns import header_if_any
from ledger.fsck.headers import Stated
from ledger.fsck.report import Findings, Grade
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.storage.keys import KeyStore, WrongMasterKey
from ledger.storage.sealed import fingerprint

_OF_TOPIC: Final = "SELECT idx, stream, state FROM entries WHERE topic = ? AND idx > ? ORDER BY idx LIMIT ?"
_NAMES: Final = "SELECT DISTINCT uid FROM blind_index WHERE field = ? AND uid IN (?*)"
_PAGE: Final = 100


@dataclass(slots=True)
class _Order:
    index: int
    data: Mapping[str, Any]
    erased: int | None = None  # the entry that says so


@dataclass(frozen=True, slots=True)
class Ordered:
    """A section that is to go: the order's index, and the entry that says that it is gone."""

    section: str
    order: int
    erased: int | None


class Erasures:
    """The orders of a log. Without keys, those that a backup brought back go unseen."""

    def __init__(self, snapshot: Snapshot, keys: KeyStore | None, findings: Findings) -> None:
        self._snapshot, self._keys, self._findings = snapshot, keys, findings
        self._orders: dict[str, _Order] = {}
        self._targets: dict[int, dict[str, Ordered]] = {}  # by the entry's index and the digest
        self.erased = 0  # sections that are gone as ordered

    def start(self) -> None:
        """Read the orders and what was done."""
        for index, stream, header in self._of_topic(ErasureOrdered.TOPIC):
            if is_order(header):
                self._orders.setdefault(stream, _Order(index, _data(header)))
            else:
                what = (
                    "it is no order: who orders, for what, on which basis and who approved it is not said as it must be"
                )
                self._findings.entry(index, what, "erasure-unordered")
        for index, stream, header in self._of_topic(PayloadErased.TOPIC):
            order, data = self._orders.get(stream), _data(header)
            if order is None or order.index > index or not _follows(header, order.index):
                self._findings.entry(
                    index, "it says that payload was erased, and nobody ordered it", "erasure-unordered"
                )
            elif any(data.get(name) != order.data.get(name) for name in ("targets", "keys")):
                self._findings.entry(index, "it names other targets than its order", "erasure-differs")
            else:
                order.erased = index
        for order in self._orders.values():
            self._take(order)

    def _of_topic(self, topic: str) -> list[tuple[int, str, dict[str, Any]]]:
        found, last = [], -1
        while rows := self._snapshot.rows(_OF_TOPIC, (topic, last, _PAGE)):
            found += [(index, str(stream), header_if_any(state)) for index, stream, state in rows]
            last = rows[-1][0]
        return found

    def _take(self, order: _Order) -> None:
        targets = order.data.get("targets")
        for target in targets if isinstance(targets, list) else ():
            if not isinstance(target, dict):
                continue  # its form is named elsewhere
            index, digest = target.get("index"), target.get("digest")
            if type(index) is int and isinstance(digest, str) and index < order.index:
                known = self._targets.setdefault(index, {})
                ordered = Ordered(str(target.get("section")), order.index, order.erased)
                if digest not in known or known[digest].erased is None:
                    known[digest] = ordered
            else:
                self._findings.entry(order.index, "it names a section of no entry before it", "erasure-target")

    def targets(self, stated: Stated) -> Mapping[str, Ordered]:
        """The orders about an entry's sections, by digest; a finding where the entry commits to no such section."""
        targets = self._targets.get(stated.index)
        if targets is None:
            return {}
        strange = targets.keys() - set(stated.header.sd)
        for digest in sorted(strange):
            what = f"it names a section that entry {stated.index} does not commit to"
            self._findings.entry(targets[digest].order, what, "erasure-target")
        return {digest: ordered for digest, ordered in targets.items() if digest not in strange}

    def ordered_since(self, index: int, section: str) -> str | None:
        """The digest of a section that was ordered to be erased after this snapshot was taken; None where it was not.

        The key store has no snapshots: what it lost meanwhile accuses nobody.
        """
        last = max((order.index for order in self._orders.values()), default=-1)
        for row in self._snapshot.store.by_topic(ErasureOrdered.TOPIC, start=last + 1):
            for target in _data(header_if_any(row.state)).get("targets", ()):
                if target.get("index") == index and target.get("section") == section:
                    return str(target.get("digest"))
        return None

    def undone(self, index: int, name: str) -> None:
        """Something that is gone according to the log is there."""
        self._findings.entry(index, f"{name} was erased and is there again", "erasure-undone")

    def finish(self) -> None:
        """Nothing that leads to whom was erased is there, no key that was destroyed; what was only ordered is told."""
        identities: dict[str, int] = {}
        for order in self._orders.values():
            if order.erased is None:
                what = f"entry {order.index}: the erasure was ordered and not carried out; `integrity erasure resume`"
                self._findings.add(Grade.NOTICE, order.index, what, "erasure-pending")
                continue
            subject = order.data.get("subject_id")
            if isinstance(subject, str):
                self._look_for_keys(order.erased, subject, order.data.get("keys"))
                if order.data.get("class") == "IDENTITY":
                    identities[subject] = order.erased
        self._look_for_names(identities)

    def _look_for_keys(self, index: int, subject: str, named: object) -> None:
        if self._keys is None or not isinstance(named, list):
            return
        try:
            there = {fingerprint(key) for key in self._keys.owned(subject).values()}
        except WrongMasterKey:
            return  # one of the subject's keys does not open; the sections that it seals tell of it
        if there.intersection(named):
            self.undone(index, "a key")

    def _look_for_names(self, identities: Mapping[str, int]) -> None:
        try:
            there = {uid for field in NAMING for (uid,) in self._snapshot.among(_NAMES, sorted(identities), field)}
        except (Damaged, Unavailable):
            return  # whoever looks at the blind index says so
        for uid in sorted(there & identities.keys()):
            self.undone(identities[uid], "what leads to a person")


def _data(header: dict[str, Any]) -> Mapping[str, Any]:
    data = header.get("data")
    return data if isinstance(data, dict) else {}


def is_order(header: dict[str, Any]) -> bool:
    """Whether an entry is an order as the ledger writes them: by the data-protection officer, with its basis, two
    approvers who did not order it, and the persons whose payload goes. Nothing less lets payload be missing."""
    data, actor, subjects = header.get("data"), header.get("actor"), header.get("subjects")
    if not isinstance(data, dict) or not isinstance(actor, dict) or not subjects:
        return False
    try:
        order = ErasureOrdered.Data.model_validate(data)
    except ValidationError:
        return False
    approvers = set(order.approvers)
    whole = bool(order.targets) and all(target.digest and target.section for target in order.targets or ())
    return actor.get("role") == Role.DPO and len(approvers) >= 2 and actor.get("id") not in approvers and whole


def _follows(header: dict[str, Any], order: int) -> bool:
    actor = header.get("actor")
    return isinstance(actor, dict) and actor.get("role") == Role.SYSTEM and header.get("causation") == str(order)
