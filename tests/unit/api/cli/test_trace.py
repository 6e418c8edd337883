"""`trace`: a figure as a tree, in JSON, and the looks it is."""

from __future__ import annotations

import json

import pytest

from ledger.application import Ledger
from ledger.log.chain import leaf_hash
from ledger.mapper import header_of
from tests.unit.api.cli.conftest import Run

URL = "sqlite:///integrity.db"
MOMENT = ("--as-of", "2025-07-05", "--as-known", "2025-07-05")


def test_the_lines_of_a_score_name_entries_by_the_hash_of_their_bytes(golden: Run) -> None:
    answer = json.loads(golden("trace", "score", "U1", *MOMENT, "--json").stdout)
    entries = [entry for line in answer["lines"] for entry in line["entries"]]
    ledger = Ledger.open(URL)
    try:
        leaves = {entry["index"]: leaf_hash(ledger.store.entry(entry["index"]).state).hex() for entry in entries}
    finally:
        ledger.close()

    assert (answer["value"], answer["sum"], answer["adds_up"]) == ("81.32", "81.32", True)
    assert {entry["index"]: entry["leaf"] for entry in entries} == leaves
    assert sorted(leaves) == [8, 9, 14, 15, 16, 19, 20]
    assert answer["as_known"] == "2025-07-05"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_a_tree_of_lines_clauses_and_entries(golden: Run, language: str) -> None:
    page = golden("trace", "balance", "P1", "--as-of", "2025-06-01", "--as-known", "2025-06-01", "--lang", language)
    said = page.stdout

    assert said.index("60.00") < said.index("−10.00") < said.index("├ R-P2") < said.index("#14")
    assert "person.deduct:  MINOR = 3  GENERAL = 10  SERIOUS = 30" in said
    assert "anticipates NDRC Order 36" in said
    assert ("各项合计 60.00" if language == "zh" else "the lines sum to 60.00") in said


def test_one_line_is_asked_for_by_clause_rule_or_record(golden: Run) -> None:
    for figure, record, line in (("score", "U1", "R-U5"), ("score", "U1", "B1"), ("check", "K1", "E1")):
        answer = json.loads(golden("trace", figure, record, line, "--json").stdout)
        assert len(answer["lines"]) == 1


def test_each_trace_is_a_look(golden: Run) -> None:
    for arguments in (["score", "U1"], ["balance", "P1"], ["check", "K1"]):
        assert golden("trace", *arguments).exit_code == 0
    ledger = Ledger.open(URL)
    try:
        found = [header_of(row.state) for row in ledger.access.store.entries(1)]
    finally:
        ledger.close()

    assert [look["data"]["scope"] for look in found] == [["ENTRIES"], ["INTEGRITY_FILE"], ["ELIGIBILITY_CHECK"]]
    assert {look["purpose"] for look in found} == {"AUDIT"}


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["all", "U1"], 2, "usage"),
        (["score"], 2, "usage"),
        (["balance", "U1"], 4, "no-balance"),
        (["score", "P1"], 4, "unknown-unit"),
        (["score", "U1", "R-P2"], 4, "unknown-line"),
        (["check", "K9"], 4, "unknown-check"),
    ],
)
def test_what_cannot_be_traced_has_its_status_and_code(
    golden: Run, arguments: list[str], status: int, code: str
) -> None:
    result = golden("trace", *arguments, "--json")

    assert (result.exit_code, result.stdout) == (status, "")
    assert json.loads(result.stderr)["error"]["code"] == code
