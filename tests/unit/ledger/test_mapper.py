"""Between events and entries, guarded: what the mapper and the key store write is what they have ever written.

The vectors lie in `tests/conformance/vectors-v0.json`, made with `rfc8785`, `hashlib`, `hmac` and AES-GCM of
`cryptography`, none of this house's code: disclosures with fixed salts, associated data and sealed sections with fixed
keys and nonces, keyed digests, and the headers of four events. A test that fails here means that older entries,
sections or index rows can no longer be checked: that needs a new `v`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.catalogue import TYPES
from ledger.domain.base import Context, Envelope, LedgerEvent, Sealed
from ledger.errors import LedgerError, Refused
from ledger.line import Line, LineActor
from ledger.log.encoding import canonical, parse
from ledger.log.entry import parse_entry
from ledger.mapper import LedgerMapper, disclose, disclosure_digest, header_of, logged, plain, plain_data, seal_entry
from ledger.requests import Request
from ledger.storage.events import EntryRow, LedgerStoredEvent
from ledger.storage.keys import KeyStore
from ledger.storage.sealed import Place, open_sealed, seal
from tests.support.scene import HR, Scene

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "conformance" / "vectors-v0.json").read_text("utf-8")
)
ORIGIN = VECTORS["origin"]
RECORDED = datetime(2025, 3, 20, 1, 2, 3, 456789, tzinfo=UTC)


def each(group: str) -> pytest.MarkDecorator:
    vectors = VECTORS[group]
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


# Sections.


@each("disclosures")
def test_a_disclosure_is_written_as_ever(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.mapper.secrets.token_hex", lambda count: vector["salt"][: 2 * count])

    disclosure = disclose(vector["section"], vector["value"])

    assert disclosure.hex() == vector["disclosure"]
    assert disclosure_digest(disclosure) == vector["digest"]
    assert parse(disclosure) == [vector["salt"], vector["section"], vector["value"]]


def test_a_salt_is_256_bits_and_never_the_same() -> None:
    salts = {parse(disclose("summary", {}))[0] for _ in range(50)}

    assert len(salts) == 50
    assert {len(bytes.fromhex(str(salt))) for salt in salts} == {32}


@each("sealed_sections")
def test_a_section_is_sealed_and_opened_as_ever(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(vector["origin"], vector["stream"], vector["version"], vector["section"], vector["subject"])
    key, plaintext = bytes.fromhex(vector["key"]), bytes.fromhex(vector["plaintext"])
    monkeypatch.setattr("ledger.storage.keys.os.urandom", lambda count: bytes.fromhex(vector["nonce"])[:count])

    assert place.format().hex() == vector["associated_data"]
    assert seal(key, plaintext, place).hex() == vector["sealed"]
    assert open_sealed(key, bytes.fromhex(vector["sealed"]), place) == plaintext


# Keyed digests.


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyStore]:
    """A key store with the index keys of the vectors."""
    with KeyStore.create(f"sqlite:///{tmp_path / 'keys'}", bytes(32)) as store:
        store._index_keys = {one["version"]: bytes.fromhex(one["key"]) for one in VECTORS["keyed_digests"]}
        yield store


@each("keyed_digests")
def test_a_keyed_digest_is_made_as_ever(vector: dict[str, Any], keys: KeyStore) -> None:
    purpose, value, version = vector["purpose"], vector["value"].encode(), vector["version"]

    assert keys.keyed_digest(purpose, value, version).hex() == vector["digest"]
    assert vector["digest"] in [digest.hex() for digest in keys.keyed_digests(purpose, value)]


def test_names_are_indexed_as_ever(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which purposes and values the ledger makes its digests of."""
    wanted = {vector["name"]: vector["digest"] for vector in VECTORS["keyed_digests"]}
    (key,) = {vector["key"] for vector in VECTORS["keyed_digests"] if vector["version"] == 1}
    monkeypatch.setattr(scene.ledger.keys, "_index_keys", {1: bytes.fromhex(key)})
    monkeypatch.setattr(scene.ledger.keys, "_begun", {})  # digests begun under the scene's own key
    ledger = scene.ledger

    assert ledger.index_row("id-number", "11010519491231002X", "u").digest.hex() == wanted["an-id-number"]
    assert ledger.claim("subject", "P1", "u").digest.hex() == wanted["a-persons-own-id"]
    assert ledger.claim("subject", "P1", "u", "人事系统").digest.hex() == wanted["an-id-of-a-source"]
    assert ledger.keyed_digest(b"line one\nline two\n") == wanted["a-file"]
    assert [one.digest.hex() for one in ledger.actor_uid("hr-1")[1]] == [wanted["a-login"]]
    taken = Line(
        "RecordImported", date(2025, 1, 2), HR, {"subject_id": "o1"}, source={"system": "CHI", "record": "r-7"}
    )
    assert [row.digest.hex() for row in ledger.source_rows(taken, "u")] == [wanted["a-record-taken-over"]]
    request = Line("EligibilityFinalised", date(2025, 1, 2), LineActor("hr-1", "HR"), {"check_id": "K1"})
    assert Request.of(request, ("principal", "key"), ()).row(ledger.keys).fingerprint.hex() == wanted["a-request"]


# Headers.


def event_of(vector: dict[str, Any]) -> LedgerEvent:
    """The event of a vector, as the application puts it together."""
    event: Any = TYPES[vector["type"]]
    context = vector["context"]
    lists = {name: tuple(context[name]) for name in ("subjects", "basis") if name in context}
    sections = tuple(Sealed(**section) for section in vector["sections"])
    made: LedgerEvent = event(
        originator_id=vector["stream"],
        originator_version=vector["version"],
        timestamp=event.create_timestamp(),
        data=event.Data.model_validate(vector["data"]),
        envelope=Envelope(Context(**{**context, **lists}), sections, frozenset(vector["published"])),
    )
    return made


def stored_of(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> LedgerStoredEvent:
    salts = iter(vector["salts"])
    monkeypatch.setattr("ledger.mapper.secrets.token_hex", lambda count: next(salts))
    return LedgerMapper(ORIGIN, lambda *place_and_disclosure: repr(place_and_disclosure).encode()).to_stored_event(
        event_of(vector)
    )


@each("headers")
def test_a_header_is_written_as_ever(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    stored = stored_of(vector, monkeypatch)

    assert json.loads(stored.state) == vector["header"]
    assert stored.state.hex() == vector["state"]
    assert (stored.originator_id, stored.originator_version) == (vector["stream"], vector["version"])
    assert (stored.topic, list(stored.subjects)) == (vector["header"]["type"], vector["header"]["subjects"])


@each("headers")
def test_each_section_is_sealed_for_its_place_and_owner(
    vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = stored_of(vector, monkeypatch)

    digests = []
    for section, salt, disclosure in zip(vector["sections"], vector["salts"], stored.disclosures, strict=True):
        name, owner, retention = section["name"], section["owner"], section["retention"]
        assert (disclosure.section, disclosure.subject, disclosure.retention) == (name, owner, retention)
        opened = canonical([salt, name, section["value"]])
        assert disclosure.sealed == repr((vector["stream"], vector["version"], name, owner, retention, opened)).encode()
        digests.append(disclosure_digest(opened))
    assert vector["header"].get("sd", []) == sorted(digests)


@each("headers")
def test_nothing_personal_is_in_the_header(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    state = stored_of(vector, monkeypatch).state.decode()

    for section in vector["sections"]:
        for value in section["value"].values():
            assert json.dumps(value, ensure_ascii=False)[1:-1] not in state


@each("headers")
def test_an_event_comes_back_without_its_personal_members(
    vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = stored_of(vector, monkeypatch)
    entry = seal_entry(stored, RECORDED)
    back = LedgerMapper(ORIGIN, lambda *_: b"").to_domain_event(
        LedgerStoredEvent(stored.originator_id, stored.originator_version, stored.topic, entry)
    )

    assert type(back) is TYPES[vector["type"]]
    assert (back.originator_id, back.originator_version) == (vector["stream"], vector["version"])
    assert plain_data(back.data, frozenset(vector["published"])) == vector["header"]["data"]
    assert back.envelope.context.actor == vector["context"]["actor"]
    assert back.envelope.context.subjects == tuple(vector["context"]["subjects"])


@each("headers")
def test_an_entry_is_its_header_with_its_place(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    entry = seal_entry(stored_of(vector, monkeypatch), RECORDED)
    read = parse_entry(entry)

    assert (read.header, read.version) == (vector["header"], vector["version"])
    assert (read.recorded_at, read.signatures) == ("2025-03-20T01:02:03.456789Z", ())
    assert header_of(entry) == vector["header"]


@each("headers")
def test_a_reader_sees_what_the_header_says(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    stored, header = stored_of(vector, monkeypatch), vector["header"]
    row = EntryRow(
        7, str(stored.originator_id), stored.originator_version, stored.topic, "2025-03-20T01:02:03.456789Z",
        stored.subjects, b"", b"", seal_entry(stored, RECORDED),
    )  # fmt: skip
    seen = logged(row)

    assert (seen.index, seen.stream, seen.version) == (7, vector["stream"], vector["version"])
    assert (seen.type, seen.topic) == (vector["type"], header["type"])
    assert (seen.effective_on, seen.recorded_at) == (date.fromisoformat(header["effective_on"]), RECORDED)
    assert (seen.actor, seen.data, seen.source) == (header["actor"], header["data"], header.get("source"))
    assert seen.sections == len(vector["sections"])


# What is refused.


def test_only_topics_of_the_catalogue_become_events(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = stored_of(VECTORS["headers"][0], monkeypatch)
    forged = seal_entry(stored, RECORDED).replace(b"subject.registered.v1", b"os.system.v1")

    with pytest.raises(LedgerError):
        LedgerMapper(ORIGIN, lambda *_: b"").to_domain_event(
            LedgerStoredEvent(stored.originator_id, 1, "os.system.v1", forged)
        )


def test_an_entry_that_would_be_too_large_is_refused_before_it_is_queued() -> None:
    vector = next(vector for vector in VECTORS["headers"] if vector["type"] == "CommitmentMade")
    large = {**vector, "context": {**vector["context"], "basis": ["R" * 199] * 400}}

    with pytest.raises(Refused) as refused:
        LedgerMapper(ORIGIN, lambda *_: b"").to_stored_event(event_of(large))
    assert refused.value.code == "entry-too-large"


def test_checked_values_become_plain_json() -> None:
    finding: Any = TYPES["BreachConfirmed"].Data.model_validate(VECTORS["headers"][3]["data"])

    assert plain({"a": [finding.severity, 1, True, None]}) == {"a": ["GENERAL", 1, True, None]}
    assert type(plain(finding.severity)) is str
    assert set(plain(finding)) >= {"severity", "factors", "reasons"}
