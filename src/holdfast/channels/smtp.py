"""The SMTP receiver, inside the web process: `250` is said only after the same commit as the door's `202`.

It only receives. Every mail becomes a contact, whatever its recipient, and nothing is relayed.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from holdfast.channels.email_in import incoming_from_mail
from holdfast.intake.accept import Intake, Overloaded, Unstorable
from holdfast.kit.blobs import BlobStore

log = structlog.get_logger(__name__)


@dataclass
class SmtpReceiver:
    """A running receiver. `close` stops listening and lets mails in transfer finish or time out."""

    server: asyncio.Server
    readers: ThreadPoolExecutor
    port: int

    async def close(self) -> None:
        self.server.close()
        await self.server.wait_closed()
        self.readers.shutdown(wait=False, cancel_futures=True)


class _Receiver(SMTP):
    # RFC 5321 4.5.3.1.6: 1,000 octets a line, and receivers should take more where they can. Real mailers send more.
    line_length_limit = 2**20


class _Handler:
    def __init__(self, intake: Intake, blobs: BlobStore, readers: ThreadPoolExecutor) -> None:
        self._intake = intake
        self._blobs = blobs
        self._readers = readers

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        raw = envelope.original_content or b""
        try:
            incoming = await asyncio.get_running_loop().run_in_executor(
                self._readers, lambda: incoming_from_mail(raw, blobs=self._blobs)
            )
            accepted = await self._intake.accept(incoming)
        except Overloaded:
            return "451 4.3.2 Too much mail at once. Please try again in a minute."
        except Unstorable:
            return "554 5.6.0 This mail cannot be kept in any form."
        except OSError as error:
            log.error("mail_not_stored", error=type(error).__name__)
            return "452 4.3.1 No room to keep this mail. Please try again later."
        return f"250 2.0.0 Kept, receipt {accepted.receipt}"

    async def handle_exception(self, error: Exception) -> str:
        log.error("smtp_session_failed", error=type(error).__name__)
        return "451 4.3.0 Something went wrong here. Please try again."


async def start(intake: Intake, *, host: str, port: int, blobs: BlobStore, max_bytes: int) -> SmtpReceiver:
    """Listen on `host:port` (0: any free one) and hand every mail of at most `max_bytes` to `intake`."""
    loop = asyncio.get_running_loop()
    readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")
    handler = _Handler(intake, blobs, readers)

    def session() -> SMTP:
        return _Receiver(
            handler, data_size_limit=max_bytes, enable_SMTPUTF8=True, ident="Holdfast", timeout=120, loop=loop
        )

    server = await loop.create_server(session, host=host, port=port)
    return SmtpReceiver(server, readers, server.sockets[0].getsockname()[1])
