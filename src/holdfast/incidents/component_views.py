"""Keeping the components of the page, for leads and admins."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from holdfast.incidents import components, gate, queries, screens
from holdfast.incidents.errors import NotFound, Refused
from holdfast.incidents.models import ComponentStatus
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me


@gate.worked_on
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The components in the order of the public page."""
    return _page(request)


@gate.worked_on
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Add, rename, move, set or remove one, as `act` says."""
    try:
        _act(request, gate.line(request, "act"))
    except Refused as refused:
        return _page(request, refused.sentence)
    return redirect("incidents:components")


def _act(request: HttpRequest, act: str) -> None:
    id_ = gate.uuid(gate.line(request, "component"))
    name, about = gate.line(request, "name"), gate.line(request, "description")
    group = gate.uuid(gate.line(request, "group"))
    if act == "add":
        components.add(name=name, description=about, group_id=group, by=me(request).pk)
    elif id_ is None:
        raise NotFound
    elif act == "keep":
        position = whole(request.POST.get("position"))
        components.rename(component_id=id_, name=name, description=about)
        components.move(component_id=id_, position=position or 0, group_id=group)
    elif act == "status":
        components.set_status(component_id=id_, status=gate.line(request, "status"), by=me(request).pk)
    elif act == "remove":
        components.remove(component_id=id_)
        messages.success(request, "It is off the page. Its history is kept.")


def _page(request: HttpRequest, problem: str = "") -> HttpResponse:
    shown = queries.components()
    context = {
        "section": "incidents",
        "components": [(each, screens.WORDS[each.status]) for each in shown],
        "groups": [each for each in shown if each.group_id is None],
        "statuses": [(value, screens.WORDS[value]) for value in ComponentStatus.values],
        "problem": problem,
    }
    return render(request, "incidents/components.html", context, status=422 if problem else 200)
