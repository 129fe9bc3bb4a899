"""A stored contact, opened and understood: who sent it, what it says, what it names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from holdfast.conversations.to_thread import ToThread
from holdfast.guard.opening import MachineUse, opened_all_for_machine
from holdfast.people.identify import Identified, Sender

if TYPE_CHECKING:
    from holdfast.intake.models import Contact

KINDS = frozenset({"message", "bounce", "auto_reply", "unreadable", "person_request"})
ASKED_FOR_A_PERSON = "Asked for a person."
_LATE = timedelta(minutes=5)


def senders_of(contacts: Sequence[Contact]) -> list[Sender]:
    """Open who sent them, for identification only, in one query. Raises `CannotOpen`, `ValueError`."""
    opened = opened_all_for_machine([contact.sender for contact in contacts], use=MachineUse.IDENTIFY)
    return [_sender(contact, identities) for contact, identities in zip(contacts, opened, strict=True)]


def _sender(contact: Contact, identities: str) -> Sender:
    opened = json.loads(identities or "{}")
    if not isinstance(opened, dict):
        raise ValueError("The sender is not a set of identities.")
    named = {str(kind): str(value) for kind, value in opened.items() if value}
    name = named.pop("name", "")
    payload = contact.payload
    return Sender(named, name, verified=payload.get("verified") is True, is_machine=payload.get("machine") is True)


def to_thread(contact: Contact, who: Identified) -> ToThread:
    """Return what threading needs to know. A registered machine's automatic mail is a message like anybody's."""
    payload: Mapping[str, Any] = contact.payload
    kind = payload.get("kind") or "message"
    if kind not in KINDS:
        raise ValueError(f"There is no kind of contact called {kind!r}.")
    if kind == "auto_reply" and who.is_machine:
        kind = "message"
    text = contact.text
    if kind == "person_request" and not text.strip():
        text = ASKED_FOR_A_PERSON
    return ToThread(
        contact_id=contact.pk,
        customer_id=who.customer_id,
        channel=contact.channel,
        at=contact.accepted_at,
        kind=kind,
        subject=contact.subject,
        text=text,
        quoted=_text(payload.get("quoted")),
        html=_text(payload.get("html")),
        locale=contact.locale,
        thread=_texts(payload.get("thread")),
        own=_texts(payload.get("thread_own")),
        client_key=_text(payload.get("client_key"))[:64] or None if contact.channel == "chat" else None,
        attachments=[each for each in payload.get("attachments") or () if isinstance(each, dict)],
        details=_details(contact, payload, who),
    )


def parked_as(contact: Contact) -> str:
    """Say why a machine's mail is parked."""
    words = {"bounce": "Bounce", "auto_reply": "Automatic reply"}.get(str(contact.payload.get("kind")), "Parked")
    why = _text(contact.payload.get("auto_reason"))
    return f"{words}: {why}"[:300] if why else f"{words}."


def mails_given_back(contacts: Sequence[Contact]) -> dict[str, str]:
    """Return the Message-IDs of mails that bounced for good, each with its status code."""
    reports = [contact.payload.get("bounce") for contact in contacts if contact.payload.get("kind") == "bounce"]
    return {
        _text(report.get("original")): _text(report.get("status"))
        for report in reports
        if isinstance(report, dict) and report.get("action") == "failed"
    }


def placeholder(contact: Contact, reason: str, *, text: str) -> ToThread:
    """Return what a person gets to see of a contact that could not be processed."""
    return ToThread(
        contact_id=contact.pk,
        customer_id=None,
        channel=contact.channel,
        at=contact.accepted_at,
        kind="unreadable",
        subject="This contact could not be processed",
        text=text,
        details={"warnings": [reason]},
    )


def _details(contact: Contact, payload: Mapping[str, Any], who: Identified) -> dict[str, Any]:
    details: dict[str, Any] = {"level": who.level}
    if warnings := _texts(payload.get("warnings")):
        details["warnings"] = list(warnings)
    if reason := _text(payload.get("auto_reason")):
        details["auto_reason"] = reason
    if abs(contact.accepted_at - contact.at) > _LATE:
        details["sent_at"] = contact.at.isoformat()
    return details


def _text(value: object) -> str:
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
