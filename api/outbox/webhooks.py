"""Signed webhooks (Standard Webhooks 1.0.0): a target is told that an entry of a type is there, by ids only.

`webhook-id` is the same for every try of a message, `webhook-timestamp` is the try's own, `webhook-signature` is
HMAC-SHA256 over id, time and body with the target's secret, and while that is being replaced with the old one as well.
Targets stand in a file; each must be on a host of the allow-list, by https, or by http on loopback. No redirect is
followed. `parse_targets` refuses anything else before anything is sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import json
import ssl
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

from api.outbox.calls import LOOPBACK, Call, Undelivered
from ledger.catalogue import TYPES
from ledger.errors import VerificationError
from ledger.rulebook.toml_table import Table
from projections.notices import MAY_BE_TOLD, Notice

CODE: Final = "bad-webhooks"
PREFIX: Final = "whsec_"
SECRET_BYTES: Final = range(24, 65)  # the standard's bounds
TOLERANCE_SECONDS: Final = 300
GONE: Final = 410
BUSY: Final = frozenset({429, 502, 503, 504})  # the target as a whole is to be left alone for a while


@dataclass(frozen=True, slots=True)
class Target:
    """Who is told: under which id, where, with which secret (and, while it is replaced, which one before), and of which
    types of the catalogue."""

    id: str
    url: str
    secret: bytes = field(repr=False)
    types: frozenset[str] = MAY_BE_TOLD
    old_secret: bytes | None = field(default=None, repr=False)

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)


@dataclass(frozen=True, slots=True)
class Message:
    """One message as every try of it has it."""

    id: str
    body: bytes


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
    url, types = table.text("url"), frozenset(table.texts("types")) if table.has("types") else MAY_BE_TOLD
    if not url.isascii() or not url.isprintable() or " " in url:
        raise table.refuse("url", "an address is ASCII: write other characters in percent or punycode")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")  # as a connection does: no empty or overlong label
    except ValueError:
        raise table.refuse("url", "not an address") from None
    if port == 0:
        raise table.refuse("url", "nobody listens on port 0")
    if parts.username or parts.password or parts.fragment or not host:
        raise table.refuse("url", "an address has a host, and neither a user nor a fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise table.refuse("url", "https, or http on loopback")
    if host not in {one.lower() for one in hosts}:
        raise table.refuse("url", "the host is not on the allow-list")
    if not types <= MAY_BE_TOLD:
        raise table.refuse("types", "types of which somebody is told")
    old = _secret(table, "old_secret") if table.has("old_secret") else None
    return Target(table.text("id"), url, _secret(table, "secret"), types, old)


def _secret(table: Table, name: str) -> bytes:
    text = table.text(name)
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        secret = b""
    if not text.startswith(PREFIX) or len(secret) not in SECRET_BYTES:
        raise table.refuse(name, f"{PREFIX} and 24 to 64 bytes in base64")
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


def sign(secret: bytes, message: Message, at: int, old_secret: bytes | None = None) -> dict[str, str]:
    """The three headers of a message sent at a time (seconds since 1970); with an old secret, two signatures."""
    secrets = (secret,) if old_secret is None else (secret, old_secret)
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{_mac(one, message.id, str(at), message.body)}" for one in secrets),
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


def deliver(target: Target, message: Message, at: int, call: Call, context: ssl.SSLContext) -> None:
    """One try at a time (seconds since 1970); `Undelivered` unless the target answers that it has it (2xx)."""
    parts = target.parts
    host, path = str(parts.hostname), f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    signed = sign(target.secret, message, at, target.old_secret)
    headers = {"Content-Type": "application/json", "User-Agent": "integrity-ledger"} | signed
    secure = parts.scheme == "https"
    try:
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        with closing(kind(host, parts.port)) as connection:
            connection.sock = call.connect(host, connection.port, context if secure else None)
            connection.request("POST", path, body=message.body, headers=headers)
            with closing(connection.getresponse()) as answer:
                status, asked = answer.status, _seconds(answer.getheader("Retry-After"), at)
    except (OSError, http.client.HTTPException) as error:
        raise Undelivered(call.why(error), unreachable=True) from None
    except ValueError as error:  # what cannot be written on the line
        raise Undelivered(call.why(error)) from None
    if not 200 <= status < 300:
        raise Undelivered(str(status), gone=status == GONE, unreachable=status in BUSY, retry_after=asked)


def _seconds(retry_after: str | None, now: int) -> float | None:
    """The seconds of a Retry-After (RFC 9110 §10.2.3): a number, or a date; None where it says neither."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - now)
    except (ValueError, OverflowError):
        return None
