"""`init`, `file`, `score`, `check` and `replay` on the worked example: data on stdout, statuses, both languages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shared import shared_path
from tests.unit.api.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[4]


def test_the_score_sums_up_as_in_the_worked_example(golden: Run) -> None:
    result = golden("score", "U1", "--as-of", "2025-07-05", "--as-known", "2025-07-05", "--json")
    score = json.loads(result.stdout)

    assert result.stderr == ""
    assert score["value"] == "81.32"
    assert [(line["clause"], line["value"]) for line in score["lines"]] == [
        ("R-U2", "52.32"),
        ("R-U3", "20.00"),
        ("R-U1", "10.00"),
        ("R-U5", "-1.00"),
    ]
    assert score["as_known"] == "2025-07-05"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_person_reads_what_stands_and_how_to_mend_it(golden: Run, language: str) -> None:
    asked = ("file", "P1", "--as-of", "2025-06-01", "--as-known", "2025-06-01", "--viewer", "subject")
    page = golden(*asked, "--lang", language).stdout

    assert "维持认定" in page
    assert "2026-03-20" in page
    assert ("如何救济" if language == "zh" else "how to fix") in page
    assert "60.00" in page
    assert ("示范值" if language == "zh" else "demonstration") in page


def test_a_check_names_the_rule_in_words_and_keeps_the_decision_apart(golden: Run) -> None:
    page = golden("check", "K1", "--as-of", "2025-10-01", "--lang", "zh").stdout

    assert "公务员法 26(4)" in page
    assert "存在法定限制" in page
    assert page.index("规则评估") < page.index("审查决定") < page.index("不合格")


def test_json_is_utf_8_and_keeps_the_hits_of_the_check(golden: Run) -> None:
    result = golden("check", "K1", "--json")
    check = json.loads(result.stdout_bytes.decode("utf-8"))

    assert "公务员法" in result.stdout
    assert check["outcome"] == "BLOCK"
    assert [hit["rule"] for hit in check["hits"]] == ["E1"]
    assert check["breaches_in_report"] == ["B2"]


def test_a_recruiting_officer_reads_that_nothing_is_usable(golden: Run) -> None:
    asked = ("file", "P1", "--as-of", "2026-06-01", "--as-known", "2026-06-01", "--viewer", "HR")
    result = golden(*asked, "--purpose", "RECRUIT", "--unit", "PERSONNEL", "--lang", "zh")

    assert result.exit_code == 0
    assert "无可用于本次核查的记录" in result.stdout
    assert "积分" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["file", "NOBODY"], 4, "unknown-subject"),
        (["score", "NOBODY"], 4, "unknown-subject"),
        (["score", "P1"], 4, "unknown-unit"),
        (["check", "K9"], 4, "unknown-check"),
        (["file", "P1", "--as-known", "3"], 4, "unknown-subject"),
        (["file", "P1", "--as-known", "4000"], 2, "usage"),
        (["score", "U1", "--as-known", "99999"], 2, "usage"),
        (["replay", "--to", "99999"], 2, "usage"),
        (["file", "P1", "--viewer", "HR", "--purpose", "RECRUIT", "--as-of", "2026-05-31"], 3, "consent-missing"),
        (["init"], 5, "ledger-exists"),
    ],
)
def test_what_cannot_be_answered_has_its_status_and_code(
    golden: Run, arguments: list[str], status: int, code: str
) -> None:
    result = golden(*arguments, "--json")

    assert result.exit_code == status
    assert result.stdout == ""
    assert json.loads(result.stderr)["error"]["code"] == code


def test_without_a_ledger_everything_says_so(run: Run) -> None:
    for arguments in (["file", "P1"], ["score", "U1"], ["check", "K1"], ["replay"], ["migrate"]):
        result = run(*arguments, "--json")
        assert (result.exit_code, json.loads(result.stderr)["error"]["code"]) == (4, "no-ledger")


def test_a_ledger_is_found_by_option_and_by_environment(golden: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("elsewhere").mkdir()
    monkeypatch.setenv("INTEGRITY_DB", "sqlite:///elsewhere/none.db")

    assert golden("score", "U1").exit_code == 4
    assert golden("score", "U1", "--db", "sqlite:///integrity.db").exit_code == 0
    assert golden("--db", "sqlite:///integrity.db", "score", "U1").exit_code == 0


def test_init_says_where_asserted_times_end_and_where_the_keys_lie(run: Run) -> None:
    folder = shared_path("golden")
    rulebook = folder / "JMS-DEMO-2025.1.toml"
    result = run("init", "--json", "--from-history", folder / "history.jsonl", "--rulebook", rulebook)
    opened = json.loads(result.stdout)

    assert opened["origin"] == "localhost/integrity.db"
    assert opened["size"] == opened["asserted_until"] + 1
    assert "integrity.db.master-key" in result.stderr
    assert Path("integrity.db.master-key").stat().st_mode & 0o777 == 0o600


def test_a_refused_line_leaves_no_ledger_and_is_named(run: Run, tmp_path: Path) -> None:
    folder = shared_path("golden")
    lines = (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()[:12]
    lines.append(lines[-1].replace("BreachNotified", "BreachConfirmed"))
    history = tmp_path / "history.jsonl"
    history.write_text("\n".join(lines), encoding="utf-8")

    asked = ("init", "--from-history", history, "--rulebook", folder / "JMS-DEMO-2025.1.toml")
    result = run(*asked, "--json")
    (refused,) = json.loads(result.stdout)["refused"]

    assert result.exit_code == 3
    assert refused["line"] == 13
    assert {"line", "code", "detail"} <= set(refused)
    assert not Path("integrity.db").exists()
    again = run(*asked, "--lang", "zh")
    assert again.stdout.startswith("\n未通过的行  1\n")
    assert "没有开立账本" in again.stderr
    assert "--skip-refused" not in again.stderr + result.stderr, "a history is opened whole or not at all"


def test_a_history_without_its_edition_is_a_refused_line(run: Run) -> None:
    result = run("init", "--from-history", shared_path("golden", "history.jsonl"), "--json")

    assert result.exit_code == 3
    assert [(one["line"], one["code"]) for one in json.loads(result.stdout)["refused"]] == [(7, "unknown-edition")]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [(["check", "K1", "--as-known", "99999"], "--as-known"), (["replay", "--to", "99"], "--to")],
)
def test_a_size_the_ledger_has_not_is_said_of_its_option(golden: Run, arguments: list[str], option: str) -> None:
    result = golden(*arguments)

    assert f"{option}: the ledger has not that many entries" in result.stderr


@pytest.mark.parametrize("subject", [["score", "U1"], ["check", "K1"], ["file", "U1"]])
def test_every_answer_takes_viewer_unit_and_purpose(golden: Run, subject: list[str]) -> None:
    result = golden(*subject, "--viewer", "HR", "--unit", "PERSONNEL", "--purpose", "TRANSFER", "--json")

    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["viewer"] == "HR"


def test_a_check_says_who_decided_and_what_was_weighed(golden: Run) -> None:
    answer = json.loads(golden("check", "K1", "--viewer", "SUBJECT", "--json").stdout)
    assert answer["decided_by"] == {"role": "HR", "unit": "PERSONNEL"}
    assert len(answer["considerations"]) == 7

    elsewhere = golden("check", "K1", "--viewer", "HR", "--unit", "U1", "--json")
    assert "considerations" not in json.loads(elsewhere.stdout)


def test_a_reader_that_goes_away_is_no_mistake_of_ours(golden: Run) -> None:
    """`integrity replay | head -1`: the rest of the answer goes nowhere, and nothing is said about it."""
    command = [sys.executable, "-c", "from api.cli import main; main()", "replay", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path.cwd(),
                          env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (141, b"")


def test_replay_shows_what_each_entry_changed(golden: Run) -> None:
    page = golden("replay", "--to", "24", "--lang", "zh").stdout

    assert "#12  2025-02-24  告知书送达" in page
    assert "B1  线索待核 → 待申辩" in page
    assert "B1  维持认定 → 已修复" in page
    assert "#24" not in page


@pytest.mark.parametrize(
    ("cut_off", "size"),
    [("2025-01-01", 7), ("2025-01-02", 8), ("2025-04-17", 18), ("2025-04-18T01:18:00Z", 19), ("0", 0), ("24", 24)],
)
def test_replay_is_cut_off_at_a_size_a_day_or_a_time(golden: Run, cut_off: str, size: int) -> None:
    lines = [json.loads(line) for line in golden("replay", "--json", "--to", cut_off).stdout.splitlines()]

    assert [line["index"] for line in lines] == list(range(size))


def test_replay_gives_json_lines(golden: Run) -> None:
    lines = [json.loads(line) for line in golden("replay", "--json", "--to", "24").stdout.splitlines()]

    assert [line["index"] for line in lines] == list(range(24))
    assert lines[18]["changed"] == [{"kind": "breach", "id": "B2", "before": None, "after": "CONFIRMED"}]
    assert lines[7]["changed"] == [{"kind": "edition", "id": "JMS-DEMO-2025.1", "before": None, "after": "2025-01-01"}]
    assert lines[5]["changed"] == [{"kind": "post", "id": "P1", "before": None, "after": "U1"}]


def test_the_errors_of_a_person_look_up_do_not_repeat_the_name(golden: Run) -> None:
    result = golden("file", "张三-11010519491231002X")

    assert result.exit_code == 4
    assert "张三" not in result.output


def test_hr_of_the_successor_reads_the_reasons_of_the_check_it_took_over(golden: Run) -> None:
    """The unit that asked ended, and its matters are another's now (ledger/README D43)."""

    def reads(unit: str) -> bool:
        return "reasons" in json.loads(golden("check", "K1", "--viewer", "HR", "--unit", unit, "--json").stdout)

    assert (reads("PERSONNEL"), reads("U1")) == (True, False)
    line = {
        "type": "UnitReorganised", "effective_on": "2026-06-02", "actor": {"id": "hr-5", "role": "HR"},
        "data": {"from": ["PERSONNEL"], "to": ["U1"], "successor_id": "U1", "doc": "示范编〔2026〕5号"},
    }  # fmt: skip
    Path("more.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    imported = golden("import", "more.jsonl")
    assert imported.exit_code == 0, imported.stdout + imported.stderr

    assert (reads("PERSONNEL"), reads("U1"), reads("CREDIT-OFFICE")) == (True, True, False)
