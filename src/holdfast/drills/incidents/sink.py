"""A mail server for a drill: it takes every mail, tells nobody, and knows afterwards who got what."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrived; `id` is its Message-ID."""

    to: str
    id: str
    text: str


class Sink:
    """What was taken so far, in the order in which it came."""

    def __init__(self) -> None:
        self.port = 0
        self._taken: list[tuple[str, bytes]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self._taken += [(address, content) for address in envelope.rcpt_tos]
        return "250 taken"

    def mails(self) -> list[Mail]:
        """Return the mails since the last call."""
        taken, self._taken = self._taken, []
        return [_read(address, content) for address, content in taken]


@contextmanager
def mail_server() -> Iterator[Sink]:
    """Let a mail server run on a free port of this machine for as long as the `with` block lasts."""
    sink, loop = Sink(), asyncio.new_event_loop()

    async def listen() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(sink, loop=loop), "127.0.0.1", 0)

    server = loop.run_until_complete(listen())
    sink.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="drill mail server", daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def _read(address: str, content: bytes) -> Mail:
    read = message_from_bytes(content, policy=policy.default)
    body = read.get_body(("plain",))
    return Mail(address, str(read["message-id"]), body.get_content() if body is not None else "")
