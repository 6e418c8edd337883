"""How far the outbox has come, kept in one file beside the ledger: what was handed over is not handed over again.

One process at a time holds the file; another finds it held and sends nothing. Each change is on the disk before the
next message goes out, so after a crash at most the one message under way is sent a second time, under the same id.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from ledger.errors import Invalid, Unavailable


@dataclass(slots=True)
class Place:
    """Where one target stands: the index of the next entry, failed tries of it, and when it may be tried again.

    `gone`: the target said that it wants no more. `dropped` counts messages given up after the last try.
    """

    position: int
    attempts: int = 0
    not_before: float = 0.0
    gone: bool = False
    dropped: int = 0


@dataclass(slots=True)
class Positions:
    """The places by target, as the file has them."""

    path: Path
    places: dict[str, Place] = field(default_factory=dict)
    _lock: IO[bytes] | None = None

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """The file, held by this process alone until `release`; None where another process holds it."""
        lock = open(f"{path}.lock", "ab")  # noqa: SIM115 - held beyond this call
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        try:
            return cls(path, parse_places(path.read_bytes()) if path.exists() else {}, lock)
        except BaseException:
            lock.close()
            raise

    def of(self, target: str, size: int) -> Place:
        """The place of a target; one that is new begins behind what there is already."""
        if target not in self.places:
            self.places[target] = Place(size)
            self.save()
        return self.places[target]

    def save(self) -> None:
        """Put the places on the disk, whole or not at all."""
        new = Path(f"{self.path}.new")
        with new.open("wb") as file:
            file.write(format_places(self.places))
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def release(self) -> None:
        """Let another process have it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def format_places(places: dict[str, Place]) -> bytes:
    """The file's bytes."""
    return (
        json.dumps({name: asdict(place) for name, place in places.items()}, indent=1, sort_keys=True).encode() + b"\n"
    )


def parse_places(data: bytes) -> dict[str, Place]:
    """The places from the file's bytes; `Unavailable` with code `outbox-unreadable` where they are not such a file."""
    try:
        read: Any = json.loads(data)
        places = {str(name): Place(**place) for name, place in read.items()}
        if not all(type(place.position) is int and place.position >= 0 for place in places.values()):
            raise Invalid
    except (ValueError, TypeError, AttributeError, Invalid):
        raise Unavailable(
            "the outbox's file cannot be read: put it back, or remove it", code="outbox-unreadable"
        ) from None
    return places
