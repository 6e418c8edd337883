"""The message catalogue: every word the ledger shows, in Chinese and English, as data.

A key of our own that is missing is our mistake and raises `KeyError`; a code that came out of an entry and has no word
is shown bare, so a newer ledger never makes an older door fail. The tables are the TOML files in `data/`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from api.text.language import Language

PAGES: Final = "pages"
STATES: Final = "states"
VOCABULARY: Final = "vocabulary"
CLAUSES: Final = "clauses"
ERRORS: Final = "errors"
COMMANDS: Final = "commands"
ACCESS_LOG: Final = "access log: "  # how the findings of the access log begin


@dataclass(frozen=True, slots=True)
class Tag:
    """A state as it is shown: the Chinese term first, the reader's own word behind it, and a tone."""

    word: str
    tone: str


@cache
def table(name: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """One of the catalogue's tables: group → code → {"zh", "en", …}."""
    text = files("api.text").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


class Text:
    """The catalogue in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """A sentence or heading of `pages.toml` by `group.code`, filled in; of one (`count`, `size`) by `code_one`."""
        group, _, code = key.partition(".")
        entries = table(PAGES)[group]
        entry = entries.get(f"{code}_one") if 1 in (values.get("count"), values.get("size")) else None
        return self._in(entries[code] if entry is None else entry).format(**values)

    def command(self, key: str, **values: object) -> str:
        """A help or usage text of `commands.toml` by `group.code`, filled in."""
        group, _, code = key.partition(".")
        return self._in(table(COMMANDS)[group][code]).format(**values)

    def has_command(self, key: str) -> bool:
        """Whether `commands.toml` knows the key."""
        group, _, code = key.partition(".")
        return code in table(COMMANDS).get(group, {})

    def has(self, key: str) -> bool:
        """Whether `pages.toml` knows the key."""
        group, _, code = key.partition(".")
        return code in table(PAGES).get(group, {})

    def state(self, lifecycle: str, code: str) -> Tag:
        """A state's tag. In English the Chinese term stands first: it is the one the law and the papers use."""
        entry = table(STATES).get(lifecycle, {}).get(code)
        if entry is None:
            return Tag(code, "closed")
        word = entry["zh"] if self.language is Language.ZH else f"{entry['zh']} {entry['en']}"
        return Tag(word, entry["tone"])

    def word(self, group: str, code: str) -> str:
        """A code's word, or the code itself."""
        return self._known(VOCABULARY, group, code) or code

    def event(self, name: str, route: str | None = None) -> str:
        """What happened, by a type of the catalogue, a remedy's by its route; in English behind the Chinese term."""
        events = table(VOCABULARY)
        entry = events["event_by_route"].get(f"{name}-{route}") or events["event"].get(name)
        if entry is None:
            return name
        return entry["zh"] if self.language is Language.ZH else f"{entry['zh']} {entry['en']}"

    def labelled(self, label: str, value: str) -> str:
        """A heading of the catalogue with what belongs to it: `如何救济：…`."""
        return self("text.labelled", label=self(label), value=value)

    def not_checked(self, item: str) -> str:
        """What a verification left out, in words where the catalogue has them."""
        if item.startswith(ACCESS_LOG):
            return self.labelled("folio.access_log", self.not_checked(item.removeprefix(ACCESS_LOG)))
        return self._known(PAGES, "not_checked", item) or item

    def finding(self, code: str | None, what: str) -> str:
        """A finding's sentence with its place; in English it is the verification's own."""
        said = None if code is None or self.language is Language.EN else self._known(PAGES, "finding", code)
        if said is None:
            return what
        if what.startswith(ACCESS_LOG):
            rest = what.removeprefix(ACCESS_LOG)
            return f"{self('folio.access_log')}：{self.finding(code, rest) if ': ' in rest else said}"
        place, found, _ = what.partition(": ")
        return f"{self._place(place)}：{said}" if found else said

    def _place(self, place: str) -> str:
        """The place of a finding (`entry 412`, `head`, `subjects, row …`) in the reader's words."""
        for english, entry in table(PAGES)["place"].items():
            place = re.sub(rf"\b{re.escape(english)}\b", self._in(entry), place)
        return re.sub(r"(?<=[\u4e00-\u9fff]) (?=[0-9])", "", place.replace(", ", "，"))

    def clause(self, group: str, code: str) -> str | None:
        """A word about a clause, rule or label, where there is one."""
        return self._known(CLAUSES, group, code)

    def error(self, code: str) -> str | None:
        """What an error code means, in a sentence."""
        return self._known(ERRORS, "error", code)

    def reason(self, code: str) -> str:
        """Why a row was skipped or a figure is absent: a reason of its own, an error's sentence, or the bare code."""
        return self._known(PAGES, "reason", code) or self.error(code) or code

    def _known(self, name: str, group: str, code: str) -> str | None:
        entry = table(name).get(group, {}).get(code)
        return None if entry is None else self._in(entry)

    def _in(self, entry: Mapping[str, Any]) -> str:
        return str(entry[self.language.value])
