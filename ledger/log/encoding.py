"""The one encoding of everything that is hashed: RFC 8785 narrowed to what needs no judgement (DESIGN §3).

`canonical` gives the same bytes for the same value on every machine, and refuses what it cannot promise that for:
floats, integers beyond ±(2⁵³−1), member names other than `[a-z][a-z0-9_]*`, lone surrogates, more than `MAX_DEPTH`
levels. Such names sort the same as bytes and as UTF-16, so a fast sorted encoder writes RFC 8785.
`parse` accepts exactly what `canonical` writes: whatever does not re-encode to the same bytes is refused.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NoReturn

import msgspec

from ledger.errors import Invalid

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 32
_MIN_INTEGER = -MAX_INTEGER
_MAX_DIGITS = len(str(MAX_INTEGER))

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KNOWN_NAMES_LIMIT = 4096

_encode = msgspec.json.Encoder(order="sorted").encode
_decode: Any = msgspec.json.Decoder().decode
# Names already found good. Bounded, since names may come from outside; the vocabulary of the ledger is some hundreds.
_known_names: set[str] = set()


class EncodingError(Invalid):
    """A value without a canonical form, or bytes that are not one. `code` says which rule, `field` where."""

    code = "not-canonical"

    def within(self, step: str) -> EncodingError:
        """The same error seen from one level further out."""
        rest = self.field or ""
        self.field = f"{step}.{rest}" if rest and not rest.startswith("[") else step + rest
        return self


def canonical(value: Any, *, nfc: bool = False) -> bytes:
    """The canonical bytes of a value of dicts, lists or tuples, strings, integers, booleans and None.

    With `nfc` every string must also be in Unicode Normalization Form C, as all strings of a header are.
    """
    _check(value, 1)
    try:
        data = _encode(value)
    except UnicodeEncodeError:
        _refuse_surrogate(value)
    if nfc and not data.isascii():
        check_nfc(value)
    return data


def parse(data: bytes) -> Any:
    """The value whose canonical bytes are exactly `data`; `EncodingError` for every other byte string."""
    try:
        value = _decode(data)
        same = canonical(value) == data
    except EncodingError:
        raise
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        same = False
    if not same:
        raise _diagnosis(data)
    return value


def check_plain(value: Any, depth: int = 1) -> None:
    """Refuse what `canonical` would refuse of a value that stands at this level of a larger one: floats, names, depth.

    For who compares the larger one's bytes as a whole; `field` is the path within the value.
    """
    _check(value, depth)


def check_nfc(value: Any) -> None:
    """Refuse a value in which any string is not in Unicode Normalization Form C."""
    for path, text in _strings(value, ""):
        if not unicodedata.is_normalized("NFC", text):
            raise EncodingError("a string is not in Unicode Normalization Form C", code="not-nfc", field=path or None)


def _check(value: Any, depth: int) -> None:
    """Refuse what the profile leaves out. Exact types only: a subclass may encode as something else."""
    kind = type(value)
    if kind is dict:
        if depth > MAX_DEPTH:
            raise _too_deep()
        for name, member in value.items():
            if name not in _known_names:
                _check_name(name)
            kind = type(member)
            if kind is str or (kind is int and _MIN_INTEGER <= member <= MAX_INTEGER) or kind is bool:
                continue  # the usual members, without a call
            try:
                _check(member, depth + 1)
            except EncodingError as error:
                raise error.within(name) from None
    elif kind is list or kind is tuple:
        if depth > MAX_DEPTH:
            raise _too_deep()
        for number, member in enumerate(value):
            if type(member) is not str:
                try:
                    _check(member, depth + 1)
                except EncodingError as error:
                    raise error.within(f"[{number}]") from None
    elif kind is int:
        if not _MIN_INTEGER <= value <= MAX_INTEGER:
            raise EncodingError("integers lie within ±(2^53−1)", code="integer-out-of-range")
    elif kind is float:
        raise EncodingError("a number with a fraction or an exponent", code="float-not-allowed")
    elif not (kind is str or kind is bool or value is None):
        raise EncodingError(f"a {kind.__name__} has no canonical form", code="unsupported-type")


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        # The name is not repeated, it may be personal: the path ends at its object.
        raise EncodingError("member names are [a-z][a-z0-9_]*", code="bad-name")
    if len(_known_names) < _KNOWN_NAMES_LIMIT and len(name) <= 64:
        _known_names.add(name)


def _too_deep() -> EncodingError:
    return EncodingError(f"more than {MAX_DEPTH} levels of nesting", code="too-deep")


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every string of a checked value with its path; names are ASCII by rule."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _strings(member, f"{path}.{name}" if path else name)
    elif isinstance(value, (list, tuple)):
        for number, member in enumerate(value):
            yield from _strings(member, f"{path}[{number}]")


def _refuse_surrogate(value: Any) -> NoReturn:
    for path, text in _strings(value, ""):
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise _lone_surrogate(path or None)
    raise AssertionError("the encoder refused a string without a surrogate")


def _lone_surrogate(path: str | None) -> EncodingError:
    return EncodingError("a string holds half a surrogate pair", code="lone-surrogate", field=path)


def _diagnosis(data: bytes) -> EncodingError:
    """Why refused bytes were refused. Only the code depends on this second reading, never the refusal."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return EncodingError(f"byte {error.start} is not UTF-8", code="not-utf-8")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object_without_duplicates,
            parse_int=_integer,
            parse_constant=_no_constant,
        )
        canonical(value)
    except EncodingError as error:
        return error
    except RecursionError:
        return _too_deep()
    except ValueError:
        return EncodingError("not JSON", code="not-json")
    return EncodingError("members, escapes or spaces are not written the canonical way")


def _object_without_duplicates(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise EncodingError("a member name stands twice in one object", code="duplicate-name")
    return found


def _integer(digits: str) -> int:
    # Longer ones are out of range whatever they are, and converting them would take quadratic time.
    return int(digits) if len(digits) <= _MAX_DIGITS + 1 else MAX_INTEGER + 1


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
