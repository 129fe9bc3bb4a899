"""What is usual for many series at once. One row is one series; every step works on all rows together.

The usual rate of a slot (a quarter of an hour, say) of the week is a robust mean of the same slot in the last weeks.
Where weeks are missing it leans on the same time of alike days, then of all days, then on the whole: each estimate
is weighed by its own variance (empirical Bayes), so the first hour and the tenth week are the same code. A slow
level, followed by a Kalman filter on the log scale, carries growth and unusually busy days. Noise is over-dispersed:
the variance of a count with mean m is m + phi m^2, with phi estimated from the residuals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from holdfast.kit.series.calendar import DAY_TYPES, Calendar, moment_of
from holdfast.kit.series.packing import grown, packed, unpacked

Floats = NDArray[np.float64]

WEEKDAYS: Final = (0, 1, 2, 3, 4)
ALIKE: Final = {**dict.fromkeys(WEEKDAYS, WEEKDAYS), 5: (5, 6), 6: (5, 6), 7: (6, 7)}
"""Day type to the day types that resemble it. A holiday nobody has seen yet is taken for a Sunday."""

# How far the rate of one slot lies from that of its betters, as a variance relative to the squared rate.
FROM_ALIKE: Final = 0.04
FROM_ANY_DAY: Final = 0.4
FROM_WHOLE: Final = 1.5
MOST_RATE: Final = 65_000.0  # contacts per minute; what the history's half precision can hold
KNOWING_NOTHING: Final = 9.0
OLDER_WEEK: Final = 0.85  # the weight of a week beside the one after it

FIRST_RATE: Final = 1.0  # contacts per minute, before anything was counted
FIRST_SURPRISE: Final = 3.0  # how far off, per minute, the rest of the very first day may be
FIRST_PHI: Final = 0.1
PHI_BLOCK: Final = 5  # minutes
PHI_KEEP: Final = 0.5 ** (PHI_BLOCK / (7 * 1440))  # a week counts half
FIRST_BLOCKS: Final = 24  # the weight of FIRST_PHI, in blocks
OUTLYING: Final = 3.0  # standard deviations

LEVEL_KEEP_A_DAY: Final = 0.5
LEVEL_WANDER_A_DAY: Final = 0.02  # variance of the log level
LEVEL_REACH: Final = 1.4  # of the log level: a factor of four
STEP: Final = 3.0  # slots that differ more than this do not flow into one another (opening time)


class Baselines:
    """The usual rates of many series. Rows are added with `add`; `learn` takes one count per row."""

    def __init__(self, *, calendar: Calendar | None = None, slot_minutes: int = 15, weeks: int = 6) -> None:
        if 60 % slot_minutes or slot_minutes < PHI_BLOCK:
            raise ValueError("slot_minutes divides an hour and is at least 5")
        self.calendar = calendar or Calendar()
        self.slot_minutes = slot_minutes
        self.weeks = weeks
        self.minute: int | None = None
        """The last minute learnt, since 1970."""
        self._history: NDArray[np.float16] = np.zeros((0, DAY_TYPES, 1440 // slot_minutes, weeks), np.float16)
        self._slot_sum, self._slot_minutes, self._slot_calm = np.zeros(0), np.zeros(0), np.zeros(0)
        self._whole_sum, self._whole_minutes = np.zeros(0), np.zeros(0)
        self._block_sum, self._block_mean, self._block_error = np.zeros(0), np.zeros(0), np.zeros(0)
        self._phi_sum, self._phi_weight, self._slot_phi = np.zeros(0), np.zeros(0), np.zeros(0)
        self._level, self._level_variance = np.zeros(0), np.zeros(0)
        self._usual_by_slot: dict[int, tuple[Floats, Floats]] = {}
        self._usual_by_minute: dict[int, tuple[Floats, Floats]] = {}

    _ROWS = (
        *("_slot_sum", "_slot_minutes", "_slot_calm", "_whole_sum", "_whole_minutes"),
        *("_block_sum", "_block_mean", "_block_error", "_phi_sum", "_phi_weight", "_slot_phi"),
        *("_level", "_level_variance"),
    )

    def __len__(self) -> int:
        return len(self._level)

    @property
    def nbytes(self) -> int:
        """Bytes that the series hold."""
        return int(self._history.nbytes + sum(getattr(self, name).nbytes for name in self._ROWS))

    def add(self, rows: int = 1, *, silent: bool = False) -> None:
        """Add series of which nothing is known, or `silent` ones: they were listened to all the time row 0 was."""
        before = len(self)
        self._history = grown(self._history, rows, np.nan)
        for name in self._ROWS:
            setattr(self, name, grown(getattr(self, name), rows))
        if silent and before:
            self._history[before:] = self._history[0] * np.float16(0)  # unknown stays unknown
            self._whole_minutes[before:] = self._whole_minutes[0]
            self._slot_minutes[before:] = self._slot_minutes[0]
            self._level_variance[before:] = self._level_variance[0]
        self._forget()

    def _forget(self) -> None:
        self._usual_by_slot, self._usual_by_minute = {}, {}

    # What is usual

    def phi(self) -> Floats:
        """Return the over-dispersion of each series: the squared relative standard deviation beyond Poisson's."""
        return np.asarray(np.clip(self._phi_sum / np.maximum(self._phi_weight, 1e-9), 0.0, 4.0))

    def usual(self, minute: int) -> tuple[Floats, Floats]:
        """Return the mean count of one minute (since 1970) per series, and the squared relative error of that mean."""
        if minute not in self._usual_by_minute:
            self._usual_by_minute = {minute: self._flow(minute)}
        return self._usual_by_minute[minute]

    def _flow(self, minute: int) -> tuple[Floats, Floats]:
        """The rate flows from the middle of one slot to the middle of the next, unless there is a step between."""
        slot, within = divmod(minute, self.slot_minutes)
        here, error = self._slot(slot)
        place = (within + 0.5) / self.slot_minutes - 0.5
        there, _ = self._slot(slot - 1 if place < 0 else slot + 1)
        flows = (there < STEP * here) & (here < STEP * there)
        mean = np.where(flows, here + (there - here) * abs(place), here)
        ahead = max(0, minute - (self.minute if self.minute is not None else minute)) / 1440
        kept = LEVEL_KEEP_A_DAY**ahead
        return mean * np.exp(self._level * kept), error + self._level_variance + LEVEL_WANDER_A_DAY * (1 - kept)

    def usual_over(self, minute: int, minutes: int) -> tuple[Floats, Floats]:
        """Return mean and standard deviation, per series, of the count in `minutes` minutes from `minute` on.

        Noise and errors of neighbouring minutes are taken as wholly dependent: the band is rather too wide.
        """
        mean, error = self.usual(minute)
        for later in range(minute + 1, minute + minutes):
            more, error_of_more = self.usual(later)
            mean, error = mean + more, np.maximum(error, error_of_more)
        return mean, np.sqrt(mean + (self.phi() + error) * mean**2)

    def _slot(self, slot: int) -> tuple[Floats, Floats]:
        if slot not in self._usual_by_slot:
            if len(self._usual_by_slot) > 6:
                self._usual_by_slot.clear()
            day, at = self.calendar.place(moment_of(slot * self.slot_minutes))
            self._usual_by_slot[slot] = self._weigh(day, at // self.slot_minutes)
        return self._usual_by_slot[slot]

    def _weigh(self, day: int, slot: int) -> tuple[Floats, Floats]:
        """From the whole down to this very slot of the week: each time two estimates, weighed by their variances."""
        # All that goes in here changes only when a slot closes: what is remembered can be worked out again.
        new = self._whole_minutes == 0
        minutes = np.where(new, self._slot_minutes, self._whole_minutes)
        seen = np.where(new, self._slot_sum, self._whole_sum)
        noise = 1.0 / np.maximum(minutes, 1.0)
        prior = KNOWING_NOTHING * np.maximum(FIRST_RATE, seen * noise) ** 2
        unheard = np.maximum(0.0, 1 - minutes / 1440)  # of the first day: what a night says of the morning is little
        own = np.maximum(seen, 0.5) * noise**2 + 0.05 * (seen * noise) ** 2
        trust = np.where(minutes > 0, prior / (prior + own), 0.0)
        mean = trust * seen * noise + (1 - trust) * FIRST_RATE
        variance = (1 - trust) * prior + FIRST_SURPRISE**2 * unheard
        same, alike = self._history[:, day, slot, :], self._history[:, list(ALIKE[day]), slot, :2]
        any_day = self._history[:, :, slot, 0].astype(np.float64)
        near = alike.reshape(len(self), -1).astype(np.float64)
        own_weeks = same.astype(np.float64)
        steps = ((any_day, FROM_WHOLE, 1.0), (near, FROM_ANY_DAY, 1.0), (own_weeks, FROM_ALIKE, OLDER_WEEK))
        for values, apart, ageing in steps:
            mean, variance = self._lean(values, mean=mean, variance=variance, apart=apart, ageing=ageing)
        return mean, variance / np.maximum(mean, 1e-9) ** 2

    def _lean(
        self, values: Floats, *, mean: Floats, variance: Floats, apart: float, ageing: float
    ) -> tuple[Floats, Floats]:
        """Weigh the robust mean of `values` (rates, NaN unknown) against what was believed before."""
        noise = 1.0 / self.slot_minutes
        centre, effective = robust_mean(values, noise=noise, phi=self._slot_phi, near=mean, ageing=ageing)
        scale = np.maximum(np.maximum(centre, mean), 0.2 / self.slot_minutes)
        own = (scale / self.slot_minutes + (0.02 + self._slot_phi) * scale**2) / np.maximum(effective, 1e-9)
        before = variance + apart * scale**2
        trust = np.where(effective > 0, before / (before + own), 0.0)
        # Without any value of its own a slot is as its betters are, and known as much worse as slots differ.
        return trust * centre + (1 - trust) * mean, np.where(effective > 0, (1 - trust) * before, before)

    # Learning

    def learn(
        self, minute: int, counts: Floats, *, ignore: NDArray[np.bool_], doubt: NDArray[np.bool_] | None = None
    ) -> None:
        """Take in one minute, later than all before (`ValueError` otherwise).

        Rows in `ignore` learn nothing from it: people have said that this is no ordinary time. Rows in `doubt`
        remember it for their weeks, where it can be outvoted, but neither level nor noise follow it.
        """
        if self.minute is not None:
            if minute <= self.minute:
                raise ValueError("minutes come in order")
            if minute // PHI_BLOCK != self.minute // PHI_BLOCK:
                self._close_block()
            if minute // self.slot_minutes != self.minute // self.slot_minutes:
                self._close_slot(self.minute // self.slot_minutes)
        mean, error = self.usual(minute)
        heard = ~ignore
        calm = heard if doubt is None else heard & ~doubt
        self._block_sum += np.where(calm, counts, 0.0)
        self._block_mean += np.where(calm, mean, 0.0)
        self._block_error = error
        self._slot_sum += np.where(heard, counts, 0.0)
        self._slot_minutes += heard
        self._slot_calm += calm
        self.minute = minute
        if not self._whole_minutes.all():
            self._forget()  # in its first slot a series is known by nothing but that slot

    def accept(self, row: int, *, ratio: float) -> None:
        """Take `ratio` times the usual as the usual of this series from now on."""
        self._level[row] = np.clip(self._level[row] + np.log(max(ratio, 1e-3)), -LEVEL_REACH, LEVEL_REACH)
        self._level_variance[row] = LEVEL_WANDER_A_DAY
        self._forget()

    def _close_block(self) -> None:
        """Learn the over-dispersion by its moments; far outliers count as far, not as infinitely far.

        What the baseline itself did not know yet is not noise: it is taken off, and such blocks weigh less.
        """
        mean, phi, error = self._block_mean, self.phi(), self._block_error
        known = mean > 0.05
        safe = np.where(known, mean, 1.0)
        variance = safe + (phi + error) * safe**2
        excess = np.minimum((self._block_sum - mean) ** 2, OUTLYING**2 * variance) - mean - error * mean**2
        weight = np.where(known, 1.0 / (1.0 / safe + np.maximum(phi, 0.01) + error) ** 2, 0.0)
        fresh = known & (self._phi_weight == 0)
        self._phi_weight = np.where(fresh, FIRST_BLOCKS * weight, self._phi_weight)
        self._phi_sum = np.where(fresh, FIRST_PHI * FIRST_BLOCKS * weight, self._phi_sum)
        self._phi_sum = PHI_KEEP * self._phi_sum + weight * excess / safe**2
        self._phi_weight = PHI_KEEP * self._phi_weight + weight
        self._block_sum, self._block_mean = np.zeros(len(self)), np.zeros(len(self))

    def _close_slot(self, slot: int) -> None:
        day, at = self.calendar.place(moment_of(slot * self.slot_minutes))
        usual, _ = self._slot(slot)
        heard = self._slot_minutes >= self.slot_minutes / 3
        rate = np.minimum(self._slot_sum / np.maximum(self._slot_minutes, 1.0), MOST_RATE)
        self._follow_level(usual=usual, rate=rate, calm=self._slot_calm >= self.slot_minutes / 3)
        lane = self._history[:, day, at // self.slot_minutes, :]
        moved = np.concatenate([rate[:, None].astype(np.float16), lane[:, :-1]], axis=1)
        self._history[:, day, at // self.slot_minutes, :] = np.where(heard[:, None], moved, lane)
        tame = np.minimum(self._slot_sum, (4 * usual * np.exp(self._level) + 1) * self._slot_minutes)
        tame = np.where(self._whole_minutes < 1440, self._slot_sum, tame)  # the first day knows nothing to be tamed by
        week = 0.5 ** (self.slot_minutes / (7 * 1440))
        first = self._whole_minutes == 0
        self._whole_sum = np.where(first, self._slot_sum, week * self._whole_sum + tame)
        self._whole_minutes = week * self._whole_minutes + self._slot_minutes
        self._slot_sum, self._slot_minutes, self._slot_calm = (np.zeros(len(self)) for _ in range(3))
        self._slot_phi = self.phi()
        self._forget()

    def _follow_level(self, *, usual: Floats, rate: Floats, calm: NDArray[np.bool_]) -> None:
        """One step of a Kalman filter on the log of rate over usual; surprising steps are cut to three deviations.

        The error is relative, not a logarithm: that one is biased downwards by noise.
        """
        days = self.slot_minutes / 1440
        keep = LEVEL_KEEP_A_DAY**days
        level = keep * self._level
        variance = keep**2 * self._level_variance + LEVEL_WANDER_A_DAY * (1 - keep**2)
        count = usual * self.slot_minutes
        noise = 1.0 / np.maximum(count, 0.1) + self.phi()
        gain = np.where(calm, variance / (variance + noise), 0.0)
        expected = count * np.exp(level)
        error = (rate * self.slot_minutes - expected) / (expected + 0.5)
        reach = OUTLYING * np.sqrt(variance + noise)
        self._level = np.clip(level + gain * np.clip(error, -reach, np.minimum(reach, 1.0)), -LEVEL_REACH, LEVEL_REACH)
        self._level_variance = (1 - gain) * variance

    # State

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON values."""
        return {
            "slot_minutes": self.slot_minutes,
            "weeks": self.weeks,
            "minute": self.minute,
            "history": packed(self._history),
            "rows": {name.strip("_"): packed(getattr(self, name)) for name in self._ROWS},
        }

    @classmethod
    def load(cls, state: Mapping[str, Any], *, calendar: Calendar | None = None) -> Baselines:
        """Return the baselines that `dump` described. The calendar is configuration, not state."""
        made = cls(calendar=calendar, slot_minutes=int(state["slot_minutes"]), weeks=int(state["weeks"]))
        made.minute = state["minute"]
        made._history = unpacked(state["history"])
        for name in cls._ROWS:
            setattr(made, name, unpacked(state["rows"][name.strip("_")]))
        return made


def robust_mean(
    values: Floats, *, noise: float, phi: Floats, near: Floats, ageing: float = 1.0
) -> tuple[Floats, Floats]:
    """Return per row a mean of `values` (NaN unknown) without outliers, and how many values it rests on.

    The median decides what is an outlier (further off than three standard deviations of a count); the mean of the
    rest is returned, because medians of small counts are biased. Each value weighs `ageing` times the one before it.
    With fewer than three values there is no majority, and `near` votes as one more.
    """
    known = ~np.isnan(values)
    number = known.sum(axis=1)
    with_near = np.concatenate([values, np.where(number < 3, near, np.nan)[:, None]], axis=1)
    ordered = np.sort(with_near, axis=1)  # NaN last
    total = number + (number < 3)
    rows = np.arange(len(values))
    upper = ordered[rows, np.maximum(total // 2, 0).clip(max=ordered.shape[1] - 1)]
    lower = ordered[rows, np.maximum((total - 1) // 2, 0)]
    median = np.nan_to_num((upper + lower) / 2)
    reach = OUTLYING * np.sqrt(np.maximum(median, noise) * noise + (0.02 + phi) * median**2)
    kept = known & (np.abs(values - median[:, None]) <= reach[:, None])
    weight = kept * ageing ** np.arange(values.shape[1])
    effective = weight.sum(axis=1)
    mean = np.nansum(np.where(kept, values, 0.0) * weight, axis=1) / np.maximum(effective, 1e-9)
    # Where everything is an outlier to everything, the median is all there is.
    alone = (effective == 0) & (number > 0)
    return np.where(alone, median, mean), np.where(alone, 0.5, effective)
