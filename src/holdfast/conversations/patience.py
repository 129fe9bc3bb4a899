"""How soon people give up waiting, from those who did and from those who did not yet.

Who was served, and who still waits, might have waited longer: their spells are cut off, not ended (censored). Who
stood there before we began to look is counted only from then on (late entry). Both are what the product-limit estimate
is for (Kaplan and Meier, Journal of the American Statistical Association 53, 1958, 457-481).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from math import exp, log, sqrt

FEWEST_GIVEN_UP = 8.0
"""With fewer nothing can be said, and everybody counts as staying."""

_AT_RISK = 5.0  # people; where fewer have waited as long, the curve is chance


@dataclass(frozen=True, slots=True)
class Spell:
    """People who waited from `entered` to `left`, minutes since they joined. `gave_up`: they went by themselves."""

    entered: float
    left: float
    gave_up: bool
    people: float = 1.0

    @classmethod
    def going_on(cls, minute: datetime, people: float, *, since: datetime, at: datetime) -> Spell:
        """Return the wait of those who joined in a minute and wait at `at`, looked at from `since` on."""
        looked_from, so_far = ((moment - minute).total_seconds() / 60 for moment in (since, at))
        return cls(max(looked_from, 0.0), so_far, False, people)


@dataclass(frozen=True, slots=True)
class Patience:
    """Givings-up per minute and waiting person, and how many that was learnt from.

    `minutes`, `logs`: the curve of those who still wait, as logarithms. Without it everybody gives up at `rate`,
    however long they have waited; with it, `rate` is what its end loses, for waits longer than any that was seen.
    `lasting`: beyond its end givings-up grow rarer, with the root of the time waited, since the patient are left over.
    """

    rate: float = 0.0
    given_up: float = 0.0
    minutes: tuple[float, ...] = ()
    logs: tuple[float, ...] = ()
    lasting: bool = False

    @property
    def if_lasting(self) -> Patience:
        """The same curve, with those who are left at its end more patient than those who went."""
        return replace(self, lasting=True)

    def still_there(self, *, waited: float, more: float) -> float:
        """Return the chance that somebody who has waited `waited` minutes is there after `more` of them."""
        return exp(self._log(waited + more) - self._log(waited))

    def _log(self, minute: float) -> float:
        index = bisect_right(self.minutes, minute)
        if index == len(self.minutes):
            last, known = (self.minutes[-1], self.logs[-1]) if self.minutes else (0.0, 0.0)
            if self.lasting and last > 0:
                return known - self.rate * 2 * (sqrt(minute * last) - last)
            return known - self.rate * (minute - last)
        after, log_after = self.minutes[index], self.logs[index]
        before, log_before = (self.minutes[index - 1], self.logs[index - 1]) if index else (0.0, 0.0)
        return log_before + (log_after - log_before) * (minute - before) / (after - before)


STAYS = Patience()


def survival(spells: Sequence[Spell]) -> list[tuple[float, float]]:
    """Return the curve as (minutes, share who still wait unless served), a point at each time somebody gave up."""
    entered = sorted((spell.entered, spell.people) for spell in spells)
    left = sorted(((spell.left, spell.gave_up, spell.people) for spell in spells), key=lambda each: each[0])
    curve, share, at_risk, index = [], 1.0, 0.0, 0
    for minute, leaving in groupby(left, key=lambda each: each[0]):
        while index < len(entered) and entered[index][0] < minute:
            at_risk += entered[index][1]
            index += 1
        gone = list(leaving)
        given_up = sum(people for _, gave_up, people in gone if gave_up)
        if at_risk < _AT_RISK:
            break
        if given_up:
            share *= max(1 - given_up / at_risk, 0.0)
            curve.append((minute, share))
        at_risk -= sum(people for *_, people in gone)
        if share <= 0:
            break
    return curve


def patience_of(spells: Sequence[Spell]) -> Patience:
    """Return how people give up. Beyond the longest wait it knows, the second half of the curve goes on."""
    given_up = sum(spell.people for spell in spells if spell.gave_up)
    if given_up < FEWEST_GIVEN_UP:
        return STAYS
    curve = [(minute, log(share)) for minute, share in survival(spells) if share > 0 and minute > 0]
    if not curve:
        return STAYS
    minutes, logs = zip(*curve, strict=True)
    middle = bisect_right(minutes, minutes[-1] / 2)
    since, lost = (minutes[middle - 1], logs[middle - 1]) if middle else (0.0, 0.0)
    return Patience((lost - logs[-1]) / (minutes[-1] - since), given_up, minutes, logs)
