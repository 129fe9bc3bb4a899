"""Reads of contacts as they arrived. What is sealed stays sealed here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from holdfast.intake.models import Contact


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


def contents(contact_ids: Collection[UUID]) -> Sequence[Content]:
    """Return what contacts say, in no particular order."""
    rows = Contact.objects.filter(pk__in=list(contact_ids)).values_list(
        "id", "channel", "source", "subject", "text", "locale", "accepted_at", "payload"
    )
    return [
        Content(id_, channel, source, f"{subject}\n{text}".strip(), locale, at, payload.get("origin") or {})
        for id_, channel, source, subject, text, locale, at, payload in rows
    ]
