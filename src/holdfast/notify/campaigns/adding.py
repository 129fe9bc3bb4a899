"""Adding recipients: any number of them, sealed and copied in blocks, so that memory stays flat."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import connection, transaction
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.fields import Sealed, sealed_token
from holdfast.guard.keys import blind_index, normalise
from holdfast.guard.masks import masked
from holdfast.guard.opening import MachineUse, opened_many_for_machine
from holdfast.guard.watching.canaries import is_canary
from holdfast.kit.ids import uuid7
from holdfast.notify.campaigns.contract import Added, NotFound, Recipient, Refused
from holdfast.notify.campaigns.models import Campaign, Channel, Chunk

CHUNK = 500  # recipients that are leased together
BLOCK = 10 * CHUNK  # recipients copied in one transaction
INDEX_KINDS = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.CHAT: "chat", Channel.WEBHOOK: "url"}
_SUBJECT = "campaigns_recipient.sealed."  # as `SealedField.subject` writes it
_LONGEST = {"person_key": 80, "locale": 10, "segment": 20, "given": 200}


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    person_key: str
    locale: str
    segment: str
    given: str
    index: bytes
    sealed: str


def add_recipients(campaign_id: UUID, recipients: Iterable[Recipient]) -> Added:
    """Add recipients to a campaign that is still being written. `recipients` is read once, as a stream.

    Each block of 5,000 is a transaction of its own (or part of the caller's): after an interruption add all again, who
    is there already stays as they are. Raises `NotFound`, `Refused`.
    """
    added = already = unusable = 0
    waiting: dict[str, list[_Row]] = defaultdict(list)
    real = (recipient for recipient in recipients if not _is_made_up(recipient.person_key))
    for recipient, row in _rows(real):
        if row is None:
            unusable += 1
            continue
        rows = waiting[recipient.channel]
        rows.append(row)
        if len(rows) >= BLOCK:
            new = _copy(campaign_id, recipient.channel, rows)
            added, already = added + new, already + len(rows) - new
            rows.clear()
    for channel, rows in waiting.items():
        new = _copy(campaign_id, channel, rows) if rows else 0
        added, already = added + new, already + len(rows) - new
    if not waiting:
        with transaction.atomic():
            _still_written(campaign_id)
    return Added(added, already, unusable)


@sensitive_variables("opened")
def _rows(recipients: Iterable[Recipient]) -> Iterator[tuple[Recipient, _Row | None]]:
    """Yield each recipient with the row to store; sealed values are opened for some hundred of them at once."""
    for some in _some(recipients):
        sealed = {
            value for each in some for value in (each.address, *each.values.values()) if isinstance(value, Sealed)
        }
        ordered = list(sealed)
        opened = dict(zip(ordered, opened_many_for_machine(ordered, use=MachineUse.DELIVER), strict=True))
        for each in some:
            yield each, _row(each, opened)


def _some(recipients: Iterable[Recipient]) -> Iterator[list[Recipient]]:
    stream = iter(recipients)
    while some := list(islice(stream, CHUNK)):
        yield some


@sensitive_variables()
def _row(recipient: Recipient, opened: Mapping[Sealed, str | None]) -> _Row | None:
    """Return the row to store; none where a value does not open or the address is none."""
    address = _plain(recipient.address, opened)
    values = {name: plain for name, value in recipient.values.items() if (plain := _plain(value, opened)) is not None}
    if address is None or len(values) < len(recipient.values):
        return None
    address = normalise("phone", address) if recipient.channel == Channel.SMS else address.strip()
    kind = INDEX_KINDS.get(Channel(recipient.channel)) if recipient.channel in Channel.values else None
    given = " ".join(sorted(name for name, value in values.items() if value))
    too_long = len(recipient.person_key) > _LONGEST["person_key"] or len(given) > _LONGEST["given"]
    if kind is None or too_long or not recipient.person_key or not usable(recipient.channel, address):
        return None
    row_id = uuid7()
    return _Row(
        row_id,
        recipient.person_key,
        recipient.locale[: _LONGEST["locale"]],
        recipient.segment[: _LONGEST["segment"]],
        given,
        blind_index(kind, address),
        sealed_token(
            f"{_SUBJECT}{row_id}",
            json.dumps({"to": address, "values": values}, ensure_ascii=False),
            shown=masked("identity", address),
        ),
    )


def _is_made_up(person_key: str) -> bool:
    """Nobody writes to customers who do not exist, whoever put them on a list."""
    kind, _, customer = person_key.partition(":")
    try:
        return kind == "customer" and is_canary(UUID(customer))
    except ValueError:
        return False


def _plain(value: Sealed | str, opened: Mapping[Sealed, str | None]) -> str | None:
    return opened[value] if isinstance(value, Sealed) else value


def usable(channel: str, address: str) -> bool:
    """Return whether something can be sent to `address` at all; whether it arrives is another matter."""
    if not address or len(address) > 320 or any(c.isspace() or ord(c) < 33 for c in address):
        return False
    if channel == Channel.EMAIL:
        local, _, domain = address.rpartition("@")
        return bool(local) and bool(domain) and not set('<>,;:\\"()[]') & set(address) and address.count("@") == 1
    if channel == Channel.SMS:
        return sum(c.isdigit() for c in address) >= 6
    if channel == Channel.WEBHOOK:
        return _posted_safely(address)
    try:
        UUID(address)
    except ValueError:
        return False
    return True


def _posted_safely(url: str) -> bool:
    """Only over TLS, but for a server on this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in {"127.0.0.1", "localhost"}))


@transaction.atomic
def _copy(campaign_id: UUID, channel: str, rows: Sequence[_Row]) -> int:
    campaign = _still_written(campaign_id)
    chunks = Chunk.objects.bulk_create(Chunk(campaign=campaign, channel=channel) for _ in range(0, len(rows), CHUNK))
    ids = [chunk.pk for chunk in chunks]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS campaign_incoming"
            " (id uuid, chunk_id bigint, person_key text, locale text, segment text, given text, index bytea,"
            " sealed text) ON COMMIT DELETE ROWS"
        )
        cursor.execute("TRUNCATE campaign_incoming")
        with cursor.copy(
            "COPY campaign_incoming (id, chunk_id, person_key, locale, segment, given, index, sealed) FROM STDIN"
            " (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["uuid", "int8", "text", "text", "text", "text", "bytea", "text"])
            for values in _in_chunks(rows, ids):
                copy.write_row(values)
        cursor.execute(
            "WITH added AS (INSERT INTO campaigns_recipient (id, campaign_id, chunk_id, person_key, locale, segment,"
            " given, index, state, attempts, repeats, reason, sealed)"
            " SELECT id, %s, chunk_id, person_key, locale, segment, given, index, 'pending', 0, 0, '', sealed"
            " FROM campaign_incoming ON CONFLICT (campaign_id, person_key) DO NOTHING RETURNING chunk_id),"
            " counted AS (SELECT chunk_id, count(*) AS number FROM added GROUP BY chunk_id),"
            " told AS (UPDATE campaigns_chunk SET size = number FROM counted WHERE id = chunk_id)"
            " SELECT coalesce(sum(number), 0) FROM counted",
            [campaign_id],
        )
        new = int(cursor.fetchone()[0])
        cursor.execute("DELETE FROM campaigns_chunk WHERE id = ANY(%s) AND size = 0", [ids])
        cursor.execute(
            "UPDATE campaigns_campaign SET recipients = recipients + %s, version = version + 1 WHERE id = %s",
            [new, campaign_id],
        )
    return new


def _in_chunks(rows: Sequence[_Row], ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    for place, row in enumerate(rows):
        chunk = ids[place // CHUNK]
        yield row.id, chunk, row.person_key, row.locale, row.segment, row.given, row.index, row.sealed


def _still_written(campaign_id: UUID) -> Campaign:
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound(campaign_id)
    if campaign.state != Campaign.State.DRAFT:
        raise Refused("Recipients are added while a campaign is being written. Take its approval back first.")
    return campaign
