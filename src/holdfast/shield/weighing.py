"""What speaks for and against one contact under a model, piece by piece, in log-odds of not being explained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import repeat

from holdfast.shield.features import NAMES, values_of
from holdfast.shield.mixture import CLIP, TEXT, TEXT_CLIP, WHO, WHO_CLIP, step_of
from holdfast.shield.model import Cluster, Model, Topic
from holdfast.shield.traits import Traits

_ORDINARY_WORDS = -2.0
_NOTHING: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True)
class Weighed:
    """The pieces. Above 0 speaks against."""

    prior: float
    """What holds for anybody who contacts now."""
    need: float
    topic: Topic | None
    cluster: Cluster | None
    values: tuple[str, ...]
    """One per name in `NAMES`."""
    who: Mapping[str, float]
    said: Mapping[str, float]
    other: Mapping[str, float]

    @property
    def explained(self) -> bool:
        """Whether it is clear why they come."""
        return self.need < 0 or self.said.get("words", 0.0) + self.said.get("cluster", 0.0) <= _ORDINARY_WORDS

    @property
    def total(self) -> float:
        """All of it. Who somebody is and what they say are limited each: neither outweighs why they come.

        Where company data, or ordinary words, explain why they come, who they are is no longer asked: it only ever
        speaks for them.
        """
        who = _clipped(sum(self.who.values()), 0.0 if self.explained else WHO_CLIP, -WHO_CLIP)
        said = _clipped(sum(self.said.values()), TEXT_CLIP, -TEXT_CLIP)
        return self.prior + self.need + who + said + sum(self.other.values())


def weigh(traits: Traits, model: Model) -> Weighed:
    """Weigh the evidence. A value that is unknown says nothing."""
    cluster = model.cluster_of(traits.signature)
    topic = model.topic_of(traits)
    words = step_of(sum(map(model.terms.get, traits.terms, repeat(0.0)))) if traits.terms else ":?"
    values = (*values_of(traits, str(cluster.number) if cluster else "one")[:-1], words)
    who: dict[str, float] = {}
    said: dict[str, float] = {}
    other: dict[str, float] = {}
    for name, value in zip(NAMES, values, strict=True):
        ratio = model.log_ratios.get(name, _NOTHING).get(value)
        if ratio is not None:
            (who if name in WHO else said if name in TEXT else other)[name] = ratio
    if traits.challenge is not None:
        other["challenge"] = model.challenge.get(traits.challenge, 0.0)
    return Weighed(
        prior=math.log(model.flood_share / (1 - model.flood_share)),
        need=_need(traits, model, topic),
        topic=topic,
        cluster=cluster,
        values=values,
        who=who,
        said=said,
        other=other,
    )


def _need(traits: Traits, model: Model, topic: Topic | None) -> float:
    if topic is not None:
        return -CLIP
    if traits.need is None:
        return 0.0
    return model.need.get("yes" if traits.need else "no", 0.0)


def _clipped(value: float, most: float, least: float) -> float:
    return max(least, min(most, value))
