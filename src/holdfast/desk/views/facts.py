"""What the company's systems say about a customer. Asked for after the page is there, so that it waits for nobody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from holdfast.conversations import queries
from holdfast.desk.cards import act_for
from holdfast.desk.case import note_opened
from holdfast.desk.screens import CardLine, FactsView
from holdfast.desk.views.asking import desk_view
from holdfast.kit.clock import now
from holdfast.operations.client import OperationsUnavailable, UnknownRecord, operations
from holdfast.operations.facts import Overview, all_facts
from holdfast.people.permissions import me

MOST = 6


@desk_view("GET")
def facts(request: HttpRequest, number: int) -> HttpResponse:
    """Answer the facts about the customer of one conversation, or the sentence why there are none."""
    conversation = queries.access_conversation(me(request), number)
    note_opened(agent_id=me(request).id, conversation=conversation)
    reference = conversation.customer.reference if conversation.customer else None
    mine = conversation.assignee_id == me(request).id
    return render(request, "desk/_facts.html", {"facts": _facts(reference, number if mine else None)})


def _facts(reference: str | None, number: int | None) -> FactsView | None:
    """What is known of an account. `number` is that of the reader's own case, in which they can act."""
    source = operations()
    if source is None or not reference:
        return None
    try:
        overview = source.overview(reference)
    except UnknownRecord:
        return FactsView(read_at=now(), lines=(), missing="The company's systems do not know this account.")
    except OperationsUnavailable:
        return FactsView(
            read_at=now(), lines=(), missing="The company's systems do not answer. The desk works without."
        )
    lines = tuple((fact.text, fact.at) for fact in all_facts(overview)[:MOST])
    return FactsView(read_at=now(), lines=lines, cards=_cards(overview, number) if number is not None else ())


def _cards(overview: Overview, number: int) -> tuple[CardLine, ...]:
    return tuple(
        CardLine(card.kind, card.last4, card.state, act, reverse("desk:card", args=[number, card.id]))
        for card in overview.cards
        if (act := act_for(card))
    )[:MOST]
