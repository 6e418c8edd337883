"""Checking a certificate or a status list: whose signature, for how long, for whom, and whether it was revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.artefacts.bundle import BadArtefact
from ledger.artefacts.certificate import (
    CERTIFICATE,
    STATUS_LIST,
    Certificate,
    StatusList,
    day_of_seconds,
    parse_certificate,
    parse_status_list,
    subject_digest,
)
from ledger.artefacts.jws import Jws, parse_jws, typ_of
from ledger.artefacts.report import Found, Report
from ledger.artefacts.trust import Trust
from ledger.clock import day_of, utc_now
from ledger.errors import VerificationError
from ledger.keyring import certificate_key_name

KINDS: Final = {CERTIFICATE: "certificate", STATUS_LIST: "status-list"}
NO_STATUS: Final = "whether it was revoked: no status list was given"
NO_SUBJECT: Final = "whom it is about: no ID number and salt were given"
NO_PURPOSE: Final = "whether it is for this purpose: none was given"


@dataclass(frozen=True, slots=True)
class Beside:
    """What the reader of a certificate has besides: the day (today in +08:00 unless given), a status list's bytes,
    an ID number with its salt, and the purpose it is wanted for."""

    today: date | None = None
    status_list: bytes | None = None
    subject: tuple[str, bytes] | None = None
    purpose: str | None = None

    @property
    def day(self) -> date:
        """The reader's day."""
        return day_of(utc_now()) if self.today is None else self.today

    def left_out(self) -> list[str]:
        """What is not checked of a certificate without these."""
        return [
            *([NO_STATUS] if self.status_list is None else ()),
            *([NO_SUBJECT] if self.subject is None else ()),
            *([NO_PURPOSE] if self.purpose is None else ()),
        ]


def check_jws(data: bytes, trust: Trust, beside: Beside, found: Found, report: Report) -> None:
    """Judge a certificate or a status list; `BadArtefact` where it is neither."""
    report.kind = KINDS.get(typ_of(data) or "")
    jws = parse_jws(data)
    said = _said(jws)
    report.origin, report.size, report.root = said.iss, said.size, said.root
    report.signed_root = bytes.fromhex(said.root)
    if isinstance(said, Certificate):
        report.claims = said.claims()
    report.level = _signature(jws, said.iss, trust, found)
    if trust.require_witnessed:
        found.gap("not-witnessed", "nobody cosigns certificates and status lists")
    _validity(said, beside.day, found)
    if isinstance(said, Certificate):
        _bearer(said, beside, found)
        if beside.status_list is not None:
            _status(said, beside.status_list, trust, beside.day, found)


def _said(jws: Jws) -> Certificate | StatusList:
    if jws.typ == CERTIFICATE:
        return parse_certificate(jws)
    if jws.typ == STATUS_LIST:
        return parse_status_list(jws)
    raise BadArtefact("a JWS of another type")


def _signature(jws: Jws, iss: str, trust: Trust, found: Found) -> str | None:
    if not trust.keys:
        found.gap("no-key", "no verifier key was given: the signature could not be checked")
        return None
    name = certificate_key_name(iss)
    key = next((key for key in trust.keys if (key.name, key.id) == (name, jws.kid)), None)
    if key is None:
        found.manipulation("unsigned", f"it is signed with key {jws.kid} of {name}, which is none of those given")
        return None
    try:
        jws.verify(key)
    except VerificationError:
        found.manipulation("bad-signature", f"{name}: the signature of key {key.id} does not hold")
        return None
    return "signed"


def _validity(said: Certificate | StatusList, day: date, found: Found) -> None:
    begins, ends = day_of_seconds(said.iat), day_of_seconds(said.exp)
    if begins > day:
        found.manipulation("not-yet-valid", f"it says that it was made on {begins}")
    if ends <= day:
        found.gap("expired", f"it was good until the day before {ends}")


def _bearer(said: Certificate, beside: Beside, found: Found) -> None:
    if beside.purpose is not None and beside.purpose != said.aud:
        found.manipulation("wrong-purpose", f"it was made for {said.aud}")
    if beside.subject is not None and subject_digest(said.iss, *beside.subject) != said.subject:
        found.manipulation("wrong-subject", "the ID number and the salt are not those it was made for")


def _status(said: Certificate, data: bytes, trust: Trust, day: date, found: Found) -> None:
    own = Found()
    try:
        jws = parse_jws(data)
        if jws.typ != STATUS_LIST:
            raise BadArtefact("what was given is no status list")
        held = parse_status_list(jws)
    except BadArtefact as error:
        found.manipulation("bad-status-list", error.detail)
        return
    signed = not trust.keys or _signature(jws, held.iss, trust, own) is not None
    if held.iss != said.iss or not signed or day_of_seconds(held.iat) > day:
        found.manipulation("bad-status-list", "the status list is not one that this ledger has signed by then")
        return
    if held.uri != said.list_uri:
        found.gap("other-status-list", f"its status stands in {said.list_uri}")
        return
    if day_of_seconds(held.exp) <= day or held.iat < said.iat:
        found.gap("stale-status-list", "the status list has expired, or is older than the certificate")
    if held.is_set(said.list_index):
        found.gap("revoked", "the ledger says that it holds no more")
