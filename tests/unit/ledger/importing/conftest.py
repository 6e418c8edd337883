"""A ledger, the shipped sample in a folder of the test's own, and ways to change that folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.application import Ledger
from ledger.importing.mapping import TableMappings, load_mapping
from ledger.opening import create
from tests.support.storage import check_log

SAMPLE = Path(__file__).resolve().parents[4] / "scripts" / "sample"

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A fresh ledger; whatever a test wrote into it must be a whole log at the end."""
    made = create(f"sqlite:///{tmp_path / 'ledger.db'}")
    try:
        yield made
        check_log(made.store, made.origin)
    finally:
        made.close()


@pytest.fixture
def mapping() -> TableMappings:
    return load_mapping("public-records")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample of 40 rows, to be changed at will."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "tables"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """`edit(table, old, new)` replaces a text that stands in the table's file exactly once."""

    def replace(table: str, old: str, new: str) -> Path:
        path = folder / f"{table}.csv"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {table}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return replace
