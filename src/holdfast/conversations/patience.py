"""How soon people give up waiting, from those who did and from those who did not yet.

Who was served, and who still waits, might have waited longer: their spells are cut off, not ended (censored). Who
stood there before we began to look is counted only from then on (late entry). Both are what the product-limit estimate
is for (Kaplan and Meier, Journal of the American Statistical Association 53, 1958, 457-481).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log

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


@dataclass(frozen=True, slots=True)
class Patience:
    """Givings-up per minute and waiting person, and how many that was learnt from."""

    rate: float = 0.0
    given_up: float = 0.0


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
    """Return the rate at which people give up: what the curve loses up to the longest wait it knows, per minute."""
    given_up = sum(spell.people for spell in spells if spell.gave_up)
    if given_up < FEWEST_GIVEN_UP:
        return STAYS
    curve = [(minute, share) for minute, share in survival(spells) if share > 0 and minute > 0]
    if not curve:
        return STAYS
    minute, share = curve[-1]
    return Patience(-log(share) / minute, given_up)
