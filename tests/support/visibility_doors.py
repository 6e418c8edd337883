"""What each column of the table of DOMAIN §8 is answered at each door, on one day, about one case.

The doors are the command line (an operator who says which viewer), HTTP and the pages (each viewer's own token). An
answer is kept whole: its words, and where it is JSON its members.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from typer.testing import CliRunner

from api.cli.application import app as command_line
from ledger.clock import CST
from tests.support.browser import Browser, Pages
from tests.support.http import Caller, House
from tests.support.visibility import DAY, Case

PERSONNEL: Final = "PERSONNEL"
PAGES: Final = ("/my-file", "/unit-score", "/deadlines")
_NUMBERED: Final = frozenset({"event", "index"})
_NAMED: Final = re.compile(r">#(\d+)<")


@dataclass(frozen=True)
class Viewer:
    """A column: the role it stands for, whose hands, and for HR the purpose of the look."""

    role: str
    actor: str
    unit: str | None = None
    purpose: str | None = None


def viewer_of(column: str, case: Case) -> Viewer:
    """Who looks in a column at a case. Its person and its unit's head are the case's own."""
    if column == "person":
        return Viewer("SUBJECT", case.actor.id, case.actor.unit_id)
    if column == "unit head":
        return Viewer("UNIT_HEAD", f"head-{case.key}", case.unit)
    return {
        "own HR": Viewer("HR", "hr-1", PERSONNEL, "PROMOTE"),
        "recruiting HR": Viewer("HR", "hr-1", PERSONNEL, "RECRUIT"),
        "public": Viewer("PUBLIC", "anybody"),
        "auditor": Viewer("AUDITOR", "auditor-1"),
        "decider": Viewer("DECIDER", "decider-1", "CREDIT-OFFICE"),
        "reviewer": Viewer("REVIEWER", "reviewer-1", PERSONNEL),
    }[column]


@dataclass(frozen=True)
class Answer:
    """What a door said. `status` is HTTP's, or the command line's exit status."""

    door: str
    status: int
    text: str
    json: Any = None

    @property
    def given(self) -> bool:
        return self.status in (0, 200)

    def entries(self) -> set[int]:
        """The entries that the answer names."""
        if self.json is not None:
            return set(_indexes(self.json))
        return {int(number) for number in _NAMED.findall(self.text)}

    def members(self, name: str) -> list[Any]:
        """What stands under a name anywhere in the answer."""
        return list(_members(self.json, name))


def _indexes(value: Any) -> Iterator[int]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "events":
                yield from (one for one in inner if isinstance(one, int))
            if name in _NUMBERED and isinstance(inner, int):
                yield inner
            yield from _indexes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _indexes(inner)


def _members(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if name in value:
            yield value[name]
        for inner in value.values():
            yield from _members(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner, name)


class Doors:
    """The doors of one ledger, which the command line opens by its address."""

    def __init__(self, url: str, house: House) -> None:
        self.url, self.house = url, house
        self.pages = Pages(house.ledger, house.app)
        self._callers: dict[Viewer, Caller] = {}
        self._readers: dict[Viewer, Browser] = {}
        self._kept: dict[tuple[str, str], dict[str, Answer]] = {}

    def answers(self, column: str, case: Case, *, anew: bool = False) -> dict[str, Answer]:
        """Everything the doors answer a column about a case, by door; asked once, unless `anew`."""
        if anew or (column, case.key) not in self._kept:
            viewer = viewer_of(column, case)
            found = [*self.command_line(viewer, case), *self.http(viewer, case), *self.html(viewer, case)]
            answers = {answer.door: answer for answer in found}
            if anew:
                return answers
            self._kept[column, case.key] = answers
        return self._kept[column, case.key]

    def command_line(self, viewer: Viewer, case: Case) -> Iterator[Answer]:
        """`file`, for a person's case `check`; to a unit's head and the public the unit's file and score as well."""
        yield self._run("cli file", viewer, "file", case.subject)
        if case.check is not None:
            yield self._run("cli check", viewer, "check", case.check)
        if viewer.role in ("UNIT_HEAD", "PUBLIC"):
            if not case.of_unit:
                yield self._run("cli unit", viewer, "file", case.unit)
            yield self._run("cli score", viewer, "score", case.unit)

    def _run(self, door: str, viewer: Viewer, *command: str) -> Answer:
        asked = [*command, "--as-of", DAY, "--viewer", viewer.role, "--json", "--db", self.url]
        for option, value in (("--unit", viewer.unit), ("--purpose", viewer.purpose)):
            asked += [option, value] if value is not None else []
        done = CliRunner().invoke(command_line, asked)
        said = json.loads(done.stdout) if done.stdout else None
        return Answer(door, done.exit_code, done.stdout + done.stderr, said)

    def http(self, viewer: Viewer, case: Case) -> Iterator[Answer]:
        """The file, the record by itself, the check, and to a unit's head and the public the unit's file and score."""
        caller = self._caller(viewer)
        subject, unit, breach = (case.uids[kind] for kind in ("subject", "unit", "breach"))
        asked = [("http file", f"subjects/{subject}/integrity-file", viewer.purpose)]
        asked += [("http breach", f"breaches/{breach}", viewer.purpose)]
        if case.check is not None:
            asked += [("http check", f"eligibility-checks/{case.uids['check']}", None)]
        if viewer.role in ("UNIT_HEAD", "PUBLIC"):
            asked += [] if case.of_unit else [("http unit", f"subjects/{unit}/integrity-file", None)]
            asked += [("http score", f"units/{unit}/score", None)]
        if viewer.role == "PUBLIC":
            with self.today():
                answer = caller.get(f"/v1/public/units/{unit}/breaches")
            yield Answer("http public", answer.status_code, answer.text, answer.json())
        for door, path, purpose in asked:
            answer = caller.get(f"/v1/{path}", as_of=DAY, purpose=purpose)
            yield Answer(door, answer.status_code, answer.text, answer.json())

    def _caller(self, viewer: Viewer) -> Caller:
        if viewer.role == "PUBLIC":
            return self.house.stranger()
        if viewer not in self._callers:
            self._callers[viewer] = self.house.caller(viewer.actor, viewer.role, viewer.unit)
        return self._callers[viewer]

    @contextmanager
    def today(self) -> Iterator[None]:
        """The ledger's clock on the day of the answers: what is public is public today."""
        ledger = self.house.ledger
        real, ledger.clock = ledger.clock, lambda: datetime.combine(date.fromisoformat(DAY), time(12), CST)
        try:
            yield
        finally:
            ledger.clock = real

    def html(self, viewer: Viewer, case: Case) -> Iterator[Answer]:
        """Every page that could tell of a case, whether or not it is this viewer's."""
        if viewer not in self._readers:
            self._readers[viewer] = (
                self.pages.visitor()
                if viewer.role == "PUBLIC"
                else self.pages.reader(viewer.actor, viewer.role, viewer.unit)
            )
        reader = self._readers[viewer]
        asked = {f"page {path}": (path, {"as_of": DAY}) for path in PAGES}
        if viewer.role == "AUDITOR":
            asked["page /unit-score"][1]["unit"] = case.uids["unit"]
        if viewer.role == "PUBLIC":
            with self.today():
                public = reader.get(f"/public/units/{case.uids['unit']}")
            yield Answer("page /public/units", public.status_code, public.text)
        if case.check is not None:
            asked["page /eligibility"] = (f"/eligibility/{case.uids['check']}", {"as_of": DAY})
        for door, (path, query) in asked.items():
            answer = reader.get(path, **query)
            yield Answer(door, answer.status_code, answer.text)
