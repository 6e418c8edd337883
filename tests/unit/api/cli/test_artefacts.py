"""What leaves the ledger by the command line, and the check of it that needs no ledger; backups; keys; the sentinel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.application import Ledger
from ledger.log.cosignature import cosign
from ledger.log.note import KeyType, format_vkey, parse_note
from tests.unit.api.cli.conftest import Run

USCC = "91110000600037341L"
URL = "sqlite:///integrity.db"


@pytest.fixture
def opened(golden: Run) -> Run:
    return golden


def key(run: Run) -> str:
    return str(json.loads(run("checkpoint", "--json").stdout)["keys"][0])


def codes(answer: Any) -> list[str]:
    return [finding["code"] for finding in answer["findings"] if finding["grade"] != "notice"]


def test_a_receipt_is_checked_without_the_ledger(opened: Run) -> None:
    vkey = key(opened)
    receipt = opened("prove", "5").stdout
    Path("receipt").write_text(receipt, encoding="utf-8")
    assert len(receipt.encode()) < 2_000
    for path in Path().glob("integrity.db*"):
        path.unlink()
    result = opened("verify", "receipt", "--key", vkey, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["ok"], answer["kind"], answer["level"]) == (0, True, "receipt", "signed")
    assert not Path("integrity.db").exists()


def test_several_entries_make_a_bundle_with_the_sections_that_were_chosen(opened: Run) -> None:
    vkey = key(opened)
    result = opened("prove", "5", "9", "--section", "summary", "--bundle", "--out", "b.json", "--json")
    assert json.loads(result.stdout)["entries"] == [5, 9]
    answer = json.loads(opened("verify", "b.json", "--key", vkey, "--json").stdout)
    assert (answer["ok"], answer["kind"]) == (True, "bundle")


def test_a_file_is_never_written_over_and_sections_go_with_a_bundle(opened: Run) -> None:
    Path("there").write_text("mine", encoding="utf-8")
    assert opened("export", "--out", "there").exit_code == 2
    assert Path("there").read_text(encoding="utf-8") == "mine"
    assert opened("prove", "5", "--section", "summary").exit_code == 2
    assert opened("prove", "999").exit_code == 4


def test_an_export_holds_and_begins_with_what_a_receipt_spoke_for(opened: Run) -> None:
    vkey = key(opened)
    Path("receipt").write_text(opened("prove", "5").stdout, encoding="utf-8")
    opened("token", "issue", "--actor", "a", "--role", "AUDITOR")
    assert opened("export", "--out", "e.jsonl").exit_code == 0
    result = opened("verify", "--compare", "receipt", "e.jsonl", "--key", vkey, "--json")
    assert (result.exit_code, json.loads(result.stdout)["findings"]) == (0, [])
    other_way = opened("verify", "--compare", "e.jsonl", "receipt", "--key", vkey, "--json")
    assert other_way.exit_code in (0, 6, 7)


def test_spoilt_files_end_with_6_and_foreign_ones_too(opened: Run) -> None:
    vkey = key(opened)
    opened("export", "--out", "e.jsonl")
    data = Path("e.jsonl").read_bytes()
    Path("spoilt.jsonl").write_bytes(data.replace(b'"version":1}', b'"version":2}', 1))
    Path("other").write_bytes(b"\x89PNG\r\n")
    Path("short.jsonl").write_bytes(b"".join(data.splitlines(keepends=True)[:9]))
    for name, status in (("spoilt.jsonl", 6), ("other", 6), ("short.jsonl", 7)):
        assert opened("verify", name, "--key", vkey).exit_code == status, name
    assert opened("verify", "e.jsonl", "--key", vkey).exit_code == 0
    assert opened("verify", "e.jsonl", "other", "--key", vkey).exit_code == 6


@pytest.mark.parametrize(
    "arguments",
    [
        ("e.jsonl", "--key", "no key"),
        ("e.jsonl", "--key", "missing-file"),
        ("e.jsonl", "--compare"),
        ("e.jsonl", "--quick"),
        ("e.jsonl", "--jobs", "2"),
        ("e.jsonl", "--since", "1"),
        ("--compare",),
        ("--now", "2026-01-05"),
        ("--purpose", "RECRUITMENT"),
        ("absent",),
        ("e.jsonl", "--require", "everything"),
        ("e.jsonl", "--quorum", "0"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(opened: Run, arguments: tuple[str, ...]) -> None:
    opened("export", "--out", "e.jsonl")
    assert opened("verify", *arguments).exit_code == 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_person_reads_the_verdict_and_what_was_not_checked(opened: Run, language: str) -> None:
    vkey = key(opened)
    opened("export", "--out", "e.jsonl")
    page = opened("verify", "e.jsonl", "--key", vkey, "--lang", language).stdout
    for words in {"zh": ("这份文件成立", "本次未核验", "已签名"), "en": ("The file holds", "Not checked", "signed")}[
        language
    ]:
        assert words in page


def test_a_checkpoint_is_the_note_itself(opened: Run) -> None:
    note = opened("checkpoint").stdout
    assert parse_note(note).format() == note
    Path("held").write_text(note, encoding="utf-8")
    assert opened("verify", "held", "--key", key(opened)).exit_code == 0
    assert opened("verify", "held").exit_code == 7  # without a key nothing was shown
    assert parse_note(opened("checkpoint", "--access").stdout).text.startswith("localhost/integrity.db/access\n")


def test_a_backup_comes_back_and_never_an_older_one(opened: Run) -> None:
    assert opened("backup", "old", "--keys-out", "keys").exit_code == 0
    assert opened("backup", "old").exit_code == 5
    assert opened("backup", "new2", "--keys-out", "new2/inside").exit_code == 2
    opened("key", "rotate")
    Path("held").write_text(opened("checkpoint").stdout, encoding="utf-8")
    assert opened("backup", "new").exit_code == 0
    for name in ("integrity.db", "integrity.db.access"):
        Path(name).rename(f"lost-{name}")
    behind = opened("restore", "old", "--json")
    assert (behind.exit_code, json.loads(behind.stderr)["error"]["code"]) == (6, "backup-behind")
    back = opened("restore", "new", "--checkpoint", "held", "--json")
    assert (back.exit_code, json.loads(back.stdout)["erased_again"]) == (0, 0)
    assert opened("verify").exit_code == 0


def test_a_key_is_succeeded_and_retired(opened: Run) -> None:
    old = json.loads(opened("key", "list", "--json").stdout)["keys"][0]["key"]
    assert opened("key", "retire", old).exit_code == 3  # the last one
    new = json.loads(opened("key", "rotate", "--json").stdout)["keys"][0]["key"]
    assert opened("key", "retire", old).exit_code == 0
    assert opened("key", "revoke", "ffffffff", "--since", "1").exit_code == 4
    [first, second] = json.loads(opened("key", "list", "--json").stdout)["keys"]
    assert (first["key"], first["ended"], second["key"], second["ended"]) == (old, 42, new, None)
    assert opened("verify").exit_code == 0


def test_a_lost_sentinel_is_adopted_by_two(opened: Run) -> None:
    Path("integrity.db.sentinel").rename("lost")
    assert opened("serve").exit_code == 3
    assert opened("sentinel", "adopt", "--approver", "one").exit_code == 2
    assert opened("sentinel", "adopt", "--approver", "one", "--approver", "two").exit_code == 0
    assert opened("sentinel", "adopt", "--approver", "one", "--approver", "two").exit_code == 5
    assert opened("verify").exit_code == 0


def test_a_verification_asks_for_the_witnesses_that_were_named(opened: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = Ed25519PrivateKey.generate()
    vkey = format_vkey("w/one", witness.public_key().public_bytes_raw(), KeyType.COSIGNATURE)
    Path("policy").write_text(f"witness one {vkey}\nquorum one\n", encoding="utf-8")
    assert "no witness configured" in json.loads(opened("verify", "--json").stdout)["not_checked"]
    monkeypatch.setenv("INTEGRITY_WITNESS_POLICY", "policy")
    result = opened("verify", "--quick", "--json")
    assert (result.exit_code, codes(json.loads(result.stdout))) == (7, ["not-witnessed"])
    ledger = Ledger.open(URL)
    note = parse_note(ledger.publish().note)
    ledger.publisher.checkpoints.keep(
        note.with_signatures([cosign(note.text, "w/one", witness, 1_700_000_000)]).format()
    )
    ledger.close()
    result = opened("verify", "--quick", "--json")
    assert (result.exit_code, codes(json.loads(result.stdout))) == (0, [])
    assert "no witness configured" not in json.loads(result.stdout)["not_checked"]


def test_nothing_is_written_while_no_witness_has_seen_it_lately(opened: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = Ed25519PrivateKey.generate()
    vkey = format_vkey("w/one", witness.public_key().public_bytes_raw(), KeyType.COSIGNATURE)
    Path("policy").write_text(f"witness one {vkey}\nquorum one\n", encoding="utf-8")
    line = json.dumps(
        {
            "type": "SubjectRegistered", "effective_on": "2026-01-05", "actor": {"id": "hr", "role": "HR"},
            "data": {"subject_id": "U88", "kind": "UNIT", "name": "示范", "uscc": USCC, "region": "230800"},
        },
        ensure_ascii=False,
    )  # fmt: skip
    Path("more.jsonl").write_text(f"{line}\n", encoding="utf-8")
    monkeypatch.setenv("INTEGRITY_WITNESS_POLICY", "policy")
    monkeypatch.setenv("INTEGRITY_MAX_UNWITNESSED_AGE", "60")
    refused = opened("import", "more.jsonl", "--json")
    assert (refused.exit_code, json.loads(refused.stderr)["error"]["code"]) == (5, "unwitnessed")
    assert opened("score", "U1", "--as-of", "2025-07-05").exit_code == 0  # reads go on
    monkeypatch.delenv("INTEGRITY_MAX_UNWITNESSED_AGE")
    assert opened("import", "more.jsonl").exit_code == 0
