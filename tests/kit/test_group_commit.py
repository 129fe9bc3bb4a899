from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from holdfast.kit.group_commit import GroupCommit, Overloaded


class Disk:
    """A commit that can be held up, and remembers its batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.free = threading.Event()
        self.free.set()
        self.threads: set[str] = set()

    def commit(self, items: Sequence[int]) -> list[int | Exception]:
        self.free.wait(10)
        self.threads.add(threading.current_thread().name)
        self.batches.append(list(items))
        return [ValueError("odd") if item % 2 else item * 10 for item in items]


def test_each_caller_gets_its_own_outcome() -> None:
    async def scenario() -> None:
        disk = Disk()
        group: GroupCommit[int, int] = GroupCommit(commit=disk.commit, limit=100)
        group.start()
        outcomes = await asyncio.gather(*(group.submit(n) for n in range(4)), return_exceptions=True)
        assert [outcomes[0], outcomes[2]] == [0, 20]
        assert [type(outcomes[1]), type(outcomes[3])] == [ValueError, ValueError]
        await group.close()

    asyncio.run(scenario())


def test_whoever_comes_during_a_commit_shares_the_next() -> None:
    async def scenario() -> None:
        disk = Disk()
        disk.free.clear()
        group: GroupCommit[int, int] = GroupCommit(commit=disk.commit, limit=100, largest_batch=30)
        group.start()
        first = asyncio.ensure_future(group.submit(0))
        while group.pending or first.done():
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        rest = [asyncio.ensure_future(group.submit(n)) for n in range(2, 82, 2)]
        await asyncio.sleep(0)
        disk.free.set()
        await asyncio.gather(first, *rest)
        assert [len(batch) for batch in disk.batches] == [1, 30, 10]
        assert [item for batch in disk.batches for item in batch] == list(range(0, 82, 2))
        assert len(disk.threads) == 1
        await group.close()

    asyncio.run(scenario())


def test_beyond_the_limit_callers_are_turned_away_and_nothing_else_is_lost() -> None:
    async def scenario() -> None:
        disk = Disk()
        disk.free.clear()
        group: GroupCommit[int, int] = GroupCommit(commit=disk.commit, limit=3)
        group.start()
        first = asyncio.ensure_future(group.submit(0))
        await asyncio.sleep(0.01)
        waiting = [asyncio.ensure_future(group.submit(n)) for n in (2, 4, 6)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await group.submit(8)
        disk.free.set()
        assert await asyncio.gather(first, *waiting) == [0, 20, 40, 60]
        await group.close()

    asyncio.run(scenario())


def test_a_caller_that_leaves_does_not_take_its_item_along() -> None:
    async def scenario() -> None:
        disk = Disk()
        disk.free.clear()
        group: GroupCommit[int, int] = GroupCommit(commit=disk.commit, limit=10)
        group.start()
        leaving = asyncio.ensure_future(group.submit(2))
        staying = asyncio.ensure_future(group.submit(4))
        await asyncio.sleep(0.01)
        leaving.cancel()
        disk.free.set()
        assert await staying == 40
        await group.close()
        assert sorted(item for batch in disk.batches for item in batch) == [2, 4]

    asyncio.run(scenario())


def test_closing_commits_what_waits_and_refuses_what_comes() -> None:
    async def scenario() -> None:
        disk = Disk()
        group: GroupCommit[int, int] = GroupCommit(commit=disk.commit, limit=10)
        group.start()
        waiting = [asyncio.ensure_future(group.submit(n)) for n in (2, 4)]
        await asyncio.sleep(0)
        await group.close()
        assert [await one for one in waiting] == [20, 40]
        with pytest.raises(Overloaded):
            await group.submit(6)
        assert not group.alive

    asyncio.run(scenario())


def test_a_commit_that_blows_up_tells_its_callers_and_the_next_goes_on() -> None:
    async def scenario() -> None:
        fail = [True]

        def commit(items: Sequence[int]) -> list[int | Exception]:
            if fail.pop() if fail else False:
                raise RuntimeError("broken")
            return list(items)

        group: GroupCommit[int, int] = GroupCommit(commit=commit, limit=10)
        group.start()
        with pytest.raises(RuntimeError):
            await group.submit(1)
        assert await group.submit(2) == 2
        await group.close()

    asyncio.run(scenario())


def test_a_commit_that_hangs_is_broken_from_outside() -> None:
    async def scenario() -> None:
        disk = Disk()
        disk.free.clear()
        group: GroupCommit[int, int] = GroupCommit(commit=disk.commit, limit=10, patience=0.02, on_stuck=disk.free.set)
        group.start()
        assert await group.submit(2) == 20
        await group.close()

    asyncio.run(scenario())
