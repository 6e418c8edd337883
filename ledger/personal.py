"""Personal sections, sealed under their owner's key and opened again; what only they say (DESIGN §3).

The caller's own id of a person and who reported a case stand in sections alone. What is erased is absent here, and
nothing is opened that its entry did not commit to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ledger.domain.breach import Breach
from ledger.entries import Entries
from ledger.errors import Refused, VerificationError
from ledger.line import LineActor
from ledger.mapper import disclosure_digest, header_of, logged
from ledger.reading import Logged
from ledger.storage.sealed import Place, open_sealed, seal

IDENTIFYING = ("SubjectRegistered", "SubjectIdentityCorrected")


class Personal(Entries):
    """What lies beside the entries, and is nobody's to read without its key."""

    origin: str

    def seal_section(
        self, stream: str, version: int, section: str, owner: str, retention: str, disclosure: bytes
    ) -> bytes:
        """A disclosure under its owner's key; the key is durable before the transaction that uses it (DESIGN §3)."""
        place = Place(self.origin, stream, version, section, owner)
        return seal(self.keys.get_or_create(owner, retention), disclosure, place)

    def sections(self, entry: Logged, names: Iterable[str] | None = None) -> dict[str, Any]:
        """The personal sections of an entry, opened and checked against its digests; erased ones are absent."""
        return {name: msgspec.json.decode(opened)[2] for name, opened in self.disclosed(entry, names).items()}

    def disclosed(self, entry: Logged, names: Iterable[str] | None = None) -> dict[str, bytes]:
        """The same as the bytes that their digests are of: what an evidence bundle discloses."""
        wanted = None if names is None else set(names)
        if not entry.sections:
            return {}
        stored = self.store.entry(entry.index)  # a merged registration's entry is read under another stream
        committed = set(header_of(stored.state)["sd"])
        found = {}
        for (_, name), disclosure in self.store.disclosures([entry.index]).items():
            if wanted is not None and name not in wanted:
                continue
            key = self.keys.get(disclosure.subject, disclosure.retention)
            if key is None:
                continue
            place = Place(self.origin, stored.stream, stored.version, name, disclosure.subject)
            opened = open_sealed(key, disclosure.sealed, place)
            if disclosure_digest(opened) not in committed:
                raise VerificationError("a disclosure is not the one its entry commits to", code="wrong-disclosure")
            found[name] = opened
        return found

    def caller_id(self, uid: str) -> str:
        """The id under which a caller knows a subject, the newest one; the pseudonym itself once that is erased."""
        identity = self.identity(uid)
        return str(identity.get("subject_id") or uid)

    def caller_ids(self, uid: str) -> list[str]:
        """All ids under which a caller ever knew a subject."""
        stated = (self._stated(entry) for entry in self._identifying(uid))
        return [str(one["subject_id"]) for one in stated if one.get("subject_id")]

    def identity(self, uid: str, size: int | None = None) -> dict[str, Any]:
        """Who a subject is, as known at a size: `subject_id`, `name`, `id_number`, `uscc`, each as corrected last; what
        was erased, or never said, is absent."""
        found: dict[str, Any] = {}
        for entry in self._identifying(uid, size):
            found |= self._stated(entry)
        return found

    def _identifying(self, uid: str, size: int | None = None) -> list[Logged]:
        entries = map(logged, self.store.stream_entries(f"subject/{uid}", size))
        return [entry for entry in entries if entry.type in IDENTIFYING]

    def _stated(self, entry: Logged) -> dict[str, Any]:
        """What one entry says of who a subject is; a unit's is plain, a person's in the section."""
        said = {**entry.data, **(self.sections(entry, ("identity",)).get("identity") or {})}
        if entry.type != IDENTIFYING[0]:
            said.pop("subject_id", None)
        named = {"subject_id": said.get("ref") or said.get("subject_id")}
        return {
            name: value
            for name, value in {**{name: said.get(name) for name in ("name", "id_number", "uscc")}, **named}.items()
            if value is not None
        }

    def is_reporter(self, breach: Breach, actor: LineActor) -> bool:
        """Whether this actor reported the case; refused while the section cannot be read (DESIGN §3)."""
        return self.reporter_of(breach) == actor.id

    def reporter_of(self, breach: Breach) -> str | None:
        """The login of whoever reported a case, None for a record taken over; refused while it cannot be read."""
        if breach.record_kind is not None:
            return None
        (first, *_) = self.store.stream_entries(breach.id, None)
        entry = logged(first)
        reporter = self.sections(entry, ("reporter",)).get("reporter")
        if reporter is None:
            raise Refused("who reported the case cannot be read", code="reporter-unreadable")
        return str(reporter["id"])
