"""What speaks for and against one contact under a model, piece by piece, in log-odds of not being explained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.shield.features import NAMES, is_unknown, values_of
from holdfast.shield.mixture import CLIP, TEXT, TEXT_CLIP, WHO, WHO_CLIP, step_of
from holdfast.shield.model import Cluster, Model, Topic
from holdfast.shield.traits import Traits


@dataclass(frozen=True, slots=True)
class Weighed:
    """The pieces. Above 0 speaks against."""

    prior: float
    """What holds for anybody who contacts now."""
    need: float
    topic: Topic | None
    cluster: Cluster | None
    values: Mapping[str, str]
    who: Mapping[str, float]
    said: Mapping[str, float]
    other: Mapping[str, float]

    @property
    def total(self) -> float:
        """All of it. Who somebody is and what they say are limited each: neither outweighs why they come.

        Where company data explain why they come, who they are is no longer asked: it only ever speaks for them.
        """
        who = _clipped(sum(self.who.values()), 0.0 if self.need < 0 else WHO_CLIP, -WHO_CLIP)
        said = _clipped(sum(self.said.values()), TEXT_CLIP, -TEXT_CLIP)
        return self.prior + self.need + who + said + sum(self.other.values())


def weigh(traits: Traits, model: Model) -> Weighed:
    """Weigh the evidence. A value that is unknown never adds to the score."""
    cluster = model.cluster_of(traits.signature)
    topic = model.topic_of(traits)
    values = dict(zip(NAMES, values_of(traits, str(cluster.number) if cluster else "one"), strict=False))
    values["words"] = step_of(sum(model.terms.get(term, 0.0) for term in traits.terms)) if traits.terms else ":?"
    found = {name: _ratio(model, name, value) for name, value in values.items()}
    challenge = model.challenge.get(traits.challenge, 0.0) if traits.challenge else 0.0
    return Weighed(
        prior=math.log(model.flood_share / (1 - model.flood_share)),
        need=_need(traits, model, topic),
        topic=topic,
        cluster=cluster,
        values=values,
        who={name: found[name] for name in WHO},
        said={name: found[name] for name in TEXT},
        other={"open_case": found["open_case"], "challenge": challenge},
    )


def _need(traits: Traits, model: Model, topic: Topic | None) -> float:
    if topic is not None:
        return -CLIP
    if traits.need is None:
        return 0.0
    return model.need["yes"] if traits.need else model.need["no"]


def _ratio(model: Model, name: str, value: str) -> float:
    ratio = model.log_ratios.get(name, {}).get(value, 0.0)
    return min(ratio, 0.0) if ratio and is_unknown(value) else ratio


def _clipped(value: float, most: float, least: float) -> float:
    return max(least, min(most, value))
