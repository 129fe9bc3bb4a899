"""What a flood or an outage cost: minutes of people, genuine customers who were lost, fees, money.

The shield knows shares and likelihoods, not labels, so nothing here says of a contact that it was protest. Each contact
weighs as much as it is likely to have been part of the flood; of the rest, as much as there were more contacts than
usual is put down to the surge. A pure function over records: the same records give the same bill.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPAN: Final = timedelta(minutes=5)
"""Shares are counted over so long: single minutes are too few contacts to weigh."""
REACH: Final = 1.2816
"""The standard normal's 90th percentile: a bill's range is missed one time in ten on either side."""
ONSET_SPANS: Final = 3
"""So many spans a flood may go on before it is named; what came in them is split as afterwards."""
HOUR_SPANS: Final = 12
SHARE_UNSURE: Final = 0.05
"""A share that is so much larger than the suspects are many may be wrong about it; beyond that it is believed."""
USUAL_UNSURE: Final = 0.1
"""Relative standard deviation of what would have come on an ordinary day, over a whole event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What things cost, in one currency; none of it is built in anywhere else."""

    agent_minute: float = 0.75
    """A minute of a person at the line, everything included."""
    fee_per_contact: float = 0.04
    """What providers (telephone, messaging, models) take for each contact."""
    fee_per_minute: float = 0.02
    """What providers take for each minute of a conversation."""
    lost_customer_contact: float = 0.0
    """What it costs that a genuine customer gave up; nobody knows it well, so it is 0 until somebody sets it."""


class Outcome(StrEnum):
    """What became of a contact."""

    WAITING = "waiting"
    ANSWERED = "answered"
    GAVE_UP = "gave_up"
    JOINED = "joined"
    """It joined another contact of the same account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One contact. `score` is the log-odds of not being explained (`shield.evidence.Decision`), `None` if unjudged.

    `minutes` are those a person spent on it, if it was answered. `matter` is the same for every contact about one
    matter of one person; empty: a matter of its own.
    """

    at: datetime
    score: float | None
    outcome: Outcome
    minutes: float = 0.0
    matter: str = ""


class Minute(Protocol):
    """What was counted of one minute; `shield.evidence.MinuteReport` is one."""

    @property
    def minute(self) -> datetime:
        """When it began."""
        ...

    @property
    def expected(self) -> float:
        """Usual contacts."""
        ...

    @property
    def surge(self) -> bool:
        """Whether there was an alarm."""
        ...

    @property
    def flood_share(self) -> float:
        """Share of the contacts that was flood."""
        ...

    @property
    def low(self) -> float:
        """One in ten chance of a smaller share."""
        ...

    @property
    def high(self) -> float:
        """One in ten chance of a larger share."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A figure, with one chance in ten of less than `low` and of more than `high`."""

    likely: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What an event cost. Minutes are of people at the line, money is in the currency of the prices."""

    flood_contacts: Range
    surge_contacts: Range
    flood_minutes: Range
    surge_minutes: Range
    abandoned_genuine: Range
    """Genuine matters that nobody answered and nobody waits for any more, whether of the event or not."""
    agents_cost: Range
    provider_fees: Range
    lost_customers: Range
    total: Range
    assumptions: tuple[str, ...]


def bill(records: Iterable[Record], minutes: Iterable[Minute], *, prices: Prices | None = None) -> Bill:
    """Add up what an event cost. `minutes` are reports of any order; contacts outside them count as ordinary.

    Shares are brought in line with what was counted: within a span all log-odds are moved by the same amount, until
    the likelihoods add up to the flood's share. The range follows the shares' own, the uncertainty of what was usual,
    and the chance in each contact's likelihood.
    """
    asked, rows = prices or Prices(), sorted(records, key=lambda record: record.at)
    spans = _spans(minutes)
    cases = {}
    for case in ("likely", "low", "high"):
        weights = _weigh(rows, spans, case=case)
        cases[case] = _add_up(rows, *weights, prices=asked)
    chance = _chance(rows, _weigh(rows, spans, case="likely")[0], prices=asked)
    ranges = {name: _range(cases, chance, name) for name in cases["likely"]}
    return Bill(**ranges, assumptions=_assumptions(asked))


@dataclass(slots=True)
class _Span:
    """Five minutes. A report's share is of the minutes up to it, so the last report in a span is the one on it."""

    expected: float = 0.0
    surge: bool = False
    last: Minute | None = None

    def share(self, case: str) -> float:
        if self.last is None:
            return 0.0
        likely = self.last.flood_share
        if case == "low":
            return min(likely, self.last.low)
        return max(likely, self.last.high) if case == "high" else likely


def _spans(minutes: Iterable[Minute]) -> Mapping[int, _Span]:
    spans: dict[int, _Span] = defaultdict(_Span)
    for minute in minutes:
        span = spans[_span_of(minute.minute)]
        span.expected += minute.expected
        span.surge = span.surge or minute.surge or minute.flood_share > 0
        if span.last is None or minute.minute > span.last.minute:
            span.last = minute
    return spans


def _span_of(at: datetime) -> int:
    return int(at.timestamp() // SPAN.total_seconds())


def _weigh(rows: Sequence[Record], spans: Mapping[int, _Span], *, case: str) -> tuple[Floats, Floats]:
    """How likely each contact was flood, and how likely it was extra though genuine."""
    flood, extra = np.zeros(len(rows)), np.zeros(len(rows))
    by_span: dict[int, list[int]] = defaultdict(list)
    for place, record in enumerate(rows):
        by_span[_span_of(record.at)].append(place)
    for event in _events(spans):
        counts = {number: len(by_span.get(number, [])) for number in event}
        shares = {
            number: _possible(spans[number].share(case), counts[number], expected=spans[number].expected)
            for number in event
        }
        onset = _onset(event, shares, counts, spans)
        for number in event:
            places = by_span.get(number, [])
            scores = np.array([rows[place].score or 0.0 for place in places])
            found = likelihoods(scores, share=onset.get(number, shares[number]))
            if number in onset:
                shares[number] = onset[number]
                flood[places] = spread(found, share=onset[number])
            else:
                flood[places] = spread(found, share=shares[number] - SHARE_UNSURE)
        genuine = {number: counts[number] * (1 - share) for number, share in shares.items()}
        level = _level(spans, by_span, before=event[0])
        surplus = _surplus(genuine, {number: level * spans[number].expected for number in event}, case=case)
        for number, more in surplus.items():
            places = by_span.get(number, [])
            extra[places] = (1 - flood[places]) * more
    return flood, extra


def _level(spans: Mapping[int, _Span], by_span: Mapping[int, Sequence[int]], *, before: int) -> float:
    """How busy the day was before the event, against the usual; 1 where nothing is known of the hour before."""
    hour = [number for number in range(before - HOUR_SPANS, before) if number in spans and not spans[number].surge]
    usual = math.fsum(spans[number].expected for number in hour)
    counted = sum(len(by_span.get(number, ())) for number in hour)
    # As much is kept of the usual as it is worth: its uncertainty against that of the count.
    trust = USUAL_UNSURE**2 / (USUAL_UNSURE**2 + 1 / usual) if usual > 0 else 0.0
    return 1 + trust * (min(2.0, max(0.5, counted / usual)) - 1) if usual > 0 else 1.0


def _onset(
    event: Sequence[int], shares: Mapping[int, float], counts: Mapping[int, int], spans: Mapping[int, _Span]
) -> dict[int, float]:
    """The flood's share before it was named: what came beyond the usual is split as in the first span with a name.

    Only for as long as naming takes; a surge that a flood joins much later was a surge.
    """
    named = next((number for number in event if shares[number] > 0), None)
    if named is None or not 0 < named - event[0] <= ONSET_SPANS:
        return {}
    beyond = counts[named] - spans[named].expected
    part = min(1.0, shares[named] * counts[named] / beyond) if beyond > 0 else 0.0
    return {
        number: part * max(0.0, 1 - spans[number].expected / counts[number]) if counts[number] else 0.0
        for number in event
        if number < named
    }


def _events(spans: Mapping[int, _Span]) -> list[list[int]]:
    """Spans with an alarm, those that follow each other together."""
    events: list[list[int]] = []
    for number in sorted(number for number, span in spans.items() if span.surge):
        if events and number == events[-1][-1] + 1:
            events[-1].append(number)
        else:
            events.append([number])
    return events


def _possible(share: float, number: int, *, expected: float) -> float:
    """A flood is no larger than what came beyond the usual: a share may still remember the minutes before."""
    most = max(0.0, number - expected + REACH * math.sqrt(expected))
    return min(share, most / number) if number else 0.0


def _surplus(genuine: Mapping[int, float], expected: Mapping[int, float], *, case: str) -> dict[int, float]:
    """Return, per span, the share of the genuine contacts that would not have come on an ordinary day.

    Counted over the whole event: span by span, chance alone would look like a surplus half of the time. A total that
    the uncertainty of the usual explains is none.
    """
    whole, usual = math.fsum(genuine.values()), math.fsum(expected.values())
    unsure = REACH * math.hypot(USUAL_UNSURE * usual, math.sqrt(usual))
    most = whole - usual
    total = {"low": most - unsure, "likely": most if most > unsure else 0.0, "high": most + unsure}[case]
    ahead = {number: max(0.0, genuine[number] - expected[number]) for number in genuine}
    found = math.fsum(ahead.values())
    if total <= 0 or found <= 0:
        return dict.fromkeys(genuine, 0.0)
    return {
        number: min(1.0, more * total / found / genuine[number]) if genuine[number] else 0.0
        for number, more in ahead.items()
    }


def likelihoods(scores: Floats, *, share: float) -> Floats:
    """Return how likely each contact is part of the flood, so that on average they are `share`.

    The logistic function of score plus a constant, found by bisection, where the score is above 0; at 0 and below
    nothing is held against a contact. Where too few are above, all of them are flood, and the average stays below
    the share.
    """
    found, held = np.zeros(len(scores)), scores > 0
    wanted, number = share * len(scores), int(held.sum())
    if wanted <= 0 or not number:
        return found
    if wanted >= number:
        found[held] = 1.0
        return found
    against = scores[held]
    below, above = -40.0 - float(against.max()), 40.0 - float(against.min())
    for _ in range(60):
        middle = (below + above) / 2
        if _logistic(against + middle).sum() < wanted:
            below = middle
        else:
            above = middle
    found[held] = _logistic(against + above)
    return found


def spread(found: Floats, *, share: float) -> Floats:
    """Return likelihoods that average at least `share`: what is missing is spread evenly over those not suspected.

    A flood of real customers with real matters leaves no mark on many of its contacts, and before it is named nobody
    has been judged. Then counts know that they are there, and nobody knows which they are.
    """
    missing, rest = share * len(found) - float(found.sum()), found == 0
    if missing <= 0 or not rest.any():
        return found
    return np.where(rest, min(1.0, missing / int(rest.sum())), found)


def _logistic(values: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(values / 2)))


def _add_up(rows: Sequence[Record], flood: Floats, extra: Floats, *, prices: Prices) -> dict[str, float]:
    worked = _worked(rows)
    lost = _lost(rows, flood)
    flood_minutes, surge_minutes = float(flood @ worked), float(extra @ worked)
    agents = (flood_minutes + surge_minutes) * prices.agent_minute
    contacts = float(flood.sum() + extra.sum())
    fees = contacts * prices.fee_per_contact + (flood_minutes + surge_minutes) * prices.fee_per_minute
    return {
        "flood_contacts": float(flood.sum()),
        "surge_contacts": float(extra.sum()),
        "flood_minutes": flood_minutes,
        "surge_minutes": surge_minutes,
        "abandoned_genuine": lost,
        "agents_cost": agents,
        "provider_fees": fees,
        "lost_customers": lost * prices.lost_customer_contact,
        "total": agents + fees + lost * prices.lost_customer_contact,
    }


def _lost(rows: Sequence[Record], flood: Floats) -> float:
    """Matters that were never answered and are over, each by how likely it was genuine."""
    by_matter: dict[str, list[int]] = defaultdict(list)
    for place, record in enumerate(rows):
        by_matter[record.matter or f"contact {place}"].append(place)
    return math.fsum(
        float(1 - flood[places].min())
        for places in by_matter.values()
        if not any(rows[place].outcome in {Outcome.ANSWERED, Outcome.WAITING} for place in places)
    )


def _worked(rows: Sequence[Record]) -> Floats:
    return np.array([record.minutes if record.outcome is Outcome.ANSWERED else 0.0 for record in rows])


def _chance(rows: Sequence[Record], flood: Floats, *, prices: Prices) -> dict[str, float]:
    """Standard deviations from the chance in each likelihood, contacts taken as independent of each other."""
    worked = _worked(rows)
    variance = flood * (1 - flood)
    gone = np.array([record.outcome is Outcome.GAVE_UP for record in rows], dtype=np.float64)
    minutes, contacts = math.sqrt(float(variance @ worked**2)), math.sqrt(float(variance.sum()))
    lost = math.sqrt(float(variance @ gone))
    agents, fees = minutes * prices.agent_minute, contacts * prices.fee_per_contact + minutes * prices.fee_per_minute
    return {
        "flood_contacts": contacts,
        "surge_contacts": contacts,
        "flood_minutes": minutes,
        "surge_minutes": minutes,
        "abandoned_genuine": lost,
        "agents_cost": agents,
        "provider_fees": fees,
        "lost_customers": lost * prices.lost_customer_contact,
        "total": agents + fees + lost * prices.lost_customer_contact,
    }


def _range(cases: Mapping[str, Mapping[str, float]], chance: Mapping[str, float], name: str) -> Range:
    """Around the likely figure: how far the other cases are off, and chance, added as squares."""
    likely, ends = cases["likely"][name], sorted((cases["low"][name], cases["high"][name]))
    by_chance = REACH * chance[name]
    below = math.hypot(max(0.0, likely - ends[0]), by_chance)
    above = math.hypot(max(0.0, ends[1] - likely), by_chance)
    return Range(likely=likely, low=max(0.0, likely - below), high=likely + above)


def _assumptions(prices: Prices) -> tuple[str, ...]:
    return (
        f"A minute of a person costs {prices.agent_minute:g}.",
        f"Providers take {prices.fee_per_contact:g} for a contact and {prices.fee_per_minute:g} for a minute of it.",
        f"A genuine customer who gave up costs {prices.lost_customer_contact:g}.",
    )
