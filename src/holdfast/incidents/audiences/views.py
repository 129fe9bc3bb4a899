"""The audiences of an incident, for leads and admins: rules, counts, what was frozen, and what was handed on."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from holdfast.incidents import gate, places, screens
from holdfast.incidents.audiences import freezing, groups, handing, listing, queries
from holdfast.incidents.audiences.contract import Counted
from holdfast.incidents.audiences.errors import NotFound, Refused
from holdfast.incidents.audiences.models import Group, Segment
from holdfast.incidents.contract import IncidentView
from holdfast.incidents.errors import Refused as IncidentRefused
from holdfast.incidents.models import Incident
from holdfast.kit.numbers import whole
from holdfast.notify.campaigns.contract import Refused as CampaignRefused
from holdfast.people.choosing import Choice
from holdfast.people.permissions import me

PRESETS: Final[dict[str, dict[str, str]]] = {
    "affected": {"name": "Affected", "segment": "affected", "source": "systems"},
    "high": {"name": "High-value and long-standing", "segment": "high_value", "source": "people"},
    "care": {"name": "Affected, need care", "segment": "affected", "source": "systems", "discreet": "on"},
    "rest": {"name": "Everybody else", "segment": "unaffected", "source": "rest"},
}
"""What the form of a new group begins with."""
Verb = Callable[..., HttpResponse | None]


def _verb(verb: Verb) -> gate.View:
    """Do one thing and show the page; a refusal is said on it, with what was sent."""

    @wraps(verb)
    def done(request: HttpRequest, number: int, **kwargs: Any) -> HttpResponseBase:
        incident = gate.numbered(number)
        try:
            answer = verb(request, incident, **kwargs)
        except (Refused, IncidentRefused) as refused:
            return _page(request, incident, problem=refused.sentence, status=422)
        except CampaignRefused as refused:
            return _page(request, incident, problem=str(refused), status=422)
        except NotFound:
            return _page(request, incident, problem="That is not there any more. Look again.", status=404)
        return answer if answer is not None else redirect("audiences:home", incident.number)

    return gate.worked_on(require_POST(done))


@gate.worked_on
@require_GET
def home(request: HttpRequest, number: int) -> HttpResponse:
    """Whom the rules name, and who was told what."""
    return _page(request, gate.numbered(number))


@gate.worked_on
@require_GET
def handed(request: HttpRequest, number: int) -> HttpResponse:
    """How far what was handed over is, as a part of the page."""
    found = queries.audiences_of(gate.numbered(number).id)
    return render(request, "audiences/_handed.html", {"audiences": found})


@_verb
def add(request: HttpRequest, incident: IncidentView) -> None:
    """Add a rule."""
    groups.add(
        incident_id=incident.id,
        name=gate.line(request, "name"),
        segment=gate.line(request, "segment"),
        source=gate.line(request, "source"),
        choice=Choice(
            tier=gate.line(request, "tier").strip(),
            since_before=gate.day(gate.line(request, "since")),
            locale=gate.line(request, "locale").strip(),
            city=gate.line(request, "city").strip(),
        ),
        lines=_lines(request),
        list_name=gate.line(request, "list"),
        jurisdiction=gate.line(request, "jurisdiction"),
        within=whole(request.POST.get("within")),
        discreet="discreet" in request.POST,
        by=me(request).pk,
    )


@_verb
def change(request: HttpRequest, incident: IncidentView, *, group_id: int) -> None:
    """Let a group count earlier, ask for its list anew, or take it out."""
    verb = {"up": groups.raise_up, "anew": groups.ask_again}.get(request.POST.get("as") or "", groups.remove)
    verb(incident_id=incident.id, group_id=group_id)


@_verb
def count(request: HttpRequest, incident: IncidentView) -> HttpResponse:
    """Show whom the rules would name; nothing is kept."""
    exposed_at = gate.moment(gate.line(request, "exposed_at"), what="The exposure") or incident.started_at
    counted = freezing.count(incident_id=incident.id, exposed_at=exposed_at)
    return _page(request, incident, counted=counted)


@_verb
def freeze(request: HttpRequest, incident: IncidentView) -> None:
    """Keep whom they name."""
    exposed_at = gate.moment(gate.line(request, "exposed_at"), what="The exposure") or incident.started_at
    freezing.freeze(incident_id=incident.id, exposed_at=exposed_at, by=me(request).pk)


@_verb
def hand_over(request: HttpRequest, incident: IncidentView, *, audience_id: UUID) -> None:
    """Make a campaign of it, whose people are then added by a job."""
    update_id = gate.uuid(gate.line(request, "update"))
    if update_id is None:
        raise Refused("Choose an update that was published. What is not approved goes to nobody.")
    handing.hand_over(
        incident_id=incident.id,
        audience_id=audience_id,
        update_id=update_id,
        stream=gate.line(request, "stream"),
        by=me(request).pk,
    )


def _lines(request: HttpRequest) -> Iterable[str]:
    file = request.FILES.get("file")
    if file is None or isinstance(file, list) or file.file is None:
        return io.StringIO(gate.line(request, "references"))
    return io.TextIOWrapper(file.file, encoding="utf-8-sig", newline="")


def _page(
    request: HttpRequest,
    incident: IncidentView,
    *,
    problem: str = "",
    counted: tuple[Counted, ...] = (),
    status: int = 200,
) -> HttpResponse:
    found = queries.audiences_of(incident.id)
    gone = {each.update_id for one in found for each in one.handed if each.state != "stopped"}
    listed = queries.groups_of(incident.id)
    context = {
        **screens.head(request, incident, tab="audiences"),
        "problem": problem,
        "sent": request.POST or PRESETS.get(request.GET.get("begin") or "", {}),
        "begun": request.GET.get("begin"),
        "groups": listed,
        "outer": [each for each in listed if each.source != Group.Source.REST],
        "lists": listing.offered(),
        "places": places.places_of(incident.id),
        "clocks": queries.under_clocks(found[0], incident.id) if found else [],
        "counted": counted,
        "counted_total": sum(each.number for each in counted),
        "audiences": found,
        "to_send": [each for each in incident.updates if each.id not in gone],
        "segments": Segment.choices,
        "sources": Group.Source.choices,
        "breach": incident.harm == Incident.Harm.DATA,
    }
    return render(request, "audiences/home.html", context, status=status)
