"""The golden figures and refusals over HTTP: the same answers as the command line's JSON, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.application import app as command_line
from api.routes.command_table import COMMANDS
from ledger import fsck
from ledger.errors import Refused
from ledger.line import parse_line
from tests.support.http import BOTH, LINES, House, database, house, opened
from tests.support.shared import shared_path

EXPECTED: dict[str, Any] = json.loads(shared_path("golden", "expected.json").read_text(encoding="utf-8"))
REFUSALS: list[dict[str, Any]] = json.loads(shared_path("golden", "refusals.json").read_text(encoding="utf-8"))
PATHS = {route.type: route for route in COMMANDS}


@pytest.fixture(scope="module", params=BOTH)
def golden(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp(f"golden-{request.param}")
    with database(request, folder, request.param) as url, opened(url, folder, LINES) as ledger, house(ledger) as door:
        yield door


def said(golden: House, *arguments: str) -> Any:
    """What the command line answers in JSON."""
    result = CliRunner().invoke(command_line, [*arguments, "--json", "--db", golden.ledger.store.url])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def moment(case: dict[str, Any]) -> dict[str, str]:
    return {name: case[name] for name in ("as_of", "as_known") if name in case}


def options(case: dict[str, Any]) -> list[str]:
    return [word for name, value in moment(case).items() for word in (f"--{name.replace('_', '-')}", value)]


@pytest.mark.parametrize("case", EXPECTED["person_balance"], ids=lambda case: f"{case['as_of']}-{case['as_known']}")
def test_a_balance_and_its_file(golden: House, case: dict[str, Any]) -> None:
    auditor = golden.caller("auditor-1", "AUDITOR")
    answer = auditor.get(f"/v1/subjects/{auditor.uid(case['subject'])}/integrity-file", **moment(case))

    assert answer.status_code == 200
    assert answer.json()["balance"]["value"] == case["value"]
    assert answer.json() == said(golden, "file", case["subject"], *options(case))


def test_the_auditors_tools(golden: House) -> None:
    auditor = golden.caller("auditor-1", "AUDITOR")
    told = said(golden, "diff", "P1", "--on", "2025-04-16", "--to-as-known", "2025-04-30")
    query = {"from_as_of": "2025-04-16", "from_as_known": "2025-04-16", "to_as_of": "2025-04-16"}
    answer = auditor.get(f"/v1/subjects/{auditor.uid('P1')}/difference", **query, to_as_known="2025-04-30").json()

    assert answer["figure"]["difference"] == "-30.00"
    assert {name: told[name] for name in answer} == answer
    traced = said(golden, "trace", "score", "U1", "--as-of", "2025-07-05", "--as-known", "2025-07-05")
    assert (traced["sum"], traced["adds_up"]) == ("81.32", True)
    decided = said(golden, "decisions")
    assert [one["decision"] for one in decided["decisions"]] == ["NOT_ELIGIBLE", "ELIGIBLE"]
    assert all(one["agrees"] for one in decided["decisions"])
    assert len(decided["entries"]) == 11


@pytest.mark.parametrize("case", EXPECTED["unit_score"], ids=lambda case: case["as_of"])
def test_a_score_and_its_lines(golden: House, case: dict[str, Any]) -> None:
    auditor = golden.caller("auditor-1", "AUDITOR")
    answer = auditor.get(f"/v1/units/{auditor.uid(case['subject'])}/score", **moment(case))

    assert answer.status_code == 200
    assert answer.json()["value"] == case["value"]
    assert {**answer.json(), "purpose": None} == said(golden, "score", case["subject"], *options(case))


@pytest.mark.parametrize("check", ["K1", "K2"])
def test_a_check(golden: House, check: str) -> None:
    uid = golden.ledger.uid("check", check)
    of_http = golden.caller("auditor-1", "AUDITOR").get(f"/v1/eligibility-checks/{uid}", as_of="2026-06-30")

    assert of_http.status_code == 200
    assert of_http.json() == said(golden, "check", check, "--as-of", "2026-06-30")
    expected = next(case for case in EXPECTED["eligibility"] if case["check"] == check)
    assert of_http.json()["outcome"] == expected["outcome"]


def test_the_person_reads_what_the_command_line_shows_the_person(golden: House) -> None:
    person = golden.caller("P1", "SUBJECT")
    answer = person.get(f"/v1/subjects/{person.uid('P1')}/integrity-file", as_of="2026-06-01")

    assert answer.json() == said(golden, "file", "P1", "--as-of", "2026-06-01", "--viewer", "SUBJECT")


def offered(case: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path's collection and name of a refused line, and its body."""
    line = case["line"]
    return PATHS[line["type"]].path, {"effective_on": line["effective_on"], "data": line["data"]}


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case["name"])
def test_a_refused_command_is_refused_with_its_code_and_nothing_is_written(
    request: pytest.FixtureRequest, tmp_path: Path, case: dict[str, Any], kind: str
) -> None:
    line, actor = case["line"], case["line"]["actor"]
    row_to_line = EXPECTED["row_of_worked_table_to_line_of_history"]
    lines = LINES[: row_to_line[str(case["after"])]]
    moment = datetime.fromisoformat(line["recorded_at"])
    with database(request, tmp_path, kind) as url, opened(url, tmp_path, lines, lambda: moment) as ledger:
        before = ledger.store.head()
        with house(ledger) as door:
            if actor["role"] == "SYSTEM":
                with pytest.raises(Refused) as refused:
                    ledger.submit(parse_line(json.dumps(line).encode()))
                assert refused.value.code == case["code"]
                assert ledger.store.head() == before
                return
            path, body = offered(case)
            uid = ledger.uid(PATHS[line["type"]].kind or "", line["data"].get(PATHS[line["type"]].names or "", ""))
            answer = door.caller(actor["id"], actor["role"], actor.get("unit_id")).command(
                f"/v1{path}".replace("{uid}", uid or ""), body.pop("data"), **body
            )

        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] == case["code"]
        assert ledger.store.head() == before
        assert [entry.data["code"] for entry in ledger.access.refusals()] == [case["code"]]
        assert [finding.code for finding in fsck.verify(ledger).findings] == ["history"]
