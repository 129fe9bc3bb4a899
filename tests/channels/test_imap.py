"""Polling a real IMAP server: read flags, outages, rebuilt mailboxes and poison mails lose nothing."""

from __future__ import annotations

import imaplib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import pytest

from holdfast.channels.imap import Account, MailboxUnavailable, poll
from holdfast.channels.models import Mailbox
from holdfast.intake.models import Contact
from holdfast.kit.blobs import BlobStore

pytestmark = pytest.mark.django_db


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """pymap with its in-memory backend, in a process of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("pymap")), "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--no-tls", "--no-service", "admin", "dict", "--demo-user", "desk", "--demo-password", "secret"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                imaplib.IMAP4("127.0.0.1", self.port, timeout=2).logout()
                return
            except OSError:
                time.sleep(0.05)  # the only way to know that a foreign process listens is to try
        raise TimeoutError("pymap did not start")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    @property
    def url(self) -> str:
        return f"imap://desk:secret@127.0.0.1:{self.port}/INBOX"

    def client(self) -> imaplib.IMAP4:
        connection = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        connection.login("desk", "secret")
        return connection

    def deliver(self, *mails: bytes, flags: str = "") -> None:
        connection = self.client()
        for raw in mails:
            status, _ = connection.append("INBOX", flags, imaplib.Time2Internaldate(time.time()), raw)
            assert status == "OK"
        connection.logout()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def mail(number: int) -> bytes:
    message = EmailMessage()
    message["From"] = f"customer{number}@example.com"
    message["Subject"] = f"Question {number}"
    message.set_content(f"Words of question {number}")
    return message.as_bytes()


def look(server: Server, blobs: BlobStore) -> tuple[int, int, int]:
    polled = poll(server.url, blobs=blobs, max_bytes=100_000)
    return polled.seen, polled.stored, polled.known


def test_mails_somebody_has_already_read_arrive_too(server: Server, blobs: BlobStore) -> None:
    server.deliver(mail(1), flags="\\Seen")
    server.deliver(mail(2))
    assert look(server, blobs) == (2, 2, 0)
    assert look(server, blobs) == (0, 0, 0)
    assert set(Contact.objects.values_list("text", flat=True)) == {"Words of question 1", "Words of question 2"}


def test_polling_leaves_the_read_flags_alone(server: Server, blobs: BlobStore) -> None:
    server.deliver(mail(1))
    look(server, blobs)
    connection = server.client()
    connection.select("INBOX", readonly=True)
    assert connection.search(None, "UNSEEN")[1][0].split() == [b"1"]
    connection.logout()


def test_a_server_that_was_away_is_caught_up_and_nothing_counts_twice(server: Server, blobs: BlobStore) -> None:
    server.deliver(*(mail(n) for n in range(3)))
    look(server, blobs)
    server.stop()
    with pytest.raises(MailboxUnavailable, match="Nothing is lost"):
        poll(server.url, blobs=blobs, max_bytes=100_000)
    assert Mailbox.objects.get().error
    server.start()  # in memory: it comes back empty with a new UIDVALIDITY, as after a restore
    server.deliver(*(mail(n) for n in range(130)))
    assert look(server, blobs) == (130, 127, 3)
    mailbox = Mailbox.objects.get()
    assert mailbox.error == ""
    assert mailbox.seen == mailbox.stored + mailbox.known == 133
    assert Contact.objects.count() == 130


def test_a_mail_without_an_id_and_a_mail_that_is_not_one_arrive(server: Server, blobs: BlobStore) -> None:
    server.deliver(
        b"\xff\xfe garbage", b"Auto-Submitted: auto-replied\r\nFrom: a@example.com\r\n\r\nOut of office", mail(9)
    )
    assert look(server, blobs) == (3, 3, 0)
    kinds = sorted(payload["kind"] for payload in Contact.objects.values_list("payload", flat=True))
    assert kinds == ["auto_reply", "message", "unreadable"] or kinds == ["auto_reply", "message", "message"]


def test_a_huge_mail_is_seen_and_does_not_stop_the_others(server: Server, blobs: BlobStore) -> None:
    huge = mail(1) + b"\r\n" + b"x" * 76 * 10_000
    server.deliver(huge, mail(2))
    assert look(server, blobs) == (2, 2, 0)


@pytest.mark.parametrize(
    "url", ["imap://u:p@mail.example.com/INBOX", "https://u:p@mail.example.com", "imaps://mail.example.com"]
)
def test_an_unsafe_or_incomplete_address_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match="HOLDFAST_IMAP_URL"):
        Account.parse(url)
