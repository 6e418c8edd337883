"""Which key is valid where, as the entries say: spans of log keys and of units' keys, and events that make no sense."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import VerificationError
from ledger.keyring import INTRODUCED, KEY_TOPICS, OPENED, RETIRED, REVOKED, Keyring, actor_key_name
from ledger.log.encoding import canonical
from ledger.log.entry import Signature, signed_message
from ledger.log.note import KeyType, format_vkey, parse_vkey

ORIGIN, UNIT, OTHER_UNIT = "localhost/keys", "unit-one", "unit-two"
T0, T30, T60, T90 = (f"2025-01-01T00:0{m}:{s}.000000Z" for m, s in ((0, "00"), (0, "30"), (1, "00"), (1, "30")))
HEADER = canonical({"v": 0})


def made(name: str) -> tuple[Ed25519PrivateKey, str]:
    key = Ed25519PrivateKey.generate()
    return key, format_vkey(name, key.public_key().public_bytes_raw())


LOG, LOG_KEY = made(ORIGIN)
SECOND, SECOND_KEY = made(ORIGIN)
OWN, OWN_KEY = made(actor_key_name(ORIGIN, UNIT))
LOG_ID, SECOND_ID, OWN_ID = (parse_vkey(text).id for text in (LOG_KEY, SECOND_KEY, OWN_KEY))


def keyring(*events: tuple[int, str, dict[str, Any]], at: str = T0) -> Keyring:
    ring = Keyring(ORIGIN)
    ring.take(0, OPENED, {"keys": [{"purpose": "log-signing", "vkey": LOG_KEY}]}, T0)
    for index, topic, data in events:
        ring.take(index, topic, data, at)
    return ring


def introduced(required: bool = False, vkey: str = OWN_KEY, unit: str = UNIT) -> dict[str, Any]:
    return {"purpose": "actor-signing", "vkey": vkey, "unit": unit, "required": required}


def signature(key: Ed25519PrivateKey = OWN, key_id: str = OWN_ID, header: bytes = HEADER) -> Signature:
    return Signature(key_id, key.sign(signed_message(ORIGIN, header)))


def test_a_log_key_signs_from_its_introduction_to_its_end() -> None:
    ring = keyring((5, INTRODUCED, {"purpose": "log-signing", "vkey": SECOND_KEY}), (9, RETIRED, {"key": LOG_ID}))
    spans = {size: [key.vkey.id for key in ring.log_keys(size)] for size in (1, 5, 6, 9, 10)}
    assert spans == {1: [LOG_ID], 5: [LOG_ID], 6: [LOG_ID, SECOND_ID], 9: [LOG_ID, SECOND_ID], 10: [SECOND_ID]}


def test_a_revoked_log_key_counts_up_to_a_size_and_had_signed_up_to_its_end() -> None:
    ring = keyring(
        (5, INTRODUCED, {"purpose": "log-signing", "vkey": SECOND_KEY}), (9, REVOKED, {"key": LOG_ID, "since": 4})
    )
    assert [[key.vkey.id for key in ring.log_keys(size)] for size in (4, 5)] == [[LOG_ID], []]
    known = ring.known(LOG_ID)
    assert known is not None
    assert [known.signed_size(size) for size in (4, 9, 10)] == [True, True, False]


def test_a_units_key_signs_the_entries_between() -> None:
    ring = keyring((3, INTRODUCED, introduced()), (8, RETIRED, {"key": OWN_ID}))
    for index in (4, 7):
        ring.check(index, UNIT, HEADER, [signature()], T90)
    for index in (3, 8, 9):
        with pytest.raises(VerificationError) as refused:
            ring.check(index, UNIT, HEADER, [signature()], T90)
        assert refused.value.code == "actor-signature"


@pytest.mark.parametrize(
    ("unit", "given"),
    [
        (OTHER_UNIT, signature()),
        (None, signature()),
        (UNIT, signature(header=canonical({"v": 1}))),
        (UNIT, signature(key=SECOND)),
        (UNIT, signature(LOG, LOG_ID)),
        (UNIT, Signature("00000000", b"\0" * 64)),
    ],
    ids=["another unit's act", "nobody's act", "another header", "another key", "a log key", "an unknown key"],
)
def test_any_other_signature_is_refused(unit: str | None, given: Signature) -> None:
    with pytest.raises(VerificationError) as refused:
        keyring((3, INTRODUCED, introduced())).check(4, unit, HEADER, [given], T90)
    assert refused.value.code == "actor-signature"


def test_who_signs_whatever_it_does_is_held_to_it_a_minute_later() -> None:
    ring = keyring((3, INTRODUCED, introduced(required=True)))
    ring.check(4, UNIT, HEADER, [], T30)  # it may have been under way
    ring.check(5, OTHER_UNIT, HEADER, [], T90)
    ring.check(6, UNIT, HEADER, [signature()], T90)
    for moment in (T60, T90):
        with pytest.raises(VerificationError) as refused:
            ring.check(7, UNIT, HEADER, [], moment)
        assert refused.value.code == "signature-missing"
    ring.take(8, RETIRED, {"key": OWN_ID}, T90)
    ring.check(9, UNIT, HEADER, [], T90)


NAMED_WRONG = made("localhost/other")[1]
WITNESS = format_vkey(ORIGIN, LOG.public_key().public_bytes_raw(), KeyType.COSIGNATURE)


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        (INTRODUCED, {"purpose": "log-signing", "vkey": LOG_KEY}),
        (INTRODUCED, {"purpose": "log-signing", "vkey": NAMED_WRONG}),
        (INTRODUCED, {"purpose": "log-signing", "vkey": WITNESS}),
        (INTRODUCED, {"purpose": "log-signing", "vkey": "no key"}),
        (INTRODUCED, {"purpose": "log-signing", "vkey": 7}),
        (INTRODUCED, {"purpose": "log-signing"}),
        (INTRODUCED, {"purpose": "log-signing", "vkey": SECOND_KEY, "unit": UNIT, "required": False}),
        (INTRODUCED, {"purpose": "log-signing", "vkey": OWN_KEY, "unit": UNIT, "required": False}),
        (INTRODUCED, {"purpose": "actor-signing", "vkey": OWN_KEY}),
        (INTRODUCED, {"purpose": "actor-signing", "vkey": SECOND_KEY}),
        (INTRODUCED, {"purpose": "other", "vkey": SECOND_KEY}),
        (INTRODUCED, {"purpose": "other", "vkey": made(f"{ORIGIN}/certificate")[1]}),
        (INTRODUCED, {**introduced(), "more": 1}),
        (INTRODUCED, {**introduced(), "required": "yes"}),
        (INTRODUCED, {**introduced(), "unit": 3}),
        (INTRODUCED, {**introduced(vkey=made(actor_key_name(ORIGIN, "3"))[1]), "unit": 3}),
        (INTRODUCED, introduced(unit=OTHER_UNIT)),
        (RETIRED, {"key": "00000000"}),
        (RETIRED, {"key": ["x"]}),
        (RETIRED, {"key": LOG_ID, "since": 1}),
        (REVOKED, {"key": LOG_ID}),
        (REVOKED, {"key": LOG_ID, "since": -1}),
        (REVOKED, {"key": LOG_ID, "since": True}),
    ],
)
def test_an_event_that_makes_no_sense_is_refused(topic: str, data: dict[str, Any]) -> None:
    with pytest.raises(VerificationError) as refused:
        keyring((5, topic, data))
    assert refused.value.code == "key-event"


@pytest.mark.parametrize(
    "keys",
    [
        None,
        {"purpose": "log-signing", "vkey": LOG_KEY},
        ["log-signing"],
        [{"purpose": "log-signing", "vkey": LOG_KEY}, {"purpose": "log-signing", "vkey": LOG_KEY}],
    ],
    ids=["none", "no list", "no key", "one twice"],
)
def test_an_opening_lists_its_keys_each_once(keys: object) -> None:
    with pytest.raises(VerificationError) as refused:
        Keyring(ORIGIN).take(0, OPENED, {"keys": keys}, T0)
    assert refused.value.code == "key-event"


def test_the_key_of_a_unit_signs_no_checkpoint_and_the_key_of_the_log_no_entry() -> None:
    ring = keyring((3, INTRODUCED, introduced()))
    assert [key.vkey.id for key in ring.log_keys(9)] == [LOG_ID]
    with pytest.raises(VerificationError) as refused:
        ring.check(4, None, HEADER, [signature(LOG, LOG_ID)], T90)
    assert refused.value.code == "actor-signature"


def test_a_unit_whose_key_is_not_required_may_act_without_it() -> None:
    ring = keyring((3, INTRODUCED, introduced()))
    ring.check(4, UNIT, HEADER, [], T90)
    ring.check(4, None, HEADER, [], T90)
    assert [key.binds_from for key in ring.all()] == [None, None]


def test_an_entry_of_another_log_is_signed_for_that_log() -> None:
    ring = keyring((3, INTRODUCED, introduced()))
    elsewhere = Signature(OWN_ID, OWN.sign(signed_message("localhost/other", HEADER)))
    ring.check(4, UNIT, HEADER, [elsewhere], T90, origin="localhost/other")
    with pytest.raises(VerificationError):
        ring.check(4, UNIT, HEADER, [elsewhere], T90)


def test_a_key_may_be_revoked_from_the_first_entry_on() -> None:
    ring = keyring((5, REVOKED, {"key": LOG_ID, "since": 0}))
    assert ring.log_keys(1) == []


def test_what_has_ended_does_not_end_again() -> None:
    with pytest.raises(VerificationError) as refused:
        keyring((5, RETIRED, {"key": LOG_ID}), (6, REVOKED, {"key": LOG_ID, "since": 2}))
    assert refused.value.code == "key-event"


def test_the_topics_of_keys_are_those_written_in_entries() -> None:
    assert (OPENED, INTRODUCED) == ("ledger.opened.v1", "key.introduced.v1")
    assert (RETIRED, REVOKED) == ("key.retired.v1", "key.revoked.v1")
    assert {OPENED, INTRODUCED, RETIRED, REVOKED} == KEY_TOPICS


def test_entries_of_other_topics_say_nothing() -> None:
    ring = keyring((5, "commitment.made.v1", {"purpose": "log-signing", "vkey": SECOND_KEY}))
    assert [key.vkey.id for key in ring.all()] == [LOG_ID]
