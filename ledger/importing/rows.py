"""From the cells of a row to the data of a line, as the mapping says.

A `Shape` is a mapping of one table met with the header of one file: it refuses a header with missing, unknown or
repeated columns, and then turns each row into a `Row`. Nothing is guessed: a blank cell leaves its member out, a date
keeps the precision it was written in, a word that the mapping does not know is an error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.catalogue import event_of
from ledger.commands.command import check_data
from ledger.errors import Invalid
from ledger.importing.dates import DateReader, date_reader
from ledger.importing.errors import CellError, RowError
from ledger.importing.mapping import FieldRule, TableMapping, TableMappings

MAX_ID_LENGTH = 200
_MAY_BEGIN_A_FORMULA = frozenset("=+-@\t\r")
_NUMBER_OR_DATE = re.compile(r"[+-]?[0-9][0-9.,:/ -]*%?|[-+]+")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A subject or commitment that a row names: its kind, the source's id, and the column where it stands."""

    kind: str
    id: str
    column: str

    @property
    def space(self) -> str:
        """Where the id is unique: persons and units share a space."""
        return "commitment" if self.kind == "commitment" else "subject"

    @property
    def name(self) -> tuple[str, str]:
        return self.space, self.id


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be read. `record` (within `owner`) names it in its source; `cells` are as given."""

    line: int
    record: str
    owner: str
    data: dict[str, Any]
    references: tuple[Reference, ...]
    cells: Sequence[str]


Convert = Callable[[str, dict[str, Any]], str]


@dataclass(frozen=True, slots=True)
class _Field:
    """A rule with its columns found: `place` is the first of `places`, which are positions in a row."""

    member: str
    rule: FieldRule
    place: int
    places: tuple[int, ...]
    column: str
    convert: Convert

    def text(self, cells: Sequence[str]) -> str:
        """What stands in the columns of a rule that has several."""
        if self.rule.take == "joined":
            return "/".join([cells[place] for place in self.places])
        return next((cells[place] for place in self.places if cells[place]), "")


class Shape:
    """One table's mapping bound to the header of one file. `joins`: member, other table, places of each way to join."""

    def __init__(self, mapping: TableMappings, table: TableMapping, header: Sequence[str]) -> None:
        self.table = table
        self._event = event_of(table.event)
        self._header = tuple(header)
        self._check_header()
        at = {name: place for place, name in enumerate(header)}
        self._key = tuple(at[name] for name in table.key)
        self._rest = tuple(place for place, name in enumerate(header) if name not in table.key)
        self._owner = None if table.owner is None else at[table.owner]
        self._find_by = tuple(tuple(at[name] for name in columns) for columns in table.find_by)
        self._constants = {
            name: mapping.source if rule.system else rule.value
            for name, rule in table.data.items()
            if rule.system or rule.value is not None
        }
        self._summary = tuple((member, at[name]) for member, name in table.summary.items())
        self._fields = tuple(
            _field(name, rule, at, mapping.formats) for name, rule in table.data.items() if rule.sources
        )
        self.joins = tuple(
            (name, rule.record_of, tuple(tuple(at[column] for column in columns) for columns in rule.by))
            for name, rule in table.data.items()
            if rule.record_of is not None
        )

    def _check_header(self) -> None:
        def refuse(detail: str, code: str, column: str) -> RowError:
            return RowError(detail, code=code, table=self.table.name, line=1, field=column)

        names = set(self._header)
        if len(names) != len(self._header):
            twice = next(name for name in self._header if self._header.count(name) > 1)
            raise refuse("the column stands twice in the header", "duplicate-column", _shown(twice))
        for name in sorted(self.table.columns - names):
            raise refuse("the table lacks this column", "missing-column", name)
        for name in self._header if self.table.strict else ():
            if name not in self.table.columns and name not in self.table.ignore:
                raise refuse("the mapping neither reads nor ignores this column", "unknown-column", _shown(name))

    def read(self, line: int, cells: Sequence[str]) -> Row:
        """Read one row; whatever the mapping finds wrong with it is a `RowError` with code and column."""
        if len(cells) != len(self._header):
            detail = f"{len(cells)} cells under {len(self._header)} columns"
            raise RowError(detail, code="ragged-row", table=self.table.name, line=line)
        data: dict[str, Any] = dict(self._constants)
        references: list[Reference] = []
        column: str | None = None
        try:
            for field in self._fields:
                column, rule = field.column, field.rule
                if text := field.text(cells) if rule.columns else cells[field.place]:
                    data[field.member] = value = field.convert(text, data)
                    if rule.refers_to is not None:
                        references.append(Reference(rule.refers_to, value, column))
                elif rule.required:
                    raise CellError("this column must not be blank", code="value-missing")
                elif rule.keep_blank:
                    data[field.member] = ""
            column = self.table.key[0] if self.table.key else self.table.owner
            record, owner = self._name(cells)
        except CellError as error:
            raise RowError(
                error.detail, code=error.code, table=self.table.name, line=line, field=error.field or column
            ) from None
        if summary := {member: cells[place] for member, place in self._summary if cells[place]}:
            data["summary"] = summary
        return Row(line, record, owner, data, tuple(references), cells)

    def _name(self, cells: Sequence[str]) -> tuple[str, str]:
        parts = [cells[place] for place in self._key]
        if parts and not any(parts):
            raise CellError("a row needs its key", code="value-missing")
        return _id("/".join(parts)), "" if self._owner is None else cells[self._owner]

    def check_data(self, row: Row) -> None:
        """Refuse what the catalogue's type would refuse when the line is submitted; a summary is text all over."""
        try:
            check_data(self._event, {name: value for name, value in row.data.items() if name != "summary"})
        except Invalid as error:
            member = (error.field or "").removeprefix("data.")
            rule = self.table.data.get(member)
            column = rule.sources[0] if rule is not None and rule.sources else member
            raise RowError(
                error.detail, code=error.code, table=self.table.name, line=row.line, field=column or None
            ) from None

    def check_cells(self, row: Row) -> None:
        """Refuse cells that a spreadsheet would run as a formula; numbers and dates with a sign are none."""
        for place, cell in enumerate(row.cells):
            if cell and cell[0] in _MAY_BEGIN_A_FORMULA and _NUMBER_OR_DATE.fullmatch(cell) is None:
                raise RowError(
                    "a cell begins like a formula",
                    code="formula-in-cell",
                    table=self.table.name,
                    line=row.line,
                    field=self._header[place],
                )

    def without_key(self, row: Row) -> tuple[str, ...]:
        """Everything in the row but its key: rows that agree in it are repetitions."""
        return tuple([row.cells[place] for place in self._rest])

    def found_by(self, row: Row) -> list[tuple[str, ...]]:
        """The values through which rows of other tables find this one, for each way."""
        return [tuple([row.cells[place] for place in places]) for places in self._find_by]


def _field(name: str, rule: FieldRule, at: dict[str, int], formats: Sequence[str]) -> _Field:
    places = tuple(at[column] for column in rule.sources)
    if rule.date is not None:
        convert = _date_converter(rule, date_reader(tuple(rule.formats or formats)))
    else:
        convert = _text_converter(rule) if rule.words is None else _word_converter(rule.words)
    return _Field(name, rule, places[0], places, rule.sources[0], convert)


def _word_converter(words: dict[str, str]) -> Convert:
    def convert(text: str, _: dict[str, Any]) -> str:
        if (word := words.get(text)) is None:
            raise CellError("the mapping has no such word", code="unknown-word")
        return word

    return convert


def _date_converter(rule: FieldRule, read: DateReader) -> Convert:
    def convert(text: str, data: dict[str, Any]) -> str:
        iso = read(text)
        if rule.date == "day" and len(iso) < 10:
            raise CellError("a day is needed here, not a month or a year", code="date-too-coarse")
        earlier = None if rule.not_before is None else data.get(rule.not_before)
        if earlier is not None and iso < earlier[: len(iso)]:
            raise CellError(f"the date lies before `{rule.not_before}`", code="ends-before-it-begins")
        return iso

    return convert


def _text_converter(rule: FieldRule) -> Convert:
    check = _text if rule.refers_to is None else _id

    def convert(text: str, _: dict[str, Any]) -> str:
        if len(text) > rule.max_length:
            raise CellError(f"at most {rule.max_length} characters", code="too-long")
        return check(text)

    return convert


def _text(text: str) -> str:
    """Text in normal form C, as an entry's header must be (DESIGN §3)."""
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise CellError("the text is not in Unicode normal form C", code="not-nfc")
    return text


def _id(text: str) -> str:
    """An id: short, in normal form C, without characters that cannot be seen (ASSURANCE §6, 24)."""
    if len(text) > MAX_ID_LENGTH:
        raise CellError(f"an id has at most {MAX_ID_LENGTH} characters", code="too-long")
    _text(text)
    if not text.isprintable() and any(unicodedata.category(character) in _UNSEEN for character in text):
        raise CellError("an id has no characters that cannot be seen", code="forbidden-character")
    return text


def _shown(name: str) -> str:
    """A column's name as far as it may be repeated: a header may be missing and the first row be data."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_ -]{0,39}", name) else "(unprintable name)"


def shape_of(mapping: TableMappings, table: TableMapping, rows: Iterator[tuple[int, list[str]]]) -> Shape:
    """Take the header off an iterator of rows and bind the table's mapping to it."""
    first = next(rows, None)
    if first is None:
        raise Invalid(f"{table.name}: the file is empty, it needs a header", code="no-header")
    return Shape(mapping, table, first[1])
