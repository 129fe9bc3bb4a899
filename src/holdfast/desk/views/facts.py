"""What the company's systems say about a customer. Asked for after the page is there, so that it waits for nobody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from holdfast.conversations import queries
from holdfast.desk.screens import FactsView
from holdfast.desk.views.asking import desk_view, me
from holdfast.kit.clock import now
from holdfast.operations.client import OperationsUnavailable, UnknownRecord, operations
from holdfast.operations.facts import all_facts

MOST = 6


@desk_view("GET")
def facts(request: HttpRequest, number: int) -> HttpResponse:
    """Answer the facts about the customer of one conversation, or the sentence why there are none."""
    conversation = queries.access_conversation(me(request), number)
    reference = conversation.customer.reference if conversation.customer else None
    return render(request, "desk/_facts.html", {"facts": _facts(reference)})


def _facts(reference: str | None) -> FactsView | None:
    source = operations()
    if source is None or not reference:
        return None
    try:
        found = all_facts(source.overview(reference))
    except UnknownRecord:
        return FactsView(read_at=now(), lines=(), missing="The company's systems do not know this account.")
    except OperationsUnavailable:
        return FactsView(
            read_at=now(), lines=(), missing="The company's systems do not answer. The desk works without."
        )
    return FactsView(read_at=now(), lines=tuple((fact.text, fact.at) for fact in found[:MOST]))
