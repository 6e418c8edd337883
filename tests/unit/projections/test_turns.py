"""What the lists name is enough: a role's steps among the named records are those in the whole ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.clock import day_of
from ledger.line import Line, LineActor
from projections.deadlines import Asked, deadlines
from projections.runner import catch_up
from projections.turns import turns_of
from tests.support.city import HR, City, a_city

ROLES = ("DECIDER", "REVIEWER", "CREDIT", "HR", "ASSESSOR")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with a_city(tmp_path_factory.mktemp("city")) as made:
        yield made


def compared(city: City, role: str) -> int:
    ledger = city.ledger
    today, streams = day_of(ledger.clock()), turns_of(ledger, ledger.store.engine, role)
    assert streams is not None
    units = {entry.data.get("requester") for entry in ledger.by_type("EligibilityCheckRequested", ledger.size)}
    found = 0
    for unit in sorted(unit for unit in units if unit) if role == "HR" else [None]:
        asked = Asked(viewer=role, role=role, unit=frozenset({unit} if unit else ()))
        whole = deadlines(ledger, as_of=today, as_known=ledger.size, asked=asked)
        assert deadlines(ledger, as_of=today, as_known=ledger.size, asked=replace(asked, streams=streams)) == whole
        found += len(whole["deadlines"])
    return found


@pytest.mark.parametrize("role", ROLES)
def test_the_named_records_hold_every_step_of_a_role(city: City, role: str) -> None:
    catch_up(city.ledger, city.ledger.store.engine)
    found = compared(city, role)

    assert found > 0 or role in ("REVIEWER", "ASSESSOR")


def test_so_do_they_while_the_lists_lag(city: City) -> None:
    person = city.rows("subjects", kind="PERSON")[0]["uid"]
    before = compared(city, "DECIDER")
    reported = {"breach_id": "NEW-1", "subject_id": person, "category": "DUTY_PROMISE", "proposed_severity": "GENERAL"}
    on = day_of(city.ledger.clock()).isoformat()
    reporter = LineActor("reporter-77", "REPORTER", "U12")
    city.act("BreachReported", reporter, **reported, occurred_on=on, duty_related=False, summary="线索")

    assert compared(city, "DECIDER") == before + 1


@pytest.mark.parametrize("role", ["HR", "DECIDER"])
def test_a_sanction_that_a_human_has_to_lift_is_among_them(city: City, role: str) -> None:
    before = compared(city, role)
    person = city.rows("subjects", kind="PERSON")[1 if role == "HR" else 2]["uid"]
    today, doc = day_of(city.ledger.clock()), {"doc_no": "1", "issuer": "x"}
    first = {"from": (today - timedelta(days=9)).isoformat(), "until": (today + timedelta(days=3)).isoformat()}
    for run in (first, {"from": today.isoformat(), "until": (today + timedelta(days=60)).isoformat()}):
        data = {"subject_id": person, "kind": "RECRUITMENT_BAR", "doc": doc, **run}
        city.ledger.submit(Line("SanctionImposed", date.fromisoformat(run["from"]), HR, data))
    city.pass_time(days=10)

    assert compared(city, role) > before


def test_who_may_have_a_step_of_any_record_reads_everything(city: City) -> None:
    assert [turns_of(city.ledger, city.ledger.store.engine, role) for role in ("DPO", "AUDITOR")] == [None, None]
