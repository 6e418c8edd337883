"""What the framework asks of an application, answered with parts that were made before it.

`eventsourcing` builds its parts from the process's environment; nothing there configures a ledger behind our back.
"""

from __future__ import annotations

from typing import Any

from eventsourcing.application import Application
from eventsourcing.persistence import (
    ApplicationRecorder,
    InfrastructureFactory,
    Mapper,
    TrackingRecorder,
    Transcoder,
)
from eventsourcing.utils import Environment

from ledger.directory import Directory
from ledger.mapper import LedgerMapper


class _Factory(InfrastructureFactory[TrackingRecorder]):
    """The framework asks a factory for its parts; ours are made before the application."""

    def __init__(self, env: Environment, recorder: ApplicationRecorder) -> None:
        super().__init__(env)
        self._recorder = recorder

    def application_recorder(self) -> ApplicationRecorder:
        return self._recorder

    def aggregate_recorder(self, purpose: str = "events") -> ApplicationRecorder:
        raise NotImplementedError(f"the ledger keeps no {purpose} beside its entries")

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> TrackingRecorder:
        raise NotImplementedError("views keep their own positions")

    def process_recorder(self) -> Any:
        raise NotImplementedError("views are not processes of the framework")


class FramedDirectory(Directory, Application[str]):
    """A directory as an application of the framework. `prepare` comes before the framework's own beginning."""

    name = "ledger"

    def construct_env(self, name: str, env: Any = None) -> Environment:
        return Environment(name, {})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        return _Factory(env, self.store.recorder)

    def construct_mapper(self) -> Mapper[str]:
        return LedgerMapper(self.origin, self.seal_section)

    def construct_transcoder(self) -> Transcoder:
        raise NotImplementedError("the mapper encodes")
