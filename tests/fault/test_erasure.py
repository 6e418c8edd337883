"""kill -9 of an erasure at every boundary, on both databases: nothing but what was ordered is lost, and it is resumed.

The controls take a section, and a key, away without an order, and the very verification that all the kills have passed
must call it manipulation; so must it one that is there again after it was erased.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.erasure import ErasureOrdered
from ledger.erasing import orders, replay_erasures, resume_erasures
from ledger.log.chain import leaf_hash
from ledger.log.encoding import canonical, parse
from ledger.log.merkle import Tree, inclusion_proof, verify_inclusion
from tests.fault.test_canary import CLI
from tests.support.erasure import CLASSES, close_checks, order_class, order_sections, places_of, sealed_of, wrapped_of
from tests.support.golden import Copy
from tests.support.ledgers import uid_of

ROOT = Path(__file__).resolve().parents[2]
PERSON = "P1"
# From the order's commit to the entry that says that it was carried out: every step before and after.
BOUNDARIES = [
    ("call", "carry_out"),
    ("call", "_move_others"),
    ("return", "_move_others"),
    ("call", "_destroy_keys"),
    ("call", "truncate_log"),
    ("return", "_destroy_keys"),
    ("return", "_delete_rows"),
    ("call", "wash"),
    ("return", "wash"),
    ("call", "follow_up"),
    ("return", "follow_up"),
]


def prepared(copy: Copy) -> tuple[str, int]:
    """Close what is open; the person's pseudonym and the size before any order."""
    with copy.opened() as ledger:
        close_checks(ledger)
        return uid_of(ledger, PERSON), ledger.size


def killed(copy: Copy, *arguments: str) -> None:
    """Run an eraser that dies by SIGKILL at its boundary."""
    with copy.keys_given():
        environment = dict(os.environ)
    what, *rest = arguments
    done = subprocess.run(
        [sys.executable, "-m", "tests.fault.eraser", what, copy.url, *rest],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, f"the boundary was not met: {done.stderr}"


def codes(copy: Copy) -> set[str]:
    """What a verification says of payload."""
    about = ("erasure", "section", "key-", "index")
    return {finding.code for finding in copy.verify().findings if finding.code.startswith(about)}


def texts_left(copy: Copy) -> dict[int, int]:
    """How many sections of each entry still open."""
    with copy.opened() as ledger:
        return {entry.index: len(ledger.sections(entry)) for entry in ledger.logged() if entry.sections}


@pytest.mark.parametrize(
    ("boundary", "retention"),
    [(boundary, "CASE") for boundary in BOUNDARIES]
    + [(boundary, "IDENTITY") for boundary in BOUNDARIES if boundary[1] in ("_destroy_keys", "_delete_rows", "wash")],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_an_erasure_killed_at_any_boundary_is_ended_at_the_next_start(
    golden: Copy, boundary: tuple[str, str], retention: str
) -> None:
    uid, _ = prepared(golden)
    sealed, wrapped = sealed_of(golden, uid), wrapped_of(golden.folder, uid)
    killed(golden, "order", retention, *boundary)
    assert codes(golden) <= {"erasure-pending"}

    with golden.opened() as ledger:
        (order,) = orders(ledger)
        named = {(target.index, target.section) for target in order.targets}
        resumed = resume_erasures(ledger)
        assert resumed == ([] if order.erased else [order.index])
        assert resume_erasures(ledger) == []
        assert ledger.keys.get(uid, retention) is None
        for entry in ledger.logged(0, order.index):
            gone = {section for index, section in named if index == entry.index}
            assert len(ledger.sections(entry)) == entry.sections - len(gone)
    assert codes(golden) == set()
    lost = [one for one in sealed if one not in sealed_of(golden, uid)]
    lost_keys = [one for one in wrapped if one not in wrapped_of(golden.folder, uid)]
    assert len(lost) == len(named)
    assert len(lost_keys) == 1
    assert places_of(golden, [*lost, *lost_keys]) == set()


@pytest.mark.parametrize("boundary", [("return", "_destroy_keys"), ("call", "wash")], ids=" ".join)
def test_a_resumption_killed_as_well_is_resumed_again(golden: Copy, boundary: tuple[str, str]) -> None:
    prepared(golden)
    killed(golden, "order", "CASE", "call", "carry_out")
    killed(golden, "resume", *boundary)
    assert codes(golden) == {"erasure-pending"}

    with golden.opened() as ledger:
        assert len(resume_erasures(ledger)) == 1
    assert codes(golden) == set()


def test_every_proof_of_every_entry_holds_before_and_after(golden: Copy) -> None:
    _, size = prepared(golden)
    with golden.opened() as ledger:
        leaves = [leaf_hash(row.state) for row in ledger.store.entries()]
        proofs = [inclusion_proof(Tree(leaves).node, index, size) for index in range(size)]
        root = ledger.store.head().root
        for retention in CLASSES:
            order_class(ledger, retention)
        now = [leaf_hash(row.state) for row in ledger.store.entries()]
        assert now[:size] == leaves
        for index, proof in enumerate(proofs):
            verify_inclusion(now[index], index, size, proof, root)
        tree, newest = Tree(now), ledger.store.head().root
        for index, leaf in enumerate(now):
            verify_inclusion(leaf, index, len(now), inclusion_proof(tree.node, index, len(now)), newest)
        targets = sum(len(order.targets) for order in orders(ledger))
    report = golden.verify()
    assert (report.root, report.erased) == (newest.hex(), targets)
    assert {one.code for one in report.findings if one.grade == "manipulation" and one.index is not None} == set()


# Controls.


def test_a_section_taken_away_without_an_order_is_manipulation(golden: Copy) -> None:
    ((index, section),) = golden.rows("SELECT idx, section FROM disclosures ORDER BY idx DESC LIMIT 1")
    golden.rows("DELETE FROM disclosures WHERE idx = ? AND section = ?", index, section)

    assert codes(golden) == {"section-missing"}
    assert cli_verify(golden) == 6


def test_a_key_taken_away_without_an_order_is_manipulation(golden: Copy) -> None:
    uid, _ = prepared(golden)
    with golden.opened() as ledger:
        ledger.keys.destroy(uid, "CASE")

    assert codes(golden) == {"key-missing"}
    assert cli_verify(golden) == 6


def test_an_order_for_one_section_excuses_no_other(golden: Copy) -> None:
    prepared(golden)
    with golden.opened() as ledger:
        confirmed = ledger.by_type("BreachConfirmed", ledger.size)[0].index
        order_sections(ledger, {"index": confirmed, "section": "reasons"})
    assert codes(golden) == set()
    golden.rows("DELETE FROM disclosures WHERE idx = ? AND section = ?", confirmed, "factors")

    assert codes(golden) == {"section-missing"}
    assert cli_verify(golden) == 6


def test_a_section_put_back_after_its_erasure_is_manipulation(golden: Copy) -> None:
    prepared(golden)
    with golden.opened() as ledger:
        confirmed = ledger.by_type("BreachConfirmed", ledger.size)[0].index
    ((row),) = golden.rows("SELECT * FROM disclosures WHERE idx = ? AND section = ?", confirmed, "reasons")
    with golden.opened() as ledger:
        order_sections(ledger, {"index": confirmed, "section": "reasons"})
    golden.rows("INSERT INTO disclosures VALUES (?, ?, ?, ?, ?)", *row)

    assert codes(golden) == {"erasure-undone"}
    assert cli_verify(golden) == 6
    with golden.opened() as ledger:
        replay_erasures(ledger)
    assert codes(golden) == set()


def test_the_keys_of_before_put_back_are_manipulation_until_the_erasures_are_replayed(golden: Copy) -> None:
    """An older copy of the key store, file for file, as a restore puts it."""
    prepared(golden)
    files = {path.name: path.read_bytes() for path in golden.folder.iterdir() if "keys" in path.name}
    with golden.opened() as ledger:
        for retention in CLASSES:
            order_class(ledger, retention)
    for path in [path for path in golden.folder.iterdir() if "keys" in path.name]:
        path.unlink()
    for name, content in files.items():
        (golden.folder / name).write_bytes(content)

    # The keys made for the orders themselves are not in that copy either: what they seal is missing as well.
    assert "erasure-undone" in codes(golden)
    assert cli_verify(golden) == 6
    with golden.opened() as ledger:
        replay_erasures(ledger)
    assert "erasure-undone" not in codes(golden)


def test_an_execution_that_names_other_targets_is_manipulation(golden: Copy) -> None:
    prepared(golden)
    with golden.opened() as ledger:
        order_class(ledger, "CASE")
        index = ledger.size - 1
    assert golden.entry(index).count(b'"targets":[{') == 1
    entry = golden.entry(index)
    place = entry.index(b'"targets":[{"digest":"') + len(b'"targets":[{"digest":"')
    golden.write_entry(index, entry[:place] + b"0000" + entry[place + 4 :])
    golden.rehash(head=True)

    assert "erasure-differs" in codes(golden)
    assert cli_verify(golden) == 6


def test_an_order_that_names_what_no_entry_has_is_manipulation(golden: Copy) -> None:
    prepared(golden)
    with golden.opened() as ledger:
        order_class(ledger, "IDENTITY")
        (order,) = orders(ledger)
    (target,) = order.targets
    assert target.digest is not None
    other = ("0" * 64).encode()
    for index in (order.index, order.index + 1):
        golden.write_entry(index, golden.entry(index).replace(target.digest.encode(), other))
    golden.rehash(head=True)

    assert {"erasure-target", "section-missing"} <= codes(golden)
    assert cli_verify(golden) == 6


@pytest.mark.parametrize(
    "spoil",
    [
        lambda header: header["data"].update(approvers=header["data"]["approvers"][:1]),
        lambda header: header["data"].pop("legal_basis"),
        lambda header: header["data"].pop("erasure_id"),
        lambda header: header["actor"].update(role="SYSTEM"),
        lambda header: header["data"].update(approvers=[header["actor"]["id"], "somebody"]),
        lambda header: header.pop("subjects"),
    ],
    ids=["one approver", "no basis", "no id", "by the system", "who orders approves", "about nobody"],
)
def test_half_an_order_excuses_nothing(golden: Copy, spoil: Callable[[dict[str, Any]], object]) -> None:
    """Who takes something away could otherwise cover it with an order of their own making."""
    prepared(golden)
    with golden.opened() as ledger:
        index = order_class(ledger, "CASE").index
    entry = parse(golden.entry(index))
    spoil(entry["h"])
    golden.write_entry(index, canonical(entry))
    golden.rehash(head=True)

    assert "erasure-unordered" in codes(golden)
    assert codes(golden) & {"section-missing", "key-missing"}


def test_an_order_alone_is_a_notice(golden: Copy) -> None:
    prepared(golden)
    killed(golden, "order", "CASE", "call", "carry_out")
    (found,) = [one for one in golden.verify().findings if one.code.startswith("erasure")]

    assert (found.grade, found.code) == ("notice", "erasure-pending")
    assert golden.rows("SELECT idx FROM entries WHERE topic = ?", ErasureOrdered.TOPIC) == [(found.index,)]


def cli_verify(copy: Copy) -> int:
    """The exit status of `integrity verify`."""
    import json

    with copy.keys_given():
        environment = dict(os.environ)
    done = subprocess.run(
        [sys.executable, "-c", CLI, json.dumps([["verify", "--db", copy.url, "--json"]])],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    (status,) = [line.split()[-1] for line in done.stderr.splitlines() if line.startswith("exit status")]
    return int(status)
