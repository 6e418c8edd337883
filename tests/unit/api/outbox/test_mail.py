"""Where mail is handed over and who reads it: what an operator writes, checked before anything is sent."""

from __future__ import annotations

from datetime import date

import pytest

from api.outbox.mail import Server, hand_over, letter, parse_addresses, parse_server
from api.outbox.webhooks import Undelivered
from ledger.errors import Invalid
from projections.notices import Notice
from tests.unit.api.outbox.conftest import Mailbox

NOTICE = Notice(14, "BreachConfirmed", "breach.confirmed.v1", "breach/b-uid", "p-uid", date(2025, 3, 20))


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1", Server("smtp", "127.0.0.1", 25)),
        ("smtps://mail.example", Server("smtps", "mail.example", 465)),
        ("smtp+starttls://me:p%40ss@mail.example:2587", Server("smtp+starttls", "mail.example", 2587, "me", "p@ss")),
    ],
)
def test_a_mail_server_is_named_by_its_address(url: str, server: Server) -> None:
    assert parse_server(url) == server
    assert "p@ss" not in repr(parse_server(url))


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "smtp://a:b", "smtp://a/b"])
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_server(url)
    assert caught.value.code == "bad-mail"


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


def test_a_server_that_cannot_now_is_tried_again(mailbox: Mailbox) -> None:
    mailbox.busy = 1
    server = Server("smtp", "127.0.0.1", mailbox.port)
    mail = letter(NOTICE, "abc", sender="l@city.example", to="p@x.example", link="https://x")
    with pytest.raises(Undelivered):
        hand_over(server, mail)
    hand_over(server, mail)

    assert [to for _, to, _ in mailbox.letters] == [["p@x.example"]]


def test_nobody_there_is_undelivered() -> None:
    with pytest.raises(Undelivered):
        hand_over(Server("smtp", "127.0.0.1", 1), letter(NOTICE, "a", sender="a@b", to="c@d", link="x"))


def test_what_cannot_be_written_on_the_line_is_undelivered() -> None:
    with pytest.raises(Undelivered):
        hand_over(Server("smtp", "a..b", 25), letter(NOTICE, "a", sender="a@b", to="c@d", link="x"))


def test_a_mailbox_that_is_not_there_is_refused_for_good_and_a_busy_server_is_not(mailbox: Mailbox) -> None:
    mailbox.unknown, mailbox.busy = {"p@x.example"}, 1
    server, found = Server("smtp", "127.0.0.1", mailbox.port), []
    for _ in range(2):
        with pytest.raises(Undelivered) as caught:
            hand_over(server, letter(NOTICE, "a", sender="l@city.example", to="p@x.example", link="x"))
        found.append(caught.value.refused)

    assert found == [False, True]
