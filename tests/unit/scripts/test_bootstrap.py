"""The scripts find a Python that works, and install again exactly when the lock file or the place changed."""

from __future__ import annotations

import os
import sys
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
