"""Asking to see a sealed value, the raw source of a message, and the log of who asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from holdfast.conversations import queries
from holdfast.desk.customers import Asked, asked_for, sealed_line
from holdfast.desk.reveal_log import page_of
from holdfast.desk.screens import Choice, Denied, Problem, Revealed, RevealForm
from holdfast.desk.sources import raw_source
from holdfast.desk.views import by_hand
from holdfast.desk.views.asking import desk_view, words
from holdfast.guard import reveals
from holdfast.guard.gate import Outcome, session_mark
from holdfast.guard.marks.tiles import marks_for
from holdfast.guard.watching import addresses
from holdfast.kit.clock import now
from holdfast.people.permissions import me

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation

MOST_RAW = 200_000
OVER_BUDGET = {Outcome.OVER_BUDGET, Outcome.VENDOR_BUDGET, Outcome.MASKED_AGAIN}
FIELDS_OF = {Outcome.NO_PURPOSE: ("purpose",), Outcome.NO_REASON: ("reason",), Outcome.TOO_QUICK: ()}
NOT_AT_WORK = {Outcome.ELSEWHERE, Outcome.OFF_HOURS, Outcome.NEW_MACHINE}
_NO_SOURCE = "The source of this message was not kept."


@desk_view("GET", "POST")
def reveal(request: HttpRequest, number: int, field: str) -> HttpResponse:
    """Ask to see one field of the customer of one case."""
    conversation = queries.access_conversation(me(request), number)
    asked = asked_for(customer=conversation.customer, field=field)
    if asked is None:
        raise Http404
    url = reverse("desk:reveal", args=[number, field])
    if request.method == "GET":
        return _form(request, conversation, asked, url)
    opened = _opened(request, conversation, asked)
    if isinstance(opened, reveals.Denied):
        return _refused(request, conversation, asked, opened, url)
    return _shown(request, number, asked, opened, again_url=reverse("desk:sealed", args=[number, field]))


@desk_view("GET")
def sealed(request: HttpRequest, number: int, field: str) -> HttpResponse:
    """The value under its mask again, when its minute is over."""
    conversation = queries.access_conversation(me(request), number)
    asked = asked_for(customer=conversation.customer, field=field)
    if asked is None:
        raise Http404
    line = sealed_line(asked=asked, number=number, mine=conversation.assignee_id == me(request).id)
    return render(request, "desk/_sealed.html", {"line": line})


@desk_view("GET", "POST")
def raw(request: HttpRequest, number: int, message_id: UUID) -> HttpResponse:
    """Ask to see a message as it arrived. Its headers hold the sender's address, so it is a reveal like any other."""
    conversation = queries.access_conversation(me(request), number)
    source = raw_source(conversation=conversation, message_id=message_id)
    if source is None:
        raise Http404
    asked = Asked("raw", "Source of this message", source.sender)
    url = reverse("desk:raw", args=[number, message_id])
    if request.method == "GET":
        return _form(request, conversation, asked, url)
    opened = _opened(request, conversation, asked)
    if isinstance(opened, reveals.Denied):
        return _refused(request, conversation, asked, opened, url)
    content = source.read(most=MOST_RAW)
    if content is None:
        return closed(request, label=asked.label, mask=str(asked.value), denied=reveals.Denied(_NO_SOURCE))
    content = addresses.in_text(content, customer_id=conversation.customer_id, viewer=me(request).id)
    return _shown(request, number, asked, replace(opened, value=content), again_url="", raw=True)


@login_required
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Who looked at what, when and why, for those who may read it. The only desk page of role `security`."""
    reader = me(request)
    shown = page_of(reader=reader, text=words(request.GET.get("q"), most=80), after=request.GET.get("after", ""))
    response = render(request, "desk/reveals.html", {"log": shown})
    patch_cache_control(response, no_store=True)
    return response


def _opened(request: HttpRequest, conversation: Conversation, asked: Asked) -> reveals.Value | reveals.Denied:
    """Have the request logged, then open the value at once. The log row is committed before the value exists here."""
    see = reveals.refuse_as_too_quick if by_hand.is_too_quick(request) else reveals.reveal
    return see(
        agent_id=me(request).id,
        session_key=request.session.session_key or "",
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        sealed=asked.value,
        field=asked.field,
        purpose=words(request.POST.get("purpose"), most=40),
        reason=words(request.POST.get("reason"), most=200),
    )


def _form(
    request: HttpRequest, conversation: Conversation, asked: Asked, url: str, problem: Problem | None = None
) -> HttpResponse:
    form = RevealForm(
        number=conversation.number,
        field=asked.field,
        label=asked.label,
        value=asked.value,
        url=url,
        purposes=tuple(Choice(key, label) for key, label in reveals.PURPOSES.items()),
        unhurried=by_hand.confirmation(request) if problem else "",
    )
    status = problem.status if problem else 200
    return render(request, "desk/_reveal.html", {"form": form, "problem": problem}, status=status)


def _refused(
    request: HttpRequest, conversation: Conversation, asked: Asked, denied: reveals.Denied, url: str
) -> HttpResponse:
    fields = FIELDS_OF.get(denied.outcome) if denied.outcome else None
    if fields is not None:
        return _form(request, conversation, asked, url, Problem(422, denied.sentence, fields))
    return closed(request, label=asked.label, mask=str(asked.value), denied=denied)


def closed(request: HttpRequest, *, label: str, mask: str, denied: reveals.Denied) -> HttpResponse:
    """Say why something stays closed, and lead to where that can be changed."""
    ask_url, ask = "", ""
    if denied.outcome in OVER_BUDGET:
        ask_url, ask = reverse("budget:own"), "Your budget"
    elif denied.outcome in NOT_AT_WORK:
        ask_url, ask = reverse("whereabouts:own"), "Where you work"
    shown = Denied(label=label, mask=mask, sentence=denied.sentence, ask_url=ask_url, ask=ask)
    return render(request, "desk/_denied.html", {"denied": shown}, status=403)


def _shown(
    request: HttpRequest, number: int, asked: Asked, opened: reveals.Value, *, again_url: str, raw: bool = False
) -> HttpResponse:
    purpose = words(request.POST.get("purpose"), most=40)
    revealed = Revealed(
        field=asked.field,
        label=asked.label,
        value=opened.value,
        mask=str(asked.value),
        purpose=reveals.PURPOSES.get(purpose, purpose),
        seconds=int(reveals.LIFE.total_seconds()),
        until=now() + reveals.LIFE,
        marks=marks_for(session=session_mark(request.session.session_key or ""), at=now()),
        entry=opened.entry,
        overlay_url=reverse("desk:overlay", args=[number, opened.entry]),
        again_url=again_url,
        raw=raw,
    )
    return render(request, "desk/_revealed.html", {"revealed": revealed, "company": settings.COMPANY})
