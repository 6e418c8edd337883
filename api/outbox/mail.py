"""Notices by e-mail: that there is one, its number and where to read it. What it says stays in the ledger.

Addresses are no part of the ledger: a file of the operator's says which person reads mail where. Whoever does not stand
in it gets none. A message has the same Message-ID however often it is tried.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final
from urllib.parse import unquote, urlsplit

from api.outbox.webhooks import Undelivered
from api.text.catalogue import Text
from api.text.language import Language
from ledger.errors import Invalid
from ledger.rulebook.toml_table import Table
from projections.notices import Notice

CODE: Final = "bad-mail"
TIMEOUT_SECONDS: Final = 30.0
PERMANENT: Final = 500  # RFC 5321 §4.2.1: the same is refused again
_PORTS: Final = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over: smtp, smtps, or smtp that must be upgraded to TLS first."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_server(url: str) -> Server:
    """`smtp://[USER:PASSWORD@]HOST[:PORT]`, also smtps and smtp+starttls; `Invalid` with code `bad-mail` otherwise."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or parts.scheme not in _PORTS or parts.path not in ("", "/"):
        raise Invalid("smtp://, smtps:// or smtp+starttls:// and a host", code=CODE, field="INTEGRITY_SMTP_URL")
    user, password = (None if one is None else unquote(one) for one in (parts.username, parts.password))
    return Server(parts.scheme, host, port or _PORTS[parts.scheme], user, password)


def parse_addresses(data: bytes) -> dict[str, str]:
    """Caller's id → address, from a TOML file of `[[address]]`s with `subject` and `mail`; `Invalid` `bad-mail`."""
    root = Table.parse(data, code=CODE)
    found: dict[str, str] = {}
    for table in root.tables("address"):
        subject, mail = table.text("subject"), table.text("mail")
        if mail.count("@") != 1 or not mail.isascii() or not mail.isprintable() or " " in mail:
            raise table.refuse("mail", "not an address")
        if subject in found:
            raise table.refuse("subject", "this subject stands twice")
        found[subject] = mail
        table.close()
    root.close()
    return found


def letter(notice: Notice, message_id: str, *, sender: str, to: str, link: str) -> EmailMessage:
    """The message: ids and a link, in both languages, and nothing of what the notice says."""
    record = notice.stream.partition("/")[2]
    mail = EmailMessage()
    texts = [Text(language) for language in (Language.ZH, Language.EN)]
    mail["Subject"] = " / ".join(text("mail.subject", index=notice.index) for text in texts)
    mail["From"], mail["To"], mail["Date"] = sender, to, formatdate(localtime=False)
    mail["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join(text("mail.body", index=notice.index, record=record, link=link) for text in texts))
    return mail


def hand_over(server: Server, mail: EmailMessage) -> None:
    """One try; `Undelivered` where the server does not take it, `refused` where it never will for this mailbox."""
    context = ssl.create_default_context()
    try:
        with (
            smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
            if server.scheme == "smtps"
            else smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        ) as session:
            if server.scheme == "smtp+starttls":
                session.starttls(context=context)
            if server.user is not None:
                session.login(server.user, server.password or "")
            session.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        never = all(code >= PERMANENT for code, _ in error.recipients.values())
        raise Undelivered(type(error).__name__, refused=never) from None
    except (OSError, smtplib.SMTPException, ValueError) as error:  # ValueError: what cannot be encoded
        raise Undelivered(type(error).__name__) from None
