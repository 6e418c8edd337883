"""Requests about personal data against a model written from DOMAIN §7: random people, roles, papers and days.

Nothing the model forbids ever lands, what it allows does, every refusal has its words; the folds of a request and of
the person's file follow the model on every day; and no request or answer moves a figure.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.text.catalogue import Text
from api.text.language import Language
from ledger.errors import LedgerError
from ledger.line import LineActor
from projections.integrity_file import integrity_file
from tests.support.scene import DOCUMENT, Scene, a_scene

PEOPLE = ("P1", "P2")
ACTORS = (*PEOPLE, "hr-1", "dpo-1", "dpo-2")
ROLES = ("SUBJECT", "HR", "CREDIT", "DPO", "DECIDER")
RIGHTS = ("ACCESS", "COPY", "CORRECTION", "DELETION", "RESTRICTION", "OBJECTION", "EXPLANATION")
NEED_GROUNDS = {"CORRECTION", "DELETION", "RESTRICTION", "OBJECTION"}
OUTCOMES = ("GRANTED", "PARTLY_GRANTED", "REFUSED")


@dataclass
class Made:
    """A request that landed: of whom, who wrote it down, and its days."""

    subject: str
    right: str
    asked_on: date
    by_hand: str | None
    answered_on: date | None = None
    outcome: str | None = None


@dataclass
class Model:
    """What DOMAIN §7 and 个人信息保护法 44-50 let happen."""

    made: dict[str, Made] = field(default_factory=dict)

    def may_ask(self, ref: str, actor: LineActor, data: dict[str, Any], on: date, today: date) -> bool:
        own = actor.role == "SUBJECT" and actor.id == data["subject_id"] and "on_behalf_of" not in data
        paper = actor.role in ("HR", "CREDIT") and data.get("on_behalf_of") == data["subject_id"] and "doc" in data
        said = data["right"] not in NEED_GROUNDS or "grounds" in data
        return (own or paper) and said and ref not in self.made and self._dated(data, on, today)

    def may_answer(self, ref: str, actor: LineActor, data: dict[str, Any], on: date, today: date) -> bool:
        request = self.made.get(ref)
        if request is None or actor.role != "DPO" or request.answered_on is not None:
            return False
        another = actor.id not in (request.subject, request.by_hand)
        said = data["outcome"] == "GRANTED" or ("reasons" in data and "legal_basis" in data)
        kept = data["outcome"] != "GRANTED" or request.right != "RESTRICTION"
        return another and said and kept and on >= request.asked_on and self._dated(data, on, today)

    @staticmethod
    def _dated(data: dict[str, Any], on: date, today: date) -> bool:
        return on == today or (on < today and "doc" in data)


def some(chance: random.Random, **members: Any) -> dict[str, Any]:
    """Each of these members, or not."""
    return {name: value for name, value in members.items() if chance.random() < 0.6}


def attempt(scene: Scene, chance: random.Random, model: Model, today: date) -> tuple[bool, bool]:
    """One random line: whether the model allows it, and whether it landed."""
    on = today - timedelta(days=chance.choice([0, 0, 0, 1, 3, 7])) + timedelta(days=chance.random() < 0.03)
    ref, actor = f"Q{chance.randrange(20)}", LineActor(chance.choice(ACTORS), chance.choice(ROLES))
    when = {"recorded": today.isoformat()}
    if chance.random() < 0.5:
        subject = chance.choice(PEOPLE)
        if chance.random() < 0.5:
            actor = LineActor(subject, "SUBJECT")
        data: dict[str, Any] = {"request_id": ref, "subject_id": subject, "right": chance.choice(RIGHTS)}
        data |= some(chance, grounds="……") | some(chance, doc=DOCUMENT)
        if actor.role != "SUBJECT":
            data |= some(chance, on_behalf_of=chance.choice([subject, subject, "P1"]))
        elif chance.random() < 0.3:  # a paper, in order
            actor, data = LineActor("hr-1", "HR"), data | {"on_behalf_of": subject, "doc": DOCUMENT}
        allowed, type_ = model.may_ask(ref, actor, data, on, today), "PersonalDataRequested"
    else:
        if chance.random() < 0.6:
            actor = LineActor(actor.id, "DPO")
        ref = chance.choice([ref, *model.made])
        if ref in model.made and chance.random() < 0.3:
            actor = LineActor(model.made[ref].by_hand or model.made[ref].subject, "DPO")
        data = {"request_id": ref, "outcome": chance.choice(OUTCOMES)}
        data |= some(chance, reasons="……", legal_basis=["个人信息保护法 46"], doc=DOCUMENT)
        allowed, type_ = model.may_answer(ref, actor, data, on, today), "PersonalDataRequestAnswered"
    size = scene.ledger.size
    refused: LedgerError | None = None
    try:
        scene.act(type_, on.isoformat(), actor, data, **when)
    except LedgerError as error:
        refused = error
    if refused is not None:
        assert Text(Language.ZH).error(refused.code), refused.code
        assert scene.ledger.size == size
        return allowed, False
    if type_ == "PersonalDataRequested":
        hand = None if actor.role == "SUBJECT" else actor.id
        model.made[ref] = Made(data["subject_id"], data["right"], on, hand)
    else:
        model.made[ref].answered_on, model.made[ref].outcome = on, data["outcome"]
    return allowed, True


def expected(model: Model, person: str, on: date) -> dict[str, tuple[str, str | None]]:
    return {
        ref: ("REQUESTED", None) if one.answered_on is None or one.answered_on > on else ("ANSWERED", one.outcome)
        for ref, one in model.made.items()
        if one.subject == person and one.asked_on <= on
    }


@pytest.mark.parametrize("attempts", [375, pytest.param(5_000, marks=pytest.mark.nightly)])
def test_nothing_that_the_model_forbids_lands_and_every_reader_follows_it(tmp_path: Path, attempts: int) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, landed = random.Random(seed), set[str]()
    for life in range(-(-attempts // 125)):
        model, first = Model(), date(2025, 4, 1)
        with a_scene(tmp_path / f"{life}") as scene:
            scene.found()
            figures = {
                person: integrity_file(scene.ledger, person, as_of=first, as_known=scene.ledger.size)["balance"]
                for person in PEOPLE
            }
            today = first
            for _ in range(125):
                today += timedelta(days=chance.choice([0, 0, 0, 1]))
                allowed, done = attempt(scene, chance, model, today)
                assert allowed is done
            for person in PEOPLE:
                for on in (first, first + timedelta(days=7), today):
                    file = integrity_file(scene.ledger, person, as_of=on, as_known=scene.ledger.size)
                    shown = {one["id"]: (one["state"], one["answer"]) for one in file["data_requests"]}
                    assert shown == expected(model, person, on)
                file = integrity_file(scene.ledger, person, as_of=first, as_known=scene.ledger.size)
                assert file["balance"] == figures[person]
            landed |= {one.outcome or "REQUESTED" for one in model.made.values()}
    assert "REQUESTED" in landed
    assert len(landed) > 2
