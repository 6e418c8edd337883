"""`serve`: the HTTP door on loopback, until a signal."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.door import Given, open_door
from api.cli.options import Actor, AsJson, Db, Lang

HOST = "127.0.0.1"
PORT = 8000


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS")] = HOST,
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = PORT,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64)] = 1,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    from api import serving

    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    serving.serve(
        door.url,
        host=host,
        port=port,
        workers=workers,
        announce=lambda: door.note(door.text("text.serving", address=address)),
    )
