"""What happens: the left side of the bridge as plain data, each part from one call on the rooms below."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from holdfast.bridge.charts import Mark, Point
from holdfast.conversations import line, lookups, told, waits
from holdfast.desk.queries import QueueInfo, queues, queues_of_teams
from holdfast.intake.queries import Tally, tally
from holdfast.kit.clock import now
from holdfast.people.queries import workforce
from holdfast.posture import queries as postures
from holdfast.posture.current import current
from holdfast.shield import billing
from holdfast.shield import queries as shield
from holdfast.shield.bill import Range
from holdfast.staffing import ahead as staffing

if TYPE_CHECKING:
    from holdfast.shield.queries import MinuteSeen

SHOWN = timedelta(hours=8)
ASKED = timedelta(hours=2)
MOST_POINTS = 180
SILENT = timedelta(minutes=4)  # a minute is closed a few seconds after its end
_STEP = timedelta(minutes=10)
_Z = 1.28  # standard deviations to the 10th and the 90th percentile
_NOISE = 0.25  # arrivals vary by a quarter of their mean beyond Poisson's share


@dataclass(frozen=True, slots=True)
class Asked:
    """One queue's new matters: today, and the last two hours in steps of ten minutes."""

    name: str
    icon: str
    today: int
    lately: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line: how many stand in it, what who joins now is told, and how long the oldest stands there."""

    queue: QueueInfo
    number: int
    low: float | None
    high: float | None
    oldest: timedelta | None


@dataclass(frozen=True, slots=True)
class TeamLoad:
    """One team: people, and the share of their places for cases that is taken."""

    name: str
    vendor: str
    """Who employs them; empty for the company's own."""
    people: int
    busy: float


@dataclass(frozen=True, slots=True)
class People:
    """How many have at most half of their places for cases taken, how many more than that, and how many all."""

    free: int
    busy: int
    full: int

    @property
    def number(self) -> int:
        """Everybody."""
        return self.free + self.busy + self.full


@dataclass(frozen=True, slots=True)
class Mix:
    """Surge or flood: shares of the newest minute's contacts, with an interval for the last, and why."""

    arrived: float
    explained: float
    undecided: float
    not_explained: float
    low: float
    high: float
    above_usual: float
    reasons: tuple[str, ...]
    surge: bool
    flood: bool


@dataclass(frozen=True, slots=True)
class CostLine:
    """One part of what an event has cost: the likely figure, and the range that holds it eight times in ten."""

    name: str
    likely: str
    low: str
    high: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the present event has cost so far."""

    since: datetime
    until: datetime
    going_on: bool
    lines: tuple[CostLine, ...]
    counted: str
    """What is in it, and at which prices."""


@dataclass(frozen=True, slots=True)
class QueueAhead:
    """One queue's next hours: contacts of the next hour with a range, and people in the worst half hour."""

    queue: QueueInfo
    contacts: float
    low: float
    high: float
    needed: int
    there: int | None
    missing: int
    worst_at: datetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """The next hours of the house, and what would have to be set up to know more."""

    lines: tuple[QueueAhead, ...]
    ahead: staffing.Ahead
    to_set_up: tuple[str, ...]
    assumed: tuple[str, ...]
    """Names of queues whose handling time is assumed."""


def day_began() -> datetime:
    """Return the last midnight where the house stands."""
    return timezone.localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)


def today() -> Tally:
    """Count today's contacts."""
    return tally(day_began())


def rate() -> Sequence[Point]:
    """Return what arrived per minute, and the usual range around what was expected.

    A point is the mean of as many minutes as leave at most `MOST_POINTS`; the newest point ends with the newest minute.
    """
    minutes = shield.minutes(now() - SHOWN)
    each = max(1, math.ceil(len(minutes) / MOST_POINTS))
    first = len(minutes) % each
    return [_point(minutes[n : n + each]) for n in range(first, len(minutes), each)]


def _point(minutes: Sequence[MinuteSeen]) -> Point:
    number = len(minutes)
    expected = sum(each.expected for each in minutes) / number
    spread = _Z * math.sqrt(expected / number + (_NOISE * expected) ** 2)
    return Point(
        minutes[-1].minute,
        sum(each.rate for each in minutes) / number,
        max(expected - spread, 0.0),
        expected + spread,
        sum(each.rate * each.flood_share for each in minutes) / number,
        any(each.surge for each in minutes),
    )


def rate_in_words(points: Sequence[Point]) -> str:
    """Say how the newest minute compares; empty before there was one."""
    if not points:
        return ""
    newest = points[-1]
    usual, local = (newest.low + newest.high) / 2, timezone.localtime(newest.at)
    if newest.rate <= newest.high or usual < 1:
        return f"{'usual' if newest.rate <= newest.high else 'more than usual'} for a {local:%A at %H:%M}"
    return f"{newest.rate / usual:.1f} times the usual {usual:,.0f} for a {local:%A at %H:%M}"


def silent_since(points: Sequence[Point]) -> datetime | None:
    """Return the newest closed minute when that was too long ago: whoever closes them seems to be down."""
    return points[-1].at if points and now() - points[-1].at > SILENT else None


def marks() -> Sequence[Mark]:
    """Return changes of posture as marks on the chart."""
    since = now() - SHOWN
    return [Mark(each.at, f"{each.name} declared") for each in reversed(postures.changes()) if each.at >= since]


def mix() -> Mix | None:
    """Return what the newest minute says about surge or flood; `None` before there was one."""
    newest = next(iter(reversed(shield.minutes(now() - timedelta(minutes=10)))), None)
    if newest is None:
        return None
    explained, undecided, not_explained = shield.bands(newest.minute)
    counted = max(explained + undecided + not_explained, 1)
    flood = newest.flood_share > 0
    rest = 1 - newest.flood_share
    unsure = min(undecided / counted, rest) if flood else 0.0
    return Mix(
        arrived=newest.rate,
        explained=rest - unsure,
        undecided=unsure,
        not_explained=newest.flood_share,
        low=newest.low,
        high=newest.high,
        above_usual=max(newest.rate - newest.expected, 0.0),
        reasons=tuple(newest.reasons),
        surge=newest.surge,
        flood=flood,
    )


def asked() -> Sequence[Asked]:
    """Return what people ask about, by queue, the most asked first."""
    began, moment = day_began(), now()
    steps = math.ceil((moment - began) / _STEP)
    counts = lookups.begun_by_queue(began, step=_STEP)
    shown = int(ASKED / _STEP)
    rows = [
        Asked(
            queue.name,
            queue.icon,
            sum(counts.get(queue.id, {}).values()),
            tuple(counts.get(queue.id, {}).get(n, 0) for n in range(max(steps - shown, 0), steps)),
        )
        for queue in queues()
    ]
    return sorted((row for row in rows if row.today), key=lambda row: -row.today)


def lines() -> Sequence[Waiting]:
    """Return every queue's line."""
    known = queues()
    numbers = line.lengths([queue.id for queue in known])
    oldest = lookups.oldest_in_line([queue.id for queue in known if numbers[queue.id]])
    moment, found = now(), []
    for queue in known:
        wait = waits.estimate(queue_id=queue.id, place=numbers[queue.id] + 1)
        since = oldest.get(queue.id)
        found.append(
            Waiting(
                queue,
                numbers[queue.id],
                wait.low if wait else None,
                wait.high if wait else None,
                moment - since if since else None,
            )
        )
    return found


def cost() -> Cost | None:
    """Return what the present flood or outage has cost so far; `None` on a calm day."""
    found = billing.so_far()
    if found is None:
        return None
    bill, asked, currency = found.bill, found.prices, found.currency
    flood, surge = round(bill.flood_minutes.likely), round(bill.surge_minutes.likely)
    parts = [
        f"{flood:,} min on what our data does not explain" if flood else "",
        f"{surge:,} min on what came beyond the usual" if surge else "",
    ]
    lines = [
        _line("Time of our people", bill.agents_cost, currency, ", ".join(filter(None, parts))),
        _line("Provider fees", bill.provider_fees, currency),
        _line("In need, and gave up", bill.abandoned_genuine, detail="matters that nobody answered"),
    ]
    if asked.lost_customer_contact:
        lines.append(_line("Who gave up, in money", bill.lost_customers, currency))
    lines.append(_line("In all", bill.total, currency))
    gave_up = (
        f"{currency} {asked.lost_customer_contact:,.2f} for each of those who gave up"
        if asked.lost_customer_contact
        else "who gave up is counted and has no price"
    )
    counted = (
        "Counted is what would not have come on an ordinary day: minutes that people spent on it, at"
        f" {currency} {asked.agent_minute:,.2f}; what providers take, {currency} {asked.fee_per_contact:,.2f} a contact"
        f" and {currency} {asked.fee_per_minute:,.2f} a minute; {gave_up}. Each range holds eight times in ten."
    )
    return Cost(found.event.since, found.event.until, found.event.going_on, tuple(lines), counted)


def _line(name: str, found: Range, currency: str = "", detail: str = "") -> CostLine:
    return CostLine(
        name, _figure(found.likely, currency), _figure(found.low, currency), _figure(found.high, currency), detail
    )


def _figure(value: float, currency: str) -> str:
    """Write a number; of money nobody needs the cents of a hundred."""
    if not currency:
        return f"{value:,.0f}"
    return f"{currency} {value:,.0f}" if value >= 100 else f"{currency} {value:,.2f}"


def changed() -> Sequence[shield.Changed]:
    """Return which channels, queues, matters and languages are not as usual in the newest minute."""
    return [one for one in shield.what_changed(now()) if one.dimension != "total"]


def outlook(waits_of: Sequence[Waiting]) -> Outlook:
    """Return the next hours per queue: what comes, who is there, who is missing, whom to call in."""
    teams, known = queues_of_teams(), [line.queue for line in waits_of]
    found = staffing.ahead(
        {queue.id: queue.slug for queue in known},
        serves={worker.id: teams.get(worker.team_id, frozenset()) for worker in workforce()},
        waiting={line.queue.id: line.number for line in waits_of},
    )
    by_id = {queue.id: queue for queue in known}
    lines = []
    for one in found.lines:
        if one.known_weeks or one.waiting:
            first, worst = [need.interval for need in one.needs[:2]], one.worst
            lines.append(
                QueueAhead(
                    by_id[one.queue_id],
                    sum(each.contacts for each in first),
                    sum(each.low for each in first),
                    sum(each.high for each in first),
                    worst.required,
                    worst.scheduled,
                    one.missing,
                    worst.interval.start,
                )
            )
    to_set_up = []
    if not found.history:
        to_set_up.append("What is usual for a queue is known after a week of contacts.")
    if not found.roster:
        to_set_up.append("Nobody's shifts are known, so it cannot be said who is missing. Load a roster.")
    if not found.on_reserve:
        to_set_up.append("Nobody is on the reserve. Ask who would come on a bad day, and note their skills and notice.")
    assumed = tuple(by_id[one.queue_id].name for one in found.lines if one.known_weeks and not one.aht_measured)
    return Outlook(tuple(lines), found, tuple(to_set_up), assumed)


def held() -> told.Coverage:
    """Return what became of the waits that were told lately."""
    return told.coverage(now() - SHOWN)


def load() -> tuple[Sequence[TeamLoad], People]:
    """Return how busy each team is, and everybody without names."""
    cases = lookups.open_cases()
    people: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    limit = current().effects.cases_per_agent
    for worker in workforce():
        people[worker.team, "" if worker.internal else worker.vendor].append(
            (cases.get(worker.id, 0), limit or worker.capacity)
        )
    everybody = [one for own in people.values() for one in own]
    full = sum(have >= room for have, room in everybody)
    free = sum(2 * have <= room and have < room for have, room in everybody)
    teams = [
        TeamLoad(name, vendor, len(own), min(sum(have for have, _ in own) / max(sum(room for _, room in own), 1), 1.0))
        for (name, vendor), own in sorted(people.items())
    ]
    return teams, People(free, len(everybody) - free - full, full)
