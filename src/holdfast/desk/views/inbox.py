"""The desk itself: the page with its panes, the list, its rows, the open conversation, the next in line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from holdfast.conversations import assignments, queries
from holdfast.desk import listing, saved_views
from holdfast.desk.case import screen_of
from holdfast.desk.filters import Chosen, read
from holdfast.desk.navigation import nav_of
from holdfast.desk.queries import priorities
from holdfast.desk.reach import Reach, reach_of
from holdfast.desk.views.asking import changed, desk_view, is_fragment, problem
from holdfast.guard.watching import searches
from holdfast.kit import streams
from holdfast.kit.numbers import whole
from holdfast.people.permissions import me
from holdfast.posture.current import current

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation
    from holdfast.desk.models import SavedView
    from holdfast.people.models import Agent

STREAMED = ("desk", "presence", "posture", "approval")
"""Topics of an agent's live screen. Events carry only ids; the screen fetches what its reader may see."""

_frames_own_pages: Callable[[Any], Any] = csp_update({"frame-src": ["'self'"]})  # formatted mail, in a sandboxed frame


@_frames_own_pages
@desk_view("GET", page=True)
def home(request: HttpRequest) -> HttpResponse:
    """The whole desk; `c` opens a conversation beside the list."""
    agent, number = me(request), whole(request.GET.get("c", ""), digits=18)
    reach = reach_of(agent)
    return _desk(request, agent, reach, queries.access_conversation(agent, number) if number is not None else None)


@_frames_own_pages
@desk_view("GET", page=True)
def conversation(request: HttpRequest, number: int) -> HttpResponse:
    """One conversation: its pane for htmx, else the whole desk with it open."""
    agent = me(request)
    reach = reach_of(agent)
    opened = queries.access_conversation(agent, number)
    if not is_fragment(request):
        return _desk(request, agent, reach, opened)
    shown = screen_of(agent=agent, reach=reach, conversation=opened)
    saved = whole(request.GET.get("view", ""), digits=18) is not None
    chosen = _chosen(request, reach, saved_views.views_of(agent.id) if saved else [])
    return render(request, "desk/_conversation.html", {"conversation": shown, "filter": chosen.shown()})


@_frames_own_pages
@desk_view("GET", page=True)
def search(request: HttpRequest) -> HttpResponse:
    """Full-text search; results stand in the list pane. That somebody searched is noted, never for what."""
    if not request.GET.get("after"):
        searches.note(agent_id=me(request).id, text=request.GET.get("q", ""))
    return _list(request) if is_fragment(request) else _desk(request, me(request), reach_of(me(request)), None)


@desk_view("GET")
def list_(request: HttpRequest) -> HttpResponse:
    """The list pane, or with `after` the rows that follow."""
    return _list(request)


@desk_view("GET")
def row(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """One row as it is now; 404 tells the screen to take it away."""
    agent = me(request)
    queries.access_conversation(agent, conversation_id)
    shown = listing.row_screens(queries.rows_of([conversation_id]), agent=agent, reach=reach_of(agent))
    if not shown:
        raise Http404
    return render(request, "desk/_rows.html", {"rows": shown})


@desk_view("GET")
def nav(request: HttpRequest) -> HttpResponse:
    """The left pane as it is now."""
    agent = me(request)
    reach, views = reach_of(agent), saved_views.views_of(agent.id)
    chosen = _chosen(request, reach, views)
    return render(request, "desk/_nav.html", {"nav": nav_of(agent=agent, reach=reach, chosen=chosen, views=views)})


@desk_view("POST")
def next_in_line(request: HttpRequest) -> HttpResponse:
    """Take whoever is next in the reader's queues, or in the one they look at. The posture in force has a say."""
    agent = me(request)
    reach = reach_of(agent)
    queue = reach.by_slug(request.POST.get("queue", ""))
    own = [each.id for each in reach.queues if not each.parking]
    effects = current().effects
    taken = assignments.take_next(
        agent_id=agent.id,
        queue_ids=[queue.id] if queue else own,
        priorities=priorities(effects.queue_priority),
        most_cases=effects.cases_per_agent,
    )
    if taken is None:
        return problem(request, "Nobody waits in your queues just now.", status=404)
    response = HttpResponse(status=204)
    path = reverse("desk:conversation", args=[taken.number])
    response["HX-Location"] = json.dumps({"path": path, "target": "#conversation"})
    return changed(response, number=taken.number)


def _desk(request: HttpRequest, agent: Agent, reach: Reach, opened: Conversation | None) -> HttpResponse:
    views = saved_views.views_of(agent.id)
    chosen, counts = _chosen(request, reach, views), queries.counts(agent)
    if opened is None:
        after = request.GET.get("after", "")
        page = listing.page_of(agent=agent, reach=reach, chosen=chosen, counts=counts, after=after)
    else:
        page = listing.page_later(reach=reach, chosen=chosen, counts=counts, current=opened.number)
    context: dict[str, Any] = {
        "nav": nav_of(agent=agent, reach=reach, chosen=chosen, views=views, counts=counts),
        "filter": chosen.shown(),
        "page": page,
        "conversation": screen_of(agent=agent, reach=reach, conversation=opened) if opened else None,
        "stream": f"/events?ticket={streams.ticket(agent=agent.id, topics=STREAMED)}",
        "section": "desk",
    }
    return render(request, "desk/home.html", context)


def _list(request: HttpRequest) -> HttpResponse:
    agent = me(request)
    reach, views = reach_of(agent), saved_views.views_of(agent.id)
    chosen, after = _chosen(request, reach, views), request.GET.get("after", "")
    counts = None if after else queries.counts(agent)
    page = listing.page_of(
        agent=agent,
        reach=reach,
        chosen=chosen,
        counts=counts,
        after=after,
        current=whole(request.GET.get("c", ""), digits=18),
    )
    return render(request, "desk/_list.html", {"page": page, "filter": chosen.shown()})


def _chosen(request: HttpRequest, reach: Reach, views: list[SavedView]) -> Chosen:
    given = {key: value for key, value in request.GET.items() if isinstance(value, str)}
    return read(given, views=views, reach=reach)
