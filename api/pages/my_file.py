"""我的诚信档案: what a person or a unit can do, what is recorded about it, the points, and who looked.

The page is its subject's alone and its address names nobody. Reading it is a look like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from api.auth import DeskDep
from api.desk import Desk
from api.pages import sections
from api.pages.addresses import DATA_REQUEST, EVIDENCE, MY_FILE, UNIT_SCORE
from api.pages.course import SHOWN, course_of
from api.pages.emergencies import emergencies
from api.pages.figures import figure_of, values_of
from api.pages.folio import Folio, folio_of
from api.pages.marks import day, instant, joined
from api.pages.notices import notices, seen
from api.pages.reading import Reading, reading_of
from api.pages.records import records_of, title_of
from api.pages.render import show, words_of
from api.pages.tasks import first, tasks_of
from api.pages.words import Words
from api.policy import SUBJECTS, open_to
from api.problems import not_found
from api.routes.evidence import evidence_file
from projections.visibility import BREAK_GLASS

router = APIRouter(include_in_schema=False)
LOOKS_SHOWN = 8
NOTICES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a file: which unit, in which role, when, why and at what."""

    who: Markup
    at: Markup
    what: Markup


@router.get(MY_FILE)
@open_to(SUBJECTS)
def my_file(request: Request, desk: DeskDep) -> Response:
    """The reader's own file."""
    words, subject = words_of(request), desk.own_uid()
    if subject is None:
        raise not_found()
    of_unit = desk.viewer.unit is not None
    title = words("my_file.title_of_unit" if of_unit else "my_file.title")
    folio = folio_of(request, desk, words)
    if folio.errors:
        reading = reading_of(desk, folio.moment, words)
        return show(request, "folio-errors.html", title=title, status=400, folio=folio, r=reading, purpose=None)
    return _shown(request, desk, words, subject, folio, title)


@router.get(EVIDENCE)
@open_to(SUBJECTS)
def my_evidence(request: Request, desk: DeskDep) -> Response:
    """The evidence bundle of the reader's own file, to take away."""
    subject = desk.own_uid()
    if subject is None:
        raise not_found()
    return evidence_file(request, desk, subject)


def _shown(request: Request, desk: Desk, words: Words, subject: str, folio: Folio, title: Markup) -> Response:
    had_seen = seen(desk, subject)
    answer = desk.file(subject, folio.moment)
    reading = reading_of(desk, folio.moment, words)
    balance: Mapping[str, Any] = answer.get("balance") or {}
    tasks = tasks_of(reading, answer)
    course = course_of(reading, answer)
    told = notices(desk, reading, subject, had_seen)
    looks, own_looks = looks_of(desk, reading, subject)
    open_commitments, closed_commitments = sections.commitments(reading, answer)
    return show(
        request,
        "my-file.html",
        title=title,
        counts={MY_FILE: len(tasks)},
        folio=folio,
        r=reading,
        file=answer,
        who=_who(reading, answer),
        tasks=first(tasks),
        notices=told[:NOTICES_SHOWN],
        more_notices=told[NOTICES_SHOWN:],
        unread=sum(notice.unread for notice in told),
        records=records_of(reading, answer, _values(desk, answer, folio, balance)),
        open_commitments=open_commitments,
        closed_commitments=closed_commitments,
        sanctions=sections.sanctions(reading, answer),
        measures=sections.measures(reading, answer),
        course=course[:SHOWN],
        earlier=course[SHOWN:],
        balance=figure_of(reading, balance, titles_of(reading, answer)) if balance else None,
        looks=looks[:LOOKS_SHOWN],
        more_looks=looks[LOOKS_SHOWN:],
        own_looks=own_looks,
        consents=sections.consents(reading, answer),
        checks=sections.checks(reading, answer),
        data_requests=sections.data_requests(reading, answer),
        data_request=DATA_REQUEST,
        career=sections.career(reading, answer),
        taken_over=sections.taken_over(reading, answer),
        emergencies=emergencies(reading, answer),
        evidence=EVIDENCE,
        score_page=UNIT_SCORE if answer["kind"] == "UNIT" else None,
        purpose=None,
    )


def _values(
    desk: Desk, answer: Mapping[str, Any], folio: Folio, balance: Mapping[str, Any]
) -> dict[str, tuple[str, bool]]:
    """What each record gives or takes: in the points of a person, in the score of a unit."""
    if answer["kind"] != "UNIT" or answer["rulebook"] is None or not answer["breaches"]:
        return values_of(balance)
    return values_of(desk.score(str(answer["uid"]), folio.moment))


def titles_of(reading: Reading, file: Mapping[str, Any]) -> dict[str, Markup]:
    """The records and commitments of a file by their ids: what the lines of a figure are about."""
    titles = {str(breach["id"]): title_of(reading, breach) for breach in file.get("breaches") or []}
    for commitment in file.get("commitments") or []:
        text = reading.said(commitment.get("text") or commitment["id"])
        titles[str(commitment["id"])] = reading.words("course.commitment", text=text)
    return titles


def _who(reading: Reading, file: Mapping[str, Any]) -> Markup:
    """Whom the file is about: name, and the post held on the day."""
    parts = [reading.said(file.get("name") or file["subject"])]
    if file.get("erased"):
        parts.append(reading.words("record.erased"))
    if file.get("ended_on"):
        successor = reading.unit(file["successor"]) or Markup("")
        parts.append(reading.words("my_file.unit_ended", day=day(file["ended_on"]), successor=successor))
    on = reading.on.isoformat()
    held = [post for post in file.get("posts") or [] if str(post["from"]) <= on and on <= str(post.get("to") or on)]
    if held:
        post = held[-1]
        parts.append(reading.unit(post["unit"]) or Markup(""))
        known = [reading.words.known(name, post.get(name)) for name in ("post", "level")]
        inner = joined([word for word in known if word is not None], str(reading.words("text.comma")))
        if inner:
            parts.append(inner)
    return joined(parts, str(reading.words("text.between")))


def looks_of(desk: Desk, reading: Reading, subject: str) -> tuple[list[Look], int]:
    """Who looked at a file, newest first, and how often its subject did."""
    looks = desk.access_log(subject)["looks"]
    theirs = ("SUBJECT",) if desk.viewer.unit is None else ("SUBJECT", "UNIT_HEAD")
    others = [look for look in looks if look["role"] not in theirs]  # whatever purpose they stated
    return [_look(reading, look) for look in others], len(looks) - len(others)


def _look(reading: Reading, look: Mapping[str, Any]) -> Look:
    words = reading.words
    name = look.get("unit_name") or look.get("unit")
    role = words.code("role", str(look["role"]))
    scope = [words.code("scope", str(code)) for code in look["scope"]]
    purpose = words.code("look_purpose", str(look["purpose"])) if look.get("purpose") else words("look.no_purpose")
    if look.get("basis") == BREAK_GLASS:
        purpose = words("look.break_glass", purpose=purpose)
    return Look(
        who=reading.said(name) if name else role,
        at=instant(str(look["at"])),
        what=words(
            "look.what", role=role, purpose=purpose, scope=joined(scope, str(words("text.comma"))), index=look["index"]
        ),
    )
