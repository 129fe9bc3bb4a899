"""How long a place in line will take, as a range, from how fast the line really moved in the last hour. Pure.

Who leaves the line to be served makes one step. With R steps a minute and nobody who gives up, place n is reached after
n / R minutes. But those ahead give up meanwhile, and who has waited long already is more patient than who came just
now. So the line ahead is gone through in its order (`walking.py`): each of them takes 1 / R minutes if still there when
their turn comes, by the curve of patience and by how long they have waited, and so does whoever comes later and goes
first. It is the queue-length estimate with a rate of giving up that depends on the time waited (Whitt, Management
Science 45, 1999, 192-207; QL_m of Ibrahim and Whitt, M&SOM 11, 2009, 397-415), with a curve that is measured; where
everybody gives up at the rate theta, it is ln(1 + n theta / R) / theta.

How fast the line is remains uncertain: were n people to be served and k steps seen in T minutes, the wait would be T
times a gamma(n) over a gamma(k) variable, and little to go by makes a wide range. Steps that come in bursts (a lead
hands out twenty at once) tell less than as many single ones, so n and k then count bursts.

Nor is it known how the curve of patience goes on beyond the longest wait that was seen. The lower end supposes that
people give up as before, the upper end that those who are left are ever more patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil, sqrt

from holdfast.conversations.calibration import AS_RECKONED, Corrections
from holdfast.conversations.patience import STAYS, Patience
from holdfast.conversations.walking import BY_NOBODY, NONE_LATELY, Arrivals, Group, Overtaking, reached, together

FEWEST_STEPS = 5
FEWEST_BURSTS = 3.0
SHORTEST = timedelta(minutes=5)  # five people handed out in one minute say nothing about the next hour
WINDOW, NEWEST = timedelta(hours=1), 200
"""Steps that are looked at: older ones tell how the line moved then."""

AT_ONCE = timedelta(seconds=15)
"""Who stood in line for less was not held up: two who come together are taken together, by agents who were free."""

_STALLED = 0.001  # a pause as unlikely as this is no pause: the line stands
_Z90 = 1.2816  # standard normal, 90th percentile
_CHANGES = 0.06  # part by which the patience of those who wait now may differ from that of the hour before, at a guess
_LEAST_KNOWN = 1.0  # relative variance of the speed: no range is made wider by knowing still less
_BEYOND = 1.5  # so many times the longest wait that the curve of patience knows is far beyond it


@dataclass(frozen=True, slots=True)
class Wait:
    """Minutes from now: one in ten waits less than `low`, half more than `middle`, one in ten more than `high`."""

    low: int
    high: int
    middle: int = 0


@dataclass(frozen=True, slots=True)
class Served:
    """One step: when somebody was taken out of the line to be served, and since when they had stood there."""

    at: datetime
    band: int
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Cell:
    """People of one band and minute of fair time. `since`: when they joined, where that is another time."""

    band: int
    minute: datetime
    people: int
    since: datetime | None = None

    @property
    def joined_at(self) -> datetime:
        """Return when they joined, about."""
        return self.since or self.minute


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A range in minutes, before it is rounded."""

    low: float
    middle: float
    high: float
    foreseen: bool = True
    """Whether there is a wait, and people were seen to wait nearly as long. If not, others learn nothing from it."""

    @property
    def to_learn_from(self) -> float:
        """The upper end that the outcome is held against for corrections; 0 when nothing is to be learnt from it."""
        return self.high if self.foreseen else 0.0

    def told(self, *, correction: float = 1.0) -> Wait:
        """Return the range in whole minutes, its upper end corrected by how earlier ones came out."""
        high = max(1, ceil(self.high * correction))
        return Wait(min(int(self.low), high - 1), high, min(round(self.middle), high))


@dataclass(frozen=True, slots=True)
class Movement:
    """One line as it moved up to `at`."""

    at: datetime
    served: Sequence[Served]
    """The newest first, on a clock that hardly moves while nobody waits."""
    patience: Patience = STAYS
    standing: Sequence[Cell] = ()
    """In the order of the line."""
    arrivals: Arrivals = NONE_LATELY
    corrections: Corrections = AS_RECKONED

    def steps(self) -> Sequence[datetime]:
        """Return when people were served, of any band."""
        return [step.at for step in self.served]

    def ahead(self, *, before: tuple[int, datetime] | None = None) -> Iterator[Group]:
        """Give those who stand in the line, in its order, up to a band and time; those of that minute are left out."""
        for cell in self.standing:
            if before is not None and (cell.band, cell.minute) >= (
                before[0],
                before[1].replace(second=0, microsecond=0),
            ):
                return
            waited = (self.at - cell.joined_at).total_seconds() / 60 - 0.5
            yield Group(max(waited, 0.0), cell.people)

    def reckon(self, rank: tuple[int, datetime], *, ahead: int, older: int, floor: int) -> Reckoned | None:
        """Return how long somebody takes who stands at `rank`, behind `ahead` people, of whom `older` joined before.

        Whoever comes later and stands nearer goes first; but whatever the others do, every `floor`th case handed out is
        the oldest. `older` counts in any band.
        """
        band, fair_at = rank
        later = (fair_at - self.at).total_seconds() / 60
        by_rank = reckon(
            self.steps(),
            place=ahead + 1,
            at=self.at,
            patience=self.patience,
            ahead=self.ahead(before=rank),
            overtaken=self.arrivals.overtaking(band=band, later=later, floor=floor),
        )
        if band == 0:
            return by_rank
        by_floor = reckon(self.steps(), place=(older + 1) * floor, at=self.at, patience=self.patience)
        return min(filter(None, (by_rank, by_floor)), key=lambda found: found.high, default=None)


def busy(served: Sequence[Served], *, oldest: datetime | None) -> list[Served]:
    """Return the steps on a clock that hardly moves while nobody waits; the newest first, as they are given.

    While a line is empty its steps tell how many come, not how fast they are served. Between two steps somebody waited
    if one who was served later, or waits now (`oldest`: since when), had stood there for a while by then. Gaps in which
    nobody did are shortened to what the others last on average.
    """
    gaps: list[tuple[timedelta, bool]] = []
    for later, earlier in pairwise(served):
        oldest = later.joined_at if oldest is None else min(oldest, later.joined_at)
        gaps.append((later.at - earlier.at, oldest <= earlier.at - AT_ONCE))
    held = [gap for gap, waited in gaps if waited]
    empty = [gap for gap, waited in gaps if not waited]
    if not empty:
        return list(served)
    whole = sum((gap for gap, _ in gaps), timedelta()) / len(gaps)
    usual = (sum(held, timedelta()) + FEWEST_STEPS * whole) / (len(held) + FEWEST_STEPS)
    shorter = min(1.0, usual * len(empty) / max(sum(empty, timedelta()), timedelta(microseconds=1)))
    moments = [served[0].at]
    for gap, waited in gaps:
        moments.append(moments[-1] - (gap if waited else shorter * gap))
    return [Served(at, step.band, step.joined_at) for at, step in zip(moments, served, strict=True)]


def reckon(
    steps: Sequence[datetime],
    *,
    place: int,
    at: datetime,
    patience: Patience = STAYS,
    ahead: Iterable[Group] = (),
    overtaken: Overtaking = BY_NOBODY,
) -> Reckoned | None:
    """Return the range for `place` (1 is next) at the moment `at`, given when people were served lately (any order).

    `ahead`: how long those before it have waited, in their order; whoever is not in it has just come. `None` when
    fewer than `FEWEST_STEPS` were served, within less than `SHORTEST`, in too few bursts, or when the line has
    stopped: after half an hour without a step, the speed from before it is not the line's speed.
    """
    ages = sorted((at - step).total_seconds() for step in steps)
    if len(ages) < FEWEST_STEPS or ages[-1] < SHORTEST.total_seconds():
        return None
    # The oldest step begins the observation, so it is not counted in it.
    speed = _Speed((len(ages) - 1) / (ages[-1] / 60), _burst(ages), len(ages) - 1, overtaken)
    if speed.bursts < FEWEST_BURSTS or _stands(ages, speed.bursts):
        return None
    groups = together(ahead, place - 1)
    low, middle, high = speed.range(groups, place=place, patience=patience)
    if patience.minutes and high > patience.minutes[-1]:
        _, longer, high = speed.range(groups, place=place, patience=patience.if_lasting)
        middle = sqrt(middle * longer)
    foreseen = place > 1 and (not patience.minutes or middle <= _BEYOND * patience.minutes[-1])
    return Reckoned(low, middle, high, foreseen)


@dataclass(frozen=True, slots=True)
class _Speed:
    """How fast a line is: steps a minute, in bursts of so many, `counted` of them seen; and who overtakes."""

    rate: float
    burst: float
    counted: int
    overtaken: Overtaking

    @property
    def bursts(self) -> float:
        return self.counted / self.burst

    def range(self, ahead: Sequence[Group], *, place: int, patience: Patience) -> tuple[float, float, float]:
        """Return the 10th, 50th and 90th percentile of the minutes until `place` has its turn."""
        mean, last = reached(ahead, rate=self.rate, patience=patience, overtaken=self.overtaken)
        coming = self.overtaken.per_minute(after=mean / 2)
        nearer = self.overtaken.speed(self.rate, after=mean / 2)
        by_speed = min(1.0, place * last / (nearer * mean))  # per cent of change for one of the speed; else patience's
        # The shape of a gamma variable: those to be served, in bursts; giving up evens out what chance does before it.
        chance = (self.rate * self.burst + coming) * by_speed
        to_come = max(1.0, nearer**2 * mean / chance)
        of_speed = (self.rate**2 / self.bursts + coming / self.overtaken.seen) / nearer**2
        of_patience = 1 / max(patience.given_up, 1.0) + _CHANGES**2
        unsure = min(by_speed**2 * of_speed + (1 - by_speed) ** 2 * of_patience, _LEAST_KNOWN)
        low, middle, high = (mean * _f_percentile(2 * to_come, 2 / unsure, z) for z in (-_Z90, 0.0, _Z90))
        return low, middle, high


def _stands(ages: Sequence[float], bursts: float) -> bool:
    """Tell whether the pause since the last step is too long for the speed before it (a Lomax tail)."""
    moved = ages[-1] - ages[0]
    return bool((1 + ages[0] / max(moved, 1.0)) ** -bursts < _STALLED)


def _burst(ages: Sequence[float]) -> float:
    """Return how many steps come at once on average, at least 1, from the spread of the gaps between them.

    For groups of size s that come at random, the squared coefficient of variation of the gaps is 2s - 1.
    """
    gaps = [later - earlier for earlier, later in pairwise(ages)]
    mean = sum(gaps) / len(gaps)
    varies = sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1) / max(mean, 1e-6) ** 2
    return max(1.0, (varies + 1) / 2)


def _f_percentile(above: float, below: float, z: float) -> float:
    """Return a percentile of the F distribution, given as a standard normal's `z`.

    Paulson's approximation: the cube root of F is nearly a ratio of normals (Annals of Mathematical Statistics 13,
    1942, 233-235); solved here for the cube root.
    """
    a, b = 2 / (9 * above), 2 / (9 * below)
    square, linear, constant = (1 - b) ** 2 - z * z * b, (1 - a) * (1 - b), (1 - a) ** 2 - z * z * a
    root = sqrt(max(0.0, linear * linear - square * constant))
    return max(0.0, (linear + (root if z > 0 else -root)) / square) ** 3
