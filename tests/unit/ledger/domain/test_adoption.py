"""Editions: adopted by two approvers on their own day, never edited, and not activated after retirement (DOMAIN §5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.domain.adoption import Rulebook, RulebookActivated, RulebookPublished
from ledger.domain.base import Act, Actor
from ledger.domain.values import Role
from ledger.rulebook.edition import parse_edition, shipped_edition
from tests.support.scene import ABSENT, CREDIT, EDITION, HR, Scene, a_scene

OTHER = "JMS-DEMO-2025.2"


def other_edition(text: str = "", on: str = "2025-07-01") -> bytes:
    """An edition like the first, of another name and day."""
    content = shipped_edition(EDITION).replace(EDITION.encode(), OTHER.encode(), 1)
    return content.replace(b"effective_on = 2025-01-01", f"effective_on = {on}".encode(), 1) + text.encode()


@pytest.fixture
def offered(scene: Scene) -> Scene:
    scene.ledger.offer_edition(other_edition())
    return scene


def test_an_edition_takes_effect_on_the_day_its_file_says(offered: Scene) -> None:
    with offered.refused("edition-date", "effective_on"):
        offered.activate("2025-07-02", rulebook_id=OTHER)
    with offered.refused("edition-date"):
        offered.activate("2025-07-01", rulebook_id=OTHER, effective_on="2025-07-02")

    offered.activate("2025-07-01", rulebook_id=OTHER, effective_on="2025-07-01")


def test_an_edition_may_be_activated_ahead_of_its_day_and_after_it(scene: Scene, tmp_path: Path) -> None:
    scene.ledger.offer_edition(other_edition())
    scene.activate("2025-07-01", rulebook_id=OTHER, recorded="2025-06-01")

    with a_scene(tmp_path / "late") as late:
        late.ledger.offer_edition(other_edition())
        late.activate("2025-07-01", rulebook_id=OTHER, recorded="2025-08-01")


@pytest.mark.parametrize("approvers", [[], ["credit-1"], ["credit-1", "credit-1"]], ids=["none", "one", "one-twice"])
@pytest.mark.parametrize("step", ["activate", "publish_edition", "retire"])
def test_it_takes_two_different_approvers(offered: Scene, step: str, approvers: list[str]) -> None:
    with offered.refused("two-approvers-required", "data.approvers"):
        getattr(offered, step)("2025-07-01", rulebook_id=EDITION if step == "retire" else OTHER, approvers=approvers)


def test_one_person_under_two_names_is_one_approver(offered: Scene) -> None:
    names = ["P1", offered.ledger.uid("subject", "P1")]

    with offered.refused("two-approvers-required"):
        offered.activate("2025-07-01", rulebook_id=OTHER, approvers=names)


def test_the_entry_holds_the_digest_and_the_store_the_file(offered: Scene) -> None:
    content = other_edition()
    offered.activate("2025-07-01", rulebook_id=OTHER)

    digest = offered.newest().data["digest"]
    assert digest == parse_edition(content).digest
    assert offered.store.document(bytes.fromhex(digest)) == content


def test_an_approver_stands_there_by_pseudonym(offered: Scene) -> None:
    offered.activate("2025-07-01", rulebook_id=OTHER)

    assert not {"credit-1", "legal-1"} & set(offered.newest().data["approvers"])


def test_an_adopted_edition_is_never_edited(offered: Scene) -> None:
    offered.activate("2025-07-01", rulebook_id=OTHER)
    offered.ledger.offer_edition(other_edition("\n# another comment\n"))

    with offered.refused("edition-changed", "data.digest"):
        offered.activate("2025-07-01", rulebook_id=OTHER, recorded="2025-07-02")


def test_an_edition_published_without_its_digest_may_not_be_another_one_afterwards(offered: Scene) -> None:
    content = other_edition()
    offered.publish_edition("2025-06-01", rulebook_id=OTHER, digest=parse_edition(content).digest)
    offered.publish_edition("2025-06-02", rulebook_id=OTHER)
    offered.ledger.offer_edition(other_edition("\n# another comment\n"))

    with offered.refused("edition-changed", "data.digest"):
        offered.activate("2025-07-01", rulebook_id=OTHER, recorded="2025-06-03")
    offered.activate("2025-07-01", rulebook_id=OTHER, recorded="2025-06-03", documents=[content])


def test_an_adopted_edition_is_not_published_and_so_not_edited_either(scene: Scene) -> None:
    edited = shipped_edition(EDITION).replace(b'base   = { value = "100"', b'base   = { value = "90"')
    with scene.refused("edition-adopted", "data.rulebook_id"):
        scene.publish_edition("2025-01-02")

    with scene.refused("edition-changed", "data.digest"):
        scene.activate("2025-01-01", recorded="2025-01-03", documents=[edited])


def test_a_publication_of_an_adopted_edition_in_an_older_ledger_forgets_no_digest() -> None:
    """Such an entry may stand in a log: an older release wrote it."""
    rulebook = Rulebook.blank("rulebook/one")
    assert isinstance(rulebook, Rulebook)
    rulebook.act = Act(Actor("a", Role.CREDIT), date(2025, 1, 1), date(2025, 1, 1))
    two = ["a", "b"]
    rulebook.happen(RulebookActivated, RulebookActivated.Data(rulebook_id=OTHER, approvers=two, digest="1" * 64))
    rulebook.happen(RulebookPublished, RulebookPublished.Data(rulebook_id=OTHER, approvers=two))

    assert rulebook.digest == "1" * 64


def test_a_digest_of_another_file_is_refused(offered: Scene) -> None:
    with offered.refused("edition-changed", "data.digest"):
        offered.activate("2025-07-01", rulebook_id=OTHER, digest="0" * 64)


def test_a_file_that_was_not_given_is_not_activated(scene: Scene) -> None:
    with scene.refused("unknown-edition", "data.rulebook_id"):
        scene.activate("2025-07-01", rulebook_id="NEVER-SEEN")


def test_a_retired_edition_is_not_activated_again_and_stays_in_force(scene: Scene) -> None:
    scene.retire("2025-03-01")

    with scene.refused("edition-retired"):
        scene.activate("2025-01-01", recorded="2025-03-02")
    with scene.refused("wrong-state"):
        scene.retire("2025-03-02")
    scene.report("2025-03-03")
    scene.notify("2025-03-04", reply_due="2025-03-18")


def test_what_was_not_adopted_is_not_retired(offered: Scene) -> None:
    with offered.refused("unknown-edition"):
        offered.retire("2025-03-01", rulebook_id=OTHER)


def test_only_the_credit_office_adopts(offered: Scene) -> None:
    with offered.refused("role-not-allowed"):
        offered.activate("2025-07-01", rulebook_id=OTHER, by=HR)
    with offered.refused("missing-field", "data.approvers"):
        offered.activate("2025-07-01", rulebook_id=OTHER, by=CREDIT, approvers=ABSENT)


@pytest.fixture
def without_edition(tmp_path: Path) -> Iterator[Scene]:
    """A ledger to which nothing but a person and two units was told."""
    scene = Scene(f"sqlite:///{tmp_path / 'bare.db'}", opened=False)
    scene.register_unit("2025-01-01", "PERSONNEL")
    scene.register_unit("2025-01-01", "U1")
    scene.register_person("2025-01-01", "P1")
    yield scene
    scene.ledger.close()


def test_without_an_edition_what_needs_one_is_refused(without_edition: Scene) -> None:
    with without_edition.refused("no-edition"):
        without_edition.report()
    with without_edition.refused("no-edition"):
        without_edition.request_check()
    without_edition.consent("2025-09-02")
    without_edition.promise("2025-09-02", due_on="2025-09-30")
