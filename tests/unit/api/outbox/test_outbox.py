"""Each notice leaves once, again after a failure, by one process, and whatever is wrong with one holds up no other."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.outbox.backlog import forget, resume, standings
from api.outbox.backlog_file import OutboxUnavailable
from api.outbox.channels import outbox_of, place_of
from api.outbox.outbox import Outbox
from api.outbox.schedule import Schedule
from api.outbox.worker import Channel
from api.settings import Settings
from ledger.errors import Invalid
from ledger.line import LineActor
from projections.notices import Notice
from tests.support.receivers import Mailbox, Receiver
from tests.support.scene import DOCUMENT, Scene
from tests.unit.api.outbox.conftest import (
    PAGE,
    Clock,
    address_book,
    an_outbox,
    by_mail,
    items,
    run_once,
    types,
    webhooks,
)


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds."""
    until = monotonic() + seconds
    while not holds():
        assert monotonic() < until
        sleep(0.02)


def test_nothing_is_set_and_nothing_is_sent(scene: Scene) -> None:
    assert outbox_of(scene.ledger, Settings()) is None


def test_what_was_there_before_is_not_sent(scene: Scene, clock: Clock, receiver: Receiver, tmp_path: Path) -> None:
    scene.report()
    scene.notify()
    made = an_outbox(scene, clock, webhooks=webhooks(tmp_path, receiver.url))

    assert (run_once(made), run_once(made), receiver.received) == (0, 0, [])
    made.stop()


def test_each_notice_is_sent_once_in_the_order_of_the_log(scene: Scene, sending: Outbox, receiver: Receiver) -> None:
    scene.report()
    scene.notify()
    scene.reply()
    scene.confirm()

    assert (run_once(sending), run_once(sending)) == (2, 0)
    assert types(receiver) == ["breach.notified.v1", "breach.confirmed.v1"]
    bodies = b"".join(body for _, body in receiver.received)
    assert b"P1" not in bodies
    assert str(scene.ledger.uid("subject", "P1")).encode() not in bodies


def test_what_a_clerk_recorded_for_somebody_is_sent_to_them(
    scene: Scene, sending: Outbox, receiver: Receiver, mailbox: Mailbox, clock: Clock, tmp_path: Path
) -> None:
    address_book(tmp_path, P1="p1@city.example")
    mailing = by_mail(scene, clock, mailbox, tmp_path, outbox=tmp_path / "mail.outbox")
    assert run_once(mailing) == 0
    scene.consent(by=LineActor("hr-9", "HR", "U2"), on_behalf_of="P1", doc=DOCUMENT)
    scene.consent(consent_id="N2")  # their own word

    assert (run_once(sending), run_once(mailing)) == (1, 1)
    assert (types(receiver), mailbox.to) == (["consent.given.v1"], ["p1@city.example"])
    mailing.stop()


def test_a_case_that_its_subject_was_not_told_of_gives_no_notice(
    scene: Scene, sending: Outbox, receiver: Receiver
) -> None:
    scene.report()
    scene.correct("2025-02-21", "category", "DUTY_PROMISE_2", target_event="BreachReported")

    assert (run_once(sending), receiver.received) == (0, [])


def test_a_failure_is_tried_again_under_the_same_id_after_longer_and_longer(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver
) -> None:
    receiver.answers = [500, 400]
    scene.report()
    scene.notify()

    assert run_once(sending) == 0
    assert (run_once(sending), len(receiver.received)) == (0, 1)  # not yet
    clock.now += 5
    assert (run_once(sending), len(receiver.received)) == (0, 2)
    clock.now += 5
    assert (run_once(sending), len(receiver.received)) == (0, 2)
    clock.now += 5
    assert (run_once(sending), len(receiver.received)) == (1, 3)
    assert len(set(receiver.ids)) == 1
    assert [headers["webhook-timestamp"] for headers, _ in receiver.received] == [
        str(int(clock.now - 15 + ago)) for ago in (0, 5, 15)
    ]


def test_what_is_not_taken_holds_up_nothing_behind_it(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver
) -> None:
    receiver.answers = [500]
    scene.report()
    scene.notify()
    scene.reply()
    scene.confirm()

    assert run_once(sending) == 1
    assert types(receiver) == ["breach.notified.v1", "breach.confirmed.v1"]
    clock.now += 5
    assert (run_once(sending), types(receiver)[2:]) == (1, ["breach.notified.v1"])


def test_after_the_last_try_a_notice_is_undeliverable_and_is_not_lost(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [500, 500, 404]
    scene.report()
    scene.notify()
    for _ in range(5):
        run_once(sending)
        clock.now += 3600

    assert len(receiver.received) == 3
    (standing,) = sending.standings()
    assert (standing.waiting, standing.undeliverable) == (0, 1)
    last = caplog.records[-1]
    assert (last.levelname, last.getMessage()) == ("ERROR", "a notice is undeliverable")
    assert (last.__dict__["target"], last.__dict__["error"]) == ("webhook:t0", "404")
    assert sending.healthy

    assert resume(sending.path, "webhook:t0") == 1  # what an operator does
    assert (run_once(sending), len(receiver.received), len(set(receiver.ids))) == (1, 4, 1)
    assert sending.standings()[0].undeliverable == 0


@pytest.mark.parametrize("answer", [429, 502, 503, 504])
def test_a_target_that_is_busy_is_left_alone_and_told_everything_once_it_answers(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver, answer: int
) -> None:
    receiver.answers = [answer]
    receiver.headers = {"Retry-After": "60"}
    scene.report()
    scene.notify()
    scene.reply()
    scene.confirm()

    assert (run_once(sending), len(receiver.received)) == (0, 1)
    clock.now += 59
    assert (run_once(sending), len(receiver.received)) == (0, 1)
    clock.now += 1
    assert (run_once(sending), len(receiver.received)) == (2, 3)


def test_while_nobody_is_there_the_notices_take_turns_and_all_arrive_afterwards(
    scene: Scene, clock: Clock, receiver: Receiver, tmp_path: Path
) -> None:
    file = webhooks(tmp_path, "http://127.0.0.1:1/hook")
    made = an_outbox(scene, clock, webhooks=file)
    run_once(made)
    scene.report()
    scene.notify()
    scene.reply()
    scene.confirm()
    for _ in range(6):
        run_once(made)
        clock.now += 300
    tries = [item.attempts for item in items(made)]
    assert sum(tries) == 6
    assert min(tries) >= 2
    (standing,) = made.standings()
    assert (standing.waiting, standing.failures, standing.error) == (2, 6, "ConnectionRefusedError")
    made.stop()

    back = an_outbox(scene, clock, webhooks=webhooks(tmp_path, receiver.url))
    clock.now += 300
    assert (run_once(back), sorted(types(receiver))) == (2, ["breach.confirmed.v1", "breach.notified.v1"])
    back.stop()


def test_a_target_that_is_gone_gets_no_more_and_the_others_go_on(
    scene: Scene, clock: Clock, receiver: Receiver, tmp_path: Path
) -> None:
    made = an_outbox(scene, clock, webhooks=webhooks(tmp_path, receiver.url, receiver.url))
    run_once(made)
    receiver.answers = [410]
    scene.report()
    scene.notify()

    assert (run_once(made), len(receiver.received)) == (1, 2)
    scene.reply()
    scene.confirm()
    assert (run_once(made), len(receiver.received)) == (1, 3)
    made.stop()


def test_another_process_goes_on_where_the_first_stopped_and_not_beside_it(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver, tmp_path: Path
) -> None:
    other = an_outbox(scene, clock, webhooks=tmp_path / "webhooks.toml")
    scene.report()
    scene.notify()
    assert (run_once(other), receiver.received) == (0, [])  # the first holds the outbox
    assert run_once(sending) == 1
    sending.stop()
    scene.reply()
    scene.confirm()

    assert (run_once(other), types(receiver)) == (1, ["breach.notified.v1", "breach.confirmed.v1"])
    assert len(set(receiver.ids)) == 2
    other.stop()


def test_a_crash_between_sending_and_noting_it_sends_once_more_under_the_same_id(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver, tmp_path: Path
) -> None:
    file = sending.path
    before = file.read_bytes()
    scene.report()
    scene.notify()
    run_once(sending)
    sending.stop()
    file.write_bytes(before)  # what the disk has if the process ended just then
    restarted = an_outbox(scene, clock, webhooks=tmp_path / "webhooks.toml")

    assert (run_once(restarted), run_once(restarted)) == (1, 0)
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    restarted.stop()


def test_the_thread_sends(scene: Scene, sending: Outbox, receiver: Receiver) -> None:
    scene.report()
    scene.notify()
    sending.start()
    eventually(lambda: bool(receiver.received))
    sending.stop()

    assert types(receiver) == ["breach.notified.v1"]


def test_mail_says_that_there_is_a_notice_and_nothing_of_it(
    scene: Scene, clock: Clock, mailbox: Mailbox, tmp_path: Path
) -> None:
    address_book(tmp_path, P1="p1@example.org")
    mailbox.busy = 1
    made = by_mail(scene, clock, mailbox, tmp_path)
    run_once(made)
    scene.report()
    scene.report(breach_id="B2", subject_id="P2")
    scene.notify()
    scene.notify(breach_id="B2")  # P2 reads no mail
    assert (run_once(made), mailbox.letters) == (0, [])
    clock.now += 5
    assert (run_once(made), run_once(made)) == (1, 0)
    ((sender, to, text),) = mailbox.letters

    assert (sender, to) == ("ledger@city.example", ["p1@example.org"])
    assert "Message-ID: <" in text
    assert "Auto-Submitted: auto-generated" in text
    assert "P1" not in text.replace("p1@example.org", "")
    assert "示范" not in text
    made.stop()


@pytest.mark.parametrize("missing", ["smtp_from", "smtp_addresses", "public_url"])
def test_mail_that_is_half_set_is_refused(scene: Scene, clock: Clock, tmp_path: Path, missing: str) -> None:
    (tmp_path / "addresses.toml").write_text('[[address]]\nsubject = "P1"\nmail = "p1@example.org"\n')
    given = {
        "smtp_from": "a@b.example", "smtp_addresses": tmp_path / "addresses.toml", "public_url": "https://x.example",
    }  # fmt: skip
    given.pop(missing)
    with pytest.raises(Invalid) as caught:
        an_outbox(scene, clock, smtp_url="smtp://127.0.0.1", **given)
    assert caught.value.code == "bad-mail"


def test_a_server_hands_over_what_an_operator_set(scene: Scene, receiver: Receiver, tmp_path: Path) -> None:
    settings = Settings(
        webhooks=webhooks(tmp_path, receiver.url), webhook_hosts=("127.0.0.1",), outbox_interval_seconds=0.1
    )
    place = place_of(settings, scene.ledger.store.url)
    with TestClient(create_app(scene.ledger, settings)):
        eventually(lambda: bool(standings(place)))  # it begins behind what is there
        scene.report()
        scene.notify()
        eventually(lambda: bool(receiver.received))

    assert types(receiver) == ["breach.notified.v1"]


def test_a_file_that_cannot_be_read_stops_the_start(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        create_app(scene.ledger, Settings(webhooks=tmp_path / "nothing.toml"))
    assert caught.value.code == "bad-webhooks"


# The file cannot be used.


def test_a_server_stands_still_while_the_file_is_damaged_and_goes_on_once_it_is_put_back(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sending.stop()
    scene.report()
    scene.notify()
    whole = sending.path.read_bytes()
    sending.path.write_bytes(whole[:PAGE] + b"\xff" * (len(whole) - PAGE))
    again = an_outbox(scene, clock, webhooks=tmp_path / "webhooks.toml", outbox_interval_seconds=0.1)
    again.start()
    eventually(lambda: not again.healthy)
    sending.path.write_bytes(whole)
    eventually(lambda: again.healthy and bool(receiver.received))
    again.stop()

    said = [(one.levelname, one.getMessage(), one.__dict__["error"]) for one in caplog.records]
    assert said == [("ERROR", "the outbox stands still", "outbox-unreadable")]
    assert types(receiver) == ["breach.notified.v1"]


def test_what_was_handed_over_and_could_not_be_noted_is_noted_later_and_not_sent_again(
    scene: Scene, clock: Clock, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.outbox.backlog_file.BUSY_SECONDS", 0.05)
    made = an_outbox(scene, clock, webhooks=webhooks(tmp_path, receiver.url))
    run_once(made)
    scene.report()
    scene.notify()
    with closing(sqlite3.connect(made.path, isolation_level=None, check_same_thread=False)) as other:

        def hold(_: str) -> None:
            other.execute("BEGIN EXCLUSIVE")

        receiver.before = hold
        for _ in range(3):
            with pytest.raises(OutboxUnavailable) as caught:
                run_once(made)
            assert caught.value.code == "outbox-busy"
    receiver.before = lambda _: None

    assert (run_once(made), run_once(made), len(receiver.received)) == (1, 0, 1)
    assert items(made) == []
    made.stop()


# One target that cannot be served.


def test_whatever_is_wrong_with_one_target_every_other_goes_on(
    scene: Scene, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[int] = []

    def spoilt(*_: object) -> None:
        raise ZeroDivisionError

    channels = (
        Channel("spoilt", lambda _: True, spoilt),
        Channel("whole", lambda _: True, lambda notice, *_: lambda _: got.append(notice.index)),
    )
    made = Outbox(scene.ledger, channels, tmp_path / "places", Schedule(5, 60, 3), interval=1.0, now=clock)
    assert (run_once(made), made.healthy) == (0, True)
    scene.report()
    scene.notify()

    assert (run_once(made), run_once(made), len(got), made.healthy) == (1, 0, 1, False)
    assert [record.getMessage() for record in caplog.records] == ["a target cannot be served"]
    made.stop()


def test_whatever_is_wrong_with_one_notice_every_other_goes_on(scene: Scene, clock: Clock, tmp_path: Path) -> None:
    got: list[str] = []

    def send(notice: Notice) -> None:
        if notice.type == "BreachNotified":
            "中".encode("ascii")
        got.append(notice.type)

    channel = Channel("hook", lambda _: True, lambda notice, *_: lambda _: send(notice))
    made = Outbox(scene.ledger, (channel,), tmp_path / "places", Schedule(5, 60, 3), interval=1.0, now=clock)
    run_once(made)
    scene.report()
    scene.notify()
    scene.reply()
    scene.confirm()

    assert (run_once(made), got, made.healthy) == (1, ["BreachConfirmed"], True)
    assert [(item.error, item.attempts) for item in items(made)] == [("UnicodeEncodeError", 1)]
    made.stop()


def test_a_slow_target_holds_up_no_other_and_the_end_waits_for_neither(
    scene: Scene, clock: Clock, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.outbox.outbox.CLOSING_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and says nothing
        urls = (f"http://127.0.0.1:{silent.getsockname()[1]}/", receiver.url)
        made = an_outbox(scene, clock, webhooks=webhooks(tmp_path, *urls), outbox_interval_seconds=0.1)
        run_once(made)
        scene.report()
        scene.notify()
        made.start()
        connection, _ = silent.accept()
        with connection:
            eventually(lambda: bool(receiver.received))
            began = monotonic()
            made.stop()
    assert monotonic() - began < 2
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("outbox-")] == []
    waiting = [(item.target, item.attempts) for item in items(made)]

    assert waiting == [("webhook:t0", 0)]  # what was broken off is as it was, and is sent another time
    assert types(receiver) == ["breach.notified.v1"]


def test_an_address_file_with_an_error_holds_up_mail_alone_until_it_is_mended(
    scene: Scene,
    clock: Clock,
    receiver: Receiver,
    mailbox: Mailbox,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address_book(tmp_path, P1="p1@example.org")
    made = by_mail(scene, clock, mailbox, tmp_path, webhooks=webhooks(tmp_path, receiver.url))
    run_once(made)
    address_book(tmp_path, P1="nobody")
    scene.report()
    scene.notify()
    assert (run_once(made), run_once(made), len(receiver.received), mailbox.letters) == (1, 0, 1, [])
    ((said, error),) = [(one.getMessage(), one.__dict__["error"]) for one in caplog.records]
    assert (said, error, made.healthy) == ("a target cannot be served", "bad-mail", True)  # the ledger itself serves
    address_book(tmp_path, P1="p1@example.org")

    assert (run_once(made), len(mailbox.letters)) == (1, 1)
    made.stop()


def test_a_mailbox_that_is_not_there_holds_up_nobody(
    scene: Scene, clock: Clock, mailbox: Mailbox, tmp_path: Path
) -> None:
    address_book(tmp_path, P1="gone@example.org", P2="p2@example.org")
    mailbox.at_rcpt = {"gone@example.org": "550 no such mailbox"}
    made = by_mail(scene, clock, mailbox, tmp_path)
    run_once(made)
    scene.report()
    scene.report(breach_id="B2", subject_id="P2")
    scene.notify()
    scene.notify(breach_id="B2")

    assert run_once(made) == 1
    assert mailbox.to == ["p2@example.org"]
    assert made.healthy
    assert made.standings()[0].undeliverable == 1
    made.stop()


@pytest.mark.parametrize(
    ("at", "said", "again"),
    [
        ("at_rcpt", "450 mailbox busy", True),
        ("at_rcpt", "452 mailbox full", True),
        ("at_data", "451 greylisted", True),
        ("at_data", "554 not this one", False),
    ],
)
def test_a_mailbox_that_answers_for_itself_holds_up_nobody_else(
    scene: Scene, clock: Clock, mailbox: Mailbox, tmp_path: Path, at: str, said: str, again: bool
) -> None:
    address_book(tmp_path, P1="p1@example.org", P2="p2@example.org")
    setattr(mailbox, at, {"p1@example.org": said})
    made = by_mail(scene, clock, mailbox, tmp_path)
    run_once(made)
    scene.report()
    scene.report(breach_id="B2", subject_id="P2")
    scene.notify()
    scene.notify(breach_id="B2")

    assert (run_once(made), mailbox.to) == (1, ["p2@example.org"])
    getattr(mailbox, at).clear()
    clock.now += 5
    assert (run_once(made), mailbox.to[1:]) == ((1, ["p1@example.org"]) if again else (0, []))
    assert made.standings()[0].undeliverable == (0 if again else 1)
    made.stop()


def test_a_mailbox_at_which_the_server_falls_silent_holds_up_nobody_else(
    scene: Scene, clock: Clock, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.outbox.calls.WAIT_SECONDS", 0.3)
    address_book(tmp_path, P1="p1@example.org", P2="p2@example.org")
    mailbox.silent = {"p1@example.org": 1.0}
    made = by_mail(scene, clock, mailbox, tmp_path)
    run_once(made)
    scene.report()
    scene.report(breach_id="B2", subject_id="P2")
    scene.notify()
    scene.notify(breach_id="B2")
    assert (run_once(made), mailbox.to) == (0, [])
    clock.now += 5

    assert (run_once(made), mailbox.to) == (1, ["p2@example.org"])
    assert [(item.error, item.undeliverable) for item in items(made)] == [("Timeout", False)]
    made.stop()


def test_a_server_that_is_closing_is_left_alone(scene: Scene, clock: Clock, mailbox: Mailbox, tmp_path: Path) -> None:
    address_book(tmp_path, P1="p1@example.org", P2="p2@example.org")
    mailbox.at_rcpt = dict.fromkeys(("p1@example.org", "p2@example.org"), "421 not now")
    made = by_mail(scene, clock, mailbox, tmp_path)
    run_once(made)
    scene.report()
    scene.report(breach_id="B2", subject_id="P2")
    scene.notify()
    scene.notify(breach_id="B2")

    assert (run_once(made), len(mailbox.tried)) == (0, 1)
    mailbox.at_rcpt.clear()
    clock.now += 5
    assert (run_once(made), sorted(mailbox.to)) == (2, ["p1@example.org", "p2@example.org"])
    made.stop()


def test_whoever_left_the_address_book_before_it_was_sent_gets_none(
    scene: Scene, clock: Clock, mailbox: Mailbox, tmp_path: Path
) -> None:
    address_book(tmp_path, P1="p1@example.org")
    mailbox.at_rcpt = {"p1@example.org": "450 mailbox busy"}
    made = by_mail(scene, clock, mailbox, tmp_path)
    run_once(made)
    scene.report()
    scene.notify()
    run_once(made)
    address_book(tmp_path, P2="p2@example.org")
    clock.now += 5

    assert (run_once(made), mailbox.letters, made.standings()[0].waiting) == (0, [], 0)
    made.stop()


def test_mail_goes_to_the_address_of_whichever_registration_has_one(
    scene: Scene, clock: Clock, mailbox: Mailbox, tmp_path: Path
) -> None:
    address_book(tmp_path, P1="p1@example.org")
    scene.merge("2025-02-01", "P1", "P2")
    made = by_mail(scene, clock, mailbox, tmp_path)
    run_once(made)
    scene.report(subject_id="P2")
    scene.notify()

    assert (run_once(made), mailbox.to) == (1, ["p1@example.org"])
    made.stop()


def test_a_target_that_was_given_up_is_named_then_and_at_each_start_and_nothing_else_of_it(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [410]
    scene.report()
    scene.notify()
    run_once(sending)
    sending.stop()
    again = an_outbox(scene, clock, webhooks=tmp_path / "webhooks.toml")
    run_once(again)
    again.stop()

    said = [(one.levelname, one.getMessage(), one.__dict__["target"]) for one in caplog.records]
    assert said == [("WARNING", "a target was given up", "webhook:t0")] * 2
    assert "127.0.0.1" not in caplog.text


def test_a_target_that_was_forgotten_while_a_server_runs_begins_anew(
    scene: Scene, sending: Outbox, receiver: Receiver
) -> None:
    receiver.answers = [500]
    scene.report()
    scene.notify()
    run_once(sending)
    assert forget(sending.path, "webhook:t0") == 1

    assert (run_once(sending), len(receiver.received)) == (0, 1)
    scene.reply()
    scene.confirm()
    assert (run_once(sending), types(receiver)[1:]) == (1, ["breach.confirmed.v1"])


def test_a_target_that_wants_no_more_is_told_again_once_an_operator_says_so(
    scene: Scene, sending: Outbox, receiver: Receiver
) -> None:
    receiver.answers = [410]
    scene.report()
    scene.notify()
    scene.reply()
    scene.confirm()
    assert (run_once(sending), run_once(sending), len(receiver.received)) == (0, 0, 1)
    resume(sending.path, "webhook:t0")

    assert (run_once(sending), sorted(set(types(receiver)))) == (2, ["breach.confirmed.v1", "breach.notified.v1"])
