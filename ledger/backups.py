"""Backups of a ledger and its access log, and their restoration: never behind what was signed.

A backup is a folder: the two stores as SQLite files and a manifest (`integrity-ledger/backup/v1`: one line of canonical
JSON with `access_checkpoint`, `checkpoint`, `files` [{`name`, `sha256`}], `format`, `made_at`). Personal sections in it
are ciphertext; the keys lie in no backup (`backup_keys` copies them to a folder apart). A restoration that is behind
the sentinel, or behind a checkpoint somebody holds, is refused: entries would be lost and nobody would know. What was
ordered to be erased is erased again before anybody reads.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from ledger import fsck
from ledger.application import Ledger
from ledger.artefacts.bundle import BadArtefact
from ledger.clock import format_time
from ledger.erasing import replay_erasures
from ledger.errors import Conflict, LedgerError, NotFound, Refused, VerificationError
from ledger.fsck import Grade
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.encoding import EncodingError, canonical, parse
from ledger.log.note import parse_note
from ledger.storage.access_store import access_url, create_access_schema
from ledger.storage.address import SQLITE, is_sqlite, path_of
from ledger.storage.backup import copy_store
from ledger.storage.key_files import locations, sync_folder
from ledger.storage.store import discard_store, open_store

FORMAT: Final = "integrity-ledger/backup/v1"
LEDGER: Final = "ledger.db"
MANIFEST: Final = "manifest.json"
_CHUNK: Final = 1 << 20
_WHAT_TO_DO: Final = (
    "restore a newer backup; where there is none, move the sentinel away, restore, and let two approvers adopt another "
    "(`integrity sentinel adopt`), who answer for what is lost"
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself: the checkpoint of each log, and the digest of each file."""

    made_at: str
    checkpoint: str
    access_checkpoint: str
    files: dict[str, str]

    @property
    def said(self) -> Checkpoint:
        """What the ledger's checkpoint says."""
        return parse_checkpoint(parse_note(self.checkpoint).text)

    def format(self) -> bytes:
        """The manifest's bytes."""
        files = [{"name": name, "sha256": digest} for name, digest in sorted(self.files.items())]
        value = {
            "access_checkpoint": self.access_checkpoint,
            "checkpoint": self.checkpoint,
            "files": files,
            "format": FORMAT,
            "made_at": self.made_at,
        }
        return canonical(value) + b"\n"


def parse_manifest(data: bytes) -> Manifest:
    """The manifest written by these bytes; `VerificationError` with code `malformed` unless `format` writes them."""
    try:
        value: Any = parse(data[:-1])
        files = {file["name"]: file["sha256"] for file in value["files"]}
        manifest = Manifest(value["made_at"], value["checkpoint"], value["access_checkpoint"], files)
        _ = manifest.said
        if value["format"] != FORMAT or manifest.format() != data:
            raise BadArtefact("the manifest is not written as one")
    except (EncodingError, VerificationError, KeyError, TypeError, AttributeError):
        raise BadArtefact("not the manifest of a backup") from None
    return manifest


def make_backup(ledger: Ledger, folder: Path) -> Manifest:
    """Back up into a new folder; `Conflict` where it is there already. Writers are not held up."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise Conflict("there is a folder already", code="backup-exists") from None
    except FileNotFoundError:
        raise NotFound("the folder of the backup does not exist", code="no-folder") from None
    try:
        access = ledger.access.publisher.publish()
        published = ledger.publisher.publish()
        # The ledger after its access log: whoever is named there has a row here.
        target = f"{SQLITE}{folder / LEDGER}"
        copy_store(ledger.access.store, access_url(target))
        copy_store(ledger.store, target)
        names = (LEDGER, path_of(access_url(target)).name)
        digests = {name: _digest(folder / name) for name in names}
        manifest = Manifest(format_time(ledger.clock()), published.note, access.note, digests)
        (folder / MANIFEST).write_bytes(manifest.format())
        sync_folder(folder / MANIFEST)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return manifest


def backup_keys(url: str, folder: Path) -> list[str]:
    """Copy key store and key files into a new folder, apart from the backup; the names of the files.

    Not the sentinel: an older copy of it knows less, and would let an older backup pass.
    """
    places = locations(url)
    if not is_sqlite(places.keys):
        raise Refused("a key store on PostgreSQL is backed up by its own means", code="keys-elsewhere")
    folder.mkdir(mode=0o700)
    copied = []
    for path in (path_of(places.keys), places.master_key, places.signing_key, places.certificate_key):
        if path is not None and path.exists():
            shutil.copy2(path, folder / path.name)
            copied.append(path.name)
    return copied


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: how many erasures were carried out again, and what the backup was held against."""

    manifest: Manifest
    erased_again: int
    against_sentinel: bool
    against_held: int


def restore_backup(folder: Path, url: str, held: Sequence[str] = ()) -> Restored:
    """Restore into a place where no ledger is.

    `held` are checkpoints that somebody has (signed notes). `VerificationError` with code `backup-changed` where a file
    is not what the manifest says, `backup-behind` where the sentinel or a held checkpoint knows more entries or others.
    """
    manifest = read_manifest(folder)
    target_access = access_url(url)
    source_url = f"{SQLITE}{folder / LEDGER}"
    made: list[str] = []
    try:
        with open_store(source_url) as source:
            copy_store(source, url)
        made.append(url)
        create_access_schema(url)
        with open_store(access_url(source_url)) as source:
            copy_store(source, target_access)
        made.append(target_access)
        with closing(Ledger.open(url)) as ledger:
            for note in (manifest.checkpoint, *held):
                ledger.publisher.require_follows(note)
            ledger.access.publisher.require_follows(manifest.access_checkpoint)
            known = _held_against_sentinel(ledger)
            _require_whole(ledger)  # before an order in it destroys a key
            return Restored(manifest, replay_erasures(ledger), known, len(held))
    except BaseException as error:
        for address in reversed(made):
            discard_store(open_store(address))
        if isinstance(error, LedgerError) and error.code in ("sentinel-ahead", "sentinel-differs", "sentinel-foreign"):
            raise VerificationError(f"{error.detail}: {_WHAT_TO_DO}", code="backup-behind") from error
        raise


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup whose files are as it says."""
    try:
        manifest = parse_manifest((folder / MANIFEST).read_bytes())
        for name, digest in manifest.files.items():
            if Path(name).name != name or _digest(folder / name) != digest:
                raise VerificationError(f"{name} is not what the manifest says", code="backup-changed")
    except FileNotFoundError:
        raise NotFound("there is no whole backup in this folder", code="no-backup") from None
    return manifest


def _require_whole(ledger: Ledger) -> None:
    """The copy verifies; what an erasure took and the backup brings back is erased again next."""
    found = {finding.code for finding in fsck.verify(ledger).findings if finding.grade is Grade.MANIPULATION}
    if found - {"erasure-undone"}:
        what = "the backup does not verify: look at it with `integrity verify --db sqlite:///FOLDER/ledger.db`"
        raise VerificationError(what, code="backup-changed")


def _held_against_sentinel(ledger: Ledger) -> bool:
    """Whether there is a sentinel to compare with; without it `serve` will refuse until one is adopted."""
    try:
        ledger.publisher.check()
        ledger.access.publisher.check()
    except Refused as error:
        if error.code != "no-sentinel":
            raise
        return False
    return True


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()
