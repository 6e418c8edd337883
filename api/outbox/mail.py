"""Notices by e-mail: that there is one, its number and where to read it. What it says stays in the ledger.

A password goes over TLS, or to this machine, or nowhere: `parse_server` refuses anything else. Addresses are no part
of the ledger: a file of the operator's says which person reads mail where. Whoever does not stand in it gets none. A
message has the same Message-ID however often it is tried.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final
from urllib.parse import unquote, urlsplit

from api.outbox.calls import LOOPBACK, Call, Undelivered
from api.text.catalogue import Text
from api.text.language import Language
from ledger.errors import Invalid
from ledger.rulebook.toml_table import Table
from projections.notices import Notice

CODE: Final = "bad-mail"
PERMANENT: Final = range(500, 600)  # RFC 5321 §4.2.1: the same is refused again
CLOSING: Final = 421  # RFC 5321 §3.8: the server takes no more just now
STARTTLS: Final = "smtp+starttls"
_PORTS: Final = {"smtp": 25, "smtps": 465, STARTTLS: 587}
_REQUIRED: Final = "starttls=required"


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over: smtp, smtps, or smtp that must be upgraded to TLS first."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_server(url: str) -> Server:
    """`smtp://[USER:PASSWORD@]HOST[:PORT][?starttls=required]`, also smtps and smtp+starttls; `Invalid` with code
    `bad-mail` otherwise, with `mail-password-in-clear` where a password would leave this machine without TLS."""
    try:
        parts = urlsplit(url if url.isascii() else "")
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")  # as a connection does: no empty or overlong label
    except ValueError:
        host, port = None, None
    plain = host is not None and parts.path in ("", "/") and not parts.fragment and port != 0
    if not plain or parts.scheme not in _PORTS or parts.query not in ("", _REQUIRED):
        raise _bad("smtp://, smtps:// or smtp+starttls:// and a host")
    assert host is not None
    scheme = STARTTLS if parts.scheme == "smtp" and parts.query else parts.scheme
    user, password = (None if one is None else unquote(one) for one in (parts.username, parts.password))
    if (user is None) != (password is None) or not f"{user}{password}".isascii():
        raise _bad("a user and a password, both in ASCII, or neither")
    if user is not None and scheme == "smtp" and host not in LOOPBACK:
        raise Invalid(
            "a password needs TLS: write smtps:// or smtp+starttls://",
            code="mail-password-in-clear",
            field="INTEGRITY_SMTP_URL",
        )
    return Server(scheme, host, port or _PORTS[parts.scheme], user, password)


def _bad(what: str) -> Invalid:
    return Invalid(what, code=CODE, field="INTEGRITY_SMTP_URL")


def is_address(mail: str) -> bool:
    """Whether it can stand in a message and on the line: ASCII, one @ between two parts."""
    name, at, host = mail.partition("@")
    fit = mail.isascii() and mail.isprintable() and not set(mail) & set(' <>,;:\\"()[]')
    return fit and bool(name and at and host) and "@" not in host


def parse_addresses(data: bytes) -> dict[str, str]:
    """Caller's id → address, from a TOML file of `[[address]]`s with `subject` and `mail`; `Invalid` `bad-mail`."""
    root = Table.parse(data, code=CODE)
    found: dict[str, str] = {}
    for table in root.tables("address"):
        subject, mail = table.text("subject"), table.text("mail")
        if not is_address(mail):
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


class _Session(smtplib.SMTP):
    """A session over a call's connection: its time is bounded, and its TLS is the call's.

    `_get_socket` is smtplib's own and not promised: a Python that asks it no more fails the tests over TLS.
    """

    def __init__(self, server: Server, call: Call, context: ssl.SSLContext) -> None:
        self._call, self._context = call, context if server.scheme == "smtps" else None
        super().__init__(server.host, server.port)

    def _get_socket(self, host: str, port: int, timeout: float | None) -> socket.socket:
        return self._call.connect(host, port, self._context)


def hand_over(server: Server, mail: EmailMessage, call: Call, context: ssl.SSLContext) -> None:
    """One try; `Undelivered` where the server does not take it, `refused` where it never will for this message or its
    mailbox. A mailbox or message that is refused for now says nothing about the next one."""
    try:
        session = _opened(server, call, context)
        try:
            session.send_message(mail)
        finally:
            with suppress(OSError, smtplib.SMTPException):  # it was taken or not: the farewell changes neither
                session.quit()
            session.close()
    except smtplib.SMTPRecipientsRefused as error:
        ((code, _),) = error.recipients.values()
        raise Undelivered(str(code), refused=code in PERMANENT, unreachable=code == CLOSING) from None
    except smtplib.SMTPDataError as error:
        code = error.smtp_code
        raise Undelivered(str(code), refused=code in PERMANENT, unreachable=code == CLOSING) from None
    except (OSError, smtplib.SMTPException) as error:  # before anything was said of this message
        why = str(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else call.why(error)
        raise Undelivered(why, unreachable=True) from None
    except ValueError as error:  # what cannot be written on the line
        raise Undelivered(call.why(error)) from None


def _opened(server: Server, call: Call, context: ssl.SSLContext) -> smtplib.SMTP:
    session = _Session(server, call, context)
    try:
        if server.scheme == STARTTLS:
            session.starttls(context=context)
        if server.user is not None:
            session.login(server.user, server.password or "")
    except BaseException:
        session.close()
        raise
    return session
