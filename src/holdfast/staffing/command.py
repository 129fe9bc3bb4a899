"""`holdfast staffing`: reads arguments, calls the room, prints. Only `roster` needs a database."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from holdfast.kit.series.calendar import Calendar
from holdfast.staffing import files, wording
from holdfast.staffing.arguments import Wrong, parser, to_number
from holdfast.staffing.erlang import Service, required, service
from holdfast.staffing.forecast import Interval, Storm, forecast, learnt
from holdfast.staffing.planning import Load, Measures, Need, Target, plan, surge, what_if
from holdfast.staffing.simulation import Shift, day, play
from holdfast.staffing.wording import duration, percent

Answer = tuple[dict[str, Any], list[Table | str]]
"""The JSON object, and what is printed for people."""

_MOST_CALLS = 20_000_000


def main(arguments: Sequence[str]) -> int:
    """Run `holdfast staffing ARGUMENTS` and return the exit code: 0, 1 for a file, 2 for arguments."""
    try:
        chosen = parser().parse_args(arguments)
        found, told = _COMMANDS[chosen.command](chosen)
    except files.Unreadable as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    except (Wrong, ValueError) as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 2
    if chosen.json:
        print(json.dumps(_plain(found)))  # noqa: T201
    else:
        console = Console(highlight=False)
        for part in told:
            console.print(part)
    return 0


def _rate(chosen: argparse.Namespace) -> float:
    if chosen.per <= 0:
        raise Wrong("--per must be longer than nothing.")
    return float(chosen.calls / chosen.per)


def _aim(chosen: argparse.Namespace) -> Target:
    level = chosen.service_level
    if level is None and chosen.max_abandon is None:
        level = 0.8
    return Target(service_level=level, within=chosen.within, max_abandoned=chosen.max_abandon)


# Commands


def _erlang(chosen: argparse.Namespace) -> Answer:
    found = service(
        rate=_rate(chosen), aht=chosen.aht, agents=chosen.agents, within=chosen.within, patience=chosen.patience
    )
    return _units(found, within=chosen.within), [
        _service_table("Erlang A" if chosen.patience else "Erlang C", found, chosen.within)
    ]


def _required(chosen: argparse.Namespace) -> Answer:
    aim = _aim(chosen)
    load = Load(per_hour=_rate(chosen) * 3600, aht=chosen.aht, patience=chosen.patience)
    agents = required(
        rate=_rate(chosen),
        aht=chosen.aht,
        service_level=aim.service_level,
        within=aim.within,
        patience=chosen.patience,
        max_abandoned=aim.max_abandoned,
    )
    found = load.service(agents=agents, target=aim)
    return {"agents": agents, **_units(found, within=aim.within)}, [_service_table("Needed", found, aim.within)]


def _simulate(chosen: argparse.Namespace) -> Answer:
    rate = _rate(chosen)
    if rate * chosen.lasts * chosen.days > _MOST_CALLS:
        raise Wrong(f"That is more than {_MOST_CALLS:,} contacts; play a shorter time.")
    if chosen.lasts <= 0 or not chosen.days:
        raise Wrong("Play at least one day, longer than nothing.")
    rows, spent = [], 0.0
    for number in range(chosen.days):
        made = day(
            seed=chosen.seed + number, per_interval=[rate * chosen.lasts], interval=chosen.lasts, aht=chosen.aht,
            patience=chosen.patience,
        )  # fmt: skip
        started = time.perf_counter()
        played = play(made, [Shift(0.0, chosen.agents)])
        spent += time.perf_counter() - started
        rows.append(
            {
                "contacts": len(made),
                "service_level_share": played.service_level(within=chosen.within),
                "abandoned_share": played.abandoned(),
                "asa_seconds": played.asa(),
                "wait_p90_seconds": played.waited(0.9),
            }
        )
    mean = {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
    formula = service(rate=rate, aht=chosen.aht, agents=chosen.agents, within=chosen.within, patience=chosen.patience)
    table = _table("", "simulated", "formula")
    table.title = f"{wording.counted(chosen.days, 'day')}, {mean['contacts']:,.0f} contacts each"
    level, left = mean["service_level_share"], mean["abandoned_share"]
    table.add_row(f"answered within {duration(chosen.within)}", percent(level), percent(formula.service_level))
    table.add_row("gave up", percent(left), percent(formula.abandoned))
    table.add_row("mean wait of those answered", duration(mean["asa_seconds"]), _or_never(formula.asa))
    table.add_row("nine of ten waited at most", duration(mean["wait_p90_seconds"]), "")
    found = {
        "seed": chosen.seed,
        "days": rows,
        "mean": mean,
        "formula": _units(formula, within=chosen.within),
        "milliseconds_per_day": 1000 * spent / chosen.days,
    }
    return found, [table]


def _what_if(chosen: argparse.Namespace) -> Answer:
    aim = _aim(chosen)
    load = Load(per_hour=_rate(chosen) * 3600, aht=chosen.aht, patience=chosen.patience)
    measures = Measures(
        agents=chosen.add,
        second_site=chosen.second_site,
        deflected=chosen.deflect,
        called_back=chosen.callbacks,
        shorter_handling=chosen.shorter,
    )
    found = what_if(load, agents=chosen.agents, target=aim, measures=measures)
    return {
        "before": _units(found.before, within=aim.within),
        "after": _units(found.after, within=aim.within),
        "required_before_agents": found.required_before,
        "required_after_agents": found.required_after,
        "callback_work_erlangs": found.callback_work,
        "callback_spare_erlangs": found.callback_spare,
        "sentences": list(found.sentences),
    }, list(found.sentences)


def _surge(chosen: argparse.Namespace) -> Answer:
    if chosen.per <= 0:
        raise Wrong("--per must be longer than nothing.")
    found = surge(
        Load(per_hour=chosen.usual / chosen.per * 3600, aht=chosen.aht, patience=chosen.patience),
        times=chosen.times,
        hours=chosen.lasts / 3600,
        agents=chosen.agents,
        callable_agents=chosen.callable,
        target=_aim(chosen),
    )
    return {
        "solvable": found.solvable,
        "required_agents": found.required,
        "available_agents": found.available,
        "extra_contacts": found.extra_contacts,
        "extra_work_hours": found.extra_work_hours,
        "hours_to_clear": found.hours_to_clear,
        "abandoned_share": found.abandoned,
        "deflection_needed_share": found.deflection_needed,
        "hours_to_clear_deflected": found.hours_to_clear_deflected,
        "sentences": list(found.sentences),
    }, list(found.sentences)


def _forecast(chosen: argparse.Namespace) -> Answer:
    history = files.read(chosen.file, minutes=chosen.minutes).intervals
    try:
        calendar = Calendar.of(zone=chosen.zone, holidays=chosen.holiday)
    except (ZoneInfoNotFoundError, OSError):
        raise Wrong(f"{chosen.zone!r} is not a time zone such as Europe/Berlin.") from None
    storms = [
        Storm(begins=_moment(begins), ends=_moment(ends), times=to_number(times))
        for begins, ends, times in chosen.storm
    ]
    minutes = history[0].minutes
    usual = learnt(((one.start, one.contacts) for one in history), minutes=minutes, calendar=calendar)
    last = history[-1].start
    ahead = forecast(usual, start=last, intervals=chosen.next + 1, minutes=minutes, storms=storms)[1:]
    table = _table("start", "contacts", "one in ten below", "one in ten above")
    for one in ahead:
        table.add_row(f"{one.start:%Y-%m-%d %H:%M}", f"{one.contacts:,.0f}", f"{one.low:,.0f}", f"{one.high:,.0f}")
    return {"minutes": minutes, "intervals": [_interval(one) for one in ahead]}, [table]


def _plan(chosen: argparse.Namespace) -> Answer:
    read = files.read(chosen.file, minutes=chosen.minutes)
    aim = _aim(chosen)
    needs = plan(
        read.intervals,
        aht=chosen.aht,
        target=aim,
        patience=chosen.patience,
        scheduled=read.scheduled,
        shrinkage=chosen.shrinkage,
    )
    table = _table("start", "contacts", "needed", "when busy")
    if read.scheduled is not None:
        for column in ("scheduled", "missing", f"within {duration(aim.within)}"):
            table.add_column(column, justify="right")
    for need in needs:
        cells = [f"{need.interval.contacts:,.0f}", f"{need.required:,}", f"{need.required_high:,}"]
        if need.scheduled is not None and need.gap is not None and need.service is not None:
            cells += [f"{need.scheduled:,}", f"{max(0, need.gap):,}", percent(need.service.service_level)]
        table.add_row(f"{need.interval.start:%Y-%m-%d %H:%M}", *cells)
    missing = max((need.gap for need in needs if need.gap is not None), default=None)
    return {
        "minutes": read.intervals[0].minutes,
        "most_required_agents": max(need.required for need in needs),
        "most_missing_agents": None if missing is None else max(0, missing),
        "intervals": [_need(need, within=aim.within) for need in needs],
    }, [table]


def _roster(chosen: argparse.Namespace) -> Answer:
    from holdfast.staffing.roster_command import roster  # with Django, which all others do without

    return roster(chosen)


_COMMANDS: dict[str, Callable[[argparse.Namespace], Answer]] = {
    "erlang": _erlang,
    "required": _required,
    "simulate": _simulate,
    "what-if": _what_if,
    "surge": _surge,
    "forecast": _forecast,
    "plan": _plan,
    "roster": _roster,
}


# Writing


def _units(found: Service, *, within: float) -> dict[str, Any]:
    return {
        "agents": found.agents,
        "offered_erlangs": found.offered,
        "stable": found.stable,
        "waiting_share": found.waiting,
        "service_level_share": found.service_level,
        "within_seconds": within,
        "abandoned_share": found.abandoned,
        "asa_seconds": found.asa,
        "wait_seconds": found.wait,
        "occupancy_share": found.occupancy,
        "queue_contacts": found.queue,
    }


def _interval(one: Interval) -> dict[str, Any]:
    return {"start": one.start.isoformat(), "contacts": one.contacts, "low": one.low, "high": one.high}


def _need(need: Need, *, within: float) -> dict[str, Any]:
    return {
        **_interval(need.interval),
        "required_agents": need.required,
        "required_high_agents": need.required_high,
        "scheduled_agents": need.scheduled,
        "gap_agents": need.gap,
        "service": None if need.service is None else _units(need.service, within=within),
    }


def _table(first: str, *rest: str) -> Table:
    """A table whose first column names the row and is never broken, and whose others are numbers."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column(first, no_wrap=True)
    for name in rest:
        table.add_column(name, justify="right")
    return table


def _service_table(title: str, found: Service, within: float) -> Table:
    table = Table(title=title, show_header=False, box=SIMPLE_HEAD)
    table.add_row("agents", f"{found.agents:,}")
    table.add_row("load", f"{found.offered:,.1f} Erlangs")
    table.add_row(f"answered within {duration(within)}", percent(found.service_level))
    table.add_row("has to wait", percent(found.waiting))
    table.add_row("gives up", percent(found.abandoned))
    table.add_row("mean wait of those answered", _or_never(found.asa))
    table.add_row("occupancy", percent(found.occupancy))
    table.add_row("in line on average", "grows without end" if found.queue is None else f"{found.queue:,.1f}")
    return table


def _or_never(value: float | None) -> str:
    return "grows without end" if value is None else duration(value)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{text!r} is not a time such as 2026-03-02T09:30.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plain(value: Any) -> Any:
    """Round floats to six significant digits; JSON has no infinity."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
