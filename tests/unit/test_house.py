"""Habits of the house: nothing of one machine in the tree, a README per room, files one can read in one sitting."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("ledger", "projections", "api")
MAX_LINES = 400

PATH_OF_A_MACHINE = re.compile(r"(?<![\w.])/(?:work|farm|root|home|Users)/")
REGISTRY = re.compile(
    r"(?:\bpypi|pythonhosted|\bnpmjs|\bdeb\.debian|\bcrates)\.[a-z]{2}"
    r"|--(?:extra-)?index-url[= ]|--find-links[= ]|--registry[= ]"
)


def tree() -> list[Path]:
    """Every file that is, or is about to be, in the repository."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in sorted(set(names.split("\0"))) if name and (ROOT / name).is_file()]


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in tree():
        text = path.read_bytes()
        if b"\0" in text[:8192]:
            continue
        for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    return found


def test_no_path_of_one_machine_is_in_the_tree() -> None:
    assert lines_matching(PATH_OF_A_MACHINE) == []


def test_no_registry_is_named_in_the_tree() -> None:
    assert lines_matching(REGISTRY) == []


@pytest.mark.parametrize("text", ["see /" + "home/someone/notes", "file:///" + "work/main", 'cd "/' + 'root/x"'])
def test_a_path_of_one_machine_would_be_seen(text: str) -> None:
    assert PATH_OF_A_MACHINE.search(text)


@pytest.mark.parametrize(
    "text", ["--index-" + "url https://x", "https://py" + "pi.org/simple", "registry.npm" + "js.org"]
)
def test_a_registry_would_be_seen(text: str) -> None:
    assert REGISTRY.search(text)


def test_the_lock_file_names_packages_and_digests_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert "://" not in lock
    for requirement in re.split(r"\n(?=\S)", lock.split("\n", 2)[2].strip()):
        assert re.match(r"[a-z0-9-]+==\S+", requirement), requirement.splitlines()[0]
        assert "--hash=sha256:" in requirement, requirement.splitlines()[0]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_a_readme(room: str) -> None:
    assert (ROOT / room / "README.md").is_file()


# The verifier that a stranger downloads is one file: whoever reads it must have read all of it.
IN_ONE_PIECE = ("scripts/verify_export.py",)


def test_no_file_is_too_long_to_be_one_room() -> None:
    sources = [
        path
        for path in tree()
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] in (*ROOMS, "scripts")
        and path.relative_to(ROOT).as_posix() not in IN_ONE_PIECE
    ]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources}

    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}
