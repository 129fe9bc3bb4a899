"""Incidents over HTTP: the list, declaring, and the page of one. Everybody signed in reads; leads and admins work."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from holdfast.conversations.errors import NotFound as NotThere
from holdfast.conversations.queries import access_conversation
from holdfast.incidents import declaring, gate, queries, screens
from holdfast.incidents.contract import IncidentView
from holdfast.incidents.errors import Refused
from holdfast.incidents.models import ComponentStatus, Incident
from holdfast.kit import streams
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me
from holdfast.posture import playbooks
from holdfast.posture.current import current
from holdfast.posture.effects import Name
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind


@gate.seen
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Every incident: those that go on first, then planned work, then the past."""
    words = {each.incident_id: each for each in queries.owed_words()}
    before = whole(request.GET.get("before"))
    return render(
        request,
        "incidents/home.html",
        {
            "section": "incidents",
            "current": [(each, words.get(each.id), queries.linked_count(each.id)) for each in _current()],
            "maintenances": queries.maintenances(),
            "past": queries.past_incidents(limit=30, before=before),
            "tally": promises.tally(kinds=[Kind.UPDATE]),
            "owed": queries.commitments(open_only=True),
            "may_work": me(request).leads,
            "stream": f"/events?ticket={streams.ticket(agent=me(request).pk, topics=screens.TOPICS)}",
        },
    )


@gate.worked_on
@require_http_methods(["GET", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    """Say that something is wrong."""
    problem = ""
    if request.method == "POST":
        try:
            incident_id = _declared(request)
        except Refused as refused:
            problem = refused.sentence
        else:
            return redirect("incidents:incident", _number(incident_id))
    in_dialog = request.method == "GET" and "HX-Request" in request.headers
    return render(
        request,
        "incidents/_declare.html" if in_dialog else "incidents/declare.html",
        {**_choices(), "problem": problem, "sent": request.POST, "section": "incidents"},
        status=422 if problem else 200,
    )


@gate.worked_on
@require_http_methods(["GET", "POST"])
def maintenance(request: HttpRequest) -> HttpResponse:
    """Plan work that customers will notice."""
    problem = ""
    if request.method == "POST":
        try:
            begins = gate.moment(gate.line(request, "scheduled_for"), what="The beginning")
            ends = gate.moment(gate.line(request, "scheduled_until"), what="The end")
            if begins is None or ends is None:
                raise Refused("Say when the work begins and ends.")
            incident_id = declaring.schedule_maintenance(
                title=gate.line(request, "title"),
                by=me(request).pk,
                scheduled_for=begins,
                scheduled_until=ends,
                components=list(gate.chosen_components(request.POST)),
            )
        except Refused as refused:
            problem = refused.sentence
        else:
            return redirect("incidents:incident", _number(incident_id))
    return render(
        request,
        "incidents/maintenance.html",
        {**_choices(), "problem": problem, "sent": request.POST, "section": "incidents"},
        status=422 if problem else 200,
    )


@gate.seen
@require_GET
def incident(request: HttpRequest, number: int) -> HttpResponse:
    """The page on which an incident is worked on."""
    return render(request, "incidents/incident.html", screens.workspace(request, gate.numbered(number)))


@gate.seen
@require_GET
def owed(request: HttpRequest, number: int) -> HttpResponse:
    """What is owed, as a part of the page."""
    shown = gate.numbered(number)
    return render(request, "incidents/_owed.html", {**screens.head(request, shown, tab=""), **screens.aside(shown)})


@gate.seen
@require_GET
def asking(request: HttpRequest, number: int) -> HttpResponse:
    """Who asks about it and how far the answer has come, as a part of the page."""
    shown = gate.numbered(number)
    return render(
        request, "incidents/_linked.html", {**screens.head(request, shown, tab=""), **screens.gathered(shown)}
    )


@gate.worked_on
@require_GET
def crowds(request: HttpRequest, number: int) -> HttpResponse:
    """What many say alike since the fault that is not linked to anything yet, as a part of the page."""
    shown = gate.numbered(number)
    return render(request, "incidents/_crowds.html", {"incident": shown, "crowds": screens.not_linked(shown)})


@gate.seen
@require_GET
def now_open(request: HttpRequest) -> HttpResponse:
    """Go to the incident whose next word is due first, to write it; to the list when there is none."""
    word = queries.open_public_promise()
    if word is None:
        return redirect("incidents:home")
    response = redirect("incidents:incident", word.number)
    response["Location"] += "#update"
    return response


@gate.seen
@require_GET
def case(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """What the desk shows beside a case: the incident it is about, with the newest public words. Empty without one."""
    try:
        conversation = access_conversation(me(request), conversation_id)
    except NotThere as error:
        raise Http404 from error
    found = queries.incident_of(conversation_id)
    if found is None or not found.updates:
        return HttpResponse(status=204)
    text = found.updates[0].text_in(conversation.locale, default=gate.locales()[0])
    return render(request, "incidents/_case.html", {"incident": found, "update": found.updates[0], "text": text})


def _current() -> list[IncidentView]:
    return queries.current_incidents()


def _declared(request: HttpRequest) -> UUID:
    posture = gate.line(request, "posture")
    return declaring.declare(
        title=gate.line(request, "title"),
        by=me(request).pk,
        severity=whole(request.POST.get("severity")) or 0,
        impact=gate.line(request, "impact"),
        harm=gate.line(request, "harm"),
        playbook=gate.line(request, "playbook"),
        components=gate.chosen_components(request.POST),
        started_at=gate.moment(gate.line(request, "started_at"), what="When it began"),
        flag=gate.line(request, "flag"),
        posture=Name(posture) if posture in {each.value for each in Name} else None,
        drill="drill" in request.POST,
    )


def _choices() -> dict[str, object]:
    return {
        "components": [each for each in queries.components() if not each.is_group],
        "statuses": [(value, screens.WORDS[value]) for value in ComponentStatus.values if value != "operational"],
        "impacts": [each for each in Incident.Impact.choices if each[0] != Incident.Impact.MAINTENANCE],
        "harms": Incident.Harm.choices,
        "playbooks": playbooks.all_playbooks(),
        "postures": [each.value for each in Name],
        "here": current(),
        "first_words": [
            (number, int(declaring.FIRST_WORD[number] / timedelta(minutes=1))) for number in declaring.FIRST_WORD
        ],
    }


def _number(incident_id: UUID) -> int:
    return Incident.objects.values_list("number", flat=True).get(pk=incident_id)
