"""Inside a band each stratum gets on at its own usual rate, whoever else comes in whatever numbers."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.shield.evidence import Evidence
from holdfast.shield.fairness import BURST, LONGEST_INTERVAL, interval, learned, stamp, stratum_of
from holdfast.shield.traits import Traits, traits_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def contact(verification: int, operator: str | None = None) -> Traits:
    given = {"verification": verification, "operator": operator, "account": "a" if verification else None}
    return traits_of(Evidence(id="x", at=NOON, channel="web", text="Hello", **given))  # type: ignore[arg-type]


def stamped(times: list[datetime], every: timedelta) -> list[datetime]:
    due, fair = None, []
    for at in times:
        fair_at, due = stamp(at=at, due=due, interval=every)
        fair.append(fair_at)
    return fair


@given(st.lists(st.floats(0, 3600), min_size=1, max_size=60), st.floats(1, 60))
def test_fair_times_are_in_order_never_before_the_arrival_and_no_more_than_the_rate(
    seconds: list[float], every: float
) -> None:
    times = sorted(NOON + timedelta(seconds=each) for each in seconds)
    fair = stamped(times, timedelta(seconds=every))
    assert fair == sorted(fair)
    assert all(after >= at for at, after in zip(times, fair, strict=True))
    for first, one in enumerate(fair):
        within = sum(each <= one + timedelta(seconds=10 * every) for each in fair[first:])
        assert within <= 10 + BURST + 2


def test_who_keeps_to_their_rate_keeps_their_times() -> None:
    times = [NOON + timedelta(seconds=20 * n) for n in range(50)]
    assert stamped(times, timedelta(seconds=20)) == times


def test_of_strata_that_all_bring_too_many_each_gets_on_by_its_usual_rate() -> None:
    usual = {"person-2": 8.0, "assistant-2": 4.0}
    line = []
    for stratum, number in (("person-2", 400), ("assistant-2", 400), ("person-0", 4000)):
        line += [(at, stratum) for at in stamped([NOON] * number, interval(stratum, usual))]
    served = Counter(stratum for _, stratum in sorted(line)[: 3 * BURST + 300])
    assert served["person-2"] / served["assistant-2"] == pytest.approx(2.0, rel=0.15)
    assert served["person-0"] / served["person-2"] == pytest.approx(3 / 8, rel=0.2), "ten times as many, and no more"


def test_what_is_usual_is_learned_from_ordinary_minutes() -> None:
    usual: dict[str, float] = {}
    for minute in range(200):
        came = [contact(2)] * 6 + [contact(2, "assistant.example")] * (minute % 2) + [contact(0)] * 2
        usual = learned(usual, came, minutes=minute)
    assert usual == pytest.approx({"person-2": 6.0, "assistant-2": 0.5, "person-0": 2.0})
    assert {stratum_of(contact(1)), stratum_of(contact(2))} == {"person-1", "person-2"}
    assert interval("person-2", usual) == timedelta(seconds=10)
    assert interval("assistant-2", usual) == interval("unheard of", usual) == LONGEST_INTERVAL
