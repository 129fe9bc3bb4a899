"""How fast a provider is fed: token buckets in the database, so that all senders together keep to one rate.

A bucket holds at most one second's worth. A provider that says it is busy rests, twice as long each time in a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from holdfast.kit.clock import now
from holdfast.notify.campaigns.claiming import Connection

SHORTEST_REST, LONGEST_REST = 1.0, 300.0  # seconds

# What has run in since the bucket was last looked at, at most a second's worth (one message at least), less what is
# taken. `wanted` whole ones or as many as there are.
_TAKE = """
WITH full_now AS (
    SELECT name, per_second, least(greatest(per_second, 1.0),
        tokens + per_second * greatest(0, extract(epoch FROM %(now)s - filled_at))) AS tokens
    FROM campaigns_providerlimit WHERE name = ANY(%(names)s) AND per_second IS NOT NULL ORDER BY name FOR UPDATE
), got AS (
    SELECT greatest(0, least(%(wanted)s, floor(min(tokens))))::int AS number FROM full_now
), taken AS (
    UPDATE campaigns_providerlimit p SET tokens = f.tokens - got.number, filled_at = %(now)s
    FROM full_now f, got WHERE p.name = f.name
)
SELECT number FROM got
"""
_RESTING = "SELECT max(resting_until) FROM campaigns_providerlimit WHERE name = ANY(%s) AND resting_until > %s"
_REST = """
INSERT INTO campaigns_providerlimit (name, tokens, filled_at, resting_until, refusals)
VALUES (%(name)s, 0, %(now)s, %(now)s + %(first)s * interval '1 second', 1)
ON CONFLICT (name) DO UPDATE SET refusals = least(campaigns_providerlimit.refusals + 1, 100),
    resting_until = %(now)s
        + least(%(longest)s, %(first)s * 2.0 ^ least(campaigns_providerlimit.refusals, 20)) * interval '1 second'
WHERE campaigns_providerlimit.resting_until IS NULL OR campaigns_providerlimit.resting_until <= %(now)s
"""


def names_of(channel: str, campaign: UUID) -> list[str]:
    """Return the buckets a campaign's messages on a channel take from: the provider's and its own."""
    return [channel, f"{campaign}:{channel}"]


def take(connection: Connection, names: list[str], wanted: int) -> int:
    """Take up to `wanted` messages from all of these buckets at once; return how many. No limit: all of them."""
    row = connection.execute(_TAKE, {"names": names, "wanted": wanted, "now": now()}).fetchone()
    return wanted if row is None or row[0] is None else int(row[0])


def give_back(connection: Connection, names: list[str], number: int) -> None:
    """Return what was taken for messages that did not leave after all."""
    if number:
        connection.execute(
            "UPDATE campaigns_providerlimit SET tokens = tokens + %s WHERE name = ANY(%s) AND per_second IS NOT NULL",
            [number, names],
        )


def resting_until(connection: Connection, names: list[str]) -> datetime | None:
    """Return until when one of these wants to be left alone; `None`: not now."""
    row = connection.execute(_RESTING, [names, now()]).fetchone()
    return row[0] if row else None


def rest(connection: Connection, name: str) -> None:
    """Leave a provider alone for a while: it said it is busy. Said while it rests already, nothing changes."""
    connection.execute(_REST, {"name": name, "now": now(), "first": SHORTEST_REST, "longest": LONGEST_REST})


def awake(connection: Connection, name: str) -> None:
    """Note that the provider took a message after a rest: the next one begins short again."""
    connection.execute(
        "UPDATE campaigns_providerlimit SET refusals = 0, resting_until = NULL WHERE name = %s AND refusals > 0", [name]
    )


class Executes(Protocol):
    """A connection of one's own, or a cursor of Django's inside a transaction."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...


def limit(connection: Executes, rates: Mapping[str, float | None]) -> None:
    """Set the rates of buckets, in messages a second; `None`: no limit."""
    for name, rate in rates.items():
        connection.execute(
            "INSERT INTO campaigns_providerlimit (name, per_second, tokens, filled_at, refusals)"
            " VALUES (%(name)s, %(rate)s, 0, %(now)s, 0)"
            " ON CONFLICT (name) DO UPDATE SET per_second = %(rate)s, filled_at = %(now)s,"
            " tokens = CASE WHEN campaigns_providerlimit.per_second IS NULL THEN 0"
            "  ELSE campaigns_providerlimit.tokens END",
            {"name": name, "rate": rate, "now": now()},
        )


def soon(until: datetime) -> float:
    """Return the seconds until then, at least none and at most one: senders look up every second."""
    return min(1.0, max(0.0, (until - now()) / timedelta(seconds=1)))
