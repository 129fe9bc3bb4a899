"""Small made-up crowds for the shield's own tests: who they are, what they say, and what company data say of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from holdfast.shield.evidence import Evidence, MinuteReport
from holdfast.shield.judge import Judge

START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
_MATTERS = (
    "my card payment at the {place} was declined and I do not know why",
    "where is the money I sent to my {person} on {day}",
    "please tell me how to raise the limit of my card before {day}",
    "I was charged twice by the {place} and want one of them back",
    "my new card has not arrived although it was sent on {day}",
    "how do I change the address on my account, we moved on {day}",
    "the fee for taking out cash near the {place} seems too high to me",
    "a direct debit of the {place} came too early, can you stop it",
)
_FILL = {
    "place": ("bakery", "station", "bookshop", "pharmacy", "garage", "market"),
    "person": ("landlord", "sister", "neighbour", "plumber", "son"),
    "day": ("Monday", "Tuesday", "Friday", "the first", "last week"),
}
_CAUSE = (
    ("stop", "end", "cancel", "withdraw"),
    ("the dirty", "your shameful", "this cruel", "the secret"),
    ("harbour loan", "harbour credit", "loan for the harbour", "harbour deal"),
    ("now", "today", "at once", "before more reefs die", "for our children"),
)


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Shares of people like this."""

    assistants: float = 0.2
    unknown: float = 0.15
    proven: float = 0.5
    need: float = 0.75
    data: float = 1.0
    """Of those identified: company data could be asked."""
    tenure_days: int = 900
    says: str = "matters"
    matters: Sequence[str] = _MATTERS


CUSTOMERS = Crowd()
COPIED = Crowd(assistants=0.9, unknown=0.85, proven=0.0, need=0.02, says="script")
OTHER_WORDS = Crowd(assistants=0.9, unknown=0.55, proven=0.1, need=0.05, says="cause")
UNDER_CUSTOMERS_NAMES = Crowd(assistants=0.9, need=0.1)
HIT = Crowd(need=0.85, matters=_MATTERS[:1])


class World:
    """Contacts of minutes, one after the other, the same for the same seed."""

    def __init__(self, seed: int = 0) -> None:
        self._chance = random.Random(seed)
        self._number = 0

    def minute(self, number: int, *crowds: tuple[Crowd, float]) -> list[Evidence]:
        """Contacts of the minute `number` since the start; each crowd with its rate."""
        chance = self._chance
        made = [
            self._one(crowd, START + timedelta(minutes=number + chance.random()))
            for crowd, rate in crowds
            for _ in range(max(0, round(chance.gauss(rate, rate**0.5))))
        ]
        return sorted(made, key=lambda one: one.at)

    def _one(self, crowd: Crowd, at: datetime) -> Evidence:
        chance = self._chance
        self._number += 1
        drawn = chance.random()
        level = 0 if drawn < crowd.unknown else 2 if drawn > 1 - crowd.proven else 1
        assistant = chance.random() < crowd.assistants
        asked = level > 0 and chance.random() < crowd.data
        return Evidence(
            id=f"{self._number:08x}",
            at=at,
            channel="assistant" if assistant else chance.choice(("chat", "phone", "email")),
            text=self._text(crowd),
            account=f"account-{self._number}" if level else None,
            verification=level,
            operator=chance.choice(("alexa", "siri")) if assistant and chance.random() < 0.7 else None,
            source=chance.choice(("north net", "south net", "cable")),
            region=chance.choice(("north", "south")),
            tenure_days=round(crowd.tenure_days * chance.uniform(0.5, 1.5)) if level else None,
            open_case=chance.random() < 0.1 if level else None,
            need=chance.random() < crowd.need if asked else None,
        )

    def _text(self, crowd: Crowd) -> str:
        chance = self._chance
        if crowd.says == "script":
            return "I demand that you stop the loan for the harbour now, the reefs are dying and you pay for it."
        if crowd.says == "cause":
            return " ".join(chance.choice(part) for part in _CAUSE) + " " + chance.choice(_CAUSE[3])
        said = chance.choice(crowd.matters)
        return said.format(**{name: chance.choice(values) for name, values in _FILL.items()})


def calm(judge: Judge, world: World, *, minutes: int = 25, rate: float = 20) -> None:
    """Let ordinary minutes pass, from the start."""
    for number in range(minutes):
        for evidence in world.minute(number, (CUSTOMERS, rate)):
            judge.judge(evidence)


def reports_of(
    *crowds: tuple[Crowd, float], minutes: int = 10, seed: int = 0, judge: Judge | None = None
) -> list[MinuteReport]:
    """Play 25 ordinary minutes and then a storm; return the reports of the storm."""
    judge, world = judge or Judge(), World(seed)
    calm(judge, world)
    judge.reports()
    for number in range(25, 25 + minutes):
        for evidence in world.minute(number, (CUSTOMERS, 20), *crowds):
            judge.judge(evidence)
    judge.pass_time(START + timedelta(minutes=25 + minutes))
    return judge.reports()


def without(evidence: Evidence, field: str) -> Evidence:
    """The same contact, with one thing not known of it."""
    return replace(evidence, **{field: 0 if field == "verification" else None})
