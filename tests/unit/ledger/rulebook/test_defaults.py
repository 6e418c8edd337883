"""What an edition may leave out is data with its source, and an edition that states it is followed."""

from __future__ import annotations

import pytest

from ledger.errors import Invalid
from ledger.rulebook.deadlines import feedback_days
from ledger.rulebook.defaults import parse_defaults, shipped_defaults
from ledger.rulebook.edition import parse_edition, shipped_edition

EDITION = "JMS-DEMO-2025.1"


def test_the_feedback_period_is_a_demonstration_value_and_says_so() -> None:
    defaults = shipped_defaults()

    assert defaults.feedback_wd == 5
    assert defaults.authority.demonstration


def test_an_edition_that_states_it_is_followed() -> None:
    silent = parse_edition(shipped_edition(EDITION))
    telling = parse_edition(shipped_edition(EDITION) + b"feedback_wd = 0\n")

    assert (silent.notice.feedback_wd, telling.notice.feedback_wd) == (None, 0)
    assert [feedback_days(edition) for edition in (None, silent, telling)] == [5, 5, 0]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (b"", "notice"),
        (b'[notice]\nclause = "c"\nsource = "hearsay"\nfeedback_wd = 5', "notice.source"),
        (b'[notice]\nclause = "c"\nsource = "published"\nfeedback_wd = -1', "notice.feedback_wd"),
        (b'[notice]\nclause = "c"\nsource = "published"\nfeedback_wd = 5\nmore = 1', "notice.more"),
    ],
    ids=["empty", "source", "negative", "unknown"],
)
def test_defaults_that_are_not_understood_are_refused(text: bytes, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        parse_defaults(text)

    assert (wrong.value.code, wrong.value.field) == ("bad-defaults", field)
