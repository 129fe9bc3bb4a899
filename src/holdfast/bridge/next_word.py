"""When the public hears next: what every page's band says, so it is remembered for a second per process."""

from __future__ import annotations

import time

from holdfast.incidents import queries as incidents
from holdfast.incidents.contract import NextWord

_KEPT = 1.0  # seconds
_read: tuple[float, NextWord | None] | None = None


def next_word() -> NextWord | None:
    """Return the public word that is promised next; `None` when no open incident owes one."""
    global _read
    if _read is None or not 0 <= time.monotonic() - _read[0] < _KEPT:
        _read = time.monotonic(), incidents.open_public_promise()
    return _read[1]


def forget() -> None:
    """Read it afresh with the next page."""
    global _read
    _read = None
