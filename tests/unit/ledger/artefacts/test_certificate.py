"""Certificates and status lists: what the README says of each file, told alike by the ledger and by the script."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ledger.artefacts.certificate import parse_certificate, parse_status_list
from ledger.artefacts.jws import Jws, parse_jws
from ledger.log.note import format_vkey
from tests.support.artefacts import HandLog, public
from tests.support.certificates import (
    ALL,
    CLAIMS,
    KEY,
    MALFORMED,
    NAME,
    ORIGIN,
    SPOILT,
    VKEY,
    Holds,
    by_ledger,
    by_script,
    certificate,
    print_by_script,
    same,
    status_list,
)
from tests.support.verifiers import Given
from tests.support.verifiers import by_ledger as file_by_ledger
from tests.support.verifiers import by_script as file_by_script

SEED = 20251130


@pytest.mark.parametrize("judge", [by_ledger, by_script])
@pytest.mark.parametrize("name", SPOILT)
def test_each_thing_wrong_has_its_code(judge: Any, name: str) -> None:
    data, holds, codes = SPOILT[name]
    report = judge(data, holds)

    assert [finding["code"] for finding in report["findings"]] == codes
    assert report["ok"] is (not codes)


@pytest.mark.parametrize("judge", [by_ledger, by_script])
@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_not_written_as_it_must_be_is_not_read(judge: Any, name: str) -> None:
    report = judge(MALFORMED[name], ALL)

    assert [finding["code"] for finding in report["findings"]] == ["malformed"]
    assert (report["origin"], report["size"], report["level"]) == (None, None, None)
    assert "claims" not in report


@pytest.mark.parametrize("name", [*SPOILT, *MALFORMED])
def test_both_give_one_answer(name: str) -> None:
    data, holds, _ = SPOILT[name] if name in SPOILT else (MALFORMED[name], ALL, None)

    assert same(by_ledger(data, holds), by_script(data, holds))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("name", "first", "also"),
    [
        ("revoked", ("已不再有效", "REVOKED"), ("不要采信", "Do not accept")),
        ("a list and no key", ("已不再有效", "REVOKED"), (NAME, NAME)),
        ("another person", ("不是关于这个证件号码和盐值的", "NOT ABOUT THIS PERSON"), ("抄错", "mistyped")),
        ("the log's key alone", ("另一把公钥", "ANOTHER KEY"), (NAME, NAME)),
        ("a bit of the signature", ("不成立", "DOES NOT HOLD"), ("不要采信", "Do not accept")),
        ("a list somebody else signed", ("是否已被撤销，没有查清", "NOT KNOWN"), ("状态名单", "status list")),
    ],
)
def test_the_script_says_first_why_it_is_not_to_be_accepted(
    capsys: pytest.CaptureFixture[str], name: str, first: tuple[str, str], also: tuple[str, str], lang: str
) -> None:
    data, holds, _ = SPOILT[name]
    print_by_script(data, holds, lang)
    told = capsys.readouterr().out
    verdict = told.splitlines()[1]

    said = first[lang == "en"]
    assert said in verdict
    assert "篡改" not in verdict
    assert "TAMPERED" not in verdict
    assert "INCOMPLETE" not in verdict
    assert also[lang == "en"] in verdict
    if name != "a bit of the signature":
        assert "[篡改]" not in told
        assert "[tampering]" not in told


def test_what_is_shown_of_a_certificate_that_holds() -> None:
    report = by_ledger(certificate())

    assert report == {
        "ok": True,
        "kind": "certificate",
        "origin": CLAIMS["iss"],
        "size": CLAIMS["size"],
        "root": CLAIMS["root"],
        "level": "signed",
        "findings": [],
        "not_checked": [
            "that any witness has seen this checkpoint: no witness key was given",
            "that this log leads to any other checkpoint",
            "whether what was recorded is true",
        ],
        "claims": CLAIMS,
    }


def test_what_nobody_gave_is_said_not_to_be_checked() -> None:
    holds = ALL.but(status_list=None, subject=None, purpose=None)
    for judge in (by_ledger, by_script):
        assert judge(certificate(), holds)["not_checked"][1:4] == [
            "whether it was revoked: no status list was given",
            "whom it is about: no ID number and salt were given",
            "whether it is for this purpose: none was given",
        ]


def test_without_a_day_it_is_today() -> None:
    for judge in (by_ledger, by_script):
        codes = [finding["code"] for finding in judge(certificate(), Holds(today=None))["findings"]]
        assert codes == ["expired", "stale-status-list"]  # they are of 2025


@pytest.mark.parametrize("data", [certificate(), status_list()], ids=["certificate", "status list"])
def test_no_byte_can_be_another(data: bytes) -> None:
    chance = random.Random(SEED)
    for place in range(len(data)):
        for new in {data[place] ^ 1 << bit for bit in range(8)} | {chance.randrange(256)} - {data[place]}:
            spoilt = data[:place] + bytes([new]) + data[place + 1 :]
            report = by_ledger(spoilt)
            assert report["ok"] is False, (SEED, place, new)


def test_no_byte_can_be_another_for_the_script_either() -> None:
    chance, data = random.Random(SEED), certificate()
    for place in range(len(data)):
        new = chance.choice([byte for byte in range(256) if byte != data[place]])
        spoilt = data[:place] + bytes([new]) + data[place + 1 :]
        report = by_script(spoilt)
        assert report["ok"] is False, (SEED, place, new)
        assert same(report, by_ledger(spoilt)), (SEED, place, new)


def test_what_is_cut_anywhere_does_not_hold() -> None:
    data = certificate()
    for length in range(len(data) - 1):
        assert by_ledger(data[:length])["ok"] is False


def test_parsing_undoes_formatting() -> None:
    for data, parse in ((certificate(), parse_certificate), (status_list(), parse_status_list)):
        jws = parse_jws(data)
        said = parse(jws)
        assert Jws(jws.typ, jws.kid, said.payload(), jws.signature).format() + b"\n" == data


# Beside other files.


def _log_with(purpose: str, name: str) -> HandLog:
    log = HandLog(ORIGIN)
    log.append("key.introduced.v1", {"purpose": purpose, "vkey": format_vkey(name, public(KEY))})
    log.append()
    return log


@pytest.mark.parametrize("judge", [file_by_ledger, file_by_script])
@pytest.mark.parametrize(
    ("purpose", "name", "codes"),
    [
        ("certificate-signing", NAME, []),
        ("certificate-signing", ORIGIN, ["key-event"]),
        ("certificate-signing", f"{ORIGIN}/unit/x", ["key-event"]),
        ("log-signing", NAME, ["key-event"]),
        ("anything-signing", NAME, ["key-event"]),
    ],
)
def test_a_key_for_certificates_has_its_own_name(judge: Any, purpose: str, name: str, codes: list[str]) -> None:
    log = _log_with(purpose, name)
    for data in (log.files.export(), log.files.bundle([2])):
        assert [code for _, code, _ in judge(data, Given()).findings] == codes


@pytest.mark.parametrize("judge", [file_by_ledger, file_by_script])
def test_a_key_for_certificates_signs_no_checkpoint(judge: Any) -> None:
    log = _log_with("certificate-signing", NAME)
    log.files.signers, log.files.log_keys = [KEY], log.files.vkeys
    assert [code for _, code, _ in judge(log.files.export(), Given()).findings] == ["unsigned"]


@pytest.mark.parametrize("judge", [file_by_ledger, file_by_script])
@pytest.mark.parametrize(("root", "between"), [(None, []), ("0c" * 32, ["fork"])], ids=["its root", "another root"])
@pytest.mark.parametrize("make", [certificate, status_list])
def test_a_later_export_must_lead_from_what_a_certificate_spoke_for(
    judge: Any, make: Any, root: str | None, between: list[str]
) -> None:
    log = _log_with("certificate-signing", NAME)
    size, held = log.size, log.files.root(log.size).hex()
    log.append()
    older = make(size=size, root=root or held)
    found = judge(log.files.export(), Given([*log.files.vkeys[:1], VKEY]), older)

    assert [code for _, code, _ in found.findings if code != "expired"] == between  # it is of 2025
