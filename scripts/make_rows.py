"""Makes a folder of fictional public records of any size: the ten tables that the mapping `public-records` reads.

`python scripts/make_rows.py FOLDER --rows 200000 --seed 1` writes the same bytes for the same seed on every machine,
one row at a time, in the proportions of real releases and with their oddities: missing dates and persons, years and
months instead of days, repeated rows, overlapping and open assignments, two words for one thing. Everything is made up.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

COLUMNS = {
    "units": "unit_id,name_or_code,parent_unit_id,source,status",
    "officials": "official_id,unit_id,rank_or_level,post_category,appointed_on,resigned_on,source,status,last_seen_on,"
    "appointed_on_raw,resigned_on_raw,as_of",
    "unit_history": "official_id,unit_id,from,to,source,from_precision,quality_code",
    "rank_history": "official_id,rank,effective_on,first_seen_year,last_seen_year,pay_grade,source",
    "breaches": "record_id,official_id,unit_id,incident_date,reported_date,category,finding,finding_date,penalty,"
    "penalty_code,case_id,incident_end_date,category_code,finding_detail,finding_raw,recommended_finding_raw,"
    "recommended_penalty_raw,penalty_days,case_status_raw,rank_at_time,allegation_no,unit_id_source,source,layer",
    "finding_events": "event_id,case_id,official_id,accusation_ref,category_code,category,unit_id,finding,finding_raw,"
    "stage_raw,penalty_raw,penalty_days,penalty_stage_raw,observed_on,layer",
    "commendations": "record_id,official_id,unit_id,date,category,status,end_date,requested_on,ceremony_on,award_ref,"
    "source,layer",
    "commitments": "record_id,unit_id,title,category,start,due,status,completion_level,updated_on,source,plan_ref,"
    "commitment_no,made_in,start_raw,due_raw,status_raw",
    "commitment_updates": "record_id,unit_id,observed_on,stage,status_raw,second_status_raw,completion_level,start,due,"
    "start_raw,due_raw,source",
    "status_revisions": "table,record_id,official_id,previous_observed_on,observed_on,field,old_value,new_value",
}  # fmt: skip
SHARES = {
    "units": 70, "officials": 34, "unit_history": 111, "rank_history": 29, "breaches": 311, "finding_events": 178,
    "commendations": 119, "commitments": 44, "commitment_updates": 84, "status_revisions": 20,
}  # fmt: skip
CATEGORIES = (
    ("05A", "EXCESSIVE FORCE:  ARRESTEE - DURING ARREST"), ("10U", "INADEQUATE/FAILURE TO PROVIDE SERVICE"),
    ("10V", "INVENTORY PROCEDURES"), ("01B ", "IMPROPER SEARCH OF PERSON "), ("S042", "CONDUCT UNBECOMING, OFF DUTY"),
    ("", "违反中央八项规定精神：收受“礼金”"),
)  # fmt: skip
FINDINGS = (
    ("dismissed", ("NOT SUSTAINED", "NS", "UNFOUNDED", "EX")), ("confirmed", ("SU", "SUSTAINED", "Sustained")),
    ("closed_no_finding", ("NAF", "Closed/No Finding")), ("pending", ("",)), ("unknown", ("",)),
    ("expunged", ("Expunged",)),
)  # fmt: skip
FINDING_WEIGHTS = (57, 24, 13, 3, 2, 1)
PENALTIES = (
    ("NO ACTION TAKEN", "600", ""), ("001 - 1 SUSPENSION", "001", "1"), ("1 DAY SUSPENSION", "001", "1"),
    ("REPRIMAND", "100", ""), ("RESIGNED - NOT SERVED", "800", ""), ("开除党籍；开除公职", "", ""), ("", "", ""),
)  # fmt: skip
RANKS = ("POLICE OFFICER", "SERGEANT", "DETECTIVE", "LIEUTENANT", "CAPTAIN", "单位负责人")
AWARDS = ("HONORABLE MENTION", "EXCELLENT POLICE DUTY", "LIFE SAVING AWARD", "COMPLIMENTARY LETTER")
AWARD_STATES = ("FINAL", "DELETED", "PENDING APPROVAL", "PRELIMINARY", "DENIED")
FIRST_DAY, LAST_DAY = date(1981, 1, 1), date(2024, 12, 31)


class City:
    """One made-up set of tables; rows are drawn in the order of the tables, from one stream of chance."""

    def __init__(self, rows: int, seed: int) -> None:
        total = sum(SHARES.values())
        self.counts = {name: max(2, rows * share // total) for name, share in SHARES.items()}
        self.counts["breaches"] += max(0, rows - sum(self.counts.values()))
        self.chance = Random(seed)  # noqa: S311 – made-up data, not secrets
        self.tables: dict[str, Callable[[], Iterator[list[str]]]] = {name: getattr(self, name) for name in COLUMNS}

    def day(self) -> date:
        return FIRST_DAY + timedelta(days=self.chance.randrange((LAST_DAY - FIRST_DAY).days))

    def maybe(self, probability: float, text: str) -> str:
        return text if self.chance.random() < probability else ""

    def unit(self) -> str:
        return f"HBR-{self.chance.randrange(1, self.counts['units']):05}"

    def person(self) -> str:
        return f"o{self.chance.randrange(self.counts['officials']):014x}"

    def units(self) -> Iterator[list[str]]:
        yield ["HBR", "Harbour City police department", "", "HBR", "active"]
        for number in range(1, self.counts["units"]):
            state = self.chance.choice(("active", "active", "inactive", ""))
            yield [f"HBR-{number:05}", self.maybe(0.98, f"DISTRICT {number:05}"), "HBR", "HBR", state]

    def officials(self) -> Iterator[list[str]]:
        for number in range(self.counts["officials"]):
            begun = self.maybe(0.7, self.day().isoformat())
            state = self.chance.choice(("active", "inactive", "left", ""))
            rank = self.chance.choice(RANKS)
            yield [f"o{number:014x}", self.unit(), rank, "line", begun, "", "HBR", state, "", begun, "", "2018-08"]

    def unit_history(self) -> Iterator[list[str]]:
        for number in range(self.counts["unit_history"]):
            begun = self.day()
            ended = self.maybe(0.8, (begun + timedelta(days=self.chance.randrange(3_000))).isoformat())
            person = f"o{number % self.counts['officials']:014x}"
            unit = f"HBR-{1 + number % (self.counts['units'] - 1):05}"
            start = self.maybe(0.99, begun.isoformat())
            yield [person, unit, start, ended or "2025-06-30", "HBR", "recorded", "1" if ended else "0"]

    def rank_history(self) -> Iterator[list[str]]:
        for number in range(self.counts["rank_history"]):
            since = self.maybe(0.85, self.day().isoformat())
            person = f"o{number % self.counts['officials']:014x}"
            yield [person, self.chance.choice(RANKS), since, "2002", "2018", "D|1", "HBR"]

    def breaches(self) -> Iterator[list[str]]:
        row: list[str] = []
        for number in range(self.counts["breaches"]):
            record = f"b{number:014x}"
            if row and self.chance.random() < 0.04:
                yield [record, *row[1:]]
                continue
            row = [record, *self._breach(number)]
            yield row

    def _breach(self, number: int) -> list[str]:
        happened = self.day()
        reported = happened + timedelta(days=self.chance.randrange(-2, 60))
        decided = reported + timedelta(days=self.chance.randrange(30, 900))
        length = self.chance.choices((10, 7, 4, 0), (90, 1, 1, 8))[0]
        code, category = self.chance.choice(CATEGORIES)
        (finding, words), penalty = self.chance.choices(FINDINGS, FINDING_WEIGHTS)[0], self.chance.choice(PENALTIES)
        case = f"c{number * 4 // 5:014x}"
        unit = self.maybe(0.96, self.unit())
        known = self.chance.choice(("recorded", "history")) if unit else "missing"
        closed = self.maybe(0.9, decided.isoformat())
        return [
            self.maybe(0.9, self.person()), unit, happened.isoformat()[:length], self.maybe(0.97, reported.isoformat()),
            category, finding, closed, penalty[0], penalty[1], case, "", code, finding, self.chance.choice(words), "",
            "", penalty[2], "", self.chance.choice(RANKS), "", known, "HBR", "HBR00",
        ]  # fmt: skip

    def finding_events(self) -> Iterator[list[str]]:
        for number in range(self.counts["finding_events"]):
            case = f"c{self.chance.randrange(self.counts['breaches']):014x}"
            (finding, words), (code, category) = self.chance.choice(FINDINGS), self.chance.choice(CATEGORIES)
            word = self.chance.choice(words)
            yield [
                f"e{number:014x}", case, self.maybe(0.7, self.person()), self.maybe(0.7, f"a{number:010x}"), code,
                category, self.maybe(0.6, self.unit()), finding, word, "Case Final", "", "", "",
                self.chance.choice(("2018-03", "2023-08", "2023-09")), "HBR23A",
            ]  # fmt: skip

    def commendations(self) -> Iterator[list[str]]:
        for number in range(self.counts["commendations"]):
            state = self.chance.choices(AWARD_STATES, (80, 14, 3, 2, 1))[0]
            yield [
                f"m{number:014x}", self.person(), self.maybe(0.85, self.unit()), self.day().isoformat(),
                self.chance.choice(AWARDS), state, "", self.maybe(0.7, self.day().isoformat()), "",
                self.maybe(0.7, f"r{number // 2:014x}"), "HBR", "AW18",
            ]  # fmt: skip

    def commitments(self) -> Iterator[list[str]]:
        for number in range(self.counts["commitments"]):
            start, level = self.day(), self.chance.choice(("Complete", "Substantial", "Limited", "Not Started", ""))
            due = start + timedelta(days=self.chance.randrange(300, 4_000))
            length = self.chance.choices((10, 7, 0), (80, 8, 12))[0]
            yield [
                f"k{number:014x}", self.unit(), f"Programme “{number}”, stage {number % 7}", "Open Data",
                self.maybe(0.8, start.isoformat()), due.isoformat()[:length], "partial", level, "2021", "OGP", "AP_1",
                str(number), "2018", start.strftime("%d.%m.%y"), due.isoformat()[:length], level or "Amber",
            ]  # fmt: skip

    def commitment_updates(self) -> Iterator[list[str]]:
        for number in range(self.counts["commitment_updates"]):
            record = f"k{number % self.counts['commitments']:014x}"
            year = str(2014 + number // self.counts["commitments"])
            stage = self.chance.choice(("annual", "progress", "end_of_term"))
            due = self.maybe(0.5, self.day().isoformat())
            yield [record, self.unit(), year, stage, self.maybe(0.9, "Amber"), "", "", "", due, "", due, "UK"]

    def status_revisions(self) -> Iterator[list[str]]:
        for number in range(self.counts["status_revisions"]):
            record = f"b{number % self.counts['breaches']:014x}"
            seen = date(2023, 2, 1) + timedelta(days=number % 1_200)
            change = ["penalty", self.maybe(0.5, "Pending"), "Command Discipline - B (Vacation: 5 days)"]
            yield ["breaches", record, "", "2023-01-01", seen.isoformat(), *change]


def make_rows(folder: Path, rows: int, seed: int) -> dict[str, int]:
    """Write the ten tables into a folder; answers how many rows each has."""
    city = City(rows, seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in city.tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS[name].split(","))
            writer.writerows(table())
    return city.counts


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    counts = make_rows(options.folder, options.rows, options.seed)
    print(f"{sum(counts.values())} rows in {len(counts)} tables, seed {options.seed}")


if __name__ == "__main__":
    main()
