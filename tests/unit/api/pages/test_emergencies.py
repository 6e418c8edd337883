"""紧急查阅 on the person's own page: the look says what it was, and the panel what became of it, without its words."""

from __future__ import annotations

from ledger.access import Viewer
from ledger.clock import day_of
from ledger.line import Line, LineActor
from tests.support.browser import Pages
from tests.support.city import City

HR = LineActor("clerk-1", "HR", "PERSONNEL")


def test_the_person_reads_of_it_on_their_own_page(own_house: Pages, city: City) -> None:
    ledger = city.ledger
    person, _ = city.person_reading("CONFIRMED")
    uid = ledger.uid("subject", person)
    assert uid is not None
    assert "紧急查阅" not in own_house.reader(person, "SUBJECT").read("/my-file").text
    data = {
        "glass_id": "G1", "subject_id": person, "ground": "PUBLIC_EMERGENCY", "minutes": 45, "second_approver": "hr-2",
        "reasons": "防汛值守失联",
    }  # fmt: skip
    index = ledger.submit(Line("BreakGlassOpened", day_of(ledger.clock()), HR, data)).index
    glass = ledger.store.entry(index).stream.partition("/")[2]
    ledger.access.look(
        Viewer("clerk-1", "HR", "PERSONNEL"), [uid], scope=["INTEGRITY_FILE"], purpose="PUBLIC_EMERGENCY",
        basis="BREAK_GLASS", case=glass,
    )  # fmt: skip

    page = own_house.reader(person, "SUBJECT").read("/my-file")
    said = "".join(page.text.split())

    assert "紧急查阅：突发事件" in said  # in the look-up log
    assert "45分钟" in said
    assert "待复核" in said
    assert f"#{index}" in said
    assert "防汛值守失联" not in page.source
