"""`import`, `rulebook adopt`, `migrate`, `doctor`: what they write, and how they end."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.cli.importing import joined
from api.cli.verifying import status_of
from api.serving import free_port
from tests.support.shared import shared_path
from tests.unit.api.cli.conftest import Run

SAMPLE = Path(__file__).resolve().parents[4] / "scripts" / "sample"
UNIT: dict[str, Any] = {
    "type": "SubjectRegistered",
    "effective_on": "2026-01-05",
    "actor": {"id": "credit-1", "role": "CREDIT"},
    "data": {
        "subject_id": "U9",
        "kind": "UNIT",
        "name": "示范市档案馆",
        "uscc": "91110000600037341L",
        "region": "230800",
    },
}
UNKNOWN = {**UNIT, "type": "NoSuchThing"}


def history(folder: Path, *lines: object) -> Path:
    path = folder / "more.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_refused_line_stops_the_file_and_nothing_is_written(golden: Run, tmp_path: Path) -> None:
    before = json.loads(golden("replay", "--json").stdout.splitlines()[-1])["index"]
    result = golden("import", history(tmp_path, UNIT, UNKNOWN), "--json")
    answer = json.loads(result.stdout)

    assert result.exit_code == 3
    assert [(line["line"], line["code"]) for line in answer["refused"]] == [(2, "unknown-type")]
    assert json.loads(golden("replay", "--json").stdout.splitlines()[-1])["index"] == before


def test_lines_left_out_are_counted_and_named(golden: Run, tmp_path: Path) -> None:
    result = golden("import", history(tmp_path, UNIT, UNKNOWN), "--skip-refused", "--json")
    answer = json.loads(result.stdout)

    assert result.exit_code == 7
    assert answer["tables"]["more.jsonl"]["imported"] == 1
    assert len(answer["refused"]) == 1
    assert golden("file", "U9").exit_code == 0


def test_a_dry_run_writes_nothing(golden: Run, tmp_path: Path) -> None:
    result = golden("import", history(tmp_path, UNIT), "--dry-run", "--lang", "zh")

    assert result.exit_code == 0
    assert "没有写入任何内容" in result.stdout
    assert golden("file", "U9").exit_code == 4


def test_a_second_import_brings_in_nothing_and_says_why(golden: Run, tmp_path: Path) -> None:
    path = history(tmp_path, UNIT)
    golden("import", path)
    result = golden("import", path, "--json")
    table = json.loads(result.stdout)["tables"]["more.jsonl"]

    assert result.exit_code == 0
    assert (table["imported"], table["reasons"]) == (0, {"already-imported": 1})


def test_what_was_left_out_is_imported_from_the_same_file_once_it_can_be(golden: Run, tmp_path: Path) -> None:
    paper = {"doc_no": "示信〔2026〕9号", "issuer": "示范市信用办", "kind": "DECISION", "digest": "0" * 64}
    fulfilled = {"commitment_id": "C9", "fulfilled_on": "2026-01-05", "evidence": ["ev-9"], "doc": paper}
    kept = {**UNIT, "type": "CommitmentFulfilled", "data": fulfilled}
    path = history(tmp_path, kept)
    first = golden("import", path, "--skip-refused", "--json")
    made = {**UNIT, "type": "CommitmentMade", "actor": {"id": "h", "role": "SUBJECT", "unit_id": "U1"}}
    made["data"] = {"commitment_id": "C9", "promisor_id": "U1", "kind": "SERVICE", "text": "按时办结", "weight": 1}
    made["data"] |= {"due_on": "2026-06-30", "public": True, "doc": paper}
    (tmp_path / "promise.jsonl").write_text(json.dumps(made), encoding="utf-8")
    assert golden("import", tmp_path / "promise.jsonl").exit_code == 0

    again = golden("import", path, "--json")
    once_more = golden("import", path, "--json")

    assert (first.exit_code, again.exit_code, once_more.exit_code) == (7, 0, 0)
    tables = [json.loads(one.stdout)["tables"]["more.jsonl"] for one in (first, again, once_more)]
    assert [table["imported"] for table in tables] == [0, 1, 0]
    assert tables[2]["reasons"] == {"already-imported": 1}


def test_the_page_names_the_rows_that_were_skipped(run: Run) -> None:
    run("init")
    result = run("import", "--mapping", "public-records", SAMPLE)

    assert re.search(r"unit_history +5 +from +a value is missing", result.stdout)


def test_answers_of_several_files_are_joined() -> None:
    first = {"tables": {"a": {"rows": 1}}, "batch": "x", "size": 3, "refused": [{"line": 1}]}
    second = {"tables": {"b": {"rows": 2}}, "batch": "y", "size": 5, "refused": [], "left_out": [{"line": 9}]}

    assert joined([first, second]) == {
        "tables": {"a": {"rows": 1}, "b": {"rows": 2}},
        "batch": "y",
        "size": 5,
        "refused": [{"line": 1}],
        "left_out": [{"line": 9}],
    }
    assert joined([{"tables": {}, "size": 1, "refused": [], "left_out": []}]) == {"tables": {}, "size": 1}


def test_rows_that_the_mapping_lets_be_skipped_refuse_nothing(run: Run) -> None:
    run("init")
    result = run("import", "--mapping", "public-records", "--json", shared_path("data", "real-sample"))
    answer = json.loads(result.stdout)

    assert result.exit_code == 0, result.output
    assert "refused" not in answer
    assert sum(table["skipped"] for table in answer["tables"].values()) == len(answer["left_out"]) > 0
    assert answer["tables"]["breaches"] == {"rows": 877, "imported": 877, "skipped": 0, "reasons": {}}

    again = run("import", "--mapping", "public-records", "--json", shared_path("data", "real-sample"))
    assert again.exit_code == 0
    assert {table["imported"] for table in json.loads(again.stdout)["tables"].values()} == {0}


def test_an_edition_is_adopted_by_two(run: Run) -> None:
    edition = shared_path("golden", "JMS-DEMO-2025.1.toml")
    run("init")
    result = run("rulebook", "adopt", edition, "--approver", "credit-1", "--approver", "legal-1", "--json")
    adopted = json.loads(result.stdout)

    assert adopted["rulebook"] == "JMS-DEMO-2025.1"
    assert adopted["size"] == adopted["index"] + 1


def test_an_edition_is_adopted_once(run: Run) -> None:
    edition = shared_path("golden", "JMS-DEMO-2025.1.toml")
    run("init")
    adopted, again = (run("rulebook", "adopt", edition, "--approver", "a", "--approver", "b") for _ in range(2))

    assert (adopted.exit_code, again.exit_code) == (0, 3)
    assert "already-adopted" in again.stderr


def test_a_damaged_edition_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "edition.toml"
    path.write_text("id = 1", encoding="utf-8")
    run("init")
    result = run("rulebook", "adopt", path, "--approver", "a", "--approver", "b", "--json")

    assert result.exit_code == 3
    assert json.loads(result.stderr)["error"]["code"] == "bad-edition"


def test_a_new_ledger_needs_no_migration(run: Run) -> None:
    run("init", "--origin", "example.test/ledger")

    assert json.loads(run("migrate", "--json").stdout) == {"applied": [], "pending": []}


def test_the_doctor_finds_a_new_ledger_well_and_says_what_it_cannot_tell(run: Run) -> None:
    run("init")
    result = run("doctor", "--json")
    answer = json.loads(result.stdout)

    assert result.exit_code == 0, answer
    assert answer["ok"]
    assert {"same-disk", "sentinel-same-disk"} <= set(answer["not_checked"])


def test_the_doctor_without_a_ledger(run: Run) -> None:
    result = run("doctor", "--lang", "zh")

    assert result.exit_code == 4
    assert "这里没有账本" in result.stdout
    assert result.stdout.count("开立账本时建立") == 4, "what init will make is not missed"
    assert "同一磁盘" not in result.stdout


def test_the_doctor_sees_a_key_that_others_may_read_and_one_that_is_gone(run: Run) -> None:
    run("init")
    Path("integrity.db.signing-key").chmod(0o644)
    Path("integrity.db.master-key").unlink()
    result = run("doctor", "--json")
    problems = {
        check["check"]: check["remedy"] for check in json.loads(result.stdout)["checks"] if check["status"] == "problem"
    }

    assert result.exit_code == 7
    assert problems == {"signing-key": "chmod", "master-key": "restore-key"}


@pytest.mark.parametrize(
    ("grades", "status"),
    [([], 0), (["notice"], 0), (["gap", "notice"], 7), (["gap", "manipulation"], 6)],
)
def test_the_gravest_finding_decides_the_status(grades: list[str], status: int) -> None:
    assert status_of({"findings": [{"grade": grade} for grade in grades]}) == status


# Settings.


@pytest.mark.parametrize(
    ("name", "value", "code", "form"),
    [
        ("INTEGRITY_WEBHOOK_HOSTS", "127.0.0.1", "bad-setting-list", '["127.0.0.1"]'),
        ("INTEGRITY_ALLOWED_HOSTS", '{"a": 1}', "bad-setting-list", '["127.0.0.1"]'),
        ("INTEGRITY_RATE_LIMIT", "x", "bad-setting-rate", "1200/minute"),
        ("INTEGRITY_SESSION_HOURS", "25", "bad-setting-number", "≥ 1, ≤ 24"),
        ("INTEGRITY_OUTBOX_FIRST_WAIT_SECONDS", "soon", "bad-setting-number", "> 0, ≤ 3600"),
    ],
)
def test_a_setting_that_is_not_written_right_is_named_with_its_form(
    golden: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: str, form: str
) -> None:
    monkeypatch.setenv(name, value)
    served = golden("serve", "--lang", "en")
    looked = golden("doctor", "--json")
    (found,) = (check for check in json.loads(looked.stdout)["checks"] if check["check"] == "settings")

    assert (served.exit_code, served.stdout) == (3, "")
    assert "http://" not in served.stderr  # it is not said that it serves
    for said in (name, code, form):
        assert said in served.stderr
        assert said in found["value"]
    assert (looked.exit_code, found["status"]) == (7, "problem")
    assert name in golden("doctor", "--lang", "zh").stdout


def test_nothing_is_said_to_be_served_before_what_is_set_was_looked_at(
    golden: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INTEGRITY_WEBHOOKS", str(tmp_path / "nothing.toml"))
    served = golden("serve", "--port", str(free_port("127.0.0.1", 18417)), "--lang", "en")

    assert served.exit_code == 3
    assert "http://" not in served.stderr
