"""Looking at the mailbox, every half minute."""

from __future__ import annotations

import structlog
from django.conf import settings
from procrastinate.contrib.django import app

from holdfast.channels import imap
from holdfast.kit.blobs import BlobStore

log = structlog.get_logger(__name__)


@app.periodic(cron="* * * * * */30")
@app.task(queue="now", queueing_lock="poll_mailbox", lock="poll_mailbox")
def poll_mailbox(timestamp: int) -> None:
    """Store what came to the mailbox, if one is set up. An unreachable server is written down and tried again."""
    if not settings.IMAP_URL:
        return
    try:
        polled = imap.poll(settings.IMAP_URL, blobs=BlobStore(settings.BLOB_DIR), max_bytes=settings.MAX_MAIL_BYTES)
    except imap.MailboxUnavailable as error:
        log.warning("mailbox_unavailable", detail=str(error))
        return
    if polled.seen:
        log.info("mailbox_read", seen=polled.seen, stored=polled.stored, known=polled.known)
