"""When what failed is tried again: after twice as long each time up to a longest wait, a given number of times in all.

With the defaults of `api/settings.py` the tries of one notice span more than three days, as Standard Webhooks
recommends. Each wait is shortened by a random part, so that what failed together does not come back together.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SPREAD: Final = 0.1  # the largest part by which a wait is shortened
LONGEST_PAUSE_SECONDS: Final = 300.0  # of a whole target: one that is back is found within minutes


@dataclass(frozen=True, slots=True)
class Schedule:
    """Waits in seconds; `tries` counts the first one. `chance` is a number from 0 up to 1."""

    first: float
    longest: float
    tries: int
    chance: Callable[[], float] = random.random

    def over(self, attempts: int) -> bool:
        """Whether the last try has been made."""
        return attempts >= self.tries

    def wait(self, attempts: int, asked: float | None = None) -> float:
        """How long a notice waits after so many failed tries, and no less than was asked for, within the longest."""
        return min(max(self._doubled(attempts, self.longest), asked or 0.0), self.longest)

    def pause(self, failures: int, asked: float | None = None) -> float:
        """How long a target that took nothing so many times in a row is left alone."""
        return min(max(self._doubled(failures, min(self.longest, LONGEST_PAUSE_SECONDS)), asked or 0.0), self.longest)

    def _doubled(self, times: int, longest: float) -> float:
        # Beyond 64 doublings every first wait is above every longest one.
        return min(self.first * 2.0 ** min(times - 1, 64), longest) * (1 - SPREAD * self.chance())
