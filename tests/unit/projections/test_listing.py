"""Pages of a list: in the order the records were opened, each row once, with filters, at a position."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from projections.listing import Page, page
from projections.runner import catch_up
from tests.support.small_log import SmallLog, registered_log, uid_of

STATES = ["REPORTED", "NOTIFIED", "REPLIED", "NOTIFIED", "REPORTED", "REPORTED", "NOTIFIED"]
MOVES = {"NOTIFIED": ("BreachNotified", {"reply_due": "2025-03-01"}), "REPLIED": ("BreachReplied", {})}


@pytest.fixture
def log() -> SmallLog:
    """Seven reports about two persons, some of them moved on in the opposite order."""
    log = registered_log()
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "P2", "kind": "PERSON"})
    for number in range(len(STATES)):
        report = {"subject_id": "P1" if number % 2 else "P2", "category": "DUTY", "duty_related": True}
        log.append("BreachReported", "2025-02-01", {"breach_id": f"B{number}", "occurred_on": "2025-01-05", **report})
    for number, state in reversed(list(enumerate(STATES))):
        if state in MOVES:
            kind, data = MOVES[state]
            log.append(kind, "2025-02-02", {"breach_id": f"B{number}", **data})
    return log


@pytest.fixture
def engine(fresh_engine: sa.Engine, log: SmallLog) -> sa.Engine:
    catch_up(log, fresh_engine)
    return fresh_engine


def ids(found: Page) -> list[str]:
    return [row["breach_id"] for row in found.rows]


def walked(engine: sa.Engine, filters: dict[str, Any], limit: int) -> list[list[str]]:
    """The ids of every page, each asked for behind the one before."""
    pages, place = [], -1
    while True:
        found = page(engine, "breaches", filters, after=place, limit=limit)
        pages.append(ids(found))
        if found.last is None:
            return pages
        place = found.last


def test_rows_come_in_the_order_their_records_were_opened(engine: sa.Engine, log: SmallLog) -> None:
    found = page(engine, "breaches", {}, limit=100)

    assert ids(found) == [f"B{number}" for number in range(7)]
    assert [row["state"] for row in found.rows] == STATES
    assert (found.last, found.position) == (None, log.size)


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_pages_hold_every_row_once_and_the_last_says_so(engine: sa.Engine, limit: int) -> None:
    pages = walked(engine, {}, limit)

    assert [one for of_page in pages for one in of_page] == [f"B{number}" for number in range(7)]
    assert all(len(of_page) == limit for of_page in pages[:-1])
    assert pages[-1], "no page is empty for want of looking ahead"


def test_a_filter_keeps_the_rows_that_have_the_value(engine: sa.Engine) -> None:
    assert walked(engine, {"state": "NOTIFIED"}, 2) == [["B1", "B3"], ["B6"]]
    assert walked(engine, {"subject": uid_of("subject", "P1")}, 10) == [["B1", "B3", "B5"]]
    assert walked(engine, {"subject": uid_of("subject", "P1"), "state": "NOTIFIED"}, 10) == [["B1", "B3"]]


def test_a_filter_may_name_several_values_or_none(engine: sa.Engine) -> None:
    assert walked(engine, {"state": ["NOTIFIED", "REPLIED"]}, 10) == [["B1", "B2", "B3", "B6"]]
    assert walked(engine, {"state": []}, 10) == [[]]
    assert walked(engine, {"state": "NOWHERE"}, 10) == [[]]


def test_a_row_that_moves_keeps_its_place_between_two_pages(engine: sa.Engine, log: SmallLog) -> None:
    first = page(engine, "breaches", {}, limit=3)
    log.append("BreachNotified", "2025-02-03", {"breach_id": "B0", "reply_due": "2025-03-01"})
    log.append("BreachReported", "2025-02-03", {"breach_id": "B7", "subject_id": "P1", "duty_related": False})
    catch_up(log, engine)

    assert first.last is not None
    second = page(engine, "breaches", {}, after=first.last, limit=100)
    assert [*ids(first), *ids(second)] == [f"B{number}" for number in range(8)]
    assert second.position == first.position + 2


def test_without_lists_a_page_is_empty(fresh_engine: sa.Engine) -> None:
    assert page(fresh_engine, "breaches", {}, limit=5) == Page([], None, 0)
