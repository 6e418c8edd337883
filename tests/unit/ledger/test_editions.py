"""Editions: a file comes with its command and serves no other; the timeline is kept by its newest activation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from ledger.errors import NotFound
from ledger.line import Line
from ledger.rulebook.edition import parse_edition, shipped_edition
from ledger.storage.events import Acknowledgement
from tests.support.scene import CREDIT, EDITION, Scene

TODAY = "2025-06-01"


def edition(name: str, *, base: str = "100", on: str = "2025-07-01") -> bytes:
    content = shipped_edition(EDITION).replace(EDITION.encode(), name.encode(), 1)
    content = content.replace(b"effective_on = 2025-01-01", f"effective_on = {on}".encode(), 1)
    return content.replace(b'base   = { value = "100"', f'base   = {{ value = "{base}"'.encode(), 1)


def activation(name: str, on: str = "2025-07-01") -> Line:
    data = {"rulebook_id": name, "approvers": ["credit-1", "legal-1"]}
    return Line("RulebookActivated", date.fromisoformat(on), CREDIT, data)


# The file.


def test_two_callers_at_once_each_adopt_the_file_they_sent(scene: Scene) -> None:
    """As over HTTP: one process, one ledger, a thread for each request."""
    scene.on_day(TODAY)
    files = {f"NEW-{n}": edition(f"NEW-{n}", base=str(90 + n), on=f"2025-07-0{n + 1}") for n in range(4)}
    at_once = Barrier(len(files))

    def adopt(name: str, day: str) -> Acknowledgement:
        at_once.wait()
        return scene.ledger.submit(activation(name, day), documents=[files[name]])

    with ThreadPoolExecutor(len(files)) as pool:
        answers = dict(zip(files, pool.map(adopt, files, [f"2025-07-0{n + 1}" for n in range(4)]), strict=True))

    for name, content in files.items():
        entry = next(scene.ledger.logged(answers[name].index, answers[name].index + 1))
        assert scene.store.document(bytes.fromhex(entry.data["digest"])) == content


def test_a_file_that_another_thread_offered_is_not_adopted(scene: Scene) -> None:
    scene.on_day(TODAY)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(scene.ledger.offer_edition, edition("NEW-1", base="1")).result()

    with scene.refused("unknown-edition", "data.rulebook_id"):
        scene.ledger.submit(activation("NEW-1"))


def test_the_file_that_comes_with_a_command_goes_before_one_that_was_offered(scene: Scene) -> None:
    scene.on_day(TODAY)
    mine = edition("NEW-1")
    scene.ledger.offer_edition(edition("NEW-1", base="1"))

    scene.ledger.submit(activation("NEW-1"), documents=[mine])

    assert scene.newest().data["digest"] == parse_edition(mine).digest


def test_a_file_of_another_edition_is_refused(scene: Scene) -> None:
    scene.on_day(TODAY)
    scene.ledger.offer_edition(edition("NEW-1"))

    with scene.refused("unknown-edition", "data.rulebook_id"):
        scene.ledger.submit(activation("NEW-1"), documents=[edition("NEW-2")])
    with scene.refused("bad-edition"):
        scene.ledger.submit(activation("NEW-1"), documents=[b"not an edition"])


def test_a_document_that_no_entry_names_is_refused(scene: Scene) -> None:
    scene.on_day(TODAY)
    with scene.refused("document-not-named"):
        scene.ledger.submit(activation("NEW-1"), documents=[edition("NEW-1"), edition("NEW-1", base="1")])
    with scene.refused("document-not-named"):
        scene.promise(TODAY, documents=[b"anything"])


def test_another_file_under_the_same_request_key_is_another_request(scene: Scene) -> None:
    scene.on_day(TODAY)
    key = ("tester", "1")
    first = scene.ledger.submit(activation("NEW-1"), documents=[edition("NEW-1")], request=key)

    assert scene.ledger.submit(activation("NEW-1"), documents=[edition("NEW-1")], request=key) == first
    with scene.refused("request-key-reused"):
        scene.ledger.submit(activation("NEW-1"), documents=[edition("NEW-1", base="1")], request=key)


# The timeline.


def test_a_commit_of_another_type_leaves_the_timeline_standing(scene: Scene) -> None:
    before = scene.ledger.editions(scene.ledger.size)
    scene.promise(TODAY)

    assert scene.ledger.editions(scene.ledger.size) is before
    assert scene.ledger.editions_now() is before


def test_the_timeline_is_that_of_the_size(scene: Scene) -> None:
    size = scene.ledger.size
    before = scene.ledger.editions(size)
    scene.on_day(TODAY)
    scene.ledger.submit(activation("NEW-1"), documents=[edition("NEW-1")])

    assert scene.ledger.editions_now().on(date(2025, 8, 1)).id == "NEW-1"
    assert scene.ledger.editions(size) is before
    assert before.on(date(2025, 8, 1)).id == EDITION
    with pytest.raises(NotFound):
        scene.ledger.editions(0).on(date(2025, 8, 1))


def test_an_adoption_that_was_tried_is_in_no_timeline(scene: Scene) -> None:
    scene.on_day(TODAY)
    with scene.ledger.transaction(discard=True):
        scene.ledger.submit(activation("NEW-1"), documents=[edition("NEW-1", base="1")])
        assert scene.ledger.editions_now().on(date(2025, 8, 1)).person.base.value == 1
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(scene.ledger.editions_now).result().on(date(2025, 8, 1)).id == EDITION

    assert scene.ledger.editions_now().on(date(2025, 8, 1)).id == EDITION
    # The same index, another edition.
    scene.ledger.submit(activation("NEW-2"), documents=[edition("NEW-2")])
    assert scene.ledger.editions_now().on(date(2025, 8, 1)).id == "NEW-2"
