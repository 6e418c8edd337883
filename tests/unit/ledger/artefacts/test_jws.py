"""The JWS as the library writes and reads it, and what is asked of it besides."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, OKPKey
from joserfc.jws import deserialize_compact, serialize_compact

from ledger.artefacts.bundle import BadArtefact
from ledger.artefacts.certificate import CERTIFICATE, STATUS_LIST
from ledger.artefacts.jws import REGISTRY, parse_jws, sign_jws
from ledger.errors import VerificationError
from ledger.log.encoding import canonical
from ledger.log.note import VerifierKey, parse_vkey
from tests.support.artefacts import a_key, public
from tests.support.certificates import (
    CLAIMS,
    HEADER,
    KEY,
    LIST_CLAIMS,
    NAME,
    VKEY,
    b64u,
    certificate,
    signed,
    status_list,
    unb64u,
)

OKP: dict[str, str | list[str]] = {"kty": "OKP", "crv": "Ed25519", "x": b64u(public(KEY))}
PRIVATE = OKPKey.import_key({**OKP, "d": b64u(KEY.private_bytes_raw())})
PUBLIC = OKPKey.import_key(OKP)


@pytest.mark.parametrize(
    ("typ", "claims", "by_hand"),
    [(CERTIFICATE, CLAIMS, certificate()), (STATUS_LIST, LIST_CLAIMS, status_list())],
    ids=["certificate", "status list"],
)
def test_what_the_library_writes_is_what_is_written_by_hand(typ: str, claims: dict[str, Any], by_hand: bytes) -> None:
    made = sign_jws(typ, canonical(claims), NAME, KEY)

    assert made.format() + b"\n" == by_hand
    assert parse_jws(by_hand) == made
    made.verify(parse_vkey(VKEY))


def test_another_key_did_not_sign_it() -> None:
    for other in (VerifierKey(NAME, public(a_key("somebody else"))), VerifierKey(NAME, b"\xff" * 32)):
        with pytest.raises(VerificationError) as refused:
            parse_jws(certificate()).verify(other)
        assert refused.value.code == "bad-signature"


def test_the_registry_takes_what_we_write() -> None:
    assert deserialize_compact(certificate().strip(), PUBLIC, registry=REGISTRY).payload == canonical(CLAIMS)


FOREIGN = {
    "EdDSA": {**HEADER, "alg": "EdDSA"},
    "Ed448": {**HEADER, "alg": "Ed448"},
    "none": {**HEADER, "alg": "none"},
    "no alg": {"kid": HEADER["kid"], "typ": HEADER["typ"]},
    "no kid": {"alg": "Ed25519", "typ": HEADER["typ"]},
    "no typ": {"alg": "Ed25519", "kid": HEADER["kid"]},
    "jwk": {**HEADER, "jwk": OKP},
    "crit": {**HEADER, "crit": ["exp"], "exp": 1},
    "b64": {**HEADER, "crit": ["b64"], "b64": False},
}


@pytest.mark.parametrize("name", FOREIGN)
def test_the_registry_itself_refuses_other_algorithms_and_other_headers(name: str) -> None:
    """Even where our own check of the header were gone."""
    with pytest.raises(JoseError):
        deserialize_compact(signed(canonical(FOREIGN[name]), canonical(CLAIMS), end=b""), PUBLIC, registry=REGISTRY)


def test_the_public_key_is_no_secret_to_the_library() -> None:
    secret = OctKey.import_key(public(KEY))
    forged = serialize_compact({**HEADER, "alg": "HS256"}, canonical(CLAIMS), secret, algorithms=["HS256"])
    for key in (secret, PUBLIC):
        with pytest.raises(JoseError):
            deserialize_compact(forged, key, registry=REGISTRY)


def test_what_the_library_would_read_and_we_do_not() -> None:
    """It takes a header in any order and with spaces; one spelling is ours."""
    for header in (canonical(HEADER).replace(b":", b": ", 1), b'{"typ":"%b","kid":"%b","alg":"Ed25519"}'
                   % (HEADER["typ"].encode(), HEADER["kid"].encode())):  # fmt: skip
        line = signed(header, canonical(CLAIMS), end=b"")
        assert deserialize_compact(line, PUBLIC, registry=REGISTRY).payload == canonical(CLAIMS)
        with pytest.raises(BadArtefact):
            parse_jws(line)


@pytest.mark.parametrize("header", [b'"alg"', b'["alg","b64"]', b"null", b"7", b'{"alg":7}', b"{}", b"\xff"])
def test_a_header_of_any_form_is_one_family_of_errors(header: bytes) -> None:
    with pytest.raises(BadArtefact):
        parse_jws(signed(header, canonical(CLAIMS)))


@pytest.mark.parametrize("part", ["e", "e30=", "e3 0", "é", "e30\n", "e30+", "e31"])
def test_a_part_in_other_digits_is_refused(part: str) -> None:
    header, payload, signature = certificate().decode().strip().split(".")
    for line in (f"{part}.{payload}.{signature}", f"{header}.{part}.{signature}", f"{header}.{payload}.{part}"):
        with pytest.raises(BadArtefact):
            parse_jws(line.encode())


def test_a_payload_may_be_as_long_as_its_origin_makes_it() -> None:
    """No verifier refuses for its length what the two others read."""
    payload = canonical({"iss": "x" * 300_000})

    assert unb64u(sign_jws(CERTIFICATE, payload, NAME, KEY).format().decode().split(".")[1]) == payload
