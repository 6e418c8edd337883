"""What running a ledger says to people: opening it, upgrading it, adopting an edition, and the doctor's list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.text.page import Page, moment


def render_opened(answer: Mapping[str, Any], page: Page) -> None:
    """Write what `init` made."""
    text = page.text
    page.title(text("page.init"))
    page.facts(
        [
            (text("folio.origin"), answer["origin"]),
            (text("folio.database"), answer["database"]),
            (text("folio.size"), text("text.first_entries", size=answer["size"])),
            (text("folio.root"), answer["root"]),
        ]
    )
    boundary = answer.get("asserted_until")
    if boundary is not None:
        page.emit()
        page.say(text("text.history_boundary", size=boundary), "info")


def render_acknowledgement(answer: Mapping[str, Any], page: Page) -> None:
    """Write where what was recorded stands in the log: an adopted edition, a key event, a sentinel."""
    text, rulebook = page.text, answer.get("rulebook")
    page.title(text("page.adopt" if rulebook else "page.recorded"), rulebook)
    page.facts(
        [
            (text("folio.entry"), str(answer["index"])),
            (text("folio.recorded_at"), moment(answer["recorded_at"])),
            (text("folio.leaf"), answer["leaf"]),
            (text("folio.size"), text("text.first_entries", size=answer["size"])),
        ]
    )


def render_erasure(answer: Mapping[str, Any], page: Page) -> None:
    """Write what was ordered to be erased, and whether it is gone."""
    text = page.text
    page.title(text("page.erasure"), answer["erasure"])
    page.facts(
        [
            (text("folio.entry"), str(answer["index"])),
            (text("folio.recorded_at"), moment(answer["recorded_at"])),
            (text("folio.leaf"), answer["leaf"]),
        ]
    )
    page.emit()
    if answer["erased"] is None:
        page.say(text("text.erasure_pending"), "info")
    else:
        page.say(text("text.erased", count=answer["targets"], index=answer["erased"]), "kept")


def render_resumed(answer: Mapping[str, Any], page: Page) -> None:
    """Write which orders were carried out now."""
    text, ended = page.text, answer["resumed"]
    page.title(text("page.erasure"))
    orders = ", ".join(map(str, ended))
    page.say(text("text.erasures_resumed", orders=orders) if ended else text("text.no_erasures"), "kept")


def render_migrations(answer: Mapping[str, Any], page: Page) -> None:
    """Write what an upgrade did."""
    text = page.text
    steps = answer["applied"]
    page.title(text("page.migrate"))
    page.say(text("text.migrated", steps=", ".join(steps)) if steps else text("text.no_pending"), "kept")


def render_doctor(answer: Mapping[str, Any], page: Page) -> None:
    """Write the doctor's list, each problem with what mends it, and what it did not look at."""
    text = page.text
    page.title(text("page.doctor"))
    page.emit()
    page.table(
        [(text("column.item_name"), False), (text("column.state"), False), (text("column.what"), False)],
        [
            [
                text(f"doctor.{check['check']}"),
                text.state("health", str(check["status"])),
                _what(page, check),
            ]
            for check in answer["checks"]
        ],
    )
    for check in answer["checks"]:
        remedy = check.get("remedy")
        if remedy:
            page.say(
                text.labelled("text.mend", f"{text('doctor.' + check['check'])}  {text('mend.' + remedy)}"),
                "wait",
                indent=2,
            )
    page.section(text("section.not_checked"))
    for item in answer["not_checked"]:
        page.say(f"– {text('unchecked.' + item)}", "closed", indent=2)
    problems = sum(check["status"] == "problem" for check in answer["checks"])
    page.emit()
    page.say(text("text.doctor_problems", count=problems) if problems else text("text.doctor_fine"))


def _what(page: Page, check: Mapping[str, Any]) -> str:
    """The value found, or a sentence of the catalogue about it."""
    value = str(check["value"])
    key = f"found.{value}"
    return page.text(key) if page.text.has(key) else value


def render_written(answer: Mapping[str, Any], page: Page) -> None:
    """A file that was handed out: where it lies and what it speaks for."""
    text = page.text
    page.title(text("page.written"))
    page.facts(
        [
            (text("folio.file"), str(answer["file"])),
            (text("folio.origin"), str(answer["origin"])),
            (text("folio.size"), text("text.first_entries", size=answer["size"])),
        ]
    )


def render_keys(answer: Mapping[str, Any], page: Page) -> None:
    """The keys of a ledger: whose, for what, from which entry to which."""
    text = page.text
    page.title(text("page.keys"))
    for key in answer["keys"]:
        page.section(str(key["key"]), text.word("key_purpose", str(key["purpose"])))
        page.facts(
            [
                (text("folio.vkey"), str(key["vkey"])),
                (text("folio.unit"), key["unit"] and str(key["unit"])),
                (text("folio.introduced"), str(key["introduced"])),
                (text("folio.ended"), None if key["ended"] is None else str(key["ended"])),
                (text("folio.since"), None if key["since"] is None else str(key["since"])),
            ]
        )


def render_backup(answer: Mapping[str, Any], page: Page) -> None:
    """A backup that was made, or brought back: where it lies, up to which entry, and what became of the keys."""
    text, erased = page.text, answer.get("erased_again")
    page.title(text("page.backup" if erased is None else "page.restored"))
    page.facts(
        [
            (text("folio.folder"), str(answer["folder"])),
            (text("folio.origin"), str(answer["origin"])),
            (text("folio.size"), text("text.first_entries", size=answer["size"])),
            (text("folio.root"), str(answer["root"])),
            (text("folio.erased_again"), None if erased is None else str(erased)),
            (text("folio.keys"), ", ".join(answer.get("keys") or []) or None),
        ]
    )
    if erased is None:
        if not answer["keys"]:
            page.say(text("text.keys_not_backed_up"), "wait")
        return
    against = answer["held_against"]
    if not against["sentinel"] and not against["checkpoints"]:
        page.say(text("text.held_against_nothing"), "alarm")
