"""What the pages say of proofs: level and size of the newest checkpoint, and no more; receipts to take away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger.artefacts.bundle import parse_bundle
from ledger.line import LineActor
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import cosign
from ledger.log.note import parse_note, sign_note
from ledger.log.proof import parse_proof
from ledger.witness.policy import KnownWitness, Policy, format_policy
from tests.support.browser import Browser, Pages, pages
from tests.support.city import City
from tests.support.html import Html
from tests.support.witnesses import a_key, witness_key

PAGE = "/my-file"
P001 = LineActor("P001", "SUBJECT")


@pytest.fixture(scope="module")
def person(house: Pages) -> Browser:
    return house.reader("P001", "SUBJECT")


def articles(page: Html) -> list[str]:
    """The records of a page, as they are written."""
    return re.findall(r'<article class="rec".*?</article>', page.source, flags=re.DOTALL)


def badge(page: Html) -> tuple[str, list[str]]:
    """The label of the proof badge, and the levels it shows as reached."""
    shown = page.first("span", class_="proof")
    return shown.attributes["aria-label"], [cell.text.strip() for cell in page.all("span", class_="proof__on")]


def test_a_page_shows_the_level_of_the_entries_it_stands_on(person: Browser, read_city: City) -> None:
    label, reached = badge(person.read(PAGE))

    assert label == f"证明级别：有检查点涵盖前{read_city.ledger.size}条，已签名；未见证、未加时间戳"
    assert reached == ["已签名"]


def test_an_older_moment_is_covered_as_well(person: Browser) -> None:
    assert badge(person.read(PAGE, as_known="1000"))[0].startswith("证明级别：有检查点涵盖前1000条，已签名")


def test_what_no_checkpoint_covers_is_said_to_be_unsigned(city: City) -> None:
    with pages(city.ledger, checkpoint_interval_seconds=60) as house:
        before = city.ledger.size
        person = house.reader("P001", "SUBJECT")
        city.act("ConsentGiven", P001, consent_id="NEW-1", subject_id="P001", purpose="RECRUIT", scope=["BREACH"],
                 recipient="U12", expires_on="2099-12-31")  # fmt: skip
        page = person.read(PAGE)

        assert badge(page) == (f"证明级别：还没有检查点涵盖前{before + 1}条；未签名、未见证、未加时间戳", [])
        assert f"最新检查点至前{before}条" in page.first("footer").text
        assert badge(person.read(PAGE, as_known=str(before)))[1] == ["已签名"]


def test_without_any_checkpoint_the_page_says_so(city: City) -> None:
    with pages(city.ledger, checkpoint_interval_seconds=60) as house:
        city.ledger.store.recorder.write_beside("DELETE FROM checkpoints", ())
        page = house.reader("P001", "SUBJECT").read(PAGE)

        assert badge(page)[1] == []
        assert "没有检查点，未核验" in page.first("footer").text
        assert "没有检查点" in page.first("header").text


def test_a_checkpoint_that_nobody_of_the_ledger_signed_is_none(city: City) -> None:
    with pages(city.ledger, checkpoint_interval_seconds=60) as house:
        origin, size = city.ledger.origin, city.ledger.size + 1000
        forged = sign_note(Checkpoint(origin, size, bytes(32)).format(), origin, a_key(9))
        city.ledger.store.recorder.write_beside(
            "INSERT INTO checkpoints (size, note) VALUES (?, ?)", (size, forged.format())
        )
        page = house.reader("P001", "SUBJECT").read(PAGE)

        assert badge(page)[1] == []
        assert "没有检查点，未核验" in page.first("footer").text


def test_a_cosigned_checkpoint_is_witnessed_where_the_policy_says_so(city: City, tmp_path: Path) -> None:
    policy = Policy((), (KnownWitness("w1", witness_key(1)),), (), "w1")
    (tmp_path / "witnesses").write_text(format_policy(policy), encoding="utf-8")
    with pages(city.ledger, checkpoint_interval_seconds=60, witness_policy=tmp_path / "witnesses") as house:
        person = house.reader("P001", "SUBJECT")
        assert badge(person.read(PAGE))[1] == ["已签名"]
        note = parse_note(city.ledger.publish().note)
        line = cosign(note.text, witness_key(1).name, a_key(1), 1_764_460_800)
        city.ledger.publisher.checkpoints.keep(note.with_signatures([line]).format())
        page = person.read(PAGE)

        assert badge(page)[1] == ["已签名", "已见证"]
        assert "已签名，已见证" in page.first("footer").text
        assert "已见证" in page.first("header").text


def test_every_record_leads_to_the_receipts_of_its_entries(person: Browser, read_city: City) -> None:
    ledger, records = read_city.ledger, articles(person.read(PAGE))
    assert records
    for record in records:
        (uid,) = re.findall(r'id="r-([0-9a-f-]{36})"', record)
        linked = {int(number) for number in re.findall(r"/v1/ledger/receipts/(\d+)", record)}
        assert linked
        assert linked <= {entry.index for entry in ledger.stream(f"breach/{uid}", ledger.size)}


def test_a_linked_receipt_is_a_file_without_a_sign_in(house: Pages, person: Browser) -> None:
    links = [link.attributes["href"] for link in person.read(PAGE).all("a") if "receipts" in link.attributes["href"]]
    answer = house.visitor().get(links[0])

    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert parse_proof(answer.text).index == int(links[0].rpartition("/")[2])


def test_nobody_else_s_pages_list_receipts_beside_records(house: Pages, read_city: City) -> None:
    auditor = house.reader("auditor-1", "AUDITOR")
    units = [str(row["uid"]) for row in read_city.rows("subjects", kind="UNIT")]
    page = next(page for unit in units if articles(page := auditor.read("/unit-score", unit=unit)))

    assert not re.search(r"receipts/\d+", "".join(articles(page)))


def test_the_evidence_bundle_is_taken_from_the_page(house: Pages, person: Browser, read_city: City) -> None:
    page, before = person.read(PAGE), read_city.ledger.access.size
    (link,) = [one for one in page.all("a", class_="btn") if one.attributes["href"].endswith("evidence-bundle")]
    answer = person.get(link.attributes["href"])
    subject = read_city.ledger.uid("subject", "P001")

    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert subject in {one for item in parse_bundle(answer.content).entries for one in subjects(read_city, item.index)}
    (look,) = list(read_city.ledger.access.logged(before))
    assert (look.data["scope"], look.subjects) == (["EVIDENCE_BUNDLE"], (subject,))


def subjects(city: City, index: int) -> tuple[str, ...]:
    (entry,) = city.ledger.logged(index, index + 1)
    return entry.subjects


@pytest.mark.parametrize(("actor", "role", "unit"), [("hr-1", "HR", "PERSONNEL"), ("auditor-1", "AUDITOR", None)])
def test_the_page_s_bundle_is_its_subject_s_alone(house: Pages, actor: str, role: str, unit: str | None) -> None:
    assert house.reader(actor, role, unit).get("/my-file/evidence-bundle").status_code == 404


def test_without_a_sign_in_there_is_no_bundle(house: Pages) -> None:
    assert house.visitor().get("/my-file/evidence-bundle").status_code in (303, 401)
