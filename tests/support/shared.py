"""Paths into `../shared`, the folder beside the checkout with vectors, golden files and real samples.

`shared_path` promises an existing path. Where the whole folder is absent the asking test (or test module) is skipped
with a reason, except under `CI=true`, where it fails: a build that tested nothing must not look green. A part missing
from a folder that is there always fails, since it is a misspelt name or a damaged copy.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"


def shared_path(*parts: str) -> Path:
    """The path of `../shared/<parts>`; may be called in a test and at the top of a test module."""
    path = SHARED.joinpath(*parts)
    if path.exists():
        return path
    wanted = "/".join(("../shared", *parts))
    if SHARED.exists():
        pytest.fail(f"{wanted} does not exist", pytrace=False)
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{wanted} is needed in CI and ../shared is absent", pytrace=False)
    pytest.skip(f"{wanted}: this checkout has no ../shared", allow_module_level=True)
