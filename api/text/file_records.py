"""The findings and records of an integrity file, one below the other: state, effect, end, remedy, words.

A record never stands without its end and its remedy (ui/UI.md §1.4), as far as the viewer may know them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from api.text.page import Page, entries, figure, styled

Row = Mapping[str, Any]

STANDING: Final = frozenset({"CONFIRMED", "UPHELD", "VARIED"})
ENDED: Final = frozenset({"REPAIRED", "EXPIRED", "REMOVED", "OVERTURNED", "DISMISSED", "DECLINED"})
_BEFORE_FINDING: Final = frozenset({"REPORTED", "NOTIFIED", "REPLIED", "LAPSED"})
_ENDED_AT_SOURCE: Final = frozenset({"COURT_LIST", "DISCIPLINE"})  # removed or lifted there, never repaired
_TEXTS: Final = ("summary", "facts", "statement", "grounds", "reasons")


def show_breaches(page: Page, breaches: Sequence[Row], as_of: str, *, withheld: int, recruiting: bool) -> None:
    """Every record that the viewer sees; those that only count are a number."""
    text = page.text
    page.section(text("section.breaches"), str(len(breaches)) if len(breaches) > 1 else None)
    if not breaches and not withheld:
        page.say(text("text.no_usable" if recruiting else "empty.breaches"), indent=2)
    for breach in breaches:
        _show(page, breach, as_of)
    if withheld:
        page.say(text("text.counted", count=withheld), indent=2)


def _show(page: Page, breach: Row, as_of: str) -> None:
    text = page.text
    line = styled(f"  {breach['id']}  ")
    line.append_text(styled(text.state("breach", str(breach["state"]))))
    severity = breach.get("severity") or breach.get("proposed_severity")
    for group, code in (("severity", severity), ("record_kind", breach.get("record_kind"))):
        if code:
            line.append(f"  {text.word(group, str(code))}")
    page.emit(line)
    page.facts(
        [
            (text("text.decided"), breach.get("decision_on")),
            (text("column.reply_due"), breach.get("reply_due") if breach["state"] == "NOTIFIED" else None),
            (text("text.now_effect"), _effect_now(page, breach)),
            (text("text.ends"), _ends(page, breach)),
            (text("text.remedy"), remedy(page, breach, as_of)),
            *_said(page, breach),
            (text("column.events"), entries(text, breach.get("events"))),
        ],
        indent=6,
    )


def _effect_now(page: Page, breach: Row) -> str | None:
    state, text = str(breach["state"]), page.text
    shown = [_effect(page, effect) for effect in breach.get("effects") or []]
    if state == "APPEALED":
        shown.append(text("text.effect_off"))
    if not shown and state in _BEFORE_FINDING:
        return None
    return "\n".join(shown) or text("text.no_effect")


def _effect(page: Page, effect: Any) -> str:
    """`计入积分（酌定，R-P2）`; an answer may also give a bare code."""
    text = page.text
    if not isinstance(effect, Mapping):
        return text.word("effect", str(effect))
    value = effect.get("value")
    name = text.word("effect", str(effect.get("effect") or ""))
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


def remedy(page: Page, breach: Row, as_of: str) -> str | None:
    """The routes open on the day with their last days, and when repair begins or who removes the record."""
    text, state, kind = page.text, str(breach["state"]), str(breach.get("record_kind") or "")
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
    if state in STANDING and kind in _ENDED_AT_SOURCE:
        parts.append(text(f"remedy.{kind}"))
    elif state in STANDING and breach.get("repair_from"):
        key = "text.repair_now" if str(breach["repair_from"]) <= as_of else "text.repair_from"
        parts.append(text(key, date=breach["repair_from"]))
    elif state in STANDING and not routes:
        parts.append(text("remedy.CONFIRMED"))
    elif state not in STANDING and not routes:
        parts.append(text(f"remedy.{state}"))
    return text("text.semicolon").join(parts)


def _said(page: Page, breach: Row) -> Iterator[tuple[str, str]]:
    """What the papers say, for viewers who may read it, each under the act it belongs to."""
    for item in breach.get("texts") or []:
        words = [word for name in _TEXTS for word in _strings(item.get("sections", {}).get(name))]
        words = [word for word in words if word.strip("… ")]
        if item.get("destroyed"):
            words.append(page.text("text.destroyed", count=item["destroyed"]))
        if words:
            yield page.text.word("event", str(item["type"])), page.text("text.semicolon").join(words)


def _strings(value: Any) -> list[str]:
    """The texts in a section, whatever its members are called; digests and references are no texts."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [word for inner in value.values() for word in _strings(inner)]
    return []
