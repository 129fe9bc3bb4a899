"""Whether an offer helped: those who got one beside those who were held out, with an interval around the difference.

The interval is Newcombe's hybrid score interval for the difference of two independent shares, method 10 of: R. G.
Newcombe, Interval estimation for the difference between independent proportions: comparison of eleven methods,
Statistics in Medicine 17 (1998) 873-890. It is made of Wilson's interval of each share and holds for small numbers too.
"""

from __future__ import annotations

from datetime import timedelta
from math import sqrt
from typing import Final
from uuid import UUID

from django.db import connection

from holdfast.conversations.lookups import begun_by_customer
from holdfast.incidents.goodwill.contract import Comparison, Difference
from holdfast.incidents.goodwill.errors import NotFound
from holdfast.incidents.goodwill.models import Drawn, Offer
from holdfast.kit.clock import now

LASTS = timedelta(days=28)
"""How long after the campaign was made people are looked at."""
Z: Final = 1.959963984540054
"""Of the normal distribution, for 95 %."""
FEWEST_PEOPLE: Final = 30
FEWEST_EVENTS: Final = 10
TOO_FEW, NOT_SHOWN, FEWER, MORE = "too few to tell", "no difference shown", "fewer", "more"

_COUNT = """
SELECT d.arm, count(*) FILTER (WHERE wrote.contacts), count(*) FILTER (WHERE wrote.complaints)
FROM goodwill_drawn d LEFT JOIN (
    SELECT customer_id, true AS contacts, bool_or(complaint) AS complaints FROM ({begun}) b
    WHERE created_at >= %s AND created_at < %s GROUP BY customer_id
) wrote ON wrote.customer_id = d.customer_id
WHERE d.offer_id = %s GROUP BY d.arm
"""


def compare(offer_id: UUID) -> Comparison | None:
    """Return what both did since the offer was handed to a campaign; nothing before. Raises `NotFound`."""
    offer = Offer.objects.filter(pk=offer_id).first()
    if offer is None:
        raise NotFound(offer_id)
    if offer.handed_at is None:
        return None
    until = min(now(), offer.handed_at + LASTS)
    with connection.cursor() as cursor:
        # Only a query written in a room below is joined.
        cursor.execute(_COUNT.format(begun=begun_by_customer()), [offer.handed_at, until, offer_id])
        found = {arm: (contacts, complaints) for arm, contacts, complaints in cursor.fetchall()}
    sizes = {arm: Drawn.objects.filter(offer=offer, arm=arm).count() for arm in Drawn.Arm.values}
    offered, held_out = sizes["offered"], sizes["held_out"]
    return Comparison(
        since=offer.handed_at,
        until=until,
        offered=offered,
        held_out=held_out,
        differences=tuple(
            _difference(what, found.get("offered", (0, 0))[at], offered, found.get("held_out", (0, 0))[at], held_out)
            for at, what in enumerate(("wrote or called", "complained"))
        ),
    )


def wilson(events: int, people: int) -> tuple[float, float]:
    """Return Wilson's score interval of a share, 95 %. `people` is at least one."""
    share, square = events / people, Z * Z
    middle = share + square / (2 * people)
    spread = Z * sqrt(share * (1 - share) / people + square / (4 * people * people))
    whole = 1 + square / people
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def newcombe(events: int, people: int, other_events: int, other_people: int) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two shares, the first minus the other. Each of somebody."""
    one, two = events / people, other_events / other_people
    (low, high), (other_low, other_high) = wilson(events, people), wilson(other_events, other_people)
    difference = one - two
    return (
        difference - sqrt((one - low) ** 2 + (other_high - two) ** 2),
        difference + sqrt((high - one) ** 2 + (two - other_low) ** 2),
    )


def verdict(events: int, people: int, other_events: int, other_people: int) -> str:
    """Say in words what the numbers bear: with few people or events, nothing; else by whether 0 is in the interval."""
    few = min(people, other_people) < FEWEST_PEOPLE or events + other_events < FEWEST_EVENTS
    if few:
        return TOO_FEW
    low, high = newcombe(events, people, other_events, other_people)
    if low <= 0 <= high:
        return NOT_SHOWN
    return MORE if low > 0 else FEWER


def _difference(what: str, events: int, people: int, other_events: int, other_people: int) -> Difference:
    low, high = newcombe(events, people, other_events, other_people) if people and other_people else (-1.0, 1.0)
    said = verdict(events, people, other_events, other_people)
    return Difference(what=what, offered=events, held_out=other_events, low=low, high=high, verdict=said)
