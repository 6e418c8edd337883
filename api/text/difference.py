"""The difference of two moments for people: what was added, removed and changed, and by which entries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from api.text.folio import known_up_to
from api.text.lines import clause_of
from api.text.page import Cell, Page, entries, figure, short
from ledger.clock import day_of, parse_time

Change = Mapping[str, Any]

# Which table of states the `state` of a section belongs to.
_LIFECYCLES: Final[Mapping[str, str]] = {
    "breaches": "breach", "commitments": "commitment", "repairs": "repair", "sanctions": "measure",
    "measures": "measure", "checks": "check", "consents": "consent", "data_requests": "data_request",
}  # fmt: skip
_OF_MEMBER: Final[Mapping[str, str]] = {"outcome": "evaluation", "decision": "decision"}
# Of a record that came or went, what it is; the JSON has every member.
_TELLING: Final = (
    "state", "severity", "record_kind", "outcome", "decision", "decision_on", "due_on", "kind", "purpose", "rule",
    "clause", "from", "until", "value",
)  # fmt: skip
_UNSAID: Final = frozenset({"uid", "texts", "events", "params", "demonstration", "edition", "notice"})


def render_difference(answer: Mapping[str, Any], page: Page) -> None:
    """Write the difference."""
    text, changes = page.text, answer["changes"]
    page.title(text("page.difference"), str(answer.get("check") or answer.get("subject") or ""))
    viewer, purpose = answer.get("viewer"), answer.get("purpose")
    page.folio(
        [
            (text("folio.uid"), short(answer.get("uid"))),
            (text("folio.viewer"), text.word("role", viewer) if viewer else None),
            (text("folio.purpose"), text.word("purpose", purpose) if purpose else None),
        ]
    )
    page.facts([(text(f"difference.{side}"), _moment(page, answer[side])) for side in ("from", "to")], indent=0)
    if not changes:
        page.emit()
        page.say(text("difference.none"), "kept", indent=2)
        return
    if answer.get("figure"):
        _show_figure(page, answer["figure"], [change for change in changes if "difference" in change])
    unsaid = _UNSAID | ({"value"} if answer.get("figure") else set())
    records = [change for change in changes if "difference" not in change]
    for section, some in groupby(records, key=lambda change: str(change["section"])):
        shown = [(change, list(_said(page, change, unsaid))) for change in some]
        if any(said or change["id"] for change, said in shown):
            page.section(_heading(page, section))
        for change, said in shown:
            _show_record(page, change, said)
    _show_entries(page, answer["entries"])


def _moment(page: Page, moment: Mapping[str, Any]) -> str:
    text = page.text
    said = text("difference.moment", as_of=moment["as_of"], known=known_up_to(page, moment))
    return text("text.bracketed", outer=said, inner=text("difference.absent")) if moment["absent"] else said


def _heading(page: Page, section: str) -> str:
    text = page.text
    return text(f"section.{section}") if text.has(f"section.{section}") else text("difference.answer")


def _show_figure(page: Page, moved: Mapping[str, Any], lines: Sequence[Change]) -> None:
    text = page.text
    sides = [figure("–" if moved[side] is None else moved[side]) for side in ("before", "after")]
    by = "" if moved["difference"] is None else _signed(moved["difference"])
    page.section(f"{sides[0]} → {sides[1]}", by)
    if not lines:
        return
    columns = [(text("column.item"), False), (text("difference.before"), True), (text("difference.after"), True)]
    columns += [(text("difference.by"), True), (text("column.clause"), False), (text("difference.made_by"), False)]
    rows = [_line(page, line) for line in lines]
    page.table(columns, rows, total=[text("text.total"), "", "", _signed(moved["lines"]), "", ""])


def _line(page: Page, line: Change) -> list[Cell]:
    text = page.text
    clause, label = clause_of(line), str(line.get("label") or "")
    name = text.clause("label", label) or text.clause("clause", str(line["clause"])) or clause
    value: Mapping[str, Any] = next((one for one in line["fields"] if one["field"] == "value"), {})
    return [
        f"{line['record']}  {name}" if line.get("record") else name,
        figure(value.get("before", "–")) if value else "",
        figure(value.get("after", "–")) if value else "",
        _signed(line["difference"]),
        clause,
        _made_by(page, line),
    ]


def _signed(amount: str) -> str:
    return figure(amount) if amount.startswith("-") else f"+{amount}"


def _made_by(page: Page, change: Change) -> str:
    """The entries that made a difference, and the day where it did."""
    text = page.text
    named = entries(
        text, [entry["index"] for entry in change["entries"]], withheld=int(change.get("entries_withheld") or 0)
    )
    parts = [text("difference.by_day")] if change["by_day"] else []
    return text("text.comma").join([*parts, *([named] if named else [])])


def _show_record(page: Page, change: Change, said: Sequence[tuple[str, Cell]]) -> None:
    text = page.text
    if not said and not change["id"]:
        return
    head = [text(f"difference.{change['change']}"), str(change["id"])]
    page.say("  ".join(part for part in head if part), indent=2)
    page.facts([*said, (text("difference.made_by"), _made_by(page, change))], indent=4)


def _said(page: Page, change: Change, unsaid: Collection[str]) -> Iterable[tuple[str, Cell]]:
    """The members that differ, each before and after; of a record that came or went, what it is."""
    section, kind = str(change["section"]), change["change"]
    for field in change["fields"]:
        name = str(field["field"])
        if kind == "changed":
            if name in unsaid:
                continue
            sides = [_value(page, section, name, field.get(side)) for side in ("before", "after")]
            if sides[0] != sides[1]:
                yield _label(page, name), " → ".join(sides)
        elif name in _TELLING and name not in unsaid:
            value = _value(page, section, name, field.get("after", field.get("before")))
            if value != "–":
                yield _label(page, name), value


def _label(page: Page, name: str) -> str:
    for group in ("column", "section", "folio"):
        if page.text.has(f"{group}.{name}"):
            return page.text(f"{group}.{name}")
    return page.text.word("member", name)


def _value(page: Page, section: str, name: str, value: Any) -> str:
    text = page.text
    if value is None or value == [] or value == "":
        return "–"
    if isinstance(value, bool):
        return text("difference.yes" if value else "difference.no")
    lifecycle = _OF_MEMBER.get(name) or (_LIFECYCLES.get(section, "check") if name == "state" else None)
    if lifecycle:
        return text.state(lifecycle, str(value)).word
    if isinstance(value, list):
        return text("text.comma").join(_part(page, one) for one in value)
    return _part(page, value) if isinstance(value, Mapping) else text.word(name, str(value))


def _part(page: Page, value: Any) -> str:
    """One of several values: what names it, else its own members."""
    if not isinstance(value, Mapping):
        return str(value)
    named = next((value[name] for name in ("effect", "route", "id", "rule", "role") if value.get(name)), None)
    return page.text("difference.several") if named is None else str(named)


def _show_entries(page: Page, named: Sequence[Mapping[str, Any]]) -> None:
    text = page.text
    page.section(text("difference.entries"))
    if not named:
        page.say(text("difference.no_entries"), indent=2)
        return
    page.table(
        [(text("column.entry"), True), (text("column.what"), False), (text("column.on"), False),
         (text("folio.recorded_at"), False)],
        [[f"#{entry['index']}", text.event(str(entry["type"])), str(entry["effective_on"]),
          day_of(parse_time(entry["recorded_at"])).isoformat()] for entry in named],
    )  # fmt: skip
