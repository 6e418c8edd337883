"""The words of a page: the sentences of `web.toml`, the catalogue's own words, and states as tags.

Sentences come as markup that is safe already: what is filled in is escaped unless it is markup itself. A key of ours
that is missing raises; a state without a row in the table is shown bare and leaves a line in the log.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from api.pages.marks import foreign
from api.text.catalogue import STATES, Text, table
from api.text.language import Language

WEB: Final = "web"
log = logging.getLogger("integrity.pages")


@dataclass(frozen=True, slots=True)
class Tag:
    """A state as a page shows it: icon and word, tone third (ui/UI.md §4); `term` is the legal word before it."""

    tone: str
    icon: str
    word: str
    term: str | None = None


class Words:
    """Everything a page can say, in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.text = Text(language)

    @property
    def html_lang(self) -> str:
        return "zh-CN" if self.language is Language.ZH else "en"

    @property
    def other(self) -> Language:
        return Language.EN if self.language is Language.ZH else Language.ZH

    def __call__(self, key: str, **values: object) -> Markup:
        """A sentence of `web.toml` by `group.code`, filled in."""
        group, _, code = key.partition(".")
        sentence = str(table(WEB)[group][code][self.language.value])
        return Markup(sentence).format(**values) if values else Markup(sentence)  # noqa: S704 - our own sentences

    def counted(self, key: str, count: int, **values: object) -> Markup:
        """A sentence about a number of things; of one thing where the language has a form for it."""
        one = f"{key}_one"
        return self(one if count == 1 and self.has(one) else key, count=count, **values)

    def has(self, key: str) -> bool:
        """Whether `web.toml` knows the key."""
        group, _, code = key.partition(".")
        return code in table(WEB).get(group, {})

    def code(self, group: str, code: str) -> Markup:
        """A code's word: the page's own, else the catalogue's, else the code itself."""
        key = f"{group}.{code}"
        return self(key) if self.has(key) else foreign(self.text.word(group, code), self.language)

    def known(self, group: str, code: str | None) -> Markup | None:
        """A code's word where there is one."""
        if code is None:
            return None
        word = self.code(group, code)
        return None if str(word) == code else word

    def clause(self, group: str, code: str) -> Markup | None:
        """A sentence about a clause or rule, where there is one."""
        found = self.text.clause(group, code)
        return None if found is None else foreign(found, self.language)

    def event(self, name: str, route: str | None = None) -> Markup:
        """What happened, in the reader's words; in English behind the Chinese term (api/README D4)."""
        return foreign(self.text.event(name, route), self.language)

    def error(self, code: str) -> Markup | None:
        """What an error code means: this page's own sentence, else the catalogue's."""
        if self.has(f"error.{code}"):
            return self(f"error.{code}")
        found = self.text.error(code)
        return None if found is None else Markup(found)  # noqa: S704 - the catalogue's own sentence

    def state(self, lifecycle: str, code: str) -> Tag:
        """The tag of a state."""
        entry: dict[str, Any] | None = table(STATES).get(lifecycle, {}).get(code)  # type: ignore[assignment]
        if entry is None:
            log.warning("a state without a tag", extra={"code": f"{lifecycle}.{code}"})
            return Tag("closed", "info", code)
        if self.language is Language.ZH:
            return Tag(entry["tone"], entry["icon"], entry["zh"])
        return Tag(entry["tone"], entry["icon"], entry["en"], entry["zh"])
