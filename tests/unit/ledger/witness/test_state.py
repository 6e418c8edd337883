"""What a witness remembers: durable, growing only, and refused where it is not what it should be."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ledger.errors import Conflict, NotFound, Unavailable
from ledger.witness.state import MAX_EVIDENCE, State
from tests.support.witnesses import SignedLog, witness_key

LOG = SignedLog(20)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.create(tmp_path / "state", witness_key(1))


def keep(state: State, log: SignedLog, size: int) -> None:
    with state.turn(log.origin) as turn:
        turn.keep(log.note(size), f"cosignature of {size}\n")
        turn.signed_at(size)


def test_a_new_state_knows_its_witness_and_nothing_else(tmp_path: Path, state: State) -> None:
    assert State.open(tmp_path / "state").key == witness_key(1)
    assert state.newest(LOG.origin) is None
    assert state.history(LOG.origin) == []
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_a_state_is_never_overwritten(tmp_path: Path, state: State) -> None:
    keep(state, LOG, 5)
    with pytest.raises(Conflict) as refused:
        State.create(tmp_path / "state", witness_key(2))

    assert refused.value.code == "witness-state-exists"
    assert State.open(tmp_path / "state").newest(LOG.origin) is not None


def test_a_state_that_is_not_there_or_not_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        State.open(tmp_path / "none")
    (tmp_path / "text").write_text("not a database, and long enough to be looked at as one " * 20)
    (tmp_path / "empty").touch()
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE other (one INTEGER)")
    for name in ("text", "empty", "other"):
        with pytest.raises(Unavailable) as refused:
            State.open(tmp_path / name)
        assert refused.value.code == "witness-state-unavailable", name


def test_what_was_not_ended_well_was_not(state: State) -> None:
    keep(state, LOG, 5)
    with suppress(RuntimeError), state.turn(LOG.origin) as turn:
        turn.keep(LOG.note(9), "cosignature\n")
        turn.signed_at(9)
        turn.keep_evidence(LOG.note(9), LOG.note(8))
        raise RuntimeError

    assert [kept.checkpoint.size for kept in state.history(LOG.origin)] == [5]
    assert state.evidence() == []
    with state.turn(LOG.origin) as turn:
        assert turn.last_signed() == 5


@pytest.mark.parametrize("size", [5, 3])
def test_the_file_itself_refuses_a_size_that_does_not_grow(state: State, size: int) -> None:
    keep(state, LOG, 5)
    with pytest.raises(Unavailable):
        keep(state, LOG, size)
    other = SignedLog(5, origin="localhost/other")
    keep(state, other, 2)

    assert [kept.checkpoint.size for kept in state.history(LOG.origin)] == [5]
    assert [kept.checkpoint.size for kept in state.history(other.origin)] == [2]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE cosigned SET note = ''", "DELETE FROM cosigned", "DELETE FROM evidence", "DELETE FROM witness"],
)
def test_the_file_itself_refuses_to_forget(tmp_path: Path, state: State, statement: str) -> None:
    keep(state, LOG, 5)
    with state.turn(LOG.origin) as turn:
        turn.keep_evidence(LOG.note(5), SignedLog(5, story="'").note(5))
    with closing(sqlite3.connect(tmp_path / "state")) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)


def test_evidence_does_not_fill_the_disk(state: State) -> None:
    with state.turn(LOG.origin) as turn:
        for number in range(MAX_EVIDENCE + 5):
            turn.keep_evidence(LOG.note(5), SignedLog(5, story=f"'{number}").note(5))

    assert len(state.evidence()) == MAX_EVIDENCE
