"""What HR may do with a check, as forms: what is asked, what is missing, and the command it becomes.

A form knows its own fields and the sentence each of them needs when it is empty; what the ledger refuses is put to the
field it is about. What is weighed and decided is the officer's: a form only asks that it is said.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from markupsafe import Markup

from api.pages.case import CONSIDERATIONS, Case
from api.pages.forms import Form
from api.pages.marks import day
from api.pages.words import Words
from ledger.errors import LedgerError

Errors = dict[str, Markup]

# Which field a refusal is about; without one it stands above the form alone.
FIELD_OF_CODE: Final[Mapping[str, str]] = {
    "notice-period-too-short": "reply_due",
    "bad-date": "reply_due",
    "impossible-date": "reply_due",
    "notice-period-open": "decision",
    "second-approver-required": "second_approver",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of what is checked before it is submitted, and the field it leads back to."""

    label: Markup
    value: Markup
    field: str


class Act(ABC):
    """One act on a check. `path` is below the check's address, `type` the catalogue's."""

    path: ClassVar[str]
    type: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]

    def __init__(self, words: Words, case: Case, form: Form) -> None:
        self.words, self.case, self.form = words, case, form

    @abstractmethod
    def missing(self) -> Errors:
        """What the form lacks, by field."""

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """The members of the command, less the check's own id."""

    @abstractmethod
    def answers(self) -> list[Answer]:
        """Every answer, to be read once more."""

    @abstractmethod
    def effect(self) -> Markup:
        """What submitting does, and who will see it."""

    def refused(self, error: LedgerError) -> Errors:
        """A refusal of the ledger at the field it is about."""
        field = FIELD_OF_CODE.get(error.code, "")
        if not field and error.field is not None:
            field = next((part for part in reversed(error.field.split(".")) if part in self.fields), "")
        said = self.words.error(error.code) or Markup(error.code)  # noqa: S704 - a code of ours
        return {field if field in self.fields else "": said}


class Notice(Act):
    """拟不通过告知: what the rule found is put to the candidate before anybody decides."""

    path, type, fields = "notice", "PreDecisionNoticeSent", ("reply_due", "proposes_departure")

    def missing(self) -> Errors:
        errors = {}
        if self.case.notice_departs and self.form("proposes_departure") != "yes":
            errors["proposes_departure"] = self.words("error.proposes_departure")
        if not self.form("reply_due").strip():
            errors["reply_due"] = self.words("error.reply_due")
        return errors

    def data(self) -> dict[str, Any]:
        return {"reply_due": self.form("reply_due").strip()}

    def answers(self) -> list[Answer]:
        shown = [Answer(self.words("notice.reply_due"), day(self.form("reply_due").strip()), "reply_due")]
        if self.case.notice_departs:
            departure = Answer(self.words("decide.departure"), self.words("notice.departs"), "proposes_departure")
            shown.insert(0, departure)
        return shown

    def effect(self) -> Markup:
        return self.words("notice.effect")


class Decision(Act):
    """审查决定 with what was weighed; a departure from the rule names its second approver."""

    path, type = "decision", "EligibilityDecided"
    fields = ("decision", *CONSIDERATIONS, "reasons", "departs_from_rule", "second_approver")

    @property
    def departs(self) -> bool:
        return self.case.departs(self.form("decision")) or self.form("departs_from_rule") == "yes"

    def missing(self) -> Errors:
        words, errors = self.words, {}
        if self.form("decision") not in ("ELIGIBLE", "NOT_ELIGIBLE"):
            errors["decision"] = words("error.decision")
        elif self.form("decision") == "NOT_ELIGIBLE" and self.case.state in ("EVALUATED", "NOTICED"):
            errors["decision"] = words("error.notice-period-open")
        for name in CONSIDERATIONS:
            if not self.form(name).strip():
                errors[name] = words("error.consideration", what=words(f"consider.{name}"))
        if not self.form("reasons").strip():
            errors["reasons"] = words("error.reasons")
        if self.departs and not self.form("second_approver").strip():
            errors["second_approver"] = words("error.second-approver-required")
        return errors

    def data(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "decision": self.form("decision"),
            "reasons": self.form("reasons").strip(),
            "considerations": {name: self.form(name).strip() for name in CONSIDERATIONS},
        }
        if self.departs:
            said |= {"departs_from_rule": True, "second_approver": self.form("second_approver").strip()}
        return said

    def answers(self) -> list[Answer]:
        words, form = self.words, self.form
        shown = [Answer(words("decide.decision"), words(f"decide.{form('decision')}"), "decision")]
        shown += [Answer(words(f"consider.{name}"), Markup.escape(form(name).strip()), name) for name in CONSIDERATIONS]
        shown.append(Answer(words("decide.reasons"), Markup.escape(form("reasons").strip()), "reasons"))
        if self.departs:
            approver = Markup.escape(form("second_approver").strip())
            shown.append(Answer(words("decide.second_approver"), approver, "second_approver"))
        return shown

    def effect(self) -> Markup:
        return self.words(f"decide.effect_{self.form('decision')}")


class Notification(Act):
    """结果送达: the candidate is told the result and what they can do about it."""

    path, type, fields = "notification", "EligibilityNotified", ()

    def missing(self) -> Errors:
        return {}

    def data(self) -> dict[str, Any]:
        return {}

    def answers(self) -> list[Answer]:
        decided = self.case.decisions[-1]
        return [Answer(self.words("decide.decision"), decided.tag + Markup(" ") + decided.on, "")]

    def effect(self) -> Markup:
        return self.words("serve.effect")


ACTS: Final[Mapping[str, type[Act]]] = {act.path: act for act in (Notice, Decision, Notification)}
