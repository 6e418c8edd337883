"""Where mail is handed over and who reads it: what an operator writes, checked before anything is sent."""

from __future__ import annotations

import socket
import time
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest

from api.outbox.calls import Call, Undelivered, trust
from api.outbox.mail import Server, hand_over, is_address, letter, parse_addresses, parse_server
from ledger.errors import Invalid
from projections.notices import Notice
from tests.support.receivers import Mailbox, keeping
from tests.support.tls import Authority

NOTICE = Notice(14, "BreachConfirmed", "breach.confirmed.v1", "breach/b-uid", "p-uid", date(2025, 3, 20))


MAIL = letter(NOTICE, "abc", sender="l@city.example", to="p@x.example", link="https://x")
SECURED = ["smtps", "smtp+starttls"]


def hand(server: Server, mail: EmailMessage = MAIL, *, authorities: Path | None = None, seconds: float = 30) -> None:
    """One try of a letter."""
    with Call(seconds) as call:
        hand_over(server, mail, call, trust(authorities))


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1", Server("smtp", "127.0.0.1", 25)),
        ("smtp://mail.example/", Server("smtp", "mail.example", 25)),
        ("smtp://me:p%40ss@localhost", Server("smtp", "localhost", 25, "me", "p@ss")),
        ("smtps://mail.example", Server("smtps", "mail.example", 465)),
        ("smtps://me:p%40ss@mail.example", Server("smtps", "mail.example", 465, "me", "p@ss")),
        ("smtp+starttls://me:p%40ss@mail.example:2587", Server("smtp+starttls", "mail.example", 2587, "me", "p@ss")),
        (
            "smtp://me:p%40ss@mail.example?starttls=required",
            Server("smtp+starttls", "mail.example", 25, "me", "p@ss"),
        ),
    ],
)
def test_a_mail_server_is_named_by_its_address(url: str, server: Server) -> None:
    assert parse_server(url) == server
    assert "p@ss" not in repr(parse_server(url))


@pytest.mark.parametrize(
    "url",
    [
        "", "mail.example", "http://mail.example", "smtp://", "smtp://a:b", "smtp://a/b", "smtp://a:0", "smtp://a..b",
        "smtp://mail.example?starttls=optional", "smtp://mail.example#x", "smtp://邮件.example", "smtps://me@a.example",
        "smtps://me:%E4%B8%AD@a.example",
    ],
)  # fmt: skip
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_server(url)
    assert (caught.value.code, caught.value.field) == ("bad-mail", "INTEGRITY_SMTP_URL")


@pytest.mark.parametrize("host", ["mail.example", "10.0.0.5", "127.0.0.1.example", "[2001:db8::1]"])
def test_a_password_leaves_this_machine_over_tls_only(host: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_server(f"smtp://me:p%40ss@{host}")
    assert (caught.value.code, caught.value.field) == ("mail-password-in-clear", "INTEGRITY_SMTP_URL")
    assert "p@ss" not in str(caught.value)


def test_addresses_are_by_the_id_that_callers_know() -> None:
    data = b'[[address]]\nsubject = "P1"\nmail = "a@b.example"\n[[address]]\nsubject = "P2"\nmail = "c@d.example"\n'

    assert parse_addresses(data) == {"P1": "a@b.example", "P2": "c@d.example"}


@pytest.mark.parametrize(
    ("mail", "field"),
    [
        ('"nobody"', "address[0].mail"),
        ('"a@b@c"', "address[0].mail"),
        ('"a@b.example\\nBcc: x@y.example"', "address[0].mail"),
        ('"a b@c.example"', "address[0].mail"),
        ('"a@b.example"\nname = "x"', "address[0].name"),
    ],
)
def test_an_address_that_is_none_is_refused_with_its_field(mail: str, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_addresses(f'[[address]]\nsubject = "P1"\nmail = {mail}\n'.encode())
    assert (caught.value.code, caught.value.field) == ("bad-mail", field)


def test_a_letter_has_the_same_id_each_time_and_says_the_number_in_both_languages() -> None:
    made = [
        letter(NOTICE, "abc", sender="l@city.example", to="p@x.example", link="https://x/my-file") for _ in range(2)
    ]

    assert made[0]["Message-ID"] == made[1]["Message-ID"] == "<abc@city.example>"
    assert "14" in made[0]["Subject"]
    body = made[0].get_content()
    assert body.count("https://x/my-file") == 2
    assert "b-uid" in body
    assert "p-uid" not in body


@pytest.mark.parametrize("mail", ["a@b", "first.last+tag@mail.example"])
def test_an_address_is_one_on_the_line(mail: str) -> None:
    assert is_address(mail)


@pytest.mark.parametrize("mail", ["", "@b", "a@", "a@b@c", "a b@c", "A <a@b>", "a@b,c@d", "a@b\r\nx", "中@b", '"a"@b'])
def test_what_is_more_than_an_address_is_none(mail: str) -> None:
    assert not is_address(mail)


def test_a_server_that_cannot_now_is_tried_again(mailbox: Mailbox) -> None:
    mailbox.busy = 1
    server = Server("smtp", "127.0.0.1", mailbox.port)
    with pytest.raises(Undelivered) as caught:
        hand(server)
    assert (caught.value.unreachable, caught.value.refused) == (True, False)
    hand(server)

    assert mailbox.to == ["p@x.example"]


def test_nobody_there_is_undelivered() -> None:
    with pytest.raises(Undelivered) as caught:
        hand(Server("smtp", "127.0.0.1", 1))
    assert caught.value.unreachable


def test_what_cannot_be_written_on_the_line_is_undelivered() -> None:
    with pytest.raises(Undelivered):
        hand(Server("smtp", "a..b", 25))


@pytest.mark.parametrize(
    ("at", "said", "refused", "server_too"),
    [
        ("at_rcpt", "550 no such mailbox", True, False),
        ("at_rcpt", "450 busy", False, False),
        ("at_rcpt", "421 closing", False, True),
        ("at_data", "554 not this one", True, False),
        ("at_data", "451 later", False, False),
        ("at_data", "421 closing", False, True),
    ],
)
def test_an_answer_is_of_the_mailbox_or_of_the_server_for_now_or_for_good(
    mailbox: Mailbox, at: str, said: str, refused: bool, server_too: bool
) -> None:
    setattr(mailbox, at, {"p@x.example": said})
    with pytest.raises(Undelivered) as caught:
        hand(Server("smtp", "127.0.0.1", mailbox.port))

    assert (caught.value.refused, caught.value.unreachable) == (refused, server_too)
    assert (str(caught.value), mailbox.letters) == (said[:3], [])


def test_what_was_taken_is_taken_whatever_the_farewell(mailbox: Mailbox) -> None:
    mailbox.farewell = "421 in a hurry"
    hand(Server("smtp", "127.0.0.1", mailbox.port))

    assert mailbox.to == ["p@x.example"]


# Over TLS, to a real server on loopback.


@pytest.mark.parametrize("scheme", SECURED)
def test_over_tls_it_is_handed_over_and_the_password_is_inside(authority: Authority, scheme: str) -> None:
    with keeping(authority.server(), starttls=scheme == "smtp+starttls") as mailbox:
        hand(Server(scheme, "127.0.0.1", mailbox.port, "me", "p@ss"), authorities=authority.path)

    assert mailbox.to == ["p@x.example"]
    assert mailbox.logins == [("\0me\0p@ss", True)]


@pytest.mark.parametrize("scheme", SECURED)
@pytest.mark.parametrize("wrong", ["another authority", "another name", "expired", "no authority of ours"])
def test_a_wrong_certificate_gets_neither_letter_nor_password(
    authority: Authority, tmp_path: Path, scheme: str, wrong: str
) -> None:
    context = authority.server()
    if wrong == "another authority":
        context = Authority.make(tmp_path, "another").server()
    elif wrong == "another name":
        context = authority.server("127.0.0.2")
    elif wrong == "expired":
        context = authority.server(days=-1)
    trusted = None if wrong == "no authority of ours" else authority.path
    with keeping(context, starttls=scheme == "smtp+starttls") as mailbox, pytest.raises(Undelivered) as caught:
        hand(Server(scheme, "127.0.0.1", mailbox.port, "me", "p@ss"), authorities=trusted)

    assert (str(caught.value), caught.value.unreachable) == ("SSLCertVerificationError", True)
    assert (mailbox.letters, mailbox.logins, mailbox.tried) == ([], [], [])


def test_a_server_without_tls_gets_nothing_where_tls_is_required(mailbox: Mailbox) -> None:
    with pytest.raises(Undelivered) as caught:
        hand(Server("smtp+starttls", "127.0.0.1", mailbox.port, "me", "p@ss"))

    assert (str(caught.value), caught.value.unreachable) == ("SMTPNotSupportedError", True)
    assert (mailbox.letters, mailbox.logins, mailbox.tried) == ([], [], [])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_that_says_nothing_is_hung_up_on(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(Undelivered) as caught:
            hand(Server(scheme, "127.0.0.1", silent.getsockname()[1]), seconds=0.3)

    assert (str(caught.value), caught.value.unreachable) == ("Timeout", True)
    assert time.monotonic() - began < 5
