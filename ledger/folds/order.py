"""The order in which the entries of one record are folded (DESIGN §6).

Known is what stands below a size of the log. Of what is known, an entry counts from its `effective_on` on; entries of
one day keep the order of the log. A correction is the exception: as known after it, the corrected value holds from the
start, on every day, so it is written into the entry it corrects before anything is folded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from msgspec.structs import replace

from ledger.folds.source import Source
from ledger.reading import Logged

CORRECTION = "RecordCorrected"


def in_legal_order(entries: Iterable[Logged]) -> list[Logged]:
    """By the day they count from; one day's entries in log order."""
    return sorted(entries, key=lambda entry: (entry.effective_on, entry.index))


def until(entries: Iterable[Logged], on: date) -> list[Logged]:
    """The entries that count on a day."""
    return [entry for entry in entries if entry.effective_on <= on]


def records_of(source: Source, subject: str, size: int) -> dict[str, list[Logged]]:
    """Every record that touches a subject, by stream, in the order of their first entries, each of them whole.

    A case lists all its subjects on every entry, so its stream is complete as found; where it is not (a correction
    brought the unit in later) the stream is read from its beginning.
    """
    streams: dict[str, list[Logged]] = {}
    for entry in source.history(subject, size):
        streams.setdefault(entry.stream, []).append(entry)
    partial = [stream for stream, entries in streams.items() if entries[0].kind == "breach" and not _gapless(entries)]
    for stream in partial:
        streams[stream] = list(source.stream(stream, size))
    if not partial:
        return streams
    return dict(sorted(streams.items(), key=lambda item: item[1][0].index))


def with_corrections(entries: Sequence[Logged]) -> list[Logged]:
    """The entries of one record with every known correction written into the entry it names."""
    corrections = [entry for entry in entries if entry.type == CORRECTION]
    if not corrections:
        return list(entries)
    changed: dict[int, dict[str, Any]] = {}
    for correction in corrections:
        target = _target(entries, correction)
        if target is not None:
            # An entry leaves out what is null, so a member corrected to nothing has no value here either.
            data = changed.setdefault(target.index, dict(target.data))
            data[correction.data["field"]] = correction.data.get("corrected_value")
    return [replace(entry, data=changed[entry.index]) if entry.index in changed else entry for entry in entries]


def _gapless(entries: Sequence[Logged]) -> bool:
    return entries[0].version == 1 and entries[-1].version == len(entries)


def _target(entries: Sequence[Logged], correction: Logged) -> Logged | None:
    """The entry a correction changes: the one it names by index or by type, if that holds the field; else the newest
    that holds it; else, for a field that was left out, the one that opened the record."""
    named, field = str(correction.data["target_event"]), correction.data["field"]
    earlier = [entry for entry in entries if entry.index < correction.index and entry.type != CORRECTION]
    holding = [entry for entry in reversed(earlier) if field in entry.data]
    for entry in holding:
        if named in (str(entry.index), entry.type):
            return entry
    return holding[0] if holding else next(iter(earlier), None)
