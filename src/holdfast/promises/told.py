"""What everybody was told of their promises: on every page, so one look a second and process serves all of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from holdfast.promises import queries
from holdfast.promises.contract import NoticeView

_KEPT = 1.0  # seconds
_read: tuple[float, Sequence[NoticeView]] | None = None


def notices(*, owner: int, leads: bool = False) -> Sequence[NoticeView]:
    """Return what `queries.notices` returns, at most a second old."""
    global _read
    if _read is None or not 0 <= time.monotonic() - _read[0] < _KEPT:
        _read = time.monotonic(), queries.all_notices()
    return queries.for_one(_read[1], owner=owner, leads=leads)


def forget() -> None:
    """Read them afresh with the next page."""
    global _read
    _read = None
