"""Attacks on a ledger by somebody who may write its whole database, and what lies outside that hand.

`Standing` is a real ledger, grown until it has several checkpoints, signed acts of a unit, entries that nobody signed
yet, receipts in other people's drawers, and an old state that somebody kept. An `Attack` changes the database, as
thoroughly as its author knows how; the table of them is in `tests/fault/test_tamper_matrix.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.access import Viewer
from ledger.anchoring import anchor_access
from ledger.application import Ledger
from ledger.artefacts.export import write_export
from ledger.artefacts.receipt import make_receipt
from ledger.clock import day_of, parse_time
from ledger.fsck.entries import Entries
from ledger.key_events import introduce_actor_key, possession
from ledger.keyring import actor_key_name
from ledger.line import Line, LineActor
from ledger.log.checkpoint import Checkpoint
from ledger.log.encoding import canonical
from ledger.log.entry import Signature, signed_message
from ledger.log.note import NoteSignature, SignedNote, format_vkey, parse_note, parse_vkey, sign_note
from ledger.signing import Signed
from ledger.storage.key_files import load_signing_keys, locations
from ledger.storage.store import open_anyhow
from projections.rebuild import rebuild
from tests.support.artefacts import Files, a_key, public
from tests.support.golden import CONFIRMED, GOLDEN_SIZE, Copy, load_golden, origin_of

UNIT_KEY = a_key("a unit's own key")
STRANGER = a_key("a key of the attacker's")
WITNESS = a_key("a witness")
ANCHORED = GOLDEN_SIZE  # the access log
INTRODUCED = ANCHORED + 1  # the unit's key
PROMISED = INTRODUCED + 1  # signed by the unit
FIRST_SIZE = INTRODUCED + 3  # of the checkpoint behind which the old state was kept
AMENDED = FIRST_SIZE  # then two more amendments and a signed promise
SECOND_SIZE = AMENDED + 3
SIZE = SECOND_SIZE + 2  # the last two entries are behind the newest checkpoint
RECEIPTS = (CONFIRMED, PROMISED, AMENDED + 1)
_TABLES = (
    "entries", "head", "tiles", "entry_subjects", "disclosures", "blind_index", "request_keys", "documents",
    "checkpoints",
)  # fmt: skip


@dataclass
class Held:
    """What is outside the database: receipts, the newest acknowledgements' leaves, the key that is published."""

    receipts: dict[int, bytes] = field(default_factory=dict)
    leaves: dict[int, bytes] = field(default_factory=dict)
    vkey: str = ""
    export: bytes = b""  # of SECOND_SIZE entries
    old: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)


class Standing:
    """Grows a ledger at a URL, once, and remembers what its copies' holders have."""

    def __init__(self) -> None:
        self.held = Held()

    def load(self, url: str) -> None:
        """The golden ledger, and what came after it."""
        load_golden(url)
        ledger = Ledger.open(url)
        try:
            self._grow(ledger)
        finally:
            ledger.close()

    def _grow(self, ledger: Ledger) -> None:
        held, newest = self.held, parse_time(ledger.store.head().recorded_at)
        now = [newest + timedelta(days=1)]

        def clock() -> Any:
            now[0] += timedelta(milliseconds=1)
            return now[0]

        ledger.clock = clock
        person = ledger.uid("subject", "P1")
        assert person is not None
        for _ in range(2):
            ledger.access.look(Viewer("hr-1", "HR", "PERSONNEL"), [person], scope=["ENTRIES"], purpose="RECRUIT")
        anchor_access(ledger)
        text = unit_vkey(ledger)
        introduce_actor_key(ledger, "U1", text, UNIT_KEY.sign(possession(ledger.origin, text)), required=True)
        now[0] += timedelta(minutes=2)
        for step in (promise("CX"), amend("CX", 1), None, amend("CX", 2), amend("CX", 3), promise("CY"), None):
            if step is not None:
                self._submit(ledger, step, parse_vkey(text).id)
            else:
                ledger.publish()
                if not held.old:
                    held.old = {name: rows_of(ledger, name) for name in _TABLES}
        out = BytesIO()
        write_export(ledger, out)
        held.export, held.vkey = out.getvalue(), ledger.publisher.keyring().log_keys(ledger.size)[0].text
        for index in RECEIPTS:
            proof = make_receipt(ledger.store, ledger.publisher, index)
            assert proof is not None
            held.receipts[index] = proof.format().encode()
        for number in (4, 5):
            acknowledged = self._submit(ledger, amend("CX", number), "")
            held.leaves[acknowledged.index] = bytes.fromhex(acknowledged.leaf)
        assert ledger.size == SIZE

    def _submit(self, ledger: Ledger, make: Callable[[date], Line], key: str) -> Any:
        line = make(day_of(ledger.clock()))
        if line.actor.unit_id != "U1":
            return ledger.submit(line)
        prepared = ledger.prepare_signing(line)
        signature = Signature(key, UNIT_KEY.sign(signed_message(ledger.origin, prepared.header)))
        return ledger.submit(line, signed=Signed(prepared.material, [signature]))


def unit_vkey(ledger: Ledger) -> str:
    """The verifier key of U1."""
    unit = ledger.uid("subject", "U1")
    assert unit is not None
    return format_vkey(actor_key_name(ledger.origin, unit), public(UNIT_KEY))


def unit_key_id(ledger: Ledger) -> str:
    """The id of that key."""
    return parse_vkey(unit_vkey(ledger)).id


def promise(name: str) -> Callable[[date], Line]:
    """A promise of U1, which signs what it does."""
    data = {"commitment_id": name, "promisor_id": "U1", "kind": "SERVICE", "text": "三日内答复", "weight": 1}
    data |= {"due_on": "2030-01-01", "public": True}
    return lambda today: Line("CommitmentMade", today, LineActor("unit-head-1", "SUBJECT", "U1"), data)


def amend(name: str, months: int) -> Callable[[date], Line]:
    """An amendment of it by the credit office, which does not sign."""
    data = {"commitment_id": name, "new_due_on": f"2030-0{months + 1}-01", "reason": "依法变更"}
    data |= {"authority_doc": "市政〔2025〕2号"}
    return lambda today: Line("CommitmentAmended", today, LineActor("credit-1", "CREDIT", "CREDIT-OFFICE"), data)


def rows_of(ledger: Ledger, table: str) -> list[tuple[Any, ...]]:
    """All rows of a table, as they can be put back."""
    return [tuple(row) for row in ledger.store.recorder.query(f"SELECT * FROM {table}", ())]  # noqa: S608


# The hand.


def rewritten(copy: Copy, index: int, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what an entry says, in canonical bytes."""
    entry = json.loads(copy.entry(index))
    change(entry)
    copy.write_entry(index, canonical(entry))


def soften(copy: Copy, index: int = CONFIRMED) -> None:
    """Make a finding milder."""
    rewritten(copy, index, lambda entry: entry["h"]["data"].update(severity="MINOR"))


def postpone(copy: Copy, index: int) -> None:
    """Let an amendment say another day."""
    rewritten(copy, index, lambda entry: entry["h"]["data"].update(new_due_on="2039-01-01"))


def remove(copy: Copy, first: int, stop: int | None = None) -> None:
    """Take out entries with all that lies beside them; those behind them move down."""
    behind = first + 1 if stop is None else stop
    tables = ("entry_subjects", "disclosures", "request_keys", "entries")
    copy.run([(f"DELETE FROM {table} WHERE idx >= ? AND idx < ?", (first, behind)) for table in tables])  # noqa: S608
    for (index,) in copy.rows("SELECT idx FROM entries WHERE idx >= ? ORDER BY idx", behind):
        move(copy, index, index - (behind - first))


def move(copy: Copy, index: int, to: int) -> None:
    """Give an entry another index, and what lies beside it."""
    for table in ("entry_subjects", "disclosures", "request_keys", "entries"):
        copy.rows(f"UPDATE {table} SET idx = ? WHERE idx = ?", to, index)  # noqa: S608


def insert(copy: Copy, at: int, state: bytes) -> None:
    """Put an entry there; those from there on move up."""
    for (index,) in copy.rows("SELECT idx FROM entries WHERE idx >= ? ORDER BY idx DESC", at):
        move(copy, index, index + 1)
    copy.rows(
        "INSERT INTO entries (idx, stream, version, topic, recorded_at, subjects, leaf, chain, state) "
        "VALUES (?, ?, 1000000, '', '', '', ?, ?, ?)",
        at, f"moved/{at}", b"\x00" * 32, b"\x00" * 32, state,
    )  # fmt: skip
    for subject in json.loads(state)["h"].get("subjects", ()):
        copy.rows("INSERT INTO entry_subjects (subject, idx) VALUES (?, ?)", subject, at)


def agree(copy: Copy) -> None:
    """Make versions, columns, leaves, chain, head and lists what the entries' contents ask for."""
    versions: dict[str, int] = {}
    statements: list[tuple[str, Sequence[object]]] = [("UPDATE entries SET version = -1 - idx", ())]
    recorded_at = ""
    for index, state in copy.rows("SELECT idx, state FROM entries ORDER BY idx"):
        entry = json.loads(bytes(state))
        header, place = entry["h"], entry["p"]
        version = versions[header["stream"]] = versions.get(header["stream"], 0) + 1
        place["version"] = version
        if "after" in header:
            header["after"] = version - 1
        recorded_at = place["recorded_at"]
        derived = (header["stream"], version, header["type"], recorded_at, " ".join(header.get("subjects", ())))
        set_columns = "UPDATE entries SET stream = ?, version = ?, topic = ?, recorded_at = ?, subjects = ?, state = ?"
        statements.append((f"{set_columns} WHERE idx = ?", (*derived, canonical(entry), index)))
    statements.append(("UPDATE head SET recorded_at = ?", (recorded_at,)))
    copy.run(statements)
    copy.rehash(head=True)
    relist(copy)


def relist(copy: Copy) -> None:
    """Make the lists again from the log as it is now."""
    with copy.keys_given(), open_anyhow(copy.url) as store:
        rebuild(Entries(store), store.engine)


def sign_again(
    copy: Copy, key: Ed25519PrivateKey | None, *, name: str | None = None, only: Iterable[int] | None = None
) -> None:
    """Sign every checkpoint anew over what is there now; without a key, with a forged signature under the real one's
    id. Those of more entries than there are go."""
    made = files(copy, [])
    for size, note in copy.rows("SELECT size, note FROM checkpoints ORDER BY size"):
        if only is not None and size not in only:
            continue
        if size > len(made.entries):
            copy.rows("DELETE FROM checkpoints WHERE size = ?", size)
            continue
        text = Checkpoint(made.origin, size, made.root(size)).format()
        if key is None:
            known = parse_note(note).signatures[0]
            forged = SignedNote(text, (NoteSignature(known.name, known.key_id, b"\x5a" * 64),))
        else:
            forged = sign_note(text, name or made.origin, key)
        copy.rows("UPDATE checkpoints SET note = ? WHERE size = ?", forged.format(), size)


def swap_log_key(copy: Copy) -> None:
    """Let entry 0 name the attacker's key as the log's own."""

    def change(entry: dict[str, Any]) -> None:
        header = entry["h"]
        header["data"]["keys"] = [{"purpose": "log-signing", "vkey": format_vkey(header["origin"], public(STRANGER))}]

    rewritten(copy, 0, change)


def roll_back(copy: Copy, held: Held) -> None:
    """Put the old state back that somebody kept."""
    statements: list[tuple[str, Sequence[object]]] = []
    for table, rows in held.old.items():
        statements.append((f"DELETE FROM {table}", ()))  # noqa: S608
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            statements += [(f"INSERT INTO {table} VALUES ({marks})", row) for row in rows]  # noqa: S608
    copy.run(statements)
    relist(copy)


def stolen_key(copy: Copy) -> Ed25519PrivateKey:
    """The real signing key, in the wrong hands."""
    with copy.keys_given():
        return load_signing_keys(locations(copy.url).signing_key)[0]


def forged_act(copy: Copy, unit: str = "U1", after: int = SIZE - 1) -> bytes:
    """An entry in a unit's name that nobody signed, as the ledger would write it of a unit that does not sign."""
    entry = json.loads(copy.entry(PROMISED + 1))  # an amendment of CX by the credit office
    ((recorded_at,),) = copy.rows("SELECT recorded_at FROM entries WHERE idx = ?", after)
    entry["h"]["id"] = "0197a000-0000-7000-8000-000000000001"
    entry["h"]["data"]["new_due_on"] = "2039-01-01"
    if unit == "U1":
        entry["h"]["actor"] = json.loads(copy.entry(PROMISED))["h"]["actor"]
    entry["p"]["recorded_at"] = recorded_at
    del entry["h"]["sd"]  # the authority's document: to seal a section the key store is needed
    return canonical(entry)


def replayed(copy: Copy, index: int = PROMISED) -> bytes:
    """An entry as it stands, but for its place."""
    entry = json.loads(copy.entry(index))
    ((recorded_at,),) = copy.rows("SELECT recorded_at FROM head")
    entry["p"]["recorded_at"] = recorded_at
    return canonical(entry)


def back_dated(copy: Copy, index: int) -> None:
    """Give an entry the time of the one before it."""
    ((before,),) = copy.rows("SELECT recorded_at FROM entries WHERE idx = ?", index - 1)
    rewritten(copy, index, lambda entry: entry["p"].update(recorded_at=before))


# What the attacker publishes.


def files(copy: Copy, signers: Sequence[Ed25519PrivateKey]) -> Files:
    """The tampered log as files, signed by whoever has a key."""
    entries = [bytes(state) for (state,) in copy.rows("SELECT state FROM entries ORDER BY idx")]
    documents = [bytes(content) for (content,) in copy.rows("SELECT content FROM documents")]
    return Files(origin_of(entries[0]), entries, list(signers), documents=documents)
