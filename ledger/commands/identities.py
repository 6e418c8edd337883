"""Who a subject is: corrected, found to be registered twice, or found to be two after all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ledger.commands.command import Change, Command, approvers_of, handles
from ledger.commands.subjects import check_kind, check_numbers
from ledger.domain.base import require
from ledger.domain.values import SubjectKind
from ledger.storage.events import IndexRow

if TYPE_CHECKING:
    from ledger.application import Ledger

_FIELDS: Final = {"id_number": "id-number", "uscc": "uscc"}
_CODES: Final = {"id_number": "ID_NUMBER", "uscc": "USCC"}
_OF_A_UNIT: Final = frozenset({"ref", "name"})


@handles("SubjectIdentityCorrected")
def correct(ledger: Ledger, command: Command) -> Change:
    data, subject = command.data, ledger.subject(command.data.subject_id)
    person = ledger.kind_of(subject.uid) is SubjectKind.PERSON
    computed = data.new_id is None and data.released is None
    require(computed, "computed-by-ledger", "the ledger says what was claimed and given back", "data.released")
    check_kind(data, person=person)
    check_numbers(data)
    known = ledger.identity(subject.uid)
    require(not person or bool(known), "identity-erased", "the identity was erased: there is nothing left to correct")
    given = {"subject_id": data.ref, **{name: getattr(data, name) for name in ("name", *_FIELDS)}}
    new = {name: value for name, value in given.items() if value is not None and value != known.get(name)}
    require(bool(new), "nothing-to-correct", "it says what is recorded already")
    rows, released = _values(ledger, subject.uid, known, new)
    claimed = _new_id(ledger, command, subject.uid, new.get("subject_id"))
    subject.correct_identity(
        data.model_copy(update={"new_id": bool(claimed) or None, "released": released or None}),
        concerned=ledger.relations().group(subject.uid),
    )
    published = frozenset() if person else _OF_A_UNIT
    return Change(subject, (subject.uid,), subject.uid, (*claimed, *rows), published=published)


def _values(
    ledger: Ledger, uid: str, known: Mapping[str, str], new: Mapping[str, str]
) -> tuple[list[IndexRow], list[str]]:
    """The rows that give a number or code back and take another one, and the codes of those given back."""
    rows: list[IndexRow] = []
    released: list[str] = []
    for name, field in _FIELDS.items():
        if name not in new:
            continue
        back = ledger.release_value(field, known[name], uid) if name in known else None
        if back is not None:
            rows.append(back)
            released.append(_CODES[name])
        rows.append(ledger.claim_value(field, new[name], uid))
    return rows, released


def _new_id(ledger: Ledger, command: Command, uid: str, ref: str | None) -> tuple[IndexRow, ...]:
    """The row of a new caller's id; none where it leads to this subject already, since an old id does so for ever."""
    if ref is None or ledger.uid("subject", ref, command.source or "") == uid:
        return ()
    return (ledger.claim("subject", ref, uid, command.source),)


def _concerned(ledger: Ledger, *uids: str) -> list[str]:
    relations = ledger.relations()
    return sorted({uid for one in uids for uid in relations.group(one)})


@handles("SubjectsMerged")
def merge(ledger: Ledger, command: Command) -> Change:
    data, relations = command.data, ledger.relations()
    subject = ledger.subject(data.subject_id)
    alike = ledger.kind_of(data.subject_id) is ledger.kind_of(data.into_id)
    require(alike, "kinds-differ", "a person is merged with a person, a unit with a unit", "data.into_id")
    for uid, where in ((data.subject_id, "data.subject_id"), (data.into_id, "data.into_id")):
        moved = relations.ended_on(uid) is not None or bool(relations.predecessors(uid))
        require(not moved, "unit-ended", "a unit that was reorganised is not another registration", where)
    both = _concerned(ledger, data.subject_id, data.into_id)
    data, rows = _approved(ledger, command)
    subject.merge(data, both, into_merged=relations.survivor(data.into_id) != data.into_id)
    return Change(subject, tuple(both), subject.uid, rows, relates=True)


@handles("MergeUndone")
def undo(ledger: Ledger, command: Command) -> Change:
    subject = ledger.subject(command.data.subject_id)
    both = _concerned(ledger, subject.uid)
    data, rows = _approved(ledger, command)
    subject.undo_merge(data, both)
    return Change(subject, tuple(both), subject.uid, rows, relates=True)


def _approved(ledger: Ledger, command: Command) -> tuple[Any, tuple[IndexRow, ...]]:
    approvers, rows = approvers_of(ledger, command, command.data.approvers)
    return command.data.model_copy(update={"approvers": approvers}), rows
