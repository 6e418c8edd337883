from __future__ import annotations

import pytest

from api.text.language import Language, of_arguments, of_locale


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "zh"}, Language.ZH),
        ({"LANG": "zh_TW.Big5"}, Language.ZH),
        ({"LANG": "en_GB.UTF-8"}, Language.EN),
        ({"LANG": "C"}, Language.EN),
        ({}, Language.EN),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "de_DE.UTF-8"}, Language.EN),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, Language.EN),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "", "LC_MESSAGES": ""}, Language.ZH),
    ],
)
def test_the_first_variable_that_is_set_decides(environment: dict[str, str], language: Language) -> None:
    assert of_locale(environment) is language


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        (["file", "P1", "--lang", "zh"], Language.ZH),
        (["--lang=zh", "file", "P1"], Language.ZH),
        (["--lang", "en", "file", "P1", "--lang", "zh"], Language.ZH),
        (["file", "P1"], Language.EN),
        (["file", "--", "--lang", "zh"], Language.EN),
        (["file", "--lang"], Language.EN),
        (["file", "--lang", "fr"], Language.EN),
    ],
)
def test_the_last_choice_on_the_command_line_wins_over_the_locale(arguments: list[str], language: Language) -> None:
    assert of_arguments(arguments, {"LANG": "en_US.UTF-8"}) is language
