"""Upper ends of waits, corrected by how the last ones came out: live conformal calibration. Pure.

What came of a wait that was told is a ratio: minutes it took over the upper end as reckoned. Of the ratios of the last
minutes the 90th percentile is the correction (split conformal prediction: Vovk, Gammerman and Shafer 2005). Who still
waits, or gave up, shows only that it took longer than so far, so the percentile is read off a product-limit curve. And
as times change, the percentile aimed at is moved by what share of the upper ends held lately (adaptive conformal
inference: Gibbs and Candès, NeurIPS 2021). Only what the house itself sees goes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

AIM = 0.9
RECENT, HELD_LATELY = timedelta(minutes=20), timedelta(hours=2)
"""Ratios of waits that go on or ended so lately count; the share that held is taken of what was told so lately."""

_FEWEST = 20
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
    until: datetime | None = None
    """When it ended; `None`: it goes on."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What an upper end is multiplied by, in the first band and behind it."""

    first: float = 1.0
    behind: float = 1.0

    def of(self, band: int) -> float:
        """Return the correction for somebody of this band."""
        return self.behind if band > 0 else self.first


AS_RECKONED = Corrections()


def corrections_of(outcomes: Sequence[Outcome], *, at: datetime) -> Corrections:
    """Return the corrections that follow at the moment `at`."""
    return Corrections(*(_correction([o for o in outcomes if o.behind is behind], at) for behind in (False, True)))


def _correction(outcomes: Sequence[Outcome], at: datetime) -> float:
    recent = [o for o in outcomes if o.reckoned > 0 and (o.until is None or o.until > at - RECENT)]
    if sum(o.served for o in recent) < _FEWEST:
        return 1.0
    found = _percentile([(max(o.took, 0.05) / o.reckoned, o.served) for o in recent], _aim(outcomes, at))
    return min(max(found, _LEAST), _MOST)


def _aim(outcomes: Sequence[Outcome], at: datetime) -> float:
    """Aim as much higher than nine in ten as fewer than nine in ten held, and the other way round."""
    told = [o for o in outcomes if o.told_at > at - HELD_LATELY and (o.high > 1 or o.took > 1)]
    held = sum(o.served and o.took <= o.high for o in told)
    known = held + sum(o.took > o.high for o in told)
    share = (held + AIM * _FEWEST) / (known + _FEWEST)
    return min(max(2 * AIM - share, _LOWEST), _HIGHEST)


def _percentile(ratios: Sequence[tuple[float, bool]], aim: float) -> float:
    """Return the ratio that a share of `aim` does not exceed (Kaplan and Meier 1958); the highest when none is."""
    ordered = sorted(ratios, key=lambda each: (each[0], not each[1]))
    share = 1.0
    for index, (ratio, ended) in enumerate(ordered):
        if ended:
            share *= 1 - 1 / (len(ordered) - index)
            if share <= 1 - aim:
                return ratio
    return max(1.0, ordered[-1][0])
