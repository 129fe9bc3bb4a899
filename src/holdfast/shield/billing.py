"""What the present flood or outage has cost so far, from the rows of the house. `bill.bill` does the sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from holdfast.conversations import handling
from holdfast.conversations.closures import WITHOUT_REPLY
from holdfast.intake import queries as intake
from holdfast.kit.clock import now
from holdfast.posture.current import current
from holdfast.posture.effects import Name
from holdfast.shield import queries
from holdfast.shield.bill import SPAN, Bill, Outcome, Prices, Record, bill
from holdfast.shield.queries import MinuteSeen, Scored

LOOK_BACK = timedelta(days=2)
"""An event that is older is billed from here on."""

PAUSE = timedelta(minutes=30)
"""Alarms that are further apart are two events; so long after its last alarm an event is over, in calm."""

BEFORE = timedelta(hours=1)
"""What came just before tells how busy the day was; it costs the event nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A flood or an outage: from its first minute with an alarm to the end of its last one."""

    since: datetime
    until: datetime
    going_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SoFar:
    """An event and its bill, with the prices it was written at."""

    event: Event
    bill: Bill
    prices: Prices
    currency: str


_kept: tuple[tuple[datetime, Prices], SoFar] | None = None


def so_far() -> SoFar | None:
    """Return what the present event has cost; `None` on a calm day. Each closed minute it is added up once."""
    global _kept
    minutes = queries.minutes(now() - LOOK_BACK)
    event = event_of(minutes, calm=current().name == Name.CALM)
    if event is None:
        return None
    asked = prices()
    key = (minutes[-1].minute, asked)
    if _kept is None or _kept[0] != key:
        records = list(_records(event))
        found = bill(records, (one for one in minutes if one.minute >= event.since - BEFORE), prices=asked)
        _kept = (key, SoFar(event=event, bill=found, prices=asked, currency=settings.CURRENCY))
    return _kept[1]


def forget() -> None:
    """Add up again on the next question."""
    global _kept
    _kept = None


def prices() -> Prices:
    """Return what things cost here, from the settings."""
    return Prices(
        agent_minute=settings.COST_AGENT_MINUTE,
        fee_per_contact=settings.COST_CONTACT,
        fee_per_minute=settings.COST_CONTACT_MINUTE,
        lost_customer_contact=settings.COST_GAVE_UP,
    )


def event_of(minutes: Sequence[MinuteSeen], *, calm: bool) -> Event | None:
    """Return the newest event in closed minutes; in calm, only while its last alarm is younger than `PAUSE`."""
    alarms = [one.minute for one in minutes if one.surge or one.flood_share > 0]
    if not alarms:
        return None
    going_on = minutes[-1].minute - alarms[-1] < PAUSE
    if calm and not going_on:
        return None
    since = alarms[-1]
    for earlier in reversed(alarms):
        if since - earlier > PAUSE:
            break
        since = earlier
    return Event(since=since, until=alarms[-1] + timedelta(minutes=1), going_on=going_on)


def _records(event: Event) -> Iterator[Record]:
    began = event.since - BEFORE
    scored = queries.scored(since=began, until=event.until + SPAN)
    settled = intake.settled(began)
    minutes = handling.minutes_of(since=event.since)
    unserved = handling.unserved(since=event.since)
    shared = Counter(one.conversation_id for one in scored if one.at >= event.since)
    for one in scored:
        outcome = _outcome(one, settled, unserved)
        if outcome is None:
            continue
        if one.at < event.since:
            yield Record(at=one.at, score=one.score, outcome=Outcome.ANSWERED, matter=str(one.conversation_id))
            continue
        spent = minutes.get(one.conversation_id, 0.0) / shared[one.conversation_id]
        yield Record(at=one.at, score=one.score, outcome=outcome, minutes=spent, matter=str(one.conversation_id))


def _outcome(one: Scored, settled: Mapping[UUID, tuple[str, str]], unserved: set[UUID]) -> Outcome | None:
    """What became of a contact; `None` for one that asked nothing of anybody (a bounce, something refused)."""
    state, reason = settled.get(one.contact_id, ("", ""))
    if state == "answered":
        return Outcome.ANSWERED
    if state == "parked":
        return Outcome.GAVE_UP if reason == WITHOUT_REPLY else None
    if state in {"waiting", "accepted"}:
        return Outcome.GAVE_UP if one.conversation_id in unserved else Outcome.WAITING
    return None
