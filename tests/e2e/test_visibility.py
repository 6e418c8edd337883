"""Who sees what: the table of DOMAIN §8, cell by cell, at every door there is.

The table stands below as data, written from the text. A cell is one test: it asks the command line (`file`, `check`,
`score`), HTTP and the pages in the name of its column, and holds what the cell grants against all that came back.
What may be seen is there; what may not be seen stands nowhere in any whole answer: no id, no pseudonym, no entry, no
leaf, no word of a text. At the end rules are loosened one at a time, and the cells that hold them must fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pytest

from ledger.application import Ledger
from projections import eligibility, file_breaches, file_view, integrity_file, visibility
from projections.visibility import Column, Row, Sight
from tests.support.http import house
from tests.support.visibility import LIVES, Case, every_row
from tests.support.visibility_doors import Answer, Doors

# ● the record; ● mark, ◐ mark: with 异议中 (the latter without what else is in it); ◐ REFER, ◐ BLOCK: as a check
# reports it; ◐ count: a number in the unit's file; ◐ points: that and one line of its score; ◐: the record less what is
# withheld; ○: nothing at all; · the text does not say.
#
# Where §8 is silent:
# - CONFIRMED MINOR after its 3 m reads EXPIRED. A private GENERAL finding and a SERIOUS one on no list have no row: the
#   sentence below the table decides for recruiting HR (what a check would report), §1.6 for the unit's head.
# - "by class window" of a unit's finding is read as: while it stands undisputed and its decision says `publicity`
#   (projections D6). The public has the command line, `/v1/public` and the public page of the unit, which answer for
#   today; every other door asks it to sign in.
# - The texts of a case are the person's, the auditor's and those's who work on it (projections D4): ● of HR and of a
#   unit's head is the record without them; what §8 writes as ● of recruiting HR is what a check reports.
# - A check has no row. It says what counted against a person, so it follows recruiting HR in every column that has one,
#   and who sees no record of a person sees no check. It stays as it was made; here it is made on the day.
# - A score has no row. DESIGN §6 gives everybody its lines: they sum to it. One about a record that a viewer sees
#   nothing of has value and clause only; where it weighs 0.00, repaired or in appeal, it is no line.
# - The trend on a unit's page is a year of scores, each as it reads on its own day; it names no entry of a finding that
#   its reader sees nothing of on the page's day, though the finding stood then.
# - RESTRICTED is a state that no event leads to; its row is tried with the destroyed keys. Who reported is another
#   person's data, under no key of the subject's: the auditor still reads it.
TABLE: Final = """
| state                                    | person | own HR | recruiting HR | unit head | public | auditor |
|------------------------------------------|--------|--------|---------------|-----------|--------|---------|
| REPORTED                                 | ○      | ○      | ○             | ○         | ○      | ●       |
| DECLINED                                 | ○      | ○      | ○             | ○         | ○      | ●       |
| NOTIFIED                                 | ●      | ○      | ○             | ○         | ○      | ●       |
| REPLIED                                  | ●      | ○      | ○             | ○         | ○      | ●       |
| LAPSED                                   | ●      | ○      | ○             | ○         | ○      | ●       |
| CONFIRMED MINOR                          | ●      | ●      | ○             | ◐ count   | ○      | ●       |
| CONFIRMED MINOR, over 3 m                | ●      | ○      | ○             | ○         | ○      | ●       |
| CONFIRMED GENERAL                        | ●      | ●      | ◐ REFER       | ◐ points  | ○      | ●       |
| CONFIRMED GENERAL, private               | ●      | ●      | ○             | ○         | ○      | ●       |
| CONFIRMED SERIOUS list                   | ●      | ●      | ◐ BLOCK       | ○         | ○      | ●       |
| CONFIRMED SERIOUS list, duty-related     | ●      | ●      | ◐ BLOCK       | ◐ points  | ○      | ●       |
| CONFIRMED SERIOUS, no list               | ●      | ●      | ○             | ○         | ○      | ●       |
| CONFIRMED SERIOUS, no list, duty-related | ●      | ●      | ◐ REFER       | ◐ points  | ○      | ●       |
| unit breach MINOR                        | ●      | ●      | n/a           | ●         | ○      | ●       |
| unit breach GENERAL                      | ●      | ●      | n/a           | ●         | ○      | ●       |
| unit breach GENERAL, published           | ●      | ●      | n/a           | ●         | ◐      | ●       |
| unit breach SERIOUS, published           | ●      | ●      | n/a           | ●         | ◐      | ●       |
| unit breach APPEALED                     | ● mark | ◐ mark | n/a           | ◐ mark    | ○      | ● mark  |
| unit breach REPAIRED                     | ●      | ○      | n/a           | ○         | ○      | ●       |
| APPEALED                                 | ● mark | ◐ mark | ○             | ◐ count   | ○      | ● mark  |
| APPEALED list                            | ● mark | ◐ mark | ◐ BLOCK       | ○         | ○      | ● mark  |
| DISMISSED                                | ●      | ○      | ○             | ○         | ○      | ●       |
| OVERTURNED                               | ●      | ○      | ○             | ○         | ○      | ●       |
| REMOVED                                  | ●      | ○      | ○             | ○         | ○      | ●       |
| REPAIRED                                 | ●      | ○      | ○             | ○         | ○      | ●       |
| EXPIRED                                  | ●      | ○      | ○             | ○         | ○      | ●       |
| key destroyed                            | notice | ○      | n/a           | ○         | ○      | hashes  |
"""

# What is not a record but stands in its answers, each tried where the record itself is seen (CONFIRMED GENERAL). Of the
# name §8 says only "points, no name" to the unit's head; that the public reads none follows, and HR must know whom it
# asks about. Nobody reads the number of an identity card in a file: §8 grants it to nobody.
WITHIN: Final = """
| of CONFIRMED GENERAL | person | own HR | recruiting HR | unit head | public | auditor | decider | reviewer |
|----------------------|--------|--------|---------------|-----------|--------|---------|---------|----------|
| points balance       | ●      | ○      | ○             | ○         | ○      | ●       | ·       | ·        |
| reporter's identity  | ○      | ○      | ○             | ○         | ○      | ●       | ●       | ●        |
| name                 | ●      | ●      | ●             | ○         | ○      | ●       | ·       | ·        |
| number of identity   | ○      | ○      | ○             | ○         | ○      | ○       | ○       | ○        |
| texts of the case    | ●      | ○      | ○             | ○         | ○      | ●       | ●       | ●        |
"""
SEEN_IN: Final = "CONFIRMED GENERAL"

FILES: Final = ("cli file", "http file", "http public")
CHECKS: Final = ("cli check", "http check")
OF_UNIT: Final = ("cli unit", "http unit")
SCORES: Final = ("cli score", "http score")
OF_FINDINGS: Final = ("own-finding", "linked-finding", "linked-findings")
# The pages that exist for a column; every other page answers it as if it were absent, the public with the sign-in.
PAGES: Final[Mapping[str, frozenset[str]]] = {
    "person": frozenset({"page /my-file", "page /deadlines"}),
    "own HR": frozenset({"page /deadlines", "page /eligibility"}),
    "recruiting HR": frozenset({"page /deadlines", "page /eligibility"}),
    "unit head": frozenset({"page /unit-score", "page /deadlines"}),
    "public": frozenset({"page /public/units"}),
    "auditor": frozenset({"page /unit-score", "page /deadlines", "page /eligibility"}),
    "decider": frozenset({"page /deadlines"}),
    "reviewer": frozenset({"page /deadlines"}),
}


@dataclass(frozen=True)
class Cell:
    row: str
    column: str
    grants: str

    def __str__(self) -> str:
        return f"{self.row} · {self.column} · {self.grants}"


def cells(table: str) -> list[Cell]:
    """The cells of a table on which the text says something."""
    head, _, *rows = ([part.strip() for part in line.strip("| ").split("|")] for line in table.strip().splitlines())
    return [
        Cell(row[0], column, grants)
        for row in rows
        for column, grants in zip(head[1:], row[1:], strict=True)
        if grants != "·"
    ]


@dataclass(frozen=True)
class Shown:
    """What the doors answered one column about one case."""

    case: Case
    column: str
    answers: Mapping[str, Answer]

    def some(self, *doors: str) -> list[Answer]:
        """The answers of these doors that were given, at least one of them."""
        given = [self.answers[door] for door in doors if door in self.answers and self.answers[door].given]
        assert given, (str(self.column), doors)
        return given

    def records(self) -> list[dict[str, Any]]:
        """The record as each file shows it, and by itself where HTTP has it."""
        found = []
        for answer in self.some(*FILES):
            (item,) = [one for one in answer.json["breaches"] if one["id"] == self.case.breach]
            assert item["uid"] == self.case.uids["breach"]
            found.append(item)
        alone = self.answers["http breach"]
        assert alone.given == (self.column != "public"), alone
        return found

    def lines(self, door: str) -> list[dict[str, Any]]:
        """The lines of a score that come from findings."""
        lines = (self.answers[door].json or {}).get("lines", [])
        return [line for line in lines if line["label"] in OF_FINDINGS]

    def never(self, *words: str) -> None:
        """None of these words stands in any answer."""
        for answer in self.answers.values():
            for word in words:
                assert word not in answer.text, (answer.door, word)

    def always(self, answers: list[Answer], *words: str) -> None:
        for answer in answers:
            for word in words:
                assert word in answer.text, (answer.door, word)


def asked(doors: Doors, case: Case, column: str, *, anew: bool) -> Shown:
    """Everything a column is answered; each door that exists for it answers, and no other page does."""
    shown = Shown(case, column, doors.answers(column, case, anew=anew))
    pages = {door for door, answer in shown.answers.items() if door.startswith("page") and answer.given}
    of_case = {door for door in PAGES[column] if door in shown.answers}
    if column == "person" and case.of_unit:
        of_case.add("page /unit-score")
    assert pages == of_case
    return shown


# What each grant means.


def nothing(shown: Shown) -> None:
    """No trace of the record in any answer."""
    case = shown.case
    shown.never(case.breach, case.uids["breach"], case.reporter, case.reporter_uid, *case.said.values())
    for answer in shown.answers.values():
        assert not answer.entries() & case.indexes, answer.door
        assert not [leaf for leaf in case.leaves if leaf in answer.text], answer.door
        assert answer.members("breaches_withheld") == [], answer.door
    assert not shown.answers["http breach"].given
    for line in (line for door in SCORES if door in shown.answers for line in shown.lines(door)):
        assert (line["events"], line["record"], line["params"]) == ([], None, {}), line
        assert Decimal(line["value"]), line  # at 0.00 it would only say that there is something
    if case.check is not None and shown.column not in ("unit head", "public"):
        for answer in shown.some(*CHECKS):
            assert (answer.json["hits"], answer.json["breaches_in_report"]) == ([], []), answer.door


def counted(shown: Shown, *, points: bool) -> None:
    """Nothing that names the record or the person; how many there are, and what they cost the unit as one line."""
    case = shown.case
    shown.never(case.breach, case.uids["breach"], case.name, case.reporter, case.reporter_uid)
    shown.never(*case.said.values(), *case.leaves)
    for answer in shown.answers.values():
        assert not answer.entries() & case.indexes, answer.door
    for answer in shown.some(*OF_UNIT):
        assert (answer.json["breaches"], answer.json["breaches_withheld"]) == ([], 1)
    for door in SCORES:
        lines = shown.lines(door)
        assert [Decimal(line["value"]) < 0 for line in lines] == [True] * points, door
        for line in lines:
            assert (line["events"], line["record"], line["params"]) == ([], None, {}), door


def whole(shown: Shown, *, marked: bool) -> None:
    """The record with its days; the texts of the case where the column reads them, who reported only to the auditor."""
    case = shown.case
    for item in shown.records():
        assert set(item["events"]) == case.indexes
        assert {"category", "remedies", "appeals", "opened_on"} <= item.keys()
        assert item["marks"] == (["DISPUTED"] if marked else [])
    texts = {kind: word for kind, word in case.said.items() if kind != "id_number"}
    if shown.column in ("person", "auditor"):
        shown.always(shown.some(*FILES), *texts.values())
    else:
        shown.never(*texts.values())
    if shown.column == "person":
        page = shown.answers["page /my-file"]
        shown.always([page], case.uids["breach"], *(word for kind, word in texts.items() if kind != "evidence"))
    if shown.column == "unit head":
        shown.always(shown.some("page /unit-score"), case.uids["breach"])
    if shown.column != "auditor":
        shown.never(case.reporter, case.reporter_uid)
    shown.never(*(word for kind, word in case.said.items() if kind == "id_number"))


def less(shown: Shown, *, marked: bool) -> None:
    """That there is a record, in which state and of which severity; what led to it is withheld."""
    case = shown.case
    for item in shown.records():
        assert item["marks"] == (["DISPUTED"] if marked else [])
        assert (item["state"] == "APPEALED") == marked
        assert not {"category", "occurred_on", "texts", "notice", "appeals"} & item.keys()
        assert set(item["events"]) <= case.indexes
    if shown.column == "public":
        shown.always(shown.some("page /public/units"), case.uids["breach"])
    shown.never(case.reporter, case.reporter_uid, *case.said.values())


def reported(shown: Shown, outcome: str) -> None:
    """What a check of the day reports: the record with its state, no points, no text; and the page of the check."""
    case = shown.case
    for item in shown.records():
        assert "points" not in [effect["effect"] for effect in item["effects"]]
        assert not {"category", "occurred_on", "texts", "notice", "appeals"} & item.keys()
        assert (item["state"] == "APPEALED") == case.row.startswith("APPEALED")
    for answer in shown.some(*CHECKS):
        assert (answer.json["outcome"], answer.json["breaches_in_report"]) == (outcome, [case.breach])
    (page,) = shown.some("page /eligibility")
    assert page.entries() & case.indexes
    shown.never(case.reporter, case.reporter_uid, *case.said.values())


def refused(shown: Shown) -> None:
    """A recruitment file is a person's, with the person's consent."""
    assert shown.answers["cli file"].status == 3
    assert shown.answers["http file"].json["code"] == "consent-missing"
    shown.never(shown.case.breach, shown.case.uids["breach"], *shown.case.said.values(), *shown.case.leaves)


def erased(shown: Shown) -> None:
    """That something was there and was erased; the entries stand by their indexes, no word of them is left.

    Who reported is another person's data: their section is under no key of the subject's, and stays for the auditor.
    """
    case = shown.case
    shown.never(*case.said.values(), case.name)
    for item in shown.records():
        assert set(item["events"]) == case.indexes
        assert [text["event"] for text in item["texts"] if text.get("erased")] == [*sorted(case.indexes)[:3]]
        assert {kind for text in item["texts"] for kind in text["sections"]} <= {"reporter"}
    for answer in shown.some(*FILES):
        assert (answer.json["name"], answer.json["erased"]) == (None, True)
    if shown.column == "person":
        shown.never(case.reporter, case.reporter_uid)
        shown.always(shown.some("page /my-file"), "已依法清除")


GRANTS: Final[Mapping[str, Callable[[Shown], None]]] = {
    "○": nothing,
    "●": lambda shown: whole(shown, marked=False),
    "● mark": lambda shown: whole(shown, marked=True),
    "◐": lambda shown: less(shown, marked=False),
    "◐ mark": lambda shown: less(shown, marked=True),
    "◐ count": lambda shown: counted(shown, points=shown.case.row != "APPEALED"),
    "◐ points": lambda shown: counted(shown, points=True),
    "◐ REFER": lambda shown: reported(shown, "REFER"),
    "◐ BLOCK": lambda shown: reported(shown, "BLOCK"),
    "n/a": refused,
    "notice": erased,
    "hashes": erased,
}


def balance(shown: Shown, *, seen: bool) -> None:
    for answer in shown.answers.values():
        assert bool(answer.members("balance")) == (seen and answer.door in FILES), answer.door
        own_page = (answer.door, shown.column) == ("page /my-file", "person")
        assert ('id="balance"' in answer.text) == (seen and own_page), answer.door
    assert not seen or all(answer.json["balance"]["value"] == "90.00" for answer in shown.some(*FILES))


def words(of: Callable[[Case], list[str]]) -> Callable[..., None]:
    """Whether these words of the case stand in each file, or nowhere."""

    def check(shown: Shown, *, seen: bool) -> None:
        if seen:
            shown.always(shown.some(*FILES), *of(shown.case))
        else:
            shown.never(*of(shown.case))

    return check


PARTS: Final[Mapping[str, Callable[..., None]]] = {
    "points balance": balance,
    "reporter's identity": words(lambda case: [case.reporter]),
    "name": words(lambda case: [case.name]),
    "number of identity": words(lambda case: [case.said["id_number"]]),
    "texts of the case": words(lambda case: [word for kind, word in case.said.items() if kind != "id_number"]),
}


def holds(doors: Doors, cases: Mapping[str, Case], cell: Cell, *, anew: bool = False) -> None:
    """A cell of either table, against everything the doors answer."""
    within = cell.row in PARTS
    shown = asked(doors, cases[SEEN_IN if within else cell.row], cell.column, anew=anew)
    if within:
        PARTS[cell.row](shown, seen=cell.grants == "●")
    else:
        GRANTS[cell.grants](shown)


@pytest.fixture(scope="module")
def cases_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Doors, Mapping[str, Case]]]:
    """The doors of one ledger in which every row has happened."""
    with every_row(tmp_path_factory.mktemp("visibility") / "scene") as (url, cases):
        ledger = Ledger.open(url)
        try:
            with house(ledger) as opened:
                yield Doors(url, opened), cases
        finally:
            ledger.close()


@pytest.mark.parametrize("cell", cells(TABLE), ids=str)
def test_a_cell_of_the_table(cases_at: tuple[Doors, Mapping[str, Case]], cell: Cell) -> None:
    holds(*cases_at, cell)


@pytest.mark.parametrize("cell", cells(WITHIN), ids=str)
def test_what_stands_within_a_record(cases_at: tuple[Doors, Mapping[str, Case]], cell: Cell) -> None:
    holds(*cases_at, cell)


def test_every_row_has_a_case_and_every_case_a_row() -> None:
    assert list(dict.fromkeys(cell.row for cell in cells(TABLE))) == list(LIVES)


LOOSENED: Final[Mapping[Cell, tuple[Any, str, Any]]] = {
    Cell("REPAIRED", "own HR", "○"): (visibility, "TABLE", (Row.ENDED, Column.OWN_HR)),
    Cell("DISMISSED", "own HR", "○"): (visibility, "TABLE", (Row.UNDONE, Column.OWN_HR)),
    Cell("REPORTED", "person", "○"): (visibility, "TABLE", (Row.UNHEARD, Column.PERSON)),
    Cell("CONFIRMED GENERAL", "unit head", "◐ points"): (visibility, "TABLE", (Row.GENERAL, Column.UNIT_HEAD)),
    Cell("CONFIRMED SERIOUS list", "unit head", "○"): (eligibility, "SEES_CHECKS", Column.UNIT_HEAD),
    Cell("unit breach MINOR", "public", "○"): (file_breaches, "_published", lambda _: True),
    Cell("points balance", "own HR", "○"): (integrity_file, "SEES_BALANCE", Column.OWN_HR),
    Cell("reporter's identity", "person", "○"): (file_view, "SEES_REPORTER", Column.PERSON),
    Cell("texts of the case", "own HR", "○"): (file_view, "SEES_TEXTS", Column.OWN_HR),
}


@pytest.mark.parametrize("cell", LOOSENED, ids=str)
def test_a_rule_that_is_loosened_is_noticed(
    cases_at: tuple[Doors, Mapping[str, Case]], cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, rule, opened = LOOSENED[cell]
    assert cell in cells(TABLE) + cells(WITHIN)
    if rule == "TABLE":
        row, column = opened
        monkeypatch.setitem(module.TABLE, row, {**module.TABLE[row], column: Sight.WHOLE})
    else:
        monkeypatch.setattr(module, rule, opened if callable(opened) else getattr(module, rule) | {opened})

    with pytest.raises(AssertionError):
        holds(*cases_at, cell, anew=True)
