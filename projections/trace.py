"""From a figure to what it is made of: its lines, the clauses each line cites, the entries it rests on.

The figures and lines are those of the projections that answer for them; a trace adds the clauses' own words from the
edition and, of every entry, its leaf, type and days. The lines are shown to sum to the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ledger.clock import format_time
from ledger.errors import NotFound
from ledger.folds.facts import assessment_of, records_on
from ledger.reading import Logged
from ledger.rulebook.edition import Edition
from ledger.rulebook.figure import ROUNDING, plain
from ledger.rulebook.parameters import EligibilityRule
from ledger.rulebook.windows import EditionTimeline
from projections import eligibility
from projections.clauses import clause_item, edition_item, edition_of
from projections.integrity_file import NO_EDITION, integrity_file
from projections.reader import Reader
from projections.unit_score import unit_score

Leaf = Callable[[int], bytes]
"""The leaf hash of an entry, from its stored bytes."""

_ASSESSED: Final = "assessment"  # the label of the line that an assessment makes
_SHOWN: Final = (
    "check", "subject", "subject_uid", "uid", "name", "as_of", "as_known", "size", "viewer", "rulebook", "value",
    "reason", "outcome", "evaluated_on", "evaluated_size", "decision", "decided_on", "state", "demonstration",
)  # fmt: skip


class Trace:
    """Traces of one reading of the log; every entry is read once."""

    def __init__(self, reader: Reader, leaf: Leaf) -> None:
        self._reader = reader
        self._leaf = leaf
        self._entries: dict[int, dict[str, Any]] = {}

    def score(self, unit: str, *, as_of: date, as_known: int, only: str | None = None) -> dict[str, Any]:
        """A unit's score; `only` names the clause, rule or record of the lines that are wanted."""
        answer = unit_score(self._reader, unit, as_of=as_of, as_known=as_known)
        traced = self._of_figure("score", answer, answer, only)
        for line in traced["lines"]:
            if line["label"] == _ASSESSED:
                line["parts"], line["behind"] = self._assessed(answer["uid"], as_of, as_known)
        return traced

    def balance(self, subject: str, *, as_of: date, as_known: int, only: str | None = None) -> dict[str, Any]:
        """A person's balance; `NotFound` with code `no-balance` for who has none, `no-edition` before any edition."""
        answer = integrity_file(self._reader, subject, as_of=as_of, as_known=as_known)
        figure = answer.get("balance")
        if figure is None:
            raise NotFound("only persons have a balance", code="no-balance")
        if figure.get("reason") == NO_EDITION:
            raise NotFound("no activation of a rulebook edition is known", code=NO_EDITION)
        return self._of_figure("balance", {**answer, **figure}, figure, only)

    def check(self, check_id: str, *, as_of: date, as_known: int, only: str | None = None) -> dict[str, Any]:
        """An eligibility check: each hit of its evaluation, or the rule for all others where nothing matched."""
        answer = eligibility.check(self._reader, check_id, as_of=as_of, as_known=as_known)
        lines = [] if answer["evaluated_size"] is None else list(self._hits(answer))
        traced = {"figure": "check", **_standing(answer), "lines": _wanted(lines, only)}
        return {**traced, "entries": self._named(answer["events"])}

    def _of_figure(
        self, name: str, answer: Mapping[str, Any], figure: Mapping[str, Any], only: str | None
    ) -> dict[str, Any]:
        timeline = self._reader.editions(answer["size"])
        on = date.fromisoformat(answer["as_of"])
        lines = [self._line(line, timeline, on) for line in figure["lines"]]
        total = None if figure["value"] is None else str(sum((Decimal(line["value"]) for line in lines), Decimal("0")))
        return {
            "figure": name,
            **_standing(answer),
            "edition": edition_item(timeline.on(on)),
            "sum": total,
            "adds_up": total == figure["value"],
            "lines": _wanted(lines, only),
        }

    def _line(self, line: Mapping[str, Any], timeline: EditionTimeline, on: date) -> dict[str, Any]:
        kept = ("clause", "label", "params", "value", "record", "edition", "demonstration")
        return {
            **{name: line[name] for name in kept},
            "clauses": [] if line["clause"] == ROUNDING else _clauses(line, timeline, on),
            "entries": self._named(line["events"]),
        }

    def _assessed(self, unit: str, on: date, size: int) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
        """What an assessment is made of: score × weight of each dimension, and the entries that say so.

        The line itself rests on the publication (ledger/folds D8); scores and weights stand in earlier entries.
        """
        records = records_on(self._reader, unit, on, size, self._reader.editions(size))
        fact = assessment_of(self._reader, records, size)
        if fact is None:
            return [], []
        parts = [
            {
                "dimension": name,
                "score": plain(fact.scores[name]),
                "weight": plain(weight),
                "value": plain(fact.scores[name] * weight / 100),
            }
            for name, weight in fact.weights.items()
        ]
        (published,) = self._reader.logged(fact.entries[0], fact.entries[0] + 1)
        known = [entry for entry in self._reader.stream(published.stream, size) if entry.effective_on <= on]
        scored = [entry for entry in known if "scores" in entry.data]
        schemes = {str(entry.data["scheme_uid"]) for entry in scored if entry.data.get("scheme_uid")}
        adopted = [self._reader.stream(f"scheme/{uid}", size)[0].index for uid in schemes]
        return parts, self._named(sorted({*adopted, *(entry.index for entry in scored)} - set(fact.entries)))

    def _hits(self, answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        on = date.fromisoformat(answer["evaluated_on"])
        edition = edition_of(self._reader.editions(answer["evaluated_size"]), answer["rulebook"])
        rules = {rule.id: rule for rule in edition.eligibility}
        for hit in answer["hits"]:
            yield self._hit(edition, rules.get(hit["rule"]), hit, on)
        if not answer["hits"]:
            otherwise = edition.eligibility[-1]
            hit = {"rule": otherwise.id, "clause": otherwise.authority.clause, "events": []}
            yield self._hit(edition, otherwise, hit, on)

    def _hit(self, edition: Edition, rule: EligibilityRule | None, hit: Mapping[str, Any], on: date) -> dict[str, Any]:
        return {
            "rule": hit["rule"],
            "clause": hit["clause"],
            "when": None if rule is None else rule.when.value,
            "then": None if rule is None else rule.then.value,
            "effect": None if rule is None else rule.effect.name,
            "as_of": on.isoformat(),
            "edition": edition.id,
            "clauses": [clause_item(edition, hit["clause"])],
            "entries": self._named(hit["events"]),
        }

    def _named(self, indexes: Sequence[int]) -> list[dict[str, Any]]:
        return [self._entry(index) for index in indexes]

    def _entry(self, index: int) -> dict[str, Any]:
        if index not in self._entries:
            (logged,) = self._reader.logged(index, index + 1)
            self._entries[index] = entry_item(logged, self._leaf(index))
        return self._entries[index]


def entry_item(entry: Logged, leaf: bytes) -> dict[str, Any]:
    """An entry as evidence names it: its place, its leaf (hex), what it is, its days, how many sections it holds."""
    return {
        "index": entry.index,
        "leaf": leaf.hex(),
        "type": entry.type,
        "effective_on": entry.effective_on.isoformat(),
        "recorded_at": format_time(entry.recorded_at),
        "sections": entry.sections,
    }


def _standing(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in _SHOWN if name in answer}


def _wanted(lines: Iterable[dict[str, Any]], only: str | None) -> list[dict[str, Any]]:
    """The lines of a clause, rule, label or record; `NotFound` with code `unknown-line` where there is none."""
    found = [
        line
        for line in lines
        if only is None or only in (line["clause"], line.get("rule"), line.get("label"), line.get("record"))
    ]
    if only is not None and not found:
        raise NotFound("the figure has no such line", code="unknown-line")
    return found


def _clauses(line: Mapping[str, Any], timeline: EditionTimeline, on: date) -> list[dict[str, Any]]:
    """The clause a line cites, then those that its factors rest on, each of the edition it was taken from."""
    params = line["params"]
    cited = [(line["edition"], line["clause"])]
    if "points_edition" in params:
        points = edition_of(timeline, params["points_edition"])
        tables = (points.unit.own_breach, points.person.deduct)
        own = line["label"] == "own-finding"
        cited.append((points.id, tables[0 if own else 1].authority.clause))
        of_day = timeline.on(on)
        cited += [(of_day.id, of_day.time_factor.authority.clause), (of_day.id, of_day.status_factor.authority.clause)]
        for name in ("step_edition", "max_edition"):
            edition = edition_of(timeline, params[name])
            window = next(w for severity, w in edition.windows.of.items() if severity.value == params["severity"])
            cited.append((edition.id, window.authority.clause))
    return [clause_item(edition_of(timeline, edition), clause) for edition, clause in dict.fromkeys(cited)]
