"""Reads at the operator's door are looks: recorded before the answer is printed, or there is no answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.application import Ledger
from ledger.mapper import header_of
from tests.unit.api.cli.conftest import Run

Recorded = Callable[[], list[dict[str, Any]]]
URL = "sqlite:///integrity.db"


@pytest.fixture
def recorded(golden: Run) -> Recorded:
    """The headers of the access log, without entry 0."""

    def headers() -> list[dict[str, Any]]:
        ledger = Ledger.open(URL)
        try:
            return [header_of(row.state) for row in ledger.access.store.entries(1)]
        finally:
            ledger.close()

    return headers


def uid_of(kind: str, ref: str) -> str:
    ledger = Ledger.open(URL)
    try:
        return str(ledger.uid(kind, ref))
    finally:
        ledger.close()


def test_a_file_is_a_look_by_who_asks_and_for_what(golden: Run, recorded: Recorded) -> None:
    asked = ("file", "P1", "--as-of", "2026-06-01", "--as-known", "2026-06-01", "--viewer", "HR")
    result = golden(*asked, "--purpose", "RECRUIT", "--unit", "PERSONNEL", "--actor", "clerk", "--json")
    answer = json.loads(result.stdout)
    [look] = recorded()

    assert look["type"] == "record.accessed.v1"
    assert look["subjects"] == [answer["uid"]]
    assert look["purpose"] == "RECRUIT"
    assert look["actor"]["role"] == "HR"
    assert look["actor"]["unit"] == uid_of("subject", "PERSONNEL")
    assert look["data"] == {
        "scope": ["INTEGRITY_FILE"],
        "consent": uid_of("consent", answer["consent"]["id"]),
        "as_of": "2026-06-01",
        "as_known": answer["size"],
    }


def test_without_a_name_the_operator_looks(golden: Run, recorded: Recorded) -> None:
    golden("file", "P1")
    golden("file", "P1", "--actor", "somebody-else")
    golden("file", "P1")
    first, other, again = recorded()

    assert first["actor"] == again["actor"] != other["actor"]
    assert first["actor"]["role"] == "AUDITOR"
    assert "unit" not in first["actor"]


def test_a_check_is_a_look_at_its_subject(golden: Run, recorded: Recorded) -> None:
    check = json.loads(golden("check", "K1", "--viewer", "HR", "--unit", "PERSONNEL", "--json").stdout)
    [look] = recorded()

    assert look["subjects"] == [check["subject_uid"]]
    assert look["purpose"] == check["purpose"]
    assert look["actor"]["role"] == "HR"
    assert look["data"]["scope"] == ["ELIGIBILITY_CHECK"]
    assert look["data"]["case"] == check["uid"]


def test_a_replay_is_a_look_at_the_log_as_a_whole(golden: Run, recorded: Recorded) -> None:
    golden("replay", "--to", "24")
    [look] = recorded()

    assert look["data"] == {"scope": ["ENTRIES"], "as_known": 24}
    for person in ("P1", "U1"):
        looks = json.loads(golden("access-log", person, "--json").stdout)["looks"]
        assert [one["scope"] for one in looks][-1] == ["ENTRIES"]


def test_a_units_score_is_nobodys_record(golden: Run, recorded: Recorded) -> None:
    assert golden("score", "U1").exit_code == 0
    assert recorded() == []


def test_what_is_unknown_is_no_look(golden: Run, recorded: Recorded) -> None:
    for asked in (["file", "NOBODY"], ["check", "K9"], ["access-log", "NOBODY"]):
        assert golden(*asked).exit_code == 4
    assert recorded() == []


def test_a_read_that_a_rule_refuses_leaves_its_trace(golden: Run, recorded: Recorded) -> None:
    asked = ("file", "P1", "--viewer", "HR", "--unit", "PERSONNEL", "--purpose", "RECRUIT", "--as-of", "2026-05-31")
    result = golden(*asked, "--json")
    [refused] = recorded()

    assert result.exit_code == 3
    assert result.stdout == ""
    assert refused["type"] == "command.refused.v1"
    assert refused["actor"]["role"] == "HR"
    assert refused["data"] == {
        "type": "RecordAccessed", "code": "consent-missing", "target": uid_of("subject", "P1"),
    }  # fmt: skip


def test_whoever_asks_who_looked_looks_too(golden: Run) -> None:
    golden("file", "P1", "--viewer", "HR", "--unit", "PERSONNEL", "--actor", "clerk")
    first = json.loads(golden("access-log", "P1", "--viewer", "SUBJECT", "--json").stdout)
    second = json.loads(golden("access-log", "P1", "--viewer", "AUDITOR", "--json").stdout)

    assert [look["scope"] for look in first["looks"]] == [["INTEGRITY_FILE"]]
    assert [look["scope"] for look in second["looks"]] == [["ACCESS_LOG"], ["INTEGRITY_FILE"]]
    assert [look["unit"] for look in first["looks"]] == ["PERSONNEL"]
    assert "actor" not in first["looks"][0]
    assert "actor" in second["looks"][0]


@pytest.mark.parametrize(("language", "words"), [("zh", "查询留痕"), ("en", "Access log")])
def test_the_page_says_who_looked_in_words(golden: Run, language: str, words: str) -> None:
    golden("file", "P1", "--viewer", "HR", "--unit", "PERSONNEL", "--actor", "clerk-7", "--purpose", "PROMOTE")
    page = golden("access-log", "P1", "--viewer", "SUBJECT", "--lang", language).stdout

    assert page.startswith(f"{words}  P1\n")
    assert ("晋升" if language == "zh" else "promotion") in page
    assert ("诚信档案" if language == "zh" else "integrity file") in page
    assert "clerk-7" not in page


def test_a_page_without_looks_says_so(golden: Run) -> None:
    assert "Nobody has looked yet." in golden("access-log", "P1").stdout


@pytest.mark.parametrize(
    "asked", [["file", "P1"], ["check", "K1"], ["replay"], ["access-log", "P1"], ["file", "P1", "--json"]]
)
def test_no_log_no_answer(golden: Run, asked: list[str]) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"integrity.db.access{suffix}").unlink(missing_ok=True)
    result = golden(*asked)

    assert result.exit_code == 6
    assert result.stdout == ""
    assert "access-log-missing" in result.stderr
    assert golden("score", "U1").exit_code == 0
    assert golden("verify", "--quick").exit_code == 6
    assert golden("migrate").exit_code == 6


def test_a_log_that_cannot_be_written_gives_no_answer(golden: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from ledger.errors import Unavailable
    from ledger.storage.sqlite import SQLiteSession

    commit = SQLiteSession.commit

    def fail(session: SQLiteSession) -> None:
        if "integrity.db.access" in str(session._connection.execute("PRAGMA database_list").fetchall()):
            raise Unavailable("the disk is full; nothing was written", code="disk-full")
        commit(session)

    monkeypatch.setattr(SQLiteSession, "commit", fail)
    result = golden("file", "P1", "--json")

    assert result.exit_code == 5
    assert result.stdout == ""


def test_the_doctor_looks_for_the_log(golden: Run) -> None:
    def found() -> dict[str, Any]:
        checks = json.loads(golden("doctor", "--json").stdout)["checks"]
        return next(check for check in checks if check["check"] == "access-log")

    golden("file", "P1")
    assert found() == {"check": "access-log", "status": "ok", "value": "2", "remedy": None}

    for suffix in ("", "-wal", "-shm"):
        Path(f"integrity.db.access{suffix}").unlink(missing_ok=True)
    assert found() == {"check": "access-log", "status": "problem", "value": "gone", "remedy": "verify"}
    for language in ("zh", "en"):
        assert ("曾经建立" if language == "zh" else "it was made and is gone") in golden(
            "doctor", "--lang", language
        ).stdout


def test_a_verification_speaks_of_the_log_in_both_languages(golden: Run) -> None:
    golden("file", "P1")
    report = json.loads(golden("verify", "--json").stdout)
    assert report["access"]["size"] == 2

    Path("integrity.db.access").unlink()
    assert "查询日志：曾经建立，现在不在" in golden("verify", "--lang", "zh").stdout
    assert "access log: one was made, and it is gone" in golden("verify", "--lang", "en").stdout
