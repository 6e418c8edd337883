"""What a bench is given: how long, how often, where, on which databases; and what it must say is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.databases import Side
from tests.bench.figures import Figure
from tests.support.postgres import Cluster, NoPostgres, cluster

Bench = Callable[["Context"], Iterator[Figure]]


@dataclass
class Context:
    """One run of the benches. What is opened through it is closed with it."""

    folder: Path
    rounds: int
    seconds: float
    rows: int  # of the large import
    disk: str = ""  # what to say of the disk, if it is not this machine's own
    tell: Callable[[str], None] = print
    _stack: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def server(self) -> Cluster | str:
        """A PostgreSQL cluster of our own, or why there is none."""
        try:
            return self._stack.enter_context(cluster())
        except NoPostgres as reason:
            return str(reason)

    def sides(self) -> list[Side]:
        """The databases there are."""
        sides = [Side("SQLite", self.folder, None)]
        if isinstance(self.server, Cluster):
            sides.append(Side("PostgreSQL", self.folder, self.server))
        return sides

    def where(self, name: str) -> str:
        return f"{name}, {self.disk}" if self.disk else name

    def missing(self, whats: Sequence[str] | Mapping[str, object]) -> Iterator[Figure]:
        """The rows of PostgreSQL that could not be measured."""
        if not isinstance(self.server, Cluster):
            for what in whats:
                yield Figure(what, self.where("PostgreSQL"), note=f"not measured: {self.server}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
