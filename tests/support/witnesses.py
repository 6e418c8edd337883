"""Logs and witnesses to try: a log in memory that signs what it is told, real witnesses on loopback, and bad ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.witness.app import create_app
from ledger.clock import Clock, utc_now
from ledger.log.chain import leaf_hash
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import Tree, consistency_proof
from ledger.log.note import KeyType, SignedNote, VerifierKey, format_vkey, sign_note
from ledger.witness.request import AddCheckpoint
from ledger.witness.state import State
from ledger.witness.witness import Witness
from tests.support.http import in_thread

ORIGIN = "localhost/witnessed"


class SignedLog:
    """A log of leaves. Two with another `story` share the leaves before `fork_at` and the key: a split view."""

    def __init__(self, size: int, *, origin: str = ORIGIN, story: str = "", fork_at: int = 0, seed: int = 7) -> None:
        self.origin = origin
        self.signing = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.key = VerifierKey(origin, self.signing.public_key().public_bytes_raw())
        self.vkey = format_vkey(origin, self.key.public_key)
        names = (f"{index}{story if index >= fork_at else ''}" for index in range(size))
        self.tree = Tree(leaf_hash(name.encode()) for name in names)

    def note(self, size: int) -> SignedNote:
        """The signed checkpoint of a size."""
        return sign_note(Checkpoint(self.origin, size, self.tree.root(size)).format(), self.origin, self.signing)

    def consistency(self, old: int, new: int) -> list[bytes]:
        return consistency_proof(self.tree.node, old, new)

    def request(self, old: int, new: int) -> AddCheckpoint:
        """An honest submission."""
        proof = tuple(self.consistency(old, new)) if 0 < old < new else ()
        return AddCheckpoint.of(old, proof, self.note(new))


def a_key(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([100 + seed]) * 32)


def witness_key(seed: int) -> VerifierKey:
    """The verifier key of the witness number `seed`."""
    return VerifierKey(f"witness.example/{seed}", a_key(seed).public_key().public_bytes_raw(), KeyType.COSIGNATURE)


def a_witness(folder: Path, *logs: VerifierKey, seed: int = 1, clock: Clock = utc_now) -> Witness:
    """A witness with its state in a folder, made there when it is first asked for."""
    path = folder / f"witness-{seed}.state"
    state = State.open(path) if path.exists() else State.create(path, witness_key(seed))
    return Witness(state, a_key(seed), logs, clock=clock)


@contextmanager
def served(witness: Witness) -> Iterator[str]:
    """The address of a witness that is really served."""
    with in_thread(create_app(witness)) as at:
        yield f"http://127.0.0.1:{at.port}"


@contextmanager
def served_all(witnesses: Sequence[Witness]) -> Iterator[list[str]]:
    with ExitStack() as stack:
        yield [stack.enter_context(served(witness)) for witness in witnesses]


Reply = Callable[[BaseHTTPRequestHandler, bytes], None]


@contextmanager
def a_server(reply: Reply) -> Iterator[str]:
    """The address of a server that answers a GET or a POST as it is told to."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply(self, b"")

        def do_POST(self) -> None:
            reply(self, self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answering(status: int, body: bytes, content_type: str = "text/plain", **headers: str) -> Reply:
    """A reply that is always the same."""

    def reply(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply
