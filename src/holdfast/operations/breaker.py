"""A circuit breaker: after a row of failures nobody waits for a system that is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Breaker:
    """Closed until `failures` calls in a row fail, then open for `pause` seconds, then one call may try.

    States after M. Nygard, "Release It!", chapter "Stability patterns". Safe to share between threads.
    """

    def __init__(self, *, failures: int = 5, pause: float = 15.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._pause = pause
        self._clock = clock
        self._failed = 0
        self._open_until: float | None = None
        self._trying = False
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether a call may be made now. While half open, only one caller gets a yes."""
        with self._lock:
            if self._open_until is None:
                return True
            if self._trying or self._clock() < self._open_until:
                return False
            self._trying = True
            return True

    def succeeded(self) -> None:
        """Record that a call was answered; closes the breaker."""
        with self._lock:
            self._failed, self._open_until, self._trying = 0, None, False

    def failed(self) -> None:
        """Record that a call was not answered; opens the breaker after enough of them, or after a failed try."""
        with self._lock:
            self._failed += 1
            if self._trying or self._failed >= self._limit:
                self._open_until = self._clock() + self._pause
            self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether calls are being refused, or only tried."""
        return self._open_until is not None
