"""The published proofs of RFC 6962: the good ones hold, each mutation is refused."""

from __future__ import annotations

import json
from base64 import b64decode
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import VerificationError
from ledger.log.merkle import verify_consistency, verify_inclusion
from tests.support.shared import shared_path

RFC6962 = shared_path("vectors", "rfc6962")
INCLUSION = sorted((RFC6962 / "inclusion").rglob("*.json"))
CONSISTENCY = sorted((RFC6962 / "consistency").rglob("*.json"))


def name_of(path: Path) -> str:
    return str(path.relative_to(RFC6962))


def outcome(vector: dict[str, Any]) -> AbstractContextManager[Any]:
    return pytest.raises(VerificationError) if vector["wantErr"] else nullcontext()


def hashes(vector: dict[str, Any]) -> list[bytes]:
    return [b64decode(step) for step in vector["proof"] or []]


@pytest.mark.parametrize("path", INCLUSION, ids=name_of)
def test_an_inclusion_proof_is_judged_as_published(path: Path) -> None:
    vector = json.loads(path.read_bytes())

    with outcome(vector):
        verify_inclusion(
            b64decode(vector["leafHash"]),
            vector["leafIdx"],
            vector["treeSize"],
            hashes(vector),
            b64decode(vector["root"]),
        )


@pytest.mark.parametrize("path", CONSISTENCY, ids=name_of)
def test_a_consistency_proof_is_judged_as_published(path: Path) -> None:
    vector = json.loads(path.read_bytes())

    with outcome(vector):
        verify_consistency(
            vector["size1"], vector["size2"], hashes(vector), b64decode(vector["root1"]), b64decode(vector["root2"])
        )


def test_both_kinds_hold_good_and_bad_proofs() -> None:
    for paths in (INCLUSION, CONSISTENCY):
        assert {json.loads(path.read_bytes())["wantErr"] for path in paths} == {True, False}
