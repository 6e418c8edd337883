"""The catalogue is complete: whatever the ledger can say has a word in both languages."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli.application import app
from api.cli.lists import NO_LISTS, VIEWS
from api.text.catalogue import CLAUSES, COMMANDS, ERRORS, PAGES, STATES, VOCABULARY, Text, table
from api.text.language import Language
from api.text.page import TONES
from ledger.catalogue import ACCESS_TYPES, TYPES
from ledger.domain.access import Scope
from ledger.domain.values import Purpose, Role, Severity, SubjectKind
from ledger.folds import breach, check, commitment, repair
from ledger.fsck.verification import LEFT_OUT
from ledger.rulebook.facts import RecordKind
from ledger.rulebook.labels import LABELS
from ledger.rulebook.parameters import CheckOutcome, EffectClass, Predicate

ROOT = Path(__file__).resolve().parents[4]
TABLES = (PAGES, STATES, VOCABULARY, CLAUSES, ERRORS, COMMANDS)
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
CODE_AT = {"require": 1, "Problem": 1, "respond": 2}  # which argument is the code
LIFECYCLES = {
    "breach": breach.TRANSITIONS,
    "commitment": commitment.TRANSITIONS,
    "repair": repair.TRANSITIONS,
    "check": check.TRANSITIONS,
}


def sources(*packages: str) -> Iterator[ast.AST]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"))


def strings(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def error_codes() -> set[str]:
    """Every code an error may carry: `code="…"`, `code = "…"` in a class, and where a function takes one by place."""
    found: set[str] = set()
    for tree in sources("ledger", "projections", "api"):
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "code":
                found.update(strings(node.value))
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if isinstance(target, ast.Name) and target.id == "code":
                    found.update(strings(node.value))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CODE_AT:
                place = CODE_AT[node.func.id]
                found.update(code for argument in node.args[place : place + 1] for code in strings(argument))
    return {code for code in found if CODE.fullmatch(code)}


def keys_used(function: str) -> set[str]:
    """The keys that the doors' sources ask the catalogue for in so many letters."""
    found = set()
    for tree in sources("api"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if called == function and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


@pytest.mark.parametrize("name", TABLES)
def test_every_text_stands_in_both_languages(name: str) -> None:
    for group, entries in table(name).items():
        for code, entry in entries.items():
            assert set(entry) >= {"zh", "en"}, f"{name}: {group}.{code}"
            assert all(entry[language].strip() for language in ("zh", "en")), f"{name}: {group}.{code}"


@pytest.mark.parametrize("name", TABLES)
def test_both_languages_are_filled_in_with_the_same_values(name: str) -> None:
    for group, entries in table(name).items():
        for code, entry in entries.items():
            places = [set(re.findall(r"{(\w*)}", entry[language])) for language in ("zh", "en")]
            assert places[0] == places[1], f"{name}: {group}.{code}"


def test_every_error_code_has_its_sentence() -> None:
    codes = error_codes()

    assert len(codes) > 100
    assert sorted(codes - set(table(ERRORS)["error"])) == []


def finding_codes() -> set[str]:
    """The codes that a verification gives its findings: in its calls, each at its own place."""
    places = {"entry": 2, "entries": 3, "place": 2, "add": 3, "_finding": 2}
    found: set[str] = set()
    lists = ast.parse((ROOT / "api" / "cli" / "lists.py").read_text(encoding="utf-8"))
    for tree in (*sources("ledger/fsck"), lists):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = places.get(called)
            if place is not None and len(node.args) > place:
                found.update(code for code in strings(node.args[place]) if re.fullmatch(r"[a-z]+(-[a-z]+)*", code))
    return found


def test_every_finding_of_a_verification_has_its_words() -> None:
    codes = finding_codes()

    assert len(codes) > 20
    assert sorted(codes - set(table(PAGES)["finding"])) == []


@pytest.mark.parametrize("kind", ["unit", "person", "commitment"])
def test_a_row_that_names_somebody_unknown_is_explained(kind: str) -> None:
    assert Text(Language.ZH).error(f"unknown-{kind}")


@pytest.mark.parametrize(
    ("code", "what", "said"),
    [
        ("leaf", "entry 412: contents do not match its hash", "条目412：内容与哈希不符"),
        ("entry-missing", "entries 3–9: missing", "条目3–9：缺失"),
        ("head", "head: its chain is not that of the entries", "链头：链、根或前沿与条目不符"),
        ("view-row", "breaches, row 0197c0de: edited: state", "认定列表，行0197c0de：列表中的行与条目不符"),
        ("store-damaged", "database file: it is damaged beyond reading", "数据库文件：数据库文件损坏"),
        ("new-code", "entry 3: something new", "entry 3: something new"),
    ],
)
def test_a_finding_is_said_in_chinese_with_its_place(code: str, what: str, said: str) -> None:
    assert Text(Language.ZH).finding(code, what) == said
    assert Text(Language.EN).finding(code, what) == what


def test_one_is_said_as_one() -> None:
    text = Text(Language.EN)

    assert text("text.withheld", count=1) == "1 entry not listed for this viewer"
    assert text("text.withheld", count=2) == "2 entries not listed for this viewer"
    assert Text(Language.ZH)("text.withheld", count=1) == "另有1条不向此查看者列出"


def test_every_type_of_the_catalogue_has_its_word() -> None:
    assert sorted({*TYPES, *ACCESS_TYPES} - set(table(VOCABULARY)["event"])) == []


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_every_state_a_record_can_reach_has_a_tag(lifecycle: str) -> None:
    reached = {state for sources, target in LIFECYCLES[lifecycle].values() for state in (*sources, target) if state}

    assert reached - {"FULFILLED"} - set(table(STATES)[lifecycle]) == set()


@pytest.mark.parametrize(
    ("name", "group", "codes"),
    [
        (VOCABULARY, "role", [*Role, "UNIT_HEAD", "PUBLIC"]),
        (VOCABULARY, "purpose", list(Purpose)),
        (VOCABULARY, "scope", list(Scope)),
        (VOCABULARY, "severity", list(Severity)),
        (VOCABULARY, "kind", list(SubjectKind)),
        (VOCABULARY, "record_kind", [*RecordKind]),
        (VOCABULARY, "effect_class", [kind.name for kind in EffectClass]),
        (STATES, "evaluation", list(CheckOutcome)),
        (CLAUSES, "rule", list(Predicate)),
    ],
)
def test_every_code_has_its_word(name: str, group: str, codes: list[str]) -> None:
    assert {str(code) for code in codes} - set(table(name)[group]) == set()


def test_every_part_that_a_verification_may_leave_out_has_its_words() -> None:
    assert sorted({*LEFT_OUT, NO_LISTS, VIEWS} - set(table(PAGES)["not_checked"])) == []


def test_every_line_of_a_figure_has_its_label_in_both_languages() -> None:
    assert all({"zh", "en"} <= set(label) for label in LABELS.values())


def test_every_tone_of_a_state_has_a_colour() -> None:
    assert {entry["tone"] for states in table(STATES).values() for entry in states.values()} <= set(TONES)


def test_every_key_that_the_pages_use_is_there() -> None:
    used = {key for key in keys_used("text") | keys_used("labelled") if "." in key}

    assert len(used) > 60
    assert sorted(key for key in used if not Text(Language.EN).has(key)) == []


def test_every_command_option_and_argument_explains_itself() -> None:
    from typer.main import get_command

    helps, parameters = table(COMMANDS)["help"], set()
    commands = [get_command(app)]
    while commands:
        command = commands.pop()
        assert (command.name or "integrity") in helps
        parameters |= {(parameter.param_type_name, parameter.name) for parameter in command.params}
        commands += getattr(command, "commands", {}).values()

    assert parameters
    for kind, name in parameters:
        assert name in table(COMMANDS)[kind], name


def test_a_state_in_english_says_the_chinese_term_first() -> None:
    assert Text(Language.EN).state("breach", "UPHELD").word == "维持认定 Upheld"
    assert Text(Language.ZH).state("breach", "UPHELD").word == "维持认定"


def test_a_code_without_a_word_is_shown_bare() -> None:
    text = Text(Language.ZH)

    assert text.state("breach", "NEW_STATE").word == "NEW_STATE"
    assert text.word("purpose", "NEW_PURPOSE") == "NEW_PURPOSE"
    assert text.event("SomethingHappened") == "SomethingHappened"
    assert text.error("no-such-code-yet") is None


def test_a_missing_key_of_our_own_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        Text(Language.ZH)("text.no-such-key")


def test_no_sentence_calls_anybody_names() -> None:
    """ui/UI.md §6: no shaming words, no exclamation marks."""
    texts = [
        entry[language]
        for name in TABLES
        for entries in table(name).values()
        for entry in entries.values()
        for language in ("zh", "en")
    ]

    assert [
        text for text in texts if re.search("失信人员|黑名单|劣迹|拉黑|[!！]|抱歉|成功！|blacklist|offender", text)
    ] == []


def test_the_tables_are_plain_toml() -> None:
    for path in sorted((ROOT / "api" / "text" / "data").glob("*.toml")):
        tomllib.loads(path.read_text(encoding="utf-8"))
