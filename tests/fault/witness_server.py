"""A witness that is served and that kills itself with SIGKILL where it is told to: `python -m … FOLDER VKEY WHERE`.

WHERE is `before-commit` (the new checkpoint is written, not committed), `before-answer` (committed, not answered) or
`never`. It prints its port.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from api.witness.app import create_app
from ledger.log.note import NoteSignature, parse_vkey
from ledger.witness.request import AddCheckpoint
from ledger.witness.state import State, Turn
from ledger.witness.witness import Witness
from tests.support.witnesses import a_key, a_witness


class KillsInTurn(State):
    """A state whose process ends at the end of a turn, before the commit."""

    @contextmanager
    def turn(self, origin: str) -> Iterator[Turn]:
        with super().turn(origin) as turn:
            yield turn
            os.kill(os.getpid(), signal.SIGKILL)


class KillsBeforeAnswer(Witness):
    """A witness whose process ends when it has judged."""

    def add(self, request: AddCheckpoint) -> NoteSignature:
        super().add(request)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")


def main(folder: Path, vkey: str, where: str) -> None:
    key = parse_vkey(vkey)
    witness = a_witness(folder, key)
    if where == "before-commit":
        witness = Witness(KillsInTurn(folder / "witness-1.state"), a_key(1), [key])
    elif where == "before-answer":
        witness = KillsBeforeAnswer(witness.state, a_key(1), [key])
    with socket.socket() as at:
        at.bind(("127.0.0.1", 0))
        at.listen()
        print(at.getsockname()[1], flush=True)
        server = uvicorn.Server(uvicorn.Config(create_app(witness), log_config=None, access_log=False))
        asyncio.run(server.serve(sockets=[at]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
