"""The lines a figure is made of: item, value, clause, edition and entries, and their sum under a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.text.page import Page, entries, figure
from ledger.rulebook.labels import LABELS

Line = Mapping[str, Any]


def show_lines(page: Page, lines: Sequence[Line], total: str, *, edition: str | None) -> None:
    """The table. The edition is a column only where a line stands on another edition than the page does."""
    text = page.text
    mixed = any(line.get("edition") not in (None, edition) for line in lines)
    columns = [(text("column.item"), False), (text("column.value"), True), (text("column.clause"), False)]
    columns += [(text("column.edition"), False)] if mixed else []
    columns += [(text("column.events"), False)]
    rows = []
    for line in lines:
        row = [label_of(page, line), figure(line["value"]), clause_of(line)]
        row += [str(line.get("edition") or "")] if mixed else []
        row += [entries(text, line.get("events"), withheld=int(line.get("events_withheld") or 0))]
        rows.append(row)
    foot = [text("text.total"), figure(total)] + [""] * (len(columns) - 2)
    page.table(columns, rows, total=foot)
    taking = dict.fromkeys(clause_of(line) for line in lines if str(line["value"]).startswith("-"))
    for clause in taking:
        remedy = text.clause("remedy", clause)
        if remedy:
            page.say(f"{text('text.remedy')} {clause}  {remedy}", "record", indent=2)


def label_of(page: Page, line: Line) -> str:
    """What a line is called, and the record it is about: by its label code and parameters, else by its clause."""
    label, clause, language = line.get("label"), str(line.get("clause") or ""), page.text.language.value
    if isinstance(label, Mapping):
        name = str(label.get(language) or "")
    elif label in LABELS:
        name = LABELS[label][language].format_map(_Shown(line.get("params") or {}))
    else:
        name = page.text.clause("label", str(label)) or page.text.clause("clause", clause) or str(label or clause)
    record = line.get("record")
    return f"{record}  {name}" if record else name


class _Shown(dict[str, str]):
    """Parameters of a label; one that is missing shows as a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def clause_of(line: Line) -> str:
    clause = str(line.get("clause") or "")
    return "" if clause == "rounding" else clause
