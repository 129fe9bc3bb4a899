"""The inbox of those who sign: what waits for them, with the facts beside it and what changed since the last approval.

Whoever approves in a role sees what waits for that role; leads, admins and security see all that waits, and what was
approved. Others see that nothing waits for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from holdfast.incidents import gate, queries
from holdfast.incidents.contract import FactView
from holdfast.incidents.words import approvals, bell, library
from holdfast.incidents.words.contract import AskView
from holdfast.incidents.words.errors import NotFound, Refused
from holdfast.kit.numbers import whole
from holdfast.knowledge import differences
from holdfast.people.models import Role as Job
from holdfast.people.permissions import me

LENGTHS: Final = (("4", "4 hours"), ("24", "a day"), ("168", "a week"), ("720", "30 days"), ("8760", "a year"))
_SEES_ALL: Final = (Job.LEAD, Job.ADMIN, Job.SECURITY)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One text that waits, with what one needs to decide."""

    ask: AskView
    facts: list[FactView]
    compared: list[differences.Line]
    number: int | None
    mine: bool


@gate.seen
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for me, and for leads and security what waits at all."""
    return _page(request)


@gate.seen
@require_GET
def signs(request: HttpRequest) -> HttpResponse:
    """How many texts wait for me, as the navigation says it."""
    bell.forget()  # whoever asks was told that it changed
    return render(request, "incidents/_signs.html")


@gate.seen
@require_POST
def decide(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """Approve a text for so long, or say what has to change."""
    by = me(request).pk

    def verb() -> str:
        if "change" in request.POST:
            approvals.ask_for_change(ask_id=ask_id, by=by, what=gate.line(request, "what"))
            return "Whoever asked sees your sentence."
        hours = whole(request.POST.get("hours")) or 0
        approvals.approve(ask_id=ask_id, by=by, expires_in=timedelta(hours=min(hours, 100_000)))
        return "Approved. It is good for these exact words, and for no others."

    return _done(request, verb)


@gate.seen
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an approval back."""

    def verb() -> str:
        approvals.revoke(approval_id=pk, by=me(request).pk, why=gate.line(request, "why"))
        return "Taken back. Nothing leaves by it from now on."

    return _done(request, verb)


@gate.worked_on
@require_POST
def reach(request: HttpRequest, number: int) -> HttpResponse:
    """Say in which jurisdictions what is said about an incident is read: legal approves for each."""
    incident = gate.numbered(number)
    places = gate.line(request, "jurisdictions").replace(";", ",").split(",")
    try:
        approvals.set_reach(subject=queries.subject_of(incident.id), jurisdictions=places, by=me(request).pk)
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("incidents:incident", number)


def _done(request: HttpRequest, verb: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, verb())
    except Refused as refused:
        return _page(request, problem=refused.sentence, status=422)
    except NotFound as error:
        raise Http404 from error
    return redirect("incidents:approvals")


def _page(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    sees_all = me(request).role in _SEES_ALL
    mine = library.asks(agent_id=me(request).pk)
    ours = {each.id for each in mine if me(request).pk not in {each.asked_by_id, *each.writers}}
    listed = library.asks() if sees_all else mine
    context = {
        "section": "incidents",
        "roles": library.roles_of(me(request).pk),
        "waiting": sorted((_waiting(each, mine=each.id in ours) for each in listed), key=lambda each: not each.mine),
        "given": library.given() if sees_all else [],
        "lengths": LENGTHS,
        "problem": problem,
    }
    return render(request, "incidents/approvals.html", context, status=status)


def _waiting(each: AskView, *, mine: bool) -> Waiting:
    compared = differences.lines(each.before, each.text) if each.before else []
    kind, _, rest = each.subject.partition(":")
    incident_id = gate.uuid(rest.partition(":")[0]) if kind == "incident" else None
    incident = queries.incident_of_id(incident_id) if incident_id else None
    facts = [fact for fact in queries.facts_of(incident_id) if fact.stands] if incident_id else []
    return Waiting(each, facts, compared, incident.number if incident else None, mine)
