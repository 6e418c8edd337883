"""Imports over HTTP: tried or done, every row accounted for; nothing that a file or a name says leads anywhere."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi import UploadFile
from httpx2 import Response

import api.bodies
import api.routes.imports
from ledger.importing.mapping import shipped_mappings
from tests.support.http import Caller, House, registration

SAMPLE = Path(__file__).resolve().parents[4] / "scripts" / "sample"
MAPPING = "public-records"
CANARY = "金丝雀"
File = tuple[str, bytes]


def sample() -> list[File]:
    return [(path.name, path.read_bytes()) for path in sorted(SAMPLE.glob("*.csv"))]


def send(caller: Caller, files: Sequence[File], mapping: str | None = MAPPING, **query: Any) -> Response:
    parts = [("files", file) for file in files]
    data = {} if mapping is None else {"mapping": mapping}
    headers = {"Idempotency-Key": "import"}
    return caller.send("POST", "/v1/imports", files=parts, data=data, params=query, headers=headers)


@pytest.fixture
def credit(own_door: House) -> Caller:
    return own_door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")


def line(**data: Any) -> bytes:
    actor = {"id": "hr-1", "role": "HR", "unit_id": "PERSONNEL"}
    body = {"type": "SubjectRegistered", "effective_on": "2026-06-05", "actor": actor, "data": data}
    return json.dumps(body, ensure_ascii=False).encode() + b"\n"


def test_the_sample_is_tried_then_imported_then_known(own_door: House, credit: Caller) -> None:
    size, looks = own_door.ledger.size, own_door.looks()
    tried = send(credit, sample(), dry_run=True)
    assert tried.status_code == 200
    assert tried.json()["dry_run"] is True
    assert tried.json()["refused"] == []
    assert own_door.ledger.size == size

    done = send(credit, sample())
    assert done.status_code == 200
    assert done.json()["tables"] == tried.json()["tables"]
    assert done.json()["size"] == own_door.ledger.size > size

    grown = own_door.ledger.size
    again = send(credit, sample())
    assert again.status_code == 200
    rows = {name: table["rows"] for name, table in done.json()["tables"].items()}
    assert {name: table["reasons"] for name, table in again.json()["tables"].items()} == {
        name: {"already-imported": count} for name, count in rows.items()
    }
    assert (own_door.ledger.size, own_door.looks()) == (grown, looks)


def test_a_workbook_is_its_tables(own_door: House, credit: Caller) -> None:
    writer = pytest.importorskip("xlsxwriter")
    pytest.importorskip("python_calamine")
    made = io.BytesIO()
    with writer.Workbook(made) as book:
        for name, content in sample():
            sheet = book.add_worksheet(name.removesuffix(".csv"))
            for number, row in enumerate(csv.reader(content.decode("utf-8-sig").splitlines())):
                for column, cell in enumerate(row):
                    sheet.write_string(number, column, cell)
    whole = send(credit, [(f"{CANARY}.xlsx", made.getvalue())], dry_run=True)

    assert whole.status_code == 200, whole.text
    assert whole.json()["tables"] == send(credit, sample(), dry_run=True).json()["tables"]
    assert CANARY not in whole.text


def test_an_import_says_who_imported_it(own_door: House, credit: Caller) -> None:
    send(credit, sample())
    closing = own_door.ledger.by_type("SourceBatchImported", own_door.ledger.size)[-1]

    assert closing.actor["role"] == "CREDIT"
    assert own_door.ledger.caller_id(closing.actor["unit"]) == "CREDIT-OFFICE"


def test_a_refused_row_stops_the_import(own_door: House, credit: Caller) -> None:
    good, bad = line(**registration(1)), line(**{**registration(2), "id_number": "110105194912310021"})
    size = own_door.ledger.size
    stopped = send(credit, [("lines.jsonl", good + bad)], None)

    assert (stopped.status_code, stopped.json()["code"]) == (422, "import-stopped")
    assert stopped.headers["content-type"] == "application/problem+json"
    assert [(row["line"], row["code"]) for row in stopped.json()["refused"]] == [(2, "bad-id-number")]
    assert own_door.ledger.size == size

    tried = send(credit, [("lines.jsonl", good + bad)], None, dry_run=True)
    assert (tried.status_code, len(tried.json()["refused"])) == (200, 1)
    assert own_door.ledger.size == size

    skipped = send(credit, [("lines.jsonl", good + bad)], None, skip_refused=True)
    assert skipped.status_code == 200
    assert skipped.json()["tables"]["history.jsonl"]["imported"] == 1
    assert own_door.ledger.size == size + 2  # the line, and the entry that closes the batch


def test_a_refused_row_of_a_table_stops_the_import(own_door: House, credit: Caller) -> None:
    files = [(name, content.replace(b",", b";") if name == "units.csv" else content) for name, content in sample()]
    size = own_door.ledger.size
    stopped = send(credit, files)

    assert (stopped.status_code, stopped.json()["code"]) == (422, "import-stopped")
    assert {"units"} == {row["table"] for row in stopped.json()["refused"]}
    assert "rejected" not in stopped.json()
    assert own_door.ledger.size == size


def test_system_acts_of_a_file_are_not_taken_from_a_caller(own_door: House, credit: Caller) -> None:
    act = {
        "type": "ReplyLapsed", "effective_on": "2026-06-05", "actor": {"id": "system", "role": "SYSTEM"},
        "data": {"breach_id": "B9"},
    }  # fmt: skip
    stopped = send(credit, [("lines.jsonl", json.dumps(act).encode())], None)

    assert stopped.status_code == 422
    assert len(stopped.json()["refused"]) == 1


@pytest.mark.parametrize(
    ("files", "mapping", "code"),
    [
        ([("units.csv", b"a\n1\n")], None, "missing-field"),
        ([("units.csv", b"a\n1\n")], "", "missing-field"),
        ([("units.csv", b"a\n1\n")], "no-such", "no-such-mapping"),
        ([("units.csv", b"a\n1\n")], "../../../etc/passwd", "no-such-mapping"),
        ([("units.csv", b"a\n1\n")], "public-records.toml", "no-such-mapping"),
        ([("units.csv", b"a\n1\n")], "/etc/mapping.toml", "no-such-mapping"),
        ([("zhangsan.csv", b"a\n1\n")], MAPPING, "unknown-table"),
        ([("UNITS.csv", b"a\n1\n")], MAPPING, "unknown-table"),
        ([("units\0.csv", b"a\n1\n")], MAPPING, "unknown-table"),
        ([("a" * 300 + ".csv", b"a\n1\n")], MAPPING, "unknown-table"),
        ([(CANARY + ".csv", b"a\n1\n")], MAPPING, "unknown-table"),
        ([("units.csv", b"a\n1\n"), ("x/units.csv", b"b\n1\n")], MAPPING, "duplicate-table"),
        ([("units.exe", b"MZ")], MAPPING, "unknown-file-type"),
        ([("", b"a\n1\n")], MAPPING, "unknown-file-type"),
        ([("units", b"a\n1\n")], MAPPING, "unknown-file-type"),
        ([("..", b"a\n1\n")], MAPPING, "unknown-file-type"),
        ([("units.xlsx", b"no workbook")], MAPPING, "not-xlsx"),
        ([("a.jsonl", b"{}"), ("b.jsonl", b"{}")], None, "out-of-range"),
        ([("a.jsonl", b"{}"), ("units.csv", b"a\n1\n")], MAPPING, "out-of-range"),
        ([(f"{number}.csv", b"") for number in range(41)], MAPPING, "out-of-range"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_refused_by_its_code(
    door: House, files: list[File], mapping: str | None, code: str
) -> None:
    size = door.ledger.size
    answer = send(door.caller("credit-1", "CREDIT", "CREDIT-OFFICE"), files, mapping)

    if files[0][0] == "":  # a part without a file name is no file
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
    assert CANARY not in answer.text
    assert "zhangsan" not in answer.text
    assert door.ledger.size == size


def test_tables_need_a_mapping_and_the_document_names_those_there_are(door: House) -> None:
    answer = send(door.caller("credit-1", "CREDIT", "CREDIT-OFFICE"), sample(), None, dry_run=True)
    document = door.stranger().get("/v1/openapi.json").json()
    body = document["paths"]["/v1/imports"]["post"]["requestBody"]["content"]["multipart/form-data"]
    schema = document["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "missing-field", "mapping")
    assert schema["properties"]["mapping"]["enum"] == list(shipped_mappings())


def test_look_ups_batches_and_imports_have_examples_in_both_languages(door: House) -> None:
    paths = door.stranger().get("/v1/openapi.json").json()["paths"]
    for path in ("/v1/subjects/lookup", "/v1/batch", "/v1/imports"):
        (body,) = paths[path]["post"]["requestBody"]["content"].values()

        assert set(body["examples"]) == {"zh", "en"}, path
        assert all(example["summary"] and example["value"] for example in body["examples"].values()), path


@pytest.mark.parametrize("name", ["../../units.csv", "/etc/units.csv", "..\\..\\units.csv", "C:\\temp\\units.csv"])
def test_a_path_in_a_files_name_leads_nowhere(
    own_door: House, credit: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folders = tmp_path / "uploads"
    folders.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folders))
    seen: list[Path] = []
    kept = api.routes.imports._kept

    def noted(upload: UploadFile, path: Path) -> Path:
        seen.append(path)
        return kept(upload, path)

    monkeypatch.setattr(api.routes.imports, "_kept", noted)
    units = dict(sample())["units.csv"]
    answer = send(credit, [(name, units)])

    assert answer.status_code == 200, answer.text
    assert [path.name for path in seen] == ["units.csv"]
    assert all(folders in path.parents for path in seen)
    assert list(folders.iterdir()) == [], "nothing of an upload is left behind"


def test_nothing_of_a_row_or_header_is_repeated(own_door: House, credit: Caller) -> None:
    header, *rows = dict(sample())["units.csv"].decode("utf-8-sig").splitlines()
    more = "\n".join([f"{header},{CANARY}", *(f"{row},{CANARY}" for row in rows)]).encode()
    other = "\n".join([header, *(row.replace(",", f",{CANARY}", 1) for row in rows)]).encode()
    for content in (more, other, f"{CANARY}\n{CANARY}\n".encode(), f"{CANARY}\n".encode("gb18030")):
        for option in ("dry_run", "skip_refused", "no_option"):
            assert CANARY not in send(credit, [("units.csv", content)], MAPPING, **{option: True}).text
    history = line(**{**registration(1), "region": CANARY}) + line(**{CANARY: CANARY}) + CANARY.encode()
    assert CANARY not in send(credit, [(f"{CANARY}.jsonl", history)], None).text


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{}", "application/json", 415, "unsupported-media-type"),
        (b"files=x", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b"nonsense", "multipart/form-data; boundary=x", 400, "malformed"),
        (b"nonsense", "multipart/form-data", 400, "malformed"),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 400, "malformed"),
    ],
)
def test_what_is_no_form_is_refused(door: House, content: bytes, kind: str, status: int, code: str) -> None:
    headers = {"Content-Type": kind, "Idempotency-Key": "x"}
    credit = door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")
    answer = credit.send("POST", "/v1/imports", content=content, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_nobody_uploads_a_byte_before_they_are_admitted(door: House, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    limited = api.bodies.limited

    async def counted(*given: Any) -> Any:
        async for chunk in limited(*given):
            read.append(len(chunk))
            yield chunk

    monkeypatch.setattr("api.uploads.limited", counted)

    assert send(door.stranger(), sample()).status_code == 401
    assert send(door.caller("hr-1", "HR", "PERSONNEL"), sample()).status_code == 404
    assert read == []
    assert send(door.caller("credit-1", "CREDIT", "CREDIT-OFFICE"), sample(), dry_run=True).status_code == 200
    assert sum(read) > 0


def test_no_more_of_an_upload_is_read_than_is_taken(door: House, monkeypatch: pytest.MonkeyPatch) -> None:
    credit = door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")
    large = send(credit, [("units.csv", b"x" * (65 * 1024 * 1024))])
    assert (large.status_code, large.json()["code"]) == (413, "body-too-large")

    sent: list[int] = []

    def endless() -> Any:
        """A body of unknown length, as large as it takes."""
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="units.csv"\r\n\r\n'
        for number in range(200):
            sent.append(number)
            yield b"x" * (1024 * 1024)

    headers = {"Content-Type": "multipart/form-data; boundary=x", "Idempotency-Key": "x"}
    answer = credit.send("POST", "/v1/imports", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
