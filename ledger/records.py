"""What rooms that do not know each other must agree on about kinds of records (DOMAIN §3.2)."""

from __future__ import annotations

from typing import Final

NEVER_REPAIRED: Final = frozenset({"COURT_LIST", "DISCIPLINE"})  # removed or lifted at their source
