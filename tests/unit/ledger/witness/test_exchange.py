"""One HTTP exchange: certificates are verified, and the time limit holds in a handshake as well."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ledger.witness.exchange import Answer, NoAnswer, exchange


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, signed by itself, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "w1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


class Hello(BaseHTTPRequestHandler):
    """Says hello."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        """Says nothing else."""


@pytest.fixture
def secure(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = HTTPServer(("127.0.0.1", 0), Hello)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_certificate_nobody_vouches_for_is_refused(secure: str) -> None:
    with pytest.raises(NoAnswer) as refused:
        exchange("GET", secure, None, timeout_seconds=20)
    assert "SSLCertVerificationError" in refused.value.detail


def test_a_certificate_that_is_known_is_accepted(
    secure: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert exchange("GET", secure, None, timeout_seconds=20) == Answer(200, "text/plain", b"hello")


def test_a_certificate_of_another_name_is_refused(
    secure: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(NoAnswer):
        exchange("GET", secure.replace("127.0.0.1", "localhost"), None, timeout_seconds=20)


@contextmanager
def trickling(first: bytes) -> Iterator[int]:
    """The port of a server that sends these bytes, and then one now and then for as long as somebody reads."""
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(first)
                while not over.wait(0.05):
                    connection.sendall(b"\x01")

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        over.set()
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("scheme", "first"),
    [
        ("https", b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"),  # a handshake record that never ends
        ("http", b"HTTP/1.1 200 OK\r\n"),
        ("http", b"HTTP/1.1 200 OK\r\n\r\n"),
        ("http", b""),
    ],
)
def test_the_time_limit_is_for_the_whole_and_not_for_each_byte(scheme: str, first: bytes) -> None:
    started = time.monotonic()
    with trickling(first) as port, pytest.raises(NoAnswer):
        exchange("GET", f"{scheme}://127.0.0.1:{port}/", None, timeout_seconds=0.5)
    assert time.monotonic() - started < 15
