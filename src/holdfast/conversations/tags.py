"""Tags: short words on a matter, the same for everybody."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from holdfast.conversations.changes import done, locked
from holdfast.conversations.errors import Refused
from holdfast.conversations.models import Tag, Tagging
from holdfast.kit.clock import now

LONGEST = 40


@transaction.atomic
def add(*, conversation_id: UUID, name: str, by: int) -> list[str]:
    """Tag the matter and return its tags. Tagging again changes nothing. Raises `NotFound`, `Refused`."""
    name = _spelled(name)
    conversation = locked(conversation_id)
    tag, _ = Tag.objects.get_or_create(name=name)
    _, created = Tagging.objects.get_or_create(conversation=conversation, tag=tag, defaults={"by_id": by, "at": now()})
    if created:
        done(conversation, kind="tags", chat=None)
    return tags_of(conversation_id=conversation_id)


@transaction.atomic
def remove(*, conversation_id: UUID, name: str, by: int) -> list[str]:
    """Take a tag off and return the rest. One that is not there changes nothing. Raises `NotFound`, `Refused`."""
    name = _spelled(name)
    conversation = locked(conversation_id)
    removed, _ = Tagging.objects.filter(conversation=conversation, tag__name=name).delete()
    if removed:
        done(conversation, kind="tags", chat=None)
    return tags_of(conversation_id=conversation_id)


def tags_of(*, conversation_id: UUID) -> list[str]:
    """Return the tags of one matter, by name."""
    named = Tag.objects.filter(taggings__conversation_id=conversation_id).order_by("name")
    return list(named.values_list("name", flat=True))


def known_tags(*, starting_with: str = "", limit: int = 20) -> list[str]:
    """Return tags in use, by name, for suggestions."""
    named = Tag.objects.filter(name__startswith=starting_with.strip().lower()).order_by("name")
    return list(named.values_list("name", flat=True)[:limit])


def _spelled(name: str) -> str:
    name = " ".join(name.replace("\x00", "").split()).lower()
    if not name or len(name) > LONGEST:
        raise Refused(f"A tag has 1 to {LONGEST} characters.")
    return name
