"""What a process learned from the published articles: kept, and built anew when these change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import connection

T = TypeVar("T")


class Kept(Generic[T]):
    """One index of this process. The first who asks builds it; after a change the old one answers meanwhile.

    `stamp` tells whether what it is built from changed, and is asked for at most every `fresh_for` seconds. What took
    less than `at_once` seconds to build is built anew while its asker waits, anything else beside them.
    """

    def __init__(
        self, build: Callable[[], T], *, stamp: Callable[[], object], name: str, fresh_for: float, at_once: float = 0.0
    ) -> None:
        self._build, self._stamp_now, self._name = build, stamp, name
        self._fresh_for, self._at_once = fresh_for, at_once
        self._lock, self._building = threading.Lock(), threading.Lock()
        self._current: T | None = None
        self._stamp: object = None
        self._took, self._looked = 0.0, float("-inf")

    def get(self, *, fresh_for: float | None = None) -> T:
        """Return it, built now if there is none; `fresh_for` instead of the usual seconds."""
        with self._lock:
            if self._current is None:
                return self._rebuild()
            if time.monotonic() - self._looked >= (self._fresh_for if fresh_for is None else fresh_for):
                self._looked = time.monotonic()
                if self._stamp_now() != self._stamp:
                    if self._took < self._at_once:
                        return self._rebuild()
                    self.rebuild_beside()
            return self._current

    def at_hand(self) -> T | None:
        """Return it if there is one, and let it be built beside the caller if not: for who cannot wait."""
        if self._current is None:
            self.rebuild_beside()
            return None
        return self.get()

    def rebuild_beside(self) -> None:
        """Build it anew in a thread of its own, unless one does already."""
        if not self._building.locked():
            threading.Thread(target=self._rebuild_aside, name=self._name, daemon=True).start()

    def forget(self) -> None:
        """Drop it; the next call builds it anew. For tests, and after an import of articles."""
        with self._lock:
            self._current = None

    def _rebuild(self) -> T:
        started, stamp = time.monotonic(), self._stamp_now()
        built = self._build()
        self._current, self._stamp, self._looked = built, stamp, time.monotonic()
        self._took = self._looked - started
        return built

    def _rebuild_aside(self) -> None:
        with self._building:
            try:
                self._rebuild()
            finally:
                connection.close()
