"""The words of the pages: whole in both languages, used and known, and without names for anybody."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markupsafe import Markup

from api.pages.course import UNSAID
from api.pages.marks import figure, foreign, instant, signed
from api.pages.words import WEB, Words
from api.text.catalogue import STATES, VOCABULARY, table
from api.text.language import Language

ROOT = Path(__file__).resolve().parents[4]
TEMPLATES = sorted((ROOT / "api" / "templates").glob("*.html"))
KEY = re.compile(r"[a-z_]+\.[A-Za-z0-9_-]+")
# Groups whose keys are put together from codes: what is asked for is in the catalogue's hands, not in one source line.
BY_CODE = {
    "role", "record", "effect", "way", "course", "line", "no_figure", "look_purpose", "consent_scope", "category",
    "list", "column", "section", "cell", "steps", "rights", "consider", "decide", "waiting", "problem", "status",
    "error", "due", "notice", "decision", "notification", "text", "empty", "trend",
}  # fmt: skip


def entries() -> Iterator[tuple[str, str, str]]:
    for group, codes in table(WEB).items():
        for code, entry in codes.items():
            for language in ("zh", "en"):
                yield f"{group}.{code}", language, entry[language]


def used() -> set[str]:
    """The keys that pages ask for in so many letters."""
    found = set()
    for template in TEMPLATES:
        found |= set(re.findall(r"'([a-z_]+\.[A-Za-z0-9_-]+)'", template.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "api" / "pages").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.fullmatch(node.value):
                found.add(node.value)
    groups = set(table(WEB))
    files = (".html", ".css", ".svg", "_")
    return {key for key in found if key.partition(".")[0] in groups and not key.endswith(files)}


def test_every_key_that_a_page_asks_for_is_there() -> None:
    known = {key for key, _, _ in entries()}

    assert len(used()) > 250
    assert sorted(used() - known) == []


def test_every_key_is_asked_for() -> None:
    known = {key.removesuffix("_one") for key, _, _ in entries()}

    assert sorted(key for key in known - used() if key.partition(".")[0] not in BY_CODE) == []


def test_both_languages_are_filled_in_with_the_same_values() -> None:
    for group, codes in table(WEB).items():
        for code, entry in codes.items():
            places = [set(re.findall(r"{(\w*)}", entry[language])) for language in ("zh", "en")]
            assert places[0] == places[1], f"{group}.{code}"


def test_no_sentence_calls_anybody_names() -> None:
    """ui/UI.md §6."""
    shaming = re.compile(
        "失信人员|黑名单|劣迹|拉黑|[!！]|抱歉|成功！|无权限|操作成功|不可篡改|blacklist|offender|sorry"
    )

    assert [text for _, _, text in entries() if shaming.search(text)] == []


def test_chinese_sentences_have_chinese_punctuation_and_no_spaces_before_figures() -> None:
    for key, language, text in entries():
        if language == "zh" and key != "text.between":
            assert not re.search(r"[\u4e00-\u9fff][,;:?]|[\u4e00-\u9fff] [\d{]|[\d}] [\u4e00-\u9fff]", text), key


def test_no_sentence_in_english_holds_chinese() -> None:
    assert [key for key, language, text in entries() if language == "en" and re.search(r"[\u4e00-\u9fff]", text)] == []


def test_every_sentence_is_markup_safe() -> None:
    assert [key for key, _, text in entries() if re.search(r"[<>&]", text)] == []


def test_what_is_filled_in_is_escaped_unless_it_is_markup() -> None:
    words = Words(Language.ZH)

    assert words("record.decided_by", day=Markup("<time>x</time>"), by="<b>") == "<time>x</time>由&lt;b&gt;作出"


def test_one_thing_is_said_as_one() -> None:
    words = Words(Language.EN)

    assert words.counted("entries.count", 1) == "1 entry with index and hash"
    assert words.counted("entries.count", 2) == "2 entries with index and hash"


def test_a_missing_key_of_ours_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        Words(Language.ZH)("frame.no-such-key")


@pytest.mark.parametrize("language", list(Language))
def test_every_state_has_a_tag_with_an_icon_that_is_drawn(language: Language) -> None:
    sprite = (ROOT / "api" / "static" / "icons.svg").read_text(encoding="utf-8")
    tones = set(re.findall(r"\.tag--(\w+)", (ROOT / "api" / "static" / "parts.css").read_text(encoding="utf-8")))
    for lifecycle, codes in table(STATES).items():
        for code in codes:
            tag = Words(language).state(lifecycle, code)
            assert f'id="i-{tag.icon}"' in sprite, (lifecycle, code)
            assert tag.tone in tones, (lifecycle, code)
            assert (tag.term is None) == (language is Language.ZH)


def test_a_state_without_a_tag_is_shown_bare_and_noted(caplog: pytest.LogCaptureFixture) -> None:
    assert Words(Language.ZH).state("breach", "NEW_STATE").word == "NEW_STATE"
    assert [record.name for record in caplog.records] == ["integrity.pages"]
    caplog.clear()


def test_what_the_course_leaves_out_is_of_the_catalogue() -> None:
    assert UNSAID - set(table(VOCABULARY)["event"]) == set()


def test_a_chinese_name_on_an_english_page_says_so() -> None:
    assert foreign("马宁 & 公务员法 26(4)", Language.EN) == (
        '<span lang="zh-CN">马宁</span> &amp; <span lang="zh-CN">公务员法</span> 26(4)'
    )
    assert foreign("示𡃁·龘", Language.EN).count("<span") >= 1
    assert foreign("马宁 <b>", Language.ZH) == "马宁 &lt;b&gt;"


@pytest.mark.parametrize(
    ("value", "shown", "difference"),
    [("-5.00", "−5.00", "−5.00"), ("2.00", "2.00", "+2.00"), ("0.00", "0.00", "0.00"), ("-0.00", "−0.00", "−0.00")],
)
def test_figures_have_a_minus_and_differences_a_sign(value: str, shown: str, difference: str) -> None:
    assert figure(value) == shown
    assert signed(value) == difference


def test_a_recorded_time_is_shown_in_china_standard_time() -> None:
    assert instant("2025-12-31T16:30:00.000000Z") == (
        '<time datetime="2026-01-01T00:30:00+08:00">2026-01-01 00:30</time>'
    )
