"""What days that passed brought with them is written down once, by the ledger itself, and by no two processes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from threading import Thread
from time import sleep

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from api.timers import Timers
from ledger.application import Ledger
from ledger.line import Line
from projections.passed import passed
from projections.runner import catch_up
from tests.support.golden import Copy
from tests.support.http import ADDRESS
from tests.support.ledgers import a_ledger
from tests.support.scene import ABSENT, HR, Scene, a_scene
from tests.support.storage import SteppingClock, check_log


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path / "scene") as opened:
        yield opened


def round_of(scene: Scene, day: str) -> list[str]:
    """The types that a round on a day writes."""
    scene.on_day(day)
    before = scene.ledger.size
    catch_up(scene.ledger, scene.ledger.store.engine)
    Timers(scene.ledger, interval=60).run_once()
    entries = list(scene.ledger.logged(before, scene.ledger.size))
    assert all(entry.actor["role"] == "SYSTEM" and entry.effective_on == date.fromisoformat(day) for entry in entries)
    return [entry.type for entry in entries]


def test_a_reply_period_lapses_on_the_day_after_its_last(scene: Scene) -> None:
    scene.report()
    scene.notify()

    assert round_of(scene, "2025-03-10") == []
    assert round_of(scene, "2025-03-11") == ["ReplyLapsed"]
    assert scene.state("breach", "B1").state == "LAPSED"
    assert round_of(scene, "2025-03-12") == []


def test_a_promise_is_flagged_once_for_each_last_day_it_had(scene: Scene) -> None:
    scene.promise("2025-02-03", due_on="2025-03-31")

    assert round_of(scene, "2025-03-31") == []
    assert round_of(scene, "2025-04-01") == ["CommitmentOverdueFlagged"]
    assert scene.newest().data["days"] == 1
    assert round_of(scene, "2025-04-02") == []
    scene.amend("2025-04-03", new_due_on="2025-05-30", doc={"doc_no": "1", "issuer": "x"})
    assert round_of(scene, "2025-05-31") == ["CommitmentOverdueFlagged"]
    scene.fulfil("2025-06-02")
    assert round_of(scene, "2025-06-03") == []


def test_a_reminder_that_a_history_brought_is_not_written_again(scene: Scene) -> None:
    scene.promise("2025-02-03", due_on="2025-03-31")
    scene.flag_overdue("2025-04-05")

    assert round_of(scene, "2025-04-06") == []


def test_a_bar_that_is_over_is_lifted_and_one_for_life_is_not(scene: Scene) -> None:
    scene.impose("2025-02-10", until="2025-03-31")
    scene.impose("2025-02-11", subject_id="P2", until=None)

    assert round_of(scene, "2025-03-31") == []
    assert round_of(scene, "2025-04-01") == ["SanctionLifted"]
    assert round_of(scene, "2025-04-02") == []


def test_what_was_not_clean_is_left_to_a_human(scene: Scene) -> None:
    """处分期满自动解除 holds for whoever was given no other meanwhile (公务员法 65)."""
    scene.impose("2025-02-10", until="2025-03-31")
    scene.impose("2025-03-01", until="2025-04-30")

    assert round_of(scene, "2025-04-15") == []
    assert round_of(scene, "2025-05-01") == ["SanctionLifted"]


def test_of_a_person_registered_twice_nothing_that_still_runs_is_lifted(scene: Scene) -> None:
    """The two were imposed under two registrations, one while the other ran: only the second ends by itself."""
    scene.impose("2025-02-01", kind="WARNING", until=ABSENT)  # to 2025-08-01
    scene.impose("2025-06-01", subject_id="P2", kind="DEMERIT", until=ABSENT)  # to 2026-08-01, beside the other
    scene.merge("2025-06-10", "P2", "P1")

    assert round_of(scene, "2025-08-02") == round_of(scene, "2026-08-01") == []
    assert round_of(scene, "2026-08-02") == ["SanctionLifted"]
    assert scene.newest().data["kind"] == "DEMERIT"
    assert round_of(scene, "2026-08-03") == []


def test_two_of_one_kind_and_day_under_two_registrations_are_both_lifted(scene: Scene) -> None:
    for subject in ("P1", "P2"):
        scene.impose("2025-02-10", subject_id=subject, until="2025-03-31")
    scene.merge("2025-02-11", "P2", "P1")

    assert round_of(scene, "2025-04-01") == ["SanctionLifted", "SanctionLifted"]
    assert [len(scene.state("subject", one).bars) for one in ("P1", "P2")] == [0, 0]
    assert round_of(scene, "2025-04-02") == []


def test_what_was_done_is_not_read_again(scene: Scene) -> None:
    scene.impose("2025-02-10", until="2025-03-01")
    scene.report()
    scene.notify()
    scene.on_day("2025-03-11")
    catch_up(scene.ledger, scene.ledger.store.engine)
    found = list(passed(scene.ledger, scene.ledger.store.engine, date(2025, 3, 11)))

    assert [one.type for one in found] == ["ReplyLapsed", "SanctionLifted"]
    done = {one.name for one in found}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scene.ledger, "stream", None)
        patch.setattr(scene.ledger, "history", None)
        assert list(passed(scene.ledger, scene.ledger.store.engine, date(2025, 3, 11), done)) == []


def test_nothing_is_written_before_the_lists_were_made(scene: Scene) -> None:
    scene.report()
    scene.notify()
    scene.on_day("2025-03-11")

    assert Timers(scene.ledger, interval=60).run_once() == 0


def test_a_day_that_was_late_is_made_up_for(scene: Scene) -> None:
    """An outage over the last day: the entry says the day it was written, the state is that of the day."""
    scene.report()
    scene.notify()

    assert round_of(scene, "2025-04-20") == ["ReplyLapsed"]
    assert scene.newest().effective_on == date(2025, 4, 20)


def test_the_thread_writes_and_ends(scene: Scene) -> None:
    scene.report()
    scene.notify()
    scene.on_day("2025-03-11")
    catch_up(scene.ledger, scene.ledger.store.engine)
    timers = Timers(scene.ledger, interval=0.05)
    timers.start()
    for _ in range(200):
        if scene.newest().type == "ReplyLapsed":
            break
        timers._stopped.wait(0.05)
    timers.stop()

    assert scene.newest().type == "ReplyLapsed"
    assert timers.healthy


def test_a_round_that_fails_is_seen_at_readyz(scene: Scene) -> None:
    app = create_app(scene.ledger, Settings(timer_interval_seconds=60), timers=True)
    with TestClient(app, base_url=ADDRESS) as client:
        assert client.get("/readyz").json()["checks"]["timers"] == "ok"
        app.state.wiring.timers.healthy = False
        answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["timers"]) == (503, "failing")
    with TestClient(create_app(scene.ledger, Settings()), base_url=ADDRESS) as client:
        assert "timers" not in client.get("/readyz").json()["checks"]


def test_of_several_processes_one_writes(database_url: str, tmp_path: Path) -> None:
    """Two ledgers over one database, as two servers have on PostgreSQL, and threads of each."""
    clock = SteppingClock()
    with a_ledger(database_url, tmp_path, clock) as first, Copy(database_url, tmp_path).keys_given():
        today = first.clock().date()
        for number in range(6):
            data = {
                "commitment_id": f"C{number}", "promisor_id": "U1", "kind": "SERVICE", "text": "按时办结", "weight": 1,
                "due_on": today.isoformat(), "public": True, "on_behalf_of": "U1", "doc": {"doc_no": "1"},
            }  # fmt: skip
            first.submit(Line("CommitmentMade", today, HR, data))
        clock.now += timedelta(days=3)
        catch_up(first, first.store.engine)
        before = first.size
        second = Ledger.open(database_url, clock=clock)
        try:
            rounds = [Thread(target=Timers(one, interval=60).run_once) for one in (first, second, first, second)]
            for thread in rounds:
                thread.start()
            for thread in rounds:
                thread.join()
            for one in (first, second):
                Timers(one, interval=60).run_once()
        finally:
            second.close()
        written = [entry for entry in first.logged(before, first.size) if entry.type == "CommitmentOverdueFlagged"]

        assert sorted(str(entry.data["commitment_id"]) for entry in written) == [f"C{number}" for number in range(6)]
        check_log(first.store, first.origin)


def test_a_server_that_was_told_to_starts_the_thread(scene: Scene) -> None:
    scene.report()
    scene.notify()
    scene.on_day("2025-03-11")
    with TestClient(create_app(scene.ledger, Settings(timer_interval_seconds=0.1))):
        assert scene.newest().type != "ReplyLapsed"
    with TestClient(create_app(scene.ledger, Settings(timer_interval_seconds=0.1), timers=True)):
        for _ in range(200):
            if scene.newest().type == "ReplyLapsed":
                break
            sleep(0.05)

    assert scene.newest().type == "ReplyLapsed"
