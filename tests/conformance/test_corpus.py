"""Our own corpus of vectors: what every verifier says of every file, and that the files are those of the script."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import verify_export
from typer.testing import CliRunner

from api.cli.application import app
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
    """Certificates and status lists have vectors of their own."""
    table = re.findall(r"^\| `([a-z-]+)` \| [a-z, ]+ \| (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE)
    codes = {code for code, of in table if of != "certificate"}
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


@pytest.mark.parametrize("name", SAID)
def test_the_programs_end_with_the_status_expected(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`integrity verify` and `verify_export.py` as they are called, with the reader's keys as options."""
    said = SAID[name]
    given = Given.from_json(said["given"])
    files = [str(CORPUS / file) for file in (said.get("older"), name) if file is not None]
    options = ["--json", *(["--compare"] if len(files) == 2 else []), "--quorum", str(given.quorum)]
    for option, keys in (("--key", given.keys), ("--witness", given.witnesses)):
        options += [word for key in keys for word in (option, key)]
    options += ["--require", "witnessed"] if given.require_witnessed else []
    beside = [] if given.leaf is None else ["--leaf", given.leaf.hex()]

    assert verify_export.main([*files, *options, *beside]) == said["exit"]
    of_script = json.loads(capsys.readouterr().out)
    if given.leaf is not None:
        return  # the command is given the entry itself
    result = CliRunner().invoke(app, ["verify", *files, *options])

    assert result.exit_code == said["exit"], result.output
    assert told(json.loads(result.stdout)) == told(of_script)


def told(report: dict[str, Any]) -> list[list[tuple[str, str, int | None]]]:
    """Grade, code and index of every finding, of each file and between them, in the order they were told."""
    parts = [report.get("old", {}), report.get("new", {}), report]
    return [[(one["grade"], one["code"], one["index"]) for one in part.get("findings", [])] for part in parts]
