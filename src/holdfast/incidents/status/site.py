"""All that is published, as files: pages, JSON and feeds by their path. Made once per change, served and exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.incidents.status.documents import documents
from holdfast.incidents.status.feeds import ATOM, feeds
from holdfast.incidents.status.pages import Kept, pages
from holdfast.incidents.status.picture import Picture

HTML, JSON = "text/html; charset=utf-8", "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class File:
    """What stands at one path."""

    media: str
    body: bytes


def site(picture: Picture, *, live: bool = True, kept: Kept | None = None) -> Mapping[str, File]:
    """Return everything by its path, pages' paths ending in a slash. Not `live`: nothing counts down.

    With `kept`, pages of incidents that did not change since are taken from there.
    """
    made = {path: File(JSON, body) for path, body in documents(picture).items()}
    made |= {path: File(media_of(path), body) for path, body in feeds(picture).items()}
    return made | {path: File(HTML, body.encode()) for path, body in pages(picture, live=live, kept=kept).items()}


def media_of(path: str) -> str:
    """Return the media type of what stands at `path`."""
    if path.endswith("/"):
        return HTML
    if path.endswith(".json"):
        return JSON
    return f"application/{'atom' if path == ATOM else 'rss'}+xml; charset=utf-8"
