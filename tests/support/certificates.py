"""Certificates and status lists for tests: valid unless a test spoils one, with what their reader has besides."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import verify_export
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.artefacts.certificate import subject_digest
from ledger.artefacts.certificate_check import Beside
from ledger.artefacts.check import check_bytes
from ledger.artefacts.trust import Trust
from ledger.log.encoding import canonical
from ledger.log.note import VerifierKey, format_vkey, parse_vkey
from tests.support.artefacts import a_key, public
from tests.support.verifiers import Answer

ORIGIN: Final = "localhost/by-hand"
NAME: Final = f"{ORIGIN}/certificate"
KEY: Final = a_key("certificates")
VKEY: Final = format_vkey(NAME, public(KEY))
ID_NUMBER: Final = "11010519491231002X"
SALT: Final = bytes(range(32))
IAT: Final = 1_764_460_800  # 2025-11-30, 08:00 in China
DAY: Final = 86_400
EXP: Final = IAT + 30 * DAY - 8 * 3600  # midnight in China
TODAY: Final = date(2025, 12, 2)
LIST_URI: Final = f"https://{ORIGIN}/v1/status-lists/1"
HEADER: Final = {"alg": "Ed25519", "kid": VerifierKey(NAME, public(KEY)).id, "typ": "integrity-certificate-v1+jwt"}
LIST_HEADER: Final = {**HEADER, "typ": "statuslist+jwt"}
CLAIMS: Final[dict[str, Any]] = {
    "as_of": "2025-11-20",
    "aud": "RECRUIT",
    "check": "0a" * 16,
    "decision": "ELIGIBLE",
    "exp": EXP,
    "iat": IAT,
    "iss": ORIGIN,
    "jti": "0b" * 16,
    "outcome": "CLEAR",
    "root": "0c" * 32,
    "rulebook": {"digest": "0d" * 32, "id": "JMS-DEMO-2025.1"},
    "size": 41,
    "status": {"status_list": {"idx": 70_001, "uri": LIST_URI}},
    "sub": "0e" * 16,
    "subject": subject_digest(ORIGIN, ID_NUMBER, SALT),
}


def b64u(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed(header: bytes, payload: bytes, key: Ed25519PrivateKey = KEY, *, end: bytes = b"\n") -> bytes:
    """A JWS of any header and payload, signed all the same."""
    signing = f"{b64u(header)}.{b64u(payload)}".encode()
    return signing + b"." + b64u(key.sign(signing)).encode() + end


def changed(value: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy with other members; None leaves one out, a double underscore leads inwards."""
    copy = deepcopy(dict(value))
    for path, new in changes.items():
        *outer, name = path.split("__")
        at = copy
        for step in outer:
            at = at[step]
        if new is None:
            del at[name]
        else:
            at[name] = new
    return copy


def certificate(header: Mapping[str, Any] = HEADER, key: Ed25519PrivateKey = KEY, **changes: Any) -> bytes:
    """A certificate with other claims."""
    return signed(canonical(dict(header)), canonical(changed(CLAIMS, **changes)), key)


def lst(*set_bits: int, length: int = 16384) -> str:
    """A list with these bits set, compressed."""
    bits = bytearray(length)
    for index in set_bits:
        bits[index >> 3] |= 1 << (index & 7)
    return b64u(zlib.compress(bytes(bits), 9))


LIST_CLAIMS: Final[dict[str, Any]] = {
    "exp": IAT + 4 * DAY - 8 * 3600,
    "iat": IAT + DAY,
    "iss": ORIGIN,
    "root": "0f" * 32,
    "size": 45,
    "status_list": {"bits": 1, "lst": lst(3, 70_002)},
    "sub": LIST_URI,
}


def status_list(header: Mapping[str, Any] = LIST_HEADER, key: Ed25519PrivateKey = KEY, **changes: Any) -> bytes:
    """A status list with other claims."""
    return signed(canonical(dict(header)), canonical(changed(LIST_CLAIMS, **changes)), key)


@dataclass(frozen=True)
class Holds:
    """What the reader has beside a certificate; by default all that can be asked, and all of it right."""

    keys: tuple[str, ...] = (VKEY,)
    today: date | None = TODAY
    status_list: bytes | None = status_list()
    subject: tuple[str, bytes] | None = (ID_NUMBER, SALT)
    purpose: str | None = "RECRUIT"
    require_witnessed: bool = False

    def but(self, **changes: Any) -> Holds:
        return replace(self, **changes)


ALL: Final = Holds()


def by_ledger(data: bytes, holds: Holds = ALL) -> dict[str, Any]:
    """The report of `ledger.artefacts`."""
    beside = Beside(holds.today, holds.status_list, holds.subject, holds.purpose)
    trust = Trust([parse_vkey(key) for key in holds.keys], require_witnessed=holds.require_witnessed)
    return check_bytes(data, trust, beside=beside).as_json()


def by_script(data: bytes, holds: Holds = ALL) -> dict[str, Any]:
    """The report of `scripts/verify_export.py`."""
    return _of_script(data, holds).as_json()


def print_by_script(data: bytes, holds: Holds, lang: str) -> None:
    """The report that the script prints for a person."""
    verify_export.print_report("file", _of_script(data, holds), lang)


def _of_script(data: bytes, holds: Holds) -> verify_export.Report:
    trust = verify_export.Trust(
        keys=tuple(map(verify_export.parse_key, holds.keys)),
        require_witnessed=holds.require_witnessed,
        today=holds.today,
        status_list=holds.status_list,
        subject=holds.subject,
        purpose=holds.purpose,
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(data)
        return verify_export.judge_file(str(path), trust).report


Judge = Callable[[bytes, Holds], dict[str, Any]]


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two reports are one answer: everything but the words of their findings."""
    return _bare(one) == _bare(other) and Answer.of(one) == Answer.of(other)


def _bare(report: Mapping[str, Any]) -> str:
    left = {name: value for name, value in report.items() if name != "findings"}
    codes = [finding["code"] for finding in report["findings"]]
    return json.dumps([left, codes], sort_keys=True)


# One mutation each: what is wrong with the file, and the codes of its findings.


def _with_header(text: bytes) -> bytes:
    return signed(text, canonical(CLAIMS))


def _respelt(part: int, change: Callable[[str], str]) -> bytes:
    parts = certificate().decode().strip().split(".")
    parts[part] = change(parts[part])
    return ".".join(parts).encode() + b"\n"


def _hs256() -> bytes:
    from hmac import digest

    header = canonical({**HEADER, "alg": "HS256"})
    signing = f"{b64u(header)}.{b64u(canonical(CLAIMS))}".encode()
    return signing + b"." + b64u(digest(public(KEY), signing, "sha256")).encode() + b"\n"


def _unsigned(alg: str) -> bytes:
    signing = f"{b64u(canonical({**HEADER, 'alg': alg}))}.{b64u(canonical(CLAIMS))}"
    return f"{signing}.\n".encode()


def _last_bit(text: str) -> str:
    """The same bytes with another last digit, whose low bits say nothing."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + digits[digits.index(text[-1]) ^ 1]


def _flipped_signature(text: str) -> str:
    signature = bytearray(unb64u(text))
    signature[0] ^= 1
    return b64u(bytes(signature))


def _s_plus_l(text: str) -> str:
    """The other writing of the same signature that a lax verifier would take: S + L."""
    signature = unb64u(text)
    s = int.from_bytes(signature[32:], "little") + verify_export.L
    return b64u(signature[:32] + s.to_bytes(32, "little"))


OTHER: Final = a_key("somebody else")
MALFORMED: Final[dict[str, bytes]] = {
    "alg none": _unsigned("none"),
    "alg none with our alg": _unsigned("Ed25519"),
    "alg NONE signed": _with_header(canonical({**HEADER, "alg": "NONE"})),
    "alg EdDSA": _with_header(canonical({**HEADER, "alg": "EdDSA"})),
    "HS256 with the public key": _hs256(),
    "no alg": _with_header(canonical({name: HEADER[name] for name in ("kid", "typ")})),
    "other typ": certificate({**HEADER, "typ": "JWT"}),
    "no typ": certificate({name: HEADER[name] for name in ("alg", "kid")}),
    "jwk in the header": certificate({**HEADER, "jwk": {"kty": "OKP"}}),
    "crit in the header": certificate({**HEADER, "crit": ["exp"]}),
    "kid in capitals": certificate({**HEADER, "kid": "ABCDEF01"}),
    "kid a path": certificate({**HEADER, "kid": "../../x"}),
    "kid a number": certificate({**HEADER, "kid": 7}),
    "header with a space": _with_header(b'{"alg":"Ed25519", ' + canonical(HEADER)[17:]),
    "header in another order": _with_header(json.dumps(dict(reversed(HEADER.items())), separators=(",", ":")).encode()),
    "alg twice": _with_header(b'{"alg":"none",' + canonical(HEADER)[1:]),
    "header a list": _with_header(b"[]"),
    "payload with a space": signed(canonical(HEADER), canonical(CLAIMS).replace(b":", b": ", 1)),
    "payload twice a member": signed(canonical(HEADER), b'{"as_of":"2025-01-01",' + canonical(CLAIMS)[1:]),
    "payload a list": signed(canonical(HEADER), b"[]"),
    "payload empty": signed(canonical(HEADER), b""),
    "padding": _respelt(1, lambda text: text + "=" * (-len(text) % 4 or 4)),
    "padding of the signature": _respelt(2, lambda text: text + "=="),
    "bits that say nothing": _respelt(2, _last_bit),
    "base64 of the other alphabet": certificate().replace(b"_", b"/").replace(b"-", b"+") + b"/",
    "a part too many": certificate().strip() + b".AAAA\n",
    "a part too few": certificate().rpartition(b".")[0],
    "signature cut": _respelt(2, lambda text: text[:-4]),
    "signature longer": _respelt(2, lambda text: text + "AAAA"),
    "two line feeds": certificate() + b"\n",
    "carriage return": certificate().strip() + b"\r\n",
    "space before": certificate().replace(b".", b" .", 1),
    "longer than 90 days": certificate(exp=IAT + 90 * DAY + 1),
    "ends before it begins": certificate(exp=IAT),
    "exp beyond all years": certificate(exp=253_402_214_401, iat=253_402_214_400),
    "iat negative": certificate(iat=-1, exp=DAY),
    "iat true": certificate(iat=True),
    "iat a string": certificate(iat=str(IAT)),
    "a member more": certificate(name="示例"),
    "a member less": certificate(jti=None),
    "a member more in rulebook": certificate(rulebook__name="x"),
    "a member more in status": certificate(status__x="x"),
    "a member more in its place": certificate(status__status_list__x="x"),
    "status a string": certificate(status="VALID"),
    "nbf": certificate(nbf=IAT),
    "as_of no day": certificate(as_of="2025-02-30"),
    "as_of another form": certificate(as_of="20250101"),
    "as_of in other digits": certificate(as_of="２０２５-01-01"),
    "aud small": certificate(aud="recruit"),
    "aud a list": certificate(aud=["RECRUIT"]),
    "decision another word": certificate(decision="MAYBE"),
    "outcome of what is never decided": certificate(outcome="INCOMPLETE"),
    "pseudonym in capitals": certificate(sub="0E" * 16),
    "pseudonym a uuid": certificate(check="0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a"),
    "root short": certificate(root="0c" * 31),
    "size none": certificate(size=0),
    "iss empty": certificate(iss="", status__status_list__uri="https:///v1/status-lists/1"),
    "iss with a space": certificate(iss="a b", status__status_list__uri="https://a b/v1/status-lists/1"),
    "list of another ledger": certificate(status__status_list__uri="https://elsewhere/v1/status-lists/1"),
    "list without a number": certificate(status__status_list__uri=LIST_URI[:-1]),
    "list 01": certificate(status__status_list__uri=LIST_URI[:-1] + "01"),
    "place behind the list": certificate(status__status_list__idx=131_072),
    "place before the list": certificate(status__status_list__idx=-1),
    "rulebook id with a slash": certificate(rulebook__id="../x"),
    "list: two bits": status_list(status_list__bits=2),
    "list: bits true": status_list(status_list__bits=True),
    "list: too short": status_list(status_list__lst=lst(length=16383)),
    "list: too long": status_list(status_list__lst=lst(length=16385)),
    "list: a bomb": status_list(status_list__lst=lst(length=10_000_000)),
    "list: not compressed": status_list(status_list__lst=b64u(bytes(100))),
    "list: something behind": status_list(status_list__lst=b64u(unb64u(lst()) + b"x")),
    "list: cut": status_list(status_list__lst=b64u(unb64u(lst())[:-1])),
    "list: checksum": status_list(status_list__lst=b64u(unb64u(lst())[:-4] + b"abcd")),
    "list: padded": status_list(status_list__lst=lst() + "="),
    "list: longer than 7 days": status_list(exp=IAT + 8 * DAY + 1),
    "list: ttl": status_list(ttl=3600),
    "list: of another ledger": status_list(sub="https://elsewhere/v1/status-lists/1"),
    "list: certificate's claims": signed(canonical(LIST_HEADER), canonical(CLAIMS)),
    "list's claims": signed(canonical(HEADER), canonical(LIST_CLAIMS)),
    "only its beginning": b"eyJ",
    "not ascii": b"eyJ\xff\n",
}  # fmt: skip
SPOILT: Final[dict[str, tuple[bytes, Holds, list[str]]]] = {
    "nothing": (certificate(), ALL, []),
    "no line feed": (certificate().strip(), ALL, []),
    "exactly 90 days": (certificate(exp=IAT + 90 * DAY), ALL, []),
    "the ID number in small letters and spaced": (certificate(), ALL.but(subject=("110105 19491231 002x", SALT)), []),
    "other kid": (certificate({**HEADER, "kid": "00000000"}), ALL, ["unsigned"]),
    "another's key under our kid": (certificate(key=OTHER), ALL, ["bad-signature"]),
    "a claim changed": (
        _respelt(1, lambda text: b64u(unb64u(text).replace(b'"ELIGIBLE"', b'"NOT_ELIGIBLE"'))),
        ALL,
        ["bad-signature"],
    ),
    "a bit of the signature": (_respelt(2, _flipped_signature), ALL, ["bad-signature"]),
    "S and L": (_respelt(2, _s_plus_l), ALL, ["bad-signature"]),
    "no key": (certificate(), ALL.but(keys=()), ["no-key"]),
    "the log's key alone": (
        certificate(),
        ALL.but(keys=(format_vkey(ORIGIN, public(a_key("log"))),)),
        ["unsigned", "bad-status-list"],
    ),
    "the same key under the log's name": (
        certificate(),
        ALL.but(keys=(format_vkey(ORIGIN, public(KEY)),)),
        ["unsigned", "bad-status-list"],
    ),
    "two keys": (certificate(), ALL.but(keys=(format_vkey(NAME, public(OTHER)), VKEY)), []),
    "witnessed": (certificate(), ALL.but(require_witnessed=True), ["not-witnessed"]),
    "made tomorrow": (certificate(), ALL.but(today=date(2025, 11, 29)), ["not-yet-valid", "bad-status-list"]),
    "the first day": (certificate(), ALL.but(today=date(2025, 11, 30), status_list=None), []),
    "the last day": (certificate(), ALL.but(today=date(2025, 12, 29), status_list=None), []),
    "the day after": (certificate(), ALL.but(today=date(2025, 12, 30), status_list=None), ["expired"]),
    "another purpose": (certificate(), ALL.but(purpose="PROMOTE"), ["wrong-purpose"]),
    "another person": (certificate(), ALL.but(subject=("23080318800101001X", SALT)), ["wrong-subject"]),
    "another salt": (certificate(), ALL.but(subject=(ID_NUMBER, bytes(32))), ["wrong-subject"]),
    "revoked": (certificate(), ALL.but(status_list=status_list(status_list__lst=lst(70_001))), ["revoked"]),
    "a stale list": (certificate(), ALL.but(today=date(2025, 12, 4)), ["stale-status-list"]),
    "a list from before": (certificate(iat=IAT + DAY + 1), ALL, ["stale-status-list"]),
    "revoked in a stale list": (
        certificate(),
        ALL.but(today=date(2025, 12, 4), status_list=status_list(status_list__lst=lst(70_001))),
        ["stale-status-list", "revoked"],
    ),
    "another list": (certificate(), ALL.but(status_list=status_list(sub=LIST_URI[:-1] + "2")), ["other-status-list"]),
    "another ledger's list": (
        certificate(),
        ALL.but(status_list=status_list(iss="elsewhere", sub="https://elsewhere/v1/status-lists/1")),
        ["bad-status-list"],
    ),
    "a list somebody else signed": (certificate(), ALL.but(status_list=status_list(key=OTHER)), ["bad-status-list"]),
    "a list under another kid": (
        certificate(),
        ALL.but(status_list=status_list({**LIST_HEADER, "kid": "00000000"})),
        ["bad-status-list"],
    ),
    "a certificate for a list": (certificate(), ALL.but(status_list=certificate()), ["bad-status-list"]),
    "nothing for a list": (certificate(), ALL.but(status_list=b""), ["bad-status-list"]),
    "a list and no key": (
        certificate(),
        ALL.but(keys=(), status_list=status_list(status_list__lst=lst(70_001))),
        ["no-key", "revoked"],
    ),
    "list": (status_list(), ALL, []),
    "list: expired": (status_list(), ALL.but(today=date(2025, 12, 4)), ["expired"]),
    "list: ahead": (status_list(), ALL.but(today=date(2025, 11, 30)), ["not-yet-valid"]),
    "list: another's": (status_list(key=OTHER), ALL, ["bad-signature"]),
    "everything at once": (
        certificate(key=OTHER),
        ALL.but(today=date(2026, 1, 1), purpose="AWARD", subject=("x", SALT), require_witnessed=True),
        ["bad-signature", "not-witnessed", "expired", "wrong-purpose", "wrong-subject", "stale-status-list"],
    ),
}  # fmt: skip
