"""The real sample, counted from the lines an import makes of it: the aggregates that separate code recounted.

`expected.json` leaves out the layer CN, which has no machine-readable source.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import pytest

from ledger.importing.batch import IMPORTER
from ledger.importing.mapping import load_mapping
from ledger.importing.plan import Tally, examine
from ledger.importing.scratch import Scratch
from ledger.importing.tables import find_tables
from tests.support.shared import shared_path

OUTCOMES = {
    "CONFIRMED": "confirmed",
    "DISMISSED": "dismissed",
    "CLOSED": "closed_no_finding",
    "PENDING": "pending",
    "EXPUNGED": "expunged",
    "UNKNOWN": "unknown",
}
Data = Mapping[str, Any]
Counts = dict[str, int]


def nobody(_: str, __: Collection[str]) -> Mapping[str, str]:
    return {}


class Sample:
    """The lines of the sample, a list of data for each table, with the tallies of the plan."""

    def __init__(self) -> None:
        mapping = load_mapping("public-records")
        self.data: dict[str, list[Data]] = {}
        self.records: dict[str, list[str]] = {}
        with Scratch() as scratch:
            plan = examine(find_tables([shared_path("data", "real-sample")], mapping), mapping, scratch, nobody)
            for file in plan.tables:
                lines = [one for chunk in plan.lines(file, IMPORTER, date(2026, 1, 2)) for one in chunk]
                self.data[file.table.name] = [one.line.data for one in lines]
                self.records[file.table.name] = [one.record for one in lines]
        self.tallies: dict[str, Tally] = plan.tallies
        self.rejected = plan.rejected
        self.breaches = [row for row in self.data["breaches"] if row["layer"] != "CN"]
        self.confirmed = [row for row in self.breaches if row["outcome"] == "CONFIRMED"]


@pytest.fixture(scope="module")
def sample() -> Sample:
    return Sample()


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(shared_path("data", "real-sample", "expected.json").read_text(encoding="utf-8"))
    return loaded


def year(text: str | None) -> str:
    return "(blank)" if text is None else text[:4]


def counted(values: Iterable[str]) -> Counts:
    return dict(Counter(values))


def persons(rows: Iterable[Data]) -> Counter[str]:
    return Counter(row["subject_id"] for row in rows if "subject_id" in row)


def findings(rows: Iterable[Data]) -> Counts:
    return counted(OUTCOMES[row["outcome"]] for row in rows)


def test_every_row_is_a_line_but_the_three_assignments_without_a_first_day(sample: Sample) -> None:
    assert sample.rejected == []
    assert {name: (tally.rows, dict(tally.reasons)) for name, tally in sample.tallies.items()} == {
        "units": (198, {}),
        "officials": (96, {}),
        "unit_history": (313, {"value-missing": 3}),
        "rank_history": (83, {}),
        "breaches": (877, {}),
        "finding_events": (502, {}),
        "commendations": (336, {}),
        "commitments": (123, {}),
        "commitment_updates": (238, {}),
        "status_revisions": (55, {}),
    }
    assert all(len(sample.data[name]) == tally.rows - tally.skipped for name, tally in sample.tallies.items())


def test_rows_cases_and_persons(sample: Sample, expected: dict[str, Any]) -> None:
    want = expected["breaches"]

    assert len(sample.breaches) == want["rows"]
    assert len(persons(sample.breaches)) == want["distinct_officials"]
    assert len({row["case_ref"] for row in sample.breaches}) == want["distinct_cases"]
    assert sum("subject_id" not in row for row in sample.breaches) == want["rows_without_official"]
    assert len(persons(sample.confirmed)) == want["officials_with_confirmed"]


def test_findings_by_layer(sample: Sample, expected: dict[str, Any]) -> None:
    want = expected["breaches"]

    assert findings(sample.breaches) == want["by_finding"]
    assert counted(row["layer"] for row in sample.breaches) == want["by_layer"]
    assert counted(f"{row['layer']}/{OUTCOMES[row['outcome']]}" for row in sample.breaches) == want["by_layer_finding"]


def test_findings_by_unit(sample: Sample, expected: dict[str, Any]) -> None:
    units: dict[str, list[Data]] = {}
    for row in sample.breaches:
        if row["layer"].startswith(("CHI", "PHL")):
            units.setdefault(row.get("unit_id", "(blank)"), []).append(row)

    assert {unit: {"rows": len(rows), **findings(rows)} for unit, rows in units.items()} == expected["breaches"][
        "by_unit_chi_phl"
    ]


@pytest.mark.parametrize(
    ("member", "aggregate"), [("occurred_on", "by_incident_year"), ("reported_on", "by_reported_year")]
)
def test_rows_by_year(sample: Sample, expected: dict[str, Any], member: str, aggregate: str) -> None:
    assert counted(year(row.get(member)) for row in sample.breaches) == expected["breaches"][aggregate]


def test_confirmed_findings_by_year(sample: Sample, expected: dict[str, Any]) -> None:
    want = expected["breaches"]
    dates = [row["decided_on"] for row in sample.confirmed if "decided_on" in row]

    assert counted(year(row.get("decided_on")) for row in sample.confirmed) == want["by_finding_year_confirmed"]
    for day, count in want["confirmed_with_finding_date_up_to"].items():
        assert sum(one <= day for one in dates) == count, day


def test_the_earliest_and_the_latest_dates(sample: Sample, expected: dict[str, Any]) -> None:
    dates = {
        name: sorted(row[member] for row in sample.breaches if member in row)
        for name, member in (("incident", "occurred_on"), ("reported", "reported_on"), ("finding_date", "decided_on"))
    }

    assert {name: values[0] for name, values in dates.items()} == expected["breaches"]["earliest"]
    assert {name: values[-1] for name, values in dates.items()} == expected["breaches"]["latest"]


def test_penalties_are_kept_in_the_summary(sample: Sample, expected: dict[str, Any]) -> None:
    codes = counted(row["summary"].get("penalty_code", "(blank)") for row in sample.breaches)

    assert codes == expected["breaches"]["by_penalty_code"]


def test_each_person_has_their_own_rows(sample: Sample, expected: dict[str, Any]) -> None:
    want = expected["breaches"]
    rows, confirmed = persons(sample.breaches), persons(sample.confirmed)
    pairs = {(row["case_ref"], row["subject_id"]) for row in sample.breaches if "subject_id" in row}

    assert counted(str(count) for count in confirmed.values()) == want["histogram_confirmed_per_official"]
    assert len(pairs) == want["official_case_pairs"]
    for one in (*want["top20_officials_by_confirmed"], *want["top20_officials_by_rows"]):
        person = one["official_id"]
        cases = sum(subject == person for _, subject in pairs)
        assert (rows[person], confirmed[person], cases) == (one["rows"], one["confirmed"], one["cases"])


def test_repeated_rows_point_to_the_first_and_the_first_to_nobody(sample: Sample) -> None:
    rows = {row["source_record"]: row for row in sample.data["breaches"]}
    repeated = {record: row["duplicate_of"] for record, row in rows.items() if "duplicate_of" in row}

    assert len(repeated) == 34
    for record, first in repeated.items():
        own = {name: value for name, value in rows[record].items() if name not in ("source_record", "duplicate_of")}
        assert own == {name: value for name, value in rows[first].items() if name != "source_record"}


def test_rows_of_nobody_carry_their_case(sample: Sample) -> None:
    nobodys = [row for row in sample.data["breaches"] if "subject_id" not in row]

    assert len(nobodys) == 90
    assert sum("unit_id" not in row for row in nobodys) == 4
    assert all(row["case_ref"] for row in nobodys)


def test_commendations(sample: Sample, expected: dict[str, Any]) -> None:
    want, rows = expected["commendations"], sample.data["commendations"]
    given = sorted(row["given_on"] for row in rows)

    assert len(rows) == want["rows"]
    assert len(persons(rows)) == want["distinct_officials"]
    assert counted(row["status"].replace("_", " ") for row in rows) == want["by_status"]
    assert counted(row["summary"]["category"] for row in rows) == want["by_category"]
    assert counted(year(row["given_on"]) for row in rows) == want["by_year"]
    assert (given[0], given[-1]) == (want["earliest"], want["latest"])


def test_commitments_keep_year_and_month(sample: Sample, expected: dict[str, Any]) -> None:
    want, rows = expected["commitments"], sample.data["commitments"]

    assert len(rows) == want["rows"]
    assert len({row["promisor_id"] for row in rows}) == want["distinct_units"]
    assert counted(f"{row['summary']['source']}/{row['summary']['status']}" for row in rows) == want["by_source_status"]
    assert counted(year(row.get("due")) for row in rows) == want["by_due_year"]
    precision = Counter(f"{member}_precision_{len(row.get(member, ''))}" for row in rows for member in ("start", "due"))
    assert dict(precision) == want["precision"]


def test_assessments_without_a_year_are_kept(sample: Sample, expected: dict[str, Any]) -> None:
    rows = sample.data["commitment_updates"]

    assert (
        counted(f"{row['summary']['source']}/{row['stage'].lower()}/{year(row.get('observed_on'))}" for row in rows)
        == expected["commitment_updates"]
    )


def test_ranks_and_posts(sample: Sample, expected: dict[str, Any]) -> None:
    ranks = [row for row in sample.data["rank_history"] if row["summary"]["source"] == "NYC"]
    posts = [row for row in sample.data["unit_history"] if row["unit_id"].startswith("CHI")]
    want = expected["unit_history_chi"]

    assert counted(row["rank"] for row in ranks) == expected["rank_history_nyc"]
    assert len(posts) == want["rows"]
    assert len(persons(posts)) == want["distinct_officials"]
    assert len({row["unit_id"] for row in posts}) == want["distinct_units"]
    assert sum("to" not in row for row in posts) == want["open_assignments"]


def test_observations_join_the_record_they_are_about(sample: Sample) -> None:
    known = {row["source_record"] for row in sample.data["breaches"]}
    joined = [row["source_record"] in known for row in sample.data["finding_events"]]
    own = [
        row["source_record"] == record
        for row, record in zip(sample.data["finding_events"], sample.records["finding_events"], strict=True)
    ]

    assert sum(joined) == 330 + 18  # one allegation of that case and person; one of several in the same category
    assert [not one for one in own] == joined
    assert sum(row["source_record"] in known for row in sample.data["status_revisions"]) == 53
