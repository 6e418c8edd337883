"""Registration, posts and sanctions: who is who, and whose official somebody was on a day (DOMAIN §4.1, §4.2)."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.line import LineActor
from tests.support.scene import ABSENT, CREDIT_CODES, DECIDER, DOCUMENT, HR, ID_NUMBERS, P1, SYSTEM, Scene

ON = "2025-02-01"


def unit_of(scene: Scene, day: str) -> str | None:
    uid = scene.state("subject", "P1").unit_on(date.fromisoformat(day))
    return None if uid is None else scene.ledger.caller_id(uid)


# Registration.


@pytest.mark.parametrize("member", ["name", "region", "id_number"])
def test_a_person_has_a_name_a_region_and_a_number(scene: Scene, member: str) -> None:
    with scene.refused("missing-field", f"data.{member}"):
        scene.register_person(ON, "P3", **{member: ABSENT})


@pytest.mark.parametrize("member", ["name", "region", "uscc"])
def test_a_unit_has_a_name_a_region_and_a_credit_code(scene: Scene, member: str) -> None:
    with scene.refused("missing-field", f"data.{member}"):
        scene.register_unit(ON, "U3", **{member: ABSENT})


def test_a_source_system_need_only_give_the_reference(scene: Scene) -> None:
    more = {"name": ABSENT, "region": ABSENT, "id_number": ABSENT}
    scene.register_person(ON, "X-1", source={"system": "OLD", "record": "X-1"}, **more)

    assert scene.ledger.uid("subject", "X-1", "OLD") is not None
    assert scene.ledger.uid("subject", "X-1", "") is None


def test_an_identity_number_leads_to_one_person(scene: Scene) -> None:
    with scene.refused("id-number-taken"):
        scene.register_person(ON, "P3", id_number=ID_NUMBERS["P1"])


def test_a_credit_code_leads_to_one_body(scene: Scene) -> None:
    with scene.refused("uscc-taken"):
        scene.register_unit(ON, "U3", uscc=CREDIT_CODES["U1"])


def test_a_caller_s_id_leads_to_one_subject(scene: Scene) -> None:
    with scene.refused("subject-exists"):
        scene.register_person(ON, "P1", id_number=ID_NUMBERS["P3"])


def test_a_person_has_no_credit_code(scene: Scene) -> None:
    with scene.refused("uscc-of-a-person", "data.uscc"):
        scene.register_person(ON, "P3", uscc=CREDIT_CODES["U3"])


def test_a_unit_has_no_identity_number(scene: Scene) -> None:
    with scene.refused("id-number-of-a-unit", "data.id_number"):
        scene.register_unit(ON, "U3", id_number=ID_NUMBERS["P3"])


@pytest.mark.parametrize("code", ["230899", "230883"], ids=["never-assigned", "assigned-and-valid"])
def test_a_region_of_the_city_is_in_the_table(scene: Scene, code: str) -> None:
    if code == "230883":
        scene.register_person(ON, "P3", region=code)
        return
    with scene.refused("unknown-region", "data.region"):
        scene.register_person(ON, "P3", region=code)


def test_a_region_is_valid_on_the_day(scene: Scene) -> None:
    with scene.refused("region-not-valid", "data.region"):
        scene.register_person("2015-06-01", "P3", region="230883", recorded=ON)


def test_nothing_of_a_person_s_identity_is_plain(scene: Scene) -> None:
    scene.register_person(ON, "P3")

    entry = scene.newest()
    assert set(entry.data) == {"kind", "region"}
    assert scene.ledger.sections(entry)["identity"]["id_number"] == ID_NUMBERS["P3"]


# Posts.


@pytest.mark.parametrize("member", ["level", "post"])
def test_a_post_has_a_level_and_a_category(scene: Scene, member: str) -> None:
    with scene.refused("missing-field", f"data.{member}"):
        scene.assign(ON, "P1", "U2", ON, **{member: ABSENT})


def test_a_post_ends_after_it_begins(scene: Scene) -> None:
    with scene.refused("post-ends-before-it-begins", "data.to"):
        scene.assign(ON, "P1", "U2", ON, to="2025-01-31")


def test_a_unit_holds_no_post(scene: Scene) -> None:
    with scene.refused("unknown-subject", "data.subject_id"):
        scene.assign(ON, "U1", "U2", ON)


def test_only_hr_assigns_posts(scene: Scene) -> None:
    with scene.refused("role-not-allowed", "actor.role"):
        scene.assign(ON, "P1", "U2", ON, by=DECIDER)


def test_a_later_post_ends_the_earlier_one(scene: Scene) -> None:
    scene.assign(ON, "P1", "U2", "2025-03-01")

    assert [unit_of(scene, day) for day in ("2025-02-28", "2025-03-01")] == ["U1", "U2"]


def test_a_post_counts_on_its_last_day_and_not_after(scene: Scene) -> None:
    scene.assign(ON, "P1", "U2", "2025-03-01", to="2025-03-31")

    assert [unit_of(scene, day) for day in ("2025-03-31", "2025-04-01")] == ["U2", None]


def test_before_the_first_post_there_is_no_unit(scene: Scene) -> None:
    assert unit_of(scene, "2022-12-31") is None


def test_of_two_posts_from_one_day_the_later_entry_counts(scene: Scene) -> None:
    scene.assign(ON, "P1", "U2", "2025-03-01")
    scene.assign(ON, "P1", "PERSONNEL", "2025-03-01")

    assert unit_of(scene, "2025-03-01") == "PERSONNEL"


def test_of_posts_that_overlap_the_one_that_began_last_counts_whenever_it_was_recorded(scene: Scene) -> None:
    scene.assign(ON, "P1", "U2", "2025-03-01", to="2025-04-30")
    scene.assign(ON, "P1", "PERSONNEL", "2025-02-01", to="2025-12-31")

    days = ("2025-02-28", "2025-03-01", "2025-04-30")
    assert [unit_of(scene, day) for day in days] == ["PERSONNEL", "U2", "U2"]


def test_after_the_last_post_has_ended_no_earlier_one_comes_back(scene: Scene) -> None:
    scene.assign(ON, "P1", "U2", "2025-03-01", to="2025-04-30")

    assert [unit_of(scene, day) for day in ("2025-05-01", "2026-01-01")] == [None, None]


def test_conduct_in_a_gap_between_posts_is_no_units(scene: Scene) -> None:
    scene.assign(ON, "P1", "U1", "2025-02-02", to="2025-02-05")
    scene.assign(ON, "P1", "U2", "2025-02-15")
    with scene.refused("unit-at-time-mismatch", "data.unit_at_time"):
        scene.report("2025-02-20", occurred_on="2025-02-10", unit_at_time="U1")

    scene.report("2025-02-20", occurred_on="2025-02-10")

    assert scene.state("breach", "B1").unit_at_time is None


def test_a_post_recorded_later_changes_no_report(scene: Scene) -> None:
    scene.report()
    scene.assign("2025-02-21", "P1", "U2", "2025-02-01")

    assert scene.state("breach", "B1").unit_at_time == scene.ledger.uid("subject", "U1")


# Recruitment bars.


def test_a_bar_for_life_has_no_end(scene: Scene) -> None:
    scene.impose(ON, until=ABSENT)

    assert [bar.until for bar in scene.state("subject", "P1").bars] == [None]


def test_a_sanction_rests_on_a_document(scene: Scene) -> None:
    with scene.refused("document-required", "data.doc"):
        scene.impose(ON, doc=ABSENT)


def test_a_sanction_ends_after_it_begins(scene: Scene) -> None:
    with scene.refused("sanction-ends-before-it-begins", "data.until"):
        scene.impose(ON, until="2025-01-31")


def test_a_kind_of_sanction_that_nobody_knows_is_refused(scene: Scene) -> None:
    with scene.refused("not-in-list", "data.kind"):
        scene.impose(ON, kind="FINE")


def test_nobody_bars_themselves(scene: Scene) -> None:
    from dataclasses import replace

    with scene.refused("own-case"):
        scene.impose(ON, by=replace(HR, id="P1"))


def test_a_lifted_bar_is_gone(scene: Scene) -> None:
    scene.impose(ON)
    scene.lift("2025-06-01")

    assert scene.state("subject", "P1").bars == []


def test_only_a_standing_bar_is_lifted(scene: Scene) -> None:
    scene.impose(ON)
    with scene.refused("no-such-sanction"):
        scene.lift("2025-06-01", from_="2025-02-02")
    scene.lift("2025-06-01", from_=ON)

    with scene.refused("no-such-sanction"):
        scene.lift("2025-06-02")


@pytest.mark.parametrize("until", ["2025-06-30", ABSENT], ids=["for-years", "for-life"])
def test_only_a_human_lifts_a_bar_before_its_end(scene: Scene, until: str) -> None:
    scene.impose(ON, until=until)
    with scene.refused("human-decision-required", "actor.role"):
        scene.lift("2025-06-30", by=SYSTEM)
    with scene.refused("document-required", "data.doc"):
        scene.lift("2025-06-30", doc=ABSENT)

    scene.lift("2025-06-30")

    assert scene.state("subject", "P1").bars == []


@pytest.mark.parametrize("by", [SYSTEM, HR], ids=["system", "hr"])
def test_the_end_of_a_bar_is_noted_on_the_day_after_it(scene: Scene, by: LineActor) -> None:
    scene.impose(ON, until="2025-06-30")
    with scene.refused("human-decision-required" if by == SYSTEM else "document-required"):
        scene.lift("2025-06-30", by=by, doc=ABSENT)

    scene.lift("2025-07-01", by=by, doc=ABSENT)

    assert scene.state("subject", "P1").bars == []


def test_a_bar_that_was_over_only_when_it_was_recorded_was_lifted_before_its_end(scene: Scene) -> None:
    scene.impose(ON, until="2025-06-30")

    with scene.refused("human-decision-required"):
        scene.lift("2025-06-30", recorded="2025-07-01", by=SYSTEM, doc=DOCUMENT)


def test_the_person_does_not_impose_or_lift(scene: Scene) -> None:
    with scene.refused("role-not-allowed"):
        scene.impose(ON, by=P1)
    scene.impose(ON)
    with scene.refused("role-not-allowed"):
        scene.lift("2025-06-01", by=P1)
