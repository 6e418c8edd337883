"""Notices leave in the order of the log, each once, again after a failure, and by one process."""

from __future__ import annotations

import json
from pathlib import Path
from time import sleep

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.outbox.outbox import Channel, Outbox, outbox_of
from api.outbox.positions import Place, Positions, format_places, parse_places
from api.settings import Settings
from ledger.errors import Invalid, Unavailable
from tests.support.scene import Scene
from tests.unit.api.outbox.conftest import Mailbox, Receiver
from tests.unit.api.outbox.test_webhooks import WRITTEN


class Clock:
    """The machine's time as a test sets it."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


def webhooks(folder: Path, *receivers: Receiver) -> Path:
    path = folder / "webhooks.toml"
    path.write_text(
        "".join(
            f'[[target]]\nid = "t{number}"\nurl = "{one.url}"\nsecret = "{WRITTEN}"\n'
            for number, one in enumerate(receivers)
        )
    )
    return path


def an_outbox(scene: Scene, clock: Clock, **given: object) -> Outbox:
    settings = Settings(webhook_hosts=("127.0.0.1",), **given)  # type: ignore[arg-type]
    made = outbox_of(scene.ledger, settings, clock)
    assert made is not None
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sending(scene: Scene, clock: Clock, receiver: Receiver, tmp_path: Path) -> Outbox:
    """An outbox that has begun: what comes now is sent."""
    made = an_outbox(scene, clock, webhooks=webhooks(tmp_path, receiver), outbox_tries=3)
    assert made.run_once() == 0
    return made


def types(receiver: Receiver) -> list[str]:
    return [json.loads(body)["type"] for _, body in receiver.received]


def test_nothing_is_set_and_nothing_is_sent(scene: Scene) -> None:
    assert outbox_of(scene.ledger, Settings()) is None


def test_what_was_there_before_is_not_sent(scene: Scene, clock: Clock, receiver: Receiver, tmp_path: Path) -> None:
    scene.report()
    scene.notify()
    made = an_outbox(scene, clock, webhooks=webhooks(tmp_path, receiver))

    assert (made.run_once(), made.run_once(), receiver.received) == (0, 0, [])


def test_each_notice_is_sent_once_in_the_order_of_the_log(scene: Scene, sending: Outbox, receiver: Receiver) -> None:
    scene.report()
    scene.notify()
    scene.reply()
    scene.confirm()

    assert (sending.run_once(), sending.run_once()) == (2, 0)
    assert types(receiver) == ["breach.notified.v1", "breach.confirmed.v1"]
    bodies = b"".join(body for _, body in receiver.received)
    assert b"P1" not in bodies
    assert str(scene.ledger.uid("subject", "P1")).encode() not in bodies


def test_a_case_that_its_subject_was_not_told_of_gives_no_notice(
    scene: Scene, sending: Outbox, receiver: Receiver
) -> None:
    scene.report()
    scene.correct("2025-02-21", "category", "DUTY_PROMISE_2", target_event="BreachReported")

    assert (sending.run_once(), receiver.received) == (0, [])


def test_a_failure_is_tried_again_under_the_same_id_after_longer_and_longer(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver
) -> None:
    receiver.answers = [500, 503]
    scene.report()
    scene.notify()

    assert sending.run_once() == 0
    assert (sending.run_once(), len(receiver.received)) == (0, 1)  # not yet
    clock.now += 5
    assert (sending.run_once(), len(receiver.received)) == (0, 2)
    clock.now += 5
    assert (sending.run_once(), len(receiver.received)) == (0, 2)
    clock.now += 5
    assert (sending.run_once(), len(receiver.received)) == (1, 3)
    assert len(set(receiver.ids)) == 1


def test_after_the_last_try_a_notice_is_given_up_and_the_next_goes_out(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver
) -> None:
    receiver.answers = [500, 500, 500]
    scene.report()
    scene.notify()
    scene.reply()
    scene.confirm()
    for _ in range(3):
        sending.run_once()
        clock.now += 3600

    assert types(receiver) == ["breach.notified.v1"] * 3 + ["breach.confirmed.v1"]
    assert sending.run_once() == 0


def test_a_target_that_is_gone_gets_no_more_and_the_others_go_on(
    scene: Scene, clock: Clock, receiver: Receiver, tmp_path: Path
) -> None:
    made = an_outbox(scene, clock, webhooks=webhooks(tmp_path, receiver, receiver))
    made.run_once()
    receiver.answers = [410]
    scene.report()
    scene.notify()

    assert (made.run_once(), len(receiver.received)) == (1, 2)
    scene.reply()
    scene.confirm()
    assert (made.run_once(), len(receiver.received)) == (1, 3)


def test_another_process_goes_on_where_the_first_stopped_and_not_beside_it(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver, tmp_path: Path
) -> None:
    other = an_outbox(scene, clock, webhooks=tmp_path / "webhooks.toml")
    scene.report()
    scene.notify()
    assert (other.run_once(), receiver.received) == (0, [])  # the first holds the outbox
    assert sending.run_once() == 1
    sending.stop()
    scene.reply()
    scene.confirm()

    assert (other.run_once(), types(receiver)) == (1, ["breach.notified.v1", "breach.confirmed.v1"])
    assert len(set(receiver.ids)) == 2
    other.stop()


def test_a_crash_between_sending_and_noting_it_sends_once_more_under_the_same_id(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver, tmp_path: Path
) -> None:
    file = tmp_path / "scene" / "scene.db.outbox"
    before = file.read_bytes()
    scene.report()
    scene.notify()
    sending.run_once()
    sending.stop()
    file.write_bytes(before)  # what the disk has if the process ended just then
    restarted = an_outbox(scene, clock, webhooks=tmp_path / "webhooks.toml")

    assert (restarted.run_once(), restarted.run_once()) == (1, 0)
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    restarted.stop()


def test_the_thread_sends(scene: Scene, sending: Outbox, receiver: Receiver) -> None:
    scene.report()
    scene.notify()
    sending.start()
    for _ in range(200):
        if receiver.received:
            break
        sending._stopped.wait(0.05)
    sending.stop()

    assert types(receiver) == ["breach.notified.v1"]


def test_mail_says_that_there_is_a_notice_and_nothing_of_it(
    scene: Scene, clock: Clock, mailbox: Mailbox, tmp_path: Path
) -> None:
    (tmp_path / "addresses.toml").write_text('[[address]]\nsubject = "P1"\nmail = "p1@example.org"\n')
    mailbox.busy = 1
    made = an_outbox(
        scene,
        clock,
        smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
        smtp_from="ledger@city.example",
        smtp_addresses=tmp_path / "addresses.toml",
        public_url="https://ledger.city.example/",
    )
    made.run_once()
    scene.report()
    scene.report(breach_id="B2", subject_id="P2")
    scene.notify()
    scene.notify(breach_id="B2")  # P2 reads no mail
    assert (made.run_once(), mailbox.letters) == (0, [])
    clock.now += 5
    assert (made.run_once(), made.run_once()) == (1, 0)
    ((sender, to, text),) = mailbox.letters

    assert (sender, to) == ("ledger@city.example", ["p1@example.org"])
    assert "Message-ID: <" in text
    assert "Auto-Submitted: auto-generated" in text
    assert "P1" not in text.replace("p1@example.org", "")
    assert "示范" not in text


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


def test_the_places_are_written_and_read_alike(tmp_path: Path) -> None:
    places = {"mail": Place(7, 2, 12.5), "webhook:t": Place(9, gone=True, dropped=3)}
    positions = Positions(tmp_path / "outbox", places)
    positions.save()

    assert parse_places(format_places(places)) == places
    assert parse_places((tmp_path / "outbox").read_bytes()) == places


@pytest.mark.parametrize("data", [b"", b"[]", b'{"a": 1}', b'{"a": {"position": -1}}', b'{"a": {"place": 1}}'])
def test_a_file_of_something_else_is_not_taken_for_places(data: bytes) -> None:
    with pytest.raises(Unavailable) as caught:
        parse_places(data)
    assert caught.value.code == "outbox-unreadable"


def test_a_server_hands_over_what_an_operator_set(scene: Scene, receiver: Receiver, tmp_path: Path) -> None:
    settings = Settings(
        webhooks=webhooks(tmp_path, receiver), webhook_hosts=("127.0.0.1",), outbox_interval_seconds=0.1
    )
    with TestClient(create_app(scene.ledger, settings)):
        while not (tmp_path / "scene" / "scene.db.outbox").is_file():
            sleep(0.02)  # it begins behind what is there
        scene.report()
        scene.notify()
        for _ in range(200):
            if receiver.received:
                break
            sleep(0.05)

    assert types(receiver) == ["breach.notified.v1"]


def test_a_file_that_cannot_be_read_stops_the_start(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        create_app(scene.ledger, Settings(webhooks=tmp_path / "nothing.toml"))
    assert caught.value.code == "bad-webhooks"


# One target that cannot be served.


def by_mail(scene: Scene, clock: Clock, mailbox: Mailbox, folder: Path, **given: object) -> Outbox:
    return an_outbox(
        scene,
        clock,
        smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
        smtp_from="ledger@city.example",
        smtp_addresses=folder / "addresses.toml",
        public_url="https://ledger.city.example/",
        **given,
    )


def address_book(folder: Path, **known: str) -> None:
    lines = [f'[[address]]\nsubject = "{subject}"\nmail = "{mail}"\n' for subject, mail in known.items()]
    (folder / "addresses.toml").write_text("".join(lines))


def test_whatever_is_wrong_with_one_target_every_other_goes_on(
    scene: Scene, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[int] = []

    def spoilt(*_: object) -> None:
        raise ZeroDivisionError

    channels = (
        Channel("spoilt", lambda _: True, spoilt),
        Channel("whole", lambda _: True, lambda notice, *_: got.append(notice.index)),
    )
    made = Outbox(scene.ledger, channels, tmp_path / "places", interval=1.0, tries=3, now=clock)
    assert (made.run_once(), made.healthy) == (0, True)
    scene.report()
    scene.notify()

    assert (made.run_once(), made.run_once(), len(got), made.healthy) == (1, 0, 1, False)
    assert [record.getMessage() for record in caplog.records] == ["a target cannot be served"]
    made.stop()


def test_an_address_file_with_an_error_holds_up_mail_alone_until_it_is_mended(
    scene: Scene,
    clock: Clock,
    receiver: Receiver,
    mailbox: Mailbox,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address_book(tmp_path, P1="p1@example.org")
    made = by_mail(scene, clock, mailbox, tmp_path, webhooks=webhooks(tmp_path, receiver))
    made.run_once()
    address_book(tmp_path, P1="nobody")
    scene.report()
    scene.notify()
    assert (made.run_once(), made.run_once(), len(receiver.received), mailbox.letters) == (1, 0, 1, [])
    ((said, error),) = [(one.getMessage(), one.__dict__["error"]) for one in caplog.records]
    assert (said, error, made.healthy) == ("a target cannot be served", "bad-mail", True)  # the ledger itself serves
    address_book(tmp_path, P1="p1@example.org")

    assert (made.run_once(), len(mailbox.letters)) == (1, 1)


def test_a_mailbox_that_is_not_there_holds_up_nobody(
    scene: Scene, clock: Clock, mailbox: Mailbox, tmp_path: Path
) -> None:
    address_book(tmp_path, P1="gone@example.org", P2="p2@example.org")
    mailbox.unknown = {"gone@example.org"}
    made = by_mail(scene, clock, mailbox, tmp_path)
    made.run_once()
    scene.report()
    scene.report(breach_id="B2", subject_id="P2")
    scene.notify()
    scene.notify(breach_id="B2")

    assert made.run_once() == 1
    assert [to for _, to, _ in mailbox.letters] == [["p2@example.org"]]
    assert made.healthy


def test_mail_goes_to_the_address_of_whichever_registration_has_one(
    scene: Scene, clock: Clock, mailbox: Mailbox, tmp_path: Path
) -> None:
    address_book(tmp_path, P1="p1@example.org")
    scene.merge("2025-02-01", "P1", "P2")
    made = by_mail(scene, clock, mailbox, tmp_path)
    made.run_once()
    scene.report(subject_id="P2")
    scene.notify()

    assert (made.run_once(), [to for _, to, _ in mailbox.letters]) == (1, [["p1@example.org"]])


def test_a_target_that_was_given_up_is_named_then_and_at_each_start_and_nothing_else_of_it(
    scene: Scene, sending: Outbox, clock: Clock, receiver: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [410]
    scene.report()
    scene.notify()
    sending.run_once()
    sending.stop()
    again = an_outbox(scene, clock, webhooks=tmp_path / "webhooks.toml")
    again.run_once()
    again.stop()

    said = [(one.levelname, one.getMessage(), one.__dict__["target"]) for one in caplog.records]
    assert said == [("WARNING", "a target was given up", "webhook:t0")] * 2
    assert "127.0.0.1" not in caplog.text
