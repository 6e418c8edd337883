"""`decisions`: the eligibility decisions of a period as a file that an auditor takes along, with the proofs beside it.

Every evaluation is made again and compared; every entry that a decision rests on is proven against one checkpoint
before its proof is written. The export names people, checks, units and records by pseudonyms of this purpose (HMACs
under the index key). The bundle beside it holds the entries themselves, which carry the ledger's own pseudonyms: it
is for those who may read entries. What was read is a look at everybody a decision is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from api.cli.door import Given, open_door
from api.cli.handing_out import hand_out
from api.cli.looks import look_at_people
from api.cli.options import Actor, AsJson, Db, FromDay, Lang, NewFile, ToDay, day_of_option
from api.cli.reading import AUDITOR
from api.cli.trace import PURPOSE
from api.cli.verifying import status_of
from api.text.decisions import NOT_INCLUDED, render_decisions
from ledger.access import Viewer
from ledger.domain.access import Scope
from ledger.errors import Conflict, VerificationError
from ledger.log.chain import leaf_hash
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.encoding import canonical
from ledger.log.merkle import verify_inclusion
from ledger.log.note import parse_note

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.artefacts.bundle import Bundle
    from ledger.publisher import Published

FORMAT: Final = "integrity-ledger/decisions/v0"
PSEUDONYMS: Final = "decision-export"  # what the pseudonyms in what is handed out are for


def decisions(
    context: typer.Context,
    first: FromDay = None,
    last: ToDay = None,
    export_file: NewFile = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        export, people, bundle = exported(ledger, day_of_option(first), day_of_option(last))
        look_at_people(ledger, Viewer(door.actor, AUDITOR), people, Scope.CHECK, PURPOSE)
    written = {} if export_file is None else {"written": _write(export_file, export, bundle)}
    door.answer({**export, **written}, render_decisions)
    raise typer.Exit(status_of(export))


def exported(ledger: Ledger, first: date | None, last: date | None) -> tuple[dict[str, Any], set[str], Bundle | None]:
    """The export as the ledger is now, the people it is about (its own pseudonyms), and the bundle of its entries."""
    from ledger.artefacts.bundle import make_bundle
    from projections.decisions import decisions as decided

    def pseudonym(uid: str) -> str:
        return ledger.keys.keyed_digest(PSEUDONYMS, uid.encode()).hex()

    findings: list[dict[str, Any]] = []
    published = _published(ledger, findings)
    known = ledger.size if published is None else published.checkpoint.size
    found = list(decided(ledger, pseudonym, size=known, first=first or date.min, last=last or date.max))
    findings += [finding for one in found for finding in one.findings]
    indexes = {index for one in found for index in one.entries}
    bundle = make_bundle(ledger, indexes) if indexes and published is not None else None
    note = bundle.checkpoint.format() if bundle is not None else None if published is None else published.note
    checkpoint = None if note is None else parse_checkpoint(parse_note(note).text)
    export = {
        "format": FORMAT,
        "origin": ledger.origin,
        "from": None if first is None else first.isoformat(),
        "to": None if last is None else last.isoformat(),
        "as_known": known,
        "size": known if checkpoint is None else checkpoint.size,
        "root": None if checkpoint is None else checkpoint.root.hex(),
        "checkpoint": note,
        "pseudonyms": PSEUDONYMS,
        "decisions": [{**one.item, "entries": list(one.entries)} for one in found],
        "entries": [] if bundle is None or checkpoint is None else list(_proven(bundle, checkpoint, findings)),
        "findings": findings,
    }
    return export, {one.subject for one in found}, bundle


def _published(ledger: Ledger, findings: list[dict[str, Any]]) -> Published | None:
    """The checkpoint of now. A log that gets no signature any more is a finding, and its decisions are made again."""
    try:
        return ledger.publish()
    except VerificationError as error:
        findings.append({"grade": "manipulation", "index": None, "what": f"head: {error.detail}", "code": error.code})
        return None


def _proven(bundle: Bundle, checkpoint: Checkpoint, findings: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Leaf and inclusion proof of each entry, from its stored bytes; what does not lead to the root is a finding."""
    for proven in bundle.entries:
        index, leaf = proven.index, leaf_hash(proven.entry)
        try:
            verify_inclusion(leaf, index, checkpoint.size, proven.proof, checkpoint.root)
        except VerificationError:
            what = f"entry {index}: its proof does not lead to the root"
            findings.append({"grade": "manipulation", "index": index, "what": what, "code": NOT_INCLUDED})
        yield {"index": index, "leaf": leaf.hex(), "proof": [value.hex() for value in proven.proof]}


def _write(file: Path, export: Mapping[str, Any], bundle: Bundle | None) -> list[str]:
    """Write the export in canonical form, and the bundle beside it; the names of the files. Neither was there."""
    from ledger.artefacts.bundle import ENDING

    contents = {file: canonical(dict(export)) + b"\n"}
    if bundle is not None:
        contents[file.with_name(file.name.removesuffix(".json") + ENDING)] = bundle.format()
    taken = next((path for path in contents if path.exists()), None)
    if taken is not None:
        raise Conflict("a file of that name is there already", code="file-exists")
    for path, content in contents.items():
        hand_out(path, content)
    return [path.name for path in contents]
