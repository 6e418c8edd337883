"""Erasures for tests: an order that would be accepted, the crashes between its steps, and what stands in every byte."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from ledger.application import Ledger
from ledger.clock import day_of
from ledger.domain.eligibility import Check
from ledger.line import Line, LineActor
from ledger.storage.events import Acknowledgement
from tests.support.golden import Copy
from tests.support.scene import CREDIT

DPO = LineActor("dpo-1", "DPO")
HR = LineActor("hr-1", "HR", "PERSONNEL")
PERSON = "P1"
# What may be done away with of the person, in the order in which it is.
CLASSES = ("CASE", "CHECK", "IDENTITY")


def order_of(ledger: Ledger, name: str, **data: Any) -> Line:
    """The line of an order by a ruling."""
    body: dict[str, Any] = {
        "erasure_id": name,
        "ground": "RULING",
        "doc": "责令删除决定书",
        "legal_basis": ["个人信息保护法 47"],
        "approvers": ["dpo-2", "legal-1"],
    }
    return Line("ErasureOrdered", day_of(ledger.clock()), DPO, body | data)


def order_class(ledger: Ledger, retention: str, subject: str = PERSON) -> Acknowledgement:
    """Order that all of a class goes of a person."""
    name = f"E-{retention}-{ledger.size}"
    return ledger.submit(order_of(ledger, name, scope="SUBJECT", subject_id=subject, **{"class": retention}))


def order_sections(ledger: Ledger, *targets: dict[str, Any]) -> Acknowledgement:
    """Order that sections go."""
    return ledger.submit(order_of(ledger, f"E-SECTION-{ledger.size}", scope="SECTION", targets=list(targets)))


def only_order(ledger: Ledger, line: Line) -> Acknowledgement:
    """Order, and crash before anything else is done: the transaction commits, its process does not go on."""
    ledger._own.ordered = False
    with ledger.transaction():
        made = ledger.submit(line)
        ledger._own.ordered = False
    return made


def promise(ledger: Ledger, name: str, words: str, person: str = PERSON) -> Acknowledgement:
    """A person's commitment, whose words are a section of the class CASE."""
    today = day_of(ledger.clock())
    data = {"commitment_id": name, "promisor_id": person, "kind": "PERSONAL", "text": words, "weight": 1}
    due = date(today.year + 1, 1, 1).isoformat()
    return ledger.submit(Line("CommitmentMade", today, HR, {**data, "due_on": due, "public": False}))


def fulfil(ledger: Ledger, name: str, **evidence: Any) -> Acknowledgement:
    """Its fulfilment, with evidence."""
    today = day_of(ledger.clock())
    data = {"commitment_id": name, "fulfilled_on": today.isoformat(), **evidence}
    return ledger.submit(Line("CommitmentFulfilled", today, CREDIT, data))


def close_checks(ledger: Ledger) -> None:
    """Bring every check to its end, so that no case is open. What was decided against somebody is disputed and decided
    again by another hand, since today nobody can say that the days to dispute it are over."""
    today, own = day_of(ledger.clock()), replace(HR, unit_id=None)  # whichever unit asked
    another = replace(own, id="hr-2")
    for request in ledger.by_type("EligibilityCheckRequested", ledger.size):
        done = {entry.type for entry in ledger.stream(request.stream, ledger.size)}
        check = {"check_id": request.data["check_id"]}
        steps: list[tuple[str, LineActor, dict[str, str]]] = [("EligibilityWithdrawn", own, check)]
        if "EligibilityDecided" in done:
            candidate = LineActor(str(ledger.caller_id(request.data["subject_id"])), "SUBJECT")
            again = {**check, "decision": "NOT_ELIGIBLE", "reasons": "…"}
            steps = [("EligibilityNotified", own, check)]
            if ledger.aggregate(Check, request.uid).decision == "NOT_ELIGIBLE":
                steps.append(("EligibilityDisputed", candidate, {**check, "grounds": "…"}))
                steps.append(("EligibilityRedetermined", another, again))
            steps.append(("EligibilityFinalised", own, check))
        for kind, actor, data in steps:
            if kind not in done and "EligibilityFinalised" not in done:
                ledger.submit(Line(kind, today, actor, data))


def sealed_of(copy: Copy, subject: str) -> list[bytes]:
    """The ciphertexts of a subject's sections and files, as they stand in the tables now."""
    found = [bytes(sealed) for (sealed,) in copy.rows("SELECT sealed FROM disclosures WHERE subject = ?", subject)]
    for about, content in copy.rows("SELECT about, content FROM attachments WHERE subject = ?", subject):
        found += [bytes(about), bytes(content)]
    return found


def wrapped_of(folder: Path, subject: str) -> list[bytes]:
    """The wrapped keys of a subject in the key store's file."""
    (file,) = [path for path in folder.iterdir() if path.name in ("keys", "ledger.db.keys")]
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT wrapped FROM subject_keys WHERE subject = ?", (subject,)).fetchall()
    return [bytes(wrapped) for (wrapped,) in rows]


def every_byte(copy: Copy) -> Iterator[tuple[str, bytes]]:
    """Every file of a ledger; on PostgreSQL every row of its tables, and the files of its keys."""
    for path in sorted(copy.folder.iterdir()):
        if path.is_file():
            yield path.name, path.read_bytes()
    if copy.sqlite:
        return
    names = copy.rows(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables "
        "WHERE table_schema IN ('public', 'access')"
    )
    for (name,) in names:
        rows = copy.rows(f"SELECT * FROM {name}")  # noqa: S608 - a name of our own
        yield (
            name,
            b"\x00".join(
                bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                for row in rows
                for value in row
            ),
        )


def places_of(copy: Copy, needles: list[bytes]) -> set[str]:
    """Where any of these bytes stand."""
    return {name for name, data in every_byte(copy) if any(needle in data for needle in needles)}
