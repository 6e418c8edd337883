"""A command line to try: `run` invokes it in a folder of its own, `golden` has the worked example's ledger there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli.application import app
from tests.support.shared import shared_path

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Invokes `integrity` in an empty folder, in English unless said otherwise."""
    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "INTEGRITY_DB", "INTEGRITY_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def golden(run: Run) -> Run:
    """`run`, with `integrity.db` holding the worked example."""
    folder = shared_path("golden")
    opened = run("init", "--from-history", folder / "history.jsonl", "--rulebook", folder / "JMS-DEMO-2025.1.toml")
    assert opened.exit_code == 0, opened.stderr
    return run
