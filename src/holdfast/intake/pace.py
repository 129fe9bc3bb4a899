"""How often a token may read or redeem: so many times a minute, counted in the database for all processes together.

Handing in a contact has no such limit: it must never be lost because others came before it, and a flood is the
shield's matter. The counting is the generic cell rate algorithm (ITU-T I.371): one moment for each token and scope,
moved on by every request in one statement, so that fifty at once get exactly what one after the other would.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from holdfast.intake.problems import Problem
from holdfast.intake.tokens import GOODWILL_REDEEM, LEDGER_READ, METRICS_READ, RECEIPTS_READ, KnownToken
from holdfast.kit.clock import now

A_MINUTE: Mapping[str, int] = MappingProxyType(
    {RECEIPTS_READ: 600, METRICS_READ: 60, LEDGER_READ: 600, GOODWILL_REDEEM: 300}
)
"""Times a minute, as delivered, by scope. A whole minute's worth may come at once."""

# The moment until which all that was asked is paid for. Nothing is written, and nothing returned, for one too many.
_TAKE = """
INSERT INTO intake_tokenpace AS p (name, scope, paid_until) VALUES (%(name)s, %(scope)s, %(now)s + %(each)s)
ON CONFLICT (name, scope) DO UPDATE SET paid_until = greatest(p.paid_until, %(now)s) + %(each)s
    WHERE greatest(p.paid_until, %(now)s) + %(each)s <= %(now)s + interval '60 seconds'
RETURNING 1
"""
_log = structlog.get_logger(__name__)


def rates() -> dict[str, int]:
    """Return how often a minute each scope may be used by one token."""
    chosen: Mapping[str, int] = settings.TOKEN_RATES
    return {**A_MINUTE, **chosen}


def take(token: KnownToken, scope: str) -> int:
    """Count one use of a token; return 0 when it may go on, or in how many seconds it may, at least 1.

    While the database is away everybody may: what this guards cannot be read then either, and whoever watches the house
    needs to see it.
    """
    limit = rates().get(scope)
    if limit is None:
        return 0
    moment, each = now(), timedelta(minutes=1) / limit
    asked: dict[str, Any] = {"name": token.name, "scope": scope, "now": moment, "each": each}
    try:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, asked)
            if cursor.fetchone() is not None:
                return 0
            cursor.execute("SELECT paid_until FROM intake_tokenpace WHERE name = %(name)s AND scope = %(scope)s", asked)
            row = cursor.fetchone()
    except DatabaseError as error:
        _log.warning("token not counted", token=token.name, error=type(error).__name__)
        connection.close()
        return 0
    early: timedelta = row[0] + each - moment - timedelta(minutes=1) if row else timedelta()
    return max(1, math.ceil(early.total_seconds()))


def check(token: KnownToken, scope: str) -> None:
    """Count one use of a token. Raises `Problem` (429) with when to come back."""
    if wait := take(token, scope):
        raise too_often(scope, wait)


def too_often(scope: str, wait: int) -> Problem:
    """Return the refusal of one use too many."""
    said = sentence(scope, wait)
    return Problem(429, said, headers=[(b"retry-after", b"%d" % wait)])


def sentence(scope: str, wait: int) -> str:
    """Say how often is too often, and when it goes on."""
    again = "1 second" if wait == 1 else f"{wait} seconds"
    return f"This token may use {scope} {rates()[scope]} times a minute. Try again in {again}."
