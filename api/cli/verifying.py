"""`verify`: the whole ledger, or quickly its leaves, chain and root; or files that left it (`verifying_files`).

The views are rebuilt and compared from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    Purpose,
    Quorum,
    Required,
    Salt,
    StatusListFile,
    SubjectId,
    TrustedKeys,
    VerifyDay,
    WitnessKeys,
)
from api.cli.verifying_files import beside_of, trust_of, verify_files
from api.cli.verifying_signed import pinned, require_checkpoint, witnessed
from api.text.verification import GAP, MANIPULATION, render_verification, worst

if TYPE_CHECKING:
    from ledger.artefacts.trust import Trust

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
    status_list: StatusListFile = None,
    verify_day: VerifyDay = None,
    certificate_purpose: Purpose = None,
    subject_id: SubjectId = None,
    salt: Salt = None,
    compare: Annotated[bool, typer.Option("--compare")] = False,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    if files:
        if quick or jobs is not None or behind is not None:
            raise typer.BadParameter("for-the-ledger")
        if compare and len(files) != 2:
            raise typer.BadParameter("two-files")
        trust = trust_of(key or [], witness or [], quorum, require)
        held = beside_of(verify_day, status_list, subject_id, salt, certificate_purpose)
        raise typer.Exit(STATUS.get(verify_files(door, files, trust, beside, held, compare=compare), problems.OK))
    for_files = (beside, status_list, verify_day, certificate_purpose, subject_id, salt)
    if compare or any(given is not None for given in for_files):
        raise typer.BadParameter("for-files")
    pins = trust_of(key or [], witness or [], quorum, require) if key or witness or require or quorum != 1 else None
    since = None if behind is None else _checkpoint(door.url, behind)
    report = verify_ledger(door, quick=quick, jobs=jobs, since=since, trust=pins)
    door.answer(report, lambda value, page: render_verification(value, page, quick=quick))
    raise typer.Exit(status_of(report))


def _checkpoint(url: str, given: str) -> str | int:
    """The size of a checkpoint that the ledger has, or the note in a file; `NotFound` for a size it has not."""
    if given.isascii() and given.isdigit():
        require_checkpoint(url, int(given))
        return int(given)
    try:
        return Path(given).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise typer.BadParameter("no-file") from None


def verify_ledger(
    door: Door,
    *,
    quick: bool,
    jobs: int | None = None,
    since: str | int | None = None,
    trust: Trust | None = None,
) -> dict[str, Any]:
    """The report of DESIGN §8. The ledger verifies itself; only the api knows the lists, so it compares them.

    `trust` are the keys that its newest checkpoint must be signed with, for a reader who has pinned them.
    """
    from ledger import fsck

    with door.progress("text.progress_verify") as progress:
        report = fsck.verify_at(door.url, quick=quick, progress=progress, jobs=jobs, since=since)
        findings = [finding.as_json() for finding in report.findings]
        not_checked = list(report.not_checked)
        findings += [*pinned(door.url, trust), *witnessed(door.url, not_checked)]
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
