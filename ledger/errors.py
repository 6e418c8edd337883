"""The ledger's errors: one family, each with a stable `code`.

The ledger knows codes; doors (command line, HTTP, pages) turn the `group` of an error into an exit status or a
status code. `detail` says what was wrong and `field` where, never the offending value: values may be personal.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Group(StrEnum):
    """What kind of answer an error is, whatever the door."""

    INVALID = "invalid"  # malformed input: nothing was judged
    REFUSED = "refused"  # a rule says no
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"  # another writer was first, or the clock is behind
    UNAVAILABLE = "unavailable"  # the outcome is unknown or the queue is full: retry with the same key
    TAMPERED = "tampered"


class LedgerError(Exception):
    """Base of everything the ledger raises for a caller.

    `code` is stable and kebab-case; subclasses set a default, callers may pass another of the same group.
    """

    code: ClassVar[str] = "ledger-error"
    group: ClassVar[Group] = Group.REFUSED

    def __init__(self, detail: str = "", *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        if code is not None:
            self.code = code  # type: ignore[misc]

    def __str__(self) -> str:
        where = f" (field {self.field})" if self.field else ""
        return f"{self.code}: {self.detail}{where}" if self.detail else f"{self.code}{where}"


class Invalid(LedgerError):
    """Input that cannot be understood: a wrong type, an unknown field, an impossible date."""

    code = "invalid"
    group = Group.INVALID


class Refused(LedgerError):
    """Input that was understood and that a rule does not allow."""

    code = "refused"
    group = Group.REFUSED


class NotFound(LedgerError):
    """Nothing of that id is known, or was known at the moment asked about."""

    code = "not-found"
    group = Group.NOT_FOUND


class Conflict(LedgerError):
    """Another writer was first."""

    code = "conflict"
    group = Group.CONFLICT


class ClockBehind(Conflict):
    """The clock stands behind the newest entry by more than the allowed skew (DESIGN §4)."""

    code = "clock-behind"


class Unavailable(LedgerError):
    """The outcome of a write is unknown, or the queue is full; retry with the same request key."""

    code = "unavailable"
    group = Group.UNAVAILABLE


class VerificationError(LedgerError):
    """Bytes, a proof or a signature do not hold. Verification returns nothing and raises this."""

    code = "verification-failed"
    group = Group.TAMPERED
