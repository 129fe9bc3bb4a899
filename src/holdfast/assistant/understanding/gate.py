"""When what was understood may be acted on. Below its threshold a text goes to a person.

The threshold of a tier is the score that a wanted share of held-out texts in scope reaches: texts of this deployment's
own, which the model has not learned from. No text out of scope is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.assistant.understanding.examples import Examples
from holdfast.assistant.understanding.model import Encoder, Model, Tier, Understood


@dataclass(frozen=True, slots=True)
class Gate:
    """Thresholds by tier. A tier that was never measured lets nothing pass."""

    thresholds: Mapping[Tier, float]

    def passes(self, understood: Understood) -> bool:
        """Whether it is sure enough that the text is about its label."""
        threshold = self.thresholds.get(understood.tier)
        return threshold is not None and understood.score >= threshold

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return {str(tier): threshold for tier, threshold in self.thresholds.items()}

    @classmethod
    def from_json(cls, said: Mapping[str, float]) -> Gate:
        """Return the gate `to_json` described. Raises `ValueError`."""
        tiers: tuple[Tier, ...] = ("words", "sentences")
        if set(said) - set(tiers) or not all(np.isfinite(threshold) for threshold in said.values()):
            raise ValueError("These are not the thresholds of a gate.")
        return cls({tier: float(said[tier]) for tier in tiers if tier in said})


def calibrate(model: Model, texts: Sequence[str], *, keep: float = 0.95) -> Gate:
    """Return the gate that lets the share `keep` of such texts pass; the model must not have learned from them."""
    if not texts or not 0 < keep <= 1:
        raise ValueError("A gate needs held-out texts, and a share above 0 and up to 1 of them to keep.")
    return Gate(
        {
            tier: float(np.quantile([u.score for u in model.predict(texts, semantic=tier == "sentences")], 1 - keep))
            for tier in model.tiers
        }
    )


def fitted(
    examples: Examples, *, encoder: Encoder | None = None, keep: float = 0.95, held_out: float = 0.2, seed: int = 0
) -> tuple[Model, Gate]:
    """Return a model of all examples, and the gate that a model of the rest needs for the share `held_out` of them.

    Few examples give a gate that is a little too strict: a model of all of them is surer than the one it was set by.
    """
    rest, apart = examples.parted(held_out, seed=seed)
    if not len(apart):
        rest = apart = examples  # one example per label: nothing can be held out
    gate = calibrate(Model.fit(rest.texts, rest.labels, encoder=encoder), apart.texts, keep=keep)
    return Model.fit(examples.texts, examples.labels, encoder=encoder), gate
