"""What a house did about it, counted from the truth of the world alone."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from holdfast.drills.insiders.world import World


@dataclass(slots=True)
class Played:
    """What happened in one house. `leaked`: customers whose value was photographed, with the day of the first time.

    `noticed`: workers with the days on which something about them was told to a person. `cut`: with the day.
    `told`: whom the house lists in the end. `outcry`: everybody of the employer was cut off at the demand
    for money, for want of anything better.
    """

    house: str
    leaked: dict[int, int] = field(default_factory=dict)
    tried: int = 0
    noticed: dict[int, set[int]] = field(default_factory=dict)
    cut: dict[int, int] = field(default_factory=dict)
    outcry: bool = False
    told: set[int] = field(default_factory=set)
    minutes_to_no_access: float | None = None
    hours_to_list: float | None = None
    measured: bool = False
    hindered: int = 0
    """Honest looks that were refused."""
    after_cut: int | None = None
    """Values that an open page of somebody who was cut off still got; not played in usual houses."""


@dataclass(frozen=True, slots=True)
class Score:
    """One row. Days are from when somebody began. `minutes` and `hours` are as the scenario says, unless measured."""

    house: str
    leaked: int
    tried: int
    ring: int
    noticed: int
    days_to_notice: float | None
    found: int
    days_to_cut: float | None
    wrongly_noticed: int
    falsely_cut: int
    over: int
    under: int
    minutes_to_no_access: float | None
    hours_to_list: float | None
    measured: bool
    hindered: int
    after_cut: int | None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def score(world: World, played: Played) -> Score:
    """Count. Leads who gave cases to the ring belong to it where the way of stealing needs them."""
    guilty = set(world.ring) | world.complicit()
    noticed = {
        each: min(since)
        for each, days in played.noticed.items()
        if each in guilty and (since := {day for day in days if day >= (_begun(world, each) or 0)})
    }
    # Who went with everybody else of the employer was not found.
    ransom = world.scenario.ransom.day
    cut = {each: day for each, day in played.cut.items() if each in guilty and not (played.outcry and day >= ransom)}
    return Score(
        house=played.house,
        leaked=len(played.leaked),
        tried=played.tried,
        ring=len(guilty),
        noticed=len(noticed),
        days_to_notice=_median(world, noticed),
        found=len(cut),
        days_to_cut=_median(world, cut),
        wrongly_noticed=len(played.noticed.keys() - guilty),
        falsely_cut=len(played.cut.keys() - guilty),
        over=len(played.told - played.leaked.keys()),
        under=len(played.leaked.keys() - played.told),
        minutes_to_no_access=played.minutes_to_no_access,
        hours_to_list=played.hours_to_list,
        measured=played.measured,
        hindered=played.hindered,
        after_cut=played.after_cut,
    )


def _median(world: World, days: Mapping[int, int]) -> float | None:
    took = [day - begun for each, day in days.items() if (begun := _begun(world, each)) is not None]
    return statistics.median(took) if took else None


def _begun(world: World, worker: int) -> int | None:
    if worker in world.ring:
        return world.ring[worker]
    helped: Collection[int] = [day for each, day in world.ring.items() if world.lead_of(each) == worker]
    return min(helped, default=None)
