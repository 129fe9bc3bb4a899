"""Whether somebody opens values quicker than by hand. Then they are asked once more, and it is written down.

The shortest way at the desk from one value to the next are three keys: to its button, open the form, send it. The best
typist needs 0.08 s for a key and somebody who thinks 1.35 s more (the keystroke-level model: Card, Moran and Newell,
Communications of the ACM 23 (7), 1980, operators K and M). Nobody is asked who is slower than the keys alone, answers
of the house not counted; what keeps a beat that hands could keep is the matter of budgets and of `watching`.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from holdfast.guard.gate import session_mark

KEYS = 3
KEY = timedelta(seconds=0.08)
THOUGHT = timedelta(seconds=1.35)
"""How long a confirmation has to wait at least: as long as it takes to read why it is asked."""
_STEPS = 3  # from the first of four asks to the last: two in a moment are a key pressed twice


# The disk is not waited for: a server that crashes loses the asks of a moment, and the log of reveals none of them.
_SOON = "WITH soon AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)) {} FROM soon {}"
_SET = (
    "UPDATE guard_whereabouts_seat SET lately = (lately || clock_timestamp())[greatest(cardinality(lately) - %s, 1):]"
)
_OF = (
    "WHERE session = %s RETURNING cardinality(lately) > %s"
    " AND lately[cardinality(lately)] - lately[1] < make_interval(secs => %s)"
)


def note(session_key: str) -> bool:
    """Note that a session asks now; return whether its last four asks came quicker than by hand.

    One statement that locks the session's row, so asks sent at once are counted one after the other.
    """
    statement = f"{_SET} {_OF}" if connection.in_atomic_block else _SOON.format(_SET, _OF)
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            [_STEPS - 1, session_mark(session_key), _STEPS, (_STEPS * KEYS * KEY).total_seconds()],
        )
        row = cursor.fetchone()
    return bool(row and row[0])
