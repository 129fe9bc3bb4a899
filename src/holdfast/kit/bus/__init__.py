"""Live notices between processes: `publish`, `subscribe`, `close`. Payloads carry ids only, never content.

A notice says "look again"; it may be missed or come twice. After a lost connection every subscriber gets an empty one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, Self

__all__ = ["Bus", "Subscription"]


class Subscription:
    """Notices of one channel, as an asynchronous iterator. Full of unread ones it forgets the oldest."""

    def __init__(self, *, on_close: Callable[[Subscription], None], size: int = 1000) -> None:
        self._notices: asyncio.Queue[str | None] = asyncio.Queue()
        self._size = size
        self._on_close = on_close

    def put(self, payload: str) -> None:
        """Hand in a notice; only for the bus."""
        if self._notices.qsize() >= self._size:
            self._notices.get_nowait()
        self._notices.put_nowait(payload)

    def close(self) -> None:
        """End the iteration."""
        self._on_close(self)
        self._notices.put_nowait(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        payload = await self._notices.get()
        if payload is None:
            raise StopAsyncIteration
        return payload


class Bus(Protocol):
    """Carries notices between the processes of one Holdfast."""

    async def publish(self, channel: str, payload: str = "") -> None:
        """Send a notice to everybody who is subscribed now."""
        ...

    def subscribe(self, channel: str) -> Subscription:
        """Receive the notices of `channel` from now on."""
        ...

    async def close(self) -> None:
        """End all subscriptions."""
        ...
