"""What an operator may set, from INTEGRITY_… variables; command-line options win over them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

THREADS: Final = 128  # requests answered at once by one process (DESIGN §7)


class Settings(BaseSettings):
    """The HTTP door's settings: rates by token or address, lives of sessions, names served under, lag of the lists,
    the witness policy and how long writing may go on without witness; where notices are sent (`api/outbox`)."""

    model_config = SettingsConfigDict(env_prefix="INTEGRITY_", frozen=True)

    rate_limit: str = "1200/minute"
    session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    session_idle_minutes: Annotated[int, Field(ge=1, le=720)] = 30
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    max_projection_lag: Annotated[int, Field(ge=0)] = 10_000
    witness_policy: Path | None = None
    max_unwitnessed_age: Annotated[int, Field(ge=1)] | None = None  # seconds
    outbox: Path | None = None  # how far it has come; beside a SQLite ledger unless said otherwise
    outbox_interval_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 5.0
    outbox_tries: Annotated[int, Field(ge=1, le=100)] = 20  # of one notice; with the waits, more than three days
    outbox_first_wait_seconds: Annotated[float, Field(gt=0, le=3600)] = 5.0
    outbox_longest_wait_seconds: Annotated[float, Field(ge=1, le=86_400)] = 43_200.0
    outbox_ca: Path | None = None  # whom mail and webhooks trust, instead of the system's authorities
    webhooks: Path | None = None
    webhook_hosts: tuple[str, ...] = ()
    smtp_url: SecretStr | None = None
    smtp_from: str | None = None
    smtp_addresses: Path | None = None
    public_url: str | None = None  # where readers reach the pages
    timer_interval_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 60.0
    checkpoint_interval_seconds: Annotated[float, Field(ge=0.1, le=60)] = 1.0
    checkpoint_idle_seconds: Annotated[float, Field(ge=1, le=3600)] = 60.0
