"""The result of a verification for people: one line of result, what it covers, what was found, what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.text.page import Page

MANIPULATION, GAP, NOTICE = "manipulation", "gap", "notice"


def render_verification(report: Mapping[str, Any], page: Page, *, quick: bool = False) -> None:
    """Write the report of DESIGN §8 (`verify →`)."""
    text = page.text
    findings: Sequence[Mapping[str, Any]] = report.get("findings") or []
    page.title(text("page.verify"))
    page.emit()
    render_verdict(findings, page, text("text.verified_quick" if quick else "text.verified", size=report["size"]))
    page.facts(
        [
            (text("folio.size"), text("text.first_entries", size=report["size"])),
            (text("folio.root"), report.get("root")),
            (text("folio.chain"), report.get("chain")),
            (text("folio.access_log"), _of_access_log(page, report.get("access"))),
        ]
    )
    render_findings(findings, page)
    render_not_checked([text.not_checked(str(item)) for item in report.get("not_checked") or []], page)


def render_verdict(findings: Sequence[Mapping[str, Any]], page: Page, holds: str) -> None:
    """The result in a line: tampered with, incomplete, or the sentence for what holds."""
    text, grade = page.text, worst(findings)
    if grade == MANIPULATION:
        page.say(text("text.tampered"), "alarm")
        page.say(text.labelled("text.mend", text("text.tampered_remedy")), "alarm")
    elif grade == GAP:
        page.say(text("text.incomplete"), "wait")
        page.say(text.labelled("text.mend", text("text.incomplete_remedy")), "wait")
    else:
        page.say(holds, "proof")


def render_findings(findings: Sequence[Mapping[str, Any]], page: Page) -> None:
    """What was found, a line each."""
    text = page.text
    if not findings:
        return
    page.section(text("section.findings"), str(len(findings)) if len(findings) > 1 else None)
    page.table(
        [(text("column.state"), False), (text("column.entry"), True), (text("column.what"), False)],
        [
            [
                text.state("grade", str(finding["grade"])),
                "" if finding.get("index") is None else str(finding["index"]),
                text.finding(finding.get("code"), str(finding["what"])),
            ]
            for finding in findings
        ],
    )


def render_not_checked(items: Sequence[str], page: Page) -> None:
    """What was not checked; that it was everything, where nothing was left out."""
    page.section(page.text("section.not_checked"))
    for item in items or [page.text("text.everything_checked")]:
        page.say(f"– {item}", "closed", indent=2)


def _of_access_log(page: Page, access: Mapping[str, Any] | None) -> str | None:
    return None if access is None else page.text("text.first_entries", size=access["size"])


def worst(findings: Sequence[Mapping[str, Any]]) -> str | None:
    """The gravest grade among the findings."""
    grades = {str(finding["grade"]) for finding in findings}
    return next((grade for grade in (MANIPULATION, GAP, "notice") if grade in grades), None)
