"""The plain values that commands and events carry, checked at the door.

Events hold plain values (strings, integers, booleans, lists); aggregates give them types. A member marked
`InSection(…)` never enters an entry's bytes: the ledger splits it off into that section (DESIGN §3).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, WithJsonSchema

MAX_NAME = 200

# All of a text is matched (`$` would let a line end pass), and digits are ASCII.
MAX_INTEGER = 2**53 - 1  # what every reader of JSON counts exactly (RFC 7493 §2.2)
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_.-]{0,63}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PARTIAL = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,6})?", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")

# Letters and marks that nobody sees: fillers of Hangul, joiners and vowels of no width, the empty Braille cell.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0")


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
    if not _DAY.fullmatch(text):
        raise ValueError("bad-date")
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("impossible-date") from None
    return text


def _partial_day(text: str) -> str:
    if not _PARTIAL.fullmatch(text):
        raise ValueError("bad-date")
    try:
        date.fromisoformat((text + "-01-01")[:10] if len(text) < 10 else text)
    except ValueError:
        raise ValueError("impossible-date") from None
    return text


def is_name(text: str) -> bool:
    """Whether a text may be a name or an id."""
    return name_fault(text) is None


def name_fault(text: str) -> str | None:
    """What keeps a text from being a name or an id, as a code; None where nothing does."""
    if not text:
        return "empty"
    if len(text) > MAX_NAME:
        return "too-long"
    try:
        _name(text)
    except ValueError as fault:
        surrogate = any("\ud800" <= character <= "\udfff" for character in text)
        return "lone-surrogate" if surrogate else str(fault)
    return None


def _name(text: str) -> str:
    """Names and ids: NFC, no control, zero-width or bidirectional characters, not only blanks (ASSURANCE §6, 24)."""
    if not is_said(text):
        raise ValueError("empty")
    if text.isascii() and text.isprintable():
        return text
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError("not-nfc")
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") or character in _UNSEEN:
            raise ValueError("forbidden-character")
    return text


def _text(text: str) -> str:
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("lone-surrogate")
    return text


def is_code(text: str) -> bool:
    """Whether a text has the form of a code: capitals, digits, no words of anybody's."""
    return _CODE.fullmatch(text) is not None


def _code(text: str) -> str:
    if not is_code(text):
        raise ValueError("bad-code")
    return text


def _decimal(text: str) -> str:
    if not _DECIMAL.fullmatch(text):
        raise ValueError("bad-decimal")
    return text


def _sha256(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise ValueError("bad-digest")
    return text


def _column(text: str) -> str:
    if not _COLUMN.fullmatch(text):
        raise ValueError("bad-name")
    return text


def _clause(text: str) -> str:
    """A clause, written as briefly as an id; blank where there is none."""
    return _name(text) if text.strip() else text


def is_said(text: str) -> bool:
    """Whether anything of a text can be seen: blanks and fillers alone say nothing."""
    return any(unicodedata.category(one)[0] not in "ZC" and one not in _UNSEEN for one in text)


def _filled(value: Any) -> Any:
    """Something is said: a blank text or an empty object says nothing."""
    if not (is_said(value) if isinstance(value, str) else value):
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


def _written_as(pattern: re.Pattern[str]) -> WithJsonSchema:
    """How a schema says that all of a text matches a pattern."""
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern.pattern})$"})


Day = Annotated[str, AfterValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
PartialDay = Annotated[str, AfterValidator(_partial_day), _written_as(_PARTIAL)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME), AfterValidator(_name)]
Ref = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME), AfterValidator(_name)]
Code = Annotated[str, AfterValidator(_code), _written_as(_CODE)]
Text = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_text)]
Said = Annotated[Text, AfterValidator(_filled)]
Column = Annotated[str, AfterValidator(_column), _written_as(_COLUMN)]
Clause = Annotated[str, StringConstraints(max_length=100), AfterValidator(_clause)]
DecimalText = Annotated[str, AfterValidator(_decimal), _written_as(_DECIMAL)]
Json = Annotated[Any, AfterValidator(_plain_json)]
Digest = Annotated[str, AfterValidator(_sha256)]
Region = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Evidence = Annotated[list[str | dict[str, Any]], AfterValidator(_plain_json), InSection("evidence")]

AnySubject = Annotated[Ref, SubjectReference((SubjectKind.PERSON, SubjectKind.UNIT, SubjectKind.ENTERPRISE))]
PersonRef = Annotated[Ref, SubjectReference((SubjectKind.PERSON,))]
UnitRef = Annotated[Ref, SubjectReference((SubjectKind.UNIT,))]

Reasons = Annotated[Said, InSection("reasons")]
Document = Annotated[Text | dict[str, Any], AfterValidator(_filled), AfterValidator(_plain_json), InSection("document")]
DocumentText = Annotated[Text, InSection("document")]
DocumentName = Annotated[Said, InSection("document")]


class Payload(BaseModel):
    """The data of one type: strict, closed, frozen. `doc` may stand on any line (DOMAIN §4.1).

    So may `by_delegation`, the delegation it is said under; the ledger adds whose hand that is as well.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    doc: Document | None = None
    on_behalf_of: AnySubject | None = None
    by_delegation: Ref | None = None
    delegated_by: Ref | None = None
