"""Calls by executives: the queue, one person at a time, and what came of it. For leads, admins and executives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from holdfast.guard.radius import sightings
from holdfast.guard.radius.sightings import How
from holdfast.guard.reveals import PURPOSES
from holdfast.incidents import gate, screens
from holdfast.incidents.contract import IncidentView
from holdfast.incidents.errors import NotFound as NoSuchIncident
from holdfast.incidents.errors import Refused as IncidentRefused
from holdfast.incidents.outreach import calls, executives, points, queries, taking
from holdfast.incidents.outreach.contract import OutreachView
from holdfast.incidents.outreach.errors import NotFound, Refused
from holdfast.incidents.outreach.models import Call, Outreach
from holdfast.incidents.outreach.reaching import customer_card
from holdfast.incidents.words import library
from holdfast.kit.clock import now
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me
from holdfast.people.queries import customer_with_reference
from holdfast.promises.contract import State

_WINDOW, _HELD = timedelta(hours=2), timedelta(days=3)
_GONE = "That is not there any more. Look again."


def guarded(view: Callable[..., HttpResponseBase]) -> gate.View:
    """For those who may be named for a person; the view gets the incident."""

    @wraps(view)
    def checked(request: HttpRequest, number: int, **kwargs: Any) -> HttpResponseBase:
        if not executives.is_one(me(request).pk):
            raise PermissionDenied
        return view(request, gate.numbered(number), **kwargs)

    return gate.seen(checked)


def of_incident(incident: IncidentView, outreach_id: UUID) -> OutreachView:
    """Return an outreach of this incident. Raises `incidents.errors.NotFound`, which is a 404."""
    found = queries.one(outreach_id)
    if found is None or found.incident_id != incident.id:
        raise NoSuchIncident(outreach_id)
    return found


@guarded
@require_GET
def home(request: HttpRequest, incident: IncidentView) -> HttpResponse:
    """Who has whom, who is next, and what came of the rest."""
    return _home(request, incident)


@guarded
@require_POST
def take(request: HttpRequest, incident: IncidentView) -> HttpResponse:
    """Name an executive for a person of the queue, or for one by account reference."""
    try:
        outreach_id = taking.take(
            incident_id=incident.id,
            customer_id=_customer(request),
            executive=whole(request.POST.get("executive")) or me(request).pk,
            window=_window(request),
            held_until=_moment(request, "held", what="The end of the hold") or now() + _HELD,
            by=me(request).pk,
        )
    except (Refused, IncidentRefused) as refused:
        return _home(request, incident, problem=refused.sentence, status=422)
    except NotFound:
        return _home(request, incident, problem="There is no such customer.", status=404)
    return redirect("outreach:person", incident.number, outreach_id)


@guarded
@require_GET
def person(request: HttpRequest, incident: IncidentView, *, outreach_id: UUID) -> HttpResponse:
    """One person: why they are called, what may be said, how they are reached, and what came of it."""
    return _person(request, incident, of_incident(incident, outreach_id))


def _verb(verb: Callable[..., HttpResponse | None]) -> gate.View:
    """Do one thing with one person and show them again; a refusal is said there, with what was sent."""

    @wraps(verb)
    def done(request: HttpRequest, incident: IncidentView, *, outreach_id: UUID) -> HttpResponseBase:
        shown = of_incident(incident, outreach_id)
        try:
            answer = verb(request, shown)
        except (Refused, IncidentRefused) as refused:
            return _person(request, incident, shown, problem=refused.sentence, status=422)
        except NotFound:
            return _home(request, incident, problem=_GONE, status=404)
        return answer or redirect("outreach:person", incident.number, outreach_id)

    return guarded(require_POST(done))


@_verb
def call(request: HttpRequest, shown: OutreachView) -> None:
    """Note what came of a call, with what was promised in it."""
    calls.note(
        outreach_id=shown.id,
        by=me(request).pk,
        outcome=gate.line(request, "outcome"),
        wanted=gate.line(request, "wanted"),
        promised=gate.line(request, "promised"),
        due=_moment(request, "due", what="When it is promised for"),
    )


@_verb
def promise(request: HttpRequest, shown: OutreachView) -> None:
    """Write down that a promise was kept, or give it up."""
    if request.POST.get("as") == "kept":
        calls.keep(outreach_id=shown.id, by=me(request).pk)
    else:
        calls.give_up(outreach_id=shown.id, by=me(request).pk, why=gate.line(request, "why"))


@_verb
def end(request: HttpRequest, shown: OutreachView) -> None:
    """Let the person go."""
    taking.end(outreach_id=shown.id, by=me(request).pk, handed_back=request.POST.get("as") == "back")


def _customer(request: HttpRequest) -> UUID:
    reference = gate.line(request, "reference").strip()
    if not reference:
        found = gate.uuid(gate.line(request, "customer"))
        if found is None:
            raise NotFound(request.path)
        return found
    known = customer_with_reference(reference)
    if known is None:
        raise Refused(f"No customer has the account reference {reference[:40]}.")
    return known.id


def _window(request: HttpRequest) -> tuple[datetime, datetime]:
    begins = _moment(request, "from", what="The time for the call") or now()
    ends = _moment(request, "until", what="The end of the time for the call") or begins + _WINDOW
    return begins, ends


def _moment(request: HttpRequest, name: str, *, what: str) -> datetime | None:
    return gate.moment(gate.line(request, name), what=what)


def _home(request: HttpRequest, incident: IncidentView, *, problem: str = "", status: int = 200) -> HttpResponse:
    found, queue = queries.of_incident(incident.id), queries.queue(incident)
    listed = [*(each.customer_id for each in found), *(each.customer_id for each in queue)]
    sightings.note_people(agent_id=me(request).pk, how=How.LISTED, customers=listed)
    begins = now()
    context = {
        **screens.head(request, incident, tab="outreach"),
        "problem": problem,
        "sent": request.POST,
        "hand": [each for each in found if each.is_open],
        "over": [(each, Outreach.End(each.end).label) for each in found if not each.is_open],
        "queue": queue,
        "executives": executives.people() if me(request).leads else [],
        "moment": begins,
        "begins": _field(begins),
        "ends": _field(begins + _WINDOW),
        "held": _field(begins + _HELD),
    }
    return render(request, "outreach/home.html", context, status=status)


def _person(
    request: HttpRequest, incident: IncidentView, shown: OutreachView, *, problem: str = "", status: int = 200
) -> HttpResponse:
    card = customer_card(shown)
    sightings.note_people(agent_id=me(request).pk, how=How.OPENED, customers=[shown.customer_id])
    mine = shown.executive_id == me(request).pk and shown.is_open
    promise = shown.promise
    context = {
        **screens.head(request, incident, tab="outreach"),
        "problem": problem,
        "sent": request.POST if request.method == "POST" else {},
        "shown": shown,
        "ended": Outreach.End(shown.end).label if shown.end else "",
        "card": card,
        "mine": mine,
        "may_end": shown.is_open and (mine or me(request).leads),
        "may_settle": promise is not None
        and promise.state == State.OPEN
        and (shown.executive_id == me(request).pk or me(request).leads),
        "may_mend": promise is not None and promise.state == State.BROKEN and promise.mended_at is None,
        "last": promise,
        "points": points.points_for(incident, locale=card.locale),
        "languages": screens.LANGUAGES,
        "forbidden": library.forbidden_now(),
        "outcomes": Call.Outcome.choices,
        "whys": calls.WHY.items(),
        "purposes": sorted(PURPOSES.items(), key=lambda each: each[0] != "contact"),
        "moment": now(),
    }
    return render(request, "outreach/one.html", context, status=status)


def _field(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"
