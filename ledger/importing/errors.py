"""What can be wrong with a row, a cell or a file that is being imported.

Each error names code, field, table and line, never the value: values may be personal.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import Invalid, LedgerError, Refused


class CellError(Invalid):
    """One cell cannot be read; whoever reads the row adds table and line."""

    code = "bad-cell"


class RowError(Invalid):
    """One row of one table cannot be imported. `table` and `line` say where (line 1 is the header)."""

    code = "bad-row"

    def __init__(self, detail: str, *, code: str, table: str, line: int, field: str | None = None) -> None:
        super().__init__(detail, code=code, field=field)
        self.table = table
        self.line = line

    def __str__(self) -> str:
        column = f", column {self.field}" if self.field else ""
        return f"{self.code}: {self.table} line {self.line}{column}: {self.detail}"


class RowRefused(Refused):
    """A rule of the ledger refused a row while it was being written; its chunk was rolled back."""

    def __init__(self, error: LedgerError, *, table: str, line: int, written: int) -> None:
        before = f" ({written} lines before it stand; the import can be run again)" if written else ""
        super().__init__(error.detail + before, code=error.code, field=error.field)
        self.table = table
        self.line = line

    def __str__(self) -> str:
        return f"{self.code}: {self.table} line {self.line}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that was, or would be, left out: where, which column, which code, in words."""

    table: str
    line: int
    field: str | None
    code: str
    detail: str

    @staticmethod
    def of(error: RowError | RowRefused) -> Rejection:
        return Rejection(error.table, error.line, error.field, error.code, error.detail)

    def as_json(self) -> dict[str, str | int | None]:
        return {
            "table": self.table,
            "line": self.line,
            "field": self.field,
            "code": self.code,
            "detail": self.detail,
        }

    def as_document(self) -> dict[str, str | int]:
        """For the document of a batch: members without a value are left out, and no words that may change."""
        place: dict[str, str | int] = {"table": self.table, "line": self.line, "code": self.code}
        return place if self.field is None else {**place, "field": self.field}
