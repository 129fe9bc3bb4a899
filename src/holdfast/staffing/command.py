"""`holdfast staffing`: reads arguments, calls the room, prints a table or one JSON object. Needs no database."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfoNotFoundError

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from holdfast.kit.series.calendar import Calendar
from holdfast.staffing import files, wording
from holdfast.staffing.erlang import Service, required, service
from holdfast.staffing.forecast import Interval, Storm, forecast, learnt
from holdfast.staffing.planning import Load, Measures, Need, Target, plan, surge, what_if
from holdfast.staffing.simulation import Shift, day, play
from holdfast.staffing.wording import duration, percent

Answer = tuple[dict[str, Any], list[Table | str]]
"""The JSON object, and what is printed for people."""

_MOST_CALLS = 20_000_000
_ABOUT = "How many people are needed. Durations: 180, 180s, 3m, 1h30m. Shares: 0.8, 80%."


class Wrong(Exception):
    """The arguments make no sense; the message is a sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Wrong(f"{self.prog}: {message.removesuffix('.')}. See {self.prog} --help.")


def main(arguments: Sequence[str]) -> int:
    """Run `holdfast staffing ARGUMENTS` and return the exit code: 0, 1 for a file, 2 for arguments."""
    try:
        chosen = _parser().parse_args(arguments)
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


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="holdfast staffing", description=_ABOUT)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, about: str, *groups: Callable[[argparse.ArgumentParser], None]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=f"{about[:1].upper()}{about[1:]}. {_ABOUT[28:]}")
        for group in groups:
            group(added)
        added.add_argument("--json", action="store_true", help="one JSON object; its keys name their units")
        return added

    one = command("erlang", "what so many agents give a constant load", _load, _agents, _patience)
    _within(one)
    command("required", "the least number of agents that keeps a target", _load, _patience, _target)
    made = command("simulate", "play days call by call", _load, _agents, _patience)
    _within(made)
    made.add_argument("--lasts", type=_seconds, default=86400.0, metavar="TIME", help="how long a day is (24h)")
    made.add_argument("--days", type=_whole, default=1, metavar="N", help="how many such days (1)")
    made.add_argument("--seed", type=int, default=1, help="the same seed plays the same days (1)")
    change = command("what-if", "what measures would change", _load, _agents, _patience, _target)
    change.add_argument("--add", type=int, default=0, metavar="N", help="people added")
    change.add_argument("--second-site", type=_whole, default=0, metavar="N", help="people of another site")
    change.add_argument("--deflect", type=_share, default=0.0, metavar="SHARE", help="content without a person")
    change.add_argument("--callbacks", type=_share, default=0.0, metavar="SHARE", help="take a callback")
    change.add_argument(
        "--shorter", type=_share, default=0.0, metavar="SHARE", help="by how much handling gets shorter"
    )
    storm = command("surge", "whether people alone can meet a storm", _patience, _target, _agents)
    storm.add_argument("--usual", type=_number, required=True, metavar="N", help="usual contacts per --per")
    storm.add_argument("--per", type=_minutes, default=60.0, metavar="TIME", help="bare numbers are minutes (1)")
    storm.add_argument("--times", type=_number, required=True, metavar="K", help="times the usual")
    storm.add_argument("--aht", type=_seconds, required=True, metavar="TIME", help="handling time of one contact")
    storm.add_argument("--callable", type=_whole, default=0, metavar="N", help="people who can be called in")
    storm.add_argument("--lasts", type=_seconds, default=3600.0, metavar="TIME", help="how long it lasts (1h)")
    ahead = command("forecast", "the next intervals, learnt from a file of past ones")
    ahead.add_argument("file", type=Path, help="CSV or JSON: start, contacts")
    ahead.add_argument("--next", type=_whole, default=48, metavar="N", help="how many intervals (48)")
    ahead.add_argument("--minutes", type=_whole, help="length of an interval; else as in the file")
    ahead.add_argument("--zone", default="UTC", help="time zone of the customers (UTC)")
    ahead.add_argument("--holiday", type=_day, action="append", default=[], metavar="DATE", help="repeatable")
    ahead.add_argument("--storm", nargs=3, action="append", default=[], metavar=("FROM", "UNTIL", "TIMES"))
    table = command("plan", "what each interval of a forecast needs", _patience, _target)
    table.add_argument("file", type=Path, help="CSV or JSON: start, contacts, optional low, high, agents")
    table.add_argument("--aht", type=_seconds, required=True, metavar="TIME", help="handling time of one contact")
    table.add_argument("--minutes", type=_whole, help="length of an interval; else as in the file")
    table.add_argument("--shrinkage", type=_share, default=0.0, metavar="SHARE", help="paid time away from the line")
    return parser


def _load(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calls", type=_number, required=True, metavar="N", help="contacts per --per")
    parser.add_argument("--per", type=_minutes, default=3600.0, metavar="TIME", help="bare numbers are minutes (60)")
    parser.add_argument("--aht", type=_seconds, required=True, metavar="TIME", help="handling time of one contact")


def _agents(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--agents", type=_whole, required=True, metavar="N", help="people at the line")


def _patience(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--patience", type=_seconds, metavar="TIME", help="mean time until who waits gives up (never)")


def _within(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target",
        "--within",
        dest="within",
        type=_seconds,
        default=20.0,
        metavar="TIME",
        help="target of the wait (20s)",
    )


def _target(parser: argparse.ArgumentParser) -> None:
    _within(parser)
    parser.add_argument("--service-level", type=_share, metavar="SHARE", help="answered within the target (0.8)")
    parser.add_argument("--max-abandon", type=_share, metavar="SHARE", help="at most this share gives up")


# Reading values


def _reader(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def reading(text: str) -> Any:
        try:
            return read(text)
        except ValueError as problem:
            raise argparse.ArgumentTypeError(str(problem)) from None

    return reading


def _to_number(text: str) -> float:
    value = float(text) if text.replace(".", "", 1).replace("e", "", 1).replace("+", "", 1).isdigit() else math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a number of 0 or more")
    return value


def _to_whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


_number, _whole = _reader(_to_number), _reader(_to_whole)
_seconds, _share, _day = _reader(wording.seconds), _reader(wording.share), _reader(date.fromisoformat)
_minutes = _reader(lambda text: wording.seconds(text, bare="m"))


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
        Storm(begins=_moment(begins), ends=_moment(ends), times=_to_number(times))
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


_COMMANDS: dict[str, Callable[[argparse.Namespace], Answer]] = {
    "erlang": _erlang,
    "required": _required,
    "simulate": _simulate,
    "what-if": _what_if,
    "surge": _surge,
    "forecast": _forecast,
    "plan": _plan,
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
