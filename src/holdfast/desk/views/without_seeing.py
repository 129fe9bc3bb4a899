"""Comparing what somebody says with a sealed value, and having them called: no value comes to the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_variables

from holdfast.conversations import queries
from holdfast.desk import without_seeing
from holdfast.desk.customers import Asked, asked_for
from holdfast.desk.views.asking import desk_view, words
from holdfast.guard import reveals
from holdfast.people.permissions import me

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation


@desk_view("GET", "POST")
@sensitive_variables("typed")
def compare(request: HttpRequest, number: int, field: str) -> HttpResponse:
    """Type what the customer says and learn whether it is the same."""
    conversation, asked = _asked(request, number, field)
    if request.method == "GET":
        return _compared(request, without_seeing.compare_form(conversation=conversation, asked=asked))
    typed = words(request.POST.get("said"), most=200)
    if not typed:
        sentence = "Type what they said."
        return _compared(
            request, without_seeing.compare_form(conversation=conversation, asked=asked, problem=sentence), 422
        )
    try:
        same = reveals.compare(
            agent_id=me(request).id,
            session_key=request.session.session_key or "",
            conversation_id=conversation.id,
            customer_id=conversation.customer_id,
            sealed=asked.value,
            field=asked.field,
            typed=typed,
            kind=without_seeing.kind_of(asked),
        )
    except reveals.Denied as denied:
        form = without_seeing.compare_form(conversation=conversation, asked=asked, problem=denied.sentence)
        return _compared(request, form, 403)
    return _compared(request, without_seeing.compare_form(conversation=conversation, asked=asked, answer=same))


@desk_view("GET", "POST")
def call(request: HttpRequest, number: int, field: str) -> HttpResponse:
    """Have the customer called by the dialler. The number stays in the house."""
    conversation, asked = _asked(request, number, field)
    url = without_seeing.call_url(number=number, asked=asked)
    if not url:
        raise Http404
    problem, status = "", 200
    if request.method == "POST":
        try:
            without_seeing.call(
                agent=me(request),
                session_key=request.session.session_key or "",
                conversation=conversation,
                asked=asked,
            )
        except reveals.Denied as denied:
            problem, status = denied.sentence, 403
        except without_seeing.NotCalled as not_called:
            problem, status = str(not_called), 502
    form = without_seeing.CallForm(
        number=number, value=asked.value, url=url, done=request.method == "POST" and not problem, problem=problem
    )
    return render(request, "desk/_call.html", {"form": form}, status=status)


def _asked(request: HttpRequest, number: int, field: str) -> tuple[Conversation, Asked]:
    conversation = queries.access_conversation(me(request), number)
    asked = asked_for(customer=conversation.customer, field=field)
    if asked is None:
        raise Http404
    return conversation, asked


def _compared(request: HttpRequest, form: without_seeing.CompareForm, status: int = 200) -> HttpResponse:
    return render(request, "desk/_compare.html", {"form": form}, status=status)
