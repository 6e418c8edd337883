"""A fictional city's three years, as the lines of a history file: the same for the same seed, wherever it runs.

About 200 people, 30 units and 3,000 lines from 2023-01-03 to 2025-12-31, every lifecycle state of DOMAIN §4.3 among
them on the last day. Every line respects the preconditions of the catalogue: the ledger would refuse it otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from api.demo import measures, routines, showcase
from api.demo.cases import CaseDesk
from api.demo.checks import CheckDesk
from api.demo.diary import CREDIT, FIRST_DAY, HR, LAST_DAY, Diary, on_working_day, working_days_after
from api.demo.identities import citizens, enterprises, units
from api.demo.routines import PromiseDesk
from api.demo.rules import EDITION_DAYS, EDITIONS

SHOWN_PERSON = "P001"
SHOWN_UNIT = "U12"
SHOWN_CHECK = "K001"

PEOPLE = 200
APPLICANTS = 16  # the last of the people: they have no post
_SHOWCASE = 50  # the first of the officials: chance leaves their records alone
_POSTS = ("C1", "C1", "C2", "C3", "C3", "C4", "C5", "C6", "C7")
_LEVELS = ("L1", "L2", "L2", "L3", "L3", "L3", "L3")


class City:
    """The people, units and posts, and the desks that write about them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.diary = Diary()
        self.bodies = units()
        self.enterprises = enterprises()
        self.people = citizens(PEOPLE, self.random)
        self.units = [body.id for body in self.bodies]
        self.officials = [person.id for person in self.people[:-APPLICANTS]]
        self.applicants = [person.id for person in self.people[-APPLICANTS:]]
        self.posts: dict[str, list[tuple[date, str]]] = {}
        self.cases = CaseDesk(self.diary, self.random)
        self.checks = CheckDesk(self.diary, self.random)
        self.promises = PromiseDesk(self.diary, self.random)

    def unit_of(self, person: str, on: date) -> str:
        """The unit of an official on a day."""
        return [unit for start, unit in self.posts[person] if start <= on][-1]

    def day_between(self, first: date, last: date) -> date:
        """Some working day in between."""
        return on_working_day(first + timedelta(days=self.random.randrange((last - first).days)))

    def found(self) -> None:
        """Register everybody, adopt the editions, assign the posts and the transfers."""
        for body in self.bodies:
            data = {"subject_id": body.id, "kind": "UNIT", "name": body.name, "uscc": body.uscc, "region": body.region}
            self.diary.write("SubjectRegistered", FIRST_DAY, CREDIT, data)
        for edition, (effective_on, recorded) in EDITION_DAYS.items():
            activation = {"rulebook_id": edition, "approvers": ["credit-1", "legal-1"]}
            self.diary.write("RulebookActivated", effective_on, CREDIT, activation, recorded=recorded)
        for body in self.enterprises:
            data = {
                "subject_id": body.id,
                "kind": "ENTERPRISE",
                "name": body.name,
                "uscc": body.uscc,
                "region": body.region,
            }
            self.diary.write("SubjectRegistered", FIRST_DAY, CREDIT, data)
        measures.adopt(self.diary, self.bodies[0].uscc)
        for place, person in enumerate(self.people):
            on = working_days_after(FIRST_DAY, 1 + place // 40)
            data = {
                "subject_id": person.id,
                "kind": "PERSON",
                "name": person.name,
                "id_number": person.id_number,
                "region": person.region,
            }
            self.diary.write("SubjectRegistered", on, HR, data)
            if person.id in self.applicants:
                continue
            unit = SHOWN_UNIT if place < 2 else self.random.choice(self.units)
            start = date(self.random.randint(2014, 2022), self.random.randint(1, 12), 1)
            self.assign(person.id, unit, start, on)
        for person_id in self.random.sample(self.officials[_SHOWCASE:], 24):
            on = self.day_between(date(2023, 3, 1), date(2025, 11, 1))
            self.assign(person_id, self.random.choice(self.units), on, on)

    def assign(self, person: str, unit: str, start: date, on: date) -> None:
        """任职登记: at most one transfer each, so posts stand in the order of their days."""
        self.posts.setdefault(person, []).append((start, unit))
        level, post = self.random.choice(_LEVELS), self.random.choice(_POSTS)
        data = {"subject_id": person, "unit_id": unit, "level": level, "post": post, "from": start.isoformat()}
        self.diary.write("PostAssigned", on, HR, data)

    def show(self) -> None:
        """The stories that a visitor must find."""
        reserved = self.officials[:_SHOWCASE]
        bodies = [unit for unit in self.units if unit.startswith("U") and unit != SHOWN_UNIT]
        showcase.shown_person(SHOWN_PERSON, SHOWN_UNIT, self.cases, self.checks, self.promises)
        showcase.shown_unit(SHOWN_UNIT, reserved[1], self.cases, self.promises)
        showcase.breaches(reserved[2:32], bodies[:2], self.unit_of, self.cases)
        showcase.authority_records(reserved[32:42], [body.id for body in self.enterprises], self.unit_of, self.cases)
        showcase.commitments(bodies[2:9], self.promises, self.cases)
        clean = self.officials[-12:]
        showcase.checks(clean, self.applicants, self.unit_of, self.checks, self.cases)

    def pass_time(self) -> None:
        """What chance adds: promises, cases and checks, spread over the three years."""
        for unit in self.units:
            for _ in range(9):
                made_on = self.day_between(date(2023, 1, 16), date(2025, 11, 28))
                due_on = made_on + timedelta(days=self.random.randint(45, 240))
                self.promises.live(unit, made_on, due_on, of_unit=True)
        for person in self.random.choices(self.officials, k=140):
            made_on = self.day_between(date(2023, 1, 16), date(2025, 10, 31))
            due_on = made_on + timedelta(days=self.random.randint(60, 300))
            self.promises.live(person, made_on, due_on, of_unit=False)
        troubled = self.officials[_SHOWCASE:130]
        for _ in range(100):
            self.happen(self.random.choice(troubled))
        for person in self.random.sample(self.officials[130:-12], 34):
            on = self.day_between(date(2023, 3, 1), date(2025, 11, 28))
            purpose = self.random.choice(("PROMOTE", "TRANSFER", "AWARD"))
            self.checks.clear_way(self.checks.request(person, on, purpose))

    def happen(self, person: str) -> None:
        """One case as chance has it, about a person or now and then a unit."""
        desk, chance = self.cases, self.random.random()
        occurred_on = self.day_between(date(2023, 2, 1), date(2025, 11, 20))
        on = occurred_on + timedelta(days=self.random.randint(3, 25))
        severity = self.random.choice(("MINOR", "MINOR", "GENERAL", "GENERAL", "GENERAL", "SERIOUS"))
        if self.random.random() < 0.2:
            unit = self.random.choice([unit for unit in self.units[3:] if unit != SHOWN_UNIT])
            case = desk.report(unit, on, severity, of_unit=True, occurred_on=occurred_on)
        else:
            unit, duty = self.unit_of(person, occurred_on), self.random.random() < 0.75
            case = desk.report(person, on, severity, unit=unit, duty_related=duty, occurred_on=occurred_on)
        if chance < 0.1:
            desk.decline(case, self.random.choice(("OUT_OF_SCOPE", "DUPLICATE", "NO_BASIS")))
            return
        desk.hear(case)
        if chance < 0.22:
            desk.dismiss(case, clear=chance < 0.14)
            return
        desk.confirm(case)
        if chance < 0.40 and severity != "MINOR":
            outcome = self.random.choice(("UPHELD", "UPHELD", "VARIED", "OVERTURNED"))
            milder = {"SERIOUS": "GENERAL", "GENERAL": "MINOR"}[severity] if outcome == "VARIED" else None
            desk.appeal(case, self.random.choice(("REVIEW", "APPEAL")))
            desk.decide_appeal(case, outcome, milder)
            if outcome == "OVERTURNED" or case.severity == "MINOR":
                return
        if chance > 0.35 and self.random.random() < 0.6:
            desk.repair(case, wait_days=self.random.randint(0, 10))


def city_lines(seed: int = 1) -> Iterator[dict[str, Any]]:
    """The city's history, line by line, in the order of the recorded times (DESIGN §8)."""
    city = City(seed)
    city.found()
    city.show()
    routines.assess(city.diary, city.random, city.units)
    city.pass_time()
    return city.diary.lines()


__all__ = ["EDITIONS", "LAST_DAY", "SHOWN_CHECK", "SHOWN_PERSON", "SHOWN_UNIT", "city_lines"]
