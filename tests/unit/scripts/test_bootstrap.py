"""The scripts find a Python that works, and install again exactly when the lock file or the place changed."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import _bootstrap
import pytest


def executable(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_running_python_answers_with_its_version() -> None:
    found = _bootstrap.probe(Path(sys.executable))

    assert found is not None
    assert found.version == sys.version_info[:2]


def test_a_shim_that_fails_is_not_a_python(tmp_path: Path) -> None:
    shim = executable(tmp_path / "python3.12", "#!/bin/sh\necho 'version 3.12 is not installed' >&2\nexit 127\n")

    assert _bootstrap.probe(shim) is None
    assert _bootstrap.probe(tmp_path / "absent") is None


def test_a_shim_is_followed_to_the_python_behind_it(tmp_path: Path) -> None:
    executable(tmp_path / "python3.99", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

    found = _bootstrap.probe(tmp_path / "python3.99")

    assert found is not None
    assert found.path == Path(sys.executable)


def test_an_old_python_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path / "python3", "#!/bin/sh\necho python3\necho 3 9 1\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))

    assert (3, 9) not in _bootstrap.interpreters()


def test_where_there_is_no_python_it_says_what_to_install() -> None:
    with pytest.raises(_bootstrap.Missing, match="apt-get install python3"):
        _bootstrap.preferred({})


def test_where_there_is_no_pip_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = _bootstrap.Interpreter(executable(tmp_path / "bare", "#!/bin/sh\nexit 1\n"), (3, 11), has_ensurepip=False)
    monkeypatch.setenv("PATH", os.devnull)

    with pytest.raises(_bootstrap.Missing, match="apt-get install python3-venv"):
        _bootstrap.make(tmp_path / "environment", bare, {(3, 11): bare})


def test_the_stamp_follows_the_lock_file_and_the_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _bootstrap.wanted_stamp((3, 11))
    assert _bootstrap.wanted_stamp((3, 11)) == before
    assert _bootstrap.wanted_stamp((3, 12)) != before

    changed = tmp_path / "requirements.lock"
    changed.write_bytes(_bootstrap.LOCK.read_bytes() + b"\n")
    monkeypatch.setattr(_bootstrap, "LOCK", changed)
    assert _bootstrap.wanted_stamp((3, 11)) != before


# The lock file and the project's own list.


def name_of(requirement: str) -> str:
    """The normal form of a package's name, without extras, versions and markers."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]).lower()


def locked() -> dict[str, str]:
    """Every package of the lock file, with its version."""
    lines = _bootstrap.LOCK.read_text(encoding="utf-8").splitlines()
    pins = [line.split(" ")[0].split("==") for line in lines if line[:1].isalnum()]
    return {name_of(name): version for name, version in pins}


def direct() -> Iterator[tuple[str, str]]:
    """Every requirement of the project itself, its extras and its build, with where it stands."""
    project = tomllib.loads((_bootstrap.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    yield from (("build-system", one) for one in project["build-system"]["requires"])
    yield from (("dependencies", one) for one in project["project"]["dependencies"])
    for extra, requirements in project["project"]["optional-dependencies"].items():
        yield from ((extra, one) for one in requirements)


@pytest.mark.parametrize(("where", "requirement"), list(direct()), ids=str)
def test_the_lock_file_fits_what_the_project_asks_for(where: str, requirement: str) -> None:
    """A package that is missing from the lock would be installed nowhere; an older one than asked for everywhere."""
    name, versions = name_of(requirement), locked()

    assert name in versions, f"{where} asks for {requirement}"
    for operator, bound in re.findall(r"(>=|<|==)\s*([0-9.]+)", requirement):
        found, wanted = numbers(versions[name]), numbers(bound)
        assert {">=": found >= wanted, "<": found < wanted, "==": found == wanted}[operator], f"{name} {versions[name]}"


def numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(\.\d+)*", version)
    assert found is not None, version
    return tuple(int(part) for part in found[0].split("."))


# Part of what the package behind it is used through.
COMES_WITH = {
    "anyio": "fastapi",
    "markupsafe": "jinja2",
    "rich": "typer",
    "starlette": "fastapi",
    "typing_extensions": "pydantic",
}


def test_every_package_that_the_house_imports_is_asked_for() -> None:
    """An import that only comes along with another package may go with it."""
    of_module = importlib.metadata.packages_distributions()
    asked = {name_of(requirement) for _, requirement in direct()}
    own = {"ledger", "projections", "api", "tests", "_bootstrap", "make_rows"}
    imported: dict[str, str] = {}
    for package in ("ledger", "projections", "api"):
        for path in (_bootstrap.ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
                imported.update({name.split(".")[0]: str(path.relative_to(_bootstrap.ROOT)) for name in names})
    foreign = {name: where for name, where in imported.items() if name not in {*sys.stdlib_module_names, *own}}

    assert {"msgspec", "sqlalchemy", "cryptography"} <= set(foreign)
    unasked = {name for name in foreign if not asked & set(map(name_of, of_module.get(name, [name])))}
    assert {name: foreign[name] for name in unasked - COMES_WITH.keys()} == {}
    assert {COMES_WITH[name] for name in unasked} <= asked
