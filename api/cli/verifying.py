"""`verify`: the whole ledger, or quickly its leaves, chain and root; the views are rebuilt and compared from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.cli import problems
from api.cli.door import Door, Given, open_door
from api.cli.lists import VIEWS, compared_or_blamed, unfinished
from api.cli.options import Actor, AsJson, Db, Lang
from api.text.verification import GAP, MANIPULATION, render_verification, worst

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
            of_lists, left_out = _lists(door.url, nothing_found=report.ok)
            findings += of_lists
            not_checked += left_out
    return {
        "ok": worst(findings) not in (MANIPULATION, GAP),
        "size": report.size,
        "root": report.root,
        "chain": report.chain,
        "access": None if report.access is None else asdict(report.access),
        "findings": findings,
        "not_checked": not_checked,
    }


def _lists(url: str, *, nothing_found: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """What the lists show. Where something was found before, it must be told, whatever becomes of the comparison."""
    from ledger.errors import LedgerError
    from ledger.storage.store import open_anyhow

    try:
        with open_anyhow(url) as store:
            return compared_or_blamed(store)
    except Exception as error:
        if nothing_found:
            raise
        return [unfinished(error.code if isinstance(error, LedgerError) else type(error).__name__)], [VIEWS]


def status_of(report: Mapping[str, Any]) -> int:
    """6 for manipulation, 7 for a gap, 0 for notices and for nothing."""
    return STATUS.get(worst(report["findings"]), problems.OK)
