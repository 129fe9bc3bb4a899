"""The one clock. Drills replace it to run on accelerated time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

_source: Callable[[], datetime] | None = None


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return _source() if _source is not None else datetime.now(UTC)


def set_source(source: Callable[[], datetime] | None) -> None:
    """Make `now` read from `source` (aware datetimes); `None` restores the real clock."""
    global _source
    _source = source
