"""`outbox` and what `doctor` says of it: who is told, whom nothing reaches, what nobody took, and trying it anew."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from api.outbox.backlog import Backlog, Item
from tests.unit.api.cli.conftest import Run


@pytest.fixture
def begun(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A ledger whose outbox has three targets: one served, one gone, one out of reach with an undeliverable notice."""
    run("init")
    monkeypatch.setenv("INTEGRITY_WEBHOOKS", "webhooks.toml")
    backlog = Backlog.take(Path("integrity.db.outbox"))
    assert backlog is not None
    for target in ("mail", "webhook:old", "webhook:t"):
        backlog.begin(target, 0)
    backlog.take_in("mail", [4], 5)
    backlog.take_in("webhook:t", [3, 4], 5)
    backlog.close_target("webhook:old", "410")
    backlog.pause("webhook:t", 0.0, "SSLCertVerificationError")
    backlog.give_up("webhook:t", 3, "500")
    backlog.release()
    return run


def test_the_list_says_how_each_target_stands_and_what_nobody_took(begun: Run) -> None:
    result = begun("outbox", "list", "--json")
    answer = json.loads(result.stdout)

    assert result.exit_code == 0
    assert {one["target"]: (one["waiting"], one["undeliverable"], one["gone"]) for one in answer["targets"]} == {
        "mail": (1, 0, False),
        "webhook:old": (0, 0, True),
        "webhook:t": (1, 1, False),
    }
    assert answer["undeliverable"] == [{"target": "webhook:t", "index": 3, "attempts": 1, "error": "500"}]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ["发件箱", "不再接收", "连接不上", "送不出的通知", "SSLCertVerificationError"]),
        ("en", ["Outbox", "Wants no more", "Out of reach", "Undeliverable notices", "SSLCertVerificationError"]),
    ],
)
def test_the_list_can_be_read(begun: Run, language: str, words: list[str]) -> None:
    page = begun("outbox", "list", "--lang", language).stdout

    assert [word for word in words if word not in page] == []


def test_the_doctor_names_what_is_to_be_mended(begun: Run) -> None:
    result = begun("doctor", "--json")
    found = [
        (check["check"], check["status"], check["value"])
        for check in json.loads(result.stdout)["checks"]
        if check["check"] in ("outbox", "target-gone", "target-unreachable", "undeliverable")
    ]

    assert result.exit_code == 7
    assert found == [
        ("outbox", "ok", "mail 1, webhook:old 0, webhook:t 1"),
        ("target-gone", "problem", "webhook:old"),
        ("target-unreachable", "notice", "webhook:t SSLCertVerificationError"),
        ("undeliverable", "problem", "webhook:t 1"),
    ]
    for language in ("zh", "en"):
        assert "integrity outbox resume" in begun("doctor", "--lang", language).stdout


def test_what_was_given_up_is_tried_anew_and_the_doctor_is_content(begun: Run) -> None:
    assert json.loads(begun("outbox", "resume", "webhook:t", "--json").stdout) == {
        "target": "webhook:t",
        "resumed": 1,
    }
    assert "0" in begun("outbox", "resume", "webhook:old").stdout
    result = begun("doctor", "--json")
    backlog = Backlog.take(Path("integrity.db.outbox"))
    assert backlog is not None

    assert result.exit_code == 0, result.stdout
    assert backlog.due("webhook:t", 0.0) == Item(3, 0)
    backlog.release()


def test_it_is_tried_anew_while_a_server_holds_the_outbox(begun: Run) -> None:
    held = Backlog.take(Path("integrity.db.outbox"))
    assert held is not None
    begun("outbox", "resume", "webhook:t")

    assert held.due("webhook:t", 0.0) == Item(3, 0)
    held.release()


def test_a_target_that_is_forgotten_is_nobodys_trouble_any_more(begun: Run) -> None:
    assert json.loads(begun("outbox", "forget", "webhook:t", "--json").stdout) == {
        "target": "webhook:t",
        "forgotten": 2,
    }
    assert "0" in begun("outbox", "forget", "webhook:old").stdout
    answer = json.loads(begun("outbox", "list", "--json").stdout)

    assert ([one["target"] for one in answer["targets"]], answer["undeliverable"]) == (["mail"], [])
    assert begun("doctor").exit_code == 0


@pytest.mark.parametrize("command", ["resume", "forget"])
def test_a_target_that_nobody_knows_is_not_found(begun: Run, command: str) -> None:
    result = begun("outbox", command, "webhook:nobody", "--json")

    assert result.exit_code == 4
    assert json.loads(result.stderr)["error"]["code"] == "no-such-outbox-target"


def test_before_a_server_has_run_there_is_nothing_to_list(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init")
    assert "outbox" not in {check["check"] for check in json.loads(run("doctor", "--json").stdout)["checks"]}
    monkeypatch.setenv("INTEGRITY_WEBHOOKS", "webhooks.toml")
    (found,) = (check for check in json.loads(run("doctor", "--json").stdout)["checks"] if check["check"] == "outbox")

    assert (found["status"], found["value"]) == ("notice", "not-begun")
    assert json.loads(run("outbox", "list", "--json").stdout) == {"targets": [], "undeliverable": []}
    assert not Path("integrity.db.outbox").exists()


def test_a_file_of_something_else_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init")
    monkeypatch.setenv("INTEGRITY_WEBHOOKS", "webhooks.toml")
    Path("integrity.db.outbox").write_text("[]")
    result = run("doctor", "--json")
    (found,) = (check for check in json.loads(result.stdout)["checks"] if check["check"] == "outbox")

    assert (result.exit_code, found["status"], found["value"]) == (7, "problem", "outbox-unreadable")


def test_a_damaged_file_is_said_and_the_doctor_goes_on(begun: Run) -> None:
    file = Path("integrity.db.outbox")
    file.write_bytes(file.read_bytes()[:4096] + b"\xff" * 20_480)
    result = begun("doctor", "--json")
    found = {check["check"]: check for check in json.loads(result.stdout)["checks"]}

    assert (result.exit_code, found["database"]["status"], found["disk"]["status"]) == (7, "ok", "ok")
    assert (found["outbox"]["value"], found["outbox"]["remedy"]) == ("outbox-unreadable", "outbox-copy")
    for language, words in (("zh", ["文件已损坏", "放回备份"]), ("en", ["is damaged", "put back a copy"])):
        page = begun("doctor", "--lang", language).stdout
        assert [word for word in words if word not in page] == []
    for command in (["list"], ["resume", "mail"], ["forget", "mail"]):
        refused = begun("outbox", *command, "--json")
        assert (refused.exit_code, json.loads(refused.stderr)["error"]["code"]) == (5, "outbox-unreadable")


def test_a_file_that_another_program_holds_is_busy_and_not_damaged(begun: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.outbox.backlog_file.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect("integrity.db.outbox", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for command in (["list"], ["resume", "mail"], ["forget", "mail"]):
            refused = begun("outbox", *command, "--json")
            assert (refused.exit_code, json.loads(refused.stderr)["error"]["code"]) == (5, "outbox-busy")
        result = begun("doctor", "--json")
        (found,) = (check for check in json.loads(result.stdout)["checks"] if check["check"] == "outbox")
        assert (result.exit_code, found["value"], found["remedy"]) == (7, "outbox-busy", "outbox-wait")

    assert json.loads(begun("outbox", "resume", "webhook:t", "--json").stdout)["resumed"] == 1


@pytest.mark.parametrize("place", ["nowhere/outbox", "integrity.db/outbox", "."])
def test_a_place_where_no_file_can_be_kept_is_said_before_a_server_starts(
    run: Run, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    run("init")
    monkeypatch.setenv("INTEGRITY_WEBHOOKS", "webhooks.toml")
    monkeypatch.setenv("INTEGRITY_OUTBOX", place)
    result = run("doctor", "--json")
    (found,) = (check for check in json.loads(result.stdout)["checks"] if check["check"] == "outbox")

    assert (result.exit_code, found["status"], found["value"]) == (7, "problem", "bad-outbox")
    assert "INTEGRITY_OUTBOX" in run("doctor").stdout
