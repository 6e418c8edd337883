"""Which of the two languages an answer is in: `--lang` where it is given, else the locale."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum

_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Language(StrEnum):
    """The languages of the catalogue."""

    ZH = "zh"
    EN = "en"


def of_locale(environment: Mapping[str, str] | None = None) -> Language:
    """Chinese where the locale's messages are Chinese (`zh_CN.UTF-8`, `zh_TW`, `zh`), English elsewhere.

    The first of LC_ALL, LC_MESSAGES and LANG that is set and not empty decides, as POSIX says.
    """
    variables = os.environ if environment is None else environment
    locale = next((variables[name] for name in _LOCALE_VARIABLES if variables.get(name)), "")
    return Language.ZH if locale.lower().startswith("zh") else Language.EN


def of_arguments(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Language:
    """The language of a command line before it is parsed, so that help and usage errors speak it too."""
    chosen = None
    for position, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--lang" and position + 1 < len(arguments):
            chosen = arguments[position + 1]
        elif argument.startswith("--lang="):
            chosen = argument.removeprefix("--lang=")
    if chosen is not None and chosen.lower() in list(Language):
        return Language(chosen.lower())
    return of_locale(environment)
