"""Live screens: one outbox reader per process, and server-sent events for any number of clients.

A client gets the events of its topics in order, each with its position; after a drop it says the last one it saw and
gets what it missed. A client too slow for its queue is told to `resync`: to fetch what it shows afresh.
Format: https://html.spec.whatwg.org/multipage/server-sent-events.html section 9.2.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Collection, Hashable, MutableMapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from django.core import signing
from django.db import DatabaseError, connection
from prometheus_client import Counter, Gauge

from holdfast.kit import outbox
from holdfast.kit.bus import Subscription
from holdfast.kit.clock import now
from holdfast.kit.models import OutboxEvent
from holdfast.kit.outbox import Cursor

_log = structlog.get_logger(__name__)
_clients = Gauge("holdfast_stream_clients", "Open streams.")
_resyncs = Counter("holdfast_stream_resyncs", "Streams told to fetch afresh.")
TICKET_SALT = "stream"
TICKET_SECONDS = 12 * 3600
_RIGHTS_EVERY = 3.0  # seconds
_PATIENCE = 5.0  # seconds for one look at the database, which may hang
_PAGE = 500
_LONGEST_REPLAY = 5000

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Event = tuple[Cursor, str, dict[str, Any]]
InForce = Callable[[Collection[Any]], Collection[Any]]
"""Returns those of some rights that still hold. Runs on a thread with a database connection."""


@dataclass(frozen=True, slots=True)
class Listening:
    """What a client may hear, and from where it begins when it does not say itself.

    With a `right` the client is heard only as long as that holds; without, until it leaves.
    """

    topics: Collection[str]
    since: Cursor | None = None
    right: Hashable = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """For whom a page was made, and what it may hear from then on."""

    agent: int
    topics: frozenset[str]
    since: Cursor | None


def ticket(*, agent: int, topics: Collection[str]) -> str:
    """Return a signed ticket for `/events?ticket=`, for a page rendered now: nothing after this moment is missed.

    It says what a page wants to hear; whoever shows it has to be signed in as that agent besides.
    """
    return signing.dumps({"agent": agent, "topics": sorted(topics), "since": str(outbox.latest())}, salt=TICKET_SALT)


def from_ticket(text: str) -> Ticket | None:
    """Read a ticket; `None` when it is forged or older than twelve hours."""
    try:
        said = signing.loads(text, salt=TICKET_SALT, max_age=TICKET_SECONDS)
        return Ticket(said["agent"], frozenset(said["topics"]), Cursor.parse(said.get("since", "")))
    except (signing.BadSignature, KeyError, TypeError):
        return None


def forget_older_than(age: timedelta) -> int:
    """Remove old events; a client that comes back with an older position is told to `resync`. Returns how many."""
    return OutboxEvent.objects.filter(created_at__lt=now() - age).delete()[0]


class Client:
    """One open stream: its topics and the frames it has not been sent yet."""

    def __init__(self, topics: Collection[str], *, size: int, right: Hashable = None) -> None:
        self.topics = topics
        self.right = right
        self.frames: deque[bytes] = deque()
        self.ready = asyncio.Event()
        self.closed = False
        self.seen = Cursor(0, 0)
        self._size = size

    def wants(self, topic: str) -> bool:
        """Tell whether `topic` is one of its own: the same, or below a prefix that ends in a colon."""
        return topic in self.topics or f"{topic.partition(':')[0]}:" in self.topics

    def put(self, position: Cursor, frame: bytes) -> None:
        """Queue a frame unless the client has it; with a full queue, tell it to fetch afresh instead."""
        if _order(position) <= _order(self.seen):
            return
        self.seen = position
        if len(self.frames) >= self._size:
            self.frames.clear()
            frame = resync(position)
        self.frames.append(frame)
        self.ready.set()

    def dismiss(self, position: Cursor) -> None:
        """End the stream at once. The screen fetches afresh what it may still see, and may ask for another stream."""
        self.frames.clear()
        self.frames.append(resync(position))
        self.close()

    def close(self) -> None:
        """End the stream after the frames that are queued."""
        self.closed = True
        self.ready.set()


class Hub:
    """Reads the outbox when woken and hands each event to the clients that want it."""

    def __init__(
        self,
        *,
        executor: Executor,
        queue_size: int = 2000,
        in_force: InForce = lambda rights: rights,
        rights_every: float = _RIGHTS_EVERY,
    ) -> None:
        self._executor = executor
        self._queue_size = queue_size
        self._in_force = in_force
        self._rights_every = rights_every
        self._clients: set[Client] = set()
        self._exact: defaultdict[str, set[Client]] = defaultdict(set)
        self._position: Cursor | None = None
        self._wake = asyncio.Event()
        self._look = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._started = asyncio.Event()

    def start(self, notices: Subscription, rights: Subscription | None = None) -> None:
        """Begin to read, woken by `notices` and each second. A notice of `rights` has all rights looked at at once."""
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._listen(notices, self._wake)),
            *([loop.create_task(self._listen(rights, self._look))] if rights is not None else []),
            loop.create_task(self._read(), name="outbox-reader"),
            loop.create_task(self._look_at_rights(), name="stream-rights"),
        ]

    async def close(self) -> None:
        """End all streams and stop reading."""
        self.close_streams()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def close_streams(self) -> None:
        """End all streams; clients come back with the last position they saw."""
        for client in list(self._clients):
            client.close()

    async def open(self, listening: Listening) -> Client:
        """Register a client that gets everything after `listening.since`, or after now. Raises `TimeoutError`."""
        async with asyncio.timeout(5):
            await self._started.wait()
        client = Client(frozenset(listening.topics), size=self._queue_size, right=listening.right)
        here = self._position or Cursor(0, 0)
        # From here on live events reach the client; what lies before is read now and put in front of them.
        self._clients.add(client)
        _clients.set(len(self._clients))
        for topic in client.topics:
            self._exact[topic].add(client)
        since = listening.since
        client.seen = here if since is None else since
        if since is not None and _order(since) < _order(here):
            client.seen = here
            try:
                missed = await self._missed(client, since, here)
            except BaseException:
                self.leave(client)
                raise
            client.frames.extendleft(reversed(missed))
        client.ready.set()
        return client

    def leave(self, client: Client) -> None:
        """Forget a client."""
        self._clients.discard(client)
        _clients.set(len(self._clients))
        for topic in client.topics:
            self._exact[topic].discard(client)
            if not self._exact[topic]:
                del self._exact[topic]

    def reached(self, client: Client) -> Cursor:
        """Return the position up to which `client` has everything, once its queue is empty."""
        return max(client.seen, self._position or client.seen, key=_order)

    async def _missed(self, client: Client, since: Cursor, until: Cursor) -> list[bytes]:
        frames: list[bytes] = []
        if await self._outbox(lambda: _is_pruned(since)):
            _resyncs.inc()
            return [resync(until)]
        for _ in range(_LONGEST_REPLAY // _PAGE):
            page = await self._outbox(partial(outbox.after, since, limit=_PAGE))
            for position, topic, payload in page:
                if _order(position) > _order(until):
                    return frames
                if client.wants(topic):
                    frames.append(frame_of(position, topic, payload))
            if len(page) < _PAGE:
                return frames
            since = page[-1][0]
        _resyncs.inc()
        return [resync(until)]

    async def _listen(self, notices: Subscription, heard: asyncio.Event) -> None:
        async for _ in notices:
            heard.set()

    async def _read(self) -> None:
        pause = 1.0
        while True:
            try:
                if self._position is None:
                    self._position = await self._outbox(outbox.latest)
                    self._started.set()
                page = await self._outbox(partial(outbox.after, self._position, limit=_PAGE))
            except (DatabaseError, OSError) as error:
                _log.warning("outbox cannot be read", error=str(error).strip().split("\n")[0] or "hangs")
                await asyncio.sleep(1.0)
                continue
            for event in page:
                self._hand_out(event)
            if len(page) == _PAGE:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            # An event that an older open transaction still holds back gets no notice of its own when that one ends, so
            # after a notice the outbox is looked at soon, and less and less often.
            pause = 0.02 if self._wake.is_set() else min(2 * pause, 1.0)
            self._wake.clear()

    async def _look_at_rights(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rights_every):
                    await self._look.wait()
            self._look.clear()
            rights = {client.right for client in self._clients} - {None}
            if not rights:
                continue
            try:
                kept = await self._outbox(partial(self._in_force, rights))
            except (DatabaseError, OSError):
                continue  # without the database there is nothing to hear either
            for client in [client for client in self._clients if client.right in rights.difference(kept)]:
                client.dismiss(self.reached(client))

    def _hand_out(self, event: Event) -> None:
        position, topic, payload = event
        self._position = position
        clients = self._exact.get(topic, set()) | self._exact.get(f"{topic.partition(':')[0]}:", set())
        if clients:
            frame = frame_of(position, topic, payload)
            for client in clients:
                client.put(position, frame)

    async def _outbox(self, read: Callable[[], Any]) -> Any:
        async with asyncio.timeout(_PATIENCE):
            return await asyncio.get_running_loop().run_in_executor(self._executor, _with_fresh_connection, read)


class StreamApp:
    """The ASGI application of a stream. `listening_of` says what a request may hear, or `None` for 403."""

    def __init__(
        self, hub: Hub, listening_of: Callable[[Message], Awaitable[Listening | None]], *, heartbeat: float = 15.0
    ) -> None:
        self._hub = hub
        self._listening_of = listening_of
        self._heartbeat = heartbeat

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await _plain(send, 405, b"Only GET is answered here.", (b"allow", b"GET"))
            return
        try:
            listening = await self._listening_of(scope)
            if listening is None:
                await _plain(send, 403, b"This stream needs a valid ticket. Reload the page.")
                return
            seen = next((value for name, value in scope["headers"] if name == b"last-event-id"), b"")
            since = Cursor.parse(seen.decode("latin-1")) or listening.since
            client = await self._hub.open(replace(listening, since=since))
        except (DatabaseError, OSError, TimeoutError):
            await _plain(send, 503, b"Live updates are not available now.", (b"retry-after", b"5"))
            return
        leaving = asyncio.get_running_loop().create_task(_until_disconnect(receive, client))
        try:
            await self._serve(client, send)
        finally:
            leaving.cancel()
            self._hub.leave(client)

    async def _serve(self, client: Client, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        position = client.seen
        frames = [b"retry: 2000\nevent: ready\ndata: {}\n\n", *client.frames]
        if len(frames) == 1:  # a drop before the first event must not lose the position
            frames[0] = b"id: %s\n" % str(position).encode() + frames[0]
        client.frames.clear()
        client.ready.clear()
        while True:
            if frames:
                # A reader that takes nothing for half a minute is gone, whatever its socket says.
                async with asyncio.timeout(30):
                    await send({"type": "http.response.body", "body": b"".join(frames), "more_body": True})
            if client.closed:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            try:
                async with asyncio.timeout(self._heartbeat):
                    await client.ready.wait()
            except TimeoutError:
                # With the position, so that a quiet client does not come back asking for everybody else's events.
                frames = [b"id: %s\n: still here\n\n" % str(self._hub.reached(client)).encode()]
                continue
            client.ready.clear()
            frames = list(client.frames)
            client.frames.clear()


def frame_of(position: Cursor, topic: str, payload: dict[str, Any]) -> bytes:
    """Return one event as it goes over the wire."""
    data = json.dumps({**payload, "topic": topic}, separators=(",", ":"))
    return f"id: {position}\nevent: {topic.partition(':')[0]}\ndata: {data}\n\n".encode()


def resync(position: Cursor) -> bytes:
    """Return the event that tells a client to fetch what it shows afresh."""
    return f"id: {position}\nevent: resync\ndata: {{}}\n\n".encode()


def _is_pruned(since: Cursor) -> bool:
    """Tell whether events after `since` may have been removed already."""
    oldest = OutboxEvent.objects.order_by("transaction", "id").values_list("transaction", "id").first()
    return oldest is not None and _order(since) > (0, 0) and oldest > _order(since)


def _order(position: Cursor) -> tuple[int, int]:
    return position.transaction, position.id


def _with_fresh_connection(read: Callable[[], Sequence[Event]]) -> Any:
    """Run on a worker thread; a connection that failed is closed, so that the next reading opens another."""
    try:
        return read()
    except DatabaseError:
        connection.close()
        raise


async def _until_disconnect(receive: Receive, client: Client) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    client.close()


async def _plain(send: Send, status: int, text: bytes, *headers: tuple[bytes, bytes]) -> None:
    own = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": text})
