"""What a ledger hands out: receipts, bundles and exports of a real one hold, on both databases."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.application import Ledger
from ledger.artefacts.bundle import make_bundle
from ledger.artefacts.check import check_bytes
from ledger.artefacts.export import write_export
from ledger.artefacts.receipt import make_receipt, receipt_under
from ledger.artefacts.report import TRUE
from ledger.artefacts.trust import Trust
from ledger.errors import Invalid, NotFound, VerificationError
from ledger.key_events import rotate_signing_key
from ledger.log.note import parse_note, sign_note
from tests.support.erasure import promise
from tests.support.golden import Copy
from tests.support.scene import Scene


def trusting(ledger: Ledger) -> Trust:
    return Trust([key.vkey for key in ledger.publisher.keyring().log_keys(ledger.size)])


def test_an_entry_has_a_receipt_as_soon_as_a_checkpoint_covers_it(small: Ledger) -> None:
    promise(small, "C1", "按时提交")
    index = small.size - 1
    assert make_receipt(small.store, small.publisher, index) is None

    small.publish()
    made = make_receipt(small.store, small.publisher, index)

    assert made is not None
    report = check_bytes(made.format().encode(), trusting(small), leaf=small.store.entry(index).leaf)
    assert (report.ok, report.kind, report.size, report.level) == (True, "receipt", small.size, "signed")


def test_a_receipt_stays_under_the_first_checkpoint_that_covers_it(small: Ledger) -> None:
    promise(small, "C1", "按时提交")
    index, first = small.size - 1, small.publish().checkpoint.size
    promise(small, "C2", "按时提交")
    small.publish()

    made = make_receipt(small.store, small.publisher, index)

    assert made is not None
    assert check_bytes(made.format().encode(), trusting(small)).size == first
    newest = parse_note(small.publisher.checkpoints.newest() or "")
    later = receipt_under(small.store, index, newest)
    assert check_bytes(later.format().encode(), trusting(small)).size == small.size


def test_there_is_no_receipt_of_what_is_not_there(small: Ledger) -> None:
    with pytest.raises(NotFound) as refused:
        make_receipt(small.store, small.publisher, small.size)
    assert refused.value.code == "no-entry"


def test_a_bundle_signs_what_it_is_asked_for(small: Ledger) -> None:
    small.publish()
    promise(small, "C1", "按时提交")

    bundle = make_bundle(small, [small.size - 1, 1, 1])

    assert [proven.index for proven in bundle.entries] == [1, small.size - 1]
    report = check_bytes(bundle.format(), trusting(small))
    assert (report.ok, report.size) == (True, small.size)
    assert "sections that were not disclosed: 1" in [item for item in report.not_checked if item.endswith(": 1")]


@pytest.mark.parametrize(("indexes", "code"), [([], "too-few"), ([-1], "no-entry"), ([10_000], "no-entry")])
def test_a_bundle_is_of_entries_that_are_there(small: Ledger, indexes: list[int], code: str) -> None:
    with pytest.raises((Invalid, NotFound)) as refused:
        make_bundle(small, indexes)
    assert refused.value.code == code


def test_an_export_holds_every_entry_and_the_documents_they_name(scene: Scene) -> None:
    out = BytesIO()
    header = write_export(scene.ledger, out)
    report = check_bytes(out.getvalue(), trusting(scene.ledger))

    assert (report.ok, report.kind, report.size, report.level) == (True, "export", scene.ledger.size, "signed")
    assert header.documents == 1
    lines = out.getvalue().splitlines()
    assert lines[1 : 1 + scene.ledger.size] == [row.state for row in scene.store.entries()]
    assert report.root == scene.store.head().root.hex()


def test_the_keys_of_an_export_are_those_that_may_sign_it(small: Ledger) -> None:
    rotate_signing_key(small)
    out = BytesIO()

    header = write_export(small, out)

    assert len(header.keys) == 2
    assert check_bytes(out.getvalue(), Trust()).ok
    for key in trusting(small).keys:
        assert check_bytes(out.getvalue(), Trust([key])).ok, "each of them may be the one a reader trusts"


def test_what_was_not_checked_is_said(small: Ledger) -> None:
    small.publish()
    made = make_receipt(small.store, small.publisher, 1)
    assert made is not None
    data = made.format().encode()

    alone = check_bytes(data, trusting(small))
    beside = check_bytes(data, trusting(small), leaf=small.store.entry(1).leaf)

    assert set(alone.not_checked) - set(beside.not_checked) == {"what the entry says: a receipt holds its hash alone"}
    assert alone.not_checked[-1] == beside.not_checked[-1] == TRUE


def test_disclosures_are_ordered_by_their_digests(scene: Scene) -> None:
    scene.found()
    chosen = [b"b", b"a", b"c"]

    bundle = make_bundle(scene.ledger, [1], lambda index: chosen)

    digests = [sha256(one).digest() for one in bundle.entries[0].disclosures]
    assert digests == sorted(digests)
    report = check_bytes(bundle.format(), trusting(scene.ledger))
    assert {one.code for one in report.findings} == {"section-changed"}


def test_a_note_that_nobody_signed_is_not_handed_out(small: Ledger, reopened: Copy) -> None:
    published = small.publish()
    forged = sign_note(published.checkpoint.format(), small.origin, Ed25519PrivateKey.generate()).format()
    reopened.rows("UPDATE checkpoints SET note = ? WHERE size = ?", forged, published.checkpoint.size)
    with pytest.raises(VerificationError):
        make_bundle(small, [1])
