"""Reports on files that left the ledger, for people: whether they hold, what they show, what was not checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.text.page import Cell, Page
from api.text.verification import render_findings, render_not_checked, render_verdict
from ledger.artefacts.certificate import day_of_seconds

_NUMBER: Final = re.compile(r"[0-9]+")


def render_artefact(report: Mapping[str, Any], page: Page, name: str) -> None:
    """One file: the verdict, what it is and speaks for, what was found, what was not checked."""
    text = page.text
    page.title(text("page.verify_file"), name)
    page.emit()
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
    render_findings(report["findings"], page)
    render_not_checked([_in_words(item, page) for item in report["not_checked"]], page)


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
