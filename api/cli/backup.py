"""`backup` and `restore`: a ledger and its access log as files, and back, never behind what was signed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.door import Given, open_door
from api.cli.lists import keep_up
from api.cli.options import Actor, AsJson, Db, HeldCheckpoints, Lang
from api.text.operations import render_backup


def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    keys_out: Annotated[Path | None, typer.Option("--keys-out", metavar="FOLDER")] = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    from ledger.backups import backup_keys, make_backup

    if keys_out is not None and (
        keys_out.exists() or folder.absolute() in (keys_out.absolute(), *keys_out.absolute().parents)
    ):
        raise typer.BadParameter("keys-apart")
    with door.ledger() as ledger:
        manifest = make_backup(ledger, folder)
    copied = [] if keys_out is None else backup_keys(door.url, keys_out)
    said = manifest.said
    answer = {
        "folder": str(folder),
        "origin": said.origin,
        "size": said.size,
        "root": said.root.hex(),
        "files": manifest.files,
        "keys": copied,
    }
    door.answer(answer, render_backup)


def restore(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    held: HeldCheckpoints = None,
    db: Db = None,
    as_json: AsJson = False,
    lang: Lang = None,
    actor: Actor = None,
) -> None:
    door = open_door(context, Given(db, as_json, lang, actor))
    from ledger.backups import restore_backup

    try:
        notes = [path.read_text(encoding="utf-8") for path in held or []]
    except (OSError, UnicodeDecodeError):
        raise typer.BadParameter("no-file") from None
    restored = restore_backup(folder, door.url, notes)
    with door.ledger() as ledger:
        keep_up(ledger)
    said = restored.manifest.said
    answer = {
        "folder": str(folder),
        "origin": said.origin,
        "size": said.size,
        "root": said.root.hex(),
        "files": restored.manifest.files,
        "erased_again": restored.erased_again,
        "held_against": {"sentinel": restored.against_sentinel, "checkpoints": restored.against_held},
    }
    door.answer(answer, render_backup)
