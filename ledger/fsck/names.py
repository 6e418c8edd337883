"""The blind index: every name given to a record leads to it, and nothing else is there.

Entries and their sections say which values were indexed; their keyed digests are made again and looked up. Actors'
logins are written nowhere, so of their rows it is known only that each pseudonym stands in an entry and each actor of
an entry has one. Counts by field show rows that no entry accounts for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from msgspec import UNSET

from ledger.fsck.columns import Stated
from ledger.fsck.report import Findings
from ledger.fsck.sections import Opened
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.storage.keys import KeyStore

ACTORS: Final = ("actor", "actor-unit")
TAKEN_OVER: Final = "taken-over"
# The kind of record a type's caller gives an id to, and the member that holds it.
REFS: Final = {
    "SubjectRegistered": ("subject", "ref"),
    "CommitmentMade": ("commitment", "commitment_id"),
    "CommitmentImported": ("commitment", "source_record"),
    "BreachReported": ("breach", "breach_id"),
    "AuthorityRecordImported": ("breach", "breach_id"),
    "ConsentGiven": ("consent", "consent_id"),
    "EligibilityCheckRequested": ("check", "check_id"),
    "AssessmentSchemeAdopted": ("scheme", "scheme_id"),
    "AssessmentScored": ("assessment", "assessment_id"),
    "RulebookPublished": ("rulebook", "rulebook_id"),
    "RulebookActivated": ("rulebook", "rulebook_id"),
    "RecordImported": ("record", "source_record"),
    "SourceStateObserved": ("record", "source_record"),
    "RepairApplied": ("repair", "repair_id"),
}
# Values other than ids: the type, the member, the field of the index.
VALUES: Final = {
    "SubjectRegistered": (("id_number", "id-number"), ("uscc", "uscc")),
    "SourceBatchImported": (("digest", "batch"),),
    "HistoryLoaded": (("digest", "batch"),),
}
# Which stream a row leads to, where it is not the field's own kind.
KINDS: Final = {"repair": "breach", "id-number": "subject", "uscc": "subject", "conduct": "breach", "batch": "ledger"}
_DECISIONS: Final = ("BreachConfirmed", "BreachDismissed")
_BY_SOURCE: Final = ("CommendationRecorded", "RankRecorded")

_ROWS = "SELECT field, digest, uid FROM blind_index WHERE (field, digest) > (?, ?) ORDER BY field, digest LIMIT ?"
_FIND = "SELECT digest, uid FROM blind_index WHERE field = ? AND digest IN (?*)"
_STREAMS = "SELECT stream FROM entries WHERE version = 1 AND stream IN (?*)"
_KINDS_OF = "SELECT DISTINCT stream FROM entries WHERE stream LIKE ?"
_EARLIER = "SELECT state FROM entries WHERE stream = ? AND idx < ? ORDER BY idx"


@dataclass(frozen=True, slots=True)
class Name:
    """A value that an entry gives to a record: where it is indexed, and where it leads."""

    index: int
    field: str
    value: str
    uid: str
