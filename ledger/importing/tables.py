"""Reading tables row by row, from CSV files and from sheets of workbooks, in memory that does not grow.

`find_tables` says which file or sheet holds which table of a mapping. `read_rows` yields the header and then each row
with the number of its first line. A CSV file is UTF-8 (a byte order mark is tolerated), and whatever else is wrong
with its bytes has a code: `not-utf8`, `nul-byte`, `line-too-long`, `malformed-csv`.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ledger.errors import Invalid, NotFound
from ledger.importing.errors import RowError
from ledger.importing.mapping import TableMapping, TableMappings
from ledger.importing.workbook import read_sheet, sheet_names

MAX_LINE_BYTES = 1_048_576
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_OTHER_ENCODINGS = (("gb18030", "GB18030 (or GBK)"), ("big5", "Big5"))

Cells = list[str]


@dataclass(frozen=True, slots=True)
class TableFile:
    """One table and where it lies; `sheet` is None for a CSV file."""

    table: TableMapping
    path: Path
    sheet: str | None = None

    @property
    def stamp(self) -> tuple[int, int]:
        """Size and time of change: an import stops when they move under it."""
        state = self.path.stat()
        return state.st_size, state.st_mtime_ns


def find_tables(paths: Sequence[Path], mapping: TableMappings) -> list[TableFile]:
    """The tables in these files and folders, in the order of the mapping; each at most once, at least one."""
    found: dict[str, TableFile] = {}
    for path in _data_files(paths):
        names: list[tuple[str, str | None]]
        names = [(name, name) for name in sheet_names(path)] if path.suffix.lower() == ".xlsx" else [(path.stem, None)]
        for name, sheet in names:
            table = mapping.tables.get(name)
            if table is None:
                raise Invalid(f"{path.name}: the mapping has no such table", code="unknown-table", field=name)
            if name in found:
                raise Invalid(f"{path.name}: the table was given twice", code="duplicate-table", field=name)
            found[name] = TableFile(table, path, sheet)
    if not found:
        raise Invalid("no CSV file or workbook with a table of the mapping", code="no-tables")
    return [found[name] for name in mapping.tables if name in found]


def _data_files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(entry for entry in path.iterdir() if entry.suffix.lower() in (".csv", ".xlsx"))
        elif not path.is_file():
            raise NotFound("there is no such file", code="no-such-file", field=path.name)
        elif path.suffix.lower() not in (".csv", ".xlsx"):
            raise Invalid(f"{path.name}: expected a .csv or .xlsx file", code="unknown-file-type")
        else:
            yield path


def file_digests(tables: Sequence[TableFile]) -> list[bytes]:
    """SHA-256 of each file's bytes, in the order of the file names. They are personal: key them before keeping."""
    digests = []
    for path in sorted({table.path for table in tables}, key=lambda path: path.name):
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").digest())
    return digests


def read_rows(file: TableFile) -> Iterator[tuple[int, Cells]]:
    """The header, then every row that is not blank, each with the number of its first line."""
    if file.sheet is not None:
        yield from read_sheet(file.path, file.sheet)
        return
    with file.path.open("rb") as data:
        lines = _Lines(data, file.table.name)
        reader = csv.reader(lines, strict=True)
        start = 1
        try:
            for cells in reader:
                if cells:
                    yield start, cells
                start = lines.number + 1
        except csv.Error as error:
            too_long = "field limit" in str(error)
            code = "line-too-long" if too_long else "malformed-csv"
            detail = "a cell is too long; is a quote left open?" if too_long else "the quotes of this row do not match"
            raise RowError(detail, code=code, table=file.table.name, line=start) from None


class _Lines:
    """The lines of a CSV file as text, each checked before it is decoded."""

    def __init__(self, data: BinaryIO, table: str) -> None:
        self.number = 0
        self._data = data
        self._table = table

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        data = self._data.readline(MAX_LINE_BYTES + 1)
        if not data:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            if data[:2] in _MARKS:
                raise self._error(f"expected UTF-8; this looks like {_MARKS[data[:2]]}", "not-utf8")
            data = data.removeprefix(b"\xef\xbb\xbf")
        if len(data) > MAX_LINE_BYTES:
            raise self._error(f"a line holds at most {MAX_LINE_BYTES} bytes", "line-too-long")
        if b"\0" in data:
            raise self._error("a line holds no NUL byte", "nul-byte")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise self._error(f"expected UTF-8; {_looks_like(data)}", "not-utf8") from None

    def _error(self, detail: str, code: str) -> RowError:
        return RowError(detail, code=code, table=self._table, line=self.number)


def _looks_like(data: bytes) -> str:
    for encoding, name in _OTHER_ENCODINGS:
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return f"this looks like {name}: convert it first"
    return "the encoding is not one that can be told"
