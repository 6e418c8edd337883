"""The demonstration, whole: a city is built, read from and verified, and one changed byte of a copy is found."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from tests.unit.api.cli.conftest import Run


def states(database: str) -> dict[int, bytes]:
    connection = sqlite3.connect(database)
    try:
        return dict(connection.execute("SELECT idx, state FROM entries").fetchall())
    finally:
        connection.close()


def test_the_demonstration_catches_the_one_byte_that_differs(run: Run) -> None:
    result = run("demo", "--json", "--no-serve")
    shown = json.loads(result.stdout)
    original, copy = states("demo/city.db"), states("demo/tampered.db")
    (changed,) = [index for index in original if original[index] != copy[index]]
    differing = [place for place, byte in enumerate(original[changed]) if byte != copy[changed][place]]

    assert result.exit_code == 0
    assert shown["verify"]["ok"]
    assert not shown["tampered"]["report"]["ok"]
    assert shown["tampered"]["index"] == changed
    assert changed in [finding["index"] for finding in shown["tampered"]["report"]["findings"]]
    assert len(differing) == 1
    assert len(copy[changed]) == len(original[changed])
    assert Path("demo/city.db.master-key").stat().st_mode & 0o777 == 0o600
    assert run("verify", "--db", "sqlite:///demo/tampered.db").exit_code == 6
    assert run("verify", "--db", "sqlite:///demo/city.db").exit_code == 0

    page = run("demo", "--no-serve", "--lang", "zh")
    assert page.exit_code == 0
    assert "沿用已有的演示账本" in page.stdout
    assert page.stdout.count("核验账本") == 2
