"""An agent lets the assistant go on: the one way for it to have the word again before a matter is closed."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import transaction

from holdfast.assistant import holding
from holdfast.assistant.contract import Word, Work
from holdfast.assistant.models import Holding
from holdfast.assistant.turn_rows import ToBegin, begin_many
from holdfast.conversations import machine
from holdfast.conversations.answers import versions
from holdfast.conversations.errors import NotFound, Refused
from holdfast.kit.clock import now
from holdfast.people.queries import leads, name_of


@transaction.atomic
def hand_back(*, conversation_id: UUID, by: int) -> None:
    """Give the assistant the word again, and write down who did. What the customer waits for gets a turn at once.

    The case leaves its agent and its line. Raises `NotFound`, and `Refused` when it is not open, the assistant has the
    word already, or somebody else has the case and `by` leads nobody.
    """
    seen = machine.see(conversation_id)
    if seen is None:
        raise NotFound(conversation_id)
    if not seen.is_open:
        raise Refused("Only an open conversation can go on. Reopen it first.")
    if seen.assignee_id not in {None, by} and not leads(by):
        raise Refused(f"{name_of(seen.assignee_id)} has this conversation. Ask them or a lead to hand it back.")
    held = holding.read(conversation_id)
    if held.word is Word.ASSISTANT and seen.assignee_id is None:
        raise Refused("The assistant has the word here already.")
    machine.release_to_machine(seen, by=by, text=f"{name_of(by)} let the assistant go on.")
    holding.keep(conversation_id, replace(holding.begun_anew(held), busy=False))
    Holding.objects.filter(pk=conversation_id).update(handed_back_at=now(), handed_back_by=by)
    if seen.waiting_since is not None:
        begin_many(
            [
                ToBegin(
                    conversation_id=conversation_id,
                    channel=seen.channel,
                    work=Work.ANSWER,
                    version=versions([conversation_id])[conversation_id],
                    since=seen.waiting_since,
                )
            ]
        )
