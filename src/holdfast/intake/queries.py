"""Reads of contacts as they arrived. What is sealed stays sealed here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count

from holdfast.intake.models import Contact, Receipt

BY_ASSISTANT = "The assistant answered."
"""Reason of an answered receipt that no person answered."""

ASKED_BACK = "The assistant asked which of two things is meant."
"""Reason of an answered receipt whose customer has the next word."""

BY_DEFLECTION = "The customer said that a prepared text answered it."
"""Reason of an answered receipt whose customer needed nobody after a playbook's text."""

_BY_MACHINE = frozenset({BY_ASSISTANT, ASKED_BACK, BY_DEFLECTION})


@dataclass(frozen=True, slots=True)
class Content:
    """What a contact says, without who said it."""

    id: UUID
    channel: str
    source: str
    text: str
    """Subject and text."""
    locale: str
    accepted_at: datetime
    origin: Mapping[str, Any]
    """What a trusted door said of where it came from: `source`, `region`, `operator`."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Contacts of a span of time and what became of them: `received` is counted on its own."""

    received: int = 0
    by_people: int = 0
    by_assistant: int = 0
    """By the assistant, and by a playbook's text where the customer said so."""
    waiting: int = 0
    parked: int = 0
    refused: int = 0

    @property
    def missing(self) -> int:
        """How many received contacts are in none of the parts; 0 when it adds up."""
        return self.received - self.by_people - self.by_assistant - self.waiting - self.parked - self.refused


def tally(since: datetime) -> Tally:
    """Count what was accepted since then. Two scans of that span, in one moment of the database."""
    parts: dict[str, int] = {}
    by_assistant = 0
    rows = Receipt.objects.filter(accepted_at__gte=since).values("state", "reason")
    for row in rows.annotate(number=Count("pk")).order_by():
        parts[row["state"]] = parts.get(row["state"], 0) + row["number"]
        if row["state"] == Receipt.State.ANSWERED and row["reason"] in _BY_MACHINE:
            by_assistant += row["number"]
    return Tally(
        received=Contact.objects.filter(accepted_at__gte=since).count(),
        by_people=parts.get(Receipt.State.ANSWERED, 0) - by_assistant,
        by_assistant=by_assistant,
        waiting=parts.get(Receipt.State.WAITING, 0) + parts.get(Receipt.State.ACCEPTED, 0),
        parked=parts.get(Receipt.State.PARKED, 0),
        refused=parts.get(Receipt.State.REFUSED, 0),
    )


def settled(since: datetime) -> dict[UUID, tuple[str, str]]:
    """Return the state of each contact accepted since then, and the reason for it."""
    rows = Receipt.objects.filter(accepted_at__gte=since).values_list("contact_id", "state", "reason")
    return {contact_id: (state, reason) for contact_id, state, reason in rows.iterator()}


def contents(contact_ids: Collection[UUID]) -> Sequence[Content]:
    """Return what contacts say, in no particular order."""
    rows = Contact.objects.filter(pk__in=list(contact_ids)).values_list(
        "id", "channel", "source", "subject", "text", "locale", "accepted_at", "payload"
    )
    return [
        Content(id_, channel, source, f"{subject}\n{text}".strip(), locale, at, payload.get("origin") or {})
        for id_, channel, source, subject, text, locale, at, payload in rows
    ]
