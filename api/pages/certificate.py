"""核查证书: a candidate asks for the certificate of a check that was served, and carries it away.

The answer to the form is the only place where certificate and salt stand: as text, as a file, as a QR code that can be
checked offline. The form has its request key from when it was shown, so sending it again, or for the file, gives the
same bytes and writes nothing (ledger/README D51). Reading the page and issuing are each a look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from api.auth import DeskDep
from api.desk import Desk
from api.pages.addresses import CERTIFICATE, MY_FILE, VERIFIER
from api.pages.forms import FormDep
from api.pages.marks import day
from api.pages.qr import qr_image
from api.pages.reading import Reading, reading_of
from api.pages.render import show, words_of
from api.policy import SUBJECTS, open_to
from api.problems import status_of
from api.routes.certificates import asked_for, issued
from ledger.artefacts.certificate import ENDING, Certificate, day_of_seconds, parse_certificate
from ledger.artefacts.jws import parse_jws
from ledger.certificates import HOLDS_IN, Issued
from ledger.errors import Group, LedgerError

router = APIRouter(include_in_schema=False)
FILE: Final = "file"  # the step that asks for the file instead of the page
KIND: Final = "application/jose"
STATUS_LIST: Final = "/v1/status-lists/{}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate as the page shows it; `code` is None where no QR code is large enough for it."""

    text: str
    salt: str
    name: str
    said: list[tuple[Markup, Markup]]
    code: Markup | None
    keys: list[str]
    ways: list[Markup]


@router.get(CERTIFICATE)
@open_to(SUBJECTS)
def certificate(request: Request, uid: UUID, desk: DeskDep) -> Response:
    """What a certificate is, and the form that asks for one where the check is served."""
    reading = reading_of(desk, desk.moment(None, None), words_of(request))
    check = desk.check(str(uid), reading.moment)
    stands = check["state"] in HOLDS_IN and check.get("decision") is not None
    of_now = reading.edition is not None and check.get("rulebook") == reading.edition.id
    return _page(request, reading, str(uid), key=uuid4().hex if stands and of_now else None, succeeded=not of_now)


@router.post(CERTIFICATE)
@open_to(SUBJECTS)
def ask(request: Request, uid: UUID, desk: DeskDep, form: FormDep) -> Response:
    """Issue one and show it, once; its file at the step `file`."""
    key, check = form.key, str(uid)
    reading = reading_of(desk, desk.moment(None, None), words_of(request))
    try:
        made = issued(desk, check, asked_for(desk, key, check))
    except LedgerError as error:
        if error.group not in (Group.REFUSED, Group.CONFLICT):
            raise
        return _page(request, reading, check, refused=error)
    if form("step") == FILE:
        attached = {"Content-Disposition": f'attachment; filename="{_name(made)}"'}
        return Response(made.certificate + "\n", media_type=KIND, headers=attached)
    return _page(request, reading, check, key=key, made=_shown(desk, reading, made))


def _page(
    request: Request,
    reading: Reading,
    check: str,
    *,
    key: str | None = None,
    succeeded: bool = False,
    made: Shown | None = None,
    refused: LedgerError | None = None,
) -> Response:
    words = reading.words
    said: Any = None if refused is None else words.error(refused.code) or Markup(refused.code)  # noqa: S704 - a code of ours
    return show(
        request,
        "certificate.html",
        title=words("certificate.title" if made is None else "certificate.made"),
        status=200 if refused is None else status_of(refused),
        back=CERTIFICATE.format(uid=check),
        r=reading,
        address=CERTIFICATE.format(uid=check),
        checks=f"{MY_FILE}#checks",
        key=key,
        succeeded=succeeded,
        made=made,
        errors={} if said is None else {"": said},
    )


def _name(made: Issued) -> str:
    """The name of its file: by its digest, which names nobody."""
    return f"{made.digest[:8]}{ENDING}"


def _shown(desk: Desk, reading: Reading, made: Issued) -> Shown:
    words, said = reading.words, parse_certificate(parse_jws(made.certificate.encode()))
    keyring = desk.ledger.publisher.keyring()
    return Shown(
        text=made.certificate,
        salt=made.salt.hex(),
        name=_name(made),
        said=_said(reading, said),
        code=qr_image(made.certificate, words("certificate.code_label")),
        keys=[key.text for key in keyring.certificate_keys(desk.ledger.size)],
        ways=_ways(reading, said),
    )


def _said(reading: Reading, said: Certificate) -> list[tuple[Markup, Markup]]:
    """The claims that a person reads, with their words."""
    words = reading.words
    return [
        (words("certificate.purpose"), words.code("purpose", said.aud)),
        (words("certificate.decision"), reading.chips.tag("decision", said.decision)),
        (words("certificate.outcome"), reading.chips.tag("evaluation", said.outcome)),
        (words("certificate.as_of"), day(said.as_of)),
        (words("certificate.edition"), Markup.escape(said.rulebook)),
        (words("certificate.stands_on"), words("certificate.size", size=said.size)),
        (words("certificate.ends"), day(day_of_seconds(said.exp))),
    ]


def _ways(reading: Reading, said: Certificate) -> list[Markup]:
    """How whoever is shown the certificate checks it, without this server but for the status list."""
    words = reading.words
    page = Markup('<a href="{}">{}</a>').format(VERIFIER, words("frame.verify"))
    listed = Markup('<a href="{}">{}</a>').format(
        STATUS_LIST.format(said.list_id), words("certificate.status_list", number=said.list_id)
    )
    given = Markup("<code>{} {} --key {}</code>")
    file, key = words("certificate.file"), words("certificate.key")
    return [
        words("certificate.check_page", link=page),
        words("certificate.check_command", command=given.format("integrity verify", file, key)),
        words("certificate.check_script", command=given.format("python3 verify_export.py", file, key)),
        words("certificate.check_status", link=listed),
    ]
