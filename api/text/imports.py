"""What an import did for people: every table with its rows, which rows were skipped and why, which were refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.text.page import Page, short

_LINES_SHOWN: Final = 50
_SKIPPED_SHOWN: Final = 20


def render_import(answer: Mapping[str, Any], page: Page, *, dry_run: bool = False) -> None:
    """Write the answer of DESIGN §8 (`import →`); refused lines stand below the tables."""
    text = page.text
    page.title(text("page.import"))
    page.folio(
        [
            (text("folio.batch"), short(answer.get("batch"))),
            (text("folio.size"), text("text.first_entries", size=answer["size"]) if "size" in answer else None),
        ]
    )
    tables: Mapping[str, Mapping[str, Any]] = answer.get("tables") or {}
    if tables:
        sums = {name: sum(int(table.get(name) or 0) for table in tables.values()) for name in _COUNTS}
        page.table(
            [(text("column.table"), False), *((text(f"column.{name}"), True) for name in _COUNTS)],
            [[name, *(str(table.get(count) or 0) for count in _COUNTS)] for name, table in tables.items()],
            total=[text("text.total"), *(str(sums[name]) for name in _COUNTS)] if len(tables) > 1 else None,
        )
        reasons = [
            [name, str(count), text.reason(str(reason))]
            for name, table in tables.items()
            for reason, count in (table.get("reasons") or {}).items()
        ]
        if reasons:
            page.section(text("section.reasons"))
            columns = [(text("column.table"), False), (text("column.count"), True), (text("column.reason"), False)]
            page.table(columns, reasons)
        page.emit()
        page.say(text("text.imported", imported=sums["imported"], skipped=sums["skipped"]))
    left_out = answer.get("left_out") or []
    if left_out:
        _show_left_out(page, left_out)
    refused = answer.get("refused") or []
    if refused:
        show_refused(page, refused)
    if dry_run:
        page.say(text("text.dry_run"), "info")


_COUNTS: Final = ("rows", "imported", "skipped")


def _show_left_out(page: Page, rows: Sequence[Mapping[str, Any]]) -> None:
    """The first rows that were skipped without stopping the import: where they stand, and which column was why."""
    text = page.text
    page.section(text("section.left_out"), str(len(rows)) if len(rows) > 1 else None)
    columns = [(text("column.table"), False), (text("column.line"), True), (text("column.field_name"), False)]
    page.table(
        [*columns, (text("column.reason"), False)],
        [
            [str(row.get("table") or ""), str(row["line"]), str(row.get("field") or ""), text.reason(str(row["code"]))]
            for row in rows[:_SKIPPED_SHOWN]
        ],
    )
    if len(rows) > _SKIPPED_SHOWN:
        page.say(text("text.more_lines", count=len(rows) - _SKIPPED_SHOWN), "closed", indent=2)


def show_refused(page: Page, refused: Sequence[Mapping[str, Any]]) -> None:
    """The refused lines: where, which code, and what it means in words. Values of the line are not repeated."""
    text = page.text
    page.section(text("section.refused"), str(len(refused)))
    named = any(line.get("table") for line in refused)
    columns = [(text("column.table"), False)] if named else []
    columns += [(text("column.line"), True), (text("column.code"), False), (text("column.what"), False)]
    rows = []
    for line in refused[:_LINES_SHOWN]:
        row = [str(line.get("table") or "")] if named else []
        number = line.get("line")
        what = text.error(str(line["code"])) or str(line.get("detail") or "")
        if line.get("field"):
            what = text("text.bracketed", outer=what, inner=text("text.field_name", field=line["field"]))
        rows.append([*row, "" if number is None else str(number), str(line["code"]), what])
    page.table(columns, rows)
    if len(refused) > _LINES_SHOWN:
        page.say(text("text.more_lines", count=len(refused) - _LINES_SHOWN), "closed", indent=2)
