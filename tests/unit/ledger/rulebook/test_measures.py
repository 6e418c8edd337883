"""What a measure may rest on: the fourteen kinds of the national list, statutes for an effect, and triggers."""

from __future__ import annotations

from importlib import resources

import pytest

from ledger.errors import Invalid
from ledger.rulebook.measures import Basis, Force, Kind, Of, parse_bases, shipped_bases
from ledger.rulebook.parameters import Source

SPENDING = "关于限制被执行人高消费及有关消费的若干规定"
LIST = "全国失信惩戒措施基础清单"
LISTED = ("COURT_LIST", "SEVERE_LIST")
STATUTORY, BY_THE_LIST = Basis(Force.STATUTORY, False), Basis(Force.DISCRETIONARY, True)


def shipped() -> str:
    return (resources.files("ledger.rulebook") / "measure_bases.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("effect", "clauses", "basis"),
    [
        ("LIMIT_OFFICE", ["公务员法 26(4)"], STATUTORY),
        ("LIMIT_OFFICE", ["公务员法 26"], STATUTORY),
        ("LIMIT_OFFICE", [f"{LIST} 2"], BY_THE_LIST),
        ("LIMIT_OFFICE", [f"{LIST}（2024年版） 2"], BY_THE_LIST),
        ("LIMIT_OFFICE", [f"{LIST} 2", "公务员法 26(4)"], STATUTORY),
        ("LIMIT_OFFICE", ["示政发〔2025〕1号", f"{LIST} 2"], BY_THE_LIST),
        *(
            ("LIMIT_OFFICE", [f"公务员法 {place}"], STATUTORY)
            for place in ("26条", "第26条", "26（4）", "26条(4)", "第26条（4）")
        ),
    ],
)
def test_a_restriction_rests_on_a_statute_or_the_list(effect: str, clauses: list[str], basis: Basis) -> None:
    assert shipped_bases().basis_of("RESTRICT", effect, clauses, LISTED) == basis


@pytest.mark.parametrize(
    ("effect", "clauses"),
    [
        ("LIMIT_OFFICE", ["示政发〔2025〕1号"]),
        ("LIMIT_OFFICE", ["公务员法 260"]),
        ("LIMIT_OFFICE", ["公务员法 13"]),
        ("LIMIT_OFFICE", ["公务员法"]),
        ("LIMIT_EXIT", ["公务员法 26(4)"]),
        ("LIMIT_OFFICE", [f"{LIST} 3"]),
        ("LIMIT_OFFICE", [f"{LIST}（1999年版） 2"]),
        ("LIMIT_OFFICE", [f"{LIST} 02"]),
        ("LIMIT_LIBRARY", ["公务员法 26(4)", f"{LIST} 2"]),
        *(
            ("LIMIT_OFFICE", [f"公务员法 {place}"])
            for place in (
                "26(99)不存在",
                "26(99)",
                "26(0)",
                "26(04)",
                "26(4",
                "26()",
                "26 (4)",
                "26不存在",
                "026",
                "第26",
                "26(5)",
                "26(4)(1)",
                "26.4",
                "26-27",
                "２６",
                "",
            )
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_anything_else_is_no_basis(effect: str, clauses: list[str]) -> None:
    assert shipped_bases().basis_of("RESTRICT", effect, clauses, LISTED) is None


@pytest.mark.parametrize(
    ("effect", "clauses", "kinds", "basis"),
    [
        ("LIMIT_OFFICE", ["公务员法 26(4)"], ["LOCAL"], None),
        ("LIMIT_OFFICE", ["公务员法 26"], ["LOCAL"], None),
        ("LIMIT_OFFICE", ["公务员法 26"], ["PENALTY"], None),
        ("LIMIT_OFFICE", ["公务员法 26(4)"], ["DISCIPLINE"], None),
        ("LIMIT_OFFICE", ["公务员法 26(3)"], ["DISCIPLINE"], STATUTORY),
        ("LIMIT_OFFICE", ["公务员法 26(3)"], ["COURT_LIST"], None),
        ("LIMIT_OFFICE", ["公务员法 26(3)", "公务员法 26(4)"], ["DISCIPLINE", "COURT_LIST"], STATUTORY),
        ("LIMIT_OFFICE", ["公务员法 26(4)"], [], None),
        ("LIMIT_OFFICE", ["公司法 178(5)"], ["COURT_LIST"], Basis(Force.STATUTORY, True)),
        ("LIMIT_OFFICE", ["公司法 178(5)"], LISTED, None),
        ("LIMIT_OFFICE", ["公司法 178(5)", "公务员法 26(4)"], LISTED, STATUTORY),
        ("LIMIT_CONSUMPTION", [f"{SPENDING} 3"], ["COURT_LIST"], Basis(Force.STATUTORY, True)),
        ("LIMIT_OFFICE", ["公务员法 26(4)", f"{LIST} 2"], ["LOCAL"], BY_THE_LIST),
    ],
)  # fmt: skip
def test_a_statute_gives_nothing_to_a_measure_that_other_records_set_off(
    effect: str, clauses: list[str], kinds: list[str], basis: Basis | None
) -> None:
    assert shipped_bases().basis_of("RESTRICT", effect, clauses, kinds) == basis


def test_a_reward_needs_no_statute_and_never_has_its_force() -> None:
    basis = shipped_bases().basis_of("REWARD", "GREEN_CHANNEL", ["公务员法 26(4)"], ())

    assert basis == Basis(Force.DISCRETIONARY, False)


def test_there_are_fourteen_kinds_and_each_is_based_by_its_own_number() -> None:
    bases = shipped_bases()

    assert sorted(effect.number for effect in bases.effects.values()) == list(range(1, 15))
    for effect in bases.effects.values():
        assert bases.basis_of("RESTRICT", effect.code, [f"{LIST} {effect.number}"], LISTED) == BY_THE_LIST


def test_what_no_text_was_found_for_says_so() -> None:
    assert shipped_bases().source is Source.DEMONSTRATION
    published = {statute.name for statute in shipped_bases().statutes if statute.source is Source.PUBLISHED}
    assert published == {"公务员法"}  # the others' articles were not read in their texts


def test_a_trigger_asks_for_kind_and_severity() -> None:
    triggers = shipped_bases().triggers

    assert triggers["LISTING"].meets("COURT_LIST", "MINOR")
    assert not triggers["SEVERE_LIST"].meets("COURT_LIST", "SERIOUS")
    assert triggers["SERIOUS_FINDING"].meets("LOCAL", "SERIOUS")
    assert not triggers["SERIOUS_FINDING"].meets("LOCAL", "GENERAL")
    assert {one.of for one in triggers.values() if one.kind is Kind.REWARD} == {Of.COMMITMENT, Of.REPAIR}


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("number = 2\n", "number = 1\n", "effect"),
        ('code = "LIMIT_OFFICE"', 'code = "LIMIT_EXIT"', "effect"),
        ('effects = ["LIMIT_CONSUMPTION"]', 'effects = ["LIMIT_FREEDOM"]', "statute"),
        ('code = "COURT_LIST"', 'code = "LISTING"', "trigger"),
        ('of = "REPAIR"', 'of = "FINDING"', "trigger[8].of"),
        ('name = "公司法"', 'name = "公司法"\nextra = 1', "statute[2].extra"),
        ("article = 178", "article = 0", "statute[2].article"),
        ("items = [5]", "items = []", "statute[2].items"),
        ('record_kinds = ["DISCIPLINE"]', 'record_kinds = ["GOSSIP"]', "statute[0].record_kinds"),
        ('least = "SERIOUS"', 'least = "GRAVE"', "trigger[6].least"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(old: str, new: str, field: str) -> None:
    text = shipped()
    assert old in text

    with pytest.raises(Invalid) as caught:
        parse_bases(text.replace(old, new, 1).encode())
    assert (caught.value.code, caught.value.field) == ("bad-measure-bases", field)
