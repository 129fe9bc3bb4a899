"""Lists of the demo bank's accounts: whom a story of the bank touches, and who asked for care."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from holdfast.drills.tidewater.bank import Bank, reference
from holdfast.drills.tidewater.operations_http import Problem, Request

MOST: Final = 5_000
PLACES: Final = ("IE", "PT", "ID", "BR", "US-CA")
LISTS: Final = {
    "declined": ("Card payments declined in the last day", ("declines",)),
    "debited-twice": ("Debited twice", ("debited_twice",)),
    "salary-late": ("Salary is late", ("salary_late",)),
    "care": ("Asked for care: illness, loss, or a helper signs with them", ()),
}


def offered() -> dict[str, Any]:
    """Return which lists there are."""
    return {"lists": [{"name": name, "title": title} for name, (title, _) in LISTS.items()]}


def page(bank: Bank, name: str, request: Request) -> dict[str, Any]:
    """Return some entries of a list, those behind `after`. Raises `Problem`."""
    if name not in LISTS:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no list {name}.")
    asked = request.json()
    after, limit = asked.get("after", ""), asked.get("limit", MOST)
    if not isinstance(after, str) or not isinstance(limit, int) or not 0 < limit <= MOST:
        raise Problem(HTTPStatus.BAD_REQUEST, f"after: a reference; limit: from 1 to {MOST}.")
    everybody = _everybody(bank, name)
    start = next((place for place, each in enumerate(everybody, 1) if each["ref"] == after), 0) if after else 0
    shown = everybody[start : start + limit]
    more = start + limit < len(everybody)
    return {
        "total": len(everybody),
        "as_of": bank.at.isoformat(),
        "entries": shown,
        "next": shown[-1]["ref"] if more and shown else "",
    }


@lru_cache(maxsize=16)
def _everybody(bank: Bank, name: str) -> list[dict[str, str]]:
    _, stories = LISTS[name]
    found = []
    for index in range(bank.customers):
        ref = reference(index)
        if bank.story(ref) in stories if stories else index % 40 == 7:
            found.append({"ref": ref, "jurisdiction": PLACES[index % len(PLACES)]})
    return found
