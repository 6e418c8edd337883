"""Webhooks: signed by the standard, to targets of the allow-list only, and ids only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
from contextlib import suppress
from datetime import date
from threading import Thread

import pytest

from api.outbox import webhooks
from api.outbox.webhooks import Message, Target, Undelivered, deliver, message_of, parse_targets, sign, verify
from ledger.errors import Invalid, VerificationError
from projections.notices import TOLD, Notice
from tests.unit.api.outbox.conftest import Receiver

SECRET = bytes(range(32))
WRITTEN = f"whsec_{base64.b64encode(SECRET).decode()}"
NOTICE = Notice(14, "BreachConfirmed", "breach.confirmed.v1", "breach/b-uid", "p-uid", date(2025, 3, 20))
MESSAGE = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}')
NOW = 1_614_265_330


def file(url: str = "https://hooks.example/in", secret: str = WRITTEN, more: str = "") -> bytes:
    return f'[[target]]\nid = "t"\nurl = "{url}"\nsecret = "{secret}"\n{more}\n'.encode()


def test_a_signature_is_that_of_the_published_example() -> None:
    """The example of the Standard Webhooks specification (libraries' own test vector)."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = sign(secret, MESSAGE, NOW)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    verify(secret, headers, MESSAGE.body, NOW)


def test_it_is_the_mac_of_id_time_and_body() -> None:
    signed = f"{MESSAGE.id}.{NOW}.".encode() + MESSAGE.body
    mac = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()

    assert sign(SECRET, MESSAGE, NOW) == {
        "webhook-id": MESSAGE.id,
        "webhook-timestamp": str(NOW),
        "webhook-signature": f"v1,{mac}",
    }


@pytest.mark.parametrize("spoilt", ["webhook-id", "webhook-timestamp", "webhook-signature", "body", "secret", "time"])
def test_a_receiver_refuses_whatever_was_changed(spoilt: str) -> None:
    headers, body, secret, now = sign(SECRET, MESSAGE, NOW), MESSAGE.body, SECRET, NOW
    if spoilt == "body":
        body += b" "
    elif spoilt == "secret":
        secret = bytes(32)
    elif spoilt == "time":
        now += 301
    else:
        headers[spoilt] = {"webhook-timestamp": str(NOW + 1)}.get(spoilt, f"{headers[spoilt]}x")
    with pytest.raises(VerificationError) as caught:
        verify(secret, headers, body, now)
    assert caught.value.code == "webhook-signature"


def test_a_message_holds_ids_only_and_the_same_id_each_time() -> None:
    message = message_of(NOTICE, bytes(32), "2025-03-20T01:00:00.000000Z")

    assert message == message_of(NOTICE, bytes(32), "2025-03-20T01:00:00.000000Z")
    assert json.loads(message.body) == {
        "type": "breach.confirmed.v1",
        "timestamp": "2025-03-20T01:00:00.000000Z",
        "data": {"index": 14, "record_kind": "breach", "uid": "b-uid"},
    }


def test_targets_are_read_with_what_they_want() -> None:
    (target,) = parse_targets(file(more='types = ["BreachNotified"]'), ["hooks.example"])
    (every,) = parse_targets(file(), ["hooks.example"])

    assert target == Target("t", "https://hooks.example/in", SECRET, frozenset({"BreachNotified"}))
    assert every.types == TOLD
    assert "secret" not in repr(target)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (file("http://hooks.example/in"), "target[0].url"),
        (file("https://elsewhere.example/in"), "target[0].url"),
        (file("https://me:pass@hooks.example/in"), "target[0].url"),
        (file("https://hooks.example:port/in"), "target[0].url"),
        (file("ftp://hooks.example/in"), "target[0].url"),
        (file("https:///in"), "target[0].url"),
        (file("https://hooks.example/中"), "target[0].url"),
        (file("https://a..b/in"), "target[0].url"),
        (file("https://[hooks.example/in"), "target[0].url"),
        (file(secret="whsec_c2hvcnQ="), "target[0].secret"),
        (file(secret=WRITTEN.removeprefix("whsec_")), "target[0].secret"),
        (file(secret="whsec_!!"), "target[0].secret"),
        (file(more='types = ["BreachReported"]'), "target[0].types"),
        (file(more="colour = 1"), "target[0].colour"),
        (file() + file(), "target[1].id"),
        (b"", "target"),
    ],
)
def test_a_target_that_may_not_be_is_refused_with_its_field(data: bytes, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_targets(data, ["hooks.example", "a..b"])
    assert (caught.value.code, caught.value.field) == ("bad-webhooks", field)


def test_a_delivery_says_the_three_headers_and_the_body_as_signed(receiver: Receiver) -> None:
    deliver(Target("t", receiver.url, SECRET), MESSAGE, NOW)
    ((headers, body),) = receiver.received

    verify(SECRET, headers, body, NOW)
    assert (body, headers["content-type"]) == (MESSAGE.body, "application/json")


@pytest.mark.parametrize(("status", "gone"), [(500, False), (404, False), (302, False), (410, True)])
def test_whatever_is_not_2xx_is_not_delivered_and_no_redirect_is_followed(
    receiver: Receiver, status: int, gone: bool
) -> None:
    receiver.answers.append(status)
    with pytest.raises(Undelivered) as caught:
        deliver(Target("t", receiver.url, SECRET), MESSAGE, NOW)

    assert caught.value.gone is gone
    assert len(receiver.received) == 1


def test_nobody_there_is_not_delivered() -> None:
    with pytest.raises(Undelivered):
        deliver(Target("t", "http://127.0.0.1:1/", SECRET), MESSAGE, NOW)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/中", "https://a..b/in"])
def test_an_address_that_cannot_be_written_on_the_line_is_undelivered(url: str) -> None:
    with pytest.raises(Undelivered):
        deliver(Target("t", url, SECRET), MESSAGE, NOW)


@pytest.mark.parametrize("trickle", [b"HTTP/1.1 100 Continue\r\n\r\n", b"x"])
def test_a_target_that_trickles_is_hung_up_on(trickle: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "DEADLINE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                while True:
                    connection.sendall(trickle)
                    time.sleep(0.05)

        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(Undelivered):
            deliver(Target("t", f"http://127.0.0.1:{listening.getsockname()[1]}/", SECRET), MESSAGE, NOW)
        thread.join()
