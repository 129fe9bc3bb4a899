"""The model with the real encoder: what was said in other words is understood, and in a moment."""

from __future__ import annotations

import pytest

from holdfast.assistant.understanding.examples import Examples
from holdfast.assistant.understanding.gate import fitted
from holdfast.kit.semantic import encoder
from holdfast.kit.semantic.carrier import Unavailable

try:
    ENCODER: encoder.Encoder | None = encoder.load()
except Unavailable:
    ENCODER = None

pytestmark = pytest.mark.skipif(ENCODER is None, reason="the extra `semantic` is not installed")

LEARNED = {
    "lost_card": [
        "I lost my card",
        "my card was stolen",
        "I cannot find my card",
        "someone took my card",
        "card is gone",
    ],
    "exchange_rate": [
        "what is the exchange rate",
        "is the rate good today",
        "how is the rate set",
        "rate for euros",
        "currency rate",
    ],
    "close_account": [
        "close my account",
        "I want to leave",
        "delete my account",
        "how do I end my contract",
        "cancel everything",
    ],
}
EXAMPLES = Examples(
    tuple(text for texts in LEARNED.values() for text in texts),
    tuple(label for label, texts in LEARNED.items() for _ in texts),
)


def test_other_words_are_understood_and_other_matters_go_to_a_person() -> None:
    model, gate = fitted(EXAMPLES, encoder=ENCODER)
    asked = {
        "a thief has my wallet with the plastic in it": "lost_card",
        "how many dollars would I get for a hundred pounds": "exchange_rate",
        "please shut down my profile for good": "close_account",
    }
    found = model.predict(list(asked))
    assert [each.label for each in found] == list(asked.values())
    strange = model.predict(["who won the football on sunday", "write a poem about whales", "asdf"])
    assert not any(map(gate.passes, strange))
    assert max(each.score for each in strange) < min(each.score for each in found)
