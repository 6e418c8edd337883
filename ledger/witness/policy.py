"""Witness policies (c2sp.org/tlog-policy): which logs and witnesses one knows, and how many cosignatures are enough.

    log VKEY [URL]
    witness NAME VKEY [URL]
    group NAME K|all|any MEMBER…
    quorum NAME|none

Names are the file's own. A group has seen a checkpoint where at least K of its members have; a name is a member once,
so each witness counts in one way. `parse_policy` and `format_policy` undo each other, comments and blanks aside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ledger.errors import Invalid, VerificationError
from ledger.log.checkpoint import open_checkpoint
from ledger.log.cosignature import verify_cosignatures
from ledger.log.note import BadVerifierKey, KeyType, SignedNote, VerifierKey, format_vkey, parse_vkey

NONE = "none"
ALL, ANY = "all", "any"
MAX_POLICY_BYTES = 1_048_576
MAX_WITNESSES = 64  # so that a checkpoint with all their cosignatures is a note that everybody reads
_BLANKS = re.compile(r"[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_DECIMAL = re.compile(r"[1-9][0-9]{0,8}")


class Level(StrEnum):
    """How far a receipt's checkpoint is protected: by the log's own word, or by a quorum of witnesses as well."""

    SIGNED = "signed"
    WITNESSED = "witnessed"


class BadWitnessPolicy(Invalid):
    """A policy that is not written as tlog-policy writes it; `line` counts from 1, None where it is the whole."""

    code = "bad-witness-policy"

    def __init__(self, detail: str, line: int | None = None) -> None:
        super().__init__(detail if line is None else f"line {line}: {detail}")
        self.line = line


class NotWitnessed(VerificationError):
    """A checkpoint that too few witnesses have cosigned."""

    code = "not-witnessed"


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log; the key's name is its origin."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness under the name that groups and the quorum call it by; the URL is where submissions go."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class WitnessGroup:
    """Members, witnesses or groups defined before, of which `threshold` are enough."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What is asked of a checkpoint. Groups stand in an order in which each is defined before it is named."""

    logs: tuple[KnownLog, ...]
    witnesses: tuple[KnownWitness, ...]
    groups: tuple[WitnessGroup, ...]
    quorum: str

    @property
    def asks_for_witnesses(self) -> bool:
        """Whether any cosignature is asked for at all."""
        return self.quorum != NONE

    def cosigned(self, note: SignedNote) -> dict[str, int]:
        """Name in this policy → time (seconds since the epoch) of each witness that cosigned; `BadNote` for a
        cosignature of a known witness that does not hold."""
        times = {}
        for witness in self.witnesses:
            found = verify_cosignatures(note, [witness.key])
            if found:
                times[witness.name] = found[witness.key.name]
        return times

    def moment(self, times: Mapping[str, int]) -> int | None:
        """The latest time by which cosignatures met the quorum; None where they do not, or none are asked for."""
        moments = {witness.name: times.get(witness.name) for witness in self.witnesses}
        for group in self.groups:
            seen = sorted((at for at in (moments[name] for name in group.members) if at is not None), reverse=True)
            moments[group.name] = seen[group.threshold - 1] if len(seen) >= group.threshold else None
        return moments.get(self.quorum)

    def verify(self, note: SignedNote) -> dict[str, int]:
        """Name → time of each witness that cosigned; `VerificationError` unless a listed log (where any is listed)
        signed the checkpoint and the quorum is met (`not-witnessed`)."""
        if self.logs:
            open_checkpoint(note, [log.key for log in self.logs])
        times = self.cosigned(note)
        if self.asks_for_witnesses and self.moment(times) is None:
            raise NotWitnessed(f"{len(times)} of {len(self.witnesses)} witnesses cosigned: the quorum is not met")
        return times

    def level(self, note: SignedNote) -> Level:
        """The level of a receipt with this checkpoint; `BadNote` where a signature of a known key does not hold."""
        try:
            self.verify(note)
        except NotWitnessed:
            return Level.SIGNED
        return Level.WITNESSED if self.asks_for_witnesses else Level.SIGNED


def format_policy(policy: Policy) -> str:
    """The policy as a file: logs, witnesses, groups, quorum."""
    lines = [_joined("log", _vkey(log.key), log.url) for log in policy.logs]
    lines += [_joined("witness", one.name, _vkey(one.key), one.url) for one in policy.witnesses]
    for group in policy.groups:
        many = {len(group.members): ALL, 1: ANY} | ({1: ALL} if len(group.members) == 1 else {})
        lines.append(_joined("group", group.name, many.get(group.threshold, str(group.threshold)), *group.members))
    lines.append(_joined("quorum", policy.quorum))
    return "".join(f"{line}\n" for line in lines)


def parse_policy(text: str) -> Policy:
    """The policy written by a file; `BadWitnessPolicy` says which line cannot be used and why."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), start=1):
        if _CONTROL.search(line):
            raise BadWitnessPolicy("the only control characters are tabs and line feeds", number)
        words = [word for word in _BLANKS.split(line) if word]
        if words and not words[0].startswith("#"):
            try:
                reader.read(words)
            except _Unusable as problem:
                raise BadWitnessPolicy(str(problem), number) from None
    if reader.quorum is None:
        raise BadWitnessPolicy("a policy has a quorum line")
    return Policy(tuple(reader.logs), tuple(reader.witnesses), tuple(reader.groups), reader.quorum)


def decode_policy(content: bytes) -> Policy:
    """The policy in a file's bytes, at most MAX_POLICY_BYTES of UTF-8."""
    if len(content) > MAX_POLICY_BYTES:
        raise BadWitnessPolicy(f"a policy holds at most {MAX_POLICY_BYTES} bytes")
    try:
        return parse_policy(content.decode())
    except UnicodeDecodeError:
        raise BadWitnessPolicy("a policy is UTF-8") from None


class _Unusable(Exception):
    """Why a line cannot be used."""


@dataclass(slots=True)
class _Reader:
    """What the lines read so far have defined."""

    logs: list[KnownLog] = field(default_factory=list)
    witnesses: list[KnownWitness] = field(default_factory=list)
    groups: list[WitnessGroup] = field(default_factory=list)
    quorum: str | None = None
    names: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)

    def read(self, words: list[str]) -> None:
        match words:
            case ["log", vkey]:
                self._log(vkey, None)
            case ["log", vkey, url]:
                self._log(vkey, url)
            case ["witness", name, vkey]:
                self._witness(name, vkey, None)
            case ["witness", name, vkey, url]:
                self._witness(name, vkey, url)
            case ["group", name, many, first, *rest]:
                self._group(name, many, (first, *rest))
            case ["quorum", name]:
                self._quorum(name)
            case _:
                raise _Unusable("a line is `log VKEY [URL]`, `witness NAME VKEY [URL]`, `group …` or `quorum NAME`")

    def _log(self, vkey: str, url: str | None) -> None:
        key = _key(vkey, KeyType.ED25519)
        if any(log.key.public_key == key.public_key for log in self.logs):
            raise _Unusable("this log's key stands there already")
        self.logs.append(KnownLog(key, url))

    def _witness(self, name: str, vkey: str, url: str | None) -> None:
        key = _key(vkey, KeyType.COSIGNATURE)
        if any(one.key.public_key == key.public_key for one in self.witnesses):
            raise _Unusable("this witness's key stands there already")
        if len(self.witnesses) == MAX_WITNESSES:
            raise _Unusable(f"a policy has at most {MAX_WITNESSES} witnesses")
        self._define(name)
        self.witnesses.append(KnownWitness(name, key, url))

    def _group(self, name: str, many: str, members: tuple[str, ...]) -> None:
        for member in members:
            if member not in self.names:
                raise _Unusable("a member is a witness or a group of a line before")
            if member in self.members:
                raise _Unusable("a name is a member once")
            self.members.add(member)
        threshold = {ALL: len(members), ANY: 1}.get(many) or (int(many) if _DECIMAL.fullmatch(many) else 0)
        if not 1 <= threshold <= len(members):
            raise _Unusable("a group asks for `all`, `any` or a number from 1 to that of its members")
        self._define(name)
        self.groups.append(WitnessGroup(name, threshold, members))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise _Unusable("a policy has one quorum line")
        if name != NONE and name not in self.names:
            raise _Unusable("the quorum is a witness or a group of a line before, or `none`")
        self.quorum = name

    def _define(self, name: str) -> None:
        if name == NONE or name in self.names:
            raise _Unusable("the name is taken")
        self.names.add(name)


def _key(vkey: str, kind: KeyType) -> VerifierKey:
    try:
        key = parse_vkey(vkey)
    except BadVerifierKey as error:
        raise _Unusable(error.detail) from None
    if key.kind is not kind:
        raise _Unusable("a log has a key of type 0x01, a witness one of type 0x04")
    return key


def _vkey(key: VerifierKey) -> str:
    return format_vkey(key.name, key.public_key, key.kind)


def _joined(*words: str | None) -> str:
    return " ".join(word for word in words if word is not None)
