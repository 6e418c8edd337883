from __future__ import annotations

import pytest

from api.cli.door import Door, counted
from api.text.catalogue import Text
from api.text.language import Language


def door(url: str) -> Door:
    return Door(url, Text(Language.EN), as_json=False, actor="operator")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///folder/integrity.db", "folder/integrity.db"),
        ("postgresql://keeper:secret@db.test:5433/ledger", "postgresql://db.test:5433/ledger"),
        ("postgresql://keeper:se@cret@db.test/ledger?password=secret", "postgresql://db.test/ledger"),
        ("postgresql:///ledger", "postgresql:///ledger"),
    ],
)
def test_a_database_is_shown_without_its_password(url: str, shown: str) -> None:
    assert door(url).shown_database == shown


def test_only_an_embedded_ledger_is_a_file() -> None:
    assert door("postgresql:///ledger").database_file is None
    assert str(door("sqlite:///a.db").database_file) == "a.db"


def test_progress_is_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with door("sqlite:///a.db").progress("text.progress_import") as report:
        assert report is None
        assert counted(report, "history.jsonl") is None

    assert capsys.readouterr() == ("", "")
