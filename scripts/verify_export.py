#!/usr/bin/env python3
"""Checks a receipt, bundle, export, checkpoint or certificate of an integrity ledger, with nothing but Python.

    python3 verify_export.py FILE [FILE…] [--key VKEY|FILE] [--witness VKEY|FILE] …

You need this one file, Python 3.11 or later, and the ledger's verifier key from somewhere other than the ledger's
server. It reads the files you name and writes nothing; it never uses a network. Nothing of the ledger's own program
is used: hashes, signatures, proofs and formats are written again here, from their public specifications.

What holds and what does not is fixed by the ledger's `artefacts/README.md`; sections below cite their source. Exit
status: 0 nothing is wrong, 6 something was tampered with, 7 something that should be there is missing, 2 this program
was called wrongly or a file cannot be read, 1 this program failed, which says nothing about the file.

本程序独立核验诚信档案账本开出的回执、证据包、导出文件、检查点和证书，只用 Python 自带的部分，不联网，不写文件。
退出码：0 未见异常；6 有篡改；7 有缺失；2 用法不对或文件读不出；1 本程序出错，对文件没有任何结论。
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import unicodedata
import zlib
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from itertools import pairwise
from typing import IO, Any, NoReturn

# ---------------------------------------------------------------------------------------------------------------------
# 1. The command line
# ---------------------------------------------------------------------------------------------------------------------

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_MANIPULATION, EXIT_GAP = 0, 1, 2, 6, 7


def main(arguments: list[str] | None = None) -> int:
    """Judge the files that the command line names, print a report of each, and return the exit status."""
    parser = command_line()
    options = parser.parse_intermixed_args(arguments)
    trust = trust_of(options, parser)
    if options.compare and len(options.files) != 2:
        parser.error("--compare takes two files, the older one first")
    try:
        if options.compare:
            comparison = compare(options.files[0], options.files[1], trust)
            print_json(comparison.as_json()) if options.json else print_comparison(comparison, options)
            return exit_status([comparison.old, comparison.new, comparison.report])
        reports = [judge_file(path, trust).report for path in options.files]
    except OSError as error:
        print(f"verify_export: cannot read {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        return EXIT_USAGE
    if options.json:
        print_json(reports[0].as_json() if len(reports) == 1 else [report.as_json() for report in reports])
    else:
        for path, report in zip(options.files, reports, strict=True):
            print_report(path, report, options.lang)
    return exit_status(reports)


def command_line() -> argparse.ArgumentParser:
    """The options of this program."""
    parser = argparse.ArgumentParser(prog="verify_export.py", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE", help="receipt, bundle, export, checkpoint or certificate")
    parser.add_argument("--key", action="append", default=[], metavar="VKEY|FILE", help="a verifier key you trust")
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY|FILE", help="a witness's verifier key")
    parser.add_argument("--quorum", type=int, default=1, metavar="N", help="how many witnesses must have signed (1)")
    parser.add_argument("--require", choices=["witnessed"], help="say so if the quorum of witnesses did not sign")
    beside = parser.add_mutually_exclusive_group()
    beside.add_argument("--entry", metavar="FILE", help="the entry that a receipt is for")
    beside.add_argument("--leaf", metavar="HEX", help="the leaf hash of that entry")
    parser.add_argument("--status-list", metavar="FILE", help="the status list of a certificate")
    parser.add_argument("--now", type=date.fromisoformat, metavar="DATE", help="the day to ask about (today)")
    parser.add_argument("--purpose", metavar="P", help="what a certificate is wanted for, as RECRUIT")
    parser.add_argument("--subject-id", metavar="ID", help="the ID number a certificate should be for, with --salt")
    parser.add_argument("--salt", metavar="HEX", help="the salt that the applicant showed beside the certificate")
    parser.add_argument(
        "--compare", action="store_true", help="FILE FILE: does the older file's log lead to the newer's"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--lang", choices=["zh", "en"], help="one language only")
    return parser


@dataclass(frozen=True)
class Trust:
    """What the reader brings: keys, what is demanded of witnesses, and perhaps the entry or leaf of a receipt."""

    keys: tuple[Key, ...] = ()
    witnesses: tuple[Key, ...] = ()
    quorum: int = 1
    require_witnessed: bool = False
    entry: bytes | None = None
    leaf: bytes | None = None
    today: date | None = None
    status_list: bytes | None = None
    subject: tuple[str, bytes] | None = None  # an ID number and its salt
    purpose: str | None = None


def trust_of(options: argparse.Namespace, parser: argparse.ArgumentParser) -> Trust:
    """The keys, witnesses and the entry that the options give; ends the program where they are wrong."""
    if options.quorum < 1:
        parser.error("--quorum is 1 or more")
    if options.leaf is not None and not re.fullmatch("[0-9A-Fa-f]{64}", options.leaf):
        parser.error("--leaf is 64 hexadecimal digits")
    if options.salt is not None and not re.fullmatch("[0-9A-Fa-f]{64}", options.salt):
        parser.error("--salt is 64 hexadecimal digits")
    if (options.salt is None) != (options.subject_id is None):
        parser.error("--subject-id and --salt go together")
    try:
        entry = None if options.entry is None else read_whole(options.entry).removesuffix(b"\n")
        return Trust(
            keys=tuple(key for given in options.key for key in keys_given(given, LOG_KEY)),
            witnesses=tuple(key for given in options.witness for key in keys_given(given, WITNESS_KEY)),
            quorum=options.quorum,
            require_witnessed=options.require == "witnessed",
            entry=entry,
            leaf=None if options.leaf is None else bytes.fromhex(options.leaf),
            today=options.now,
            status_list=None if options.status_list is None else read_whole(options.status_list),
            subject=None if options.salt is None else (options.subject_id, bytes.fromhex(options.salt)),
            purpose=options.purpose,
        )
    except (OSError, Malformed) as error:
        parser.error(str(error))


def keys_given(given: str, kind: int) -> list[Key]:
    """The verifier key that an option gives, or those in the file it names, one on each line."""
    if re.search(r"\+[0-9a-f]{8}\+", given):
        keys = [parse_key(given)]
    else:
        try:
            lines = read_whole(given).decode().splitlines()
        except UnicodeDecodeError:
            raise Malformed(f"{given} holds no verifier keys") from None
        keys = [parse_key(line.strip()) for line in lines if line.strip()]
    if not keys or any(key.kind != kind for key in keys):
        wanted = "a ledger's key (type 0x01)" if kind == LOG_KEY else "a witness's key (type 0x04)"
        raise Malformed(f"{given} is not {wanted}")
    return keys


def read_whole(path: str) -> bytes:
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


# ---------------------------------------------------------------------------------------------------------------------
# 2. Reports
# ---------------------------------------------------------------------------------------------------------------------

MANIPULATION, GAP, NOTICE = "manipulation", "gap", "notice"
MAX_FINDINGS = 100

GAPS = {"no-key", "not-witnessed", "no-leaf", "entry-missing", "document-missing", "not-comparable"}
GAPS |= {"expired", "revoked", "other-status-list", "stale-status-list"}
NOTICES = {"key-revoked"}  # and `history`, which is a notice or a manipulation

FINDINGS = {
    "malformed": (
        "the file is not in the strict form of any file of a ledger; reading ended there",
        "文件不是账本任何一种文件的规定格式，读到此处为止",
    ),
    "bad-signature": ("a signature on it does not hold", "其上的一个签名不成立"),
    "unsigned": (
        "none of the keys that were given, or that are valid, has signed it (a ledger may change its key: give the new "
        "one as well, from where you had the old one)",
        "所给出的（或有效的）密钥都没有签署它（账本可能更换密钥：请从原来取得公钥的地方一并给出新的）",
    ),
    "no-key": (
        "no verifier key of the ledger was given, so it is not shown who signed",
        "没有提供账本的验证密钥，无法证明是谁签署的",
    ),
    "not-witnessed": ("fewer witnesses have signed than were required", "签署的见证方少于要求的数目"),
    "no-leaf": (
        "the receipt does not say which entry it is for, and no entry was given",
        "回执没有写明是哪一条记录，也没有提供记录本身",
    ),
    "leaf": ("the receipt is for another entry", "回执不是这条记录的回执"),
    "not-included": (
        "the proof does not show that the entry stands in the log",
        "证明不成立：不能证明这条记录在账本之中",
    ),
    "not-canonical": ("the entry is not in the one form that entries have", "记录的字节不符合唯一的规定写法"),
    "bad-header": ("the entry's header is not what a header may be", "记录头的内容不符合规定"),
    "wrong-origin": ("it belongs to another ledger", "属于另一个账本"),
    "opening": ("the ledger's opening entry is wrong", "账本的开账记录不对"),
    "stream-version": (
        "the versions of this record's entries do not follow one another",
        "同一事项的各条记录版本号不连续",
    ),
    "recorded-at-decreases": ("the entry is recorded earlier than one before it", "记录时间早于它前面的记录"),
    "history": (
        "the recorded times, up to this entry if one is named, are asserted by whoever loaded the history",
        "记录时间（注明记录号的，到该条为止）由导入历史数据的一方自行声明",
    ),
    "history-twice": ("a history is closed that was not open", "结束了一段并未开始的历史导入"),
    "key-event": ("the entry about a key makes no sense", "关于密钥的这条记录不合逻辑"),
    "actor-signature": ("a signature of the acting unit does not hold", "经办单位的签名不成立"),
    "signature-missing": (
        "the unit signs its acts, and this entry in its name is not signed",
        "该单位对其行为签名，而以其名义的这条记录没有签名",
    ),
    "replayed": ("this was signed once and stands here again", "签过一次的条目在这里又出现了一次"),
    "key-revoked": (
        "a unit's key is revoked: what it signed from a certain entry on is attested by the operator alone",
        "一个单位的密钥被撤销：自所注记录起由它签名的，仅由运营方担保",
    ),
    "section-changed": ("a disclosed section is not what was recorded", "披露的内容与当时记录的不一致"),
    "entry-missing": ("entries are missing from here on", "从此处起缺少记录"),
    "root": ("the entries do not give the root of the checkpoint", "由各条记录算出的根与检查点不符"),
    "keys-differ": (
        "the keys named in the first line are not those the entries say",
        "首行列出的密钥与记录所述的不一致",
    ),
    "document": ("a document that no entry names, out of order, or twice", "文档未被任何记录引用、次序不对或重复"),
    "document-missing": ("a document that the entry names is not there", "记录引用的文档不在文件中"),
    "fork": ("the two files show two different histories of one ledger", "两个文件显示同一账本的两种不同历史"),
    "truncated": (
        "the newer file speaks for a smaller log than the older one (or the two were given the other way round)",
        "较新的文件所述的账本比较旧的还短（或两份文件给反了）",
    ),
    "not-comparable": (
        "nothing in the two files shows whether one log leads to the other",
        "两个文件都不能说明一个账本是否延续另一个",
    ),
    "not-yet-valid": ("it says that it was made on a later day", "它所称的签发日在后"),
    "expired": ("its time is over", "已过有效期"),
    "wrong-purpose": ("it was made for another purpose", "它是为别的用途签发的"),
    "wrong-subject": (
        "the ID number and the salt are not those it was made for",
        "所给的证件号码和盐值与它的持有人不符",
    ),
    "bad-status-list": ("the status list given is none that this ledger signed", "所给的状态名单不是该账本签发的"),
    "other-status-list": ("the status list given is another one", "所给的是另一份状态名单"),
    "stale-status-list": (
        "the status list has expired, or is older than the certificate",
        "状态名单已过期，或早于证书",
    ),
    "revoked": ("the ledger says that it holds no more", "账本已宣布它不再有效"),
    "more": ("there are more findings than these; reading ended here", "问题不止这些，读到此处为止"),
}  # fmt: skip

NOT_CHECKED = {
    "key": ("that the signing key is the ledger's: no key was given", "签名密钥是否确属该账本：没有提供密钥"),
    "witness": (
        "that any witness has seen this checkpoint: no witness key was given",
        "是否有见证方见过这个检查点：没有提供见证方密钥",
    ),
    "unsigned-entries": (
        "{0} of {1} entries are attested by the operator alone: nobody else signed them",
        "{1} 条记录中有 {0} 条仅由运营方担保：没有其他人签名",
    ),
    "sections": ("sections that were not disclosed: {0}", "没有披露的内容：{0} 项"),
    "later": (
        "later entries about the same records: a bundle shows only what was chosen",
        "同一事项之后的记录：证据包只含选出的部分",
    ),
    "keys-as-given": (
        "that no entry about keys was left out: a bundle cannot show it",
        "密钥事项是否齐全：证据包本身无法证明没有遗漏",
    ),
    "content": ("what the entry says: a receipt holds its hash alone", "记录的内容：回执只含其哈希值"),
    "status": ("whether it was revoked: no status list was given", "是否已被撤销：没有提供状态名单"),
    "subject": (
        "whom it is about: no ID number and salt were given",
        "是谁的证书：没有提供证件号码和盐值",
    ),
    "purpose": ("whether it is for this purpose: none was given", "是否用于这一用途：没有说明用途"),
    "other-checkpoint": ("that this log leads to any other checkpoint", "这个账本是否延续到其他任何检查点"),
    "truth": ("whether what was recorded is true", "所记录的事情是否属实"),
}  # fmt: skip


class Malformed(Exception):
    """Bytes that are not in the form they must have. The text says what is wrong."""


class ReadingEnds(Exception):
    """There are too many findings to go on."""


class Wrong(Exception):
    """What a check found: a code of `FINDINGS`, and what exactly."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or worth saying, with the index of the entry it is about."""

    grade: str
    index: int | None
    code: str
    detail: str = ""

    def text(self, language: int) -> str:
        """The sentence for a reader: language 0 is English, 1 is Chinese."""
        sentence = FINDINGS["history-twice" if (self.code, self.grade) == ("history", MANIPULATION) else self.code]
        return sentence[language] + (f" ({self.detail})" if self.detail else "")

    def as_json(self) -> dict[str, Any]:
        """The finding as the report holds it."""
        return {"grade": self.grade, "index": self.index, "code": self.code, "what": self.text(0)}


@dataclass
class Report:
    """What is said of one file."""

    kind: str | None = None
    origin: str | None = None
    size: int | None = None
    root: str | None = None
    level: str | None = None
    findings: list[Finding] = field(default_factory=list)
    shown: tuple[str, str] | None = None  # for the reader of the printed report
    not_checked: list[tuple[str, str]] = field(default_factory=list)  # English, Chinese
    claims: dict[str, Any] | None = None  # what a certificate says

    def add(self, code: str, index: int | None = None, detail: str = "", *, grade: str | None = None) -> None:
        """Note a finding. After a hundred, one more says that there are more, and the reading ends."""
        usual = GAP if code in GAPS else NOTICE if code in NOTICES else MANIPULATION
        if len(self.findings) == MAX_FINDINGS:
            self.findings.append(Finding(MANIPULATION, None, "more"))
            raise ReadingEnds
        self.findings.append(Finding(grade or usual, index, code, detail))

    def holds(self, index: int | None, check: Callable[..., None], *arguments: Any) -> bool:
        """Make a check; what it finds wrong becomes a finding."""
        try:
            check(*arguments)
        except Wrong as wrong:
            self.add(wrong.code, index, wrong.detail)
            return False
        return True

    def has(self, code: str) -> bool:
        """Whether there is a finding of this code."""
        return any(finding.code == code for finding in self.findings)

    def leave_unchecked(self, name: str, *numbers: int) -> None:
        """Note what was not checked."""
        english, chinese = NOT_CHECKED[name]
        self.not_checked.append((english.format(*numbers), chinese.format(*numbers)))

    @property
    def ok(self) -> bool:
        return all(finding.grade == NOTICE for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """The report as the contract shapes it."""
        return {
            "ok": self.ok,
            "kind": self.kind,
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            "level": self.level,
            "findings": [finding.as_json() for finding in self.findings],
            "not_checked": [english for english, _ in self.not_checked],
            **({} if self.claims is None else {"claims": self.claims}),
        }


def exit_status(reports: list[Report]) -> int:
    """6 with a manipulation anywhere, else 7 with a gap, else 0."""
    grades = {finding.grade for report in reports for finding in report.findings}
    return EXIT_MANIPULATION if MANIPULATION in grades else EXIT_GAP if GAP in grades else EXIT_OK


# ---------------------------------------------------------------------------------------------------------------------
# 3. One file: which it is, and what is asked of each kind
# ---------------------------------------------------------------------------------------------------------------------

EXPORT_FORMAT = b'"format":"integrity-ledger/export/v1"'
BUNDLE_FORMAT = b'"format":"integrity-ledger/bundle/v1"'


@dataclass
class Judged:
    """A file's report, and what a comparison with another file needs."""

    path: str
    report: Report = field(default_factory=Report)
    checkpoint: Checkpoint | None = None
    shown: list[tuple[int, bytes]] = field(default_factory=list)  # (index, leaf), proven; an export is read again
    complete: bool = False  # an export with as many entries as its checkpoint says
    mark: int | None = None  # at which size an export's root is wanted besides
    root_at_mark: bytes | None = None
    entries: int = 0
    unsigned_entries: int = 0
    undisclosed: int = 0


def judge_file(path: str, trust: Trust, *, mark: int | None = None, compared: bool = False) -> Judged:
    """Everything that can be said of one file by itself. `compared`: the caller says how it leads to another."""
    with open(path, "rb") as file:
        return judge_open_file(file, Judged(path, mark=mark), trust, compared=compared)


def judge_open_file(file: IO[bytes], judged: Judged, trust: Trust, *, compared: bool = False) -> Judged:
    """The same of a file that is open; whatever its bytes are, there is a report."""
    try:
        judge_bytes(file, judged, trust)
    except Malformed as error:
        with suppress(ReadingEnds):
            judged.report.add("malformed", None, str(error))
    except ReadingEnds:
        pass  # the last finding says so
    say_what_was_shown(judged)
    say_what_was_not_checked(judged, trust, compared)
    return judged


def judge_bytes(file: IO[bytes], judged: Judged, trust: Trust) -> None:
    """Tell the kinds apart by how the file begins, and judge it as what it is."""
    receipt_begins = b"c2sp.org/tlog-proof"
    beginning = file.read(len(receipt_begins))
    file.seek(0)
    if beginning == receipt_begins:
        judged.report.kind = "receipt"
        judge_receipt(file.read(), judged, trust)
    elif beginning.startswith(b"{"):
        first = file.readline()
        if EXPORT_FORMAT in first:
            judged.report.kind = "export"
            judge_export(file, parse_canonical(without_line_feed(first)), judged, trust)
        elif BUNDLE_FORMAT in first:
            judged.report.kind = "bundle"
            if file.read(1):
                raise Malformed("a bundle is one line")
            judge_bundle(parse_canonical(without_line_feed(first)), judged, trust)
        else:
            raise Malformed("the first line names no format that this program knows")
    elif beginning.startswith(JWS_BEGINNING):
        judge_token(file.read(), judged, trust)
    else:
        judged.report.kind = "checkpoint"
        note = parse_note(decode_utf8(file.read()))
        judge_checkpoint(note, begin(judged, note), judged.report, trust, own_keys=None)


def begin(judged: Judged, note: Note) -> Checkpoint:
    """Read the checkpoint in a note, and put into the report what it says of itself."""
    judged.checkpoint = checkpoint = parse_checkpoint(note.text)
    report = judged.report
    report.origin, report.size, report.root = checkpoint.origin, checkpoint.size, checkpoint.root.hex()
    return checkpoint


def judge_checkpoint(
    note: Note, checkpoint: Checkpoint, report: Report, trust: Trust, *, own_keys: list[Key] | None
) -> None:
    """Who signed: the reader's trusted keys, or else the keys that the file's entries say are valid (`own_keys`)."""
    message = note.text.encode()
    keys = {(key.name, key.id): key for key in trust.keys or own_keys or () if key.name == checkpoint.origin}
    witnesses = {(key.name, key.id): key for key in trust.witnesses}
    signed, cosigned = False, set()
    for line in note.signatures:
        name = (line.name, line.key_id)
        if name in keys and report.holds(None, check_log_signature, keys[name], line, message):
            signed = True
        if name in witnesses and report.holds(None, check_cosignature, witnesses[name], line, note.text):
            cosigned.add(line.name)
    if not signed:
        report.add("unsigned" if trust.keys or own_keys is not None else "no-key")
    witnessed = bool(trust.witnesses) and len(cosigned) >= trust.quorum
    if trust.require_witnessed and not witnessed:
        report.add("not-witnessed", None, f"{len(cosigned)} < {trust.quorum}")
    if signed:
        report.level = "witnessed" if witnessed else "signed"


def judge_receipt(data: bytes, judged: Judged, trust: Trust) -> None:
    """A receipt (c2sp.org/tlog-proof): the checkpoint first, then that the leaf leads to its root."""
    proof = parse_tlog_proof(decode_utf8(data))
    report, checkpoint = judged.report, begin(judged, proof.note)
    judge_checkpoint(proof.note, checkpoint, report, trust, own_keys=None)
    given = trust.leaf if trust.entry is None else leaf_hash(trust.entry)
    if proof.extra is not None and (len(proof.extra) != HASH_BYTES or given not in (None, proof.extra)):
        report.add("leaf", proof.index)
    leaf = proof.extra if given is None else given
    if leaf is None:
        report.add("no-leaf", proof.index)
    elif len(leaf) == HASH_BYTES and report.holds(
        proof.index, check_inclusion, leaf, proof.index, checkpoint, proof.hashes
    ):
        judged.shown.append((proof.index, leaf))


def judge_bundle(members: dict[str, Any], judged: Judged, trust: Trust) -> None:
    """A bundle: each entry leads to the checkpoint's root, and is judged with the others in the order of the index."""
    note, entries, keys = parse_bundle(members)
    report, checkpoint = judged.report, begin(judged, note)
    listed = {proven.index: proven for proven in keys}
    # An entry that stands in both lists is judged once. A copy that differs is no copy, and is judged as well.
    others = [proven for proven in entries if not proven.is_copy_of(listed.get(proven.index))]
    disclosures = {proven.index: proven.disclosures for proven in entries}
    if not keys or keys[0].index != 0:
        report.add("opening", None, "keys does not begin with entry 0")
    in_order = sorted([*keys, *others], key=lambda proven: proven.index)
    judge = EntryJudge(judged, checkpoint.origin, in_bundle=True)
    for proven in in_order:
        leaf = leaf_hash(proven.entry)
        if not report.holds(proven.index, check_inclusion, leaf, proven.index, checkpoint, proven.proof):
            continue
        judged.entries += 1
        judged.shown.append((proven.index, leaf))
        is_key_entry = proven is listed.get(proven.index)
        judge.entry(proven.index, proven.entry, disclosures.get(proven.index, ()), is_key_entry=is_key_entry)
    judge.note_loaded_history()
    judge_checkpoint(note, checkpoint, report, trust, own_keys=judge.keys.log_keys())


def judge_export(file: IO[bytes], first_line: dict[str, Any], judged: Judged, trust: Trust) -> None:
    """An export: every entry in order, then the root they give, the keys they say, and the documents they name."""
    header = parse_export_header(first_line)
    report, checkpoint = judged.report, begin(judged, header.note)
    tree = Tree()
    report.root = tree.root().hex()
    judge = EntryJudge(judged, checkpoint.origin)
    try:
        for entry in entry_lines(file, checkpoint.size):
            if tree.size == judged.mark:
                judged.root_at_mark = tree.root()
            tree.append(leaf_hash(entry))
            judged.entries += 1
            judge.entry(tree.size - 1, entry)
    finally:
        report.root = tree.root().hex()
    if tree.size == judged.mark:
        judged.root_at_mark = tree.root()
    judged.complete = tree.size == checkpoint.size
    if not judged.complete:
        report.add("entry-missing", tree.size, f"{tree.size} of {checkpoint.size} entries are there")
    else:
        if tree.root() != checkpoint.root:
            report.add("root")
        if header.keys != [key.vkey for key in judge.keys.log_keys()]:
            report.add("keys-differ")
    judge_documents(file, header.documents, judged, judge.documents)
    judge.note_loaded_history()
    judge_checkpoint(header.note, checkpoint, report, trust, own_keys=judge.keys.log_keys())


def judge_documents(file: IO[bytes], count: int, judged: Judged, named: dict[str, list[int]]) -> None:
    """The documents behind an export's entries: in the order of their digests, each named by an entry, all there.

    `named` has the digests of all documents that entries name, with the indexes of these entries. Where entries are
    missing, nobody can say which documents belong here, and only the form of those that are is judged.
    """
    report = judged.report
    digests: list[str] = []
    while len(digests) < count and (line := read_line(file)) is not None:
        digests.append(sha256(parse_document(line)).hex())
    if file.read(1):
        raise Malformed("there is something behind the last line")
    if not judged.complete:
        return
    if len(digests) < count:
        raise Malformed("there are fewer documents than the first line says")
    if not ascends(digests):
        report.add("document", None, "out of order or twice")
    for digest in digests:
        if digest not in named:
            report.add("document", None, f"no entry names {digest}")
    missing = [(index, digest) for digest in named.keys() - set(digests) for index in named[digest]]
    for index, digest in sorted(missing):
        report.add("document-missing", index, digest)


def say_what_was_shown(judged: Judged) -> None:
    """Which entries the file shows to stand in the log, for the reader of the printed report."""
    count, report = len(judged.shown), judged.report
    if report.kind == "export" and judged.complete and not report.has("root"):
        report.shown = (
            f"all {judged.entries} entries are there, and they give the root",
            f"{judged.entries} 条记录齐全，并得出该根",
        )
    elif count:
        first = ", ".join(str(index) for index, _ in judged.shown[:20]) + (" …" if count > 20 else "")
        report.shown = (
            f"the log that this checkpoint speaks for holds entry {first} (counted from 0)",
            f"该检查点所述的账本含有第 {first} 号记录（从 0 起）",
        )


def say_what_was_not_checked(judged: Judged, trust: Trust, compared: bool) -> None:
    """The sentences that a reader must know, whatever was found."""
    report = judged.report
    if report.kind in ("bundle", "export") and not trust.keys:
        report.leave_unchecked("key")
    if not trust.witnesses:
        report.leave_unchecked("witness")
    if judged.unsigned_entries:
        report.leave_unchecked("unsigned-entries", judged.unsigned_entries, judged.entries)
    if judged.undisclosed:
        report.leave_unchecked("sections", judged.undisclosed)
    if report.kind == "bundle":
        report.leave_unchecked("later")
        report.leave_unchecked("keys-as-given")
    if report.kind == "receipt" and trust.entry is None:
        report.leave_unchecked("content")
    if report.claims is not None:
        for name, given in (("status", trust.status_list), ("subject", trust.subject), ("purpose", trust.purpose)):
            if given is None:
                report.leave_unchecked(name)
    if not compared:
        report.leave_unchecked("other-checkpoint")
    report.leave_unchecked("truth")


# ---------------------------------------------------------------------------------------------------------------------
# 4. One entry after another
# ---------------------------------------------------------------------------------------------------------------------

OPENED, HISTORY_LOADED = "ledger.opened.v1", "history.loaded.v1"
KEY_INTRODUCED, KEY_RETIRED, KEY_REVOKED = "key.introduced.v1", "key.retired.v1", "key.revoked.v1"
KEY_TOPICS = {OPENED, KEY_INTRODUCED, KEY_RETIRED, KEY_REVOKED}
SECONDS_TO_START_SIGNING = 60  # what was under way when a unit's key became required may still come in
SUITE, FORMAT_VERSION = "sha256-ed25519", 0
DIGESTS_OF_DOCUMENTS = {
    "rulebook.activated.v1": ("digest",),
    "assessment-scheme.adopted.v1": ("matrix_digest", "indicators_digest"),
}


class EntryJudge:
    """What is asked of entries that come in the order of their index."""

    def __init__(self, judged: Judged, origin: str, *, in_bundle: bool = False) -> None:
        self.judged, self.report, self.origin, self.in_bundle = judged, judged.report, origin, in_bundle
        self.keys = KeyRing(origin)
        self.versions: dict[str, int] = {}  # of each stream, the newest
        self.recorded_at = ""  # the latest so far
        self.clock: Any = None  # what entry 0 says of it
        self.closing: int | None = None  # the entry that ends a loaded history
        self.signed: set[str] = set()  # the ids of signed entries
        self.documents: dict[str, list[int]] = {}  # digest → the entries that name it

    def entry(self, index: int, data: bytes, disclosures: Sequence[bytes] = (), *, is_key_entry: bool = False) -> None:
        """Ask one entry everything, in the order that the contract lists."""
        holds = self.report.holds
        try:
            entry = parse_entry(data)
        except Malformed as error:
            self.report.add("not-canonical", index, str(error))
            return
        if not holds(index, check_header, entry):
            return
        holds(index, self.check_origin, entry)
        holds(index, check_opening, index, entry)
        holds(index, self.check_history, index, entry)
        if not self.in_bundle:
            holds(index, self.check_version, entry)
        holds(index, self.check_recorded_at, entry)
        makes_sense = holds(index, self.check_key_event, index, entry, is_key_entry)
        if not entry.signatures:
            self.judged.unsigned_entries += 1
        holds(index, self.check_signatures, index, entry)
        holds(index, self.check_signed_once, entry)
        if makes_sense and entry.topic == KEY_REVOKED:
            self.note_revocation(index, entry)
        self.check_disclosures(index, entry, disclosures)
        self.note_documents(index, entry)

    def check_origin(self, entry: Entry) -> None:
        """An entry names the ledger it stands in."""
        if entry.header["origin"] != self.origin:
            raise Wrong("wrong-origin")

    def check_history(self, index: int, entry: Entry) -> None:
        """A ledger may open by loading a history, which one entry ends (DESIGN §8)."""
        if index == 0 and entry.topic == OPENED:
            self.clock = entry.data.get("clock")
        if entry.topic == HISTORY_LOADED:
            before = self.closing
            self.closing = index if before is None else before
            if self.clock == "real" or before is not None:
                raise Wrong("history")

    def note_loaded_history(self) -> None:
        """Behind the entries: up to where their times are only asserted."""
        if self.clock == "history":
            last = None if self.in_bundle or self.closing is None else self.closing - 1
            self.report.add("history", last, grade=NOTICE)

    def check_version(self, entry: Entry) -> None:
        """The entries of a stream count from 1 without a gap."""
        stream = entry.header["stream"]
        before = self.versions.get(stream, 0)
        self.versions[stream] = entry.version
        if entry.version != before + 1:
            raise Wrong("stream-version", f"{before} → {entry.version}")

    def check_recorded_at(self, entry: Entry) -> None:
        """No entry was recorded before one that stands before it."""
        before = self.recorded_at
        self.recorded_at = max(before, entry.recorded_at)  # one form only, so text compares as moments do
        if entry.recorded_at < before:
            raise Wrong("recorded-at-decreases", f"{before} → {entry.recorded_at}")

    def check_key_event(self, index: int, entry: Entry, is_key_entry: bool) -> None:
        """What is said of keys makes sense, and nothing else is listed among a bundle's keys."""
        if is_key_entry and entry.topic not in KEY_TOPICS:
            raise Wrong("key-event", "listed among the keys, and of another topic")
        self.keys.read(index, entry)

    def check_signatures(self, index: int, entry: Entry) -> None:
        """The signatures of the acting unit over the header, or none where none is needed (DESIGN §3, `s`)."""
        if not entry.signatures:
            self.keys.check_unsigned(index, entry)
        for key_id, signature in entry.signatures:
            self.keys.check_signed(index, entry, key_id, signature)

    def check_signed_once(self, entry: Entry) -> None:
        """What was signed stands once: its header has an id of its own."""
        if entry.signatures:
            if entry.header["id"] in self.signed:
                raise Wrong("replayed")
            self.signed.add(entry.header["id"])

    def note_revocation(self, index: int, entry: Entry) -> None:
        """What a unit's revoked key signed before is attested by the operator only."""
        revoked = self.keys.known[entry.data["key"]]
        if revoked.unit is not None:
            self.report.add("key-revoked", index, f"key {revoked.key.id}, from entry {entry.data['since']} on")

    def check_disclosures(self, index: int, entry: Entry, disclosures: Sequence[bytes]) -> None:
        """Sections that were disclosed are among those whose digests the header holds, in the order of the digests."""
        committed = set(entry.header.get("sd", ()))
        digests = [sha256(disclosure).hex() for disclosure in disclosures]
        self.judged.undisclosed += len(committed - set(digests))
        if not ascends(digests):
            self.report.add("section-changed", index, "out of order or twice")
        for disclosure, digest in zip(disclosures, digests, strict=True):
            self.report.holds(index, check_disclosure, disclosure, digest, committed)

    def note_documents(self, index: int, entry: Entry) -> None:
        """Remember which documents an entry names."""
        for member in DIGESTS_OF_DOCUMENTS.get(entry.topic, ()):
            digest = entry.data.get(member)
            if isinstance(digest, str) and index not in (places := self.documents.setdefault(digest, [])):
                places.append(index)


HEADER_MEMBERS: dict[str, type] = {
    "v": int,
    "origin": str,
    "id": str,
    "type": str,
    "stream": str,
    "effective_on": str,
    "actor": dict,
    "data": dict,
}
HEADER_MAY_HAVE: dict[str, type] = {
    "basis": list,
    "purpose": str,
    "correlation": str,
    "causation": str,
    "source": dict,
    "after": int,
    "subjects": list,
    "sd": list,
}


def check_header(entry: Entry) -> None:
    """The members of a header and their types (DESIGN §3)."""
    header = entry.header
    check_members(header, HEADER_MEMBERS, HEADER_MAY_HAVE, "the header")
    check_members(header["actor"], {"id": str, "role": str}, {"unit": str}, "actor")
    check_members(header.get("source", {}), {}, {"system": str, "record": str, "recorded_at": str}, "source")
    for name in ("basis", "subjects", "sd"):
        if not all(type(item) is str for item in header.get(name, ())):
            raise Wrong("bad-header", f"{name} is not a list of strings")
    for name in ("subjects", "sd"):
        if not ascends(header.get(name, ())):
            raise Wrong("bad-header", f"{name} is not sorted, each once")
    if header["v"] != 0:
        raise Wrong("bad-header", "v is not 0")
    if header.get("after", entry.version - 1) != entry.version - 1:
        raise Wrong("bad-header", "after is not the version before")


def check_members(value: dict[str, Any], must: dict[str, type], may: dict[str, type], where: str) -> None:
    """An object has all members that it must have, none beyond, and each of its type."""
    if not must.keys() <= value.keys() <= must.keys() | may.keys():
        raise Wrong("bad-header", f"{where} lacks a member or has one too many")
    for name, member in value.items():
        if type(member) is not (must.get(name) or may[name]):
            raise Wrong("bad-header", f"{where}: {name} is of another type")


def check_opening(index: int, entry: Entry) -> None:
    """Entry 0, and no other, opens the ledger (DESIGN §3)."""
    if index != 0:
        if entry.topic == OPENED:
            raise Wrong("opening", "the ledger is opened a second time")
        return
    expected = {"origin": entry.header["origin"], "suite": SUITE, "format": FORMAT_VERSION}
    if entry.topic != OPENED or entry.version != 1 or any(entry.data.get(k) != v for k, v in expected.items()):
        raise Wrong("opening")
    if type(entry.data["format"]) is not int:
        raise Wrong("opening")


def check_disclosure(disclosure: bytes, digest: str, committed: set[str]) -> None:
    """A disclosure is `[salt, name, value]`, and the header holds its digest."""
    try:
        parts = parse_canonical(disclosure, kind=list)
    except Malformed as error:
        raise Wrong("section-changed", str(error)) from None
    salt, name = (*parts, None, None)[:2]
    if len(parts) != 3 or not is_hex(salt, HASH_BYTES) or not (isinstance(name, str) and MEMBER_NAME.fullmatch(name)):
        raise Wrong("section-changed", "it is not [salt, name, value]")
    if digest not in committed:
        raise Wrong("section-changed", f"the entry does not hold its digest: {name}")


# ---------------------------------------------------------------------------------------------------------------------
# 5. Keys in the log
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class LedgerKey:
    """A key that the entry at `index` introduced; `until` is the entry that retired or revoked it."""

    key: Key
    index: int
    since: str  # when that entry was recorded
    unit: str | None = None  # of an actor's key
    signs_log: bool = False  # checkpoints
    required: bool = False
    until: int | None = None

    def is_actors_at(self, index: int) -> bool:
        """Whether it may sign the entry at an index: behind its introduction, before its end."""
        return self.unit is not None and self.index < index and (self.until is None or index < self.until)


class KeyRing:
    """The keys that the entries read so far say there are, by their ids."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.known: dict[str, LedgerKey] = {}
        self.of_unit: dict[str, list[LedgerKey]] = {}

    def read(self, index: int, entry: Entry) -> None:
        """Take over what an entry says of keys; one that makes no sense changes nothing."""
        data = entry.data
        if entry.topic == OPENED and index == 0:
            listed = data.get("keys")
            if not isinstance(listed, list) or not all(isinstance(member, dict) for member in listed):
                raise Wrong("key-event", "keys is not a list of keys")
            self.introduce([self.ledgers_key(member, index, entry) for member in listed])
        elif entry.topic == KEY_INTRODUCED:
            is_actors = data.get("purpose") == "actor-signing"
            self.introduce([(self.actor_key if is_actors else self.ledgers_key)(data, index, entry)])
        elif entry.topic == KEY_RETIRED:
            expect_members(data, {"key": str})
            self.end(data["key"], index)
        elif entry.topic == KEY_REVOKED:
            expect_members(data, {"key": str, "since": int})
            if data["since"] < 0:
                raise Wrong("key-event", "since is not a size")
            self.end(data["key"], index)

    def ledgers_key(self, data: dict[str, Any], index: int, entry: Entry) -> LedgerKey:
        """A key for signing checkpoints, whose name is the origin, or one for certificates."""
        expect_members(data, {"purpose": str, "vkey": str})
        if data["purpose"] not in ("log-signing", "certificate-signing"):
            raise Wrong("key-event", "an unknown purpose")
        signs_log = data["purpose"] == "log-signing"
        name = self.origin if signs_log else certificate_key_name(self.origin)
        return LedgerKey(key_named(data["vkey"], name), index, entry.recorded_at, signs_log=signs_log)

    def actor_key(self, data: dict[str, Any], index: int, entry: Entry) -> LedgerKey:
        """A key for signing what is entered in a unit's name; its own name says which."""
        expect_members(data, {"purpose": str, "vkey": str, "unit": str, "required": bool})
        key = key_named(data["vkey"], f"{self.origin}/unit/{data['unit']}")
        return LedgerKey(key, index, entry.recorded_at, data["unit"], required=data["required"])

    def introduce(self, keys: list[LedgerKey]) -> None:
        """Take in new keys; no two keys of a ledger have one id."""
        ids = [new.key.id for new in keys]
        if len(set(ids)) < len(ids) or not self.known.keys().isdisjoint(ids):
            raise Wrong("key-event", "a key of this id is known already")
        for new in keys:
            self.known[new.key.id] = new
            if new.unit is not None:
                self.of_unit.setdefault(new.unit, []).append(new)

    def end(self, key_id: str, index: int) -> None:
        """Retire or revoke a key that is valid."""
        ended = self.known.get(key_id)
        if ended is None or ended.until is not None:
            raise Wrong("key-event", "no valid key has this id")
        ended.until = index

    def log_keys(self) -> list[Key]:
        """The keys for signing checkpoints that are valid now, in the order of their introduction."""
        return [one.key for one in self.known.values() if one.signs_log and one.until is None]

    def check_unsigned(self, index: int, entry: Entry) -> None:
        """An entry without a signature is no act of a unit that has a valid key which is required."""
        for one in self.of_unit.get(entry.header["actor"].get("unit"), ()):
            seconds = seconds_between(one.since, entry.recorded_at)
            if one.required and one.is_actors_at(index) and seconds >= SECONDS_TO_START_SIGNING:
                raise Wrong("signature-missing", f"key {one.key.id} is required")

    def check_signed(self, index: int, entry: Entry, key_id: str, signature: bytes) -> None:
        """A signature is of a valid key of the acting unit, and holds."""
        known = self.known.get(key_id)
        if known is None or not known.is_actors_at(index):
            raise Wrong("actor-signature", f"key {key_id} is unknown or not valid here")
        if known.unit != entry.header["actor"].get("unit"):
            raise Wrong("actor-signature", f"key {key_id} is another unit's")
        message = f"{entry.header['origin']}/event/v1\n".encode() + encode_canonical(entry.header)
        if not ed25519_holds(known.key.public_key, signature, message):
            raise Wrong("actor-signature", f"key {key_id}")


def key_named(vkey: str, name: str) -> Key:
    """The key that a verifier key gives, if it is an Ed25519 key of this name."""
    try:
        key = parse_key(vkey)
    except Malformed as error:
        raise Wrong("key-event", str(error)) from None
    if key.name != name or key.kind != LOG_KEY:
        raise Wrong("key-event", "a key of another name or type")
    return key


def expect_members(data: dict[str, Any], members: dict[str, type]) -> None:
    """A key event has these members, of these types, and no others."""
    if data.keys() != members.keys() or any(type(data[name]) is not kind for name, kind in members.items()):
        raise Wrong("key-event", "data of another form")


# ---------------------------------------------------------------------------------------------------------------------
# 6. Two files of one ledger
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Comparison:
    """The reports of two files, and of how they stand to each other."""

    old: Report
    new: Report
    report: Report

    @property
    def ok(self) -> bool:
        return self.old.ok and self.new.ok and self.report.ok

    def as_json(self) -> dict[str, Any]:
        """The comparison as the contract shapes it."""
        own = self.report.as_json()
        return {
            "ok": self.ok,
            "old": self.old.as_json(),
            "new": self.new.as_json(),
            "findings": own["findings"],
            "not_checked": own["not_checked"],
        }


def compare(old_path: str, new_path: str, trust: Trust) -> Comparison:
    """Judge both files by themselves, then whether the older one's log leads to the newer one's."""
    old = judge_file(old_path, trust, compared=True)
    mark = None if old.checkpoint is None else old.checkpoint.size
    new = judge_file(new_path, trust, mark=mark, compared=True)
    report = Report()
    readable = not (old.report.has("malformed") or new.report.has("malformed"))
    if readable and old.checkpoint and new.checkpoint:
        compare_logs(report, old, old.checkpoint, new, new.checkpoint)
    if not readable or report.has("not-comparable"):
        report.leave_unchecked("other-checkpoint")
    return Comparison(old.report, new.report, report)


def compare_logs(report: Report, old: Judged, old_head: Checkpoint, new: Judged, new_head: Checkpoint) -> None:
    """One origin, no smaller, the same entries where both show them, and the older root within the newer log."""
    if old_head.origin != new_head.origin:
        report.add("wrong-origin")
        return
    if new_head.size < old_head.size:
        report.add("truncated")
    index = first_difference(shown_by(old), shown_by(new))
    if index is not None:
        report.add("fork", index)
    elif (new.complete and new.root_at_mark is not None and new.root_at_mark != old_head.root) or (
        new_head.size == old_head.size and new_head.root != old_head.root
    ):
        report.add("fork")
    elif not new.complete and new_head.size > old_head.size:
        report.add("not-comparable")


def shown_by(judged: Judged) -> Iterator[tuple[int, bytes]]:
    """The entries that a file shows, as (index, leaf) in order; those of an export are read again."""
    if judged.report.kind != "export" or judged.checkpoint is None:
        yield from judged.shown
        return
    with open(judged.path, "rb") as file:
        read_line(file)
        for index, entry in enumerate_whole(file, judged.checkpoint.size):
            yield index, leaf_hash(entry)


def first_difference(old: Iterator[tuple[int, bytes]], new: Iterator[tuple[int, bytes]]) -> int | None:
    """The first index that both show with another leaf. Both ascend, so they are read side by side."""
    one, other = next(old, None), next(new, None)
    while one is not None and other is not None:
        if one[0] == other[0] and one[1] != other[1]:
            return one[0]
        if one[0] <= other[0]:
            one = next(old, None)
        else:
            other = next(new, None)
    return None


# ---------------------------------------------------------------------------------------------------------------------
# 7. The formats of files (ledger/artefacts/README.md)
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proven:
    """An entry in a bundle, with the proof that it stands in the log and the sections that were disclosed."""

    index: int
    entry: bytes
    proof: tuple[bytes, ...]
    disclosures: tuple[bytes, ...]

    def is_copy_of(self, other: Proven | None) -> bool:
        """Whether the other is the same entry with the same proof."""
        return other is not None and (self.entry, self.proof) == (other.entry, other.proof)


def parse_bundle(members: dict[str, Any]) -> tuple[Note, list[Proven], list[Proven]]:
    """The checkpoint, the entries and the key entries of a bundle."""
    if members.keys() != {"checkpoint", "entries", "format", "keys"}:
        raise Malformed("a bundle has other members")
    note = parse_note(expect(members["checkpoint"], str))
    entries = [parse_proven(item) for item in expect(members["entries"], list)]
    keys = [parse_proven(item) for item in expect(members["keys"], list)]
    if not entries:
        raise Malformed("a bundle without entries")
    if not ascends(proven.index for proven in entries) or not ascends(proven.index for proven in keys):
        raise Malformed("the entries of a bundle are not in order, each once")
    if any(proven.disclosures for proven in keys):
        raise Malformed("key entries have no sections")
    parse_checkpoint(note.text)
    return note, entries, keys


def parse_proven(value: Any) -> Proven:
    """`{"disclosures", "entry", "index", "proof"}`."""
    members = expect(value, dict)
    if members.keys() != {"disclosures", "entry", "index", "proof"}:
        raise Malformed("an entry of a bundle has other members")
    index = expect(members["index"], int)
    proof = tuple(decode_base64(item) for item in expect(members["proof"], list))
    if index < 0 or any(len(node) != HASH_BYTES for node in proof):
        raise Malformed("an index below 0, or a hash that is not 32 bytes")
    disclosures = tuple(decode_base64(item) for item in expect(members["disclosures"], list))
    return Proven(index, decode_base64(members["entry"]), proof, disclosures)


@dataclass(frozen=True)
class ExportHeader:
    """The first line of an export."""

    note: Note
    documents: int
    keys: list[str]


def parse_export_header(members: dict[str, Any]) -> ExportHeader:
    """`{"checkpoint", "documents", "format", "keys"}`."""
    if members.keys() != {"checkpoint", "documents", "format", "keys"}:
        raise Malformed("the first line of an export has other members")
    documents = expect(members["documents"], int)
    keys = [expect(key, str) for key in expect(members["keys"], list)]
    note = parse_note(expect(members["checkpoint"], str))
    parse_checkpoint(note.text)
    if documents < 0:
        raise Malformed("a number of documents below 0")
    return ExportHeader(note, documents, keys)


def entry_lines(file: IO[bytes], size: int) -> Iterator[bytes]:
    """The entries of an export, at most `size`; they end where a document begins or the file ends."""
    for _ in range(size):
        line = read_line(file)
        if line is None:
            return
        if line.startswith(b'{"document":'):
            file.seek(-len(line) - 1, os.SEEK_CUR)
            return
        yield line


def enumerate_whole(file: IO[bytes], size: int) -> Iterator[tuple[int, bytes]]:
    """The entries of an export with their indexes; one that is cut off ends them."""
    try:
        yield from enumerate(entry_lines(file, size))
    except Malformed:
        return


def parse_document(line: bytes) -> bytes:
    """`{"document":b64}`."""
    members = parse_canonical(line)
    if members.keys() != {"document"}:
        raise Malformed("a document's line has other members")
    return decode_base64(members["document"])


@dataclass(frozen=True)
class TlogProof:
    """A receipt: an index, the hashes up to the root, the checkpoint; `extra` is shown by nothing but the proof."""

    index: int
    hashes: tuple[bytes, ...]
    extra: bytes | None
    note: Note


def parse_tlog_proof(text: str) -> TlogProof:
    """A `.tlog-proof` file (c2sp.org/tlog-proof)."""
    head, empty_line, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    if not empty_line or first != "c2sp.org/tlog-proof@v1":
        raise Malformed("a receipt is a tlog-proof of version 1")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise Malformed("a receipt names the index of its entry")
    index = parse_decimal(lines.pop(0).removeprefix("index "))
    hashes = tuple(decode_base64(line) for line in lines)
    if len(hashes) > 63 or any(len(node) != HASH_BYTES for node in hashes):
        raise Malformed("a proof has at most 63 hashes of 32 bytes")
    parsed = parse_note(note)
    parse_checkpoint(parsed.text)
    return TlogProof(index, hashes, extra, parsed)


# ---------------------------------------------------------------------------------------------------------------------
# 8. Entries (DESIGN §3, ledger/log/README.md)
# ---------------------------------------------------------------------------------------------------------------------

MAX_ENTRY_BYTES = 65_535
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3])(:[0-5][0-9]){2}\.[0-9]{6}Z")


@dataclass(frozen=True)
class Entry:
    """What is asserted (the header), where the ledger put it, and who signed: (key id, signature)."""

    header: dict[str, Any]
    recorded_at: str
    version: int
    signatures: tuple[tuple[str, bytes], ...]

    @property
    def topic(self) -> str:
        topic: str = self.header["type"]
        return topic

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.header["data"]
        return data


def parse_entry(data: bytes) -> Entry:
    """`{"h": header, "p": {"recorded_at", "version"}, "s": [{"key", "sig"}…]}`; its header is not judged here."""
    if len(data) > MAX_ENTRY_BYTES:
        raise Malformed("an entry of more than 65,535 bytes")
    # The header is a canonical value of its own: its levels are counted from itself, hence one more here.
    entry = parse_canonical(data, levels=MAX_LEVELS + 1)
    if entry.keys() != {"h", "p", "s"}:
        raise Malformed("an entry has other members than h, p and s")
    header, place = expect(entry["h"], dict), expect(entry["p"], dict)
    check_value(header, MAX_LEVELS, nfc=True)
    if place.keys() != {"recorded_at", "version"}:
        raise Malformed("p has other members than recorded_at and version")
    recorded_at, version = expect(place["recorded_at"], str), expect(place["version"], int)
    if version < 1 or not MOMENT.fullmatch(recorded_at) or not is_day(recorded_at[:10]):
        raise Malformed("a version below 1, or a moment that is not YYYY-MM-DDTHH:MM:SS.ffffffZ")
    signatures = tuple(parse_entry_signature(item) for item in expect(entry["s"], list))
    if not ascends(key_id for key_id, _ in signatures):
        raise Malformed("signatures are not sorted by key, each once")
    return Entry(header, recorded_at, version, signatures)


def parse_entry_signature(value: Any) -> tuple[str, bytes]:
    """`{"key": eight hexadecimal digits, "sig": base64 of 64 bytes}`."""
    members = expect(value, dict)
    if members.keys() != {"key", "sig"}:
        raise Malformed("a signature has other members than key and sig")
    key_id, signature = expect(members["key"], str), decode_base64(members["sig"])
    if not is_hex(key_id, 4) or len(signature) != SIGNATURE_BYTES:
        raise Malformed("a key id has 8 hexadecimal digits, a signature 64 bytes")
    return key_id, signature


def seconds_between(earlier: str, later: str) -> float:
    """The time from one `recorded_at` to another."""
    moments = [datetime.fromisoformat(text) for text in (earlier, later)]
    return (moments[1] - moments[0]).total_seconds()


@lru_cache(maxsize=64)
def is_day(text: str) -> bool:
    """Whether `YYYY-MM-DD` is a day of the calendar."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


# ---------------------------------------------------------------------------------------------------------------------
# 9. Canonical JSON (RFC 8785, narrowed: no fractions, small integers, plain names, 32 levels)
# ---------------------------------------------------------------------------------------------------------------------

MAX_INTEGER = 2**53 - 1
MAX_LEVELS = 32
MEMBER_NAME = re.compile("[a-z][a-z0-9_]*")


def _no_such_number(text: str) -> NoReturn:
    raise Malformed("a number with a fraction or an exponent, or none at all")


_decode = json.JSONDecoder(parse_float=_no_such_number, parse_constant=_no_such_number).decode
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def parse_canonical(data: bytes, *, kind: type = dict, levels: int = MAX_LEVELS) -> Any:
    """The value, of this kind, that these bytes write in the one canonical way; `Malformed` for all other bytes.

    Spaces, another order, a name given twice, other escapes: whatever has a second way of being written is found by
    writing the value again, which must give the same bytes.
    """
    try:
        value = _decode(data.decode("utf-8"))
        check_value(value, levels, nfc=False)
        again = encode_canonical(value)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, half a surrogate pair, endless digits or nesting
        raise Malformed("not canonical JSON") from None
    if again != data:
        raise Malformed("not written in the canonical way")
    return expect(value, kind)


def encode_canonical(value: Any) -> bytes:
    """The canonical bytes of a value that `check_value` let pass."""
    return _encode(value).encode("utf-8")


def check_value(value: Any, levels: int, *, nfc: bool) -> None:
    """Plain names, integers within ±(2⁵³−1), at most so many levels and, if asked, strings in NFC."""
    if isinstance(value, str):
        if nfc and not unicodedata.is_normalized("NFC", value):
            raise Malformed("a string is not in Unicode Normalization Form C")
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise Malformed("an integer beyond ±(2^53−1)")
    elif isinstance(value, dict | list):
        if levels == 0:
            raise Malformed("too many levels of nesting")
        if isinstance(value, dict):
            if not all(MEMBER_NAME.fullmatch(name) for name in value):
                raise Malformed("a member name that is not [a-z][a-z0-9_]*")
            value = value.values()
        for member in value:
            check_value(member, levels - 1, nfc=nfc)


def expect(value: Any, kind: type) -> Any:
    """The value, if it is of exactly this type."""
    if type(value) is not kind:
        raise Malformed("a value of another type")
    return value


def decode_base64(text: Any) -> bytes:
    """Base64 with padding (RFC 4648 §4), written the one way."""
    try:
        data = b64decode(expect(text, str), validate=True)
    except ValueError:
        raise Malformed("not base64") from None
    if b64encode(data).decode() != text:
        raise Malformed("not base64 as it is written")
    return data


def decode_utf8(data: bytes) -> str:
    """The text of UTF-8 bytes."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None


def read_line(file: IO[bytes]) -> bytes | None:
    """The next line without its line feed, which must be there; None at the end of the file."""
    line = file.readline()
    return without_line_feed(line) if line else None


def without_line_feed(line: bytes) -> bytes:
    """The line without the line feed that it must end in."""
    if not line.endswith(b"\n"):
        raise Malformed("the last line feed is missing")
    return line[:-1]


def parse_decimal(text: str) -> int:
    """A decimal number below 2^63 without leading zeros."""
    if not re.fullmatch("0|[1-9][0-9]{0,18}", text) or int(text) >= 2**63:
        raise Malformed("not a decimal number below 2^63")
    return int(text)


def is_hex(text: Any, length: int) -> bool:
    """Whether this is so many bytes in lower-case hexadecimal digits."""
    return isinstance(text, str) and re.fullmatch(f"[0-9a-f]{{{2 * length}}}", text) is not None


def ascends(values: Iterable[Any]) -> bool:
    """Whether each value is greater than the one before."""
    return all(before < after for before, after in pairwise(values))


# ---------------------------------------------------------------------------------------------------------------------
# 10. Signed notes, checkpoints, cosignatures (c2sp.org/signed-note, /tlog-checkpoint, /tlog-cosignature)
# ---------------------------------------------------------------------------------------------------------------------

LOG_KEY, WITNESS_KEY = 0x01, 0x04
MAX_SIGNATURES = 100
KEY_BYTES, SIGNATURE_BYTES, TIME_BYTES, KEY_ID_BYTES = 32, 64, 8, 4


@dataclass(frozen=True)
class Key:
    """A public key under its name, and the verifier key that says so."""

    name: str
    id: str
    kind: int
    public_key: bytes
    vkey: str


def parse_key(vkey: str) -> Key:
    """`<name>+<key id>+<base64(type ‖ public key)>`; the key id is a hash of the rest."""
    name, plus, rest = vkey.partition("+")
    key_id, second_plus, encoded = rest.partition("+")
    if not plus or not second_plus or not is_key_name(name):
        raise Malformed("a verifier key is a name, a key id and a key, joined by +")
    blob = decode_base64(encoded)
    if len(blob) != 1 + KEY_BYTES or blob[0] not in (LOG_KEY, WITNESS_KEY):
        raise Malformed("a verifier key is of type 0x01 or 0x04 and holds 32 bytes")
    if sha256(name.encode() + b"\n" + blob)[:KEY_ID_BYTES].hex() != key_id:
        raise Malformed("the key id of a verifier key does not belong to its name and key")
    return Key(name, key_id, blob[0], blob[1:], vkey)


def is_key_name(name: str) -> bool:
    """Not empty, no spaces, no plus, no control characters and no half surrogate pairs."""
    bad = any(character.isspace() or unicodedata.category(character) in ("Cc", "Cs") for character in name)
    return name != "" and "+" not in name and not bad


@dataclass(frozen=True)
class NoteSignature:
    """A signature line: the key's name and id, and what it made of the text."""

    name: str
    key_id: str
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A text that ends in a line feed, and its signature lines."""

    text: str
    signatures: tuple[NoteSignature, ...]


def parse_note(note: str) -> Note:
    """A text, an empty line, and 1 to 100 signature lines."""
    text, empty_line, lines = note.rpartition("\n\n")
    if not empty_line or not text or not lines.endswith("\n"):
        raise Malformed("a signed note is a text, an empty line and signature lines")
    if any((character < " " and character != "\n") or "\ud800" <= character <= "\udfff" for character in text):
        raise Malformed("a signed note holds no control characters")
    signatures = tuple(parse_signature_line(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise Malformed("a signed note has at most 100 signature lines")
    return Note(text + "\n", signatures)


def parse_signature_line(line: str) -> NoteSignature:
    """`— <name> <base64(key id ‖ signature)>`."""
    dash, _, rest = line.partition(" ")
    name, space, encoded = rest.partition(" ")
    if dash != "—" or not space or not is_key_name(name):
        raise Malformed("a signature line is a dash, a key name and base64")
    blob = decode_base64(encoded)
    if len(blob) <= KEY_ID_BYTES:
        raise Malformed("a signature line without a signature")
    return NoteSignature(name, blob[:KEY_ID_BYTES].hex(), blob[KEY_ID_BYTES:])


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: whose it is, how many entries it has, and the root over them."""

    origin: str
    size: int
    root: bytes


def parse_checkpoint(text: str) -> Checkpoint:
    """Three lines: origin, size, root."""
    lines = text.split("\n")
    if len(lines) != 4 or not lines[0]:
        raise Malformed("a checkpoint has three lines: origin, size and root")
    root = decode_base64(lines[2])
    if len(root) != HASH_BYTES:
        raise Malformed("a root has 32 bytes")
    return Checkpoint(lines[0], parse_decimal(lines[1]), root)


def check_log_signature(key: Key, line: NoteSignature, message: bytes) -> None:
    """The ledger's signature over a note's text (type 0x01)."""
    if not ed25519_holds(key.public_key, line.signature, message):
        raise Wrong("bad-signature", f"key {key.id}")


def check_cosignature(key: Key, line: NoteSignature, text: str) -> None:
    """A witness's signature (type 0x04) over a time, given before it, and a checkpoint's text."""
    seconds = int.from_bytes(line.signature[:TIME_BYTES], "big")
    message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
    if seconds >= 2**63 or not ed25519_holds(key.public_key, line.signature[TIME_BYTES:], message):
        raise Wrong("bad-signature", f"witness {key.name}")


# ---------------------------------------------------------------------------------------------------------------------
# 11. Hashes, tree and inclusion proofs (RFC 6962 §2.1, RFC 9162 §2.1)
# ---------------------------------------------------------------------------------------------------------------------

HASH_BYTES = 32


def sha256(data: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf of the tree."""
    return sha256(b"\x00" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return sha256(b"\x01" + left + right)


class Tree:
    """A tree to which leaves are appended. Only the roots of its complete subtrees are kept, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.roots: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Put a leaf behind the others: each complete subtree of equal size is joined with what came to its right."""
        node, left = leaf, self.size
        while left & 1:
            node = node_hash(self.roots.pop(), node)
            left >>= 1
        self.roots.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root over all leaves; of none, the hash of nothing."""
        if not self.roots:
            return sha256(b"")
        *others, node = self.roots
        for left in reversed(others):
            node = node_hash(left, node)
        return node


def check_inclusion(leaf: bytes, index: int, checkpoint: Checkpoint, proof: Iterable[bytes]) -> None:
    """The leaf at this index leads to the checkpoint's root (RFC 9162 §2.1.3.2, with its names fn, sn and r)."""
    if index >= checkpoint.size or len(leaf) != HASH_BYTES:
        raise Wrong("not-included", "the index lies beyond the checkpoint")
    fn, sn, r = index, checkpoint.size - 1, leaf
    for node in proof:
        if sn == 0:
            raise Wrong("not-included", "the proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(node, r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, node)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or r != checkpoint.root:
        raise Wrong("not-included")


# ---------------------------------------------------------------------------------------------------------------------
# 12. Ed25519 (RFC 8032 §5.1)
# ---------------------------------------------------------------------------------------------------------------------

P = 2**255 - 19  # the field
L = 2**252 + 27742317777372353535851937790883648493  # the order of the base point
D = -121665 * pow(121666, -1, P) % P  # the curve −x² + y² = 1 + d·x²·y²
SQRT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]  # (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z
NEUTRAL: Point = (0, 1, 1, 0)


def ed25519_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature is of this key over this message (RFC 8032 §5.1.7, without the cofactor).

    S must be below L, and R must be written exactly as R = S·B − k·A is: what OpenSSL accepts, no more and no less.
    """
    if len(public_key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    multiples = multiples_of_minus(public_key)
    if multiples is None:
        return False
    k = int.from_bytes(hashlib.sha512(r + public_key + message).digest(), "little") % L
    return encode_point(add(times(s, multiples_of_base()), times(k, multiples))) == r


def add(a: Point, b: Point) -> Point:
    """The sum of two points, equal or not (RFC 8032 §5.1.4)."""
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    a_ = (y1 - x1) * (y2 - x2) % P
    b_ = (y1 + x1) * (y2 + x2) % P
    c = 2 * t1 * t2 * D % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b_ - a_, d - c, d + c, b_ + a_
    return e * f % P, g * h % P, f * g % P, e * h % P


Multiples = list[list[Point]]  # [i][j] is j·16^i times a point, for the 64 digits of a number in base 16


def multiples_of(point: Point) -> Multiples:
    """A table from which every multiple of a point is a sum of at most 64 points."""
    table = []
    for _ in range(64):
        row = [NEUTRAL]
        for _ in range(16):
            row.append(add(row[-1], point))
        point = row.pop()  # sixteen times the point
        table.append(row)
    return table


def times(number: int, multiples: Multiples) -> Point:
    """The point that many times."""
    total = NEUTRAL
    for row in multiples:
        if number & 15:
            total = add(total, row[number & 15])
        number >>= 4
    return total


@lru_cache(maxsize=1)
def multiples_of_base() -> Multiples:
    """The table of the base point, whose y is 4/5 and whose x is even (RFC 8032 §5.1)."""
    base = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    assert base is not None
    return multiples_of(base)


@lru_cache(maxsize=64)
def multiples_of_minus(public_key: bytes) -> Multiples | None:
    """The table of the point opposite to a public key, kept since one key signs much; None if it is no point."""
    point = decode_point(public_key)
    if point is None:
        return None
    x, y, z, t = point
    return multiples_of((P - x, y, z, P - t))


def decode_point(data: bytes) -> Point | None:
    """The point whose y and sign of x these 32 bytes give (RFC 8032 §5.1.3); None where there is no such x.

    As in OpenSSL, y is taken modulo p, and the sign of x = 0 does not matter.
    """
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number % 2**255 % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P  # x² = u/v
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == P - u:
        x = x * SQRT_OF_MINUS_1 % P
    if v * x * x % P != u:
        return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


def encode_point(point: Point) -> bytes:
    """The 32 bytes of a point (RFC 8032 §5.1.2)."""
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


# ---------------------------------------------------------------------------------------------------------------------
# 13. Certificates and status lists (RFC 7515, RFC 9864, draft-ietf-oauth-status-list)
# ---------------------------------------------------------------------------------------------------------------------

JWS_BEGINNING = b"eyJ"
CERTIFICATE_TYPE, LIST_TYPE = "integrity-certificate-v1+jwt", "statuslist+jwt"
LIST_BYTES = 16384
DAY = 86400
LAST_TIME = 253402214400  # 9999-12-31
CHINA = timezone(timedelta(hours=8))
WRITTEN = {
    "as_of": "[0-9]{4}-[0-9]{2}-[0-9]{2}", "aud": "[A-Z][A-Z_]{0,39}", "check": "[0-9a-f]{32}",
    "decision": "ELIGIBLE|NOT_ELIGIBLE", "jti": "[0-9a-f]{32}", "outcome": "CLEAR|REFER|BLOCK",
    "root": "[0-9a-f]{64}", "sub": "[0-9a-f]{32}", "subject": "[0-9a-f]{64}",
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A compact JWS: the type and the key that its header names, what is said, and the signature over `signed`."""

    type: str
    key_id: str
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


def certificate_key_name(origin: str) -> str:
    """The name of a ledger's keys for certificates."""
    return f"{origin}/certificate"


def judge_token(data: bytes, judged: Judged, trust: Trust) -> None:
    """A certificate or a status list: who signed it, for how long, and what the reader brought along."""
    report = judged.report
    with suppress(Malformed):
        header = parse_canonical(decode_base64url(data.split(b".")[0].decode("latin-1")))
        report.kind = {CERTIFICATE_TYPE: "certificate", LIST_TYPE: "status-list"}.get(str(header.get("typ")))
    token = parse_token(data)
    claims, is_certificate = token.claims, token.type == CERTIFICATE_TYPE
    (check_certificate if is_certificate else status_bits)(token)
    report.origin, report.size, report.root = claims["iss"], claims["size"], claims["root"]
    judged.checkpoint = Checkpoint(claims["iss"], claims["size"], bytes.fromhex(claims["root"]))
    if is_certificate:
        report.claims = claims
    if not trust.keys:
        report.add("no-key")
    elif report.holds(None, check_token_signature, token, trust):
        report.level = "signed"
    if trust.require_witnessed:
        report.add("not-witnessed", None, "nobody cosigns these")
    today = trust.today or datetime.now(CHINA).date()
    if day_in_china(claims["iat"]) > today:
        report.add("not-yet-valid", None, str(day_in_china(claims["iat"])))
    if day_in_china(claims["exp"]) <= today:
        report.add("expired", None, str(day_in_china(claims["exp"])))
    if is_certificate:
        judge_bearer(claims, report, trust)
        if trust.status_list is not None:
            judge_status(claims, trust.status_list, report, trust, today)


def check_token_signature(token: Token, trust: Trust) -> None:
    """It is signed by a trusted key for certificates, the one that its header names."""
    name = certificate_key_name(token.claims["iss"])
    key = next((key for key in trust.keys if (key.name, key.id) == (name, token.key_id)), None)
    if key is None:
        raise Wrong("unsigned", f"key {token.key_id} of {name}")
    if not ed25519_holds(key.public_key, token.signature, token.signed):
        raise Wrong("bad-signature", f"key {key.id}")


def judge_bearer(claims: dict[str, Any], report: Report, trust: Trust) -> None:
    """Whether a certificate is for the purpose and the person that the reader has in mind."""
    if trust.purpose is not None and trust.purpose != claims["aud"]:
        report.add("wrong-purpose", None, claims["aud"])
    if trust.subject is not None:
        id_number, salt = trust.subject
        statement = ["integrity-ledger/subject/v1", claims["iss"], id_number.replace(" ", "").upper()]
        if sha256(salt + encode_canonical(statement)).hex() != claims["subject"]:
            report.add("wrong-subject")


def judge_status(claims: dict[str, Any], data: bytes, report: Report, trust: Trust, today: date) -> None:
    """What the status list given says of a certificate."""
    try:
        token = parse_token(data)
        if token.type != LIST_TYPE:
            raise Malformed("it is no status list")
        bits, listed = status_bits(token), token.claims
        if listed["iss"] != claims["iss"] or day_in_china(listed["iat"]) > today:
            raise Malformed("it is another ledger's, or lies ahead")
        if trust.keys:
            check_token_signature(token, trust)
    except (Malformed, Wrong) as error:
        report.add("bad-status-list", None, str(error) if isinstance(error, Malformed) else error.code)
        return
    place = claims["status"]["status_list"]
    if listed["sub"] != place["uri"]:
        report.add("other-status-list", None, listed["sub"])
        return
    if day_in_china(listed["exp"]) <= today or listed["iat"] < claims["iat"]:
        report.add("stale-status-list")
    if bits[place["idx"] >> 3] >> (place["idx"] & 7) & 1:
        report.add("revoked")


def parse_token(data: bytes) -> Token:
    """A compact JWS whose header is exactly ours, whatever stands in the payload; one line feed may follow."""
    parts = data.removesuffix(b"\n").decode("latin-1").split(".")
    if len(parts) != 3:
        raise Malformed("a compact JWS has three parts")
    header, payload, signature = map(decode_base64url, parts)
    named = parse_canonical(header)
    if named.keys() != {"alg", "kid", "typ"} or named["alg"] != "Ed25519" or not is_hex(named["kid"], KEY_ID_BYTES):
        raise Malformed("the header is exactly alg (Ed25519), kid and typ")
    if named["typ"] not in (CERTIFICATE_TYPE, LIST_TYPE) or len(signature) != SIGNATURE_BYTES:
        raise Malformed("a JWS of another type, or a signature of another length")
    signed = ".".join(parts[:2]).encode()
    return Token(named["typ"], named["kid"], parse_canonical(payload), signed, signature)


def check_certificate(token: Token) -> None:
    """The claims of a certificate are exactly those of the contract, each written as it must be."""
    claims = token.claims
    expect_claims(claims, {*WRITTEN, "exp", "iat", "iss", "rulebook", "size", "status"}, days=90)
    for name, pattern in WRITTEN.items():
        expect_written(claims[name], pattern)
    try:
        date.fromisoformat(claims["as_of"])
    except ValueError:
        raise Malformed("as_of is no day") from None
    expect_object(claims["rulebook"], {"digest", "id"})
    expect_written(claims["rulebook"]["digest"], "[0-9a-f]{64}")
    expect_written(claims["rulebook"]["id"], "[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
    expect_object(claims["status"], {"status_list"})
    place = claims["status"]["status_list"]
    expect_object(place, {"idx", "uri"})
    expect_number(place["idx"], 0, LIST_BYTES * 8 - 1)
    expect_list_name(place["uri"], claims["iss"])


def status_bits(token: Token) -> bytes:
    """The bits of a status list whose claims are exactly those of the contract."""
    claims = token.claims
    expect_claims(claims, {"exp", "iat", "iss", "root", "size", "status_list", "sub"}, days=7)
    expect_list_name(claims["sub"], claims["iss"])
    packed = claims["status_list"]
    expect_object(packed, {"bits", "lst"})
    expect_number(packed["bits"], 1, 1)
    stream = zlib.decompressobj()
    try:
        bits = stream.decompress(decode_base64url(packed["lst"]), LIST_BYTES + 1)
    except zlib.error:
        raise Malformed("not a ZLIB stream") from None
    if len(bits) != LIST_BYTES or not stream.eof or stream.unused_data:
        raise Malformed("a list of another length")
    return bits


def expect_claims(claims: dict[str, Any], names: set[str], *, days: int) -> None:
    """What both kinds of claims have in common."""
    expect_object(claims, names)
    expect_written(claims["root"], WRITTEN["root"])
    if not is_key_name(expect(claims["iss"], str)):
        raise Malformed("iss is not written as a key name")
    expect_number(claims["size"], 1, MAX_INTEGER)
    expect_number(claims["exp"], 1, LAST_TIME)
    expect_number(claims["iat"], 0, claims["exp"] - 1)
    if claims["exp"] - claims["iat"] > days * DAY:
        raise Malformed(f"it lasts longer than {days} days")


def expect_object(value: Any, names: set[str]) -> None:
    """An object of exactly these members."""
    if expect(value, dict).keys() != names:
        raise Malformed("other members than it must have")


def expect_written(value: Any, pattern: str) -> None:
    """A string of this pattern, as a whole."""
    if re.fullmatch(pattern, expect(value, str)) is None:
        raise Malformed("a string that is not written as it must be")


def expect_number(value: Any, least: int, most: int) -> None:
    """An integer of this range."""
    if not least <= expect(value, int) <= most:
        raise Malformed("a number beyond its range")


def expect_list_name(value: Any, issuer: str) -> None:
    """The name of a status list of this ledger."""
    expect_written(value, re.escape(f"https://{issuer}/v1/status-lists/") + "[1-9][0-9]{0,8}")


def decode_base64url(text: Any) -> bytes:
    """Base64url without padding (RFC 7515 §2), written the one way."""
    if re.fullmatch("[A-Za-z0-9_-]*", expect(text, str)) is None or len(text) % 4 == 1:
        raise Malformed("not base64url without padding")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise Malformed("base64url with bits that say nothing")
    return data


def day_in_china(seconds: int) -> date:
    """The day in +08:00 of a time in seconds since 1970."""
    return datetime.fromtimestamp(seconds, CHINA).date()


# ---------------------------------------------------------------------------------------------------------------------
# 14. What is printed
# ---------------------------------------------------------------------------------------------------------------------

ENGLISH, CHINESE = 0, 1
VERDICTS = {
    EXIT_OK: ("nothing is wrong with what was checked", "未见异常：已核验的部分全部成立"),
    EXIT_MANIPULATION: ("TAMPERED: something contradicts what is proven", "有篡改：内容与可证明的事实相矛盾"),
    EXIT_GAP: ("INCOMPLETE: something that should be there cannot be checked", "不完整：应有的部分缺失，无法核验"),
}
# Why the reader of a certificate or a status list is not to rely on it, gravest first, and the codes that say so.
NOT_TO_ACCEPT = (
    (
        {"malformed", "bad-signature", "not-yet-valid", "more"},
        "IT DOES NOT HOLD: it is not what its signature proves, not in its form, or of a later day. Do not accept it",
        "不成立：内容与签名所证明的不一致，或写法、签发日不对。不要采信",
    ),
    (
        {"revoked"},
        "REVOKED: the ledger says that it holds no more. Do not accept it",
        "已不再有效：账本已宣布它被撤销，或它所依据的决定、授权、身份、规则已变。不要采信",
    ),
    ({"expired"}, "EXPIRED: its time is over. Do not accept it", "已过有效期。不要采信"),
    (
        {"unsigned"},
        "ANOTHER KEY was given, so the signature was not checked: the key named {0} is needed. Do not accept it before",
        "给的是另一把公钥，签名没有核验：需要名为 {0} 的公钥。核验之前不要采信",
    ),
    (
        {"no-key"},
        "NO KEY was given, so the signature was not checked: the key named {0} is needed",
        "没有给出公钥，签名没有核验：需要名为 {0} 的公钥",
    ),
    (
        {"wrong-subject"},
        "NOT ABOUT THIS PERSON: it is not about this ID number and salt. See whether one was mistyped; if not, do not "
        "accept it",
        "证书不是关于这个证件号码和盐值的。请核对有没有抄错；没有抄错的，不要采信",
    ),
    (
        {"wrong-purpose"},
        "FOR ANOTHER PURPOSE: it says nothing for this one",
        "证书是为别的用途签发的，不能用于这一用途",
    ),
    (
        {"bad-status-list", "stale-status-list", "other-status-list"},
        "NOT KNOWN WHETHER REVOKED: get the newest status list from the ledger that issued it",
        "是否已被撤销，没有查清：请从签发的账本另取一份最新的状态名单",
    ),
)
KINDS = {
    "receipt": ("receipt", "回执"),
    "bundle": ("evidence bundle", "证据包"),
    "export": ("export", "导出文件"),
    "checkpoint": ("checkpoint", "检查点"),
    "certificate": ("certificate", "证书"),
    "status-list": ("status list of certificates", "证书状态名单"),
    None: ("unknown", "未知"),
}
LEVELS = {
    "signed": ("it is signed by the ledger", "账本已签署"),
    "witnessed": ("the checkpoint is signed, and cosigned by witnesses", "检查点已签署，见证方已会签"),
    None: ("not shown to be signed by anyone", "未能证明由谁签署"),
}
GRADES = {MANIPULATION: ("tampering", "篡改"), GAP: ("missing", "缺失"), NOTICE: ("note", "提示")}
# The same of a certificate or a status list, where the reader's own key, person, purpose or list does not fit.
CALLED = {
    **dict.fromkeys(("unsigned", "wrong-subject", "wrong-purpose", "bad-status-list"), ("does not match", "不符")),
    **dict.fromkeys(("revoked", "expired"), ("ended", "失效")),
}
LABELS = {
    "verdict": ("Verdict", "结论"),
    "kind": ("Kind", "类型"),
    "origin": ("Ledger", "账本"),
    "size": ("Entries it speaks for", "所涵盖的记录数"),
    "root": ("Root", "根哈希"),
    "level": ("Signatures", "签署情况"),
    "shown": ("Shown", "已证明"),
    "claims": ("It says", "所载内容"),
    "findings": ("Findings", "发现的问题"),
    "none": ("none", "无"),
    "not_checked": ("NOT checked", "未核验的事项"),
    "entry": ("entry {0} (counted from 0)", "第 {0} 号记录（从 0 起）"),
    "comparison": ("Comparison of the two", "两者比较"),
}


def print_report(path: str, report: Report, lang: str | None) -> None:
    """The report for a person, in Chinese and English unless one of them is asked for."""
    print(f"== {printable(path)}")
    for language in languages(lang):
        print_line("verdict", verdict_on(report)[language], language)
        print_line("kind", KINDS[report.kind][language], language)
        if report.origin is not None:
            print_line("origin", report.origin, language)
            print_line("size", str(report.size), language)
            print_line("root", str(report.root), language)
        print_line("level", LEVELS[report.level][language], language)
        if report.shown is not None:
            print_line("shown", report.shown[language], language)
        if report.claims is not None:
            print_line("claims", json.dumps(report.claims, ensure_ascii=False, sort_keys=True), language)
        print_findings(report, language)
        print()


def verdict_on(report: Report) -> tuple[str, str]:
    """What a file came to; of a certificate or a status list, why it is not to be accepted."""
    codes = {finding.code for finding in report.findings}
    if "unsigned" in codes:
        codes -= {"bad-status-list"}  # the list was not checked either, for want of the same key
    why = [(english, chinese) for of, english, chinese in NOT_TO_ACCEPT if codes & of]
    if report.kind not in ("certificate", "status-list") or not why:
        return VERDICTS[exit_status([report])]
    key = certificate_key_name(str(report.origin))
    return "; ".join(english.format(key) for english, _ in why), "；".join(chinese.format(key) for _, chinese in why)


def print_comparison(comparison: Comparison, options: argparse.Namespace) -> None:
    """Both reports, then what was found between them."""
    print_report(options.files[0], comparison.old, options.lang)
    print_report(options.files[1], comparison.new, options.lang)
    for language in languages(options.lang):
        print(f"== {LABELS['comparison'][language]}")
        print_line("verdict", verdict_of(comparison.report)[language], language)
        print_findings(comparison.report, language)
        print()


def verdict_of(comparison: Report) -> tuple[str, str]:
    """What the comparison itself came to; the files' own verdicts stand above."""
    if comparison.findings:
        return VERDICTS[exit_status([comparison])]
    if comparison.not_checked:
        return ("not compared: one of the two files could not be read", "未比对：其中一份文件无法读取")
    return ("the newer file begins with the log that the older one shows", "较新的文件延续了较早文件所示的账本")


def print_findings(report: Report, language: int) -> None:
    """Findings with their entries, and always what was not checked."""
    print_line("findings", "" if report.findings else LABELS["none"][language], language)
    for finding in report.findings:
        where = "" if finding.index is None else LABELS["entry"][language].format(finding.index) + ": "
        called = CALLED.get(finding.code) if report.kind in ("certificate", "status-list") else None
        grade = (called or GRADES[finding.grade])[language]
        print(f"  - [{grade}] {where}{printable(finding.text(language))} [{finding.code}]")
    print_line("not_checked", "" if report.not_checked else LABELS["none"][language], language)
    for sentence in report.not_checked:
        print(f"  - {sentence[language]}")


def print_line(label: str, text: str, language: int) -> None:
    """One line: what it is, and what it says."""
    print(f"{LABELS[label][language]}{'：' if language == CHINESE else ': '}{printable(text)}".rstrip())


def languages(lang: str | None) -> list[int]:
    """The languages to print, in their order."""
    return {None: [CHINESE, ENGLISH], "zh": [CHINESE], "en": [ENGLISH]}[lang]


def printable(text: str) -> str:
    """The text without characters that could change what a terminal shows."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def print_json(value: Any) -> None:
    """A report as JSON, in ASCII, so that it survives every terminal and pipe."""
    print(json.dumps(value, indent=2))


if __name__ == "__main__":
    try:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
        sys.exit(main())
    except Exception as error:
        print(f"verify_export: this program failed, which says nothing about the file: {error!r}", file=sys.stderr)
        sys.exit(EXIT_FAILED)
