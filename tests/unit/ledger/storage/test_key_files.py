import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey

from ledger.errors import Conflict, Invalid, NotFound
from ledger.storage.key_files import (
    KeyFileError,
    create_master_key,
    create_signing_key,
    load_master_key,
    load_signing_keys,
    locations,
)

POSTGRES = "postgresql://ledger@127.0.0.1/ledger"
GIVEN = {"INTEGRITY_KEYS": "/k/keys", "INTEGRITY_SIGNING_KEY": "/k/sign", "INTEGRITY_MASTER_KEY": "/k/master"}


def test_the_files_of_an_embedded_ledger_lie_beside_it() -> None:
    found = locations("sqlite:////data/integrity.db", {})
    assert found.keys == "sqlite:////data/integrity.db.keys"
    assert found.signing_key == Path("/data/integrity.db.signing-key")
    assert found.master_key == Path("/data/integrity.db.master-key")
    assert found.sentinel == Path("/data/integrity.db.sentinel")


def test_each_can_be_moved() -> None:
    found = locations("sqlite:///integrity.db", {"INTEGRITY_KEYS": POSTGRES, "INTEGRITY_SENTINEL": "/far/sentinel"})
    assert (found.keys, found.sentinel) == (POSTGRES, Path("/far/sentinel"))
    assert found.master_key == Path("integrity.db.master-key")


@pytest.mark.parametrize("left_out", sorted(GIVEN))
def test_on_postgresql_all_must_be_given(left_out: str) -> None:
    with pytest.raises(Invalid) as refused:
        locations(POSTGRES, {name: value for name, value in GIVEN.items() if name != left_out})
    assert (refused.value.code, refused.value.field) == ("keys-not-given", left_out)
    assert locations(POSTGRES, GIVEN).keys == "sqlite:////k/keys"


@pytest.mark.parametrize("create", [create_master_key, create_signing_key])
def test_a_key_file_is_its_owners_and_never_overwritten(tmp_path: Path, create: Callable[[Path], object]) -> None:
    path = tmp_path / "key"
    create(path)
    written = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(Conflict):
        create(path)
    assert path.read_bytes() == written


def test_keys_are_read_as_they_were_written(tmp_path: Path) -> None:
    master = create_master_key(tmp_path / "master")
    signing = create_signing_key(tmp_path / "signing")
    assert load_master_key(tmp_path / "master") == master
    assert load_signing_keys(tmp_path / "signing")[0].public_key() == signing.public_key()


@pytest.mark.parametrize(
    ("create", "load"), [(create_master_key, load_master_key), (create_signing_key, load_signing_keys)]
)
def test_a_key_file_others_may_read_is_refused(
    tmp_path: Path, create: Callable[[Path], object], load: Callable[[Path], object]
) -> None:
    path = tmp_path / "key"
    with pytest.raises(NotFound):
        load(path)
    create(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError) as refused:
        load(path)
    assert refused.value.code == "key-file-open"


@pytest.mark.parametrize("load", [load_master_key, load_signing_keys])
@pytest.mark.parametrize(
    "content", [b"", b"integrity-master-key/v1 AAAA\n", b"integrity-master-key/v1 !\n", b"-----BEGIN"]
)
def test_a_damaged_key_file_is_refused(tmp_path: Path, load: Callable[[Path], object], content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError):
        load(path)


def test_a_signing_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    key = Ed448PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key").write_bytes(key)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(KeyFileError):
        load_signing_keys(tmp_path / "key")
