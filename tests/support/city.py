"""The fictional city as a ledger of one's own: a copy of one built once, with a clock that stands on its last evening.

A test may move the clock on. What the city holds is the same every time, so tests name its people by what stands in
their files rather than by their ids.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from api.demo import EDITIONS, city_lines
from ledger.application import Ledger
from ledger.certificates import read_check
from ledger.clock import CST
from ledger.line import Line, LineActor, line_of
from ledger.opening import create_from_history
from ledger.rulebook.edition import shipped_edition
from ledger.storage.events import Acknowledgement
from projections.integrity_file import integrity_file
from projections.listing import page
from projections.runner import catch_up
from tests.support.golden import KEY_FILES

EVENING = datetime(2025, 12, 31, 18, 0, tzinfo=CST)
HR = LineActor("hr-1", "HR", "PERSONNEL")
CREDIT = LineActor("credit-1", "CREDIT", "CREDIT-OFFICE")


class City:
    """One ledger with the city in it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.now = EVENING
        ledger.clock = self.clock

    def clock(self) -> datetime:
        """A millisecond later each time it is read."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def pass_time(self, **length: float) -> None:
        self.now += timedelta(**length)

    def act(self, kind: str, actor: LineActor, **data: Any) -> Acknowledgement:
        """One command of today."""
        line = Line(kind, self.now.astimezone(CST).date(), actor, data)
        return self.ledger.submit(line)

    def rows(self, of: str, **columns: str) -> list[dict[str, Any]]:
        """Rows of a list whose columns have these values."""
        catch_up(self.ledger, self.ledger.store.engine)
        return page(self.ledger.store.engine, of, columns, limit=1000).rows

    def subject_with(self, of: str, **columns: str) -> str:
        """The caller's id of a person whose list row has these values."""
        for row in self.rows(of, **columns):
            uid = str(row["subject" if of != "commitments" else "promisor"])
            if self.ledger.kind_of(uid).value == "PERSON":
                return self.ledger.caller_id(uid)
        raise AssertionError(f"nobody in {of} with {columns}")

    def file(self, person: str) -> dict[str, Any]:
        """A person's own file today."""
        today = self.now.astimezone(CST).date()
        return integrity_file(self.ledger, person, as_of=today, as_known=self.ledger.size, viewer="SUBJECT")

    def person_reading(self, state: str, **columns: str) -> tuple[str, dict[str, Any]]:
        """A person, and a breach of theirs that reads this state today, windows and periods included."""
        for row in self.rows("breaches", **columns):
            uid = str(row["subject"])
            if self.ledger.kind_of(uid).value != "PERSON":
                continue
            person = self.ledger.caller_id(uid)
            for breach in self.file(person)["breaches"]:
                if breach["uid"] == row["uid"] and breach["state"] == state:
                    return person, breach
        raise AssertionError(f"nobody reads {state}")

    def check(self, **columns: str) -> str:
        """The pseudonym of a check of the personnel bureau."""
        unit = self.ledger.uid("subject", "PERSONNEL") or ""
        return str(self.rows("checks", requester=unit, **columns)[0]["uid"])

    def final_check(self, *, of_now: bool = True) -> tuple[str, str]:
        """A final check, decided under the edition in force or under an earlier one, and whom it is about."""
        today = self.now.astimezone(CST).date()
        edition = self.ledger.editions(self.ledger.size).on(today).id
        for row in self.rows("checks", state="FINAL"):
            check = read_check(self.ledger, str(row["uid"]), self.ledger.size, today)
            number = self.ledger.identity(check.subject).get("id_number")
            if (check.rulebook == edition) is of_now and check.decision is not None and number is not None:
                return check.uid, self.ledger.caller_id(check.subject)
        raise AssertionError("no such check is final")

    def blocked_check(self) -> str:
        """A new check of somebody who is lawfully listed, evaluated to BLOCK, on a statutory basis."""
        person = next(
            self.ledger.caller_id(str(row["subject"]))
            for row in reversed(self.rows("breaches", record_kind="SEVERE_LIST", state="CONFIRMED"))
        )
        number = len(self.rows("checks"))
        made = self.act(
            "EligibilityCheckRequested",
            HR,
            check_id=f"NEW-{number}",
            subject_id=person,
            purpose="RECRUIT",
            post_ref="2026-001",
            statutory_basis="公务员录用规定 资格审查",
        )
        return next(self.ledger.logged(made.index, made.index + 1)).uid


_KEPT: list[TemporaryDirectory[str]] = []


@cache
def _first_city() -> Path:
    """The folder of the city that others are copies of, made once in a session."""
    folder = TemporaryDirectory(prefix="ledger-city-")
    _KEPT.append(folder)
    lines = [line_of(line, number) for number, line in enumerate(city_lines(), start=1)]
    editions = [shipped_edition(name) for name in EDITIONS]
    with _own_keys():
        ledger = create_from_history(
            f"sqlite:///{folder.name}/city.db",
            lines,
            digest_of=b"the fictional city",
            editions=editions,
            clock=lambda: EVENING,
        )
        catch_up(ledger, ledger.store.engine)
        ledger.close()
    return Path(folder.name)


@contextmanager
def _own_keys() -> Iterator[None]:
    """The key files beside the ledger, whatever the environment says."""
    with pytest.MonkeyPatch.context() as patch:
        for name in KEY_FILES:
            patch.delenv(name, raising=False)
        yield


@contextmanager
def a_city(folder: Path) -> Iterator[City]:
    """A city of one's own in `folder`."""
    shutil.copytree(_first_city(), folder, dirs_exist_ok=True)
    with _own_keys():
        ledger = Ledger.open(f"sqlite:///{folder / 'city.db'}")
    try:
        yield City(ledger)
    finally:
        ledger.close()
