"""That somebody searched, and by what kind of thing: by a case, by a whole value, or by words. Never for what."""

from __future__ import annotations

import re

from django.db import connection

from holdfast.guard.cutoff.models import Covered
from holdfast.guard.watching.models import Search
from holdfast.guard.watching.over_time import PAST
from holdfast.kit.clock import now

_CASE = re.compile(r"#?\s*\d{1,18}")
_INSERT = "INSERT INTO guard_watching_search (agent_id, by, at) VALUES (%s, %s, %s)"
# The page does not wait for the disk: a server that crashes loses the searches of its last second, one count in a day's
# hundreds, of which no signal reads a single one. What shows or opens anything is never written like this.
_INSERT_SOON = (
    "WITH soon AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"
    " INSERT INTO guard_watching_search (agent_id, by, at) SELECT %s, %s, %s::timestamptz FROM soon"
)


def note(*, agent_id: int, text: str) -> None:
    """Note a search. A case's number is one kind; text with a digit or an @ is a whole value; all else are words."""
    text = text.strip()
    if not text:
        return
    whole = any(character.isdigit() or character == "@" for character in text)
    by = "case" if _CASE.fullmatch(text) else "value" if whole else "words"
    with connection.cursor() as cursor:
        cursor.execute(_INSERT if connection.in_atomic_block else _INSERT_SOON, [agent_id, by, now()])


def forget_old() -> int:
    """Remove what no look reads any more, but of whose evidence is held; return how many rows."""
    held = Covered.objects.filter(cut__hold_lifted_at=None).values("agent_id")
    return Search.objects.filter(at__lt=now() - PAST).exclude(agent_id__in=held).delete()[0]
