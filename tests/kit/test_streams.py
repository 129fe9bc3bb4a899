"""Live streams: every event once and in order, across drops, late commits and slow readers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from holdfast.kit import database, outbox, streams
from holdfast.kit.bus.memory import MemoryBus
from holdfast.kit.bus.postgres import PostgresBus
from holdfast.kit.clock import now
from holdfast.kit.models import OutboxEvent
from holdfast.kit.outbox import Cursor
from holdfast.kit.streams import Hub, Listening, StreamApp

pytestmark = pytest.mark.django_db(transaction=True)


def publish(*events: tuple[str, dict[str, Any]]) -> None:
    with transaction.atomic():
        outbox.publish(events)


class Reader:
    """A browser's EventSource, over the ASGI application itself."""

    def __init__(
        self, hub: Hub, *topics: str, since: Cursor | None = None, last_event_id: str = "", right: str | None = None
    ) -> None:
        self.sent = b""
        self.status = 0
        self._arrived = asyncio.Event()
        self._left = asyncio.Event()
        self._gate = asyncio.Event()
        self._gate.set()

        async def listening_of(scope: Any) -> Listening | None:
            return Listening(topics, since, right) if topics else None

        app = StreamApp(hub, listening_of, heartbeat=0.05)
        headers = [(b"last-event-id", last_event_id.encode())] if last_event_id else []
        scope = {"type": "http", "method": "GET", "path": "/events", "query_string": b"", "headers": headers}
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self._gate.wait()
        self.status = message.get("status", self.status)
        self.sent += message.get("body", b"")
        self._arrived.set()

    def stall(self) -> None:
        self._gate.clear()

    def go_on(self) -> None:
        self._gate.set()

    @property
    def events(self) -> list[tuple[str, str]]:
        blocks = [
            dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            for block in self.sent.decode().split("\n\n")[:-1]
        ]
        return [(block["event"], block["data"]) for block in blocks if block.get("event", "ready") != "ready"]

    @property
    def last_id(self) -> str:
        return [line[4:] for line in self.sent.decode().split("\n") if line.startswith("id: ")][-1]

    async def until(self, found: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not found():
                self._arrived.clear()
                await self._arrived.wait()

    async def ready(self) -> None:
        await self.until(lambda: b"event: ready" in self.sent)

    async def leave(self) -> None:
        self._left.set()
        await self.task


@contextmanager
def lookups() -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(1)  # one thread, so that its connection can be closed at the end
    try:
        yield pool
    finally:
        pool.submit(lambda: connection.close()).result()  # `connection` means the pool thread's own
        pool.shutdown()


def with_hub(scenario: Callable[[Hub], Awaitable[None]], **options: Any) -> None:
    async def run(pool: ThreadPoolExecutor) -> None:
        bus = PostgresBus(database.parameters)
        bus.start()
        hub = Hub(executor=pool, **options)
        hub.start(bus.subscribe(outbox.CHANNEL))
        try:
            await scenario(hub)
        finally:
            await hub.close()
            await bus.close()

    with lookups() as pool:
        asyncio.run(run(pool))


async def off_loop(work: Callable[[], Any]) -> Any:
    def closed() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return await asyncio.to_thread(closed)


def test_a_client_gets_its_topics_in_order_and_nothing_else() -> None:
    async def scenario(hub: Hub) -> None:
        desk, chat, all_chats = Reader(hub, "desk"), Reader(hub, "chat:a"), Reader(hub, "chat:")
        for reader in (desk, chat, all_chats):
            await reader.ready()
        events = [("desk", {"n": 1}), ("chat:a", {"n": 2}), ("chat:b", {"n": 3}), ("desk", {"n": 4})]
        await off_loop(lambda: publish(*events))
        await desk.until(lambda: len(desk.events) == 2)
        await all_chats.until(lambda: len(all_chats.events) == 2)
        await chat.until(lambda: len(chat.events) == 1)
        assert desk.events == [("desk", '{"n":1,"topic":"desk"}'), ("desk", '{"n":4,"topic":"desk"}')]
        assert chat.events == [("chat", '{"n":2,"topic":"chat:a"}')]
        assert [data for _, data in all_chats.events] == ['{"n":2,"topic":"chat:a"}', '{"n":3,"topic":"chat:b"}']

    with_hub(scenario)


def test_a_client_that_comes_back_gets_what_it_missed_once() -> None:
    async def scenario(hub: Hub) -> None:
        first = Reader(hub, "desk")
        await first.ready()
        await off_loop(lambda: publish(("desk", {"n": 1})))
        await first.until(lambda: len(first.events) == 1)
        await first.leave()
        await off_loop(lambda: publish(*[("desk", {"n": n}) for n in range(2, 1200)], ("other", {})))
        second = Reader(hub, "desk", last_event_id=first.last_id)
        await second.until(lambda: len(second.events) == 1198)
        await off_loop(lambda: publish(("desk", {"n": 1200})))
        await second.until(lambda: len(second.events) == 1199)
        assert [data for _, data in second.events] == [f'{{"n":{n},"topic":"desk"}}' for n in range(2, 1201)]

    with_hub(scenario)


def test_a_transaction_that_commits_late_is_not_skipped() -> None:
    """The older transaction commits after a younger one is visible: both reach the client, also after a drop."""

    async def scenario(hub: Hub) -> None:
        reader = Reader(hub, "desk")
        await reader.ready()
        publishing = "INSERT INTO kit_outboxevent (topic, payload) VALUES ('desk', %s::jsonb)"
        with psycopg.connect(**database.parameters()) as late:
            late.execute(publishing, ['{"n": "late"}'])
            await off_loop(lambda: publish(("desk", {"n": "soon"})))
            await asyncio.sleep(0.1)  # the hub has read by now, and must hold the younger one back
            second = Reader(hub, "desk", last_event_id=reader.last_id)
            await second.ready()
            late.commit()
        for each in (reader, second):
            await each.until(lambda each=each: len(each.events) == 2)
            assert [data for _, data in each.events] == ['{"n":"late","topic":"desk"}', '{"n":"soon","topic":"desk"}']

    with_hub(scenario)


def test_a_page_rendered_before_its_stream_opens_misses_nothing() -> None:
    async def scenario(hub: Hub) -> None:
        ticket = await off_loop(lambda: streams.ticket(agent=7, topics=["desk"]))
        await off_loop(lambda: publish(("desk", {"n": 1})))
        listening = streams.from_ticket(ticket)
        assert listening is not None
        reader = Reader(hub, *listening.topics, since=listening.since)
        await reader.until(lambda: len(reader.events) == 1)

    with_hub(scenario)


def test_a_reader_too_slow_for_its_queue_is_told_to_fetch_afresh() -> None:
    async def scenario(hub: Hub) -> None:
        slow, quick = Reader(hub, "desk"), Reader(hub, "desk")
        await slow.ready()
        await quick.ready()
        slow.stall()
        for n in range(30):
            await off_loop(lambda n=n: publish(("desk", {"n": n})))
            await quick.until(lambda n=n: len(quick.events) == n + 1)
        slow.go_on()
        await slow.until(lambda: ("resync", "{}") in slow.events)
        assert len(quick.events) == 30
        assert slow.last_id == quick.last_id

    with_hub(scenario, queue_size=8)


def test_a_position_older_than_what_is_kept_means_resync() -> None:
    async def scenario(hub: Hub) -> None:
        await off_loop(lambda: publish(("desk", {"n": 1})))
        old = str(await off_loop(outbox.latest))
        await off_loop(lambda: OutboxEvent.objects.update(created_at=now() - timedelta(days=3)))
        await off_loop(lambda: publish(("desk", {"n": 2}), ("desk", {"n": 3})))
        await off_loop(lambda: OutboxEvent.objects.filter(payload={"n": 2}).delete())
        assert await off_loop(lambda: streams.forget_older_than(timedelta(days=2))) == 1
        reader = Reader(hub, "desk", last_event_id=old)
        await reader.until(lambda: bool(reader.events))
        assert reader.events == [("resync", "{}")]

    with_hub(scenario)


def test_a_quiet_stream_beats_with_its_position() -> None:
    async def scenario(hub: Hub) -> None:
        reader = Reader(hub, "desk")
        await reader.ready()
        await off_loop(lambda: publish(("other", {})))
        here = str(await off_loop(outbox.latest))
        await reader.until(lambda: f"id: {here}\n: still here".encode() in reader.sent)

    with_hub(scenario)


def test_streams_end_when_the_process_stops_and_without_a_ticket_there_is_none() -> None:
    async def scenario(hub: Hub) -> None:
        reader, stranger = Reader(hub, "desk"), Reader(hub)
        await reader.ready()
        await stranger.task
        assert stranger.status == 403
        hub.close_streams()
        async with asyncio.timeout(1):
            await reader.task

    with_hub(scenario)


def test_reading_goes_on_after_the_database_dropped_every_connection() -> None:
    async def scenario(hub: Hub) -> None:
        reader = Reader(hub, "desk")
        await reader.ready()

        def drop() -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        await off_loop(drop)
        await off_loop(lambda: publish(("desk", {"n": 1})))
        await reader.until(lambda: len(reader.events) == 1)

    with_hub(scenario)


def test_a_stream_ends_as_soon_as_the_right_to_it_is_gone() -> None:
    valid = {"ana", "ben"}

    async def scenario(hub: Hub) -> None:
        ana, ben, anybody = Reader(hub, "desk", right="ana"), Reader(hub, "desk", right="ben"), Reader(hub, "desk")
        for reader in (ana, ben, anybody):
            await reader.ready()
        valid.discard("ben")
        async with asyncio.timeout(5):
            await ben.task
        assert ben.events == [("resync", "{}")]
        await off_loop(lambda: publish(("desk", {"n": 1})))
        for reader in (ana, anybody):
            await reader.until(lambda reader=reader: len(reader.events) == 1)  # type: ignore[misc]
        assert ben.events == [("resync", "{}")]

    with_hub(scenario, in_force=lambda rights: valid.intersection(rights), rights_every=0.02)


def test_a_forged_ticket_is_nothing() -> None:
    ticket = streams.ticket(agent=7, topics=["desk"])
    assert streams.from_ticket(ticket) is not None
    assert streams.from_ticket(ticket[:-2] + "xx") is None
    assert streams.from_ticket("") is None


def test_the_memory_bus_hands_notices_to_those_subscribed() -> None:
    async def scenario() -> None:
        bus = MemoryBus()
        notices = bus.subscribe("a")
        await bus.publish("a", "1")
        await bus.publish("b", "2")
        await bus.publish("a", "3")
        await bus.close()
        assert [notice async for notice in notices] == ["1", "3"]

    asyncio.run(scenario())


def test_the_postgres_bus_listens_again_after_a_lost_connection() -> None:
    async def scenario() -> None:
        bus = PostgresBus(database.parameters)
        bus.start()
        notices = bus.subscribe("holdfast_test")
        async with asyncio.timeout(5):
            assert await anext(notices) == ""  # it listens now
            await bus.publish("holdfast_test", "1")
            assert await anext(notices) == "1"
            await off_loop(
                lambda: connection.cursor().execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holdfast bus'"
                    " AND datname = current_database()"
                )
            )
            assert await anext(notices) == ""  # what passed meanwhile is unknown, so: look again
            await bus.publish("holdfast_test", "2")
            assert await anext(notices) == "2"
        await bus.close()

    asyncio.run(scenario())
