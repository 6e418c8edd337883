"""`erasure`: personal payload destroyed by order of the data-protection officer; entries and proofs stay."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from api.cli import problems
from api.cli.door import Given, open_door
from api.cli.lists import keep_up
from api.cli.options import Actor, AsJson, Db, Lang
from api.text.operations import render_erasure, render_resumed
from ledger.domain.erasure import ErasureOrdered, PayloadErased

if TYPE_CHECKING:
    from ledger.application import Ledger

CLASSES = ("IDENTITY", "CASE", "CHECK", "ENTERPRISE")

app = typer.Typer(invoke_without_command=True)


@app.callback()
def erasure(context: typer.Context) -> None:
    """Orders of erasure, given and carried out."""
    problems.help_without_command(context)


def _target(value: str) -> dict[str, Any]:
    index, _, section = value.partition(":")
    if not (index.isascii() and index.isdigit() and len(index) < 16) or (":" in value and not section):
        raise typer.BadParameter("entry-name")
    return {"index": int(index), **({"section": section} if section else {})}


def _class(value: str | None) -> str | None:
    if value is not None and value not in CLASSES:
        raise typer.BadParameter("erasure-scope")
    return value


@app.command("order")
def order(
    context: typer.Context,
    basis: Annotated[list[str], typer.Option("--basis", metavar="CLAUSE")],
    erased_subject: Annotated[str | None, typer.Option("--subject", metavar="P")] = None,
    erased_class: Annotated[str | None, typer.Option("--class", metavar="CLASS", callback=_class)] = None,
    entry: Annotated[list[str] | None, typer.Option("--entry", metavar="INDEX[:SECTION]")] = None,
    approver: Annotated[list[str] | None, typer.Option("--approver", metavar="A")] = None,
    ruling: Annotated[str | None, typer.Option("--ruling", metavar="DOCUMENT")] = None,
    erasure_id: Annotated[str | None, typer.Option("--id", metavar="ID")] = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    approvers = list(dict.fromkeys(approver or []))
    if len(approvers) < 2:
        raise typer.BadParameter("two-approvers")
    by_subject = erased_subject is not None and erased_class is not None and not entry
    if not by_subject and (not entry or erased_subject is not None or erased_class is not None):
        raise typer.BadParameter("erasure-scope")
    data: dict[str, Any] = {
        "erasure_id": erasure_id or f"E-{uuid4()}",
        "ground": "RETENTION" if ruling is None else "RULING",
        "legal_basis": basis,
        "approvers": approvers,
        **({} if ruling is None else {"doc": ruling}),
    }
    if by_subject:
        data |= {"scope": "SUBJECT", "subject_id": erased_subject, "class": erased_class}
    else:
        data |= {"scope": "SECTION", "targets": [_target(value) for value in entry or []]}
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from ledger.clock import day_of
        from ledger.line import Line, LineActor

        line = Line("ErasureOrdered", day_of(ledger.clock()), LineActor(door.actor, "DPO"), data)
        acknowledgement = ledger.submit(line)
        answer = {"erasure": data["erasure_id"], **asdict(acknowledgement), **_outcome(ledger, acknowledgement.index)}
        keep_up(ledger)
    door.answer(answer, render_erasure)


def _outcome(ledger: Ledger, index: int) -> dict[str, Any]:
    """How many sections an order names, and the entry that says that they are gone; null while it does not."""
    (ordered,) = ledger.logged(index, index + 1)
    done = [entry.index for entry in ledger.stream(ordered.stream, ledger.size) if entry.topic == PayloadErased.TOPIC]
    assert ordered.topic == ErasureOrdered.TOPIC
    return {"targets": len(ordered.data["targets"]), "erased": done[0] if done else None}


@app.command("resume")
def resume(
    context: typer.Context, db: Db = None, as_json: AsJson = False, lang: Lang = None, actor: Actor = None
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    with door.ledger() as ledger:
        from ledger.erasing import resume_erasures

        ended = resume_erasures(ledger)
        keep_up(ledger)
    door.answer({"resumed": ended}, render_resumed)
