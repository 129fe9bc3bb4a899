"""One-time codes that an agent asked for: taken from what the customer writes, once their words are visible.

Only in conversations where an agent had one sent; the assistant's forms take their own. After the batch, since a try
counts whatever becomes of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from holdfast.assistant.slots import code_of
from holdfast.conversations.belonging import belongs_to
from holdfast.conversations.lookups import SaidBy, said_by
from holdfast.conversations.messages import post_system
from holdfast.notify.deliveries import enqueue
from holdfast.notify.proof_words import over_code, wrong_code
from holdfast.people import proving
from holdfast.people.proofs import asked_by_agents
from holdfast.people.proving import Entered
from holdfast.shield import assess

if TYPE_CHECKING:
    from holdfast.intake.models import Contact

log = structlog.get_logger(__name__)


@sensitive_variables()
def take(contacts: Sequence[Contact]) -> None:
    """Try the codes in these contacts where an agent waits for one. No queries where nothing looks like a code.

    What fails is logged and left: the words stand in the conversation, and the customer can enter the code again.
    """
    typed = {contact.pk: code for contact in contacts if (code := code_of(contact.text))}
    if not typed:
        return
    try:
        said = said_by(list(typed))
        waiting = asked_by_agents({each.conversation_id for each in said.values()})
        for contact_id, each in said.items():
            if each.conversation_id in waiting and each.customer_id is not None:
                _enter(typed[contact_id], each)
    except Exception as error:  # the contacts are processed; a code is no reason to do that again
        log.exception("codes_not_taken", error=type(error).__name__)


@sensitive_variables("code")
def _enter(code: str, said: SaidBy) -> None:
    entered = proving.enter(code, conversation_id=said.conversation_id, speaker_id=said.customer_id)
    if entered is Entered.PROVEN:
        _proven(said)
        return
    over = entered is Entered.OVER
    told = "The code they entered was wrong, and it was the last try." if over else "The code they entered was wrong."
    with transaction.atomic():
        post_system(conversation_id=said.conversation_id, kind="proof", text=told)
        words = over_code(said.locale) if over else wrong_code(said.locale)
        line = post_system(conversation_id=said.conversation_id, kind="proof", text=words, internal=False)
        enqueue(line.pk)


def _proven(said: SaidBy) -> None:
    proven = proving.proven(said.conversation_id, speaker_id=said.customer_id)
    if proven is None:
        return
    minutes = int(proving.PROOF_LASTS.total_seconds() // 60)
    with transaction.atomic():
        linked = belongs_to(conversation_id=said.conversation_id, customer_id=proven.customer_id)
        whose = f" This conversation is now that of {proven.reference}." if linked and proven.reference else ""
        text = f"They entered the right code: who writes here is proven for {minutes} minutes.{whose}"
        post_system(conversation_id=said.conversation_id, kind="proof", text=text)
    assess.proven(conversation_id=said.conversation_id, speaker_id=said.customer_id, customer_id=proven.customer_id)
