"""Who is who: the caller's ids lead to pseudonyms through the blind index, and a pseudonym leads to itself.

An id is asked for in the ledger's own name space first, then in those of the sources imported from. Look-ups know
every version of the index key, so an id is found, and cannot be given twice, whichever key it was indexed under. What
a transaction under way gave out is believed by its own thread only, until it is committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ledger.domain.base import LedgerAggregate
from ledger.domain.governance import SourceBatchImported
from ledger.domain.values import SubjectKind
from ledger.entries import Entries
from ledger.errors import Invalid, Refused, VerificationError
from ledger.ids import is_uuid, new_pseudonym
from ledger.mapper import header_of
from ledger.memory import Memory
from ledger.storage.events import IndexRow, IndexTaken
from ledger.storage.keys import KeyStore
from ledger.storage.row_seals import INDEX_ROW, index_value
from ledger.storage.store import Store

_KINDS_OF_STREAM: Final = frozenset(
    {
        "subject",
        "commitment",
        "breach",
        "consent",
        "check",
        "record",
        "assessment",
        "scheme",
        "rulebook",
        "erasure",
        "delegation",
        "measure",
        "application",
        "glass",
        "reorganisation",
        "data-request",
    }
)
_ACTOR: Final = "actor"
_ACTOR_UNIT: Final = "actor-unit"
_SYSTEM: Final = "system"  # the login of the ledger's own acts
RELEASED: Final = "-released"
TAKINGS: Final = 8  # how often a number or code may be taken, each time after it was given back
_REMEMBERED: Final = 20_000  # of each, some hundred bytes an item
_TAKEN: Final = {
    "id-number": "id-number-taken",
    "uscc": "uscc-taken",
    "taken-over": "already-imported",
    "batch": "already-imported",
    "conduct": "conduct-decided",
}


def takings(value: str) -> list[str]:
    """The forms under which a number or code is taken, first and after each time it was given back."""
    return [value, *(f"{value}\x00{place}" for place in range(1, TAKINGS))]


def taken(error: IndexTaken) -> Refused | None:
    """What a taken value means to the caller; None where another writer was merely first to name an actor."""
    field = error.field or ""
    if field in (_ACTOR, _ACTOR_UNIT):
        return None
    code = _TAKEN.get(field) or f"{field.removesuffix('-ref')}-exists"
    return Refused("another record holds this id or value", code=code)


class Names(Entries):
    """Finds names and gives them out."""

    book: LedgerAggregate

    def prepare_names(self, store: Store, keys: KeyStore) -> None:
        self.store, self.keys = store, keys
        self.names_mark = object()  # another one whenever a caller's id may lead elsewhere than before
        self.uids_known: Memory[tuple[str, str, str], str] = Memory(_REMEMBERED)  # field, name space, value
        self.kinds_known: Memory[str, SubjectKind] = Memory(_REMEMBERED)
        self._sources: tuple[int, tuple[str, ...]] = (0, ())  # those of the entries before an index

    # The blind index.

    def _digests(self, field: str, value: str) -> list[bytes]:
        """The digests of a value under every version of the index key, newest first."""
        try:
            return self.keys.keyed_digests(field, value.encode())
        except UnicodeEncodeError:
            raise Invalid("half a surrogate pair is no part of a name", code="lone-surrogate") from None

    def find(self, field: str, value: str) -> str | None:
        """Where a value of the blind index leads."""
        return self._first(field, [self._digests(field, value)])

    def _first(self, field: str, values: Sequence[list[bytes]]) -> str | None:
        """Where the first of these values leads that leads anywhere."""
        digests = [digest for versions in values for digest in versions]
        found = self.found(field, digests) if digests else {}
        return next((found[digest] for digest in digests if digest in found), None)

    def found(self, field: str, digests: Sequence[bytes]) -> dict[bytes, str]:
        """Where these values lead, absent ones left out; `VerificationError` for a row whose seal does not hold."""
        rows = self.store.index_rows(field, digests)
        for row in rows:
            if not self.keys.is_keyed_digest(INDEX_ROW, index_value(field, row.digest, row.uid), row.seal):
                raise VerificationError(f"a row {field} of the blind index was changed", code="index-row-changed")
        return {row.digest: row.uid for row in rows}

    def index_row(self, field: str, value: str, uid: str) -> IndexRow:
        """The row that lets a value lead to a record. The store refuses a second one of the same version of the index
        key; where one of an older version stands, it is refused here."""
        newest, *older = self._digests(field, value)
        if older and self.store.find_many(field, older):
            raise taken(IndexTaken(field)) or IndexTaken(field)
        return IndexRow(field, newest, uid, self.keys.keyed_digest(INDEX_ROW, index_value(field, newest, uid)))

    def claim(self, kind: str, ref: str, uid: str, source: str = "") -> IndexRow:
        """The row that gives a caller's id to a new record; the store refuses a second one (see `taken`)."""
        return self.index_row(f"{kind}-ref", f"{source}\x00{ref}", uid)

    # Numbers and codes: one subject's at a time, and given back where they never were theirs.

    def holder(self, field: str, value: str) -> str | None:
        """Whose a number or code is."""
        return self._held(field, value)[0]

    def claim_value(self, field: str, value: str, uid: str) -> IndexRow:
        """The row that makes a number or code a subject's; the store refuses a second one while somebody has it."""
        holder, free, held = self._held(field, value)
        return self.index_row(field, free if holder is None else held, uid)

    def release_value(self, field: str, value: str, uid: str) -> IndexRow | None:
        """The row that says that a value is no longer this subject's; None where it is not."""
        holder, _, held = self._held(field, value)
        return None if holder != uid else self.index_row(f"{field}{RELEASED}", held, uid)

    def _held(self, field: str, value: str) -> tuple[str | None, str, str]:
        """Who has a value, the form under which the next one takes it, and that under which it was taken last."""
        if self.find(f"{field}{RELEASED}", value) is None:
            return self.find(field, value), value, value
        forms = takings(value)
        given_back = [self.find(f"{field}{RELEASED}", form) is not None for form in forms]
        held = [self.find(field, form) for form in forms]
        last = max(place for place, uid in enumerate(held) if uid is not None or given_back[place])
        if last == len(forms) - 1 and given_back[last]:
            raise Refused("this value was given back too often", code=_TAKEN[field])
        return None if given_back[last] else held[last], forms[min(last + 1, len(forms) - 1)], forms[last]

    # The caller's ids.

    def fresh_uid(self) -> str:
        """A pseudonym for what a command makes."""
        return new_pseudonym()

    def uid(self, kind: str, ref: str, source: str | None = None) -> str | None:
        """The pseudonym of a caller's id of this kind; a pseudonym leads to itself. None where nothing is known.

        Without a `source` the ledger's own name space is asked first, then those of the sources imported from.
        """
        for space in self._spaces(source):
            known = self.uids_known.get((kind, space, ref))
            if known is None:
                known = self.find(f"{kind}-ref", f"{space}\x00{ref}")
                if known is not None:
                    self.uids_known.put((kind, space, ref), known)
            if known is not None:
                return known
        if is_uuid(ref) and kind in _KINDS_OF_STREAM and self.store.has_stream(f"{kind}/{ref}"):
            return ref
        return None

    def uids(self, kind: str, refs: Sequence[str], source: str = "") -> dict[str, str]:
        """Many of one name space at once: caller's id → pseudonym, unknown ones left out."""
        field = f"{kind}-ref"
        digests = {digest: ref for ref in refs for digest in self._digests(field, f"{source}\x00{ref}")}
        found = self.found(field, list(digests))
        return {digests[digest]: uid for digest, uid in found.items()}

    def _spaces(self, source: str | None) -> Iterator[str]:
        if source:
            yield source
        yield ""
        if source is None:
            yield from self.sources()

    def sources(self) -> tuple[str, ...]:
        """The source systems of which a batch was imported."""
        start, sources = self._sources
        batches = self.store.by_topic(SourceBatchImported.TOPIC, start=start)
        if batches:
            named = (str(header_of(row.state)["data"]["source"]) for row in batches)
            sources = tuple(dict.fromkeys((*sources, *named)))
            if not self.in_transaction:
                self._sources = (batches[-1].index + 1, sources)  # one assignment: two threads do the work twice
        return sources

    # Subjects.

    def require_uid(self, ref: str, kinds: tuple[SubjectKind, ...], field: str, source: str = "") -> str:
        """The pseudonym of a registered subject of one of these kinds; `Refused` otherwise, with its code."""
        uid = self.uid("subject", ref, source)
        unit_only = SubjectKind.PERSON not in kinds
        if uid is None or self.kind_of(uid) not in kinds:
            what = "unit" if unit_only else "subject"
            raise Refused(f"no such {what} is registered", code=f"unknown-{what}", field=field)
        return uid

    def kind_of(self, uid: str) -> SubjectKind:
        """What kind of subject a pseudonym stands for; refused with `unknown-subject` where it stands for none."""
        kind = self.kinds_known.get(uid)
        if kind is None:
            registered = self.store.recorder.select_events(f"subject/{uid}", limit=1)
            if not registered:
                raise Refused("no such subject is registered", code="unknown-subject")
            kind = SubjectKind(header_of(bytes(registered[0].state))["data"]["kind"])
            self.kinds_known.put(uid, kind)
        return kind

    # Whoever acts.

    def actor_uid(self, login: str, *, subject: bool = False) -> tuple[str, tuple[IndexRow, ...]]:
        """The pseudonym of whoever acts: the person's own where the login is a person's id, else one of its own."""
        if self.in_transaction and not subject:
            known = self.uids_known.get((_ACTOR, "", login))
            if known is not None:
                return known, ()
        uid = self.uid("subject", login, None if subject else "")
        if uid is not None and self.kind_of(uid) is SubjectKind.PERSON:
            return uid, ()
        return self._pseudonym(_ACTOR, login)

    def approver_uid(self, name: str) -> tuple[str, tuple[IndexRow, ...]] | None:
        """The pseudonym of a human who is named by a login or a pseudonym, which leads to itself; None for what is
        none: a unit, and the ledger itself."""
        uid = self.uid("subject", name, "")
        unit = uid is not None and self.kind_of(uid) is not SubjectKind.PERSON
        if unit or name.casefold() == _SYSTEM or name in (self.system_uid(), self.find(_ACTOR, _SYSTEM)):
            return None
        known = is_uuid(name) and self.store.leads_to(_ACTOR, name)
        return (name, ()) if known else self.actor_uid(name)

    def actor_unit(self, unit_id: str | None) -> tuple[str | None, tuple[IndexRow, ...]]:
        """The pseudonym of an actor's unit, which need not be registered (DOMAIN §4.1)."""
        if unit_id is None:
            return None, ()
        uid = self.uid("subject", unit_id)
        return (uid, ()) if uid is not None else self._pseudonym(_ACTOR_UNIT, unit_id)

    def _pseudonym(self, field: str, value: str) -> tuple[str, tuple[IndexRow, ...]]:
        known = self.uids_known.get((field, "", value)) or self.find(field, value)
        if known is not None:
            self.uids_known.put((field, "", value), known)
            return known, ()
        uid = self.fresh_uid()
        return uid, (self.index_row(field, value, uid),)

    def registered(self, ref: str) -> None:
        """Somebody was registered under this id: whoever acted under it before is that subject from now on."""
        for field in (_ACTOR, _ACTOR_UNIT):
            self.uids_known.drop((field, "", ref))
        self.names_mark = object()

    def system_uid(self) -> str:
        """The ledger itself as an actor."""
        return self.book.uid
