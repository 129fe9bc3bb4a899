"""Seeing the telephone number or mail address of the person one calls, for a minute, with a line in the log."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from holdfast.guard import reveals
from holdfast.guard.gate import session_mark
from holdfast.guard.marks import overlays
from holdfast.guard.marks.tiles import marks_for
from holdfast.incidents import gate
from holdfast.incidents.contract import IncidentView
from holdfast.incidents.outreach.reaching import customer_card, opened
from holdfast.incidents.outreach.views import guarded, of_incident
from holdfast.kit.clock import now
from holdfast.people.permissions import me


@guarded
@require_POST
def reveal(request: HttpRequest, incident: IncidentView, *, outreach_id: UUID, identity_id: UUID) -> HttpResponse:
    """Show one value for a minute: a part of the page, which the script puts in its place."""
    shown = of_incident(incident, outreach_id)
    way = next((each for each in customer_card(shown).ways if each.id == identity_id), None)
    if way is None:
        raise Http404
    session_key, purpose = request.session.session_key or "", gate.line(request, "purpose")
    value = opened(
        shown,
        way,
        agent_id=me(request).pk,
        session_key=session_key,
        purpose=purpose,
        reason=gate.line(request, "reason"),
    )
    context = {"incident": incident, "shown": shown, "way": way}
    if isinstance(value, reveals.Denied):
        return render(request, "outreach/_denied.html", {**context, "sentence": value.sentence}, status=403)
    context |= {
        "value": value,
        "purpose": reveals.PURPOSES[purpose],
        "seconds": int(reveals.LIFE.total_seconds()),
        "until": now() + reveals.LIFE,
        "marks": marks_for(session=session_mark(session_key), at=now()),
    }
    return render(request, "outreach/_open.html", context)


@guarded
@require_POST
def overlay(request: HttpRequest, incident: IncidentView, *, outreach_id: UUID, entry: UUID) -> HttpResponse:
    """Every few seconds while a value is open: whether the marks are there, and where the value stands."""
    shown = of_incident(incident, outreach_id)
    try:
        geometry = overlays.Geometry.read(request.POST)
    except ValueError:
        return HttpResponse("Say how large the page is and where the value stands, in whole pixels.", status=422)
    known = overlays.heard(
        entry=entry,
        agent_id=me(request).pk,
        session=session_mark(request.session.session_key or ""),
        conversation_id=shown.id,
        fault=gate.line(request, "fault")[:10],
        geometry=geometry,
    )
    if not known:
        raise Http404
    return HttpResponse(status=204)
