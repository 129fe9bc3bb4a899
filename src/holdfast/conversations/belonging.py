"""Whose a conversation is, once a visitor proved to be a customer: theirs, with all they said before as a nobody."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.db import transaction

from holdfast.conversations.changes import announce
from holdfast.conversations.models import Conversation
from holdfast.guard.grants import NotGiven, close_grants, open_grant
from holdfast.people.proofs import become


@transaction.atomic
def belongs_to(*, conversation_id: UUID, customer_id: UUID) -> bool:
    """Give a visitor's conversation to the customer they are proven to be; tell whether it is theirs now.

    With it go the visitor's other conversations. Agents who have one may ask for the customer's values from then on,
    and no longer for the visitor's. The version stays: nothing was said, and whoever writes need not look again.
    """
    visitor_id = Conversation.objects.filter(pk=conversation_id).values_list("customer_id", flat=True).first()
    if visitor_id is None:
        return False
    theirs = list(Conversation.objects.select_for_update().filter(customer_id=visitor_id).order_by("pk"))
    if not become(visitor_id, customer_id):
        return False
    for conversation in theirs:
        conversation.customer_id = customer_id
        conversation.save(update_fields=["customer"])
        if conversation.assignee_id is not None:
            close_grants(conversation_id=conversation.pk)
            with suppress(NotGiven):  # somebody cut off at this moment; the customer's proof stands all the same
                open_grant(agent_id=conversation.assignee_id, conversation_id=conversation.pk, customer_id=customer_id)
    announce(theirs, kind="state", chat=None)
    return True
