"""The materialised lists, kept up after a command that writes, and compared with the log by `verify`.

Only the api knows the projections, so the ledger's own verification leaves the lists to this file (DESIGN §8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.text.verification import MANIPULATION

if TYPE_CHECKING:
    from ledger.application import Ledger

NO_LISTS: Final = "no-lists"


def keep_up(ledger: Ledger) -> None:
    """Bring the lists up to the log."""
    from projections.runner import catch_up

    catch_up(ledger, ledger.store.engine)


def compare_lists(ledger: Ledger) -> tuple[list[dict[str, Any]], list[str]]:
    """Findings where a list is not what the log says, and what could not be compared."""
    from projections import views
    from projections.rebuild import compare

    engine = ledger.store.engine
    with views.reading(engine) as connection:
        if views.live(connection) is None:
            return [], [NO_LISTS]
    findings = [
        {
            "grade": MANIPULATION,
            "index": difference.index,
            "code": "view-row",
            "what": f"{difference.table}{f', row {difference.uid}' if difference.uid else ''}: {difference.what}",
        }
        for difference in compare(ledger, engine)
    ]
    return findings, []
