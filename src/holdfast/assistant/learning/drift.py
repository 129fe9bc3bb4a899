"""Whether the assistant still does what it did: the last week beside the four before it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.assistant.spending import in_turns_between
from holdfast.conversations.resolved import Fate, fates
from holdfast.kit.clock import now

WEEK = timedelta(days=7)
BEFORE = 4  # weeks
BEYOND_CHANCE = 3.0  # standard deviations
FEWEST = 50  # matters in a week below which nothing is said


@dataclass(frozen=True, slots=True)
class Modelled:
    """In how many conversations of a week a language model was paid for by the assistant's turns, and what it cost."""

    conversations: int
    cost: float

    @property
    def each(self) -> float:
        """What it cost in one of these conversations, in HOLDFAST_CURRENCY."""
        return self.cost / self.conversations if self.conversations else 0.0


@dataclass(frozen=True, slots=True)
class Drift:
    """Weeks, the newest last, and what changed beyond chance, in sentences; `models` has what each week cost."""

    weeks: tuple[Fate, ...]
    sentences: tuple[str, ...]
    models: tuple[Modelled, ...] = ()

    @property
    def has_model(self) -> bool:
        """Whether there was a language model in any of the weeks."""
        return any(each.conversations for each in self.models)

    @property
    def rows(self) -> list[tuple[Fate, Modelled]]:
        """The weeks with what they cost, the newest first."""
        return list(zip(self.weeks, self.models, strict=True))[::-1]


def drift(*, until: datetime | None = None) -> Drift:
    """Return how the last weeks went and what is not as it was."""
    end = until or now()
    spans = [(end - n * WEEK, end - (n - 1) * WEEK) for n in range(BEFORE + 1, 0, -1)]
    weeks = tuple(fates(spans))
    models = tuple(Modelled(number, spent.cost) for number, spent in in_turns_between(spans))
    return Drift(weeks, tuple(_sentences(weeks[:-1], weeks[-1])), models)


def _sentences(before: Sequence[Fate], last: Fate) -> list[str]:
    began = sum(week.began for week in before)
    if began < FEWEST or last.began < FEWEST:
        return []
    found = []
    for name, was, is_now in (
        ("answered by the assistant", sum(week.answered for week in before), last.answered),
        ("handed over because no article was a clear match", sum(week.unsure for week in before), last.unsure),
    ):
        if abs(z_of_shares(was, began, is_now, last.began)) >= BEYOND_CHANCE:
            found.append(
                f"{is_now / last.began:.0%} of {last.began:,} matters of the last seven days were {name};"
                f" in the four weeks before it was {was / began:.0%} of {began:,}."
            )
    return found


def z_of_shares(first: int, of_first: int, second: int, of_second: int) -> float:
    """Return by how many standard deviations two shares differ (the test of two proportions with a pooled variance)."""
    pooled = (first + second) / (of_first + of_second)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / of_first + 1 / of_second))
    return (second / of_second - first / of_first) / deviation if deviation else 0.0
