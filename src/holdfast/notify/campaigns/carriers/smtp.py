"""Mail over one SMTP connection that is kept: commands in groups (PIPELINING, RFC 2920), one round trip per mail.

`smtplib` connects, greets, starts TLS and signs in. Then the end of one mail and the commands of the next go out
together: RFC 2920 3.1 lets a mail's text be the first command of a group, and DATA be its last. So at any moment at
most one mail is on its way without an answer, and only that one is unknown when the connection breaks.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from typing import BinaryIO
from uuid import UUID

from django.conf import settings

from holdfast.kit.clock import now
from holdfast.notify.campaigns.carriers.contract import Away
from holdfast.notify.campaigns.contract import Letter
from holdfast.notify.campaigns.mails import Form, written
from holdfast.notify.outcomes import BROKE_OFF, SENT, Kind, Outcome, smtp_said

_LONGEST_REPLY = 2_000
_CLOSING = 421  # RFC 5321 3.8: the server is about to close the connection


class Broken(Exception):
    """The connection is of no use any more."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A mail whose commands can be sent."""

    id: UUID
    commands: tuple[bytes, bytes, bytes]
    text: bytes


class SmtpCarrier:
    """Hands mails to the configured mail server."""

    def __init__(self, form: Callable[[Letter], Form]) -> None:
        self._form = form
        self._smtp: smtplib.SMTP | None = None
        self._replies: BinaryIO | None = None
        self._sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].encode()
        self._half_way = False

    def hand_over(self, letters: Sequence[Letter], go_on: Callable[[], bool]) -> Iterator[tuple[UUID, Outcome]]:
        """As `Carrier.hand_over`. After a mail server that is busy or gone, nothing more is tried in this window."""
        self._connect()
        addressed = [(letter, self._on_the_wire(letter.address)) for letter in letters]
        for letter, address in addressed:
            if address is None:
                yield letter.id, Outcome(Kind.NEVER, "The mail server does not take addresses like this one.")
        ready = (self._ready(letter, address) for letter, address in addressed if address is not None and go_on())
        try:
            yield from self._all(ready)
        except (Broken, OSError):
            self.close()

    def close(self) -> None:
        """Take leave if the connection still stands."""
        smtp, self._smtp, self._replies, self._half_way = self._smtp, None, None, False
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                if smtp.sock is not None:
                    smtp.sock.settimeout(1.0)
                    smtp.sock.sendall(b"QUIT\r\n")
            with suppress(OSError):
                smtp.close()

    def _all(self, every: Iterator[_Ready]) -> Iterator[tuple[UUID, Outcome]]:
        """One mail after the other; with PIPELINING the next one's commands go out with this one's text."""
        mail, begun = next(every, None), False
        while mail is not None:
            refusal = self._answers(mail, begun=begun)
            if refusal is not None:
                yield mail.id, refusal
                if refusal.code == _CLOSING:
                    raise Broken
                if refusal.busy:
                    return
                mail, begun = next(every, None), False
                continue
            following = next(every, None)
            begun = self._pipelines and following is not None
            try:
                self._send(mail.text + (b"".join(following.commands) if begun and following else b""))
                code = self._reply()
            except (Broken, OSError):
                yield mail.id, Outcome(Kind.UNKNOWN, BROKE_OFF)
                raise
            outcome = SENT if 200 <= code < 300 else smtp_said(code, f"The mail server refused the mail ({code}).")
            yield mail.id, outcome
            if outcome.busy:
                raise Broken  # the next one's commands may be under way, its text is not: it was not handed over
            mail = following

    def _ready(self, letter: Letter, address: bytes) -> _Ready:
        text = written(letter, self._form(letter), at=now())
        if b"\r\n." in text:
            text = text.replace(b"\r\n.", b"\r\n..")  # RFC 5321 4.5.2
        extra = b"" if address.isascii() else b" SMTPUTF8"
        commands = (b"MAIL FROM:<%s>%s\r\n" % (self._sender, extra), b"RCPT TO:<%s>\r\n" % address, b"DATA\r\n")
        return _Ready(letter.id, commands, text + b".\r\n")

    def _answers(self, mail: _Ready, *, begun: bool) -> Outcome | None:
        """Send the commands of a mail unless they are on their way, and read their answers. `None`: send the text.

        A server may say 354 although it refused the recipient; then it wants an empty text (RFC 2920 3.1).
        """
        if not begun and self._half_way:  # what was refused half-way is still open there (RFC 5321 4.1.1.5)
            self._send(b"RSET\r\n")
            self._reply()
        codes = []
        if not begun and self._pipelines:
            self._send(b"".join(mail.commands))
        for command in mail.commands:
            if not begun and not self._pipelines:
                self._send(command)
            codes.append(self._reply())
            if codes[-1] >= 400 and not begun and not self._pipelines:
                break
        self._half_way = codes[0] < 300
        refused = next((code for code in codes if code >= 400), None)
        if refused is None:
            self._half_way = False
            return None
        if codes[-1] == 354:
            self._send(b".\r\n")
            self._reply()
        what = "this address" if codes[0] < 300 and len(codes) > 1 and codes[1] == refused else "the mail"
        return smtp_said(refused, f"The mail server refused {what} ({refused}).")

    def _send(self, data: bytes) -> None:
        if self._smtp is None or self._smtp.sock is None:
            raise Broken
        self._smtp.sock.sendall(data)

    def _reply(self) -> int:
        """Return the code of one reply, which may have several lines (RFC 5321 4.2.1)."""
        if self._replies is None:
            raise Broken
        while True:
            line = self._replies.readline(_LONGEST_REPLY)
            if len(line) < 4 or not line[:3].isdigit():
                raise Broken
            if line[3:4] != b"-":
                return int(line[:3])

    def _on_the_wire(self, address: str) -> bytes | None:
        """Return the address as the server is told it; `None` when the server cannot be (RFC 6531 3.2)."""
        if address.isascii():
            return address.encode()
        local, _, domain = address.rpartition("@")
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            return None
        if local.isascii():
            return f"{local}@{domain}".encode()
        offered = self._smtp is not None and self._smtp.has_extn("smtputf8")
        return f"{local}@{domain}".encode() if offered else None

    @property
    def _pipelines(self) -> bool:
        return self._smtp is not None and self._smtp.has_extn("pipelining")

    def _connect(self) -> None:
        if self._smtp is not None:
            return
        make = smtplib.SMTP_SSL if settings.EMAIL_USE_SSL else smtplib.SMTP
        try:
            smtp = make(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=settings.EMAIL_TIMEOUT)
            smtp.ehlo()
            if settings.EMAIL_USE_TLS:
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            if settings.EMAIL_HOST_USER:
                smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        except (OSError, smtplib.SMTPException) as error:
            raise Away(f"The mail server could not be reached ({type(error).__name__}).") from error
        if smtp.sock is None:
            raise Away("The mail server could not be reached.")
        self._smtp, self._replies = smtp, smtp.sock.makefile("rb")
