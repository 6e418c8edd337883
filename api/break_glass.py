"""A file read in an emergency: under a look-up that two persons opened, while it holds, and each time as a look.

Both doors read it here, so both show and log the same: a look's `basis` says that it was one, its `case` which one, its
purpose is the one stated or else the ground. It is durable before there is an answer; a refused try leaves its trace.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api.desk import Desk, Moment
from api.problems import not_found
from ledger.domain.access import RecordAccessed, Scope
from ledger.errors import NotFound, Refused
from projections.break_glass import glass_of, require_now
from projections.integrity_file import integrity_file
from projections.visibility import BREAK_GLASS


def file_in_emergency(desk: Desk, subject: str, moment: Moment, ref: str, purpose: str | None = None) -> dict[str, Any]:
    """The integrity file of a subject by pseudonym, under the emergency look-up of this name.

    `Refused` with code `no-glass` or `glass-over`, whether or not there is such a subject, and `glass-reads-now` for
    any moment but today, as known now.
    """
    ledger, viewer = desk.ledger, desk.viewer
    try:
        glass = glass_of(ledger, viewer, subject, ref, ledger.now())
        if moment.asked is None:
            moment = replace(moment, as_known=ledger.size)
        require_now(ledger, moment.as_of, moment.as_known)
    except Refused as refused:
        desk.leave_trace(RecordAccessed.__name__, refused, subject)
        raise
    if desk.is_about_viewer(subject):
        raise not_found()
    stated = glass.ground if purpose is None else purpose
    try:
        answer = integrity_file(
            ledger,
            subject,
            as_of=moment.as_of,
            as_known=moment.as_known,
            viewer=viewer.role,
            unit=viewer.unit,
            purpose=stated,
            glass=glass,
        )
    except NotFound:
        raise not_found() from None
    ledger.access.look(
        viewer,
        [answer["uid"]],
        scope=[Scope.FILE],
        purpose=stated,
        basis=BREAK_GLASS,
        case=glass.uid,
        as_of=moment.as_of,
        as_known=moment.as_known,
    )
    return moment.as_asked(answer)
