"""`holdfast drill run guard/NAME`: plays one way of stealing in four houses, and prints the score."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import Progress

from holdfast.drills.crisis.scratch import scratch
from holdfast.drills.insiders import baselines, scenario, table
from holdfast.drills.insiders.scores import Played, Score, score
from holdfast.drills.insiders.world import World

SCALE, MODE = 0.1, "bulk200"


def run(
    named: str, *, mode: str | None, seed: int, scale: float | None, as_json: bool, in_memory: bool,
    progress: Callable[[], Progress],
) -> int:  # fmt: skip
    """Play a scenario and print what came of it. Raises `ScenarioError`."""
    size = SCALE if scale is None else scale
    world = World(scenario.scaled(scenario.load(named), by=size), mode or MODE, seed=seed)
    started = time.monotonic()
    scores = [score(world, played) for played in baselines.everybody(world)]
    if not in_memory:
        with progress() as shown:
            bar = shown.add_task(world.named, total=world.scenario.days)
            lived = _live(world, passed=lambda day: shown.update(bar, completed=day))
        scores.append(score(world, lived))
    seconds = time.monotonic() - started
    if as_json:
        sys.stdout.write(json.dumps(table.as_json(world, scores, scale=size, seconds=seconds)) + "\n")
    else:
        _show(world, scores, scale=size, seconds=seconds)
    return 0


def _live(world: World, *, passed: Callable[[float], None]) -> Played:
    """Play it in a house of its own. Imports are inside: only there Django may be loaded."""
    with scratch(canary_domain="letters.example"):
        from holdfast.drills.insiders.live import Live

        return Live(world).play(progress=passed)


def _show(world: World, scores: list[Score], *, scale: float, seconds: float) -> None:
    console, house = Console(), world.scenario.house
    console.print(f"[bold]{world.scenario.title}[/]\n{world.scenario.about}")
    console.print(f"{world.named}: {world.mode.about}. Everybody is made up; seed {world.seed}.")
    console.print(
        f"Scale {scale:g}: {len(world.handlers)} agents in {house.teams} teams of {house.vendors} employers,"
        f" {house.customers:,} customers, {world.scenario.days} days; a ring that grows to {len(world.ring)}."
        f" It took {seconds:.0f} s.\n"
    )
    console.print(table.table(scores, title="By house"))
    console.print(
        "\nLeaked: customers of whom a value was photographed. Found: cut off as a person, not with the"
        " whole employer. Told too many and too few: the list against the truth; seen is not leaked."
    )
