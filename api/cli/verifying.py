"""`verify`: the whole ledger, or quickly its leaves, chain and root; the views are rebuilt and compared from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from api.cli import problems
from api.cli.door import Door, Given, open_door
from api.cli.lists import compare_lists
from api.cli.options import Actor, AsJson, Db, Lang
from api.text.verification import GAP, MANIPULATION, render_verification, worst
from ledger.errors import Group, LedgerError

STATUS: Mapping[str | None, int] = {MANIPULATION: problems.TAMPERED, GAP: problems.INCOMPLETE}


def verify(
    context: typer.Context,
    quick: Annotated[bool, typer.Option("--quick")] = False,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    report = verify_ledger(door, quick=quick)
    door.answer(report, lambda value, page: render_verification(value, page, quick=quick))
    raise typer.Exit(status_of(report))


def verify_ledger(door: Door, *, quick: bool) -> dict[str, Any]:
    """The report of DESIGN §8. The ledger verifies itself; only the api knows the lists, so it compares them."""
    from ledger import fsck

    with door.progress("text.progress_verify") as progress:
        report = fsck.verify_at(door.url, quick=quick, progress=progress)
        findings = [finding.as_json() for finding in report.findings]
        not_checked = list(report.not_checked)
        if not quick and report.size:
            of_lists, left_out = _lists(door)
            findings += of_lists
            not_checked += left_out
    return {
        "ok": worst(findings) not in (MANIPULATION, GAP),
        "size": report.size,
        "root": report.root,
        "chain": report.chain,
        "findings": findings,
        "not_checked": not_checked,
    }


def _lists(door: Door) -> tuple[list[dict[str, Any]], list[str]]:
    """The lists compared with the log; entries that cannot be read any more are a finding, not a fault of ours."""
    try:
        with door.ledger() as ledger:
            return compare_lists(ledger)
    except Exception as error:  # whatever a tampered row makes of a reader
        if isinstance(error, LedgerError) and error.group is Group.UNAVAILABLE:
            raise
        cause = error.code if isinstance(error, LedgerError) else type(error).__name__
        what = f"lists: they cannot be rebuilt from these entries ({cause})"
        return [{"grade": MANIPULATION, "index": None, "what": what, "code": "lists-unreadable"}], []


def status_of(report: Mapping[str, Any]) -> int:
    """6 for manipulation, 7 for a gap, 0 for notices and for nothing."""
    return STATUS.get(worst(report["findings"]), problems.OK)
