"""Histories: the golden one through a real ledger on both databases, and files into an open ledger (DESIGN §8)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger import transactions
from ledger.application import Ledger
from ledger.errors import Group, Invalid
from ledger.importing import history
from ledger.importing.history import import_history, read_lines
from ledger.line import MAX_LINE_BYTES, Line
from ledger.log.encoding import canonical
from ledger.opening import LineRefused, create_from_history
from ledger.rulebook.edition import shipped_edition
from projections.eligibility import check
from projections.integrity_file import integrity_file
from projections.unit_score import unit_score
from tests.support.golden import KEY_FILES
from tests.support.postgres import Cluster
from tests.support.scene import DOCUMENT, EDITION, Scene
from tests.support.shared import shared_path
from tests.support.storage import check_log

HISTORY = shared_path("golden", "history.jsonl")
EXPECTED: dict[str, Any] = json.loads(shared_path("golden", "expected.json").read_text(encoding="utf-8"))
REFUSALS: list[dict[str, Any]] = json.loads(shared_path("golden", "refusals.json").read_text(encoding="utf-8"))
LINES = HISTORY.read_text(encoding="utf-8").splitlines()
NOW = datetime(2026, 7, 1, 1, tzinfo=UTC)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def now() -> datetime:
    return NOW


@contextmanager
def keys_in(folder: Path) -> Iterator[None]:
    """The environment that puts a ledger's key files into a folder; on PostgreSQL it must be given."""
    with pytest.MonkeyPatch.context() as patch:
        for name, file in KEY_FILES.items():
            patch.setenv(name, str(folder / file))
        yield


def load(url: str, lines: Sequence[str], **changes: Any) -> Ledger:
    """A ledger opened with these lines of a history file, by the golden edition."""
    from ledger.line import parse_line

    content = "\n".join(lines).encode()
    parsed = (parse_line(line.encode(), number) for number, line in enumerate(lines, start=1))
    given = {"editions": [shipped_edition(EDITION)], "origin": "localhost/golden", "clock": now, **changes}
    return create_from_history(url, parsed, digest_of=content, **given)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def golden(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """The golden history in a real ledger, once for each database."""
    folder = tmp_path_factory.mktemp(f"golden-{request.param}")
    with _database(request, folder) as url:
        with keys_in(folder):
            ledger = load(url, LINES)
        yield ledger
        ledger.close()


@contextmanager
def _database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'ledger.db'}"
    else:
        cluster: Cluster = request.getfixturevalue("postgres_cluster")
        with cluster.database() as url:
            yield url


def case_id(case: dict[str, Any]) -> str:
    return f"{case['as_of']}-known-{case['as_known']}"


# The figures.


@pytest.mark.parametrize("case", EXPECTED["person_balance"], ids=case_id)
def test_the_balance_of_a_person(golden: Ledger, case: dict[str, Any]) -> None:
    size = golden.resolve_as_known(case["as_known"])
    file = integrity_file(golden, case["subject"], as_of=date.fromisoformat(case["as_of"]), as_known=size)

    assert file["balance"]["value"] == case["value"]
    assert sum(Decimal(line["value"]) for line in file["balance"]["lines"]) == Decimal(case["value"])


@pytest.mark.parametrize("case", EXPECTED["unit_score"], ids=case_id)
def test_the_score_of_a_unit(golden: Ledger, case: dict[str, Any]) -> None:
    size = golden.resolve_as_known(case["as_known"])
    score = unit_score(golden, case["subject"], as_of=date.fromisoformat(case["as_of"]), as_known=size)

    lines: dict[str, Decimal] = {}
    for line in score["lines"]:
        clause = line["clause"] if line["clause"] in ("R-U2", "R-U3") else "conduct"
        lines[clause] = lines.get(clause, Decimal(0)) + Decimal(line["value"])
    assert score["value"] == case["value"]
    assert lines == {clause: Decimal(value) for clause, value in case["lines"].items()}


@pytest.mark.parametrize("case", EXPECTED["eligibility"], ids=lambda case: case["check"])
def test_an_eligibility_check(golden: Ledger, case: dict[str, Any]) -> None:
    answer = check(golden, case["check"], as_of=date(2026, 6, 30), as_known=golden.size)

    assert answer["outcome"] == case["outcome"]
    assert [hit["rule"] for hit in answer["hits"]] == case["hits"]
    assert (answer["decision"], answer["breaches_in_report"]) == (case["decision"], case["breaches_in_report"])


@pytest.mark.parametrize("case", EXPECTED["integrity_file"], ids=lambda case: f"{case['viewer']}-{case['as_of']}")
def test_an_integrity_file(golden: Ledger, case: dict[str, Any]) -> None:
    file = integrity_file(
        golden,
        case["subject"],
        as_of=date.fromisoformat(case["as_of"]),
        as_known=golden.resolve_as_known(case["as_known"]),
        viewer=case["viewer"],
        purpose=case.get("purpose"),
    )

    assert {breach["id"]: breach["state"] for breach in file["breaches"]} == case["breaches"]
    if "commitments" in case:
        assert {one["id"]: one["state"] for one in file["commitments"]} == case["commitments"]


def test_every_line_is_an_entry_and_every_check_two(golden: Ledger) -> None:
    assert golden.size == 1 + len(LINES) + 2 + 1
    assert check_log(golden.store, golden.origin) == golden.size


# The bytes.


def masked(ledger: Ledger) -> list[bytes]:
    """Every entry with what is random numbered in the order of its first appearance, or blotted out."""
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return numbers.setdefault(found.group(), f"uuid-{len(numbers)}")

    entries = []
    for row in ledger.store.entries():
        entry = json.loads(UUID.sub(number, row.state.decode()))
        header = entry["h"]
        header["sd"] = len(header.get("sd", ()))
        header["subjects"] = sorted(header.get("subjects", ()))
        if header["type"] in ("ledger.opened.v1", "history.loaded.v1"):
            header["data"] |= dict.fromkeys({"keys", "digest"} & set(header["data"]), "random")
        entries.append(canonical(entry))
    return entries


@pytest.mark.postgres
def test_both_databases_hold_the_same_bytes(tmp_path: Path, postgres_url: str) -> None:
    logs, sizes = [], []
    for name, url in (("sqlite", f"sqlite:///{tmp_path / 'sqlite' / 'ledger.db'}"), ("postgres", postgres_url)):
        (tmp_path / name).mkdir()
        with keys_in(tmp_path / name):
            ledger = load(url, LINES)
            logs.append(masked(ledger))
            sizes.append([(len(row.state), row.recorded_at) for row in ledger.store.entries()])
            ledger.close()

    assert logs[0] == logs[1]
    assert sizes[0] == sizes[1]


# The boundary of what is asserted.


def test_the_opening_says_the_clock_was_the_history_s_and_the_closing_has_the_real_time(golden: Ledger) -> None:
    opening, closing = golden.opened(), next(golden.logged(golden.size - 1, golden.size))

    assert (opening.data["clock"], opening.recorded_at) == ("history", datetime(2025, 1, 1, 1, 1, tzinfo=UTC))
    assert (closing.type, closing.recorded_at, closing.data["lines"]) == ("HistoryLoaded", NOW, len(LINES))
    assert golden.history_end() == closing.index


def test_a_loaded_history_is_not_imported_again(tmp_path: Path) -> None:
    content = HISTORY.read_bytes()
    ledger = create_from_history(
        f"sqlite:///{tmp_path / 'ledger.db'}",
        read_lines(HISTORY),
        digest_of=content,
        editions=[shipped_edition(EDITION)],
        clock=now,
    )
    report = import_history(ledger, HISTORY)
    ledger.close()

    assert (report.imported, report.reasons) == (0, {"already-imported": len(LINES)})


# What is refused leaves nothing.


def left_behind(url: str, folder: Path) -> list[str]:
    """Files of the folder, and tables of a PostgreSQL database."""
    names = sorted(os.listdir(folder))
    if url.startswith("postgresql:"):
        import psycopg

        with psycopg.connect(url) as connection:
            names += [
                row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ]
    return names


def refused_load(url: str, folder: Path, lines: Sequence[str], **changes: Any) -> LineRefused:
    with keys_in(folder), pytest.raises(LineRefused) as refused:
        load(url, lines, **changes)
    assert left_behind(url, folder) == []
    return refused.value


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case["name"])
def test_a_refused_line_leaves_no_ledger_behind(database_url: str, tmp_path: Path, case: dict[str, Any]) -> None:
    upto = EXPECTED["row_of_worked_table_to_line_of_history"][str(case["after"])]

    refused = refused_load(database_url, tmp_path, [*LINES[:upto], json.dumps(case["line"])])

    assert (refused.code, refused.number, refused.group) == (case["code"], upto + 1, Group.REFUSED)


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case["name"])
def test_without_its_last_line_the_same_history_is_taken(tmp_path: Path, case: dict[str, Any]) -> None:
    upto = EXPECTED["row_of_worked_table_to_line_of_history"][str(case["after"])]
    with keys_in(tmp_path):
        ledger = load(f"sqlite:///{tmp_path / 'ledger.db'}", LINES[:upto])

    assert ledger.size > upto
    ledger.close()


def changed(number: int, **changes: Any) -> list[str]:
    """The golden lines with one of them changed."""
    line = {**json.loads(LINES[number - 1]), **changes}
    return [*LINES[: number - 1], json.dumps({name: value for name, value in line.items() if value is not None}),
            *LINES[number:]]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "code", "number"),
    [
        (lambda: changed(8, recorded_at="2025-01-09T09:08:00+08:00"), "effective-in-future", 8),
        (lambda: changed(9, recorded_at="2025-01-10T09:07:59+08:00"), "recorded-at-decreases", 9),
        (lambda: changed(9, recorded_at=None), "recorded-at-missing", 9),
        (lambda: changed(37, recorded_at="2026-07-01T09:00:01+08:00"), "history-in-the-future", 37),
        (lambda: changed(11, recorded_at="2025-02-21T09:11:00+08:00"), "late-without-document", 11),
    ],
    ids=["effective-later", "time-goes-back", "no-time", "future", "late"],
)
def test_the_times_of_a_history(tmp_path: Path, lines: Callable[[], list[str]], code: str, number: int) -> None:
    refused = refused_load(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, lines())

    assert (refused.code, refused.number) == (code, number)


def test_lines_of_one_moment_keep_the_order_of_the_file(tmp_path: Path) -> None:
    same = json.loads(LINES[0])["recorded_at"]
    with keys_in(tmp_path):
        ledger = load(f"sqlite:///{tmp_path / 'ledger.db'}", [*LINES[:1], *changed(2, recorded_at=same)[1:2]])

    names = [entry.data["name"] for entry in ledger.by_type("SubjectRegistered", ledger.size)]
    assert names == ["示范市信用办", "示范市人社局"]
    ledger.close()


def test_a_history_begins_with_a_time_that_has_passed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with keys_in(tmp_path), pytest.raises(Invalid) as untimed:
        load(url, changed(1, recorded_at=None))
    with keys_in(tmp_path), pytest.raises(Invalid) as nothing:
        load(url, [])

    assert (untimed.value.code, nothing.value.code) == ("recorded-at-missing", "empty-history")
    assert refused_load(url, tmp_path, LINES, clock=lambda: datetime(2024, 1, 1, tzinfo=UTC)).number == 1
    assert left_behind(url, tmp_path) == []


def test_an_edition_that_was_not_given_is_refused(tmp_path: Path) -> None:
    refused = refused_load(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, LINES, editions=[])

    assert (refused.code, refused.number) == ("unknown-edition", 7)


def test_an_unreadable_edition_leaves_nothing_behind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with keys_in(tmp_path), pytest.raises(Invalid):
        load(url, LINES, editions=[b"id = "])

    assert left_behind(url, tmp_path) == []


def test_a_ledger_that_is_there_is_not_opened_over(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with keys_in(tmp_path):
        load(url, LINES).close()
        names = left_behind(url, tmp_path)
        content = (tmp_path / "ledger.db").read_bytes()
        with pytest.raises(Exception, match="already"):
            load(url, LINES)

        assert left_behind(url, tmp_path) == names
        assert (tmp_path / "ledger.db").read_bytes() == content


# Into an open ledger.


def late(number: int) -> str:
    """A golden line as one brings it to an open ledger: under another id, with its document."""
    line = json.loads(LINES[number - 1])
    line["data"]["doc"] = DOCUMENT
    return json.dumps(line, ensure_ascii=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "late.jsonl"


def test_a_file_comes_in_whole_by_the_real_clock(scene: Scene, file: Path) -> None:
    scene.on_day("2025-06-01")
    file.write_text("\n".join([late(8), "", late(9)]) + "\n", encoding="utf-8")
    before = scene.ledger.size

    report = import_history(scene.ledger, file)

    assert report.as_json()["tables"]["late.jsonl"] == {"rows": 2, "imported": 2, "skipped": 0, "reasons": {}}
    assert report.size == scene.ledger.size == before + 3
    made, _, batch = scene.ledger.logged(before, before + 3)
    assert made.recorded_at.date() == date(2025, 6, 1)
    assert made.source == {"recorded_at": "2025-01-10T01:08:00+00:00"}, "the source's claim moves no as_known"
    assert (batch.type, batch.data["accepted"], batch.data["digest"]) == ("SourceBatchImported", 2, report.batch)
    assert scene.ledger.resolve_as_known("2025-05-31") == before


def test_the_same_file_again_changes_nothing(scene: Scene, file: Path) -> None:
    scene.on_day("2025-06-01")
    file.write_text(late(8), encoding="utf-8")
    import_history(scene.ledger, file)
    head = scene.store.head()

    report = import_history(scene.ledger, file)

    assert (report.imported, dict(report.reasons), report.size) == (0, {"already-imported": 1}, head.size)
    assert scene.store.head() == head


def test_with_a_refused_line_nothing_of_the_file_is_written(scene: Scene, file: Path) -> None:
    scene.on_day("2025-06-01")
    file.write_text("\n".join([late(8), LINES[8], late(8)]), encoding="utf-8")
    head = scene.store.head()

    report = import_history(scene.ledger, file)

    assert not report.committed
    assert [(one["line"], one["code"]) for one in report.refused] == [
        (2, "late-without-document"),
        (3, "commitment-exists"),
    ]
    assert (report.imported, scene.store.head()) == (0, head)
    assert scene.ledger.uid("commitment", "C1") is None


def test_refused_lines_can_be_left_out(scene: Scene, file: Path) -> None:
    scene.on_day("2025-06-01")
    file.write_text("\n".join([late(8), LINES[8], "{", late(9)]), encoding="utf-8")

    report = import_history(scene.ledger, file, skip_refused=True)

    assert (report.rows, report.imported, report.committed) == (4, 2, True)
    assert dict(report.reasons) == {"late-without-document": 1, "not-json": 1}
    assert scene.newest().data["rejected"] == 2


def test_a_dry_run_judges_and_writes_nothing(scene: Scene, file: Path) -> None:
    scene.on_day("2025-06-01")
    file.write_text("\n".join([late(8), late(9)]), encoding="utf-8")
    head = scene.store.head()

    report = import_history(scene.ledger, file, dry_run=True)

    assert (report.imported, report.committed, scene.store.head()) == (2, False, head)
    assert import_history(scene.ledger, file).imported == 2


def test_a_byte_order_mark_and_windows_lines_are_read(scene: Scene, file: Path) -> None:
    scene.on_day("2025-06-01")
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([late(8), late(9), ""]).encode())

    assert [line.number for line in read_lines(file)] == [1, 2]
    assert import_history(scene.ledger, file).imported == 2


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_line_that_is_too_long_is_left_out_and_the_next_is_read(scene: Scene, file: Path, line_end: bytes) -> None:
    """Opening and import read a file by the same lines."""
    scene.on_day("2025-06-01")
    long = b"x" * (2 * MAX_LINE_BYTES + 5)
    file.write_bytes(line_end.join([late(8).encode(), b"", long, b"  ", late(9).encode()]))

    lines = read_lines(file)
    assert next(lines).number == 1
    with pytest.raises(LineRefused) as refused:
        next(lines)
    assert (refused.value.number, refused.value.code) == (3, "line-too-long")

    report = import_history(scene.ledger, file, skip_refused=True)
    assert (report.rows, report.imported, dict(report.reasons)) == (3, 2, {"line-too-long": 1})
    again = import_history(scene.ledger, file, skip_refused=True)
    assert (again.rows, dict(again.reasons)) == (3, {"already-imported": 2, "line-too-long": 1})


def test_a_file_is_never_held_as_a_whole(scene: Scene, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its digest is taken piece by piece, and is the digest of the whole."""
    scene.on_day("2025-06-01")
    file.write_text("\n".join([late(8), late(9)]), encoding="utf-8")
    digest = scene.ledger.keyed_digest(file.read_bytes())
    monkeypatch.setattr(history, "_PIECE_BYTES", 100)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail("the file was read as a whole"))

    report = import_history(scene.ledger, file)

    assert (report.imported, report.batch) == (2, digest)
    assert import_history(scene.ledger, file).reasons == {"already-imported": 2}


def test_a_transaction_of_more_records_than_are_kept_at_hand(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "_LIVE", 2)
    with scene.ledger.transaction():
        for number in range(5):
            scene.promise("2025-06-01", commitment_id=f"C{number}", due_on="2025-12-31")
        for number in range(5):
            scene.fulfil("2025-06-02", commitment_id=f"C{number}")

    assert {scene.state("commitment", f"C{number}").version for number in range(5)} == {2}


def test_the_lines_of_a_file_are_read_one_by_one(file: Path) -> None:
    file.write_text("\n".join([LINES[0], "{"]), encoding="utf-8")
    lines: Iterator[Line] = read_lines(file)

    assert next(lines).type == "SubjectRegistered"
    with pytest.raises(LineRefused) as refused:
        next(lines)
    assert (refused.value.number, refused.value.code) == (2, "not-json")


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_file_without_a_line_is_no_history(scene: Scene, file: Path, content: bytes, dry_run: bool) -> None:
    file.write_bytes(content)

    with scene.refused("empty-history"):
        import_history(scene.ledger, file, dry_run=dry_run)


def test_a_line_that_saw_an_older_version_is_refused_by_its_number(scene: Scene, file: Path) -> None:
    scene.on_day("2025-06-01")
    stale = json.loads(late(15)) | {"after": 7}
    file.write_text("\n".join([late(8), late(9), json.dumps(stale)]), encoding="utf-8")
    head = scene.store.head()

    report = import_history(scene.ledger, file)

    assert [(one["line"], one["code"], one["field"]) for one in report.refused] == [(3, "stale-version", "after")]
    assert (report.committed, scene.store.head()) == (False, head)
    assert import_history(scene.ledger, file, skip_refused=True).imported == 2


def test_a_fault_of_the_clock_is_raised_and_not_counted(scene: Scene, file: Path) -> None:
    from ledger.errors import ClockBehind

    scene.on_day("2025-06-01")
    scene.promise("2025-06-01", commitment_id="C9")
    head = scene.store.head()
    scene.now -= timedelta(minutes=1)
    file.write_text(late(8), encoding="utf-8")

    with pytest.raises(ClockBehind):
        import_history(scene.ledger, file)

    assert scene.store.head() == head
