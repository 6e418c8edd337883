"""`verify FILE…`: receipts, bundles, exports and checkpoints, checked without any ledger (`ledger/artefacts`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from api.cli.door import Door, write_json
from api.text.artefacts import render_artefact, render_comparison
from api.text.verification import worst
from ledger.errors import Invalid
from ledger.log.note import KeyType, VerifierKey, parse_vkey

if TYPE_CHECKING:
    from ledger.artefacts.certificate_check import Beside
    from ledger.artefacts.trust import Trust


def trust_of(keys: Sequence[str], witnesses: Sequence[str], quorum: int, require: str | None) -> Trust:
    """Whom the reader trusts: verifier keys as they stand, or files with one on each line."""
    from ledger.artefacts.trust import Trust

    return Trust(
        tuple(_keys(keys, KeyType.ED25519)),
        tuple(_keys(witnesses, KeyType.COSIGNATURE)),
        quorum,
        require is not None,
    )


def _keys(given: Sequence[str], kind: KeyType) -> list[VerifierKey]:
    found: list[VerifierKey] = []
    for text in given:
        lines = [text] if "+" in text else _lines(Path(text))
        try:
            found += [parse_vkey(line) for line in lines]
        except Invalid:
            raise typer.BadParameter("vkey") from None
    if any(key.kind is not kind for key in found):
        raise typer.BadParameter("vkey")
    return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        raise typer.BadParameter("vkey") from None


def beside_of(
    now: str | None, status_list: Path | None, subject: str | None, salt: str | None, purpose: str | None
) -> Beside:
    """What the reader of a certificate has besides."""
    from ledger.artefacts.certificate_check import Beside

    if (subject is None) != (salt is None):
        raise typer.BadParameter("subject-and-salt")
    try:
        return Beside(
            None if now is None else date.fromisoformat(now),
            None if status_list is None else status_list.read_bytes(),
            None if subject is None or salt is None else (subject, bytes.fromhex(salt)),
            purpose,
        )
    except OSError:
        raise typer.BadParameter("no-file") from None


def verify_files(
    door: Door, files: Sequence[Path], trust: Trust, entry: Path | None, beside: Beside, *, compare: bool
) -> str | None:
    """Check each file and answer with a report for each; the gravest grade that was found."""
    from ledger.artefacts.check import check_file
    from ledger.artefacts.compare import compare as compared
    from ledger.log.chain import leaf_hash

    try:
        leaf = None if entry is None else leaf_hash(entry.read_bytes())
        reports = [check_file(path, trust, leaf=leaf, to_compare=compare, beside=beside) for path in files]
    except OSError:
        raise typer.BadParameter("no-file") from None
    if compare:
        comparison = compared(*reports)
        answer = comparison.as_json()
        door.answer(answer, lambda value, page: render_comparison(value, page, [path.name for path in files]))
        return worst([*answer["findings"], *answer["old"]["findings"], *answer["new"]["findings"]])
    answers = [report.as_json() for report in reports]
    if door.as_json:
        write_json(answers[0] if len(answers) == 1 else answers, indent=2)
    else:
        for path, one in zip(files, answers, strict=True):
            render_artefact(one, door.page(), path.name)
    return worst([finding for one in answers for finding in _findings(one)])


def _findings(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    findings: list[Mapping[str, Any]] = report["findings"]
    return findings
