"""What is held against an article's words before the assistant quotes them: shown to whoever writes them.

The check is another room's, plugged in while the house starts. It is advice: an article may be published as it is, and
one that falls over says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from holdfast.knowledge.passages import passages

MOST = 8  # who got these knows enough
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Remark:
    """Words of the article, and one sentence that says what would be better."""

    words: str
    sentence: str


Check = Callable[[str, str], Iterable[Remark]]  # a passage and its language


_checks: list[Check] = []


def plug(check: Check) -> None:
    """Have passages looked at by `check` from now on. Called while the house starts; the same check counts once."""
    if check not in _checks:
        _checks.append(check)


def of(body: str, *, locale: str) -> list[Remark]:
    """Return what is to be said about the passages of `body` (Markdown), each once, at most `MOST`."""
    try:
        found = [each for check in _checks for passage in passages(body) for each in check(passage.text, locale)]
    except Exception as error:
        _log.warning("article_check_fell_over", error=type(error).__name__)
        return []
    return list(dict.fromkeys(found))[:MOST]
