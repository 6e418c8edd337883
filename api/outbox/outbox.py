"""The outbox: notices handed to those who asked for them, worked out from the log in its order, at least once each.

Nothing is queued: a target's place in the log is all that is kept (`positions.py`). A message that fails is tried
again, each time after twice as long, and given up after the last try, or at once where it is refused for good; until
then nothing behind it goes to that target. Whatever is wrong with a target, every other goes on. Off unless webhooks or
a mail server are set.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import time
from typing import TYPE_CHECKING, Final

from api.outbox.mail import Server, hand_over, letter, parse_addresses, parse_server
from api.outbox.positions import Place, Positions
from api.outbox.webhooks import Target, Undelivered, deliver, message_of, parse_targets
from api.pages.addresses import MY_FILE
from ledger.clock import format_time
from ledger.errors import Invalid, LedgerError
from ledger.log.chain import leaf_hash
from ledger.reading import Logged
from ledger.storage.address import is_sqlite, path_of
from projections.notices import Notice, notice_of

if TYPE_CHECKING:
    from api.settings import Settings
    from ledger.application import Ledger

log = logging.getLogger("integrity.outbox")
SUFFIX: Final = ".outbox"
MAIL: Final = "mail"
FIRST_WAIT_SECONDS: Final = 5.0
LONGEST_WAIT_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Channel:
    """One target: `send` makes one try of a notice or raises `Undelivered`; types it was not told to want pass.

    `prepare` comes before each round and may raise what keeps this target from being served.
    """

    name: str
    wants: Callable[[Notice], bool]
    send: Callable[[Notice, bytes, str], None]
    prepare: Callable[[], None] = lambda: None


class Outbox:
    """The thread that hands notices over. `now` is the machine's time in seconds, for signatures and waits."""

    def __init__(
        self,
        ledger: Ledger,
        channels: tuple[Channel, ...],
        path: Path,
        *,
        interval: float,
        tries: int,
        now: Callable[[], float] = time,
    ) -> None:
        self._ledger, self._channels, self._path = ledger, channels, path
        self._interval, self._tries, self._now = interval, tries, now
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="outbox", daemon=True)
        self._positions: Positions | None = None
        self._still = False
        self._failing: dict[str, bool] = {}  # target → whether it is ours, and not what the operator set

    @property
    def healthy(self) -> bool:
        """Whether the last round reached its end. A target that answers no, or whose own file is wrong, is in the log
        and no reason to serve nobody."""
        return not (self._still or any(self._failing.values()))

    def start(self) -> None:
        """Follow the log; notices of what was there before a target was first set are not sent."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the message under way."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._positions is not None:
            self._positions.release()
            self._positions = None

    def run_once(self) -> int:
        """Hand over what is there; how many messages went out. None goes out while another process holds the outbox."""
        positions = self._positions
        if positions is None:
            self._positions = positions = Positions.take(self._path)
            places = {} if positions is None else positions.places
            for channel in self._channels:
                if channel.name in places and places[channel.name].gone:
                    self._given_up(channel)
        return 0 if positions is None else sum(self._served(positions, channel) for channel in self._channels)

    def _served(self, positions: Positions, channel: Channel) -> int:
        """Follow the log for one target; what goes wrong with it is said once and holds up no other."""
        ours = False
        try:
            channel.prepare()
            ours = True
            sent = self._follow(positions, channel)
        except Exception as error:  # whatever it was, the next round says whether it is over
            if channel.name not in self._failing:
                log.error("a target cannot be served", extra={"target": channel.name, "error": _code(error)})
            self._failing[channel.name] = ours
            return 0
        self._failing.pop(channel.name, None)
        return sent

    def _given_up(self, channel: Channel) -> None:
        log.warning("a target was given up", extra={"target": channel.name})

    def _follow(self, positions: Positions, channel: Channel) -> int:
        size, sent = self._ledger.size, 0
        place = positions.of(channel.name, size)
        if place.gone or place.not_before > self._now() or place.position >= size:
            return 0
        for entry in self._ledger.logged(place.position, size):
            if self._stopped.is_set():
                break
            notice = notice_of(self._ledger, entry)
            if notice is not None and channel.wants(notice):
                try:
                    channel.send(notice, self._leaf(entry), format_time(entry.recorded_at))
                except Undelivered as failure:
                    if not self._waits(place, channel, failure):
                        positions.save()
                        continue
                    positions.save()
                    break
                sent += 1
                place.position, place.attempts, place.not_before = entry.index + 1, 0, 0.0
                positions.save()
            else:
                place.position = entry.index + 1
        positions.save()
        return sent

    def _leaf(self, entry: Logged) -> bytes:
        return leaf_hash(self._ledger.store.entry(entry.index).state)

    def _waits(self, place: Place, channel: Channel, failure: Undelivered) -> bool:
        """Note a failed try; whether what comes behind it has to wait. After the last try it is given up."""
        place.attempts += 1
        if failure.gone:
            place.gone = True
            self._given_up(channel)
            return True
        if failure.refused or place.attempts >= self._tries:
            place.position, place.attempts, place.not_before = place.position + 1, 0, 0.0
            place.dropped += 1
            said = {"target": channel.name, "error": str(failure), "dropped": place.dropped}
            log.error("a notice was given up", extra=said)
            return False
        wait = min(FIRST_WAIT_SECONDS * 2 ** (place.attempts - 1), LONGEST_WAIT_SECONDS)
        place.not_before = self._now() + wait
        log.warning("a notice could not be handed over", extra={"target": channel.name, "error": str(failure)})
        return True

    def _run(self) -> None:
        wait = 0.0
        while not self._stopped.wait(wait):
            wait = self._interval
            try:
                self.run_once()
                self._still = False
            except Exception as error:  # whatever it was, the next round says whether it is over
                if not self._still:
                    log.error("the outbox stands still", extra={"error": _code(error)})
                self._still = True


def _code(error: Exception) -> str:
    return error.code if isinstance(error, LedgerError) else type(error).__name__


def outbox_of(ledger: Ledger, settings: Settings, now: Callable[[], float] = time) -> Outbox | None:
    """The outbox that an operator set; None without one. `Invalid` where what was set cannot be used."""
    channels = [_webhook(target, now) for target in _targets(settings)]
    if settings.smtp_url is not None:
        channels.append(_mail(ledger, settings))
    if not channels:
        return None
    path = settings.outbox
    if path is None:
        if not is_sqlite(ledger.store.url):
            raise Invalid("say where the outbox keeps its place", code="outbox-file-missing", field="INTEGRITY_OUTBOX")
        path = Path(f"{path_of(ledger.store.url)}{SUFFIX}")
    return Outbox(
        ledger, tuple(channels), path, interval=settings.outbox_interval_seconds, tries=settings.outbox_tries, now=now
    )


def _targets(settings: Settings) -> tuple[Target, ...]:
    if settings.webhooks is None:
        return ()
    return parse_targets(_read(settings.webhooks, "bad-webhooks", "INTEGRITY_WEBHOOKS"), settings.webhook_hosts)


def _read(path: Path, code: str, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise Invalid("the file cannot be read", code=code, field=name) from None


def _webhook(target: Target, now: Callable[[], float]) -> Channel:
    def send(notice: Notice, leaf: bytes, recorded_at: str) -> None:
        deliver(target, message_of(notice, leaf, recorded_at), int(now()))

    return Channel(f"webhook:{target.id}", lambda notice: notice.type in target.types, send)


def _mail(ledger: Ledger, settings: Settings) -> Channel:
    if settings.smtp_from is None or settings.smtp_addresses is None or settings.public_url is None:
        raise Invalid(
            "mail needs a sender, addresses and the pages' address", code="bad-mail", field="INTEGRITY_SMTP_URL"
        )
    assert settings.smtp_url is not None
    server: Server = parse_server(settings.smtp_url.get_secret_value())
    sender, addresses = settings.smtp_from, settings.smtp_addresses
    link = f"{settings.public_url.rstrip('/')}{MY_FILE}"

    known: dict[str, str] = {}

    def prepare() -> None:
        read = parse_addresses(_read(addresses, "bad-mail", "INTEGRITY_SMTP_ADDRESSES"))
        known.clear()
        known.update(read)

    prepare()

    def address(notice: Notice) -> str | None:
        names = map(ledger.caller_id, ledger.relations().group(notice.subject))
        return next((known[name] for name in names if name in known), None)

    def send(notice: Notice, leaf: bytes, recorded_at: str) -> None:
        to = address(notice)
        if to is not None:
            hand_over(server, letter(notice, leaf.hex()[:32], sender=sender, to=to, link=link))

    return Channel(MAIL, lambda notice: address(notice) is not None, send, prepare)
