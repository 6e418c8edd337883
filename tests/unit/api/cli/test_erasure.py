"""`erasure order` and `erasure resume`: payload goes by order, `file` and `verify` go on as before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.application import Ledger
from tests.support.erasure import close_checks, only_order, order_of
from tests.unit.api.cli.conftest import Run

BY = ("--approver", "dpo-2", "--approver", "legal-1", "--basis", "个人信息保护法 47", "--ruling", "决定书3号")


@pytest.fixture
def closed(golden: Run) -> Run:
    """The worked example with every check at its end."""
    with_ledger(close_checks)
    return golden


def with_ledger(act: Any) -> Any:
    ledger = Ledger.open("sqlite:///integrity.db")
    try:
        return act(ledger)
    finally:
        ledger.close()


def answered(run: Run, *arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_a_subjects_class_is_erased_and_the_file_says_so(closed: Run) -> None:
    before = answered(closed, "file", "P1")
    answer = answered(closed, "erasure", "order", "--subject", "P1", "--class", "IDENTITY", *BY)

    assert (answer["targets"], answer["erased"]) == (1, answer["index"] + 1)
    assert closed("file", "P1").exit_code == 4
    file = answered(closed, "file", before["uid"])
    assert (file["name"], file["erased"], file["subject"]) == (None, True, before["uid"])
    assert file["balance"] == before["balance"]
    assert "erased" in closed("file", before["uid"], "--lang", "en").stdout
    assert "已清除" in closed("file", before["uid"], "--lang", "zh").stdout
    assert erased_in(closed) == set()


def erased_in(run: Run) -> set[str]:
    report = json.loads(run("verify", "--json").stdout)
    return {
        finding["code"] for finding in report["findings"] if finding["code"].startswith(("erasure", "section", "key-"))
    }


def test_sections_are_erased_by_their_entries(closed: Run) -> None:
    index = with_ledger(lambda ledger: ledger.by_type("BreachConfirmed", ledger.size)[0].index)
    answer = answered(closed, "erasure", "order", "--entry", f"{index}:reasons", "--entry", f"{index}:factors", *BY)

    assert answer["targets"] == 2
    (breach,) = [one for one in answered(closed, "file", "P1")["breaches"] if one["id"] == "B1"]
    (text,) = [one for one in breach["texts"] if one["event"] == index]
    assert (text["destroyed"], text["erased"], set(text["sections"])) == (2, True, {"document"})
    assert "Erasure" in closed("erasure", "resume", "--lang", "en").stdout


def test_what_was_only_ordered_is_resumed(closed: Run) -> None:
    def order(ledger: Ledger) -> int:
        line = order_of(ledger, "E1", scope="SUBJECT", subject_id="P1", **{"class": "CASE"})
        return only_order(ledger, line).index

    index = with_ledger(order)
    assert erased_in(closed) == {"erasure-pending"}
    assert answered(closed, "erasure", "resume") == {"resumed": [index]}
    assert answered(closed, "erasure", "resume") == {"resumed": []}
    assert erased_in(closed) == set()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_refused_order_says_why_in_words(golden: Run, lang: str) -> None:
    result = golden("erasure", "order", "--subject", "P1", "--class", "CASE", *BY, "--lang", lang)

    assert result.exit_code == 3
    assert ("未办结" if lang == "zh" else "a case is open") in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--subject", "P1", "--class", "CASE", "--basis", "x", "--approver", "a"],
        ["--subject", "P1", *BY],
        ["--class", "CASE", *BY],
        ["--subject", "P1", "--class", "OTHER", *BY],
        ["--subject", "P1", "--class", "CASE", "--entry", "3", *BY],
        ["--entry", "three", *BY],
        ["--entry", "3:", *BY],
        [*BY],
        ["--subject", "P1", "--class", "CASE", "--approver", "a", "--approver", "b"],
    ],
)
def test_a_wrong_command_line_ends_with_status_2(run: Run, arguments: list[str]) -> None:
    assert run("erasure", "order", *arguments).exit_code == 2
