"""Random histories with merges, merges undone and reorganisations: figures are a fold over the whole log, read as one.

Every command goes through a real ledger, which refuses what no rule allows. At the end each answer by subject is
compared with the same fold over every entry there is, with who stands for whom applied to it; whatever was answered on
the way is asked again at the size it was asked at; and another process that opens the ledger answers the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ledger.application import Ledger
from ledger.errors import LedgerError, NotFound
from ledger.folds.eligibility import evaluate_check
from ledger.line import LineActor
from ledger.reading import Logged
from ledger.relations import as_one
from ledger.rulebook.edition import shipped_edition
from projections.integrity_file import integrity_file
from projections.unit_score import unit_score
from tests.support.scene import DOCUMENT, EDITION, HR, Scene, a_scene

PEOPLE = ("P1", "P2", "P3", "P4")
UNITS = ("U1", "U2", "U3", "U4")
CODES = {"U3": "91110000600037341L", "U4": "11230800000000043C"}
NUMBERS = {"P3": "230803188501010016", "P4": "230803187501010011"}
FIRST = date(2025, 1, 3)
LAST = date(2026, 3, 1)
STEPS = 70
ACTOR = LineActor("hr-5", "HR")


class Whole:
    """The ledger for a reader without an index by subject: every history is the whole log, read as one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._log = ledger, list(ledger.logged())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def history(self, subject: str, size: int) -> Sequence[Logged]:
        return as_one(self._log[:size], self._ledger.relations(size), subject)


def answer(reader: Any, subject: str, on: date, size: int) -> dict[str, Any]:
    """The file, and of a unit its score, or the code that says why there is none."""
    found: dict[str, Any] = {}
    try:
        found["file"] = integrity_file(reader, subject, as_of=on, as_known=size)
        if found["file"]["kind"] == "UNIT":
            found["score"] = unit_score(reader, subject, as_of=on, as_known=size)
    except NotFound as error:
        found["refused"] = error.code
    return found


class Life:
    """Acts at random, each on the day it is or a few days before."""

    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self.scene, self.chance, self.today = scene, chance, FIRST
        self.made = {"breach": 0, "commitment": 0, "check": 0}
        self.accepted: dict[str, int] = {}

    def new(self, kind: str) -> str:
        self.made[kind] += 1
        return f"{kind[0].upper()}{self.made[kind]}"

    def known(self, kind: str) -> str:
        return f"{kind[0].upper()}{self.chance.randint(1, max(1, self.made[kind]))}"

    def first(self, tries: Sequence[Callable[[], Any]]) -> None:
        """The first of these that no rule refuses; the last refusal where each is."""
        refused: LedgerError | None = None
        for attempt in self.chance.sample(tries, len(tries)):
            try:
                attempt()
                return
            except LedgerError as error:
                refused = error
        if refused is not None:
            raise refused

    def each(self, kind: str) -> list[str]:
        return [f"{kind[0].upper()}{number}" for number in range(1, self.made[kind] + 1)]

    def step(self) -> None:
        self.today += timedelta(days=self.chance.randint(0, 6))
        act = self.chance.choice(self.acts())
        with suppress(LedgerError):
            act(self.today.isoformat())
            self.accepted[act.__name__] = self.accepted.get(act.__name__, 0) + 1

    def acts(self) -> list[Callable[[str], Any]]:
        cases = [self.report, self.notify, self.notify, self.hear, self.hear, self.confirm, self.confirm, self.appeal]
        often = [*cases, *cases, self.take_over, self.promise, self.promise, self.fulfil, self.merge, self.undo]
        return [*often, *often, self.ask, self.ask, self.ask, self.reorganise, self.assign, self.impose, self.rename]

    def report(self, on: str) -> None:
        someone, before = self.chance.choice(PEOPLE + UNITS), self.today - timedelta(days=self.chance.randint(0, 60))
        more = {"commitment_id": self.known("commitment")} if self.chance.random() < 0.4 else {}
        self.scene.report(on, breach_id=self.new("breach"), subject_id=someone, occurred_on=before.isoformat(), **more)

    def notify(self, on: str) -> None:
        due = (self.today + timedelta(days=25)).isoformat()
        self.first([partial(self.scene.notify, on, breach_id=one, reply_due=due) for one in self.each("breach")])

    def for_somebody(self, act: Callable[..., Any], on: str, **more: Any) -> None:
        """An act of the subject of any case, recorded for it under any id that is its own by then."""
        self.first(
            [
                partial(act, on, breach_id=one, by=HR, on_behalf_of=whom, doc=DOCUMENT, **more)
                for one in self.chance.sample(self.each("breach"), min(6, self.made["breach"]))
                for whom in PEOPLE + UNITS
            ]
        )

    def hear(self, on: str) -> None:
        self.for_somebody(self.scene.reply, on)

    def confirm(self, on: str) -> None:
        severity = self.chance.choice(["MINOR", "GENERAL"])
        self.first([partial(self.scene.confirm, on, breach_id=one, severity=severity) for one in self.each("breach")])

    def take_over(self, on: str) -> None:
        someone = self.chance.choice(PEOPLE + UNITS)
        self.scene.take_over(on, breach_id=self.new("breach"), subject_id=someone, severity="GENERAL")

    def appeal(self, on: str) -> None:
        self.for_somebody(self.scene.appeal, on, route=self.chance.choice(["REVIEW", "OBJECTION"]))

    def promise(self, on: str) -> None:
        due = (self.today + timedelta(days=self.chance.randint(1, 60))).isoformat()
        someone = self.chance.choice(UNITS + UNITS + PEOPLE)
        self.scene.promise(on, commitment_id=self.new("commitment"), promisor_id=someone, due_on=due, by=ACTOR)

    def fulfil(self, on: str) -> None:
        self.first([partial(self.scene.fulfil, on, commitment_id=one) for one in self.each("commitment")])

    def merge(self, on: str) -> None:
        one, other = self.chance.sample(self.chance.choice([PEOPLE, UNITS]), 2)
        self.scene.merge(on, one, other, by=ACTOR)

    def undo(self, on: str) -> None:
        self.first([partial(self.scene.undo_merge, on, one, by=ACTOR) for one in PEOPLE + UNITS])

    def reorganise(self, on: str) -> None:
        before, after = self.chance.sample(UNITS, 2)
        self.scene.reorganise(on, [before], [after], by=ACTOR)

    def assign(self, on: str) -> None:
        self.scene.assign(on, self.chance.choice(PEOPLE), self.chance.choice(UNITS), on)

    def impose(self, on: str) -> None:
        self.scene.impose(on, subject_id=self.chance.choice(PEOPLE))

    def ask(self, on: str) -> None:
        """A consent under one id and a check under any: whether it holds depends on who was merged by then."""
        one, other, name = self.chance.choice(PEOPLE), self.chance.choice(PEOPLE), self.new("check")
        expires = (self.today + timedelta(days=30)).isoformat()
        consent = {"consent_id": f"N{name}", "subject_id": one, "expires_on": expires}
        self.scene.consent(on, **consent, by=HR, on_behalf_of=one, doc=DOCUMENT)
        self.scene.request_check(on, check_id=name, consent_id=f"N{name}", subject_id=other)

    def rename(self, on: str) -> None:
        self.scene.correct_identity(on, self.chance.choice(PEOPLE), name=f"示例{self.chance.randrange(99)}", by=ACTOR)


def prepare(scene: Scene) -> None:
    for unit, code in CODES.items():
        scene.register_unit("2025-01-02", unit, uscc=code)
    for person, number in NUMBERS.items():
        scene.register_person("2025-01-02", person, id_number=number)
    scene.adopt_scheme("2025-01-02")
    for place, unit in enumerate(UNITS):
        scene.score("2025-01-02", assessment_id=f"A{place}", unit_id=unit)


@pytest.mark.parametrize("histories", [3, pytest.param(60, marks=pytest.mark.nightly)])
def test_figures_are_a_fold_over_the_whole_log_whoever_was_merged(tmp_path: Path, histories: int) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    accepted: dict[str, int] = {}
    for number in range(histories):
        with a_scene(tmp_path / str(number)) as scene:
            prepare(scene)
            for place in range(len(UNITS)):
                scene.publish("2025-01-20", assessment_id=f"A{place}")
            life = Life(scene, chance)
            life.today = date(2025, 1, 20)
            asked: list[tuple[str, date, int, dict[str, Any]]] = []
            for _ in range(STEPS):
                life.step()
                subject, on = chance.choice(PEOPLE + UNITS), FIRST + timedelta(days=chance.randrange(400))
                asked.append((subject, on, scene.ledger.size, answer(scene.ledger, subject, on, scene.ledger.size)))
            for name, count in life.accepted.items():
                accepted[name] = accepted.get(name, 0) + count
            whole = Whole(scene.ledger)
            for subject, on, size, before in asked:
                assert answer(scene.ledger, subject, on, size) == before, (
                    f"{subject} on {on}, size {size}: it has moved"
                )
                assert answer(whole, subject, on, size) == before, f"{subject} on {on}, size {size}: not the whole log"
            assert apart(scene.ledger) == []
            assert otherwise(whole, scene.ledger) == []
            last = {subject: answer(scene.ledger, subject, LAST, scene.ledger.size) for subject in PEOPLE + UNITS}
            with opened_again(scene) as again:
                assert {subject: answer(again, subject, LAST, again.size) for subject in last} == last
    print(accepted)
    if histories > 3:
        assert set(accepted) >= {"merge", "undo", "reorganise", "confirm", "fulfil", "take_over", "promise"}


@pytest.mark.parametrize("forgotten", ["inherited", "as_one"])
def test_what_is_not_read_as_one_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten: str) -> None:
    """The control: without what a successor inherits, or without one name for all registrations, answers differ."""
    with a_scene(tmp_path) as scene:
        prepare(scene)
        scene.promise("2025-01-10", due_on="2025-02-01")
        scene.take_over("2025-01-10", breach_id="B1", subject_id="P3")
        scene.merge("2025-01-11", "P3", "P4", by=ACTOR)
        scene.reorganise("2025-01-12", ["U1"], ["U3"], by=ACTOR)
        whole = {name: answer(Whole(scene.ledger), name, LAST, scene.ledger.size) for name in PEOPLE + UNITS}
        assert {name: answer(scene.ledger, name, LAST, scene.ledger.size) for name in whole} == whole

        nothing: dict[str, Callable[..., list[Logged]]] = {
            "inherited": lambda _: [],
            "as_one": lambda known, *_: list(known),
        }
        monkeypatch.setattr(f"ledger.relations.{forgotten}", nothing[forgotten])

        assert {name: answer(scene.ledger, name, LAST, scene.ledger.size) for name in whole} != whole


def otherwise(whole: Whole, ledger: Ledger) -> list[int]:
    """The checks whose evaluation, made again over the whole log as known at their request, is another one."""
    found = []
    requests = ledger.by_type("EligibilityCheckRequested", ledger.size)
    evaluated = {one.stream: one.data for one in ledger.by_type("EligibilityEvaluated", ledger.size)}
    for request in requests:
        data, made = request.data, evaluated[request.stream]
        again = evaluate_check(
            whole,
            data["subject_id"],
            purpose=data["purpose"],
            requester=data["requester"],
            consent_id=data["consent_id"],
            statutory_basis=None,
            as_of=request.effective_on,
            size=request.index,
        )
        if (again.outcome.value, list(again.records)) != (made["outcome"], list(made["records"])):
            found.append(request.index)
    return found


def apart(ledger: Ledger) -> list[str]:
    """Registrations of one subject whose files differ in what they say."""
    relations, size = ledger.relations(), ledger.size
    found = []
    for one in PEOPLE + UNITS:
        uid = ledger.uid("subject", one)
        assert uid is not None
        survivor = relations.survivor(uid)
        if answer(ledger, uid, LAST, size) != answer(ledger, survivor, LAST, size):
            found.append(one)
    return found


class opened_again:  # noqa: N801 - read as the words of a sentence
    """The same ledger as another process opens it."""

    def __init__(self, scene: Scene) -> None:
        self._ledger = Ledger.open(scene.store.url, clock=scene.clock)
        self._ledger.offer_edition(shipped_edition(EDITION))

    def __enter__(self) -> Ledger:
        return self._ledger

    def __exit__(self, *_: object) -> None:
        self._ledger.close()
