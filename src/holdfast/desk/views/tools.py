"""Canned replies, the palette, saved views: what an agent reaches for while working."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from holdfast.conversations import queries
from holdfast.conversations.errors import NotFound
from holdfast.desk import canned as canned_replies
from holdfast.desk import palette as commands
from holdfast.desk import saved_views
from holdfast.desk.filters import read
from holdfast.desk.navigation import nav_of
from holdfast.desk.reach import Reach, reach_of
from holdfast.desk.screens import CannedView
from holdfast.desk.views.asking import desk_view, problem, words
from holdfast.kit.numbers import whole
from holdfast.knowledge.queries import found as articles_about
from holdfast.people.permissions import me

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation
    from holdfast.people.models import Agent


@desk_view("GET")
def canned(request: HttpRequest) -> HttpResponse:
    """Canned replies that match, filled in for the conversation that is open."""
    agent, text = me(request), words(request.GET.get("q"), most=80)
    conversation = _open_conversation(request, agent)
    shown = _filled(agent, reach_of(agent), conversation, text)
    return render(request, "desk/_canned.html", {"canned": shown, "text": text})


@desk_view("GET")
def palette(request: HttpRequest) -> HttpResponse:
    """What the palette offers for the letters typed."""
    agent, text = me(request), words(request.GET.get("q"), most=80)
    reach = reach_of(agent)
    conversation = _open_conversation(request, agent)
    groups = commands.groups(
        text=text,
        reach=reach,
        views=saved_views.views_of(agent.id),
        canned=_filled(agent, reach, conversation, text) if text and conversation else (),
        articles=articles_about(text, _language(conversation, agent), limit=4) if len(text) > 2 else (),
        conversation_open=conversation is not None,
    )
    return render(request, "desk/_palette.html", {"groups": groups, "text": text})


def _language(conversation: Conversation | None, agent: Agent) -> str:
    return (conversation.locale if conversation else agent.locale) or settings.SUPPORT_LANGUAGES[0]


@desk_view("POST")
def views(request: HttpRequest) -> HttpResponse:
    """Keep the current filter under a name; leads may share it with everybody."""
    agent = me(request)
    reach = reach_of(agent)
    shared = request.POST.get("shared") in {"1", "on", "true"}
    if shared and not agent.leads:
        return problem(request, "Only leads share views with everybody.", status=403, fields=("shared",))
    given = {key: value for key, value in request.POST.items() if isinstance(value, str)}
    asked = read(given, views=saved_views.views_of(agent.id), reach=reach)
    query = {"queue": asked.queue, "view": asked.view, "text": asked.text, "channel": asked.channel, "tag": asked.tag}
    try:
        kept = saved_views.save(agent_id=agent.id, name=request.POST.get("name", ""), query=query, shared=shared)
    except saved_views.ViewRefused as refused:
        return problem(request, refused.sentence, status=422, fields=("name",))
    now_here = read({"view": str(kept.id)}, views=[kept], reach=reach)
    return render(request, "desk/_nav.html", {"nav": nav_of(agent=agent, reach=reach, chosen=now_here)}, status=201)


@desk_view("DELETE")
def view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Delete a saved view."""
    agent = me(request)
    if not saved_views.delete(view_id=view_id, agent_id=agent.id, leads=agent.leads):
        raise Http404
    return HttpResponse(status=204)


def _open_conversation(request: HttpRequest, agent: Agent) -> Conversation | None:
    number = whole(request.GET.get("c", ""), digits=18)
    if number is None:
        return None
    try:
        return queries.access_conversation(agent, number)
    except NotFound:
        return None


def _filled(agent: Agent, reach: Reach, conversation: Conversation | None, text: str) -> tuple[CannedView, ...]:
    values = {"agent.name": agent.name, "agent.first_name": agent.get_short_name(), "company": settings.COMPANY}
    if conversation is not None:
        customer = conversation.customer
        values |= {
            "customer.given_name": canned_replies.given_name(str(customer.name)) if customer else "",
            "customer.reference": (customer.reference or "") if customer else "",
            "conversation.number": str(conversation.number),
            "conversation.subject": conversation.subject,
            "queue.name": reach.name(conversation.queue_id),
        }
    found = canned_replies.find(
        text=text.lstrip("/"), queue_ids=reach.ids, locale=conversation.locale if conversation else agent.locale
    )
    filled = [(reply, canned_replies.render(reply.body, values=values)) for reply in found]
    return tuple(
        CannedView(
            shortcut=reply.shortcut,
            title=reply.title,
            body=rendered.text,
            queue=reply.queue.name if reply.queue else "",
            locale=reply.locale,
            missing=rendered.missing,
        )
        for reply, rendered in filled
    )
