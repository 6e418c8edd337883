"""The records of a file as a page shows them: state first, then what was decided, its effect now, its end, its remedy.

A record is never shown without how it can be put right (ui/UI.md §1.4). Only what the answer holds is said, so what a
viewer may not see leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup

from api.pages.chips import Ref
from api.pages.marks import day, figure, joined
from api.pages.reading import Reading
from api.pages.recording import notice_late, on_behalf_of, routes_of
from ledger.domain.breach_events import SixFactors

Answer = Mapping[str, Any]

STANDING: Final = frozenset({"CONFIRMED", "UPHELD", "VARIED"})
IN_FORCE: Final = STANDING | {"APPEALED"}
HEARING: Final = frozenset({"NOTIFIED", "REPLIED", "LAPSED"})
AT_SOURCE: Final = frozenset({"COURT_LIST", "DISCIPLINE"})  # removed or lifted there, never repaired
OPEN_REPAIRS: Final = frozenset({"APPLIED", "RETURNED", "ACCEPTED", "PUBLICISED"})
_SAID: Final = ("summary", "statement", "grounds", "reasons")
FACTORS: Final = tuple(SixFactors.model_fields)  # in the order of DOMAIN §4.2
NO_ROUTES: Final[Mapping[int, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Said:
    """What the papers of one act say, for those who may read them."""

    heading: Markup
    paragraphs: list[Markup]


@dataclass(frozen=True, slots=True)
class Record:
    """A finding or another authority's record, ready for `rec.html`."""

    id: str
    title: Markup
    state: Markup
    caption: list[Markup]
    ref: Ref | None
    facts: list[tuple[Markup, Markup]]
    ways: list[Markup]
    said: list[Said] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    disputed: bool = False
    ended: bool = False


def title_of(reading: Reading, breach: Answer) -> Markup:
    """What a record is called: the kind of list or decision, or what the finding is about."""
    words, kind = reading.words, str(breach.get("record_kind") or "LOCAL")
    if kind == "LOCAL":
        found = words.known("category", breach.get("category"))
        return found or words("record.local")
    about = words.known("list", breach.get("list_code"))
    name = words(f"record.{kind}") if words.has(f"record.{kind}") else words.code("record_kind", kind)
    return words("text.bracketed", outer=name, inner=about) if about else name


def records_of(reading: Reading, file: Answer, values: Mapping[str, tuple[str, bool]]) -> list[Record]:
    """The records of a file, those that stand first. `values`: what each record gives or takes, and its source."""
    repairs: dict[str, list[Answer]] = {}
    for repair in file.get("repairs") or []:
        repairs.setdefault(str(repair["breach"]), []).append(repair)
    shown = [
        _record(reading, file, breach, repairs.get(str(breach["id"]), []), values)
        for breach in file.get("breaches") or []
    ]
    return sorted(shown, key=lambda record: record.ended)


def _record(
    reading: Reading, file: Answer, breach: Answer, repairs: list[Answer], values: Mapping[str, tuple[str, bool]]
) -> Record:
    state, words = str(breach["state"]), reading.words
    events = breach.get("events") or []
    facts = [
        (words("record.decided"), _decided(reading, breach)),
        (words("record.notified"), _notified(reading, breach)),
        (words("record.effect"), effect_of(reading, breach, values, of_unit=file.get("kind") == "UNIT")),
        (words("record.ends"), _ends(reading, breach)),
        (words("record.repair_from"), _repair_from(reading, breach)),
        (words("record.repair"), _repairs(reading, repairs)),
        (words("record.on_behalf"), on_behalf_of(reading, [breach, *repairs])),
    ]
    return Record(
        id=f"r-{breach['uid']}",
        title=title_of(reading, breach),
        state=reading.chips.tag("breach", state),
        caption=_caption(reading, breach),
        ref=reading.refs([events[-1]])[0] if events else None,
        facts=[(label, value) for label, value in facts if value is not None],
        ways=ways_of(reading, breach, repairs),
        said=list(said_of(reading, breach.get("texts") or [], routes_of(breach))),
        entries=sorted(set(events)),
        disputed=state == "APPEALED",
        ended=state not in IN_FORCE | HEARING | {"REPORTED"},
    )


def _caption(reading: Reading, breach: Answer) -> list[Markup]:
    words = reading.words
    severity = breach.get("severity") or breach.get("proposed_severity")
    parts = [] if severity is None else [words.code("severity", str(severity))]
    if "duty_related" in breach and breach.get("unit") is not None:
        parts.append(words("record.duty" if breach["duty_related"] else "record.private"))
    return parts


def document_of(breach: Answer, *types: str) -> tuple[str | None, str | None]:
    """Number and issuer of the paper that an act of one of these types rests on, where the viewer may read it."""
    for item in breach.get("texts") or []:
        section = item.get("sections", {}).get("document")
        if item["type"] not in types or not isinstance(section, Mapping):
            continue
        paper = section.get("doc", section)
        if isinstance(paper, Mapping):
            number, issuer = paper.get("doc_no"), paper.get("issuer")
            return (str(number) if number else None), (str(issuer) if issuer else None)
        return str(paper), None
    return None, None


def _decided(reading: Reading, breach: Answer) -> Markup | None:
    words, decided = reading.words, breach.get("decision_on")
    if decided is None:
        return None
    number, issuer = document_of(breach, "BreachConfirmed", "AuthorityRecordImported")
    by = reading.said(issuer) if issuer else None
    imported = breach.get("record_kind") not in (None, "LOCAL")
    key = "record.decided_by" if by and imported else "record.decided_on"
    parts = [words(key, day=day(decided), by=by) if key == "record.decided_by" else words(key, day=day(decided))]
    for appeal in breach.get("appeals") or []:
        route = words.code("route", str(appeal["route"]))
        if appeal.get("decided_on") and appeal.get("outcome"):
            outcome, decided_on = words.code("outcome", str(appeal["outcome"])), day(appeal["decided_on"])
            parts.append(words("record.appeal_decided", day=decided_on, outcome=outcome, route=route))
        else:
            parts.append(words("record.appeal_filed", day=day(appeal["filed_on"]), route=route))
    what = joined(parts, str(words("text.semicolon")))
    return words("text.comma_pair", first=reading.said(number), second=what) if number else what


def _notified(reading: Reading, breach: Answer) -> Markup | None:
    """The hearing, while it is under way; that nobody could be heard here, as long as there is a notice."""
    late = notice_late(reading, breach)
    if late is not None:
        return late
    if str(breach["state"]) not in HEARING or breach.get("reply_due") is None:
        return None
    if breach["state"] == "NOTIFIED":
        due = reading.working(breach["reply_due"], demonstration=reading.periods_demonstrate)
        return reading.words("record.reply_until", due=reading.chips.due(due))
    return reading.words("record.reply_ended", day=day(breach["reply_due"]))


def effect_of(
    reading: Reading, breach: Answer, values: Mapping[str, tuple[str, bool]], *, of_unit: bool = False
) -> Markup:
    """What a record does on the day, with the points it gives or takes where the viewer knows them."""
    state, words = str(breach["state"]), reading.words
    if state not in IN_FORCE:
        return words("effect.not_yet") if state in HEARING | {"REPORTED"} else words("effect.none")
    parts = []
    for effect in breach.get("effects") or []:
        code, clause = str(effect["effect"]), effect.get("clause")
        said = words(f"effect.{code}") if words.has(f"effect.{code}") else words.code("effect", code)
        if code == "points" and str(breach["id"]) in values:
            value, demonstration = values[str(breach["id"])]
            of = "effect.points_of_unit" if of_unit else "effect.points_of_person"
            chip = reading.chips.demo() if demonstration else ""
            said = Markup("{} {}").format(words(of, value=figure(value)), chip)
        parts.append(Markup("{} {}").format(said, reading.chips.clause(str(clause))) if clause else said)
    if state == "APPEALED":
        parts.append(words("effect.suspended"))
    return joined(parts, str(words("text.semicolon"))) if parts else words("effect.none")


def _ends(reading: Reading, breach: Answer) -> Markup | None:
    if str(breach["state"]) not in IN_FORCE or "expires_on" not in breach:
        return None
    words = reading.words
    if breach["expires_on"] is None:
        return words("record.ends_at_source")
    demonstration = reading.windows_demonstrate(breach.get("severity"))
    chip = Markup(" ") + reading.chips.demo() if demonstration else Markup("")
    key = "record.ends_on" if breach.get("record_kind") in (None, "LOCAL") else "record.ends_on_listing"
    return words(key, day=day(breach["expires_on"])) + chip


def _repair_from(reading: Reading, breach: Answer) -> Markup | None:
    opens = breach.get("repair_from")
    if str(breach["state"]) not in IN_FORCE or opens is None:
        return None
    if str(opens) <= reading.on.isoformat():
        return reading.words("record.repair_open", day=day(opens))
    due = reading.calendar_days(opens, demonstration=reading.windows_demonstrate(breach.get("severity")))
    return reading.chips.due(due)


def _repairs(reading: Reading, repairs: Iterable[Answer]) -> Markup | None:
    parts = []
    for repair in repairs:
        state = str(repair["state"])
        ended = repair.get("decided_on")
        when = ended or repair.get("accepted_on") or repair.get("applied_on")
        part = Markup("{} {}").format(reading.chips.tag("repair", state), day(when))
        if state in ("ACCEPTED", "PUBLICISED") and repair.get("due_on"):
            due = reading.working(repair["due_on"], demonstration=reading.periods_demonstrate)
            part = Markup("{} {}").format(part, reading.words("record.repair_due", due=reading.chips.due(due)))
        if repair.get("barred_until"):
            part = Markup("{} {}").format(part, reading.words("record.barred", day=day(repair["barred_until"])))
        parts.append(part)
    return Markup("<br>").join(parts) if parts else None


def ways_of(reading: Reading, breach: Answer, repairs: Iterable[Answer] = ()) -> list[Markup]:
    """How a record can be put right: the routes open on the day, then repair, or what is awaited."""
    words, state, kind = reading.words, str(breach["state"]), str(breach.get("record_kind") or "")
    ways = []
    for way in breach.get("remedies") or []:
        route = words.code("route", str(way["route"]))
        if way.get("until") is None:
            ways.append(words("way.route", route=route))
            continue
        demonstration = reading.periods_demonstrate
        count = reading.working if way["route"] == "REPLY" else reading.calendar_days
        due = reading.chips.due(count(way["until"], demonstration=demonstration))
        ways.append(words("way.route_until", route=route, due=due))
    if ways:
        ways += [words.code("remedy_effects", str(row["effects"])) for row in (breach.get("recourse") or [])[:1]]
    under_way = breach.get("repair_open") or any(repair["state"] in OPEN_REPAIRS for repair in repairs)
    if state in STANDING and kind in AT_SOURCE:
        ways.append(words(f"way.{kind}"))
    elif state in STANDING and under_way:
        ways.append(words("way.repair_under_way"))
    elif state in STANDING and breach.get("repair_from"):
        now = str(breach["repair_from"]) <= reading.on.isoformat()
        ways.append(words("way.repair_now" if now else "way.repair_later", day=day(breach["repair_from"])))
        if kind == "SEVERE_LIST":
            ways.append(words("way.delist"))
    elif state in STANDING and "repair_from" in breach:
        ways.append(words("way.repair_none"))
    elif state in STANDING and not ways:
        ways.append(words("way.CONFIRMED"))
    elif not ways and words.has(f"way.{state}"):
        ways.append(words(f"way.{state}"))
    return ways


def said_of(reading: Reading, texts: Iterable[Answer], routes: Mapping[int, str] = NO_ROUTES) -> Iterator[Said]:
    """What the papers say, each under the act it belongs to; what was destroyed by law is counted."""
    for item in texts:
        sections = item.get("sections", {})
        paragraphs = [
            reading.said(words) for name in _SAID for words in _strings(sections.get(name)) if words.strip("… ")
        ]
        paragraphs += _factors(reading, sections.get("factors"))
        if item.get("destroyed"):
            paragraphs.append(reading.words.counted("record.destroyed", int(item["destroyed"])))
        if paragraphs:
            yield Said(reading.words.event(str(item["type"]), routes.get(int(item.get("event", -1)))), paragraphs)


def _factors(reading: Reading, section: Any) -> Iterator[Markup]:
    """The six factors of a finding, each under its name."""
    factors = section.get("factors") if isinstance(section, Mapping) else None
    if not isinstance(factors, Mapping):
        return
    for name in FACTORS:
        if str(factors.get(name) or "").strip("… "):
            label = reading.words.code("factor", name)
            yield reading.words("text.labelled_pair", label=label, value=reading.said(factors[name]))


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [word for inner in value.values() for word in _strings(inner)]
    return []
