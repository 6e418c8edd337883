"""Small pieces of markup: days, times, figures, and words of another language than the page's.

Dates never break, a minus is a minus, and a Chinese name on an English page says that it is Chinese.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from markupsafe import Markup, escape

from api.text.language import Language
from ledger.clock import CST, parse_time

_HAN: Final = re.compile(r"[\u2e80-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+")
NOTHING: Final = Markup("—")


def day(of: date | str | None) -> Markup:
    """A day that does not break: `2025-06-30`."""
    return NOTHING if of is None else Markup('<time datetime="{0}">{0}</time>').format(str(of))


def instant(recorded_at: str) -> Markup:
    """A recorded time in +08:00, to the minute."""
    local = parse_time(recorded_at).astimezone(CST)
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), f"{local:%Y-%m-%d %H:%M}")


def figure(value: object) -> str:
    """A figure as delivered, with a typographic minus."""
    return str(value).replace("-", "−")


def signed(value: object) -> str:
    """A difference: `+1.00`, `−10.00`, `0.00`."""
    text = str(value)
    nothing = not text.strip("-0.")
    return figure(text) if text.startswith("-") or nothing else f"+{text}"


def foreign(text: object, language: Language) -> Markup:
    """A text of the records: on an English page its Chinese parts are marked as such."""
    if isinstance(text, Markup):
        return text
    plain = str(text)
    if language is Language.ZH or not _HAN.search(plain):
        return escape(plain)
    pieces, end = [], 0
    for match in _HAN.finditer(plain):
        pieces += [escape(plain[end : match.start()]), Markup('<span lang="zh-CN">{}</span>').format(match[0])]
        end = match.end()
    return Markup("").join([*pieces, escape(plain[end:])])


def joined(pieces: list[Markup], between: str) -> Markup:
    """Pieces in a row."""
    return escape(between).join(pieces)
