"""The page where an admin deactivates somebody, and says what becomes of what they have in hand."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from holdfast.conversations.errors import Refused
from holdfast.conversations.held import held_by
from holdfast.desk.leaving import Left, leave, receivers
from holdfast.kit.numbers import whole
from holdfast.people import accounts
from holdfast.people.models import Agent, Role
from holdfast.people.permissions import me, requires
from holdfast.people.step_up import proves_again


@require_http_methods(["GET", "POST"])
@requires(Role.ADMIN)
@proves_again("POST")
def leaving(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what somebody has in hand; on POST deactivate them and pass it on (`to`: an agent, or empty: the lines)."""
    agent = get_object_or_404(Agent.objects.select_related("team"), pk=pk)
    if not agent.is_active:
        messages.success(request, f"{agent.name} is deactivated already.")
        return redirect("people:team")
    if request.method == "GET":
        return _page(request, agent)
    given = request.POST.get("to", "") if request.POST.get("cases") == "person" else ""
    to = whole(given, digits=18)
    if request.POST.get("cases") == "person" and to is None:
        return _page(request, agent, "Choose who takes the cases.")
    try:
        left = leave(agent_id=pk, to=to, by=me(request).id)
    except accounts.Refused as refused:
        return _page(request, agent, refused.sentence)
    except Refused:
        left = Left(0, held_by(pk).cases)
    messages.success(request, f"{agent.name} is signed out and cannot sign in.{_said(left)}")
    return redirect("people:team")


def _said(left: Left) -> str:
    if left.kept:
        return f" {left.kept} of their cases could not be handed on and go back to their queues within a minute."
    return f" {left.passed} of their cases went on." if left.passed else ""


def _page(request: HttpRequest, agent: Agent, problem: str = "") -> HttpResponse:
    context = {
        "agent": agent,
        "held": held_by(agent.pk),
        "receivers": receivers(agent_id=agent.pk, team=agent.team.name if agent.team else ""),
        "problem": problem,
        "chosen": request.POST.get("to", ""),
        "by_person": request.POST.get("cases") == "person",
        "tab": "team",
    }
    return render(request, "desk/settings/leaving.html", context, status=422 if problem else 200)
