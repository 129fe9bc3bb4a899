"""Files that come with a contact: decoded, weighed, and stored by content; programs are listed but not kept."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from holdfast.intake.contact import MAX_ATTACHMENT_BYTES, AttachmentIn
from holdfast.intake.problems import Fault, Problem
from holdfast.kit.blobs import BlobStore

_PROGRAM_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *(
            "apk",
            "app",
            "bat",
            "bin",
            "cmd",
            "com",
            "cpl",
            "deb",
            "dll",
            "dmg",
            "exe",
            "hta",
            "iso",
            "jar",
            "js",
            "jse",
        ),
        *("lnk", "msi", "msp", "pif", "pkg", "ps1", "reg", "rpm", "scr", "sh", "sys", "vb", "vbe", "vbs", "wsf", "wsh"),
    )
)
_PROGRAM_TYPES = (
    "application/x-msdownload",
    "application/x-executable",
    "application/x-sh",
    "application/java-archive",
)
_PROGRAM_STARTS = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def refusal(*, name: str, type: str, content: bytes) -> str:
    """Say why this file is not kept, or nothing when it is."""
    suffix = PurePosixPath(name.rstrip(". ")).suffix.lower()
    if suffix in _PROGRAM_SUFFIXES or type.lower() in _PROGRAM_TYPES or content.startswith(_PROGRAM_STARTS):
        return "Programs are not kept."
    return ""


def keep(attachments: Sequence[AttachmentIn], *, blobs: BlobStore) -> list[dict[str, Any]]:
    """Store the files durably and return their payload entries. Raises `Problem` naming the file, and `OSError`."""
    contents = [_decoded(index, attachment) for index, attachment in enumerate(attachments)]
    entries = []
    for attachment, content in zip(attachments, contents, strict=True):
        refused = refusal(name=attachment.name, type=attachment.type, content=content)
        digest = "" if refused else blobs.put(content)
        entries.append(
            {
                "name": attachment.name,
                "type": attachment.type,
                "size": len(content),
                "digest": digest,
                "refused": refused,
            }
        )
    return entries


def _decoded(index: int, attachment: AttachmentIn) -> bytes:
    field = f"attachments[{index}].content"
    try:
        content = base64.b64decode(attachment.content, validate=True)
    except (binascii.Error, ValueError):
        raise Problem(422, "An attachment cannot be read.", [Fault(field, "This is not base64.")]) from None
    if len(content) > MAX_ATTACHMENT_BYTES:
        fault = Fault(field, f"{len(content)} bytes; the limit is {MAX_ATTACHMENT_BYTES}.")
        raise Problem(413, "An attachment is too large.", [fault])
    return content
