"""Subjects: whatever an entry may move, it lists, so a fold by subject equals a fold over the whole log (DESIGN §3).

The histories are real: a fictional city's three years, another one for each seed, through the commands of a real ledger
that itself decides which subjects an entry lists. The control forgets one subject of one type and must be seen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.demo import EDITIONS, city_lines
from api.demo.diary import FIRST_DAY, LAST_DAY
from ledger.application import Ledger
from ledger.commands import HANDLERS, Change, Command
from ledger.errors import NotFound, Refused
from ledger.line import line_of
from ledger.opening import create_from_history
from ledger.reading import Logged
from ledger.rulebook.edition import shipped_edition
from projections.integrity_file import integrity_file
from projections.unit_score import unit_score
from tests.support.scene import DOCUMENT, Scene, a_scene

SAMPLE = 45  # subjects of the city in one run
MOMENTS = 2  # sizes and days for each


class Whole:
    """The ledger for a reader without an index by subject: every history is the whole log."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._log = ledger, list(ledger.logged())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def history(self, subject: str, size: int) -> Sequence[Logged]:
        return self._log[:size]


def answers(reader: Any, subject: Logged, on: date, size: int) -> dict[str, Any]:
    """All that is folded about a subject: the file, which shows every record and entry, and a unit's score."""
    found: dict[str, Any] = {"file": integrity_file(reader, subject.uid, as_of=on, as_known=size)}
    if subject.data["kind"] == "UNIT":
        try:
            found["score"] = unit_score(reader, subject.uid, as_of=on, as_known=size)
        except NotFound as error:
            found["score"] = error.code  # no edition was known yet
    return found


def touching(log: Sequence[Logged]) -> dict[str, list[int]]:
    """By subject, the indexes of all entries of the streams that list it anywhere: the sizes worth asking at."""
    streams: dict[str, list[int]] = {}
    of_subject: dict[str, set[str]] = {}
    for entry in log:
        streams.setdefault(entry.stream, []).append(entry.index)
        for uid in entry.subjects:
            of_subject.setdefault(uid, set()).add(entry.stream)
    return {uid: sorted(i for stream in named for i in streams[stream]) for uid, named in of_subject.items()}


def differences(ledger: Ledger, subjects: Sequence[Logged], moments: dict[str, list[tuple[date, int]]]) -> list[str]:
    whole = Whole(ledger)
    return [
        f"{subject.data['kind']} {subject.uid} on {on}, size {size}"
        for subject in subjects
        for on, size in moments[subject.uid]
        if size > subject.index and answers(ledger, subject, on, size) != answers(whole, subject, on, size)
    ]


@contextmanager
def city(folder: Path, seed: int) -> Iterator[Ledger]:
    lines = [line_of(line, number) for number, line in enumerate(city_lines(seed), start=1)]
    editions = [shipped_edition(name) for name in EDITIONS]
    ledger = create_from_history(f"sqlite:///{folder / 'city.db'}", lines, digest_of=b"city", editions=editions)
    try:
        yield ledger
    finally:
        ledger.close()


@pytest.mark.parametrize(("sample", "moments"), [(SAMPLE, MOMENTS), pytest.param(10_000, 5, marks=pytest.mark.nightly)])
def test_in_a_real_history_a_fold_by_subject_is_a_fold_over_the_whole_log(
    tmp_path: Path, sample: int, moments: int
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    days = (LAST_DAY - FIRST_DAY).days + 400  # what lapses after the last entry is folded too
    with city(tmp_path, seed) as ledger:
        subjects = ledger.by_type("SubjectRegistered", ledger.size)
        units = [subject for subject in subjects if subject.data["kind"] == "UNIT"]
        others = chance.sample(
            [one for one in subjects if one not in units], min(sample - len(units), len(subjects) - len(units))
        )
        sizes = touching(list(ledger.logged()))
        asked = {
            subject.uid: [(LAST_DAY, ledger.size)]
            + [
                (FIRST_DAY + timedelta(days=chance.randrange(days)), chance.choice(sizes[subject.uid]) + 1)
                for _ in range(moments - 1)
            ]
            for subject in subjects
        }

        assert differences(ledger, [*units, *others], asked) == []


# The control.


def live(scene: Scene) -> None:
    """A life with something of everything that moves a file or a score."""
    scene.adopt_scheme()
    scene.adopt_measure(trigger="FINDING", legal_basis=["全国失信惩戒措施基础清单 2"])
    scene.promise("2025-01-10")
    scene.promise("2025-01-10", commitment_id="C2", due_on="2025-12-31")
    scene.found()
    scene.apply_measure("2025-03-25", cause_event="B1")
    scene.step_back("2025-04-01", official_id="decider-8", doc=DOCUMENT)
    scene.appeal()
    scene.score()
    scene.take_over("2025-04-15")
    scene.publish()
    scene.restate("2025-04-30")
    scene.decide_appeal()
    scene.amend("2025-06-01", commitment_id="C2", new_due_on="2026-01-31")
    scene.apply_for_repair()
    scene.fulfil("2025-06-23")
    scene.accept_repair()
    scene.lift_measure("2025-06-24", cause_event="B1")
    scene.approve()
    scene.impose("2025-08-01")
    scene.lift("2025-08-15")
    scene.consent()
    scene.request_check()
    scene.attach_report("2025-09-01")
    scene.notice()
    scene.respond()
    scene.decide()
    scene.notify_result("2025-09-15")
    scene.dispute("2025-09-16")
    scene.redetermine("2025-09-20")
    scene.finalise("2025-09-25")
    scene.withdraw_consent("2025-10-01")
    scene.ask_desk("2025-10-02", breach_id="B1")
    scene.answer_request("2025-10-03")
    scene.revoke("2025-10-10")
    scene.waive("2025-11-01", commitment_id="C2")
    scene.open_glass("2025-11-03")
    scene.review_glass("2025-11-04")
    scene.remove("2025-11-10")
    scene.assign("2025-11-20", "P1", "U2", "2025-11-20")


FORGOTTEN = [
    "AppealDecided",
    "AssessmentPublished",
    "AssessmentRestated",
    "AuthorityRecordImported",
    "AuthorityRecordRemoved",
    "BreakGlassOpened",
    "BreakGlassReviewed",
    "BreachAppealed",
    "BreachConfirmed",
    "BreachNotified",
    "BreachReplied",
    "BreachReported",
    "CandidateResponded",
    "CommitmentAmended",
    "CommitmentFulfilled",
    "CommitmentMade",
    "CommitmentWaived",
    "ConflictDeclared",
    "ConsentGiven",
    "ConsentWithdrawn",
    "CreditReportAttached",
    "EligibilityCheckRequested",
    "EligibilityDecided",
    "EligibilityDisputed",
    "EligibilityFinalised",
    "EligibilityNotified",
    "EligibilityRedetermined",
    "PersonalDataRequestAnswered",
    "PersonalDataRequested",
    "MeasureApplied",
    "MeasureLifted",
    "PostAssigned",
    "PreDecisionNoticeSent",
    "RepairAccepted",
    "RepairApplied",
    "RepairApproved",
    "RepairRevoked",
    "SanctionImposed",
    "SanctionLifted",
]


def seen(folder: Path, *refused: type[Exception]) -> list[str]:
    """The differences over a whole life, or as much of it as was not refused, at every size."""
    with a_scene(folder) as scene:
        with suppress(*refused):
            live(scene)
        ledger = scene.ledger
        subjects = ledger.by_type("SubjectRegistered", ledger.size)
        every = [(date(2025, 12, 31), size) for size in range(1, ledger.size + 1)]
        return differences(ledger, subjects, {subject.uid: every for subject in subjects})


def test_nothing_is_forgotten_in_a_whole_life(tmp_path: Path) -> None:
    assert seen(tmp_path) == []


@pytest.mark.parametrize("type_", FORGOTTEN)
def test_a_command_that_forgets_a_subject_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, type_: str) -> None:
    handler = HANDLERS[type_]

    def forgetful(ledger: Ledger, command: Command) -> Change:
        change = handler(ledger, command)
        return replace(change, subjects=tuple(sorted(set(change.subjects) - {change.owner})))

    monkeypatch.setitem(HANDLERS, type_, forgetful)

    assert seen(tmp_path, Refused), "nobody would notice"
