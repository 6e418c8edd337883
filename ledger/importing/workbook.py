"""Sheets of XLSX workbooks as rows of text: what a cell shows as a value, never a formula.

Numbers become the shortest decimal text, dates ISO dates. A cell with a formula is refused (`formula-in-cell`): its
value was computed elsewhere and may change. A sheet is held in memory while it is read, so large tables should come
as CSV: a workbook that unpacks to more than `MAX_UNPACKED_BYTES` is refused. Needs the extra `[xlsx]`.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from xml.parsers import expat

from ledger.errors import Invalid
from ledger.importing.errors import RowError

MAX_UNPACKED_BYTES = 256 * 1_048_576
_REFERENCE = re.compile(r"([A-Z]+)([0-9]+)")
_CHUNK = 65_536


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook, in its order."""
    with _open(path) as workbook:
        return list(workbook.sheet_names)


def read_sheet(path: Path, sheet: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a sheet that are not blank, each with its line; the first is the header."""
    _refuse_formulas(path, sheet)
    with _open(path) as workbook:
        content = workbook.get_sheet_by_name(sheet)
        first = 0 if content.start is None else content.start[0]
        for line, values in enumerate(content.iter_rows(), start=first + 1):
            cells = [_text(value) for value in values]
            if any("\0" in cell for cell in cells):
                raise RowError("a cell holds no NUL", code="nul-byte", table=sheet, line=line)
            if any(cells):
                yield line, cells


def _open(path: Path) -> Any:
    try:
        import python_calamine
    except ImportError:
        raise Invalid(
            "reading XLSX needs the extra: pip install 'integrity-ledger[xlsx]'", code="xlsx-extra-missing"
        ) from None
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise Invalid(
                    f"{path.name}: the workbook is too large; save its tables as CSV", code="workbook-too-large"
                )
        return python_calamine.CalamineWorkbook.from_path(str(path))
    except (zipfile.BadZipFile, python_calamine.CalamineError):
        raise Invalid(f"{path.name}: not an XLSX workbook", code="not-xlsx") from None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _refuse_formulas(path: Path, sheet: str) -> None:
    """Look for a formula in the sheet's own XML; the reader of values cannot tell one from a value."""
    with zipfile.ZipFile(path) as archive:
        cell = ""

        def opened(name: str, attributes: dict[str, str]) -> None:
            nonlocal cell
            local = name.rpartition(":")[2]
            if local == "c":
                cell = attributes.get("r", "")
            elif local == "f":
                match = _REFERENCE.fullmatch(cell)
                column, line = (match.group(1), int(match.group(2))) if match else (None, 0)
                raise RowError(
                    "give the value, not a formula", code="formula-in-cell", table=sheet, line=line, field=column
                )

        with archive.open(_sheet_member(archive, sheet)) as xml:
            parser = _parser()
            parser.StartElementHandler = opened
            while data := xml.read(_CHUNK):
                parser.Parse(data, False)


def _sheet_member(archive: zipfile.ZipFile, sheet: str) -> str:
    """The member of the archive that holds a sheet (ECMA-376 part 2 §9.3: workbook, relationships, sheet)."""
    relation = next(
        value
        for element in _elements(archive, "xl/workbook.xml", "sheet")
        if element.get("name") == sheet
        for name, value in element.items()
        if name.rpartition(":")[2] == "id" and name != "id"
    )
    target = next(
        element["Target"]
        for element in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
        if element.get("Id") == relation
    )
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def _elements(archive: zipfile.ZipFile, member: str, wanted: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    parser = _parser()
    parser.StartElementHandler = lambda name, attributes: (
        found.append(attributes) if name.rpartition(":")[2] == wanted else None
    )
    parser.Parse(archive.read(member), True)
    return found


def _parser() -> expat.XMLParserType:
    """A parser without document types, hence without entities to expand."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise Invalid("a workbook has no document type", code="not-xlsx")

    parser.StartDoctypeDeclHandler = refuse
    return parser
