"""The legal page of an incident. Seen by leads, admins, security, signatories, and who has the legal role in it.

The page counts. What is needed, and what a notice says, legal decides.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from holdfast.incidents import gate, queries, screens
from holdfast.incidents.contract import IncidentView
from holdfast.incidents.errors import Refused as IncidentRefused
from holdfast.incidents.legal import acts, clocks, proposing
from holdfast.incidents.legal import queries as legal
from holdfast.incidents.legal.calendars import SOURCES
from holdfast.incidents.legal.errors import NotFound, Refused
from holdfast.incidents.legal.regimes import Event
from holdfast.incidents.words import library
from holdfast.kit.clock import now
from holdfast.people.models import Role
from holdfast.people.permissions import me

Verb = Callable[..., None]
SIGNING = ("legal", "executive")
APPROVING = ("legal", "security", "executive")
MAY_SEE = (Role.LEAD, Role.ADMIN, Role.SECURITY)


def may_see(request: HttpRequest, incident: IncidentView) -> bool:
    """Tell whether the asker may see the legal side of an incident."""
    if me(request).role in MAY_SEE:
        return True
    if any(part.agent_id == me(request).pk and part.role in SIGNING for part in queries.parts_of(incident.id)):
        return True
    return any(each.agent_id == me(request).pk and each.role in APPROVING for each in library.signatories())


def _guarded(view: Callable[..., HttpResponseBase]) -> gate.View:
    @wraps(view)
    def checked(request: HttpRequest, number: int, **kwargs: Any) -> HttpResponseBase:
        incident = gate.numbered(number)
        if not may_see(request, incident):
            raise PermissionDenied
        return view(request, incident, **kwargs)

    return gate.seen(checked)


def _verb(verb: Verb) -> gate.View:
    """Do one thing and show the page; a refusal is said on it, with what was sent."""

    @wraps(verb)
    def done(request: HttpRequest, incident: IncidentView, **kwargs: Any) -> HttpResponseBase:
        try:
            verb(request, incident, **kwargs)
        except (Refused, IncidentRefused) as refused:
            return _page(request, incident, problem=refused.sentence, status=422)
        except NotFound:
            return _page(request, incident, problem="That is not there any more. Look again.", status=404)
        return redirect("legal:home", incident.number)

    return _guarded(require_POST(done))


@_guarded
@require_GET
def home(request: HttpRequest, incident: IncidentView) -> HttpResponse:
    """What is due, to whom, by when, and by which source."""
    return _page(request, incident)


@_verb
def act(request: HttpRequest, incident: IncidentView) -> None:
    """Declare that something happened."""
    event = gate.line(request, "event")
    if event not in Event.values:
        raise Refused("Choose what happened from the list.")
    acts.declare(
        incident_id=incident.id,
        event=Event(event),
        at=_moment(request, "at"),
        evidence=gate.line(request, "evidence"),
        by=me(request).pk,
    )


@_verb
def correction(request: HttpRequest, incident: IncidentView, *, act_id: int) -> None:
    """Correct an act by another one; the earlier one stays."""
    acts.correct(
        act_id=act_id,
        incident_id=incident.id,
        at=_moment(request, "at"),
        evidence=gate.line(request, "evidence"),
        by=me(request).pk,
        holds=request.POST.get("as") != "not",
    )


@_verb
def decide(request: HttpRequest, incident: IncidentView, *, proposal_id: int) -> None:
    """Declare what the house proposed, or set it aside."""
    if request.POST.get("as") == "aside":
        proposing.set_aside(proposal_id=proposal_id, incident_id=incident.id, by=me(request).pk)
        return
    at = gate.moment(gate.line(request, "at"), what="The time")
    proposing.declare(proposal_id=proposal_id, incident_id=incident.id, at=at, by=me(request).pk)


@_verb
def start(request: HttpRequest, incident: IncidentView) -> None:
    """Start the clocks of regimes."""
    clocks.start(incident_id=incident.id, slugs=request.POST.getlist("regime"), by=me(request).pk)


@_verb
def settle(request: HttpRequest, incident: IncidentView, *, clock_id: UUID) -> None:
    """Say that the notice was given, or that legal decided that none is needed."""
    if request.POST.get("as") == "not_needed":
        clocks.not_needed(clock_id=clock_id, incident_id=incident.id, why=gate.line(request, "why"), by=me(request).pk)
        return
    clocks.done(
        clock_id=clock_id,
        incident_id=incident.id,
        reference=gate.line(request, "why"),
        at=_moment(request, "at"),
        by=me(request).pk,
    )


@_verb
def pause(request: HttpRequest, incident: IncidentView, *, clock_id: UUID) -> None:
    """Hold a clock because law enforcement asked to wait, in a document; or let it go on."""
    if request.POST.get("as") == "resume":
        clocks.resume(clock_id=clock_id, incident_id=incident.id, by=me(request).pk)
        return
    until = gate.moment(gate.line(request, "until"), what="The day until which to wait")
    if until is None:
        raise Refused("Give the day until which the document asks to wait.")
    clocks.pause(
        clock_id=clock_id,
        incident_id=incident.id,
        authority=gate.line(request, "authority"),
        document=gate.line(request, "document"),
        until=until,
        by=me(request).pk,
    )


def _moment(request: HttpRequest, name: str) -> datetime:
    return gate.moment(gate.line(request, name), what="The time") or now()


def _page(request: HttpRequest, incident: IncidentView, *, problem: str = "", status: int = 200) -> HttpResponse:
    found = legal.clocks_of(incident.id)
    running = [each for each in found if each.state == "running"]
    context = {
        **screens.head(request, incident, tab="legal"),
        "problem": problem,
        "sent": request.POST,
        "next": next((each for each in running if each.due is not None), None),
        "running": running,
        "settled": [each for each in found if each.state != "running"],
        "acts": legal.acts_of(incident.id),
        "proposals": proposing.open_proposals(incident.id),
        "to_declare": legal.to_declare(incident.id),
        "regimes": legal.to_start(incident.id),
        "calendars": [(name, source) for name, source in SOURCES.items() if name != "none"],
        "moment": now(),
    }
    return render(request, "legal/home.html", context, status=status)
