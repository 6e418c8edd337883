"""The consequence register and the catalogue of measures: who reads what, and that no figure moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.demo.identities import credit_code
from ledger.errors import NotFound
from ledger.line import LineActor
from projections.difference import At, difference
from projections.eligibility import check
from projections.integrity_file import integrity_file
from projections.measures import measure_list, one_measure
from projections.unit_score import unit_score
from tests.support.scene import CREDIT_CODES, Scene, a_scene

OF_THE_LIST = ["全国失信惩戒措施基础清单（2024年版） 2"]
REWARD: dict[str, Any] = {"kind": "REWARD", "effect": "GREEN_CHANNEL", "legal_basis": ["示政发〔2025〕1号"]}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path / "scene") as made:
        yield made


def register(scene: Scene, viewer: str, on: str = "2025-04-30", subject: str = "P1", **more: Any) -> list[Any]:
    file = integrity_file(
        scene.ledger, subject, as_of=date.fromisoformat(on), as_known=scene.ledger.size, viewer=viewer, **more
    )
    measures: list[Any] = file["measures"]
    return measures


def applied(scene: Scene) -> int:
    """M1 in force against P1 because of B2."""
    scene.adopt_measure(legal_basis=OF_THE_LIST)
    scene.take_over("2025-03-20")
    return scene.apply_measure("2025-03-25").index


def test_the_register_says_what_why_and_by_which_clause(scene: Scene) -> None:
    index = applied(scene)

    (item,) = register(scene, "SUBJECT")
    assert item | {"uid": None, "measure": None} == {
        "id": "M1",
        "uid": None,
        "measure": None,
        "kind": "RESTRICT",
        "domain": "任用",
        "department": "CREDIT-OFFICE",
        "department_uscc": CREDIT_CODES["CREDIT-OFFICE"],
        "effect": "LIMIT_OFFICE",
        "trigger": "LISTING",
        "force": "DISCRETIONARY",
        "clauses": OF_THE_LIST,
        "cause": {"record": "B2", "event": index - 1},
        "from": "2025-03-25",
        "state": "IN_FORCE",
        "ended_on": None,
        "ended_by": None,
        "lift_reason": None,
        "demonstration": True,
        "events": [index],
    }


@pytest.mark.parametrize(
    ("viewer", "in_force", "ended"),
    [
        ("SUBJECT", 1, 1), ("AUDITOR", 1, 1), ("DECIDER", 1, 1), ("DPO", 1, 1), ("HR", 1, 0), ("CREDIT", 1, 0),
        ("UNIT_HEAD", 0, 0), ("PUBLIC", 0, 0), ("REPORTER", 0, 0), ("ASSESSOR", 0, 0),
    ],
)  # fmt: skip
def test_who_reads_of_a_person_s_measures(scene: Scene, viewer: str, in_force: int, ended: int) -> None:
    applied(scene)
    scene.remove("2025-05-10")

    assert len(register(scene, viewer)) == in_force
    assert len(register(scene, viewer, "2025-05-10")) == ended


def test_recruiting_hr_reads_none(scene: Scene) -> None:
    applied(scene)
    scene.consent("2025-04-01")

    assert register(scene, "HR", unit="PERSONNEL", purpose="RECRUIT") == []


def test_own_hr_learns_of_no_repair_by_its_reward(scene: Scene) -> None:
    scene.adopt_measure(**REWARD, trigger="REPAIR_APPROVED")
    scene.found("MINOR")
    scene.apply_for_repair("2025-04-01")
    scene.accept_repair("2025-04-02")
    scene.approve("2025-04-03")
    scene.apply_measure("2025-04-03", cause_event="R1")

    assert register(scene, "HR") == []
    assert [item["cause"]["record"] for item in register(scene, "SUBJECT")] == ["R1"]


def test_a_unit_head_reads_what_is_in_force_against_the_unit(scene: Scene) -> None:
    scene.adopt_measure(
        subject_kinds=["UNIT"], trigger="SEVERE_LIST", effect="LIMIT_HONOURS", legal_basis=["企业信息公示暂行条例 18"]
    )
    scene.take_over("2025-03-20", subject_id="U1", record_kind="SEVERE_LIST")
    scene.apply_measure("2025-03-25", subject_id="U1")

    assert [item["state"] for item in register(scene, "UNIT_HEAD", subject="U1")] == ["IN_FORCE"]
    assert register(scene, "PUBLIC", subject="U1") == []


def test_every_entry_of_an_application_is_in_the_timeline(scene: Scene) -> None:
    applied(scene)
    scene.lift_measure("2025-04-10")

    file = integrity_file(scene.ledger, "P1", as_of=date(2025, 4, 30), as_known=scene.ledger.size, viewer="SUBJECT")
    types = [entry["type"] for entry in file["timeline"]]
    assert types[-2:] == ["MeasureApplied", "MeasureLifted"]


def test_a_difference_names_the_retirement_that_made_it(scene: Scene) -> None:
    applied(scene)
    known = scene.ledger.size
    retired = scene.retire_measure("2025-04-10").index
    ledger, day = scene.ledger, date(2025, 4, 30)

    made = difference(
        ledger,
        lambda on, size: integrity_file(ledger, "P1", as_of=on, as_known=size),
        ledger.uid("subject", "P1") or "",
        At(day, known),
        At(day, ledger.size),
    )

    (change,) = made["changes"]
    assert (change["section"], [entry["index"] for entry in change["entries"]]) == ("measures", [retired])


def figures(scene: Scene, on: date) -> Any:
    """Everything that is computed about P1, their unit and the credit office."""
    ledger, size = scene.ledger, scene.ledger.size
    file = integrity_file(ledger, "P1", as_of=on, as_known=size)
    units = [unit_score(ledger, unit, as_of=on, as_known=size) for unit in ("U1", "CREDIT-OFFICE")]
    return file["balance"], file["breaches"], [(one["value"], one["lines"]) for one in units]


@pytest.mark.parametrize("end", ["nothing", "lifted", "retired"])
def test_no_figure_moves_by_a_measure(scene: Scene, end: str) -> None:
    scene.adopt_scheme()
    scene.adopt_measure()
    scene.adopt_measure(measure_id="M2", **REWARD, trigger="COMMITMENT_KEPT", subject_kinds=["UNIT"])
    scene.promise("2025-01-10")
    scene.take_over("2025-03-20")
    scene.fulfil("2025-03-22")
    scene.score("2025-03-23")
    scene.publish("2025-04-10")
    days = (date(2025, 4, 11), date(2025, 9, 1), date(2027, 1, 1))
    before = [figures(scene, on) for on in days]

    scene.apply_measure("2025-04-11")
    scene.apply_measure("2025-04-11", measure_id="M2", subject_id="U1", cause_event="C1")
    if end == "lifted":
        scene.lift_measure("2025-04-12")
    elif end == "retired":
        scene.retire_measure("2025-04-12")

    assert [figures(scene, on) for on in days] == before


def outcome(folder: Path, *, measured: bool) -> Any:
    """What a check says of P1, with and without measures because of the finding and the listing."""
    with a_scene(folder) as scene:
        scene.adopt_measure()
        scene.adopt_measure(measure_id="M2", trigger="FINDING", legal_basis=OF_THE_LIST)
        scene.found()
        if measured:
            scene.apply_measure("2025-03-25", measure_id="M2", cause_event="B1")
        scene.take_over("2025-04-15")
        if measured:
            scene.apply_measure("2025-04-16")
        scene.consent()
        scene.request_check()
        answer = check(scene.ledger, "K1", as_of=date(2025, 9, 1), as_known=scene.ledger.size)
        hits = [(hit["rule"], hit["clause"]) for hit in answer["hits"]]
        return answer["outcome"], hits, answer["breaches_in_report"]


def test_eligibility_does_not_read_measures(tmp_path: Path) -> None:
    assert outcome(tmp_path / "with", measured=True) == outcome(tmp_path / "without", measured=False)


# The catalogue.


def adopt_all(scene: Scene) -> None:
    """42 measures of 14 departments in 19 domains (DOMAIN §2, row 8)."""
    for number in range(14):
        scene.register_unit("2025-01-02", f"D{number}", uscc=uscc(number))
    for number in range(42):
        unit = f"D{number % 14}"
        scene.adopt_measure(
            measure_id=f"N{number:02}",
            domain=f"领域{number % 19}",
            department_uscc=uscc(number % 14),
            by=LineActor(f"credit-{unit}", "CREDIT", unit),
            effect="LIMIT_BENEFITS",
            legal_basis=["全国失信惩戒措施基础清单 8"],
        )


def uscc(number: int) -> str:
    return credit_code("11", "230800", 5000 + number)


def test_a_catalogue_reports_its_counts(scene: Scene) -> None:
    adopt_all(scene)
    ledger = scene.ledger

    first = measure_list(ledger, as_of=date(2025, 2, 1), as_known=ledger.size, limit=40)
    rest = measure_list(ledger, as_of=date(2025, 2, 1), as_known=ledger.size, after=first["next"], limit=40)

    assert first["counts"] == rest["counts"] == {"measures": 42, "departments": 14, "domains": 19}
    assert [item["id"] for item in (*first["items"], *rest["items"])] == [f"N{number:02}" for number in range(42)]
    assert rest["next"] is None


def test_a_measure_reads_by_its_days(scene: Scene) -> None:
    scene.adopt_measure(from_="2025-02-01", to="2025-06-30")
    scene.adopt_measure(measure_id="M2")
    scene.retire_measure("2025-03-01", measure_id="M2")
    ledger = scene.ledger

    def states(on: str, known: int | None = None) -> list[tuple[str, str]]:
        answer = measure_list(ledger, as_of=date.fromisoformat(on), as_known=known or ledger.size, limit=9)
        return [(item["id"], item["state"]) for item in answer["items"]]

    assert states("2025-01-04") == []
    assert states("2025-01-31") == [("M1", "PENDING"), ("M2", "IN_FORCE")]
    assert states("2025-02-28") == [("M1", "IN_FORCE"), ("M2", "IN_FORCE")]
    assert states("2025-07-01") == [("M1", "RETIRED"), ("M2", "RETIRED")]
    assert states("2025-03-01", ledger.size - 1) == [("M1", "IN_FORCE"), ("M2", "IN_FORCE")]


def test_one_measure_is_there_from_its_adoption_on(scene: Scene) -> None:
    scene.adopt_measure()
    ledger = scene.ledger
    uid = ledger.uid("measure", "M1") or ""

    assert one_measure(ledger, uid, as_of=date(2025, 1, 5), as_known=ledger.size)["force"] == "STATUTORY"
    for on, known in ((date(2025, 1, 4), ledger.size), (date(2025, 1, 5), ledger.size - 1)):
        with pytest.raises(NotFound) as caught:
            one_measure(ledger, uid, as_of=on, as_known=known)
        assert caught.value.code == "unknown-measure"
