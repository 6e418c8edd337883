"""Signed webhooks (Standard Webhooks): a target is told that an entry of a type is there, by ids only.

`webhook-id` is the same for every try of a message, `webhook-signature` is HMAC-SHA256 over id, time and body with the
target's secret. Targets stand in a file; each must be on a host of the allow-list, by https, or by http on loopback. No
redirect is followed. `parse_targets` refuses anything else before anything is sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import json
import socket
import ssl
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Timer
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ledger.catalogue import TYPES
from ledger.errors import VerificationError
from ledger.rulebook.toml_table import Table
from projections.notices import TOLD, Notice

CODE: Final = "bad-webhooks"
PREFIX: Final = "whsec_"
SECRET_BYTES: Final = range(24, 65)  # the standard's bounds
TIMEOUT_SECONDS: Final = 15.0  # of one wait for bytes
DEADLINE_SECONDS: Final = 30.0  # of a whole try: a target that trickles holds up nobody for longer
TOLERANCE_SECONDS: Final = 300
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Target:
    """Who is told: under which id, where, with which secret, and of which types of the catalogue."""

    id: str
    url: str
    secret: bytes = field(repr=False)
    types: frozenset[str] = TOLD

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)


@dataclass(frozen=True, slots=True)
class Message:
    """One message as every try of it has it."""

    id: str
    body: bytes


class Undelivered(Exception):
    """A try that failed; `gone` where the target wants no more at all, `refused` where it never takes this message."""

    def __init__(self, why: str, *, gone: bool = False, refused: bool = False) -> None:
        super().__init__(why)
        self.gone, self.refused = gone, refused


def parse_targets(data: bytes, hosts: Collection[str]) -> tuple[Target, ...]:
    """The targets from the bytes of their file; `Invalid` with code `bad-webhooks` and the field otherwise."""
    root = Table.parse(data, code=CODE)
    targets: dict[str, Target] = {}
    for table in root.tables("target"):
        target = _target(table, hosts)
        if target.id in targets:
            raise table.refuse("id", "this id stands twice")
        targets[target.id] = target
        table.close()
    root.close()
    return tuple(targets.values())


def _target(table: Table, hosts: Collection[str]) -> Target:
    url, types = table.text("url"), frozenset(table.texts("types")) if table.has("types") else TOLD
    if not url.isascii():
        raise table.refuse("url", "an address is ASCII: write other characters in percent or punycode")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")  # as a connection does: no empty or overlong label
    except ValueError:
        raise table.refuse("url", "not an address") from None
    if parts.username or parts.password or parts.fragment or not host:
        raise table.refuse("url", "an address has a host, and neither a user nor a fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise table.refuse("url", "https, or http on loopback")
    if host not in hosts:
        raise table.refuse("url", "the host is not on the allow-list")
    if not types <= TOLD:
        raise table.refuse("types", "types of which somebody is told")
    return Target(table.text("id"), url, _secret(table), types)


def _secret(table: Table) -> bytes:
    text = table.text("secret")
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        secret = b""
    if not text.startswith(PREFIX) or len(secret) not in SECRET_BYTES:
        raise table.refuse("secret", f"{PREFIX} and 24 to 64 bytes in base64")
    return secret


def message_of(notice: Notice, leaf: bytes, recorded_at: str) -> Message:
    """What is said of a notice: its type, when it was recorded, and ids. The message's id is from the entry's hash."""
    kind, _, uid = notice.stream.partition("/")
    body = {
        "type": TYPES[notice.type].TOPIC,
        "timestamp": recorded_at,
        "data": {"index": notice.index, "record_kind": kind, "uid": uid},
    }
    return Message(f"msg_{leaf.hex()[:32]}", json.dumps(body, sort_keys=True, separators=(",", ":")).encode())


def sign(secret: bytes, message: Message, at: int) -> dict[str, str]:
    """The three headers of a message sent at a time (seconds since 1970)."""
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{_mac(secret, message.id, str(at), message.body)}",
    }


def verify(secret: bytes, headers: dict[str, str], body: bytes, now: int) -> None:
    """What a receiver does; `VerificationError` where the signature does not hold or the time is too far off."""
    try:
        name, at, given = (headers[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
        off = abs(now - int(at))
    except (KeyError, ValueError):
        raise VerificationError("the message has no signature", code="webhook-signature") from None
    if off > TOLERANCE_SECONDS:
        raise VerificationError("the message is of another time", code="webhook-signature")
    wanted = _mac(secret, name, at, body)
    signatures = (one.partition(",") for one in given.split(" "))
    if not any(version == "v1" and hmac.compare_digest(mac, wanted) for version, _, mac in signatures):
        raise VerificationError("the signature does not hold", code="webhook-signature")


def _mac(secret: bytes, name: str, at: str, body: bytes) -> str:
    signed = b".".join((name.encode(), at.encode(), body))
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def deliver(target: Target, message: Message, at: int) -> None:
    """One try of at most `DEADLINE_SECONDS`; `Undelivered` unless the target answers that it has it (2xx)."""
    parts = target.parts
    host, path = str(parts.hostname), f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    headers = {"Content-Type": "application/json", "User-Agent": "integrity-ledger"} | sign(target.secret, message, at)
    try:
        with closing(_connection(parts.scheme, host, parts.port)) as connection, _deadline(connection):
            connection.request("POST", path, body=message.body, headers=headers)
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: what cannot be encoded
        raise Undelivered(type(error).__name__) from None
    if not 200 <= status < 300:
        raise Undelivered(str(status), gone=status == GONE)


@contextmanager
def _deadline(connection: http.client.HTTPConnection) -> Iterator[None]:
    timer = Timer(DEADLINE_SECONDS, _hang_up, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """Whoever waits for bytes from it gets the end of them."""
    with suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
