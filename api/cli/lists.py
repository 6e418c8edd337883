"""The materialised lists, kept up after a command that writes, and compared with the log by `verify`.

Only the api knows the projections, so the ledger's own verification leaves the lists to this file (DESIGN §8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.text.verification import GAP, MANIPULATION, NOTICE
from ledger.errors import Unavailable, VerificationError

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.storage.store import Store

NO_LISTS: Final = "no-lists"
VIEWS: Final = "views"
OUTDATED: Final = "lists: an earlier release kept them; the next command that writes makes them again"


def keep_up(ledger: Ledger) -> None:
    """Bring the lists up to the log."""
    from projections.runner import catch_up

    catch_up(ledger, ledger.store.engine)


def compare_lists(store: Store) -> tuple[list[dict[str, Any]], list[str]]:
    """Findings where a list is not what the log says, and what could not be compared. Needs no key: lists are plain."""
    from ledger.fsck.entries import Entries
    from projections import views
    from projections.rebuild import compare

    engine = store.engine
    with views.reading(engine) as connection:
        wrong = views.astray(connection)
        standing = views.standing(connection)
    of_position = [] if wrong is None else [_finding(MANIPULATION, None, "view-row", f"view_position: {wrong}")]
    if standing is None:
        return of_position, [NO_LISTS]
    if not standing.current:
        return [_finding(NOTICE, None, "lists-outdated", OUTDATED)], [VIEWS]
    return of_position + [
        _finding(
            MANIPULATION,
            difference.index,
            "view-row",
            f"{difference.table}{f', row {difference.uid}' if difference.uid else ''}: {difference.what}",
        )
        for difference in compare(Entries(store), engine)
    ], []


def compared_or_blamed(store: Store) -> tuple[list[dict[str, Any]], list[str]]:
    """`compare_lists`, where a list or an entry that cannot be read is a finding and a mistake of ours is raised.

    Told apart like this: what the database or a check of ours calls damaged or untrue is theirs. Of any other exception
    an entry is to blame that is not of its form; if every entry is, the exception goes on.
    """
    from ledger.fsck.damage import is_damage
    from ledger.fsck.entries import first_misfit
    from projections.lists import Unhandled

    try:
        return compare_lists(store)
    except VerificationError as error:
        return [_finding(MANIPULATION, None, "lists-unreadable", f"lists: {error.detail}")], []
    except (Unavailable, Unhandled):
        raise
    except Exception as error:
        if is_damage(error):
            return [_finding(MANIPULATION, None, "store-damaged", "lists: the database cannot read them")], []
        misfit = first_misfit(store)
        if misfit is None:
            raise
        return [misfit.as_json() | {"grade": MANIPULATION}], [VIEWS]


def unfinished(why: str) -> dict[str, Any]:
    """The lists could not be compared."""
    return _finding(GAP, None, "unfinished", f"lists: this part could not be finished ({why})")


def _finding(grade: str, index: int | None, code: str, what: str) -> dict[str, Any]:
    return {"grade": grade, "index": index, "code": code, "what": what}
