"""Outages nobody thought of: compositions drawn at random, all genuine, to see whether any is taken for a flood."""

from __future__ import annotations

import random
from typing import Any

from holdfast.drills.crisis.scenario import Scenario, parse

_TOPICS = ("payments", "transfers", "cards", "app", "login", "account")


def random_outage(seed: int, *, per_minute: float = 4.0) -> Scenario:
    """Draw an outage: how many times the ordinary, who is hit, how they identify themselves, how alike they sound.

    Forty minutes of it after half an hour of quiet, at a centre with `per_minute` contacts. Company data always say
    something: a centre that knows nothing of anybody is a scenario of its own, `outage-no-data`.
    """
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    people: dict[str, Any] = {
        "kind": "hit",
        "assistants": round(chance.uniform(0.02, 0.8), 2),
        "signed": round(chance.uniform(0.2, 1.0), 2),
        "verification": _shares(chance),
        "verification_assistants": _shares(chance),
        "need": round(chance.uniform(0.55, 0.98), 2),
        "open_case": round(chance.uniform(0.0, 0.3), 2),
        "tenure_days": round(chance.lognormvariate(6, 1.2)) + 1,
        "topics": chance.sample(_TOPICS, chance.randint(1, 4)),
        "short": round(chance.choice((0.0, 0.1, 0.3, 0.5)), 2),
        "sources": chance.choice(("all", "all", "few")),
        "again": round(chance.uniform(0, 0.5), 2),
    }
    if chance.random() < 0.3:
        people["region"] = chance.choice(("isles", "capital", "coast"))
    crowd = {
        "name": "hit",
        "people": people,
        "times": round(2 ** chance.uniform(1, 5), 1),
        "starts": 30,
        "lasts": 40,
        "rise": round(chance.uniform(0, 15), 1),
        "half_life": round(chance.uniform(10, 120)),
    }
    given = {
        "title": "An outage drawn at random",
        "about": "All contacts are genuine.",
        "kind": "outage",
        "minutes": 70,
        "centre": {"per_minute": per_minute, "agents": max(2, round(per_minute * 7))},
        "crowds": [crowd],
    }
    return parse(given, name=f"outage-{seed}")


def _shares(chance: random.Random) -> list[float]:
    """Three shares that add up to 1, every mixture as likely as any other."""
    low, high = sorted((chance.random(), chance.random()))
    return [low, high - low, 1 - high]
