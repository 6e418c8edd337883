"""Somebody takes the proof of their own records away, and checks it on the page that needs no server."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from ledger.artefacts.bundle import parse_bundle
from ledger.log.proof import parse_proof
from tests.e2e.reading import Reader
from tests.support.city import City


def test_a_receipt_and_the_bundle_are_taken_away_and_verified(reader: Reader, city: City, tmp_path: Path) -> None:
    reader.become("person")
    reader.go("/my-file")
    for selector in ("#proofs a[href$=evidence-bundle]", "article.rec a[href*='/receipts/']"):
        with reader.page.expect_download() as download:
            reader.page.locator(selector).first.click()
        download.value.save_as(tmp_path / download.value.suggested_filename)
    bundle, receipt = tmp_path / "evidence.bundle.json", next(tmp_path.glob("*.tlog-proof"))
    own = city.ledger.uid("subject", "P001")
    shown = {entry.index for entry in city.ledger.history(own or "", city.ledger.size)}
    assert {proven.index for proven in parse_bundle(bundle.read_bytes()).entries} <= shown
    assert parse_proof(receipt.read_text(encoding="utf-8")).index in shown

    reader.page.get_by_role("link", name="自行核验").first.click()
    reader.page.fill("#keys", city.ledger.opened().data["keys"][0]["vkey"])
    reader.page.set_input_files("input[type=file] >> nth=0", [bundle, receipt])
    expect(reader.page.get_by_role("heading", name=bundle.name)).to_be_visible()
    expect(reader.page.get_by_role("heading", name=receipt.name)).to_be_visible()
    reader.page.get_by_role("button", name="核验", exact=True).click()
    expect(reader.page.locator("main").get_by_text("成立").first).to_be_visible()
    assert reader.page.locator("main").get_by_text("不成立").count() == 0
    reader.expect_accessible("the verifier, with what it found")
