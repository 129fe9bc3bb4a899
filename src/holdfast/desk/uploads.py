"""Files an agent sends with a reply: how many, how large, of which kind; kept by content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, TypedDict

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from holdfast.conversations.scanning import why_not_sent
from holdfast.kit.blobs import BlobStore

MOST_FILES = 10
MOST_BYTES = 10 * 2**20

# What runs on a double click somewhere. Customers must be able to open what a support desk sends without risk.
_ENDINGS = """
ade adp app appimage apk appx bat cab chm cmd com cpl deb desktop dll dmg exe gadget hta html htm img inf ins iso jar
js jse jnlp lnk mde msc msi msix msp mst pif pkg ps1 ps2 psc1 reg rpm scr sct sh shb svg sys vb vbe vbs vhd vhdx vxd
wsc wsf wsh xhtml xll xlsm docm pptm
"""
_RUNS = frozenset(_ENDINGS.split())
_STARTS = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


class UploadRefused(Exception):  # noqa: N818 - a decision told to the person, not a fault
    """The files cannot be sent; `sentence` says which and why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Kept(TypedDict):
    """A stored file in the form `conversations.messages.post_reply` takes."""

    name: str
    type: str
    size: int
    digest: str
    refused: str


def keep(files: Sequence[UploadedFile[Any]]) -> list[Kept]:
    """Store `files` and return what to attach. Nothing is stored when one of them is refused (`UploadRefused`)."""
    if len(files) > MOST_FILES:
        raise UploadRefused(f"At most {MOST_FILES} files can go with one message.")
    for file in files:
        _check(file)
    store = BlobStore(settings.BLOB_DIR)
    return [
        Kept(
            name=file_name(file.name), type=_type(file), size=file.size or 0, digest=store.put(file.read()), refused=""
        )
        for file in files
    ]


def file_name(given: str | None) -> str:
    """The last part of the name as given, without control characters, at most 200 long with its ending kept."""
    name = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", (given or "").replace("\\", "/").rsplit("/", 1)[-1])
    name = name.strip(" .") or "file"
    ending = PurePosixPath(name).suffix[:20]
    return name if len(name) <= 200 else name[: 200 - len(ending)] + ending


def _check(file: UploadedFile[Any]) -> None:
    name = file_name(file.name)
    if (file.size or 0) > MOST_BYTES:
        raise UploadRefused(f"“{name}” is larger than 10 MB.")
    ending = PurePosixPath(name).suffix.lstrip(".").lower()
    start = file.read(4)
    file.seek(0)
    if ending in _RUNS or start.startswith(_STARTS):
        raise UploadRefused(f"“{name}” is a kind of file that can run programs, so it cannot be sent.")
    if settings.CLAMD:
        why = why_not_sent(file.read(), name=name)
        file.seek(0)
        if why:
            raise UploadRefused(why)


def _type(file: UploadedFile[Any]) -> str:
    given = (file.content_type or "").split(";")[0].strip().lower()
    return given[:120] if re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", given) else "application/octet-stream"
