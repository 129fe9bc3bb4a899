"""The log of reveals: one's own, for leads their team's, for security and admins all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode

from holdfast.conversations.lookups import id_of_number, numbers_of
from holdfast.desk.screens import RevealEntry, RevealLogPage
from holdfast.guard.field_words import in_words, named_by
from holdfast.guard.ledger.proofs import Placed, placed
from holdfast.guard.reveals import PURPOSES, Entries, Entry, entries
from holdfast.people.queries import members, names_of

if TYPE_CHECKING:
    from holdfast.people.models import Agent

PAGE = 50
GRANTED = frozenset({"allowed", "matched", "differs", "compared"})
OUTCOMES = {
    "allowed": "Shown",
    "compared": "Compared",
    "matched": "Compared: the same",
    "differs": "Compared: not the same",
    "empty": "Refused: nothing stored",
    "no_grant": "Refused: not their case",
    "no_purpose": "Refused: no purpose",
    "no_reason": "Refused: no reason",
    "not_of_case": "Refused: not of this case",
    "no_ticket": "Refused: no request",
    "other_session": "Refused: another session",
    "expired": "Refused: too late",
    "used": "Refused: already shown",
    "moved": "Refused: could not be opened",
    "erased": "Refused: erased for good",
    "no_key": "Refused: its key is missing",
    "too_short": "Refused: too short to compare",
    "tries_used": "Refused: three tries used",
    "cut_off": "Refused: cut off",
    "over_budget": "Refused: over budget",
    "vendor_budget": "Refused: over the organisation's budget",
    "masked_again": "Refused: masked for now",
    "elsewhere": "Refused: outside the networks of work",
    "off_hours": "Refused: outside working hours",
    "new_machine": "Refused: a machine not known yet",
    "too_quick": "Asked again: quicker than by hand",
}


def page_of(*, reader: Agent, text: str, after: str) -> RevealLogPage:
    """One page of the entries `reader` may see, newest first. `text` is a conversation number, a field or a purpose."""
    found = _found(reader, text, after)
    names = names_of([entry.agent_id for entry in found.rows])
    numbers = numbers_of(entry.conversation_id for entry in found.rows)
    places = placed([entry.id for entry in found.rows])
    linked = reader.role != "security"
    title, detail = _words(reader)
    more = urlencode({"q": text, "after": str(found.next)}) if found.next else ""
    return RevealLogPage(
        title=title,
        detail=detail,
        entries=tuple(
            _entry(
                entry,
                agent=names.get(entry.agent_id, "?"),
                number=numbers.get(entry.conversation_id),
                linked=linked,
                place=places.get(entry.id),
                all_of_it=reader.role != "agent",
            )
            for entry in found.rows
        ),
        next_url=f"{reverse('desk:reveals')}?{more}" if more else "",
        text=text,
    )


def _found(reader: Agent, text: str, after: str) -> Entries:
    agents, cursor = _readable(reader), _cursor(after)
    number = text.lstrip("#")
    if not (number.isascii() and number.isdigit()):
        purposes = [key for key, words in PURPOSES.items() if text.lower() in words.lower()]
        return entries(agents=agents, text=named_by(text), purposes=purposes, cursor=cursor, limit=PAGE)
    conversation_id = id_of_number(int(number[:18]))
    if conversation_id is None:
        return Entries([], None)
    return entries(agents=agents, conversation_id=conversation_id, cursor=cursor, limit=PAGE)


def _readable(reader: Agent) -> list[int] | None:
    """Whose entries somebody may read; `None` for everybody's."""
    if reader.role in {"security", "admin"}:
        return None
    if reader.role == "lead" and reader.team_id is not None:
        return [*members(reader.team_id), reader.id]
    return [reader.id]


def _cursor(after: str) -> UUID | None:
    try:
        return UUID(after) if after else None
    except ValueError:
        return None


def _words(reader: Agent) -> tuple[str, str]:
    if reader.role in {"security", "admin"}:
        return "All reveals", "Every request to see a customer's value, granted or refused."
    if reader.role == "lead":
        return (
            "Reveals of your team",
            "What your team asked to see, when and why. Others' values stay sealed for you too.",
        )
    return "Your reveals", "What you asked to see, when and why. Your lead and security see the same list."


def _entry(
    entry: Entry, *, agent: str, number: int | None, linked: bool, place: Placed | None, all_of_it: bool
) -> RevealEntry:
    return RevealEntry(
        at=entry.at,
        agent=agent,
        field=in_words(entry.field),
        purpose=PURPOSES.get(entry.purpose, entry.purpose),
        reason=entry.reason,
        outcome=OUTCOMES.get(entry.outcome, entry.outcome),
        granted=entry.outcome in GRANTED,
        number=number,
        url=reverse("desk:conversation", args=[number]) if number is not None and linked else "",
        index=place.index if place else None,
        seen_url=reverse("ledger:seen", args=[entry.customer_id]) if entry.customer_id and all_of_it else "",
    )
