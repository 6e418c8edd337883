"""The plain values that commands and events carry, checked at the door.

Events hold plain values (strings, integers, booleans, lists); aggregates give them types. A member marked
`personal(section)` never enters an entry's bytes: the ledger splits it off into that section (DESIGN §3).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

_CODE = re.compile(r"^[A-Z0-9][A-Z0-9_.-]{0,63}$")
_PARTIAL = re.compile(r"^\d{4}(-\d{2}(-\d{2})?)?$")
_DECIMAL = re.compile(r"^-?\d{1,12}(\.\d{1,6})?$")


class Role(StrEnum):
    """The roles of DOMAIN §4.1."""

    SUBJECT = "SUBJECT"
    REPORTER = "REPORTER"
    DECIDER = "DECIDER"
    REVIEWER = "REVIEWER"
    HR = "HR"
    CREDIT = "CREDIT"
    ASSESSOR = "ASSESSOR"
    EXPERT = "EXPERT"
    THIRD_PARTY = "THIRD_PARTY"
    AUDITOR = "AUDITOR"
    DPO = "DPO"
    SYSTEM = "SYSTEM"


class SubjectKind(StrEnum):
    PERSON = "PERSON"
    UNIT = "UNIT"
    ENTERPRISE = "ENTERPRISE"


class Severity(StrEnum):
    """Gravity of a finding; `rank` orders them."""

    MINOR = "MINOR"
    GENERAL = "GENERAL"
    SERIOUS = "SERIOUS"

    @property
    def rank(self) -> int:
        return ("MINOR", "GENERAL", "SERIOUS").index(self.value)


class Purpose(StrEnum):
    RECRUIT = "RECRUIT"
    TRANSFER = "TRANSFER"
    PROMOTE = "PROMOTE"
    AWARD = "AWARD"


@dataclass(frozen=True)
class InSection:
    """Marks a member as part of a personal section."""

    section: str


@dataclass(frozen=True)
class SubjectReference:
    """Marks a member that names a subject by the caller's id; the ledger replaces it with the pseudonym.

    `kinds` says what may stand there; a wrong kind is refused as unknown.
    """

    kinds: tuple[SubjectKind, ...]


def _day(text: str) -> str:
    if len(text) != 10 or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError("bad-date")
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("impossible-date") from None
    return text


def _partial_day(text: str) -> str:
    if not _PARTIAL.match(text):
        raise ValueError("bad-date")
    try:
        date.fromisoformat((text + "-01-01")[:10] if len(text) < 10 else text)
    except ValueError:
        raise ValueError("impossible-date") from None
    return text


def _name(text: str) -> str:
    """Names and ids: NFC, no control, zero-width or bidirectional characters (ASSURANCE §6, 24)."""
    if text.isascii() and text.isprintable():
        return text
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError("not-nfc")
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
            raise ValueError("forbidden-character")
    return text


def _text(text: str) -> str:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("lone-surrogate")
    return text


def _code(text: str) -> str:
    if not _CODE.match(text):
        raise ValueError("bad-code")
    return text


def _decimal(text: str) -> str:
    if not _DECIMAL.match(text):
        raise ValueError("bad-decimal")
    return text


def _filled(value: Any) -> Any:
    """Something is said: a blank text or an empty object says nothing."""
    if not (value.strip() if isinstance(value, str) else value):
        raise ValueError("empty")
    return value


def _plain_json(value: Any, depth: int = 0) -> Any:
    """Section values: any JSON without floats, kept exactly as given."""
    if depth > 16:
        raise ValueError("too-deep")
    if isinstance(value, float):
        raise ValueError("float-not-allowed")
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        for item in value:
            _plain_json(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                raise ValueError("bad-name")
            _plain_json(item, depth + 1)
    return value


Day = Annotated[str, AfterValidator(_day)]
PartialDay = Annotated[str, AfterValidator(_partial_day)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_name)]
Ref = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_name)]
Code = Annotated[str, AfterValidator(_code)]
Text = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_text)]
DecimalText = Annotated[str, AfterValidator(_decimal)]
Json = Annotated[Any, AfterValidator(_plain_json)]
Region = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Evidence = Annotated[list[str | dict[str, Any]], AfterValidator(_plain_json), InSection("evidence")]

AnySubject = Annotated[Ref, SubjectReference((SubjectKind.PERSON, SubjectKind.UNIT, SubjectKind.ENTERPRISE))]
PersonRef = Annotated[Ref, SubjectReference((SubjectKind.PERSON,))]
UnitRef = Annotated[Ref, SubjectReference((SubjectKind.UNIT,))]
BodyRef = Annotated[Ref, SubjectReference((SubjectKind.UNIT, SubjectKind.ENTERPRISE))]

Reasons = Annotated[Text, InSection("reasons")]
Document = Annotated[Text | dict[str, Any], AfterValidator(_filled), AfterValidator(_plain_json), InSection("document")]
DocumentText = Annotated[Text, InSection("document")]
DocumentName = Annotated[Text, AfterValidator(_filled), InSection("document")]


class Payload(BaseModel):
    """The data of one type: strict, closed, frozen. `doc` may stand on any line (DOMAIN §4.1)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    doc: Document | None = None
    on_behalf_of: AnySubject | None = None
