"""What was taken over is not taken over again, also after the index key was rotated."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from ledger.importing.history import import_history
from ledger.line import Line
from tests.support.keys import rotate_index_key
from tests.support.scene import CREDIT, HR, Scene


def test_after_a_rotation_a_file_is_still_known(scene: Scene, tmp_path: Path) -> None:
    scene.on_day("2025-02-01")
    file = tmp_path / "one.jsonl"
    data = {"commitment_id": "C1", "promisor_id": "U1", "kind": "SERVICE", "text": "…", "weight": 1}
    line = {"type": "CommitmentMade", "effective_on": "2025-02-01", "actor": {"id": "hr-1", "role": "HR"}}
    file.write_text(json.dumps({**line, "data": {**data, "due_on": "2025-06-30", "public": True}}), encoding="utf-8")
    first = import_history(scene.ledger, file)
    rotate_index_key(scene.ledger.keys)

    again = import_history(scene.ledger, file)

    assert (first.imported, again.imported, again.reasons) == (1, 0, {"already-imported": 1})
    assert again.batch == first.batch
    assert scene.ledger.is_imported(first.batch)


def test_after_a_rotation_a_source_s_record_is_still_known(scene: Scene) -> None:
    def take_over(name: str) -> None:
        data = {"subject_id": name, "kind": "PERSON"}
        source = {"system": "SRC", "record": "r1"}
        scene.ledger.submit(Line("SubjectRegistered", date(2025, 1, 1), HR, data, source=source))

    take_over("X1")
    rotate_index_key(scene.ledger.keys)

    assert set(scene.ledger.taken_over("SubjectRegistered", [("X1", "r1"), ("X1", "r2")], source="SRC")) == {
        ("X1", "r1")
    }
    with scene.refused("subject-exists"):
        take_over("X1")


def test_a_batch_of_a_digest_is_imported_once(scene: Scene) -> None:
    data = {"source": "SRC", "digest": "a" * 66, "accepted": 1, "rejected": 0}
    scene.act("SourceBatchImported", "2025-02-01", CREDIT, data)
    rotate_index_key(scene.ledger.keys)

    with scene.refused("already-imported"):
        scene.act("SourceBatchImported", "2025-02-02", CREDIT, data)
