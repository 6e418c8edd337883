"""The arrows of the house (DESIGN §2), read off the source of every module: `api → projections → ledger`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ledger", "projections", "api")

MAY_NOT_IMPORT: dict[str, tuple[str, ...]] = {
    "ledger": ("projections", "api"),
    "projections": ("api",),
    "ledger.log": ("ledger.domain", "ledger.rulebook", "ledger.storage", "ledger.application", "ledger.folds"),
    "ledger.domain": ("ledger.log", "ledger.rulebook"),
    "ledger.rulebook": ("ledger.log", "ledger.domain", "ledger.storage", "ledger.application"),
    "ledger.storage": ("ledger.domain", "ledger.rulebook", "ledger.application", "ledger.folds"),
}
MAY_ONLY_IMPORT: dict[str, tuple[str, ...]] = {
    "ledger.folds": ("ledger.folds", "ledger.rulebook", "ledger.reading", "ledger.errors", "ledger.clock"),
}


def lies_in(module: str, package: str) -> bool:
    """Whether a module is a package or lies in it."""
    return module == package or module.startswith(package + ".")


def imports(source: str, module: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Every module a source names in an import, absolute, with its line; `from a import b` names both a and a.b."""
    here = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*here[: len(here) - node.level + 1], *([node.module] if node.module else [])])
            yield node.lineno, base
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.lineno, node.args[0].value


def offences(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """The imports of one module that turn an arrow round."""
    found = []
    for line, imported in imports(source, module, is_package=is_package):
        forbidden = [
            target
            for package, targets in MAY_NOT_IMPORT.items()
            if lies_in(module, package)
            for target in targets
            if lies_in(imported, target)
        ]
        for package, allowed in MAY_ONLY_IMPORT.items():
            own = lies_in(imported, "ledger") and imported != "ledger"
            if lies_in(module, package) and own and not any(lies_in(imported, target) for target in allowed):
                forbidden.append(imported)
        if forbidden:
            found.append(f"{module}:{line} imports {imported}")
    return found


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def test_no_arrow_turns_round() -> None:
    checked = list(modules())
    found = [
        offence
        for module, path in checked
        for offence in offences(path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py")
    ]

    assert found == []
    assert {module.split(".")[0] for module, _ in checked} == set(PACKAGES)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ledger.application", "import api.cli"),
        ("ledger.application", "def late():\n    from projections import runner"),
        ("projections.ranking", "from api.cli import main"),
        ("ledger.log.chain", "from ledger.domain.breach import Breach"),
        ("ledger.domain.breach", "from ledger import rulebook"),
        ("ledger.domain.breach", "from ..log import chain"),
        ("ledger.rulebook.balance", "import ledger.log.merkle as m"),
        ("ledger.folds.score", "from ledger.storage.events import Head"),
        ("ledger.folds.score", "from ledger import application"),
        ("ledger.log.tiles", "import importlib\nimportlib.import_module('ledger.rulebook')"),
    ],
)
def test_a_made_up_offender_is_caught(module: str, source: str) -> None:
    assert offences(source, module) != []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("api.cli", "from projections.runner import catch_up\nfrom ledger.application import Ledger"),
        ("projections.ranking", "from ledger.folds import score"),
        (
            "ledger.folds.score",
            "from ledger.rulebook.balance import balance\nfrom ledger import errors\nimport datetime",
        ),
        ("ledger.domain.breach", "from ledger.errors import Refused\nimport logging"),
        ("ledger.log.chain", "import hashlib\nfrom ledger.log import encoding"),
    ],
)
def test_an_import_along_the_arrows_is_allowed(module: str, source: str) -> None:
    assert offences(source, module) == []
