"""The ledger's verification: everything that can be derived from the entries is derived again and compared.

`verify(ledger)` for an open ledger, `verify_at(url)` also for one that is too damaged to be opened. Nothing is raised
for what was tampered with: the report says where, how grave it is, and what was not looked at.
"""

from ledger.fsck.report import Finding, Grade, Report
from ledger.fsck.verification import verify, verify_at, verify_store
from ledger.fsck.walk import Progress

__all__ = ["Finding", "Grade", "Progress", "Report", "verify", "verify_at", "verify_store"]
