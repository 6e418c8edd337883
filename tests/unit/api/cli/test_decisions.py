"""`decisions`: the export of the worked example, its proofs checked apart, and what a spoilt entry does to it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.application import Ledger
from ledger.artefacts.bundle import parse_bundle
from ledger.artefacts.check import check_bytes
from ledger.artefacts.trust import Trust
from ledger.log.chain import leaf_hash
from ledger.log.encoding import parse
from ledger.log.merkle import verify_inclusion
from ledger.mapper import header_of
from tests.support.golden import Copy
from tests.unit.api.cli.conftest import Run

URL = "sqlite:///integrity.db"
EVALUATED = 27


def copy() -> Copy:
    return Copy(URL, Path())


def spoil(index: int, old: bytes, new: bytes) -> None:
    """Write other bytes into an entry behind the ledger's back."""
    with closing(sqlite3.connect("integrity.db")) as connection, connection:
        ((state,),) = connection.execute("SELECT state FROM entries WHERE idx = ?", (index,)).fetchall()
        assert old in bytes(state)
        connection.execute("UPDATE entries SET state = ? WHERE idx = ?", (bytes(state).replace(old, new), index))


def exported(golden: Run, *arguments: str) -> dict[str, Any]:
    result = golden("decisions", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_both_decisions_stand_on_what_was_known_and_say_by_whom(golden: Run) -> None:
    first, second = exported(golden)["decisions"]

    assert (first["outcome"], first["decision"], first["size"], first["as_of"]) == (
        "BLOCK",
        "NOT_ELIGIBLE",
        26,
        "2025-09-01",
    )
    assert [(hit["rule"], hit["entries"]) for hit in first["hits"]] == [("E1", [18])]
    assert (second["outcome"], second["decision"], second["hits"]) == ("CLEAR", "ELIGIBLE", [])
    assert first["agrees"]
    assert second["agrees"]
    decided = first["acts"][-1]
    assert (decided["type"], decided["role"], decided["decision"]) == ("EligibilityDecided", "HR", "NOT_ELIGIBLE")


def test_every_entry_is_proven_for_the_one_checkpoint(golden: Run) -> None:
    answer = exported(golden)
    rests_on = {index for one in answer["decisions"] for index in one["entries"]}
    root = bytes.fromhex(answer["root"])

    assert {entry["index"] for entry in answer["entries"]} == rests_on
    for entry in answer["entries"]:
        proof = [bytes.fromhex(value) for value in entry["proof"]]
        assert leaf_hash(copy().entry(entry["index"])).hex() == entry["leaf"]
        verify_inclusion(bytes.fromhex(entry["leaf"]), entry["index"], answer["size"], proof, root)
    assert answer["checkpoint"].startswith(f"{answer['origin']}\n{answer['size']}\n")


def test_nobody_stands_in_it_under_the_ledgers_own_pseudonym(golden: Run) -> None:
    told = json.dumps(exported(golden))
    ledger = Ledger.open(URL)
    try:
        own = [ledger.uid("subject", ref) for ref in ("P1", "U1", "PERSONNEL")] + [ledger.uid("check", "K1")]
    finally:
        ledger.close()

    assert all(own)
    assert not [uid for uid in own if str(uid) in told]
    assert '"P1"' not in told


def test_the_file_is_canonical_and_is_never_written_over(golden: Run) -> None:
    result = golden("decisions", "--out", "decisions.json", "--lang", "en")
    content = Path("decisions.json").read_bytes()

    assert result.exit_code == 0, result.stderr
    assert "decisions.json" in result.stdout
    assert content.endswith(b"\n")
    assert len(parse(content[:-1])["decisions"]) == 2
    again = golden("decisions", "--out", "decisions.json")
    assert again.exit_code == 2
    assert Path("decisions.json").read_bytes() == content


@pytest.mark.parametrize(("language", "said"), [("zh", "一致"), ("en", "the same")])
def test_the_page_has_a_row_for_each_and_says_what_they_rest_on(golden: Run, language: str, said: str) -> None:
    page = golden("decisions", "--lang", language).stdout

    assert page.count(said) >= 2
    assert "不合格" in page
    none = golden("decisions", "--from", "2027-01-01", "--lang", language).stdout
    assert ("没有审查决定" if language == "zh" else "No eligibility was decided") in none


def test_an_evaluation_changed_with_all_its_hashes_is_found_by_making_it_again(golden: Run) -> None:
    """Whoever can rewrite leaf, chain and head gets no signature, and the entries still give the old outcome."""
    spoil(EVALUATED, b'"outcome":"BLOCK"', b'"outcome":"CLEAR"')
    copy().rehash(head=True)
    result = golden("decisions", "--out", "decisions.json", "--json")
    answer = json.loads(result.stdout)
    found = [(finding["code"], finding["index"]) for finding in answer["findings"]]

    assert result.exit_code == 6
    assert ("sentinel-differs", None) in found
    assert ("decision-differs", EVALUATED) in found
    assert (answer["checkpoint"], answer["entries"], answer["written"]) == (None, [], ["decisions.json"])
    page = golden("decisions", "--lang", "zh")
    assert page.exit_code == 6
    assert "不一致" in page.stdout
    assert "不能证明" in page.stdout


def test_the_bundle_beside_it_holds_by_itself(golden: Run) -> None:
    answer = json.loads(golden("decisions", "--out", "decisions.json", "--json").stdout)
    content = Path("decisions.bundle.json").read_bytes()
    bundle = parse_bundle(content)
    report = check_bytes(content, Trust())

    assert answer["written"] == ["decisions.json", "decisions.bundle.json"]
    assert [proven.index for proven in bundle.entries] == [entry["index"] for entry in answer["entries"]]
    assert [leaf_hash(proven.entry).hex() for proven in bundle.entries] == [one["leaf"] for one in answer["entries"]]
    assert bundle.checkpoint.format() == answer["checkpoint"]
    assert (report.ok, report.kind, report.size) == (True, "bundle", answer["size"])
    assert not any(proven.disclosures for proven in bundle.entries), "no personal section leaves with it"


def test_an_entry_changed_by_itself_is_not_proven(golden: Run) -> None:
    spoil(EVALUATED, b'"outcome":"BLOCK"', b'"outcome":"REFER"')
    result = golden("decisions", "--json")
    codes = {finding["code"] for finding in json.loads(result.stdout)["findings"]}

    assert result.exit_code == 6
    assert codes == {"decision-differs", "not-included"}


def test_a_fact_changed_by_itself_is_found_both_ways(golden: Run) -> None:
    spoil(18, b'"record_kind":"SEVERE_LIST"', b'"record_kind":"PENALTY"')
    result = golden("decisions", "--json")

    assert result.exit_code == 6
    findings = json.loads(result.stdout)["findings"]
    assert {(finding["code"], finding["index"]) for finding in findings} == {
        ("decision-differs", EVALUATED),
        ("not-included", 18),
    }


def test_it_is_a_look_at_everybody_a_decision_is_about(golden: Run) -> None:
    exported(golden)
    ledger = Ledger.open(URL)
    try:
        [look] = [header_of(row.state) for row in ledger.access.store.entries(1)]
        subject = ledger.uid("subject", "P1")
    finally:
        ledger.close()

    assert (look["subjects"], look["purpose"]) == ([subject], "AUDIT")
    assert look["data"]["scope"] == ["ELIGIBILITY_CHECK"]
