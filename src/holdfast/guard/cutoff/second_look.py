"""What somebody wrote or approved who is cut off now waits until somebody else has looked at it since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection

# Who came to a team later has no row of their own: they count as cut off since the latest cut that stands.
_SINCE = """
SELECT a.agent_id, coalesce(max(k.at), (SELECT max(at) FROM guard_cutoff_cut WHERE ended_at IS NULL))
FROM guard_cut_agents() a
LEFT JOIN guard_cutoff_covered c ON c.agent_id = a.agent_id
LEFT JOIN guard_cutoff_cut k ON k.id = c.cut_id AND k.ended_at IS NULL
GROUP BY a.agent_id
"""


def cut_off_since() -> dict[int, datetime]:
    """Return everybody who is cut off now in any way, and since when. One query, and a quick one while nobody is."""
    with connection.cursor() as cursor:
        cursor.execute(_SINCE)
        return dict(cursor.fetchall())


def unseen(
    *, by: int | None, at: datetime | None, hands: Collection[int], since: Mapping[int, datetime]
) -> tuple[int, ...]:
    """Return for whose sake something waits that was approved `by` somebody `at` a time; nobody: it may go.

    `hands` wrote it. An approval does not count while whoever gave it is cut off; of words of somebody who is cut off
    it counts when it was given afterwards, by who knew.
    """
    if at is None:
        return ()
    late = {hand for hand in hands if hand in since and since[hand] >= at}
    return tuple(sorted(late | ({by} if by is not None and by in since else set())))
