"""The cards of a customer in the rail: ask, confirm, freeze or unfreeze."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from holdfast.conversations import queries
from holdfast.conversations.errors import Refused
from holdfast.desk import cards
from holdfast.desk.customers import card as customer_card
from holdfast.desk.screens import CardForm
from holdfast.desk.views.asking import a_uuid, desk_view, done, problem
from holdfast.operations.client import OperationsUnavailable
from holdfast.people.permissions import me

AWAY = "The company's systems do not answer, so nothing was changed. Try again in a minute."


@desk_view("GET", "POST")
def card(request: HttpRequest, number: int, card_id: str) -> HttpResponse:
    """Ask whether to freeze or unfreeze a card; on POST (`act`, `key`) do it."""
    try:
        return _switch(request, number, card_id) if request.method == "POST" else _ask(request, number, card_id)
    except OperationsUnavailable:
        return problem(request, AWAY, status=503)


def _ask(request: HttpRequest, number: int, card_id: str) -> HttpResponse:
    conversation = queries.access_conversation(me(request), number)
    found = cards.card_of(agent=me(request), conversation=conversation, card_id=card_id)
    act = cards.act_for(found)
    if not act:
        raise Refused(f"This card is {found.state}: it cannot be frozen or unfrozen.")
    return _form(request, number, card_id, act=act, last4=found.last4, key=uuid4())


def _switch(request: HttpRequest, number: int, card_id: str) -> HttpResponse:
    conversation = queries.access_conversation(me(request), number)
    act, key = request.POST.get("act", ""), a_uuid(request.POST.get("key", ""))
    if act not in cards.ACTS or key is None:
        return problem(request, "This form is out of date. Close it and open it again.", status=422)
    try:
        cards.switch(agent=me(request), conversation=conversation, card_id=card_id, act=act, key=key)
    except cards.NotKnown as unknown:
        last4 = request.POST.get("last4", "")[:4]
        return _form(request, number, card_id, act=act, last4=last4, key=key, sentence=str(unknown), status=422)
    return done(number=number)


def _form(
    request: HttpRequest,
    number: int,
    card_id: str,
    *,
    act: str,
    last4: str,
    key: UUID,
    sentence: str = "",
    status: int = 200,
) -> HttpResponse:
    conversation = queries.access_conversation(me(request), number)
    shown = customer_card(customer=conversation.customer, number=number, mine=True)
    form = CardForm(
        number=number,
        url=reverse("desk:card", args=[number, card_id]),
        act=act,
        last4=last4,
        key=str(key),
        proven=shown is not None and shown.level == 2,
        level_words=shown.level_words if shown else "",
        problem=sentence,
    )
    return render(request, "desk/_card.html", {"form": form}, status=status)
