"""Consents: the person's own, for one purpose, one recipient, until a day, and withdrawn once (DOMAIN §4.2)."""

from __future__ import annotations

import pytest

from tests.support.scene import ABSENT, DOCUMENT, HR, P2, Scene


def test_a_consent_is_given_by_the_person(scene: Scene) -> None:
    with scene.refused("not-the-subject"):
        scene.consent(by=P2)

    scene.consent()

    assert scene.state("consent", "N1").withdrawn is False


def test_a_consent_does_not_end_before_it_begins(scene: Scene) -> None:
    with scene.refused("consent-expired", "data.expires_on"):
        scene.consent("2025-09-01", expires_on="2025-08-31")

    scene.consent("2025-09-01", expires_on="2025-09-01")


@pytest.mark.parametrize("member", ["purpose", "scope", "recipient", "expires_on"])
def test_a_consent_says_what_it_allows(scene: Scene, member: str) -> None:
    with scene.refused("missing-field", f"data.{member}"):
        scene.consent(**{member: ABSENT})


def test_the_recipient_is_a_registered_unit(scene: Scene) -> None:
    for recipient in ("NOWHERE", "P2"):
        with scene.refused("unknown-unit", "data.recipient"):
            scene.consent(recipient=recipient)


def test_a_unit_gives_no_personal_consent(scene: Scene) -> None:
    with scene.refused("unknown-subject", "data.subject_id"):
        scene.consent(subject_id="U1")


def test_hr_records_a_signed_consent(scene: Scene) -> None:
    with scene.refused("document-required"):
        scene.consent(by=HR, on_behalf_of="P1")

    scene.consent(by=HR, on_behalf_of="P1", doc=DOCUMENT)


def test_only_who_gave_it_withdraws_it(scene: Scene) -> None:
    scene.consent()
    with scene.refused("not-the-subject"):
        scene.withdraw_consent("2025-09-02", by=P2)
    with scene.refused("not-the-subject"):
        scene.withdraw_consent("2025-09-02", subject_id="P2")
    scene.withdraw_consent("2025-09-02")

    with scene.refused("wrong-state"):
        scene.withdraw_consent("2025-09-03")


def test_a_consent_named_by_its_pseudonym_is_the_same_consent(scene: Scene) -> None:
    scene.consent()
    uid = scene.ledger.uid("consent", "N1") or ""
    scene.request_check(consent_id=uid)
    assert scene.state("check", "K1").outcome == "CLEAR"

    scene.withdraw_consent("2025-09-02", consent_id=uid)

    assert scene.newest().data["consent_id"] == "N1"
    with scene.refused("check-withdrawn"):
        scene.decide("2025-09-02", "ELIGIBLE")


def test_what_was_not_given_is_not_withdrawn(scene: Scene) -> None:
    with scene.refused("unknown-consent"):
        scene.withdraw_consent("2025-09-02")


def test_an_id_stands_for_one_consent(scene: Scene) -> None:
    scene.consent()

    with scene.refused("consent-exists"):
        scene.consent()
