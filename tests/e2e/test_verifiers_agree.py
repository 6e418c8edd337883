"""The verifier page against the others: one answer on every file of our corpus, and on what attackers publish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.conformance.make_corpus import CORPUS, EXPECTED
from tests.fault.test_tamper_matrix import MATRIX, published
from tests.support.attacks import Standing
from tests.support.golden import SQLiteOriginal
from tests.support.verifier_page import VerifierPage, verifier_page
from tests.support.verifiers import Answer, Given, by_ledger, by_page, by_script

SAID: dict[str, Any] = json.loads((CORPUS / EXPECTED).read_bytes())


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[VerifierPage]:
    with verifier_page(chromium) as opened:
        yield opened


def test_the_page_says_of_our_corpus_what_is_expected(page: VerifierPage) -> None:
    wrong = []
    for name, said in SAID.items():
        older = None if "older" not in said else (CORPUS / said["older"]).read_bytes()
        answer = by_page(page, (CORPUS / name).read_bytes(), Given.from_json(said["given"]), older)
        if answer != Answer.of(said):
            wrong.append(f"{name}: {answer}, expected {Answer.of(said)}")

    assert wrong == []


def test_the_page_says_of_tampered_ledgers_what_the_others_say(page: VerifierPage, tmp_path: Path) -> None:
    standing = Standing()
    (tmp_path / "whole").mkdir()
    original = SQLiteOriginal(tmp_path / "whole", standing.load)
    held, asked, differing = standing.held, 0, []
    for number, (name, row) in enumerate(MATRIX.items()):
        if "list" in name:
            continue  # no list is published
        with original.copy(tmp_path / str(number)) as copy:
            row.attack(copy, held)
            export = published(copy, row.signer).export()
        for given, older in [(Given(), None), (Given([held.vkey]), None), *((Given(), old) for old in olds(standing))]:
            answers = [by_ledger(export, given, older), by_script(export, given, older)]
            answers.append(by_page(page, export, given, older))
            asked += 1
            if len(set(answers)) > 1:
                differing.append(f"{name}: {answers}")

    assert differing == []
    assert asked > 3 * len(MATRIX)


def olds(standing: Standing) -> list[bytes]:
    return [standing.held.export, *standing.held.receipts.values()]
