"""Files are looked through by a virus scanner, where one is set, before anybody gets them: whoever sent them.

Once for the same bytes and day, by a job as they come and at the latest when somebody asks. While the scanner is away a
file is kept and held: it is not lost, it is not opened, and whoever asks is told. Customers' pictures need no scanner:
they are drawn anew, see `desk/pictures.py`. What an agent attaches is looked through before it is kept, pictures as
well: the customer gets it as it is. A message as it came in (`desk/sources.py`) is held like the files in it. Without a
scanner nothing is looked through, and everything is as if this were not.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import structlog
from django.conf import settings

from holdfast.conversations.models import Attachment, FileVerdict
from holdfast.kit import virus_scanner
from holdfast.kit.blobs import BlobStore
from holdfast.kit.clock import now

_COUNTS_FOR = timedelta(days=1)  # then what the scanner knows by now is asked for
_NEWEST = 200  # files the job looks at; older ones are looked through when somebody asks
_log = structlog.get_logger(__name__)


def why_held(digest: str, content: bytes) -> str:
    """Return why a file is not handed out, as a sentence; empty when it may be. Scans it when that was not done."""
    found = _found(digest, content)
    if found is None:
        return (
            "This file is kept, and not opened yet: the virus scanner does not answer, so nobody has looked through it."
            " Try again in a few minutes."
        )
    if found:
        return (
            f"The virus scanner found “{found}” in this file, so it stays closed. Ask for it another way, and tell who"
            " keeps the system."
        )
    return ""


def why_not_sent(content: bytes, *, name: str) -> str:
    """Return why a file that an agent attached does not go out, as a sentence; empty when it may."""
    found = _found(hashlib.sha256(content).hexdigest(), content)
    if found is None:
        return (
            f"“{name}” was not attached: the virus scanner does not answer, so nobody has looked through it. Try again"
            " in a few minutes, or send your words without it."
        )
    if found:
        return f"The virus scanner found “{found}” in “{name}”, so it cannot be sent. Tell who keeps the system."
    return ""


def look_through(*, limit: int = 50) -> int:
    """Scan the newest files that nobody has looked through; return how many. Stops when the scanner is away."""
    if not settings.CLAMD:
        return 0
    rows = Attachment.objects.filter(refused="").exclude(digest="").order_by("-id").values_list("digest", flat=True)
    newest = list(dict.fromkeys(rows[:_NEWEST]))
    done = set(FileVerdict.objects.filter(digest__in=newest).values_list("digest", flat=True))
    scanned, blobs = 0, BlobStore(settings.BLOB_DIR)
    for digest in [each for each in newest if each not in done][:limit]:
        try:
            _scan(digest, blobs.get(digest))
        except virus_scanner.Away as away:
            _log.warning("virus scanner away", error=str(away), waiting=len(newest) - len(done) - scanned)
            return scanned
        except OSError:
            continue  # it was erased, or never came: there is nothing to look through
        scanned += 1
    return scanned


def _found(digest: str, content: bytes) -> str | None:
    """Return what is in a file, empty for nothing or without a scanner; `None` while the scanner is away."""
    if not settings.CLAMD:
        return ""
    try:
        found = _verdict(digest)
        return found if found is not None else _scan(digest, content)
    except virus_scanner.Away as away:
        _log.warning("virus scanner away", error=str(away))
        return None


def _verdict(digest: str) -> str | None:
    row = FileVerdict.objects.filter(digest=digest, at__gt=now() - _COUNTS_FOR).first()
    return row.found if row is not None else None


def _scan(digest: str, content: bytes) -> str:
    found = virus_scanner.scan(content, address=settings.CLAMD)
    FileVerdict.objects.update_or_create(digest=digest, defaults={"found": found, "at": now()})
    if found:
        _log.warning("virus found", digest=digest, found=found)
    return found
