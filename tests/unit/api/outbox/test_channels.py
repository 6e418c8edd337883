"""What an operator sets is checked before a server starts, and holds from end to end: TLS, metrics, log lines."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.observing import JsonLines
from api.outbox.backlog import forget
from api.outbox.channels import place_of
from api.settings import Settings
from ledger.errors import Invalid
from tests.support.receivers import Receiver, keeping, receiving
from tests.support.scene import Scene
from tests.support.tls import Authority
from tests.unit.api.outbox.conftest import PAGE, Clock, address_book, an_outbox, by_mail, run_once, webhooks


@pytest.fixture
def lines() -> Iterator[list[dict[str, object]]]:
    """The outbox's log lines as an operator reads them."""
    found: list[dict[str, object]] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(json.loads(JsonLines().format(record)))

    handler, log = Kept(), logging.getLogger("integrity.outbox")
    log.addHandler(handler)
    yield found
    log.removeHandler(handler)


def test_a_webhook_over_https_is_told_once_its_certificate_is_right(
    scene: Scene, clock: Clock, authority: Authority, tmp_path: Path, lines: list[dict[str, object]]
) -> None:
    with receiving(authority.server()) as receiver:
        file = webhooks(tmp_path, receiver.url)
        other = Authority.make(tmp_path, "another")
        doubting = an_outbox(scene, clock, webhooks=file, outbox_ca=other.path)
        run_once(doubting)
        scene.report()
        notified = scene.notify()
        assert (run_once(doubting), receiver.received) == (0, [])
        doubting.stop()
        (line,) = lines
        assert (line["event"], line["target"], line["index"], line["error"]) == (
            "a notice could not be handed over", "webhook:t0", notified.index, "SSLCertVerificationError",
        )  # fmt: skip
        assert doubting.standings()[0].error == "SSLCertVerificationError"
        clock.now += 5
        trusting = an_outbox(scene, clock, webhooks=file, outbox_ca=authority.path)

        assert (run_once(trusting), len(receiver.received)) == (1, 1)
        assert trusting.standings()[0].error is None
        trusting.stop()


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_mail_over_tls_is_handed_over_with_its_password(
    scene: Scene, clock: Clock, authority: Authority, tmp_path: Path, scheme: str
) -> None:
    address_book(tmp_path, P1="p1@example.org")
    with keeping(authority.server(), starttls=scheme != "smtps") as mailbox:
        url = f"{scheme}://me:p%40ss@127.0.0.1:{mailbox.port}"
        made = by_mail(scene, clock, mailbox, tmp_path, smtp_url=url, outbox_ca=authority.path)
        run_once(made)
        scene.report()
        scene.notify()

        assert (run_once(made), mailbox.to, mailbox.logins) == (1, ["p1@example.org"], [("\0me\0p@ss", True)])
        made.stop()


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"smtp_url": "smtp://me:secret@mail.example"}, "mail-password-in-clear", "INTEGRITY_SMTP_URL"),
        ({"smtp_url": "smtp://mail.example?tls=no"}, "bad-mail", "INTEGRITY_SMTP_URL"),
        ({"smtp_from": "城市 <a@b.example>"}, "bad-mail", "INTEGRITY_SMTP_FROM"),
        ({"public_url": "ledger.city.example"}, "bad-mail", "INTEGRITY_PUBLIC_URL"),
        ({"public_url": "https://账本.example/"}, "bad-mail", "INTEGRITY_PUBLIC_URL"),
        ({"public_url": "https://ledger.example/?x=1"}, "bad-mail", "INTEGRITY_PUBLIC_URL"),
        ({"outbox_ca": "nothing.pem"}, "bad-outbox-ca", "INTEGRITY_OUTBOX_CA"),
        ({"outbox": "nothing/outbox"}, "bad-outbox", "INTEGRITY_OUTBOX"),
        ({"outbox": "addresses.toml/outbox"}, "bad-outbox", "INTEGRITY_OUTBOX"),
        ({"outbox": "."}, "bad-outbox", "INTEGRITY_OUTBOX"),
        ({"webhooks": "webhooks.toml"}, "bad-webhooks", "target[0].url"),
    ],
)
def test_a_server_does_not_start_with_what_could_not_be_served(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], code: str, field: str
) -> None:
    monkeypatch.chdir(tmp_path)
    address_book(tmp_path, P1="p1@example.org")
    webhooks(tmp_path, "http://127.0.0.1:9/通知")
    whole = {
        "smtp_url": "smtps://me:secret@mail.example",
        "smtp_from": "a@b.example",
        "smtp_addresses": "addresses.toml",
        "public_url": "https://ledger.example",
        "webhook_hosts": ("127.0.0.1",),
    }
    with pytest.raises(Invalid) as caught:
        create_app(scene.ledger, Settings(**(whole | given)))
    assert (caught.value.code, caught.value.field) == (code, field)
    assert "secret" not in f"{caught.value} {caught.value!r}"
    create_app(scene.ledger, Settings(**whole))


def test_on_postgresql_somebody_says_where_the_outbox_is(tmp_path: Path) -> None:
    url = "postgresql://127.0.0.1/ledger"
    with pytest.raises(Invalid) as caught:
        place_of(Settings(), url)
    assert (caught.value.code, caught.value.field) == ("outbox-file-missing", "INTEGRITY_OUTBOX")
    assert place_of(Settings(outbox=tmp_path / "outbox"), url) == tmp_path / "outbox"
    assert place_of(Settings(), f"sqlite:///{tmp_path / 'ledger.db'}") == tmp_path / "ledger.db.outbox"


def test_the_metrics_say_what_waits_and_what_nobody_took(scene: Scene, clock: Clock, tmp_path: Path) -> None:
    with receiving() as receiver:
        file = webhooks(tmp_path, receiver.url)
        made = an_outbox(scene, clock, webhooks=file, outbox_tries=1)
        run_once(made)
        receiver.answers = [500]
        scene.report()
        scene.notify()
        run_once(made)
        made.stop()
    app = create_app(scene.ledger, Settings(webhooks=file, webhook_hosts=("127.0.0.1",)))
    text = TestClient(app, base_url="http://127.0.0.1").get("/metrics").text

    for line in ('waiting{target="webhook:t0"} 0.0', 'undeliverable{target="webhook:t0"} 1.0'):
        assert f"integrity_outbox_{line}" in text
    assert str(receiver.port) not in text


def test_the_metrics_say_nothing_of_a_target_that_was_forgotten_nor_of_a_file_that_cannot_be_read(
    scene: Scene, clock: Clock, receiver: Receiver, tmp_path: Path
) -> None:
    file = webhooks(tmp_path, receiver.url, receiver.url)
    made = an_outbox(scene, clock, webhooks=file)
    run_once(made)
    made.stop()
    door = TestClient(
        create_app(scene.ledger, Settings(webhooks=file, webhook_hosts=("127.0.0.1",))), base_url="http://127.0.0.1"
    )

    def told() -> set[str]:
        answer = door.get("/metrics")
        assert answer.status_code == 200
        assert "integrity_entries " in answer.text
        return set(re.findall(r'integrity_outbox_waiting\{target="(.*?)"\}', answer.text))

    assert told() == {"webhook:t0", "webhook:t1"}
    forget(made.path, "webhook:t0")
    assert told() == {"webhook:t1"}
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[:PAGE] + b"\xff" * (len(whole) - PAGE))
    assert told() == set()
    made.path.write_bytes(whole)
    assert told() == {"webhook:t1"}
