"""Bundles and exports as bytes: what is formatted is parsed again, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.artefacts.bundle import BadArtefact, Bundle, Proven, parse_bundle
from ledger.artefacts.export import (
    ExportHeader,
    format_document,
    named_documents,
    parse_document,
    parse_export_header,
)
from ledger.log.checkpoint import Checkpoint
from ledger.log.note import SignedNote, sign_note
from tests.support.artefacts import HandLog, a_key, json_line

SHORT = st.binary(max_size=40)
PROOFS = st.lists(st.binary(min_size=32, max_size=32), max_size=5).map(tuple)


def a_note(size: int) -> SignedNote:
    return sign_note(Checkpoint("localhost/x", size, bytes(32)).format(), "localhost/x", a_key("x"))


NOTES = st.integers(1, 2**40).map(a_note)


def proven(*, disclosed: bool) -> st.SearchStrategy[tuple[Proven, ...]]:
    sections = st.lists(SHORT, max_size=3).map(tuple) if disclosed else st.just(())
    one = st.tuples(SHORT, PROOFS, sections)
    return st.dictionaries(st.integers(0, 2**50), one, min_size=int(disclosed), max_size=4).map(
        lambda found: tuple(Proven(index, *found[index]) for index in sorted(found))
    )


@given(st.builds(Bundle, NOTES, proven(disclosed=True), proven(disclosed=False)))
def test_a_bundle_is_parsed_as_it_was_written(bundle: Bundle) -> None:
    assert parse_bundle(bundle.format()) == bundle


@given(st.builds(ExportHeader, NOTES, st.integers(0, 2**40), st.lists(st.text(max_size=20), max_size=3).map(tuple)))
def test_the_header_of_an_export_is_parsed_as_it_was_written(header: ExportHeader) -> None:
    assert parse_export_header(header.format()) == header
    assert header.said.origin == "localhost/x"


@given(SHORT)
def test_a_document_is_parsed_as_it_was_written(content: bytes) -> None:
    assert parse_document(format_document(content)) == content


@given(st.binary(max_size=200))
def test_bytes_that_are_none_of_these_are_refused_as_such(data: bytes) -> None:
    for parse in (parse_bundle, parse_export_header, parse_document):
        with pytest.raises(BadArtefact) as refused:
            parse(data)
        assert refused.value.code == "malformed"


@pytest.mark.parametrize(
    "change",
    [
        {"documents": -1},
        {"documents": True},
        {"documents": "2"},
        {"keys": "none"},
        {"keys": [1]},
        {"checkpoint": 1},
        {"checkpoint": "no note"},
        {"checkpoint": sign_note("x\n", "localhost/x", a_key("x")).format()},
        {"more": 1},
        {"format": "integrity-ledger/export/v2"},
    ],
    ids=str,
)
def test_the_header_of_an_export_has_its_members_and_no_others(change: dict[str, Any]) -> None:
    value = {
        "checkpoint": a_note(1).format(), "documents": 0, "format": "integrity-ledger/export/v1", "keys": [],
    } | change  # fmt: skip

    with pytest.raises(BadArtefact):
        parse_export_header(json_line(value)[:-1])


@pytest.mark.parametrize("line", [b"{}", b"[]", b'{"document":1}', b'{"document":"QQ"}', b'{"document":"QQ==" }'])
def test_a_document_is_written_in_one_way(line: bytes) -> None:
    with pytest.raises(BadArtefact):
        parse_document(line)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: value["entries"][0].update(index=-1),
        lambda value: value["entries"][0].update(index="1"),
        lambda value: value["entries"][0].update(index=True),
        lambda value: value["entries"][0].update(more=1),
        lambda value: value["entries"][0].update(entry=1),
        lambda value: value["entries"][0].update(entry="QQ"),
        lambda value: value["entries"][0].update(entry="QR=="),
        lambda value: value["entries"][0].update(proof=["QQ=="]),
        lambda value: value["entries"][0].update(proof=1),
        lambda value: value["entries"][0].update(proof=["A" * 43 + "="] * 64),
        lambda value: value["entries"][0].update(disclosures={"a": 1}),
        lambda value: value["entries"].append(value["entries"][0]),
        lambda value: value.update(entries={}),
        lambda value: value.update(keys=None),
        lambda value: value.update(checkpoint=[]),
    ],
)
def test_what_a_bundle_proves_is_written_in_one_way(spoil: Any) -> None:
    log = HandLog()
    log.append()
    value = log.files.bundle_value([1])
    spoil(value)

    with pytest.raises(BadArtefact):
        parse_bundle(json_line(value))


def test_an_entry_names_the_documents_of_its_topic_alone() -> None:
    data = {"digest": "a", "matrix_digest": "b", "indicators_digest": 1}

    assert list(named_documents("rulebook.activated.v1", data)) == ["a"]
    assert list(named_documents("assessment-scheme.adopted.v1", data)) == ["b"]
    assert list(named_documents("breach.confirmed.v1", data)) == []
