"""Aggregates are loaded for the act under way; a thread that has not acted may still read one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.domain.commitment import Commitment
from ledger.errors import NotFound
from ledger.ids import new_pseudonym
from tests.support.scene import Scene


def test_a_thread_that_has_not_acted_reads_an_aggregate(scene: Scene) -> None:
    scene.promise("2025-02-01")
    person = scene.ledger.uid("subject", "P1") or ""

    with ThreadPoolExecutor(1) as fresh:
        subject = fresh.submit(scene.ledger.subject, person).result()
        commitment = fresh.submit(scene.ledger.load, Commitment, "C1").result()

    assert len(subject.posts) == 1
    assert commitment.version == 1


def test_a_stream_that_is_not_there_is_not_found(scene: Scene) -> None:
    with pytest.raises(NotFound) as missing:
        scene.ledger.aggregate(Commitment, new_pseudonym())

    assert missing.value.code == "unknown-stream"


def test_a_part_that_is_left_out_takes_its_names_with_it(scene: Scene) -> None:
    def tried() -> None:
        with scene.ledger.transaction():
            scene.register_person("2025-02-01", "P3")
            assert scene.ledger.uid("subject", "P3") is not None
            raise RuntimeError("leave this out")

    with scene.ledger.transaction():
        scene.promise("2025-02-01")
        with pytest.raises(RuntimeError, match="leave"):
            tried()
        assert scene.ledger.uid("subject", "P3") is None
        scene.register_person("2025-02-01", "P3")

    assert scene.ledger.uid("subject", "P3") is not None
