"""Our own corpus of vectors: what every verifier says of every file, and that the files are those of the script."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.make_corpus import CORPUS, EXPECTED, expected, vectors
from tests.support.verifiers import Answer, Given, by_ledger, by_script

SAID: dict[str, Any] = json.loads((CORPUS / EXPECTED).read_bytes())
README = Path(__file__).parents[2] / "ledger" / "artefacts" / "README.md"


def test_the_files_are_those_that_the_script_makes() -> None:
    made = vectors()

    assert {file.name for file in CORPUS.iterdir()} == {EXPECTED, *made}
    assert (CORPUS / EXPECTED).read_bytes() == expected(made)
    for name, vector in made.items():
        assert (CORPUS / name).read_bytes() == vector.data, name


def test_every_code_of_the_contract_has_a_file() -> None:
    codes = set(re.findall(r"^\| `([a-z-]+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE))
    tried = {finding["code"] for said in SAID.values() for finding in said["findings"]}

    assert len(codes) > 25
    assert tried == codes


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("verifier", [by_ledger, by_script])
def test_a_verifier_says_what_is_expected(name: str, verifier: Any) -> None:
    said = SAID[name]
    older = None if "older" not in said else (CORPUS / said["older"]).read_bytes()

    answer = verifier((CORPUS / name).read_bytes(), Given.from_json(said["given"]), older)

    assert answer == Answer.of(said)
    assert answer.exit == said["exit"]
