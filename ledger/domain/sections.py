"""The table of personal sections: which members form each, and how long they may live (DESIGN §3).

The table is read off the event classes (`sections_of`), so it cannot lag behind them; a test walks every member of
every class and knows by name each free text that is plain. The owner is the subject whose key seals a section: the
command says who that is. Retention classes are rulebook data; here they only have names.
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
