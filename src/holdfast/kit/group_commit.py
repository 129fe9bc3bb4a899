"""Many callers, one commit. While one commit is on its way to the disk, the next batch gathers by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
W = TypeVar("W")


class Overloaded(Exception):
    """Nothing was stored: too much is waiting already, or nowhere can it be kept. Try again later."""


class GroupCommit(Generic[T, R]):
    """Hands what callers submit to `commit` in batches, on one thread of its own.

    `commit` gets the items and returns one outcome per item, in order: a result, or the exception for its caller alone.
    There is no timer: an idle commit starts at once, a busy one gathers whoever comes meanwhile. `limit` bounds the
    items waiting, `largest_batch` those in one commit. A commit that takes longer than `patience` seconds gets one call
    of `on_stuck`, which may break whatever it hangs on.
    """

    def __init__(
        self,
        *,
        commit: Callable[[Sequence[T]], Sequence[R | Exception]],
        limit: int,
        largest_batch: int = 1000,
        patience: float = 10.0,
        on_stuck: Callable[[], None] = lambda: None,
    ) -> None:
        self._commit = commit
        self._limit = limit
        self._largest_batch = largest_batch
        self._patience = patience
        self._on_stuck = on_stuck
        # Only the event loop touches this list. Were the thread to swap it, a late append could be acknowledged unseen.
        self._pending: list[tuple[T, asyncio.Future[R]]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="group-commit")
        self._closing = False

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._task = self._loop.create_task(self._run(), name="group-commit")

    @property
    def pending(self) -> int:
        """How many items wait for their commit to begin."""
        return len(self._pending)

    @property
    def alive(self) -> bool:
        """Tell whether submitted items will still be committed."""
        return not self._task.done()

    def submit(self, item: T) -> asyncio.Future[R]:
        """Return the outcome of `item` to come, when its batch is committed: a result, or what `commit` gave.

        Raises `Overloaded` at once. A plain function, as one coroutine less per item is a microsecond at the door.
        """
        if self._closing or len(self._pending) >= self._limit:
            raise Overloaded
        future: asyncio.Future[R] = self._loop.create_future()
        self._pending.append((item, future))
        if len(self._pending) == 1:
            self._wake.set()
        return future

    async def between(self, work: Callable[[], W]) -> W:
        """Run `work` on the commit thread, between two batches: it may use what `commit` uses."""
        return await self._patiently(self._loop.run_in_executor(self._thread, work))

    async def close(self) -> None:
        """Commit what waits, then stop. What comes later is refused with `Overloaded`."""
        self._closing = True
        self._wake.set()
        await self._task
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        while True:
            while not self._pending:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
            batch, self._pending = self._pending[: self._largest_batch], self._pending[self._largest_batch :]
            items = [item for item, _ in batch]
            try:
                outcomes = await self._patiently(self._loop.run_in_executor(self._thread, self._commit, items))
            except Exception as error:  # the loop must outlive any fault of `commit`; its callers hear of it
                outcomes = [error] * len(batch)
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if future.done():  # its caller went away; the item is kept all the same
                    continue
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)

    async def _patiently(self, work: asyncio.Future[W]) -> W:
        done, _ = await asyncio.wait((work,), timeout=self._patience)
        if not done:
            with suppress(Exception):
                self._on_stuck()
        return await work
