"""Plays the written scripts with people, sums and hours: what was said, when, by whom. Knows no tables."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdfast.drills.tidewater.bank import Bank, cast, lexicon
from holdfast.drills.tidewater.content import Line, Script, scripts
from holdfast.drills.tidewater.persons import Person, person

_SLOT = re.compile(r"\{([a-z0-9]+)\}")
_HOUR, _DAY = 60, 24 * 60
# How long ago the last message of a conversation in this state came, in minutes: from, to.
_AGES = {
    "waiting": (2, 95),
    "open": (1, 45),
    "answered": (12, 20 * _HOUR),
    "snoozed": (_DAY, 3 * _DAY),
    "closed": (20, 9 * _DAY),
}
# The people at the top of the mock-ups wait in this order, the first the longest, in minutes.
_CAST_AGES = (2, 1, 9, 38, 36, 35, 34, 33, 31, 31, 30)


@dataclass(frozen=True, slots=True)
class Said:
    """One message as it was said."""

    line: Line
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Played:
    """One script played once. `agent` is who answered, or empty."""

    script: Script
    copy: int
    person: Person
    subject: str
    said: tuple[Said, ...]
    unanswered_since: datetime | None
    agent: str


def play(bank: Bank, *, now: datetime, agents: Mapping[str, Sequence[str]]) -> Iterator[Played]:
    """Yield every conversation of the demo, the same for the same bank and instant.

    `agents` are the names who may answer in each queue; the last messages came shortly before `now`.
    """
    pools, cases = _Pools(bank), Counter[str]()
    for script in scripts():
        for copy in range(script.times):
            dice = random.Random(f"{bank.seed}:{script.key}:{copy}")  # noqa: S311 (synthetic data, not a secret)
            agent = _agent(script, agents[script.queue], cases)
            yield _played(script, copy, pools.take(script), bank, now, agent, dice)


def _played(
    script: Script, copy: int, who: Person, bank: Bank, now: datetime, agent: str, dice: random.Random
) -> Played:
    words = _words(who, agent, bank, dice)
    age = _age(script, who, dice)
    at = now - timedelta(minutes=age + sum(line.after for line in script.messages[1:]))
    said = []
    for number, line in enumerate(script.messages):
        at += timedelta(minutes=line.after if number else 0, seconds=dice.randint(2, 25))
        said.append(Said(line, _filled(line.text, words), min(at, now - timedelta(seconds=30 - number))))
    return Played(
        script=script,
        copy=copy,
        person=who,
        subject=_filled(script.subject, words),
        said=tuple(said),
        unanswered_since=_unanswered_since(said) if script.state in {"waiting", "open"} else None,
        agent=agent,
    )


def _agent(script: Script, able: Sequence[str], cases: Counter[str]) -> str:
    """Who answers: the one the script names, else whoever has had the fewest cases; nobody when nobody answers."""
    if script.agent or not any(line.author in {"agent", "note"} for line in script.messages):
        return script.agent
    chosen = min(able, key=lambda name: cases[name])
    cases[chosen] += 1
    return chosen


def _age(script: Script, who: Person, dice: random.Random) -> int:
    if script.person and who.index < len(_CAST_AGES):
        return _CAST_AGES[who.index]
    low, high = _AGES[script.state]
    if script.state == "closed" and dice.random() < 0.45:
        high = 5 * _HOUR  # a good part of the closed ones are of today: they tell how fast a line moves
    return dice.randint(low, high)


def _unanswered_since(said: Sequence[Said]) -> datetime | None:
    """The oldest customer message after the last answer by a person. The assistant handed over: it does not count."""
    waiting = None
    for each in said:
        if each.line.author == "agent":
            waiting = None
        elif each.line.author == "customer" and waiting is None:
            waiting = each.at
    return waiting


def _words(who: Person, agent: str, bank: Bank, dice: random.Random) -> dict[str, str]:
    """What stands in a script's slots: facts of this very account where the bank has them, else likely ones."""
    money = lexicon()["money"]
    facts = bank.overview(who.ref)
    newest = facts["transfers"][0] if facts["transfers"] else None
    payment = facts["payments"][0]
    sums = [row["amount_minor"] for row in (facts["refunds"] or [payment])[:1]]
    amount = newest["amount_minor"] if newest and newest["state"] == "held" else sums[0]
    salary = newest and newest["purpose"] == "salary"
    hour = datetime.fromisoformat(newest["created_at"] if newest else payment["at"])
    return {
        "given": who.given,
        "agent": agent,
        "city": dice.choice(lexicon()["places"]["cities"]),
        "merchant": payment["merchant"],
        "amount": _euro(amount),
        "amount2": _euro(dice.randint(900, 30_000)),
        "employer": newest["counterparty"] if newest and salary else dice.choice(money["employers"]),
        "payee": newest["counterparty"] if newest else dice.choice(money["payees"]),
        "last4": facts["cards"][0]["last4"],
        "hour": f"{hour:%H:%M}",
    }


def _filled(text: str, words: dict[str, str]) -> str:
    return _SLOT.sub(lambda slot: words.get(slot[1], slot[0]), text)


def _euro(minor: int) -> str:
    return f"€{minor // 100:,}.{minor % 100:02d}"


class _Pools:
    """Customers by language and story, each taken once before anyone is taken twice."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._by_name = {known["name"]: index for index, known in enumerate(cast())}
        self._free: dict[tuple[str, str], list[int]] = {}
        self._used: set[int] = set()
        # A few thousand give every story its people; looking at everybody would only take longer.
        for index in range(len(cast()), min(bank.customers, 6_000)):
            who = person(bank.seed, index)
            for story in (bank.story(who.ref), ""):
                self._free.setdefault((who.locale, story), []).append(index)

    def take(self, script: Script) -> Person:
        """Return somebody for this script: the named one, else one with its story, else one with its language."""
        if script.person and self._by_name[script.person] < self._bank.customers:
            return person(self._bank.seed, self._by_name[script.person])
        for wish in ((script.locale, script.story), (script.locale, "")):
            for index in self._free.get(wish, ()):
                if index not in self._used:
                    self._used.add(index)
                    return person(self._bank.seed, index)
        return person(self._bank.seed, len(self._used) % self._bank.customers)
