"""Who has the word in a conversation, and what is remembered of it between two messages.

    assistant ──hand over──▶ handed over ──an agent takes it or writes──▶ person ──hand back──▶ assistant
        └───────────────an agent takes it or writes────────────────────────▲

A customer who writes into a closed matter begins anew: what was said before its closure binds nobody. The step to
`person` is made by triggers in the database, whichever code gives a case to somebody or lets an agent write.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import connection

from holdfast.assistant.acting_given import closed, joined
from holdfast.assistant.contract import NOTHING_HELD, Answer, Clarify, HandOver, Held, Option, Outcome, Word
from holdfast.assistant.models import Holding
from holdfast.assistant.turn_rows import open_turns
from holdfast.guard.fields import NOTHING
from holdfast.kit.clock import now

MOST_TURNS = 12
"""So often the assistant speaks in one matter; then a person looks, whatever it would say."""

# Not as one `ON CONFLICT`: taking what was given from the row that was not inserted needs the right to read it.
_KEEP = """
WITH new AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(words)s::text[], %(languages)s::text[], %(pending)s::jsonb[],
        %(given)s::text[], %(options)s::jsonb[], %(asked)s::boolean[], %(answered)s::boolean[], %(turns)s::int[],
        %(told)s::boolean[]) AS new (id, word, language, pending, given, options, asked, answered, turns, told)
), known AS (
    UPDATE assistant_holding AS held SET word = new.word, language = new.language, pending = new.pending,
        given = new.given, options = new.options, asked = new.asked, answered = new.answered, turns = new.turns,
        acknowledged_at = CASE WHEN new.told THEN coalesce(held.acknowledged_at, %(at)s::timestamptz) END,
        changed_at = %(at)s
    FROM new WHERE held.conversation_id = new.id RETURNING held.conversation_id
)
INSERT INTO assistant_holding (conversation_id, word, language, pending, given, options, asked, answered, turns,
    acknowledged_at, changed_at)
SELECT id, word, language, pending, given, options, asked, answered, turns,
    CASE WHEN told THEN %(at)s::timestamptz END, %(at)s
FROM new WHERE id NOT IN (SELECT conversation_id FROM known)
"""


def read_many(conversation_ids: Collection[UUID]) -> dict[UUID, Held]:
    """Return what is held of these conversations; nothing of those that are not in it. At most two queries.

    Callers that go by it hold the conversations locked.
    """
    if not conversation_ids:
        return {}
    busy = set(open_turns(conversation_ids))
    rows = Holding.objects.filter(pk__in=list(conversation_ids))
    found = {row.pk: _held(row, busy=row.pk in busy) for row in rows}
    return found | {id_: replace(NOTHING_HELD, busy=True) for id_ in busy - found.keys()}


def read(conversation_id: UUID) -> Held:
    """Return what is held of one conversation."""
    return read_many([conversation_id]).get(conversation_id, NOTHING_HELD)


def keep_many(held: Mapping[UUID, Held]) -> None:
    """Store what is held of locked conversations, in one statement. What a form was given and nobody opened stays."""
    if not held:
        return
    rows = list(held.values())
    pending = [
        (None, NOTHING) if each.pending is None else closed(each.pending, conversation_id=id_)
        for id_, each in held.items()
    ]
    columns: dict[str, Any] = {
        "at": now(),
        "ids": list(held),
        "words": [str(each.word) for each in rows],
        "languages": [each.language[:10] for each in rows],
        "pending": [None if plain is None else json.dumps(plain) for plain, _ in pending],
        "given": [given.written() for _, given in pending],
        "options": [json.dumps([{"label": o.label, "names": o.names} for o in each.options]) for each in rows],
        "asked": [each.asked for each in rows],
        "answered": [each.answered for each in rows],
        "turns": [each.turns for each in rows],
        "told": [each.acknowledged for each in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, columns)


def keep(conversation_id: UUID, held: Held) -> None:
    """Store what is held of one locked conversation."""
    keep_many({conversation_id: held})


def after(held: Held, outcome: Outcome | None) -> Held:
    """Return what is held once the assistant did what it chose. Without an outcome a person takes it.

    Raises `ValueError` when it would speak while a person has the word.
    """
    match outcome:
        case Answer() | Clarify() if held.word is not Word.ASSISTANT:
            raise ValueError("The assistant does not speak while a person has the word.")
        case Answer(locale=locale):
            return spoken(held, language=locale, answered=True)
        case Clarify(locale=locale, options=options):
            return spoken(held, language=locale, options=options)
        case HandOver(locale=locale):
            return handed_over(held, language=locale)
        case None:
            return handed_over(held)
        case _:
            return replace(held, language=held.language or outcome.locale)


def spoken(
    held: Held,
    *,
    language: str = "",
    answered: bool = False,
    options: Sequence[Option] = (),
    pending: Mapping[str, Any] | None = None,
) -> Held:
    """Return what is held after the assistant said something."""
    return replace(
        held,
        language=held.language or language,
        pending=pending,
        options=tuple(options),
        asked=held.asked or bool(options),
        answered=held.answered or answered,
        turns=held.turns + 1,
    )


def handed_over(held: Held, *, language: str = "") -> Held:
    """Return what is held after the conversation went to a person. Who has the word already keeps it."""
    word = Word.HANDED_OVER if held.word is Word.ASSISTANT else held.word
    return replace(held, word=word, language=held.language or language, pending=None, options=())


def begun_anew(held: Held) -> Held:
    """Return what is held when a customer writes into a closed matter, or a person hands it back: the language."""
    return replace(NOTHING_HELD, language=held.language, busy=held.busy)


def _held(row: Holding, *, busy: bool) -> Held:
    return Held(
        word=Word(row.word),
        language=row.language,
        pending=None if row.pending is None else joined(row.pending, row.given),
        options=tuple(Option(str(each["label"]), str(each["names"])) for each in row.options),
        asked=row.asked,
        answered=row.answered,
        turns=row.turns,
        acknowledged=row.acknowledged_at is not None,
        busy=busy,
    )
