"""Contacts and their receipts into PostgreSQL: one statement, one commit, one notice per batch."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from holdfast.guard.fields import sealed_token
from holdfast.guard.masks import sender_mask
from holdfast.intake.contact import Incoming
from holdfast.intake.models import Contact
from holdfast.kit.ids import derived, uuid7

CHANNEL = "holdfast_intake"  # a notice here means that there are contacts to triage
_SENDER = Contact._meta.get_field("sender")
_SUBJECT = f"{Contact._meta.db_table}.{_SENDER.column}."

_written = json.JSONEncoder(ensure_ascii=False).encode  # `json.dumps` with options builds an encoder each time

# The door lives on this statement (`benchmarks/door.py`). Arrays cost a tenth of the ORM's `bulk_create` per contact;
# texts joined by a mark of this batch's own cost a third of psycopg's arrays, which are built piece by piece in Python.
# Equal keys meet in the primary key, within a batch as well as between doors. The mark also ends each text column,
# since an empty string would make no array at all; what follows the last mark has no id.
_INSERT = """
WITH stored AS (
    INSERT INTO intake_contact (id, source, channel, sender, subject, text, locale, at, accepted_at, raw, payload)
    SELECT id::uuid, source, channel, sender, subject, text, locale, at::timestamptz, accepted_at::timestamptz, raw,
        payload::jsonb
    FROM unnest(
        string_to_array(%(at)b::text, %(mark)b::text), string_to_array(%(accepted_at)b::text, %(mark)b::text),
        string_to_array(%(id)b::text, %(mark)b::text), string_to_array(%(source)b::text, %(mark)b::text),
        string_to_array(%(channel)b::text, %(mark)b::text), string_to_array(%(sender)b::text, %(mark)b::text),
        string_to_array(%(subject)b::text, %(mark)b::text), string_to_array(%(text)b::text, %(mark)b::text),
        string_to_array(%(locale)b::text, %(mark)b::text), string_to_array(%(raw)b::text, %(mark)b::text),
        string_to_array(%(payload)b::text, %(mark)b::text)
    ) AS given (at, accepted_at, id, source, channel, sender, subject, text, locale, raw, payload)
    WHERE id <> ''
    ON CONFLICT DO NOTHING
    RETURNING id, channel, accepted_at
), followed AS (
    INSERT INTO intake_receipt (contact_id, channel, state, reason, accepted_at, attempts)
    SELECT id, channel, 'accepted', '', accepted_at, 0 FROM stored
    ON CONFLICT DO NOTHING
)
SELECT count(*), CASE WHEN count(*) > 0 THEN pg_notify('holdfast_intake', '') END FROM stored
"""
_KNOWN = "SELECT id, accepted_at FROM intake_contact WHERE id = ANY(%s)"


class Row(NamedTuple):
    """A contact ready to be stored: its sender sealed, its payload as JSON. Columns in the statement's order."""

    id: UUID
    source: str
    channel: str
    sender: str
    subject: str
    text: str
    locale: str
    at: datetime
    accepted_at: datetime
    raw: str
    payload: str


class Cursor(Protocol):
    """What is needed of a database cursor."""

    def execute(self, query: Any, params: Any = ..., /) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> Any: ...


def row_of(incoming: Incoming, accepted_at: datetime) -> Row:
    """Seal what `incoming` says about its sender and give it its id. Raises `ValueError` when it cannot be written."""
    key = incoming.key
    contact_id = uuid7() if key is None else derived(incoming.source, incoming.channel, key)
    sender = dict(incoming.sender)
    return Row(
        contact_id,
        incoming.source,
        incoming.channel,
        sealed_token(f"{_SUBJECT}{contact_id}", _written(sender), shown=sender_mask(sender)),
        incoming.subject,
        incoming.text,
        incoming.locale,
        incoming.at or accepted_at,
        accepted_at,
        incoming.raw,
        json.dumps(dict(incoming.payload)) if incoming.payload else "{}",
    )


def insert(cursor: Cursor, rows: Sequence[Row]) -> Mapping[UUID, datetime]:
    """Store rows that are not stored yet, in the cursor's transaction; wake triage when it commits.

    Returns when each contact that was stored already had been accepted; empty when all are new.
    """
    if not rows:
        return {}
    ids, sources, channels, senders, subjects, texts, locales, ats, accepted_ats, raws, payloads = zip(
        *rows, strict=True
    )
    mark = secrets.token_hex(16)  # 128 random bits: nobody can have written it into a text

    def joined(column: Iterable[str]) -> str:
        return f"{mark.join(column)}{mark}"

    known: dict[datetime, str] = {}  # a batch shares one moment, so writing it once is enough

    def written_times(column: Iterable[datetime]) -> list[str]:
        return [known.get(one) or known.setdefault(one, one.isoformat()) for one in column]

    columns = {
        "mark": mark,
        "id": joined([one.hex for one in ids]),
        "source": joined(sources),
        "channel": joined(channels),
        "sender": joined(senders),
        "subject": joined(subjects),
        "text": joined(texts),
        "locale": joined(locales),
        "at": joined(written_times(ats)),
        "accepted_at": joined(written_times(accepted_ats)),
        "raw": joined(raws),
        "payload": joined(payloads),
    }
    cursor.execute(_INSERT, columns)
    if cursor.fetchone()[0] == len(rows):
        return {}
    cursor.execute(_KNOWN, [[row.id for row in rows]])
    return dict(cursor.fetchall())


def cleaned(row: Row) -> Row:
    """Return the row without the characters PostgreSQL cannot keep, each replaced by U+FFFD."""
    return row._replace(
        subject=_clean(row.subject),
        text=_clean(row.text),
        locale=_clean(row.locale),
        payload=json.dumps(_everywhere(_clean, json.loads(row.payload))),
    )


def _clean(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _everywhere(change: Callable[[str], str], value: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(str(key)): _everywhere(change, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_everywhere(change, item) for item in value]
    return value
