"""Mail over real SMTP: 250 means committed, whatever the bytes."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync

from holdfast.channels import smtp
from holdfast.channels.email_in import copy_key
from holdfast.intake.accept import Accepted, Overloaded
from holdfast.intake.contact import Incoming
from holdfast.kit.blobs import BlobStore
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7


@dataclass
class Recorder:
    """Stands for the door: remembers what was handed in, and refuses when told to."""

    kept: list[Incoming] = field(default_factory=list)
    refusal: Exception | None = None

    async def accept(self, incoming: Incoming) -> Accepted:
        if self.refusal is not None:
            raise self.refusal
        self.kept.append(incoming)
        return Accepted(uuid7(), now())


@dataclass
class Server:
    port: int
    door: Recorder
    blobs: BlobStore

    def send(self, raw: bytes, *, sender: str = "maren@example.com") -> tuple[int, bytes]:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as client:
            client.ehlo()
            client.mail(sender)
            client.rcpt("support@support.localhost")
            return client.data(raw)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    door, blobs = Recorder(), BlobStore(tmp_path)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> smtp.SmtpReceiver:
        return await smtp.start(door, host="127.0.0.1", port=0, blobs=blobs, max_bytes=200_000)

    receiver = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
    yield Server(receiver.port, door, blobs)
    asyncio.run_coroutine_threadsafe(receiver.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def mail(subject: str = "Rent", text: str = "Where is my salary?") -> bytes:
    message = EmailMessage()
    message["From"] = "Maren <maren@example.com>"
    message["To"] = "support@support.localhost"
    message["Subject"] = subject
    message["Message-ID"] = "<one@example.com>"
    message.set_content(text)
    return message.as_bytes()


def test_a_mail_is_acknowledged_with_its_receipt_and_its_source_is_kept(server: Server) -> None:
    code, answer = server.send(mail())
    assert code == 250
    assert b"receipt" in answer
    (kept,) = server.door.kept
    assert (kept.channel, kept.subject, kept.text) == ("email", "Rent", "Where is my salary?")
    assert kept.sender == {"email": "maren@example.com", "name": "Maren"}
    assert b"Where is my salary?" in server.blobs.get(kept.raw)


def test_what_the_door_does_not_take_is_not_acknowledged(server: Server) -> None:
    server.door.refusal = Overloaded("full")
    code, answer = server.send(mail())
    assert code == 451
    assert b"try again" in answer
    assert server.door.kept == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00\xff\xfe", b"Subject: =?x?q?=ff?=\n\n\xff", b"\n" * 100, b"A" * 150_000, b"From\n" * 3000],
    ids=["empty", "nul", "bad charset", "blank lines", "one long line", "no headers"],
)
def test_any_bytes_become_a_contact(server: Server, raw: bytes) -> None:
    code, answer = server.send(raw)
    assert code == 250, answer
    assert server.door.kept[0].payload["kind"] in {"unreadable", "message"}


def test_a_mail_over_the_size_limit_is_refused_with_the_reason(server: Server) -> None:
    code, answer = server.send(mail(text="word " * 60_000))
    assert code == 552
    assert b"too much" in answer.lower()
    assert server.door.kept == []


def test_two_copies_of_one_mail_have_one_key_and_other_words_another() -> None:
    raw = mail()
    travelled = b"Received: from a\r\n\tby b\r\nX-Spam: no\r\nDelivered-To: x@y\r\n" + raw.replace(b"\n", b"\r\n")
    assert copy_key(raw) == copy_key(travelled)
    assert copy_key(raw) != copy_key(mail(text="Something else"))


def test_nothing_listens_after_close(tmp_path: Path) -> None:
    async def run() -> int:
        receiver = await smtp.start(Recorder(), host="127.0.0.1", port=0, blobs=BlobStore(tmp_path), max_bytes=1000)
        await receiver.close()
        return receiver.port

    port = async_to_sync(run)()
    with pytest.raises(OSError):
        smtplib.SMTP("127.0.0.1", port, timeout=2)
