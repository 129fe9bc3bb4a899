"""The written texts of the demo bank: help articles, replies, the organisation, and conversation scripts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LOCALES = ("en", "id", "pt-br")
FENCE = "+++"


@dataclass(frozen=True, slots=True)
class Article:
    """One help article in one language; `asks` are other ways people ask it, `queue` is where a person would get it."""

    locale: str
    slug: str
    title: str
    queue: str
    tags: tuple[str, ...]
    summary: str
    asks: tuple[str, ...]
    reviewed: date
    body: str


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a script. `author` is customer, assistant, agent, system or note; `after` counts minutes."""

    author: str
    after: int
    text: str
    cites: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """One written conversation, played `times` times with other people and sums."""

    key: str
    channel: str
    queue: str
    state: str
    subject: str
    intent: str
    messages: tuple[Line, ...]
    tags: tuple[str, ...] = ()
    locale: str = "en"
    times: int = 1
    person: str = ""
    story: str = ""
    agent: str = ""
    draft: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One canned reply with `{{ customer.given_name }}`-style variables."""

    shortcut: str
    title: str
    body: str
    locale: str = "en"
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """Vendors with teams and agents, queues with keywords, shared views, and the demo sign-ins."""

    password: str
    staff: tuple[Mapping[str, str], ...]
    vendors: tuple[Mapping[str, Any], ...]
    queues: tuple[Mapping[str, Any], ...]
    views: tuple[Mapping[str, Any], ...] = field(default=())


def read_article(path: Path) -> Article:
    """Read one Markdown file with TOML front matter between `+++` lines. Raises `ValueError` naming the file."""
    head, fence, body = path.read_text(encoding="utf-8").removeprefix(f"{FENCE}\n").partition(f"\n{FENCE}\n")
    if not fence:
        raise ValueError(f"{path.name}: the front matter does not end")
    try:
        given = tomllib.loads(head)
        return Article(
            locale=path.parent.name,
            slug=given["slug"],
            title=given["title"],
            queue=given["queue"],
            tags=tuple(given["tags"]),
            summary=given["summary"],
            asks=tuple(given["asks"]),
            reviewed=given["reviewed"],
            body=body.strip(),
        )
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ValueError(f"{path.parent.name}/{path.name}: {error}") from error


@cache
def articles() -> tuple[Article, ...]:
    """Return every article, English first, then by slug."""
    return tuple(read_article(path) for locale in LOCALES for path in sorted((HERE / "articles" / locale).glob("*.md")))


@cache
def scripts() -> tuple[Script, ...]:
    """Return the conversation scripts in the order they were written."""
    return tuple(
        Script(**{**given, "messages": tuple(map(_line, given["messages"])), "tags": tuple(given.get("tags", ()))})
        for given in _toml("conversations.toml")["script"]
    )


@cache
def replies() -> tuple[Reply, ...]:
    """Return the canned replies."""
    return tuple(Reply(**given) for given in _toml("canned_replies.toml")["reply"])


@cache
def organisation() -> Organisation:
    """Return who works where and which queues there are."""
    given = _toml("org.toml")
    return Organisation(
        password=given["sign_in"]["password"],
        staff=tuple(given["lead_staff"]),
        vendors=tuple(given["vendor"]),
        queues=tuple(given["queue"]),
        views=tuple(given["view"]),
    )


def _line(given: list[Any]) -> Line:
    author, after, text, *more = given
    extras = dict(extra.split(":", 1) for extra in more)
    return Line(author, after, text, cites=extras.get("cite", ""), file=extras.get("file", ""))


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))
