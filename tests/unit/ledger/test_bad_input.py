"""Bad input has a code, a line and a field; it is not echoed, and nothing of its file is written (issue 2)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import ClockBehind, Invalid
from ledger.importing.history import import_history, read_lines
from ledger.line import MAX_LINE_BYTES, Line
from ledger.opening import LineRefused, create_from_history
from ledger.rulebook.edition import shipped_edition
from tests.support.scene import CREDIT, EDITION, Scene

TODAY = "2025-06-02"
SECRET = "绝密张三"
NUMBER = "110105194912310028"  # its check character should be X
ACTOR = {"id": "credit-1", "role": "CREDIT", "unit_id": "CREDIT-OFFICE"}
HR = {"id": "hr-1", "role": "HR", "unit_id": "PERSONNEL"}


def line(kind: str, data: dict[str, Any], actor: dict[str, str] = ACTOR, **changes: Any) -> dict[str, Any]:
    return {"type": kind, "effective_on": TODAY, "actor": actor, "data": data, **changes}


def person(**changes: Any) -> dict[str, Any]:
    data = {"subject_id": "P9", "kind": "PERSON", "name": SECRET, "id_number": "230803188501010016", "region": "230800"}
    return line("SubjectRegistered", {**data, **changes})


def unit(**changes: Any) -> dict[str, Any]:
    data = {"subject_id": "U9", "kind": "UNIT", "name": SECRET, "uscc": "91110000600037341L", "region": "230800"}
    return line("SubjectRegistered", {**data, **changes})


def post(**changes: Any) -> dict[str, Any]:
    data = {"subject_id": "P1", "unit_id": "U2", "level": "L3", "post": "C3", "from": TODAY}
    return line("PostAssigned", {**data, **changes}, HR)


def promise(**changes: Any) -> dict[str, Any]:
    data = {"commitment_id": "C9", "promisor_id": "U1", "kind": "SERVICE", "text": SECRET, "due_on": "2025-12-31"}
    return line("CommitmentMade", {**data, "weight": 1, "public": True, **changes}, HR)


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


GOOD = written(promise(commitment_id="GOOD"))

CASES: dict[str, tuple[bytes, str, str | None]] = {
    "wrong-check-digit-of-a-person": (written(person(id_number=NUMBER)), "bad-id-number", "data.id_number"),
    "wrong-check-digit-of-a-unit": (written(unit(uscc="91110000600037342L")), "bad-uscc", "data.uscc"),
    "unknown-unit": (written(post(unit_id=SECRET)), "unknown-unit", "data.unit_id"),
    "unknown-person": (written(post(subject_id=SECRET)), "unknown-subject", "data.subject_id"),
    "impossible-date": (written(promise(due_on="2025-02-30")), "impossible-date", "data.due_on"),
    "impossible-effective-date": (
        written(line("CommitmentMade", {}, effective_on="2025-13-01")), "impossible-date", "effective_on",
    ),
    "not-a-date": (written(promise(due_on=SECRET)), "bad-date", "data.due_on"),
    "unknown-field": (written(promise(remark=SECRET)), "unknown-field", "data.remark"),
    "unknown-field-of-the-line": (written({**promise(), "remark": SECRET}), "unknown-field", "remark"),
    "unknown-field-with-a-name-not-to-be-shown": (written(promise(**{SECRET: 1})), "unknown-field", "data.(name)"),
    "unknown-type": (written(line("PromiseMade", {})), "unknown-type", "type"),
    "missing-field": (written(line("CommitmentMade", {"commitment_id": "C"}, HR)), "missing-field", "data.promisor_id"),
    "float": (written(promise(weight=1.5)), "float-not-allowed", "data.weight"),
    "float-that-is-whole": (written(promise(weight=1.0)), "float-not-allowed", "data.weight"),
    "number-as-text": (written(promise(weight="1")), "wrong-type", "data.weight"),
    "text-as-number": (written(promise(commitment_id=7)), "wrong-type", "data.commitment_id"),
    "truth-as-number": (written(promise(public=1)), "wrong-type", "data.public"),
    "number-too-large": (written(promise(weight=2**53)), "integer-out-of-range", "data.weight"),
    "a-word-not-in-the-list": (written(promise(kind=SECRET)), "not-in-list", "data.kind"),
    "duplicate-key": (written(promise()).replace(b'"weight"', b'"text": "x", "weight"'), "duplicate-name", "text"),
    "not-json": (b"{" + SECRET.encode(), "not-json", None),
    "5-MB-line": (written(promise(text="x" * 5_000_000)), "line-too-long", None),
    "just-over-the-limit": (b"[" + b" " * MAX_LINE_BYTES, "line-too-long", None),
    "gb18030": (json.dumps(promise(), ensure_ascii=False).encode("gb18030"), "not-utf8", None),
    "text-too-long": (written(promise(text="长" * 20_001)), "too-long", "data.text"),
    "id-too-long": (written(promise(commitment_id="C" * 201)), "too-long", "data.commitment_id"),
    "empty-id": (written(promise(commitment_id="")), "empty", "data.commitment_id"),
    "zero-width-character-in-an-id": (written(promise(commitment_id="C\u200b9")), "forbidden-character",
                                      "data.commitment_id"),
    "direction-override-in-a-name": (written(unit(name="\u202eabc")), "forbidden-character", "data.name"),
    "name-not-in-nfc": (written(unit(name="e\u0301")), "not-nfc", "data.name"),
    "lone-surrogate": (json.dumps(promise(text="\ud800")).encode(), "lone-surrogate", "data.text"),
    "unknown-role": (written({**promise(), "actor": {"id": "x", "role": SECRET}}), "unknown-role", "actor.role"),
}  # fmt: skip


@pytest.fixture
def today(scene: Scene) -> Scene:
    scene.on_day(TODAY)
    return scene


@pytest.mark.parametrize("name", CASES)
def test_a_file_with_one_bad_line_is_refused_by_line_code_and_field(
    today: Scene, tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad, code, field = CASES[name]
    file = tmp_path / "bad.jsonl"
    file.write_bytes(GOOD + b"\n" + bad + b"\n" + GOOD.replace(b"GOOD", b"GOOD-2") + b"\n")
    before = today.store.head()

    with caplog.at_level(logging.DEBUG):
        report = import_history(today.ledger, file)

    (refused,) = report.refused
    assert (refused["line"], refused["code"], refused.get("field")) == (2, code, field)
    said = json.dumps(report.as_json(), ensure_ascii=False) + caplog.text
    for value in (SECRET, NUMBER, "91110000600037342L", "2025-02-30"):
        assert value not in said
    assert (report.rows, report.imported, report.committed) == (3, 0, False)
    assert today.store.head() == before
    assert today.ledger.uid("commitment", "GOOD") is None


@pytest.mark.parametrize("name", CASES)
def test_a_history_with_one_bad_line_opens_no_ledger(tmp_path: Path, name: str) -> None:
    bad, code, field = CASES[name]
    file = tmp_path / "bad.jsonl"
    moment = f"{TODAY}T09:00:00+08:00"
    timed = (
        bad
        if len(bad) > MAX_LINE_BYTES
        else bad.replace(b'{"type"', f'{{"recorded_at": "{moment}", "type"'.encode(), 1)
    )
    lines = [written({**setting, "recorded_at": moment}) for setting in setting_up()]
    file.write_bytes(b"\n".join([*lines, timed]))
    folder = tmp_path / "ledger"
    folder.mkdir()

    with pytest.raises(LineRefused) as refused:
        create_from_history(
            f"sqlite:///{folder / 'ledger.db'}",
            read_lines(file),
            digest_of=b"",
            editions=[shipped_edition(EDITION)],
        )

    assert (refused.value.number, refused.value.code, refused.value.field) == (len(lines) + 1, code, field)
    assert SECRET not in str(refused.value)
    assert list(folder.iterdir()) == []


def setting_up() -> Iterator[dict[str, Any]]:
    """Two units and a person, so that only what is bad is refused."""
    yield unit(subject_id="U1", uscc="11230800000000019U", name="一")
    yield unit(subject_id="U2", uscc="91350100M000100Y43", name="二")
    yield person(subject_id="P1", id_number="11010519491231002X", name="三")


def test_a_good_file_is_good(today: Scene, tmp_path: Path) -> None:
    file = tmp_path / "good.jsonl"
    file.write_bytes(b"\n".join(written(value) for value in (promise(), person(), unit(), post())))

    assert import_history(today.ledger, file).imported == 4


def test_a_float_given_to_the_ledger_itself_is_named_by_its_place(today: Scene) -> None:
    day = date.fromisoformat(TODAY)
    for data, field in (
        ({**promise()["data"], "weight": 1.0}, "data.weight"),
        ({**promise()["data"], "doc": {"pages": 1.5}}, "data.doc"),
    ):
        with today.refused("float-not-allowed", field):
            today.ledger.submit(Line("CommitmentMade", day, CREDIT, {**data, "on_behalf_of": "U1"}))


def test_a_clock_behind_the_head_is_refused_with_its_code_and_nothing_written(today: Scene) -> None:
    today.promise(TODAY)
    before = today.store.head()
    today.now -= timedelta(minutes=5)

    with pytest.raises(ClockBehind) as behind:
        today.ledger.submit(Line("CommitmentMade", date.fromisoformat(TODAY), CREDIT, {
            **promise()["data"], "on_behalf_of": "U1", "doc": "paper",
        }))  # fmt: skip

    assert behind.value.code == "clock-behind"
    assert today.store.head() == before


@pytest.mark.parametrize("text", ["", "2025-02-30", "soon", "99999", "2025-06-02T09:00:00", "-1", "１２"])
def test_a_moment_that_is_none_is_refused(today: Scene, text: str) -> None:
    with pytest.raises(Invalid) as wrong:
        today.ledger.resolve_as_known(text)

    assert wrong.value.field == "as_known"
