"""Reports on files that left the ledger, for people: whether they hold, what they show, what was not checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.text.page import Cell, Page
from api.text.verification import MANIPULATION, render_findings, render_not_checked, render_verdict, worst
from ledger.artefacts.certificate import day_of_seconds
from ledger.keyring import certificate_key_name

_NUMBER: Final = re.compile(r"[0-9]+")
SIGNED_ALONE: Final = ("certificate", "status-list")  # with a key of their own, beside no log
# Why its reader is not to rely on one, gravest first: the sentence, and the codes it stands for.
_WHY_NOT: Final = {
    "forged": ("malformed", "bad-signature", "not-yet-valid", "more"),
    "revoked": ("revoked",),
    "expired": ("expired",),
    "unsigned": ("unsigned",),
    "no-key": ("no-key",),
    "wrong-subject": ("wrong-subject",),
    "wrong-purpose": ("wrong-purpose",),
    "bad-status-list": ("bad-status-list",),
    "stale-status-list": ("stale-status-list", "other-status-list"),
}
# What a finding about one of these is called: it is the reader's own key, person, purpose or list that does not fit.
_CALLED: Final = {
    **dict.fromkeys(("unsigned", "wrong-subject", "wrong-purpose", "bad-status-list"), "mismatch"),
    **dict.fromkeys(("revoked", "expired"), "ended"),
}


def render_artefact(report: Mapping[str, Any], page: Page, name: str) -> None:
    """One file: the verdict, what it is and speaks for, what was found, what was not checked."""
    text = page.text
    page.title(text("page.verify_file"), name)
    page.emit()
    if report.get("kind") in SIGNED_ALONE and report["findings"]:
        _say_why_not(report, page)
    else:
        render_verdict(report["findings"], page, text("text.file_holds"))
    kind, level = report.get("kind"), report.get("level")
    page.facts(
        [
            (text("folio.kind"), None if kind is None else text.word("artefact", str(kind))),
            (text("folio.origin"), report.get("origin")),
            (
                text("folio.size"),
                None if report.get("size") is None else text("text.first_entries", size=report["size"]),
            ),
            (text("folio.root"), report.get("root")),
            (text("folio.level"), text.word("proof_level", str(level or "none"))),
            *([] if report.get("claims") is None else _claims(report["claims"], page)),
        ]
    )
    render_findings(_findings(report), page)
    render_not_checked([_in_words(item, page) for item in report["not_checked"]], page)


def _findings(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = report["findings"]
    if report.get("kind") not in SIGNED_ALONE:
        return found
    return [{**finding, "grade": _CALLED.get(finding["code"], finding["grade"])} for finding in found]


def _say_why_not(report: Mapping[str, Any], page: Page) -> None:
    """Why its reader is not to rely on a certificate or a status list, in sentences, and what to do about the first."""
    text, codes = page.text, {finding["code"] for finding in report["findings"]}
    if "unsigned" in codes:
        codes -= {"bad-status-list"}  # the list was not checked either, for want of the same key
    said = [why for why, of in _WHY_NOT.items() if not codes.isdisjoint(of)]
    if not said:
        render_verdict(report["findings"], page, text("text.file_holds"))
        return
    origin = str(report.get("origin"))
    names = {"origin": origin, "name": certificate_key_name(origin)}
    tone = "alarm" if worst(report["findings"]) == MANIPULATION else "wait"
    for why in said:
        page.say(text(f"text.certificate_{why}", **names), tone)
    page.say(text.labelled("text.mend", text(f"text.certificate_{said[0]}_remedy", **names)), tone)


def render_certificate(answer: Mapping[str, Any], page: Page) -> None:
    """A certificate that was issued, with the salt that its holder is to be given, and nobody keeps."""
    text = page.text
    page.title(text("page.certificate"))
    page.facts(
        [
            (text("folio.salt"), answer["salt"]),
            (text("folio.digest"), answer["digest"]),
            (text("folio.expires_on"), answer["expires_on"]),
            (text("folio.entry"), str(answer["index"])),
        ]
    )
    page.say(text("text.salt_once"), "info")
    page.emit()
    page.emit(str(answer["certificate"]))


def _claims(claims: Mapping[str, Any], page: Page) -> list[tuple[str, Cell]]:
    """What a certificate says, for whoever reads it."""
    text = page.text
    return [
        (text("folio.purpose"), text.word("purpose", claims["aud"])),
        (text("folio.decision"), text.state("decision", claims["decision"])),
        (text("folio.outcome"), text.state("evaluation", claims["outcome"])),
        (text("folio.as_of"), claims["as_of"]),
        (text("folio.rulebook"), claims["rulebook"]["id"]),
        (text("folio.expires_on"), day_of_seconds(claims["exp"]).isoformat()),
    ]


def render_comparison(answer: Mapping[str, Any], page: Page, names: Sequence[str]) -> None:
    """Both files, then what was found between them."""
    render_artefact(answer["old"], page, names[0])
    render_artefact(answer["new"], page, names[1])
    page.title(page.text("page.comparison"), " → ".join(names))
    page.emit()
    render_verdict(answer["findings"], page, page.text("text.follows"))
    render_findings(answer["findings"], page)


def _in_words(item: str, page: Page) -> str:
    """A sentence of what was not checked; its numbers are put into the catalogue's own."""
    numbers = _NUMBER.findall(item)
    pattern = _NUMBER.sub("N", item)
    said = page.text.not_checked(pattern)
    for number in numbers:
        said = said.replace("N", number, 1)
    return said
