"""What a run was worth: how genuine customers fared, how well the shield told them apart, what the flood cost.

Counted per matter, not per contact: somebody who tried three times and was answered once was served. Service levels
begin a quarter of an hour after the onset, when a shield has had its chance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean

from holdfast.drills.crisis.room import Entry, Played, State
from holdfast.shield import bill as shield_bill
from holdfast.shield.evidence import MinuteReport

SETTLING = 15.0
"""Minutes after the onset from which service is scored."""
PROMPT = 1.0
"""Minutes within which an answer counts for the service level."""
_OUTCOMES = {
    State.WAITING: shield_bill.Outcome.WAITING,
    State.ANSWERED: shield_bill.Outcome.ANSWERED,
    State.LEFT: shield_bill.Outcome.GAVE_UP,
    State.MERGED: shield_bill.Outcome.JOINED,
}
NAMED = 0.05
"""Share of a minute's contacts from which a flood counts as named."""


@dataclass(frozen=True, slots=True)
class Service:
    """How genuine matters fared, as shares. `machine` are those of customers who let an assistant ask."""

    matters: int
    prompt: float
    prompt_human: float
    prompt_machine: float
    served: float
    served_machine: float
    promised: float = 0.0
    """Share not answered by the end who took a callback and stand in line for it. Owed, so not `served`."""

    @property
    def gap(self) -> float:
        """How much less often machine customers are answered promptly than human ones."""
        return self.prompt_human - self.prompt_machine


@dataclass(frozen=True, slots=True)
class Account:
    """received = answered + waiting + left + merged; `lost` is what is missing, and must be 0."""

    received: int
    answered: int
    waiting: int
    left: int
    merged: int
    lost: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What the event cost, in truth: agents' minutes spent on it, genuine matters never answered, euros."""

    flood_minutes: float
    outage_minutes: float
    abandoned_genuine: int
    provider_fees: float
    agents_cost: float


@dataclass(frozen=True, slots=True)
class Telling:
    """How well contacts were told apart during the event. Shares; `None` where there is nothing to divide by.

    `leak_erlangs`: agents kept busy by flood contacts that nothing was held against, at the flood's mean rate;
    `leak_peak`: in the worst quarter of an hour.
    """

    flagged_genuine: float
    flagged_machine: float
    demoted_genuine: float
    asked_genuine: float
    precision: float | None
    recall: float | None
    auc: float | None
    leak_erlangs: float
    leak_peak: float


@dataclass(frozen=True, slots=True)
class Naming:
    """When the reports named what was going on, in minutes after its onset; `None`: never. `false_*` are episodes."""

    surge_after: float | None
    flood_after: float | None
    flood_share: float
    true_share: float
    false_surges: int
    false_floods: int


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits told: how many, and the share that was no longer than the upper end, which nine in ten should be."""

    told: int
    covered: float


def event(played: Played) -> tuple[float, float]:
    """Return from which minute until which a run is scored."""
    scenario = played.world.scenario
    if scenario.onset is None:
        return 0.0, scenario.minutes
    return min(scenario.onset + SETTLING, scenario.end), scenario.end


def service(played: Played) -> Service:
    """Score how genuine matters that began during the event fared."""
    since, until = event(played)
    return _service(played, since, until)


def quiet(played: Played) -> Service:
    """Score the same before the onset: the centre's ordinary day."""
    scenario = played.world.scenario
    return _service(played, 0.0, scenario.minutes if scenario.onset is None else scenario.onset)


def _service(played: Played, since: float, until: float) -> Service:
    first: dict[str, Entry] = {}
    answered: dict[str, float] = {}
    for entry in played.entries:
        matter = entry.visit.matter
        first.setdefault(matter, entry)
        if entry.state is State.ANSWERED:
            answered[matter] = min(answered.get(matter, math.inf), entry.ended_at)
    owed = {e.visit.matter for e in played.entries if e.state is State.WAITING and e.called_back} - answered.keys()
    counted = [e for e in first.values() if e.visit.genuine and since <= e.at < until]
    waits = [(answered.get(e.visit.matter, math.inf) - e.at, e.visit.machine) for e in counted]
    return Service(
        matters=len(waits),
        prompt=_share(wait <= PROMPT for wait, _ in waits),
        prompt_human=_share(wait <= PROMPT for wait, machine in waits if not machine),
        prompt_machine=_share(wait <= PROMPT for wait, machine in waits if machine),
        served=_share(wait < math.inf for wait, _ in waits),
        served_machine=_share(wait < math.inf for wait, machine in waits if machine),
        promised=_share(e.visit.matter in owed for e in counted),
    )


def account(played: Played) -> Account:
    """Account for every contact of a run."""
    counts = {state: played.count(state) for state in State}
    ids = {entry.visit.evidence.id for entry in played.entries}
    missing = sum(visit.evidence.id not in ids for visit in played.world.visits)
    return Account(
        received=len(played.entries) + missing,
        answered=counts[State.ANSWERED],
        waiting=counts[State.WAITING],
        left=counts[State.LEFT],
        merged=counts[State.MERGED],
        lost=missing + len(played.entries) - sum(counts.values()),
    )


def bill(played: Played) -> Bill:
    """Count what the event really cost in this run."""
    centre = played.world.scenario.centre
    answered = [entry for entry in played.entries if entry.state is State.ANSWERED]
    flood = sum(entry.visit.handling for entry in answered if not entry.visit.genuine)
    outage = sum(e.visit.handling for e in answered if e.visit.genuine and e.visit.crowd != "everyday")
    of_event = [e for e in played.entries if e.visit.crowd != "everyday"]
    talked = sum(e.visit.handling for e in of_event if e.state is State.ANSWERED)
    settled = {entry.visit.matter for entry in answered}
    standing = {entry.visit.matter for entry in played.entries if entry.state is State.WAITING}
    genuine = {entry.visit.matter for entry in played.entries if entry.visit.genuine}
    return Bill(
        flood_minutes=round(flood, 1),
        outage_minutes=round(outage, 1),
        abandoned_genuine=len(genuine - settled - standing),
        provider_fees=round(len(of_event) * centre.fee_per_contact + talked * centre.fee_per_minute, 2),
        agents_cost=round((flood + outage) * centre.agent_minute, 2),
    )


def billed(played: Played, reports: Sequence[MinuteReport]) -> shield_bill.Bill:
    """Return the bill the house would write: from scores and reports, without knowing who is genuine."""
    centre = played.world.scenario.centre
    prices = shield_bill.Prices(
        agent_minute=centre.agent_minute, fee_per_contact=centre.fee_per_contact, fee_per_minute=centre.fee_per_minute
    )
    records = (
        shield_bill.Record(
            at=entry.visit.evidence.at,
            score=entry.decision.score if entry.decision is not None else None,
            outcome=_OUTCOMES[entry.state],
            minutes=entry.visit.handling if entry.state is State.ANSWERED else 0.0,
            matter=entry.visit.matter,
        )
        for entry in played.entries
    )
    return shield_bill.bill(records, reports, prices=prices)


def telling(played: Played) -> Telling | None:
    """Score the shield's decisions during the event; `None` for a policy that decides nothing."""
    since, until = event(played)
    judged = [e for e in played.entries if e.decision is not None and since <= e.at < until]
    if not judged:
        return None
    genuine = [e for e in judged if e.visit.genuine]
    flood = [e for e in judged if not e.visit.genuine]
    flagged = [e for e in judged if _score(e) > 0]
    leaked = [e for e in flood if _score(e) <= 0]
    true_flags = sum(not e.visit.genuine for e in flagged)
    return Telling(
        flagged_genuine=_share(_score(e) > 0 for e in genuine),
        flagged_machine=_share(_score(e) > 0 for e in genuine if e.visit.machine),
        demoted_genuine=_share(e.decision.band > 0 for e in genuine if e.decision is not None),
        asked_genuine=_share(e.asked for e in genuine),
        precision=true_flags / len(flagged) if flagged and flood else None,
        recall=true_flags / len(flood) if flood else None,
        auc=auc([_score(e) for e in genuine], [_score(e) for e in flood]),
        leak_erlangs=_erlangs(leaked, since, until),
        leak_peak=max((_erlangs(leaked, t, t + 15.0) for t in _quarters(since, until)), default=0.0),
    )


def naming(played: Played, reports: Sequence[MinuteReport]) -> Naming:
    """Score when surge and flood were named, and how often where there was none."""
    scenario = played.world.scenario
    surges = _minutes(played, [r for r in reports if r.surge])
    floods = _minutes(played, [r for r in reports if r.flood_share >= NAMED])
    attacks = [crowd for crowd in scenario.crowds if not crowd.people.genuine]
    flood_onset = min((crowd.starts for crowd in attacks), default=math.inf)
    onset = scenario.onset if scenario.onset is not None else math.inf
    since, until = event(played)
    within = [r.flood_share for r, t in zip(reports, _minutes(played, reports), strict=True) if since <= t < until]
    arrived = [entry for entry in played.entries if since <= entry.at < until]
    return Naming(
        surge_after=_first(surges, onset),
        flood_after=_first(floods, flood_onset),
        flood_share=mean(within) if within else 0.0,
        true_share=_share(not entry.visit.genuine for entry in arrived),
        # What is named while the last of a crowd still waits is not false; what is named before anybody came is.
        false_surges=_episodes(t for t in surges if t < onset),
        false_floods=_episodes(t for t in floods if t < flood_onset),
    )


def waits(played: Played, *, longer_than: float = 1.0) -> Waits | None:
    """Score the waits told at arrival, among those who had to wait; `None` when nobody was told one.

    The wait is the one somebody was offered: until their turn came, whether they were still there or not. Whose turn
    had not come by the end waited longer than that, so it counts only where more was not promised. Who waited less than
    `longer_than` minutes and was told so too had no wait to estimate.
    """
    held: list[bool] = []
    for entry in played.entries:
        reached = entry.reached_at < math.inf
        took = (entry.reached_at if reached else played.end) - entry.at
        had_to_wait = took > longer_than or entry.high > longer_than
        if entry.high == entry.high and had_to_wait and (reached or took > entry.high):
            held.append(took <= entry.high)
    return Waits(told=len(held), covered=_share(held)) if held else None


def auc(low: Sequence[float], high: Sequence[float]) -> float | None:
    """Return how often a value of `high` exceeds one of `low`, ties counting half (Mann and Whitney 1947)."""
    if not low or not high:
        return None
    ranked = sorted([(value, False) for value in low] + [(value, True) for value in high])
    total, index = 0.0, 0
    while index < len(ranked):
        tied = index
        while tied < len(ranked) and ranked[tied][0] == ranked[index][0]:
            tied += 1
        total += sum(is_high for _, is_high in ranked[index:tied]) * (index + tied + 1) / 2
        index = tied
    return (total - len(high) * (len(high) + 1) / 2) / (len(low) * len(high))


def _score(entry: Entry) -> float:
    return entry.decision.score if entry.decision is not None else 0.0


def _erlangs(entries: Sequence[Entry], since: float, until: float) -> float:
    inside = [entry.visit.handling for entry in entries if since <= entry.at < until]
    return sum(inside) / (until - since) if until > since else 0.0


def _quarters(since: float, until: float) -> list[float]:
    return [since + 5.0 * step for step in range(max(1, int((until - since - 15) // 5) + 1))]


def _minutes(played: Played, reports: Iterable[MinuteReport]) -> list[float]:
    start = played.world.scenario.start
    return [(report.minute - start).total_seconds() / 60 for report in reports]


def _first(minutes: Sequence[float], onset: float) -> float | None:
    """A minute's report is there when the minute is over."""
    return next((minute + 1 - onset for minute in minutes if minute >= onset), None)


def _episodes(minutes: Iterable[float]) -> int:
    """Count runs of minutes, closer than a quarter of an hour to each other."""
    count, last = 0, -math.inf
    for minute in minutes:
        count += minute - last > 15
        last = minute
    return count


def _share(of: Iterable[bool]) -> float:
    counted = list(of)
    return sum(counted) / len(counted) if counted else 0.0
