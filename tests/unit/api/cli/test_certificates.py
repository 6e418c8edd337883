"""A certificate by the command line: issued, verified without the ledger, revoked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.clock import day_of, utc_now
from tests.unit.api.cli.conftest import Run

HR = ("--viewer", "HR", "--unit", "PERSONNEL", "--actor", "hr-1")
ID_NUMBER = "11010519491231002X"


@pytest.fixture
def served(golden: Run) -> Run:
    """The worked example, with the result of K2 served today."""
    line = {"type": "EligibilityNotified", "effective_on": day_of(utc_now()).isoformat(), "data": {"check_id": "K2"}}
    line["actor"] = {"id": "hr-1", "role": "HR", "unit_id": "PERSONNEL"}
    Path("served.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    result = golden("import", "served.jsonl")
    assert result.exit_code == 0, result.stderr
    return golden


def issued(run: Run) -> dict[str, Any]:
    result = run("certificate", "issue", "K2", *HR, "--out", "k2.jws", "--json")
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    assert Path("k2.jws").read_text(encoding="ascii") == answer["certificate"] + "\n"
    return answer


def key(run: Run) -> str:
    keys = json.loads(run("key", "list", "--json").stdout)["keys"]
    return next(str(known["vkey"]) for known in keys if known["purpose"] == "certificate-signing")


def codes(answer: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in answer["findings"]]


def test_it_is_checked_without_the_ledger_and_ends_when_it_is_revoked(served: Run) -> None:
    made = issued(served)
    vkey = key(served)
    assert served("certificate", "status-list", "--out", "list.jws").exit_code == 0
    beside = ("--key", vkey, "--status-list", "list.jws", "--subject-id", ID_NUMBER, "--salt", made["salt"])
    told = served("verify", "k2.jws", *beside, "--purpose", "RECRUIT", "--json")
    answer = json.loads(told.stdout)
    assert (told.exit_code, answer["ok"], answer["kind"], answer["level"]) == (0, True, "certificate", "signed")
    assert (answer["claims"]["decision"], answer["claims"]["outcome"]) == ("ELIGIBLE", "CLEAR")

    reason = ("--digest", made["digest"], "--reason", "LOST")
    assert served("certificate", "revoke", "K2", *reason, *HR).exit_code == 0
    assert served("certificate", "revoke", "K2", *reason, *HR).exit_code == 3
    Path("new.jws").write_text(served("certificate", "status-list").stdout, encoding="ascii")
    again = served("verify", "k2.jws", *beside, "--status-list", "new.jws", "--json")
    assert (again.exit_code, codes(json.loads(again.stdout))) == (7, ["revoked"])
    both = served("verify", "k2.jws", "list.jws", "--key", vkey, "--now", "2000-01-01", "--json")
    assert both.exit_code == 6
    assert [codes(one) for one in json.loads(both.stdout)] == [["not-yet-valid"], ["not-yet-valid"]]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_people_read_what_it_says_and_what_was_not_checked(served: Run, language: str) -> None:
    result = served("certificate", "issue", "K2", *HR, "--out", "k2.jws", "--lang", language)
    assert result.exit_code == 0
    assert len(result.stdout) > 600
    page = served("verify", "k2.jws", "--key", key(served), "--lang", language).stdout

    assert ("合格" in page) is True  # in English the Chinese term stands first
    assert ("没有给出状态名单" in page) is (language == "zh")
    assert ("no status list was given" in page) is (language == "en")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("已不再有效", "不是关于这个证件号码和盐值的", "另一把公钥", "没有给出公钥")),
        ("en", ("It is revoked", "not about this ID number and salt", "another key", "no key was given")),
    ],
)
def test_its_reader_is_told_first_why_it_is_not_to_be_accepted(
    served: Run, language: str, words: tuple[str, str, str, str]
) -> None:
    made, vkey = issued(served), key(served)
    log_key = next(
        str(known["vkey"])
        for known in json.loads(served("key", "list", "--json").stdout)["keys"]
        if known["purpose"] == "log-signing"
    )
    name = vkey.partition("+")[0]
    reason = ("--digest", made["digest"], "--reason", "LOST")
    assert served("certificate", "revoke", "K2", *reason, *HR).exit_code == 0
    assert served("certificate", "status-list", "--out", "list.jws").exit_code == 0
    listed = ("--status-list", "list.jws")
    asked = {
        words[0]: (("--key", vkey, *listed), 7),
        words[1]: (("--key", vkey, "--subject-id", ID_NUMBER[:-1] + "3", "--salt", made["salt"]), 6),
        words[2]: (("--key", log_key, *listed), 6),
        words[3]: ((), 7),
    }
    for said, (options, status) in asked.items():
        told = served("verify", "k2.jws", *options, "--lang", language)
        lines = [line for line in told.stdout.splitlines() if line.strip()]
        assert told.exit_code == status
        assert said in lines[1], told.stdout
        assert "被改动" not in told.stdout
        assert "补齐缺失" not in told.stdout
        assert (name in told.stdout) is (said in words[2:])


def test_the_whole_ledger_holds_with_it(served: Run) -> None:
    issued(served)

    assert served("verify", "--json").exit_code == 0


def test_its_key_is_a_file_of_its_own_that_the_doctor_looks_at_and_that_is_kept_with_the_others(served: Run) -> None:
    def told() -> dict[str, str]:
        checks = json.loads(served("doctor", "--json").stdout)["checks"]
        return {check["check"]: check["status"] for check in checks}

    assert "certificate-key" not in told()
    issued(served)
    assert told()["certificate-key"] == "ok"
    Path("integrity.db.certificate-key").chmod(0o644)
    assert told()["certificate-key"] == "problem"
    Path("integrity.db.certificate-key").chmod(0o600)
    assert served("backup", "kept", "--keys-out", "keys").exit_code == 0
    assert Path("keys/integrity.db.certificate-key").read_bytes() == Path("integrity.db.certificate-key").read_bytes()
    assert not list(Path("kept").glob("*certificate-key*"))


def test_a_stranger_is_told_that_there_is_no_such_check(served: Run) -> None:
    assert served("certificate", "issue", "K2", "--viewer", "HR", "--unit", "U1", "--actor", "hr-9").exit_code == 4
    assert served("certificate", "issue", "K2", "--viewer", "AUDITOR").exit_code == 4
    assert served("certificate", "issue", "K9", *HR).exit_code == 4
    assert served("certificate", "status-list", "7").exit_code == 4


@pytest.mark.parametrize(
    "options",
    [("--salt", "ab"), ("--salt", "ab" * 32), ("--subject-id", "x"), ("--now", "soon"), ("--status-list", "no")],
)
def test_half_of_what_is_asked_is_a_usage_error(served: Run, options: tuple[str, ...]) -> None:
    issued(served)

    assert served("verify", "k2.jws", *options).exit_code == 2
