"""Hard conversations in a row: for breaks, not for ratings. Counted when somebody looks, without names, kept nowhere.

A conversation is hard when the customer wrote a word of worry or anger (`conversations.moods`), when somebody else had
it before and passed it on, or when it took this person at least twice the usual time of its queue. A row is broken by a
conversation that was none of these, and by a break: twenty minutes without an act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from holdfast.conversations.stretches import Worked, stretches
from holdfast.kit.clock import now

BREAK: Final = timedelta(minutes=20)
OFFER_FROM: Final = 3
"""From so many in a row on, a break is a good idea."""

LOOK_BACK: Final = timedelta(hours=4)
LONG: Final = 2.0
MOST: Final = 8
"""Conversations of each person that are looked at: a longer row says no more."""

_KEPT_FOR = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Rows:
    """How many hard conversations in a row each person has who does anything now, and who is on a break."""

    in_a_row: Mapping[int, int]
    resting: frozenset[int]


_kept: tuple[datetime, Rows] | None = None


def rows(usual_minutes: Mapping[int, float]) -> Rows:
    """Return everybody's row; read at most every half minute. `usual_minutes` are by queue, where they are known."""
    global _kept
    moment = now()
    if _kept is None or not timedelta(0) <= moment - _kept[0] < _KEPT_FOR:
        found = stretches(at=moment, since=moment - LOOK_BACK, pause=BREAK, most=MOST)
        resting = frozenset(each.agent_id for each in found if each.last <= moment - BREAK)
        counted = {
            agent_id: _row([_is_hard(each, usual_minutes) for each in own])
            for agent_id, own in groupby(found, key=lambda each: each.agent_id)
            if agent_id not in resting
        }
        _kept = (moment, Rows(counted, resting))
    return _kept[1]


def forget() -> None:
    """Read afresh the next time."""
    global _kept
    _kept = None


def _is_hard(each: Worked, usual_minutes: Mapping[int, float]) -> bool:
    usual = usual_minutes.get(each.queue_id) if each.queue_id is not None else None
    return each.says or each.handed_on or (usual is not None and each.minutes >= LONG * usual)


def _row(hard: list[bool]) -> int:
    """Count from the newest until one that was not hard."""
    return hard.index(False) if False in hard else len(hard)
