"""Verification from a checkpoint on: what came after is found, and before it what the root binds; the rest is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import fsck
from ledger.fsck import Report
from ledger.fsck.since import BELOW
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import root_of
from ledger.log.note import sign_note
from ledger.storage.key_files import load_signing_keys
from tests.support.golden import GOLDEN_SIZE, Copy, origin_of

SIZE = 20
GIVEN = "checkpoint-given"


def note_of(golden: Copy, size: int = SIZE, *, key: Ed25519PrivateKey | None = None, origin: str | None = None) -> str:
    """A checkpoint of the golden log, signed with its key unless another is given."""
    rows = golden.rows("SELECT leaf FROM entries WHERE idx < ? ORDER BY idx", size)
    origin = origin or origin_of(golden.entry(0))
    key = key or load_signing_keys(golden.folder / "signing-key")[0]
    root = root_of([bytes(leaf) for (leaf,) in rows])
    return sign_note(Checkpoint(origin, size, root).format(), origin, key).format()


def since(golden: Copy, note: str | int, *, quick: bool = False) -> Report:
    with golden.keys_given():
        return fsck.verify_at(golden.url, quick=quick, since=note)


def codes(report: Report) -> set[tuple[int | None, str]]:
    return {(finding.index, finding.code) for finding in report.findings}


@pytest.mark.parametrize("size", [1, 8, SIZE, GOLDEN_SIZE])
@pytest.mark.parametrize("quick", [False, True])
def test_an_untouched_log_is_whole_from_a_checkpoint_on(golden: Copy, size: int, quick: bool) -> None:
    whole = golden.verify(quick=quick)

    report = since(golden, note_of(golden, size), quick=quick)

    assert report.ok
    assert (report.size, report.root, report.chain) == (whole.size, whole.root, whole.chain)
    assert report.findings == whole.findings
    assert set(report.not_checked) - set(whole.not_checked) == {BELOW}


@pytest.mark.parametrize("quick", [False, True])
def test_what_came_after_is_verified_in_full(golden: Copy, quick: bool) -> None:
    note = note_of(golden)
    golden.write_entry(30, golden.entry(30)[:-1] + b" ")

    assert (30, "leaf") in codes(since(golden, note, quick=quick))


def test_what_lies_beside_later_entries_is_verified(golden: Copy) -> None:
    note = note_of(golden)
    ((index,),) = golden.rows("SELECT max(idx) FROM disclosures")
    golden.rows("DELETE FROM disclosures WHERE idx = ?", index)

    assert (index, "section-missing") in codes(since(golden, note))


@pytest.mark.parametrize("quick", [False, True])
def test_a_leaf_below_the_checkpoint_that_was_changed_is_found_and_all_is_verified(golden: Copy, quick: bool) -> None:
    note = note_of(golden)
    golden.write_entry(5, golden.entry(5)[:-1] + b" ")
    golden.rehash(head=True)

    report = since(golden, note, quick=quick)

    assert (None, GIVEN) in codes(report)
    assert BELOW not in report.not_checked


def test_contents_below_the_checkpoint_are_not_looked_at_and_the_report_says_so(golden: Copy) -> None:
    note = note_of(golden)
    golden.write_entry(5, golden.entry(5)[:-1] + b" ")

    report = since(golden, note)

    assert (5, "leaf") not in codes(report)
    assert BELOW in report.not_checked
    assert (5, "leaf") in codes(golden.verify())


@pytest.mark.parametrize("fault", ["another key", "another log", "no note", "beyond", "missing leaf", "no such size"])
def test_a_checkpoint_that_does_not_hold_is_found_and_all_is_verified(golden: Copy, fault: str) -> None:
    note: str | int = note_of(golden)
    if fault == "another key":
        note = note_of(golden, key=Ed25519PrivateKey.generate())
    elif fault == "another log":
        note = note_of(golden, origin="elsewhere/log")
    elif fault == "no note":
        note = "nothing"
    elif fault == "beyond":
        note = note_of(golden, GOLDEN_SIZE)
        golden.rows("DELETE FROM entries WHERE idx = ?", GOLDEN_SIZE - 1)
        golden.rehash(head=True)
    elif fault == "missing leaf":
        golden.rows("DELETE FROM entries WHERE idx = 7")
    else:
        note = 7

    report = since(golden, note)

    assert (None, GIVEN) in codes(report)
    assert not report.ok
    assert BELOW not in report.not_checked


def test_the_command_takes_a_file(golden_file: Copy, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from api.cli.application import app

    kept = tmp_path / "kept-checkpoint"
    kept.write_text(note_of(golden_file), encoding="utf-8")
    with golden_file.keys_given():
        done = CliRunner().invoke(
            app, ["verify", "--db", golden_file.url, "--json", "--since", str(kept), "--jobs", "2"]
        )

    assert done.exit_code == 0, done.output
    assert BELOW in done.stdout
