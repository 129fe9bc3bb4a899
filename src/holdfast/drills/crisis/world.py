"""A population from a seed: who contacts when, as what the shield may see, and what only the score may know.

`Visit.evidence` is all a policy is given. Whether somebody is genuine, how long they will wait and whether an answer of
theirs fits is kept beside it, for the room and the score. Everybody here is made up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from holdfast.drills.crisis.scenario import Crowd, People, Scenario
from holdfast.drills.crisis.texts import Phrases, Speaker, phrases
from holdfast.shield.evidence import DeclaredTopic, Evidence

_CARRIERS, _FEW = 70, 4
_OPERATORS = ("alexa", "siri", "gemini", "copilot", "chatgpt", "claude")
_REGIONS = (
    "north",
    "south",
    "east",
    "west",
    "coast",
    "hills",
    "lakes",
    "capital",
    "valley",
    "isles",
    "border",
    "delta",
)
_HUMAN_CHANNELS, _HUMAN_SHARES = ("chat", "phone", "web", "email"), (0.35, 0.3, 0.2, 0.15)
_CUSTOMERS = 10_000_000
# Share of the busiest hour, by hour of a weekday (UTC); weekends are a third of it.
_OFFICE = (
    *(0.08, 0.06, 0.05, 0.05, 0.06, 0.12, 0.3, 0.6),
    *(0.88, 0.98, 1.0, 0.99, 0.95, 0.96, 0.98, 0.97),
    *(0.93, 0.85, 0.7, 0.55, 0.42, 0.3, 0.2, 0.12),
)
_WEEKEND = 0.35
_EVERYDAY = "everyday"


@dataclass(frozen=True, slots=True)
class Visit:
    """One contact and its secrets. Times in minutes: `at` since the start, the others lengths."""

    evidence: Evidence
    at: float
    crowd: str
    genuine: bool
    machine: bool
    patience: float
    handling: float
    answers_after: float | None
    """How long a question of ours takes to be answered; `None`: never."""
    passes: bool
    takes_callback: bool
    again_after: float | None
    """When the same person contacts once more, unless answered; `None`: never."""
    matter: str
    """The same for every contact about one matter of one person."""


@dataclass(frozen=True)
class World:
    """A scenario with its people, in order of arrival."""

    scenario: Scenario
    seed: int
    visits: Sequence[Visit]
    real_texts: bool

    @cached_property
    def genuine(self) -> int:
        """How many genuine matters there are."""
        return sum(visit.genuine for visit in self.visits)

    def history(self, *, days: int = 28) -> Iterator[tuple[datetime, int]]:
        """Give contacts per minute for the days before the scenario: what a centre knows of itself."""
        chance = np.random.default_rng([self.seed, 77])
        start = self.scenario.start - timedelta(days=days)
        ordinary = self.scenario.model_copy(update={"start": start, "minutes": days * 1440.0})
        counts = _counts(_ordinary_rates(ordinary, chance), ordinary.centre.overdispersion, chance)
        for minute, count in enumerate(counts):
            yield start + timedelta(minutes=minute), int(count)

    def declared(self) -> list[tuple[float, DeclaredTopic]]:
        """Incidents the company declares, each with its minute."""
        made = []
        for number, one in enumerate(self.scenario.declared):
            at = self.scenario.start + timedelta(minutes=one.at)
            accounts = frozenset(self._affected()) if one.affected_only else frozenset[str]()
            made.append((one.at, DeclaredTopic(id=f"incident-{number}", words=one.words, accounts=accounts, since=at)))
        return made

    def _affected(self) -> Iterator[str]:
        return (
            visit.evidence.account
            for visit in self.visits
            if visit.genuine and visit.crowd != _EVERYDAY and visit.evidence.account is not None
        )


def make(scenario: Scenario, *, seed: int, texts: Path | None = None) -> World:
    """Make the population of `scenario`. The same scenario, seed and texts make the same world.

    `texts`: the directory of real questions; `None` for our own phrases.
    """
    said = phrases(texts)
    everyday = Crowd(name=_EVERYDAY, people=scenario.everyday, times=1.0, starts=0, lasts=scenario.minutes)
    visits: list[Visit] = []
    for number, crowd in enumerate((everyday, *scenario.crowds)):
        chance = np.random.default_rng([seed, number])
        rates = _ordinary_rates(scenario, chance) if number == 0 else crowd_rates(crowd, scenario)
        counts = _counts(rates, scenario.centre.overdispersion, chance)
        ats = np.sort(np.repeat(np.arange(len(counts)), counts) + chance.random(int(counts.sum())))
        visits += _Crowd(scenario, crowd, said=said, seed=[seed, number], chance=chance).visits(ats)
    visits.sort(key=lambda visit: visit.at)
    return World(scenario, seed, tuple(visits), said.real)


def again(visit: Visit, *, at: float, number: int) -> Visit:
    """Return the same person's next contact about the same matter, on another channel; they try three times at most."""
    evidence = visit.evidence
    channel = evidence.channel if visit.machine else ("phone" if evidence.channel != "phone" else "chat")
    moment = evidence.at + timedelta(minutes=at - visit.at)
    followed = replace(evidence, id=f"{visit.matter}.{number}", at=moment, channel=channel, challenge=None)
    return replace(visit, evidence=followed, at=at, again_after=visit.again_after if number < 3 else None)


def crowd_rates(crowd: Crowd, scenario: Scenario) -> NDArray[np.float64]:
    """Return a crowd's expected contacts in each minute of the scenario.

    It rises like 1 - 2^(-t/rise) and, meanwhile, halves every `half_life`; scaled so that its peak is `times`.
    """
    minutes = np.arange(math.ceil(scenario.minutes)) - crowd.starts
    inside = (minutes >= 0) & (minutes < crowd.lasts)
    since = np.where(inside, minutes + 0.5, 0.0)
    risen = 1 - 2 ** (-since / crowd.rise) if crowd.rise else np.ones_like(since)
    shape = np.where(inside, risen * 2 ** (-since / crowd.half_life), 0.0)
    peak = float(shape.max())
    scale = crowd.times * scenario.centre.per_minute / peak if peak else 0.0
    return np.asarray(shape * scale, dtype=np.float64)


def _ordinary_rates(scenario: Scenario, chance: np.random.Generator) -> NDArray[np.float64]:
    """Contacts expected per minute from the hour of the week, with each day a little off."""
    count = math.ceil(scenario.minutes)
    if scenario.centre.week == "flat":
        shape = np.ones(count)
    else:
        first = scenario.start
        offset = first.weekday() * 1440 + first.hour * 60 + first.minute
        week = (np.arange(count) + offset) % (7 * 1440)
        hours, day = (week % 1440) / 60, week // 1440
        shape = np.interp(hours, np.arange(25), (*_OFFICE, _OFFICE[0])) * np.where(day >= 5, _WEEKEND, 1.0)
    days = (np.arange(count) + scenario.start.hour * 60) // 1440
    drift = np.exp(chance.normal(0.0, scenario.centre.drift, int(days[-1]) + 1))[days]
    return np.asarray(scenario.centre.per_minute * scenario.centre.holiday * shape * drift, dtype=np.float64)


def _counts(rates: NDArray[np.float64], overdispersion: float, chance: np.random.Generator) -> NDArray[np.int64]:
    """Contacts per minute: Poisson whose rate is itself gamma distributed, so the variance is r + overdispersion r²."""
    if overdispersion > 0:
        rates = rates * chance.gamma(1 / overdispersion, overdispersion, len(rates))
    return np.asarray(chance.poisson(rates), dtype=np.int64)


class _Crowd:
    """Draws the people of one crowd, a column at a time."""

    def __init__(
        self, scenario: Scenario, crowd: Crowd, *, said: Phrases, seed: Sequence[int], chance: np.random.Generator
    ) -> None:
        self._scenario, self._crowd, self._chance = scenario, crowd, chance
        self._speaker = Speaker(said=said, seed=hash(tuple(seed)))

    def visits(self, ats: NDArray[np.float64]) -> Iterator[Visit]:
        """Give one visit per arrival, in that order."""
        people, chance, count = self._crowd.people, self._chance, len(ats)
        machine = chance.random(count) < people.assistants
        patience = _patience(people, machine, chance)
        handling = _lognormal(people.handling, people.handling_spread, count, chance)
        passing = np.where(machine, people.passes_assistants, people.passes)
        passes = chance.random(count) < passing
        pause = np.where(machine, 0.05, chance.lognormal(math.log(0.7), 0.6, count))
        replies = chance.random(count) < people.answers
        calls_back = chance.random(count) < people.takes_callback
        comes_again = chance.random(count) < people.again
        returns = chance.exponential(people.again_minutes, count) + 1.0
        for index, evidence in enumerate(self._evidence(ats, machine)):
            yield Visit(
                evidence=evidence,
                at=float(ats[index]),
                crowd=self._crowd.name,
                genuine=people.genuine,
                machine=bool(machine[index]),
                patience=float(patience[index]),
                handling=float(handling[index]),
                answers_after=float(pause[index]) if replies[index] else None,
                passes=bool(passes[index]),
                takes_callback=bool(calls_back[index]),
                again_after=float(returns[index]) if comes_again[index] else None,
                matter=evidence.id,
            )

    def _evidence(self, ats: NDArray[np.float64], machine: NDArray[np.bool_]) -> Iterator[Evidence]:
        people, chance, count = self._crowd.people, self._chance, len(ats)
        level = self._levels(ats, machine)
        accounts = chance.integers(0, _CUSTOMERS, count)
        tenure = np.maximum(0, chance.lognormal(math.log(people.tenure_days), people.tenure_spread, count)).astype(int)
        need, known = chance.random(count) < people.need, chance.random(count) < people.need_known
        has_case = chance.random(count) < people.open_case
        signed = chance.random(count) < people.signed
        few = people.sources == "few"
        operator = chance.integers(0, _FEW // 2, count) if few else _zipf(len(_OPERATORS), count, chance)
        carrier = chance.integers(0, _FEW, count) if few else _zipf(_CARRIERS, count, chance)
        names = chance.integers(0, 2**62, count)  # an id must not tell which crowd its contact is from
        region = _zipf(len(_REGIONS), count, chance)
        channel = chance.choice(len(_HUMAN_CHANNELS), count, p=_HUMAN_SHARES)
        for i in range(count):
            identified = bool(level[i])
            yield Evidence(
                id=f"{names[i]:016x}",
                at=self._scenario.start + timedelta(minutes=float(ats[i])),
                channel="assistant" if machine[i] else _HUMAN_CHANNELS[channel[i]],
                text=self._speaker.say(people),
                account=f"account-{accounts[i]}" if identified else None,
                verification=int(level[i]),
                operator=_OPERATORS[operator[i]] if machine[i] and signed[i] else None,
                source=f"cloud-{_OPERATORS[operator[i]]}" if machine[i] else f"carrier-{carrier[i]}",
                region=people.region or _REGIONS[region[i]],
                tenure_days=int(tenure[i]) if identified else None,
                open_case=bool(has_case[i]) if identified else None,
                # Whoever is nobody to the company has no data that could explain or fail to explain the contact.
                need=bool(need[i]) if identified and known[i] else None,
            )

    def _levels(self, ats: NDArray[np.float64], machine: NDArray[np.bool_]) -> NDArray[np.int64]:
        people, chance = self._crowd.people, self._chance
        drawn = chance.random(len(ats))
        bounds = np.where(
            machine[:, None],
            np.cumsum(people.verification_assistants)[None, :],
            np.cumsum(people.verification)[None, :],
        )
        levels = (drawn[:, None] > bounds).sum(axis=1).clip(0, 2)
        if self._scenario.identity_down is not None:
            since, until = self._scenario.identity_down
            down = (ats >= since) & (ats < until)
            # Nobody can prove who they are; who would have proven it can only claim it, most of the rest not even that.
            claimed = np.where(levels == 2, (chance.random(len(ats)) < 0.5).astype(int), 0)
            levels = np.where(down, np.where(levels == 1, (chance.random(len(ats)) < 0.4).astype(int), claimed), levels)
        return np.asarray(levels, dtype=np.int64)


def _patience(people: People, machine: NDArray[np.bool_], chance: np.random.Generator) -> NDArray[np.float64]:
    """Weibull with the given means; shape 1 is exponential."""
    means = np.where(machine, people.patience_assistants, people.patience)
    scale = means / math.gamma(1 + 1 / people.patience_shape)
    return np.asarray(scale * chance.weibull(people.patience_shape, len(machine)), dtype=np.float64)


def _lognormal(mean: float, sigma: float, count: int, chance: np.random.Generator) -> NDArray[np.float64]:
    return np.asarray(chance.lognormal(math.log(mean) - sigma**2 / 2, sigma, count), dtype=np.float64)


def _zipf(kinds: int, count: int, chance: np.random.Generator) -> NDArray[np.int64]:
    weights = 1 / (np.arange(kinds) + 2.0)
    return np.asarray(chance.choice(kinds, count, p=weights / weights.sum()), dtype=np.int64)
