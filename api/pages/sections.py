"""The other parts of a file as tables: promises, sanctions, career, checks, consents, records taken over.

A column that no row fills is left out, and so is a part without rows, except where its absence is the answer. What
stands against somebody has its remedy in the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from markupsafe import Markup

from api.pages.addresses import CERTIFICATE
from api.pages.marks import day, joined
from api.pages.reading import Reading
from api.pages.recording import notice_late, on_behalf_of, recorded_later
from api.pages.tasks import in_score
from ledger.certificates import HOLDS_IN

Answer = Mapping[str, Any]
Cell = Markup | None

OPEN_COMMITMENTS: Final = ("OVERDUE", "BROKEN", "OPEN")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page: the first cell of a row is its header."""

    id: str
    heading: Markup
    columns: list[Markup]
    rows: list[list[Markup]]
    note: Markup | None = None


Column = tuple[str, Callable[[Reading, Answer], Cell]]


def table_of(
    reading: Reading, part: str, rows: Iterable[Answer], columns: Sequence[Column], note: str | None = None
) -> Table | None:
    """The rows of a part; None without any."""
    cells = [[make(reading, row) for _, make in columns] for row in rows]
    if not cells:
        return None
    used = [place for place in range(len(columns)) if place == 0 or any(row[place] is not None for row in cells)]
    return Table(
        id=part,
        heading=reading.words(f"section.{part}"),
        columns=[reading.words(f"column.{columns[place][0]}") for place in used],
        rows=[[row[place] if row[place] is not None else Markup("—") for place in used] for row in cells],  # type: ignore[misc]
        note=None if note is None else reading.words(note),
    )


# Cells.


def _day(name: str) -> Callable[[Reading, Answer], Cell]:
    return lambda reading, row: day(row[name]) if row.get(name) else None


def _word(name: str, group: str) -> Callable[[Reading, Answer], Cell]:
    return lambda reading, row: reading.words.code(group, str(row[name])) if row.get(name) else None


def _said(name: str) -> Callable[[Reading, Answer], Cell]:
    return lambda reading, row: reading.said(row[name]) if row.get(name) else None


def _unit(name: str) -> Callable[[Reading, Answer], Cell]:
    return lambda reading, row: reading.unit(row.get(name))


def _state(lifecycle: str, name: str = "state") -> Callable[[Reading, Answer], Cell]:
    return lambda reading, row: reading.chips.tag(lifecycle, str(row[name])) if row.get(name) else None


def _refs(limit: int = 3) -> Callable[[Reading, Answer], Cell]:
    return lambda reading, row: reading.chips.refs(reading.refs(row.get("events") or [], limit)) or None


def _on_behalf(reading: Reading, row: Answer) -> Cell:
    return on_behalf_of(reading, [row])


def _commitment(reading: Reading, row: Answer) -> Cell:
    kind = reading.words.known("commitment_kind", row.get("kind"))
    text = reading.said(row.get("text") or row["id"])
    return text if kind is None else Markup('{}<span class="sub">{}</span>').format(text, kind)


def _commitment_due(reading: Reading, row: Answer) -> Cell:
    """Open ones say what is left, the others only their day."""
    last = str(row.get("due_on") or "")
    if not last:
        return None
    if row.get("state") == "OPEN" and len(last) == 10:
        return reading.chips.due(reading.calendar_days(last))
    if row.get("state") == "OVERDUE" and len(last) == 10:
        return reading.chips.due(reading.working(last))
    return day(last)


def _commitment_end(reading: Reading, row: Answer) -> Cell:
    if row.get("fulfilled_on"):
        return reading.words("cell.fulfilled_on", day=day(row["fulfilled_on"]))
    if row.get("waived_on"):
        return reading.words("cell.waived_on", day=day(row["waived_on"]))
    last = str(row.get("due_on") or "")
    if row.get("state") == "OVERDUE" and len(last) == 10 and not in_score(date.fromisoformat(last), reading.on):
        return reading.words("cell.remedy_OVERDUE_past")
    key = f"cell.remedy_{row.get('state')}"
    return reading.words(key) if reading.words.has(key) else None


def _weight(reading: Reading, row: Answer) -> Cell:
    return Markup(str(row["weight"])) if row.get("weight") else None  # noqa: S704 - a whole number


def commitments(reading: Reading, file: Answer) -> tuple[Table | None, Table | None]:
    """The promises that are open or stand against somebody, nearest day first; and those that are closed."""
    columns: list[Column] = [
        ("commitment", _commitment),
        ("due_on", _commitment_due),
        ("state", _state("commitment")),
        ("result", _commitment_end),
        *([("weight", _weight)] if file.get("kind") == "UNIT" else []),
        ("on_behalf", _on_behalf),
        ("events", _refs()),
    ]
    rows = file.get("commitments") or []
    open_ones = [row for row in rows if row["state"] in OPEN_COMMITMENTS]
    closed = [row for row in rows if row["state"] not in OPEN_COMMITMENTS]
    open_ones.sort(key=lambda row: (OPEN_COMMITMENTS.index(row["state"]), str(row.get("due_on"))))
    closed.sort(key=lambda row: str(row.get("due_on")), reverse=True)
    return (
        table_of(reading, "commitments", open_ones, columns),
        table_of(reading, "closed_commitments", closed, columns),
    )


def _sanction_remedy(reading: Reading, row: Answer) -> Cell:
    standing = row.get("state") in ("ACTIVE", "PENDING")
    return reading.words("cell.remedy_sanction") if standing else None


def _until(reading: Reading, row: Answer) -> Cell:
    if row.get("lifted_on"):
        return reading.words("cell.lifted_on", day=day(row["lifted_on"]))
    if row.get("until") and row.get("extends"):
        return reading.words("cell.extends", day=day(row["until"]))
    return day(row["until"]) if row.get("until") else reading.words("cell.for_life")


def sanctions(reading: Reading, file: Answer) -> Table | None:
    columns: list[Column] = [
        ("sanction", _word("kind", "sanction")),
        ("state", _state("measure")),
        ("from", _day("from")),
        ("until", _until),
        ("remedy", _sanction_remedy),
        ("events", _refs()),
    ]
    return table_of(reading, "sanctions", file.get("sanctions") or [], columns)


def _measure_remedy(reading: Reading, row: Answer) -> Cell:
    against = row["kind"] == "RESTRICT" and row["state"] == "IN_FORCE"
    return reading.words("cell.remedy_measure") if against else None


def _of_measure(reading: Reading, row: Answer) -> Cell:
    """What it does, by which clauses."""
    clauses = joined([reading.said(clause) for clause in row["clauses"]], str(reading.words("text.comma")))
    effect = reading.words.code("measure_effect", str(row["effect"]))
    return Markup('{}<span class="sub">{}</span>').format(effect, clauses)


def measures(reading: Reading, file: Answer) -> Table | None:
    """The measures that departments applied because of a record."""
    columns: list[Column] = [
        ("measure", _of_measure),
        ("measure_kind", _word("kind", "measure_kind")),
        ("state", _state("measure")),
        ("from", _day("from")),
        ("ended_on", _day("ended_on")),
        ("department", _unit("department")),
        ("remedy", _measure_remedy),
        ("events", _refs()),
    ]
    return table_of(reading, "measures", file.get("measures") or [], columns)


def _decision(reading: Reading, row: Answer) -> Cell:
    if not row.get("decision"):
        return None
    return Markup("{} {}").format(reading.chips.tag("decision", str(row["decision"])), day(row.get("decided_on")))


def _check_remedy(reading: Reading, row: Answer) -> Cell:
    """How a check that goes against somebody can be put right: by its decision, else by the rules it matched."""
    words, state = reading.words, str(row["state"])
    if (state, row.get("outcome")) == ("EVALUATED", "INCOMPLETE"):
        return words("cell.remedy_incomplete")
    if state == "NOTICED" and row.get("reply_due"):
        due = reading.working(row["reply_due"], demonstration=reading.periods_demonstrate)
        return words("cell.respond_until", due=reading.chips.due(due))
    if row.get("decision") == "NOT_ELIGIBLE" and state != "WITHDRAWN":
        return words("cell.remedy_not_eligible_final" if state == "FINAL" else "cell.remedy_not_eligible")
    return None


def _certificate(reading: Reading, row: Answer) -> Cell:
    """Where the candidate asks for the certificate of a decision that was served and stands."""
    of_now = reading.edition is not None and row.get("rulebook") == reading.edition.id
    if row["state"] not in HOLDS_IN or not row.get("decision") or not of_now:
        return None
    address = CERTIFICATE.format(uid=row["uid"])
    return Markup('<a href="{}">{}</a>').format(address, reading.words("cell.certificate"))


def _purpose(reading: Reading, row: Answer) -> Cell:
    purpose = reading.words.code("purpose", str(row["purpose"]))
    post = row.get("post_ref")
    return purpose if not post else Markup('{}<span class="sub nowrap">{}</span>').format(purpose, reading.said(post))


def _requested(reading: Reading, row: Answer) -> Cell:
    on = reading.words("cell.requested_on", day=day(row["requested_on"]))
    said = Markup('{}<span class="sub">{}</span>').format(reading.unit(row.get("requester")) or "", on)
    return said + recorded_later(reading, row)


def checks(reading: Reading, file: Answer) -> Table | None:
    columns: list[Column] = [
        ("purpose", _purpose),
        ("requester", _requested),
        ("state", lambda reading, row: reading.chips.step(row)),
        ("evaluation", _state("evaluation", "outcome")),
        ("decision", _decision),
        ("notice", notice_late),
        ("remedy", _check_remedy),
        ("certificate", _certificate),
        ("on_behalf", _on_behalf),
        ("events", _refs(2)),
    ]
    rows = sorted(file.get("checks") or [], key=lambda row: str(row["requested_on"]), reverse=True)
    return table_of(reading, "checks", rows, columns, "section.checks_note")


def _scope(reading: Reading, row: Answer) -> Cell:
    parts = [reading.words.code("consent_scope", str(code)) for code in row.get("scope") or []]
    return joined(parts, str(reading.words("text.comma"))) if parts else None


def _consent_end(reading: Reading, row: Answer) -> Cell:
    if row.get("withdrawn_on"):
        return reading.words("cell.withdrawn_on", day=day(row["withdrawn_on"]))
    return day(row["expires_on"]) if row.get("expires_on") else None


def consents(reading: Reading, file: Answer) -> Table | None:
    columns: list[Column] = [
        ("recipient", _unit("recipient")),
        ("purpose", _word("purpose", "purpose")),
        ("scope", _scope),
        ("state", _state("consent")),
        ("given_on", _day("given_on")),
        ("expires_on", _consent_end),
        ("on_behalf", _on_behalf),
        ("events", _refs(2)),
    ]
    rows = sorted(file.get("consents") or [], key=lambda row: str(row["given_on"]), reverse=True)
    return table_of(reading, "consents", rows, columns)


def _request_record(reading: Reading, row: Answer) -> Cell:
    named = row.get("breach") or row.get("check")
    return reading.said(named) if named else None


def _request_right(reading: Reading, row: Answer) -> Cell:
    return _with_words(reading, "right", row["right"], [row.get("grounds")])


def _answer_by(reading: Reading, row: Answer) -> Cell:
    """Of an open request what is left, of an answered one its day."""
    if not row.get("answer_by"):
        return None
    if row["state"] == "REQUESTED":
        return reading.chips.due(reading.working(str(row["answer_by"]), demonstration=bool(row["demonstration"])))
    return Markup("{} {}").format(day(row["answer_by"]), reading.chips.demo() if row["demonstration"] else "")


def _request_answer(reading: Reading, row: Answer) -> Cell:
    """The answer with its clauses and reasons: a refusal says why."""
    said = [*(row.get("legal_basis") or []), row.get("reasons")]
    return _with_words(reading, "answer", row["answer"], said) if row.get("answer") else None


def _with_words(reading: Reading, group: str, code: str, said: Iterable[str | None]) -> Cell:
    word = reading.words.code(group, code)
    parts = [reading.said(part) for part in said if part]
    inner = joined(parts, str(reading.words("text.semicolon")))
    return Markup('{}<span class="sub">{}</span>').format(word, inner) if parts else word


def data_requests(reading: Reading, file: Answer) -> Table | None:
    """Requests about personal data, newest first."""
    columns: list[Column] = [
        ("right", _request_right),
        ("record", _request_record),
        ("state", _state("data_request")),
        ("requested_on", lambda reading, row: day(row["requested_on"]) + recorded_later(reading, row)),
        ("answer_by", _answer_by),
        ("answered_on", _day("answered_on")),
        ("answer", _request_answer),
        ("on_behalf", _on_behalf),
        ("events", _refs(2)),
    ]
    rows = sorted(file.get("data_requests") or [], key=lambda row: str(row["requested_on"]), reverse=True)
    return table_of(reading, "data_requests", rows, columns, "section.data_requests_note")


def career(reading: Reading, file: Answer) -> list[Table]:
    """Posts, ranks and commendations, as far as there are any."""
    posts: list[Column] = [
        ("unit", _unit("unit")),
        ("level", _word("level", "level")),
        ("post", _word("post", "post")),
        ("from", _day("from")),
        ("to", _day("to")),
        ("events", _refs()),
    ]
    ranks: list[Column] = [("rank", _said("rank")), ("from", _day("from")), ("source", _said("source"))]
    awards: list[Column] = [
        ("award", _award),
        ("state", _word("status", "award")),
        ("given_on", _day("given_on")),
        ("unit", _unit("unit")),
        ("events", _refs()),
    ]
    found = [
        table_of(reading, "posts", file.get("posts") or [], posts),
        table_of(reading, "ranks", file.get("ranks") or [], ranks),
        table_of(reading, "commendations", file.get("commendations") or [], awards),
    ]
    return [table for table in found if table is not None]


def _award(reading: Reading, row: Answer) -> Cell:
    return reading.said(_opened(row, "category") or row.get("ref") or row["source_record"])


def _matter(reading: Reading, row: Answer) -> Cell:
    about = [_opened(row, "category") or str(row.get("kind") or ""), _opened(row, "penalty")]
    parts = [reading.said(part) for part in about if part]
    return joined(parts, str(reading.words("text.semicolon"))) if parts else None


def _opened(row: Answer, name: str) -> str:
    """A member of what the source's row said, where the viewer may read it."""
    for item in row.get("texts") or []:
        summary = item.get("sections", {}).get("summary")
        while isinstance(summary, Mapping) and isinstance(summary.get("summary"), Mapping):
            summary = summary["summary"]
        if isinstance(summary, Mapping) and summary.get(name):
            return str(summary[name])
    return ""


def _source_day(reading: Reading, row: Answer) -> Cell:
    days = (row.get(name) for name in ("decided_on", "occurred_on", "reported_on"))
    return next((day(str(found)) for found in days if found), None)


def taken_over(reading: Reading, file: Answer) -> Table | None:
    """Records another system had, as it had them."""
    columns: list[Column] = [
        ("matter", _matter),
        ("at_source", _state("imported", "outcome")),
        ("on", _source_day),
        ("unit", _unit("unit")),
        ("source", _said("source")),
        ("events", _refs(1)),
    ]
    return table_of(reading, "imported", file.get("imported") or [], columns, "section.imported_note")
