"""The ledger's verification: everything that can be derived from the entries is derived again and compared.

`verify(ledger)` for an open ledger, `verify_at(url)` also for one that is too damaged to be opened. Nothing is raised
for what was tampered with: the report says where, how grave it is, and what was not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.fsck.report import Finding, Grade, Report

if TYPE_CHECKING:
    from ledger.fsck.verification import verify, verify_at
    from ledger.fsck.walk import Progress

__all__ = ["Finding", "Grade", "Progress", "Report", "verify", "verify_at"]


def __getattr__(name: str) -> Any:
    """What a helper of a quick verification has no use for is loaded when it is asked for."""
    if name not in __all__:
        raise AttributeError(name)
    from ledger.fsck import verification, walk

    return getattr(walk if name == "Progress" else verification, name)
