"""The table of personal sections: which members form each, who owns it, how long it may live (DESIGN §3).

`SECTIONS` is read off the event classes, so a new member cannot be forgotten; a test walks every class.
The owner is the subject whose key seals the section. Retention classes are rulebook data; here they only have names.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any

from pydantic.fields import FieldInfo

from ledger.domain.values import InSection, Payload, SubjectReference

NAMES = (
    "identity", "statement", "summary", "grounds", "reasons", "factors", "considerations", "document", "evidence",
    "text", "reporter",
)  # fmt: skip


class Retention(StrEnum):
    IDENTITY = "IDENTITY"
    CASE = "CASE"
    CHECK = "CHECK"
    ACCESS = "ACCESS"
    ENTERPRISE = "ENTERPRISE"


def _marked(info: FieldInfo, kind: type) -> Any:
    for mark in info.metadata:
        if isinstance(mark, kind):
            return mark
    return _in_annotation(info.annotation, kind)


def _in_annotation(annotation: Any, kind: type) -> Any:
    """The mark may sit inside a union (`Annotated[str, InSection(…)] | None`)."""
    for mark in getattr(annotation, "__metadata__", ()):
        if isinstance(mark, kind):
            return mark
    for argument in getattr(annotation, "__args__", ()):
        found = _in_annotation(argument, kind)
        if found is not None:
            return found
    return None


@cache
def sections_of(data: type[Payload]) -> dict[str, str]:
    """Member → section for the personal members of a type's data."""
    return {
        name: mark.section for name, info in data.model_fields.items() if (mark := _marked(info, InSection)) is not None
    }


@cache
def references_of(data: type[Payload]) -> dict[str, SubjectReference]:
    """Member → what kind of subject it names, for the members that name one."""
    return {
        name: mark for name, info in data.model_fields.items() if (mark := _marked(info, SubjectReference)) is not None
    }


@cache
def written_names(data: type[Payload]) -> dict[str, str]:
    """Member → name as written in a line and in an entry (`from_` is written `from`)."""
    return {name: info.alias or name for name, info in data.model_fields.items()}
