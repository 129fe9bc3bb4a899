"""What goes into threading and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

MACHINE_KINDS = frozenset({"bounce", "auto_reply"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ToThread:
    """An identified contact on its way into a conversation. `at` is when it was accepted, which no sender can forge.

    `kind`: message, bounce, auto_reply, unreadable or person_request. `thread` are the keys it names, best first;
    `own` are those by which later contacts may name it.
    """

    contact_id: UUID
    customer_id: UUID | None
    channel: str
    at: datetime
    kind: str = "message"
    subject: str = ""
    text: str = ""
    quoted: str = ""
    html: str = ""
    locale: str = ""
    thread: Sequence[str] = ()
    own: Sequence[str] = ()
    client_key: str | None = None
    attachments: Sequence[Mapping[str, Any]] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_machine(self) -> bool:
        """Whether a machine sent it without being asked: recorded, never waiting, never answered."""
        return self.kind in MACHINE_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Threaded:
    """Where a contact went, and what decides who answers.

    `repeated`: it had been there before, nothing changed. `reopened`: its customer's words opened a closed matter.
    """

    contact_id: UUID
    conversation_id: UUID
    message_id: UUID
    repeated: bool = False
    is_new: bool = False
    reopened: bool = False
    queue_id: int | None = None
    assignee_id: int | None = None
    in_line: bool = False
    person_wrote: bool = False
    assistant_wrote: bool = False
    kind: str = "matter"
    preview: str = ""
    waiting_since: datetime | None = None
