"""Where the files beside a ledger lie, and those that hold keys: the master key, the signing key, and the key for
certificates, which is made when the first one is issued.

An embedded ledger's files lie beside its database; each can be moved by its variable, and on PostgreSQL the key store,
the signing key and the master key must be given (DESIGN §4). Key files are made once, for their owner alone, and are
on disk before their key is used; one that others may read is refused.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import Conflict, Invalid, LedgerError, NotFound
from ledger.storage.address import is_sqlite, path_of

MASTER_KEY_BYTES = 32
_MASTER_HEADER = b"integrity-master-key/v1 "
_PEM_END = b"-----END PRIVATE KEY-----"


class KeyFileError(LedgerError):
    """A key file that is damaged, or that others than its owner may read."""

    code = "bad-key-file"


@dataclass(frozen=True)
class Locations:
    """Where a ledger's companions are. `keys` is a database URL; PostgreSQL may leave the sentinel and the key for
    certificates without a place."""

    keys: str
    signing_key: Path
    master_key: Path
    sentinel: Path | None
    certificate_key: Path | None = None


def locations(url: str, environment: Mapping[str, str] = os.environ) -> Locations:
    """The companions of the ledger at `url`."""
    beside = str(path_of(url)) if is_sqlite(url) else None

    def place(variable: str, suffix: str) -> str | None:
        given = environment.get(variable)
        return given or (beside + suffix if beside is not None else None)

    def required(variable: str, suffix: str) -> str:
        found = place(variable, suffix)
        if found is None:
            raise Invalid("a ledger on PostgreSQL says where its keys are", code="keys-not-given", field=variable)
        return found

    keys = required("INTEGRITY_KEYS", ".keys")
    sentinel = place("INTEGRITY_SENTINEL", ".sentinel")
    certificate_key = place("INTEGRITY_CERTIFICATE_KEY", ".certificate-key")
    return Locations(
        keys=keys if "://" in keys else f"sqlite:///{keys}",
        signing_key=Path(required("INTEGRITY_SIGNING_KEY", ".signing-key")),
        master_key=Path(required("INTEGRITY_MASTER_KEY", ".master-key")),
        sentinel=Path(sentinel) if sentinel is not None else None,
        certificate_key=Path(certificate_key) if certificate_key is not None else None,
    )


def create_master_key(path: Path) -> bytes:
    """A new master key in a new file; `Conflict` if there is a file already."""
    key = os.urandom(MASTER_KEY_BYTES)
    _write_new(path, _MASTER_HEADER + base64.b64encode(key) + b"\n")
    return key


def load_master_key(path: Path) -> bytes:
    """The master key in a file."""
    data = _read_own(path)
    try:
        key = base64.b64decode(data.removeprefix(_MASTER_HEADER).removesuffix(b"\n"), validate=True)
    except binascii.Error:
        key = b""
    if not data.startswith(_MASTER_HEADER) or len(key) != MASTER_KEY_BYTES:
        raise KeyFileError("not a master key file")
    return key


def create_signing_key(path: Path) -> Ed25519PrivateKey:
    """A new Ed25519 key in a new file (PKCS #8, PEM); `Conflict` if there is a file already."""
    key = Ed25519PrivateKey.generate()
    _write_new(path, _pem(key))
    return key


def load_signing_keys(path: Path) -> list[Ed25519PrivateKey]:
    """The Ed25519 keys in a file, oldest first: more than one while one succeeds another."""
    blocks = _read_own(path).split(_PEM_END)
    try:
        keys = [serialization.load_pem_private_key(block + _PEM_END, password=None) for block in blocks[:-1]]
    except (ValueError, TypeError):
        raise KeyFileError("not a signing key file") from None
    if not keys or blocks[-1].strip():
        raise KeyFileError("not a signing key file")
    found = [key for key in keys if isinstance(key, Ed25519PrivateKey)]
    if len(found) < len(keys):
        raise KeyFileError("a signing key is an Ed25519 key")
    return found


def replace_signing_keys(path: Path, keys: Sequence[Ed25519PrivateKey]) -> None:
    """Put other keys into the file, all at once: a crash leaves the old file or the new one."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)  # what a crash left
    _write_new(beside, b"".join(map(_pem, keys)))
    beside.replace(path)
    sync_folder(path)


def _pem(key: Ed25519PrivateKey) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def _write_new(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise Conflict("there is a key file already; it is never overwritten", code="key-file-exists") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()  # half a key must not look like one that is there
        raise
    sync_folder(path)


def sync_folder(path: Path) -> None:
    """Make the name of a new file durable."""
    descriptor = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_own(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyFileError("others than its owner may use this key file; make it 0600", code="key-file-open")
            return file.read()
    except FileNotFoundError:
        raise NotFound("there is no key file", code="no-key-file") from None
