"""What an operator may set, from INTEGRITY_… variables; command-line options win over them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from ledger.errors import Invalid

PREFIX: Final = "INTEGRITY_"
THREADS: Final = 128  # requests answered at once by one process (DESIGN §7)


class Settings(BaseSettings):
    """The HTTP door's settings: rates by token or address, lives of sessions, names served under, lag of the lists,
    the witness policy and how long writing may go on without witness; where notices are sent (`api/outbox`).

    `Invalid` with code `bad-setting-list`, `bad-setting-rate`, `bad-setting-number` or `bad-setting` names the variable
    that is not written as it must be, and says how.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

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

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except SettingsError as error:  # of a list that is no JSON; its words name the field and nothing that was given
            named = re.search(r'field "(\w+)"', str(error))
            raise _bad("list", named[1] if named else "") from None
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            name = str(first["loc"][0])
            bounds = _bounds(name)
            kind = "list" if name in _LISTS else "rate" if name == "rate_limit" else "number" if bounds else None
            raise _bad(kind, name, bounds) from None

    @field_validator("rate_limit")
    @classmethod
    def _is_a_rate(cls, value: str) -> str:
        from limits import parse

        parse(value)  # `ValueError` for what is none
        return value


_LISTS: Final = ("allowed_hosts", "webhook_hosts")
_FORMS: Final = {
    "list": 'a list is written in JSON, as ["127.0.0.1"]',
    "rate": "a rate is so many in a time, as 1200/minute",
    "number": "it is a number {bounds}",
    None: "it is not written as it must be",
}


def _bad(kind: str | None, name: str, bounds: str = "") -> Invalid:
    code = "bad-setting" if kind is None else f"bad-setting-{kind}"
    return Invalid(_FORMS[kind].format(bounds=bounds), code=code, field=f"{PREFIX}{name.upper()}")


def _bounds(name: str) -> str:
    """Between which numbers a setting lies; empty for one that is no number."""
    signs = {"ge": "≥", "gt": ">", "le": "≤"}
    said = Settings.model_fields[name].metadata if name in Settings.model_fields else []
    return ", ".join(f"{signs[sign]} {getattr(one, sign)}" for one in said for sign in signs if hasattr(one, sign))
