"""`token`: issued, listed and revoked by the operator; the secret is printed once and lies nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.application import Ledger
from ledger.tokens import Token, Tokens
from tests.unit.api.cli.conftest import Run


def issued(run: Run, *arguments: str) -> dict[str, Any]:
    result = run("token", "issue", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def stands_for(secret: str) -> Token | None:
    ledger = Ledger.open("sqlite:///integrity.db")
    try:
        return Tokens(ledger).find(secret)
    finally:
        ledger.close()


def test_an_issued_token_stands_for_its_holder(golden: Run) -> None:
    answer = issued(golden, "--actor", "clerk-7", "--role", "hr", "--unit", "PERSONNEL", "--days", "30")
    found = stands_for(answer["secret"])

    assert found is not None
    assert (found.viewer.actor, found.viewer.role, found.viewer.unit) == ("clerk-7", "HR", "PERSONNEL")
    assert answer["token"]["id"] == found.id
    assert answer["token"]["state"] == "VALID"
    assert (found.expires_at - found.issued_at).days == 30


def test_the_list_names_them_without_their_secrets(golden: Run) -> None:
    answers = [
        issued(golden, "--actor", "auditor-1", "--role", "AUDITOR"),
        issued(golden, "--actor", "P1", "--role", "SUBJECT"),
    ]
    result = golden("token", "list", "--json")
    tokens = json.loads(result.stdout)["tokens"]

    assert tokens == [answer["token"] for answer in answers]
    assert not any(answer["secret"] in result.output for answer in answers)


def test_a_revoked_token_stands_for_nobody(golden: Run) -> None:
    answer = issued(golden, "--actor", "auditor-1", "--role", "AUDITOR")
    result = golden("token", "revoke", answer["token"]["id"], "--json")

    assert json.loads(result.stdout) == {"revoked": answer["token"]["id"]}
    assert stands_for(answer["secret"]) is None
    assert json.loads(golden("token", "list", "--json").stdout)["tokens"][0]["state"] == "REVOKED"


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["issue", "--actor", "x", "--role", "HR"], 3, "unit-required"),
        (["issue", "--actor", "x", "--role", "HR", "--unit", "NOWHERE"], 3, "unknown-unit"),
        (["issue", "--actor", "x", "--role", "SUBJECT"], 3, "unknown-subject"),
        (["issue", "--actor", "x", "--role", "AUDITOR", "--days", "0"], 3, "out-of-range"),
        (["issue", "--actor", "x", "--role", "AUDITOR", "--days", "367"], 3, "out-of-range"),
        (["revoke", "nothing"], 4, "unknown-token"),
    ],
)
def test_what_cannot_be_done_has_its_status_and_code(golden: Run, arguments: list[str], status: int, code: str) -> None:
    result = golden("token", *arguments, "--json")

    assert result.exit_code == status
    assert result.stdout == ""
    assert json.loads(result.stderr)["error"]["code"] == code


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["issue", "--role", "AUDITOR"],
        ["issue", "--actor", "x"],
        ["issue", "--actor", "x", "--role", "SYSTEM"],
        ["issue", "--actor", "x", "--role", "PUBLIC"],
        ["issue", "--actor", "x", "--role", "AUDITOR", "--days", "many"],
        ["revoke"],
    ],
)
def test_a_wrong_command_line_ends_with_status_2(run: Run, arguments: list[str]) -> None:
    result = run("token", *arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_no_secret_and_no_login_lies_in_any_file(golden: Run, tmp_path: Path) -> None:
    answer = issued(golden, "--actor", "zhang.san.7", "--role", "HR", "--unit", "PERSONNEL")
    golden("file", "P1", "--actor", "zhang.san.7", "--viewer", "HR", "--unit", "PERSONNEL")

    files = [path for path in tmp_path.iterdir() if path.name.startswith("integrity.db")]
    assert {"integrity.db", "integrity.db.access", "integrity.db.keys"} <= {path.name for path in files}
    for path in files:
        data = path.read_bytes()
        for told in ("zhang.san", answer["secret"], answer["secret"].removeprefix("ilt_")):
            assert told.encode() not in data, path.name


@pytest.mark.parametrize(("language", "words"), [("zh", "密文只显示这一次"), ("en", "shown this once")])
def test_the_pages_speak_both_languages(golden: Run, language: str, words: str) -> None:
    issue = ("token", "issue", "--actor", "auditor-1", "--role", "AUDITOR", "--lang", language)
    assert words in golden(*issue).stdout

    listed = golden("token", "list", "--lang", language).stdout
    assert "auditor-1" in listed
    assert ("有效" if language == "zh" else "Valid") in listed


def test_no_tokens_is_an_answer(golden: Run) -> None:
    assert "There are no tokens." in golden("token", "list").stdout
