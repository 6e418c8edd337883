"""A ledger with one subject for each row of the table of DOMAIN §8, all of them as they stand on one day.

Every text, name and person behind a record is a canary: a word that stands nowhere else, so that whoever finds it in an
answer has been shown exactly that. Each person has a unit of their own, so that what a unit's head is shown of its
officials comes from this one record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from api.demo.identities import credit_code, id_number
from ledger.application import Ledger
from ledger.line import LineActor
from tests.support.erasure import order_class
from tests.support.scene import FACTORS, Scene, a_scene

DAY: Final = "2025-09-01"  # the day on which every answer stands
BORN: Final = date(1899, 1, 1)

Step = tuple[str, str, Mapping[str, Any]]
"""A day, a method of the scene, and what differs from its usual data."""


def heard(severity: str, *, duty_related: bool, late: bool = False, replied: bool = True) -> list[Step]:
    """A report, its notice and the reply: in spring, or `late`, so that it is open or new on the day."""
    report, notice, due, reply = ("07-21", "07-28", "08-15", "08-04") if late else ("02-20", "02-24", "03-10", "03-03")
    steps: list[Step] = [
        (f"2025-{report}", "report", {"proposed_severity": severity, "duty_related": duty_related}),
        (f"2025-{notice}", "notify", {"proposed_finding": severity, "reply_due": f"2025-{due}"}),
    ]
    return [*steps, (f"2025-{reply}", "reply", {})] if replied else steps


def found(severity: str, *, duty_related: bool, late: bool = False, publicity: bool = False) -> list[Step]:
    """A finding of ours, of 2025-03-20, or `late` of 2025-08-20."""
    decided = ("2025-08-20" if late else "2025-03-20", "confirm", {"severity": severity, "publicity": publicity})
    return [*heard(severity, duty_related=duty_related, late=late), decided]


def listed(*, duty_related: bool = False) -> list[Step]:
    return [("2025-04-15", "take_over", {"duty_related": True} if duty_related else {})]


_GENERAL: Final = {"severity": "GENERAL", "duty_related": True}
_REPORT: Final[Step] = ("2025-08-20", "report", {})
_REPAIRED: Final[list[Step]] = [
    *found("GENERAL", duty_related=True),
    ("2025-06-20", "apply_for_repair", {}),
    ("2025-06-23", "accept_repair", {}),
    ("2025-07-01", "approve", {}),
]
LIVES: Final[Mapping[str, Sequence[Step]]] = {
    "REPORTED": [_REPORT],
    "DECLINED": [_REPORT, ("2025-08-21", "decline", {})],
    "NOTIFIED": [_REPORT, ("2025-08-25", "notify", {"reply_due": "2025-09-10"})],
    "REPLIED": [
        _REPORT,
        ("2025-08-25", "notify", {"reply_due": "2025-09-10"}),
        ("2025-08-28", "reply", {}),
    ],
    "LAPSED": heard("GENERAL", duty_related=True, late=True, replied=False),
    "CONFIRMED MINOR": found("MINOR", duty_related=True, late=True),
    "CONFIRMED MINOR, over 3 m": found("MINOR", duty_related=True),
    "CONFIRMED GENERAL": found("GENERAL", duty_related=True, late=True),
    "CONFIRMED GENERAL, private": found("GENERAL", duty_related=False, late=True),
    "CONFIRMED SERIOUS list": listed(),
    "CONFIRMED SERIOUS list, duty-related": listed(duty_related=True),
    "CONFIRMED SERIOUS, no list": found("SERIOUS", duty_related=False),
    "CONFIRMED SERIOUS, no list, duty-related": found("SERIOUS", duty_related=True),
    "unit breach MINOR": found("MINOR", duty_related=True, late=True),
    "unit breach GENERAL": found("GENERAL", duty_related=True, late=True),
    "unit breach GENERAL, published": found("GENERAL", duty_related=True, late=True, publicity=True),
    "unit breach SERIOUS, published": found("SERIOUS", duty_related=True, publicity=True),
    "unit breach APPEALED": [*found("GENERAL", duty_related=True, late=True), ("2025-08-25", "appeal", {})],
    "unit breach REPAIRED": [
        *found("GENERAL", duty_related=True, publicity=True),
        *_REPAIRED[-3:],
    ],
    "APPEALED": [*found("GENERAL", duty_related=True, late=True), ("2025-08-25", "appeal", {})],
    "APPEALED list": [*listed(), ("2025-08-25", "object_to", {})],
    "DISMISSED": [*heard("GENERAL", duty_related=True), ("2025-03-20", "dismiss", {})],
    "OVERTURNED": [
        *found("GENERAL", duty_related=True),
        ("2025-04-08", "appeal", {}),
        ("2025-05-20", "decide_appeal", {"outcome": "OVERTURNED"}),
    ],
    "REMOVED": [*listed(), ("2025-08-20", "remove", {})],
    "REPAIRED": _REPAIRED,
    "EXPIRED": [("2025-08-20", "take_over", {"decision_on": "2022-08-20"})],
    "key destroyed": [
        *heard("GENERAL", duty_related=True),
        ("2025-03-20", "dismiss", {}),
        ("2025-08-25", "erase", {}),
    ],
}


@dataclass
class Case:
    """One row's subject with its record. `said` are the canaries in its texts, by what they are."""

    row: str
    key: str
    of_unit: bool
    unit: str = ""
    subject: str = ""
    breach: str = ""
    check: str | None = None
    said: dict[str, str] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)
    reporter_uid: str = ""
    indexes: frozenset[int] = frozenset()
    leaves: frozenset[str] = frozenset()

    def canary(self, kind: str) -> str:
        return f"canary-{kind}-{self.key}"

    @property
    def name(self) -> str:
        return self.canary("name")

    @property
    def reporter(self) -> str:
        return self.canary("reporter")

    @property
    def actor(self) -> LineActor:
        """Who acts for the subject."""
        return (
            LineActor(f"clerk-{self.key}", "SUBJECT", self.unit) if self.of_unit else LineActor(self.subject, "SUBJECT")
        )


def _settle(scene: Scene, case: Case, serial: int) -> None:
    """The unit, and the person with a post there for long."""
    case.unit, case.breach = f"U-{case.key}", f"B-{case.key}"
    scene.register_unit(scene.now.date().isoformat(), case.unit, uscc=credit_code("11", "230800", 80_000_000 + serial))
    case.subject = case.unit
    if not case.of_unit:
        case.subject, case.said["id_number"] = f"P-{case.key}", id_number("230803", BORN, serial)
        day = scene.now.date().isoformat()
        scene.register_person(day, case.subject, name=case.name, id_number=case.said["id_number"])
        scene.assign(day, case.subject, case.unit, "2023-01-01")
    case.uids = {
        kind: _uid(scene.ledger, "subject", ref) for kind, ref in (("subject", case.subject), ("unit", case.unit))
    }


def _texts(case: Case, step: str) -> dict[str, Any]:
    """The canaries a step carries, and who takes it."""
    document = {"doc_no": case.canary("doc"), "issuer": "示范市信用办", "kind": "DECISION", "digest": "0" * 64}
    evidence = [{"name": case.canary("evidence"), "media_type": "text/plain", "size": 3, "sha256": "ab" * 32}]
    given: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
        "report": (
            {"summary": case.canary("summary"), "evidence": case.canary("evidence")},
            {"subject_id": case.subject, "summary": case.canary("summary"), "evidence": evidence,
             "by": LineActor(case.reporter, "REPORTER", case.unit)},
        ),
        "notify": ({"facts": case.canary("facts")}, {"facts": case.canary("facts")}),
        "reply": (
            {"statement": case.canary("statement")}, {"statement": case.canary("statement"), "by": case.actor}
        ),
        "confirm": (
            {"reasons": case.canary("reasons"), "factors": case.canary("factors"), "doc": case.canary("doc")},
            {"reasons": case.canary("reasons"), "factors": {**FACTORS, "gravity": case.canary("factors")},
             "doc": document},
        ),
        "take_over": (
            {"doc": case.canary("doc")}, {"subject_id": case.subject, "doc_no": case.canary("doc")}
        ),
        "appeal": ({"grounds": case.canary("grounds")}, {"grounds": case.canary("grounds"), "by": case.actor}),
        "object_to": ({"grounds": case.canary("grounds")}, {"grounds": case.canary("grounds"), "by": case.actor}),
        "decide_appeal": ({"verdict": case.canary("verdict")}, {"reasons": case.canary("verdict")}),
    }  # fmt: skip
    said, data = given.get(step, ({}, {}))
    if step == "take_over" and "duty-related" in case.row:
        data |= {"unit_at_time": case.unit}
    case.said |= said
    if step in ("apply_for_repair", "accept_repair", "approve"):
        data = {"repair_id": f"R-{case.key}"}
        if step == "apply_for_repair":
            return {**data, "breach_id": case.breach, "by": case.actor}
        return data
    return {"breach_id": case.breach, **data}


def _live(scene: Scene, case: Case, step: Step) -> Callable[[], None]:
    on, name, changes = step

    def happen() -> None:
        if name == "erase":
            scene.on_day(on)
            for retention in ("CASE", "IDENTITY"):
                order_class(scene.ledger, retention, case.subject)
            return
        getattr(scene, name)(on, **_texts(case, name), **changes)

    return happen


def _uid(ledger: Ledger, kind: str, ref: str) -> str:
    uid = ledger.uid(kind, ref)
    assert uid is not None, ref
    return uid


def _assess(scene: Scene, case: Case, name: str, on: str) -> Callable[[], None]:
    """The unit is assessed, so that it has a score."""
    data = {"assessment_id": f"A-{case.key}"} | ({"unit_id": case.unit} if name == "score" else {})
    return lambda: getattr(scene, name)(on, **data)


def _lives(scene: Scene) -> dict[str, Case]:
    """Everything that happens to everybody, in the order of its days; on the last a check of each person."""
    cases: dict[str, Case] = {}
    steps: list[tuple[str, Callable[[], None]]] = []
    for serial, (row, life) in enumerate(LIVES.items(), start=1):
        case = cases[row] = Case(row, f"k{serial:02}k", row.startswith("unit breach"))
        _settle(scene, case, serial)
        steps += [
            (on, _assess(scene, case, name, on)) for on, name in (("2025-01-15", "score"), ("2025-01-25", "publish"))
        ]
        steps += [(step[0], _live(scene, case, step)) for step in life]
    scene.adopt_scheme()
    for _, happen in sorted(steps, key=lambda step: step[0]):
        happen()
    for case in cases.values():
        if not case.of_unit and case.row != "key destroyed":
            person, consent = LineActor(case.subject, "SUBJECT"), f"N-{case.key}"
            case.check = f"K-{case.key}"
            scene.consent(DAY, subject_id=case.subject, consent_id=consent, by=person)
            scene.request_check(DAY, subject_id=case.subject, consent_id=consent, check_id=case.check)
    for case in cases.values():
        _note(scene.ledger, case)
    return cases


def _note(ledger: Ledger, case: Case) -> None:
    """The pseudonyms, and which entries the record is made of. Whose identity was erased has no other name left."""
    case.uids["breach"] = _uid(ledger, "breach", case.breach)
    if case.check is not None:
        case.uids["check"] = _uid(ledger, "check", case.check)
    if ledger.uid("subject", case.subject) is None:
        case.said["ref"], case.subject = case.subject, case.uids["subject"]
    case.reporter_uid = ledger.actor_uid(case.reporter)[0]
    stream = ledger.stream(f"breach/{case.uids['breach']}", ledger.size)
    case.indexes = frozenset(entry.index for entry in stream)
    case.leaves = frozenset(ledger.store.entry(index).leaf.hex() for index in case.indexes)


@contextmanager
def every_row(folder: Path) -> Iterator[tuple[str, dict[str, Case]]]:
    """The address of a ledger in which every row has happened, closed, and its cases; verified as an auditor would."""
    with a_scene(folder) as scene:
        cases = _lives(scene)
        assert scene.now.date() == date.fromisoformat(DAY)
    yield f"sqlite:///{folder / 'scene.db'}", cases
