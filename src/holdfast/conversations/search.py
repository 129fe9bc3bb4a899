"""Finding conversations by their words, their number, or a value of the customer that the asker already has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import OperationalError, connection, transaction

from holdfast.conversations.filters import Page, Reach, Row, cursor_of, cursor_text, reach_of
from holdfast.conversations.models import Conversation
from holdfast.conversations.rows import rows_of
from holdfast.people.queries import customers_named

if TYPE_CHECKING:
    from holdfast.people.models import Agent

LONGEST = 200  # characters of a search
GLANCE = 1_000  # newest messages looked at first
COMMON = 5  # so many matches among them: common words, of which the word index would give far too many
WALKED = 4_000  # messages looked at after those, while a page is not full
READ = 1_000  # newest matches of rare words looked at for one page
PATIENCE_MS = 300  # for the word index; a phrase of common words that never stand together can cost more
_AT_ONCE = 250  # matches read and looked up together: a page seldom needs more
_NUMBER = re.compile(r"^#?\s*(\d{1,18})$")
_MATCH = "message.search @@ websearch_to_tsquery('simple', %s)"
_NEWEST = "ORDER BY message.created_at DESC, message.id DESC"

Position = tuple[datetime, UUID]
Match = tuple[UUID, datetime, UUID]
"""The conversation, when the message was written, and its id."""
Stretch = tuple[list[Match], Position | None]
"""Matches, newest first, and where they end; `None` when there are no more."""


def search(agent: Agent, text: str, cursor: str | None = None, limit: int = 50) -> Page[Row]:
    """Return conversations with messages that match `text`, newest match first, one row per conversation.

    Words, "phrases", -without and `or`, as in web searches. `#123` finds a number; a customer's reference, address or
    phone number finds that customer's conversations. Notes are searched too, as every reader is an agent. The work for
    one page is bounded, so a page may hold fewer rows than `limit`, even none, and still have one after it.
    """
    reach = reach_of(agent)
    text = " ".join(text.replace("\x00", "").split())[:LONGEST]
    if reach.nothing or not text:
        return Page([])
    first = [] if cursor else _by_number(reach, text) + _by_customer(reach, text, limit)
    found, following = _by_words(reach, text, cursor_of(cursor), limit)
    return Page(rows_of(list(dict.fromkeys([*first, *found]))), following)


def _by_number(reach: Reach, text: str) -> list[UUID]:
    match = _NUMBER.match(text)
    if match is None:
        return []
    held = Conversation.objects.filter(reach.allows(), number=int(match[1]))
    return list(held.values_list("id", flat=True))


def _by_customer(reach: Reach, text: str, limit: int) -> list[UUID]:
    customers = customers_named(text) if any(character.isdigit() or character == "@" for character in text) else []
    if not customers:
        return []
    held = Conversation.objects.filter(reach.allows(), customer_id__in=customers)
    return list(held.order_by("-last_message_at", "-id").values_list("id", flat=True)[:limit])


def _by_words(reach: Reach, text: str, position: Position | None, limit: int) -> tuple[list[UUID], str | None]:
    """Read the newest matches; a conversation shows on the page of its newest match only."""
    with connection.cursor() as database:
        found, last = _fill(database, reach, _stretches(database, text, position), limit)
        for shown_before in _matched_before(database, text, position, list(found)):
            del found[shown_before]
    return list(found), cursor_text(*last) if last else None


def _fill(
    database: Any, reach: Reach, stretches: Iterable[Stretch], limit: int
) -> tuple[dict[UUID, None], Position | None]:
    """Return the first `limit` conversations in reach, newest match first, and where the page after them begins."""
    found: dict[UUID, None] = {}
    shown = last = None
    for stretch in stretches:
        matches, last = stretch
        for conversation_id, at, id_ in _within(database, reach, matches):
            if conversation_id not in found and len(found) == limit:
                return found, shown
            found[conversation_id] = None
            shown = (at, id_)
        if len(found) == limit:
            break
    return found, last


def _stretches(database: Any, text: str, position: Position | None) -> Iterator[Stretch]:
    """Give the newest matches after `position`, as many stretches of them as are asked for.

    PostgreSQL takes a word it knows nothing of for a fairly common one (1 in 200), and would read the whole table
    backwards for it. So the choice is made here: the newest messages are looked at first, and only words that turn up
    rarely among them are asked of the word index.
    """
    matches, last, _ = _walk(database, text, position, messages=GLANCE, matches=_AT_ONCE)
    if len(matches) < COMMON and last is not None and (rare := _indexed(database, text, position)) is not None:
        yield rare
        return
    yield matches, last
    left, wanted = WALKED, _AT_ONCE
    while last is not None and left > 0:
        wanted *= 2  # few of them are in reach
        matches, last, walked = _walk(database, text, last, messages=left, matches=wanted)
        yield matches, last
        left -= walked


def _walk(
    database: Any, text: str, position: Position | None, *, messages: int, matches: int
) -> tuple[list[Match], Position | None, int]:
    """Return the matches among the next `messages` after `position`, where that ended, and after how many messages.

    It ends sooner with so many `matches`: PostgreSQL reads no further then, and sorts nothing, as the index has that
    order. The end is `None` at the oldest message.
    """
    where = "WHERE (message.created_at, message.id) < (%s, %s)" if position else ""
    database.execute(
        "SELECT conversation_id, created_at, id, matches, number FROM (SELECT message.*,"  # noqa: S608
        f" row_number() OVER ({_NEWEST}) AS number FROM (SELECT message.id, message.conversation_id,"
        f"  message.created_at, {_MATCH} AS matches FROM conversations_message AS message {where}"
        f"  {_NEWEST} LIMIT {messages:d}) AS message) AS message"
        f" WHERE matches OR number = {messages:d} {_NEWEST} LIMIT {matches:d}",
        [text, *(position or ())],
    )
    seen = database.fetchall()
    if not seen:
        return [], None, messages
    walked = seen[-1][4]
    last = seen[-1][1:3] if walked == messages or len(seen) == matches else None
    return [(conversation_id, at, id_) for conversation_id, at, id_, is_match, _ in seen if is_match], last, walked


def _indexed(database: Any, text: str, position: Position | None) -> Stretch | None:
    """Return the newest matches the word index has after `position`, and where they end; `None` when it takes too long.

    MATERIALIZED keeps the planner from walking the table in order of time.
    """
    where = "AND (message.created_at, message.id) < (%s, %s)" if position else ""
    nested = connection.in_atomic_block  # then the patience would outlast this look
    try:
        with transaction.atomic():
            usual = _setting(database, "statement_timeout") if nested else None
            database.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS:d}")
            database.execute(
                "WITH message AS MATERIALIZED (SELECT message.id, message.conversation_id, message.created_at"  # noqa: S608
                f" FROM conversations_message AS message WHERE {_MATCH} {where})"
                f" SELECT message.conversation_id, message.created_at, message.id FROM message {_NEWEST} LIMIT {READ}",
                [text, *(position or ())],
            )
            matches: list[Match] = database.fetchall()
            if nested:
                database.execute("SELECT set_config('statement_timeout', %s, true)", [usual])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != "57014":  # canceled by the timeout
            raise
        return None
    return matches, matches[-1][1:] if len(matches) == READ else None


def _setting(database: Any, name: str) -> str:
    database.execute("SELECT current_setting(%s)", [name])
    value: str = database.fetchone()[0]
    return value


def _within(database: Any, reach: Reach, matches: list[Match]) -> Iterator[Match]:
    """Give the matches in conversations within reach, looked up some at a time."""
    for start in range(0, len(matches), _AT_ONCE):
        some = matches[start : start + _AT_ONCE]
        if not reach.everything:
            database.execute(
                "SELECT id FROM conversations_conversation"
                " WHERE id = ANY(%s) AND (queue_id = ANY(%s) OR assignee_id = %s)",
                [list({match[0] for match in some}), list(reach.queues), reach.agent_id],
            )
            allowed = {id_ for (id_,) in database.fetchall()}
            some = [match for match in some if match[0] in allowed]
        yield from some


def _matched_before(database: Any, text: str, position: Position | None, found: list[UUID]) -> list[UUID]:
    """Return those of `found` that an earlier page showed already, for a newer match."""
    if position is None or not found:
        return []
    database.execute(
        "SELECT DISTINCT message.conversation_id FROM conversations_message AS message"  # noqa: S608
        f" WHERE message.conversation_id = ANY(%s) AND {_MATCH} AND (message.created_at, message.id) >= (%s, %s)",
        [found, text, *position],
    )
    return [id_ for (id_,) in database.fetchall()]
