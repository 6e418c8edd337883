"""The findings and records of an integrity file, one below the other: state, effect, end, remedy, words.

A record never stands without its end and its remedy (ui/UI.md §1.4), as far as the viewer may know them. Until
something is found it is a proposal, and says so; what would be refused is not offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.text.deadlines import last_day
from api.text.page import Page, entries, figure, styled
from api.text.recording import notice_late, on_behalf_of
from projections.visibility import Column, column_of

Row = Mapping[str, Any]

STANDING: Final = frozenset({"CONFIRMED", "UPHELD", "VARIED"})
ENDED: Final = frozenset({"REPAIRED", "EXPIRED", "REMOVED", "OVERTURNED", "DISMISSED", "DECLINED"})
HEARING: Final = frozenset({"NOTIFIED", "REPLIED", "LAPSED"})
_BEFORE_FINDING: Final = HEARING | {"REPORTED"}
_ENDED_AT_SOURCE: Final = frozenset({"COURT_LIST", "DISCIPLINE"})  # removed or lifted there, never repaired
_TEXTS: Final = ("summary", "facts", "statement", "grounds", "reasons")
_LOCAL: Final = "LOCAL"


def show_breaches(page: Page, answer: Row) -> None:
    """Every record that the viewer sees; those that only count are a number."""
    text, breaches = page.text, answer.get("breaches") or []
    withheld = int(answer.get("breaches_withheld") or 0)
    page.section(text("section.breaches"), str(len(breaches)) if len(breaches) > 1 else None)
    if not breaches and not withheld:
        page.say(text(_nothing(answer)), indent=2)
    repairs = {str(repair["id"]): repair for repair in answer.get("repairs") or []}
    for breach in breaches:
        _show(page, breach, str(answer.get("as_of")), repairs, of_unit=answer.get("kind") == "UNIT")
    if withheld:
        page.say(text("text.counted", count=withheld), indent=2)


def of_a_stranger(answer: Row) -> bool:
    """Whether this is a person's file before somebody to whom findings about people are never shown."""
    strangers = (Column.UNIT_HEAD, Column.PUBLIC)
    return answer.get("kind") == "PERSON" and column_of(str(answer.get("viewer") or "AUDITOR")) in strangers


def _nothing(answer: Row) -> str:
    """What to say where no record is listed: it was looked for, or it is never listed for this viewer."""
    if of_a_stranger(answer):
        return "empty.not_listed"
    return "text.no_usable" if answer.get("consent") else "empty.breaches"


def _show(page: Page, breach: Row, as_of: str, repairs: Mapping[str, Row], *, of_unit: bool) -> None:
    text = page.text
    line = styled(f"  {breach['id']}  ")
    line.append_text(styled(text.state("breach", str(breach["state"]))))
    for word in _kind_of(page, breach):
        line.append(f"  {word}")
    page.say(line)
    page.facts(
        [
            (text("text.decided"), breach.get("decision_on")),
            (text("column.reply_due"), last_day(text, breach, "reply_due") if breach["state"] == "NOTIFIED" else None),
            (text("text.now_effect"), _effect_now(page, breach, of_unit=of_unit)),
            (text("text.ends"), _ends(page, breach)),
            (text("text.remedy"), remedy(page, breach, as_of, repairs)),
            *_notice(page, breach),
            *_said(page, breach),
            *on_behalf_of(text, breach),
            (text("column.events"), entries(text, breach.get("events"))),
        ],
        indent=6,
    )


def _kind_of(page: Page, breach: Row) -> Iterator[str]:
    """How grave it is and of what kind: as found, or, before that, as proposed."""
    text, severity, proposed = page.text, breach.get("severity"), breach.get("proposed_severity")
    if severity:
        yield text.word("severity", str(severity))
        if breach.get("record_kind"):
            yield text.word("record_kind", str(breach["record_kind"]))
    elif proposed and breach["state"] in _BEFORE_FINDING:
        yield text.labelled("text.proposed", text.word("severity", str(proposed)))


def _notice(page: Page, breach: Row) -> Iterator[tuple[str, str | None]]:
    """On what the person is heard, while they are: the clauses of the notice and the rights it names.

    That it reached the ledger when nobody could answer it here is said as long as there is a notice.
    """
    yield from notice_late(page.text, breach)
    notice = breach.get("notice")
    if notice and breach["state"] in HEARING:
        basis = [str(clause) for clause in notice.get("basis") or []]
        yield page.text("text.basis"), page.text("text.semicolon").join(basis)
        yield page.text("text.rights"), notice.get("rights_text")


def _effect_now(page: Page, breach: Row, *, of_unit: bool) -> str | None:
    state, text = str(breach["state"]), page.text
    shown = [_effect(page, effect, of_unit=of_unit) for effect in breach.get("effects") or []]
    if state == "APPEALED":
        shown.append(text("text.effect_off"))
    if not shown and state in _BEFORE_FINDING:
        return None
    return "\n".join(shown) or text("text.no_effect")


def _effect(page: Page, effect: Any, *, of_unit: bool) -> str:
    """`计入积分（酌定，R-P2）`; an answer may also give a bare code. A unit has a score, a person has points."""
    text = page.text
    if not isinstance(effect, Mapping):
        return text.word("effect", str(effect))
    value, code = effect.get("value"), str(effect.get("effect") or "")
    name = text.word("effect", "score" if of_unit and code == "points" else code)
    name = f"{name} {figure(value)}" if value is not None else name
    kind = text.word("effect_class", str(effect["class"])) if effect.get("class") else ""
    inner = text("text.comma").join(part for part in (kind, str(effect.get("clause") or "")) if part)
    return text("text.bracketed", outer=name, inner=inner) if inner else name


def _ends(page: Page, breach: Row) -> str | None:
    if str(breach["state"]) not in STANDING | {"APPEALED"}:
        return None
    if breach.get("expires_on"):
        return page.text("text.ends_on", date=breach["expires_on"])
    return page.text("text.never_expires") if "expires_on" in breach else None


def remedy(page: Page, breach: Row, as_of: str, repairs: Mapping[str, Row] | None = None) -> str | None:
    """The routes open on the day with their last days, and when repair begins or who removes the record."""
    text, state = page.text, str(breach["state"])
    if state in ENDED or state == "REPORTED":
        return None
    parts = []
    routes = [
        text("text.route_until", route=text.word("route", str(way["route"])), date=way["until"])
        if way.get("until")
        else text.word("route", str(way["route"]))
        for way in breach.get("remedies") or []
    ]
    if routes:
        parts.append(text("text.routes", routes=text("text.comma").join(routes)))
        parts += [text.word("remedy_effects", str(row["effects"])) for row in (breach.get("recourse") or [])[:1]]
    if state in STANDING:
        standing = _of_a_standing_record(page, breach, as_of, repairs or {}, told=bool(routes))
        parts += [standing] if standing else []
    elif not routes:
        parts.append(text(f"remedy.{state}"))
    return text("text.semicolon").join(parts)


def _of_a_standing_record(page: Page, breach: Row, as_of: str, repairs: Mapping[str, Row], *, told: bool) -> str | None:
    """Who removes it, the repair under way, or the day from which one is taken; never what would be refused."""
    text, kind = page.text, str(breach.get("record_kind") or _LOCAL)
    if kind in _ENDED_AT_SOURCE:
        return text(f"remedy.{kind}")
    if breach.get("repair_open"):
        return _under_way(page, str(breach["repair_open"]), repairs)
    if breach.get("repair_from"):
        key = "text.repair_now" if str(breach["repair_from"]) <= as_of else "text.repair_from"
        return text(key, date=breach["repair_from"])
    if "repair_from" in breach:
        return text("text.repair_none")
    if told:
        return None
    # The viewer sees that the record stands, and no more: the routes of its kind.
    if kind != _LOCAL:
        return text("remedy.IMPORTED")
    return text("remedy.PERFORMED" if "remedies" in breach else "remedy.CONFIRMED")


def _under_way(page: Page, repair: str, repairs: Mapping[str, Row]) -> str:
    """`修复R007办理中（已受理，2025-07-16前决定）`."""
    text, row = page.text, repairs.get(repair) or {}
    said = text("text.repair_open", repair=repair)
    if not row.get("state"):
        return said
    state = text.state("repair", str(row["state"])).word
    due = text("text.repair_due", date=last_day(text, row, "due_on")) if row.get("due_on") else ""
    return text("text.bracketed", outer=said, inner=text("text.comma").join(part for part in (state, due) if part))


def _said(page: Page, breach: Row) -> Iterator[tuple[str, str]]:
    """What the papers say, for viewers who may read it, each under the act it belongs to."""
    text = page.text
    routes = {index: appeal["route"] for appeal in breach.get("appeals") or [] for index in appeal.get("events") or []}
    for item in breach.get("texts") or []:
        sections = item.get("sections", {})
        words = [word for name in _TEXTS for word in _strings(sections.get(name))]
        words = [word for word in words if word.strip("… ")]
        paper = document(page, sections.get("document"))
        if paper:
            words.append(text.labelled("text.document", paper))
        if item.get("destroyed"):
            words.append(text("text.destroyed", count=item["destroyed"]))
        if words:
            yield _act(page, str(item["type"]), routes.get(item.get("event"))), text("text.semicolon").join(words)


def _act(page: Page, of: str, route: str | None) -> str:
    """What was done, by its type; a remedy's act by its route."""
    named = f"{of}-{route}"
    word = page.text.word("event_by_route", named)
    return page.text.word("event", of) if word == named else word


def document(page: Page, section: Any) -> str | None:
    """`示信〔2024〕1号（示范市信用办）`: the number and the issuer of the paper that an act rests on."""
    paper = section.get("doc", section) if isinstance(section, Mapping) else section
    if isinstance(paper, str):
        return paper
    number, issuer = (paper.get("doc_no"), paper.get("issuer")) if isinstance(paper, Mapping) else (None, None)
    if number and issuer:
        return page.text("text.bracketed", outer=number, inner=issuer)
    return str(number or issuer) if number or issuer else None


def _strings(value: Any) -> list[str]:
    """The texts in a section, whatever its members are called; digests and references are no texts."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [word for inner in value.values() for word in _strings(inner)]
    return []
