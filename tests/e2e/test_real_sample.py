"""The real sample, imported into a real ledger on both databases and counted by what people read: lists and files.

`expected.json` was recounted from the raw public files by separate code. `tests/unit/ledger/importing` counts the lines
before they are written; here the same figures come out of the entries again. Its layer CN has no machine-readable
source and is left out. The stages of discipline cases on four days are not reproduced: no list and no file shows the
sources' trial stages of a day.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger import fsck
from ledger.application import Ledger
from ledger.importing.batch import import_tables
from ledger.importing.mapping import load_mapping
from ledger.opening import create
from projections.aggregates import RecordCounts, count_commitments, count_people, count_records
from projections.integrity_file import integrity_file
from projections.listing import page
from projections.runner import catch_up
from tests.support.golden import Copy
from tests.support.shared import shared_path

IMPORTED = datetime(2026, 1, 2, 1, tzinfo=UTC)
OUTCOMES = {
    "CONFIRMED": "confirmed", "DISMISSED": "dismissed", "CLOSED": "closed_no_finding", "PENDING": "pending",
    "EXPUNGED": "expunged", "UNKNOWN": "unknown",
}  # fmt: skip
LEFT_OUT = ("CN",)
Item = Mapping[str, Any]


class Read:
    """The ledger after the import, with its lists kept and every file opened once, as the auditor sees them."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.engine = ledger.store.engine
        self.files: dict[str, dict[str, Any]] = {}
        for subject in ledger.by_type("SubjectRegistered", ledger.size):
            file = integrity_file(ledger, subject.uid, as_of=IMPORTED.date(), as_known=ledger.size)
            self.files[file["subject"]] = file

    def people(self) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((name, file) for name, file in self.files.items() if file["kind"] == "PERSON")

    def units(self) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((name, file) for name, file in self.files.items() if file["kind"] == "UNIT")

    def of_people(self, part: str) -> list[tuple[str, Item]]:
        return [(name, item) for name, file in self.people() for item in file[part]]

    def records(self) -> list[Item]:
        """Every row of the list of records taken over, less the layers left out."""
        rows = page(self.engine, "records", {}, limit=10_000)
        assert rows.last is None
        return [row for row in rows.rows if row["layer"] not in LEFT_OUT]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def read(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    folder = tmp_path_factory.mktemp("real")
    if request.param == "sqlite":
        with imported(f"sqlite:///{folder / 'real.db'}", folder) as found:
            yield found
    else:
        with request.getfixturevalue("postgres_cluster").database() as url, imported(url, folder) as found:
            yield found


@contextmanager
def imported(url: str, folder: Path) -> Iterator[Read]:
    with Copy(url, folder).keys_given():
        ledger = create(url, clock=lambda: IMPORTED)
        try:
            report = import_tables(ledger, [shared_path("data", "real-sample")], load_mapping("public-records"))
            assert report.rejected == []
            catch_up(ledger, ledger.store.engine)
            yield Read(ledger)
            assert fsck.verify(ledger).ok
        finally:
            ledger.close()


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(shared_path("data", "real-sample", "expected.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture
def want(expected: dict[str, Any]) -> dict[str, Any]:
    breaches: dict[str, Any] = expected["breaches"]
    return breaches


@pytest.fixture
def counts(read: Read) -> RecordCounts:
    return count_records(read.engine, without_layers=LEFT_OUT)


def counted(values: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter("(blank)" if value is None else value for value in values))


def named(by_code: Mapping[str, int]) -> dict[str, int]:
    """Counts by outcome in the words of `expected.json`."""
    return {OUTCOMES[code]: number for code, number in by_code.items()}


def blank(by_year: Mapping[str, int]) -> dict[str, int]:
    return {year or "(blank)": number for year, number in by_year.items()}


def year(day: str | None) -> str:
    return "(blank)" if day is None else day[:4]


def summary(item: Item) -> Item:
    """The source's own words about an item, which only some roles may open."""
    text = next(one for one in item["texts"] if one["event"] == item["events"][0])
    found: Item = text["sections"]["summary"]["summary"]
    return found


# Records: the list.


def test_rows_cases_and_persons(counts: RecordCounts, want: dict[str, Any]) -> None:
    assert counts.rows == want["rows"]
    assert counts.people == want["distinct_officials"]
    assert counts.people_with_confirmed == want["officials_with_confirmed"]
    assert counts.without_person == want["rows_without_official"]
    assert counts.cases == want["distinct_cases"]


def test_findings_by_layer(counts: RecordCounts, want: dict[str, Any]) -> None:
    assert named(counts.by_outcome) == want["by_finding"]
    assert {layer: sum(found.values()) for layer, found in counts.by_layer.items()} == want["by_layer"]
    assert {
        f"{layer}/{name}": number for layer, found in counts.by_layer.items() for name, number in named(found).items()
    } == want["by_layer_finding"]


def test_findings_by_unit(read: Read, counts: RecordCounts, want: dict[str, Any]) -> None:
    others = {layer for layer in counts.by_layer if not layer.startswith(("CHI", "PHL"))}
    by_unit = count_records(read.engine, without_layers={*others, *LEFT_OUT}).by_unit

    assert {
        read.ledger.caller_id(unit) if unit else "(blank)": {"rows": sum(found.values()), **named(found)}
        for unit, found in by_unit.items()
    } == want["by_unit_chi_phl"]


def test_rows_by_year(read: Read, counts: RecordCounts, want: dict[str, Any]) -> None:
    confirmed = count_records(read.engine, outcome="CONFIRMED", without_layers=LEFT_OUT)

    assert blank(counts.by_year["occurred_on"]) == want["by_incident_year"]
    assert blank(counts.by_year["reported_on"]) == want["by_reported_year"]
    assert blank(confirmed.by_year["decided_on"]) == want["by_finding_year_confirmed"]


def test_the_earliest_and_the_latest_dates(counts: RecordCounts, want: dict[str, Any]) -> None:
    fields = {"occurred_on": "incident", "reported_on": "reported", "decided_on": "finding_date"}

    assert {fields[name]: day for name, day in counts.earliest.items()} == want["earliest"]
    assert {fields[name]: day for name, day in counts.latest.items()} == want["latest"]


def test_confirmed_findings_up_to_a_day(read: Read, want: dict[str, Any]) -> None:
    days = [row["decided_on"] for row in read.records() if row["outcome"] == "CONFIRMED" and row["decided_on"]]

    for day, number in want["confirmed_with_finding_date_up_to"].items():
        assert sum(one <= day for one in days) == number, day


def test_each_person_has_their_own_rows(read: Read, want: dict[str, Any]) -> None:
    people = count_people(read.engine, without_layers=LEFT_OUT)
    found = {read.ledger.caller_id(one.subject): one for one in people}

    assert counted(str(one.confirmed) for one in people if one.confirmed) == want["histogram_confirmed_per_official"]
    assert sum(one.cases for one in people) == want["official_case_pairs"]
    for one in (*want["top20_officials_by_confirmed"], *want["top20_officials_by_rows"]):
        person = found[one["official_id"]]
        assert (person.rows, person.confirmed, person.cases) == (one["rows"], one["confirmed"], one["cases"])
    confirmed = sorted((one.confirmed for one in people), reverse=True)[:20]
    assert confirmed == [one["confirmed"] for one in want["top20_officials_by_confirmed"]]
    rows = sorted((one.rows for one in people), reverse=True)[:20]
    assert rows == [one["rows"] for one in want["top20_officials_by_rows"]]


def test_findings_that_contradict_each_other_are_both_kept(read: Read, want: dict[str, Any]) -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for row in read.records():
        if row["subject"]:
            found.setdefault((row["subject"], row["case_ref"]), set()).add(row["outcome"])

    assert (
        sum(len(outcomes) > 1 for outcomes in found.values()) == want["official_case_pairs_with_contradicting_findings"]
    )


def test_rows_reported_before_they_happened_are_kept_as_they_are(read: Read, want: dict[str, Any]) -> None:
    early = [
        row
        for row in read.records()
        if row["occurred_on"]
        and row["reported_on"]
        and row["reported_on"] < row["occurred_on"][: len(row["reported_on"])]
    ]

    assert len(early) == want["anomalies"]["reported_before_incident"]


def test_penalties_are_kept_word_for_word(read: Read, want: dict[str, Any]) -> None:
    """In the personal section of each record, also of those that are about nobody identified."""
    codes = [
        read.ledger.sections(entry, ("summary",))["summary"]["summary"].get("penalty_code")
        for entry in read.ledger.by_type("RecordImported", read.ledger.size)
        if entry.data["layer"] not in LEFT_OUT
    ]

    assert counted(codes) == want["by_penalty_code"]


# Persons and units: their files.


def of_person(file: Item) -> list[Item]:
    return [item for item in file["imported"] if item["layer"] not in LEFT_OUT]


def test_the_file_of_a_person_shows_their_records(read: Read, expected: dict[str, Any]) -> None:
    for person, want in expected["spot"]["people"].items():
        file = read.files[person]
        rows = of_person(file)
        confirmed = [row for row in rows if row["outcome"] == "CONFIRMED"]
        found = {
            "breach_rows": len(rows),
            "cases": len({row["case"] for row in rows}),
            "by_finding": counted(OUTCOMES[row["outcome"]] for row in rows),
            "confirmed_by_year": counted(year(row["decided_on"]) for row in confirmed),
            "by_penalty_code": counted(summary(row).get("penalty_code") for row in rows),
            "commendations_by_status": counted(item["status"].replace("_", " ") for item in file["commendations"]),
            "unit_assignments": len(chicago(file)),
            "unit_on": {day: unit_on(file, day) for day in want["unit_on"]},
        }
        assert found == want, person


def chicago(file: Item) -> list[Item]:
    """The posts of the one source whose assignments were recounted."""
    return [post for post in file["posts"] if post["unit"].startswith("CHI")]


def unit_on(file: Item, day: str) -> str:
    """The unit of the post that was held on a day, the one begun last; empty where none was."""
    held = [post for post in chicago(file) if post["from"] <= day and (post["to"] is None or day <= post["to"])]
    return held[-1]["unit"] if held else ""


def test_the_files_add_up_to_the_list(read: Read, counts: RecordCounts) -> None:
    shown = [item for _, item in read.of_people("imported") if item["layer"] not in LEFT_OUT]

    assert len(shown) == counts.rows - counts.without_person
    assert sum(item["outcome"] == "CONFIRMED" for item in shown) == sum(
        one.confirmed for one in count_people(read.engine, without_layers=LEFT_OUT)
    )


def test_commendations(read: Read, expected: dict[str, Any]) -> None:
    want, items = expected["commendations"], read.of_people("commendations")
    given = sorted(item["given_on"] for _, item in items)
    status = {(person, item["events"][0]): item["status"].replace("_", " ") for person, item in items}
    final = Counter(person for (person, _), state in status.items() if state == "FINAL")
    rows = Counter(person for person, _ in items)

    assert len(items) == want["rows"]
    assert len(rows) == want["distinct_officials"]
    assert counted(status.values()) == want["by_status"]
    assert counted(summary(item)["category"] for _, item in items) == want["by_category"]
    assert counted(summary(item)["source"] for _, item in items) == want["by_source"]
    assert counted(year(item["given_on"]) for _, item in items) == want["by_year"]
    assert (given[0], given[-1]) == (want["earliest"], want["latest"])
    for one in want["top20_officials_by_final"]:
        assert (final[one["official_id"]], rows[one["official_id"]]) == (one["final"], one["rows"])


def test_posts(read: Read, expected: dict[str, Any]) -> None:
    want = expected["unit_history_chi"]
    posts = {person: chicago(file) for person, file in read.people()}
    all_posts = [post for held in posts.values() for post in held]

    assert len(all_posts) == want["rows"]
    assert sum(bool(held) for held in posts.values()) == want["distinct_officials"]
    assert len({post["unit"] for post in all_posts}) == want["distinct_units"]
    assert sum(post["to"] is None for post in all_posts) == want["open_assignments"]
    assert sum(post["to"] is not None and post["to"] < post["from"] for post in all_posts) == want["end_before_start"]
    assert (
        sum(sum(post["to"] is None for post in held) > 1 for held in posts.values())
        == (want["officials_with_more_than_one_open"])
    )


def test_ranks(read: Read, expected: dict[str, Any]) -> None:
    ranks = {item["events"][0]: item["rank"] for _, item in read.of_people("ranks")}
    sources = {
        entry.index: read.ledger.sections(entry, ("summary",))["summary"]["summary"]["source"]
        for entry in read.ledger.by_type("RankRecorded", read.ledger.size)
    }

    assert ranks.keys() == sources.keys()
    assert counted(ranks[index] for index, source in sources.items() if source == "NYC") == expected["rank_history_nyc"]


def test_commitments(read: Read, expected: dict[str, Any]) -> None:
    want, counts = expected["commitments"], count_commitments(read.engine)
    items = [item for _, file in read.units() for item in file["commitments"]]

    assert counts.rows == len(items) == want["rows"]
    assert counts.promisors == want["distinct_units"]
    assert blank(counts.by_due_year) == want["by_due_year"]
    fields = {"made_on": "start", "due": "due"}
    assert {
        f"{fields[name]}_precision_{length}": number
        for name, lengths in counts.precision.items()
        for length, number in lengths.items()
    } == want["precision"]
    assert counted(item["origin"] for item in items) == want["by_source"]
    of_source = {item["id"]: summary(item) for item in items}
    assert counted(f"{one['source']}/{one['status']}" for one in of_source.values()) == want["by_source_status"]
    assert counted(one.get("completion_level") for one in of_source.values()) == want["by_level"]


def test_assessments_of_commitments(read: Read, expected: dict[str, Any]) -> None:
    stages = [
        f"{item['origin']}/{one['stage'].lower()}/{year(one['observed_on'])}"
        for _, file in read.units()
        for item in file["commitments"]
        for one in item["assessments"]
    ]

    assert counted(stages) == expected["commitment_updates"]


def test_what_another_release_says_stands_beside_the_record(read: Read) -> None:
    """330 and 18 observations join one allegation each, 53 revisions their row; the others stand on their own."""
    observed = sum(row["observations"] for row in page(read.engine, "records", {}, limit=10_000).rows)

    assert observed == 330 + 18 + 53
