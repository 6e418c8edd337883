"""The outbox that an operator set: its targets, their addresses and whom they trust, all checked before it starts."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from api.outbox.backlog_file import check_place
from api.outbox.calls import Call, trust
from api.outbox.mail import hand_over, is_address, letter, parse_addresses, parse_server
from api.outbox.outbox import Outbox
from api.outbox.schedule import Schedule
from api.outbox.webhooks import Target, deliver, message_of, parse_targets
from api.outbox.worker import Channel
from api.pages.addresses import MY_FILE
from ledger.errors import Invalid
from ledger.storage.address import is_sqlite, path_of
from projections.notices import Notice

if TYPE_CHECKING:
    from api.settings import Settings
    from ledger.application import Ledger

SUFFIX: Final = ".outbox"
MAIL: Final = "mail"


def outbox_of(ledger: Ledger, settings: Settings, now: Callable[[], float] = time) -> Outbox | None:
    """The outbox that an operator set; None without one. `Invalid` where what was set cannot be used."""
    if not is_set(settings):
        return None
    context = trust(settings.outbox_ca)
    channels = [_webhook(target, context, now) for target in _targets(settings)]
    if settings.smtp_url is not None:
        channels.append(_mail(ledger, settings, context))
    schedule = Schedule(settings.outbox_first_wait_seconds, settings.outbox_longest_wait_seconds, settings.outbox_tries)
    path, interval = place_of(settings, ledger.store.url), settings.outbox_interval_seconds
    check_place(path)
    return Outbox(ledger, tuple(channels), path, schedule, interval=interval, now=now)


def is_set(settings: Settings) -> bool:
    """Whether there is anybody to be told."""
    return settings.webhooks is not None or settings.smtp_url is not None


def place_of(settings: Settings, url: str) -> Path:
    """Where the outbox of a ledger keeps what waits; `Invalid` with code `outbox-file-missing` where nobody said."""
    if settings.outbox is not None:
        return settings.outbox
    if not is_sqlite(url):
        raise Invalid("say where the outbox keeps its place", code="outbox-file-missing", field="INTEGRITY_OUTBOX")
    return Path(f"{path_of(url)}{SUFFIX}")


def _targets(settings: Settings) -> tuple[Target, ...]:
    if settings.webhooks is None:
        return ()
    return parse_targets(_read(settings.webhooks, "bad-webhooks", "INTEGRITY_WEBHOOKS"), settings.webhook_hosts)


def _read(path: Path, code: str, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise Invalid("the file cannot be read", code=code, field=name) from None


def _webhook(target: Target, context: ssl.SSLContext, now: Callable[[], float]) -> Channel:
    def compose(notice: Notice, leaf: bytes, recorded_at: str) -> Callable[[Call], None]:
        message = message_of(notice, leaf, recorded_at)
        return lambda call: deliver(target, message, int(now()), call, context)

    return Channel(f"webhook:{target.id}", lambda notice: notice.type in target.types, compose)


def _mail(ledger: Ledger, settings: Settings, context: ssl.SSLContext) -> Channel:
    if settings.smtp_from is None or settings.smtp_addresses is None or settings.public_url is None:
        raise Invalid(
            "mail needs a sender, addresses and the pages' address", code="bad-mail", field="INTEGRITY_SMTP_URL"
        )
    assert settings.smtp_url is not None
    server = parse_server(settings.smtp_url.get_secret_value())
    sender, addresses = settings.smtp_from, settings.smtp_addresses
    if not is_address(sender):
        raise Invalid("a sender is one address", code="bad-mail", field="INTEGRITY_SMTP_FROM")
    link = f"{_pages(settings.public_url)}{MY_FILE}"

    known: dict[str, str] = {}

    def prepare() -> None:
        read = parse_addresses(_read(addresses, "bad-mail", "INTEGRITY_SMTP_ADDRESSES"))
        known.clear()
        known.update(read)

    prepare()

    def address(notice: Notice) -> str | None:
        names = map(ledger.caller_id, ledger.relations().group(notice.subject))
        return next((known[name] for name in names if name in known), None)

    def compose(notice: Notice, leaf: bytes, recorded_at: str) -> Callable[[Call], None] | None:
        to = address(notice)
        if to is None:
            return None
        mail = letter(notice, leaf.hex()[:32], sender=sender, to=to, link=link)
        return lambda call: hand_over(server, mail, call, context)

    return Channel(MAIL, lambda notice: address(notice) is not None, compose, prepare)


def _pages(url: str) -> str:
    """The pages' address without a last slash; `Invalid` where no reader could follow it."""
    try:
        parts = urlsplit(url)
        fit = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        fit = False
    if not fit or not url.isascii() or not url.isprintable() or " " in url:
        raise Invalid("http or https and a host", code="bad-mail", field="INTEGRITY_PUBLIC_URL")
    return url.rstrip("/")
