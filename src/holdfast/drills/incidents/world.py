"""The world of a case: who is affected in truth, what the company's lists say, who asks what and when. All made up.

The same case and seed give the same world, whichever team plays in it.
"""

from __future__ import annotations

import math
import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from holdfast.drills.incidents.scenario import Case, CompanyList, Topic
from holdfast.drills.incidents.timeline import Truth


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact: when, by whom, in which words. `topic` `None`: about something else."""

    number: int
    at: float
    person: int
    topic: str | None
    text: str


@dataclass(frozen=True, slots=True)
class World:
    """A case with its people and their contacts, by time."""

    case: Case
    seed: int
    truth: Truth
    contacts: tuple[Contact, ...]

    def listed(self, at: CompanyList) -> list[int]:
        """Return whom the company takes for affected by one of its lists."""
        chance = random.Random(f"{self.case.name}:{self.seed}:list:{at.at}")  # noqa: S311 (not for secrets)
        drawn = [(person, chance.random()) for person in range(self.truth.people)]
        return [
            person for person, lot in drawn if (lot >= at.missing if person in self.truth.affected else lot < at.extra)
        ]

    def newest_list(self, minute: float) -> list[int]:
        """Return the newest list the company has at `minute`; the scenario makes sure there is one."""
        known = [each for each in self.case.people.lists if each.at <= minute]
        return self.listed(max(known, key=lambda each: each.at))


def make(case: Case, *, seed: int) -> World:
    """Draw the world of a case."""
    chance = random.Random(f"{case.name}:{seed}")  # noqa: S311 (not for secrets)
    everybody = list(range(case.people.number))
    affected = sorted(chance.sample(everybody, round(case.people.affected * len(everybody))))
    truth = Truth(people=len(everybody), affected=frozenset(affected))
    return World(case, seed, truth, tuple(_contacts(case, chance, everybody, affected)))


def _contacts(case: Case, chance: random.Random, everybody: list[int], affected: list[int]) -> Iterator[Contact]:
    topics, weights = list(case.topics), [topic.share for topic in case.topics]
    times = sorted(_moment(case.contacts.shape, chance) for _ in range(case.contacts.number))
    for number, at in enumerate(time for time in times if time < case.minutes):
        topic = chance.choices(topics, weights)[0]
        among = affected if topic.affected_only and affected else everybody
        yield Contact(number, at, chance.choice(among), topic.name if topic.about else None, _said(topic, chance))


def _said(topic: Topic, chance: random.Random) -> str:
    return f"{chance.choice(topic.asks)} {chance.choice(_CLOSINGS)}".strip()


_CLOSINGS = ("", "", "Please answer.", "Thank you.", "I have been waiting.", "What should I do?")


def _moment(shape: Sequence[tuple[float, float]], chance: random.Random) -> float:
    """Draw a minute from a curve of straight lines, by the areas under them."""
    spans = list(pairwise(shape))
    areas = list(accumulate((end - start) * (low + high) / 2 for (start, low), (end, high) in spans))
    place = min(bisect(areas, chance.random() * areas[-1]), len(spans) - 1)
    (start, low), (end, high) = spans[place]
    part = chance.random()
    if not math.isclose(low, high):  # the inverse of the area under a line that goes from low to high
        part = (math.sqrt(low * low + part * (high * high - low * low)) - low) / (high - low)
    return start + part * (end - start)
