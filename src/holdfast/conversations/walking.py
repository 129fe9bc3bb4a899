"""Going through the line ahead of somebody: who is still there by then, and who comes later and goes first. Pure.

Each of those ahead takes one step if still there by then, by the curve of patience and by how long they have waited.
Whoever comes meanwhile and stands nearer takes one too: somebody in a better band, or, while strata share a band (a
fair time later than the joining time), somebody whose stratum is within its share. How many come is read off those who
came lately, by where they stand. With only them to go by, a line that serves R a minute moves on at R less those.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from holdfast.conversations.patience import Patience

NOBODY_ELSE = 1.0
"""Minutes by which a fair time may be later than the joining time of somebody who was not put further back."""

NEWCOMERS, NEWLY = 600, timedelta(minutes=10)
"""How many come later and stand nearer is read off so many who joined last, none of them earlier than that."""

_GROUPS = 60  # those ahead are gone through in about as many groups of people who joined one after the other
_SHORT, _PART = 0.25, 1 / 30  # minutes, and of the wait so far: after so much one asks again who is still there
_LONGEST = 60 * 24 * 7.0  # minutes; nobody is told more than a week


@dataclass(frozen=True, slots=True)
class Group:
    """People who stand one behind the other and have waited about as long, in minutes."""

    waited: float
    people: float


@dataclass(frozen=True, slots=True)
class Overtaking:
    """People a minute who will come later than somebody and be served before them."""

    always: float = 0.0
    at_first: float = 0.0
    """Beside those: so many until `until` minutes have passed."""
    until: float = 0.0
    seen: float = 1.0
    """Minutes in which they were counted."""
    least: float = 0.0
    """The share of the steps that goes to the oldest, whoever comes."""

    def speed(self, rate: float, *, after: float) -> float:
        """Return how many people nearer one gets a minute, after so many minutes, where `rate` are served."""
        return max(rate - self.per_minute(after=after), rate * self.least)

    def per_minute(self, *, after: float) -> float:
        """Return how many overtake then, a minute."""
        return self.always + (self.at_first if after < self.until else 0.0)


BY_NOBODY = Overtaking()


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Who joined in the last `minutes`: band, minutes by which their fair time is later than they joined, people."""

    minutes: float = 1.0
    counted: Sequence[tuple[int, float, int]] = ()

    def overtaking(self, *, band: int, later: float, floor: int) -> Overtaking:
        """Return who will overtake somebody whose fair time is `later` minutes from now."""
        better = sum(people for other, _, people in self.counted if other < band)
        beside = sum(people for other, behind, people in self.counted if other == band and behind < NOBODY_ELSE)
        if later < NOBODY_ELSE:
            beside, later = 0, 0.0
        return Overtaking(better / self.minutes, beside / self.minutes, later, self.minutes, 1 / floor)


NONE_LATELY = Arrivals()


def together(ahead: Iterable[Group], people: float) -> list[Group]:
    """Return the groups ahead, some `_GROUPS` of them, that make up `people`; who is in none has just come."""
    most, found, left = max(people / _GROUPS, 1.0), list[Group](), people
    for group in ahead:
        count = min(group.people, left)
        left -= count
        if count <= 0:
            continue
        if found and found[-1].people + count <= most:
            both = found[-1].people + count
            waited = (found[-1].waited * found[-1].people + group.waited * count) / both
            found[-1] = Group(waited, both)
        else:
            found.append(Group(group.waited, count))
    return [*found, Group(0.0, left)] if left > 0 else found


def reached(
    ahead: Sequence[Group], *, rate: float, patience: Patience, overtaken: Overtaking = BY_NOBODY
) -> tuple[float, float]:
    """Return after how many minutes the next place is reached, and the chance that the last before it is there then."""
    minutes, there = 0.0, 1.0
    for group in ahead:
        left = group.people
        while left > 0 and minutes < _LONGEST:
            there = patience.still_there(waited=group.waited, more=minutes)
            speed = overtaken.speed(rate, after=minutes)
            part = min(left, speed * max(_SHORT, _PART * minutes) / max(there, 1e-9))
            minutes += there * part / speed
            left -= part
    return minutes + 1 / overtaken.speed(rate, after=minutes), there
