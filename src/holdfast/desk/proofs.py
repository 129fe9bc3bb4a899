"""Asking a customer to prove who they are: a one-time code to a channel on file, which they enter in the conversation.

Never by questions that only they should be able to answer: what they know, others know too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from holdfast.conversations.errors import Refused
from holdfast.conversations.messages import post_system
from holdfast.notify.codes import CodeSent, codes_go_to, send_code
from holdfast.notify.deliveries import enqueue
from holdfast.notify.proof_words import ask_for_code
from holdfast.people.proving import Channel, channels_on_file

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation
    from holdfast.people.models import Agent

LONGEST = 254  # characters of an address or a reference


def may_ask(*, agent: Agent, conversation: Conversation) -> bool:
    """Tell whether an agent can ask for proof here: it is their case, it is open, and somebody speaks in it."""
    is_open = conversation.state != "closed" and conversation.merged_into_id is None
    return is_open and conversation.assignee_id == agent.id and conversation.customer_id is not None


def channels(conversation: Conversation) -> list[Channel]:
    """Return where a code can go to, masked: what was on file of its customer before the conversation began."""
    return channels_on_file(conversation.customer_id, before=conversation.created_at, kinds=codes_go_to())


def ask(*, agent: Agent, conversation: Conversation, channel_id: UUID | None = None, claimed: str = "") -> None:
    """Send a code, and say so in the conversation. `claimed` is the account or address a visitor gave.

    What is told is the same whether or not anything is on file. Raises `Refused`. Not inside a transaction.
    """
    if not may_ask(agent=agent, conversation=conversation):
        raise Refused("Only who has this conversation can ask for proof. Take it first.")
    on_file = channels(conversation)
    if channel_id is not None and channel_id not in {channel.id for channel in on_file}:
        raise Refused("This channel is not on file any more. Close this and open it again.")
    if not on_file and not claimed.strip():
        raise Refused("Ask them for their account number, e-mail address or phone number, and enter it here.")
    sent = send_code(
        conversation_id=conversation.pk,
        speaker_id=conversation.customer_id,
        locale=conversation.locale,
        claimed="" if on_file else claimed.strip()[:LONGEST],
        channel_id=channel_id,
        asked_by=agent.pk,
    )
    if sent is CodeSent.AWAY:
        raise Refused("No code can leave just now. Try again in a minute.")
    if sent is CodeSent.NO_MORE:
        raise Refused("This conversation had its three codes of a day. Go on without proof, or ask a lead.")
    with transaction.atomic():
        text = f"{agent.name} asked them to prove who they are, with a one-time code."
        post_system(conversation_id=conversation.pk, kind="proof", text=text, details={"by": agent.pk})
        line = post_system(
            conversation_id=conversation.pk, kind="proof", text=ask_for_code(conversation.locale), internal=False
        )
        enqueue(line.pk)
