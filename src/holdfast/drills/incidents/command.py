"""`holdfast drill run incident/NAME`: plays every team of a case, each in an empty house, and prints the score."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from rich.console import Console
from rich.progress import Progress, TaskID

from holdfast.drills.crisis.scratch import emptied, scratch
from holdfast.drills.incidents import loading, table
from holdfast.drills.incidents.scenario import Case
from holdfast.drills.incidents.scores import Score, score
from holdfast.drills.incidents.sink import mail_server
from holdfast.drills.incidents.timeline import Timeline
from holdfast.drills.incidents.world import World, make

Plays = list[tuple[Score, Timeline]]


def run(
    named: str, *, seed: int, scale: float, speed: float | None, as_json: bool, progress: Callable[[], Progress]
) -> int:
    """Play a case and print what came of it; 1 when somebody was lost or reached twice. Raises `ScenarioError`."""
    case = loading.scaled(loading.load(named), by=scale)
    world, started = make(case, seed=seed), time.monotonic()
    with progress() as shown:
        bars: dict[str, TaskID] = {}

        def passed(team: str, minute: float) -> None:
            if team not in bars:
                bars[team] = shown.add_task(team, total=case.minutes)
            shown.update(bars[team], completed=minute)

        plays = played(world, speed=speed, passed=passed)
    if as_json:
        sys.stdout.write(json.dumps(table.as_json(case, seed=seed, scale=scale, plays=plays)) + "\n")
    else:
        _show(case, plays, seed=seed, scale=scale, seconds=time.monotonic() - started)
    return 1 if any(one.lost or one.twice for one, _ in plays) else 0


def played(world: World, *, speed: float | None, passed: Callable[[str, float], None]) -> Plays:
    """Play every team of a case in a desk of its own. Imports are inside: only there Django may be loaded."""
    plays: Plays = []
    with ExitStack() as stack:
        sink = stack.enter_context(mail_server())
        stack.enter_context(scratch(mail_url=f"smtp://127.0.0.1:{sink.port}"))
        from holdfast.drills.incidents.live import Live

        for script in world.case.teams:
            emptied()
            timeline = Live(world, script, sink=sink, speed=speed).play(progress=partial(passed, script.name)).timeline
            plays.append((score(timeline), timeline))
    return plays


def _show(case: Case, plays: Plays, *, seed: int, scale: float, seconds: float) -> None:
    console = Console()
    console.print(f"[bold]{case.title}[/]\n{case.about}", highlight=False)
    console.print(
        f"{case.contacts.number:,} contacts of {case.people.number:,} people, seed {seed}, scale {scale:g}; each stands"
        f" for {case.contacts.stands_for:,.0f}. {table.SYNTHETIC[0].upper()}{table.SYNTHETIC[1:]}.\n",
        highlight=False,
    )
    console.print(table.table([one for one, _ in plays], title="What people heard, by team"))
    console.print()
    for script in case.teams:
        console.print(f"{script.name}: {script.about}", highlight=False)
    for one, timeline in plays:
        for sentence in table.sentences(one, timeline):
            console.print(sentence, highlight=False, markup=False)
    console.print(f"Facts and words: {'; '.join(case.sources)}. It took {seconds:.0f} s.", highlight=False)
