"""The gate: it keeps the share it was set for, and what it was not set for does not pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from holdfast.assistant.understanding.examples import Examples
from holdfast.assistant.understanding.gate import Gate, calibrate, fitted
from holdfast.assistant.understanding.model import Model, Understood

CARDS = [
    f"{verb} my {kind} card {when}"
    for verb in ("where is", "send", "find")
    for kind in ("debit", "credit")
    for when in ("now", "please", "today")
]
RATES = [
    f"{what} rate for {coin} {when}"
    for what in ("exchange", "good")
    for coin in ("euros", "pounds", "yen")
    for when in ("now", "please", "today")
]
BOTH = Examples((*CARDS, *RATES), ("cards",) * len(CARDS) + ("rates",) * len(RATES))
SURE = Understood("cards", 0.9, "rates", 0.1, 3.0, "sentences")


def test_a_text_passes_from_the_threshold_of_its_tier_on() -> None:
    gate = Gate({"sentences": 3.0, "words": 9.0})
    assert gate.passes(SURE)
    assert not gate.passes(replace(SURE, score=2.999))
    assert not gate.passes(replace(SURE, tier="words"))
    assert not gate.passes(replace(SURE, score=float("nan")))


def test_a_tier_that_was_never_measured_lets_nothing_pass() -> None:
    assert not Gate({"words": 0.0}).passes(SURE)


@pytest.mark.parametrize("keep", [0.5, 0.9, 1.0])
def test_it_keeps_the_share_it_was_set_for(keep: float) -> None:
    rest, apart = BOTH.parted(0.4, seed=3)
    model = Model.fit(rest.texts, rest.labels)
    gate = calibrate(model, apart.texts, keep=keep)
    passed = sum(map(gate.passes, model.predict(apart.texts)))
    assert passed / len(apart) == pytest.approx(keep, abs=1 / len(apart))


def test_model_and_gate_come_together_and_turn_away_what_is_about_something_else() -> None:
    model, gate = fitted(BOTH, seed=1)
    known = model.predict(["where is my debit card please", "exchange rate for yen today"])
    assert [each.label for each in known] == ["cards", "rates"]
    assert all(map(gate.passes, known))
    assert not any(map(gate.passes, model.predict(["sing me a song of the sea", "", "12345"])))


def test_with_one_example_each_the_gate_is_strict() -> None:
    model, gate = fitted(Examples(("my card", "the rate"), ("cards", "rates")))
    assert not any(map(gate.passes, model.predict(["a cow", "my car"])))


def test_a_gate_is_the_same_after_json() -> None:
    gate = Gate({"words": 1.25})
    assert Gate.from_json(gate.to_json()) == gate
    for wrong in ({"words": float("nan")}, {"pixels": 1.0}):
        with pytest.raises(ValueError, match="not the thresholds of a gate"):
            Gate.from_json(wrong)


def test_a_gate_needs_texts_and_a_share() -> None:
    model = Model.fit(["a card"], ["a"])
    for texts, keep in (([], 0.9), (["a card"], 0.0), (["a card"], 1.1)):
        with pytest.raises(ValueError, match="A gate needs held-out texts"):
            calibrate(model, texts, keep=keep)
