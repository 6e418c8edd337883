"""One target's worker: it follows the log, lets what its target is to be told of wait, and hands it over.

Each notice is tried on its own schedule, so one that is not taken holds up no other; a target that takes nothing at all
is left alone for a while. The order in which notices arrive is not promised, nor that each arrives only once: every try
has the notice's own id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Final

from api.outbox.backlog import Backlog, Item
from api.outbox.backlog_file import OutboxUnavailable
from api.outbox.calls import Call, Undelivered
from api.outbox.schedule import Schedule
from ledger.clock import format_time
from ledger.errors import LedgerError
from ledger.log.chain import leaf_hash
from ledger.reading import Logged
from projections.notices import Notice, notice_of

if TYPE_CHECKING:
    from ledger.application import Ledger

log = logging.getLogger("integrity.outbox")
BATCH: Final = 1_000  # entries gone through before that is noted


@dataclass(frozen=True, slots=True)
class Channel:
    """How one target is told. `wants` says whether a notice is for it; `compose` makes, of a notice, its leaf and when
    it was recorded, the function that makes one try (`Undelivered` where it failed), None where nobody is to be told
    any more. `prepare` comes before each round and may raise what keeps this target from being served."""

    name: str
    wants: Callable[[Notice], bool]
    compose: Callable[[Notice, bytes, str], Callable[[Call], None] | None]
    prepare: Callable[[], None] = lambda: None


class Worker:
    """Serves one target, in rounds. `now` is the machine's time in seconds since 1970."""

    def __init__(
        self, ledger: Ledger, channel: Channel, schedule: Schedule, stopped: Event, now: Callable[[], float]
    ) -> None:
        self._ledger, self._channel, self._schedule = ledger, channel, schedule
        self._stopped, self._now = stopped, now
        self._call: Call | None = None
        self._failing: str | None = None
        self._said_gone = False
        self._unnoted: set[int] = set()  # handed over, and the file could not be told
        self.healthy = True  # false where a round failed for a reason of ours, not the target's nor the operator's

    @property
    def name(self) -> str:
        """The target's."""
        return self._channel.name

    def run_once(self, backlog: Backlog) -> int:
        """One round; how many notices were handed over. Whatever goes wrong is said once and is nobody else's, except
        what is wrong with the outbox's file: `OutboxUnavailable`."""
        ours = False
        try:
            self._channel.prepare()
            ours = True
            self._take_in(backlog)
            sent = self._hand_over(backlog)
        except OutboxUnavailable:
            raise
        except Exception as error:  # whatever it was, the next round says whether it is over
            code = error.code if isinstance(error, LedgerError) else type(error).__name__
            if self._failing != code:
                log.error("a target cannot be served", extra={"target": self.name, "error": code})
            self._failing, self.healthy = code, not ours
            return 0
        self._failing, self.healthy = None, True
        return sent

    def hang_up(self) -> None:
        """End the try under way, from another thread."""
        call = self._call
        if call is not None:
            call.hang_up()

    def _take_in(self, backlog: Backlog) -> None:
        size = self._ledger.size
        position = backlog.begin(self.name, size)
        while position < size and not self._stopped.is_set():
            until = min(position + BATCH, size)
            notices = (notice_of(self._ledger, entry) for entry in self._ledger.logged(position, until))
            wanted = [one.index for one in notices if one is not None and self._channel.wants(one)]
            backlog.take_in(self.name, wanted, until)
            position = until

    def _hand_over(self, backlog: Backlog) -> int:
        sent = 0
        if backlog.is_gone(self.name):
            self._say_gone()
            return sent
        self._said_gone = False
        while not self._stopped.is_set():
            item = backlog.due(self.name, self._now())
            if item is None:
                break
            sent += self._tried(backlog, item)
        return sent

    def _tried(self, backlog: Backlog, item: Item) -> int:
        """Make one try of a notice and note what came of it; what was broken off at the end is noted as nothing."""
        if item.index in self._unnoted:
            return self._noted(backlog, item.index)
        send = self._composed(item.index)
        if send is None:
            backlog.done(self.name, item.index)
            return 0
        try:
            with Call() as self._call:
                send(self._call)
        except Undelivered as failure:
            if not self._stopped.is_set():
                self._note(backlog, item, failure)
            return 0
        except Exception as error:  # a fault in this one is no reason to hold up the others
            self._note(backlog, item, Undelivered(type(error).__name__))
            return 0
        finally:
            self._call = None
        self._unnoted.add(item.index)
        return self._noted(backlog, item.index)

    def _noted(self, backlog: Backlog, index: int) -> int:
        """Note that one was handed over. Where that fails, it is tried again, and the notice is not sent again."""
        backlog.done(self.name, index)
        self._unnoted.discard(index)
        backlog.answered(self.name)
        return 1

    def _composed(self, index: int) -> Callable[[Call], None] | None:
        (entry,) = self._ledger.logged(index, index + 1)
        notice = notice_of(self._ledger, entry)
        return None if notice is None else self._channel.compose(notice, self._leaf(entry), _moment(entry))

    def _leaf(self, entry: Logged) -> bytes:
        return leaf_hash(self._ledger.store.entry(entry.index).state)

    def _note(self, backlog: Backlog, item: Item, failure: Undelivered) -> None:
        target, attempts, why, asked = self.name, item.attempts + 1, str(failure), failure.retry_after
        said = {"target": target, "index": item.index, "error": why}
        if failure.gone:
            backlog.close_target(target, why)
            self._say_gone()
            return
        if failure.unreachable:
            backlog.pause(target, self._now() + self._schedule.pause(backlog.failures(target) + 1, asked), why)
        else:
            backlog.answered(target)
        if failure.refused or self._schedule.over(attempts):
            backlog.give_up(target, item.index, why)
            log.error("a notice is undeliverable", extra=said)
            return
        not_before = self._now() + self._schedule.wait(attempts, asked)
        backlog.later(target, item.index, not_before, why, unreachable=failure.unreachable)
        log.warning("a notice could not be handed over", extra=said)

    def _say_gone(self) -> None:
        if not self._said_gone:
            log.warning("a target was given up", extra={"target": self.name})
        self._said_gone = True


def _moment(entry: Logged) -> str:
    return format_time(entry.recorded_at)
