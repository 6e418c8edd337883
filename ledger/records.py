"""What rooms that do not know each other must agree on about kinds of records (DOMAIN §3.2)."""

from __future__ import annotations

import unicodedata
from typing import Final

NEVER_REPAIRED: Final = frozenset({"COURT_LIST", "DISCIPLINE"})  # removed or lifted at their source


def conduct_value(conduct: str, subject: str) -> str:
    """What the blind index holds of a conduct once it is decided: whose it was, and its id, however it is spelt.

    What two people did together is decided for each of them (政务处分法 16 protects the person, not the file number).
    """
    return f"{unicodedata.normalize('NFKC', conduct).casefold()}\x00{subject}"
