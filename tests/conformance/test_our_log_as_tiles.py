"""Our own log, read over HTTP by a client of c2sp.org/tlog-tiles that knows nothing of how it is kept.

The client below is written from the specifications (tlog-tiles, tlog-checkpoint, signed-note, tlog-proof, RFC 6962) and
uses none of the ledger's code: it fetches the checkpoint and the tiles, builds the tree again, and checks every entry.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.app import create_app
from api.settings import Settings
from ledger.access import Viewer
from ledger.application import Ledger
from ledger.clock import day_of
from ledger.line import Line, LineActor
from ledger.tokens import Tokens
from tests.support.http import BOTH, LINES, UNLIMITED, database, in_thread, opened, registration

ENTRIES = 600  # two complete tiles, a partial one, and a partial one above them


def tree_hash(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + tree_hash(leaves[:half]) + tree_hash(leaves[half:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1."""
    if len(leaves) < 2:
        return []
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < half:
        return [*path(index, leaves[:half]), tree_hash(leaves[half:])]
    return [*path(index - half, leaves[half:]), tree_hash(leaves[:half])]


def root_along(leaf: bytes, index: int, size: int, hashes: list[bytes]) -> bytes:
    """The root that an audit path leads to."""
    if size < 2:
        assert not hashes
        return leaf
    half = 1 << ((size - 1).bit_length() - 1)
    *below, sibling = hashes
    if index < half:
        return sha256(b"\x01" + root_along(leaf, index, half, below) + sibling).digest()
    return sha256(b"\x01" + sibling + root_along(leaf, index - half, size - half, below)).digest()


def in_groups(index: int) -> str:
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups)


@dataclass(frozen=True)
class Client:
    """A reader of one tiled log."""

    port: int
    vkey: str
    token: str
    prefix: str = "/v1/ledger"

    def get(self, address: str, *, token: str | None = None, prefer: str = "") -> tuple[int, str, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Prefer": prefer} | ({"Authorization": f"Bearer {token}"} if token else {})
        connection.request("GET", self.prefix + address, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers["Content-Type"], content

    def bytes_at(self, address: str, *, token: str | None = None) -> bytes:
        status, kind, content = self.get(address, token=token)
        assert (status, kind) == (200, "application/octet-stream"), (address, status, content)
        return content

    def checkpoint(self) -> tuple[str, int, bytes]:
        status, kind, content = self.get("/checkpoint")
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        return self.opened(content.decode())

    def opened(self, note: str) -> tuple[str, int, bytes]:
        """Origin, size and root, once the log's key is seen to have signed them."""
        text, _, lines = note.partition("\n\n")
        name, key_id, key = self.vkey.split("+", 2)
        public = b64decode(key)[1:]
        (line,) = [one for one in lines.splitlines() if one.startswith(f"— {name} ")]
        blob = b64decode(line.rpartition(" ")[2])
        assert blob[:4].hex() == key_id == sha256(name.encode() + b"\n\x01" + public).hexdigest()[:8]
        Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], text.encode() + b"\n")
        origin, size, root = text.split("\n")
        assert origin == name
        return origin, int(size), b64decode(root)

    def tiles(self, level: int | str, count: int, token: str | None = None) -> Iterator[tuple[str, bytes]]:
        """The tiles that hold `count` hashes of a level, or as many entries, each with its address."""
        for index in range(-(-count // 256)):
            width = min(256, count - 256 * index)
            address = f"/tile/{level}/{in_groups(index)}" + ("" if width == 256 else f".p/{width}")
            yield address, self.bytes_at(address, token=token)

    def hashes(self, level: int, count: int) -> list[bytes]:
        whole = b"".join(content for _, content in self.tiles(level, count))
        assert len(whole) == 32 * count
        return [whole[at : at + 32] for at in range(0, len(whole), 32)]

    def entries(self, count: int) -> Iterator[bytes]:
        for _, bundle in self.tiles("entries", count, self.token):
            while bundle:
                length = int.from_bytes(bundle[:2], "big")
                yield bundle[2 : 2 + length]
                bundle = bundle[2 + length :]


@pytest.fixture(scope="module", params=BOTH)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Client]]:
    folder = tmp_path_factory.mktemp("tiled")
    with database(request, folder, request.param) as url, opened(url, folder, LINES) as ledger:
        grow(ledger, range(ENTRIES - ledger.size))
        settings = Settings(rate_limit=UNLIMITED, checkpoint_interval_seconds=0.1)
        token, _ = Tokens(ledger).issue(Viewer("auditor-1", "AUDITOR"))
        with in_thread(create_app(ledger, settings)) as at:
            yield ledger, Client(at.port, ledger.opened().data["keys"][0]["vkey"], token)


def grow(ledger: Ledger, numbers: range) -> None:
    with ledger.transaction():
        for number in numbers:
            data = registration(number)
            ledger.submit(Line("SubjectRegistered", day_of(ledger.clock()), LineActor("hr-1", "HR", "U1"), data))


@pytest.fixture(scope="module")
def ledger(served: tuple[Ledger, Client]) -> Ledger:
    return served[0]


@pytest.fixture(scope="module")
def client(served: tuple[Ledger, Client]) -> Client:
    return served[1]


def test_the_tiles_give_the_root_that_was_signed(ledger: Ledger, client: Client) -> None:
    origin, size, root = client.checkpoint()

    assert (origin, size) == (ledger.origin, ledger.size)
    assert size >= ENTRIES
    assert tree_hash(client.hashes(0, size)) == root


def test_a_hash_of_a_level_is_the_tree_over_a_complete_tile_below(client: Client) -> None:
    _, size, _ = client.checkpoint()
    below = client.hashes(0, size)
    above = client.hashes(1, size // 256)

    assert above == [tree_hash(below[at : at + 256]) for at in range(0, size - size % 256, 256)]
    assert len(above) == 2


def test_every_entry_is_in_its_bundle_and_stands_under_the_root(client: Client) -> None:
    _, size, root = client.checkpoint()
    leaves = client.hashes(0, size)
    entries = list(client.entries(size))

    assert [sha256(b"\x00" + entry).digest() for entry in entries] == leaves
    for index in [*range(0, size, 37), 255, 256, size - 1]:
        assert root_along(leaves[index], index, size, path(index, leaves)) == root


def test_a_proof_of_the_server_is_the_one_that_the_tiles_give(client: Client) -> None:
    _, size, _ = client.checkpoint()
    leaves = client.hashes(0, size)
    for index in [*range(0, size, 97), 255, 256, 511, 512, size - 1]:
        answer = json.loads(client.get(f"/proofs/inclusion?index={index}&size={size}")[2])

        assert answer["leaf"] == leaves[index].hex()
        assert [b64decode(one) for one in answer["proof"]] == path(index, leaves)


def test_a_receipt_holds_by_itself(client: Client) -> None:
    _, size, _ = client.checkpoint()
    for index, entry in enumerate(client.entries(size)):
        if index % 61 and index not in (0, 255, 256, size - 1):
            continue
        status, _, content = client.get(f"/receipts/{index}")
        assert status == 200
        first, extra, where, rest = content.decode().split("\n", 3)
        lines, _, note = f"\n{rest}".partition("\n\n")
        _, covered, root = client.opened(note)

        leaf = sha256(b"\x00" + entry).digest()
        assert (first, where) == ("c2sp.org/tlog-proof@v1", f"index {index}")
        assert b64decode(extra.removeprefix("extra ")) == leaf
        assert root_along(leaf, index, covered, [b64decode(one) for one in lines.split()]) == root


def test_what_was_served_once_is_served_the_same_for_ever(ledger: Ledger, client: Client) -> None:
    """Complete and partial tiles and bundles, after the log has grown past them."""
    _, size, root = client.checkpoint()
    before = dict(client.tiles(0, size)) | dict(client.tiles(1, size // 256))
    bundles = dict(client.tiles("entries", size, client.token))
    grow(ledger, range(5000, 5300))
    status, *_ = client.get(f"/receipts/{ledger.size - 1}", prefer="wait=10")
    _, larger, new_root = client.checkpoint()
    assert (status, larger) == (200, ledger.size)

    assert {address: client.bytes_at(address) for address in before} == before
    assert {address: client.bytes_at(address, token=client.token) for address in bundles} == bundles
    leaves = client.hashes(0, larger)
    assert tree_hash(leaves) == new_root
    assert tree_hash(leaves[:size]) == root, "the older checkpoint speaks of a beginning of the newer log"


def test_a_bundle_is_for_auditors(ledger: Ledger, client: Client) -> None:
    hr, _ = Tokens(ledger).issue(Viewer("hr-1", "HR", "PERSONNEL"))

    assert client.get("/tile/entries/000")[0] == 401
    assert client.get("/tile/entries/000", token=hr)[0] == 404
