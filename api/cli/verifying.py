"""`verify`: the whole ledger, or quickly its leaves, chain and root; or files that left it (`verifying_files`).

The views are rebuilt and compared from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli import problems
from api.cli.door import Door, Given, open_door
from api.cli.lists import VIEWS, compared_or_blamed, unfinished
from api.cli.options import (
    Actor,
    AsJson,
    Db,
    EntryFile,
    ExistingFiles,
    Lang,
    Quorum,
    Required,
    TrustedKeys,
    WitnessKeys,
)
from api.cli.verifying_files import trust_of, verify_files
from api.text.verification import GAP, MANIPULATION, render_verification, worst

NO_WITNESS: Final = "no witness configured"
STATUS: Mapping[str | None, int] = {MANIPULATION: problems.TAMPERED, GAP: problems.INCOMPLETE}


def verify(
    context: typer.Context,
    files: ExistingFiles = None,
    quick: Annotated[bool, typer.Option("--quick")] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1)] = None,
    behind: Annotated[str | None, typer.Option("--since", metavar="FILE|SIZE")] = None,
    key: TrustedKeys = None,
    witness: WitnessKeys = None,
    quorum: Quorum = 1,
    require: Required = None,
    beside: EntryFile = None,
    compare: Annotated[bool, typer.Option("--compare")] = False,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    if files:
        if quick or (compare and len(files) != 2):
            raise typer.BadParameter("two-files" if compare else "quick-with-files")
        trust = trust_of(key or [], witness or [], quorum, require)
        raise typer.Exit(STATUS.get(verify_files(door, files, trust, beside, compare=compare), problems.OK))
    report = verify_ledger(door, quick=quick, jobs=jobs, since=None if behind is None else _checkpoint(behind))
    door.answer(report, lambda value, page: render_verification(value, page, quick=quick))
    raise typer.Exit(status_of(report))


def _checkpoint(given: str) -> str | int:
    """The size of a checkpoint that the ledger has, or the note in a file."""
    if given.isascii() and given.isdigit():
        return int(given)
    try:
        return Path(given).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise typer.BadParameter("no-file") from None


def verify_ledger(
    door: Door, *, quick: bool, jobs: int | None = None, since: str | int | None = None
) -> dict[str, Any]:
    """The report of DESIGN §8. The ledger verifies itself; only the api knows the lists, so it compares them."""
    from ledger import fsck

    with door.progress("text.progress_verify") as progress:
        report = fsck.verify_at(door.url, quick=quick, progress=progress, jobs=jobs, since=since)
        findings = [finding.as_json() for finding in report.findings]
        not_checked = list(report.not_checked)
        findings += _witnessed(door.url, not_checked)
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


def _witnessed(url: str, not_checked: list[str]) -> list[dict[str, Any]]:
    """Whether a quorum of the witnesses that the operator named has cosigned one of the newest checkpoints."""
    from api.settings import Settings
    from api.witness.cosigning import LOOKED_THROUGH
    from ledger.errors import LedgerError, VerificationError
    from ledger.log.note import parse_note
    from ledger.storage.checkpoints import Checkpoints
    from ledger.storage.store import open_anyhow
    from ledger.witnessing import read_policy

    settings = Settings()
    if settings.witness_policy is None:
        return []
    policy = read_policy(settings.witness_policy)
    not_checked[:] = [item for item in not_checked if item != NO_WITNESS]
    with suppress(LedgerError), open_anyhow(url) as store:
        for note in Checkpoints(store.recorder).recent(0, LOOKED_THROUGH):
            with suppress(VerificationError):
                policy.verify(parse_note(note))
                return []
    what = "witnesses: no quorum of those named has cosigned any of the newest checkpoints"
    return [{"grade": GAP, "index": None, "what": what, "code": "not-witnessed"}]


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
