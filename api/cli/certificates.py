"""`certificate …`: issued for a check, revoked, and the list of those that hold no more (`ledger/certificates`).

The operator acts as the HR of the unit that asked for the check, or for the person who stands at the counter.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.cli import problems
from api.cli.door import Given, open_door
from api.cli.handing_out import hand_out
from api.cli.options import Actor, AsJson, Db, Lang, NewFile, Unit
from api.cli.options import Viewer as Role
from api.text.artefacts import render_certificate
from api.text.operations import render_acknowledgement
from ledger.access import Viewer

app = typer.Typer(invoke_without_command=True)
CheckId = Annotated[str, typer.Argument(metavar="CHECK")]
HR = "HR"


@app.callback()
def certificate(context: typer.Context) -> None:
    """Certificates of eligibility checks."""
    problems.help_without_command(context)


@app.command("issue")
def issue(
    context: typer.Context,
    check: CheckId,
    viewer: Role = HR,
    unit: Unit = None,
    out: NewFile = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    """A certificate, and the salt that goes to its holder and is kept nowhere."""
    door = open_door(context, Given(db, as_json, lang, actor))
    from ledger.certificates import issue as issued

    with door.ledger() as ledger:
        made = issued(ledger, check, Viewer(door.actor, viewer, unit))
    if out is not None:
        hand_out(out, made.certificate.encode() + b"\n")
    answer = {
        "certificate": made.certificate,
        "salt": made.salt.hex(),
        "digest": made.digest,
        "expires_on": made.expires_on.isoformat(),
        **asdict(made.acknowledgement),
    }
    door.answer(answer, render_certificate)


@app.command("revoke")
def revoke(
    context: typer.Context,
    check: CheckId,
    digest: Annotated[str, typer.Option("--digest", metavar="HEX")],
    revocation: Annotated[str, typer.Option("--reason", metavar="HOLDER_ASKED|ISSUED_IN_ERROR|LOST")],
    viewer: Role = HR,
    unit: Unit = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    from ledger.certificates import revoke as revoked

    with door.ledger() as ledger:
        acknowledgement = revoked(ledger, check, digest, revocation, Viewer(door.actor, viewer, unit))
    door.answer({"digest": digest, **asdict(acknowledgement)}, render_acknowledgement)


@app.command("status-list")
def status_list(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", min=1)] = 1,
    out: NewFile = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    """The signed list, on stdout unless a file is named: public, like the checkpoint."""
    door = open_door(context, Given(db, as_json, lang, actor))
    from ledger.status_lists import status_list as made

    with door.ledger() as ledger:
        content = made(ledger, number, ledger.publish().checkpoint) + b"\n"
    hand_out(out, content)
