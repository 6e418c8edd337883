"""Tokens: a secret stands for a viewer until it expires or is revoked, whatever is written into the database."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from ledger import fsck
from ledger.access import Viewer
from ledger.application import Ledger
from ledger.errors import LedgerError, NotFound, Unavailable, VerificationError
from ledger.fsck import Grade
from ledger.tokens import PREFIX, ROLES, Token, Tokens
from tests.support.golden import Copy
from tests.support.ledgers import uid_of
from tests.support.storage import SteppingClock

HR = Viewer("hr-1", "HR", "U1")
AUDITOR = Viewer("auditor-1", "AUDITOR")


@pytest.fixture
def tokens(small: Ledger) -> Tokens:
    return Tokens(small)


def tampered(small: Ledger) -> list[str]:
    """What a verification says of tokens that were written into."""
    report = fsck.verify(small)
    return [finding.what for finding in report.findings if finding.grade is Grade.MANIPULATION]


# What it is.


def test_a_secret_stands_for_its_viewer(tokens: Tokens, clock: SteppingClock) -> None:
    before = clock.now
    secret, token = tokens.issue(HR, days=30)

    assert tokens.find(secret) == token
    assert token.viewer == HR
    assert token.expires_at - token.issued_at == timedelta(days=30)
    assert before < token.issued_at < clock.now
    assert token.revoked_at is None


def test_a_secret_holds_256_bits_of_chance(tokens: Tokens) -> None:
    secrets = {tokens.issue(AUDITOR)[0] for _ in range(20)}

    assert len(secrets) == 20
    for secret in secrets:
        assert secret.startswith(PREFIX)
        assert len(base64.urlsafe_b64decode(secret.removeprefix(PREFIX) + "=")) == 32


def test_any_other_text_stands_for_nobody(tokens: Tokens) -> None:
    tokens.issue(HR)

    for given in ("", "ilt_", "ilt_" + "A" * 43, "x" * 100_000, "ilt_\ud800", "\x00", "张三"):
        assert tokens.find(given) is None


def test_nearly_the_secret_is_not_the_secret(tokens: Tokens) -> None:
    secret, _ = tokens.issue(HR)

    for other in (secret[:-1], secret + "A", secret.swapcase(), secret.removeprefix(PREFIX), " " + secret):
        assert tokens.find(other) is None


def test_it_is_there_after_the_ledger_was_opened_again(small: Ledger, tokens: Tokens, reopened: Copy) -> None:
    secret, token = tokens.issue(HR)
    small.close()

    with reopened.opened() as ledger:
        ledger.clock = lambda: token.issued_at
        assert Tokens(ledger).find(secret) == token


# How long it lives.


LIVES: list[tuple[dict[str, Any], timedelta]] = [
    ({}, timedelta(days=90)),
    ({"days": 1}, timedelta(days=1)),
    ({"days": 366}, timedelta(days=366)),
    ({"session_hours": 1}, timedelta(hours=1)),
    ({"session_hours": 12}, timedelta(hours=12)),
]


def test_it_ends_with_its_time(tokens: Tokens, clock: SteppingClock) -> None:
    for life, span in LIVES:
        secret, token = tokens.issue(HR, **life)
        session = "session_hours" in life
        clock.now = token.issued_at + span - timedelta(seconds=1)
        assert tokens.find(secret, session=session) == token
        assert tokens.find(secret, session=not session) is None

        clock.now = token.issued_at + span
        assert tokens.find(secret, session=session) is None


def test_a_life_is_neither_nothing_nor_for_ever(tokens: Tokens) -> None:
    for days in (0, -1, 367):
        refused(tokens, HR, "out-of-range", "days", days=days)
    for hours in (0, 25):
        refused(tokens, HR, "out-of-range", "session_hours", session_hours=hours)


# Revocation.


def test_a_revoked_token_stands_for_nobody_at_once(tokens: Tokens, clock: SteppingClock) -> None:
    (kept, other), (secret, token) = tokens.issue(AUDITOR), tokens.issue(HR)
    tokens.revoke(token.id)

    assert tokens.find(secret) is None
    assert tokens.find(kept) == other
    [_, listed] = tokens.list()
    assert listed.id == token.id
    assert listed.revoked_at is not None
    assert listed.revoked_at <= clock.now


def test_another_process_sees_the_revocation_at_the_next_request(small: Ledger, tokens: Tokens, reopened: Copy) -> None:
    secret, token = tokens.issue(HR)
    with reopened.opened() as other:
        other.clock = small.clock
        elsewhere = Tokens(other)
        assert elsewhere.find(secret) == token

        tokens.revoke(token.id)

        assert elsewhere.find(secret) is None


def test_a_second_revocation_changes_nothing(tokens: Tokens) -> None:
    _, token = tokens.issue(HR)
    tokens.revoke(token.id)
    [before] = tokens.list()

    tokens.revoke(token.id)

    assert tokens.list() == [before]


def test_what_was_never_issued_is_not_revoked(tokens: Tokens) -> None:
    with pytest.raises(NotFound) as refused:
        tokens.revoke("张三")

    assert refused.value.code == "unknown-token"
    assert "张三" not in str(refused.value)


# For whom.


def refused(tokens: Tokens, viewer: Viewer, code: str, field: str, **life: Any) -> None:
    before = tokens.list()
    with pytest.raises(LedgerError) as caught:
        tokens.issue(viewer, **life)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert tokens.list() == before


def good_for(tokens: Tokens, viewer: Viewer) -> bool:
    found = tokens.find(tokens.issue(viewer)[0])
    return found is not None and found.viewer == viewer


def test_every_role_that_people_have_may_have_one_and_no_other(tokens: Tokens) -> None:
    assert all(good_for(tokens, Viewer("somebody", role, "U1")) for role in ROLES)

    for role in ("SYSTEM", "PUBLIC", "EMPEROR", "", "auditor"):
        refused(tokens, Viewer("somebody", role, "U1"), "unknown-role", "role")


def test_whoever_acts_for_a_unit_names_a_registered_one(tokens: Tokens) -> None:
    for role in ("UNIT_HEAD", "HR", "DECIDER", "REVIEWER", "CREDIT", "ASSESSOR"):
        refused(tokens, Viewer("somebody", role), "unit-required", "unit")
        refused(tokens, Viewer("somebody", role, "NOWHERE"), "unknown-unit", "unit")
        refused(tokens, Viewer("somebody", role, "P1"), "unknown-unit", "unit")


def test_others_need_no_unit_but_name_no_false_one(tokens: Tokens) -> None:
    for role in ("REPORTER", "EXPERT", "THIRD_PARTY", "AUDITOR", "DPO"):
        assert good_for(tokens, Viewer("somebody", role))
        refused(tokens, Viewer("somebody", role, "NOWHERE"), "unknown-unit", "unit")


def test_a_subject_is_a_registered_person_or_acts_for_a_registered_unit(small: Ledger, tokens: Tokens) -> None:
    for viewer in (Viewer("P1", "SUBJECT"), Viewer(uid_of(small, "P1"), "SUBJECT"), Viewer("x", "SUBJECT", "U1")):
        assert good_for(tokens, viewer)

    for viewer in (Viewer("nobody", "SUBJECT"), Viewer("U1", "SUBJECT"), Viewer("nobody", "SUBJECT", "P1")):
        refused(tokens, viewer, "unknown-subject", "actor")


def test_a_login_is_a_short_name(tokens: Tokens) -> None:
    for actor in ("", "x" * 201, "a\nb", "a\u202eb"):
        refused(tokens, Viewer(actor, "AUDITOR"), "bad-value", "actor")


# What lies in the database.


def row(copy: Copy, token: Token) -> tuple[Any, ...]:
    [found] = copy.rows("SELECT digest, id, subject, sealed, revoked_at FROM tokens WHERE id = ?", token.id)
    return found


def test_the_row_tells_neither_secret_nor_login_nor_role_nor_time(tokens: Tokens, reopened: Copy) -> None:
    secret, token = tokens.issue(Viewer("zhang.san", "UNIT_HEAD", "U1"), days=77)

    written = b"\x00".join(value if isinstance(value, bytes) else str(value).encode() for value in row(reopened, token))
    for told in (secret, secret.removeprefix(PREFIX), "zhang", "UNIT_HEAD", "U1", "2025", str(token.expires_at.year)):
        assert told.encode() not in written


def test_two_tokens_of_one_login_have_nothing_in_common_but_the_pseudonym(tokens: Tokens, reopened: Copy) -> None:
    [one, other] = [row(reopened, tokens.issue(HR)[1]) for _ in range(2)]

    assert one[2] == other[2]
    assert all(a != b for a, b in zip((one[0], one[1], one[3]), (other[0], other[1], other[3]), strict=True))


@pytest.mark.parametrize("column", ["digest", "id", "subject", "sealed"])
def test_a_column_taken_from_another_token_lets_nobody_in(
    small: Ledger, tokens: Tokens, reopened: Copy, column: str
) -> None:
    """The clerk's token with the auditor's rights would be a way up."""
    (secret, clerk), (strong, auditor) = tokens.issue(HR), tokens.issue(AUDITOR)
    [value] = [value for name, value in zip(
        ("digest", "id", "subject", "sealed"), row(reopened, auditor), strict=False
    ) if name == column]  # fmt: skip
    reopened.rows("DELETE FROM tokens WHERE id = ?", auditor.id)
    reopened.rows(f"UPDATE tokens SET {column} = ? WHERE id = ?", value, clerk.id)  # noqa: S608

    assert tokens.find(secret) is None
    assert tokens.find(strong) is None
    assert any("not as it was issued" in what for what in tampered(small))


def test_a_whole_row_under_another_secret_lets_nobody_in(small: Ledger, tokens: Tokens, reopened: Copy) -> None:
    """One's own secret before somebody else's row: everything but the digest is the auditor's."""
    (secret, clerk), (_, auditor) = tokens.issue(HR), tokens.issue(AUDITOR)
    _, name, subject, sealed, _ = row(reopened, auditor)
    reopened.rows("DELETE FROM tokens WHERE id = ?", auditor.id)
    reopened.rows("UPDATE tokens SET id = ?, subject = ?, sealed = ? WHERE id = ?", name, subject, sealed, clerk.id)

    assert tokens.find(secret) is None
    assert any(f"token {auditor.id}" in what for what in tampered(small))


def test_every_flipped_byte_of_a_row_lets_nobody_in(tokens: Tokens, reopened: Copy) -> None:
    secret, token = tokens.issue(HR)
    sealed = bytes(row(reopened, token)[3])

    for place in range(0, len(sealed), 7):
        changed = bytearray(sealed)
        changed[place] ^= 1
        reopened.rows("UPDATE tokens SET sealed = ?", bytes(changed))
        assert tokens.find(secret) is None
    reopened.rows("UPDATE tokens SET sealed = ?", sealed)
    assert tokens.find(secret) == token


def test_a_revocation_is_not_taken_back_by_whoever_writes_the_column(tokens: Tokens, reopened: Copy) -> None:
    secret, token = tokens.issue(HR)
    tokens.revoke(token.id)
    reopened.rows("UPDATE tokens SET revoked_at = NULL")

    assert tokens.find(secret) is None
    assert tokens.list()[0].revoked_at is not None


def test_whatever_stands_in_the_column_revokes(tokens: Tokens, reopened: Copy) -> None:
    secret, _ = tokens.issue(HR)
    for text in ("2025-01-01T00:00:00.000000Z", "never", ""):
        reopened.rows("UPDATE tokens SET revoked_at = ?", text)
        assert tokens.find(secret) is None


def test_a_list_with_a_changed_token_says_so(tokens: Tokens, reopened: Copy) -> None:
    (_, token), _ = tokens.issue(HR), tokens.issue(AUDITOR)
    reopened.rows("UPDATE tokens SET subject = 'somebody' WHERE id = ?", token.id)

    with pytest.raises(VerificationError) as refused:
        tokens.list()
    assert refused.value.code == "token-changed"
    tokens.revoke(token.id)
    assert row(reopened, token)[4] is not None


def test_a_destroyed_key_ends_its_tokens(small: Ledger, tokens: Tokens) -> None:
    secret, _ = tokens.issue(Viewer("P1", "SUBJECT"))
    small.keys.destroy(uid_of(small, "P1"))

    assert tokens.find(secret) is None


def test_a_key_store_that_is_away_lets_nobody_in_and_says_so(
    small: Ledger, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, _ = tokens.issue(HR)

    def away(*owner: str) -> bytes:
        raise Unavailable("the key store cannot be used", code="no-key-store")

    monkeypatch.setattr(small.keys, "get", away)

    with pytest.raises(Unavailable):
        tokens.find(secret)


def test_tokens_of_people_who_never_acted_are_nothing_to_find(small: Ledger, tokens: Tokens) -> None:
    for number in range(5):
        tokens.issue(Viewer(f"new-{number}", "AUDITOR"))

    report = fsck.verify(small)

    assert report.ok
    assert report.findings == ()
