"""The verifier page as people use it: opened from a file, in both languages, by keyboard, at a desk and on a phone."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest
from playwright.sync_api import Browser

from ledger.catalogue import TOPICS
from ledger.domain.sections import NAMES
from tests.e2e.reading import LAYOUTS, WIDTHS
from tests.support.artefacts import HandLog, a_key, section
from tests.support.verifier_page import PAGE, VerifierPage, verifier_page

TEXT = PAGE.read_text(encoding="utf-8")
WITNESS = {"witness.example/1": a_key("w1")}
VERDICTS = {"zh": ("成立", "不成立", "不完整"), "en": ("It holds", "It does not hold", "Incomplete")}


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def page(chromium: Browser) -> Iterator[VerifierPage]:
    with verifier_page(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def log() -> HandLog:
    """Some entries, one with sections, and a witness."""
    made = HandLog(clock="history")
    made.append(
        "breach.confirmed.v1",
        {"severity": "GENERAL"},
        stream="breach/1",
        sections=[
            section("statement", {"statement": "已于三月补报。\n附说明“一”份"}),
            section("summary", {"facts": "逾期"}),
        ],
    )
    made.append("history.loaded.v1", {})
    for _ in range(6):
        made.append("commitment.made.v1")
    made.files.witnesses.update(WITNESS)
    return made


def spoilt(log: HandLog) -> bytes:
    return log.files.export().replace(b"GENERAL", b"SERIOUS")


def short(log: HandLog) -> bytes:
    return b"".join(log.files.export().splitlines(keepends=True)[:5])


def trusting(page: VerifierPage, log: HandLog, language: str = "zh") -> None:
    """The page in a language, with the log's keys filled in."""
    if language == "en":
        page.page.click("#language")
    page.page.fill("#keys", "\n".join(log.files.vkeys))
    page.page.click("#witnessing summary")
    page.page.fill("#witnesses", "\n".join(log.files.witness_vkeys))


# The file itself.


def test_its_policy_allows_its_own_script_and_style_and_nothing_else() -> None:
    """Whoever changes the page changes the hashes: what they must be is in the message."""
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', TEXT)

    def hashes(tag: str) -> str:
        found = re.findall(rf"<{tag}>(.*?)</{tag}>", TEXT, re.DOTALL)
        return " ".join(f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in found)

    allowed = f"default-src 'none'; script-src {hashes('script')}; style-src {hashes('style')}"
    assert policy == f"{allowed}; base-uri 'none'; form-action 'none'"
    assert TEXT.index("Content-Security-Policy") < TEXT.index("<style>")


def test_it_names_nothing_outside_itself() -> None:
    assert re.findall(r"<(?:link|img|iframe|object|embed|base)\b", TEXT) == []
    assert re.findall(r"\b(?:src|action|ping|poster)=", TEXT) == []
    assert {target[:1] for target in re.findall(r'href="([^"]*)"', TEXT)} == {"#"}
    assert set(re.findall(r"https?://[^\s\"'`<]+", TEXT)) <= {"http://www.w3.org/2000/svg"}
    assert re.findall(r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|eval)\b", TEXT) == []
    assert re.findall(r"\s(?:style|on[a-z]+)=\"", TEXT) == []
    assert "\r" not in TEXT


def test_it_asks_no_more_of_a_browser_than_chromium_90_has() -> None:
    newer_script = r"\.at\(-|\.findLast|Object\.hasOwn\b|structuredClone|\.toSorted|\.toReversed|crypto\.subtle"
    newer_style = r":has\(|@layer|@container|color-mix|\ddvh|\binset-|&\s*[.:{]"
    style = re.findall(r"<style>(.*?)</style>", TEXT, re.DOTALL)[0]

    assert re.findall(newer_script, TEXT) == []
    assert re.findall(newer_style, style) == []
    assert re.findall(r"static\s*\{", TEXT) == []


def test_it_has_a_name_for_every_topic_and_every_section() -> None:
    assert [topic for topic in TOPICS if f'"{topic}": [' not in TEXT] == []
    assert [name for name in NAMES if not re.search(rf"\b{name}: \[", TEXT)] == []


# Results.


def test_a_bundle_that_holds_is_shown_as_people_read_it(page: VerifierPage, log: HandLog, language: str) -> None:
    trusting(page, log, language)
    page.give("files", evidence__bundle__json=log.files.bundle([1, 4]))
    (text,) = page.results()

    assert VERDICTS[language][0] in text
    for shown in ("evidence.bundle.json", log.origin, log.files.root(log.size).hex(), log.files.vkeys[0]):
        assert shown in text
    assert "已于三月补报。\n附说明“一”份" in text
    assert "witness.example/1" in text
    said = {
        "zh": ("已签名", "已见证", "第1条，认定", "出示的部分：陈述"),
        "en": ("Signed", "Witnessed", "Entry 1: breach confirmed", "Disclosed section: Statement"),
    }
    assert [words for words in said[language] if words not in text] == []
    for always in {
        "zh": ["所记的事情是否属实", "同一记录后来的条目"],
        "en": ["Whether what was recorded is true", "later entries"],
    }[language]:
        assert always.lower() in text.lower()
    assert page.run("() => document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[language]
    assert page.run("() => document.activeElement.textContent") == "evidence.bundle.json"
    assert VERDICTS[language][0] in page.page.inner_text("#status")


@pytest.mark.parametrize(("make", "verdict"), [(spoilt, 1), (short, 2)], ids=["spoilt", "short"])
def test_what_does_not_hold_or_is_not_all_there_is_said_first(
    page: VerifierPage, log: HandLog, language: str, make: Callable[[HandLog], bytes], verdict: int
) -> None:
    trusting(page, log, language)
    page.give("files", all__jsonl=make(log))
    (text,) = page.results()

    words = VERDICTS[language][verdict]
    assert page.page.inner_text(".verdict b") == words
    assert ["root", "entry-missing"][verdict - 1] in text
    assert ["请勿依据它作决定", "Do not base a decision on it"][language == "en"] in text or verdict == 2


def test_the_language_changes_what_stands_there_already(page: VerifierPage, log: HandLog) -> None:
    page.give("files", all__jsonl=spoilt(log))
    (before,) = page.results()
    page.page.click("#language")
    (after,) = page.results()

    assert "不成立" in before
    assert not re.search("[\u4e00-\u9fff]", after)
    assert not re.search("[\u4e00-\u9fff]", page.page.inner_text("main"))
    assert page.page.title() == "Verify ledger files"
    page.page.click("#language")
    assert page.results() == [before]


def test_without_a_key_it_says_what_is_missing(page: VerifierPage, log: HandLog) -> None:
    page.give("files", mine__tlog_proof=log.files.receipt(1), all__jsonl=log.files.export())
    receipt, export = page.results(2)

    assert "不完整" in receipt
    assert "没有给出账本的公钥" in receipt
    assert "请与公布的公钥逐字对照" in export
    assert "成立，但签名的密钥还没有对照" in export
    page.page.fill("#keys", log.files.vkeys[0])
    page.page.click("#run")
    page.page.wait_for_selector(".verdict:not(.verdict--gap)")
    receipt, export = page.results(2)
    assert "第1条在账本" in receipt
    assert "还没有对照" not in export


def test_an_entry_that_comes_with_its_receipt_is_read_beside_it(page: VerifierPage, log: HandLog) -> None:
    """A text editor's last line feed does no harm."""
    trusting(page, log)
    page.give("files", mine__tlog_proof=log.files.receipt(1), entry__json=log.files.entries[1] + b"\n")
    (text,) = page.results()

    assert "成立" in text
    assert "GENERAL" in text
    assert page.page.inner_text("#entry-name") == "entry.json"
    page.give("entry", other__json=log.files.entries[2])
    page.page.wait_for_selector(".verdict--bad")
    assert "给出的条目不是这份回执所证明的那一条" in page.results()[0]


def test_an_older_file_is_compared_with_a_newer_one(page: VerifierPage, log: HandLog, language: str) -> None:
    trusting(page, log, language)
    page.page.check("input[value=compare]")
    page.give("older", old__txt=log.files.checkpoint(3))
    page.give("newer", new__jsonl=log.files.export())
    (text,) = page.results()

    assert page.page.inner_text(".verdict b") == VERDICTS[language][0]
    assert {"zh": "先前的前3条没有变", "en": "the first 3 entries of"}[language] in text
    page.give("newer", new__txt=log.files.checkpoint(2))
    page.page.wait_for_selector(".verdict--bad")
    assert "truncated" in page.results()[0]


def test_files_may_be_dropped_anywhere(page: VerifierPage, log: HandLog) -> None:
    trusting(page, log)
    page.page.evaluate(
        """text => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], 'dropped.txt'));
            const options = {dataTransfer: transfer, bubbles: true, cancelable: true};
            document.body.dispatchEvent(new DragEvent('drop', options));
        }""",
        log.files.checkpoint().decode(),
    )

    assert "dropped.txt" in page.results()[0]


def test_a_key_that_is_none_is_pointed_out_where_it_stands(page: VerifierPage, log: HandLog) -> None:
    page.page.fill("#keys", log.files.vkeys[0] + "\nnonsense")
    page.give("files", all__jsonl=log.files.export())

    page.page.wait_for_selector("#keys-error")
    assert "第2行不是公钥" in page.page.inner_text("#keys-error")
    assert page.run("() => document.activeElement.id") == "keys"
    page.page.fill("#keys", log.files.vkeys[0])
    page.page.click("#witnessing summary")
    page.page.fill("#witnesses", log.files.vkeys[0])
    page.page.click("#run")
    assert "另一种公钥" in page.page.inner_text("#witnesses-error")
    assert page.page.is_hidden("#keys-error")
    page.page.fill("#witnesses", log.files.witness_vkeys[0])
    page.page.fill("#quorum", "0")
    page.page.click("#run")
    assert page.page.is_visible("#quorum-error")
    page.page.fill("#quorum", "2")
    page.page.check("#require")
    page.page.click("#run")
    (text,) = page.results()
    assert "not-witnessed" in text


def test_nothing_in_a_file_is_taken_for_markup(page: VerifierPage) -> None:
    log = HandLog("localhost/<b>x</b>")
    log.append(
        data={"text": "<img src=x onerror=alert(1)>"}, sections=[section("summary", "<script>alert(1)</script>")]
    )
    trusting(page, log)
    page.give("files", a__json=log.files.bundle([1]))
    (text,) = page.results()

    assert "<img src=x onerror=alert(1)>" in text
    assert "<script>alert(1)</script>" in text
    assert (
        page.run("() => document.querySelectorAll('.result img, .result i, .result script, .result b b').length") == 0
    )


def test_a_long_export_is_read_in_slices_with_its_progress_shown(page: VerifierPage) -> None:
    log = HandLog()
    for number in range(400):
        log.append(data={"text": "长" * 7000, "n": number})
    script = """async ([file, keys]) => {
        const said = [];
        let turns = 0, going = true;
        const turn = () => { turns++; if (going) setTimeout(turn); };
        turn();
        const {report} = await verifier.examine(revive(file), {keys, progress: done => said.push(done)});
        going = false;
        return {ok: report.ok, said, turns};
    }"""
    packed = {"$bytes": b64encode(log.files.export()).decode()}

    found = page.page.evaluate(script, [packed, log.files.vkeys])
    assert found["ok"]
    assert len(found["said"]) > 2
    assert found["turns"] > 2
    assert all(0 <= done <= 1 for done in found["said"])


def test_no_older_verdict_stands_beside_fields_that_say_otherwise(page: VerifierPage, log: HandLog) -> None:
    page.page.click("#run")
    assert "请先选择文件" in page.page.inner_text("#results")
    trusting(page, log)
    page.give("files", all__jsonl=log.files.export())
    page.results()
    page.page.fill("#keys", "nonsense")
    page.page.click("#run")

    assert page.page.is_visible("#keys-error")
    assert page.page.query_selector_all("#results > *") == []


def test_clearing_leaves_nothing_behind(page: VerifierPage, log: HandLog) -> None:
    trusting(page, log)
    page.give("files", a__jsonl=log.files.export(), b__txt=log.files.checkpoint())
    page.results(2)
    page.page.click("button[type=reset]")

    assert page.results(0) == []
    assert page.page.input_value("#keys") == ""
    assert page.page.is_hidden("#chosen")
    assert page.run("() => document.activeElement.id") == "files"


# For everybody.


def opened(page: VerifierPage, log: HandLog, language: str) -> None:
    trusting(page, log, language)
    given = {
        "a__bundle__json": log.files.bundle([1, 4]),
        "b__jsonl": spoilt(log),
        "c__jsonl": short(log),
        "d__tlog_proof": log.files.receipt(2),
    }
    page.give("files", **given)
    page.results(len(given))


def test_it_fits_every_screen_and_bars_nobody(page: VerifierPage, log: HandLog, language: str) -> None:
    page.expect_accessible("empty")
    opened(page, log, language)
    for width in WIDTHS:
        page.wide(width)
        page.expect_no_sideways_scroll(f"{language} {width}")
        page.expect_accessible(f"{language} {width}", contrast=width in LAYOUTS)
    page.expect_chinese_font() if language == "zh" else None
    page.page.check("input[value=compare]")
    page.page.fill("#keys", "nonsense")
    page.page.click("#run")
    for width in LAYOUTS:
        page.wide(width)
        page.expect_no_sideways_scroll(f"compare {language} {width}")
        page.expect_accessible(f"compare {language} {width}")


def test_it_works_by_keyboard(page: VerifierPage, log: HandLog) -> None:
    opened(page, log, "zh")
    page.expect_keyboard_reaches_the_end("results")
    page.page.focus("#keys")
    page.page.fill("#keys", log.files.vkeys[0])
    page.page.focus("#run")
    page.page.keyboard.press("Enter")
    page.results(4)
    page.page.focus("input[value=check]")
    page.page.keyboard.press("ArrowRight")
    assert page.page.is_visible("#comparing")
    page.page.focus("#language")
    page.page.keyboard.press("Enter")
    assert page.run("() => document.documentElement.lang") == "en"


def test_printed_it_is_the_result_and_nothing_else(page: VerifierPage, log: HandLog) -> None:
    opened(page, log, "zh")
    page.run("() => window.dispatchEvent(new Event('beforeprint'))")
    page.page.emulate_media(media="print")

    assert page.run("() => [...document.querySelectorAll('.result details')].every(one => one.open)")
    for hidden in ("#form", ".head", "[data-print]"):
        assert not page.page.locator(hidden).first.is_visible()
    for kept in (".verdict", ".result h2", "h1", ".foot"):
        assert page.page.locator(kept).first.is_visible()
