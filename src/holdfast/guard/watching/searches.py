"""That somebody searched, and by what kind of thing: by a case, by a whole value, or by words. Never for what."""

from __future__ import annotations

import re

from holdfast.guard.cutoff.models import Covered
from holdfast.guard.watching.models import Search
from holdfast.guard.watching.over_time import PAST
from holdfast.kit.clock import now

_CASE = re.compile(r"#?\s*\d{1,18}")


def note(*, agent_id: int, text: str) -> None:
    """Note a search. A case's number is one kind; text with a digit or an @ is a whole value; all else are words."""
    text = text.strip()
    if not text:
        return
    whole = any(character.isdigit() or character == "@" for character in text)
    by = "case" if _CASE.fullmatch(text) else "value" if whole else "words"
    Search.objects.create(agent_id=agent_id, by=by, at=now())


def forget_old() -> int:
    """Remove what no look reads any more, but of whose evidence is held; return how many rows."""
    held = Covered.objects.filter(cut__hold_lifted_at=None).values("agent_id")
    return Search.objects.filter(at__lt=now() - PAST).exclude(agent_id__in=held).delete()[0]
