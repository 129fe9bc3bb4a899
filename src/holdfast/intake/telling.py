"""Answering for a receipt: from the database, or from the spool while the contact still lies there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, connection

from holdfast.intake.problems import Problem
from holdfast.intake.receipts import ReceiptStatus, status
from holdfast.intake.spool import Spool

_PATIENCE = 3.0  # seconds for one look at the database, which may hang
IN_SPOOL = "Stored; the database is away, and the contact is filed when it returns."


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a receipt tells, as JSON. `source` is the token that brought the contact."""

    source: str
    body: bytes


class Telling:
    """Tells what became of a contact. `number_of` gives the number by which people know a conversation."""

    def __init__(self, *, spool: Spool, executor: Executor, number_of: Callable[[UUID], int | None]) -> None:
        self._spool = spool
        self._executor = executor
        self._number_of = number_of

    async def __call__(self, receipt_id: UUID) -> Told | None:
        """Return what is known, `None` when nobody knows the id. Raises `Problem` when that cannot be found out."""
        # The spool first: a contact leaves it only after the database has it. On another thread than the database's
        # callers, which may all hang.
        spooled = await asyncio.to_thread(self._spool.find, receipt_id)
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await asyncio.get_running_loop().run_in_executor(self._executor, self._filed, receipt_id)
        except (DatabaseError, TimeoutError):
            if spooled is None:
                detail = "The database is away, so the receipt cannot be looked up. Contacts are still accepted."
                raise Problem(503, detail, headers=[(b"retry-after", b"5")]) from None
            found = None
        if found is None and spooled is not None:
            waiting = ReceiptStatus(
                receipt_id, spooled.channel, spooled.source, spooled.accepted_at, "waiting", reason=IN_SPOOL
            )
            return Told(source=spooled.source, body=_written(waiting, None))
        return found

    def _filed(self, receipt_id: UUID) -> Told | None:
        try:
            found = status(receipt_id)
            if found is None:
                return None
            number = self._number_of(found.conversation_id) if found.conversation_id else None
        except DatabaseError:
            connection.close()
            raise
        return Told(source=found.source, body=_written(found, number))


def _written(found: ReceiptStatus, number: int | None) -> bytes:
    return json.dumps(
        {
            "receipt": str(found.receipt),
            "channel": found.channel,
            "accepted_at": found.accepted_at.isoformat(),
            "state": found.state,
            "reason": found.reason or None,
            "conversation": number,
            "settled_at": found.settled_at.isoformat() if found.settled_at else None,
        }
    ).encode()
