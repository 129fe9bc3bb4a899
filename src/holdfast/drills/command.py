"""`holdfast drill`: reads arguments, calls the room."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from holdfast.drills.crisis import scenario, table, texts, world
from holdfast.drills.crisis.scenario import Scenario, ScenarioError
from holdfast.drills.incidents import command as incidents
from holdfast.drills.incidents import loading
from holdfast.drills.incidents.scenario import Case
from holdfast.drills.insiders import command as insiders
from holdfast.drills.insiders import scenario as rings

if TYPE_CHECKING:
    from holdfast.drills.crisis.live import Lived


def main(arguments: Sequence[str]) -> int:
    """Run `holdfast drill ARGUMENTS` and return the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        return _list(chosen) if chosen.action == "list" else _run(chosen)
    except ScenarioError as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="holdfast drill", description="Play a crisis or an incident and keep score.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="name the scenarios")
    listed.add_argument("--json", action="store_true", help="as one JSON list")
    run = actions.add_parser("run", help="play one of them; all people in it are synthetic")
    run.add_argument(
        "scenario", help="shield/NAME, incident/NAME or guard/NAME as listed, or the path of a .toml file of your own"
    )
    run.add_argument("--seed", type=int, default=0, metavar="S", help="another seed, other people (default 0)")
    run.add_argument(
        "--scale",
        type=float,
        metavar="X",
        help="size; default 1 in memory and for incidents, 0.1 for a shield through the real door and for guard",
    )
    run.add_argument("--mode", metavar="M", help="of a guard scenario: bulk200, drip5, own_cases or pretext")
    run.add_argument("--speed", type=float, metavar="N", help="at most N simulated seconds a second")
    run.add_argument("--in-memory", action="store_true", help="only compare policies in memory; no door, no database")
    run.add_argument("--texts", type=Path, metavar="DIR", help="directory of real questions (banking77/train.csv)")
    run.add_argument("--json", action="store_true", help="print one line of JSON")
    return parser


def _list(chosen: argparse.Namespace) -> int:
    crises = [(f"shield/{name}", scenario.load(name)) for name in scenario.names()]
    cases = [(f"incident/{name}", loading.load(f"incident/{name}")) for name in loading.names()]
    guards = [(f"{rings.PREFIX}/{name}", rings.load(name)) for name in rings.names()]
    known: list[tuple[str, Scenario | Case | rings.Scenario]] = [*crises, *cases, *guards]
    if chosen.json:
        told = [{"name": name, "title": s.title, "kind": s.kind, "about": s.about} for name, s in known]
        sys.stdout.write(json.dumps(told) + "\n")
        return 0
    listed = Table("Name", "Kind", "What happens", box=None, pad_edge=False)
    for name, one in known:
        listed.add_row(name, one.kind, one.about)
    Console().print(listed)
    return 0


def _run(chosen: argparse.Namespace) -> int:
    console = Console(stderr=True)
    if loading.is_case(chosen.scenario):
        return _run_incident(chosen, console)
    if rings.is_one(chosen.scenario):
        return _run_insiders(chosen, console)
    if chosen.mode is not None:
        raise ScenarioError("Only guard scenarios have modes. Leave out --mode.")
    asked = scenario.load(chosen.scenario)
    directory = real_texts(chosen.texts, console)
    scale = chosen.scale if chosen.scale is not None else (1.0 if chosen.in_memory else 0.1)
    with _progress(console) as progress:
        played = world.make(scenario.scaled(asked, by=scale), seed=chosen.seed, texts=directory)
        bars: dict[str, TaskID] = {}

        def passed(policy: str, minute: float) -> None:
            if policy not in bars:
                bars[policy] = progress.add_task(policy, total=asked.minutes)
            progress.update(bars[policy], completed=minute)

        lived = None if chosen.in_memory else _live(played, speed=chosen.speed, passed=passed)
        rows = list(table.side_by_side(played, progress=passed))
    if lived is not None:
        rows.append(table.row_of(lived.played, lived.reports))
    if chosen.json:
        told = _as_json(asked, chosen, scale, played, rows)
        sys.stdout.write(json.dumps(told | ({} if lived is None else lived.as_json())) + "\n")
    else:
        _show(asked, chosen, played, rows)
        if lived is not None:
            _show_account(lived)
    return 1 if any(row.account.lost for row in rows) or (lived is not None and lived.lost) else 0


def _run_incident(chosen: argparse.Namespace, console: Console) -> int:
    if chosen.in_memory or chosen.texts is not None:
        raise ScenarioError("An incident is played through the real house: leave out --in-memory and --texts.")
    return incidents.run(
        chosen.scenario,
        seed=chosen.seed,
        scale=1.0 if chosen.scale is None else chosen.scale,
        speed=chosen.speed,
        as_json=chosen.json,
        progress=lambda: _progress(console),
    )


def _run_insiders(chosen: argparse.Namespace, console: Console) -> int:
    if chosen.speed is not None or chosen.texts is not None:
        raise ScenarioError("Days of insiders are played as fast as they go, without texts: leave out the two.")
    return insiders.run(
        chosen.scenario,
        mode=chosen.mode,
        seed=chosen.seed,
        scale=chosen.scale,
        as_json=chosen.json,
        in_memory=chosen.in_memory,
        progress=lambda: _progress(console),
    )


def _live(played: world.World, *, speed: float | None, passed: Callable[[str, float], None]) -> Lived:
    """Play it in a house of its own. Imports are inside: only there Django may be loaded."""
    from holdfast.drills.crisis.facts import company_systems
    from holdfast.drills.crisis.scratch import scratch

    with company_systems(played) as url, scratch(operations_url=url):
        from holdfast.drills.crisis.live import NAME, Live

        return Live(played, speed=speed).play(progress=lambda minute: passed(NAME, minute))


def real_texts(given: Path | None, console: Console) -> Path | None:
    """Return the directory of real questions, or say loudly that there is none."""
    project = Path(os.environ.get("HOLDFAST_ROOT", Path(__file__).resolve().parents[3]))
    found = given or texts.texts_beside(project)
    if found is None:
        console.print(
            "There are no real questions beside the project (BANKING77); everybody says phrases of ours instead, "
            "which are easier to tell apart.",
            style="yellow",
        )
    return found


def _progress(console: Console) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def _as_json(
    asked: Scenario, chosen: argparse.Namespace, scale: float, played: world.World, rows: Sequence[table.Row]
) -> dict[str, object]:
    return {
        "drill": f"shield/{asked.name}",
        "seed": chosen.seed,
        "scale": scale,
        "synthetic": True,
        "real_texts": played.real_texts,
        "contacts": len(played.visits),
        "policies": [row.as_json() for row in rows],
    }


def _show(asked: Scenario, chosen: argparse.Namespace, played: world.World, rows: Sequence[table.Row]) -> None:
    console = Console()
    console.print(f"[bold]{asked.title}[/]\n{asked.about}")
    console.print(
        f"{len(played.visits):,} contacts of made-up people, seed {chosen.seed}, "
        f"{played.scenario.centre.agents} agents; on a quiet day {rows[0].quiet.prompt:.1%} are answered within 60 s.\n"
    )
    console.print(table.table(rows, title="Genuine customers, by policy of the line"))
    for row in rows:
        for sentence in table.sentences(row):
            console.print(f"{row.policy}: {sentence}")


def _show_account(lived: Lived) -> None:
    console = Console()
    columns = ("received", "answered", "waiting", "parked", "refused", "lost")
    account = Table("Channel", *columns, title="The real house's account", title_justify="left", box=None)
    for count in lived.counts:
        account.add_row(count.channel, *(f"{getattr(count, name):,}" for name in columns))
    account.add_row("together", *(f"{sum(getattr(count, name) for count in lived.counts):,}" for name in columns))
    console.print(account)
    console.print(
        f"received = answered + waiting + parked + refused; {lived.lost} lost. "
        f"Postures: {', '.join(lived.postures)}. It took {lived.seconds:.0f} s."
    )
