"""Looking after contacts that were acknowledged, until all of them are triaged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import httpx
from asgiref.sync import sync_to_async

from holdfast.intake import receipts

_POLL = 0.5  # seconds between two looks at what is still untriaged


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one acknowledged contact; `visible_after` in seconds."""

    state: str
    triaged: bool
    visible_after: float | None


class Watch(Protocol):
    """A way to learn what became of contacts."""

    async def look(self, ids: Sequence[UUID]) -> dict[UUID, Seen]:
        """Return what is known; contacts nobody knows are missing."""
        ...


class Database:
    """Looks receipts up in bulk; for a server on this machine's database."""

    async def look(self, ids: Sequence[UUID]) -> dict[UUID, Seen]:
        """Return what is known; contacts nobody knows are missing."""
        found = await sync_to_async(receipts.statuses)(ids)
        return {
            one.receipt: Seen(
                one.state,
                one.settled_at is not None,
                (one.visible_at - one.accepted_at).total_seconds() if one.visible_at else None,
            )
            for one in found
        }


class Http:
    """Asks the door for each receipt; for a server elsewhere. There `settled_at` stands for when it became visible."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def look(self, ids: Sequence[UUID]) -> dict[UUID, Seen]:
        """Return what is known; contacts nobody knows are missing."""
        seen: dict[UUID, Seen] = {}
        limit = asyncio.Semaphore(16)
        async with httpx.AsyncClient(base_url=self._url, headers=self._headers, timeout=30, trust_env=False) as client:

            async def one(receipt: UUID) -> None:
                async with limit:
                    response = await client.get(f"/v1/receipts/{receipt}")
                if response.status_code == 200:
                    told = response.json()
                    settled = datetime.fromisoformat(told["settled_at"]) if told["settled_at"] else None
                    accepted = datetime.fromisoformat(told["accepted_at"])
                    after = (settled - accepted).total_seconds() if settled else None
                    seen[receipt] = Seen(told["state"], settled is not None, after)

            async with together() as group:
                for receipt in ids:
                    group.create_task(one(receipt))
        return seen


async def until_triaged(
    acknowledged: Sequence[UUID], watch: Watch, *, wait: float, progress: Callable[[int], None]
) -> dict[UUID, Seen]:
    """Look until all are triaged or `wait` seconds have passed; `progress` hears how many are."""
    seen: dict[UUID, Seen] = {}
    missing = list(set(acknowledged))
    deadline = time.monotonic() + wait
    while missing:
        for start in range(0, len(missing), 2000):
            seen |= await watch.look(missing[start : start + 2000])
        missing = [one for one in missing if one not in seen or not seen[one].triaged]
        progress(len(seen) - sum(one in seen for one in missing))
        if not missing or time.monotonic() > deadline:
            break
        await asyncio.sleep(_POLL)
    return seen


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that raises the first fault itself, not a group of faults."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as faults:
        raise faults.exceptions[0] from None
