"""The bus on PostgreSQL's LISTEN and NOTIFY: no service of its own, any number of processes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import structlog
from psycopg import sql

from holdfast.kit.bus import Subscription

_log = structlog.get_logger(__name__)
_LONGEST_PAUSE = 2.0


class PostgresBus:
    """Listens on one connection of its own, and publishes on another; both come back by themselves."""

    def __init__(self, parameters: Callable[[], dict[str, Any]]) -> None:
        self._parameters = parameters
        self._subscriptions: defaultdict[str, list[Subscription]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None
        self._renew = asyncio.Event()
        self._speaker: psycopg.AsyncConnection[Any] | None = None
        self._speaking = asyncio.Lock()

    def start(self) -> None:
        """Begin to listen, on the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._listen(), name="bus")

    async def publish(self, channel: str, payload: str = "") -> None:
        """Send a notice to everybody who is subscribed now. Raises `psycopg.OperationalError` without a server."""
        async with self._speaking:
            try:
                if self._speaker is None:
                    self._speaker = await self._connect("bus speaker")
                await self._speaker.execute("SELECT pg_notify(%s, %s)", [channel, payload])
            except BaseException:
                speaker, self._speaker = self._speaker, None
                if speaker is not None:
                    await speaker.close()
                raise

    def subscribe(self, channel: str) -> Subscription:
        """Receive the notices of `channel` from now on; an empty one at once when listening has begun."""
        subscription = Subscription(on_close=self._subscriptions[channel].remove)
        self._subscriptions[channel].append(subscription)
        self._renew.set()
        return subscription

    async def close(self) -> None:
        """End all subscriptions and connections."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._speaker is not None:
            await self._speaker.close()
        for subscriptions in list(self._subscriptions.values()):
            for subscription in list(subscriptions):
                subscription.close()

    async def _connect(self, name: str) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            **self._parameters(), autocommit=True, application_name=f"holdfast {name}"
        )

    async def _listen(self) -> None:
        pause = 0.1
        while True:
            try:
                async with await self._connect("bus") as connection:
                    pause = 0.1
                    await self._hear(connection)
            except (psycopg.Error, OSError) as error:
                _log.warning("bus is away", error=str(error).strip().split("\n")[0], again_in=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _hear(self, connection: psycopg.AsyncConnection[Any]) -> None:
        heard: set[str] = set()
        while True:
            self._renew.clear()
            for channel in self._subscriptions.keys() - heard:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                heard.add(channel)
                self._hand_out(channel, "")  # notices may have passed while nobody listened
            # The pause bounds how long a new channel waits for its LISTEN; notices themselves come at once.
            async for notice in connection.notifies(timeout=0.5):
                self._hand_out(notice.channel, notice.payload)
                if self._renew.is_set():
                    break

    def _hand_out(self, channel: str, payload: str) -> None:
        for subscription in list(self._subscriptions.get(channel, ())):
            subscription.put(payload)
