"""What happens: the left side of the bridge as plain data, each part from one call on the rooms below."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from holdfast.bridge import asking, hard
from holdfast.bridge.charts import Mark, Point
from holdfast.conversations import line, lookups, told, waits
from holdfast.desk.queries import QueueInfo, queues
from holdfast.intake.queries import Tally, tally
from holdfast.kit.clock import now
from holdfast.people.queries import workforce
from holdfast.posture import queries as postures
from holdfast.posture.current import current
from holdfast.shield import billing
from holdfast.shield import queries as shield
from holdfast.shield.bill import Range
from holdfast.staffing.ahead import usual_minutes
from holdfast.staffing.queries import on_shift

if TYPE_CHECKING:
    from holdfast.shield.queries import MinuteSeen

SHOWN = timedelta(hours=8)
ASKED = timedelta(hours=2)
MOST_POINTS = 180
SILENT = timedelta(minutes=4)  # a minute is closed a few seconds after its end
_STEP = timedelta(minutes=10)
_MANY = 6  # hard conversations in a row
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
class TopicLine:
    """One topic as the page says it: how the last two hours compare, and whether company data explain it."""

    asked: asking.Asked
    against_usual: str
    explained: str
    tone: str


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
    """Everybody who is on, by hard conversations in a row: up to two, three to five, six or more. No names."""

    few: int
    some: int
    many: int
    resting: int
    """How many are on a break."""
    open_places: int
    places: int

    @property
    def number(self) -> int:
        """Everybody."""
        return self.few + self.some + self.many

    @property
    def could_rest(self) -> int:
        """How many have had so many hard ones in a row that a break is a good idea."""
        return self.some + self.many


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


def topic_lines(page: asking.Page, *, judged: bool) -> Sequence[TopicLine]:
    """Return what people ask about in lines; `judged`: the page says whether our data explain it."""
    return [
        TopicLine(
            asked,
            _against_usual(asked.number, asked.usual),
            explained := _explained(asked),
            "plum" if judged and explained == "not explained" else "amber" if asked.new_since else "",
        )
        for asked in page.topics
    ]


def _against_usual(number: int, usual: float | None) -> str:
    if usual is None:
        return ""
    spread = _Z * math.sqrt(usual + (_NOISE * usual) ** 2)
    if number > usual + spread:
        return f"{number / usual:.1f} times usual" if usual >= 1 else "not usual"
    return "less than usual" if number < usual - spread else "as usual"


def _explained(asked: asking.Asked) -> str:
    judged = asked.explained + asked.undecided + asked.not_explained
    if not judged:
        return ""
    parts = {
        "explained": asked.explained,
        "not explained": asked.not_explained,
        "undecided": asked.undecided,
    }
    most = max(parts, key=lambda part: parts[part])
    return most if 2 * parts[most] >= judged else "partly explained"


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


def held() -> told.Coverage:
    """Return what became of the waits that were told lately."""
    return told.coverage(now() - SHOWN)


def load() -> tuple[Sequence[TeamLoad], People]:
    """Return how busy each team is, and everybody without names."""
    cases, limit, on = lookups.open_cases(), current().effects.cases_per_agent, on_shift(now())
    rows = hard.rows(usual_minutes())
    people: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    in_a_row, resting = [], 0
    for worker in workforce():
        if on is None or worker.id in on or worker.id in rows.in_a_row:  # who works without a shift is on as well
            have, room = cases.get(worker.id, 0), limit or worker.capacity
            people[worker.team, "" if worker.internal else worker.vendor].append((have, room))
            in_a_row.append(rows.in_a_row.get(worker.id, 0))
            resting += worker.id in rows.resting
    everybody = [one for own in people.values() for one in own]
    many, some = sum(row >= _MANY for row in in_a_row), sum(hard.OFFER_FROM <= row < _MANY for row in in_a_row)
    teams = [
        TeamLoad(name, vendor, len(own), min(sum(have for have, _ in own) / max(sum(room for _, room in own), 1), 1.0))
        for (name, vendor), own in sorted(people.items())
    ]
    return teams, People(
        len(in_a_row) - some - many,
        some,
        many,
        resting,
        sum(max(room - have, 0) for have, room in everybody),
        sum(room for _, room in everybody),
    )
