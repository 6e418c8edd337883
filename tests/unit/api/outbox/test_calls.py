"""A call's time is bounded and can be ended from outside; whom it trusts is checked before it starts."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from api.outbox.calls import Call, trust
from ledger.errors import Invalid
from tests.support.tls import Authority


def test_a_call_ends_when_its_time_is_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, Call(0.2) as call:
        connection = call.connect("127.0.0.1", silent.getsockname()[1])
        began = time.monotonic()
        assert connection.recv(1) == b""

    assert time.monotonic() - began < 5
    assert call.why(ConnectionResetError()) == "Timeout"


def test_a_call_ends_when_it_is_hung_up_on_in_the_middle_of_a_handshake(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, Call(60) as call:
        timer = Timer(0.2, call.hang_up)
        timer.start()
        began = time.monotonic()
        with pytest.raises((ssl.SSLError, ConnectionError)):
            call.connect("127.0.0.1", silent.getsockname()[1], trust(authority.path))
        timer.join()

    assert time.monotonic() - began < 5


def fill(call: Call, port: int) -> None:
    """Connections until the listener's queue is full and the next one has to wait."""
    for _ in range(8):
        call.connect("127.0.0.1", port)


def test_a_call_ends_while_it_waits_for_a_connection() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with closing(socket.create_connection(("127.0.0.1", port))), Call(60) as call:  # nobody takes the next one
            timer = Timer(0.3, call.hang_up)
            timer.start()
            began = time.monotonic()
            with pytest.raises((ConnectionError, TimeoutError)):
                fill(call, port)
            timer.join()

    assert time.monotonic() - began < 5


def test_nothing_begins_after_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as there, Call(60) as call:
        call.hang_up()
        with pytest.raises(TimeoutError):
            call.connect("127.0.0.1", there.getsockname()[1])


def test_whatever_it_opened_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        with Call() as call:
            connection = call.connect("127.0.0.1", there.getsockname()[1])
        assert connection.fileno() == -1


def test_the_reason_of_a_failure_holds_nothing_that_the_other_side_said() -> None:
    assert Call().why(ConnectionResetError("张三")) == "ConnectionResetError"


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_a_file_of_no_certificates_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Invalid) as caught:
        trust(path)
    assert (caught.value.code, caught.value.field) == ("bad-outbox-ca", "INTEGRITY_OUTBOX_CA")


def test_certificates_and_names_are_always_verified(authority: Authority) -> None:
    for context in (trust(None), trust(authority.path)):
        assert context.check_hostname
        assert context.verify_mode.name == "CERT_REQUIRED"
        assert context.minimum_version.name in ("TLSv1_2", "TLSv1_3")
    assert [one["subject"] for one in trust(authority.path).get_ca_certs()] == [((("commonName", "city"),),)]
