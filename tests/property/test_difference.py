"""The difference of any two moments leads from the first answer to the second, and of a moment with itself is empty.

Over the fictional city: random subjects, days and sizes; the seed is printed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.demo import EDITIONS, city_lines
from ledger.application import Ledger
from ledger.errors import NotFound
from ledger.line import line_of
from ledger.opening import create_from_history
from ledger.rulebook.edition import shipped_edition
from projections.difference import At, Items, difference, items_of
from projections.integrity_file import integrity_file
from projections.unit_score import unit_score

ROUNDS = 60


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder: Path = tmp_path_factory.mktemp("city")
    lines = [line_of(line, number) for number, line in enumerate(city_lines(), start=1)]
    editions = [shipped_edition(name) for name in EDITIONS]
    ledger = create_from_history(f"sqlite:///{folder / 'ledger.db'}", lines, digest_of=b"city", editions=editions)
    yield ledger
    ledger.close()


def applied(items: Items, answer: dict[str, Any]) -> Items:
    """The first answer's records with every difference put into them."""
    result = {key: dict(item) for key, item in items.items()}
    for change in answer["changes"]:
        key = (change["section"], change["key"])
        if change["change"] == "removed":
            del result[key]
            continue
        item = result.setdefault(key, {})
        for field in change["fields"]:
            item.pop(field["field"], None)
            item |= {field["field"]: field["after"]} if "after" in field else {}
    return result


def test_any_two_moments(city: Ledger) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    registrations = city.by_type("SubjectRegistered", city.size)
    days = [entry.effective_on for entry in city.logged()]
    compared = 0
    for _ in range(ROUNDS):
        one = chance.choice(registrations)
        unit = one.data["kind"] == "UNIT" and chance.random() < 0.5
        first_known, second_known = sorted(chance.randint(one.index + 1, city.size) for _ in range(2))
        first = At(chance.choice(days) + timedelta(days=chance.randint(0, 200)), first_known)
        second = At(chance.choice([first.as_of, chance.choice(days)]), second_known)

        def ask(on: date, size: int, uid: str = one.uid, unit: bool = unit) -> dict[str, Any]:
            read = unit_score if unit else integrity_file
            return read(city, uid, as_of=on, as_known=size)

        try:
            answer = difference(city, ask, one.uid, first, second)
        except NotFound:
            continue  # no edition or no such unit yet at the second moment
        compared += 1
        old = {} if answer["from"]["absent"] else items_of(ask(first.as_of, first.as_known))
        assert applied(old, answer) == items_of(ask(second.as_of, second.as_known))
        assert all(first_known <= entry["index"] < second_known for entry in answer["entries"])
        for change in answer["changes"]:
            assert change["entries"] or change["by_day"] or answer["from"]["absent"], change
        figure = answer.get("figure")
        if figure is not None and figure["difference"] is not None:
            assert Decimal(figure["difference"]) == Decimal(figure["lines"])
        assert difference(city, ask, one.uid, second, second)["changes"] == []
    assert compared > ROUNDS // 2
