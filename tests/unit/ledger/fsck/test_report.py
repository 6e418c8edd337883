"""Findings that are inserted stand as if they had been made at that time."""

from __future__ import annotations

import pytest

from ledger.fsck.report import MAX_FINDINGS, Finding, Findings, Grade


def filled(*pieces: tuple[str, int]) -> Findings:
    findings = Findings()
    for name, count in pieces:
        for number in range(count):
            grade = Grade.NOTICE if number % 100 == 99 else Grade.MANIPULATION
            findings.add(grade, None, f"{name} {number}", name)
    return findings


@pytest.mark.parametrize("before", [0, 3, MAX_FINDINGS - 1])
@pytest.mark.parametrize("between", [0, 1, 50, MAX_FINDINGS + 200])
@pytest.mark.parametrize("behind", [0, 2, MAX_FINDINGS + 300])
def test_insertion_is_as_if_made_in_order(before: int, between: int, behind: int) -> None:
    in_order = filled(("a", before), ("b", between), ("c", behind))
    inserted = filled(("a", before), ("c", behind))

    inserted.insert(before, filled(("b", between)))

    assert shown(inserted) == shown(in_order)
    assert inserted.count == in_order.count == before + between + behind


def shown(findings: Findings) -> tuple[Finding, ...]:
    return findings.listed()
