"""Where one contact stands under a model, and why. Pure: the same traits and model give the same decision, always."""

from __future__ import annotations

import math

from holdfast.shield import reasons
from holdfast.shield.evidence import BANDS, Decision, Friction
from holdfast.shield.model import Model
from holdfast.shield.traits import Traits
from holdfast.shield.weighing import weigh

_STEP = 0.6
"""Log-odds per band."""
_ASK_FROM = 0.6
_FORWARD = 0.3
_CLOSE_UNTIL, _TELLING = 1.5, 1.0
_PROVEN = 2
_LATER_FROM = 0.6
_IN_WRITING_FROM = 5.0


def score(traits: Traits, model: Model) -> Decision:
    """Judge one contact. Without a flood everybody is in band 0, is asked nothing, and the score is 0.

    While identity is down nobody is moved back either: whoever is not explained is offered a callback, no more.
    """
    if model.alarm != "flood":
        return Decision(id=traits.id, band=0, score=0.0, friction=Friction.NONE, reasons=(), model=model.version)
    weighed = weigh(traits, model)
    total = weighed.total
    friction = _friction(traits, model, total)
    if model.identity_down:
        friction = Friction.CALLBACK if total > 0 else Friction.NONE
        total = min(total, 0.0)
    total = round(total, 3)
    return Decision(
        id=traits.id,
        band=band_of(total),
        score=total,
        friction=friction,
        reasons=reasons.of_contact(traits, model, weighed),
        model=model.version,
    )


def band_of(total: float) -> int:
    """Band 0 up to a score of 0, then a band for each step."""
    return min(BANDS - 1, max(0, math.ceil(total / _STEP)))


def _friction(traits: Traits, model: Model, total: float) -> Friction:
    """The mildest step that pays. A question pays where a fitting answer brings somebody forward to the first bands,
    and close behind them, as long as answers tell people apart: there even the wrong ones make room.

    Who would not get there by any answer is asked nothing; they are offered to be called or written back. Whoever is
    proven and explained is never asked.
    """
    if traits.challenge is None and not (traits.verification == _PROVEN and traits.need is True):
        passing, failing = model.challenge.get("pass", 0.0), model.challenge.get("fail", 0.0)
        brings_forward = total > _ASK_FROM and total + passing <= _FORWARD
        if brings_forward or (0 < total <= _CLOSE_UNTIL and failing - passing > _TELLING):
            return Friction.CONFIRM_CHANNEL if traits.account is not None else Friction.CONFIRM_TOPIC
    if total > _IN_WRITING_FROM:
        return Friction.ASYNCHRONOUS
    return Friction.CALLBACK if total > _LATER_FROM else Friction.NONE
