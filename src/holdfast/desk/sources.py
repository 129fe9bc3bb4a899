"""The raw source a message arrived as, and the sealed sender that guards it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings

from holdfast.conversations.errors import Refused
from holdfast.conversations.scanning import why_held
from holdfast.guard.fields import Sealed
from holdfast.intake.senders import file_name_of, raw_of
from holdfast.kit.blobs import BlobStore

if TYPE_CHECKING:
    from holdfast.conversations.models import Attachment, Conversation


@dataclass(frozen=True, slots=True)
class RawSource:
    """Where the bytes of one message are kept, or its words as they were written where it came without bytes.

    It names the sender and holds what was masked, so it is a reveal: `sender` is what that opens.
    """

    digest: str
    words: str
    sender: Sealed

    def read(self, *, most: int) -> str | None:
        """Return the start of the source as text, `most` characters at most; `None` when it is not kept any more."""
        if not self.digest:
            return self.words[:most]
        try:
            with BlobStore(settings.BLOB_DIR).path(self.digest).open("rb") as file:
                content = file.read(most * 4)
        except (OSError, ValueError):
            return None
        return content.decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")[:most]


def raw_source(*, conversation: Conversation, message_id: UUID) -> RawSource | None:
    """Return the source of a message of this conversation, `None` when nobody sent it.

    Raises `Refused` for what a virus scanner found something in, or has not looked through.
    """
    contact_id = conversation.messages.filter(pk=message_id).values_list("contact_id", flat=True).first()
    found = raw_of(contact_id) if contact_id else None
    if found is None:
        return None
    if why := _why_held(found.digest):
        raise Refused(why)
    return RawSource(digest=found.digest, words=found.words, sender=found.sender)


def _why_held(digest: str) -> str:
    if not digest or not settings.CLAMD:
        return ""
    try:
        return why_held(digest, BlobStore(settings.BLOB_DIR).get(digest))
    except (OSError, ValueError):
        return ""  # it is not kept any more, which is said when it is asked for


def own_name(file: Attachment) -> str:
    """Return what the customer called this file, which is for whoever takes it; lists show it without values."""
    sent_as = file_name_of(file.message.contact_id, digest=file.digest) if file.message.contact_id else ""
    return sent_as or file.name
