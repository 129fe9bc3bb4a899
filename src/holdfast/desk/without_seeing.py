"""What an agent can do with a customer's value without seeing it: compare what somebody says, and have them called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
from django.conf import settings
from django.urls import reverse

from holdfast.desk.customers import Asked, sealed_line
from holdfast.guard import reveals
from holdfast.guard.fields import Sealed

if TYPE_CHECKING:
    from holdfast.conversations.models import Conversation
    from holdfast.people.models import Agent

PATIENCE = 5.0  # seconds, for the dialler
CALLED = "Called through the dialler; the number was not shown."
_KINDS = {"birth_date": "date", "address": "postcode", "name": "whole", "iban": "last_four"}
_SAID = {
    "date": ("Date they gave", "Day, month, year, such as 17.05.1990."),
    "postcode": ("Postcode they gave", "Only the postcode of the address is compared."),
    "last_four": ("Last four characters they gave", "Of the number, without spaces."),
    "whole": ("What they gave", "All of it; accents, spaces and capitals do not matter."),
}


@dataclass(frozen=True, slots=True)
class CompareForm:
    """The question what somebody said, and after a try its answer; `left`: tries that remain within the hour."""

    number: int
    label: str
    value: Sealed
    url: str
    said_label: str
    hint: str
    left: int
    answer: str = ""
    """`same`, `other`, or empty before the first try."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CallForm:
    """The question whether to have somebody called, and what came of it."""

    number: int
    value: Sealed
    url: str
    done: bool = False
    problem: str = ""


class NotCalled(Exception):  # noqa: N818 - reads as what is the matter
    """The dialler did not take it. The text is for the agent."""


def kind_of(asked: Asked) -> str:
    """Return how a value is compared: see `guard.comparing`."""
    if asked.field in _KINDS:
        return _KINDS[asked.field]
    return "whole" if asked.label == "Email" else "last_four"


def compare_form(
    *, conversation: Conversation, asked: Asked, answer: bool | None = None, problem: str = ""
) -> CompareForm:
    """The form to compare `asked`, with the tries that are left."""
    said_label, hint = _SAID[kind_of(asked)]
    return CompareForm(
        number=conversation.number,
        label=asked.label,
        value=asked.value,
        url=reverse("desk:compare", args=[conversation.number, asked.field]),
        said_label=said_label,
        hint=hint,
        left=reveals.tries_left(conversation_id=conversation.pk, sealed=asked.value),
        answer="" if answer is None else "same" if answer else "other",
        problem=problem,
    )


def call_url(*, number: int, asked: Asked) -> str:
    """Return where a phone number can be called from, empty when there is no dialler or it is no phone number."""
    return sealed_line(asked=asked, number=number, mine=True).call_url


def call(*, agent: Agent, session_key: str, conversation: Conversation, asked: Asked) -> None:
    """Have the dialler ring this customer for this agent. It is a reveal like any other, to a machine.

    The dialler gets JSON `{"to", "agent", "case", "id"}`; `id` is the entry in the log and the same for a repeat.
    Raises `guard.reveals.Denied`, `NotCalled`.
    """
    number = reveals.reveal(
        agent_id=agent.id,
        session_key=session_key,
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        sealed=asked.value,
        field=asked.field,
        purpose="contact",
        reason=CALLED,
    )
    if isinstance(number, reveals.Denied):
        raise number
    _dial(to=number.value, agent=agent.email, case=conversation.number, entry=number.entry)


def _dial(*, to: str, agent: str, case: int, entry: UUID) -> None:
    headers = {"authorization": f"Bearer {settings.DIALLER_KEY}"} if settings.DIALLER_KEY else {}
    asked = {"to": to, "agent": agent, "case": case, "id": str(entry)}
    try:
        answer = httpx.post(settings.DIALLER_URL, json=asked, headers=headers, timeout=PATIENCE, follow_redirects=False)
    except httpx.HTTPError:
        raise NotCalled("The dialler could not be reached. Nobody was called; try again in a moment.") from None
    if not answer.is_success:
        raise NotCalled(f"The dialler did not take it (it answered {answer.status_code}). Nobody was called.")
