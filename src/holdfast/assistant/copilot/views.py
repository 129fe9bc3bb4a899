"""Fragments of the copilot for the open case. The desk asks for them by address, after its page is there.

Each answers an empty body where there is nothing to say: a case of somebody else, nothing unanswered, nothing near.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from holdfast.assistant.copilot import translating
from holdfast.assistant.copilot.next_action import asked_for, next_action
from holdfast.assistant.copilot.reading import Case, look
from holdfast.assistant.copilot.suggesting import drafted, suggestion
from holdfast.assistant.copilot.summing_up import summary
from holdfast.assistant.copilot.wording import hints
from holdfast.assistant.learning import suggestions
from holdfast.assistant.learning.suggestions import Kind
from holdfast.assistant.llm.client import endpoint
from holdfast.conversations.errors import NotFound
from holdfast.conversations.queries import access_conversation
from holdfast.kit.numbers import whole
from holdfast.knowledge.search import index_at_hand
from holdfast.operations.client import operations
from holdfast.people.queries import answers

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation
    from holdfast.people.models import Agent

MOST_TRIES = 8
"""How often a screen comes back while the first index of this process is being built, every two seconds."""
MOST_TOLD = 20  # suggestions of one screen
LONG = 6  # messages from which on a case is worth summing up

Fragment = Callable[[HttpRequest, Case], HttpResponse]


def _of_case(view: Fragment) -> Callable[[HttpRequest, int], HttpResponse]:
    """Only for who answers customers, and only what they may reach: 404 otherwise."""

    @wraps(view)
    def guarded(request: HttpRequest, number: int) -> HttpResponse:
        agent = cast("Agent", request.user)
        if not answers(agent.pk):
            raise Http404
        try:
            case = look(agent, number)
        except NotFound as missing:
            raise Http404 from missing
        return view(request, case) if case is not None else HttpResponse()

    return login_required(never_cache(guarded))


@require_safe
@_of_case
def copilot(request: HttpRequest, case: Case) -> HttpResponse:
    """The quiet line above the composer, and addresses of what takes longer."""
    index = index_at_hand()
    tried = request.GET.get("try", "")
    shown: dict[str, Any] = {
        "case": case,
        "suggestion": suggestion(case, index) if index is not None else None,
        "again": _next_try(tried) if index is None else 0,
        "asks_systems": case.mine and bool(case.reference) and operations() is not None and bool(asked_for(case)),
        "long": len(case.said) >= LONG,
        "translates": translating.of_use(case),
        "translates_back": translating.back_of_use(case),
    }
    shown["asks_model"] = shown["suggestion"] is not None and case.mine and endpoint() is not None
    if shown["suggestion"] is not None:
        shown["counted"] = _count(request, case, Kind.REPLY)
    return render(request, "copilot/_copilot.html", shown)


@require_safe
@_of_case
def draft(request: HttpRequest, case: Case) -> HttpResponse:
    """A model's words from the same passages, in the place of the article's; nothing when not all of it holds."""
    index = index_at_hand()
    written = drafted(case, index) if index is not None and case.mine else None
    if written is None:
        return HttpResponse(status=204)
    context = {"suggestion": written, "counted": _count(request, case, Kind.REPLY, by_model=True)}
    return render(request, "copilot/_suggestion.html", context)


@require_safe
@_of_case
def next_(request: HttpRequest, case: Case) -> HttpResponse:
    """What could be done next in the company's systems."""
    action = next_action(case)
    counted = _count(request, case, Kind.NEXT) if action is not None else 0
    return render(request, "copilot/_next.html", {"action": action, "counted": counted})


@require_safe
@_of_case
def sum_up(request: HttpRequest, case: Case) -> HttpResponse:
    """What the case is about."""
    found = summary(case)
    _count(request, case, Kind.SUMMARY, by_model=bool(found.text))
    return render(request, "copilot/_summary.html", {"summary": found})


@require_http_methods(["GET", "POST"])
@_of_case
def translation(request: HttpRequest, case: Case) -> HttpResponse:
    """The customer's words for the agent; on POST (`text`) the agent's draft for the customer."""
    if request.method == "POST":
        text = str(request.POST.get("text", ""))
        shown = translating.for_the_customer(case, text) if translating.back_of_use(case) else None
    else:
        shown = translating.for_the_agent(case)
    if shown is not None:
        _count(request, case, Kind.TRANSLATION, by_model=True)
    context = {"translation": shown, "draft": request.method == "POST"}
    return render(request, "copilot/_translation.html", context)


@login_required
@never_cache
@require_POST
def outcome(request: HttpRequest, number: int) -> HttpResponse:
    """What became of what was shown: `sent` is `<id>:<share of characters changed>`, or `<id>:` without it."""
    conversation, agent = _reached(request, number)
    changed = dict(filter(None, map(_told, request.POST.getlist("sent")[:MOST_TOLD])))
    suggestions.ended(changed, conversation_id=conversation.pk, agent_id=agent.pk)
    return HttpResponse(status=204)


@login_required
@never_cache
@require_POST
def wording(request: HttpRequest, number: int) -> HttpResponse:
    """Quiet hints about a reply as it is typed (`text`); an empty body when there are none. Nothing is kept."""
    conversation, _ = _reached(request, number)
    return render(request, "copilot/_wording.html", {"hints": hints(request.POST.get("text", ""), conversation.locale)})


def _reached(request: HttpRequest, number: int) -> tuple[Conversation, Agent]:
    agent = cast("Agent", request.user)
    if not answers(agent.pk):
        raise Http404
    try:
        return access_conversation(agent, number), agent
    except NotFound as missing:
        raise Http404 from missing


def _count(request: HttpRequest, case: Case, kind: Kind, *, by_model: bool = False) -> int:
    agent = cast("Agent", request.user)
    return suggestions.shown(
        kind=kind, conversation_id=case.id, about=case.newest, agent_id=agent.pk, by_model=by_model
    )


def _told(text: str) -> tuple[int, float | None] | None:
    """Read `<id>:<share>` as posted; nothing of what cannot be read."""
    name, _, share = text.partition(":")
    number = whole(name, digits=18)
    if number is None:
        return None
    try:
        return number, min(1.0, max(0.0, float(share))) if share else None
    except ValueError:
        return None


def _next_try(tried: str) -> int:
    """Return the number of the next try, 0 when it has been tried often enough."""
    before = whole(tried, digits=2)
    number = 1 if before is None else before + 1
    return number if number <= MOST_TRIES else 0
