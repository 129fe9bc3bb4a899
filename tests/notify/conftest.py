"""A mail server and a gateway for texts that keep what they get; mails that come in and are answered for real."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import LazySettings
from django.db import connection

from holdfast.channels.email_in import incoming_from_mail
from holdfast.conversations.models import Conversation
from holdfast.desk import routing
from holdfast.desk.models import Queue
from holdfast.intake.accept import accept_now
from holdfast.intake.models import Receipt
from holdfast.kit.blobs import BlobStore
from holdfast.kit.ids import uuid7
from holdfast.notify import deliveries
from holdfast.notify.models import Delivery
from holdfast.notify.replies import reply
from holdfast.people.models import Agent, Role
from holdfast.triage.loop import once


@dataclass
class Gateway:
    """A server that keeps what it is given and answers as told; without a status it hangs up."""

    status: int | None = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    answer: bytes = b""


@pytest.fixture
def gateway(settings: LazySettings) -> Iterator[Gateway]:
    gateway = Gateway()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers["content-length"]))
            gateway.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if gateway.status is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(gateway.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(gateway.answer)))
            self.end_headers()
            self.wfile.write(gateway.answer)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    gateway.url = f"http://127.0.0.1:{server.server_port}/send"
    settings.SMS_URL, settings.SMS_KEY, settings.WEBHOOKS_INSIDE = gateway.url, "synthetic", True
    yield gateway
    server.shutdown()
    server.server_close()


@dataclass
class Sink:
    """A mail server that keeps what it gets, and answers DATA as told."""

    answer: str = "250 OK"
    drop: bool = False
    then: Callable[[], None] | None = None  # what happens elsewhere once a mail was taken
    got: list[Any] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.drop:
            assert server.transport is not None
            server.transport.abort()
            return "250 never heard"
        if self.answer.startswith("250"):
            self.got.append(message_from_bytes(envelope.original_content or b"", policy=default))
        if self.then is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._elsewhere)
        return self.answer

    def _elsewhere(self) -> None:
        assert self.then is not None
        try:
            self.then()
        finally:
            connection.close()


@pytest.fixture
def sink(settings: LazySettings) -> Iterator[Sink]:
    sink, loop = Sink(), asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def listen() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(sink, loop=loop), "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    sink.port = server.sockets[0].getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    yield sink
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)


@pytest.fixture
def agent() -> Agent:
    routing.forget()
    Queue.objects.create(slug="other", name="Everything else", fallback=True)
    Queue.objects.create(slug="parked", name="Parked", parking=True)
    return Agent.objects.create_user("imani@example.com", name="Imani Clarke", role=Role.LEAD)


def written(
    text: str, *, to: str = "support@support.localhost", sender: str = "maren@example.com", **headers: str
) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = headers.pop("subject", "Rent due today")
    mail["Message-ID"] = f"<{uuid7()}@example.com>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def arrives(raw: bytes, tmp_path: Path) -> Conversation:
    """Accept a mail, triage it, and return its conversation."""
    (accepted,) = accept_now([incoming_from_mail(raw, blobs=BlobStore(tmp_path))])
    once()
    return Conversation.objects.get(pk=Receipt.objects.get(pk=accepted.receipt).conversation_id)


def answered(conversation: Conversation, agent: Agent, text: str = "It shows by 18:00.") -> Delivery:
    message = reply(conversation_id=conversation.pk, by=agent.pk, text=text, client_key=str(uuid7()))
    deliveries.send_due()
    return Delivery.objects.get(message=message)
