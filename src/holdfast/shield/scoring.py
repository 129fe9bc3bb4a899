"""Where one contact stands under a model, and why. Pure: the same traits and model give the same decision, always."""

from __future__ import annotations

from holdfast.shield.evidence import Decision, Friction
from holdfast.shield.model import Model
from holdfast.shield.traits import Traits


def score(traits: Traits, model: Model) -> Decision:
    """Judge one contact. Without a flood everybody is in band 0, is asked nothing, and the score is 0."""
    return Decision(id=traits.id, band=0, score=0.0, friction=Friction.NONE, reasons=(), model=model.version)
