"""The verifiers of files, asked the same question: `integrity verify` (ledger.artefacts), scripts/verify_export.py, and
the verifier page. Their answers are brought to one shape, so that a test can say that they are one answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import verify_export

from ledger.artefacts.check import check_bytes
from ledger.artefacts.compare import compare
from ledger.artefacts.trust import Trust
from ledger.log.note import VerifierKey, parse_vkey

if TYPE_CHECKING:
    from tests.support.verifier_page import VerifierPage

Finding = tuple[str, str, int | None]
"""Grade, code and index."""


@dataclass(frozen=True)
class Given:
    """What a reader brings along."""

    keys: Sequence[str] = ()
    witnesses: Sequence[str] = ()
    quorum: int = 1
    require_witnessed: bool = False
    leaf: bytes | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Given:
        leaf = value.get("leaf")
        return cls(
            value.get("keys", ()),
            value.get("witnesses", ()),
            value.get("quorum", 1),
            value.get("require_witnessed", False),
            None if leaf is None else bytes.fromhex(leaf),
        )


@dataclass(frozen=True)
class Answer:
    """Exit status and findings, these in no order."""

    exit: int
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, *reports: Mapping[str, Any]) -> Answer:
        found = [(one["grade"], one["code"], one["index"]) for report in reports for one in report["findings"]]
        grades = {grade for grade, _, _ in found}
        status = 6 if "manipulation" in grades else 7 if "gap" in grades else 0
        return cls(status, tuple(sorted(found, key=repr)))


@cache
def _key(text: str) -> VerifierKey:
    return parse_vkey(text)


def by_ledger(data: bytes, given: Given, older: bytes | None = None) -> Answer:
    """`ledger.artefacts`; with an older file, the comparison."""
    trust = Trust([*map(_key, given.keys)], [*map(_key, given.witnesses)], given.quorum, given.require_witnessed)
    report = check_bytes(data, trust, leaf=given.leaf, to_compare=older is not None)
    if older is None:
        return Answer.of(report.as_json())
    both = compare(check_bytes(older, trust, leaf=given.leaf, to_compare=True), report).as_json()
    return Answer.of(both["old"], both["new"], both)


def by_script(data: bytes, given: Given, older: bytes | None = None) -> Answer:
    """`scripts/verify_export.py`, on files."""
    trust = verify_export.Trust(
        keys=tuple(map(verify_export.parse_key, given.keys)),
        witnesses=tuple(map(verify_export.parse_key, given.witnesses)),
        quorum=given.quorum,
        require_witnessed=given.require_witnessed,
        leaf=given.leaf,
    )
    with TemporaryDirectory() as folder:
        new, old = Path(folder, "new"), Path(folder, "old")
        new.write_bytes(data)
        if older is None:
            report = verify_export.judge_file(str(new), trust).report
            answer = Answer.of(report.as_json())
            assert verify_export.exit_status([report]) == answer.exit
            return answer
        old.write_bytes(older)
        both = verify_export.compare(str(old), str(new), trust)
        answer = Answer.of(both.old.as_json(), both.new.as_json(), both.report.as_json())
        assert verify_export.exit_status([both.old, both.new, both.report]) == answer.exit
        return answer


def by_page(page: VerifierPage, data: bytes, given: Given, older: bytes | None = None) -> Answer:
    """`scripts/verifier.html`, in a browser."""
    options: dict[str, Any] = {"keys": [*given.keys], "witnesses": [*given.witnesses], "quorum": given.quorum}
    options["requireWitnessed"] = given.require_witnessed
    if older is None:
        return Answer.of(page.check(data, leaf=None if given.leaf is None else given.leaf.hex(), **options))
    both = page.compare(older, data, **options)
    return Answer.of(both["old"], both["new"], both)
