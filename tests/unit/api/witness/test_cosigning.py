"""The thread that has checkpoints cosigned, with real witnesses, over a real ledger's table of checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from api.settings import Settings
from api.witness.cosigning import Cosigning, witnessing_of
from ledger.application import Ledger
from ledger.errors import Invalid, NotFound, Unavailable
from ledger.log.note import format_vkey, parse_note
from ledger.opening import create
from ledger.witnessing import Witnessing
from tests.support.witnesses import a_witness, served, witness_key


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    for name in ("INTEGRITY_SENTINEL", "INTEGRITY_KEYS", "INTEGRITY_SIGNING_KEY", "INTEGRITY_MASTER_KEY"):
        monkeypatch.delenv(name, raising=False)
    made = create(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield made
    made.close()


@pytest.fixture
def outside(ledger: Ledger, tmp_path: Path) -> Iterator[str]:
    """The address of a witness that follows this ledger."""
    keys = [key.vkey for key in ledger.publisher.keyring().all()]
    with served(a_witness(tmp_path, *keys)) as url:
        yield url


def policy(folder: Path, *urls: str) -> Path:
    """A policy of so many witnesses, any of which is enough."""
    lines = []
    for seed, url in enumerate(urls, start=1):
        key = witness_key(seed)
        lines.append(f"witness W{seed} {format_vkey(key.name, key.public_key, key.kind)} {url}\n")
    names = " ".join(f"W{seed}" for seed in range(1, len(urls) + 1))
    path = folder / "policy"
    path.write_text("".join([*lines, f"group G any {names}\nquorum G\n"]), encoding="utf-8")
    return path


def under(ledger: Ledger, path: Path, age: int | None = None) -> Witnessing:
    found = witnessing_of(ledger, Settings(witness_policy=path, max_unwitnessed_age=age))
    assert found is not None
    return found


@contextmanager
def cosigning(
    ledger: Ledger, witnessing: Witnessing, newest: Callable[[], str | None], **times: float
) -> Iterator[None]:
    loop = Cosigning(witnessing, newest, ledger.publisher.consistency, **({"interval": 0.05, "idle": 60.0} | times))
    loop.start()
    try:
        yield
    finally:
        loop.stop()


def soon(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def signatures(ledger: Ledger) -> int:
    """How many signatures the newest kept checkpoint has."""
    note = ledger.publisher.checkpoints.newest()
    return 0 if note is None else len(parse_note(note).signatures)


def test_what_is_signed_is_cosigned_and_kept(ledger: Ledger, outside: str, tmp_path: Path) -> None:
    witnessing = under(ledger, policy(tmp_path, outside), age=60)
    with pytest.raises(Unavailable):
        witnessing.check()
    newest = ledger.publisher.publish().note
    assert signatures(ledger) == 1

    with cosigning(ledger, witnessing, lambda: newest):
        soon(lambda: signatures(ledger) == 2)
        soon(lambda: witnessing.age() is not None)
    witnessing.check()
    note = parse_note(str(ledger.publisher.checkpoints.newest()))
    assert list(witnessing.policy.verify(note)) == ["W1"]
    # A process that asks nobody sees it as well.
    under(ledger, policy(tmp_path, outside), age=60).check()


def test_a_quiet_ledger_is_cosigned_again(ledger: Ledger, outside: str, tmp_path: Path) -> None:
    witnessing = under(ledger, policy(tmp_path, outside))
    newest = ledger.publisher.publish().note
    seen = set[int]()

    def twice() -> bool:
        kept = ledger.publisher.checkpoints.newest()
        seen.add(witnessing.policy.moment(witnessing.policy.cosigned(parse_note(str(kept)))) or 0)
        return len(seen - {0}) >= 2

    with cosigning(ledger, witnessing, lambda: newest, idle=0.2):
        soon(twice)
    assert signatures(ledger) == 2


def test_a_witness_that_comes_later_is_asked_again(ledger: Ledger, tmp_path: Path) -> None:
    keys = [key.vkey for key in ledger.publisher.keyring().all()]
    newest = ledger.publisher.publish().note
    with ExitStack() as stack:
        with served(a_witness(tmp_path, *keys)) as url:
            path = policy(tmp_path, url)
        witnessing = under(ledger, path)  # its address, where nobody listens any more
        stack.enter_context(cosigning(ledger, witnessing, lambda: newest, idle=0.1))
        soon(lambda: bool(witnessing.failures))
        assert {failure.code for failure in witnessing.failures} == {"no-answer"}
        assert signatures(ledger) == 1


def test_before_the_first_checkpoint_nobody_is_asked(ledger: Ledger, outside: str, tmp_path: Path) -> None:
    witnessing = under(ledger, policy(tmp_path, outside))
    with cosigning(ledger, witnessing, lambda: None):
        time.sleep(0.3)
    assert witnessing.age() is None
    assert witnessing.failures == ()


def test_without_a_policy_nothing_is_asked_for(ledger: Ledger, tmp_path: Path) -> None:
    assert witnessing_of(ledger, Settings()) is None
    with pytest.raises(Invalid):
        witnessing_of(ledger, Settings(max_unwitnessed_age=60))
    with pytest.raises(NotFound):
        witnessing_of(ledger, Settings(witness_policy=tmp_path / "none"))
