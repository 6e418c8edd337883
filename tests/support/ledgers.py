"""A small real ledger on either database: two units, two people, a clock to set, and its key files in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.application import Ledger
from ledger.line import Line
from ledger.opening import create
from tests.support.golden import Copy
from tests.support.scene import CREDIT, CREDIT_CODES, ID_NUMBERS, OPENED
from tests.support.storage import SteppingClock

UNITS = ("U1", "U2")
PEOPLE = ("P1", "P2")


@contextmanager
def a_ledger(url: str, folder: Path, clock: SteppingClock) -> Iterator[Ledger]:
    """The ledger, open; its keys lie in `folder`, which `Copy(url, folder)` opens again."""
    with Copy(url, folder).keys_given():
        ledger = create(url, origin="localhost/small", clock=clock)
        try:
            for unit in UNITS:
                ledger.submit(unit_registered(unit))
            for person in PEOPLE:
                ledger.submit(person_registered(person))
            yield ledger
        finally:
            ledger.close()


def unit_registered(ref: str) -> Line:
    """The line that registers one of the units with a credit code."""
    return _registered(ref, kind="UNIT", name=f"示范{ref}", uscc=CREDIT_CODES[ref])


def person_registered(ref: str) -> Line:
    """The line that registers one of the people with an ID number."""
    return _registered(ref, kind="PERSON", name=f"测试者{ref}", id_number=ID_NUMBERS[ref])


def _registered(ref: str, **data: str) -> Line:
    return Line("SubjectRegistered", OPENED, CREDIT, {"subject_id": ref, "region": "230800", **data})


def uid_of(ledger: Ledger, ref: str) -> str:
    """The pseudonym of a registered subject."""
    uid = ledger.uid("subject", ref)
    assert uid is not None
    return uid
