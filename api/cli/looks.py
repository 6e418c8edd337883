"""Reads of a person's record at the operator's door: each is a look, durable before its answer is printed (DESIGN §8).

Where the look cannot be recorded there is no answer. A read that a rule refuses leaves its trace as well (DOMAIN §8).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ledger.access import Viewer
from ledger.domain.access import RecordAccessed, Scope
from ledger.errors import Group, LedgerError

if TYPE_CHECKING:
    from ledger.application import Ledger

SUBJECTS_IN_A_LOOK: Final = 1000  # an entry has at most 65,535 bytes, a pseudonym 39 of them


@contextmanager
def refusals_kept(ledger: Ledger, viewer: Viewer, target: str | None) -> Iterator[None]:
    """While a record is read: if a rule refuses it, that somebody tried is recorded."""
    try:
        yield
    except LedgerError as error:
        if error.group is Group.REFUSED:
            ledger.access.refusal(viewer, type=RecordAccessed.__name__, code=error.code, target=target)
        raise


def look_at_file(ledger: Ledger, viewer: Viewer, answer: Mapping[str, Any]) -> None:
    """Record who looks at a file, for what, on which consent, or in which emergency."""
    from projections.visibility import BREAK_GLASS

    consent, glass = answer.get("consent"), answer.get("glass")
    ledger.access.look(
        viewer,
        [answer["uid"]],
        scope=[Scope.FILE],
        purpose=answer["purpose"],
        basis=None if glass is None else BREAK_GLASS,
        consent=None if consent is None else ledger.uid("consent", consent["id"]),
        case=None if glass is None else glass["uid"],
        as_of=date.fromisoformat(answer["as_of"]),
        as_known=answer["size"],
    )


def look_at_check(ledger: Ledger, viewer: Viewer, answer: Mapping[str, Any], purpose: str | None = None) -> None:
    """Record who looks at a check; without another purpose, for that of the check."""
    ledger.access.look(
        viewer,
        [answer["subject_uid"]],
        scope=[Scope.CHECK],
        purpose=purpose or answer["purpose"],
        case=answer["uid"],
        as_of=date.fromisoformat(answer["as_of"]),
        as_known=answer["size"],
    )


def look_at_entries(ledger: Ledger, viewer: Viewer, size: int, purpose: str | None = None) -> None:
    """Record who reads the log as a whole, up to which size."""
    ledger.access.look(viewer, [], scope=[Scope.ENTRIES], purpose=purpose, as_known=size)


def look_at_entries_of(ledger: Ledger, viewer: Viewer, indexes: Iterable[int], purpose: str | None = None) -> None:
    """Record who reads what single entries are: a look at whoever they concern. Some concern nobody."""
    concerned = {
        subject for index in indexes for entry in ledger.logged(index, index + 1) for subject in entry.subjects
    }
    look_at_people(ledger, viewer, concerned, Scope.ENTRIES, purpose)


def look_at_people(
    ledger: Ledger, viewer: Viewer, subjects: Collection[str], scope: Scope, purpose: str | None = None
) -> None:
    """Record who looks at the records of many; as many looks as it takes, for one entry holds no more."""
    named = iter(sorted(subjects))
    while some := list(islice(named, SUBJECTS_IN_A_LOOK)):
        ledger.access.look(viewer, some, scope=[scope], purpose=purpose)


def look_at_access_log(ledger: Ledger, viewer: Viewer, subject: str) -> None:
    """Record who asks who looked."""
    ledger.access.look(viewer, [subject], scope=[Scope.ACCESS_LOG])
