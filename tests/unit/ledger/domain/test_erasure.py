"""Orders of erasure: who may give them, when, and what they come to name (DOMAIN §4.2, DESIGN §3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ledger.domain.base import Act, Actor, LedgerAggregate
from ledger.domain.erasure import MAX_TARGETS, Erasure, ErasureOrdered, PayloadErased
from ledger.domain.values import Role
from ledger.erasing import resume_erasures
from ledger.errors import Refused
from ledger.line import LineActor
from ledger.rulebook.edition import shipped_edition
from ledger.storage.events import Acknowledgement
from ledger.storage.sealed import fingerprint
from tests.support.erasure import only_order, order_of
from tests.support.ledgers import uid_of
from tests.support.scene import ABSENT, CREDIT, EDITION, HR, SYSTEM, U1, Scene

DPO = LineActor("dpo-1", "DPO")
RULING = "责令删除决定书〔2025〕3号"
KEPT = "\n[retention]\ncase_months = 12\n"
SHORT = "JMS-DEMO-2025.2"


def order(scene: Scene, on: str = "2025-10-01", **changes: Any) -> Acknowledgement:
    """An order that would be accepted: P1's cases, by a ruling."""
    data: dict[str, Any] = {
        "erasure_id": "E1",
        "scope": "SUBJECT",
        "subject_id": "P1",
        "class": "CASE",
        "ground": "RULING",
        "doc": RULING,
        "legal_basis": ["个人信息保护法 47"],
        "approvers": ["dpo-2", "legal-1"],
    }
    by = changes.pop("by", DPO)
    return scene.act("ErasureOrdered", on, by, data | changes)


def of_sections(*targets: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What makes it an order about sections."""
    return {"scope": "SECTION", "subject_id": ABSENT, "class": ABSENT, "targets": list(targets), **changes}


@pytest.fixture
def decided(scene: Scene) -> Scene:
    """A finding about P1, decided on 2025-03-20."""
    scene.found()
    return scene


def index_of(scene: Scene, kind: str) -> int:
    return scene.ledger.by_type(kind, scene.ledger.size)[-1].index


def test_an_order_names_every_section_of_the_class_and_the_key_that_goes(decided: Scene) -> None:
    uid = uid_of(decided.ledger, "P1")
    key = decided.ledger.keys.get(uid, "CASE")
    assert key is not None
    there = {entry.index: entry.sections for entry in decided.ledger.stream(f"breach/{breach(decided)}", 1000)}

    made = order(decided)
    (ordered,) = decided.ledger.logged(made.index, made.index + 1)
    targets = ordered.data["targets"]

    # The report's own section `reporter` is the reporter's, not P1's.
    assert len(targets) == sum(there.values()) - 1
    assert {target["index"] for target in targets} == set(there)
    assert ordered.data["keys"] == [fingerprint(key)]
    assert ordered.subjects == (uid,)
    assert ordered.sections == 1  # the ruling, sealed for the order itself


def breach(scene: Scene) -> str:
    uid = scene.ledger.uid("breach", "B1")
    assert uid is not None
    return uid


def test_the_ledger_says_that_it_was_carried_out_with_the_same_targets(decided: Scene) -> None:
    made = order(decided)
    ordered, erased = decided.ledger.logged(made.index, made.index + 2)

    assert (ordered.type, erased.type) == ("ErasureOrdered", "PayloadErased")
    assert ordered.stream == erased.stream
    assert {name: erased.data[name] for name in ("targets", "keys")} == {
        name: ordered.data[name] for name in ("targets", "keys")
    }
    assert erased.actor["role"] == "SYSTEM"
    with decided.refused("not-a-command"):
        decided.act("PayloadErased", "2025-10-02", SYSTEM, {"targets": []})


@pytest.mark.parametrize("by", [HR, CREDIT, U1], ids=lambda actor: actor.role)
def test_only_the_data_protection_officer_orders(decided: Scene, by: LineActor) -> None:
    with decided.refused("role-not-allowed"):
        order(decided, by=by)


@pytest.mark.parametrize("approvers", [[], ["a"], ["a", "a"]], ids=["none", "one", "one-twice"])
def test_it_takes_two_different_approvers(decided: Scene, approvers: list[str]) -> None:
    with decided.refused("two-approvers-required", "data.approvers"):
        order(decided, approvers=approvers)


def test_whoever_orders_does_not_approve(decided: Scene) -> None:
    with decided.refused("approver-orders"):
        order(decided, approvers=["dpo-1", "legal-1"])


def test_whoever_orders_does_not_approve_under_another_registration(decided: Scene) -> None:
    decided.register_person("2025-04-01", "P3")
    decided.merge("2025-04-02", "P3", "P2")

    with decided.refused("approver-orders"):
        order(decided, by=LineActor("P2", "DPO"), approvers=["P3", "legal-1"])
    order(decided, by=LineActor("P2", "DPO"), approvers=["dpo-2", "legal-1"])


def test_nobody_orders_or_approves_the_erasure_of_their_own_file(decided: Scene) -> None:
    with decided.refused("own-case"):
        order(decided, by=LineActor("P1", "DPO"))
    with decided.refused("own-case"):
        order(decided, approvers=["P1", "legal-1"])
    with decided.refused("own-case"):
        order(decided, approvers=["P1", "legal-1"], **of_sections({"index": index_of(decided, "BreachConfirmed")}))


def test_a_ruling_comes_with_the_order(decided: Scene) -> None:
    with decided.refused("document-required"):
        order(decided, doc=ABSENT)
    with decided.refused("too-few", "data.legal_basis"):
        order(decided, legal_basis=[])


# Open cases.


def test_while_a_case_is_open_nothing_of_it_is_erased(scene: Scene) -> None:
    scene.report()
    with scene.refused("open-case"):
        order(scene)
    with scene.refused("open-case"):
        order(scene, **of_sections({"index": index_of(scene, "BreachReported"), "section": "reporter"}))
    scene.decline()

    order(scene)


def test_an_open_appeal_and_an_open_repair_are_open_cases(decided: Scene) -> None:
    decided.appeal()
    with decided.refused("open-case"):
        order(decided, "2025-04-10")
    decided.decide_appeal()
    decided.apply_for_repair()
    with decided.refused("open-case"):
        order(decided, "2025-06-21")
    decided.accept_repair()
    decided.reject()

    order(decided)


def test_a_check_is_open_until_it_is_final(scene: Scene) -> None:
    scene.consent(doc="授权书")
    scene.request_check()
    with scene.refused("open-case"):
        order(scene, **{"class": "CHECK"})
    scene.withdraw_check("2025-09-03")

    order(scene, **{"class": "CHECK"})


def test_a_check_ends_with_its_consent_and_one_without_consent_is_never_decided(scene: Scene) -> None:
    scene.consent(doc="授权书")
    scene.request_check()
    scene.withdraw_consent("2025-09-02")
    scene.request_check("2025-09-03", check_id="K2", consent_id="N1")

    order(scene, **{"class": "CHECK"})


def test_another_persons_open_case_is_no_hindrance(decided: Scene) -> None:
    decided.report("2025-09-01", breach_id="B9", subject_id="P2")

    order(decided, "2025-10-01")


# Retention.


def test_without_a_period_in_the_edition_a_ruling_is_needed(decided: Scene) -> None:
    with decided.refused("retention-not-set"):
        order(decided, ground="RETENTION", doc=ABSENT)


def test_a_period_runs_from_the_last_day_of_the_record(decided: Scene) -> None:
    content = shipped_edition(EDITION).replace(EDITION.encode(), SHORT.encode(), 1)
    content = content.replace(b"effective_on = 2025-01-01", b"effective_on = 2025-07-01", 1) + KEPT.encode()
    decided.ledger.offer_edition(content)
    decided.activate("2025-07-01", rulebook_id=SHORT)

    with decided.refused("retention-not-over", "data.ground"):
        order(decided, "2026-03-20", ground="RETENTION", doc=ABSENT)
    with decided.refused("retention-not-set"):
        order(decided, "2026-03-21", ground="RETENTION", doc=ABSENT, **{"class": "IDENTITY"})
    order(decided, "2026-03-21", ground="RETENTION", doc=ABSENT)


def test_an_identity_is_kept_as_long_as_anything_about_the_person(decided: Scene) -> None:
    content = shipped_edition(EDITION).replace(EDITION.encode(), SHORT.encode(), 1)
    content = content.replace(b"effective_on = 2025-01-01", b"effective_on = 2025-07-01", 1)
    decided.ledger.offer_edition(content + b"\n[retention]\nidentity_months = 1\n")
    decided.activate("2025-07-01", rulebook_id=SHORT)
    decided.consent("2025-09-01")
    identity = {"ground": "RETENTION", "doc": ABSENT, "class": "IDENTITY"}

    with decided.refused("retention-not-over"):
        order(decided, "2025-10-01", **identity)
    order(decided, "2025-10-02", **identity)


# Sections.


def test_a_section_is_named_by_its_entry_and_name_or_by_its_digest(decided: Scene) -> None:
    index = index_of(decided, "BreachConfirmed")
    made = order(decided, **of_sections({"index": index, "section": "reasons"}))
    (ordered,) = decided.ledger.logged(made.index, made.index + 1)
    (target,) = ordered.data["targets"]
    (entry,) = decided.ledger.logged(index, index + 1)

    assert "keys" not in ordered.data
    assert "reasons" not in decided.ledger.sections(entry)
    assert "factors" in decided.ledger.sections(entry)
    with decided.refused("already-erased"):
        order(decided, erasure_id="E2", **of_sections({"index": index, "digest": target["digest"]}))
    with decided.refused("already-erased"):
        order(decided, erasure_id="E2", **of_sections({"index": index, "section": "reasons"}))


def test_an_entry_alone_means_all_that_is_left_of_it(decided: Scene) -> None:
    index = index_of(decided, "BreachConfirmed")
    order(decided, **of_sections({"index": index, "section": "reasons"}))
    order(decided, erasure_id="E2", **of_sections({"index": index}))
    (entry,) = decided.ledger.logged(index, index + 1)

    assert decided.ledger.sections(entry) == {}
    with decided.refused("already-erased"):
        order(decided, erasure_id="E3", **of_sections({"index": index}))


@pytest.mark.parametrize("target", [{"index": 0}, {"index": 9_999}], ids=["without-sections", "beyond-the-log"])
def test_what_no_entry_commits_to_is_not_erased(decided: Scene, target: dict[str, Any]) -> None:
    with decided.refused("unknown-section", "data.targets.0"):
        order(decided, **of_sections(target))


def test_a_digest_of_another_entry_is_unknown(decided: Scene) -> None:
    index = index_of(decided, "BreachConfirmed")
    with decided.refused("unknown-section", "data.targets.0"):
        order(decided, **of_sections({"index": index, "digest": "0" * 64}))


def test_an_identity_goes_with_its_subject_only(decided: Scene) -> None:
    uid = uid_of(decided.ledger, "P1")
    (registered, *_) = decided.ledger.stream(f"subject/{uid}", decided.ledger.size)
    with decided.refused("identity-by-subject"):
        order(decided, **of_sections({"index": registered.index}))
    with decided.refused("identity-of-a-unit"):
        order(decided, subject_id="U1", **{"class": "IDENTITY"})

    order(decided, **{"class": "IDENTITY"})


def test_what_the_ledger_works_out_is_not_taken_from_a_caller(decided: Scene) -> None:
    with decided.refused("computed-by-ledger"):
        order(decided, targets=[{"index": index_of(decided, "BreachConfirmed")}])
    with decided.refused("computed-by-ledger"):
        order(decided, keys=["0" * 64])


def test_a_scope_takes_its_own_members_only(decided: Scene) -> None:
    target = {"index": index_of(decided, "BreachConfirmed")}
    with decided.refused("not-of-this-scope", "data.subject_id"):
        order(decided, **of_sections(target, subject_id="P1"))
    with decided.refused("missing-field", "data.class"):
        order(decided, **{"class": ABSENT})
    with decided.refused("missing-field", "data.targets"):
        order(decided, **of_sections())


def test_there_must_be_something_to_erase(decided: Scene) -> None:
    with decided.refused("nothing-to-erase"):
        order(decided, **{"class": "CHECK"})
    order(decided)
    with decided.refused("nothing-to-erase"):
        order(decided, erasure_id="E2")


def test_what_another_order_names_is_not_ordered_again(decided: Scene) -> None:
    line = order_of(decided.ledger, "E0", scope="SUBJECT", subject_id="P1", **{"class": "CASE"})
    decided.on_day("2025-09-30")
    only_order(decided.ledger, replace(line, effective_on=date(2025, 9, 30)))

    with decided.refused("already-erased"):
        order(decided)
    with decided.refused("already-erased"):
        order(decided, **of_sections({"index": index_of(decided, "BreachConfirmed"), "section": "reasons"}))
    assert len(resume_erasures(decided.ledger)) == 1


def test_an_id_is_used_once(decided: Scene) -> None:
    order(decided)
    with decided.refused("erasure-exists"):
        order(decided, **{"class": "IDENTITY"})


def test_the_aggregate_refuses_too_many_targets_and_a_second_execution() -> None:
    erasure = LedgerAggregate.blank("erasure/one")
    assert isinstance(erasure, Erasure)
    erasure.act = Act(Actor("dpo", Role.DPO), date(2025, 1, 1), date(2025, 1, 1))
    target = {"index": 1, "digest": "0" * 64, "section": "reasons"}

    def data(count: int) -> ErasureOrdered.Data:
        return ErasureOrdered.Data.model_validate({
            "erasure_id": "E1", "scope": "SECTION", "ground": "RULING", "doc": "…", "legal_basis": ["x"],
            "approvers": ["a", "b"], "targets": [target] * count,
        })  # fmt: skip

    with pytest.raises(Refused) as refused:
        erasure.order(data(MAX_TARGETS + 1), concerned=[], open_case=False)
    assert refused.value.code == "too-many-targets"
    with pytest.raises(Refused) as early:
        erasure.complete(PayloadErased.Data(targets=[]))
    assert early.value.code == "wrong-state"

    erasure.order(data(MAX_TARGETS), concerned=[], open_case=False)
    erasure.complete(PayloadErased.Data(targets=[]))
    with pytest.raises(Refused) as again:
        erasure.complete(PayloadErased.Data(targets=[]))
    assert again.value.code == "wrong-state"
