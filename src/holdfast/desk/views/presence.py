"""Who is here, and how the reader likes the desk to look."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from holdfast.conversations import queries
from holdfast.desk import presence as people_here
from holdfast.desk.views.asking import desk_view, problem
from holdfast.people.permissions import me

_THEMES = frozenset({"auto", "light", "dark"})
_DENSITIES = frozenset({"comfortable", "compact"})


@desk_view("POST")
def presence(request: HttpRequest, number: int) -> HttpResponse:
    """A heartbeat of the open conversation; answers who else is there."""
    conversation = queries.access_conversation(me(request), number)
    if request.POST.get("gone") == "1":
        people_here.be_gone(conversation_id=conversation.id, agent_id=me(request).id)
        return HttpResponse(status=204)
    typing = request.POST.get("typing") == "1"
    people_here.be_here(conversation_id=conversation.id, agent_id=me(request).id, typing=typing)
    here = people_here.present(conversation_ids=[conversation.id], but=me(request).id).get(conversation.id, ())
    return render(request, "desk/_presence.html", {"here": here, "number": number})


@desk_view("POST")
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the reader's theme, density and whether single keys act. Only what is posted changes."""
    agent, given = me(request), request.POST
    if given.get("theme", "auto") not in _THEMES or given.get("density", "compact") not in _DENSITIES:
        return problem(request, "There is no such display.", status=422, fields=("theme", "density"))
    agent.theme = given.get("theme", agent.theme)
    agent.density = given.get("density", agent.density)
    if "single_keys" in given:
        agent.single_keys = given["single_keys"] in {"1", "on", "true"}
    agent.save(update_fields=["theme", "density", "single_keys"])
    return HttpResponse(status=204)
