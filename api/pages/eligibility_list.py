"""录用资格审查台: the checks of one's own unit, those under way by their nearest date; to the auditor, all of them.

Which checks there are comes from the list; what each of them is today is folded from its own entries, so a period that
ended or a consent that was withdrawn shows at once. A page of candidates is one look at all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from api.auth import DeskDep
from api.desk import Desk
from api.pages.addresses import CHECKS
from api.pages.folio import folio_of
from api.pages.marks import day
from api.pages.reading import Reading, reading_of
from api.pages.render import show, words_of
from api.policy import open_to
from ledger.errors import NotFound
from ledger.folds.check import consent_of as consent_given
from ledger.folds.consent import fold_consent
from projections import eligibility
from projections.listing import Page, page

router = APIRouter(include_in_schema=False)
READERS: Final = frozenset({"HR", "AUDITOR"})
UNDER_WAY: Final = ("REQUESTED", "EVALUATED", "NOTICED", "RESPONDED", "DECIDED", "NOTIFIED", "DISPUTED", "REDETERMINED")
OVER: Final = ("FINAL", "WITHDRAWN")
# The state of the list lags behind the day's: a period ends and a consent is withdrawn without an entry of the check.
LISTED_AS: Final = {"NOTICED": frozenset({"NOTICED", "LAPSED"})}
OUTCOMES: Final = ("BLOCK", "REFER", "CLEAR", "INCOMPLETE")
TO_DO: Final = frozenset({"EVALUATED", "RESPONDED", "LAPSED", "DECIDED", "REQUESTED"})
MOST: Final = 500
PAGE: Final = 25
SCOPE: Final = "CHECKS"


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate of the list."""

    uid: str
    subject: str
    name: Markup
    check: str
    post: Markup | None
    purpose: Markup
    requester: Markup | None
    consent: Markup
    outcome: Markup | None
    state: Markup
    when: Markup
    nearest: str
    to_do: bool
    running: bool


@router.get(CHECKS)
@open_to(READERS)
def workbench(request: Request, desk: DeskDep, state: str = "", outcome: str = "", after: str = "") -> Response:
    """The list as of the folio's day, filtered by step and by the rule's result. Unknown filters are none."""
    words = words_of(request)
    folio = folio_of(request, desk, words)
    reading, of_auditor = reading_of(desk, folio.moment, words), desk.viewer.role == "AUDITOR"
    title = words("eligibility.title_of_auditor" if of_auditor else "eligibility.title")
    purpose = words("folio.audit" if of_auditor else "case.purpose")
    if folio.errors:
        return show(request, "folio-errors.html", title=title, status=400, folio=folio, r=reading, purpose=purpose)
    state = state if state in UNDER_WAY + OVER else ""
    outcome = outcome if outcome in OUTCOMES else ""
    place = int(after) if after.isascii() and after.isdigit() and len(after) <= 12 else -1
    found = _listed(desk, state, outcome, place, now=folio.now)
    rows = [row for item in found.rows if (row := _row(reading, item, state, outcome, desk.viewer.role)) is not None]
    if state not in OVER:
        rows.sort(key=lambda row: (not row.running, row.nearest))
    desk.look_at_list(sorted({row.subject for row in rows}), SCOPE)
    waiting = sum(row.to_do for row in rows) if desk.viewer.role == "HR" and folio.now else 0
    dates = {} if folio.now else {"as_of": folio.as_of, "as_known": folio.as_known}
    dates = {name: value for name, value in dates.items() if value}
    return show(
        request,
        "eligibility.html",
        title=title,
        folio=folio,
        purpose=purpose,
        kept={name: value for name, value in {"state": state, "outcome": outcome}.items() if value},
        dates=dates,
        at=f"?{urlencode(dates)}" if dates else "",
        counts={CHECKS: waiting},
        r=reading,
        rows=rows,
        behind=max(0, folio.moment.as_known - found.position),
        position=min(folio.moment.as_known, found.position),
        state=state,
        outcome=outcome,
        states=UNDER_WAY + OVER,
        outcomes=OUTCOMES,
        next_page=_next_page(state, outcome, dates, found.last),
        begun=place >= 0,
        of_auditor=of_auditor,
        address=CHECKS,
    )


def _next_page(state: str, outcome: str, dates: Mapping[str, str], last: int | None) -> str | None:
    if last is None:
        return None
    kept = {"state": state, "outcome": outcome, **dates, "after": str(last)}
    return f"{CHECKS}?{urlencode({name: value for name, value in kept.items() if value})}"


def _listed(desk: Desk, state: str, outcome: str, place: int, *, now: bool) -> Page:
    """The rows among which the list is. Of another day they are all, since the list knows only what is so now."""
    filters: dict[str, Any] = {}
    if now:
        wanted = [*UNDER_WAY, "WITHDRAWN"] if state == "WITHDRAWN" else [state] if state else list(UNDER_WAY)
        filters |= {"state": wanted} | ({"outcome": outcome} if outcome else {})
    if desk.viewer.role == "HR":
        filters["requester"] = sorted(desk.units())
    paged = state == "FINAL" or desk.viewer.role == "AUDITOR"
    limit = PAGE if now and paged else MOST
    return page(desk.ledger.store.engine, "checks", filters, after=place, limit=limit)


def _row(reading: Reading, item: Mapping[str, Any], wanted: str, outcome: str, role: str) -> Row | None:
    """The row of a check as it is on the day; None where it is none of those wanted then."""
    uid, words, moment = str(item["uid"]), reading.words, reading.moment
    try:
        check = eligibility.check(reading.ledger, uid, as_of=moment.as_of, as_known=moment.as_known)
    except NotFound:
        return None  # requested for a day that is still to come
    state = str(check["state"])
    in_list = state in LISTED_AS.get(wanted, {wanted}) if wanted else state not in OVER
    if not in_list or (outcome and check.get("outcome") != outcome):
        return None
    return Row(
        uid=uid,
        subject=str(check["subject_uid"]),
        name=name_of(reading, str(check["subject_uid"])),
        check=str(check["check"]),
        post=reading.said(check["post_ref"]) if check.get("post_ref") else None,
        purpose=words.code("purpose", str(check["purpose"])),
        requester=reading.unit(check["requester"]) if role == "AUDITOR" else None,
        consent=consent_of(reading, uid),
        outcome=reading.chips.tag("evaluation", str(check["outcome"])) if check.get("outcome") else None,
        state=reading.chips.step(check),
        when=_when(reading, check),
        nearest=_nearest(check),
        to_do=state in TO_DO and check.get("outcome") != "INCOMPLETE",
        running=(state in TO_DO or state == "NOTICED") and check.get("outcome") != "INCOMPLETE",
    )


def _nearest(check: Mapping[str, Any]) -> str:
    """The day a check is listed by: the end of the candidate's period while it matters, else its request."""
    waiting = check["state"] in ("NOTICED", "LAPSED", "RESPONDED")
    return str(check["reply_due"] if waiting and check.get("reply_due") else check["requested_on"])


def _when(reading: Reading, check: Mapping[str, Any]) -> Markup:
    words, state = reading.words, str(check["state"])
    if (state, check.get("outcome")) == ("EVALUATED", "INCOMPLETE"):
        return words("eligibility.ask_again")
    if state == "NOTICED":
        due = reading.working(check["reply_due"], demonstration=reading.periods_demonstrate)
        return reading.chips.due(due)
    if state in ("LAPSED", "RESPONDED") and check.get("reply_due"):
        return words(
            "eligibility.period_ended" if state == "LAPSED" else "eligibility.responded_by", day=day(check["reply_due"])
        )
    if check.get("decided_on"):
        return words("eligibility.decided_on", day=day(check["decided_on"]))
    return words("eligibility.requested_on", day=day(check["requested_on"]))


def name_of(reading: Reading, subject: str) -> Markup:
    """A candidate's name; their pseudonym's first characters once it was destroyed."""
    entries = reading.ledger.stream(f"subject/{subject}", reading.moment.as_known)
    identity = reading.ledger.sections(entries[0], ("identity",)).get("identity") if entries else None
    name = identity.get("name") if isinstance(identity, Mapping) else None
    return reading.said(name or f"{subject[:8]}…")


def consent_of(reading: Reading, check: str) -> Markup:
    """On what a check rests: the candidate's consent as it stands on the day, or a statutory basis."""
    words, ledger = reading.words, reading.ledger
    request = ledger.stream(f"check/{check}", reading.moment.as_known)[0]
    if str(request.data.get("statutory_basis") or "").strip():
        return words("eligibility.statutory")
    entries = consent_given(ledger, request, reading.moment.as_known)
    consent = fold_consent(entries, reading.on) if entries else None
    if consent is None:
        return reading.chips.tag("consent", "AWAITED")
    if consent.withdrawn_on is not None:
        return Markup("{} {}").format(reading.chips.tag("consent", "WITHDRAWN"), day(consent.withdrawn_on))
    if consent.purpose != request.data["purpose"]:
        return words("eligibility.other_purpose", purpose=words.code("purpose", consent.purpose))
    state = "VALID" if consent.holds(reading.on) else "EXPIRED"
    until = words("eligibility.consent_until", day=day(consent.expires_on))
    return Markup("{} {}").format(reading.chips.tag("consent", state), until)
