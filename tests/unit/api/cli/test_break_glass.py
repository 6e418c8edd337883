"""The operator's door in an emergency: `file --break-glass`, a look as any other, and both pages say what it was."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial

import pytest

from ledger.application import Ledger
from ledger.clock import day_of, utc_now
from ledger.line import Line, LineActor
from tests.unit.api.cli.conftest import Run

URL = "sqlite:///integrity.db"
HR = LineActor("clerk", "HR", "PERSONNEL")
WHO = ("--viewer", "HR", "--unit", "PERSONNEL", "--actor", "clerk")


def opened() -> str:
    """The uid of an emergency look-up of P1 by the clerk, opened now."""
    ledger, today = Ledger.open(URL), day_of(utc_now())
    data = {
        "glass_id": "G1", "subject_id": "P1", "ground": "LIFE_OR_SAFETY", "minutes": 60, "second_approver": "hr-2",
        "reasons": "值守失联",
    }  # fmt: skip
    try:
        index = ledger.submit(Line("BreakGlassOpened", today, HR, data)).index
        return ledger.store.entry(index).stream.partition("/")[2]
    finally:
        ledger.close()


def test_it_is_read_by_id_or_pseudonym_and_each_read_is_a_look(golden: Run) -> None:
    uid = opened()
    for name in (uid, "G1"):
        answer = json.loads(golden("file", "P1", *WHO, "--purpose", "RECRUIT", "--break-glass", name, "--json").stdout)
        assert (answer["glass"]["uid"], answer["purpose"], answer["breaches"]) == (uid, "RECRUIT", [])

    looks = json.loads(golden("access-log", "P1", "--viewer", "SUBJECT", "--actor", "P1", "--json").stdout)["looks"]
    kept = [(one["purpose"], one["basis"], one["case"]) for one in looks if one["role"] == "HR"]
    assert kept == [("RECRUIT", "BREAK_GLASS", uid)] * 2


@pytest.mark.parametrize(
    "who",
    [
        ("--viewer", "HR", "--unit", "PERSONNEL", "--actor", "other"),
        ("--viewer", "AUDITOR", "--actor", "clerk"),
        WHO[:2],
    ],
    ids=["another", "another-role", "without-unit"],
)
def test_it_is_nobody_else_s(golden: Run, who: tuple[str, ...]) -> None:
    uid = opened()

    refused = golden("file", "P1", *who, "--break-glass", uid, "--json")

    assert refused.exit_code == 3
    assert json.loads(refused.stderr)["error"]["code"] == "no-glass"


def test_once_it_is_over_it_is_refused(golden: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    uid, later = opened(), utc_now() + timedelta(minutes=61)
    monkeypatch.setattr(Ledger, "open", partial(Ledger.open, clock=lambda: later))

    refused = golden("file", "P1", *WHO, "--break-glass", uid, "--json")

    assert (refused.exit_code, json.loads(refused.stderr)["error"]["code"]) == (3, "glass-over")


@pytest.mark.parametrize("moment", [("--as-of", "2026-01-05"), ("--as-known", "5")], ids=" ".join)
def test_it_opens_no_other_moment(golden: Run, moment: tuple[str, str]) -> None:
    uid = opened()
    for name in ("zh", "en"):
        refused = golden("--lang", name, "file", "P1", *WHO, "--break-glass", uid, *moment, "--json")
        error = json.loads(refused.stderr)["error"]
        assert (refused.exit_code, error["code"], error["field"]) == (
            3,
            "glass-reads-now",
            moment[0][2:].replace("-", "_"),
        )

    today = day_of(utc_now()).isoformat()
    assert golden("file", "P1", *WHO, "--break-glass", uid, "--as-of", today, "--json").exit_code == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("紧急查阅", "生命健康或财产安全", "待复核")),
        ("en", ("Break-glass look-ups", "life, health or property")),
    ],
)
def test_the_pages_say_what_it_was(golden: Run, language: str, words: tuple[str, ...]) -> None:
    uid = opened()
    assert golden("file", "P1", *WHO, "--break-glass", uid).exit_code == 0

    file = golden("--lang", language, "file", "P1", "--viewer", "SUBJECT").stdout
    looks = golden("--lang", language, "access-log", "P1", "--viewer", "SUBJECT").stdout
    steps = golden("--lang", language, "deadlines", "--viewer", "AUDITOR").stdout

    flat = "".join(file.split())
    assert [word for word in words if "".join(word.split()) not in flat] == []
    assert ("紧急查阅：生命" if language == "zh" else "break-glass:life") in "".join(looks.split())
    assert ("复核紧急查阅" if language == "zh" else "reviewtheemergency") in "".join(steps.split())
