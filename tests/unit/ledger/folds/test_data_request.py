"""A request about personal data on a day, as known at each size: made, then answered, once."""

from __future__ import annotations

from datetime import date

from ledger.folds.data_request import DataRequest, fold_data_request
from tests.support.scene import Scene
from tests.support.small_log import SmallLog, registered_log

ASKED = {"request_id": "Q1", "subject_id": "P1", "right": "CORRECT", "breach_id": "B1"}


def request_on(scene: Scene, on: str, known: int | None = None) -> DataRequest | None:
    ledger = scene.ledger
    size = ledger.size if known is None else known
    stream = f"data-request/{ledger.uid('data-request', 'Q1')}"
    return fold_data_request(ledger.stream(stream, size), date.fromisoformat(on))


def read(scene: Scene, on: str, known: int | None = None) -> tuple[str, str | None] | None:
    request = request_on(scene, on, known)
    return None if request is None else (request.state, request.outcome)


def test_it_is_requested_until_it_is_answered(scene: Scene) -> None:
    before = scene.ledger.size
    asked = scene.ask_desk("2025-04-01").index
    made = scene.ledger.size
    answered = scene.answer_request("2025-04-10").index

    days = ("2025-03-31", "2025-04-01", "2025-04-09", "2025-04-10")
    waiting, done = ("REQUESTED", None), ("ANSWERED", "GRANTED")
    assert [read(scene, on) for on in days] == [None, waiting, waiting, done]
    assert [read(scene, "2025-04-10", known) for known in (before, made)] == [None, waiting]
    request = request_on(scene, "2025-04-10")
    assert request is not None
    assert (request.subject, request.right) == (scene.ledger.uid("subject", "P1"), "ACCESS")
    assert (request.requested_on, request.answered_on) == (date(2025, 4, 1), date(2025, 4, 10))
    assert request.events == (asked, answered)


def folded(log: SmallLog, on: str) -> DataRequest | None:
    made = [entry for entry in log.logged(0, log.size) if entry.type.startswith("PersonalData")]
    return fold_data_request(made, date.fromisoformat(on))


def test_the_first_request_and_the_first_answer_by_their_days_count() -> None:
    log = registered_log()
    log.append("PersonalDataRequested", "2025-04-01", ASKED)
    refused = {"request_id": "Q1", "outcome": "REFUSED", "legal_basis": ["个人信息保护法 46"]}
    log.append("PersonalDataRequestAnswered", "2025-04-20", refused)
    log.append("PersonalDataRequested", "2025-04-05", {**ASKED, "right": "ERASE", "breach_id": None})
    log.append("PersonalDataRequestAnswered", "2025-04-25", {"request_id": "Q1", "outcome": "GRANTED"})

    request = folded(log, "2025-05-01")
    assert request is not None
    assert (request.right, request.breach_id, request.outcome) == ("CORRECT", "B1", "REFUSED")
    assert (request.legal_basis, request.answered_on) == (("个人信息保护法 46",), date(2025, 4, 20))


def test_an_answer_alone_is_no_request() -> None:
    log = registered_log()
    log.append("PersonalDataRequestAnswered", "2025-04-20", {"request_id": "Q1", "outcome": "GRANTED"})

    assert folded(log, "2025-05-01") is None
