"""Reading a mailbox by UID: read flags mean nothing, an outage of days is caught up, and the counts must agree.

The position (`UIDVALIDITY`, last UID) moves only after the mails up to it are stored. A mailbox that was rebuilt is
read from its start again; what is already stored is recognised by its key and counted as known.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import structlog
from django.db import transaction

from holdfast.channels.email_in import incoming_from_mail
from holdfast.channels.models import Mailbox
from holdfast.intake.accept import accept_now
from holdfast.kit import clock
from holdfast.kit.blobs import BlobStore

log = structlog.get_logger(__name__)
BATCH = 50
TIMEOUT_SECONDS = 60


class MailboxUnavailable(Exception):
    """The mailbox could not be read; the sentence says why and what was not lost."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What one look at a mailbox brought. `seen == stored + known` always holds."""

    seen: int
    stored: int
    known: int


@dataclass(frozen=True, slots=True)
class Account:
    host: str
    port: int
    user: str
    password: str
    folder: str
    security: str

    @classmethod
    def parse(cls, url: str) -> Account:
        """Read `imaps://user:password@host:port/folder`, `imap+starttls://…`, or `imap://…` (loopback only).

        Raises `ValueError` with a sentence. A plain connection to another machine is refused, not downgraded to.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in {"imap", "imaps", "imap+starttls"} or not host or not parts.username:
            raise ValueError("HOLDFAST_IMAP_URL should look like imaps://user:password@host/INBOX.")
        if parts.scheme == "imap" and host not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError("HOLDFAST_IMAP_URL: use imaps:// or imap+starttls:// for a server on another machine.")
        folder = unquote(parts.path.lstrip("/")) or "INBOX"
        port = parts.port or (993 if parts.scheme == "imaps" else 143)
        return cls(host, port, unquote(parts.username), unquote(parts.password or ""), folder, parts.scheme)

    @property
    def name(self) -> str:
        return f"{self.user}@{self.host}/{self.folder}"


def poll(url: str, *, blobs: BlobStore, max_bytes: int) -> Polled:
    """Store every mail that came since the last look. Raises `MailboxUnavailable`; the position is then unchanged.

    A mail larger than `max_bytes` is stored with its first mebibyte, so that it is seen by a person.
    """
    account = Account.parse(url)
    mailbox, _ = Mailbox.objects.get_or_create(name=account.name)
    before = (mailbox.seen, mailbox.stored, mailbox.known)
    try:
        with _selected(account) as (connection, validity):
            if mailbox.uid_validity != validity:
                mailbox.uid_validity, mailbox.last_uid = validity, 0
            for uids in _batches(_new_uids(connection, mailbox.last_uid)):
                _store(connection, mailbox, uids, blobs=blobs, max_bytes=max_bytes)
    except (imaplib.IMAP4.error, OSError) as error:
        sentence = (
            f"The mailbox {account.name} could not be read ({error}). Nothing is lost: the next look goes on there."
        )
        Mailbox.objects.filter(pk=mailbox.pk).update(error=sentence[:300])
        raise MailboxUnavailable(sentence) from error
    mailbox.error, mailbox.polled_at = "", clock.now()
    mailbox.save()
    seen, stored, known_ = (
        new - old for new, old in zip((mailbox.seen, mailbox.stored, mailbox.known), before, strict=True)
    )
    return Polled(seen, stored, known_)


@contextmanager
def _selected(account: Account) -> Iterator[tuple[imaplib.IMAP4, int]]:
    if account.security == "imaps":
        context = ssl.create_default_context()
        connection: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            account.host, account.port, ssl_context=context, timeout=TIMEOUT_SECONDS
        )
    else:
        connection = imaplib.IMAP4(account.host, account.port, timeout=TIMEOUT_SECONDS)
    try:
        if account.security == "imap+starttls":
            connection.starttls(ssl.create_default_context())
        connection.login(account.user, account.password)
        # Read-only, and the fetch peeks: a person who shares this mailbox finds her read flags as she left them.
        status, data = connection.select(f'"{account.folder}"', readonly=True)
        if status != "OK":
            raise imaplib.IMAP4.error(f"there is no folder {account.folder}: {data!r}")
        validity = connection.response("UIDVALIDITY")[1][0]
        yield connection, int(validity or 0)
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            connection.logout()


def _new_uids(connection: imaplib.IMAP4, last: int) -> list[int]:
    _, data = connection.uid("SEARCH", f"UID {last + 1}:*")
    found = (int(word) for word in (data[0] or b"").split())
    # `n:*` always names the last mail, also when its UID is below n (RFC 3501 6.4.8).
    return sorted(uid for uid in found if uid > last)


def _batches(uids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(uids), BATCH):
        yield uids[start : start + BATCH]


def _store(connection: imaplib.IMAP4, mailbox: Mailbox, uids: list[int], *, blobs: BlobStore, max_bytes: int) -> None:
    incomings = []
    for uid in uids:
        raw = _fetch(connection, uid, max_bytes)
        if raw is not None:  # deleted by somebody between the search and the fetch
            incomings.append(incoming_from_mail(raw, blobs=blobs))
    with transaction.atomic():
        started = clock.now()
        fresh = {accepted.receipt for accepted in accept_now(incomings) if accepted.accepted_at >= started}
        mailbox.last_uid = uids[-1]
        mailbox.seen += len(incomings)
        mailbox.stored += len(fresh)
        mailbox.known += len(incomings) - len(fresh)
        mailbox.save()


def _fetch(connection: imaplib.IMAP4, uid: int, max_bytes: int) -> bytes | None:
    _, sized = connection.uid("FETCH", str(uid), "(RFC822.SIZE)")
    match = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(part for part in sized if isinstance(part, bytes)))
    size = int(match.group(1)) if match else 0
    item = "(BODY.PEEK[])" if size <= max_bytes else "(BODY.PEEK[]<0.1048576>)"
    _, data = connection.uid("FETCH", str(uid), item)
    for part in data:
        if isinstance(part, tuple):
            if size > max_bytes:
                log.warning("mail_cut", uid=uid, size=size)
            return bytes(part[1])
    return None
