"""The templates that come with the house pass its own check, in each language, when they are filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.words.contract import Claim, Occasion, OutgoingText, Use
from holdfast.incidents.words.errors import Refused
from holdfast.incidents.words.filling import VARIABLES, filled, made_from, variables
from holdfast.incidents.words.lint import lint_all
from holdfast.incidents.words.seeds import SEEDS, Seed

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
VALUES = {
    "next": "14:30", "since": "14:00", "began": "13:50", "service": "Card payments", "fact": "38 % are declined.",
    "cause": "A certificate ran out.", "prevention": "Certificates renew themselves.", "from": "22:00",
    "until": "23:00",
}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.slug)
def test_a_seed_passes_the_check_in_every_language_of_the_demo(seed: Seed) -> None:
    assert set(seed.bodies) == {"en", "id", "pt-br"}
    segment = "affected" if seed.use in {Use.BREACH_AFFECTED, Use.BREACH_UNAFFECTED} else ""
    texts = [
        OutgoingText(locale=locale, text=filled(body, values=VALUES), segment=segment)
        for locale, body in seed.bodies.items()
    ]
    ends = seed.use in {Use.RESOLVED, Use.MAINTENANCE}
    due = None if ends else AT + timedelta(minutes=30)
    on = Occasion(use=seed.use, harm="money", severity=1, next_due=due, next_beside=ends, zone=UTC)
    ledger = [Claim(text=each) for each in VALUES.values()]
    found = lint_all(texts, ledger=ledger, occasion=on, bans=(), at=AT)
    assert [each.sentence for each in found] == []


def test_there_is_a_seed_for_every_use() -> None:
    assert {seed.use for seed in SEEDS} == set(Use)


def test_a_value_that_is_missing_is_named_and_nothing_is_left_open() -> None:
    with pytest.raises(Refused, match=r"\{next\}"):
        filled("Next update {next}.", values={})
    assert filled("{name}, hello.", values={}) == "{name}, hello."


@given(st.lists(st.one_of(st.sampled_from([f"{{{name}}}" for name in VARIABLES]), st.text(max_size=12))))
def test_a_filled_template_is_known_as_made_from_it_and_a_longer_one_is_not(parts: list[str]) -> None:
    body = " ".join(parts)
    try:
        variables(body)
        text = filled(body, values=VALUES)
    except Refused:
        return
    known = {name: [value] for name, value in VALUES.items()}
    assert made_from(text, body=body, values=known)
    assert not made_from(f"{text} And more.", body=body, values=known)
