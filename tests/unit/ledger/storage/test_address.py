"""What is an address of a database, and what lies behind it; every door asks here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ledger.errors import Invalid
from ledger.storage.address import POSTGRES, SQLITE, is_address, is_sqlite, path_of

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    ("url", "sqlite"),
    [
        ("sqlite:///folder/integrity.db", True),
        ("sqlite:////tmp/integrity.db", True),
        ("postgresql://keeper@db.test/ledger", False),
        ("postgres:///ledger", False),
    ],
)
def test_an_address_of_ours(url: str, sqlite: bool) -> None:
    assert is_address(url)
    assert is_sqlite(url) is sqlite


@pytest.mark.parametrize("url", ["", "integrity.db", "mysql://host/name", "sqlite://integrity.db", "sqlite:/x"])
def test_no_address_of_ours(url: str) -> None:
    assert not is_address(url)
    with pytest.raises(Invalid) as refused:
        is_sqlite(url)
    assert refused.value.code == "bad-database-url"


def test_a_file_has_a_name() -> None:
    assert path_of("sqlite:///a/b.db") == Path("a/b.db")
    for url in ("sqlite:///", "sqlite:///:memory:"):
        with pytest.raises(Invalid):
            path_of(url)


def test_the_schemes_stand_in_one_place() -> None:
    """A door with a list of its own would one day know another database than the store. F-strings only build one."""
    written = set()
    for package in ("ledger", "projections", "api"):
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            built = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
            constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in built]
            if any(constant.value in (SQLITE, *POSTGRES) for constant in constants):
                written.add(str(path.relative_to(ROOT)))

    assert written == {"ledger/storage/address.py"}
