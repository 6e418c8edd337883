"""`prove` and `export`: what leaves the ledger and is checked without it (`ledger/artefacts`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, BinaryIO

import typer

from api.cli.door import Given, open_door
from api.cli.handing_out import hand_out
from api.cli.looks import look_at_entries, look_at_entries_of
from api.cli.options import Actor, AsJson, Db, Lang, NewFile, Purpose
from api.text.operations import render_written
from ledger.access import Viewer
from ledger.domain.sections import NAMES
from ledger.errors import Unavailable
from ledger.mapper import logged

OPERATOR = "AUDITOR"


def prove(
    context: typer.Context,
    index: Annotated[list[int], typer.Argument(metavar="INDEX")],
    bundle: Annotated[bool, typer.Option("--bundle")] = False,
    section: Annotated[list[str] | None, typer.Option("--section", metavar="NAME")] = None,
    out: NewFile = None,
    purpose: Purpose = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    """A receipt for one entry; with --bundle, or for several, an evidence bundle with chosen sections."""
    door = open_door(context, Given(db, as_json, lang, actor))
    from ledger.artefacts.bundle import make_bundle
    from ledger.artefacts.receipt import make_receipt

    if section and not bundle:
        raise typer.BadParameter("sections-in-bundle")
    if set(section or ()) - set(NAMES):
        raise typer.BadParameter(f"section|{', '.join(NAMES)}")
    with door.ledger() as ledger:
        if bundle or len(index) > 1:
            wanted = set(section or ())

            def disclose(of: int) -> Iterable[bytes]:
                if not wanted:
                    return ()
                return ledger.disclosed(logged(ledger.store.entry(of)), wanted).values()

            made = make_bundle(ledger, index, disclose)
            look_at_entries_of(ledger, Viewer(door.actor, OPERATOR), index, purpose)
            content, checkpoint = made.format(), made.checkpoint
        else:
            ledger.store.entry(index[0])
            ledger.publish()
            receipt = make_receipt(ledger.store, ledger.publisher, index[0])
            if receipt is None:
                raise Unavailable("no checkpoint covers the entry yet; try again", code="no-checkpoint")
            content, checkpoint = receipt.format().encode(), receipt.checkpoint
    hand_out(out, content)
    if out is not None:
        said = checkpoint.text.split("\n")
        answer = {"file": str(out), "origin": said[0], "size": int(said[1]), "entries": sorted(set(index))}
        door.answer(answer, render_written)


def export(
    context: typer.Context,
    out: NewFile = None,
    purpose: Purpose = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    """Every entry up to a checkpoint of now, with its keys and the documents that entries name."""
    door = open_door(context, Given(db, as_json, lang, actor))
    from ledger.artefacts.export import write_export

    with door.ledger() as ledger:
        look_at_entries(ledger, Viewer(door.actor, OPERATOR), ledger.size, purpose)
        header = None

        def write(file: BinaryIO) -> None:
            nonlocal header
            header = write_export(ledger, file)

        hand_out(out, write)
        assert header is not None
        said = header.said
    if out is not None:
        answer = {"file": str(out), "origin": said.origin, "size": said.size, "root": said.root.hex()}
        door.answer(answer, render_written)
