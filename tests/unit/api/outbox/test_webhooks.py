"""Webhooks: signed by the standard, to targets of the allow-list only, and ids only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
from contextlib import suppress
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path
from threading import Thread

import pytest

from api.outbox.calls import Call, Undelivered, trust
from api.outbox.webhooks import Message, Target, deliver, message_of, parse_targets, sign, verify
from ledger.errors import Invalid, VerificationError
from projections.notices import MAY_BE_TOLD, Notice
from tests.support.receivers import Receiver, receiving
from tests.support.tls import Authority
from tests.unit.api.outbox.conftest import WRITTEN

SECRET = bytes(range(32))
NOTICE = Notice(14, "BreachConfirmed", "breach.confirmed.v1", "breach/b-uid", "p-uid", date(2025, 3, 20))
MESSAGE = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}')
NOW = 1_614_265_330


def file(url: str = "https://hooks.example/in", secret: str = WRITTEN, more: str = "") -> bytes:
    return f'[[target]]\nid = "t"\nurl = "{url}"\nsecret = "{secret}"\n{more}\n'.encode()


def hand(target: Target, at: int = NOW, *, seconds: float = 30, authorities: Path | None = None) -> None:
    """One try of the message."""
    with Call(seconds) as call:
        deliver(target, MESSAGE, at, call, trust(authorities))


def test_a_signature_is_that_of_the_published_example() -> None:
    """The vector that the reference libraries of Standard Webhooks share (libraries/go/webhook_symmetric_test.go); the
    example in the specification's text comes without its secret."""
    (target,) = parse_targets(file(secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), ["hooks.example"])
    headers = sign(target.secret, MESSAGE, NOW)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    verify(target.secret, headers, MESSAGE.body, NOW)


def test_the_same_vector_holds_among_signatures_of_other_keys_and_versions() -> None:
    other = "Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
    headers = sign(SECRET, MESSAGE, NOW)
    headers["webhook-signature"] = f"v1,{other} v2,{other} {headers['webhook-signature']} v1,{other}"

    verify(SECRET, headers, MESSAGE.body, NOW)


def test_while_a_secret_is_replaced_both_hold() -> None:
    old = bytes(range(1, 33))
    more = f'old_secret = "whsec_{base64.b64encode(old).decode()}"'
    (target,) = parse_targets(file(more=more), ["hooks.example"])
    headers = sign(target.secret, MESSAGE, NOW, target.old_secret)

    for secret in (SECRET, old):
        verify(secret, headers, MESSAGE.body, NOW)
    with pytest.raises(VerificationError):
        verify(bytes(32), headers, MESSAGE.body, NOW)


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
    assert every.types == MAY_BE_TOLD
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
        (file("https://hooks.example/in out"), "target[0].url"),
        (file("https://hooks.example/\\u0007"), "target[0].url"),
        (file("https://hooks.example:0/in"), "target[0].url"),
        (file("https://hooks.example:65536/in"), "target[0].url"),
        (file(more='old_secret = "whsec_"'), "target[0].old_secret"),
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


def test_a_host_is_known_however_it_is_written() -> None:
    (target,) = parse_targets(file("https://Hooks.Example/in"), ["HOOKS.example"])

    assert target.parts.hostname == "hooks.example"


def test_a_delivery_says_the_three_headers_and_the_body_as_signed(receiver: Receiver) -> None:
    hand(Target("t", receiver.url, SECRET))
    ((headers, body),) = receiver.received

    verify(SECRET, headers, body, NOW)
    assert (body, headers["content-type"]) == (MESSAGE.body, "application/json")


@pytest.mark.parametrize(
    ("status", "gone", "busy"),
    [
        (500, False, False),
        (404, False, False),
        (302, False, False),
        (410, True, False),
        (429, False, True),
        (502, False, True),
        (503, False, True),
        (504, False, True),
    ],
)
def test_whatever_is_not_2xx_is_not_delivered_and_no_redirect_is_followed(
    receiver: Receiver, status: int, gone: bool, busy: bool
) -> None:
    receiver.answers.append(status)
    with pytest.raises(Undelivered) as caught:
        hand(Target("t", receiver.url, SECRET))

    assert (caught.value.gone, caught.value.unreachable, str(caught.value)) == (gone, busy, str(status))
    assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_2xx_is_delivered(receiver: Receiver, status: int) -> None:
    receiver.answers.append(status)
    hand(Target("t", receiver.url, SECRET))

    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        (format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True), 90.0),
        (format_datetime(datetime.fromtimestamp(NOW - 90, UTC), usegmt=True), 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 400, 999_999_999.0),
    ],
)
def test_how_long_a_target_asks_to_be_left_alone_is_heard(receiver: Receiver, said: str, seconds: float | None) -> None:
    receiver.answers, receiver.headers = [503], {"Retry-After": said}
    with pytest.raises(Undelivered) as caught:
        hand(Target("t", receiver.url, SECRET))

    assert caught.value.retry_after == seconds


def test_nobody_there_is_not_delivered() -> None:
    with pytest.raises(Undelivered) as caught:
        hand(Target("t", "http://127.0.0.1:1/", SECRET))
    assert caught.value.unreachable


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/中", "https://a..b/in"])
def test_an_address_that_cannot_be_written_on_the_line_is_undelivered(url: str) -> None:
    with pytest.raises(Undelivered):
        hand(Target("t", url, SECRET))


@pytest.mark.parametrize("trickle", [b"HTTP/1.1 100 Continue\r\n\r\n", b"x"])
def test_a_target_that_trickles_is_hung_up_on(trickle: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                while True:
                    connection.sendall(trickle)
                    time.sleep(0.05)

        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(Undelivered) as caught:
            hand(Target("t", f"http://127.0.0.1:{listening.getsockname()[1]}/", SECRET), seconds=0.3)
        thread.join()
    assert str(caught.value) == "Timeout"


# Over TLS, to a real server on loopback.


def test_over_https_it_is_delivered_to_whom_the_authority_vouches_for(authority: Authority) -> None:
    with receiving(authority.server()) as receiver:
        hand(Target("t", receiver.url, SECRET), authorities=authority.path)
        ((headers, body),) = receiver.received

    verify(SECRET, headers, body, NOW)
    assert headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize("wrong", ["another authority", "another name", "expired", "no authority of ours"])
def test_a_wrong_certificate_gets_nothing_and_is_named(authority: Authority, tmp_path: Path, wrong: str) -> None:
    context, trusted = authority.server(), authority.path
    if wrong == "another authority":
        context = Authority.make(tmp_path, "another").server()
    elif wrong == "another name":
        context = authority.server("127.0.0.2")
    elif wrong == "expired":
        context = authority.server(days=-1)
    with receiving(context) as receiver, pytest.raises(Undelivered) as caught:
        hand(
            Target("t", receiver.url, SECRET),
            authorities=None if wrong == "no authority of ours" else trusted,
        )

    assert (str(caught.value), receiver.received) == ("SSLCertVerificationError", [])
    assert caught.value.unreachable
