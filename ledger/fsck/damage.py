"""Telling a damaged database from one that cannot be reached: the driver's own word, behind ours."""

from __future__ import annotations

import sqlite3


def is_damage(error: BaseException) -> bool:
    """Whether a store cannot be read because its file is damaged."""
    cause: BaseException | None = error
    while cause is not None:
        if type(cause) is sqlite3.DatabaseError:
            return True  # its subclasses are busy files, broken rules, and mistakes of ours
        if isinstance(cause, sqlite3.OperationalError) and not hasattr(cause, "sqlite_errorcode"):
            return True  # text that is none: the driver says it without a number
        if isinstance(cause, UnicodeDecodeError):
            return True  # SQLite quotes a broken schema in its message, and Python cannot decode that
        cause = getattr(cause, "orig", None) or cause.__cause__
    return False
