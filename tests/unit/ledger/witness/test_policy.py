"""Policies: read back as written, refused with the line that is wrong, and counting what they say they count."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import VerificationError
from ledger.log.cosignature import cosign
from ledger.log.note import BadNote, NoteSignature, format_vkey
from ledger.witness.policy import (
    MAX_WITNESSES,
    BadWitnessPolicy,
    KnownLog,
    KnownWitness,
    Level,
    NotWitnessed,
    Policy,
    WitnessGroup,
    decode_policy,
    format_policy,
    parse_policy,
)
from tests.support.witnesses import SignedLog, a_key, witness_key

LOG = SignedLog(20)
OTHER_LOG = SignedLog(20, origin="localhost/other", seed=8)


def vkey(seed: int) -> str:
    key = witness_key(seed)
    return format_vkey(key.name, key.public_key, key.kind)


THREE = "".join(f"witness W{seed} {vkey(seed)}\n" for seed in (1, 2, 3))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any policy that can be written: each name a member once, groups behind what they name."""
    witnesses = [
        KnownWitness(f"W{seed}", witness_key(seed), draw(st.sampled_from([None, f"https://w{seed}.example/见证"])))
        for seed in range(draw(st.integers(0, 6)))
    ]
    free, groups = [one.name for one in witnesses], list[WitnessGroup]()
    for _ in range(draw(st.integers(0, 4)) if free else 0):
        members: tuple[str, ...] = tuple(draw(st.lists(st.sampled_from(free), min_size=1, unique=True)))
        free = [name for name in free if name not in members]
        groups.append(WitnessGroup(f"组{len(groups)}", draw(st.integers(1, len(members))), members))
        free.append(groups[-1].name)
    names = [one.name for one in witnesses] + [group.name for group in groups]
    quorum = draw(st.sampled_from([*names, "none"]))
    logs = draw(st.sampled_from([(), (KnownLog(LOG.key),), (KnownLog(LOG.key, "https://log.example"),)]))
    return Policy(logs, tuple(witnesses), tuple(groups), quorum)


def has_seen(policy: Policy, name: str, cosigned: set[str]) -> bool:
    """What tlog-policy says of a name, in its own words."""
    for group in policy.groups:
        if group.name == name:
            return sum(has_seen(policy, member, cosigned) for member in group.members) >= group.threshold
    return name in cosigned


@given(policies())
def test_a_policy_is_read_back_as_written(policy: Policy) -> None:
    assert parse_policy(format_policy(policy)) == policy
    assert decode_policy(format_policy(policy).encode()) == policy


@given(policies(), st.data())
def test_a_quorum_is_met_exactly_where_the_specification_says_so(policy: Policy, data: st.DataObject) -> None:
    cosigned = {one.name for one in policy.witnesses if data.draw(st.booleans())}
    times = {name: data.draw(st.integers(1, 5)) for name in sorted(cosigned)}
    moment = policy.moment(times)

    assert (moment is not None) == has_seen(policy, policy.quorum, cosigned)
    if moment is not None:
        # It is the latest time by which the quorum was met by signatures not older than it.
        assert has_seen(policy, policy.quorum, {name for name, at in times.items() if at >= moment})
        assert not has_seen(policy, policy.quorum, {name for name, at in times.items() if at > moment})


@given(policies())
def test_more_cosignatures_never_take_a_quorum_away(policy: Policy) -> None:
    names = [one.name for one in policy.witnesses]
    for size in range(len(names)):
        for few in combinations(names, size):
            if policy.moment(dict.fromkeys(few, 1)) is not None:
                assert policy.moment(dict.fromkeys(names, 1)) is not None


def test_the_numbers_of_a_group() -> None:
    for many, enough in {"any": 1, "1": 1, "2": 2, "3": 3, "all": 3}.items():
        policy = parse_policy(f"{THREE}group G {many} W1 W2 W3\nquorum G\n")
        for size in range(4):
            times = dict.fromkeys(["W1", "W2", "W3"][:size], 5)
            assert (policy.moment(times) is not None) == (size >= enough), many


def test_comments_blanks_and_tabs_are_passed_over() -> None:
    written = f"# 见证\n\n \t\n  log\t{LOG.vkey}   https://log.example/ \n\t# x\nwitness  W1 {vkey(1)}\n quorum\tW1"

    assert parse_policy(written) == Policy(
        (KnownLog(LOG.key, "https://log.example/"),), (KnownWitness("W1", witness_key(1)),), (), "W1"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", None),
        ("log\n", 1),
        (f"log {LOG.vkey}\n", None),
        (f"log {LOG.vkey} u v\nquorum none\n", 1),
        (f"log {vkey(1)}\nquorum none\n", 1),
        (f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n", 2),
        (f"witness W1 {LOG.vkey}\nquorum none\n", 1),
        (f"witness W1 {vkey(1)[:-2]}\nquorum none\n", 1),
        (f"witness none {vkey(1)}\nquorum none\n", 1),
        (f"{THREE}witness W1 {vkey(4)}\nquorum none\n", 4),
        (f"{THREE}witness W4 {vkey(1)}\nquorum none\n", 4),
        (f"{THREE}group W1 any W2\nquorum none\n", 4),
        (f"{THREE}group G\nquorum none\n", 4),
        (f"{THREE}group G 1\nquorum none\n", 4),
        (f"{THREE}group G 0 W1\nquorum none\n", 4),
        (f"{THREE}group G 3 W1 W2\nquorum none\n", 4),
        (f"{THREE}group G -1 W1\nquorum none\n", 4),
        (f"{THREE}group G 01 W1\nquorum none\n", 4),
        (f"{THREE}group G most W1\nquorum none\n", 4),
        (f"{THREE}group G \u0661 W1\nquorum none\n", 4),
        (f"{THREE}group G any W1 W1\nquorum none\n", 4),
        (f"{THREE}group G any none\nquorum none\n", 4),
        (f"{THREE}group G any H\ngroup H any W1\nquorum G\n", 4),
        (f"{THREE}group G any G\nquorum G\n", 4),
        (f"{THREE}group G any W1\ngroup H any W1\nquorum H\n", 5),
        (f"quorum W1\n{THREE}", 1),
        (f"{THREE}quorum W1\nquorum W2\n", 5),
        (f"{THREE}quorum\n", 4),
        (f"{THREE}quorum W1 W2\n", 4),
        (f"{THREE}quorum W1\r\n", 4),
        (f"{THREE}\x0b\nquorum W1\n", 4),
        (f"{THREE}# \x07\nquorum W1\n", 4),
        (f"{THREE}quorum\u00a0W1\n", 4),
        (f"Log {LOG.vkey}\nquorum none\n", 1),
    ],
)
def test_a_policy_that_is_not_written_so_is_refused_with_its_line(text: str, line: int | None) -> None:
    with pytest.raises(BadWitnessPolicy) as refused:
        parse_policy(text)

    assert refused.value.code == "bad-witness-policy"
    assert refused.value.line == line


def test_there_is_a_limit_of_witnesses() -> None:
    lines = [f"witness W{seed} {vkey(seed)}\n" for seed in range(MAX_WITNESSES + 1)]

    assert len(parse_policy("".join(lines[:-1]) + "quorum none\n").witnesses) == MAX_WITNESSES
    with pytest.raises(BadWitnessPolicy, match=f"line {MAX_WITNESSES + 1}"):
        parse_policy("".join(lines) + "quorum none\n")


def test_a_policy_is_a_mebibyte_at_most() -> None:
    content = b"quorum none\n#".ljust(1_048_576)

    assert decode_policy(content).quorum == "none"
    with pytest.raises(BadWitnessPolicy):
        decode_policy(content + b" ")


@pytest.mark.parametrize("content", [b"\xff", b" " * 1_048_577])
def test_bytes_that_are_no_policy_are_refused(content: bytes) -> None:
    with pytest.raises(BadWitnessPolicy):
        decode_policy(content)


@given(st.text(max_size=200))
def test_any_text_is_a_policy_or_refused_as_one(text: str) -> None:
    try:
        policy = parse_policy(text)
    except BadWitnessPolicy:
        return
    assert parse_policy(format_policy(policy)) == policy


# Checkpoints under a policy.

TWO_OF_THREE = parse_policy(f"log {LOG.vkey}\n{THREE}group G 2 W1 W2 W3\nquorum G\n")


def line(size: int, seed: int, at: int) -> NoteSignature:
    return cosign(LOG.note(size).text, witness_key(seed).name, a_key(seed), at)


def test_a_checkpoint_is_witnessed_by_a_quorum_and_signed_below_it() -> None:
    note = LOG.note(7).with_signatures([line(7, 1, 10)])
    with pytest.raises(NotWitnessed):
        TWO_OF_THREE.verify(note)
    assert TWO_OF_THREE.level(note) is Level.SIGNED

    enough = note.with_signatures([line(7, 3, 12)])
    assert TWO_OF_THREE.verify(enough) == {"W1": 10, "W3": 12}
    assert TWO_OF_THREE.moment(TWO_OF_THREE.verify(enough)) == 10
    assert TWO_OF_THREE.level(enough) is Level.WITNESSED


def test_a_witness_counts_once_however_often_it_signs() -> None:
    note = LOG.note(7).with_signatures([line(7, 1, at) for at in range(10, 20)])

    assert TWO_OF_THREE.cosigned(note) == {"W1": 19}
    with pytest.raises(NotWitnessed):
        TWO_OF_THREE.verify(note)


def test_a_cosignature_of_another_checkpoint_or_of_a_stranger_does_not_count() -> None:
    stranger = LOG.note(7).with_signatures([line(7, 1, 10), line(7, 9, 10)])
    with pytest.raises(NotWitnessed):
        TWO_OF_THREE.verify(stranger)

    moved = LOG.note(7).with_signatures([line(7, 1, 10), line(8, 2, 10)])
    with pytest.raises(BadNote):
        TWO_OF_THREE.verify(moved)


def test_only_the_logs_of_the_policy_are_accepted() -> None:
    policy = parse_policy(f"log {OTHER_LOG.vkey}\n{THREE}quorum W1\n")
    with pytest.raises(VerificationError):
        policy.verify(LOG.note(7).with_signatures([line(7, 1, 10)]))

    without = parse_policy(f"{THREE}quorum W1\n")
    assert without.verify(LOG.note(7).with_signatures([line(7, 1, 10)])) == {"W1": 10}


def test_without_a_quorum_nothing_is_asked_and_nothing_is_called_witnessed() -> None:
    policy = parse_policy(f"log {LOG.vkey}\n{THREE}quorum none\n")

    assert policy.verify(LOG.note(7)) == {}
    assert policy.level(LOG.note(7).with_signatures([line(7, 1, 10)])) is Level.SIGNED
