"""Who writes here, proven or not: the line in the rail, and the question for a code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from holdfast.conversations import queries
from holdfast.conversations.errors import Refused
from holdfast.desk import proofs
from holdfast.desk.addresses import of_case
from holdfast.desk.screens import ProofForm, ProofView
from holdfast.desk.views.asking import a_uuid, desk_view, done, words
from holdfast.people.permissions import me
from holdfast.people.proofs import stand_of

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation


@desk_view("GET")
def proof(request: HttpRequest, number: int) -> HttpResponse:
    """How far it is."""
    conversation = queries.access_conversation(me(request), number)
    found = stand_of(conversation.pk)
    may_ask = proofs.may_ask(agent=me(request), conversation=conversation)
    shown = ProofView(
        stand=str(found.stand),
        url=of_case("proof", number),
        ask_url=of_case("proof-code", number) if may_ask else "",
        at=found.at,
        until=found.until,
        tries=found.tries,
    )
    return render(request, "desk/_proof.html", {"proof": shown})


@desk_view("GET", "POST")
def code(request: HttpRequest, number: int) -> HttpResponse:
    """Choose where a code goes to; on POST (`channel` or `claimed`) send it."""
    conversation = queries.access_conversation(me(request), number)
    if request.method == "POST":
        channel_id = a_uuid(request.POST.get("channel", ""))
        claimed = words(request.POST.get("claimed"), most=proofs.LONGEST)
        try:
            proofs.ask(agent=me(request), conversation=conversation, channel_id=channel_id, claimed=claimed)
        except Refused as refused:
            return _form(request, conversation, problem=str(refused), status=422)
        return done(number=number)
    if not proofs.may_ask(agent=me(request), conversation=conversation):
        raise Refused("Only who has this conversation can ask for proof. Take it first.")
    return _form(request, conversation)


_BY = {"email": "by mail", "phone": "by text message"}


def _form(request: HttpRequest, conversation: Conversation, *, problem: str = "", status: int = 200) -> HttpResponse:
    form = ProofForm(
        number=conversation.number,
        url=of_case("proof-code", conversation.number),
        channels=tuple((str(each.id), _BY[each.kind], each.value) for each in proofs.channels(conversation)),
        known=bool(conversation.customer and conversation.customer.reference),
        problem=problem,
    )
    return render(request, "desk/_proof_form.html", {"form": form}, status=status)
