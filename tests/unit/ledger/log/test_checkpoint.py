"""Checkpoints: an origin, a size, a root and a log's own lines; read back as written, refused otherwise."""

from __future__ import annotations

from base64 import b64encode

import pytest

from ledger.log.checkpoint import BadCheckpoint, Checkpoint, open_checkpoint, parse_checkpoint
from tests.support.witnesses import SignedLog

ORIGIN = "localhost/checkpoints"
ROOT = b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize("size", [0, 9, 10, 2**63 - 1])
@pytest.mark.parametrize("extensions", [(), ("one",), ("one", "two")])
def test_a_checkpoint_is_read_back_as_written(size: int, extensions: tuple[str, ...]) -> None:
    checkpoint = Checkpoint(ORIGIN, size, bytes(range(32)), extensions)
    text = "".join(f"{line}\n" for line in (ORIGIN, size, ROOT, *extensions))

    assert checkpoint.format() == text
    assert parse_checkpoint(text) == checkpoint


@pytest.mark.parametrize("size", ["", "07", str(2**63), "0" * 5000, "9" * 5000, "\u00b2", "\u0661", "-1", " 1"])
def test_a_size_is_a_plain_decimal_below_2_63(size: str) -> None:
    with pytest.raises(BadCheckpoint) as caught:
        parse_checkpoint(f"{ORIGIN}\n{size}\n{ROOT}\n")
    assert caught.value.code == "bad-checkpoint"


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n5\n",
        f"{ORIGIN}\n5\n{ROOT}",
        f"\n5\n{ROOT}\n",
        f"{ORIGIN}\n5\n{ROOT}\n\n",
        f"{ORIGIN}\n5\n{ROOT}\n\nmore\n",
        f"{ORIGIN}\n5\n{b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n5\n{b64encode(bytes(33)).decode()}\n",
        f"{ORIGIN}\n5\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n5\n{ROOT[:8]} {ROOT[8:]}\n",
    ],
)
def test_other_text_is_no_checkpoint(text: str) -> None:
    with pytest.raises(BadCheckpoint):
        parse_checkpoint(text)


def test_a_checkpoint_is_opened_for_the_log_that_was_asked_for() -> None:
    log = SignedLog(3)

    assert open_checkpoint(log.note(3), [log.key], origin=log.origin) == open_checkpoint(
        log.note(3).format(), [log.key]
    )
    with pytest.raises(BadCheckpoint, match="another log"):
        open_checkpoint(log.note(3), [log.key], origin="localhost/another")
