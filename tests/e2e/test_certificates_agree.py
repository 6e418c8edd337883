"""The verifier page on certificates and status lists: one answer with the ledger and the script, and what it shows."""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from ledger.log.note import format_vkey
from tests.support.artefacts import HandLog, a_key, public
from tests.support.certificates import (
    ALL,
    EXP,
    ID_NUMBER,
    MALFORMED,
    NAME,
    ORIGIN,
    SALT,
    SPOILT,
    VKEY,
    Holds,
    by_ledger,
    by_script,
    certificate,
    lst,
    same,
    status_list,
)
from tests.support.verifier_page import VerifierPage, verifier_page
from tests.support.verifiers import Given
from tests.support.verifiers import by_ledger as file_by_ledger
from tests.support.verifiers import by_page as file_by_page
from tests.support.verifiers import by_script as file_by_script

SEED = 20251130
SPOILT_LISTS = 400


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[VerifierPage]:
    with verifier_page(chromium) as opened:
        yield opened


def by_page(page: VerifierPage, data: bytes, holds: Holds = ALL) -> dict[str, Any]:
    """The report of `scripts/verifier.html`."""
    subject = None if holds.subject is None else {"id": holds.subject[0], "salt": holds.subject[1].hex()}
    return page.check(
        data,
        keys=list(holds.keys),
        requireWitnessed=holds.require_witnessed,
        today=None if holds.today is None else holds.today.isoformat(),
        statusList=holds.status_list,
        subject=subject,
        purpose=holds.purpose,
    )


@pytest.mark.parametrize("name", [*SPOILT, *MALFORMED])
def test_the_page_says_the_same(page: VerifierPage, name: str) -> None:
    data, holds, _ = SPOILT[name] if name in SPOILT else (MALFORMED[name], ALL, None)

    assert same(by_page(page, data, holds), by_ledger(data, holds))


def test_of_spoilt_bytes_all_three_say_the_same(page: VerifierPage) -> None:
    chance = random.Random(SEED)
    for original in (certificate(), status_list()):
        for _ in range(150):
            place = chance.randrange(len(original))
            data = original[:place] + bytes([chance.randrange(256)]) + original[place + 1 :]
            told = by_ledger(data)
            assert same(told, by_script(data)), (SEED, data)
            assert same(told, by_page(page, data)), (SEED, data)


def test_it_unpacks_what_zlib_unpacks_and_nothing_else(page: VerifierPage) -> None:
    chance, length = random.Random(SEED), 3000
    texts = [bytes(length), chance.randbytes(length), bytes(chance.choice(b"ab") for _ in range(length))]
    packed = [zlib.compress(text, level) for text in texts for level in (0, 1, 6, 9)]
    for strategy in (zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FILTERED):
        press = zlib.compressobj(9, zlib.DEFLATED, 15, 9, strategy)
        packed += [press.compress(texts[2]) + press.flush()]
    spoilt = []
    for _ in range(SPOILT_LISTS):
        bad = bytearray(chance.choice(packed))
        for _ in range(chance.randrange(1, 4)):
            bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        spoilt.append(bytes(bad))
    given = [*packed, *spoilt, *(one[:-1] for one in packed), *(one + b"x" for one in packed)]

    told = page.judge("inflate", [(one, length) for one in given])

    for one, (took, answer) in zip(given, told, strict=True):
        expected = _unpacked(one, length)
        assert (took, answer) == (expected is not None, None if expected is None else expected.hex()), (SEED, one.hex())


def _unpacked(data: bytes, length: int) -> bytes | None:
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(data, length + 1)
    except zlib.error:
        return None
    return found if len(found) == length and stream.eof and not stream.unused_data else None


# A key for certificates in the log.


def _with_key(purpose: str, name: str) -> HandLog:
    log = HandLog("localhost/by-hand")
    data = {"purpose": purpose, "vkey": format_vkey(name, public(a_key("certificates")))}
    log.append("key.introduced.v1", data)
    log.append()
    return log


@pytest.mark.parametrize(
    ("purpose", "name", "codes"),
    [
        ("certificate-signing", NAME, []),
        ("certificate-signing", "localhost/by-hand", ["key-event"]),
        ("log-signing", NAME, ["key-event"]),
        ("anything-signing", NAME, ["key-event"]),
        ("certificate-signing", "localhost/elsewhere/certificate", ["key-event"]),
    ],
)
def test_a_key_for_certificates_signs_no_checkpoint(
    page: VerifierPage, purpose: str, name: str, codes: list[str]
) -> None:
    log = _with_key(purpose, name)
    for data in (log.files.export(), log.files.bundle([2])):
        answers = [
            file_by_ledger(data, Given()),
            file_by_script(data, Given()),
            file_by_page(page, data, Given()),
        ]
        assert answers[0] == answers[1] == answers[2]
        assert [code for _, code, _ in answers[0].findings] == codes


def test_a_checkpoint_signed_with_the_key_for_certificates_is_unsigned(page: VerifierPage) -> None:
    log = _with_key("certificate-signing", NAME)
    log.files.signers, log.files.log_keys = [a_key("certificates")], log.files.vkeys
    data = log.files.export()

    answers = [file_by_ledger(data, Given()), file_by_script(data, Given()), file_by_page(page, data, Given())]

    assert answers[0] == answers[1] == answers[2]
    assert [code for _, code, _ in answers[0].findings] == ["unsigned"]


@pytest.mark.parametrize("make", [certificate, status_list])
def test_compared_with_an_export_all_three_say_the_same(page: VerifierPage, make: Any) -> None:
    log = _with_key("certificate-signing", NAME)
    given = Given([*log.files.vkeys, VKEY])
    for size, root in ((log.size, log.files.root(log.size).hex()), (log.size, "0c" * 32), (99, "0c" * 32)):
        older, newer = make(size=size, root=root), log.files.export()
        for one, other in ((older, newer), (newer, older), (older, older)):
            told = file_by_ledger(other, given, one)
            assert told == file_by_script(other, given, one)
            assert told == file_by_page(page, other, given, one)


# What people see.


def test_a_certificate_is_shown_with_what_it_says(chromium: Browser) -> None:
    with verifier_page(chromium) as page:
        page.page.fill("#keys", VKEY)
        page.page.click("#bearing summary")
        page.page.select_option("#purpose", "RECRUIT")
        page.page.fill("#subject-id", ID_NUMBER)
        page.page.fill("#salt", SALT.hex())
        page.give("status-list", list=status_list())
        page.give("files", certificate=certificate())
        (shown,) = page.results()

    assert EXP < 1_800_000_000  # long over on the day of any run
    for text in ("不再有效", "录用", "合格", "JMS-DEMO-2025.1", "expired", "stale-status-list"):
        assert text in shown


@pytest.mark.parametrize(
    ("filled", "heading", "said"),
    [
        ({"keys": format_vkey(ORIGIN, public(a_key("log")))}, "另一把公钥", f"{NAME} 的公钥"),
        ({}, "签名没有核验", f"{NAME} 的公钥"),
        ({"keys": VKEY, "subject-id": "23080318800101001X", "salt": SALT.hex()}, "与此人不符", "抄错"),
        ({"keys": VKEY, "revoked": ""}, "不再有效", "被撤销"),
    ],
)
def test_its_reader_is_told_first_why_it_is_not_to_be_accepted(
    chromium: Browser, filled: dict[str, str], heading: str, said: str
) -> None:
    made, day = int(time.time()) - 60, 86_400
    until = (made // day + 3) * day
    with verifier_page(chromium) as page:
        page.page.click("#bearing summary")
        for field, value in filled.items():
            if field == "revoked":
                page.give("status-list", list=status_list(status_list__lst=lst(70_001), iat=made, exp=until))
            else:
                page.page.fill(f"#{field}", value)
        page.give("files", certificate=certificate(iat=made, exp=until))
        page.results()

        assert page.page.inner_text(".verdict b") == heading
        assert said in page.page.inner_text(".verdict p")


def test_half_of_a_holder_is_refused(chromium: Browser) -> None:
    with verifier_page(chromium, "en") as page:
        page.page.fill("#keys", VKEY)
        page.page.click("#bearing summary")
        page.page.fill("#salt", "ab")
        page.give("files", certificate=certificate())
        page.page.wait_for_selector("#salt-error:not([hidden])")

        assert "64" in page.page.inner_text("#salt-error")
