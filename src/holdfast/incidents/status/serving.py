"""The public page from memory, before Django: rendered once per change, never asked of the database by a reader.

A web process looks once a second, and at every notice of the outbox, whether anything public changed; then it renders
all of it in a thread and puts it in the place of the old in one step. While the database is away the last rendering
goes on being served, with its age in the header `Age` (RFC 9111 5.1); a process that starts meanwhile reads the copy on
disk.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from holdfast.incidents import queries
from holdfast.incidents.status import exporting
from holdfast.incidents.status.pages import Kept
from holdfast.incidents.status.picture import Picture, look
from holdfast.incidents.status.site import File, site
from holdfast.incidents.status.words import locales, preferred

_log = structlog.get_logger(__name__)
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Head = list[tuple[bytes, bytes]]

_LOOK_EVERY, _LOOK_AT_MOST_EVERY = 1.0, 0.2  # seconds
_ANEW_EVERY = 15.0  # seconds: minutes count down, waits and promises change without a word
_SAVED_AT_MOST_EVERY = 10.0  # seconds
_PATIENCE = 10.0  # seconds for one look at the database, which may hang
_OLD = 5.0  # seconds after which a rendering says how old it is
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
_SAFETY: Head = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_OPEN: Head = [(b"access-control-allow-origin", b"*"), (b"cross-origin-resource-policy", b"cross-origin")]
# Caches on the way keep it as long as we are away (RFC 5861), and else no longer than we ourselves.
_SHORT = b"public, max-age=3, stale-if-error=86400"
_FEED = b"public, max-age=60, stale-if-error=86400"


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything about one path, ready to be sent: as it is, packed, and "not modified"."""

    tag: bytes
    packed_tag: bytes
    modified: int
    start: Message
    body: Message
    packed_start: Message
    packed_body: Message
    same: Message
    packed_same: Message


@dataclass(frozen=True, slots=True)
class Rendering:
    """All answers of one moment. `spoken` are paths without a language: the reader's is chosen."""

    answers: Mapping[str, Answer]
    spoken: Mapping[str, Mapping[str, Answer]]


class StatusSite:
    """The raw application for `/status/` and `/api/v2/`. What it does not know it hands to Django's `pages`."""

    def __init__(self, *, executor: Executor, folder: Path, pages: App) -> None:
        self._executor = executor
        self._folder = folder
        self._pages = pages
        self._rendering = Rendering({}, {})
        self._files: Mapping[str, File] = {}
        self._kept: Kept = {}
        self._unsaved: Picture | None = None
        self._saved = float("-inf")
        self._version = ""
        self._rendered = float("-inf")
        self._looked = float("-inf")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer from memory."""
        path = scope["path"]
        given = self._rendering.answers.get(path)
        method = scope["method"]
        if method not in {"GET", "HEAD"} or (given is None and path not in self._rendering.spoken):
            if method == "OPTIONS" and given is not None:
                await _allowed(send)
            else:
                await self._other(scope, receive, send)
            return
        packs, tag, since, tongue = False, b"", b"", b""
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                packs = b"gzip" in value
            elif name == b"if-none-match":
                tag = value
            elif name == b"if-modified-since":
                since = value
            elif name == b"accept-language":
                tongue = value
        if given is None:
            given = self._rendering.spoken[path][preferred(tongue.decode("latin-1"))]
        if (tag and _matches(tag, given)) or (not tag and since and _is_since(since, given.modified)):
            await send(self._aged(given.packed_same if packs else given.same))
            await send(_NOTHING)
            return
        await send(self._aged(given.packed_start if packs else given.start))
        await send(_NOTHING if method == "HEAD" else given.packed_body if packs else given.body)

    async def keep(self, notices: AsyncIterator[object]) -> None:
        """Keep the rendering new, until cancelled. `notices` come with every event of the outbox."""
        await self._look(begin=True)
        while True:
            await asyncio.sleep(_LOOK_AT_MOST_EVERY)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY - _LOOK_AT_MOST_EVERY):
                    await anext(notices)
            await self._look()

    async def _look(self, *, begin: bool = False) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_PATIENCE):
                await loop.run_in_executor(self._executor, self.refresh)
        except (DatabaseError, OSError) as error:
            if begin:
                _log.warning("status page begins with its copy on disk", error=type(error).__name__)
                await loop.run_in_executor(self._executor, self._from_disk)
        except Exception as error:  # the page of before is better than none
            _log.error("status page cannot be rendered", error=type(error).__name__, detail=str(error).split("\n")[0])

    def refresh(self) -> None:
        """Look whether anything changed, and render it. Raises `DatabaseError`; then everything stays as it was."""
        try:
            version = queries.public_version()
            changed = version != self._version
            if changed or time.monotonic() - self._rendered > _ANEW_EVERY:
                picture = look()
                self._show(site(picture, kept=self._kept))
                self._version, self._rendered = version, time.monotonic()
                self._unsaved = picture if changed else self._unsaved
            if self._unsaved is not None and time.monotonic() - self._saved > _SAVED_AT_MOST_EVERY:
                self._to_disk(self._unsaved)
                self._unsaved, self._saved = None, time.monotonic()
        except DatabaseError:
            connection.close()
            raise
        self._looked = time.monotonic()

    def _show(self, files: Mapping[str, File]) -> None:
        stamp, before, old = int(time.time()), self._rendering, self._files
        answers = {}
        for path, file in files.items():
            known = before.answers.get(path)
            answers[path] = known if known is not None and old.get(path) == file else _answer(path, file, stamp)
        own = f"/status/{locales()[0]}/"
        spoken = {}
        for path in [path for path in answers if path.startswith(own)]:
            rest = path.removeprefix(own)
            plain = f"/status/{rest}"
            spoken[plain] = {each: _spoken(each, answers[f"/status/{each}/{rest}"]) for each in locales()}
            answers.pop(plain, None)
        self._rendering, self._files = Rendering(answers, spoken), files

    def _to_disk(self, picture: Picture) -> None:
        try:
            exporting.export(self._folder, picture, kept=self._kept)
        except (OSError, exporting.ExportRefused) as error:
            _log.warning("status page cannot be kept on disk", error=type(error).__name__)

    def _from_disk(self) -> None:
        files = exporting.read(self._folder)
        if files:
            self._show(files)
            self._looked = time.monotonic() - max(0.0, time.time() - self._folder.stat().st_mtime)

    def _aged(self, start: Message) -> Message:
        age = time.monotonic() - self._looked
        if age < _OLD:
            return start
        return {**start, "headers": [*start["headers"], (b"age", b"%d" % age)]}

    async def _other(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] == "/status":
            await send(
                {"type": "http.response.start", "status": 308, "headers": [(b"location", b"/status/"), *_SAFETY]}
            )
            await send(_NOTHING)
        else:
            await self._pages(scope, receive, send)


_NOTHING: Message = {"type": "http.response.body", "body": b""}


def _answer(path: str, file: File, stamp: int) -> Answer:
    tag = hashlib.sha256(file.body).hexdigest()[:20].encode()
    packed = gzip.compress(file.body, 6, mtime=0)
    is_page = path.endswith("/")
    common: Head = [
        (b"content-type", file.media.encode()),
        (b"cache-control", _FEED if path.endswith((".rss", ".atom")) else _SHORT),
        (b"last-modified", formatdate(stamp, usegmt=True).encode()),
        (b"vary", b"accept-encoding"),
        *_SAFETY,
        *([] if is_page else _OPEN),
    ]
    return _made(b'"%s"' % tag, b'"%s-gz"' % tag, stamp, common, file.body, packed)


def _made(tag: bytes, packed_tag: bytes, stamp: int, common: Head, body: bytes, packed: bytes) -> Answer:
    def start(status: int, *more: tuple[bytes, bytes]) -> Message:
        return {"type": "http.response.start", "status": status, "headers": [*common, *more]}

    gz = (b"content-encoding", b"gzip")
    return Answer(
        tag,
        packed_tag,
        stamp,
        start(200, (b"etag", tag), (b"content-length", b"%d" % len(body))),
        {"type": "http.response.body", "body": body},
        start(200, (b"etag", packed_tag), gz, (b"content-length", b"%d" % len(packed))),
        {"type": "http.response.body", "body": packed},
        start(304, (b"etag", tag)),
        start(304, (b"etag", packed_tag)),
    )


def _spoken(locale: str, answer: Answer) -> Answer:
    """The same at an address without a language: caches must know that it depends on the reader's."""
    more = {b"vary", b"etag", b"content-length", b"content-encoding"}
    common = [each for each in answer.start["headers"] if each[0] not in more]
    common += [(b"vary", b"accept-encoding, accept-language"), (b"content-language", locale.encode())]
    body, packed = answer.body["body"], answer.packed_body["body"]
    return _made(answer.tag, answer.packed_tag, answer.modified, common, body, packed)


def _matches(tag: bytes, answer: Answer) -> bool:
    """Compare as RFC 9110 13.1.2 says: weakly, with any of a list; the packed body is the same to a reader."""
    said = [each.strip().removeprefix(b"W/") for each in tag.split(b",")]
    return b"*" in said or answer.tag in said or answer.packed_tag in said


def _is_since(since: bytes, modified: int) -> bool:
    try:
        return parsedate_to_datetime(since.decode("latin-1")).timestamp() >= modified
    except ValueError:
        return False


async def _allowed(send: Send) -> None:
    headers = [*_OPEN, (b"access-control-allow-methods", b"GET, HEAD"), (b"access-control-max-age", b"86400")]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send(_NOTHING)


def folder() -> Path:
    """Return where a web process keeps its last rendering."""
    return Path(settings.DATA_DIR) / "status"
