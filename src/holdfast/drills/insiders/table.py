"""The table of a play: four houses on the same days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.table import Table

from holdfast.drills.insiders.scores import Score
from holdfast.drills.insiders.world import World


def as_json(world: World, scores: Sequence[Score], *, scale: float, seconds: float) -> dict[str, Any]:
    """Return a play as JSON values."""
    house = world.scenario.house
    return {
        "drill": f"guard/{world.scenario.name}",
        "mode": world.named,
        "seed": world.seed,
        "scale": scale,
        "synthetic": True,
        "agents": len(world.handlers),
        "customers": house.customers,
        "ring": len(world.ring),
        "days": world.scenario.days,
        "seconds": round(seconds, 1),
        "houses": [each.as_json() for each in scores],
    }


def table(scores: Sequence[Score], *, title: str) -> Table:
    """Return the houses side by side, a measure in each line."""
    shown = Table("", *(each.house for each in scores), title=title, title_justify="left", box=None, pad_edge=False)
    for name, said in _LINES:
        shown.add_row(name, *(said(each) for each in scores))
    return shown


def _days(days: float | None) -> str:
    return "" if days is None else f" after {days:g} d"


def _minutes(score: Score) -> str:
    if score.minutes_to_no_access is None:
        return "nobody was cut off"
    if score.measured:
        return f"{score.minutes_to_no_access * 60:.2f} s"
    return f"{score.minutes_to_no_access:.0f} min, assumed"


def _hours(score: Score) -> str:
    if score.hours_to_list is None:
        return "no list"
    return f"{score.hours_to_list * 3600:.1f} s" if score.measured else f"{score.hours_to_list:.0f} h, as it was"


_LINES: tuple[tuple[str, Callable[[Score], str]], ...] = (
    ("values tried", lambda each: f"{each.tried:,}"),
    ("customers leaked", lambda each: f"{each.leaked:,}"),
    ("noticed", lambda each: f"{each.noticed} of {each.ring}{_days(each.days_to_notice)}"),
    ("found", lambda each: f"{each.found} of {each.ring}{_days(each.days_to_cut)}"),
    ("honest people noticed", lambda each: f"{each.wrongly_noticed}"),
    ("falsely cut off", lambda each: f"{each.falsely_cut}"),
    ("told too many", lambda each: f"{each.over:,}"),
    ("told too few", lambda each: f"{each.under:,}"),
    ("to no access", _minutes),
    ("to the list", _hours),
    ("values after the cut", lambda each: "not played" if each.after_cut is None else f"{each.after_cut:,}"),
    ("honest looks refused", lambda each: f"{each.hindered:,}"),
)
