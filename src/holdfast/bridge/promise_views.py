"""The ledger of promises over HTTP: everybody at work reads it, and puts away what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_POST

from holdfast.bridge import charts, ledger, sighted
from holdfast.bridge.gate import seen
from holdfast.kit.clock import now
from holdfast.kit.numbers import whole
from holdfast.people.models import Role
from holdfast.people.permissions import me
from holdfast.promises import queries
from holdfast.promises.contract import Kind, State
from holdfast.promises.ledger import put_away
from holdfast.promises.queries import Filter

PERIODS = (7, 30, 90, 365)
PAGE = 50
DRAWN = 90  # days in the chart at most; more columns would be hairlines
STATES = {
    State.OPEN: "open",
    State.KEPT: "kept",
    State.LATE: "late",
    State.BROKEN: "broken",
    State.CANCELLED: "given up",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page was asked for, made safe."""

    kind: str
    state: str
    days: int
    mine: bool
    before: tuple[datetime, UUID] | None

    def address(self, **other: object) -> str:
        """Return the query of this page with something changed."""
        given = {"kind": self.kind, "state": self.state, "days": self.days, "mine": 1 if self.mine else "", **other}
        return urlencode({name: value for name, value in given.items() if value})


@seen
@require_GET
def promises(request: HttpRequest) -> HttpResponse:
    """What was promised and what became of it: in sum, over time, per incident, and one by one."""
    legal = sees_legal(request)
    asked = _asked(request, legal=legal)
    wanted = _filter(request, asked, legal=legal)
    found = queries.listed(wanted, before=asked.before, limit=PAGE + 1)
    lines = ledger.lines(found[:PAGE])
    told = ledger.told(to=me(request).pk, leads=me(request).leads)
    sighted.note(agent_id=me(request).pk, numbers=[line.case for line in (*lines, *(each.line for each in told))])
    tally, days = queries.tally_of(wanted), queries.days(wanted, number=min(asked.days, DRAWN))
    return render(
        request,
        "bridge/promises.html",
        {
            "section": "bridge",
            "part": "promises",
            "asked": asked,
            "kinds": ledger.kinds(legal=legal),
            "states": STATES.items(),
            "periods": PERIODS,
            "tally": tally,
            "share": tally.kept_share if tally.settled >= ledger.FEWEST else None,
            "fewest": ledger.FEWEST,
            "graces": ledger.graces(),
            "days": days,
            "chart": charts.day_columns([(day.day, (day.kept, day.late, day.broken)) for day in days]),
            "per_incident": ledger.per_incident(since=wanted.since),
            "lines": lines,
            "earlier": _earlier(asked, found),
            "told": told,
            "moment": now(),
        },
    )


@seen
@require_POST
def notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Put a notice about a promise of one's own away."""
    put_away(notice_id=notice_id, owner=me(request).pk)
    return redirect("bridge:promises")


def sees_legal(request: HttpRequest) -> bool:
    """Tell whether the asker may see legal clocks of every incident."""
    return me(request).role in {Role.LEAD, Role.ADMIN, Role.SECURITY}


def _asked(request: HttpRequest, *, legal: bool) -> Asked:
    given: Any = request.GET
    kind, state = given.get("kind", ""), given.get("state", "")
    days = whole(given.get("days", "")) or 30
    return Asked(
        kind if kind in {name for name, _ in ledger.kinds(legal=legal)} else "",
        state if state in STATES else "",
        min(days, PERIODS[-1]),
        bool(given.get("mine")),
        _position(given.get("before", "")),
    )


def _position(text: str) -> tuple[datetime, UUID] | None:
    at, _, id_ = text.partition("/")
    try:
        moment, promise = parse_datetime(at), UUID(id_)
    except ValueError:
        return None
    return (moment, promise) if moment is not None and moment.tzinfo is not None else None


def _filter(request: HttpRequest, asked: Asked, *, legal: bool) -> Filter:
    kinds = [Kind(asked.kind)] if asked.kind else [kind for kind, _ in ledger.kinds(legal=legal)]
    return Filter(
        kinds=kinds,
        states=[State(asked.state)] if asked.state else (),
        owner=me(request).pk if asked.mine else None,
        since=now() - timedelta(days=asked.days),
    )


def _earlier(asked: Asked, found: Sequence[Any]) -> str:
    if len(found) <= PAGE:
        return ""
    last = found[PAGE - 1]
    return asked.address(before=f"{last.due.isoformat()}/{last.id}")
