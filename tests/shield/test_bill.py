"""What a flood or an outage cost, against worlds whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from holdfast.shield.bill import Bill, Outcome, Prices, Record, bill, likelihoods, spread
from holdfast.shield.evidence import MinuteReport

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Truth:
    flood_minutes: float = 0.0
    surge_minutes: float = 0.0
    abandoned_genuine: int = 0


def small_world(
    *, flood: float, surge: float, seed: int = 1, apart: float = 4.5
) -> tuple[list[Record], list[MinuteReport], Truth]:
    """Two hours, the second with an event: contacts a minute of flood and of surge on top of ten; truth beside them."""
    noise, truth = np.random.default_rng(seed), Truth()
    records: list[Record] = []
    reports: list[MinuteReport] = []
    for minute in range(120):
        during, at = minute >= 60, MONDAY + minute * MINUTE
        rates = (10.0, surge if during else 0.0, flood if during else 0.0)
        numbers = [int(noise.poisson(rate)) for rate in rates]
        for kind, number in enumerate(numbers):
            for _ in range(number):
                score = float(noise.normal(apart if kind == 2 else -apart, 1.5)) if during and flood else None
                answered, minutes = bool(noise.random() < 0.6), float(noise.lognormal(1.6, 0.5))
                outcome = Outcome.ANSWERED if answered else Outcome.GAVE_UP
                records.append(Record(at=at, score=score, outcome=outcome, minutes=minutes))
                truth.flood_minutes += minutes * (answered and kind == 2)
                truth.surge_minutes += minutes * (answered and kind == 1)
                truth.abandoned_genuine += not answered and kind != 2
        share = flood / (10 + surge + flood) if during else 0.0
        reports.append(
            MinuteReport(
                minute=at,
                rate=float(sum(numbers)),
                expected=10.0,
                surge=during,
                flood_share=share,
                low=0.9 * share,
                high=min(1.0, 1.1 * share),
            )
        )
    return records, reports, truth


@pytest.mark.parametrize(("flood", "surge"), [(100, 0), (0, 100), (80, 60), (300, 5)])
def test_a_bill_is_within_a_tenth_of_the_truth(flood: float, surge: float) -> None:
    for seed in range(2):
        records, reports, truth = small_world(flood=flood, surge=surge, seed=seed)
        found = bill(records, reports)
        assert found.flood_minutes.likely == pytest.approx(truth.flood_minutes, rel=0.1)
        if surge > 10:
            assert found.surge_minutes.likely == pytest.approx(truth.surge_minutes, rel=0.1)
        assert found.abandoned_genuine.likely == pytest.approx(truth.abandoned_genuine, rel=0.1)
        money = 0.75 * (truth.flood_minutes + truth.surge_minutes)
        assert found.agents_cost.likely == pytest.approx(money, rel=0.1)


def test_an_ordinary_day_costs_nothing() -> None:
    records, reports, _ = small_world(flood=0, surge=0)
    calm = [
        MinuteReport(minute=one.minute, rate=one.rate, expected=10.0, surge=False, flood_share=0.0) for one in reports
    ]
    found = bill(records, calm)
    assert found.total.likely == found.total.high == 0
    assert found.abandoned_genuine.likely == sum(record.outcome is Outcome.GAVE_UP for record in records)


def test_nothing_recorded_costs_nothing() -> None:
    assert bill([], []).total.likely == 0


def test_an_alarm_that_chance_explains_puts_nothing_down_to_a_surge() -> None:
    records, reports, _ = small_world(flood=0, surge=0)
    assert bill(records, reports).surge_minutes.likely == 0


def test_who_is_suspected_is_billed_first_and_the_rest_evenly() -> None:
    found = likelihoods(np.array([-1.0, 0.0, 2.0, 3.0]), share=0.9)
    assert found.tolist() == [0, 0, 1, 1]
    assert spread(found, share=0.75).tolist() == [0.5, 0.5, 1, 1]
    assert spread(found, share=0.4).tolist() == [0, 0, 1, 1]


def test_a_share_that_outlives_the_flood_bills_no_flood_that_did_not_come() -> None:
    at = [MONDAY + minute * MINUTE for minute in range(10)]
    records = [Record(at=moment, score=1.0, outcome=Outcome.ANSWERED, minutes=5) for moment in at for _ in range(10)]
    reports = [MinuteReport(minute=moment, rate=10, expected=10, surge=True, flood_share=0.8) for moment in at]
    assert bill(records, reports).flood_contacts.likely < 20


def test_a_matter_that_came_twice_and_was_answered_once_is_not_lost() -> None:
    def record(matter: str, outcome: Outcome) -> Record:
        return Record(at=MONDAY, score=None, outcome=outcome, matter=matter)

    records = [
        record("answered later", Outcome.GAVE_UP),
        record("answered later", Outcome.ANSWERED),
        record("still waits", Outcome.GAVE_UP),
        record("still waits", Outcome.WAITING),
        record("gone", Outcome.GAVE_UP),
        record("gone", Outcome.JOINED),
    ]
    assert bill(records, []).abandoned_genuine.likely == 1


def test_prices_are_the_callers() -> None:
    records, reports, _ = small_world(flood=50, surge=50)
    dear = Prices(agent_minute=2, fee_per_contact=1, fee_per_minute=0.5, lost_customer_contact=10)
    found = bill(records, reports, prices=dear)
    minutes = found.flood_minutes.likely + found.surge_minutes.likely
    contacts = found.flood_contacts.likely + found.surge_contacts.likely
    assert found.agents_cost.likely == pytest.approx(2 * minutes)
    assert found.provider_fees.likely == pytest.approx(contacts + 0.5 * minutes)
    assert found.lost_customers.likely == pytest.approx(10 * found.abandoned_genuine.likely)
    assert any("customer who gave up costs 10" in line for line in found.assumptions)


@settings(max_examples=60, deadline=None)
@given(scores=st.lists(st.floats(-30, 30), max_size=50), share=st.floats(0, 1))
def test_likelihoods_add_up_to_the_share_or_to_all_who_are_suspected(scores: list[float], share: float) -> None:
    found = likelihoods(np.array(scores), share=share)
    suspected = sum(score > 0 for score in scores)
    assert ((found >= 0) & (found <= 1)).all()
    assert found.sum() == pytest.approx(min(share * len(scores), suspected), abs=1e-3)


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(flood=st.floats(0, 20), surge=st.floats(0, 20), seed=st.integers(0, 50), apart=st.floats(0, 4))
def test_every_range_holds_its_likely_figure(flood: float, surge: float, seed: int, apart: float) -> None:
    records, reports, _ = small_world(flood=flood, surge=surge, seed=seed, apart=apart)
    found: Bill = bill(records, reports)
    again = bill(list(reversed(records)), list(reversed(reports)))
    assert again.total.likely == pytest.approx(found.total.likely)
    for name in ("flood_contacts", "surge_contacts", "flood_minutes", "surge_minutes", "abandoned_genuine", "total"):
        figure = getattr(found, name)
        assert 0 <= figure.low <= figure.likely <= figure.high
