"""The state machines of DOMAIN §4.3: no illegal step ever lands, every legal one does, and what landed reads as told.

Hypothesis plays random actors, days and data against a real ledger; beside it runs a model of the tables that was
written from DOMAIN alone (`tests/support/state_*.py`). What the model forbids is refused with one of the codes that it
expects, and the log stays as it was; what it allows is one entry more. Every accepted step is read back from the
ledger, every figure is compared with a fold over the whole log, and at the end the accepted lines are played into a
fresh ledger, and the log is verified. The controls take a guard away, or put one in, and the machines notice.
"""

from __future__ import annotations

import pkgutil
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from ledger.application import Ledger
from ledger.errors import LedgerError, Refused
from ledger.line import Line
from ledger.reading import Logged
from projections.integrity_file import integrity_file
from projections.unit_score import unit_score
from tests.support.scene import SYSTEM, Scene, a_scene
from tests.support.state_acts import ACTORS, SMALL_OFFICE, Hand, line_of
from tests.support.state_tables import ASSESSMENT, BREACH, CHECK, COMMITMENT, CONSENT, Act, Actor
from tests.support.state_world import World

START = date(2025, 1, 6)
WAITS = (1, 1, 7, 7, 15, 16, 31, 93, 366)
LATER = (0, 40, 400)  # days on which is read what landed, counted from the day of the clock
SUBJECTS = ("P1", "P2", "U1", "U2")
STEPS = 30
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
TEXTS = Path(__file__).parents[2] / "api" / "text" / "data" / "errors.toml"
KNOWN_CODES = frozenset(tomllib.loads(TEXTS.read_text(encoding="utf-8"))["error"])
OBVIOUS = frozenset(
    {"role-not-allowed", "effective-in-future", "late-without-document", "dates-disagree", "wrong-state"}
)
BOUNDS = settings(
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a seed is not made simpler by making it smaller
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class Whole:
    """The ledger for a reader without an index by subject: every history is the whole log."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._log = ledger, list(ledger.logged())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def history(self, subject: str, size: int) -> Sequence[Logged]:
        return self._log[:size]


def figures(reader: Any, subject: str, on: date) -> dict[str, Any]:
    """The file, and of a unit its score."""
    found: dict[str, Any] = {"file": integrity_file(reader, subject, as_of=on, as_known=reader.size)}
    if found["file"]["kind"] == "UNIT":
        found["score"] = unit_score(reader, subject, as_of=on, as_known=reader.size)
    return found


def by_caller_ids(value: Any) -> Any:
    """Without what differs from ledger to ledger: pseudonyms and times."""
    if isinstance(value, dict):
        return {name: by_caller_ids(one) for name, one in value.items() if name not in ("uid", "recorded_at", "record")}
    return [by_caller_ids(one) for one in value] if isinstance(value, list | tuple) else value


def prepare(scene: Scene) -> None:
    """A promise that a finding may break, and a scheme."""
    scene.adopt_scheme("2025-01-02", feedback_wd=5)
    scene.promise("2025-01-02", commitment_id="C0", due_on="2035-01-01")


def read(scene: Scene, on: date) -> dict[str, str]:
    """The state of every record on a day, as the ledger's own readers tell it."""
    seen: dict[str, str] = {}
    for subject in SUBJECTS:
        file = integrity_file(scene.ledger, subject, as_of=on, as_known=scene.ledger.size)
        for section in ("breaches", "commitments", "repairs", "consents", "checks"):
            seen |= {one["id"]: one["state"] for one in file.get(section, ())}
        seen |= {f"bar {one['events'][0]}": one["state"] for one in file["sanctions"]}
    bars = sorted((name for name in seen if name.startswith("bar ")), key=lambda name: int(name.split()[1]))
    seen |= {f"bar {place}": seen.pop(name) for place, name in [*enumerate(bars)]}
    for name in ("A1", "A2", "A3"):
        if scene.ledger.uid("assessment", name) is not None:
            seen[name] = scene.state("assessment", name).state
    return seen


class Machine(RuleBasedStateMachine):
    """A scene, the model beside it, and what was done so far."""

    KINDS: ClassVar[tuple[str, ...]] = ()
    EXAMPLES: ClassVar[int] = 8
    ACTORS: ClassVar[tuple[Actor, ...]] = ACTORS
    landed: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[tuple[str, str]]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        folder = self._stack.enter_context(TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None))
        self.folder = Path(folder)
        self.scene = self._stack.enter_context(a_scene(self.folder / "played"))
        prepare(self.scene)
        self.today = START
        self.world = World(START)
        self.opening()
        self.done: list[Act] = []
        self.sound = True

    def opening(self) -> None:
        promise = Act("CommitmentMade", Actor("unit-head-1", "SUBJECT", "U1"), START, START, {
            "commitment_id": "C0", "promisor_id": "U1", "due_on": "2035-01-01",
        })  # fmt: skip
        self.world.take(promise)

    # What may happen.

    @rule(days=st.sampled_from(WAITS))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(seed=st.integers(0, 2**32 - 1))
    def something_proper(self, seed: int) -> None:
        """The first step, in a random order of kinds, that the model allows."""
        hand = Hand(self.world, self.today, seed, 0.9, self.ACTORS)
        for kind in hand.shuffled(self.KINDS):
            for _ in range(6):
                act = hand.act(kind)
                if not self.world.against(act):
                    self.submit(act)
                    return
        self.today += timedelta(days=11)  # what nobody may do today may be due then

    @rule(seeds=st.lists(st.integers(0, 2**32 - 1), min_size=3, max_size=8))
    def several_proper_steps(self, seeds: list[int]) -> None:
        """Steps one after the other, with days between them."""
        for seed in seeds:
            self.something_proper(seed)
            self.today += timedelta(days=seed % 13)

    @rule(seeds=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3))
    def something_nearly_proper(self, seeds: list[int]) -> None:
        """Steps that one rule alone speaks against, and none that everybody would think of first."""
        for seed in seeds:
            hand = Hand(self.world, self.today, seed, 0.9, self.ACTORS)
            tried = (hand.act(kind) for kind in hand.shuffled(self.KINDS) for _ in range(8))
            for act in tried:
                against = self.world.against(act)
                if len(against) == 1 and not against & OBVIOUS:
                    self.submit(act)
                    break

    @rule(seed=st.integers(0, 2**32 - 1), proper=st.sampled_from([0.0, 0.5, 0.8, 0.95]))
    def anything(self, seed: int, proper: float) -> None:
        """Three steps of any kind, whatever the model thinks of them."""
        hand = Hand(self.world, self.today, seed, proper, self.ACTORS)
        for kind in hand.shuffled(self.KINDS)[:3]:
            self.submit(hand.act(kind))

    # What must hold.

    def submit(self, act: Act) -> None:
        self.sound = False  # until all that must hold of this step does
        against, line = self.world.against(act), line_of(act)
        note(f"{act}: {sorted(against) or 'legal'}")
        self.scene.on_day(self.today.isoformat())
        before = self.scene.store.head()
        refusal = self.refusal_of(line)
        if refusal is not None:
            code = refusal.code
            assert self.scene.store.head() == before, f"a refused {act.kind} moved the log"
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code), f"a code is kebab-case: {code!r}"
            assert code in KNOWN_CODES, f"{code} has no text"
            assert against, f"legal, and refused with {refusal}: {act}"
            assert code in against, f"refused with {refusal} for {sorted(against)}: {act}"
            type(self).refused[act.kind, code] += 1
            self.sound = True
            return
        assert not against, f"landed against {sorted(against)}: {act}"
        assert self.scene.ledger.size > len_of(before), "what is accepted is in the log"
        self.world.take(act)
        self.done.append(act)
        type(self).landed[act.kind] += 1
        self.compare(self.today)
        self.sound = True

    def refusal_of(self, line: Line) -> LedgerError | None:
        try:
            self.scene.ledger.submit(line, as_system=line.actor == SYSTEM)
        except LedgerError as error:
            return error
        return None

    def compare(self, on: date) -> None:
        """Every record reads as the model says."""
        assert read(self.scene, on) == self.world.reads(on), f"on {on}"
        assert outcomes(self.scene) == self.world.outcomes()

    def teardown(self) -> None:
        if not self.sound:  # what was wrong is being said already
            with suppress(AssertionError):
                self._stack.close()
            return
        with self._stack:  # the scene ends with a check of the log and a full verification
            whole = Whole(self.scene.ledger)
            days = [self.today + timedelta(days=days) for days in LATER]
            for on in days:
                self.compare(on)
            found = {(name, on): figures(self.scene.ledger, name, on) for name in SUBJECTS for on in days}
            for (name, on), figure in found.items():
                assert figures(whole, name, on) == figure, f"{name} on {on} is no fold over the whole log"
            with a_scene(self.folder / "again") as again:
                prepare(again)
                for act in self.done:
                    again.on_day(act.today.isoformat())
                    line = line_of(act)
                    again.ledger.submit(line, as_system=line.actor == SYSTEM)
                for (name, on), figure in found.items():
                    replayed = by_caller_ids(figures(again.ledger, name, on))
                    assert replayed == by_caller_ids(figure), f"{name} on {on} differs in a replay"


def len_of(head: Any) -> int:
    return int(head.size)


def outcomes(scene: Scene) -> dict[str, str]:
    """What each check was evaluated to, from its entry."""
    evaluated = scene.ledger.by_type("EligibilityEvaluated", scene.ledger.size)
    return {entry.data["check_id"]: entry.data["outcome"] for entry in evaluated}


class Cases(Machine):
    """Breaches with appeals, conflicts of interest and repairs, and a promise that a finding breaks."""

    KINDS = (*BREACH,)
    EXAMPLES = 24


class SmallOffice(Machine):
    """Cases and checks where the same few people write down what the subject says, decide, and review."""

    EXAMPLES = 12
    ACTORS = SMALL_OFFICE
    KINDS = (
        "BreachReported", "BreachNotified", "BreachReplied", "BreachConfirmed", "BreachAppealed", "AppealDecided",
        "RepairApplied", "RepairAccepted", "RepairApproved", "RepairRejected", "ConsentGiven", *CHECK,
        "AuthorityRecordImported", "RecordCorrected",
    )  # fmt: skip


class Hearings(Machine):
    """Nothing but the way from a consent to a decision, so that many decisions come too early."""

    ACTORS = SMALL_OFFICE
    KINDS = (
        "ConsentGiven", "EligibilityCheckRequested", "PreDecisionNoticeSent", "CandidateResponded",
        "EligibilityDecided", "AuthorityRecordImported",
    )  # fmt: skip


class Promises(Machine):
    KINDS = (*COMMITMENT,)


class Checks(Machine):
    """Consents, checks and what blocks them: bars from recruitment and lists of authorities."""

    EXAMPLES = 16
    KINDS = (*CONSENT, *CHECK, "ConflictDeclared", "SanctionImposed", "SanctionLifted", "AuthorityRecordImported")


class Assessments(Machine):
    KINDS = (*ASSESSMENT,)


MACHINES = (Cases, SmallOffice, Promises, Checks, Assessments)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.nightly)])
def test_only_what_the_tables_allow_happens(machine: type[Machine], times: int) -> None:
    machine.landed, machine.refused = Counter(), Counter()

    bounds = settings(
        BOUNDS, max_examples=times * machine.EXAMPLES, derandomize=times == 1
    )  # the nights look elsewhere
    run_state_machine_as_test(machine, settings=bounds)

    print(sorted(machine.landed.items()), sorted(machine.refused.items()), sep="\n")
    if times > 1:
        assert machine.landed.keys() >= set(machine.KINDS), "every kind landed at least once"


# The controls.

Spoil = Callable[[pytest.MonkeyPatch], None]


def without(where: str, result: Any = None) -> Spoil:
    """A guard that says yes to everything."""
    return lambda patch: patch.setattr(where, lambda *_, **__: result)


def refusing(where: str) -> Spoil:
    """A guard that says no to everything."""

    def refuse(*_: Any, **__: Any) -> None:
        raise Refused("not today", code="wrong-state")

    return lambda patch: patch.setattr(where, refuse)


def unread(where: str, kind: str) -> Spoil:
    """A fold that passes over one type."""
    return lambda patch: patch.delitem(pkgutil.resolve_name(where), kind)


GUARD, FOLD = "^landed against|^refused with", r"^on \d{4}-"
SPOILT: Mapping[str, tuple[type[Machine], Spoil, str]] = {
    "decided twice": (Cases, without("ledger.domain.breach.Breach._require_undecided"), GUARD),
    "a waiver in one's own case": (Promises, without("ledger.domain.base.LedgerAggregate.require_other"), GUARD),
    "no feedback": (Assessments, without("ledger.policy.Policy.working_days_after", date.min), GUARD),
    "any step of a check": (Checks, without("ledger.domain.eligibility.Check._require_state"), GUARD),
    "found unheard": (Cases, without("ledger.domain.breach.Breach._heard", True), GUARD),
    "refused unheard": (Hearings, without("ledger.domain.eligibility.Check._heard", True), GUARD),
    "a finding refers nobody": (SmallOffice, without("ledger.rulebook.eligibility._matches", False), "REFER|BLOCK"),
    "the hand that spoke decides": (SmallOffice, without("ledger.domain.duties.Conflicts.wrote_down", False), GUARD),
    "a lawful notice": (Cases, refusing("ledger.domain.breach.Breach.notify"), "legal, and refused"),
    "a lawful score": (Assessments, refusing("ledger.domain.assessment.Assessment.score"), "legal, and refused"),
    "a waiver nobody reads": (Promises, unread("ledger.folds.commitment:TRANSITIONS", "CommitmentWaived"), FOLD),
    "a decision nobody reads": (Checks, unread("ledger.folds.check:TRANSITIONS", "EligibilityDecided"), FOLD),
    "an appeal nobody reads": (Cases, unread("ledger.folds.breach:TRANSITIONS", "BreachAppealed"), FOLD),
}


@pytest.mark.parametrize("name", SPOILT)
def test_the_machines_notice(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    machine, spoil, said = SPOILT[name]
    spoil(monkeypatch)

    with pytest.raises(AssertionError, match=said):
        run_state_machine_as_test(machine, settings=settings(BOUNDS, max_examples=150, derandomize=True))
