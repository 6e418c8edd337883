"""Mapping files: how a source's tables become lines of the ledger, written in TOML.

A mapping says which tables there are and in which order they are read, which event a row of each becomes, which
columns fill which members, how dates are written, which words mean which outcome, and which columns are left behind.
It is closed: a member it does not know, or a rule that cannot work, is refused as `bad-mapping`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ledger.errors import Invalid, NotFound
from ledger.importing.dates import ISO, date_reader

_MEMBER = re.compile(r"[a-z][a-z0-9_]*")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_SHIPPED = files("ledger.importing").joinpath("mappings")


def _named_columns(value: Any) -> Any:
    """`["a", "b"]` is short for `{a = "a", b = "b"}`."""
    return {name: name for name in value} if isinstance(value, list) else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FieldRule(_Part):
    """Where one member of an event's data comes from and how it is read.

    A blank cell leaves the member out, unless it is `required` (an error) or `keep_blank` (an empty text).
    """

    column: str | None = None
    columns: tuple[str, ...] = ()
    take: Literal["first", "joined"] = "first"  # of `columns`: the first that is not blank, or all joined with "/"
    value: str | None = None  # the same text for every row
    system: bool = False  # the name of the source system, for every row
    date: Literal["any", "day"] | None = None  # `day`: a year or a month will not do
    formats: tuple[str, ...] = ()
    not_before: str | None = None  # another member of the row, a date as well
    words: dict[str, str] | None = None
    refers_to: Literal["unit", "person", "commitment"] | None = None
    record_of: str | None = None  # the one record of another table found through `by`, else what the columns say
    by: tuple[tuple[str, ...], ...] = ()  # tried in turn; each meets the columns of that table's `find_by`
    required: bool = False
    keep_blank: bool = False
    max_length: int = Field(default=20_000, ge=1)

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns that the value is taken from."""
        return self.columns if self.column is None else (self.column,)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if [self.column is not None, bool(self.columns), self.value is not None, self.system].count(True) != 1:
            raise ValueError("give exactly one of column, columns, value and system")
        if (self.record_of is None) != (not self.by):
            raise ValueError("record_of and by go together")
        if self.date is None and (self.formats or self.not_before):
            raise ValueError("formats and not_before belong to a date")
        return self


class TableMapping(_Part):
    """One table: a CSV file of that name, or a sheet of a workbook.

    `key` names a row in its source and stands in the entry, so it never holds a person's id; where rows of different
    persons may share a key, `owner` is the column of the person within whom it is unique.
    """

    name: str = Field(pattern=_NAME.pattern.replace("-]", "_-]"))
    event: str = Field(pattern=r"[A-Z][A-Za-z]+")
    key: tuple[str, ...] = ()
    owner: str | None = None
    find_by: tuple[tuple[str, ...], ...] = ()
    mark_repeats: bool = False
    strict: bool = True
    ignore: tuple[str, ...] = ()
    may_skip: tuple[str, ...] = ()  # `code` or `code:column`
    data: dict[str, FieldRule]
    summary: Annotated[dict[str, str], BeforeValidator(_named_columns)] = Field(default_factory=dict)

    @property
    def columns(self) -> frozenset[str]:
        """Every column that the mapping reads."""
        used = {*self.key, *self.summary.values(), *chain(*self.find_by)} | ({self.owner} if self.owner else set())
        for rule in self.data.values():
            used.update(rule.sources, *rule.by)
        return frozenset(used)

    def may_leave_out(self, code: str, field: str | None) -> bool:
        """Whether a row with this fault is skipped with a reason instead of stopping the import."""
        return code in self.may_skip or f"{code}:{field}" in self.may_skip

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.key and self.owner is None:
            raise ValueError("a row needs a key or an owner")
        if wrong := [name for name in (*self.data, *self.summary) if _MEMBER.fullmatch(name) is None]:
            raise ValueError(f"members are written in small letters: {', '.join(wrong)}")
        if "summary" in self.data:
            raise ValueError("summary has its own table")
        if clash := sorted(self.columns.intersection(self.ignore)):
            raise ValueError(f"both read and ignored: {', '.join(clash)}")
        for rule in self.data.values():
            other = None if rule.not_before is None else self.data.get(rule.not_before)
            if rule.not_before is not None and (other is None or other.date is None):
                raise ValueError("not_before names a date of the same table")
        return self


class TableMappings(_Part):
    """A whole mapping. `digest` is that of its bytes: a changed mapping makes another batch."""

    id: str = Field(pattern=_NAME.pattern)
    title: str = ""
    source: str = Field(min_length=1, max_length=64)
    formats: tuple[str, ...] = ISO
    table: tuple[TableMapping, ...] = Field(min_length=1)
    digest: str = ""

    @property
    def tables(self) -> dict[str, TableMapping]:
        """The tables in the order in which they are read."""
        return {table.name: table for table in self.table}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.tables) != len(self.table):
            raise ValueError("two tables have the same name")
        seen: set[str] = set()
        for table in self.table:
            for rule in table.data.values():
                if rule.record_of is not None and rule.record_of not in seen:
                    raise ValueError(f"table {table.name}: record_of names a table read before it")
                if rule.record_of is not None:
                    wanted = [len(columns) for columns in self.tables[rule.record_of].find_by]
                    if [len(columns) for columns in rule.by] != wanted:
                        raise ValueError(f"table {table.name}: by does not match the other table's find_by")
            seen.add(table.name)
        return self


def parse_mapping(data: bytes) -> TableMappings:
    """Parse a mapping file; every refusal is an `Invalid` with code `bad-mapping` and the place as `field`."""
    try:
        value = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f"not a TOML file: {error}", code="bad-mapping") from None
    if "digest" in value:
        raise Invalid("the digest is computed, not written", code="bad-mapping", field="digest")
    try:
        mapping = TableMappings.model_validate({**value, "digest": hashlib.sha256(data).hexdigest()})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Invalid(first["msg"], code="bad-mapping", field=_place(first["loc"])) from None
    for formats in (mapping.formats, *(rule.formats for table in mapping.table for rule in table.data.values())):
        date_reader(formats)  # refuses a format that is none
    return mapping


def load_mapping(name_or_path: str | Path) -> TableMappings:
    """The mapping of that name (`public-records`), or the one in a file (anything ending in `.toml`)."""
    text = str(name_or_path)
    if text.endswith(".toml"):
        path = Path(text)
        if not path.is_file():
            raise NotFound("there is no such mapping file", code="no-such-mapping")
        return parse_mapping(path.read_bytes())
    known = shipped_mappings()
    if text not in known:
        raise NotFound(f"no mapping has that name; there is {', '.join(known)}", code="no-such-mapping")
    return parse_mapping(_SHIPPED.joinpath(f"{text}.toml").read_bytes())


def shipped_mappings() -> tuple[str, ...]:
    """The names of the mappings that come with the ledger."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in _SHIPPED.iterdir()))


def _place(location: Iterable[int | str]) -> str:
    return ".".join(str(part) for part in location) or "mapping"
