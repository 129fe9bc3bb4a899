"""Upper ends of waits, corrected by how the last ones came out: live conformal calibration. Pure.

What came of a wait that was told is a ratio: minutes it took over the upper end as reckoned. Of the ratios of the last
minutes the 90th percentile is the correction (split conformal prediction: Vovk, Gammerman and Shafer 2005). Who still
waits shows only that it took longer than so far, so the percentile is read off a product-limit curve. And as times
change, the percentile aimed at is moved by what share of the upper ends held lately (adaptive conformal inference:
Gibbs and Candès, NeurIPS 2021). Only what the house itself sees goes in.

Waits of a quiet hour say nothing about those of a crisis: each is corrected by how those came out that were about as
long (conformal prediction by groups, `COMPARABLE`). And where most give up, the few who were served in the end are too
few to learn from, but everybody's turn comes: when somebody who stood behind them is served (`Turns`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import log

AIM = 0.9
RECENT, HELD_LATELY = timedelta(minutes=20), timedelta(hours=2)
"""Ratios of waits that go on or ended so lately count; the share that held is taken of what was told so lately."""

COMPARABLE = 3.0
"""Waits are about as long when neither was reckoned more than so many times as long as the other."""

_FEWEST = 20
_FEWEST_THERE = 5  # of fewer at one time nothing is read, or the first few would decide about all
_NEVER = datetime.max.replace(tzinfo=UTC)
_LENGTHS = 2.0  # corrections are worked out for waits that differ by a factor of e so many times
_LEAST, _MOST = 0.3, 4.0  # no correction is beyond these
_LOWEST, _HIGHEST = 0.5, 0.98  # nor any percentile aimed at


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known by now of one wait that was told. Minutes: `reckoned` and `high` are upper ends, `took` so far.

    `reckoned` 0: no correction is learnt from it (`Reckoned.to_learn_from`).
    """

    told_at: datetime
    behind: bool
    """Told to somebody in a band behind the first."""
    reckoned: float
    high: float
    took: float
    served: bool
    """Their turn came, whether they were still there or not."""
    until: datetime | None = None
    """When it ended; `None`: it goes on."""

    def about(self, high: float) -> bool:
        """Tell whether this was reckoned to be about as long as an upper end of so many minutes."""
        reckoned = self.reckoned or self.high
        return reckoned <= high * COMPARABLE and high <= reckoned * COMPARABLE


class Turns:
    """When the turn of those in the first band came: once somebody who stands behind them is served.

    Only there: in the others somebody is served now and then because they are the oldest.
    """

    def __init__(self, served: Iterable[tuple[datetime, datetime]] = ()) -> None:
        self._moments: list[datetime] = []
        self._reached: list[datetime] = []
        for at, fair_at in served:
            self.add(at, fair_at)

    def add(self, at: datetime, fair_at: datetime) -> None:
        """Hear, in the order of time, that somebody of the first band was served."""
        self._moments.append(at)
        self._reached.append(max(fair_at, self._reached[-1]) if self._reached else fair_at)

    def came(self, fair_at: datetime, *, after: datetime) -> datetime | None:
        """Return when the turn of somebody came; `None`: it has not come, or came before `after`."""
        index = bisect_right(self._reached, fair_at)
        return self._moments[index] if index < len(self._moments) and self._moments[index] > after else None


@dataclass(frozen=True, slots=True)
class Corrections:
    """What an upper end is multiplied by, as it follows from outcomes at a moment."""

    outcomes: Sequence[Outcome] = ()
    at: datetime = _NEVER
    _known: dict[tuple[bool, int], float] = field(default_factory=dict, compare=False, repr=False)

    def of(self, band: int, high: float) -> float:
        """Return the correction for somebody of this band, whose upper end was reckoned as so many minutes."""
        kind = band > 0, round(_LENGTHS * log(max(high, 0.1)))
        if kind not in self._known:
            self._known[kind] = self._correction([o for o in self.outcomes if o.behind is kind[0] and o.about(high)])
        return self._known[kind]

    def _correction(self, alike: Sequence[Outcome]) -> float:
        recent = [o for o in alike if o.reckoned > 0 and (o.until is None or o.until > self.at - RECENT)]
        if sum(o.served for o in recent) < _FEWEST:
            return 1.0
        found = _percentile([self._spell(o) for o in recent], _aim(alike, self.at))
        return min(max(found, _LEAST), _MOST)

    def _spell(self, outcome: Outcome) -> tuple[float, float, bool]:
        """The part of a wait within `RECENT`, in ratios: from, to, and whether it ended with their turn."""
        to = max(outcome.took, 0.05) / outcome.reckoned
        before = ((self.at - RECENT) - outcome.told_at).total_seconds() / 60 / outcome.reckoned
        return min(max(before, 0.0), to), to, outcome.served


AS_RECKONED = Corrections()


def _aim(outcomes: Sequence[Outcome], at: datetime) -> float:
    """Aim as much higher than nine in ten as fewer than nine in ten held, and the other way round."""
    told = [o for o in outcomes if o.told_at > at - HELD_LATELY and (o.high > 1 or o.took > 1)]
    held = sum(o.served and o.took <= o.high for o in told)
    known = held + sum(o.took > o.high for o in told)
    share = (held + AIM * _FEWEST) / (known + _FEWEST)
    return min(max(2 * AIM - share, _LOWEST), _HIGHEST)


def _percentile(spells: Sequence[tuple[float, float, bool]], aim: float) -> float:
    """Return the ratio that a share of `aim` does not exceed; the highest when none is.

    Of each wait only the part counts that fell into the time looked at (the product-limit estimate with late entry of
    Kaplan and Meier 1958; Tsai, Jewell and Wang 1987). Else those who still wait would be there from all the time
    before, and those who were told with them and have been served since would not, so that waits would look longer.
    """
    begins, ends = sorted(begin for begin, _, _ in spells), sorted(end for _, end, _ in spells)
    share = 1.0
    for ratio, ended_there in sorted(Counter(end for _, end, ended in spells if ended).items()):
        there = bisect_left(begins, ratio) - bisect_left(ends, ratio)
        if there >= _FEWEST_THERE:
            share *= 1 - ended_there / there
        if share <= 1 - aim:
            return ratio
    return max(1.0, ends[-1])
