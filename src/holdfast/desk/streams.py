"""Tickets for live screens: which topics one signed-in person may follow, signed, for twelve hours."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing

SALT = "stream"
LIFE = timedelta(hours=12)
TOPICS = ("desk", "presence")


def ticket(agent_id: int) -> str:
    """Return a ticket that lets this agent's screens follow the desk. Events carry only ids."""
    return signing.dumps({"agent": agent_id, "topics": list(TOPICS)}, salt=SALT)


def topics_of(text: str) -> list[str] | None:
    """Return the topics of a ticket, or `None` when it is not ours, was altered or is older than twelve hours."""
    try:
        content = signing.loads(text, salt=SALT, max_age=LIFE)
    except (signing.BadSignature, UnicodeError):
        return None
    topics = content.get("topics") if isinstance(content, dict) else None
    return [str(topic) for topic in topics] if isinstance(topics, list) else None
