"""Articles as files: Markdown with TOML (`+++`) or YAML (`---`) in front, or none, and HTML. Nothing here writes a row.

The language is what the file says, else the end of its name (`lost-card.id.md`) or its folder's, else the one given.
The short name is what the file says, else the file's name.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from django.utils.text import slugify

from holdfast.knowledge.editing import Content
from holdfast.knowledge.html_to_markdown import NotHtml, converted

MARKDOWN, PAGES = frozenset((".md", ".markdown")), frozenset((".html", ".htm"))
LONGEST_FILE = 4_000_000  # bytes
LONGEST_BODY, LONGEST_TITLE, LONGEST_SUMMARY, MOST_ASKS = 100_000, 160, 300, 100
_HEADING = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"\n]*\")?\)")
_FENCES = {"+++": "TOML", "---": "YAML"}


class Unreadable(Exception):
    """A file is no article; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class FileArticle:
    """One file. `draft` is what the file says of itself; `digest` changes when the file does."""

    path: Path
    slug: str
    locale: str
    content: Content
    draft: bool
    digest: str
    warnings: tuple[str, ...] = ()


def files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that may be articles, by name; nothing hidden, nothing that leads out of it."""
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.suffix.lower() not in MARKDOWN | PAGES or any(part.startswith(".") for part in inner.parts):
            continue
        if path.is_file() and path.resolve().is_relative_to(root):
            yield path


def read(path: Path, *, locale: str, known: Sequence[str]) -> FileArticle:
    """Read one file. Raises `Unreadable` with what to mend."""
    if path.stat().st_size > LONGEST_FILE:
        raise Unreadable(f"It is larger than {LONGEST_FILE // 1_000_000} MB.")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable(f"It is not UTF-8 text (byte {error.start}).") from error
    if "\0" in text:
        raise Unreadable("It has a zero byte in it, so it is not text.")
    fields, body, warnings = _page(text) if path.suffix.lower() in PAGES else _markdown(text)
    name, _, ending = path.stem.rpartition(".")
    own = ending.lower() if name and ending.lower() in known else ""
    spoken = next((part.lower() for part in reversed(path.parts[:-1]) if part.lower() in known), "")
    wanted = str(fields.get("locale") or fields.get("lang") or own or spoken or locale).lower().replace("_", "-")
    if wanted not in known:
        raise Unreadable(f"Its language, {wanted}, is not one of those we write in: {', '.join(known)}.")
    slug = str(fields.get("slug") or slugify(name if own else path.stem))[:80]
    if not slug or slugify(slug) != slug:
        raise Unreadable("Its short name may have small letters, digits and hyphens only: set `slug`.")
    return FileArticle(
        path=path,
        slug=slug,
        locale=wanted,
        content=_content(fields, body),
        draft=fields.get("draft") is True or fields.get("published") is False,
        digest=hashlib.sha256(raw).hexdigest(),
        warnings=tuple(warnings),
    )


def write(folder: Path, article: FileArticle) -> Path:
    """Write an article as Markdown with TOML in front, in a folder of its language; returns where."""
    content = article.content
    front = {
        "slug": article.slug,
        "title": content.title,
        "queue": content.topic,
        "summary": content.summary,
        "reviewed": content.reviewed_on,
        "review_by": content.review_by,
        "draft": article.draft or None,
        "asks": list(content.asks),
    }
    lines = [f"{name} = {_toml(value)}" for name, value in front.items() if value not in (None, "", [])]
    path = folder / article.locale / f"{article.slug}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["+++", *lines, "+++", "", content.body.strip("\n"), ""]), encoding="utf-8", newline="\n")
    return path


def _toml(value: object) -> str:
    if isinstance(value, list):
        return "[\n" + "".join(f"  {_toml(each)},\n" for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    # A JSON string is a TOML string, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else str(value)


def _markdown(text: str) -> tuple[dict[str, Any], str, list[str]]:
    fields, body = _front(text)
    if not fields.get("title") and (heading := _HEADING.match(body)):
        fields["title"], body = heading[1], body[heading.end() :]
    body, pictures = _IMAGE.subn(r"\1", body)
    return fields, body, _left_out(pictures)


def _page(text: str) -> tuple[dict[str, Any], str, list[str]]:
    try:
        page = converted(text)
    except NotHtml as error:
        raise Unreadable(str(error)) from error
    return {"title": page.title, "summary": page.summary[:LONGEST_SUMMARY]}, page.body, _left_out(page.pictures)


def _left_out(pictures: int) -> list[str]:
    return [f"{pictures} picture{'' if pictures == 1 else 's'} left out"] if pictures else []


def _front(text: str) -> tuple[dict[str, Any], str]:
    fence = text.split("\n", 1)[0].rstrip()
    if fence not in _FENCES:
        return {}, text
    end = re.search(rf"^{re.escape(fence)}[ \t]*$", text[4:], re.MULTILINE)
    if end is None:
        if fence == "---":  # a line across the page, not a front matter
            return {}, text
        raise Unreadable(f"The {_FENCES[fence]} in front does not end: a second {fence} is missing.")
    head, body = text[4 : 4 + end.start()], text[4 + end.end() :]
    try:
        given = tomllib.loads(head) if fence == "+++" else yaml.safe_load(head)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:160]
        raise Unreadable(f"The {_FENCES[fence]} in front cannot be read: {reason}.") from error
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise Unreadable(f"The {_FENCES[fence]} in front is no list of names and values.")
    return dict(given), body


def _content(fields: Mapping[str, Any], body: str) -> Content:
    title = " ".join(_text(fields, "title").split())
    if not re.search(r"\w\w", title):
        raise Unreadable("It has no title: set `title`, or begin with a heading (`# Words`).")
    content = Content(
        title=title,
        summary=" ".join((_text(fields, "summary") or _text(fields, "description")).split()),
        body=body.strip(),
        asks=_asks(fields),
        topic=slugify(_text(fields, "topic") or _text(fields, "queue"))[:60],
        reviewed_on=_day(fields, "reviewed_on") or _day(fields, "reviewed"),
        review_by=_day(fields, "review_by"),
    )
    for name, longest, given in [
        ("title", LONGEST_TITLE, content.title), ("summary", LONGEST_SUMMARY, content.summary),
        ("text", LONGEST_BODY, content.body),
    ]:  # fmt: skip
        if len(given) > longest:
            raise Unreadable(f"Its {name} has {len(given):,} characters; at most {longest:,} fit.")
    if not content.body:
        raise Unreadable("It has a title and no words.")
    return content


def _text(fields: Mapping[str, Any], name: str) -> str:
    given = fields.get(name)
    if given is None:
        return ""
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        raise Unreadable(f"`{name}` is not text.")
    return str(given).replace("\0", "")


def _asks(fields: Mapping[str, Any]) -> tuple[str, ...]:
    given = fields.get("asks") or []
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise Unreadable("`asks` is not a list of texts.")
    asks = tuple(dict.fromkeys(" ".join(each.split()) for each in given if each.strip()))
    if len(asks) > MOST_ASKS:
        raise Unreadable(f"It has {len(asks)} ways of asking; at most {MOST_ASKS} fit.")
    return asks


def _day(fields: Mapping[str, Any], name: str) -> date | None:
    given = fields.get(name)
    if given is None or given == "":
        return None
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(str(given))
    except ValueError as error:
        raise Unreadable(f"`{name}` is no date such as 2026-10-12.") from error
