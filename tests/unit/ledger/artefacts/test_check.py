"""What the verifier says beyond codes (these are in the corpus): kinds, limits, levels, comparisons."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.artefacts.check import check_bytes, check_file
from ledger.artefacts.compare import compare
from ledger.artefacts.report import MAX_FINDINGS, Enough, Found
from ledger.artefacts.trust import Trust
from ledger.fsck.report import Grade
from ledger.log.note import parse_vkey
from tests.support.artefacts import Files, HandLog, a_key

WITNESSES = {"w.example/1": a_key("w1"), "w.example/2": a_key("w2")}


@pytest.fixture
def files() -> Files:
    log = HandLog()
    for number in range(6):
        log.append(stream=f"thing/{number % 2}")
    return log.files


def trust(files: Files, *, quorum: int = 1, required: bool = False) -> Trust:
    witnesses = [parse_vkey(vkey) for vkey in files.witness_vkeys]
    return Trust([parse_vkey(vkey) for vkey in files.vkeys], witnesses, quorum, required)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "checkpoint"),
        (b"anything", "checkpoint"),
        (b"c2sp.org/tlog-proof@v9\n", "receipt"),
        (b"{}", None),
        (b'{"format":"integrity-ledger/bundle/v1"}', "bundle"),
        (b'{"format":"integrity-ledger/export/v1"}', "export"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_beginning(data: bytes, kind: str | None) -> None:
    report = check_bytes(data, Trust())

    assert report.kind == kind
    assert [finding.code for finding in report.findings] == ["malformed"]
    assert report.malformed
    assert not report.ok
    assert (report.size, report.level) == (None, None)


def test_the_level_is_what_was_shown(files: Files) -> None:
    assert check_bytes(files.export(), Trust()).level == "signed"
    files.witnesses = WITNESSES
    for quorum, level in ((1, "witnessed"), (2, "witnessed"), (3, "signed")):
        for data in (files.checkpoint(), files.receipt(2), files.bundle([1]), files.export()):
            report = check_bytes(data, trust(files, quorum=quorum))
            assert (report.level, report.ok) == (level, True)
            required = check_bytes(data, trust(files, quorum=quorum, required=True))
            assert required.ok == (level == "witnessed")


def test_a_witness_that_signs_twice_counts_once(files: Files) -> None:
    files.witnesses = {"w.example/1": a_key("w1")}
    once = files.note()
    files.witnesses = {"other": a_key("w2"), "w.example/1": a_key("w1")}  # a later time: another line of the same key
    note = once.with_signatures(files.note().signatures[2:])
    files.witnesses = {"w.example/1": a_key("w1")}

    assert len(note.signatures) == 3
    assert check_bytes(note.format().encode(), trust(files, quorum=2)).level == "signed"


def test_findings_end_with_one_that_says_there_are_more() -> None:
    found = Found()
    for number in range(MAX_FINDINGS):
        found.notice("history", "x", number)
    with pytest.raises(Enough):
        found.notice("history", "x")

    assert len(found.findings) == MAX_FINDINGS + 1
    last = found.findings[-1]
    assert (last.code, last.grade, last.index) == ("more", Grade.MANIPULATION, None)


def test_a_file_is_read_from_its_path(files: Files, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(files.export())

    assert check_file(tmp_path / "log.jsonl", Trust()).ok
    with pytest.raises(OSError, match="none"):
        check_file(tmp_path / "none", Trust())


def test_leaves_are_kept_only_for_a_comparison(files: Files) -> None:
    assert check_bytes(files.export(), Trust()).leaves == {}
    assert len(check_bytes(files.export(), Trust(), to_compare=True).leaves) == 7


def test_of_two_files_the_newer_leads_on_from_the_older(files: Files) -> None:
    newest = check_bytes(files.export(), trust(files), to_compare=True)
    for size in range(1, 8):
        for data in (
            files.export(size),
            files.checkpoint(size),
            files.receipt(size - 1, size),
            files.bundle([0], size),
        ):
            older = check_bytes(data, trust(files), to_compare=True)
            assert older.ok
            comparison = compare(older, newest)
            assert (comparison.ok, comparison.findings) == (True, ())


@pytest.mark.parametrize("index", range(1, 7))
def test_a_fork_is_found_at_its_first_entry(files: Files, index: int) -> None:
    older = check_bytes(files.export(), trust(files), to_compare=True)
    files.entries[index] = files.entries[index].replace(b'"role":"SYSTEM"', b'"role":"CREDIT"')
    newer = check_bytes(files.export(), trust(files), to_compare=True)

    assert older.ok
    assert newer.ok
    comparison = compare(older, newer)
    assert [(finding.code, finding.index) for finding in comparison.findings] == [("fork", index)]
    assert not comparison.as_json()["ok"]


def test_nothing_is_compared_with_what_could_not_be_read(files: Files) -> None:
    whole, broken = check_bytes(files.export(), trust(files), to_compare=True), check_bytes(b"x", Trust())

    for older, newer in ((whole, broken), (broken, whole)):
        comparison = compare(older, newer)
        assert comparison.findings == ()
        assert comparison.not_checked == ("that this log leads to any other checkpoint",)
        assert not comparison.ok
