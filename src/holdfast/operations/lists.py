"""Lists of account references that the company's systems can give: whose card was declined, who needs care.

`GET /v1/lists` → `{"lists": [{"name", "title"}]}`. `POST /v1/lists/<name>` with `{"after": "", "limit": 5000}` →
`{"total", "as_of", "entries": [{"ref", "jurisdiction"}], "next"}`, `next` empty on the last page. All pages of one
reading are of one moment: `total` and `as_of` stay the same. A list is taken as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from holdfast.operations.client import OperationsClient

PAGE: Final = 5_000
LONGEST: Final = 45.0
"""Seconds for all pages of one list together."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Offered(_Part):
    """A list there is."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")
    title: str = Field(max_length=120)


class Entry(_Part):
    """One account, and the jurisdiction it falls under if that is known."""

    ref: str = Field(min_length=1, max_length=40)
    jurisdiction: str = Field(default="", max_length=20)


class Page(_Part):
    """Some entries of a list, and where the next ones begin."""

    total: int = Field(ge=0)
    as_of: AwareDatetime
    entries: tuple[Entry, ...]
    next: str = ""


class Broken(Exception):  # noqa: N818 - named for what it tells the caller
    """The pages of a list do not make a whole. The sentence is fit for a screen."""


@dataclass(frozen=True, slots=True)
class Everybody:
    """A list as it was at `as_of`. `entries` is read once, as a stream, and raises at its end when it is no whole."""

    total: int
    as_of: datetime
    entries: Iterator[Entry]


def everybody(client: OperationsClient, name: str, *, within: float = LONGEST) -> Everybody:
    """Begin to read a list. Raises `OperationsUnavailable`, `UnknownRecord`; while it is read also `Broken`."""
    bounded = client.for_action("lists", within=within)
    first = bounded.list_page(name, after="", limit=PAGE)
    return Everybody(first.total, first.as_of, _entries(bounded, name, first))


def _entries(client: OperationsClient, name: str, first: Page) -> Iterator[Entry]:
    page, seen, told = first, {""}, 0
    while True:
        yield from page.entries
        told += len(page.entries)
        if not page.next:
            break
        if page.next in seen or not page.entries:
            raise Broken("The company's systems went in circles.")
        seen.add(page.next)
        page = client.list_page(name, after=page.next, limit=PAGE)
        if (page.total, page.as_of) != (first.total, first.as_of):
            raise Broken("The list changed while it was read.")
    if told != first.total:
        raise Broken(f"The company's systems named {first.total:,} accounts and gave {told:,}.")
