"""The log of reveals: one's own, for leads their team's, for security and admins all of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from holdfast.conversations.lookups import id_of_number, numbers_of
from holdfast.desk.screens import RevealEntry, RevealLogPage
from holdfast.guard.reveals import PURPOSES

if TYPE_CHECKING:
    from holdfast.people.models import Agent

PAGE = 50
_GRANTED = frozenset({"allowed", "matched", "differs", "compared"})
_OUTCOMES = {
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
    "too_short": "Refused: too short to compare",
    "tries_used": "Refused: three tries used",
}


def page_of(*, reader: Agent, text: str, after: str) -> RevealLogPage:
    """One page of the entries `reader` may see, newest first. `text` is a conversation number, a field or a purpose."""
    entries = _searched(_readable(reader), text)
    position = _position(after)
    if position:
        at, entry_id = position
        entries = entries.filter(Q(at__lt=at) | Q(at=at, id__lt=entry_id))
    found = list(entries.order_by("-at", "-id")[: PAGE + 1])
    shown = found[:PAGE]
    names = dict(get_user_model().objects.filter(id__in={entry.agent_id for entry in shown}).values_list("id", "name"))
    numbers = numbers_of(entry.conversation_id for entry in shown)
    linked = reader.role != "security"
    title, detail = _words(reader)
    more = urlencode({"q": text, "after": f"{shown[-1].at.isoformat()}~{shown[-1].id}"}) if len(found) > PAGE else ""
    return RevealLogPage(
        title=title,
        detail=detail,
        entries=tuple(
            _entry(
                entry, agent=names.get(entry.agent_id, "?"), number=numbers.get(entry.conversation_id), linked=linked
            )
            for entry in shown
        ),
        next_url=f"{reverse('desk:reveals')}?{more}" if more else "",
        text=text,
    )


def _readable(reader: Agent) -> QuerySet[Any]:
    log: QuerySet[Any] = apps.get_model("guard", "RevealLog").objects.all()
    if reader.role in {"security", "admin"}:
        return log
    if reader.role == "lead" and reader.team_id is not None:
        team = get_user_model().objects.filter(team_id=reader.team_id).values_list("id", flat=True)
        return log.filter(agent_id__in=[*team, reader.id])
    return log.filter(agent_id=reader.id)


def _searched(log: QuerySet[Any], text: str) -> QuerySet[Any]:
    if not text:
        return log
    if text.lstrip("#").isdigit():
        return log.filter(conversation_id=id_of_number(int(text.lstrip("#")[:18])))
    purposes = [key for key, words in PURPOSES.items() if text.lower() in words.lower()]
    return log.filter(Q(field__icontains=text) | Q(purpose__in=[*purposes, text]) | Q(outcome=text))


def _position(after: str) -> tuple[datetime, str] | None:
    at, _, entry_id = after.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, entry_id) if moment.tzinfo and len(entry_id) == 36 else None


def _words(reader: Agent) -> tuple[str, str]:
    if reader.role in {"security", "admin"}:
        return "All reveals", "Every request to see a customer's value, granted or refused."
    if reader.role == "lead":
        return (
            "Reveals of your team",
            "What your team asked to see, when and why. Others' values stay sealed for you too.",
        )
    return "Your reveals", "What you asked to see, when and why. Your lead and security see the same list."


def _entry(entry: Any, *, agent: str, number: int | None, linked: bool) -> RevealEntry:
    return RevealEntry(
        at=entry.at,
        agent=agent,
        field=entry.field.partition("-")[0].replace("_", " "),
        purpose=PURPOSES.get(entry.purpose, entry.purpose),
        reason=entry.reason,
        outcome=_OUTCOMES.get(entry.outcome, entry.outcome),
        granted=entry.outcome in _GRANTED,
        number=number,
        url=reverse("desk:conversation", args=[number]) if number is not None and linked else "",
    )
