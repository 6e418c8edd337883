"""A TOML table read strictly: missing keys, wrong types, numbers out of range and keys nobody asked for are refused.

Every key is taken once; `close` refuses what is left. All refusals are `Invalid` with the caller's code and the path
of the field (`person.deduct.MINOR`), never the value. Numbers with a fraction are decimal strings and become exact
`Fraction`s; TOML floats are refused everywhere.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from ledger.errors import Invalid

MAX_BYTES = 1 << 20
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,9})?", re.ASCII)
_MAX_INTEGER = 10**6

Word = TypeVar("Word", bound=StrEnum)


class Table:
    """One table and the path that leads to it; the root's path is empty."""

    def __init__(self, items: dict[str, Any], *, code: str, path: str = "") -> None:
        self._left = dict(items)
        self._code = code
        self.path = path

    @classmethod
    def parse(cls, data: bytes, *, code: str) -> Table:
        """The root table of a TOML document; whatever is wrong with the bytes is `Invalid` with this code."""
        if len(data) > MAX_BYTES:
            raise Invalid(f"larger than {MAX_BYTES} bytes", code=code)
        try:
            return cls(tomllib.loads(data.decode("utf-8")), code=code)
        except tomllib.TOMLDecodeError as error:
            # The parser's message names line and column, never a value; other ValueErrors may quote one.
            raise Invalid(f"not TOML: {error}", code=code) from None
        except (ValueError, RecursionError):
            raise Invalid("not a TOML document in UTF-8", code=code) from None

    def field(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def refuse(self, key: str, detail: str) -> Invalid:
        """The error to raise about one key of this table."""
        return Invalid(detail, code=self._code, field=self.field(key))

    def has(self, key: str) -> bool:
        return key in self._left

    def text(self, key: str) -> str:
        value = self._take(key)
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(key, "expected a text")
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of at least one text."""
        values = self._take(key)
        if not isinstance(values, list) or not values or not all(isinstance(v, str) and v.strip() for v in values):
            raise self.refuse(key, "expected a list of texts")
        return tuple(values)

    def word(self, key: str, words: type[Word]) -> Word:
        try:
            return words(self.text(key))
        except ValueError:
            raise self.refuse(key, f"expected one of {', '.join(words)}") from None

    def integer(self, key: str, *, least: int) -> int:
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MAX_INTEGER:
            raise self.refuse(key, f"expected a whole number from {least} to {_MAX_INTEGER}")
        return value

    def integers(self, key: str, *, least: int, most: int) -> tuple[int, ...]:
        """A list of at least one whole number."""
        values = self._take(key)
        if not isinstance(values, list) or not values:
            raise self.refuse(key, "expected a list of whole numbers")
        if any(isinstance(v, bool) or not isinstance(v, int) or not least <= v <= most for v in values):
            raise self.refuse(key, f"expected whole numbers from {least} to {most}")
        return tuple(values)

    def boolean(self, key: str) -> bool:
        value = self._take(key)
        if not isinstance(value, bool):
            raise self.refuse(key, "expected true or false")
        return value

    def optional_integer(self, key: str, *, least: int) -> int | None:
        return self.integer(key, least=least) if self.has(key) else None

    def decimal(self, key: str, *, least: int | None = 0, most: int | None = None) -> Fraction:
        """A decimal string such as "0.60", exact."""
        value = self._take(key)
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            raise self.refuse(key, 'expected a decimal string such as "0.60"')
        number = Fraction(value)
        if (least is not None and number < least) or (most is not None and number > most):
            raise self.refuse(key, "out of range")
        return number

    def day(self, key: str) -> date:
        value = self._take(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.refuse(key, "expected a date")
        return value

    def table(self, key: str) -> Table:
        value = self._take(key)
        if not isinstance(value, dict):
            raise self.refuse(key, "expected a table")
        return Table(value, code=self._code, path=self.field(key))

    def optional_table(self, key: str) -> Table | None:
        return self.table(key) if self.has(key) else None

    def tables(self, key: str) -> list[Table]:
        """An array of tables, in order; their paths read `key[0]`, `key[1]` …"""
        values = self._take(key)
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.refuse(key, "expected an array of tables")
        return [
            Table(value, code=self._code, path=f"{self.field(key)}[{number}]") for number, value in enumerate(values)
        ]

    def close(self) -> None:
        """Refuses the first key that nobody asked for."""
        for key in self._left:
            raise self.refuse(key, "unknown key")

    def _take(self, key: str) -> Any:
        if key not in self._left:
            raise self.refuse(key, "missing")
        return self._left.pop(key)
