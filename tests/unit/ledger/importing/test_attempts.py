"""What an import leaves out can be taken over later from the very same file; what it took over, never twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.application import Ledger
from ledger.importing.batch import BatchStopped, import_tables
from ledger.importing.history import import_history
from ledger.importing.mapping import TableMappings
from tests.support.scene import DOCUMENT, Scene
from tests.unit.ledger.importing.conftest import Edit
from tests.unit.ledger.importing.test_batch import WRITTEN, account, imported, reasons


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "late.jsonl"


def line(kind: str, **data: Any) -> str:
    actor = {"id": "credit-1", "role": "CREDIT", "unit_id": "CREDIT-OFFICE"}
    return json.dumps({"type": kind, "effective_on": "2025-06-01", "actor": actor, "data": data}, ensure_ascii=False)


def fulfilled(commitment: str) -> str:
    evidence = {"evidence": ["ev-1"], "doc": DOCUMENT}
    return line("CommitmentFulfilled", commitment_id=commitment, fulfilled_on="2025-06-01", **evidence)


def test_the_lines_left_out_come_in_from_the_same_file_later(scene: Scene, file: Path) -> None:
    scene.promise("2025-05-01", commitment_id="C1")
    scene.on_day("2025-06-01")
    file.write_text("\n".join([fulfilled("C1"), fulfilled("C8"), fulfilled("C9")]), encoding="utf-8")

    first = import_history(scene.ledger, file, skip_refused=True)
    scene.promise("2025-06-01", commitment_id="C8")
    second = import_history(scene.ledger, file, skip_refused=True)
    scene.promise("2025-06-01", commitment_id="C9")
    third = import_history(scene.ledger, file)
    head = scene.store.head()
    fourth = import_history(scene.ledger, file)

    assert [(one.imported, dict(one.reasons)) for one in (first, second, third, fourth)] == [
        (1, {"unknown-commitment": 2}),
        (1, {"already-imported": 1, "unknown-commitment": 1}),
        (1, {"already-imported": 2}),
        (0, {"already-imported": 3}),
    ]
    assert {one.batch for one in (first, second, third, fourth)} == {first.batch}
    assert scene.store.head() == head
    assert scene.newest().data["digest"] == first.batch, "the last attempt closes the batch"


def test_so_does_a_file_whose_only_line_was_refused(scene: Scene, file: Path) -> None:
    scene.on_day("2025-06-01")
    file.write_text(fulfilled("C9"), encoding="utf-8")

    assert import_history(scene.ledger, file, skip_refused=True).imported == 0
    scene.promise("2025-06-01", commitment_id="C9")

    assert import_history(scene.ledger, file).imported == 1


def test_trying_again_in_vain_writes_nothing(scene: Scene, file: Path) -> None:
    scene.promise("2025-05-01", commitment_id="C1")
    scene.on_day("2025-06-01")
    file.write_text("\n".join([fulfilled("C1"), fulfilled("C9")]), encoding="utf-8")
    import_history(scene.ledger, file, skip_refused=True)
    head = scene.store.head()

    skipped = import_history(scene.ledger, file, skip_refused=True)
    stopped = import_history(scene.ledger, file)

    assert [one["line"] for one in skipped.refused] == [one["line"] for one in stopped.refused] == [2]
    assert dict(stopped.reasons) == {"already-imported": 1, "unknown-commitment": 1}
    assert scene.store.head() == head


def test_the_list_of_what_was_left_out_lies_beside_the_closing_entry(scene: Scene, file: Path) -> None:
    scene.on_day("2025-06-01")
    file.write_text(fulfilled("C9"), encoding="utf-8")
    import_history(scene.ledger, file, skip_refused=True)

    closing = scene.newest()
    document = scene.store.document(bytes.fromhex(closing.data["rejects_digest"]))

    assert (closing.data["accepted"], closing.data["rejected"]) == (0, 1)
    assert json.loads(document or b"") == [{"code": "unknown-commitment", "line": 1}]


def test_rows_left_out_of_a_mapped_batch_come_in_once_they_can(
    ledger: Ledger, mapping: TableMappings, folder: Path
) -> None:
    """The records of a person whom nobody had registered yet."""
    tables = [folder / "units.csv", folder / "breaches.csv"]
    first = import_tables(ledger, tables, mapping, skip_refused=True)
    refused = len(first.rejected)
    assert {one.code for one in first.rejected} == {"unknown-person"}
    import_tables(ledger, [folder / "officials.csv"], mapping)

    second = import_tables(ledger, tables, mapping)
    third = import_tables(ledger, tables, mapping)

    account(second)
    assert imported(second) == refused > 0
    assert set(reasons(second)) == {"already-imported"}
    assert (imported(third), set(reasons(third))) == (0, {"already-imported"})
    assert third.size == second.size


def test_a_mapped_batch_tried_again_in_vain_writes_nothing(ledger: Ledger, mapping: TableMappings, edit: Edit) -> None:
    folder = edit("breaches", "1989-03-04", "1989-02-30")
    first = import_tables(ledger, [folder], mapping, skip_refused=True)

    again = import_tables(ledger, [folder], mapping, skip_refused=True)
    with pytest.raises(BatchStopped):
        import_tables(ledger, [folder], mapping)

    assert (imported(again), len(again.rejected), again.size) == (0, 1, first.size)
    assert reasons(again) == {"already-imported": WRITTEN - 1, "value-missing": 1, "impossible-date": 1}


@pytest.mark.parametrize(
    ("table", "old", "new", "column"),
    [
        ("units", "YOUTH DIVISION AREA 2", "YOUTH DIVISION AREA 3", "name_or_code"),
        ("breaches", "1989-03-04", "1989-03-05", "incident_date"),
        ("officials", "2012-03-31", "2012-03-30", "resigned_on"),
        ("commendations", "1998-10-28", "1998-10-29", "requested_on"),
    ],
)
def test_a_row_that_says_something_else_by_now_differs_and_says_where(
    ledger: Ledger, mapping: TableMappings, folder: Path, table: str, old: str, new: str, column: str
) -> None:
    import_tables(ledger, [folder], mapping)
    path = folder / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")

    report = import_tables(ledger, [folder], mapping)

    account(report)
    assert imported(report) == 0
    assert reasons(report) == {"already-imported": WRITTEN - 1, "differs": 1, "value-missing": 1}
    (changed,) = [one for one in report.left_out if one.code == "differs"]
    assert (changed.table, changed.field) == (table, column)


def test_what_was_erased_is_not_said_to_differ(
    ledger: Ledger, mapping: TableMappings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_tables(ledger, [folder], mapping)
    (folder / "units.csv").open("a", encoding="utf-8").write("HBR-059,New district,HBR,HBR,active\n")
    monkeypatch.setattr(Ledger, "sections", lambda self, entry, names=None: {})

    assert "differs" not in reasons(import_tables(ledger, [folder], mapping))
