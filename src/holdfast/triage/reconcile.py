"""The proof: for each channel, received = answered + waiting + parked + refused, and lost is 0."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, replace

from django.conf import settings
from django.db import connection

from holdfast.intake.spool import Spool


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """Contacts of one channel by what became of them. `waiting` includes those that triage has not reached yet."""

    channel: str
    received: int
    answered: int
    waiting: int
    parked: int
    refused: int
    lost: int


# A contact is lost when it has no receipt, a receipt when it has no contact, and a triaged one when no message of any
# conversation comes from it (what is parked has a reason instead). Each is counted once, under `lost` only.
_COUNT = """
SELECT channel, count(*),
    count(*) FILTER (WHERE state = 'answered' AND NOT lost), count(*) FILTER (WHERE state = 'waiting' AND NOT lost),
    count(*) FILTER (WHERE state = 'parked' AND NOT lost), count(*) FILTER (WHERE state = 'refused' AND NOT lost),
    count(*) FILTER (WHERE lost)
FROM (
    SELECT coalesce(contact.channel, receipt.channel) AS channel,
        CASE receipt.state WHEN 'accepted' THEN 'waiting' ELSE receipt.state END AS state,
        receipt.contact_id IS NULL OR receipt.state <> 'refused' AND (contact.id IS NULL
            OR receipt.state IN ('waiting', 'answered') AND message.id IS NULL) AS lost
    FROM intake_contact AS contact
    FULL JOIN intake_receipt AS receipt ON receipt.contact_id = contact.id
    LEFT JOIN conversations_message AS message ON message.contact_id = receipt.contact_id
) AS each GROUP BY channel ORDER BY channel
"""


def reconcile() -> list[ChannelCount]:
    """Count, per channel, what was received and what became of it, in one consistent look at the database.

    Contacts that still lie in this data directory's spool were received, and wait.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        found = {row[0]: ChannelCount(*row) for row in cursor.fetchall()}
    for channel, spooled in sorted(Spool(settings.SPOOL_DIR).counts().items()):
        count = found.get(channel, ChannelCount(channel, 0, 0, 0, 0, 0, 0))
        found[channel] = replace(count, received=count.received + spooled, waiting=count.waiting + spooled)
    return list(found.values())


def report(*, as_json: bool) -> int:
    """Print the counts, as JSON or as a table. Return 0, or 1 when anything is lost or does not add up."""
    counts = reconcile()
    if as_json:
        sys.stdout.write(json.dumps([asdict(count) for count in counts]) + "\n")
    else:
        _print_table(counts)
    return 1 if any(count.lost or not _adds_up(count) for count in counts) else 0


def _adds_up(count: ChannelCount) -> bool:
    return count.received == count.answered + count.waiting + count.parked + count.refused + count.lost


def _print_table(counts: list[ChannelCount]) -> None:
    names = list(ChannelCount.__dataclass_fields__)
    rows = [[str(value) for value in asdict(count).values()] for count in counts]
    widths = [max(len(row[column]) for row in [names, *rows]) for column in range(len(names))]
    for row in [names, *rows]:
        cells = [
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
